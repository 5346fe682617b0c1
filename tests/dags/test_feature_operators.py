"""The operators of features in DAGs of other teams: a refresh of their own, and each step by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from prospecting.operators.features import (
    DetectIntentOperator,
    RecommendAccountsOperator,
    RefreshFeaturesOperator,
    ScoreAccountsOperator,
    TrainPropensityModelOperator,
)
from prospecting.persistence.database import lock_keys
from prospecting.persistence.feature_refreshes import Counters, find_refresh, finish_refresh, plan_chunks, start_refresh
from prospecting.persistence.interactions import log_interaction
from prospecting.persistence.prospect_research import save_prospect_research
from prospecting.services.feature_params import StoredRefreshParams
from tests.clock import today
from tests.dags.runs import TaskCaller
from tests.db.factories import count, stored
from tests.db.recommending import add_model
from tests.generated_history import generate_history, load_history

pytestmark = pytest.mark.airflow

ANN = UUID("5f1c77aa-30e1-4b6c-9d57-0a4f6b1f2c11")
DOMAINS = ("alder-works.com", "birch-works.com", "cedar-works.com")


def rows(engine: Engine, table: str, **options: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return stored(connection, table, **options)


def interact(engine: Engine, *domains: str, kind: str = "opened_research", times: int = 1) -> None:
    with engine.begin() as connection:
        for domain in domains * times:
            log_interaction(connection, user_id=ANN, account_domain=domain, interaction_type=kind)


def opened(engine: Engine) -> dict[str, int]:
    return {row["account_domain"]: row["opened_research_count"] for row in rows(engine, "account_signals")}


@pytest.fixture
def accounts(engine: Engine) -> tuple[str, ...]:
    """Three accounts that were researched, and that a user looked at."""
    with engine.begin() as connection:
        for domain in DOMAINS:
            save_prospect_research(
                connection,
                user_id=ANN,
                website_url=f"https://{domain}",
                data={"companyName": domain.partition(".")[0], "isB2BSaaS": True},
            )
    interact(engine, *DOMAINS)
    return DOMAINS


def refresh(call: TaskCaller, *, run_id: str = "manual__1", try_number: int = 1, **arguments: Any) -> dict[str, int]:
    """A refresh by another team's task."""
    operator = RefreshFeaturesOperator(task_id="refresh_features", **arguments)
    found: dict[str, int] = call.execute(operator, dag_id="their_dag", run_id=run_id, try_number=try_number)
    return found


def nightly(engine: Engine, run_id: str, *, previous: int | None = None, **params: Any) -> int:
    """A refresh as the DAG does it, from the watermark of a previous one. Returns its id."""
    with engine.begin() as connection:
        watermark = find_refresh(connection, previous).watermark.as_dict() if previous else None
        return start_refresh(
            connection,
            airflow_run_id=run_id,
            params=StoredRefreshParams.model_validate(params).model_dump(mode="json"),
            watermark=watermark,
            snapshot_months=12,
        ).id


def finish(engine: Engine, refresh_id: int) -> None:
    with engine.begin() as connection:
        finish_refresh(connection, refresh_id, Counters(), status="completed")


# ---------------------------------------------------------------------------------------------------------- refreshes
def test_a_refresh_of_its_own_is_opened_worked_through_and_closed(
    call: TaskCaller, engine: Engine, accounts: tuple[str, ...]
) -> None:
    done = refresh(call, chunk_size=2, snapshot_months=3)
    assert opened(engine) == dict.fromkeys(accounts, 1)
    (row,) = rows(engine, "feature_refreshes")
    assert (row["id"], row["status"], row["error"]) == (done["refresh_id"], "completed", None)
    assert row["scope"] == "all accounts: no refresh has finished before"
    assert row["watermark"]["snapshot_months"] == 3
    assert done == {
        "refresh_id": row["id"],
        "accounts_changed": 3,
        "signals_written": row["signals_written"],
        "snapshots_written": row["snapshots_written"],
        "companies_failed": 0,
    }
    assert done["signals_written"] == 3
    attempts = {row["id"]: (row["dag_id"], row["task_id"]) for row in rows(engine, "task_attempts")}
    assert attempts[row["written_by"]] == ("their_dag", "refresh_features")


def test_the_next_one_goes_on_from_there(call: TaskCaller, engine: Engine, accounts: tuple[str, ...]) -> None:
    first = refresh(call)
    again = refresh(call, run_id="manual__2")
    assert again["signals_written"] == again["snapshots_written"] == 0
    interact(engine, accounts[0])
    third = refresh(call, run_id="manual__3")
    assert third["signals_written"] == 1
    assert opened(engine)[accounts[0]] == 2
    scopes = [row["scope"] for row in rows(engine, "feature_refreshes")]
    assert [scope.startswith("accounts changed since ") for scope in scopes] == [False, True, True]
    marks = [row["previous_watermark"] for row in rows(engine, "feature_refreshes")]
    assert marks[1] == rows(engine, "feature_refreshes")[0]["watermark"]
    assert first["refresh_id"] != again["refresh_id"] != third["refresh_id"]
    assert refresh(call, run_id="manual__4", full=True)["accounts_changed"] == 3
    assert rows(engine, "feature_refreshes")[-1]["scope"] == "all accounts: asked for"


def test_the_nightly_dag_still_reads_what_it_has_not_read(
    call: TaskCaller, engine: Engine, accounts: tuple[str, ...]
) -> None:
    night = nightly(engine, "scheduled__1")
    finish(engine, night)
    interact(engine, accounts[1])
    # Twice: the second one has a previous refresh of its own, and forgets nothing the DAG has not read, either.
    for run_id in ("manual__1", "manual__2"):
        refresh(call, run_id=run_id, snapshot_months=0)
    next_night = nightly(engine, "scheduled__2", previous=night)
    with engine.begin() as connection:
        chunks = plan_chunks(connection, find_refresh(connection, next_night), chunk_size=1)
    assert accounts[1] in {chunk.first_domain for chunk in chunks}


def test_months_nobody_had_are_computed_for_all_accounts(
    call: TaskCaller, engine: Engine, accounts: tuple[str, ...]
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=150)
    with engine.begin() as connection:
        for domain in accounts:
            log_interaction(connection, ANN, domain, "viewed", created_at=long_ago, known_at=long_ago)
    refresh(call, snapshot_months=0)
    assert rows(engine, "account_feature_snapshots") == []
    refresh(call, run_id="manual__2", snapshot_months=2)
    assert {row["account_domain"] for row in rows(engine, "account_feature_snapshots")} == set(accounts)
    assert len(rows(engine, "account_feature_snapshots")) == 6


def test_a_part_is_refreshed_and_does_not_count_as_everything(
    call: TaskCaller, engine: Engine, accounts: tuple[str, ...]
) -> None:
    done = refresh(call, first_domain="b", last_domain=accounts[1])
    assert done["accounts_changed"] == 1
    assert opened(engine)[accounts[1]] == 1
    assert [row["status"] for row in rows(engine, "feature_refreshes")] == ["completed"]
    interact(engine, accounts[0])
    everything = refresh(call, run_id="manual__2")
    assert everything["accounts_changed"] == 3
    assert rows(engine, "feature_refreshes")[-1]["scope"] == "all accounts: no refresh has finished before"


def test_a_refresh_that_failed_says_so_and_its_next_try_starts_it_over(
    call: TaskCaller, engine: Engine, accounts: tuple[str, ...]
) -> None:
    operator = RefreshFeaturesOperator(task_id="refresh_features", chunk_size=1, execution_timeout=timedelta(seconds=5))
    with engine.connect() as connection:
        lock_keys(connection, "account", accounts[-1:])
        with pytest.raises(OperationalError):
            call.execute(operator, dag_id="their_dag")
        connection.rollback()
    (failed,) = rows(engine, "feature_refreshes")
    assert (failed["status"], failed["error"], failed["accounts_changed"]) == ("failed", "OperationalError", 2)
    assert accounts[-1] not in opened(engine) or opened(engine)[accounts[-1]] == 0

    done = refresh(call, try_number=2)
    (row,) = rows(engine, "feature_refreshes")
    assert (row["id"], row["status"], row["error"]) == (done["refresh_id"], "completed", None)
    assert opened(engine) == dict.fromkeys(accounts, 1)


def test_a_refresh_somebody_opened_is_worked_on_and_left_open(
    call: TaskCaller, engine: Engine, accounts: tuple[str, ...]
) -> None:
    refresh_id = nightly(engine, "scheduled__1")
    part = refresh(call, refresh_id=refresh_id, first_domain=accounts[0], last_domain=accounts[0])
    assert (part["refresh_id"], part["accounts_changed"]) == (refresh_id, 1)
    rest = refresh(call, refresh_id=refresh_id, chunk_size=1)
    assert rest["accounts_changed"] == 3
    assert rest["signals_written"] == 2, "one was right already"
    assert [row["status"] for row in rows(engine, "feature_refreshes")] == ["running"]


def test_arguments_may_be_templates(call: TaskCaller, engine: Engine, accounts: tuple[str, ...]) -> None:
    refresh_id = nightly(engine, "scheduled__1")
    operator = RefreshFeaturesOperator(
        task_id="refresh_features",
        refresh_id="{{ params.refresh_id }}",
        first_domain="{{ params.domain }}",
        last_domain="{{ params.domain }}",
        chunk_size="{{ 2 + 3 }}",
        full="{{ false }}",
        snapshot_months="",
        map_label="only {{ params.domain }}",
    )
    done = call.execute(operator, params={"refresh_id": refresh_id, "domain": accounts[2]})
    assert (done["refresh_id"], done["accounts_changed"]) == (refresh_id, 1)
    assert operator.map_label == f"only {accounts[2]}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first_domain": "a.com"}, "first_domain and last_domain go together"),
        ({"refresh_id": 4711}, "No feature refresh 4711 is stored"),
        ({"refresh_id": "soon"}, "refresh_features: refresh_id: "),
        ({"chunk_size": 0}, "refresh_features: chunk_size: "),
        ({"snapshot_months": "121"}, "refresh_features: snapshot_months: "),
    ],
    ids=str,
)
def test_unusable_arguments_are_named_and_nothing_is_written(
    call: TaskCaller, engine: Engine, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(AirflowFailException, match=message):
        refresh(call, **arguments)
    with engine.connect() as connection:
        assert count(connection, "feature_refreshes") == count(connection, "task_attempts") == 0


# -------------------------------------------------------------------------------------------------------- single steps
def test_a_model_is_trained_and_used_by_tasks_of_their_own(call: TaskCaller, engine: Engine, tmp_path: Path) -> None:
    until = today().replace(day=1)
    with engine.begin() as connection:
        load_history(connection, generate_history(accounts=200, months=18, seed=1, until=until))
    refresh(call, snapshot_months=19)
    folder = tmp_path / "their-models"
    trained = call.execute(TrainPropensityModelOperator(task_id="train_model", artifacts_path=f"file://{folder}"))
    assert trained == {"version": 1, "status": "promoted", "is_new": True}
    assert len(list(folder.rglob("*.model"))) == 1

    scored = call.execute(ScoreAccountsOperator(task_id="score_accounts"))
    assert scored == {"scored": scored["scored"], "written": scored["scored"], "removed": 0}
    assert scored["scored"] > 100
    recommended = call.execute(RecommendAccountsOperator(task_id="recommend", limit="8", exploration_share="0.25"))
    assert recommended == {"count": 8, "explored": 2, "written": 8, "removed": 0}
    (day,) = {row["recommended_on"] for row in rows(engine, "account_recommendations")}
    assert day == today()


def test_training_can_be_switched_off_and_says_what_is_missing(call: TaskCaller, accounts: tuple[str, ...]) -> None:
    with pytest.raises(AirflowSkipException, match="train is false"):
        call.execute(TrainPropensityModelOperator(task_id="train_model", train="False"))
    with pytest.raises(AirflowSkipException, match="Too little to learn from: 3 of 50 research runs"):
        call.execute(TrainPropensityModelOperator(task_id="train_model"))
    with pytest.raises(AirflowSkipException, match="No model is in use"):
        call.execute(ScoreAccountsOperator(task_id="score_accounts"))


def test_arguments_come_before_what_the_refresh_was_started_with(
    call: TaskCaller, engine: Engine, accounts: tuple[str, ...]
) -> None:
    quiet = nightly(engine, "asset_triggered__1", train=False, recommendations=1, follows_another_dag=True)

    def train(**arguments: Any) -> None:
        call.execute(TrainPropensityModelOperator(task_id="train_model", refresh_id=quiet, **arguments))

    with pytest.raises(AirflowSkipException, match="train is false"):
        train()
    with pytest.raises(AirflowSkipException, match="Too little to learn from"):
        train(train=True)

    def recommend(**arguments: Any) -> Any:
        return call.execute(RecommendAccountsOperator(task_id="recommend", refresh_id=quiet, **arguments))["count"]

    assert recommend() == 1
    with pytest.raises(AirflowSkipException, match="stands and is kept"):
        recommend(limit=2)
    assert recommend(limit=2, keep_existing=False) == 2
    assert recommend(limit=2, keep_existing=False, min_icp_score=10) == 0
    interact(engine, accounts[0], kind="contacted")
    # The list is made from what had happened when the refresh began.
    assert recommend(limit=3, keep_existing=False) == 3


def test_a_list_is_kept_when_asked_to(call: TaskCaller, engine: Engine, accounts: tuple[str, ...]) -> None:
    keep = RecommendAccountsOperator(task_id="recommend", keep_existing="{{ true }}")
    assert call.execute(keep)["count"] == 3, "there was none"
    interact(engine, accounts[0], kind="contacted")
    with pytest.raises(AirflowSkipException, match="stands and is kept"):
        call.execute(RecommendAccountsOperator(task_id="recommend", keep_existing=True))
    assert call.execute(RecommendAccountsOperator(task_id="recommend"))["count"] == 2
    assert call.execute(RecommendAccountsOperator(task_id="recommend", quiet_days=0))["count"] == 3


def test_intent_is_detected_as_of_now_or_as_of_a_refresh(
    call: TaskCaller, engine: Engine, accounts: tuple[str, ...]
) -> None:
    before = nightly(engine, "scheduled__1")
    interact(engine, accounts[0], times=9)
    refresh(call)
    now = call.execute(DetectIntentOperator(task_id="detect_intent"))
    assert now == {"rising": 0, "surging": 1, "written": 1, "cleared": 0}
    then = call.execute(DetectIntentOperator(task_id="detect_intent", refresh_id=str(before)))
    assert then == {"rising": 0, "surging": 0, "written": 0, "cleared": 1}


@pytest.mark.parametrize(
    "operator",
    [TrainPropensityModelOperator, ScoreAccountsOperator, DetectIntentOperator, RecommendAccountsOperator],
    ids=lambda operator: operator.__name__,
)
def test_a_refresh_that_does_not_exist_fails_at_once(call: TaskCaller, engine: Engine, operator: Any) -> None:
    with engine.begin() as connection:
        add_model(connection)
    with pytest.raises(AirflowFailException, match="No feature refresh 4711 is stored"):
        call.execute(operator(task_id="step", refresh_id=4711))
