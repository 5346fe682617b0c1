"""Reads job titles: seniority, business functions, the seats they can fill, and which targets they match.

Titles are read as words, never as substrings: "Director" holds no CTO, "24-hr Support" no HR. A title is taken apart
into the roles it names ("CEO & CFO" are two), each with a level and functions.

Policies
- Seniority is the highest role's. Founders, owners, presidents, chairs and managing partners are ``C-Suite``; a
  managing director is a ``Director`` (banks have hundreds); "Head of" is ``Director``; a general manager is a
  ``Manager``.
- Somebody who only works for a holder (assistant, adviser, chief of staff, "office of the CEO"), who once was one
  (former, ex-, emeritus), or whose noun is another ("CEO coach") fills no seat.
- Presidents, owners, founders and managing directors do not fill the CEO seat: each may sit beside a CEO. Foreign
  titles that mean the chief executive (Geschäftsführer, PDG, Amministratore Delegato, 代表取締役) do,
  unless a function says which part they lead ("Geschäftsführer Vertrieb").
- Seat ranks: 1 plain holder, 2 co-holder, 3 interim or acting, 4 deputy, 5 fractional or designated. CFO continues with
  6 vice president of finance, 7 finance director or head, 8 controller, 9 treasurer. HR ranks by level: 1 chief, 2 vice
  president, 3 director or head, 4 manager, 5 business partner, 6 generalist, 7 specialist or coordinator, 8 other,
  9 intern; an interim or deputy holder comes one later.
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

from prospecting.parsing.names import vocabulary
from prospecting.parsing.records import TitleClass
from prospecting.parsing.title.ranks import C_SUITE, DIRECTOR, INDIVIDUAL, MANAGER, MODIFIER_RANKS, SENIORITIES, VP
from prospecting.parsing.title.roles import Role, is_controller, read_roles
from prospecting.parsing.title.targets import DEGREES, Degree, TargetMatch, matches_target, target_match
from prospecting.parsing.title.words import MAX_TITLE

__all__ = [
    "C_SUITE",
    "DEGREES",
    "DIRECTOR",
    "INDIVIDUAL",
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

RULES = 3
"""The version of this module's seat rules. Raise it with every change of what fills which seat: titles are stored
with the version that classified them, and classified again when it changes."""

_NOT_HR_SEATS = vocabulary(
    """engineer engineering developer software sales product hris agent technology marketing analyst
    claims workers unemployment disability veterans social security player military carrier blood donor"""
)
_HIRING = vocabulary("recruiter recruiters recruiting recruitment talent_acquisition")  # also of engineers
_HR_WORKERS = vocabulary(
    """specialist coordinator recruiter recruiters sourcer administrator associate assistant representative clerk
    executive officer"""
)


def classify_title(title: object) -> TitleClass:
    """Seniority, functions, seats with ranks, category and decision power of a job title; see the module's policies.

    Anything that is not text, and text that names no role, is an individual contributor without functions.
    """
    seniority, functions, slots, is_past = _classified(title[:MAX_TITLE] if isinstance(title, str) else "")
    return TitleClass(
        seniority=seniority,
        functions=functions,
        slots=dict(slots),
        category=_category(functions, seniority),
        is_decision_maker=seniority in (C_SUITE, VP, DIRECTOR),
        is_past=is_past,
    )


@lru_cache(maxsize=16_384)
def _classified(title: str) -> tuple[str, frozenset[str], tuple[tuple[str, int], ...], bool]:
    found = read_roles(title)
    seniority = min((role.level for role in found.roles), key=SENIORITIES.index, default=INDIVIDUAL)
    functions = frozenset(function for role in found.roles for function in role.functions)
    slots: dict[str, int] = {}
    for role in found.roles:
        for slot, rank in _slots(role).items():
            slots[slot] = min(rank, slots.get(slot, rank))
    return seniority, functions, tuple(slots.items()), found.is_past


def _category(functions: frozenset[str], seniority: str) -> str:
    """Marketing, sales and partnerships come before the level: a CMO is ``marketing``, a COO ``c_level``."""
    for function in ("marketing", "sales", "partnerships"):
        if function in functions:
            return function
    return "c_level" if seniority == C_SUITE else "other"


def seniority_rank(seniority: object) -> int:
    """0 for ``C-Suite`` to 4 for ``Individual Contributor``; 5 for anything else. Sorts the most senior first."""
    return SENIORITIES.index(seniority) if isinstance(seniority, str) and seniority in SENIORITIES else 5


# --- seats -------------------------------------------------------------------------------------------------------


def _slots(role: Role) -> dict[str, int]:
    if role.is_support:
        return {}
    words = frozenset(role.words)
    lowered = max((MODIFIER_RANKS[token] for token in role.words if token in MODIFIER_RANKS), default=1)
    found: dict[str, int] = {}
    if "ceo" in role.chiefs:
        found["CEO"] = lowered
    finance = _finance_rank(words, role)
    if "cfo" in role.chiefs:
        found["CFO"] = lowered
    elif finance and lowered == 1:
        found["CFO"] = finance
    for_hr = bool(role.chiefs or words & _HIRING or not words & _NOT_HR_SEATS)
    if "hr" in role.functions and "cpo" not in words and for_hr:
        found["HR"] = _hr_rank(words, role.level) + (lowered > 1 and role.level != INDIVIDUAL)
    return found


def _finance_rank(words: frozenset[str], role: Role) -> int | None:
    if words & {"controller", "comptroller"}:
        return 8 if is_controller(words) else None
    if "treasurer" in words:
        return 9
    if not words & {"finance", "financial"} or role.functions != {"finance"}:
        return None
    return {VP: 6, DIRECTOR: 7}.get(role.level)


def _hr_rank(words: frozenset[str], level: str) -> int:
    if "intern" in words or "student" in words:
        return 9
    by_level = {C_SUITE: 1, VP: 2, DIRECTOR: 3, MANAGER: 4}.get(level)
    if by_level:
        return by_level
    if words & {"hrbp", "business_partner"}:
        return 5
    if "generalist" in words:
        return 6
    return 7 if words & _HR_WORKERS else 8
