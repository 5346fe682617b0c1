"""Whole refreshes: real Airflow, real PostgreSQL; what is learned, promoted, refused, resumed and kept private."""

from __future__ import annotations

import hashlib
import os
import pickle
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import Engine, text

from prospecting.persistence.database import lock_keys
from prospecting.persistence.features import log_interaction, record_research_failure, save_prospect_research
from prospecting.persistence.ml_models import query_training_examples
from prospecting.persistence.recommendations import suppress_account
from prospecting.scoring.propensity_features import FEATURE_NAMES
from prospecting.tasks import ml_feature_refresh as tasks
from tests.clock import today
from tests.dags.nights import (
    ACCOUNTS,
    BOOKKEEPING,
    CONF,
    DAG,
    MONTHS,
    PRIVATE,
    UNTIL,
    Nights,
    artifact,
    everything,
    learn_from,
    printed_or_kept,
    recommend,
    refresh,
    refresh_chunk,
    refresh_of,
    rows,
    score,
    start,
    train,
)
from tests.dags.runs import Airflow, Run, TaskCaller
from tests.db.factories import be_silent, count
from tests.generated_history import OUTCOMES, USERS, History, generate_history

pytestmark = pytest.mark.airflow
CONTACTED, SUPPRESSED = range(100, 120), range(120, 140)
ANN, BEA = UUID("5f1c77aa-30e1-4b6c-9d57-0a4f6b1f2c11"), UUID("5f1c77aa-30e1-4b6c-9d57-0a4f6b1f2c22")


@pytest.fixture
def call(call: TaskCaller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Nights:
    monkeypatch.setenv("AIRFLOW_VAR_MODEL_ARTIFACTS_PATH", f"file://{tmp_path}/models")
    return Nights(monkeypatch, call.database_url)


# ------------------------------------------------------------------------------------------------------------ nights
def test_nights_with_something_to_learn(airflow: Airflow, engine: Engine, tmp_path: Path) -> None:
    history = generate_history(accounts=ACCOUNTS, months=MONTHS, seed=1, until=today().replace(day=1))
    learn_from(engine, history)
    with engine.begin() as connection:
        for number in CONTACTED:
            log_interaction(
                connection, user_id=ANN, account_domain=history.domain(number), interaction_type="contacted"
            )
        for number in SUPPRESSED:
            suppress_account(connection, account_domain=history.domain(number), reason="asked not to be contacted")

    run = airflow.run(CONF, **DAG)
    assert run.state == "success"
    assert {task["state"] for task in run.tasks} == {"success"}
    assert sorted(task["label"] for task in run.tasks if task["task_id"] == "refresh_chunk") == [
        "accounts 1-80 of 200", "accounts 161-200 of 200", "accounts 81-160 of 200"
    ]  # fmt: skip
    assert airflow.asset_events(run) == {"prospecting_features": 1}
    features_are_those_worked_out_otherwise(engine, history)
    the_model_is_in_use(engine, run)
    likely_accounts_are_recommended(engine, refresh_of(engine, run), history)
    for user in (ANN, *(UUID(int=number + 1) for number in range(USERS))):
        assert str(user) not in printed_or_kept(airflow, run)

    # Nothing is news: only the row of the refresh is new.
    before = everything(engine, but=BOOKKEEPING)
    again = airflow.run(CONF, **DAG)
    assert again.state == "success"
    # How much is looked at again depends on what else the server is doing.
    assert {task["state"] for task in again.tasks if task["task_id"] != "refresh_chunk"} == {"success"}
    assert everything(engine, but=BOOKKEEPING) == before
    first, second = refresh_of(engine, run), refresh_of(engine, again)
    assert second["previous_watermark"] == first["watermark"]
    assert second["scope"] == f"accounts changed since {first['as_of']:%Y-%m-%d %H:%M:%S} UTC"
    assert (second["signals_written"], second["snapshots_written"]) == (0, 0)
    assert "Version 1 was trained on this data already" in again.log

    # Whoever can write the file gets no code to run with it.
    file, sprung = artifact(engine), tmp_path / "sprung"
    file.write_bytes(pickle.dumps(Trap(str(sprung))))
    tampered = airflow.run({**CONF, "train": False}, **DAG)
    assert tampered.state == "failed"
    assert (tampered.states("train_model"), tampered.states("detect_intent")) == (["skipped"], ["success"])
    assert (tampered.states("score_accounts"), tampered.tries("score_accounts")) == (["failed"], [1])
    assert (tampered.states("recommend_accounts"), tampered.states("summarize_refresh")) == (
        ["upstream_failed"],
        ["failed"],
    )
    assert "its SHA-256 differs): restore the file, or train again" in tampered.log
    said = "2 tasks failed or could not start; score_accounts failed first, see its log. Clear them together with this"
    assert said in tampered.log
    assert not sprung.exists()
    assert everything(engine, but=BOOKKEEPING) == before
    assert refresh_of(engine, tampered)["status"] == "completed", "features are not concerned"


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.folder,)


def features_are_those_worked_out_otherwise(engine: Engine, history: History) -> None:
    """From runs and interactions to what is learned from: the same as worked out without the database."""
    with engine.connect() as connection:
        found = query_training_examples(connection, horizon_days=90, until=history.until)
    expected = history.examples()
    counts = [FEATURE_NAMES.index(name) for name in ("research_run_count", "failed_run_count", "interaction_count")]
    # Nobody has a snapshot of the time before something was known of them.
    expected = expected.where(expected.features[:, counts].sum(axis=1) > 0)
    assert len(expected) > 2_000
    assert np.array_equal(found.as_of, expected.as_of)
    assert np.array_equal(found.labels, expected.labels)
    # A mean is rounded to three places.
    np.testing.assert_allclose(found.features, expected.features, rtol=0, atol=0.0011)


def the_model_is_in_use(engine: Engine, run: Run) -> None:
    (model,) = rows(engine, "ml_models")
    assert (model["version"], model["status"]) == (1, "promoted")
    assert model["verdict"].startswith("Better than the ICP formula and the base rate: ")
    assert f"Version 1 is promoted. {model['verdict']}" in run.log
    losses = {name: found["log_loss"] for name, found in model["metrics"]["metrics"].items()}
    assert losses["this model"] < 0.9 * min(losses["ICP formula"], losses["base rate"])
    content = artifact(engine).read_bytes()
    assert hashlib.sha256(content).hexdigest() == model["artifact_sha256"]
    assert len(content) == model["artifact_bytes"]
    won = {row["account_domain"] for row in rows(engine, "account_signals") if row["deal_won_count"]}
    scores = rows(engine, "account_scores")
    assert len(scores) == ACCOUNTS - len(won) > 100
    assert not won & {row["account_domain"] for row in scores}
    assert {row["model_id"] for row in scores} == {model["id"]}
    likeliest = sorted(scores, key=lambda row: -row["probability"])[:50]
    assert all(row["reasons"] for row in likeliest)


def likely_accounts_are_recommended(engine: Engine, refreshed: dict[str, Any], history: History) -> None:
    scores = {row["account_domain"]: row["probability"] for row in rows(engine, "account_scores")}
    excluded = {history.domain(number) for number in (*CONTACTED, *SUPPRESSED)}
    # The history ends with the month before: how many of its accounts were contacted lately depends on the day.
    quiet_since, touches = refreshed["as_of"] - timedelta(days=30), {"contacted", "meeting_booked", "deal_lost"}
    excluded |= {
        row["account_domain"]
        for row in rows(engine, "user_interactions")
        if row["interaction_type"] in touches and row["created_at"] >= quiet_since
    }
    assert len(excluded & set(scores)) > 20
    found = rows(engine, "account_recommendations", order="rank")
    assert [row["rank"] for row in found] == list(range(1, 51))
    assert [row["is_exploration"] for row in found] == [False] * 40 + [True] * 10
    assert not excluded & {row["account_domain"] for row in found}
    assert all(row["reasons"] for row in found)
    assert {row["propensity"] == 1 for row in found[:40]} == {True}
    assert {0 < row["propensity"] < 1 for row in found[40:]} == {True}
    ranked = [row["account_domain"] for row in found[:40]]
    likeliest = sorted((set(scores) - excluded), key=lambda domain: -scores[domain])[:40]
    assert [scores[domain] for domain in ranked] == [scores[domain] for domain in likeliest]


def test_a_database_without_accounts_is_refreshed(airflow: Airflow, engine: Engine) -> None:
    run = airflow.run({}, **DAG)
    assert run.state == "success"
    assert set(run.states("refresh_chunk")) <= {"skipped"}
    for task_id in ("finish_refresh", "detect_intent", "recommend_accounts", "summarize_refresh"):
        assert run.states(task_id) == ["success"], task_id
    assert run.states("train_model") == run.states("score_accounts") == ["skipped"]
    assert "Too little to learn from: 0 of 50 research runs, 0 of 100 user interactions" in run.log
    assert refresh_of(engine, run)["status"] == "completed"
    with engine.connect() as connection:
        assert count(connection, "accounts") == count(connection, "account_recommendations") == 0


def test_a_training_that_fails_takes_nothing_else_away(airflow: Airflow, engine: Engine, tmp_path: Path) -> None:
    until = today().replace(day=1)
    learn_from(engine, generate_history(accounts=ACCOUNTS, months=MONTHS, seed=1, until=until))
    (tmp_path / "models").write_text("no folder")
    blocked = {"AIRFLOW_VAR_MODEL_ARTIFACTS_PATH": f"file://{tmp_path}/models"}
    run = replace(airflow, variables=airflow.variables | blocked).run(CONF, **DAG)
    assert run.state == "failed"
    states = {task["task_id"]: task["state"] for task in run.tasks if task["task_id"] != "refresh_chunk"}
    assert states.pop("train_model") == states.pop("summarize_refresh") == "failed"
    assert states.pop("score_accounts") == "skipped", "no model is in use yet"
    assert set(states.values()) == {"success"}
    assert rows(engine, "ml_models") == []
    assert len(rows(engine, "account_recommendations")) == 50


# ------------------------------------------------------------------------------------------------------ lost midway
DOMAINS = ("alder-works.com", "birch-works.com", "cedar-works.com")


def document(domain: str, **sections: Any) -> dict[str, Any]:
    """A research that names people."""
    return {
        "companyName": domain.partition(".")[0],
        "isB2BSaaS": True,
        "hiring": {"hasOpenEngineeringRoles": True, "engineeringRoleCount": 7, "totalOpenRoles": 9},
        "contacts": [{"name": PRIVATE[1], "email": PRIVATE[0], "phone": PRIVATE[2]}],
        **sections,
    }


def interact(engine: Engine, *domains: str) -> None:
    with engine.begin() as connection:
        for domain in domains:
            log_interaction(
                connection,
                user_id=BEA,
                account_domain=domain,
                interaction_type="opened_research",
                metadata={"note": PRIVATE[3], "from": PRIVATE[0]},
            )


def opened(engine: Engine) -> dict[str, int]:
    return {row["account_domain"]: row["opened_research_count"] for row in rows(engine, "account_signals")}


def test_a_night_that_is_killed_is_made_good_by_the_next(airflow: Airflow, engine: Engine) -> None:
    with engine.begin() as connection:
        for domain in DOMAINS:
            save_prospect_research(connection, user_id=ANN, website_url=f"https://{domain}", data=document(domain))
        record_research_failure(
            connection,
            user_id=ANN,
            website_url=f"https://{DOMAINS[0]}",
            status="error",
            error_type="unreadable",
            error_message=f"asked {PRIVATE[0]}",
        )
    interact(engine, *DOMAINS)
    first = airflow.run({"chunk_size": 1}, **DAG)
    assert first.state == "success"
    assert opened(engine) == dict.fromkeys(DOMAINS, 1)
    # What is missing is said, and what can be done without a model is done.
    assert first.states("train_model") == first.states("score_accounts") == ["skipped"]
    assert "Too little to learn from: 4 of 50 research runs, 3 of 100 user interactions" in first.log
    assert "No model is in use; accounts are ranked by their ICP score" in first.log
    assert {row["account_domain"] for row in rows(engine, "account_recommendations")} == set(DOMAINS)
    assert "1. cedar-works (cedar-works.com): " in first.log, "researched last"
    for secret in (*PRIVATE, str(ANN), str(BEA)):
        assert secret not in printed_or_kept(airflow, first)

    interact(engine, *DOMAINS)
    with engine.connect() as connection:
        lock_keys(connection, "account", DOMAINS[-1:])
        airflow.start({"chunk_size": 1}, **DAG)
        wait_for_lock(engine)
        airflow.drivers.take().kill()
        assert opened(engine)[DOMAINS[-1]] == 1
        done = {row["account_domain"]: row["updated_at"] for row in rows(engine, "account_signals")}
        done = {domain: done[domain] for domain, number in opened(engine).items() if number == 2}
        connection.rollback()
    (killed,) = (row for row in rows(engine, "feature_refreshes") if row["status"] == "running")
    with engine.begin() as connection:
        be_silent(connection, 21)

    second = airflow.run({"chunk_size": 1}, **DAG)
    assert second.state == "success"
    assert opened(engine) == dict.fromkeys(DOMAINS, 2)
    assert [row["status"] for row in rows(engine, "feature_refreshes")] == ["completed", "failed", "completed"]
    marks = [refresh_of(engine, run) for run in (first, second)]
    assert killed["previous_watermark"] == marks[1]["previous_watermark"] == marks[0]["watermark"]
    assert {
        row["account_domain"]: row["updated_at"]
        for row in rows(engine, "account_signals")
        if row["account_domain"] in done
    } == done, "what was done is not done again"


def wait_for_lock(engine: Engine) -> None:
    """Until a transaction waits for another one."""
    waiting = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 90
    while True:
        with engine.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def accounts(engine: Engine) -> tuple[str, ...]:
    """Three accounts that users looked at."""
    with engine.begin() as connection:
        for domain in DOMAINS:
            save_prospect_research(connection, user_id=ANN, website_url=f"https://{domain}", data=document(domain))
    interact(engine, *DOMAINS)
    return DOMAINS


def test_a_chunk_that_fails_leaves_its_changes_to_the_next_refresh(
    call: Nights, engine: Engine, accounts: tuple[str, ...]
) -> None:
    refresh(call, engine)
    interact(engine, *accounts)
    refresh_id = start(call, engine, run_id="manual__2", chunk_size=1)
    chunks = call(tasks.plan_chunks, refresh_id, run_id="manual__2")
    assert [chunk["map_label"] for chunk in chunks] == [f"accounts {number}-{number} of 3" for number in (1, 2, 3)]
    refresh_chunk(call, chunks[0], run_id="manual__2")
    with pytest.raises(AirflowFailException, match="2 tasks failed or could not start"):
        call(tasks.summarize_refresh, refresh_id, *[None] * 5, run_id="manual__2", failed_tasks=2)
    failed = rows(engine, "feature_refreshes")[-1]
    assert (failed["status"], failed["error"]) == ("failed", "2 tasks failed or could not start")

    refresh(call, engine, run_id="manual__3")
    assert opened(engine) == dict.fromkeys(accounts, 2)
    marks = rows(engine, "feature_refreshes")
    assert marks[2]["previous_watermark"] == marks[1]["previous_watermark"] == marks[0]["watermark"]

    # Or the failed tasks are cleared: the rest is done, and the row says so.
    for chunk in chunks[1:]:
        refresh_chunk(call, chunk, run_id="manual__2")
    call(tasks.finish_refresh, refresh_id, [], run_id="manual__2")
    cleared = next(row for row in rows(engine, "feature_refreshes") if row["id"] == refresh_id)
    assert (cleared["status"], cleared["error"]) == ("completed", None)


def test_without_a_refresh_the_summary_says_where_to_look(call: Nights) -> None:
    with pytest.raises(AirflowFailException, match="see the log of start_refresh"):
        call(tasks.summarize_refresh, *[None] * 6, failed_tasks=1)


def test_more_chunks_than_airflow_maps_are_made_larger(call: Nights, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into prospect_intelligence_runs (account_domain, website_url, run_status) "
                "select 'a' || n || '.com', 'https://a' || n || '.com', 'success' from generate_series(1, 2003) as n"
            )
        )
    chunks = call(tasks.plan_chunks, start(call, engine, chunk_size=1))
    assert len(chunks) == 668
    assert [chunk["map_label"] for chunk in chunks] == [
        *(f"accounts {first}-{first + 2} of 2003" for first in range(1, 2_002, 3)), "accounts 2002-2003 of 2003"
    ]  # fmt: skip
    bounds = [(chunk["first_domain"], chunk["last_domain"]) for chunk in chunks]
    with engine.connect() as connection:
        covered = connection.execute(
            text(
                "select count(*) from accounts as a "
                "join unnest(cast(:first as text[]), cast(:last as text[])) as c (first, last) "
                "on a.account_domain between c.first and c.last"
            ),
            {"first": [first for first, _ in bounds], "last": [last for _, last in bounds]},
        ).scalar_one()
    assert covered == 2_003, "each account is in one chunk"


# ------------------------------------------------------------------------------------------------------------ models
def test_outcomes_without_a_rule_promote_no_model(call: Nights, engine: Engine) -> None:
    """The same clicks and the same outcomes, but these happened to anybody."""
    history = generate_history(accounts=ACCOUNTS, months=MONTHS, seed=1, until=UNTIL.date())
    outcomes = np.isin(history.interaction_type, OUTCOMES)
    accounts = history.interaction_account.copy()
    accounts[outcomes] = np.random.default_rng(0).integers(0, ACCOUNTS, int(outcomes.sum()))
    learn_from(engine, replace(history, interaction_account=accounts))
    refresh_id = refresh(call, engine, as_of=UNTIL, **CONF)
    assert train(call, refresh_id) == {"version": 1, "status": "rejected", "is_new": True}
    (model,) = rows(engine, "ml_models")
    assert (model["status"], model["artifact_path"]) == ("rejected", None)
    assert model["verdict"].startswith("Not shown to be better than the ")
    assert train(call, refresh_id)["is_new"] is False
    with pytest.raises(AirflowSkipException, match="ranked by their ICP score"):
        score(call, refresh_id)
    assert recommend(call, refresh_id)["count"] == 50
    icp_scores = {row["account_domain"]: row["icp_score"] for row in rows(engine, "account_signals")}
    ranked = [
        icp_scores[row["account_domain"]]
        for row in rows(engine, "account_recommendations", order="rank")
        if not row["is_exploration"]
    ]
    assert ranked == sorted(ranked, reverse=True)
    assert ranked[0] == 10


def test_a_model_whose_rule_does_not_hold_any_more_is_taken_out_of_use(call: Nights, engine: Engine) -> None:
    """It was right for a year and a half; in the nine months since, outcomes happened to anybody."""
    turning_point = datetime(2026, 1, 1, tzinfo=UTC)
    learn_from(engine, generate_history(accounts=ACCOUNTS, months=MONTHS, seed=1, until=turning_point.date()))
    refresh_id = refresh(call, engine, as_of=turning_point, **CONF)
    assert train(call, refresh_id) == {"version": 1, "status": "promoted", "is_new": True}
    assert score(call, refresh_id)["scored"] > 100

    since = generate_history(accounts=ACCOUNTS, months=9, seed=2, until=UNTIL.date(), rule="none")
    none: Any = np.empty(0, dtype=np.int64)
    learn_from(engine, replace(since, run_account=none, run_at=none, run_succeeded=none, research=[]))
    later = {**CONF, "snapshot_months": MONTHS + 10}
    refresh_id = refresh(call, engine, run_id="manual__2", as_of=UNTIL, **later)
    assert train(call, refresh_id) == {"version": 2, "status": "rejected", "is_new": True}
    first, second = rows(engine, "ml_models", order="version")
    assert (first["status"], first["retired_at"] is not None) == ("retired", True)
    assert second["verdict"].endswith("no better than ICP formula or base rate any more, and is taken out of use")
    assert second["verdict"] in second["model_card"]
    with pytest.raises(AirflowSkipException, match="ranked by their ICP score"):
        score(call, refresh_id)
    assert rows(engine, "account_scores") == []


def test_a_model_is_used_until_its_file_is_lost_and_again_when_it_is_found(call: Nights, engine: Engine) -> None:
    learn_from(engine, generate_history(accounts=ACCOUNTS, months=MONTHS, seed=1, until=UNTIL.date()))
    refresh_id = refresh(call, engine, as_of=UNTIL, **CONF)
    assert train(call, refresh_id) == {"version": 1, "status": "promoted", "is_new": True}
    scored = score(call, refresh_id)
    assert scored["written"] == scored["scored"] > 100

    # The same day, before and after: nothing happened, so nobody's score moves.
    before = everything(engine, but=BOOKKEEPING)
    for hour in (1, 23):
        later = start(call, engine, run_id=f"manual__at_{hour}", as_of=UNTIL + timedelta(hours=hour))
        assert score(call, later) == {**scored, "written": 0}
    assert everything(engine, but=BOOKKEEPING) == before
    tomorrow = start(call, engine, run_id="manual__2", as_of=UNTIL + timedelta(hours=25))
    assert score(call, tomorrow)["written"] > 0, "reasons count days"
    score(call, refresh_id)

    # A broken or lost file stops the scoring, at once; scores stay.
    before = everything(engine, but=BOOKKEEPING)
    file = artifact(engine)
    content = file.read_bytes()
    for spoiled in (content[:-1] + bytes([content[-1] ^ 1]), content[: len(content) // 2], b"", None):
        file.unlink() if spoiled is None else file.write_bytes(spoiled)
        with pytest.raises(AirflowFailException, match="train again"):
            score(call, refresh_id)
        assert everything(engine, but=BOOKKEEPING) == before
    file.write_bytes(content)
    assert score(call, refresh_id)["written"] == 0

    # Training again brings it back, though the data are the same.
    file.unlink()
    assert train(call, refresh_id) == {"version": 1, "status": "promoted", "is_new": False}
    assert file.read_bytes() == content
    assert score(call, refresh_id)["written"] == 0

    # When the model is taken out of use, its scores are no good any more.
    with engine.begin() as connection:
        connection.execute(text("update ml_models set status = 'retired', retired_at = now()"))
    with pytest.raises(AirflowSkipException):
        score(call, refresh_id)
    assert rows(engine, "account_scores") == []


@pytest.mark.parametrize(
    ("run_id", "params", "why"),
    [
        ("manual__1", {"train": False}, "train is false"),
        ("asset_triggered__1", {}, "Runs that follow another DAG do not train"),
        ("scheduled__1", {}, "Too little to learn from: 3 of 50 research runs, 3 of 100 user interactions"),
    ],
)
def test_a_run_that_does_not_train_says_why(
    call: Nights, engine: Engine, accounts: tuple[str, ...], run_id: str, params: dict[str, Any], why: str
) -> None:
    refresh_id = refresh(call, engine, run_id=run_id, **params)
    with pytest.raises(AirflowSkipException, match=why):
        train(call, refresh_id)


# ------------------------------------------------------------------------------------------------------------- lists
def test_a_run_that_follows_another_dag_leaves_the_list_of_the_day(
    call: Nights, engine: Engine, accounts: tuple[str, ...]
) -> None:
    """Somebody may be working on it; a night or a person makes another."""
    follows = "asset_triggered__1"
    refresh_id = refresh(call, engine, run_id=follows)
    made = recommend(call, refresh_id)
    assert (made["count"], made["written"]) == (3, 3), "there was none"
    with engine.begin() as connection:
        log_interaction(connection, user_id=ANN, account_domain=accounts[0], interaction_type="contacted")
    refresh_id = refresh(call, engine, run_id=follows)
    with pytest.raises(AirflowSkipException, match=r"The list of \d{4}-\d\d-\d\d stands"):
        recommend(call, refresh_id)
    assert len(rows(engine, "account_recommendations")) == 3
    refresh_id = refresh(call, engine, run_id="scheduled__1")
    assert recommend(call, refresh_id)["count"] == 2


def test_params_shape_the_list(call: Nights, engine: Engine, accounts: tuple[str, ...]) -> None:
    with engine.begin() as connection:
        log_interaction(connection, user_id=ANN, account_domain=accounts[0], interaction_type="contacted")
    refresh(call, engine)

    def recommended(**params: Any) -> Any:
        """How many accounts a run recommends that was started with these params."""
        refresh_id = start(call, engine, run_id=f"manual__{params}", **params)
        return recommend(call, refresh_id)["count"]

    assert recommended() == 2
    assert recommended(quiet_days=0) == 3
    assert recommended(recommendations=1) == 1
    assert recommended(recommendations=0) == 0
    assert recommended(min_icp_score=10) == 0


# ----------------------------------------------------------------------------------------------------------- params
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"trian": False}, "trian: unknown parameter; allowed: full, train, chunk_size, "),
        ({"horizon_days": 6, "recommendations": None}, "; recommendations: "),
    ],
)
def test_unusable_params_are_named_and_nothing_is_written(
    call: Nights, engine: Engine, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(AirflowFailException) as refusal:
        call(tasks.start_refresh, params=params)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    with engine.connect() as connection:
        assert count(connection, "feature_refreshes") == count(connection, "task_attempts") == 0


def test_all_accounts_are_refreshed_when_asked_for(call: Nights, engine: Engine, accounts: tuple[str, ...]) -> None:
    scopes = []
    for number, params in enumerate(({}, {}, {"full": True})):
        refresh(call, engine, run_id=f"manual__{number}", **params)
        scopes.append(rows(engine, "feature_refreshes")[-1]["scope"])
    assert scopes[0] == "all accounts: no refresh has finished before"
    assert scopes[1].startswith("accounts changed since ")
    assert scopes[2] == "all accounts: asked for"
    assert rows(engine, "feature_refreshes")[-1]["signals_written"] == 0
