"""The reasons for recommendations in words, and what recommending was worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import sqrt
from typing import Literal
from uuid import UUID

_HIGH_ICP_SCORE = 8
_HIGH_ENGAGEMENT = Decimal("0.5")
_RECENT_DAYS = 30

ScoredBy = Literal["model", "same_icp_score", "all_scores", "icp_score"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account with a place on the list: how it got there, and what is known about it.

    ``score`` (0 to 1) is the model's probability when ``model_id`` is set, else the substitute that ``scored_by``
    names. ``propensity`` is the chance it had of a place: 1 unless ``is_exploration``. ``failed_run_count``: research
    that failed since the newest that succeeded. ``contact_id``: whom to talk to there.
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
    scored_by: ScoredBy = "icp_score"
    slots_filled: int = 0
    contact_count: int = 0
    deal_lost_count: int = 0
    days_since_lost: int | None = None
    failed_run_count: int = 0


def recommendation_reasons(candidate: Candidate) -> tuple[str, ...]:
    """Why the account is on the list, the decisive reasons first, and last what speaks against it; never empty."""
    parts = (_decisive, _what_the_company_does, _whom_we_know, _what_went_wrong)
    return tuple(reason for part in parts for reason in part(candidate))


def _decisive(candidate: Candidate) -> Iterator[str]:
    if candidate.is_exploration:
        yield "Explored: drawn by chance to learn from"
    yield from candidate.model_reasons
    yield _score_in_words(candidate)
    if _is_high(candidate.icp_score) and (candidate.model_id or candidate.scored_by != "icp_score"):
        yield _icp_score_in_words(candidate)


def _what_the_company_does(candidate: Candidate) -> Iterator[str]:
    if candidate.has_open_engineering_roles or candidate.engineering_role_count:
        roles = candidate.engineering_role_count
        yield f"Active engineering hiring ({_counted(roles, 'role')})" if roles else "Active engineering hiring"
    days = candidate.days_since_research
    if days is not None and days <= _RECENT_DAYS:
        yield f"Recently researched ({_days_ago(days)})"
    if candidate.engagement_score > _HIGH_ENGAGEMENT:
        yield "High user engagement"
    if candidate.intent_level:
        yield f"Activity is {candidate.intent_level}: {'; '.join(candidate.intent_reasons)}"
    if candidate.sponsored_event_count:
        tier = f", best tier {candidate.best_sponsor_tier}" if candidate.best_sponsor_tier else ""
        yield f"Sponsored {_counted(candidate.sponsored_event_count, 'event')}{tier}"


def _whom_we_know(candidate: Candidate) -> Iterator[str]:
    if candidate.reply_count_30d:
        yield f"{candidate.reply_count_30d} {'reply' if candidate.reply_count_30d == 1 else 'replies'} in 30 days"
    if candidate.active_conversation_count:
        yield _counted(candidate.active_conversation_count, "active conversation")
    if candidate.decision_maker_contact_count:
        yield f"{_counted(candidate.decision_maker_contact_count, 'decision maker')} among the contacts"
    elif candidate.contact_count:
        yield f"{_counted(candidate.contact_count, 'contact')} known"
    if candidate.slots_filled:
        yield f"{_counted(candidate.slots_filled, 'executive')} known"


def _what_went_wrong(candidate: Candidate) -> Iterator[str]:
    if candidate.deal_lost_count:
        when = "" if candidate.days_since_lost is None else f", the last {_days_ago(candidate.days_since_lost)}"
        yield f"Against it: {_counted(candidate.deal_lost_count, 'deal')} lost{when}"
    if candidate.failed_run_count:
        since = "" if candidate.days_since_research is None else " since it last succeeded"
        yield f"Our research of it failed {_counted(candidate.failed_run_count, 'time')}{since}"


def _score_in_words(candidate: Candidate) -> str:
    """The score that decided the account's place, and where it comes from."""
    if candidate.model_id:
        return f"Scored {candidate.score:.1%} by the model"
    if candidate.scored_by == "same_icp_score":
        others = "those without an ICP score" if candidate.icp_score is None else f"ICP score {candidate.icp_score}"
        return f"Not scored by the model yet: ranked at {candidate.score:.1%}, the mean of {others}"
    if candidate.scored_by == "all_scores":
        return f"Not scored by the model yet: ranked at {candidate.score:.1%}, the mean of all accounts"
    return "No score yet: not researched" if candidate.icp_score is None else _icp_score_in_words(candidate)


def _icp_score_in_words(candidate: Candidate) -> str:
    score = candidate.icp_score
    return f"High ICP score ({score})" if _is_high(score) else f"ICP score {score}"


def _is_high(icp_score: int | None) -> bool:
    return icp_score is not None and icp_score >= _HIGH_ICP_SCORE


def _days_ago(days: int) -> str:
    return f"{_counted(days, 'day')} ago" if days > 0 else "today"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


# ---------------------------------------------------------------------------------------------------- an empty list
@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many ``accounts`` there are, and for how many which reason is the first not to recommend them."""

    accounts: int
    unknown: int
    low_score: int
    other_priority: int
    suppressed: int
    won: int
    touched: int

    def as_reason(self, *, min_icp_score: int, quiet_days: int, places: int) -> str:
        """Why nobody is recommended, in a sentence."""
        if not places:
            return "Nobody is recommended: the list has no places"
        if not self.accounts:
            return "Nobody is recommended: no account has features yet"
        why = (
            (self.unknown, "without an ICP score, of which too little else is known"),
            (self.low_score, f"with an ICP score below {min_icp_score}"),
            (self.other_priority, "of another priority"),
            (self.suppressed, "suppressed"),
            (self.won, "won before"),
            (self.touched, f"contacted, met or lost in the last {quiet_days} days"),
        )
        counted = "; ".join(f"{number} {what}" for number, what in why if number)
        return f"Nobody is recommended. {_counted(self.accounts, 'account')}: {counted}"


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
