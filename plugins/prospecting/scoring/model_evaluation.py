"""How good probabilities are, judged by what happened, and how certain it is that one set is better than another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# No probability counts as so sure that being wrong once outweighs all the rest.
_SUREST = 1e-6
_BINS = 10
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Metrics:
    """Quality of probabilities: losses and error are better when lower, the rest when higher.

    ``lift_top_decile``: how many times more outcomes there are among the tenth with the highest probabilities than
    among all. ``calibration_error``: how far probabilities are from what happened, on average. ``bins``: rows in ten
    parts of about equal size by probability, each with ``rows``, mean ``predicted`` and ``observed`` share.
    """

    log_loss: float
    brier: float
    roc_auc: float
    average_precision: float
    lift_top_decile: float
    calibration_error: float
    bins: list[dict[str, float]]

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Improvement:
    """How much lower the mean log loss is, and how much at least, with the confidence asked for."""

    mean: float
    at_least: float

    @property
    def is_certain(self) -> bool:
        """True when it is an improvement at all, with that confidence."""
        return self.at_least > 0


def log_losses(labels: NDArray[np.bool_], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log loss of each row."""
    import numpy as np

    sure = np.clip(probabilities, _SUREST, 1 - _SUREST)
    return -np.log(np.where(labels, sure, 1 - sure))


def measure(labels: NDArray[np.bool_], probabilities: NDArray[np.float64]) -> Metrics:
    """All metrics; there must be rows with and without the outcome."""
    from sklearn.metrics import average_precision_score, roc_auc_score  # type: ignore[import-untyped]

    bins = _calibration(labels, probabilities)
    return Metrics(
        log_loss=float(log_losses(labels, probabilities).mean()),
        brier=float(((probabilities - labels) ** 2).mean()),
        roc_auc=float(roc_auc_score(labels, probabilities)),
        average_precision=float(average_precision_score(labels, probabilities)),
        lift_top_decile=_lift(labels, probabilities, 0.1),
        calibration_error=sum(part["rows"] * abs(part["predicted"] - part["observed"]) for part in bins) / len(labels),
        bins=bins,
    )


def _calibration(labels: NDArray[np.bool_], probabilities: NDArray[np.float64]) -> list[dict[str, float]]:
    """Ten bins; equal probabilities stay together, so a baseline with few levels has fewer."""
    import numpy as np

    edges = np.quantile(probabilities, np.arange(1, _BINS) / _BINS)
    part = np.searchsorted(edges, probabilities, side="left")
    return [
        {
            "rows": int(inside.sum()),
            "predicted": float(probabilities[inside].mean()),
            "observed": float(labels[inside].mean()),
        }
        for inside in (part == number for number in np.unique(part))
    ]


def _lift(labels: NDArray[np.bool_], probabilities: NDArray[np.float64], share: float) -> float:
    """Rows of equal probability at the border count in part, as if drawn at random."""
    import numpy as np

    most = max(1, round(share * len(labels)))
    border = np.sort(probabilities)[-most]
    above, tied = probabilities > border, probabilities == border
    found = labels[above].sum() + labels[tied].mean() * (most - above.sum())
    return float(found / most / labels.mean())


def improvement(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    accounts: NDArray[np.int32],
    *,
    resamples: int,
    confidence: float,
    seed: int,
) -> Improvement:
    """How much lower the losses ``after`` are than ``before``, by a bootstrap over accounts.

    Rows of an account are not independent of each other: they are drawn together. ``at_least`` is the one-sided bound.
    """
    import numpy as np

    _, account = np.unique(accounts, return_inverse=True)
    rows = np.bincount(account)
    gains = np.bincount(account, before - after)
    random = np.random.default_rng(seed)
    at_once = max(1, _AT_ONCE // len(rows))
    means = []
    for first in range(0, resamples, at_once):
        drawn = random.integers(0, len(rows), (min(at_once, resamples - first), len(rows)))
        means.append(gains[drawn].sum(axis=1) / rows[drawn].sum(axis=1))
    bound = np.quantile(np.concatenate(means), 1 - confidence)
    return Improvement(float(gains.sum() / rows.sum()), float(bound))
