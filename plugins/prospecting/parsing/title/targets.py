"""Says how well a job title matches a target function: what a signal looks for, as people write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from prospecting.parsing.names import vocabulary
from prospecting.parsing.title.areas import Area, areas_of
from prospecting.parsing.title.ranks import C_SUITE, DIRECTOR, INDIVIDUAL, LEADERS, OCCUPATIONS, SENIORITIES, VP
from prospecting.parsing.title.roles import Role, read_roles
from prospecting.parsing.title.words import MAX_TITLE

Degree = Literal["exact", "same_function", "above"]

DEGREES: tuple[Degree, ...] = ("exact", "same_function", "above")
"""How a title can match a target, best first: the same post, or the same level and function; the same function as a
part of it, for a region or by a deputy; a level or an office above it."""

_OR = re.compile(r"\bor\b", re.IGNORECASE)
_LEADERSHIP = vocabulary("decision_maker leader leaders leadership")
# Words a target may have beside its level without asking for more than the level.
_LEVEL_ALONE = vocabulary(
    """vp director head manager senior junior global group corporate regional team department level of the a an in for
    any all"""
)
_OWN_POSTS = vocabulary("managing_director chief_of_staff general_manager")
_LESSER = vocabulary("deputy associate designate elect incoming field regional divisional")
_MAKERS = dict.fromkeys(("developer", "developers", "engineers", "programmer"), "engineer")
_TECHNICAL = frozenset({"security", "data", "it", "product"})


@dataclass(frozen=True, slots=True)
class TargetMatch:
    """How a title matches a target function."""

    degree: Degree


def matches_target(title: object, target_function: object) -> bool:
    """True when somebody with this title is one of those a signal looks for; ``target_match`` says how well."""
    return target_match(title, target_function) is not None


def target_match(title: object, target_function: object) -> TargetMatch | None:
    """How well somebody with this title is one of those a signal looks for; ``None`` when not at all.

    - A chief post ("CTO", "Chief Technology Officer") wants that very post, in either spelling.
    - "C-Suite" and "Decision maker" want the level; "Founder" includes co-founders, "President" and "Owner" the word.
    - A level with a function ("VP Sales", "Head of Growth") wants that function at that level *or above*: SVP Sales and
      Chief Revenue Officer satisfy "VP Sales", a sales director does not. A level alone ("VP") wants it or above; a
      level with words that name no function ("Director of Vendor Risk") wants those words as well.
    - Words that specify count: "Head of Platform Engineering" wants that, or whoever is above it (VP Engineering, CTO),
      not the head of another part of engineering. A part satisfies the whole (VP Enterprise Sales is a "VP Sales"),
      but not what serves it: VP Sales Operations is none.
    - A function alone ("Marketing") wants any title in it, with "leadership" or "decision makers" those who lead.
    - Other words must all occur in the title. Several targets in one ("CEO / CTO") are alternatives.
    """
    if not isinstance(title, str) or not isinstance(target_function, str):
        return None
    roles = _read(title[:MAX_TITLE])
    best: Degree | None = None
    for wanted in _read_target(target_function[:MAX_TITLE]):
        for role in roles:
            degree = _degree(role, wanted)
            if degree == "exact":
                return TargetMatch(degree)
            if degree and (best is None or DEGREES.index(degree) < DEGREES.index(best)):
                best = degree
    return TargetMatch(best) if best else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A role with what its words are compared by."""

    role: Role
    words: frozenset[str]
    chiefs: frozenset[str]
    areas: tuple[Area, ...]
    rank: int


@lru_cache(maxsize=16_384)
def _read(title: str) -> tuple[_Reading, ...]:
    return tuple(_reading(role) for role in read_roles(title).roles)


def _reading(role: Role) -> _Reading:
    words = frozenset(_MAKERS.get(word, word) for word in role.words)
    chiefs = frozenset(role.chiefs)
    if {"general", "counsel"} <= words and not role.is_support:
        chiefs |= {"clo"}
    return _Reading(role, words, chiefs, areas_of(role), SENIORITIES.index(role.level))


@lru_cache(maxsize=4_096)
def _read_target(target: str) -> tuple[_Reading, ...]:
    return _read(_OR.sub(" & ", target))


def _degree(found: _Reading, wanted: _Reading) -> Degree | None:
    words = wanted.words
    in_function = any(area.function for area in wanted.areas)
    if words & _LEADERSHIP and in_function and wanted.role.level == INDIVIDUAL:
        leads = found.role.level in (C_SUITE, VP, DIRECTOR)
        return _degree_in_function(found, wanted) if leads else None
    if "decision_maker" in words:
        return "exact" if found.role.level in (C_SUITE, VP, DIRECTOR) else None
    if words & {"c_suite", "executives"} or words == {"executive"}:
        return "exact" if found.role.level == C_SUITE else None
    if wanted.chiefs:
        return _lowered(found, wanted, "exact") if found.chiefs & wanted.chiefs else None
    leaders = words & LEADERS
    if wanted.role.level == C_SUITE and leaders:
        leaders |= {"cofounder"} if "founder" in leaders else set()
        return "exact" if found.role.level == C_SUITE and leaders & found.words else None
    if in_function:
        return _degree_in_function(found, wanted)
    if own := words & _OWN_POSTS:
        return _degree_of_post(found, own) if not wanted.areas else _degree_with_words(found, wanted, words - own)
    if wanted.role.level != INDIVIDUAL:
        return _degree_with_words(found, wanted, words - _LEVEL_ALONE)
    return "exact" if words and words <= found.words else None


def _lowered(found: _Reading, wanted: _Reading, degree: Degree) -> Degree:
    """``degree``, less for a deputy or somebody designated when a plain holder is wanted."""
    return "same_function" if found.words & _LESSER - wanted.words else degree


def _degree_of_post(found: _Reading, posts: frozenset[str]) -> Degree | None:
    if found.words & posts:
        return "exact"
    is_above = "ceo" in found.role.chiefs or (found.role.level == C_SUITE and found.words & LEADERS)
    return "above" if is_above and "managing_director" in posts else None


def _degree_with_words(found: _Reading, wanted: _Reading, named: frozenset[str]) -> Degree | None:
    if found.rank > wanted.rank or not named <= found.words:
        return None
    if found.rank < wanted.rank:
        return "above"
    is_same = not named or any(area.specific == named for area in found.areas)
    return _lowered(found, wanted, "exact" if is_same else "same_function")


def _degree_in_function(found: _Reading, wanted: _Reading) -> Degree | None:
    any_level = wanted.role.level == INDIVIDUAL
    if any_level and wanted.words & OCCUPATIONS:  # "Software Engineer" wants engineers of software, not engineering
        return "exact" if wanted.words - _LEVEL_ALONE <= found.words else None
    if not any_level and found.rank > wanted.rank:
        return None
    best: Degree | None = "same_function" if any_level and _works_in(found, wanted) else None
    for area in found.areas:
        for target in wanted.areas:
            degree = _compared(area, target, found.rank - wanted.rank, any_level=any_level)
            if degree and (best is None or DEGREES.index(degree) < DEGREES.index(best)):
                best = degree
    return _lowered(found, wanted, best) if best else None


def _works_in(found: _Reading, wanted: _Reading) -> bool:
    """True for somebody without a lead, in whatever trade, of a whole function: a marketing analyst in marketing."""
    functions = {area.function for area in wanted.areas if area.is_plain}
    return found.role.level == INDIVIDUAL and bool(functions & found.role.functions) and "commercial" not in found.words


def _compared(area: Area, target: Area, steps: int, *, any_level: bool) -> Degree | None:
    """The degree to which who runs ``area``, ``-steps`` levels above the one wanted, runs ``target``."""
    same = area.function == target.function and area.service == target.service
    if any_level and target.is_plain:
        return "same_function" if area.function == target.function else None
    if same and area.specific == target.specific:
        if steps < 0 and not any_level:
            return "above"
        return "exact" if area.soft == target.soft else "same_function"
    if target.is_plain:
        is_part = same
    else:
        is_part = same and (area.specific > target.specific or _are_one_service(area, target))
    if is_part:
        return "above" if steps < 0 and not any_level else "same_function"
    if steps < 0 and not any_level and area.is_plain and area.function in _above(target):
        return "above"
    return None


def _are_one_service(area: Area, target: Area) -> bool:
    """True for spellings of what serves a whole function, as revenue and sales operations do."""
    return area.service is not None and all(
        word in ("sales", "revenue", "commercial", "solution", "solutions") for word in area.specific | target.specific
    )


def _above(target: Area) -> frozenset[str]:
    """The functions whose leaders are above ``target``."""
    if target.function is None:
        return frozenset()
    above = {target.function}
    if target.function == "engineering":
        above |= {word for word in target.specific if word in _TECHNICAL}
    return frozenset(above)
