"""What a model learns from, its versions, and what it says of accounts: from rows to arrays and back to rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from prospecting.persistence import ml_models
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.feature_refreshes import plan_chunks, refresh_chunk, start_refresh
from prospecting.persistence.ml_models import (
    AccountScore,
    History,
    Registered,
    ScoreCounts,
    count_history,
    find_model,
    find_newest,
    find_promoted,
    forget_other_scores,
    missing_history,
    query_account_features,
    query_training_examples,
    register_model,
    save_scores,
    score_accounts,
)
from prospecting.scoring.propensity_features import FEATURE_NAMES, Examples
from prospecting.scoring.propensity_training import CONSTANT, INCUMBENT, MODEL, Settings, Training, train
from tests import generated_history as generated
from tests.db.factories import at_once, count, stored, versions
from tests.generated_history import copy_rows, generate_history, load_history, load_snapshots

NAME = "propensity"
ARTIFACT: dict[str, Any] = {"artifact_path": "file:///models/a.model", "artifact_sha256": "a" * 64, "artifact_bytes": 9}
NOW = datetime(2026, 10, 1, tzinfo=UTC)


@cache
def history() -> generated.History:
    return generate_history(accounts=200, months=18, seed=1)


@cache
def a_training() -> Training:
    """A model that is better than the others."""
    training = train(history().examples(), Settings(resamples=500))
    assert training.is_better
    return training


def rejected(training: Training) -> Training:
    return replace(
        training, improvements={name: replace(gain, at_least=-1.0) for name, gain in training.improvements.items()}
    )


def other(training: Training, fingerprint: str) -> Training:
    """As if trained on other data."""
    return replace(training, fingerprint=fingerprint)


def same(found: Examples, expected: Examples) -> bool:
    return (
        np.array_equal(found.features, expected.features, equal_nan=True)
        and np.array_equal(found.labels, expected.labels)
        and np.array_equal(found.as_of, expected.as_of)
        # Numbered from 0 in the order of domains, without those nothing is learned of.
        and np.array_equal(found.accounts, np.unique(expected.accounts, return_inverse=True)[1])
    )


def add_account(connection: Connection, domain: str, *months: date, **columns: Any) -> None:
    """An account with snapshots as of these days."""
    connection.execute(
        text("insert into accounts (account_domain, company_name) values (:domain, :domain)"), {"domain": domain}
    )
    names = "".join(f", {name}" for name in columns)
    binds = "".join(f", :{name}" for name in columns)
    for as_of in months:
        connection.execute(
            text(
                f"insert into account_feature_snapshots (account_domain, as_of{names}) values (:domain, :as_of{binds})"
            ),
            {"domain": domain, "as_of": as_of, **columns},
        )


def log(connection: Connection, domain: str, kind: str, at: datetime) -> None:
    connection.execute(
        text(
            "with one as (insert into users default values returning id) insert into user_interactions "
            "(user_id, account_domain, interaction_type, created_at) select id, :domain, :kind, :at from one"
        ),
        {"domain": domain, "kind": kind, "at": at},
    )


def outcomes(examples: Examples) -> list[tuple[int, date, bool]]:
    return list(zip(examples.accounts.tolist(), examples.as_of.tolist(), examples.labels.tolist(), strict=True))


# ------------------------------------------------------------------ enough to begin with
@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (History(50, 100), None),
        (History(1000, 100_000), None),
        (History(48, 100), "Too little to learn from: 48 of 50 research runs"),
        (History(50, 99), "Too little to learn from: 99 of 100 user interactions"),
        (History(0, 0), "Too little to learn from: 0 of 50 research runs, 0 of 100 user interactions"),
    ],
)
def test_what_is_missing_is_counted(found: History, missing: str | None) -> None:
    assert missing_history(found) == missing


def test_history_is_counted(connection: Connection) -> None:
    assert count_history(connection) == History(0, 0)
    load_history(connection, history())
    assert count_history(connection) == History(history().run_at.size, history().interaction_at.size)


# ------------------------------------------------------------------ examples
def test_examples_are_what_the_snapshots_and_interactions_say(connection: Connection, monkeypatch: Any) -> None:
    """Worked out a second time without the database."""
    monkeypatch.setattr(ml_models, "_ROWS_AT_ONCE", 999)  # chunks end within accounts
    load_history(connection, history())
    load_snapshots(connection, history())
    found = query_training_examples(connection, horizon_days=90, until=history().until)
    assert same(found, history().examples())
    assert 100 < found.labels.sum() < len(found) / 2
    assert found.account_share == 1
    assert (found.features.dtype, found.accounts.dtype) == (np.float32, np.int32)
    shorter = query_training_examples(connection, horizon_days=30, until=history().until)
    assert same(shorter, history().examples(horizon_days=30))


def test_an_outcome_counts_from_the_day_of_the_snapshot_until_the_horizon_ends(connection: Connection) -> None:
    connection.execute(text("set local time zone 'America/Los_Angeles'"))  # days are those of UTC
    begins, ends = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 30, tzinfo=UTC)
    moments = {
        "a.com": begins - timedelta(microseconds=1),
        "b.com": begins,
        "c.com": ends - timedelta(microseconds=1),
        "d.com": ends,
    }
    for domain, at in moments.items():
        add_account(connection, domain, date(2026, 3, 1))
        log(connection, domain, "meeting_booked", at)
    found = query_training_examples(connection, horizon_days=90, until=date(2026, 5, 30))
    assert outcomes(found) == [
        (0, date(2026, 3, 1), False),
        (1, date(2026, 3, 1), True),
        (2, date(2026, 3, 1), True),
        (3, date(2026, 3, 1), False),
    ]
    assert len(query_training_examples(connection, horizon_days=90, until=date(2026, 5, 29))) == 0


@pytest.mark.parametrize(
    ("kind", "is_outcome"),
    [
        ("meeting_booked", True),
        ("deal_won", True),
        ("viewed", False),
        ("opened_research", False),
        ("contacted", False),
        ("deal_lost", False),
    ],
)
def test_meetings_and_deals_are_outcomes(connection: Connection, kind: str, is_outcome: bool) -> None:
    add_account(connection, "a.com", date(2026, 3, 1))
    log(connection, "a.com", kind, datetime(2026, 3, 9, tzinfo=UTC))
    found = query_training_examples(connection, horizon_days=90, until=date(2026, 10, 1))
    assert outcomes(found) == [(0, date(2026, 3, 1), is_outcome)]


def test_an_account_is_left_out_once_it_is_won(connection: Connection) -> None:
    add_account(connection, "a.com", date(2026, 1, 1), date(2026, 3, 1), date(2026, 4, 1))
    add_account(connection, "b.com", date(2026, 4, 1))
    log(connection, "a.com", "deal_won", datetime(2026, 3, 1, tzinfo=UTC))
    log(connection, "a.com", "meeting_booked", datetime(2026, 4, 2, tzinfo=UTC))
    found = query_training_examples(connection, horizon_days=90, until=date(2026, 10, 1))
    # The deal itself is the outcome of the day it was won.
    assert outcomes(found) == [
        (0, date(2026, 1, 1), True),
        (0, date(2026, 3, 1), True),
        (1, date(2026, 4, 1), False),
    ]


def test_a_horizon_that_is_still_open_is_no_example(connection: Connection) -> None:
    add_account(connection, "a.com", *(date(2026, month, 1) for month in range(1, 10)))
    found = query_training_examples(connection, horizon_days=90, until=date(2026, 7, 1))
    assert found.as_of.tolist() == [date(2026, month, 1) for month in (1, 2, 3, 4)]


def test_nothing_to_learn_from(connection: Connection) -> None:
    found = query_training_examples(connection, horizon_days=90, until=date(2026, 7, 1))
    assert (len(found), found.features.shape, found.account_share) == (0, (0, len(FEATURE_NAMES)), 1)


def test_of_too_many_rows_some_accounts_are_taken_as_a_whole(connection: Connection) -> None:
    load_snapshots(connection, history(), (date(2026, 3, 1), date(2026, 4, 1)))
    few = query_training_examples(connection, horizon_days=90, until=date(2026, 10, 1), most_rows=200)
    again = query_training_examples(connection, horizon_days=90, until=date(2026, 10, 1), most_rows=200)
    assert few.account_share == 0.5
    assert 120 < len(few) < 280
    assert np.bincount(few.accounts).tolist() == [2] * (len(few) // 2)
    assert same(again, few)


# ------------------------------------------------------------------ versions
def test_a_better_model_is_in_use(connection: Connection) -> None:
    training = a_training()
    registered = register_model(connection, name=NAME, training=training, **ARTIFACT)
    assert (registered.version, registered.status, registered.is_new) == (1, "promoted", True)
    row = find_promoted(connection, NAME)
    assert row is not None
    assert {name: row[name] for name in ("id", "artifact_path", "artifact_sha256", "artifact_bytes")} == {
        "id": registered.id,
        **ARTIFACT,
    }
    assert row["feature_names"] == list(FEATURE_NAMES)
    assert row["metrics"]["metrics"]["this model"]["log_loss"] == pytest.approx(training.metrics["this model"].log_loss)
    assert row["parameters"]["horizon_days"] == 90
    assert (row["verdict"], row["fingerprint"]) == (training.verdict, training.fingerprint)
    assert training.verdict in row["model_card"]
    assert set(row["library_versions"]) == {"numpy", "scikit-learn"}
    assert (row["training_rows"], row["positive_rows"]) == (training.trained_on.rows, training.trained_on.positive_rows)
    assert row["trained_until"] == training.trained_on.last + timedelta(days=90) <= training.tested_on.first
    assert row["promoted_at"] is not None
    assert row["retired_at"] is None


def test_a_model_that_is_not_better_is_kept_but_not_used(connection: Connection) -> None:
    first = register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
    second = register_model(connection, name=NAME, training=rejected(other(a_training(), "b")))
    assert (second.version, second.status) == (2, "rejected")
    row = find_promoted(connection, NAME)
    assert row is not None
    assert row["id"] == first.id
    newest = find_newest(connection)
    assert newest is not None
    assert (newest["id"], newest["promoted_at"], newest["artifact_path"]) == (second.id, None, None)
    assert "**Decision: rejected.**" in newest["model_card"]


def test_the_next_better_one_retires_the_one_before(connection: Connection) -> None:
    first = register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
    second = register_model(connection, name=NAME, training=other(a_training(), "b"), **ARTIFACT)
    elsewhere = register_model(connection, name="another", training=a_training(), **ARTIFACT)
    assert stored(connection, "ml_models", "id, name, version, status, retired_at is not null as is_retired") == [
        {"id": first.id, "name": NAME, "version": 1, "status": "retired", "is_retired": True},
        {"id": second.id, "name": NAME, "version": 2, "status": "promoted", "is_retired": False},
        {"id": elsewhere.id, "name": "another", "version": 1, "status": "promoted", "is_retired": False},
    ]


def test_a_model_that_fell_behind_is_retired_without_a_successor(connection: Connection) -> None:
    first = register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
    second = register_model(connection, name=NAME, training=other(a_training(), "b"), **ARTIFACT)
    metrics = a_training().metrics
    behind = replace(rejected(a_training()), metrics={**metrics, INCUMBENT: metrics[CONSTANT]})
    assert behind.incumbent_is_behind
    # Meanwhile another one is in use.
    register_model(connection, name=NAME, training=other(behind, "c"), incumbent_id=first.id)
    found = find_promoted(connection, NAME)
    assert found is not None
    assert found["id"] == second.id
    last = register_model(connection, name=NAME, training=other(behind, "d"), incumbent_id=second.id)
    assert last.status == "rejected"
    assert find_promoted(connection, NAME) is None
    held = replace(behind, metrics={**metrics, INCUMBENT: metrics[MODEL]})
    assert not held.incumbent_is_behind


def compared(training: Training, *names: str) -> Training:
    """As if it had been compared with these besides formula and base rate."""
    metrics, gains = training.metrics, training.improvements
    return replace(
        training,
        metrics=metrics | dict.fromkeys(names, metrics[CONSTANT]),
        improvements=gains | dict.fromkeys(names, gains[CONSTANT]),
    )


def test_what_a_model_in_use_kept_out_is_judged_again_when_there_is_none(connection: Connection) -> None:
    first = register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
    lost = compared(rejected(other(a_training(), "b")), INCUMBENT)
    second = register_model(connection, name=NAME, training=lost, incumbent_id=None)
    known = find_model(connection, name=NAME, fingerprint="b")
    assert known is not None
    assert ml_models.is_settled(known, has_rival=True)
    # As long as the other is in use, nothing changes.
    alone = other(a_training(), "b")
    assert register_model(connection, name=NAME, training=alone, **ARTIFACT) == Registered(
        second.id, 2, "rejected", is_new=False
    )
    connection.execute(
        text("update ml_models set status = 'retired', retired_at = now() where id = :id"), {"id": first.id}
    )
    assert not ml_models.is_settled(known, has_rival=False)
    still = register_model(connection, name=NAME, training=rejected(alone))
    assert still == Registered(second.id, 2, "rejected", is_new=False)
    known = find_model(connection, name=NAME, fingerprint="b")
    assert known is not None
    assert ml_models.is_settled(known, has_rival=False), "on its own it is not better either"
    assert "model in use" not in known["verdict"]


def test_a_model_comes_back_with_its_data(connection: Connection) -> None:
    """Data were wrong for a night, and the model was retired for it."""
    first = register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
    behind = compared(rejected(other(a_training(), "wrong")), INCUMBENT)
    register_model(connection, name=NAME, training=behind, incumbent_id=first.id)
    assert find_promoted(connection, NAME) is None
    elsewhere = {**ARTIFACT, "artifact_path": "file:///models/again.model"}
    again = register_model(connection, name=NAME, training=a_training(), **elsewhere)
    assert again == Registered(first.id, 1, "promoted", is_new=False)
    row = find_promoted(connection, NAME)
    assert row is not None
    assert (row["retired_at"], row["artifact_path"]) == (None, "file:///models/again.model")
    assert row["verdict"] == a_training().verdict


def test_a_model_taken_out_of_use_by_hand_stays_out(connection: Connection) -> None:
    register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
    connection.execute(text("update ml_models set status = 'retired', retired_at = now()"))
    before = versions(connection)
    assert register_model(connection, name=NAME, training=a_training(), **ARTIFACT).status == "retired"
    assert versions(connection) == before


def test_what_a_broken_model_kept_out_takes_its_place(connection: Connection) -> None:
    """The one in use cannot be read any more, so there was nothing to compare with."""
    first = register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
    register_model(connection, name=NAME, training=compared(rejected(other(a_training(), "b")), INCUMBENT))
    again = register_model(connection, name=NAME, training=other(a_training(), "b"), incumbent_id=first.id, **ARTIFACT)
    assert (again.version, again.status, again.is_new) == (2, "promoted", False)
    assert [row["status"] for row in stored(connection, "ml_models", "status", "version")] == ["retired", "promoted"]


def test_the_same_training_again_writes_nothing(connection: Connection) -> None:
    first = register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
    register_model(connection, name=NAME, training=other(a_training(), "b"), **ARTIFACT)
    before = versions(connection)
    # Whatever it would be by now, and wherever its artifact is: it is what it was registered as.
    again = register_model(connection, name=NAME, training=rejected(a_training()), artifact_path="elsewhere")
    assert again == Registered(first.id, 1, "retired", is_new=False)
    assert versions(connection) == before
    found = find_model(connection, name=NAME, fingerprint=a_training().fingerprint)
    assert found is not None
    assert found["id"] == first.id
    assert find_model(connection, name=NAME, fingerprint="c") is None
    assert find_model(connection, name="another", fingerprint=a_training().fingerprint) is None


def test_the_model_in_use_is_read_from_where_the_same_training_kept_it_last(connection: Connection) -> None:
    """Its file was lost, or kept where the other workers cannot reach it."""
    first = register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
    moved = {"artifact_path": "s3://elsewhere", "artifact_sha256": "b" * 64, "artifact_bytes": 7}
    again = register_model(connection, name=NAME, training=a_training(), **moved)
    assert again == Registered(first.id, 1, "promoted", is_new=False)
    row = find_promoted(connection, NAME)
    assert row is not None
    assert {name: row[name] for name in moved} == moved


def test_no_model_yet(connection: Connection) -> None:
    assert (find_promoted(connection, NAME), find_newest(connection)) == (None, None)


@pytest.mark.parametrize("missing", ["artifact_path", "artifact_sha256"])
def test_a_better_model_without_artifact_is_refused(connection: Connection, missing: str) -> None:
    with pytest.raises(ValueError, match="store it first, then give its path and SHA-256"):
        register_model(connection, name=NAME, training=a_training(), **{**ARTIFACT, missing: None})
    assert count(connection, "ml_models") == 0


def test_the_same_training_twice_at_once_is_one_version(engine: Engine) -> None:
    def register(connection: Connection) -> Registered:
        return register_model(connection, name=NAME, training=a_training(), **ARTIFACT)

    found = at_once(engine, [register] * 4)
    assert {(registered.id, registered.version) for registered in found} == {(found[0].id, 1)}
    assert sum(registered.is_new for registered in found) == 1


def test_trainings_at_once_are_versions_in_a_row_with_one_in_use(engine: Engine) -> None:
    def register(fingerprint: str) -> Any:
        training = other(a_training(), fingerprint)
        return lambda connection: register_model(connection, name=NAME, training=training, **ARTIFACT)

    at_once(engine, [register(fingerprint) for fingerprint in "abcd"])
    with engine.connect() as connection:
        rows = stored(connection, "ml_models", "version, status", "version")
    assert [row["version"] for row in rows] == [1, 2, 3, 4]
    assert [row["status"] for row in rows] == ["retired", "retired", "retired", "promoted"]


# ------------------------------------------------------------------ scores
def scored(connection: Connection) -> dict[str, tuple[int, float, list[str]]]:
    return {
        row["account_domain"]: (row["model_id"], float(row["probability"]), row["reasons"])
        for row in stored(connection, "account_scores")
    }


def world(connection: Connection) -> int:
    """Accounts with features, some of them won, and a model in use."""
    load_snapshots(connection, history(), ())
    return register_model(connection, name=NAME, training=a_training(), **ARTIFACT).id


def open_accounts() -> list[str]:
    now = history().snapshot(history().until)
    return [history().domain(number) for number, columns in enumerate(now) if not columns["deal_won_count"]]


def test_accounts_come_in_chunks_in_the_order_of_domains(connection: Connection, monkeypatch: Any) -> None:
    monkeypatch.setattr(ml_models, "_ROWS_AT_ONCE", 70)
    load_snapshots(connection, history(), ())
    chunks = list(query_account_features(connection, as_of=NOW))
    assert [len(chunk.domains) for chunk in chunks[:2]] == [70, 70]
    assert [domain for chunk in chunks for domain in chunk.domains] == open_accounts()
    # They are as they would be in a snapshot.
    connection.execute(
        text("update account_signals set icp_score = 9, last_research_at = :at"), {"at": NOW - timedelta(2)}
    )
    features = next(query_account_features(connection, as_of=NOW)).features[0]
    found = dict(zip(FEATURE_NAMES, features.tolist(), strict=True))
    assert (found["icp_score"], found["days_since_research"]) == (9, 2)


def test_every_open_account_is_scored_and_the_likeliest_are_explained(connection: Connection) -> None:
    model_id = world(connection)
    counts = score_accounts(connection, a_training().model, model_id=model_id, as_of=NOW, most_explained=20)
    found = scored(connection)
    assert list(found) == open_accounts()
    assert 0 < len(found) < history().accounts
    assert counts == ScoreCounts(scored=len(found), written=len(found), removed=0)
    chunk = np.concatenate([chunk.features for chunk in query_account_features(connection, as_of=NOW)])
    expected = a_training().model.probabilities(chunk)
    assert [probability for _, probability, _ in found.values()] == pytest.approx(expected.tolist(), abs=6e-6)
    likeliest = sorted(found.values(), key=lambda score: -score[1])[:20]
    assert sum(bool(reasons) for *_, reasons in found.values()) == sum(bool(reasons) for *_, reasons in likeliest) > 10
    assert all(reason.endswith(" points)") for *_, reasons in likeliest for reason in reasons)


def test_scoring_again_writes_nothing(connection: Connection) -> None:
    model_id = world(connection)
    score_accounts(connection, a_training().model, model_id=model_id, as_of=NOW)
    before = versions(connection)
    counts = score_accounts(connection, a_training().model, model_id=model_id, as_of=NOW)
    assert (counts.written, counts.removed) == (0, 0)
    assert versions(connection) == before


def test_only_what_changed_is_written(connection: Connection) -> None:
    model_id = world(connection)
    first, second, third = open_accounts()[:3]
    scores = [AccountScore(first, 0.5, ["a"]), AccountScore(second, 0.5, []), AccountScore(third, 0.5, [])]
    assert save_scores(connection, model_id, scores) == 3
    changed = [
        AccountScore(first, 0.5000004, ["a"]),  # the same to five digits
        AccountScore(second, 0.6, []),
        AccountScore(third, 0.5, ["b"]),
        AccountScore("gone.com", 0.5, []),
    ]
    before = stored(connection, "account_scores")
    assert save_scores(connection, model_id, changed) == 2
    after = stored(connection, "account_scores")
    assert after[0] == before[0]
    assert scored(connection) == {
        first: (model_id, 0.5, ["a"]),
        second: (model_id, 0.6, []),
        third: (model_id, 0.5, ["b"]),
    }
    assert save_scores(connection, model_id, []) == 0


def test_the_next_model_takes_over(connection: Connection) -> None:
    first = world(connection)
    score_accounts(connection, a_training().model, model_id=first, as_of=NOW)
    second = register_model(connection, name=NAME, training=other(a_training(), "b"), **ARTIFACT).id
    won = open_accounts()[0]
    connection.execute(
        text("update account_signals set deal_won_count = 1 where account_domain = :domain"), {"domain": won}
    )
    counts = score_accounts(connection, a_training().model, model_id=second, as_of=NOW)
    found = scored(connection)
    assert {model_id for model_id, *_ in found.values()} == {second}
    assert won not in found
    assert (counts.removed, counts.written) == (1, len(open_accounts()) - 1)


def test_scores_of_others_are_removed(connection: Connection) -> None:
    model_id = world(connection)
    outdated = register_model(connection, name=NAME, training=rejected(other(a_training(), "b"))).id
    keeps, gone, won, stale = open_accounts()[:4]
    save_scores(connection, model_id, [AccountScore(domain, 0.5, []) for domain in (keeps, gone, won)])
    save_scores(connection, outdated, [AccountScore(stale, 0.5, [])])
    connection.execute(text("delete from account_signals where account_domain = :domain"), {"domain": gone})
    connection.execute(
        text("update account_signals set deal_won_count = 1 where account_domain = :domain"), {"domain": won}
    )
    assert forget_other_scores(connection, model_id) == 3
    assert list(scored(connection)) == [keeps]
    assert forget_other_scores(connection, model_id) == 0
    assert forget_other_scores(connection, None) == 1
    assert scored(connection) == {}


def test_nobody_to_score(connection: Connection) -> None:
    model_id = register_model(connection, name=NAME, training=a_training(), **ARTIFACT).id
    found = score_accounts(connection, a_training().model, model_id=model_id, as_of=NOW)
    assert found == ScoreCounts(0, 0, 0)


def test_scoring_twice_at_once(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        model_id = world(connection)

    def score(connection: Connection) -> ScoreCounts:
        return score_accounts(connection, a_training().model, model_id=model_id, as_of=NOW)

    found = at_once(engine, [score] * 3)
    with engine.connect() as connection:
        assert list(scored(connection)) == open_accounts()
    assert sum(counts.written for counts in found) == len(open_accounts())


# ------------------------------------------------------------------ killed midway
def test_killed_while_registering_and_scoring(engine: Engine) -> None:
    """Nothing is left behind, no lock either, and the next try does it all."""
    with unit_of_work(engine) as connection:
        load_snapshots(connection, history(), ())

    def killed() -> None:
        with unit_of_work(engine) as connection:
            first = register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
            score_accounts(connection, a_training().model, model_id=first.id, as_of=NOW)
            connection.execute(text("select pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(OperationalError):
        killed()
    with unit_of_work(engine, timeout_seconds=30) as connection:
        assert (count(connection, "ml_models"), count(connection, "account_scores")) == (0, 0)
        again = register_model(connection, name=NAME, training=a_training(), **ARTIFACT)
        score_accounts(connection, a_training().model, model_id=again.id, as_of=NOW)
        assert (again.version, list(scored(connection))) == (1, open_accounts())


# ------------------------------------------------------------------ all of it
def test_from_stored_history_to_scores(connection: Connection) -> None:
    """The planted rule is found through the database, and the accounts it says are likely are those it is about."""
    load_history(connection, history())
    load_snapshots(connection, history())
    examples = query_training_examples(connection, horizon_days=90, until=history().until)
    training = train(examples, Settings(resamples=500))
    assert training.is_better
    assert training.as_dict() == a_training().as_dict()
    model_id = register_model(connection, name=NAME, training=training, **ARTIFACT).id
    score_accounts(connection, training.model, model_id=model_id, as_of=NOW)
    likely = connection.execute(
        text(
            "select account_domain from account_scores join account_signals using (account_domain) "
            "where engineering_role_count >= 5 and has_funding order by probability desc limit 10"
        )
    ).all()
    top = sorted(scored(connection).items(), key=lambda item: -item[1][1])[:10]
    assert len({domain for domain, _ in top} & {row[0] for row in likely}) >= 8


# ------------------------------------------------------------------ what was known when


def load_meetings(connection: Connection, *, known_after_days: float | None) -> None:
    """400 accounts that are researched, and meet by chance. After each meeting somebody enters the contacts before it,
    dated 5 to 60 days earlier, so many days after the meeting; ``None``: they were known on their day.
    """
    random = np.random.default_rng(1)
    accounts, days = 400, 500
    began = datetime(2026, 10, 1, tzinfo=UTC) - timedelta(days=days)
    connection.execute(text("insert into users (id) values (:id)"), {"id": UUID(int=1)})
    copy_rows(
        connection,
        "prospect_intelligence_runs",
        ("account_domain", "website_url", "run_status", "icp_score", "created_at", "recorded_at"),
        (
            (domain(account), f"https://{domain(account)}", "success", score, began, began)
            for account, score in enumerate(random.integers(1, 11, accounts).tolist())
        ),
    )
    rows: list[tuple[Any, ...]] = []
    for account, number in enumerate(random.poisson(1.5, accounts).tolist()):
        for day in random.uniform(0, days, number).tolist():
            meeting = began + timedelta(days=day)
            contacts = [meeting - timedelta(days=ahead) for ahead in random.uniform(5, 60, 3).tolist()]
            rows.append((UUID(int=1), domain(account), "meeting_booked", meeting, meeting))
            for contact in contacts:
                known_at = contact if known_after_days is None else meeting + timedelta(days=known_after_days)
                rows.append((UUID(int=1), domain(account), "contacted", contact, known_at))
    columns = ("user_id", "account_domain", "interaction_type", "created_at", "recorded_at")
    copy_rows(connection, "user_interactions", columns, rows)


def domain(account: int) -> str:
    return f"account-{account:03}.com"


@pytest.mark.parametrize(
    ("known_after_days", "is_better"), [(1, False), (None, True)], ids=["entered after the meeting", "known before it"]
)
def test_only_what_was_known_before_the_meeting_foretells_it(
    connection: Connection, known_after_days: float | None, is_better: bool
) -> None:
    load_meetings(connection, known_after_days=known_after_days)
    refresh = start_refresh(connection, airflow_run_id="1", params={}, watermark=None, snapshot_months=19, full=True)
    refresh = replace(refresh, watermark=replace(refresh.watermark, as_of=datetime(2026, 10, 1, 1, tzinfo=UTC)))
    for chunk in plan_chunks(connection, refresh, chunk_size=400):
        refresh_chunk(connection, refresh, chunk)
    training = train(
        query_training_examples(connection, horizon_days=90, until=date(2026, 10, 1)), Settings(resamples=500)
    )
    assert training.is_better == is_better, training.verdict
    assert (training.metrics[MODEL].roc_auc > 0.6) == is_better
