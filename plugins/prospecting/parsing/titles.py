"""Reads job titles: seniority, business functions, the seats they can fill, and which targets they match.

Titles are read as words, never as substrings: "Director" holds no CTO, "24-hr Support" no HR. A title is taken apart
into the roles it names ("CEO & CFO" are two), each with a level and functions.

Policies
- Seniority is the highest role's. Founders, owners, presidents, chairs and managing partners are ``C-Suite``; a
  managing director is a ``Director`` (banks have hundreds); "Head of" is ``Director``; a general manager is a
  ``Manager``.
- Somebody who only works for a holder (assistant, adviser, chief of staff, "office of the CEO"), who once was one
  (former, ex-, emeritus), who learns to be one ("CEO in training", "CEO in residence"), or whose noun is another ("CEO
  coach") fills no seat.
- Presidents, owners, founders and managing directors do not fill the CEO seat: each may sit beside a CEO. Foreign
  titles that mean the chief executive (Geschäftsführer, PDG, Amministratore Delegato, VD, 代表取締役) do,
  unless a function says which part they lead ("Geschäftsführer Vertrieb").
- ``also_ceo`` is for who counts them all the same: 7 president or managing director (also executive director), 8 owner,
  unless a function, a region, a deputy's word or another chief's post ("President & COO") speaks against it. Founders
  are not among them: having begun a company does not tell who runs it.
- Seat ranks: 1 plain holder, 2 co-holder, 3 interim or acting, 4 deputy, 5 fractional or designated ("Next CEO"), 6 of
  a region, division, market, line of business or subsidiary ("CEO, North America"; "Group CEO" is plain). CFO goes on
  with 6 vice president of finance, 7 finance director or head, 8 controller, 9 treasurer.
- HR ranks by level: 1 chief, 2 vice president, 3 director or head, 4 manager, 5 business partner, 6 generalist or HR
  officer, 7 specialist, coordinator or recruiter, 8 other, 9 intern. Who is just "HR" counts as its manager. Who leads
  a part of it only (payroll, benefits, recruiting) comes after the HR manager: 5 vice president, 6 director, 7 manager;
  8 its specialist or coordinator. Its clerks, examiners and administrators fill no seat. Interim and deputy holders of
  HR come one later; so do those of a region in HR and, below the CFO, in finance.
- Who leads finance or HR and something else ("VP Finance & HR") fills the seat; who leads what finance or HR sells or
  is served by ("Financial Services", "Structured Finance", "HR Consulting") does not.
- One typing error is put right where no real word stands ("Cheif Executive Officer"; not "Chef"), one rank later.
- A role that is over or ending ("Former CEO", "CTO (until 2021)", "CFO, stepping down in May") fills no seat and makes
  no decision maker; one with a first day only ("CEO since 2019", "CTO (2015-present)") is held. Somebody designated
  is not past: the lowest rank says that they do not sit yet.
- A bare "CPO" is product or people: it has both functions and matches both targets but takes no HR seat.
- Decision makers are ``C-Suite``, ``VP`` and ``Director``.

Functions: executive, engineering, product, marketing, sales, finance, hr, operations, partnerships, customer success,
legal, security, data, it, design, developer relations, strategy.
"""

from __future__ import annotations

from functools import lru_cache

from prospecting.parsing.records import TitleClass
from prospecting.parsing.title.ranks import C_SUITE, DIRECTOR, INDIVIDUAL, MANAGER, SENIORITIES, VP
from prospecting.parsing.title.roles import read_roles
from prospecting.parsing.title.seats import ALSO_CEO_RANK, LAST_RANK, also_ceo_rank, seats_of, weaker
from prospecting.parsing.title.targets import DEGREES, Degree, TargetMatch, matches_target, target_match
from prospecting.parsing.title.words import MAX_TITLE

__all__ = [
    "ALSO_CEO_RANK",
    "C_SUITE",
    "DEGREES",
    "DIRECTOR",
    "INDIVIDUAL",
    "LAST_RANK",
    "MANAGER",
    "RULES",
    "VP",
    "Degree",
    "TargetMatch",
    "classify_title",
    "matches_target",
    "seniority_rank",
    "target_match",
]

RULES = 5
"""The version of this module's seat rules. Raise it with every change of what fills which seat: titles are stored
with the version that classified them, and classified again when it changes."""


def classify_title(title: object) -> TitleClass:
    """Seniority, functions, seats with ranks, category and decision power of a job title; see the module's policies.

    Anything that is not text, and text that names no role, is an individual contributor without functions.
    """
    seniority, functions, slots, also_ceo, is_past = _classified(title[:MAX_TITLE] if isinstance(title, str) else "")
    return TitleClass(
        seniority=seniority,
        functions=functions,
        slots=dict(slots),
        category=_category(functions, seniority),
        is_decision_maker=seniority in (C_SUITE, VP, DIRECTOR),
        is_past=is_past,
        also_ceo=also_ceo,
    )


@lru_cache(maxsize=16_384)
def _classified(title: str) -> tuple[str, frozenset[str], tuple[tuple[str, int], ...], int | None, bool]:
    found = read_roles(title)
    seniority = min((role.level for role in found.roles), key=SENIORITIES.index, default=INDIVIDUAL)
    functions = frozenset(function for role in found.roles for function in role.functions)
    slots = seats_of(found.roles)
    if found.is_corrected:  # what was meant is less sure than what is written
        written = seats_of(read_roles(title, as_written=True).roles)
        slots = {slot: min(weaker(slot, rank), written.get(slot, LAST_RANK)) for slot, rank in slots.items()}
    also_ceo = None if found.is_corrected or "CEO" in slots else also_ceo_rank(found.roles)
    return seniority, functions, tuple(slots.items()), also_ceo, found.is_past


def _category(functions: frozenset[str], seniority: str) -> str:
    """Marketing, sales and partnerships come before the level: a CMO is ``marketing``, a COO ``c_level``."""
    for function in ("marketing", "sales", "partnerships"):
        if function in functions:
            return function
    return "c_level" if seniority == C_SUITE else "other"


def seniority_rank(seniority: object) -> int:
    """0 for ``C-Suite`` to 4 for ``Individual Contributor``; 5 for anything else. Sorts the most senior first."""
    return SENIORITIES.index(seniority) if isinstance(seniority, str) and seniority in SENIORITIES else 5
