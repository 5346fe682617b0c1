"""Testing whether features predict outcomes of accounts that were not learned from, without their earlier outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from prospecting.scoring.propensity import fit_trees
from prospecting.scoring.propensity_features import FEATURE_NAMES, Examples

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FOLDS = 5
# Meetings and deals are counted by these.
_TELL_OUTCOMES = {
    "meeting_booked_count", "deal_lost_count", "interaction_count", "interaction_count_30d", "interaction_count_90d",
    "engaged_user_count", "engagement_score", "days_since_interaction", "days_since_contact",
    "active_conversation_count", "touchpoint_count_30d", "touchpoint_count_90d",
}  # fmt: skip
_ENGAGED = ("viewed_count", "opened_research_count", "contacted_count")
_SNAPSHOTS_BACK = (1, 3)


def transferred_probabilities(
    examples: Examples,
    past: NDArray[np.bool_],
    future: NDArray[np.bool_],
    *,
    seed: int,
    hyperparameters: Mapping[str, Any],
) -> NDArray[np.float64]:
    """The probability (future rows,) of an outcome by trees fitted on the past of other accounts.

    The trees know nothing of earlier outcomes: accounts that meet us every month would be recognised by their past
    alone, and so would accounts that got somebody else's outcomes. ``past`` and ``future``: (n,) masks of ``examples``.
    """
    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold  # type: ignore[import-untyped]

    features = without_outcomes(examples)
    accounts, labels = examples.accounts, examples.labels
    # Accounts without a past are new to every fold; the first is as good as any.
    fold = np.zeros(accounts.max() + 1, dtype=np.int8)
    split = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
    for number, (_, held_out) in enumerate(split.split(features[past], labels[past], accounts[past])):
        fold[accounts[past][held_out]] = number
    found = np.empty(len(examples))
    for number in range(_FOLDS):
        inside = fold[accounts] == number
        learn, tell = past & ~inside, future & inside
        if tell.any():
            predict = fit_trees(features[learn], labels[learn], seed=seed, hyperparameters=hyperparameters)
            found[tell] = predict(features[tell])
    return found[future]


def without_outcomes(examples: Examples) -> NDArray[np.float32]:
    """Features (n, others) that outcomes do not touch, and views, openings and contacts since earlier snapshots.

    Since the snapshot before and the third before; not known for the first snapshots of an account.
    """
    import numpy as np

    kept = [position for position, name in enumerate(FEATURE_NAMES) if name not in _TELL_OUTCOMES]
    engaged = examples.features[:, [FEATURE_NAMES.index(name) for name in _ENGAGED]].sum(axis=1)
    order = np.lexsort((examples.as_of, examples.accounts))
    accounts = examples.accounts[order]
    columns = [examples.features[:, kept]]
    for back in _SNAPSHOTS_BACK:
        before = np.full_like(engaged, np.nan)
        same = accounts[back:] == accounts[:-back]
        before[order[back:]] = np.where(same, engaged[order[:-back]], np.nan)
        columns.append((engaged - before)[:, None])
    return np.hstack(columns)
