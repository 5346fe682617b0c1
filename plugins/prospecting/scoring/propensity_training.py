"""Training a propensity model, and deciding on later data whether it is worth using."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from prospecting.scoring.model_evaluation import Improvement, Metrics, improvement, log_losses, measure
from prospecting.scoring.propensity import HYPERPARAMETERS, Model, fit_model, library_versions
from prospecting.scoring.propensity_features import FEATURE_NAMES, Examples
from prospecting.scoring.propensity_transfer import transferred_probabilities

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL, FORMULA, CONSTANT, INCUMBENT = "this model", "ICP formula", "base rate", "model in use"

_LEAST_TO_TRAIN = 20
_LEAST_TO_TEST = 10
# A score that few accounts have is mixed with this many rows of the base rate.
_SMOOTHING = 20
_ROWS_TO_RANK_FEATURES = 20_000


class NotEnoughHistory(Exception):
    """There is too little to learn from or to test on; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings a training depends on besides the data.

    ``confidence``: how sure it must be that a model is better, one-sided. It is high because models are trained again
    and again, and some would look better by luck.
    """

    horizon_days: int = 90
    test_share: float = 0.25
    confidence: float = 0.99
    resamples: int = 1000
    seed: int = 0
    hyperparameters: Mapping[str, Any] = field(default_factory=lambda: dict(HYPERPARAMETERS))


@dataclass(frozen=True, slots=True)
class Period:
    """The rows of a part of the data: snapshots from ``first`` to ``last``."""

    first: date
    last: date
    rows: int
    accounts: int
    positive_rows: int
    positive_accounts: int

    @classmethod
    def of(cls, examples: Examples) -> Period:
        import numpy as np

        return cls(
            first=examples.as_of.min().item(),
            last=examples.as_of.max().item(),
            rows=len(examples),
            accounts=len(np.unique(examples.accounts)),
            positive_rows=int(examples.labels.sum()),
            positive_accounts=len(np.unique(examples.accounts[examples.labels])),
        )


@dataclass(frozen=True, slots=True)
class Training:
    """A fitted model, how it did on the test period, and whether it is better than what there is.

    The keys of ``metrics`` and ``improvements`` are ``MODEL`` and whatever it was compared with.
    ``importance``: how much the log loss of the test period rises when a feature is shuffled, highest first.
    ``transfer``: how much better than the base rate its features predict outcomes of accounts that were not learned
    from; ``None`` when it was not measured, because the model is not better than the others.
    """

    model: Model
    settings: Settings
    fingerprint: str
    trained_on: Period
    tested_on: Period
    account_share: float
    metrics: dict[str, Metrics]
    improvements: dict[str, Improvement]
    importance: dict[str, float]
    transfer: Improvement | None

    @property
    def is_better(self) -> bool:
        """True when it is better than all others, for new accounts too, with the confidence of the settings."""
        return self.transfer is not None and self.transfer.is_certain and _are_certain(self.improvements)

    @property
    def incumbent_is_behind(self) -> bool:
        """True when the model in use does no better than the formula or the base rate any more."""
        if INCUMBENT not in self.metrics:
            return False
        return self.metrics[INCUMBENT].log_loss >= min(self.metrics[name].log_loss for name in (FORMULA, CONSTANT))

    @property
    def verdict(self) -> str:
        """The decision in a sentence or two."""
        loss, surely = self.metrics[MODEL].log_loss, f"{self.settings.confidence:.0%} confidence"
        if self.is_better:
            least = min(self.improvements.items(), key=lambda item: item[1].at_least)
            return (
                f"Better than {_enumerated(self.improvements)}: log loss {loss:.4f}; the lead over the {least[0]} is "
                f"{least[1].mean:.4f}, and at least {least[1].at_least:.4f} with {surely}"
            )
        behind = f". The {INCUMBENT} is no better than {FORMULA} or {CONSTANT} any more, and is taken out of use"
        ending = behind if self.incumbent_is_behind else ""
        if self.transfer is not None and _are_certain(self.improvements):
            return (
                f"Better than {_enumerated(self.improvements)}, but not shown to hold for other accounts: learned from "
                f"others, without what became of an account before, the lead over the {CONSTANT} is "
                f"{self.transfer.mean:+.4f}, and at least {self.transfer.at_least:+.4f} with {surely}{ending}"
            )
        failed = {name: gain for name, gain in self.improvements.items() if not gain.is_certain}
        leads = "; ".join(
            f"{name}: lead {gain.mean:+.4f}, at least {gain.at_least:+.4f}" for name, gain in failed.items()
        )
        return f"Not shown to be better than {_enumerated(failed)} with {surely}: log loss {loss:.4f} ({leads}){ending}"

    def as_dict(self) -> dict[str, Any]:
        """Returns what was measured, as JSON."""
        return {
            "trained_on": asdict(self.trained_on),
            "tested_on": asdict(self.tested_on),
            "metrics": {name: metrics.as_dict() for name, metrics in self.metrics.items()},
            "improvements": {name: asdict(gain) for name, gain in self.improvements.items()},
            "importance": self.importance,
            "transfer": asdict(self.transfer) if self.transfer else None,
        }


def _are_certain(improvements: Mapping[str, Improvement]) -> bool:
    return all(gain.is_certain for gain in improvements.values())


def _enumerated(names: Mapping[str, object]) -> str:
    *first, last = (f"the {name}" for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def fingerprint(examples: Examples, settings: Settings) -> str:
    """A key that is the same for the same data, features, settings and libraries, which give the same model."""
    digest = hashlib.sha256()
    for values in (examples.features, examples.labels, examples.accounts, examples.as_of.astype("int64")):
        digest.update(f"{values.dtype}{values.shape}".encode())
        digest.update(values.tobytes())
    rest = {"features": FEATURE_NAMES, "settings": asdict(settings), "libraries": library_versions()}
    digest.update(json.dumps(rest, sort_keys=True).encode())
    return digest.hexdigest()


def split_by_time(
    as_of: NDArray[np.datetime64], *, horizon_days: int, test_share: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Masks of the rows to train on and of those to test on: the latest snapshots, about ``test_share`` of the rows.

    The horizon of every training row ended before the first test row began; rows in between are left out.
    Raises ``NotEnoughHistory``.
    """
    import numpy as np

    days, rows = np.unique(as_of, return_counts=True)
    if not len(days):
        raise NotEnoughHistory(f"No snapshot is {horizon_days} days old: what came of it is not known yet")
    shares = np.cumsum(rows[::-1])[::-1] / len(as_of)
    first = days[np.argmin(np.abs(shares - test_share))]
    train, test = as_of + np.timedelta64(horizon_days, "D") <= first, as_of >= first
    if not train.any():
        raise NotEnoughHistory(
            f"Snapshots whose outcome is known reach from {days[0]} to {days[-1]}: training needs some that are "
            f"{horizon_days} days older than those to test on, from {first}"
        )
    return train, test


def train(examples: Examples, settings: Settings | None = None, *, incumbent: Model | None = None) -> Training:
    """Fit a model on the past, and compare it with simpler ones and the one in use on what came after.

    The model is the one that was tested: it is not fitted again on all rows. Raises ``NotEnoughHistory``.
    """
    import numpy as np

    settings = settings or Settings()
    trained, tested = split_by_time(examples.as_of, horizon_days=settings.horizon_days, test_share=settings.test_share)
    past, future = examples.where(trained), examples.where(tested)
    _require(past, _LEAST_TO_TRAIN, "to train on")
    _require(future, _LEAST_TO_TEST, "to test on")
    model = fit_model(
        past, horizon_days=settings.horizon_days, seed=settings.seed, hyperparameters=settings.hyperparameters
    )
    probabilities = {
        MODEL: model.probabilities(future.features),
        FORMULA: _formula(past, future),
        CONSTANT: np.full(len(future), past.labels.mean()),
    }
    if incumbent is not None and incumbent.horizon_days == settings.horizon_days:
        probabilities[INCUMBENT] = incumbent.probabilities(future.features)
    losses = {name: log_losses(future.labels, found) for name, found in probabilities.items()}

    def gain(before: NDArray[np.float64], after: NDArray[np.float64]) -> Improvement:
        return improvement(
            before,
            after,
            future.accounts,
            resamples=settings.resamples,
            confidence=settings.confidence,
            seed=settings.seed,
        )

    improvements = {name: gain(losses[name], losses[MODEL]) for name in probabilities if name != MODEL}
    transfer = None
    if _are_certain(improvements):
        transferred = transferred_probabilities(
            examples, trained, tested, seed=settings.seed, hyperparameters=settings.hyperparameters
        )
        transfer = gain(losses[CONSTANT], log_losses(future.labels, transferred))
    return Training(
        model=model,
        settings=settings,
        fingerprint=fingerprint(examples, settings),
        trained_on=Period.of(past),
        tested_on=Period.of(future),
        account_share=examples.account_share,
        metrics={name: measure(future.labels, found) for name, found in probabilities.items()},
        improvements=improvements,
        importance=_importance(model, future, settings.seed),
        transfer=transfer,
    )


def _require(examples: Examples, least: int, what_for: str) -> None:
    import numpy as np

    found = {
        "with a meeting or deal": len(np.unique(examples.accounts[examples.labels])),
        "without one": len(np.unique(examples.accounts[~examples.labels])),
    }
    missing = [f"{number} of {least} accounts {which}" for which, number in found.items() if number < least]
    if missing:
        raise NotEnoughHistory(f"Too few accounts {what_for}: {', '.join(missing)}")


def _formula(past: Examples, future: Examples) -> NDArray[np.float64]:
    """The ICP score as a probability: how often accounts with that score had an outcome, never less for a higher score.

    Accounts without a score are a group of their own.
    """
    import numpy as np
    from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]

    position = FEATURE_NAMES.index("icp_score")
    before, after = (np.nan_to_num(part.features[:, position]).astype(int) for part in (past, future))
    scores = np.arange(max(before.max(), after.max()) + 1)
    weights = np.bincount(before, minlength=len(scores)) + _SMOOTHING
    shares = (np.bincount(before, past.labels, minlength=len(scores)) + _SMOOTHING * past.labels.mean()) / weights
    if len(scores) > 1:
        rising = IsotonicRegression().fit(scores[1:], shares[1:], sample_weight=weights[1:])
        shares[1:] = rising.predict(scores[1:])
    found: NDArray[np.float64] = shares[after]
    return found


def _importance(model: Model, examples: Examples, seed: int) -> dict[str, float]:
    """How much the log loss rises when each feature is shuffled, on a sample of the rows, highest first."""
    import numpy as np

    random = np.random.default_rng(seed)
    chosen = random.permutation(len(examples))[:_ROWS_TO_RANK_FEATURES]
    features, labels = examples.features[chosen], examples.labels[chosen]
    loss = log_losses(labels, model.probabilities(features)).mean()
    found = {}
    for position in np.flatnonzero(model.used):
        known = features[:, position].copy()
        features[:, position] = random.permutation(known)
        found[FEATURE_NAMES[position]] = float(log_losses(labels, model.probabilities(features)).mean() - loss)
        features[:, position] = known
    return dict(sorted(found.items(), key=lambda item: -item[1]))
