"""Suggests target functions for a signal, from the job titles that research named for many companies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from prospecting.parsing.names import fold, vocabulary, words
from prospecting.parsing.titles import C_SUITE, DIRECTOR, MANAGER, VP, classify_title, matches_target

MAX_TARGET = 200
"""Characters a target function may have."""

WEIGHTS = {"decision_maker": 4, "champion": 3, "evaluator": 2, "unknown": 1}
"""The weight of one company's naming, by the buyer role it gives the title."""

# C-suite titles are compared by the posts they name, so that acronyms and full names are one.
_POSTS = (
    "CEO", "CFO", "CTO", "COO", "CMO", "CIO", "CRO", "CSO", "CDO", "CHRO", "CISO", "CLO", "CCO", "CAO", "CGO",
    "Chief Product Officer", "Chief People Officer", "Founder", "Owner", "President", "Chairman", "Managing Partner",
)  # fmt: skip
_FILLERS = vocabulary("of the for and in")
_LEVEL_WORDS = {
    VP: _FILLERS | vocabulary("vice president vp vps svp evp senior sr snr executive exec"),
    DIRECTOR: _FILLERS | vocabulary("director directors dir head senior sr snr"),
    MANAGER: _FILLERS | vocabulary("manager managers mgr senior sr snr"),
}
_SHORT = {"human resources": "hr", "information technology": "it", "operations": "ops", "engineering": "eng"}


@dataclass(frozen=True, slots=True)
class TitleCount:
    """How many companies a title was named for, and how many of them give it which buyer role."""

    title: str
    title_normalized: str
    companies: int
    decision_maker: int = 0
    champion: int = 0
    evaluator: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A target function worth looking for; ``reason`` tells people why. ``spellings`` are all titles it stands for."""

    title: str
    score: int
    reason: str
    companies: int
    spellings: tuple[str, ...] = ()


def suggest_target_functions(
    titles: Iterable[TitleCount], limit: int = 10, researched: int | None = None
) -> list[Suggestion]:
    """The ``limit`` best of ``titles``, best first; ``researched`` is the number of companies they come from, if known.

    Each naming counts by its buyer role (``WEIGHTS``); ties go to the title more companies name, then by alphabet.
    Spellings of one title ("VP of Sales", "Vice President, Sales") are one suggestion, under the spelling named most.
    Their companies are added up, so that one which uses two spellings counts twice: the reason says "up to".

    A title that does not work as a target (a former post, longer than ``MAX_TARGET``) is never suggested.
    """
    groups: dict[tuple[object, ...], list[TitleCount]] = {}
    for row in titles:
        title = " ".join(row.title.split())
        if row.companies > 0 and len(title) <= MAX_TARGET and matches_target(title, title):
            groups.setdefault(_key(title), []).append(row)
    suggestions = [_suggestion(rows, researched) for rows in groups.values()]
    suggestions.sort(key=lambda found: (-found.score, -found.companies, fold(found.title), found.title))
    return suggestions[: max(limit, 0)]


@lru_cache(maxsize=16_384)
def _key(title: str) -> tuple[object, ...]:
    """The key that spellings of one title share: level, functions, and the words that are neither rank nor filler."""
    classified = classify_title(title)
    if classified.seniority == C_SUITE and (posts := tuple(post for post in _POSTS if matches_target(title, post))):
        return (C_SUITE, classified.functions, posts)
    text = f" {' '.join(words(title))} "
    for long, short in _SHORT.items():
        text = text.replace(f" {long} ", f" {short} ")
    spelled = frozenset(text.split())
    return (classified.seniority, classified.functions, spelled - _LEVEL_WORDS.get(classified.seniority, _FILLERS))


def _suggestion(rows: list[TitleCount], researched: int | None) -> Suggestion:
    rows = sorted(rows, key=lambda row: (-row.companies, -_score(row), fold(row.title), row.title))
    companies = sum(row.companies for row in rows)
    if researched is not None:
        companies = min(companies, researched)
    spellings = tuple(dict.fromkeys(" ".join(row.title.split()) for row in rows))
    named = f"{'up to ' if len(rows) > 1 else ''}{companies}"
    total = companies if researched is None else researched
    whole = named if researched is None else f"{named} of {researched}"
    reasons = [f"named for {whole} {'company' if total == 1 else 'companies'}"]
    for role in ("decision_maker", "champion", "evaluator"):
        if count := sum(max(getattr(row, role), 0) for row in rows):
            reasons.append(f"{role.replace('_', ' ')} for {min(count, companies)}")
    return Suggestion(spellings[0], sum(map(_score, rows)), ", ".join(reasons), companies, spellings)


def _score(row: TitleCount) -> int:
    return sum(weight * max(getattr(row, role), 0) for role, weight in WEIGHTS.items())
