"""The seats a role fills, and at which rank: 1 is the plain holder, higher numbers are weaker.

The policies are those of ``prospecting.parsing.titles``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prospecting.parsing.names import vocabulary
from prospecting.parsing.title.areas import Area, areas_of
from prospecting.parsing.title.parts import REGION_WORDS
from prospecting.parsing.title.ranks import (
    C_SUITE,
    DIRECTOR,
    FUNCTION_WORDS,
    INDIVIDUAL,
    LEADERS,
    MANAGER,
    MODIFIER_RANKS,
    OCCUPATIONS,
    PREPOSITIONS,
    RANKED,
    VP,
)
from prospecting.parsing.title.roles import Role, is_controller

ALSO_CEO_RANK = 7
"""CEO ranks from here on are of presidents, managing directors and owners, who may sit beside a chief executive."""
LAST_RANK = 10
"""The weakest rank of any seat."""
_OF_A_PART = 6

# --- finance -----------------------------------------------------------------------------------------------------

_ACCOUNTS = vocabulary("accounting administration affairs control controlling management treasury tax")
# In front of "finance" where it is the department: "Structured Finance" is a product.
_BEFORE_FINANCE = (RANKED | MODIFIER_RANKS.keys() | PREPOSITIONS | REGION_WORDS | _ACCOUNTS) | vocabulary(
    "senior junior global group corporate strategic company city county town officer executive department"
)
# Behind it where it is not: "Finance Business Partner".
_BEHIND_FINANCE = frozenset(
    word for word, function in FUNCTION_WORDS.items() if function not in ("finance", "executive")
) | vocabulary(
    "business business_partner services service crime crimes aid industry institutions sector solutions systems"
)

# --- human resources ---------------------------------------------------------------------------------------------

_HIRING = vocabulary("recruiter recruiters recruiting recruitment talent_acquisition")
_PARTS_OF_HR = _HIRING | vocabulary("benefits compensation payroll workforce rewards training")
_WHOLE_SERVICES = vocabulary("operations operating strategy administration planning")
# People other than employees, and what is sold.
_NEVER_HR = vocabulary(
    """hris agent claims workers unemployment disability veterans social security player military carrier blood donor
    student volunteer examiner consulting consultancy solutions outsourcing staffing practice advisory"""
)
_NOT_HR = vocabulary("engineer engineering developer software sales product technology marketing analyst")
"""What those who work for HR do; also whom recruiters look for."""
_CLERKS = vocabulary("clerk examiner")
_WORKERS = vocabulary("specialist coordinator sourcer administrator associate representative executive")
_ALONE = vocabulary("hr people people_operations talent personnel department dept team the of head & generalist hrbp")

# --- presidents and owners ---------------------------------------------------------------------------------------

_BESIDE_LEADERS = LEADERS | vocabulary(
    """managing_director general_manager manager director partner operator of the a group global company business small
    corporate"""
)


def seats_of(roles: Sequence[Role]) -> dict[str, int]:
    """The seats the roles of a title fill, each with the best rank."""
    found: dict[str, int] = {}
    for role in roles:
        is_aside = len(roles) > 1 and RANKED.isdisjoint(role.words)  # words without a rank, beside the title's roles
        for seat, rank in _seats_of_role(role, is_aside=is_aside).items():
            found[seat] = min(rank, found.get(seat, rank))
    return found


def weaker(seat: str, rank: int) -> int:
    """The rank after ``rank``, at most the last that ``seat`` has."""
    return min(rank + 1, ALSO_CEO_RANK - 1 if seat == "CEO" else LAST_RANK)


def _seats_of_role(role: Role, *, is_aside: bool) -> dict[str, int]:
    if role.is_support:
        return {}
    words = frozenset(role.words)
    lowered = max((MODIFIER_RANKS[token] for token in role.words if token in MODIFIER_RANKS), default=1)
    of_chief = max(lowered, _OF_A_PART) if role.is_of_part else lowered
    found: dict[str, int] = {}
    if "ceo" in role.chiefs:
        found["CEO"] = of_chief
    if "cfo" in role.chiefs:
        found["CFO"] = of_chief
    elif (finance := _finance_rank(words, role)) and lowered == 1:
        found["CFO"] = finance + role.is_of_part
    if "hr" in role.functions and "cpo" not in words and not (is_aside and words - _ALONE):
        rank = _hr_rank(words, role)
        if rank:
            found["HR"] = rank if role.level == INDIVIDUAL else rank + (lowered > 1) + role.is_of_part
    return found


def _finance_rank(words: frozenset[str], role: Role) -> int | None:
    if words & {"controller", "comptroller"}:
        return 8 if is_controller(words) else None
    if "treasurer" in words:
        return 9
    leads = any(area.function == "finance" and area.service is None for area in areas_of(role))
    if not leads or not any(_names_finance(tokens) for _, tokens in role.segments):
        return None
    return {VP: 6, DIRECTOR: 7}.get(role.level)


def _names_finance(tokens: Sequence[str]) -> bool:
    """True for the department: "Finance", "Financial Director"; not for what it sells, or who serves it."""
    for index, token in enumerate(tokens):
        if token not in ("finance", "financial"):
            continue
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if index and tokens[index - 1] not in _BEFORE_FINANCE:
            continue
        if after is None or after in RANKED or after in _ACCOUNTS:
            return True
        if token == "finance" and after not in _BEHIND_FINANCE:
            return True
    return False


_ALL_OF_HR = frozenset({"hr", "personnel", "people_operations", "department"})


def _hr_rank(words: frozenset[str], role: Role) -> int | None:
    if role.chiefs:
        leads_all = any(chief in ("chro", "chief people") or "hr" in chief.split() for chief in role.chiefs)
        return 1 if leads_all else 5
    areas = _hr_areas(role)
    if "services" in words and words & LEADERS:  # a firm's: "Owner, HR Services"
        return None
    hires = bool(words & _HIRING) and role.level == INDIVIDUAL
    if words & _CLERKS or not all(map(_is_of_employees, areas)) or not (areas or hires):
        return None
    if "intern" in words or "student" in words:
        return 9
    if areas and ("talent" in words or not all(map(_is_part_of_hr, areas))):
        if words <= _ALL_OF_HR:  # "CEO/CFO/HR": no rank below the whole of it is named
            return 4
        return {C_SUITE: 1, VP: 2, DIRECTOR: 3, MANAGER: 4}.get(role.level) or _hr_worker_rank(words)
    if role.level != INDIVIDUAL:
        return {C_SUITE: 5, VP: 5, DIRECTOR: 6, MANAGER: 7}[role.level]
    if words & _HIRING:
        return 7
    return 8 if words & {"specialist", "coordinator"} else None


def _hr_worker_rank(words: frozenset[str]) -> int:
    if words & {"hrbp", "business_partner"}:
        return 5
    if words & {"generalist", "officer"}:
        return 6
    return 7 if words & (_WORKERS | _HIRING) else 8


def _hr_areas(role: Role) -> list[Area]:
    """The areas of HR that a role runs or works in: "HR Manager", "Coordinator, Human Resources"."""
    found = [area for area in areas_of(role) if area.function == "hr"]
    if found or role.level != INDIVIDUAL or not _NOT_HR.isdisjoint(role.words):
        return found
    segments = [
        (joint, tuple(token for token in tokens if token not in OCCUPATIONS)) for joint, tokens in role.segments
    ]
    without = replace(role, segments=tuple(segment for segment in segments if segment[1]))
    return [area for area in areas_of(without) if area.function == "hr"]


def _is_of_employees(area: Area) -> bool:
    about = area.specific | {area.service}
    return about.isdisjoint(_NEVER_HR) and (not about.isdisjoint(_HIRING) or about.isdisjoint(_NOT_HR))


def _is_part_of_hr(area: Area) -> bool:
    """True for payroll, benefits, hiring and other parts of HR, which are not its whole."""
    return not area.specific.isdisjoint(_PARTS_OF_HR) or (area.service or "operations") not in _WHOLE_SERVICES


def also_ceo_rank(roles: Sequence[Role]) -> int | None:
    """The CEO rank of a title that says president, managing director or owner and nothing that speaks against it.

    Another chief's post does ("President & COO"), as do functions, regions and deputies.
    """
    ranks = []
    for role in roles:
        words = frozenset(role.words)
        if role.is_support or role.is_of_part or role.chiefs or not words <= _BESIDE_LEADERS:
            return None
        if words & {"president", "managing_director"}:
            ranks.append(ALSO_CEO_RANK)
        elif "owner" in words and role.level == C_SUITE:
            ranks.append(ALSO_CEO_RANK + 1)
    return min(ranks, default=None)
