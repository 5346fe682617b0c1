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

MINIMUM_CONFIDENCE: Mapping[str, Decimal] = {"CEO": Decimal("0.50"), "CFO": Decimal("0.30"), "HR": Decimal("0.60")}

CATALOG = "catalog"
"""The provider whose answers cannot change: asking it again is no attempt."""

IN_OFFICE = 3
"""Up to this rank a title says that its holder sits in the seat now: plain, co- and interim holders; of HR the head of
it. Who was seen long before such a one is outdated."""


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
    newer_by_days: int = 548
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

    def is_weak(self, seat: str, rank: int) -> bool:
        """True when a title of this rank is not enough for the seat."""
        return confidence(rank) < Decimal(str(self.min_confidence[SEATS.index(seat)]))


@dataclass(slots=True)
class SeatChoice:
    """People sorted by which of the wanted seats they fit, each person once, in the order named.

    ``by_seat`` holds the best candidate of every wanted seat somebody fits, in the order of ``SEATS``, ``ranks`` the
    ranks of their titles; one person may hold several. ``fitting`` are all who fit a wanted seat, the others come with
    (reason, sentence).
    """

    by_seat: dict[str, ContactRecord] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    fitting: list[ContactRecord] = field(default_factory=list)
    others: list[tuple[ContactRecord, str, str]] = field(default_factory=list)


def fillable_seats(title: str | None, policy: SeatPolicy) -> dict[str, int]:
    """The seats a title can fill, each with its rank, as an evaluation by ``policy`` reads it."""
    kind = classify_title(title)
    if policy.also_ceo and kind.also_ceo_rank is not None:
        return {"CEO": kind.also_ceo_rank, **kind.slots}
    return kind.slots


def choose_for_seats(
    contacts: Iterable[ContactRecord],
    seats: Collection[str],
    policy: SeatPolicy | None = None,
    refused: Mapping[str, Collection[str]] | None = None,
) -> SeatChoice:
    """The best of ``contacts`` for each of ``seats``: lowest rank of the title, then seen last, then named first.

    ``refused``: by seat, LinkedIn URLs and name keys of those who are not its holder. Reasons of the others:
    ``no_title``, ``no_seat`` (the title fills none), ``other_seat`` (it fills one nobody asked for).
    """
    policy, refused = policy or SeatPolicy(), refused or {}
    wanted = [seat for seat in SEATS if seat in seats]
    slots = {contact: fillable_seats(contact.title, policy) for contact in contacts}
    choice = SeatChoice()
    for contact, fillable in slots.items():
        if misfit := _misfit(contact, fillable, wanted):
            choice.others.append((contact, *misfit))
        else:
            choice.fitting.append(contact)
    for seat in wanted:
        not_them = refused.get(seat, ())
        candidates = [one for one in choice.fitting if seat in slots[one] and not _is_one_of(one, not_them)]
        if candidates:
            best = min(candidates, key=lambda contact: (slots[contact][seat], _age(contact)))
            choice.by_seat[seat], choice.ranks[seat] = best, slots[best][seat]
    return choice


def _is_one_of(contact: ContactRecord, keys: Collection[str]) -> bool:
    """True when the profile says so, or, without one, the name."""
    if contact.linkedin_url and contact.linkedin_url in keys:
        return True
    return person_key(contact.full_name) in keys


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
