"""Intent: the accounts whose activity rises against their own history.

If nothing changed, each action of the last 98 days falls into the latest 14 of them with a chance of 1 in 7. How likely
that alone makes as many actions as were seen, or more, is the tail of a binomial distribution: the same as that of a
Poisson distribution whose rate has a flat Gamma prior and is learned from the 84 days before. Accounts that stay at
their rate, whatever it is, are therefore found no more often than the ``chance`` of a level allows.

The prior counts as one more action in the past, so that an account without any is not found after a click or two.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Literal

ACTIVITY_DAYS = 14
BASELINE_DAYS = 84

Level = Literal["rising", "surging"]

_LATEST = ACTIVITY_DAYS / (ACTIVITY_DAYS + BASELINE_DAYS)
_ODDS = ACTIVITY_DAYS / BASELINE_DAYS
_LEAST_LIFT = 2.0


@dataclass(frozen=True, slots=True)
class Intent:
    """Activity beyond what is expected: ``lift`` times the ``expected`` number of actions in ``ACTIVITY_DAYS``."""

    level: Level
    activity: int
    expected: float
    lift: float
    reasons: tuple[str, ...]


def assess_intent(activity: int, baseline: int) -> Intent | None:
    """The meaning of ``activity`` after ``baseline`` in the ``BASELINE_DAYS`` before; ``None``: nothing unusual.

    ``rising`` is at least twice the expected number and a chance of at most 1 in 200, ``surging`` at least three times
    and at most 1 in 1,000. Without any history that takes 3 actions, or 4.
    """
    expected = (baseline + 1) * _ODDS
    lift = activity / expected
    if lift < _LEAST_LIFT:
        return None
    chance = _chance(activity, baseline)
    level: Level
    if lift >= 3 and chance <= 0.001:
        level = "surging"
    elif chance <= 0.005:
        level = "rising"
    else:
        return None
    before = f"{expected:.1f} expected from" if baseline else "none in"
    reason = f"{activity} actions in {ACTIVITY_DAYS} days, {before} the {BASELINE_DAYS // 7} weeks before"
    return Intent(level, activity, expected, lift, (reason,))


def _chance(activity: int, baseline: int) -> float:
    """How likely it is that ``activity`` or more of all actions are among the latest, if nothing changed."""
    actions = activity + baseline
    ways = lgamma(actions + 1) - lgamma(activity + 1) - lgamma(baseline + 1)
    term = tail = exp(ways + activity * log(_LATEST) + baseline * log(1 - _LATEST))
    for latest in range(activity, actions):
        term *= (actions - latest) / (latest + 1) * _ODDS
        tail += term
        if term <= 1e-12 * tail:
            break
    return tail
