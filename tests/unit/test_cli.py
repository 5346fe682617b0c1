"""The command `prospecting`, as far as it needs no database."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from prospecting import cli
from prospecting.version import version

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "postgresql://ann:hunter2@127.0.0.1:9/none"


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROSPECTING_DB_URL", "AIRFLOW_CONN_PROSPECTING_DB"):
        monkeypatch.delenv(name, raising=False)


def test_folders_and_files_are_printed_as_shells_need_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dags-folder"]) == 0
    assert capsys.readouterr().out == f"{ROOT / 'dags'}\n"
    assert cli.main(["pools"]) == 0
    pools = capsys.readouterr().out
    assert pools.endswith("\n")
    assert set(json.loads(Path(pools.strip()).read_text())) == {"agents", "database"}


def test_an_entry_for_the_list_of_bundles_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dags-folder", "--bundle"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry["name"] == "prospecting"
    assert entry["kwargs"] == {"path": str(ROOT / "dags")}


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert f'\nversion = "{version()}"\n' in (ROOT / "pyproject.toml").read_text()
    assert cli.main(["version"]) == 0
    assert capsys.readouterr().out == f"prospecting {version()}, imported from {ROOT / 'plugins' / 'prospecting'}\n"


def test_help_says_what_to_do_and_needs_no_airflow() -> None:
    program = (
        "import sys; from prospecting.cli import main\ntry: main(['--help'])\nfinally: print('airflow' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown.endswith("False\n")
    for command in ("migrate", "submit", "dags-folder", "pools", "version"):
        assert f"\n    {command}" in shown
    assert "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST" in shown


def test_no_database_names_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["migrate"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    for way in ("--db-url", "PROSPECTING_DB_URL", "AIRFLOW_CONN_PROSPECTING_DB"):
        assert way in shown.err


def test_the_database_is_the_one_named_most_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"conn_type": "postgres", "host": "db.example", "login": "ann", "password": "p@ss", "schema": "leads"}
    monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_DB", json.dumps(connection))
    assert cli.database_url(None) == "postgresql+psycopg://ann:p%40ss@db.example/leads"
    monkeypatch.setenv("PROSPECTING_DB_URL", "postgresql://b/b")
    assert cli.database_url(None) == "postgresql://b/b"
    assert cli.database_url("postgresql://c/c") == "postgresql://c/c"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (NOWHERE, "Connection refused"),
        ("mysql://ann:hunter2@db.example/leads", "must be PostgreSQL"),
        ("hunter2", "cannot be read"),
        ("postgresql://ann:hunter2@db.example:many/leads", "cannot be read"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_line_without_its_password(
    capsys: pytest.CaptureFixture[str], url: str, said: str
) -> None:
    assert cli.main(["migrate", "--db-url", url]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "hunter2" not in error
    assert error.count("\n") == 1
