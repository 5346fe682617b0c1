"""The seats of a company, and who of the people found should hold which."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

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


@dataclass(slots=True)
class SeatChoice:
    """People sorted by which of the wanted seats they fit, each person once, in the order named.

    ``by_seat`` holds the best candidate of every wanted seat somebody fits, in the order of ``SEATS``; one person may
    hold several. ``fitting`` are all who fit a wanted seat, the others come with (reason, sentence).
    """

    by_seat: dict[str, ContactRecord] = field(default_factory=dict)
    fitting: list[ContactRecord] = field(default_factory=list)
    others: list[tuple[ContactRecord, str, str]] = field(default_factory=list)


def choose_for_seats(contacts: Iterable[ContactRecord], seats: Collection[str]) -> SeatChoice:
    """The best of ``contacts`` for each of ``seats``: lowest rank of the title, then seen last, then named first.

    Reasons of the others: ``no_title``, ``no_seat`` (the title fills none), ``other_seat`` (it fills one nobody asked
    for).
    """
    wanted = [seat for seat in SEATS if seat in seats]
    slots = {contact: classify_title(contact.title).slots for contact in contacts}
    choice = SeatChoice()
    for contact, fillable in slots.items():
        if misfit := _misfit(contact, fillable, wanted):
            choice.others.append((contact, *misfit))
        else:
            choice.fitting.append(contact)
    for seat in wanted:
        if candidates := [contact for contact in choice.fitting if seat in slots[contact]]:
            choice.by_seat[seat] = min(candidates, key=lambda contact: (slots[contact][seat], _age(contact)))
    return choice


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
