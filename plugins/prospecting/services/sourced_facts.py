"""Notes where the facts of an answer are from, and whether what it quotes was read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.records import CompanySignalRecord, ContactRecord, EventRecord, Source, SponsorRecord
from prospecting.parsing.sources import ReadTexts, text_of
from prospecting.persistence.batches import Saved
from prospecting.persistence.observations import Sourced, Subject, find_texts_read, record_observations


class SourcedFacts:
    """The facts of one answer that name a source. What names none leaves no observation.

    ``call_id`` is the answer's row in the ledger: evidence counts as verified when one of the searches or pages of that
    call holds it.
    """

    def __init__(self, connection: Connection, call_id: int | None, seen_on: date) -> None:
        self._connection = connection
        self._call_id = call_id
        self._seen_on = seen_on
        self._found: list[Sourced] = []

    @cached_property
    def _read(self) -> ReadTexts:
        return ReadTexts(map(text_of, find_texts_read(self._connection, self._call_id)))

    def add_event(self, saved: Saved | None, event: EventRecord) -> None:
        if saved:
            facts = {
                "start_dt": event.start,
                "end_dt": event.end,
                "location": event.location.text or event.location.city,
                "venue": event.venue,
                "website_url": event.website,
                "attendees": event.attendees,
                "event_type": event.event_type,
            }
            self._add("event", saved.id, facts, event.source)

    def add_company(self, company_id: int, company: SponsorRecord, *, is_sponsor: bool = False) -> None:
        """``is_sponsor``: the answer is about the sponsors of an event."""
        facts: dict[str, Any] = {
            "website_url": company.website,
            "primary_industry": company.industry,
            "employee_range": company.employee_range,
            "headquarters_location": company.headquarters,
        }
        if is_sponsor:
            facts["sponsor_tier"] = company.tier_label or company.tier or "sponsor"
        self._add("company", company_id, facts, company.source)

    def add_signal(self, saved: Saved | None, signal: CompanySignalRecord) -> None:
        if saved:
            names = (
                "round", "amount", "currency", "investors", "position", "department", "location", "product", "acquirer",
                "target", "occurred_on",
            )  # fmt: skip
            self._add("company_signal", saved.id, {name: getattr(signal, name) for name in names}, signal.source)

    def add_person(self, saved: Saved | None, contact: ContactRecord) -> None:
        if saved:
            facts = {
                "role_title": contact.title,
                "company": contact.company,
                "linkedin_url": contact.linkedin_url,
                "email": contact.email,
                "phone": contact.phone,
                "location_text": contact.location,
            }
            self._add("person", saved.id, facts, contact.source)

    def _add(self, subject: Subject, subject_id: int, facts: Mapping[str, Any], source: Source | None) -> None:
        if source is not None and (source.url or source.evidence):
            is_verified = source.evidence is not None and self._read.hold(source.evidence)
            self._found.append(Sourced(subject, subject_id, facts, source, is_verified))

    def record(self) -> None:
        """Record what was added."""
        record_observations(self._connection, self._found, seen_on=self._seen_on, call_id=self._call_id)
