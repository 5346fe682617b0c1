"""``prospecting submit``: what is to be researched, stored without Airflow."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from prospecting import cli
from tests.db.factories import stored

ASKED: dict[str, Any] = {
    "org": "acme",
    "operations": ["person.derive.intel_briefing"],
    "entities": [{"full_name": "Jane Marker", "company_name": "Acme"}],
    "client_company_name": "SecurityPal",
    "client_company_description": "Answers questionnaires.",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.json"
    path.write_text(json.dumps(ASKED))
    return path


def test_a_submission_is_stored_once_and_its_id_printed(
    engine: Engine, database_url: str, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["submit", str(file), "--db-url", database_url]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(file.read_text()))
    monkeypatch.setenv("PROSPECTING_DB_URL", database_url)
    assert cli.main(["submit", "-"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    with engine.connect() as connection:
        (submission,) = stored(connection, "submissions")
        (run,) = stored(connection, "pipeline_runs")
    assert first == second == str(submission["id"])
    assert (submission["source"], run["status"]) == ("prospecting submit", "queued")
    assert submission["input_payload"]["entities"][0]["full_name"] == "Jane Marker"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "the file cannot be read: No such file or directory"),
        ("{", "the file is not JSON"),
        (json.dumps({**ASKED, "budget": 1}), "1 unknown fields in the submission; allowed: "),
        (json.dumps({**ASKED, "org": "b8001673-d0a4-4c4f-824a-9904964d8400"}), "No org b8001673"),
        (json.dumps({**ASKED, "entities": [{"full_name": "Jane Marker", "n": 10**40}]}), "entities.0: a number in it"),
    ],
)
def test_what_cannot_be_submitted_is_refused_in_a_sentence(
    engine: Engine, database_url: str, tmp_path: Path, content: str | None, complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = tmp_path / "people.json"
    if content is not None:
        path.write_text(content)
    assert cli.main(["submit", str(path), "--db-url", database_url]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"error: {complaint}")
    assert (said.out, "Marker" in said.err) == ("", False)


def test_a_database_that_does_not_answer_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["submit", str(file), "--db-url", "postgresql://ann:hunter2@127.0.0.1:9/none"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: the database cannot be reached: ")
    assert "hunter2" not in said
