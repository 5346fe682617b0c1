"""Research on prospects, and the research runs that failed.

Everything here may run as the role of the API, on behalf of one user, as well as in a task. The API's role may not
insert or update: it calls functions of the database, which write for that user and nobody else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.names import clean_company_name
from prospecting.parsing.ownership import is_mailbox_of_anybody
from prospecting.parsing.prospect_research import MAX_COUNT, ProspectResearch, prospect_document, read_prospect_research
from prospecting.parsing.urls import company_domain, page_address
from prospecting.persistence.access import acts_for_user
from prospecting.persistence.database import clean_text, lock_keys, to_json
from prospecting.persistence.statements import statement
from prospecting.persistence.users import checked_time, checked_uuid, register_users
from prospecting.scoring.icp import priority_of, score_research

FAILURE_STATUSES = ("error", "timeout", "quota", "network_error")
_MAX_ERROR_TYPE, _MAX_ERROR_MESSAGE = 200, 2_000  # characters
_MAX_AHEAD = timedelta(days=1)  # by how much clocks may differ
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


@dataclass(frozen=True, slots=True)
class SavedResearch:
    """Where research is stored, and how it was scored.

    ``is_new``: this call created the user's row of the address. ``is_stored``: that row holds this research, not newer
    research. ``is_newest``: the account shows it too; nobody has newer research.
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
    known_at: datetime | str | None = None,
) -> SavedResearch:
    """Save what was found about a prospect, and make it the account's newest research when it is.

    ``data`` is the research document, or text that contains one. Without ``website_url``, the document's
    ``companyWebsite`` is taken. A score in the document stands; otherwise the rules of ``scoring.icp`` decide.
    ``extracted_at`` (aware, or ISO 8601 text with a zone) is when the research was done: as given, else as the document
    says, else now; a document that is stored already and does not say when counts as the same research.
    ``company_name`` is used when the document has none. ``known_at`` (like ``extracted_at``) is since when the research
    was known: now by default; an import of what was known earlier says so.

    Older research never replaces newer research, whoever did it, but its run is recorded. Of several with the same
    time, the one saved first stays. A page is one address with http or https, and with any query. Saving the same
    research again writes nothing. Concurrent saves of an account wait for each other; save at most one account per
    transaction.

    Raises ``ValueError``, which never repeats a value, for a website that is not a company's own (a host of mailboxes
    is that of the company of its name only), a document that is not an object or whose score or time is unreadable, a
    time that has no zone or lies more than a day ahead, and research that was known before it was done.
    """
    if data is None:
        raise ValueError("data is missing; give the document of the research")
    document = prospect_document(data)
    research = read_prospect_research(document)
    domain, website = _website(website_url) if website_url is not None else _own_website(research)
    made_at = _made_at(extracted_at, research)
    known = _known_at(known_at, made_at)
    score, priority = _score(research)
    user, data_json = checked_uuid(user_id, "user_id"), _document_json(document)
    duration = _duration(extraction_duration_ms, research)
    name = research.company_name or clean_company_name(company_name)
    _refuse_mail_host(domain, name)

    is_user = acts_for_user(connection)
    _refuse_known_at(known_at, is_user=is_user)
    if not is_user:
        register_users(connection, [user])
    lock_keys(connection, "account", [domain])
    row: dict[str, Any] = {"user_id": user, "website_url": website, "data": data_json, "known_at": known}
    if made_at is None:
        same = connection.execute(statement("prospect_research/find_same_research"), row).scalar_one_or_none()
        made_at = same or datetime.now(UTC)
    name = (
        name or connection.execute(statement("prospect_research/known_name"), {"account_domain": domain}).scalar_one()
    )
    row |= {
        "account_domain": domain,
        "company_name": name,
        "icp_score": score,
        "priority_level": priority,
        "extracted_at": made_at,
        "extraction_duration_ms": duration,
    }
    facts = {name: getattr(research, name) for name in _FACTS}
    write = _write_own if is_user else _write_any
    return write(connection, row, facts)


def _write_own(connection: Connection, row: Mapping[str, Any], facts: Mapping[str, Any]) -> SavedResearch:
    """Store research, its run and what the account shows, for the user of the transaction."""
    values = {"research": to_json({**row, **facts, "data": None}), "data": row["data"]}
    written = connection.execute(statement("prospect_research/save_own_research"), values).one()
    return _saved(row, written.research_id, written.is_new, written.is_stored, written.is_newest)


def _write_any(connection: Connection, row: dict[str, Any], facts: Mapping[str, Any]) -> SavedResearch:
    """Like ``_write_own``, for any user."""
    research_id, is_new, is_stored = _store(connection, row)
    _record_run(connection, {**row, **facts}, "success", row["extracted_at"])
    row["research_id"] = research_id
    connection.execute(statement("prospect_research/save_account"), row)
    connection.execute(statement("prospect_research/advance_account"), row)
    connection.execute(statement("prospect_research/save_account_signals"), {**row, **facts})
    is_newest = is_stored and connection.execute(statement("prospect_research/is_newest_research"), row).scalar_one()
    return _saved(row, research_id, is_new, is_stored, is_newest)


def _saved(row: Mapping[str, Any], research_id: UUID, is_new: bool, is_stored: bool, is_newest: bool) -> SavedResearch:
    return SavedResearch(
        research_id,
        row["account_domain"],
        row["icp_score"],
        row["priority_level"],
        row["extracted_at"],
        is_new,
        is_stored,
        is_newest,
    )


def _store(connection: Connection, row: Mapping[str, Any]) -> tuple[UUID, bool, bool]:
    """The id of the user's row of the address, whether it is new, and whether it holds this research."""
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
    known_at: datetime | str | None = None,
) -> UUID:
    """Record a research run that failed. Returns the run's id; the same run is not recorded twice.

    ``status`` is one of ``FAILURE_STATUSES``; ``ran_at`` (aware, or ISO 8601 text with a zone) is when it ran, now by
    default; ``known_at`` as in ``save_prospect_research``. Who acts for a user records that user's runs only, never
    nobody's. The message is for people, and is shortened: leave secrets and personal data out of it. Raises
    ``ValueError`` for a website that is not a company's own, an unknown status, a time that has no zone or lies more
    than a day ahead, and a run that was known before it ran.
    """
    if status not in FAILURE_STATUSES:
        raise ValueError(f"Unknown status of a failed research run; allowed: {', '.join(FAILURE_STATUSES)}")
    domain, website = _website(website_url)
    moment = datetime.now(UTC) if ran_at is None else checked_time(ran_at, "ran_at", _MAX_AHEAD)
    user = None if user_id is None else checked_uuid(user_id, "user_id")
    name = clean_company_name(company_name)
    _refuse_mail_host(domain, name)
    is_user = acts_for_user(connection)
    _refuse_known_at(known_at, is_user=is_user)
    if user is not None and not is_user:
        register_users(connection, [user])
    row = {
        **_NO_FACTS,
        "user_id": user,
        "account_domain": domain,
        "website_url": website,
        "company_name": name,
        "error_type": _shortened(error_type, _MAX_ERROR_TYPE),
        "error_message": _shortened(error_message, _MAX_ERROR_MESSAGE),
        "known_at": _known_at(known_at, moment),
    }
    if not is_user:
        return _record_run(connection, row, status, moment)
    values = {"run": to_json({**row, "run_status": status, "created_at": moment})}
    run_id: UUID = connection.execute(statement("prospect_research/record_own_failure"), values).scalar_one()
    return run_id


def _record_run(connection: Connection, row: Mapping[str, Any], status: str, moment: datetime) -> UUID:
    key = json.dumps([str(row["user_id"]), row["website_url"], status, moment.astimezone(UTC).isoformat()])
    values = {"error_type": None, "error_message": None, **row, "run_status": status, "created_at": moment}
    values["run_key"] = hashlib.sha256(key.encode()).hexdigest()
    connection.execute(statement("prospect_research/save_run"), values)
    run_id: UUID = connection.execute(statement("prospect_research/find_run"), values).scalar_one()
    return run_id


def query_research(connection: Connection, *, user_id: UUID | str, limit: int = 50) -> Sequence[RowMapping]:
    """A user's own research without the documents, newest first."""
    values = {"user_id": checked_uuid(user_id, "user_id"), "limit": limit}
    return connection.execute(statement("prospect_research/query_research"), values).mappings().all()


def find_research(connection: Connection, research_id: UUID | str, *, user_id: UUID | str) -> RowMapping | None:
    """Research with its document (``data``); ``None`` when there is none or it is somebody else's."""
    values = {
        "research_id": checked_uuid(research_id, "research_id"),
        "user_id": checked_uuid(user_id, "user_id"),
    }
    return connection.execute(statement("prospect_research/find_research"), values).mappings().one_or_none()


def _website(website_url: object) -> tuple[str, str]:
    """The account's domain, and the address as it is stored."""
    domain, website = company_domain(website_url), page_address(website_url)
    if domain is None or website is None:
        raise ValueError("website_url is not the address of a company's own website; give that")
    return domain, website


def _refuse_mail_host(domain: str, company_name: str | None) -> None:
    if is_mailbox_of_anybody(domain, company_name):
        raise ValueError(
            "website_url is a host where anybody can have a mailbox, and not the website of a company of this name; "
            "give the company's own"
        )


def _own_website(research: ProspectResearch) -> tuple[str, str]:
    try:
        return _website(research.website)
    except ValueError:
        raise ValueError(
            "website_url is missing, and companyWebsite of the research is not a company's own website; give one"
        ) from None


def _score(research: ProspectResearch) -> tuple[int, str]:
    if "icpScore.overallScore" in research.unreadable:
        raise ValueError(
            "icpScore.overallScore of the research is not a whole number from 1 to 10; correct or remove it"
        )
    if research.icp_score is not None:
        return research.icp_score, research.priority_level or priority_of(research.icp_score)
    by_rules = score_research(research)
    return by_rules.score, by_rules.priority_level


def _made_at(given: datetime | str | None, research: ProspectResearch) -> datetime | None:
    if given is None and "extractedAt" in research.unreadable:
        raise ValueError("extractedAt of the research is not a time; correct or remove it, or give extracted_at")
    moment = given or research.extracted_at
    return None if moment is None else checked_time(moment, "extracted_at", _MAX_AHEAD)


def _refuse_known_at(given: object, *, is_user: bool) -> None:
    if is_user and given is not None:
        raise ValueError("known_at is for imports: what a user records is known since it is recorded")


def _known_at(given: datetime | str | None, moment: datetime | None) -> datetime | None:
    if given is None:
        return None
    known = checked_time(given, "known_at", _MAX_AHEAD)
    if known < (moment or datetime.now(UTC)):
        raise ValueError("known_at lies before the run itself: nothing is known before it happens")
    return known


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


def _shortened(text: str | None, limit: int) -> str | None:
    return clean_text(text).strip()[:limit] or None if text else None
