"""Recording what mail providers reported: a whole run in real Airflow, the operator, and the tasks around it.

All payloads are made up.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import Engine

from prospecting.operators.touchpoint_events import RecordTouchpointEventsOperator
from prospecting.parsing.webhooks import MAX_SIZE
from prospecting.tasks import account_events as tasks
from prospecting.tasks.runs import literal
from tests.dags.runs import Airflow, TaskCaller
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import add_companies, count, hours, stored, versions

pytestmark = pytest.mark.airflow

DAG: dict[str, Any] = {"dag_id": "account_events"}
# Must be in no log, and nowhere in Airflow's own database.
ADA = "ada.marker@acme.com"
SECRETS = (ADA, "marker", "evil.com")


def event(kind: str, message: int, **fields: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "occurred_at": "2026-01-01T01:00:00Z",
        "message_id": f"m{message}",
        "event_id": f"{kind}-{message}",
        "recipient": ADA,
        **fields,
    }


@pytest.fixture
def mails(engine: Engine) -> None:
    """Three messages to Ada."""
    with engine.begin() as connection:
        company_id = add_companies(connection, "Acme")[0]
        conversation = add_conversation(connection, add_contact(connection, company_id, email=ADA), company_id)
        for message in range(3):
            add_touchpoint(connection, conversation, sent_at=hours(0), provider="ours", email_message_id=f"m{message}")


def write(folder: Path, **payloads: Any) -> Path:
    """The payloads as files of a folder, one named like a template."""
    folder.mkdir(exist_ok=True)
    for name, payload in payloads.items():
        content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        (folder / f"{name} {{{{ 7 * 7 }}}}.json").write_bytes(content)
    return folder


def everything(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return {table: rows for table, rows in versions(connection).items() if table != "task_attempts"}


def left(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return {
            "outcomes": [row["outcome"] for row in stored(connection, "touchpoints", order="email_message_id")],
            "status": stored(connection, "contacts", "status")[0]["status"],
            "rejected": sorted(row["reason"] for row in stored(connection, "rejected_records")),
        }


def test_a_run(airflow: Airflow, engine: Engine, tmp_path: Path, mails: None) -> None:
    folder = write(
        tmp_path / "events",
        a=[event("opened", 0), event("clicked", 0, url=f"https://acme.com/?to={ADA}")],
        b=[event("delivered", 1), event("unsubscribed", 1)],
        c=[event("opened", number) for number in range(5)] + [event("clicked", 2, recipient="eve@evil.com")],
    )
    (folder / "_SUCCESS").touch()
    (folder / "older").mkdir()
    params = {"path": str(folder), "provider": "ours", "files_per_task": 2}
    run = airflow.run(params, **DAG)
    assert run.state == "success"
    assert [task["label"] for task in run.tasks if task["task_id"] == "record_events"] == [
        "files 1-2 of 3", "files 3-3 of 3",
    ]  # fmt: skip
    assert left(engine) == {
        "outcomes": ["clicked", "opened", "opened"], "status": "unsubscribed", "rejected": ["other_recipient"],
    }  # fmt: skip
    assert "10 events: 8 new, 1 known, 1 refused" in run.log
    assert "6 applied, 2 wait" in run.log
    said = run.log + airflow.stored_by_airflow(run.run_id)
    assert not [secret for secret in SECRETS if secret in said]


def record(path: Any, **arguments: Any) -> RecordTouchpointEventsOperator:
    return RecordTouchpointEventsOperator(
        task_id="record_events", **{"path": str(path), "provider": "ours", **arguments}
    )


def test_the_operator_records_a_file_once(call: TaskCaller, engine: Engine, tmp_path: Path, mails: None) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text("\n".join(json.dumps(event("opened", number)) for number in range(3)))
    operator = record("{{ params.path }}", chunk_size="{{ 1 + 1 }}")
    counts = {
        "files": 1, "unreadable": 0, "events": 3, "new": 3, "known": 0, "applied": 3, "waiting": 0, "refused": 0,
        "rejected": 0, "ignored": 0,
    }  # fmt: skip
    assert call.execute(operator, params={"path": str(path)}) == counts
    before = everything(engine)
    again = record(f"file://{path}", format="plain")
    assert call.execute(again) == counts | {"new": 0, "known": 3, "applied": 0}
    assert everything(engine) == before


def test_a_file_that_is_too_large_stays_and_the_others_are_recorded(
    call: TaskCaller, engine: Engine, tmp_path: Path, mails: None
) -> None:
    large = json.dumps([event("opened", 1)]).encode() + b" " * 10_000_000
    folder = write(tmp_path / "events", a=large, b=[event("opened", 0)], c=b"[")
    with pytest.raises(AirflowFailException, match=f"2 of 3 files could not be read.*more than {MAX_SIZE:,}"):
        call.execute(record(folder))
    assert sorted(file.name[0] for file in folder.iterdir()) == ["a", "b", "c"]
    assert left(engine) == {
        "outcomes": ["opened", "sent", "sent"], "status": "active", "rejected": ["too_large", "unparseable"],
    }  # fmt: skip
    # Of one file alone nothing is written but why.
    before = everything(engine)
    alone = next(file for file in folder.iterdir() if file.name.startswith("a"))
    with pytest.raises(AirflowFailException, match="1 of 1 files could not be read"):
        call.execute(record(literal(str(alone))))
    assert everything(engine) == before


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"path": ""}, "path: where are the events"),
        ({"path": "/nowhere/at all"}, "path: nothing is there"),
        ({"path": "https://secret.com/events"}, "path: a path or an object URL"),
        ({"path": "s3://bucket/events"}, r"path: it cannot be listed \(\w+\)"),
        ({"provider": " "}, "provider: who sent the events"),
        ({"format": "secret"}, "format: Input should be 'sendgrid', 'postmark' or 'plain'"),
        ({"chunk_size": 0}, "chunk_size: "),
    ],
)
def test_unusable_arguments_are_named(
    call: TaskCaller, tmp_path: Path, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(AirflowFailException, match=complaint) as refused:
        call.execute(record(**{"path": tmp_path, **arguments}))
    assert "secret" not in str(refused.value)
    if set(arguments) & {"provider", "format"}:
        params = {"path": "/data", "provider": "ours", **arguments}
        with pytest.raises(AirflowFailException, match=complaint):
            call(tasks.start_recording, params=params, **DAG)


def started(**params: Any) -> dict[str, Any]:
    return {"path": "/data", "provider": "ours", "format": "plain", "max_error_share": 0.2, **params}


def test_files_are_planned_as_they_are_named(call: TaskCaller, tmp_path: Path) -> None:
    assert call(tasks.plan_files, started(path=str(tmp_path)), **DAG) == []
    folder = write(tmp_path / "events", a=[], b=[], c=[])
    parts = call(tasks.plan_files, started(path=str(folder), files_per_task=2), **DAG)
    assert [part.pop("map_label") for part in parts] == ["files 1-2 of 3", "files 3-3 of 3"]
    assert [call.execute(record(**part))["files"] for part in parts] == [2, 1]
    with pytest.raises(AirflowFailException, match="path: nothing is there"):
        call(tasks.plan_files, started(path=str(tmp_path / "none")), **DAG)


def test_a_run_is_judged_at_its_end(call: TaskCaller) -> None:
    counts = {"files": 1, "events": 20, "new": 8, "known": 2, "rejected": 1, "refused": 1, "ignored": 8}
    summary = call(tasks.summarize_recording, started(), [counts, None], **DAG)
    assert (summary["events"], summary["error_share"]) == (20, 0.1667)
    assert call(tasks.summarize_recording, started(), None, **DAG)["error_share"] == 0
    with pytest.raises(AirflowFailException, match=re.escape("2 of 12 events could not be used, more than")):
        call(tasks.summarize_recording, started(max_error_share=0.1), [counts], **DAG)
    with pytest.raises(AirflowFailException, match="3 tasks failed"):
        call(tasks.summarize_recording, started(), [counts], failed_tasks=3, **DAG)
    with pytest.raises(AirflowFailException, match="see the log of start_recording"):
        call(tasks.summarize_recording, None, None, **DAG)


def test_a_task_that_is_killed_ends_after_the_chunk_at_hand(
    call: TaskCaller, engine: Engine, tmp_path: Path, mails: None
) -> None:
    folder = write(tmp_path / "events", a=[event("opened", number) for number in range(3)])
    operator = record(folder)
    operator.on_kill()  # before it began
    assert call.execute(operator)["new"] == 3
    operator.on_kill()
    with engine.connect() as connection:
        assert count(connection, "touchpoint_events") == 3
