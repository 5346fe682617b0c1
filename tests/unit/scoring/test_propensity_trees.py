"""Trees as plain numbers answer as worked out by hand, and as the library that fitted them."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from prospecting.scoring.propensity_features import FEATURE_NAMES
from prospecting.scoring.propensity_trees import CalibratedTrees, Split, plain_trees


def test_probabilities_worked_out_by_hand() -> None:
    """A row at the threshold goes below; one where the feature is not known as the split says."""
    inner = Split(feature=1, threshold=0.1, unknown_below=False, below=-1.0, above=2.0)
    outer = Split(feature=0, threshold=5.0, unknown_below=True, below=inner, above=0.25)
    trees = CalibratedTrees(baseline=0.5, trees=(outer, 0.125), slope=-2.0, intercept=0.5)
    rows = [(5, 0), (5.5, 0), (np.nan, 1), (5, np.nan)]
    expected = [0.5 - 1 + 0.125, 0.5 + 0.25 + 0.125, 0.5 + 2 + 0.125, 0.5 + 2 + 0.125]
    found = trees.probabilities(np.array(rows, dtype=np.float32))
    assert found.tolist() == pytest.approx([1 / (1 + math.exp(-2 * total + 0.5)) for total in expected])
    # 0.1 as float32 is a little more than the threshold.
    assert trees.probabilities(np.array([(5, 0.1)], dtype=np.float32))[0] == pytest.approx(found[3])
    assert trees.probabilities(np.empty((0, 2), dtype=np.float32)).shape == (0,)


def labelled(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Features that are partly unknown, one of them known or not known and nothing else; and what follows from them."""
    random = np.random.default_rng(0)
    features = random.normal(size=(rows, 6)).astype(np.float32)
    features[random.random(features.shape) < 0.3] = np.nan
    features[:, 2] = np.where(random.random(rows) < 0.5, np.nan, 1)
    log_odds = np.nan_to_num(features[:, 0]) + 2 * np.isnan(features[:, 2]) - np.isnan(features[:, 4])
    wide = np.full((rows, len(FEATURE_NAMES)), np.nan, dtype=np.float32)
    wide[:, [0, 3, 7, 11, 20, len(FEATURE_NAMES) - 1]] = features
    return wide, random.random(rows) < 1 / (1 + np.exp(1 - log_odds))


class ShiftedClassifier(CalibratedClassifierCV):  # type: ignore[misc]
    """A library whose predictions do not follow from the numbers that are read from it."""

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        found: np.ndarray = super().predict_proba(X) * 0.999
        return found


@pytest.mark.slow
def test_every_number_is_that_of_the_library() -> None:
    """More rows than are looked at in one go, and deeper trees than ours."""
    features, labels = labelled(10_500)
    used = ~np.isnan(features).all(axis=0)
    boosting = HistGradientBoostingClassifier(max_iter=10, max_leaf_nodes=31, random_state=0)
    classifier = CalibratedClassifierCV(boosting, method="sigmoid", cv=2, ensemble=False)
    with threadpool_limits(1):
        classifier.fit(features[:, used], labels)
        expected = classifier.predict_proba(features[:, used])[:, 1]
        trees = plain_trees(classifier, features, used)
    np.testing.assert_allclose(trees.probabilities(features), expected, rtol=1e-12, atol=0)
    assert f"threshold={sys.float_info.max!r}" in repr(trees), "known against unknown is among the questions"


def test_a_library_that_predicts_otherwise_is_told() -> None:
    features, labels = labelled(500)
    used = ~np.isnan(features).all(axis=0)
    boosting = HistGradientBoostingClassifier(max_iter=2, random_state=0)
    classifier = ShiftedClassifier(boosting, method="sigmoid", cv=2, ensemble=False)
    with threadpool_limits(1):
        classifier.fit(features[:, used], labels)
    with pytest.raises(RuntimeError, match="install the pinned one"):
        plain_trees(classifier, features, used)
