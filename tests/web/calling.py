"""Programs that call the API: the pipeline with its key, tenants with their tokens, mail providers with signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Engine

from prospecting.persistence.api_tokens import IssuedToken, issue_token
from tests.db.factories import an_org

if TYPE_CHECKING:
    from tests.web.conftest import ApiServer

INTERNAL_KEY = "the internal key"
PLAIN_KEY = "the key of our own sender"
POSTMARK_LOGIN, POSTMARK_KEY = "postmark", "p:stmark"
_SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
_SENDGRID_PUBLIC = _SENDGRID_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

CONNECTIONS = {
    f"AIRFLOW_CONN_PROSPECTING_{name}": json.dumps({"conn_type": "generic", **fields})
    for name, fields in {
        "INTERNAL_API": {"password": INTERNAL_KEY},
        "EVENTS_SENDGRID": {"password": base64.b64encode(_SENDGRID_PUBLIC).decode()},
        "EVENTS_POSTMARK": {"login": POSTMARK_LOGIN, "password": POSTMARK_KEY},
        "EVENTS_OURS": {"password": PLAIN_KEY},
        "EVENTS_BROKEN": {"password": "not a key", "extra": {"format": "sendgrid"}},
    }.items()
}
"""Environment variables of the API server that has them."""


def program(server: ApiServer, **headers: str) -> httpx.Client:
    """A program without cookies, at the root of the API."""
    base = f"{server.origin}{server.path}/prospecting/api"
    return httpx.Client(base_url=base, timeout=60, trust_env=False, headers=headers)


def with_token(server: ApiServer, token: str) -> httpx.Client:
    return program(server, Authorization=f"Bearer {token}")


def pipeline(server: ApiServer, org_id: UUID | str) -> httpx.Client:
    return program(server, Authorization=f"Bearer {INTERNAL_KEY}", **{"x-internal-org-id": str(org_id)})


def issue(engine: Engine, org_id: UUID | None = None, user_id: UUID | None = None, **values: Any) -> IssuedToken:
    with engine.begin() as connection:
        return issue_token(connection, name="test", org_id=org_id, user_id=user_id, **values)


def add_org(engine: Engine, slug: str) -> UUID:
    with engine.begin() as connection:
        return an_org(connection, slug)


def signed_plain(body: bytes, *, at: float | None = None, key: str = PLAIN_KEY) -> dict[str, str]:
    moment = str(int(time.time() if at is None else at))
    digest = hmac.new(key.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Prospecting-Signature": f"t={moment},v1={digest}"}


def signed_sendgrid(body: bytes) -> dict[str, str]:
    moment = "1764500000"
    signature = _SENDGRID_KEY.sign(moment.encode() + body, ec.ECDSA(SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Timestamp": moment,
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
    }


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}
