"""The seats of a company, and who of the people found should hold which."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from prospecting.parsing.names import person_key
from prospecting.parsing.records import ContactRecord
from prospecting.parsing.titles import classify_title


# The seats every company has; tables, statements and params take them from here. A docstring would end up in forms.
class Seat(StrEnum):
    CEO = "CEO"
    CFO = "CFO"
    HR = "HR"


SEATS = tuple(seat.value for seat in Seat)

MOST_SURE = Decimal("1.00")
"""How sure the plain title of a seat (rank 1) makes its holder."""

LESS_SURE_PER_RANK = Decimal("0.10")
LEAST_SURE = Decimal("0.10")

MINIMUM_CONFIDENCE: Mapping[str, Decimal] = {"CEO": Decimal("0.80"), "CFO": Decimal("0.40"), "HR": Decimal("0.70")}
"""Below this a holder is weak, and a better one is still looked for.

CEO: who is in office, also as one of two or for now (ranks 1 to 3); not a deputy, a CEO of a part, a president.
CFO: who leads finance, down to a finance director or head (ranks 1 to 7); not a controller or treasurer, who work for
one. HR: who leads HR, down to its manager (ranks 1 to 4); not a business partner, recruiter, intern or payroll manager.
"""

CATALOG = "catalog"
"""The provider whose answers cannot change: asking it again is no attempt."""

IN_OFFICE = 3
"""Up to this rank a title says that its holder sits in the seat now: plain, co- and interim holders. Who was seen long
before such a one is outdated. Not so in HR, whose ranks are levels that stand beside each other."""


@dataclass(frozen=True, slots=True)
class SeatPolicy:
    """The rules of an evaluation beside the classifier's.

    ``min_confidence``: in the order of ``SEATS``; whoever is less sure holds the seat weakly, and the search goes on.
    ``newer_by_days``: who was seen this much later than an equal displaces them. ``reverify_after_days``: how old the
    evidence of a holder may be before the seat is asked about again; ``reopen_after_days``: when a closed seat is.
    ``also_ceo``: owners, presidents and managing directors may sit as CEO. ``providers``: live agents that are asked; a
    seat that closed without one of them opens again.
    """

    min_confidence: tuple[float, ...] = tuple(float(MINIMUM_CONFIDENCE[seat]) for seat in SEATS)
    newer_by_days: int = 365
    reverify_after_days: int = 365
    reopen_after_days: int = 180
    also_ceo: bool = False
    providers: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self) | {"min_confidence": list(self.min_confidence), "providers": list(self.providers)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> SeatPolicy:
        """The policy that ``as_dict`` was made of."""
        return cls(
            **dict(stored)
            | {"min_confidence": tuple(stored["min_confidence"]), "providers": tuple(stored["providers"])}
        )

    @property
    def minimum(self) -> dict[str, Decimal]:
        """``min_confidence`` by seat."""
        return {seat: Decimal(str(least)) for seat, least in zip(SEATS, self.min_confidence, strict=True)}


Refused = tuple[str | None, str]
"""Somebody who is not the holder of a seat: LinkedIn URL, if known, and name key."""


@dataclass(slots=True)
class SeatChoice:
    """People sorted by which of the wanted seats they fit, each person once, in the order named.

    ``by_seat`` holds the best candidate of every wanted seat somebody fits, in the order of ``SEATS``, ``ranks`` the
    ranks of their titles; one person may hold several. ``weak`` are those of these seats whose candidate is a weak
    holder. ``fitting`` are all who fit a wanted seat, the others come with (reason, sentence).
    """

    by_seat: dict[str, ContactRecord] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    weak: frozenset[str] = frozenset()
    fitting: list[ContactRecord] = field(default_factory=list)
    others: list[tuple[ContactRecord, str, str]] = field(default_factory=list)


def seat_ranks(title: str | None, *, also_ceo: bool = False) -> dict[str, int]:
    """The seats a title fills, with ranks; with ``also_ceo`` presidents, managing directors and owners are CEOs too.

    Their ranks start at ``ALSO_CEO_RANK``, after those of every CEO by name.
    """
    found = classify_title(title)
    if also_ceo and found.also_ceo:
        return {**found.slots, "CEO": found.also_ceo}
    return found.slots


def choose_for_seats(
    contacts: Iterable[ContactRecord],
    seats: Collection[str],
    *,
    also_ceo: bool = False,
    minimum: Mapping[str, Decimal] = MINIMUM_CONFIDENCE,
    refused: Mapping[str, Collection[Refused]] | None = None,
) -> SeatChoice:
    """The best of ``contacts`` for each of ``seats``: lowest rank of the title, then seen last, then named first.

    ``also_ceo`` is that of ``seat_ranks``; who is less sure than ``minimum`` for their seat is a weak holder.
    ``refused``: by seat, who is not its holder. Reasons of the others: ``no_title``, ``no_seat`` (it fills none),
    ``other_seat`` (it fills one nobody asked for).
    """
    wanted = [seat for seat in SEATS if seat in seats]
    slots = {contact: seat_ranks(contact.title, also_ceo=also_ceo) for contact in contacts}
    choice = SeatChoice()
    for contact, fillable in slots.items():
        if misfit := _misfit(contact, fillable, wanted):
            choice.others.append((contact, *misfit))
        else:
            choice.fitting.append(contact)
    for seat in wanted:
        not_them = (refused or {}).get(seat, ())
        candidates = [one for one in choice.fitting if seat in slots[one] and not _is_one_of(one, not_them)]
        if candidates:
            best = min(candidates, key=lambda contact: (slots[contact][seat], _age(contact)))
            choice.by_seat[seat], choice.ranks[seat] = best, slots[best][seat]
    choice.weak = frozenset(seat for seat, rank in choice.ranks.items() if is_weak(seat, rank, minimum))
    return choice


def _is_one_of(contact: ContactRecord, refused: Collection[Refused]) -> bool:
    """True when both profiles are the same or, where one is missing, both names."""
    name = person_key(contact.full_name)
    return any(
        contact.linkedin_url == url if url and contact.linkedin_url else name == name_key for url, name_key in refused
    )


def _misfit(contact: ContactRecord, fillable: Collection[str], wanted: Collection[str]) -> tuple[str, str] | None:
    if not contact.title:
        return "no_title", "Without a title nobody knows which seat it is"
    if not fillable:
        return "no_seat", f"The title fills none of {', '.join(SEATS)}"
    if not set(fillable) & set(wanted):
        return "other_seat", f"The title fills {', '.join(sorted(fillable))}; wanted: {', '.join(wanted) or 'none'}"
    return None


def _age(contact: ContactRecord) -> int:
    """Sorts the most recently seen first, unknown days last."""
    return -contact.observed_on.toordinal() if contact.observed_on else 0


def confidence(rank: int) -> Decimal:
    """How sure a title of this rank makes its holder: ``MOST_SURE`` for rank 1, less for each further rank.

    The statement that plans an evaluation computes the same, from the same three numbers.
    """
    return min(max(MOST_SURE - (rank - 1) * LESS_SURE_PER_RANK, LEAST_SURE), MOST_SURE)


def is_weak(seat: str, rank: int, minimum: Mapping[str, Decimal] = MINIMUM_CONFIDENCE) -> bool:
    """True for a holder who is less sure than ``minimum`` says for the seat (a seat that is not in it has none)."""
    return confidence(rank) < minimum.get(seat, LEAST_SURE)
