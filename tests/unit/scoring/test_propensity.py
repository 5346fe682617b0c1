"""A model is used when it is better on what came later, and only then; and what it says can be read."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, cast

import numpy as np
import pytest

from prospecting.scoring.model_artifact import dump_model
from prospecting.scoring.model_card import model_card
from prospecting.scoring.model_evaluation import improvement, log_losses, measure
from prospecting.scoring.propensity import Model
from prospecting.scoring.propensity_features import COLUMNS, FEATURE_NAMES, Examples, feature_matrix
from prospecting.scoring.propensity_reasons import ASPECTS, points_of, reasons
from prospecting.scoring.propensity_training import (
    CONSTANT,
    FORMULA,
    INCUMBENT,
    MODEL,
    NotEnoughHistory,
    Settings,
    Training,
    fingerprint,
    split_by_time,
    train,
)
from prospecting.scoring.propensity_transfer import transferred_probabilities, without_outcomes
from prospecting.scoring.propensity_trees import CalibratedTrees
from tests.generated_history import COUNTED, generate_history

SETTINGS = Settings(resamples=500)


# Every training takes a second or more.
pytestmark = pytest.mark.slow


@cache
def planted(seed: int = 1, accounts: int = 200) -> Examples:
    return generate_history(accounts=accounts, months=18, seed=seed).examples()


@cache
def trained() -> Training:
    return train(planted(), SETTINGS)


def a_row(**known: Any) -> list[Any]:
    """The columns of an account nothing else is known of."""
    return [known.get(column, 0 if column in COUNTED else None) for column in COLUMNS]


# ------------------------------------------------------------------ features
def test_features_are_numbers_and_days_before_the_moment() -> None:
    row = a_row(
        icp_score=8,
        has_funding=True,
        is_b2b_saas=False,
        last_research_at=datetime(2026, 2, 27, 12, tzinfo=UTC),
        last_sponsored_on=date(2026, 3, 11),
    )
    matrix = feature_matrix([row, a_row()], [date(2026, 3, 1), datetime(2026, 3, 1, 6, tzinfo=UTC)])
    first, second = (dict(zip(FEATURE_NAMES, values, strict=True)) for values in matrix.tolist())
    assert (first["icp_score"], first["has_funding"], first["is_b2b_saas"]) == (8, 1, 0)
    assert (first["days_since_research"], first["days_since_sponsoring"]) == (1.5, -10)
    unknown = {name for name, value in second.items() if math.isnan(value)}
    assert unknown == {*FEATURE_NAMES} - COUNTED
    assert (matrix.shape, matrix.dtype) == ((2, len(FEATURE_NAMES)), np.float32)
    assert feature_matrix([], []).shape == (0, len(FEATURE_NAMES))


def test_what_ends_the_story_and_what_follows_from_another_are_no_features() -> None:
    assert not {"deal_won_count", "priority_level"} & {*COLUMNS, *FEATURE_NAMES}


# ------------------------------------------------------------------ time
def test_what_labelled_a_training_row_ended_before_the_test_began() -> None:
    as_of = planted().as_of
    past, future = split_by_time(as_of, horizon_days=90, test_share=0.25)
    assert as_of[past].max() + np.timedelta64(90, "D") <= as_of[future].min()
    assert as_of[future].max() == as_of.max()
    assert not (past & future).any()
    assert 0.15 < future.mean() < 0.35
    # No day between them could have been trained on.
    between = as_of[~past & ~future]
    assert (between + np.timedelta64(90, "D") > as_of[future].min()).all()


def test_the_future_of_the_training_rows_tells_nothing_of_the_test() -> None:
    """Some technologies come into fashion late: whoever trains up to the test has seen it."""
    random = np.random.default_rng(0)
    accounts, months, fashion = 200, 15, 9
    days = np.array([np.datetime64("2025-01", "M") + month for month in range(months)]).astype("datetime64[D]")
    technologies = random.integers(0, 10, accounts)
    likely = np.where(np.arange(months)[:, None] < fashion, 0.3, np.where(technologies < 4, 0.7, 0.05))
    features = np.full((accounts, len(FEATURE_NAMES)), np.nan, dtype=np.float32)
    features[:, FEATURE_NAMES.index("technology_count")] = technologies
    examples = Examples(
        features=np.tile(features, (months, 1)),
        labels=(random.random((months, accounts)) < likely).ravel(),
        accounts=np.tile(np.arange(accounts, dtype=np.int32), months),
        as_of=np.repeat(days, accounts),
    )
    assert not train(examples, SETTINGS).is_better
    # As if the outcome were known a day later, months after the change are trained on.
    assert train(examples, replace(SETTINGS, horizon_days=1)).is_better


@pytest.mark.parametrize(
    ("months", "said"),
    [
        (2, "No snapshot is 90 days old"),
        (5, "training needs some that are 90 days older than those to test on"),
    ],
)
def test_too_short_a_history_is_told(months: int, said: str) -> None:
    examples = generate_history(accounts=50, months=months, seed=0).examples()
    with pytest.raises(NotEnoughHistory, match=said):
        train(examples, SETTINGS)


def test_too_few_outcomes_are_counted() -> None:
    examples = planted()
    few = replace(examples, labels=examples.labels & (examples.accounts < 20))
    with pytest.raises(
        NotEnoughHistory, match=r"Too few accounts to train on: \d+ of 20 accounts with a meeting or deal$"
    ):
        train(few, SETTINGS)
    with pytest.raises(NotEnoughHistory, match="of 20 accounts without one"):
        train(replace(examples, labels=np.ones_like(examples.labels)), SETTINGS)
    early = examples.as_of < examples.as_of.max() - np.timedelta64(200, "D")
    with pytest.raises(NotEnoughHistory, match=r"Too few accounts to test on: 0 of 10 accounts with"):
        train(replace(examples, labels=examples.labels & early), SETTINGS)


# ------------------------------------------------------------------ better, or not
@pytest.mark.parametrize("seed", range(5))
def test_a_planted_rule_is_found(seed: int) -> None:
    training = trained() if seed == 1 else train(planted(seed), SETTINGS)
    assert training.is_better, training.verdict
    model, formula, constant = (training.metrics[name] for name in (MODEL, FORMULA, CONSTANT))
    assert model.log_loss < 0.95 * min(formula.log_loss, constant.log_loss)
    assert model.roc_auc > formula.roc_auc + 0.05
    assert model.lift_top_decile > formula.lift_top_decile
    assert training.verdict.startswith("Better than the ICP formula and the base rate: log loss 0.")


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_outcomes_are_never_used(seed: int) -> None:
    examples = planted(seed)
    training = train(replace(examples, labels=np.random.default_rng(seed).permutation(examples.labels)), SETTINGS)
    assert not training.is_better
    assert training.verdict.startswith("Not shown to be better than ")
    assert any(f"{name}: lead" in training.verdict for name in (FORMULA, CONSTANT))


@pytest.mark.parametrize("seed", range(3))
def test_outcomes_without_a_rule_are_never_used(seed: int) -> None:
    assert not train(generate_history(accounts=200, months=18, seed=seed, rule="none").examples(), SETTINGS).is_better


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ["outcomes of another account", "again and again, by lot"])
def test_who_met_before_meets_again_is_not_worth_a_model(kind: str, seed: int) -> None:
    """It is better than base rate and formula, by nothing but the past of each account."""
    if kind == "outcomes of another account":
        history = generate_history(accounts=200, months=18, seed=seed).exchange_outcomes(seed)
    else:
        history = generate_history(accounts=200, months=18, seed=seed, rule="lots")
    training = train(history.examples(), SETTINGS)
    assert not training.is_better
    if training.transfer is not None:
        assert training.verdict.startswith(
            "Better than the ICP formula and the base rate, but not shown to hold for other"
        )
    else:
        assert kind == "outcomes of another account"
        assert training.verdict.startswith("Not shown to be better than ")


def test_nothing_is_learned_from_the_accounts_that_are_told() -> None:
    """Every account can be recognised, and does always the same."""
    random = np.random.default_rng(0)
    accounts, months = 100, 12
    features = np.full((accounts, len(FEATURE_NAMES)), np.nan, dtype=np.float32)
    features[:, FEATURE_NAMES.index("total_open_roles")] = random.permutation(accounts)
    examples = Examples(
        features=np.repeat(features, months, axis=0),
        labels=np.repeat(random.random(accounts) < 0.4, months),
        accounts=np.repeat(np.arange(accounts, dtype=np.int32), months),
        as_of=np.tile(np.array([np.datetime64("2025-01", "M") + m for m in range(months)]).astype("M8[D]"), accounts),
    )
    past, future = split_by_time(examples.as_of, horizon_days=90, test_share=0.25)
    found = transferred_probabilities(examples, past, future, seed=0, hyperparameters=SETTINGS.hyperparameters)
    labels = examples.labels[future]
    assert measure(labels, found).roc_auc < 0.65
    assert log_losses(labels, found).mean() > log_losses(labels, np.full(len(labels), labels.mean())).mean()
    assert train(examples, SETTINGS).metrics[MODEL].roc_auc > 0.8


def test_what_was_done_since_earlier_snapshots_is_told_without_outcomes() -> None:
    rows = {
        # account: (views, meetings) at the start of each month; whoever met or was lost interacted, too
        7: [(1, 0), (1, 0), (4, 1), (9, 1), (9, 3)],
        3: [(20, 5), (22, 6)],
    }
    columns = [(account, month, *counts) for account, known in rows.items() for month, counts in enumerate(known)]
    columns = [columns[position] for position in (4, 0, 6, 3, 5, 1, 2)]
    as_of = [date(2026, month + 1, 1) for _, month, _, _ in columns]
    examples = Examples(
        features=feature_matrix(
            [
                a_row(
                    viewed_count=views, contacted_count=1, meeting_booked_count=met, interaction_count=views + met + 1
                )
                for _, _, views, met in columns
            ],
            as_of,
        ),
        labels=np.zeros(len(columns), dtype=np.bool_),
        accounts=np.array([account for account, *_ in columns], dtype=np.int32),
        as_of=np.array(as_of, dtype="datetime64[D]"),
    )
    found = without_outcomes(examples)
    assert {
        (account, month): tuple(None if math.isnan(value) else value for value in values)
        for (account, month, *_), values in zip(columns, found[:, -2:].tolist(), strict=True)
    } == {
        (7, 0): (None, None), (7, 1): (0, None), (7, 2): (3, None), (7, 3): (5, 8), (7, 4): (0, 8),
        (3, 0): (None, None), (3, 1): (2, None),
    }  # fmt: skip
    # Whatever comes of accounts, nothing else of a row tells.
    position = FEATURE_NAMES.index
    told = examples.features.copy()
    told[:, [position("meeting_booked_count"), position("deal_lost_count"), position("interaction_count")]] += 5
    told[:, [position(f"interaction_count_{days}d") for days in (30, 90)]] += 5
    told[:, [position("engaged_user_count"), position("engagement_score")]] += 1
    told[:, [position("days_since_interaction"), position("days_since_contact")]] = 1
    assert np.array_equal(without_outcomes(replace(examples, features=told)), found, equal_nan=True)


def test_no_better_than_the_model_in_use() -> None:
    again = train(planted(), SETTINGS, incumbent=trained().model)
    assert again.improvements[INCUMBENT].mean == 0
    assert (again.is_better, trained().is_better) == (False, True)
    assert again.verdict.startswith("Not shown to be better than the model in use with 99% confidence")
    assert again.metrics[INCUMBENT] == again.metrics[MODEL]
    assert not again.incumbent_is_behind
    assert "out of use" not in again.verdict


def test_a_model_in_use_that_fell_behind_is_told() -> None:
    """What it learned does not hold any more, and there is nothing else to learn."""
    other = planted()
    shuffled = replace(other, labels=np.random.default_rng(0).permutation(other.labels))
    training = train(shuffled, SETTINGS, incumbent=trained().model)
    assert (training.is_better, training.incumbent_is_behind) == (False, True)
    assert training.verdict.endswith("no better than ICP formula or base rate any more, and is taken out of use")


def test_better_than_a_model_in_use_that_is_outdated() -> None:
    other = planted()
    useless = train(replace(other, labels=np.random.default_rng(0).permutation(other.labels)), SETTINGS).model
    training = train(planted(), SETTINGS, incumbent=useless)
    assert training.is_better
    assert "the ICP formula, the base rate and the model in use" in training.verdict


def test_a_model_in_use_for_another_horizon_is_no_rival() -> None:
    other = replace(trained().model, horizon_days=30)
    assert INCUMBENT not in train(planted(), SETTINGS, incumbent=other).improvements


def test_the_same_data_and_seed_give_the_same_figures_and_artifact() -> None:
    first, again = trained(), train(planted(), SETTINGS)
    assert first.as_dict() == again.as_dict()
    assert first.fingerprint == again.fingerprint
    assert dump_model(first.model) == dump_model(again.model)
    assert json.loads(json.dumps(first.as_dict(), default=str))


def test_the_fingerprint_tells_data_and_settings_apart() -> None:
    examples = planted()
    changed = examples.features.copy()
    changed[0, FEATURE_NAMES.index("viewed_count")] += 1
    flipped = examples.labels.copy()
    flipped[0] = not flipped[0]
    found = {
        fingerprint(examples, SETTINGS),
        fingerprint(examples, replace(SETTINGS, seed=1)),
        fingerprint(examples, replace(SETTINGS, horizon_days=60)),
        fingerprint(replace(examples, features=changed), SETTINGS),
        fingerprint(replace(examples, labels=flipped), SETTINGS),
        fingerprint(replace(examples, accounts=examples.accounts + 1), SETTINGS),
        fingerprint(replace(examples, as_of=examples.as_of + 1), SETTINGS),
        fingerprint(examples.where(examples.accounts >= 0), SETTINGS),
    }
    assert len(found) == 7


def test_features_nobody_knows_do_no_harm() -> None:
    """One is never known, another for a single account only."""
    examples = planted()
    features = examples.features.copy()
    features[:, FEATURE_NAMES.index("technology_count")] = np.nan
    rare = FEATURE_NAMES.index("best_sponsor_tier_rank")
    features[np.flatnonzero(examples.accounts == 3)[:1], rare] = 1
    training = train(replace(examples, features=features), SETTINGS)
    assert not training.model.used[[FEATURE_NAMES.index("technology_count"), rare]].any()
    assert training.model.used.any()
    assert training.model.probabilities(features[:5]).shape == (5,)


# ------------------------------------------------------------------ metrics
def test_metrics_of_probabilities_worked_out_by_hand() -> None:
    labels = np.array([True, False, True, False])
    found = measure(labels, np.array([0.9, 0.2, 0.6, 0.4]))
    assert found.log_loss == pytest.approx(-np.log([0.9, 0.8, 0.6, 0.6]).mean())
    assert found.brier == pytest.approx((0.01 + 0.04 + 0.16 + 0.16) / 4)
    assert (found.roc_auc, found.average_precision, found.lift_top_decile) == (1, 1, 2)
    assert sum(part["rows"] for part in found.bins) == 4
    assert found.calibration_error == pytest.approx((0.1 + 0.2 + 0.4 + 0.4) / 4)


def test_equal_probabilities_have_no_lift() -> None:
    labels = np.arange(1000) % 5 == 0
    found = measure(labels, np.full(1000, 0.2))
    assert (found.lift_top_decile, found.roc_auc, found.calibration_error) == pytest.approx((1, 0.5, 0), abs=1e-9)
    assert found.bins == [{"rows": 1000, "predicted": pytest.approx(0.2), "observed": pytest.approx(0.2)}]


def test_certainty_that_is_wrong_costs_a_lot_but_not_everything() -> None:
    assert np.isfinite(log_losses(np.array([True, False]), np.array([0.0, 1.0]))).all()


def test_the_bound_of_an_improvement_respects_that_rows_of_an_account_go_together() -> None:
    random = np.random.default_rng(0)
    gains = np.repeat(random.normal(0.05, 1, 100), 10)
    options: dict[str, Any] = {"resamples": 2000, "confidence": 0.95, "seed": 0}
    alone = improvement(gains, np.zeros(1000), np.arange(1000, dtype=np.int32), **options)
    together = improvement(gains, np.zeros(1000), np.repeat(np.arange(100, dtype=np.int32), 10), **options)
    assert alone.mean == pytest.approx(together.mean) == pytest.approx(gains.mean())
    # Ten times the rows say no more than a tenth of them: the bound is about sqrt(10) as far away.
    assert (together.mean - together.at_least) / (alone.mean - alone.at_least) == pytest.approx(math.sqrt(10), rel=0.1)
    assert improvement(gains, gains, np.arange(1000, dtype=np.int32), **options).is_certain is False


# ------------------------------------------------------------------ reasons
def test_every_feature_has_words() -> None:
    assert sorted(name for aspect in ASPECTS for name in aspect.features) == sorted(FEATURE_NAMES)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"engineering_role_count": 5}, "5 engineering roles open"),
        ({"engineering_role_count": 1}, "1 engineering role open"),
        ({"engineering_role_count": 0}, "No engineering roles open"),
        ({"engineering_role_count": None, "has_open_engineering_roles": True}, "Engineering roles open"),
        ({"engineering_role_count": None}, "Engineering roles not known"),
        ({"employees_min": 51, "employees_max": 200}, "51 to 200 employees"),
        ({"employees_min": 5001}, "5001 or more employees"),
        ({"employees_max": 49}, "At most 49 employees"),
        ({"icp_score": 9}, "ICP score 9"),
        ({"is_b2b_saas": True}, "B2B SaaS"),
        ({"is_b2b_saas": False}, "Not B2B SaaS"),
        ({"has_modern_stack": True, "technology_count": 7}, "Modern technology, 7 tools named"),
        ({"interaction_count_30d": 4}, "4 interactions in 30 days"),
        ({"interaction_count_90d": 1}, "1 interaction in 90 days"),
        ({"last_interaction_at": date(2026, 1, 1)}, "Last interaction 59 days ago"),
        (
            {"interaction_count": 9, "opened_research_count": 4, "engaged_user_count": 2},
            "Research opened 4 times; 2 users engaged",
        ),
        (
            {"contacted_count": 1, "last_contacted_at": date(2026, 2, 28)},
            "Contacted 1 time, last touched 1 day ago",
        ),
        ({"meeting_booked_count": 2}, "2 meetings booked before"),
        (
            {"research_run_count": 3, "last_research_at": datetime(2026, 3, 1, tzinfo=UTC)},
            "Researched 3 times, last today",
        ),
        ({"sponsored_event_count": 1, "last_sponsored_on": date(2026, 3, 11)}, "Sponsors 1 event, latest in 10 days"),
        (
            {"hiring_signal_count": 2, "funding_signal_count": 1, "last_signal_at": date(2026, 2, 1)},
            "2 hiring signals and 1 funding signal, last 28 days ago",
        ),
        (
            {"company_briefing_count": 1, "person_briefing_count": 1, "icp_title_count": 12},
            "Briefed: company, 1 person, 12 job titles",
        ),
        ({"slots_filled": 2}, "2 executives known"),
        ({"failed_run_count": 3}, "Our research of it failed 3 times"),
        ({"interaction_count_90d": 1, "deal_lost_count": 1}, "1 interaction in 90 days, lost deals counted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_words(known: dict[str, Any], words: str) -> None:
    matrix = feature_matrix([a_row(**{"engineering_role_count": None, **known})], [date(2026, 3, 1)])
    values = [None if math.isnan(value) else value for value in matrix[0].tolist()]
    account = dict(zip(FEATURE_NAMES, values, strict=True))
    assert words in [aspect.words(account) for aspect in ASPECTS]


def test_words_of_an_account_nothing_is_known_of_are_sentences() -> None:
    nothing = dict.fromkeys(FEATURE_NAMES)
    for aspect in ASPECTS:
        assert re.fullmatch(r"[A-Z][A-Za-z0-9 ,:;]+", aspect.words(nothing)), aspect.features


def test_reasons_are_what_raises_the_probability() -> None:
    """A model that looks at roles and funding alone: each is worth what the probability falls without it."""

    class ByRule:
        def probabilities(self, features: Any) -> Any:
            roles, funded = (features[:, FEATURE_NAMES.index(name)] for name in looked_at)
            return 0.1 + 0.2 * (roles >= 5) + 0.05 * (funded == 1)

    looked_at = ["engineering_role_count", "has_funding"]
    used = np.isin(FEATURE_NAMES, looked_at)
    typical = np.where(used, 0, np.nan).astype(np.float32)
    rows = [
        a_row(engineering_role_count=5, has_funding=True),
        a_row(engineering_role_count=8, has_funding=False),
        a_row(engineering_role_count=2, has_funding=True),
        a_row(engineering_role_count=0),
    ]
    features = feature_matrix(rows, [date(2026, 3, 1)] * 4)
    before = features.copy()
    assert reasons(Model(cast("CalibratedTrees", ByRule()), used, typical, 90), features) == [
        ["5 engineering roles open (+20 points)", "Funded (+5 points)"],
        ["8 engineering roles open (+20 points)"],
        ["Funded (+5 points)"],
        [],
    ]
    assert np.array_equal(features, before, equal_nan=True)


def test_reasons_of_a_trained_model_name_the_planted_rule() -> None:
    examples = planted()
    model = trained().model
    probabilities = model.probabilities(examples.features)
    likely = examples.features[np.argsort(-probabilities)[:200]]
    found = [reason for account in reasons(model, likely) for reason in account]
    assert any(re.fullmatch(r"\d+ interactions in 30 days \(\+\d+ points\)", reason) for reason in found)
    assert all(len(account) <= 3 for account in reasons(model, likely))
    assert all(re.fullmatch(r".+ \(\+[1-9]\d* points\)", reason) for reason in found)
    assert reasons(model, examples.features[:0]) == []


# ------------------------------------------------------------------ the card
def test_the_card_says_what_was_done_and_found() -> None:
    training = trained()
    card = model_card(training, name="propensity")
    assert card.startswith("# propensity\n")
    assert f"**Decision: promoted.** {training.verdict}." in card
    for heading in ("Data", "Quality on the test period", "Predicted and observed", "What matters", "Limits"):
        assert f"\n## {heading}\n" in card
    for line in (
        f"| training | {training.trained_on.first} to {training.trained_on.last} | {training.trained_on.rows} |",
        f"| {MODEL} | {training.metrics[MODEL].log_loss:.4f} |",
        f"| {FORMULA} | {training.metrics[FORMULA].log_loss:.4f} |",
        f"| {CONSTANT} | {training.metrics[CONSTANT].log_loss:.4f} |",
        f"- fingerprint: {training.fingerprint}",
        "- seed: 0",
    ):
        assert line in card
    assert next(iter(training.importance)) in card
    assert "A sample of" not in card
    assert "A sample of 25.0% of all accounts" in model_card(replace(training, account_share=0.25), name="propensity")


def test_the_card_of_a_rejected_model_says_so() -> None:
    training = train(planted(), SETTINGS, incumbent=trained().model)
    assert f"**Decision: rejected.** {training.verdict}." in model_card(training, name="propensity")


def test_what_matters_is_what_was_planted() -> None:
    assert {"engineering_role_count", "has_funding"} <= set(list(trained().importance)[:4])


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("5 engineering roles open (+12 points)", ("5 engineering roles open", 12)),
        ("Funded (Series A) (+1 points)", ("Funded (Series A)", 1)),
        ("A high ICP score", ("A high ICP score", None)),
    ],
)
def test_the_points_of_a_reason_are_read_back(reason: str, expected: tuple[str, int | None]) -> None:
    assert points_of(reason) == expected
