"""A model of how likely an account is to book a meeting or buy within a horizon: fitting it, and asking it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prospecting.scoring.propensity_features import FEATURE_NAMES, Examples
from prospecting.scoring.propensity_trees import CalibratedTrees, plain_trees

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FOLDS = 5
# A feature that is known less often says too little; scikit-learn cannot bin one that is never known.
_LEAST_KNOWN = 0.01

# Small trees, many rows to a leaf: outcomes are few, and rows of an account are alike.
HYPERPARAMETERS: dict[str, Any] = {
    "learning_rate": 0.05,
    "max_iter": 80,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 30,
    "l2_regularization": 5.0,
    "max_features": 0.5,
}


@dataclass(frozen=True, slots=True)
class Model:
    """``used``: (features,) mask of the features it looks at; ``typical``: (features,) their medians in training."""

    trees: CalibratedTrees
    used: NDArray[np.bool_]
    typical: NDArray[np.float32]
    horizon_days: int
    feature_names: tuple[str, ...] = FEATURE_NAMES

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """The probability (n,) of an outcome for each row of (n, features)."""
        return self.trees.probabilities(features)


def _one_thread() -> AbstractContextManager[Any]:
    """On a machine that is busy otherwise, threads that wait for each other take many times longer than one alone."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limit: AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limit


def library_versions() -> dict[str, str]:
    """The versions that what is fitted depends on."""
    import numpy as np
    import sklearn  # type: ignore[import-untyped]

    return {"numpy": np.__version__, "scikit-learn": sklearn.__version__}


def fit_trees(
    features: NDArray[np.float32], labels: NDArray[np.bool_], *, seed: int, hyperparameters: Mapping[str, Any]
) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
    """Boosted trees without correction. Returns a function from (m, features) to (m,) probabilities."""
    import numpy as np

    # scikit-learn cannot bin a feature that is never known.
    used = ~np.isnan(features).all(axis=0)
    trees = _trees(seed, hyperparameters)
    with _one_thread():
        trees.fit(features[:, used], labels)

    def predict(rows: NDArray[np.float32]) -> NDArray[np.float64]:
        with _one_thread():
            found: NDArray[np.float64] = trees.predict_proba(rows[:, used])[:, 1]
        return found

    return predict


def _trees(seed: int, hyperparameters: Mapping[str, Any]) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]

    return HistGradientBoostingClassifier(**hyperparameters, early_stopping=False, random_state=seed)


def fit_model(examples: Examples, *, horizon_days: int, seed: int, hyperparameters: Mapping[str, Any]) -> Model:
    """Boosted trees; probabilities are corrected (sigmoid) by what trees fitted on other accounts say of each row.

    Missing values are values of their own. Needs accounts with and without an outcome, five or more of each.
    """
    import numpy as np
    from sklearn.calibration import CalibratedClassifierCV  # type: ignore[import-untyped]
    from sklearn.model_selection import StratifiedGroupKFold  # type: ignore[import-untyped]

    features, known = examples.features, ~np.isnan(examples.features)
    split = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
    folds = list(split.split(features, examples.labels, examples.accounts))
    used = np.all([known[others].mean(axis=0) >= _LEAST_KNOWN for others, _ in folds], axis=0)
    classifier = CalibratedClassifierCV(_trees(seed, hyperparameters), method="sigmoid", cv=folds, ensemble=False)
    with _one_thread():
        classifier.fit(features[:, used], examples.labels)
        trees = plain_trees(classifier, features, used)
    typical = np.full(features.shape[1], np.nan, dtype=np.float32)
    typical[used] = np.nanmedian(features[:, used], axis=0)
    return Model(trees, used, typical, horizon_days)
