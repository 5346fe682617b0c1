"""Boosted trees as plain numbers: stored as JSON, and asked without the library that fitted them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, FiniteFloat

from prospecting.scoring.propensity_features import FEATURE_NAMES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# So many rows at once fit into a processor's cache.
_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Split:
    """A question of a tree: rows whose ``feature`` is at most ``threshold`` go ``below``, others ``above``.

    ``feature`` is a position in ``FEATURE_NAMES``. Rows where it is not known go below if ``unknown_below``. What
    follows is another question, or the value that the row gets (log odds).
    """

    feature: Annotated[int, Field(ge=0, lt=len(FEATURE_NAMES))]
    threshold: FiniteFloat
    unknown_below: bool
    below: Split | FiniteFloat
    above: Split | FiniteFloat


Tree = Split | FiniteFloat


@dataclass(frozen=True, slots=True)
class CalibratedTrees:
    """Trees whose values and ``baseline`` add up to x; 1 / (1 + exp(``slope`` x + ``intercept``)) is the chance."""

    baseline: FiniteFloat
    trees: tuple[Tree, ...]
    slope: FiniteFloat
    intercept: FiniteFloat

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """The probability (n,) for each row of (n, features); NaN is a feature that is not known."""
        import numpy as np

        total = np.full(len(features), self.baseline)
        for first in range(0, len(features), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            columns = np.ascontiguousarray(features[part].T, dtype=np.float64)
            for tree in self.trees:
                _add_values(tree, columns, np.arange(columns.shape[1]), total[part])
        found: NDArray[np.float64] = 1 / (1 + np.exp(self.slope * total + self.intercept))
        return found


def _add_values(tree: Tree, columns: NDArray[np.float64], rows: NDArray[np.intp], total: NDArray[np.float64]) -> None:
    import numpy as np

    if not isinstance(tree, Split):
        total[rows] += tree
        return
    values = columns[tree.feature, rows]
    below = values <= tree.threshold
    if tree.unknown_below:
        below |= np.isnan(values)
    _add_values(tree.below, columns, rows[below], total)
    _add_values(tree.above, columns, rows[~below], total)


def plain_trees(classifier: Any, features: NDArray[np.float32], used: NDArray[np.bool_]) -> CalibratedTrees:
    """The numbers of a ``CalibratedClassifierCV`` (sigmoid, no ensemble) over histogram gradient boosting.

    ``features``: (n, features), some rows to compare on; ``used``: (features,) mask of those it was fitted on. Raises
    ``RuntimeError`` when the library predicts something else from its trees than we do.
    """
    import numpy as np

    [calibrated] = classifier.calibrated_classifiers_
    [sigmoid] = calibrated.calibrators
    boosting = calibrated.estimator
    columns = np.flatnonzero(used).tolist()
    trees = CalibratedTrees(
        baseline=boosting._baseline_prediction.item(),
        trees=tuple(_plain_tree(predictor.nodes, 0, columns) for [predictor] in boosting._predictors),
        slope=float(sigmoid.a_),
        intercept=float(sigmoid.b_),
    )
    # The inside of a library may change with its version.
    if not np.allclose(trees.probabilities(features), classifier.predict_proba(features[:, used])[:, 1], rtol=1e-9):
        raise RuntimeError("The trees of this version of scikit-learn are not as expected: install the pinned one")
    return trees


def _plain_tree(nodes: NDArray[np.void], at: int, columns: Sequence[int]) -> Tree:
    node = nodes[at]
    if node["is_leaf"]:
        return float(node["value"])
    return Split(
        feature=columns[node["feature_idx"]],
        # Known values against unknown ones: below infinity, which JSON does not know.
        threshold=min(float(node["num_threshold"]), sys.float_info.max),
        unknown_below=bool(node["missing_go_to_left"]),
        below=_plain_tree(nodes, node["left"], columns),
        above=_plain_tree(nodes, node["right"], columns),
    )
