"""Proves that reports of a mail provider come from it: over the bytes as they came, before anything is read of them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from airflow.sdk import Connection
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from prospecting.parsing.webhooks import WebhookFormat

TOLERANCE_SECONDS = 300
"""By how much the clocks of a program that signs in our own format may differ; what is older is a copy."""


class BadSignature(Exception):
    """A report does not prove where it comes from; the message says what is expected."""


class BadKey(Exception):
    """The connection has no key that signatures can be checked with; the message names the remedy."""


def check_signature(
    format: WebhookFormat, connection: Connection, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> None:
    """Raises ``BadSignature`` unless ``body`` was signed with the connection's key, ``BadKey`` when it has none.

    SendGrid signs the time and the body with the private key whose public key (base64) is the connection's password.
    Postmark signs nothing: it sends the connection's login and password, or its password as a bearer. Our own format is
    signed with the password, by HMAC-SHA256 over ``<time>.<body>``: header ``X-Prospecting-Signature``,
    ``t=<Unix seconds>,v1=<hex>``.
    """
    key = connection.password or ""
    if not key:
        raise BadKey(f"The Airflow connection {connection.conn_id} has no password: it is the key of signatures")
    if format is WebhookFormat.SENDGRID:
        _check_sendgrid(connection.conn_id, key, headers, body)
    elif format is WebhookFormat.POSTMARK:
        _check_postmark(connection.login or "", key, headers)
    else:
        _check_plain(key, headers, body, now)


def _check_sendgrid(connection_id: str, key: str, headers: Mapping[str, str], body: bytes) -> None:
    try:
        public_key = load_der_public_key(base64.b64decode(key, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        public_key = None
    if not isinstance(public_key, EllipticCurvePublicKey):
        raise BadKey(f"The password of the Airflow connection {connection_id} is not SendGrid's verification key")
    time = headers.get("x-twilio-email-event-webhook-timestamp", "")
    signature = headers.get("x-twilio-email-event-webhook-signature", "")
    try:
        public_key.verify(base64.b64decode(signature, validate=True), time.encode() + body, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise BadSignature("The signature is not SendGrid's: switch on the signed event webhook there") from None


def _check_postmark(login: str, key: str, headers: Mapping[str, str]) -> None:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    given, expected = value.strip().encode("latin-1"), key.encode()
    if scheme.lower() == "basic":
        expected = f"{login}:{key}".encode()
        try:
            given = base64.b64decode(given, validate=True)
        except binascii.Error:
            given = b""
    elif scheme.lower() != "bearer":
        given = b""
    if not hmac.compare_digest(given, expected):
        raise BadSignature("The address lacks the login and password of the connection, or they are others")


def _check_plain(key: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    parts = dict(part.strip().partition("=")[::2] for part in headers.get("x-prospecting-signature", "").split(","))
    time, given = parts.get("t", ""), parts.get("v1", "")
    if not (time.isascii() and time.isdigit() and len(time) <= 12 and given.isascii()):
        raise BadSignature("The header X-Prospecting-Signature is missing: t=<Unix seconds>,v1=<HMAC-SHA256 in hex>")
    expected = hmac.new(key.encode(), time.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise BadSignature("The signature is not that of this body and time")
    if abs(now.timestamp() - int(time)) > TOLERANCE_SECONDS:
        raise BadSignature("The signature is old, or a clock is wrong: sign when you send")
