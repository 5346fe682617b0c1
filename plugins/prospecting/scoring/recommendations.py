"""The reasons for recommendations in words, and what recommending was worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import sqrt
from uuid import UUID

_HIGH_ICP_SCORE = 8
_HIGH_ENGAGEMENT = Decimal("0.5")
_RECENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account with a place on the list: how it got there, and what is known about it.

    ``score`` (0 to 1) is the model's probability when ``model_id`` is set, else its substitute. ``propensity``
    is the chance it had of a place: 1 unless ``is_exploration``. ``contact_id``: whom to talk to there.
    """

    account_domain: str
    rank: int
    score: Decimal
    is_exploration: bool
    propensity: Decimal
    model_id: int | None = None
    model_reasons: Sequence[str] = ()
    icp_score: int | None = None
    has_open_engineering_roles: bool | None = None
    engineering_role_count: int | None = None
    days_since_research: int | None = None
    engagement_score: Decimal = Decimal(0)
    intent_level: str | None = None
    intent_reasons: Sequence[str] = ()
    sponsored_event_count: int = 0
    best_sponsor_tier: str | None = None
    decision_maker_contact_count: int = 0
    active_conversation_count: int = 0
    reply_count_30d: int = 0
    contact_id: UUID | None = None


def recommendation_reasons(candidate: Candidate) -> tuple[str, ...]:
    """Why the account is on the list, the decisive reason first; never empty."""
    return tuple(_reasons(candidate)) or (_score_in_words(candidate),)


def _reasons(candidate: Candidate) -> Iterator[str]:
    if candidate.is_exploration:
        yield "Explored: drawn by chance to learn from"
    yield from candidate.model_reasons
    if candidate.icp_score is not None and candidate.icp_score >= _HIGH_ICP_SCORE:
        yield f"High ICP score ({candidate.icp_score})"
    if candidate.has_open_engineering_roles or candidate.engineering_role_count:
        roles = candidate.engineering_role_count
        yield f"Active engineering hiring ({_counted(roles, 'role')})" if roles else "Active engineering hiring"
    days = candidate.days_since_research
    if days is not None and days <= _RECENT_DAYS:
        yield f"Recently researched ({_counted(days, 'day')} ago)" if days > 0 else "Recently researched (today)"
    if candidate.engagement_score > _HIGH_ENGAGEMENT:
        yield "High user engagement"
    if candidate.intent_level:
        yield f"Activity is {candidate.intent_level}: {'; '.join(candidate.intent_reasons)}"
    if candidate.sponsored_event_count:
        tier = f", best tier {candidate.best_sponsor_tier}" if candidate.best_sponsor_tier else ""
        yield f"Sponsored {_counted(candidate.sponsored_event_count, 'event')}{tier}"
    if candidate.reply_count_30d:
        yield f"{candidate.reply_count_30d} {'reply' if candidate.reply_count_30d == 1 else 'replies'} in 30 days"
    if candidate.active_conversation_count:
        yield _counted(candidate.active_conversation_count, "active conversation")
    if candidate.decision_maker_contact_count:
        yield f"{_counted(candidate.decision_maker_contact_count, 'decision maker')} among the contacts"


def _score_in_words(candidate: Candidate) -> str:
    return f"Scored {candidate.score:.1%} by the model" if candidate.model_id else f"ICP score {candidate.icp_score}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


# ------------------------------------------------------------------------------------------------------- evaluation
@dataclass(frozen=True, slots=True)
class RecommendationOutcome:
    """The outcome of a recommendation; ``is_success``: a meeting was booked or a deal won in time."""

    recommended_on: date
    account_domain: str
    is_exploration: bool
    propensity: float
    is_success: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean success per place (0 to 1), or a difference of two; ``standard_error`` needs at least two accounts."""

    value: float
    standard_error: float | None
    places: int

    def __str__(self) -> str:
        error = "" if self.standard_error is None else f" ± {self.standard_error:.1%}"
        return f"{self.value:.1%}{error} of {self.places} places"


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """The worth of a ranked place, of one drawn from all the rest, and the gain; ``None``: no such places."""

    ranked: Estimate | None
    explored: Estimate | None
    gain: Estimate | None

    def __str__(self) -> str:
        said = [
            f"{what} {estimate}"
            for what, estimate in (("ranked", self.ranked), ("by chance", self.explored), ("gain", self.gain))
            if estimate
        ]
        return "; ".join(said) or "no list is old enough"


def evaluate_policy(outcomes: Collection[RecommendationOutcome]) -> PolicyValue:
    """Compare ranking with chance, by inverse propensity: a place that was drawn represents all it was drawn from.

    The estimates are self-normalised: weighted by 1 / propensity and divided by the sum of weights. The same account on
    many days is one witness, not many, so standard errors are clustered by account.
    """
    ranked = [outcome for outcome in outcomes if not outcome.is_exploration]
    explored = [outcome for outcome in outcomes if outcome.is_exploration]
    by_rank, by_chance = _weighted_mean(ranked), _weighted_mean(explored)
    gain = None
    if by_rank and by_chance:
        pulls = defaultdict(float, by_rank[1])
        for account, pull in by_chance[1].items():
            pulls[account] -= pull
        gain = Estimate(by_rank[0] - by_chance[0], _standard_error(pulls), len(outcomes))
    return PolicyValue(_estimate(by_rank, len(ranked)), _estimate(by_chance, len(explored)), gain)


def _weighted_mean(outcomes: Collection[RecommendationOutcome]) -> tuple[float, Mapping[str, float]] | None:
    """The mean, and how far each account moves it."""
    if not outcomes:
        return None
    total = sum(1 / outcome.propensity for outcome in outcomes)
    mean = sum(outcome.is_success / outcome.propensity for outcome in outcomes) / total
    pulls: dict[str, float] = defaultdict(float)
    for outcome in outcomes:
        pulls[outcome.account_domain] += (outcome.is_success - mean) / outcome.propensity / total
    return mean, pulls


def _estimate(mean: tuple[float, Mapping[str, float]] | None, places: int) -> Estimate | None:
    return Estimate(mean[0], _standard_error(mean[1]), places) if mean else None


def _standard_error(pulls: Mapping[str, float]) -> float | None:
    accounts = len(pulls)
    if accounts < 2:
        return None
    return sqrt(accounts / (accounts - 1) * sum(pull * pull for pull in pulls.values()))
