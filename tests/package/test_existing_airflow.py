"""An Airflow that already runs gets the wheel, as docs/existing-airflow.md says; this checkout is not on its path."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from prospecting import cli
from tests.package.conftest import ROOT, Elsewhere

THEIRS = Path(__file__).with_name("their_dags")
PROGRAM = Path(__file__).with_name("their_airflow.py")
OURS = {path.stem for path in (ROOT / "dags").glob("*.py")}

pytestmark = pytest.mark.airflow


def libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def facts(elsewhere: Elsewhere, empty_database: str, tmp_path: Path) -> dict[str, Any]:
    """Follow the page: migrate, connect, import the pools, add the bundle; then look around and run their DAG."""
    assert "migrated from empty" in elsewhere.run(elsewhere.command, "migrate", PROSPECTING_DB_URL=empty_database)
    ours = json.loads(elsewhere.run(elsewhere.command, "dags-folder", "--bundle"))
    theirs = {**ours, "name": "theirs", "kwargs": {"path": str(THEIRS)}}
    shown = elsewhere.run(
        elsewhere.python,
        PROGRAM,
        empty_database,
        elsewhere.run(elsewhere.command, "pools").strip(),
        THEIRS,
        AIRFLOW_HOME=str(tmp_path / "airflow"),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST=json.dumps([theirs, ours]),
    )
    return dict(json.loads(shown.splitlines()[-1]))


def test_an_airflow_that_already_runs_gets_dags_connections_and_operators(
    facts: dict[str, Any], elsewhere: Elsewhere, empty_database: str
) -> None:
    assert facts["errors"] == {}
    # Paused, as this Airflow's default says.
    assert facts["dags"] == {
        **{dag_id: ["prospecting", True] for dag_id in OURS},
        "their_conferences": ["theirs", True],
    }
    assert {"agents", "database"} < set(facts["pools"])

    for kind in ("llm", "search", "parallel", "operations"):
        name, form = facts["forms"][f"prospecting_{kind}"]
        assert name.startswith("Prospecting: ")
        assert form["relabeling"] == {"host": "Base URL", "password": "API key"}
        assert facts["hooks"][f"prospecting_{kind}"].startswith("prospecting.hooks.")
    assert facts["hooks"]["postgres"] == "airflow.providers.postgres.hooks.postgres.PostgresHook"
    assert [link for link in facts["links"] if link.startswith("prospecting.operators.links.")]

    assert set(facts["run"].values()) == {"success"}
    with psycopg.connect(libpq(empty_database)) as connection:
        saved = connection.execute(
            "select e.name, c.name, c.source_system, a.dag_id from event_sponsors as s "
            "join events as e on e.id = s.event_id join companies as c on c.id = s.company_id "
            "join task_attempts as a on a.id = s.written_by"
        ).fetchall()
    assert saved == [("PyCon Elsewhere", "Elsewhere Ltd", "their_model", "their_conferences")]

    # Each module once, and all from the wheel.
    modules = dict(line.split(" ", 1) for line in facts["modules"])
    assert len(set(modules.values())) == len(modules)
    ours = {name: file for name, file in modules.items() if name.split(".")[0] == "prospecting"}
    assert len(ours) > 20
    assert all(file.startswith(f"{elsewhere.package}/") for file in ours.values())


LOAD_PLUGINS = """
import json, sys
from airflow.plugins_manager import get_plugin_info
plugins = get_plugin_info()
import prospecting.operators.triggers
modules = {name: file for name, module in list(sys.modules.items()) if (file := getattr(module, "__file__", None))}
print(json.dumps([modules, [plugin["name"] for plugin in plugins]]))
"""


@pytest.mark.parametrize("syntax", ["glob", "regexp"])
def test_the_plugin_loader_executes_nothing_of_the_package(elsewhere: Elsewhere, tmp_path: Path, syntax: str) -> None:
    """Executed files would be there a second time, under their bare names: models, signals ... and other classes."""
    shown = elsewhere.run(
        elsewhere.python,
        "-c",
        LOAD_PLUGINS,
        AIRFLOW_HOME=str(tmp_path),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "plugins"),
        AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX=syntax,
    )
    modules, _ = json.loads(shown.splitlines()[-1])
    from_checkout = {name: file for name, file in modules.items() if file.startswith(str(ROOT / "plugins"))}
    assert {Path(file).name for file in from_checkout.values()} <= {"prospecting_plugin.py"}
    assert modules["prospecting.operators.triggers"] == str(elsewhere.package / "operators" / "triggers.py")


def test_the_checkout_wins_when_it_comes_first_and_says_so(elsewhere: Elsewhere) -> None:
    shown = elsewhere.run(elsewhere.command, "version", PYTHONPATH=str(ROOT / "plugins"))
    assert f"imported from {ROOT / 'plugins' / 'prospecting'}\n" in shown
    assert f"not used: another copy in {elsewhere.package}\n" in shown


def test_the_page_names_commands_as_they_are() -> None:
    page = (ROOT / "docs" / "existing-airflow.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|[`(])prospecting ([a-z-]+(?: --[a-z-]+)*)", page, re.MULTILINE))
    assert named == {"migrate", "pools", "dags-folder --bundle", "version"}
    for command in named:
        cli.parser().parse_args(command.split())
    entry = json.dumps({**cli.bundle_entry(), "kwargs": {"path": "<what prospecting dags-folder prints>"}})
    assert entry in re.sub(r"\s+", " ", page)
