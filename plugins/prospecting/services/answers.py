"""Saves the records in an agent's answer, and keeps what is unusable with its reason.

The answer may be one the pipeline asked for, or anything somebody else's agent returned (text with prose around it,
bytes, a dict, a list). Saving an answer twice changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.names import person_key
from prospecting.parsing.records import ContactRecord, EventRecord, Parsed, SponsorRecord
from prospecting.parsing.sponsor.past import PastSponsor
from prospecting.parsing.tiers import tier_rank
from prospecting.persistence.agent_calls import is_truncated, mark_unusable
from prospecting.persistence.batches import Upserted
from prospecting.persistence.companies import (
    CompanyRow,
    find_current_company,
    upsert_companies,
)
from prospecting.persistence.company_signals import CompanySignalRow, upsert_company_signals
from prospecting.persistence.events import (
    find_website,
    lock_events,
    may_have_past_sponsors,
    upsert_event_sponsors,
    upsert_events,
    upsert_past_sponsors,
)
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.signals import find_execution, link_entities, query_people_at, skip_events
from prospecting.services import reading
from prospecting.services.company_fit import CompanyRules, dated
from prospecting.services.employers import assign_people
from prospecting.services.forgotten import find_forgotten, unsaved_row, without_forgotten
from prospecting.services.reading_bounds import USUAL, ReadingBounds
from prospecting.services.rejections import abridged
from prospecting.services.runtime import Runtime
from prospecting.services.signals import Chosen, choose_people
from prospecting.services.sourced_facts import SourcedFacts

log = logging.getLogger(__name__)

Misfit = Callable[[EventRecord], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of an answer.

    ``source_system`` is noted with new rows; ``source`` says what the answer is about (``event 17``) and is noted with
    rejected records; both belong to ``execution_id``, if there is one. ``call_id`` is the answer's row in the ledger,
    where it is noted when nobody can read it. ``claim`` is called first of all in the transaction that saves: it raises
    an error when the answer is not to be saved any more. ``answered_on`` is the day that the answer was given (UTC), of
    a reused one the day that it was paid for; ``None``: today.
    """

    source_system: str
    source: str
    execution_id: UUID | str | None = None
    call_id: int | None = None
    claim: Callable[[Connection], None] | None = None
    answered_on: date | None = None

    @property
    def seen_on(self) -> date:
        return self.answered_on or datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class SponsorRules:
    """How the sponsors named with an event are saved: at most ``max_per_event``.

    ``enough`` of them, and nobody needs to be asked who sponsors the event. ``fallback_industry`` is noted, as a guess,
    for companies whose industry nobody knows.
    """

    max_per_event: int = 1_000
    enough: int = 3
    fallback_industry: str | None = None


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


def read_events(
    answer: Any, origin: Origin, misfit: Misfit | None = None, *, bounds: ReadingBounds = USUAL
) -> tuple[list[EventRecord], list[RejectedRow]]:
    """The events in an answer, without those that ``misfit`` gives a reason against; and what was left out."""
    parsed = reading.read_events(answer, bounds)
    rejected = _unreadable(parsed, "event", origin)
    fitting: list[EventRecord] = []
    for event in parsed.items:
        reason = misfit(event) if misfit else None
        if reason is None:
            fitting.append(event)
        else:
            rejected.append(RejectedRow("filter", "event", *reason, _brief(event), origin.source))
    return fitting, rejected


def over_limit(events: Sequence[EventRecord], detail: str, origin: Origin) -> list[RejectedRow]:
    """The rows that keep events beyond a limit."""
    return [RejectedRow("filter", "event", "over_limit", detail, _brief(event), origin.source) for event in events]


def save_events(
    runtime: Runtime,
    answer: Any,
    origin: Origin,
    *,
    limit: int,
    misfit: Misfit | None = None,
    sponsors: SponsorRules | None = None,
) -> SavedRecords:
    """Save the events in an answer, at most ``limit``, with the sponsors that it names (see ``save_event_records``)."""
    events, rejected = read_events(answer, origin, misfit, bounds=runtime.reading)
    rejected += over_limit(events[limit:], f"Only {limit} events per answer are kept", origin)
    return save_event_records(runtime, events[:limit], rejected, origin, sponsors=sponsors or SponsorRules())


def save_event_records(
    runtime: Runtime,
    events: Sequence[EventRecord],
    rejected: Sequence[RejectedRow],
    origin: Origin,
    *,
    sponsors: SponsorRules | None,
) -> SavedRecords:
    """Save events, and the sponsors named with them by ``sponsors`` (``None``: not wanted); keep what was rejected.

    Counts are those of the events. An event with enough sponsors, or that is said to have none, is noted in its
    execution as one that need not be asked about.
    """
    named = [_named_sponsors(event, sponsors, origin) for event in events] if sponsors else []
    left_out = [row for _, rows in named for row in rows]

    def save(connection: Connection) -> SavedRecords:
        _begin(connection, origin)
        upserted = upsert_events(connection, events, source_system=origin.source_system)
        saved = _settle(connection, origin, "event", upserted, rejected, [_brief(event) for event in events])
        facts = SourcedFacts(connection, origin.call_id, origin.seen_on)
        for row, event in zip(upserted.saved, events, strict=True):
            facts.add_event(row, event)
        facts.record()
        if sponsors:
            found = [
                (event.id, record, chosen)
                for event, record, (chosen, _) in zip(upserted.saved, events, named, strict=True)
                if event
            ]
            lock_events(connection, sorted({event_id for event_id, _, _ in found}))
            _save_named_sponsors(connection, origin, found, sponsors, left_out)
        return saved

    saved = runtime.write(save)
    log.info("%s: %d events saved, %d rejected or filtered", origin.source, saved.records, saved.rejected)
    return saved


def _named_sponsors(
    event: EventRecord, rules: SponsorRules, origin: Origin
) -> tuple[Sequence[SponsorRecord], list[RejectedRow]]:
    rejected = [RejectedRow.from_parse(one, "sponsor", origin.source) for one in event.rejected_sponsors]
    detail = f"Only {rules.max_per_event} sponsors per event are kept"
    rejected += [
        RejectedRow("filter", "sponsor", "over_limit", detail, {"name": sponsor.name}, origin.source)
        for sponsor in event.sponsors[rules.max_per_event :]
    ]
    return event.sponsors[: rules.max_per_event], rejected


def _save_named_sponsors(
    connection: Connection,
    origin: Origin,
    found: Sequence[tuple[int, EventRecord, Sequence[SponsorRecord]]],
    rules: SponsorRules,
    rejected: Sequence[RejectedRow],
) -> None:
    """Save the sponsors named with events (id, record, those to save), all in one batch."""
    mentions = [(event_id, record, sponsor) for event_id, record, chosen in found for sponsor in chosen]
    rows = [
        CompanyRow.from_sponsor(sponsor, rules.fallback_industry, record.website) for _, record, sponsor in mentions
    ]
    upserted = upsert_companies(connection, rows, source_system=origin.source_system)
    links: dict[int, list[tuple[int, SponsorRecord]]] = {}
    for (event_id, _, sponsor), company in zip(mentions, upserted.saved, strict=True):
        if company:
            links.setdefault(event_id, []).append((company.id, sponsor))
    facts = SourcedFacts(connection, origin.call_id, origin.seen_on)
    for event_id, companies in links.items():
        upsert_event_sponsors(connection, event_id, companies, source_system=origin.source_system)
        for company_id, sponsor in companies:
            facts.add_company(company_id, sponsor, is_sponsor=True)
    facts.record()
    _settle(connection, origin, "company", upserted, rejected, [{"name": row.name} for row in rows])
    if origin.execution_id is not None:
        reasons = {
            event_id: "sponsors_named" if len(links.get(event_id, ())) >= rules.enough else "no_sponsors"
            for event_id, record, _ in found
            if len(links.get(event_id, ())) >= rules.enough or (record.has_sponsors is False and event_id not in links)
        }
        skip_events(connection, origin.execution_id, reasons)


def save_companies(
    runtime: Runtime,
    answer: Any,
    origin: Origin,
    *,
    limit: int,
    per: str = "answer",
    event_id: int | None = None,
    fallback_industry: str | None = None,
    rules: CompanyRules | None = None,
    today: date | None = None,
) -> SavedRecords:
    """Save the companies in an answer, at most ``limit``; with ``event_id``, also that they sponsor the event; with
    ``rules``, those that fit them, and what they did.

    With ``today``, an answer that lists sponsors of earlier editions apart, and none of this one, brings those, as far
    as the event is not over and has no sponsors of its own. Raises ``LookupError`` when the event does not exist.
    """
    record_type, noun = ("company", "companies") if event_id is None else ("sponsor", "sponsors")
    parsed = reading.read_sponsors(answer, runtime.reading)
    if event_id is not None and today is not None and not parsed.items:
        earlier = reading.read_past_sponsors(answer, runtime.reading)[:limit]
        if earlier:
            unwanted = _unreadable(parsed, record_type, origin)
            return _save_past_sponsors(runtime, origin, event_id, earlier, unwanted, fallback_industry, today)
    rejected = _unreadable(parsed, record_type, origin)
    if rules:
        parsed.items, unfit = _fitting(parsed.items, rules, origin)
        rejected += unfit
    sponsors = parsed.items[:limit]
    detail = f"Only {limit} {noun} per {per} are kept"
    rejected += [
        RejectedRow("filter", record_type, "over_limit", detail, {"name": sponsor.name}, origin.source)
        for sponsor in parsed.items[limit:]
    ]

    def save(connection: Connection) -> SavedRecords:
        _begin(connection, origin)
        event_website = find_website(connection, event_id) if event_id is not None else None
        rows = [CompanyRow.from_sponsor(sponsor, fallback_industry, event_website) for sponsor in sponsors]
        upserted = upsert_companies(connection, rows, source_system=origin.source_system)
        found = [(saved.id, sponsor) for saved, sponsor in zip(upserted.saved, sponsors, strict=True) if saved]
        if event_id is not None:
            upsert_event_sponsors(connection, event_id, found, source_system=origin.source_system)
        facts = SourcedFacts(connection, origin.call_id, origin.seen_on)
        for company_id, sponsor in found:
            facts.add_company(company_id, sponsor, is_sponsor=event_id is not None)
        unsaved = _save_signals(connection, origin, rules, found, facts) if rules else []
        facts.record()
        brief = [{"name": row.name} for row in rows]
        return _settle(connection, origin, "company", upserted, [*rejected, *unsaved], brief)

    saved = runtime.write(save)
    log.info("%s: %d companies saved, %d rejected", origin.source, saved.records, saved.rejected)
    return saved


def _fitting(
    companies: Sequence[SponsorRecord], rules: CompanyRules, origin: Origin
) -> tuple[list[SponsorRecord], list[RejectedRow]]:
    """The companies that fit, with what they did that fits; and the others, each with the reason."""
    kept, rejected = [], []
    for company in companies:
        fit = rules.fitting(company)
        if isinstance(fit, SponsorRecord):
            kept.append(fit)
        else:
            rejected.append(RejectedRow("filter", "company", *fit, _brief_company(company), origin.source))
    return kept, rejected


def _brief_company(company: SponsorRecord) -> dict[str, Any]:
    days = [signal.occurred_on.isoformat() for signal in company.signals if signal.occurred_on]
    return {"name": company.name} | ({"dates": days[:5]} if days else {})


def _save_signals(
    connection: Connection,
    origin: Origin,
    rules: CompanyRules,
    found: Sequence[tuple[int, SponsorRecord]],
    facts: SourcedFacts,
) -> list[RejectedRow]:
    """Save what companies (id, record) did, and note where that is from; returns what could not be saved."""
    rows = [
        CompanySignalRow(company_id, dated(signal, rules.type, origin.seen_on))
        for company_id, company in found
        for signal in company.signals
    ]
    upserted = upsert_company_signals(connection, rules.type, rows, source_system=origin.source_system)
    if origin.execution_id is not None:
        link_entities(connection, origin.execution_id, "company_signal", upserted.saved)
    for saved, row in zip(upserted.saved, rows, strict=True):
        facts.add_signal(saved, row.record)
    return [
        unsaved_row(failure, "company_signal", {"company_id": rows[failure.position].company_id}, origin.source)
        for failure in upserted.failures
    ]


def _save_past_sponsors(
    runtime: Runtime,
    origin: Origin,
    event_id: int,
    earlier: Sequence[PastSponsor],
    unwanted: Sequence[RejectedRow],
    fallback_industry: str | None,
    today: date,
) -> SavedRecords:
    """Save sponsors of earlier editions. When this one is over or has sponsors of its own, they are ``unwanted``."""

    def save(connection: Connection) -> SavedRecords:
        _begin(connection, origin)
        event_website = find_website(connection, event_id)
        if not may_have_past_sponsors(connection, event_id, today):
            return _settle(connection, origin, "company", Upserted([]), unwanted, [])
        rows = [CompanyRow.from_sponsor(one.sponsor, fallback_industry, event_website) for one in earlier]
        upserted = upsert_companies(connection, rows, source_system=origin.source_system)
        links = [
            {
                "company_id": found.id,
                "year": one.year,
                "tier": one.sponsor.tier,
                "tier_rank": tier_rank(one.sponsor.tier) if one.sponsor.tier else None,
                "tier_label": one.sponsor.tier_label or one.sponsor.tier,
            }
            for found, one in zip(upserted.saved, earlier, strict=True)
            if found
        ]
        upsert_past_sponsors(connection, event_id, links, today=today, source_system=origin.source_system)
        return _settle(connection, origin, "company", upserted, [], [{"name": row.name} for row in rows])

    saved = runtime.write(save)
    log.info("%s: %d companies saved that sponsored earlier editions", origin.source, saved.records)
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
    """Save the people in an answer who are in a target function of a company, at most ``limit``, by turns.

    Somebody who is said to work at another company is saved there when it is known, by the same rules, and rejected
    otherwise; at most ``limit`` of all these. Of one execution, at most ``limit`` people of a company are saved,
    whichever answers name them: those saved first. ``observed_on`` is the day the answer is from; a day that the answer
    itself gives takes precedence. A company that was merged into another means that one. Raises ``LookupError`` when
    the company does not exist.
    """
    parsed = reading.read_contacts(answer, runtime.reading)
    unreadable = _unreadable(parsed, "person", origin)

    def save(connection: Connection) -> SavedRecords:
        _begin(connection, origin)
        current_id = find_current_company(connection, company_id)
        if current_id is None:
            raise LookupError(f"company_id: no company {company_id} is stored; see the table companies")
        forgotten = find_forgotten(connection, parsed.items, current_id)
        staff = assign_people(connection, current_id, [one for one in parsed.items if one not in forgotten])
        rows, contacts_saved, others, room = [], [], staff.others, limit
        known = query_people_at(connection, origin.execution_id, list(staff.by_company)) if origin.execution_id else {}
        for employer_id, contacts in staff.by_company.items():
            chosen, left_out = choose_people(contacts, target_functions, limit)
            others += left_out
            chosen, beyond = _within_limit(chosen, known.get(employer_id, ()), limit)
            detail = f"Only {limit} people per company are kept, whichever answers name them"
            others += [(one.contact, "over_limit", detail) for one in beyond]
            if employer_id != current_id:
                detail = f"Only {limit} people of other companies per answer are kept"
                others += [(one.contact, "over_limit", detail) for one in chosen[room:]]
                chosen = chosen[:room]
                room -= len(chosen)
            contacts_saved += [one.contact for one in chosen]
            rows += [
                PersonRow.from_contact(
                    one.contact,
                    company_id=employer_id,
                    observed_on=observed_on,
                    target_function=one.target,
                    target_match=one.degree,
                )
                for one in chosen
            ]
        rejected = unreadable + [
            RejectedRow("filter", "person", reason, detail, _brief_contact(contact), origin.source)
            for contact, reason, detail in others
        ]
        calls = [] if origin.call_id is None else [origin.call_id]
        rejected = without_forgotten(
            connection, rejected, forgotten, company_id=current_id, source=origin.source, call_ids=calls
        )
        upserted = upsert_persons(connection, rows, source_system=origin.source_system)
        facts = SourcedFacts(connection, origin.call_id, origin.seen_on)
        for saved, contact in zip(upserted.saved, contacts_saved, strict=True):
            facts.add_person(saved, contact)
        facts.record()
        return _settle(connection, origin, "person", upserted, rejected, [{"name": row.full_name} for row in rows])

    saved = runtime.write(save)
    log.info("%s: %d people saved, %d rejected or filtered", origin.source, saved.records, saved.rejected)
    return saved


def _within_limit(
    chosen: Sequence[Chosen], known: Sequence[tuple[str, str | None]], limit: int
) -> tuple[list[Chosen], list[Chosen]]:
    """Those for whom there is room beside the ``known`` people (name key, LinkedIn URL) of a company, and the others.

    Somebody who is among the known takes no room again.
    """
    names, profiles = {name for name, _ in known}, {url for _, url in known if url}
    kept, beyond, room = [], [], limit - len(known)
    for one in chosen:
        is_new = one.contact.linkedin_url not in profiles and person_key(one.contact.full_name) not in names
        if is_new and room <= 0:
            beyond.append(one)
        else:
            kept.append(one)
            room -= is_new
    return kept, beyond


def _brief_contact(contact: ContactRecord) -> dict[str, Any]:
    brief = {"name": contact.full_name, "title": contact.title}
    return brief | {"company": contact.company} if contact.company else brief


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
        unsaved_row(failure, entity_type, brief[failure.position], origin.source) for failure in upserted.failures
    ]
    if origin.execution_id is not None:
        link_entities(connection, origin.execution_id, entity_type, upserted.saved)
    rejected = [*rejected, *_torn_off(connection, origin, entity_type, rejected)]
    record_rejected(connection, origin.execution_id, abridged([*rejected, *unsaved]))
    unreadable = next((row for row in rejected if row.reason in reading.UNREADABLE), None)
    if unreadable and origin.call_id is not None and not upserted.saved:
        mark_unusable(connection, [origin.call_id], reason=unreadable.reason, detail=unreadable.detail)
    found = [saved.id for saved in upserted.saved if saved]
    return SavedRecords(
        ids=list(dict.fromkeys(found)),
        new=upserted.created,
        records=len(found),
        rejected=len(rejected) + len(unsaved),
    )


def _torn_off(
    connection: Connection, origin: Origin, record_type: str, rejected: Sequence[RejectedRow]
) -> list[RejectedRow]:
    """Says of an answer that was cut off that something is missing, unless its readers said so."""
    if (
        origin.call_id is None
        or any(row.reason == "truncated" for row in rejected)
        or not is_truncated(connection, origin.call_id)
    ):
        return []
    detail = "The answer was cut off at the limit of tokens; what was complete is kept."
    return [RejectedRow("parse", record_type, "truncated", detail, {}, origin.source)]


def _begin(connection: Connection, origin: Origin) -> None:
    if origin.claim is not None:
        origin.claim(connection)
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
