"""Who of the people found should hold which seat of their company."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from prospecting.parsing.records import ContactRecord
from prospecting.parsing.titles import classify_title

SEATS = ("CEO", "CFO", "HR")


@dataclass(slots=True)
class SeatChoice:
    """People sorted by what they mean for the wanted seats, each person once, in the order named.

    ``by_seat`` holds the best candidate of every wanted seat somebody fits, in the order of ``SEATS``; one person may
    hold several. ``fitting`` are all who fit a wanted seat, the others come with (reason, sentence).
    """

    by_seat: dict[str, ContactRecord] = field(default_factory=dict)
    fitting: list[ContactRecord] = field(default_factory=list)
    others: list[tuple[ContactRecord, str, str]] = field(default_factory=list)


def choose_for_seats(contacts: Iterable[ContactRecord], seats: Collection[str]) -> SeatChoice:
    """The best of ``contacts`` for each of ``seats``: lowest rank of the title, then seen last, then named first.

    Reasons of the others: ``no_title``, ``no_seat`` (the title fills none), ``other_seat`` (it fills one nobody asked for).
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
    """How sure a title of this rank makes its holder: 1.00 for the plain holder (rank 1), 0.10 less a rank, at least 0.10."""
    return min(max(Decimal("1.10") - rank * Decimal("0.10"), Decimal("0.10")), Decimal("1.00"))
