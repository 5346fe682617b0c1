"""Saves the records in an agent's answer, and keeps what is unusable with its reason.

The answer may be one the pipeline asked for, or anything somebody else's agent returned (text with prose around it,
bytes, a dict, a list). Saving an answer twice changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.events import parse_events
from prospecting.parsing.records import EventRecord, Parsed
from prospecting.parsing.sponsors import parse_sponsors
from prospecting.persistence.batches import Upserted
from prospecting.persistence.companies import CompanyRow, find_current_company, upsert_companies
from prospecting.persistence.events import event_exists, upsert_event_sponsors, upsert_events
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.signals import find_execution, link_entities
from prospecting.services.runtime import Runtime
from prospecting.services.signals import choose_people

log = logging.getLogger(__name__)

Misfit = Callable[[EventRecord], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of an answer.

    ``source_system`` is noted with new rows; ``source`` says what the answer is about (``event 17``) and is noted with
    rejected records; both belong to ``execution_id``, if there is one.
    """

    source_system: str
    source: str
    execution_id: UUID | str | None = None


@dataclass(frozen=True, slots=True)
class SavedRecords:
    """The outcome of saving one answer.

    ``ids`` are the rows, each once, in the order of the answer; ``new`` counts those that were created. ``records``
    counts mentions that were saved, ``rejected`` those that could not be used or were not wanted.
    """

    ids: list[int]
    new: int
    records: int
    rejected: int


def save_events(
    runtime: Runtime,
    answer: Any,
    origin: Origin,
    *,
    limit: int,
    per: str = "answer",
    misfit: Misfit | None = None,
) -> SavedRecords:
    """Save the events in an answer, at most ``limit``, without those that ``misfit`` gives a reason against."""
    parsed = parse_events(answer)
    rejected = _unreadable(parsed, "event", origin)
    wanted: list[EventRecord] = []
    for event in parsed.items:
        reason = misfit(event) if misfit else None
        if reason is None and len(wanted) >= limit:
            reason = "over_limit", f"Only {limit} events per {per} are kept"
        if reason is None:
            wanted.append(event)
        else:
            rejected.append(RejectedRow("filter", "event", *reason, _brief(event), origin.source))

    def save(connection: Connection) -> SavedRecords:
        _require_execution(connection, origin)
        upserted = upsert_events(connection, wanted, source_system=origin.source_system)
        return _settle(connection, origin, "event", upserted, rejected, [_brief(event) for event in wanted])

    saved = runtime.write(save)
    log.info("%s: %d events saved, %d rejected or filtered", origin.source, saved.records, saved.rejected)
    return saved


def save_companies(
    runtime: Runtime,
    answer: Any,
    origin: Origin,
    *,
    limit: int,
    per: str = "answer",
    event_id: int | None = None,
    fallback_industry: str | None = None,
) -> SavedRecords:
    """Save the companies in an answer, at most ``limit``; with ``event_id``, also that they sponsor the event.

    Raises ``LookupError`` when the event does not exist.
    """
    record_type, noun = ("company", "companies") if event_id is None else ("sponsor", "sponsors")
    parsed = parse_sponsors(answer)
    rejected = _unreadable(parsed, record_type, origin)
    sponsors = parsed.items[:limit]
    detail = f"Only {limit} {noun} per {per} are kept"
    rejected += [
        RejectedRow("filter", record_type, "over_limit", detail, {"name": sponsor.name}, origin.source)
        for sponsor in parsed.items[limit:]
    ]
    rows = [CompanyRow.from_sponsor(sponsor, fallback_industry) for sponsor in sponsors]

    def save(connection: Connection) -> SavedRecords:
        _require_execution(connection, origin)
        if event_id is not None and not event_exists(connection, event_id):
            raise LookupError(f"event_id: no event {event_id} is stored; see the table events")
        upserted = upsert_companies(connection, rows, source_system=origin.source_system)
        if event_id is not None:
            links = [(found.id, sponsor) for found, sponsor in zip(upserted.saved, sponsors, strict=True) if found]
            upsert_event_sponsors(connection, event_id, links, source_system=origin.source_system)
        return _settle(connection, origin, "company", upserted, rejected, [{"name": row.name} for row in rows])

    saved = runtime.write(save)
    log.info("%s: %d companies saved, %d rejected", origin.source, saved.records, saved.rejected)
    return saved


def save_people(
    runtime: Runtime,
    answer: Any,
    origin: Origin,
    *,
    company_id: int,
    target_functions: Sequence[str],
    limit: int,
    observed_on: date,
) -> SavedRecords:
    """Save the people in an answer who are in a target function of a company, most senior first, at most ``limit``.

    ``observed_on`` is the day the answer is from; a day that the answer itself gives takes precedence. A company
    that was merged into another means that one. Raises ``LookupError`` when the company does not exist.
    """
    parsed = parse_contacts(answer)
    chosen, others = choose_people(parsed.items, target_functions, limit)
    rejected = _unreadable(parsed, "person", origin)
    rejected += [
        RejectedRow(
            "filter", "person", reason, detail, {"name": contact.full_name, "title": contact.title}, origin.source
        )
        for contact, reason, detail in others
    ]

    def save(connection: Connection) -> SavedRecords:
        _require_execution(connection, origin)
        current_id = find_current_company(connection, company_id)
        if current_id is None:
            raise LookupError(f"company_id: no company {company_id} is stored; see the table companies")
        rows = [PersonRow.from_contact(contact, company_id=current_id, observed_on=observed_on) for contact in chosen]
        upserted = upsert_persons(connection, rows, source_system=origin.source_system)
        return _settle(connection, origin, "person", upserted, rejected, [{"name": row.full_name} for row in rows])

    saved = runtime.write(save)
    log.info("%s: %d people saved, %d rejected or filtered", origin.source, saved.records, saved.rejected)
    return saved


def _settle(
    connection: Connection,
    origin: Origin,
    entity_type: str,
    upserted: Upserted,
    rejected: Sequence[RejectedRow],
    brief: Sequence[dict[str, Any]],
) -> SavedRecords:
    """Link what was saved to the execution, keep what was not. ``brief`` shows each record without what is long."""
    unsaved = [
        RejectedRow("save", entity_type, failure.reason, failure.detail, brief[failure.position], origin.source)
        for failure in upserted.failures
    ]
    if origin.execution_id is not None:
        link_entities(connection, origin.execution_id, entity_type, upserted.saved)
    record_rejected(connection, origin.execution_id, [*rejected, *unsaved])
    found = [saved.id for saved in upserted.saved if saved]
    return SavedRecords(
        ids=list(dict.fromkeys(found)),
        new=upserted.created,
        records=len(found),
        rejected=len(rejected) + len(unsaved),
    )


def _require_execution(connection: Connection, origin: Origin) -> None:
    if origin.execution_id is not None:
        find_execution(connection, origin.execution_id)


def _unreadable(parsed: Parsed[Any], record_type: str, origin: Origin) -> list[RejectedRow]:
    return [RejectedRow.from_parse(rejected, record_type, origin.source) for rejected in parsed.rejected]


def _brief(event: EventRecord) -> dict[str, Any]:
    return {
        "name": event.name,
        "start": event.start.isoformat() if event.start else None,
        "location": event.location.text or event.location.city,
        "attendees": event.attendees,
    }
