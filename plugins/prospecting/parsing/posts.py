"""Reads from a title how its role stands beside others: those of the same person, and of others at the company.

- A seat beside a job (board, adviser, investor, fractional chief) neither ends a job nor is ended by one; a role that
  is over is none.
- CEO, CFO and head of HR are offices of one person. Only a plain title names one: "CEO", "Group CFO", "President &
  CEO". Co-holders, interim, deputy and designated ones do not, nor "CEO, North America", "CEO of Acme" or
  "Geschäftsführer", of whom a company may have several: a word too many is reason enough to conclude nothing.
- Two titles of one day are one role when they name the same functions ("CMO" and "VP Marketing"); at the top of the
  company, only when both are its chief executive ("CEO" and "President & CEO", not "CEO" and "Founder").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from prospecting.parsing.names import vocabulary
from prospecting.parsing.records import TitleClass
from prospecting.parsing.side_seats import is_side_seat
from prospecting.parsing.title.ranks import HEAD_LEVELS, LEADERS
from prospecting.parsing.title.roles import Role, read_roles
from prospecting.parsing.title.words import MAX_TITLE
from prospecting.parsing.titles import classify_title, seniority_rank

_OFFICE_WORDS = vocabulary("ceo cfo chro chief executive financial finance people hr officer group global")
_PLAIN = 1
"""The rank of a plain holder of a seat; see ``titles``."""


@dataclass(frozen=True, slots=True)
class Post:
    """A title's role beside others. ``offices``: those of one person that it names plainly (``CEO``, ``CFO``, ``HR``).

    ``kind`` is the same for titles that are one role when they are of one day, ``None`` when there are no such; of
    these, the one whose ``precedence`` sorts first is the title of the role.
    """

    is_side_seat: bool
    is_past: bool
    offices: tuple[str, ...]
    kind: str | None
    precedence: str


@lru_cache(maxsize=16_384)
def read_post(title: str) -> Post:
    """Read how the role of ``title`` stands beside others."""
    title = title[:MAX_TITLE]
    found = classify_title(title)
    is_side = is_side_seat(title)
    offices = _offices(title, found)
    return Post(
        is_side_seat=is_side,
        is_past=found.is_past,
        offices=offices,
        kind=None if is_side or found.is_past else _kind(found),
        precedence=_precedence(title, found, len(offices)),
    )


def _offices(title: str, found: TitleClass) -> tuple[str, ...]:
    plain = sorted(seat for seat, rank in found.slots.items() if rank == _PLAIN)
    if not plain or found.is_past:
        return ()
    for role in read_roles(title).roles:
        words = frozenset(role.words)
        if role.chiefs and not words <= _OFFICE_WORDS and _holds_a_seat(role):
            return ()
        if not role.chiefs and not words & (LEADERS | HEAD_LEVELS.keys()):
            return ()  # a region, a division or the name of a company: whose chief somebody is, nobody knows
    return tuple(plain)


def _holds_a_seat(role: Role) -> bool:
    return bool({"ceo", "cfo", "chro", "chief people"} & set(role.chiefs))


def _kind(found: TitleClass) -> str | None:
    if not found.functions or (found.functions == {"executive"} and "CEO" not in found.slots):
        return None
    return "+".join(sorted(found.functions))


def _precedence(title: str, found: TitleClass, offices: int) -> str:
    """Sorts the holder of most offices first, then of the better seat, the higher level, the longer title."""
    best = min(found.slots.values(), default=9)
    return f"{9 - offices}{min(best, 9)}{seniority_rank(found.seniority)}{MAX_TITLE - len(title):03}{title.casefold()}"
