"""People are researched without being named in the configuration of a run, or anywhere else in Airflow."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import Engine

from prospecting.tasks.research_pipeline import start_submission
from tests.dags.runs import Airflow, TaskCaller
from tests.db.factories import a_run, a_submission, an_org, stored

pytestmark = pytest.mark.airflow

PERSON = {"full_name": "Jane Marker", "email": "jane.marker@acme.com", "domain": "acme.com", "company_name": "Acme"}
ASKED: dict[str, Any] = {"org": "acme", "operations": ["company.list.people"], "entities": [PERSON]}
MARKERS = ("Marker", "jane.marker")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.json"
    path.write_text(json.dumps(ASKED))
    return path


def defaults() -> dict[str, Any]:
    from prospecting.services.research_params import ResearchParams
    from prospecting.tasks.trigger_form import airflow_params

    return {name: param.value for name, param in airflow_params(ResearchParams).items()}


def test_a_run_that_names_a_file_names_nobody(airflow: Airflow, engine: Engine, file: Path) -> None:
    run = airflow.run({"submission_file": str(file), "budget": 3}, dag_id="research_pipeline")
    assert run.state == "success", run.log
    with engine.connect() as connection:
        (submission,) = stored(connection, "submissions")
        (pipeline_run,) = stored(connection, "pipeline_runs")
    assert submission["input_payload"]["entities"] == [PERSON]
    assert pipeline_run["status"] == "succeeded"
    assert airflow.conf_of("research_pipeline", run.run_id)["submission_file"] == str(file)
    kept = "\n".join(
        (json.dumps(airflow.conf_of("research_pipeline", run.run_id)), airflow.stored_by_airflow(run.run_id), run.log)
    )
    assert not [marker for marker in MARKERS if marker in kept]
    assert str(submission["id"]) in kept


def test_the_same_in_a_file_and_inline_is_one_submission_with_the_options_of_the_run(
    call: TaskCaller, engine: Engine, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = {**defaults(), "budget": {"max_usd": 7, "max_calls": 9}, "force_fresh": True}
    with caplog.at_level(logging.WARNING, logger="prospecting"):
        by_file = call(start_submission, params={**options, "submission_file": file.as_uri()})
        assert caplog.text == ""
        inline = call(start_submission, params={**options, **ASKED})
    assert by_file == inline
    assert (by_file["max_usd"], by_file["max_calls"], by_file["force_fresh"]) == ("7", 9, True)
    with engine.connect() as connection:
        assert len(stored(connection, "submissions")) == 1
    assert "1 people are in the configuration of this run" in caplog.text
    assert not [marker for marker in MARKERS if marker in caplog.text]


def test_companies_inline_are_nobody_to_warn_about(call: TaskCaller, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="prospecting"):
        call(start_submission, params={**defaults(), **ASKED, "entities": [{"domain": "acme.com"}]})
    assert "configuration" not in caplog.text


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "submission_file: nothing is there; workers look for it on their own machine"),
        ("{", "submission_file: it is not JSON"),
        ("[" * 100_000, "submission_file: it is not JSON"),
        ("[]", "a submission is a JSON object with org, operations or steps, and entities"),
        (json.dumps({**ASKED, "Jane Marker": 1}), "1 unknown fields in the submission; allowed: client_company_desc"),
        (json.dumps({**ASKED, "submission_id": "x"}), "1 unknown fields in the submission"),
        (json.dumps({**ASKED, "org": None}), "The submission file cannot be used: give submission_id"),
        (json.dumps({**ASKED, "entities": ["Jane Marker"]}), "The submission file cannot be used: entities.0: Input"),
    ],
    ids=["nothing", "broken", "deep", "a list", "another field", "an id", "no org", "no objects"],
)
def test_a_file_that_cannot_be_used_is_refused_without_repeating_it(
    call: TaskCaller, engine: Engine, tmp_path: Path, content: str | None, complaint: str
) -> None:
    path = tmp_path / "people.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(AirflowFailException) as refused:
        call(start_submission, params={**defaults(), "submission_file": str(path)})
    assert complaint in str(refused.value)
    assert "Marker" not in str(refused.value)
    with engine.connect() as connection:
        assert stored(connection, "submissions") == []


@pytest.mark.parametrize("path", ["https://acme.com/people.json", "HTTP://127.0.0.1:8080/x", "nosuch://people.json"])
def test_only_files_and_object_storage_are_read(call: TaskCaller, engine: Engine, path: str) -> None:
    with pytest.raises(AirflowFailException, match=r"^submission_file: "):
        call(start_submission, params={**defaults(), "submission_file": path})


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"operations": ["company.derive.intel_briefing"]}, "prospecting_parallel"),
        ({"steps": ["company.list.people", "person.derive.intel_briefing"]}, "prospecting_parallel"),
        ({"operations": ["company.find.news"]}, "prospecting_operations"),
        ({"steps": [{"operation_id": "company.find.news", "condition": {"exists": "domain"}}]}, None),
        ({"steps": [{"operation_id": "company.find.news", "enabled": False}, "company.list.people"]}, None),
        ({"operations": ["company.list.people"]}, None),
    ],
)
def test_connections_that_cannot_be_done_without_are_checked_first(
    call: TaskCaller, engine: Engine, given: dict[str, Any], missing: str | None
) -> None:
    params = {**defaults(), "org": "acme", "entities": [{"domain": "acme.com", "company_name": "Acme"}], **given}
    if missing is None:
        call(start_submission, params=params)
        return
    with pytest.raises(AirflowFailException, match=f"needs? the Airflow connection {missing} "):
        call(start_submission, params=params)
    with engine.begin() as connection:
        assert stored(connection, "submissions") == []
        # An org with research of its own may get all of it from there.
        org = an_org(connection, "acme")
        a_run(connection, a_submission(connection, org), status="succeeded")
    call(start_submission, params=params)
    with pytest.raises(AirflowFailException, match=missing):
        call(start_submission, params={**params, "force_fresh": True})
