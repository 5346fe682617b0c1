"""Who in an account to talk to next: the priority of somebody whom a contact knows."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

STRENGTH_POINTS = {"weak": 10, "medium": 20, "strong": 30}
"""Points for how well the two know each other, the weakest first."""
DEFAULT_STRENGTH = "medium"
"""Taken for a strength that is unknown."""
DECISION_MAKER_POINTS = 25
CHAMPION_POINTS = 20
SENIORITY_POINTS = {"c-level": 20, "vp": 15, "director": 12, "manager": 8, "individual_contributor": 5}
DEFAULT_SENIORITY = "individual_contributor"
"""Taken for a seniority that is unknown."""
ENGAGEMENT_POINTS = 15
"""Points for an engagement score of 100."""
ACTIVE_CONVERSATION_FACTOR = Decimal("0.5")
UNTOUCHED_POINTS = 10

_ORDER = tuple(STRENGTH_POINTS)
_PLACES = Decimal("0.01")


def priority(
    *,
    strength: str | None,
    is_decision_maker: bool,
    is_champion: bool,
    seniority_level: str | None,
    engagement_score: int,
    has_active_conversation: bool,
    total_touchpoints: int,
) -> float:
    """The priority of a contact as the next one to talk to, with two decimals; higher is sooner.

    The order of the steps matters: points for strength, for a decision maker or else a champion, for seniority and for
    engagement (0..100); half of that while somebody already talks to them; and then points for nobody ever having
    done so. An unknown strength is medium, an unknown seniority that of an individual contributor.

    Raises ``ValueError`` for an engagement outside 0..100 and for a negative number of touchpoints.
    """
    if not 0 <= engagement_score <= 100:
        raise ValueError("An engagement score is between 0 and 100")
    if total_touchpoints < 0:
        raise ValueError("There cannot be less than 0 touchpoints")
    points = Decimal(STRENGTH_POINTS[_known(strength)])
    if is_decision_maker:
        points += DECISION_MAKER_POINTS
    elif is_champion:
        points += CHAMPION_POINTS
    points += SENIORITY_POINTS.get(seniority_level or DEFAULT_SENIORITY, SENIORITY_POINTS[DEFAULT_SENIORITY])
    points += Decimal(str(engagement_score)) * ENGAGEMENT_POINTS / 100
    if has_active_conversation:
        points *= ACTIVE_CONVERSATION_FACTOR
    if total_touchpoints == 0:
        points += UNTOUCHED_POINTS
    return float(points.quantize(_PLACES, ROUND_HALF_UP))


def at_least(strength: str | None, minimum: str) -> bool:
    """True when a relationship is as strong as ``minimum``, or stronger; an unknown ``strength`` is medium.

    Raises ``ValueError`` for an unknown ``minimum``.
    """
    if minimum not in STRENGTH_POINTS:
        raise ValueError(f"Unknown strength of a relationship; allowed: {', '.join(_ORDER)}")
    return _ORDER.index(_known(strength)) >= _ORDER.index(minimum)


def _known(strength: str | None) -> str:
    return strength if strength in STRENGTH_POINTS else DEFAULT_STRENGTH
