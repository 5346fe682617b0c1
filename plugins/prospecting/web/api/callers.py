"""Who calls the API, decided before a request is routed or read: nobody gets to a route by its own mistake.

Below ``/internal/`` programs of the pipeline prove themselves by the internal key, below ``/events/`` mail providers by
their signature. Everywhere else callers have a token of ours, or are users of Airflow, with its token or its cookie.
"""

from __future__ import annotations

import hmac
import math
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.api_fastapi.core_api.security import get_user
from airflow.sdk import Connection
from fastapi import Depends, HTTPException, Request, status
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials

from prospecting.parsing.webhooks import WebhookFormat
from prospecting.persistence.agent_calls import take_token
from prospecting.persistence.api_tokens import PREFIX, find_token
from prospecting.web.api.connections import find_connection
from prospecting.web.api.signatures import BadKey, BadSignature, check_signature
from prospecting.web.database import writing
from prospecting.web.login import logged_in, refuse_other_origins

INTERNAL, EVENTS = "/internal/", "/events/"
INTERNAL_CONNECTION = "prospecting_internal_api"
"""The Airflow connection whose password is the internal key."""
EVENT_CONNECTIONS = "prospecting_events_"
"""Begin of the ids of connections with a mail provider's key; the provider's name follows."""

BURST, PER_SECOND = 100, 20
"""Requests of a token: so many at once, then so many a second."""

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_HARMLESS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what that lets them do.

    org_id: the org that they are bound to; None for somebody who sees all of them.
    user_id: for whom research and interactions are read and saved; None: they may do neither.
    is_team: they see what the pages show: accounts, people, signals.
    may_write: they may save research and interactions.
    format: of the reports that a mail ``provider`` sends.
    """

    org_id: UUID | None = None
    user_id: UUID | None = None
    is_team: bool = False
    may_write: bool = False
    provider: str | None = None
    format: WebhookFormat | None = None


async def identify(request: Request, path: str) -> Caller:
    """Who sends a request to ``path`` (below the API's root). Raises ``HTTPException``: 401, 403, 429 or 503.

    A mail provider is known by its signature over the body, which comes later: see ``check_provider``.
    """
    if path.startswith(INTERNAL):
        return await run_in_threadpool(_internal, request)
    token = _bearer(request)
    if token is not None and token.startswith(PREFIX):
        return await run_in_threadpool(_holder, token)
    return await _airflow_user(request, token)


# ------------------------------------------------------------------ programs of the pipeline
def _internal(request: Request) -> Caller:
    given = _bearer(request)
    if given is None:
        raise _unknown("Missing authorization token")
    connection = find_connection(INTERNAL_CONNECTION)
    if connection is None or not connection.password:
        raise HTTPException(
            status.HTTP_503_SERVICE_UNAVAILABLE,
            f"No internal key is set: add the Airflow connection {INTERNAL_CONNECTION}, with the key as its password",
        )
    # Headers are read as Latin-1: back to the bytes that were sent.
    if not hmac.compare_digest(given.encode("latin-1"), connection.password.encode()):
        raise _unknown("Invalid internal API key")
    org = request.headers.get("x-internal-org-id", "").strip()
    if not org:
        raise _unknown("Missing header x-internal-org-id")
    with suppress(ValueError):
        return Caller(org_id=UUID(org), may_write=True)
    raise HTTPException(status.HTTP_400_BAD_REQUEST, "x-internal-org-id is not a UUID; give the id of an org")


# ------------------------------------------------------------------ tokens
def _holder(token: str) -> Caller:
    with writing(seconds=5) as connection:
        holder = find_token(connection, token)
        wait = 0.0
        if holder is not None:
            bucket = f"api:{holder.token_id}"
            wait = take_token(connection, provider=bucket, capacity=BURST, refill_per_second=PER_SECOND)
    if holder is None:
        raise _unknown("The token is not one of ours, was revoked, or its time is over")
    if wait:
        raise HTTPException(
            status.HTTP_429_TOO_MANY_REQUESTS,
            f"More than {PER_SECOND} requests a second with this token; wait as long as Retry-After says",
            headers={"Retry-After": str(math.ceil(wait))},
        )
    return Caller(
        org_id=holder.org_id,
        user_id=holder.user_id,
        is_team=holder.org_id is None,
        may_write=holder.user_id is not None,
    )


# ------------------------------------------------------------------ users of Airflow
async def _airflow_user(request: Request, token: str | None) -> Caller:
    if token is None and ("authorization" in request.headers or COOKIE_NAME_JWT_TOKEN not in request.cookies):
        raise _unknown("Missing authorization token")
    credentials = HTTPAuthorizationCredentials(scheme="Bearer", credentials=token) if token else None
    try:
        user = await get_user(request, None, credentials)
    except HTTPException as error:
        raise _unknown(f"Airflow does not accept the token: {error.detail}") from None
    person = await run_in_threadpool(logged_in, request, user)
    if token is None and request.method not in _HARMLESS:
        # A browser sends the cookie along, whichever site made it ask.
        refuse_other_origins(request)
    return Caller(user_id=person.id, is_team=True, may_write=await run_in_threadpool(person.may_write))


# ------------------------------------------------------------------ mail providers
async def check_provider(request: Request, path: str, body: bytes) -> Caller:
    """The mail provider that a report comes from. Raises ``HTTPException``: 401, or 503 when the key is unusable."""
    return await run_in_threadpool(_provider, request, path.removeprefix(EVENTS), body)


def _provider(request: Request, name: str, body: bytes) -> Caller:
    connection_id = EVENT_CONNECTIONS + name
    connection = find_connection(connection_id) if _PROVIDER.fullmatch(name) else None
    if connection is None:
        raise _unknown(f"Nobody is known by this name: its Airflow connection would be {EVENT_CONNECTIONS}<name>")
    format = _format(name, connection)
    try:
        check_signature(format, connection, request.headers, body, now=datetime.now(UTC))
    except BadSignature as error:
        raise _unknown(str(error)) from None
    except BadKey as error:
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, str(error)) from None
    return Caller(provider=name, format=format)


def _format(name: str, connection: Connection) -> WebhookFormat:
    """As the connection's extra ``format`` says, else by the provider's name."""
    known = {format.value for format in WebhookFormat}
    given = connection.extra_dejson.get("format") or (name if name in known else WebhookFormat.PLAIN)
    if given not in known:
        raise HTTPException(
            status.HTTP_503_SERVICE_UNAVAILABLE,
            f"The extra format of the Airflow connection {connection.conn_id} is one of {', '.join(sorted(known))}",
        )
    return WebhookFormat(given)


# ------------------------------------------------------------------ for routes
def _caller(request: Request) -> Caller:
    found: Caller = request.state.caller
    return found


AnyCaller = Annotated[Caller, Depends(_caller)]
"""Whoever calls."""


def team_only(caller: AnyCaller) -> None:
    """A dependency: 403 for whoever does not see what the pages show."""
    if not caller.is_team:
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            "This token is an org's, and sees the briefings of the org alone; it takes an administrator's token, or "
            "Airflow's login",
        )


def _own_user(caller: AnyCaller) -> UUID:
    if caller.user_id is None:
        raise HTTPException(
            status.HTTP_403_FORBIDDEN, "This token is no user's: issue one for a user (make token USER_ID=<uuid>)"
        )
    return caller.user_id


def _writing_user(caller: AnyCaller) -> UUID:
    user_id = _own_user(caller)
    if not caller.may_write:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role in Airflow may look, and change nothing")
    return user_id


OwnUser = Annotated[UUID, Depends(_own_user)]
"""The user whose own rows are read."""
WritingUser = Annotated[UUID, Depends(_writing_user)]
"""The user for whom something is saved."""


def _bearer(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def _unknown(why: str) -> HTTPException:
    return HTTPException(status.HTTP_401_UNAUTHORIZED, why, headers={"WWW-Authenticate": "Bearer"})
