"""What features are made of: research of prospects, tries that failed, and what users do with accounts.

Everything here may run as the role of the API, for one user under row-level security, as well as in a task.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.dates import FIRST_YEAR
from prospecting.parsing.names import clean_company_name
from prospecting.parsing.prospect_research import MAX_COUNT, ProspectResearch, prospect_document, read_prospect_research
from prospecting.parsing.urls import company_domain, normalize_website
from prospecting.persistence.batches import Failure
from prospecting.persistence.database import clean_text, lock_keys, to_json
from prospecting.persistence.statements import statement
from prospecting.scoring.engagement import INTERACTION_TYPES
from prospecting.scoring.icp import priority_of, score_research

FAILURE_STATUSES = ("error", "timeout", "quota", "network_error")
MAX_METADATA = 64 * 1024
"""Bytes of JSON an interaction's metadata may take."""

_MAX_ERROR_TYPE, _MAX_ERROR_MESSAGE = 200, 2_000  # characters
_INTERACTIONS_AT_ONCE = 2_000
_FUTURE_RESEARCH, _FUTURE_INTERACTION = timedelta(days=1), timedelta(minutes=5)  # what clocks may differ
_FACTS = (
    "is_b2b_saas",
    "has_modern_stack",
    "technology_count",
    "has_open_engineering_roles",
    "engineering_role_count",
    "total_open_roles",
    "has_engineering_blog",
    "employees_min",
    "employees_max",
    "has_funding",
)
_NO_FACTS = dict.fromkeys((*_FACTS, "icp_score", "priority_level"))


# --------------------------------------------------------------------------------------------------------- research
@dataclass(frozen=True, slots=True)
class SavedResearch:
    """Where a research is stored, and as what.

    ``is_new``: this call created the user's row of the address. ``is_stored``: that row holds this research, not a newer
    one. ``is_newest``: the account shows it too, nobody has a newer one.
    """

    id: UUID
    account_domain: str
    icp_score: int
    priority_level: str
    extracted_at: datetime
    is_new: bool
    is_stored: bool
    is_newest: bool


def save_prospect_research(
    connection: Connection,
    user_id: UUID | str,
    website_url: str | None = None,
    data: object = None,
    *,
    extracted_at: datetime | str | None = None,
    extraction_duration_ms: int | None = None,
    company_name: str | None = None,
) -> SavedResearch:
    """Save what was found about a prospect, and make it the account's newest research when it is.

    ``data`` is the research document, or text that holds one. Without ``website_url`` it is of its ``companyWebsite``.
    Its own score stands when it has one, else the rules of ``scoring.icp`` decide. ``extracted_at`` (aware, or ISO 8601
    text with a zone) is when it was made: as given, else as the document says, else now, but a document that is stored
    already and does not say when is the same research. ``company_name`` helps a document without one.

    Older research never replaces newer, of the same user or of anybody; its run is recorded. Of several of one moment the
    first saved stays. The same research again writes nothing. Concurrent saves of an account wait for each other;
    at most one account per transaction.

    Raises ``ValueError``, which never repeats a value, for a website that is no company's own, a document that is no
    object or whose score or time is unreadable, and a time that has no zone or lies more than a day ahead.
    """
    if data is None:
        raise ValueError("data is missing; give the document of the research")
    document = prospect_document(data)
    research = read_prospect_research(document)
    domain, website = _website(website_url) if website_url is not None else _own_website(research)
    made_at = _made_at(extracted_at, research)
    score, priority = _score(research)
    user, data_json = _uuid(user_id, "user_id"), _document_json(document)
    duration = _duration(extraction_duration_ms, research)

    _register_users(connection, [user])
    lock_keys(connection, "account", [domain])
    row: dict[str, Any] = {"user_id": user, "website_url": website, "data": data_json}
    if made_at is None:
        same = connection.execute(statement("prospect_research/find_same_research"), row).scalar_one_or_none()
        made_at = same or datetime.now(UTC)
    name = research.company_name or clean_company_name(company_name)
    name = name or connection.execute(statement("prospect_research/known_name"), {"account_domain": domain}).scalar_one()
    row |= {
        "account_domain": domain,
        "company_name": name,
        "icp_score": score,
        "priority_level": priority,
        "extracted_at": made_at,
        "extraction_duration_ms": duration,
    }
    research_id, is_new, is_stored = _store(connection, row)
    facts = {name: getattr(research, name) for name in _FACTS}
    _record_run(connection, {**row, **facts}, "success", made_at)
    row["research_id"] = research_id
    connection.execute(statement("prospect_research/save_account"), row)
    connection.execute(statement("prospect_research/advance_account"), row)
    connection.execute(statement("prospect_research/save_account_signals"), {**row, **facts})
    is_newest = is_stored and connection.execute(statement("prospect_research/is_newest_research"), row).scalar_one()
    return SavedResearch(research_id, domain, score, priority, made_at, is_new, is_stored, is_newest)


def _store(connection: Connection, row: Mapping[str, Any]) -> tuple[UUID, bool, bool]:
    """Id of the user's row of the address, whether it is new, and whether it holds this research."""
    written = connection.execute(statement("prospect_research/save_research"), row).one_or_none()
    if written is not None:
        return written.id, written.is_new, True
    found = connection.execute(statement("prospect_research/find_saved_research"), row).one()
    return found.id, False, found.is_stored


def record_research_failure(
    connection: Connection,
    user_id: UUID | str | None,
    website_url: str,
    status: str,
    *,
    error_type: str | None = None,
    error_message: str | None = None,
    company_name: str | None = None,
    ran_at: datetime | str | None = None,
) -> UUID:
    """Record a research that failed; answers the id of its run. The same run again is not added.

    ``status`` is one of ``FAILURE_STATUSES``, ``ran_at`` (aware, or ISO 8601 text with a zone; now unless given) when it
    ran. The message is kept for people and shortened; leave secrets and personal data out of it. Raises ``ValueError``
    for a website that is no company's own, an unknown status, and a time that has no zone or lies more than a day ahead.
    """
    if status not in FAILURE_STATUSES:
        raise ValueError(f"Unknown status of a failed research; known are {', '.join(FAILURE_STATUSES)}")
    domain, website = _website(website_url)
    moment = datetime.now(UTC) if ran_at is None else _checked_time(ran_at, "ran_at", _FUTURE_RESEARCH)
    user = None if user_id is None else _uuid(user_id, "user_id")
    if user is not None:
        _register_users(connection, [user])
    row = {
        **_NO_FACTS,
        "user_id": user,
        "account_domain": domain,
        "website_url": website,
        "company_name": clean_company_name(company_name),
        "error_type": _shortened(error_type, _MAX_ERROR_TYPE),
        "error_message": _shortened(error_message, _MAX_ERROR_MESSAGE),
    }
    return _record_run(connection, row, status, moment)


def _record_run(connection: Connection, row: Mapping[str, Any], status: str, moment: datetime) -> UUID:
    key = json.dumps([str(row["user_id"]), row["website_url"], status, moment.astimezone(UTC).isoformat()])
    values = {"error_type": None, "error_message": None, **row, "run_status": status, "created_at": moment}
    values["run_key"] = hashlib.sha256(key.encode()).hexdigest()
    connection.execute(statement("prospect_research/save_run"), values)
    run_id: UUID = connection.execute(statement("prospect_research/find_run"), values).scalar_one()
    return run_id


def query_research(connection: Connection, *, user_id: UUID | str, limit: int = 50) -> Sequence[RowMapping]:
    """A user's own research, the newest first, without the documents."""
    values = {"user_id": _uuid(user_id, "user_id"), "most": limit}
    return connection.execute(statement("prospect_research/query_research"), values).mappings().all()


def find_research(connection: Connection, research_id: UUID | str, *, user_id: UUID | str) -> RowMapping | None:
    """A research with its document (``data``); ``None`` when there is none or it is somebody else's."""
    values = {"research_id": _uuid(research_id, "research_id"), "user_id": _uuid(user_id, "user_id")}
    return connection.execute(statement("prospect_research/find_research"), values).mappings().one_or_none()


def _website(website_url: object) -> tuple[str, str]:
    """Domain of the account, and the address as it is stored."""
    domain, website = company_domain(website_url), normalize_website(website_url)
    if domain is None or website is None:
        raise ValueError("website_url is not the address of a company's own website; give that")
    return domain, website


def _own_website(research: ProspectResearch) -> tuple[str, str]:
    try:
        return _website(research.website)
    except ValueError:
        raise ValueError(
            "Neither is website_url given, nor is companyWebsite of the research a company's own website; give one"
        ) from None


def _score(research: ProspectResearch) -> tuple[int, str]:
    if "icpScore.overallScore" in research.unreadable:
        raise ValueError("icpScore.overallScore of the research is not a whole number from 1 to 10; mend or remove it")
    if research.icp_score is not None:
        return research.icp_score, research.priority_level or priority_of(research.icp_score)
    by_rules = score_research(research)
    return by_rules.score, by_rules.priority_level


def _made_at(given: datetime | str | None, research: ProspectResearch) -> datetime | None:
    if given is None and "extractedAt" in research.unreadable:
        raise ValueError("extractedAt of the research is not a time; mend or remove it, or give extracted_at")
    moment = given or research.extracted_at
    return None if moment is None else _checked_time(moment, "extracted_at", _FUTURE_RESEARCH)


def _duration(given: int | None, research: ProspectResearch) -> int:
    duration = research.extraction_duration_ms or 0 if given is None else given
    if not isinstance(duration, int) or isinstance(duration, bool) or not 0 <= duration <= MAX_COUNT:
        raise ValueError(f"extraction_duration_ms is not a whole number from 0 to {MAX_COUNT}")
    return duration


def _document_json(document: Mapping[str, Any]) -> str:
    try:
        return to_json(document)
    except RecursionError:
        raise ValueError("The research is nested too deeply to be stored") from None


def _shortened(text: str | None, most: int) -> str | None:
    return clean_text(text).strip()[:most] or None if text else None


# ----------------------------------------------------------------------------------------------------- interactions
@dataclass(frozen=True, slots=True)
class Interaction:
    """What a user did with an account.

    ``account_domain`` may be any spelling of the company's website, ``created_at`` (aware, or ISO 8601 text with a zone)
    is when it happened, now unless given. With an ``interaction_id`` logging it again changes nothing.
    """

    user_id: UUID | str
    account_domain: str
    interaction_type: str
    metadata: Mapping[str, Any] | None = None
    created_at: datetime | str | None = None
    interaction_id: UUID | str | None = None


@dataclass(slots=True)
class LoggedInteractions:
    """How many of a batch are new (``logged``), how many were there already, and which were refused, by position."""

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
) -> UUID:
    """Log what a user did with an account (see ``Interaction``); answers its id.

    Raises ``ValueError``, which never repeats a value, for what is unusable, and for an id of somebody else's interaction.
    """
    interaction = Interaction(user_id, account_domain, interaction_type, metadata, created_at, interaction_id)
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
    """Log a batch, of any number of users; a mapping has the fields of ``Interaction``.

    A bad record costs only itself: ``rejected`` says where it was and why, without its content. Reasons: ``invalid_record``,
    ``invalid_user_id``, ``invalid_interaction_id``, ``taken_interaction_id``, ``invalid_account_domain``,
    ``unknown_type``, ``invalid_metadata``, ``invalid_created_at``. At most one batch per transaction.
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
    # In one order in every transaction, so that batches which share users or ids wait for each other and do not deadlock.
    _register_users(connection, {row["user_id"] for row in rows})
    rows.sort(key=lambda row: (row["id"], row["position"]))
    for start in range(0, len(rows), _INTERACTIONS_AT_ONCE):
        chunk = rows[start : start + _INTERACTIONS_AT_ONCE]
        values = {"rows": to_json(chunk)}
        logged = connection.execute(statement("interactions/log_interactions"), values).rowcount
        foreign = connection.execute(statement("interactions/foreign_interactions"), values).scalars().all()
        detail = "Another user's interaction has this id; give each interaction an id of its own"
        result.rejected += [Failure(position, "taken_interaction_id", detail) for position in foreign]
        result.logged += logged
        result.known += len(chunk) - logged - len(foreign)


def _checked(given: Interaction | Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The columns of an interaction; raises ``_Refused``."""
    interaction = given if isinstance(given, Interaction) else _interaction(given)
    domain = company_domain(interaction.account_domain)
    if domain is None:
        raise _Refused("invalid_account_domain", "account_domain is not a company's own domain; give that")
    if interaction.interaction_type not in INTERACTION_TYPES:
        raise _Refused("unknown_type", f"Unknown interaction_type; known are {', '.join(INTERACTION_TYPES)}")
    if interaction.interaction_id is None:
        interaction_id = uuid4()
    else:
        interaction_id = _checked_uuid(interaction.interaction_id, "interaction_id")
    return {
        "id": interaction_id,
        "user_id": _checked_uuid(interaction.user_id, "user_id"),
        "account_domain": domain,
        "interaction_type": interaction.interaction_type,
        "interaction_metadata": _metadata(interaction.metadata),
        "created_at": _happened_at(interaction.created_at, now),
    }


def _interaction(record: object) -> Interaction:
    try:
        return Interaction(**record)  # type: ignore[arg-type]
    except TypeError:
        detail = "An interaction is an object with user_id, account_domain and interaction_type, and maybe metadata, created_at and interaction_id"
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


def _happened_at(given: object, now: datetime) -> datetime:
    if given is None:
        return now
    try:
        return _checked_time(given, "created_at", _FUTURE_INTERACTION)
    except ValueError as error:
        raise _Refused("invalid_created_at", str(error)) from None


def _checked_uuid(value: object, name: str) -> UUID:
    try:
        return _uuid(value, name)
    except ValueError as error:
        raise _Refused(f"invalid_{name}", str(error)) from None


# ------------------------------------------------------------------------------------------------------------ both
def _register_users(connection: Connection, user_ids: Iterable[UUID]) -> None:
    connection.execute(statement("access/register_users"), {"user_ids": list(user_ids)})


def _uuid(value: object, name: str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"{name} is not a UUID; give one") from None


def _checked_time(moment: object, name: str, tolerance: timedelta) -> datetime:
    """In UTC; raises ``ValueError`` for what is no time, has no zone, is long past or further ahead than ``tolerance``."""
    if isinstance(moment, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(moment)
    if not isinstance(moment, datetime):
        raise ValueError(f"{name} is not a time; give one with a zone")
    if moment.utcoffset() is None:
        raise ValueError(f"{name} has no time zone; give one with a zone")
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name} is beyond the calendar; give a real time") from None
    if in_utc.year < FIRST_YEAR:
        raise ValueError(f"{name} lies before {FIRST_YEAR}; check the clock it comes from")
    if in_utc > datetime.now(UTC) + tolerance:
        raise ValueError(f"{name} lies in the future; check the clock it comes from")
    return in_utc
