"""Airflow's own command, as `make airflow ARGS='…'` calls it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import airflow_command, environment
from scripts.environment import SetupError


@pytest.fixture
def prepared(tmp_path: Path) -> environment.Environment:
    """The environment of a checkout."""
    return environment.compute(tmp_path, {}, {"fernet_key": "k", "jwt_secret": "j", "api_secret_key": "a"})


@pytest.fixture
def called(prepared: environment.Environment, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was prepared, and the words and variables with which Airflow was called."""
    calls: list[Any] = []
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(environment, "prepare", lambda: prepared)
    monkeypatch.setattr("scripts.migrate.migrate_metadata", lambda found: calls.append(found.metadata_url))
    monkeypatch.setattr(
        os, "execve", lambda program, words, variables: calls.append((program, words, variables["AIRFLOW_HOME"]))
    )
    return calls


def test_words_arrive_as_they_were_quoted(called: list[Any], prepared: environment.Environment, tmp_path: Path) -> None:
    os.environ["ARGS"] = """connections add x --conn-extra '{"model": "a b"}' --conn-password 'p$1'"""
    airflow_command.main([])
    words = ["connections", "add", "x", "--conn-extra", '{"model": "a b"}', "--conn-password", "p$1"]
    metadata, call = called
    assert metadata == prepared.metadata_url, "there before Airflow looks"
    assert call == (sys.executable, [sys.executable, "-m", "airflow", *words], str(tmp_path / ".local" / "airflow"))


def test_what_cannot_be_called_is_one_line(
    called: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ["ARGS"] = "connections add 'x"
    assert airflow_command.main([]) == 2
    assert capsys.readouterr().err == "error: ARGS cannot be split into words: No closing quotation\n"

    def refuse() -> None:
        raise SetupError("no database")

    monkeypatch.setattr(environment, "prepare", refuse)
    assert airflow_command.main(["version"]) == 1
    assert capsys.readouterr().err == "error: no database\n"
    assert called == []
