"""Findings about one company: whom its answers name for its seats, and how its requests end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from prospecting.agents.waterfall import WaterfallResult
from prospecting.parsing.names import clean_person_name, person_key
from prospecting.parsing.records import ContactRecord, Parsed, Rejected
from prospecting.parsing.titles import classify_title
from prospecting.persistence.batches import Upserted
from prospecting.persistence.rejected_records import RejectedRow
from prospecting.persistence.slot_requests import Outcome, Request
from prospecting.scoring.seats import Refused, SeatChoice, SeatPolicy, choose_for_seats, confidence
from prospecting.services import reading
from prospecting.services.forgotten import unsaved_row
from prospecting.services.reading_bounds import ReadingBounds

MAX_PEOPLE = 25
"""People of one company that are saved; the others are left out."""


@dataclass(slots=True)
class Findings:
    """The answers about one company: readable contacts, and by whom each was named first."""

    seats: list[str]
    bounds: ReadingBounds
    policy: SeatPolicy = field(default_factory=SeatPolicy)
    refused: Mapping[str, Collection[Refused]] = field(default_factory=dict)
    parsed: list[Parsed[ContactRecord]] = field(default_factory=list)

    def unreadable(self, result: WaterfallResult) -> Iterator[tuple[int, Rejected]]:
        """The calls whose answers nobody could read, each with the reason."""
        for answer, parsed in zip(result.answers.values(), self.parsed, strict=True):
            if why := reading.unreadable(parsed):
                yield answer.call_id, why

    @property
    def contacts(self) -> list[ContactRecord]:
        """Everybody who was named, in the order of the answers."""
        return [contact for parsed in self.parsed for contact in parsed.items]

    def is_enough(self, content: bytes) -> bool:
        """Take another answer in. Returns True when all seats have a candidate now who is sure enough."""
        self.parsed.append(reading.read_contacts(content, self.bounds))
        choice = self.choose_among(self.contacts)
        return choice.by_seat.keys() - choice.weak == set(self.seats)

    def choose_among(self, contacts: Iterable[ContactRecord]) -> SeatChoice:
        """The best of ``contacts`` for each seat."""
        return choose_for_seats(
            contacts, self.seats, also_ceo=self.policy.also_ceo, minimum=self.policy.minimum, refused=self.refused
        )

    def refuse(self, people: Iterable[tuple[str, ContactRecord]]) -> None:
        """Go on knowing that these are not the holders of the seats beside them."""
        refused = {seat: list(known) for seat, known in self.refused.items()}
        for seat, contact in people:
            refused.setdefault(seat, []).append((contact.linkedin_url, person_key(contact.full_name)))
        self.refused = refused

    def leave_out(self, contacts: Sequence[ContactRecord]) -> None:
        """Go on as if nobody had named these."""
        if contacts:
            self.parsed = [
                Parsed([one for one in parsed.items if one not in contacts], parsed.rejected) for parsed in self.parsed
            ]

    def choose(self) -> SeatChoice:
        """The people for the seats, at most ``MAX_PEOPLE``: the best for each seat, then those named first."""
        choice = self.choose_among(self.contacts)
        kept = set(list(dict.fromkeys([*choice.by_seat.values(), *choice.fitting]))[:MAX_PEOPLE])
        detail = f"Only {MAX_PEOPLE} people per company are kept"
        choice.others += [(contact, "over_limit", detail) for contact in choice.fitting if contact not in kept]
        choice.fitting = [contact for contact in choice.fitting if contact in kept]
        return choice

    def provider_of(self, contact: ContactRecord, result: WaterfallResult) -> str:
        """The provider that named ``contact`` first."""
        named = zip(result.answers, self.parsed, strict=True)
        return next(provider for provider, parsed in named if contact in parsed.items)


def rejected_rows(found: Findings, choice: SeatChoice, upserted: Upserted, source: str) -> list[RejectedRow]:
    """Everything that was named and cannot be used: unreadable, not fitting, or not saved."""
    unreadable = [RejectedRow.from_parse(bad, "person", source) for parsed in found.parsed for bad in parsed.rejected]
    unfitting = [
        RejectedRow("filter", "person", reason, detail, {"name": contact.full_name, "title": contact.title}, source)
        for contact, reason, detail in choice.others
    ]
    unsaved = [
        unsaved_row(failure, "person", {"name": choice.fitting[failure.position].full_name}, source)
        for failure in upserted.failures
    ]
    return [*unreadable, *unfitting, *unsaved]


def describe_weak(request: Request, sureness: Decimal, minimum: Decimal) -> str:
    """A sentence without names on why a request ended without somebody who is sure enough."""
    return (
        f"Only somebody who may be the {request.slot_type} was found in attempt {request.attempt}: confidence "
        f"{sureness:.2f}, wanted {minimum:.2f}"
    )


def describe_waiting(request: Request, result: WaterfallResult) -> str:
    """A sentence without names on why a request stays in the queue."""
    asked = ", ".join([*result.answers, *result.errors])
    return (
        f"Waits for a provider that can find out who is the {request.slot_type}; {asked} cannot say more next time. "
        "See docs/live-agents.md"
    )


def describe_failure(request: Request, found: Findings, result: WaterfallResult, unsaved: int) -> str:
    """A sentence without names on why a request ended without a person."""
    named = len(found.contacts)
    people = f"{named} {'people' if named > 1 else 'person'} named, none for this seat" if named else "nobody named"
    not_saved = f", {unsaved} could not be saved (see rejected_records)" if unsaved else ""
    asked = ", ".join([*result.answers, *result.errors])
    return f"No {request.slot_type} found in attempt {request.attempt}: {people}{not_saved}; asked: {asked}"


def outcome_with(contact: ContactRecord, rank: int, provider: str, shared: dict[str, Any]) -> Outcome:
    """The end of a request with a person whose title has this rank; ``shared`` are the fields that every end has."""
    kind = classify_title(contact.title)
    name = clean_person_name(contact.full_name)
    return Outcome(
        score=round(confidence(rank) * 100),
        provider=provider,
        first_name=name.first if name else None,
        last_name=name.last if name else None,
        full_name=name.full if name else contact.full_name,
        email=contact.email,
        phone=contact.phone,
        title=contact.title,
        seniority=kind.seniority,
        linkedin_url=contact.linkedin_url,
        bio=contact.bio,
        **shared,
    )
