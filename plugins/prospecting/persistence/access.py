"""Acting in another role, for one transaction: on behalf of a user, of an org, or for a page.

What the roles may do is in the migrations. Row-level security compares ``current_user_id()`` with the owner of each row
for the API's role, which sees only its user's, and ``current_org_id()`` with the org of each briefing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from prospecting.persistence.database import ACTED_FOR_USER
from prospecting.persistence.statements import statement

if TYPE_CHECKING:
    import psycopg

API_ROLE = "prospecting_api"
TASK_ROLE = "prospecting_app"
READER_ROLE = "prospecting_reader"

_REMEDIES = {
    "22023": "The role {role} does not exist: run make migrate",
    "42501": "{login} may not become {role}: have an administrator run: grant {role} to {login}",
}


class AccessError(Exception):
    """The connection cannot act as a user; the message names the remedy."""


def act_as_user(connection: Connection, user_id: UUID | str) -> None:
    """Become the role ``prospecting_api`` on behalf of ``user_id`` until the transaction ends, however it ends.

    Rolling back to an earlier savepoint undoes it as well. Acting as the same user again does nothing. An engine of
    ``prospecting.persistence.database`` resets the session before anybody else gets the connection.

    Raises:
        ValueError: ``user_id`` is not a UUID.
        AccessError: no transaction is open, the transaction acts as another user already, or the login may not become
            the role. In the last case the transaction cannot go on.
    """
    user = _as_uuid(user_id)
    if not connection.in_transaction():
        raise AccessError("Acting as a user lasts until a transaction ends: begin one first, for instance unit_of_work")
    before = connection.execute(statement("access/acting_user")).one()
    if before.user_id not in ("", user) or before.org_id:
        raise AccessError("This transaction acts as another user already: begin a new one for each user")
    connection.info[ACTED_FOR_USER] = True
    _become(connection, API_ROLE, before.login, "access/act_as_user", {"user_id": user})
    acting = connection.execute(statement("access/acting_user")).one()
    if (acting.role, acting.user_id) != (API_ROLE, user):
        raise AccessError("Every statement of this connection is a transaction of its own: use one without autocommit")


def act_for_org(connection: Connection, org_id: UUID) -> None:
    """Become the role ``prospecting_api`` on behalf of an org until the transaction ends: it sees the org's briefings.

    Raises:
        AccessError: no transaction is open, the transaction acts for somebody else already, or the login may not
            become the role. In the last case the transaction cannot go on.
    """
    if not connection.in_transaction():
        raise AccessError("Acting in a role lasts until a transaction ends: begin one first, for instance unit_of_work")
    before = connection.execute(statement("access/acting_user")).one()
    if before.user_id or before.org_id not in ("", str(org_id)):
        raise AccessError("This transaction acts for somebody else already: begin a new one for each org")
    connection.info[ACTED_FOR_USER] = True
    _become(connection, API_ROLE, before.login, "access/act_for_org", {"org_id": str(org_id)})
    acting = connection.execute(statement("access/acting_user")).one()
    if (acting.role, acting.org_id) != (API_ROLE, str(org_id)):
        raise AccessError("Every statement of this connection is a transaction of its own: use one without autocommit")


def act_as_reader(connection: Connection) -> None:
    """Become the role ``prospecting_reader`` until the transaction ends: it sees what pages show, and writes nothing.

    Raises:
        AccessError: no transaction is open, or the login may not become the role.
    """
    if not connection.in_transaction():
        raise AccessError("Acting in a role lasts until a transaction ends: begin one first, for instance unit_of_work")
    before = connection.execute(statement("access/acting_user")).one()
    connection.info[ACTED_FOR_USER] = True
    _become(connection, READER_ROLE, before.login, "access/act_as_reader", {"role": READER_ROLE})


def _become(connection: Connection, role: str, login: str, name: str, values: dict[str, str]) -> None:
    try:
        connection.execute(statement(name), values)
    except DBAPIError as error:
        raise (_refusal(getattr(error.orig, "sqlstate", None), role, login) or error) from None


def become_task(connection: psycopg.Connection[Any]) -> None:
    """Make a new session, of which the driver's connection is given, one of the role of tasks. Raises ``AccessError``
    when the login may not become it."""
    try:
        connection.execute(f"set role {TASK_ROLE}")
    except Exception as error:  # the driver's, of whatever kind
        raise (_refusal(getattr(error, "sqlstate", None), TASK_ROLE, connection.info.user) or error) from None


def _refusal(state: str | None, role: str, login: str) -> AccessError | None:
    """The error with the remedy for a state of PostgreSQL; ``None`` when there is none."""
    remedy = _REMEDIES.get(state or "")
    return AccessError(remedy.format(role=role, login=login)) if remedy else None


def acts_for_user(connection: Connection) -> bool:
    """True when the transaction acts in the API's role, which writes through functions of the database only."""
    role: str = connection.execute(statement("access/acting_user")).one().role
    return role == API_ROLE


def _as_uuid(user_id: UUID | str) -> str:
    """``user_id`` in the usual spelling of a UUID."""
    if isinstance(user_id, str):
        with suppress(ValueError):
            user_id = UUID(user_id)
    if not isinstance(user_id, UUID):
        raise ValueError("user_id must be a UUID, as the identity provider gives it")
    return str(user_id)
