"""The view a propensity model has of an account: a row of numbers as they were at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DAYS_SINCE = {
    "last_research_at": "days_since_research",
    "last_sponsored_on": "days_since_sponsoring",
    "last_signal_at": "days_since_signal",
    "last_briefing_at": "days_since_briefing",
    "last_interaction_at": "days_since_interaction",
    "last_contacted_at": "days_since_contact",
    "last_reply_at": "days_since_reply",
}

# All features of an account except the priority, which follows from the ICP score, and deals won, which end the story.
COLUMNS = (
    "icp_score", "is_b2b_saas", "has_modern_stack", "technology_count", "has_open_engineering_roles",
    "engineering_role_count", "total_open_roles", "has_engineering_blog", "employees_min", "employees_max",
    "has_funding", "research_run_count", "failed_run_count", "last_research_at", "sponsored_event_count",
    "best_sponsor_tier_rank", "last_sponsored_on", "hiring_signal_count", "funding_signal_count", "last_signal_at",
    "slots_filled", "slots_open", "company_briefing_count", "person_briefing_count", "icp_title_count",
    "last_briefing_at", "interaction_count", "viewed_count", "opened_research_count", "contacted_count",
    "meeting_booked_count", "deal_lost_count", "interaction_count_30d", "interaction_count_90d", "engaged_user_count",
    "engagement_score", "last_interaction_at", "last_contacted_at", "contact_count", "decision_maker_contact_count",
    "active_conversation_count", "touchpoint_count_30d", "touchpoint_count_90d", "reply_count_30d", "reply_count_90d",
    "last_reply_at",
)  # fmt: skip
"""Columns of ``account_signals`` and ``account_feature_snapshots`` that features are made of, in their order."""

FEATURE_NAMES = tuple(_DAYS_SINCE.get(column, column) for column in COLUMNS)
"""The features, one per column: numbers as they are, booleans 0 or 1, moments as days before ``as_of``."""


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples to learn from: n rows, each an account as of a day, and what came of it within the horizon.

    ``features``: (n, features) float32, NaN where not known; ``labels``: (n,) bool; ``accounts``: (n,) a number per
    account, the same on all of its rows; ``as_of``: (n,) datetime64[D]. ``account_share``: the share of all accounts
    that these are.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.bool_]
    accounts: NDArray[np.int32]
    as_of: NDArray[np.datetime64]
    account_share: float = 1.0

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, mask: NDArray[np.bool_]) -> Examples:
        """The rows that ``mask`` selects."""
        return Examples(
            self.features[mask], self.labels[mask], self.accounts[mask], self.as_of[mask], self.account_share
        )


def feature_matrix(rows: Sequence[Sequence[Any]], as_of: Sequence[date | datetime]) -> NDArray[np.float32]:
    """(rows, features) from the values of ``COLUMNS``; one day of ``as_of`` per row. NaN: not known, or never.

    What lies ahead, such as a sponsored event, is a negative number of days ago.
    """
    import numpy as np

    matrix = np.full((len(rows), len(COLUMNS)), np.nan, dtype=np.float32)
    if not rows:
        return matrix
    now = _days(as_of)
    for position, values in enumerate(zip(*rows, strict=True)):
        if COLUMNS[position] in _DAYS_SINCE:
            matrix[:, position] = now - _days(values)
        else:
            matrix[:, position] = np.array(values, dtype=np.float64)  # None becomes NaN
    return matrix


def _days(moments: Sequence[date | datetime | None]) -> NDArray[np.float64]:
    import numpy as np

    return np.array([np.nan if moment is None else _day(moment) for moment in moments], dtype=np.float64)


def _day(moment: date | datetime) -> float:
    """Days since 1970, UTC."""
    if isinstance(moment, datetime):
        return moment.timestamp() / 86_400
    return moment.toordinal() - date(1970, 1, 1).toordinal()
