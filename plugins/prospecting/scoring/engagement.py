"""How strongly users engaged with an account, from what they did."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

WEIGHTS = {
    "viewed": 0.1,
    "opened_research": 0.3,
    "contacted": 0.7,
    "meeting_booked": 0.9,
    "deal_won": 1.0,
    "deal_lost": 0.2,
}
"""How much engagement an interaction of each type shows, 0..1. SQL takes the weights from here, as bind parameters."""

INTERACTION_TYPES = tuple(WEIGHTS)

LOG_STRENGTHS = {kind: -math.log1p(-weight) for kind, weight in WEIGHTS.items() if weight < 1}
"""What an interaction adds to -ln(1 - ``engagement_strength``), which ranks the same and never underflows. A deal won
has none: nothing is stronger."""


def engagement_score(types: Iterable[str]) -> float:
    """The mean weight of interactions of these types, 0..1; 0 when there are none.

    A mere view after a meeting lowers it; rank by ``engagement_strength``. Raises ``ValueError`` for an unknown type.
    """
    weights = [_weight(interaction_type) for interaction_type in types]
    return min(1.0, math.fsum(weights) / len(weights)) if weights else 0.0


def engagement_strength(counts: Mapping[str, int]) -> float:
    """How strong interactions are together, 0..1: 1 - Π (1 - weight)^count, which no further interaction lowers.

    Raises ``ValueError`` for an unknown type and for a negative count.
    """
    if any(count < 0 for count in counts.values()):
        raise ValueError("An interaction cannot have happened less than 0 times; give counts of 0 and more")
    return 1.0 - math.prod((1.0 - _weight(interaction_type)) ** count for interaction_type, count in counts.items())


def _weight(interaction_type: str) -> float:
    if interaction_type not in WEIGHTS:
        raise ValueError(f"Unknown type of interaction; allowed: {', '.join(INTERACTION_TYPES)}")
    return WEIGHTS[interaction_type]
