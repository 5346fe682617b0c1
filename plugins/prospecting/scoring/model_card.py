"""The model card: what a training found, for people who decide whether to trust the model."""

from __future__ import annotations

from prospecting.scoring.propensity import library_versions
from prospecting.scoring.propensity_training import MODEL, Period, Training

_MOST_FEATURES = 10


def model_card(training: Training, *, name: str) -> str:
    """Markdown: purpose, data, quality beside simpler models, calibration, what matters, the decision, limits."""
    settings = training.settings
    return "\n\n".join(
        [
            f"# {name}",
            f"How likely an account is to book a meeting or buy within {settings.horizon_days} days.",
            f"**Decision: {'promoted' if training.is_better else 'rejected'}.** {training.verdict}.",
            "## Data",
            _data(training),
            "## Quality on the test period",
            _quality(training),
            "## Predicted and observed",
            _calibration(training),
            "## What matters",
            _importance(training),
            "## Limits",
            _limits(training),
            "## How to make it again",
            _settings(training),
        ]
    )


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _data(training: Training) -> str:
    def row(what: str, period: Period) -> tuple[object, ...]:
        share = f"{period.positive_rows} ({period.positive_rows / period.rows:.1%})"
        return (
            what, f"{period.first} to {period.last}", period.rows, period.accounts, share, period.positive_accounts
        )  # fmt: skip

    head = ("", "snapshots", "rows", "accounts", "rows with an outcome", "accounts with one")
    sampled = "" if training.account_share == 1 else f" A sample of {training.account_share:.1%} of all accounts."
    return (
        _table(head, [row("training", training.trained_on), row("test", training.tested_on)])
        + "\n\nA row is an account as it was known when a month began; the outcome is a meeting or a deal in the "
        f"{training.settings.horizon_days} days from then. Accounts won before are left out, and so are rows whose "
        f"outcome was still open when the test period began.{sampled}"
    )


def _quality(training: Training) -> str:
    head = (
        "",
        "log loss",
        "Brier",
        "ROC AUC",
        "average precision",
        "lift of the top tenth",
        "calibration error",
        "lead",
    )
    rows: list[tuple[object, ...]] = []
    for name, metrics in training.metrics.items():
        gain = training.improvements.get(name)
        rows.append(
            (
                name,
                f"{metrics.log_loss:.4f}",
                f"{metrics.brier:.4f}",
                f"{metrics.roc_auc:.3f}",
                f"{metrics.average_precision:.3f}",
                f"{metrics.lift_top_decile:.2f}",
                f"{metrics.calibration_error:.3f}",
                f"{gain.mean:+.4f}, at least {gain.at_least:+.4f}" if gain else "",
            )
        )
    return (
        _table(head, rows)
        + "\n\nLead: by how much the log loss of this model is lower, and by how much at least, with "
        f"{training.settings.confidence:.0%} confidence (one-sided, {training.settings.resamples} resamples of "
        "accounts). It is promoted when every lead, the following one too, is certain to be above zero."
        f"\n\n{_transfer(training)}"
    )


def _transfer(training: Training) -> str:
    gain = training.transfer
    found = f"{gain.mean:+.4f}, at least {gain.at_least:+.4f}" if gain else "not measured, as it was not better anyway"
    return (
        "Lead over the base rate of the same trees fitted on other accounts, without features that tell of earlier "
        f"outcomes: {found}. What is learned must hold for accounts that nobody knows yet."
    )


def _calibration(training: Training) -> str:
    bins = training.metrics[MODEL].bins
    rows: list[tuple[object, ...]] = [
        (part["rows"], f"{part['predicted']:.1%}", f"{part['observed']:.1%}") for part in bins
    ]
    return _table(("rows", "predicted", "observed"), rows)


def _importance(training: Training) -> str:
    most = list(training.importance.items())[:_MOST_FEATURES]
    rows: list[tuple[object, ...]] = [(feature, f"{loss:+.4f}") for feature, loss in most]
    return _table(("feature", "log loss when shuffled"), rows)


def _limits(training: Training) -> str:
    return "\n".join(
        [
            "- It learned from accounts somebody worked on: who was never contacted could not book a meeting.",
            f"- It learned until {training.trained_on.last} and was tested on one later period; markets move on.",
            "- The model is the one that was tested, not fitted again on the test period.",
            "- What raises a probability need not cause the outcome. It knows companies, not people.",
        ]
    )


def _settings(training: Training) -> str:
    settings = training.settings
    facts = {
        "horizon": f"{settings.horizon_days} days",
        "test share": f"{settings.test_share:.0%}",
        "seed": settings.seed,
        **settings.hyperparameters,
        **library_versions(),
        "fingerprint": training.fingerprint,
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())
