"""Interactions of users with accounts: logged one by one or in batches, and never changed afterwards.

Everything here may run as the role of the API, on behalf of one user, as well as in a task. The API's role may not
insert: it calls a function of the database, which logs for that user and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from prospecting.parsing.hosts import is_mail_host
from prospecting.parsing.urls import company_domain
from prospecting.persistence.access import acts_for_user
from prospecting.persistence.batches import Failure
from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement
from prospecting.persistence.users import checked_time, checked_uuid, register_users
from prospecting.scoring.engagement import INTERACTION_TYPES

MAX_METADATA = 64 * 1024
"""Bytes of JSON an interaction's metadata may take."""

_INTERACTIONS_AT_ONCE = 2_000
_MAX_AHEAD = timedelta(minutes=5)  # by how much clocks may differ


@dataclass(frozen=True, slots=True)
class Interaction:
    """One thing that a user did with an account.

    ``account_domain`` may be any spelling of the company's website. ``created_at`` (aware, or ISO 8601 text with a
    zone) is when it happened, now by default. ``known_at`` (the same) is since when it was known: now by default; an
    import of what was known earlier says so. With an ``interaction_id``, logging it again changes nothing.
    """

    user_id: UUID | str
    account_domain: str
    interaction_type: str
    metadata: Mapping[str, Any] | None = None
    created_at: datetime | str | None = None
    interaction_id: UUID | str | None = None
    known_at: datetime | str | None = None


@dataclass(slots=True)
class LoggedInteractions:
    """How many of a batch are new (``logged``), how many were known already, and which were refused, by position."""

    logged: int = 0
    known: int = 0
    rejected: list[Failure] = field(default_factory=list)


class _Refused(ValueError):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def log_interaction(
    connection: Connection,
    user_id: UUID | str,
    account_domain: str,
    interaction_type: str,
    *,
    metadata: Mapping[str, Any] | None = None,
    created_at: datetime | str | None = None,
    interaction_id: UUID | str | None = None,
    known_at: datetime | str | None = None,
) -> UUID:
    """Log what a user did with an account (see ``Interaction``). Returns the interaction's id.

    Raises ``ValueError``, which never repeats a value, for what is unusable, and for the id of another user's
    interaction.
    """
    interaction = Interaction(user_id, account_domain, interaction_type, metadata, created_at, interaction_id, known_at)
    row = _checked(interaction, datetime.now(UTC))
    result = LoggedInteractions()
    _log(connection, [{"position": 0, **row}], result)
    if result.rejected:
        raise _Refused(result.rejected[0].reason, result.rejected[0].detail)
    logged_id: UUID = row["id"]
    return logged_id


def log_interactions(
    connection: Connection, interactions: Iterable[Interaction | Mapping[str, Any]]
) -> LoggedInteractions:
    """Log a batch for any number of users; a mapping has the fields of ``Interaction``.

    A bad record costs only itself: ``rejected`` says where it was and why, without its content. Reasons:
    ``invalid_record``, ``invalid_user_id``, ``invalid_interaction_id``, ``taken_interaction_id``,
    ``invalid_account_domain``, ``unknown_type``, ``invalid_metadata``, ``invalid_created_at``, ``invalid_known_at``.
    Log at most one batch per transaction.
    """
    now, rows, result = datetime.now(UTC), [], LoggedInteractions()
    for position, interaction in enumerate(interactions):
        try:
            rows.append({"position": position, **_checked(interaction, now)})
        except _Refused as refused:
            result.rejected.append(Failure(position, refused.reason, str(refused)))
    _log(connection, rows, result)
    result.rejected.sort(key=lambda failure: failure.position)
    return result


def _log(connection: Connection, rows: list[dict[str, Any]], result: LoggedInteractions) -> None:
    # In the same order in every transaction: batches that share users or ids wait for each other and do not deadlock.
    rows = _without_mail_hosts(connection, rows, result)
    is_user = acts_for_user(connection)
    if is_user:
        detail = "known_at is for imports: what a user does is known since it is recorded"
        backdated = [row["position"] for row in rows if row["known_at"] is not None]
        result.rejected += [Failure(position, "invalid_known_at", detail) for position in backdated]
        rows = [row for row in rows if row["known_at"] is None]
    else:
        register_users(connection, {row["user_id"] for row in rows})
    rows.sort(key=lambda row: (row["id"], row["position"]))
    for start in range(0, len(rows), _INTERACTIONS_AT_ONCE):
        chunk = rows[start : start + _INTERACTIONS_AT_ONCE]
        values = {"rows": to_json(chunk)}
        logged, foreign = _log_own(connection, values) if is_user else _log_any(connection, values)
        detail = "Another user's interaction has this id; give each interaction an id of its own"
        result.rejected += [Failure(position, "taken_interaction_id", detail) for position in foreign]
        result.logged += logged
        result.known += len(chunk) - logged - len(foreign)


def _without_mail_hosts(
    connection: Connection, rows: list[dict[str, Any]], result: LoggedInteractions
) -> list[dict[str, Any]]:
    """The rows but for those at hosts of mailboxes, which are rejected unless a company is known to run the host."""
    domains = {row["account_domain"] for row in rows if is_mail_host(row["account_domain"])}
    if not domains:
        return rows
    known = connection.execute(statement("interactions/known_domains"), {"domains": sorted(domains)}).scalars().all()
    refused = domains.difference(known)
    detail = "account_domain is a host where anybody can have a mailbox; give the company's own domain"
    result.rejected += [
        Failure(row["position"], "invalid_account_domain", detail) for row in rows if row["account_domain"] in refused
    ]
    return [row for row in rows if row["account_domain"] not in refused]


def _log_own(connection: Connection, values: Mapping[str, str]) -> tuple[int, Sequence[int]]:
    """How many rows are new, and the positions of those whose id is taken: for the user of the transaction."""
    found = connection.execute(statement("interactions/log_own_interactions"), values).one()
    return found.logged, found.taken


def _log_any(connection: Connection, values: Mapping[str, str]) -> tuple[int, Sequence[int]]:
    """Like ``_log_own``, for any users."""
    logged = connection.execute(statement("interactions/log_interactions"), values).rowcount
    return logged, connection.execute(statement("interactions/foreign_interactions"), values).scalars().all()


def _checked(given: Interaction | Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The columns of an interaction. Raises ``_Refused``."""
    interaction = given if isinstance(given, Interaction) else _interaction(given)
    domain = company_domain(interaction.account_domain)
    if domain is None:
        raise _Refused("invalid_account_domain", "account_domain is not a company's own domain; give that")
    if interaction.interaction_type not in INTERACTION_TYPES:
        raise _Refused("unknown_type", f"Unknown interaction_type; allowed: {', '.join(INTERACTION_TYPES)}")
    if interaction.interaction_id is None:
        interaction_id = uuid4()
    else:
        interaction_id = _id(interaction.interaction_id, "interaction_id")
    happened_at = _moment(interaction.created_at, "created_at") or now
    known_at = _moment(interaction.known_at, "known_at")
    if known_at is not None and known_at < happened_at:
        raise _Refused("invalid_known_at", "known_at lies before created_at: nothing is known before it happens")
    return {
        "id": interaction_id,
        "user_id": _id(interaction.user_id, "user_id"),
        "account_domain": domain,
        "interaction_type": interaction.interaction_type,
        "interaction_metadata": _metadata(interaction.metadata),
        "created_at": happened_at,
        "known_at": known_at,
    }


def _interaction(record: object) -> Interaction:
    try:
        return Interaction(**record)  # type: ignore[arg-type]
    except TypeError:
        detail = (
            "An interaction is an object with user_id, account_domain and interaction_type, and optionally metadata, "
            "created_at, interaction_id and known_at"
        )
        raise _Refused("invalid_record", detail) from None


def _metadata(metadata: object) -> Mapping[str, Any]:
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping):
        raise _Refused("invalid_metadata", "metadata is not an object; give names and values")
    try:
        size = len(to_json(metadata).encode())
    except RecursionError:
        raise _Refused("invalid_metadata", "metadata is nested too deeply") from None
    if size > MAX_METADATA:
        raise _Refused(
            "invalid_metadata", f"metadata takes more than {MAX_METADATA} bytes as JSON; leave something out"
        )
    return metadata


def _moment(given: object, name: str) -> datetime | None:
    try:
        return None if given is None else checked_time(given, name, _MAX_AHEAD)
    except ValueError as error:
        raise _Refused(f"invalid_{name}", str(error)) from None


def _id(value: object, name: str) -> UUID:
    try:
        return checked_uuid(value, name)
    except ValueError as error:
        raise _Refused(f"invalid_{name}", str(error)) from None
