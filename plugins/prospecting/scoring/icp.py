"""How well a prospect fits the ideal customer profile, by fixed rules, when it is researched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prospecting.parsing.prospect_research import ProspectResearch, read_prospect_research

LOWEST, HIGHEST = 1, 10
OUTREACH_TIMING = {
    "high": "Reach out immediately",
    "medium": "Add to nurture sequence",
    "low": "Lower priority - revisit later",
}

_START = 5
_MANY_ROLES = 5
_FIT_FROM, _FIT_TO = 50, 500  # employees


@dataclass(frozen=True, slots=True)
class IcpScore:
    """``score`` 1..10. ``confidence`` 0..1: the share of the facts asked for that is known.

    ``positive_signals`` and ``negative_signals`` are what was added and deducted, in words; ``reasons`` is all of it,
    with what is unknown and how sure the score is.
    """

    score: int
    confidence: float
    positive_signals: tuple[str, ...]
    negative_signals: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def priority_level(self) -> str:
        """``high``, ``medium`` or ``low``."""
        return priority_of(self.score)

    @property
    def outreach_timing(self) -> str:
        """When to contact the prospect, in words."""
        return OUTREACH_TIMING[self.priority_level]


def icp_score(research: dict[str, Any]) -> IcpScore:
    """The score of a research document. What it lacks, or says in an unusable way, is unknown.

    Raises ``ValueError`` only for what is not an object.
    """
    return score_research(read_prospect_research(research))


def score_research(research: ProspectResearch) -> IcpScore:
    """The score of research: 5, plus what its facts add or deduct, held within 1..10.

    B2B SaaS +2 (else -1, also when unknown), modern stack +2, open engineering roles +1, five or more of them +1,
    engineering blog +1, at least 50..500 employees +1. Everything else unknown counts nothing.
    """
    known = _known(research)
    signals = list(_signals(research))
    total = _START + sum(points for _, points in signals)
    score = min(max(total, LOWEST), HIGHEST)
    share = sum(known.values()) / len(known)
    unknown = [name for name, is_known in known.items() if not is_known]
    reasons = [f"{text} ({points:+d})" for text, points in signals]
    if score != total:
        reasons.append(f"Held within {LOWEST} to {HIGHEST} (from {total})")
    if unknown:
        reasons.append(f"Unknown: {', '.join(unknown)}")
    reasons.append(f"Confidence {share:.0%}: {sum(known.values())} of {len(known)} facts are known")
    return IcpScore(
        score=score,
        confidence=share,
        positive_signals=tuple(text for text, points in signals if points > 0),
        negative_signals=tuple(text for text, points in signals if points <= 0),
        reasons=tuple(reasons),
    )


def icp_points(features: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """The points that the facts of an account add to its score or deduct, in words; first those that every account has.

    ``features`` has those of ``ProspectResearch`` that the rules ask for. A score that a research document gave itself
    may differ from their sum.
    """
    names = (
        "is_b2b_saas",
        "has_modern_stack",
        "has_open_engineering_roles",
        "engineering_role_count",
        "has_engineering_blog",
        "employees_min",
        "employees_max",
    )
    return ("Every account", _START), *_signals(ProspectResearch(**{name: features[name] for name in names}))


def priority_of(score: int) -> str:
    """``high`` from 8, ``low`` up to 4, else ``medium``."""
    return "high" if score >= 8 else "low" if score <= 4 else "medium"


def _known(research: ProspectResearch) -> dict[str, bool]:
    """The facts the rules ask for, in words; True for those that are known."""
    return {
        "B2B SaaS": research.is_b2b_saas is not None,
        "technology stack": research.has_modern_stack is not None,
        "open engineering roles": research.has_open_engineering_roles is not None,
        "number of engineering roles": research.engineering_role_count is not None,
        "engineering blog": research.has_engineering_blog is not None,
        "company size": research.employees_min is not None or research.employees_max is not None,
    }


def _signals(research: ProspectResearch) -> Iterator[tuple[str, int]]:
    """Returns what counts for and against a prospect, in words, with its points."""
    if research.is_b2b_saas:
        yield "B2B SaaS", 2
    else:
        yield ("Not B2B SaaS" if research.is_b2b_saas is False else "Not known to be B2B SaaS"), -1
    if research.has_modern_stack:
        yield "Modern technology stack", 2
    if research.has_open_engineering_roles:
        yield "Open engineering roles", 1
    if research.engineering_role_count is not None and research.engineering_role_count >= _MANY_ROLES:
        yield f"{research.engineering_role_count} engineering roles", 1
    if research.has_engineering_blog:
        yield "Engineering blog", 1
    least, most = research.employees_min, research.employees_max
    if least is not None and _FIT_FROM <= least <= _FIT_TO:
        yield f"At least {least} employees", 1
    elif (least is not None and least < _FIT_FROM) or (most is not None and most < _FIT_FROM):
        yield "Small company", 0
