"""The result of a run, whatever its DAG and however it went; the ledger; opening seats again."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from airflow.models.dagrun import DagRun
from sqlalchemy import Connection, Engine, create_engine, select, text
from sqlalchemy.orm import Session

from prospecting.parsing.records import EventRecord, SponsorRecord
from prospecting.persistence import agent_calls, agent_steps, rejected_records, signals
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import TaskAttempt, unit_of_work
from prospecting.persistence.events import upsert_event_sponsors, upsert_events
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.rejected_records import RejectedRow
from prospecting.persistence.slot_evaluations import Counters
from prospecting.services.executions import note_of, summarize_execution
from prospecting.services.runtime import Runtime
from prospecting.tasks.run_notes import CAUSE_KEY, NOTE_KEY, on_dag_run_failed, on_dag_run_success
from tests.db.factories import add_companies, claim, close, evaluate, ids, write_refresh
from tests.db.promoting import add_people, add_sponsors, plan, someone
from tests.web.airflow_rows import add_run
from tests.web.conftest import ApiServer

pytestmark = pytest.mark.airflow


def attempt_of(dag_id: str, run_id: str) -> TaskAttempt:
    return TaskAttempt(dag_id=dag_id, run_id=run_id, task_id="a_task", map_index=0, try_number=1)


def said(answer: httpx.Response) -> str:
    """The words of a page, with runs of blanks as one."""
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def execute(connection: Connection, run_id: str, **configuration: Any) -> UUID:
    """An execution of a signal that looks for Ruby conferences."""
    given = {"name": "Ruby <b>conferences</b>", "type": "conference", "event_keywords": ["ruby"], **configuration}
    signal = signals.upsert_signal(connection, name=given["name"], type="conference", configuration=given)
    return signals.start_execution(connection, signal_id=signal, configuration=given, airflow_run_id=run_id)


def ask(connection: Connection, scope: str, *, agent: str = "people", answer: bytes = b'{"name": "Zoe Zed"}') -> int:
    """A call that was answered for 12 cents."""
    call = agent_calls.open_call(
        connection, scope=scope, agent=agent, provider="live:fast", request_key=f"{agent} {scope}",
        request={"company": "Acme"}, reserved_usd=Decimal("0.2"),
    )  # fmt: skip
    agent_calls.finish_call(
        connection, call, response=answer, latency_ms=1500, input_tokens=100, output_tokens=23,
        cost_usd=Decimal("0.12"), ttl_seconds=60,
    )  # fmt: skip
    return call


def test_an_execution_shows_names_and_reasons(viewer: httpx.Client, server: ApiServer, engine: Engine) -> None:
    run_id = "manual__2027-01-01T00:00:00+00:00"
    with unit_of_work(engine, attempt_of("signal_execution", run_id)) as connection:
        execution = execute(connection, run_id)
        events = upsert_events(connection, [EventRecord("RubyConf", date(2027, 4, 15))], source_system="test").saved
        rows = [CompanyRow(f"Company {n}", f"c{n}.example") for n in range(60)]
        companies = upsert_companies(connection, rows, source_system="test").saved
        found = ids(companies)
        upsert_event_sponsors(
            connection, ids(events)[0], [(found[n], SponsorRecord(f"Company {n}", "gold")) for n in range(60)],
            source_system="test",
        )  # fmt: skip
        people = upsert_persons(
            connection,
            [
                PersonRow("Old Timer", found[0], "CEO", observed_on=date(2019, 3, 1)),
                PersonRow("=Jane Doe", found[1], "CEO", observed_on=datetime.now(UTC).date()),
            ],
            source_system="test",
        ).saved
        for kind, saved in (("event", events), ("company", companies), ("person", people)):
            signals.link_entities(connection, execution, kind, saved)
        left_out = RejectedRow("filter", "person", "other_function", "The title is none of CEO", source="company 7")
        rejected_records.record_rejected(connection, execution, [left_out])
        call = ask(connection, f"signal_execution:{execution}")
    summarize_execution(Runtime(engine), execution, failed_tasks=0)
    assert note_of(Runtime(engine), execution).startswith(
        "Ruby <b>conferences</b>: Found 1 event, 60 companies, 2 people"
    )
    add_run(server.metadata, "signal_execution", run_id, "success", {"start_execution": ["success"]})
    path = f"/runs/signal_execution/{run_id.replace('+', '%2B')}"

    words = said(viewer.get(path))
    for part in (
        "Ruby <b>conferences</b>", "completed", "$0.12 of", "1 of 1,000 calls", "Events 1 1 new", "Companies 60 60 new",
        "People 2 2 new", "RubyConf 2027-04-15", "Found 1 event, 60 companies, 2 people (1 unconfirmed); new: 1 event",
    ):  # fmt: skip
        assert part in words, (part, words)

    first = viewer.get(path, params={"tab": "companies"})
    assert re.findall(r"Company \d+", said(first)) == [f"Company {n}" for n in range(50)]
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following
    second = said(viewer.get(path + html.unescape(following[1])))
    assert re.findall(r"Company \d+", second) == [f"Company {n}" for n in range(50, 60)]

    people_page = viewer.get(path, params={"tab": "persons"})
    assert re.search(r'<tr class="old"[^>]*>\s*<td><a href="/prospecting/people/\d+">Old Timer', people_page.text)
    assert not re.search(r'class="old"[^>]*>\s*<td><a[^>]*>=Jane', people_page.text)
    assert "1 person other_function" in said(viewer.get(path, params={"tab": "left_out"})).replace("filter ", "")
    calls = said(viewer.get(path, params={"tab": "calls"}))
    assert f"{call} 20" in calls
    assert "live:fast succeeded 2 s 123 $0.12" in calls

    downloaded = viewer.get(path, params={"table": "persons"})
    assert downloaded.headers["content-disposition"] == 'attachment; filename="signal_execution-persons.csv"'
    assert "'=Jane Doe,2,CEO,,Company 1," in downloaded.text
    assert viewer.get(path, params={"table": "companies"}).text.count("\r\n") == 61
    assert viewer.get(path, params={"table": "nothing"}).status_code == 404
    assert viewer.get(path, params={"tab": "nothing"}).status_code == 400


def test_every_zero_has_its_reason(viewer: httpx.Client, server: ApiServer, engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        nobody, nothing, running = (execute(connection, run, target_functions=["CFO"]) for run in ("a", "b", "c"))
        events = upsert_events(connection, [EventRecord("RubyConf", date(2027, 4, 15))], source_system="test").saved
        companies = upsert_companies(connection, [CompanyRow("Acme", "acme.com")], source_system="test").saved
        signals.link_entities(connection, nobody, "event", events)
        signals.link_entities(connection, nobody, "company", companies)
        ask(connection, f"signal_execution:{nobody}")
        elsewhere = RejectedRow("filter", "event", "elsewhere", "It is not in Germany", source="keyword ruby")
        rejected_records.record_rejected(connection, nothing, [elsewhere])
    for execution in (nobody, nothing):
        summarize_execution(Runtime(engine), execution, failed_tasks=0)
    for run_id, state in (("a", "success"), ("b", "success"), ("c", "running")):
        stages: dict[str, Any] = {"start_execution": ["success"], "find_people": ["success", "running", "failed", None]}
        add_run(server.metadata, "signal_execution", run_id, state, stages if state == "running" else {})
    words = said(viewer.get("/runs/signal_execution/a", params={"tab": "persons"}))
    assert words.count("1 company asked about, and nobody found who is CFO; the catalog knows chief executives") == 2
    words = said(viewer.get("/runs/signal_execution/b"))
    assert "No events were found for 1 keyword; left out: 1 in another place" in words
    assert "Without an event there is no sponsor to look for." in words
    assert "Without a company there is nobody to ask about." in words
    unfinished = viewer.get("/runs/signal_execution/c")
    assert "find people 50 % 2 of 4 1" in said(unfinished)
    assert 'data-refresh="5"' in unfinished.text
    assert "Not yet; the run goes on." in said(unfinished)
    assert "data-refresh" not in viewer.get("/runs/signal_execution/a").text
    add_run(server.metadata, "signal_execution", "killed", "failed", {"start_execution": ["success"]})
    with unit_of_work(engine) as connection:
        execute(connection, "killed", target_functions=["CFO"])
    killed = said(viewer.get("/runs/signal_execution/killed"))
    assert "ended without closing its record" in killed
    assert "the run goes on" not in killed
    assert "No events were found for 1 keyword" in killed
    for dag_id in ("signal_execution", "ml_feature_refresh", "slot_backfill"):
        add_run(server.metadata, dag_id, "waits", "queued")
        waits = said(viewer.get(f"/runs/{dag_id}/waits"))
        assert "There is no result yet; the run goes on" in waits
        assert "nothing was" not in waits, "nobody knows yet"
    assert str(running) in said(unfinished)


def test_a_start_that_failed_says_so_and_where_to_look(viewer: httpx.Client, server: ApiServer) -> None:
    add_run(server.metadata, "signal_execution", "broken", "failed", {"start_execution": ["failed"]})
    log = server.log.parent / "logs/dag_id=signal_execution/run_id=broken/task_id=start_execution/attempt=1.log"
    log.parent.mkdir(parents=True)
    errors = ({"exc_type": "AirflowFailException", "exc_value": why} for why in ("an earlier one", "Give <keywords>"))
    lines = ({"event": "Task failed", "level": "error", "error_detail": [error]} for error in errors)
    log.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    answer = viewer.get("/runs/signal_execution/broken")
    assert "The run failed at start execution. Give <keywords> The log of the task" in said(answer)
    assert "The run opened no execution; nothing was asked or saved." in said(answer)
    assert 'data-airflow href="/dags/signal_execution/runs/broken/tasks/start_execution"' in answer.text
    assert viewer.get("/runs/signal_execution/unknown").status_code == 404
    assert server.as_user(None).get("/runs/signal_execution/broken").status_code == 401


def test_other_runs_show_what_they_did(viewer: httpx.Client, server: ApiServer, engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        write_refresh(connection)
        connection.execute(text("update feature_refreshes set not_trained_because = 'Too few snapshots.'"))
        sponsors = add_sponsors(connection, {"Acme": "gold"})
        add_people(connection, sponsors["Acme"], someone("Jane Doe"))
        plan(connection, "asks")
        connection.execute(
            text(
                "insert into slot_evaluations (airflow_run_id, params, is_full, status, error) "
                "values ('night', '{}', true, 'failed', 'quality gate: the seats do not add up')"
            )
        )
    with unit_of_work(engine, attempt_of("their_dag", "theirs")) as connection:
        ask(connection, "their_dag:theirs:task", agent="sponsor_extraction")
        rejected_records.record_rejected(connection, None, [RejectedRow("parse", "sponsor", "no_name", "It has none")])
    backfilled = {"total_processed": 4, "total_skipped": 3, "skipped": {"no_domain": 3}, "runs_without_results": 0,
                  "kind": "company", "is_dry_run": True}  # fmt: skip
    erased = {"summarize_recording": {"files": 2, "events": 7, "new": 7, "error_share": 0}}
    due = {"find_due_signals": [{"signal_id": "s-1", "scheduled_for": "2027-01-01"}], "close_abandoned_runs": {}}
    told = {"find_channels": ["mail", "slack"], "send_digest": [{"companies": 7, "people": 1}]}
    for dag_id, run_id, returned, tasks, parts in (
        ("ml_feature_refresh", "run 1", {}, {}, ["accounts changed 4", "No model was trained. Too few snapshots."]),
        ("account_promotion", "asks", {}, {"approve_promotion": ["awaiting_input"]},
         ["A person has to decide.", "Jane Doe", "Proposed (1)"]),
        ("slot_evaluation", "night", {}, {"check_quality": ["failed"]}, ["quality gate: the seats do not add up"]),
        ("briefing_backfill", "past", {"summarize_backfill": backfilled}, {}, ["total_processed: 4", "Dry run"]),
        ("account_events", "mails", erased, {}, ["7 events: 7 new"]),
        ("account_refresh", "none", {}, {}, ["did not get as far as opening a refresh"]),
        ("person_erasure", "none", {}, {}, ["The run opened no erasure"]),
        ("research_pipeline", "none", {}, {}, ["The run opened no submission"]),
        ("slot_backfill", "none", {"plan_backfill": []}, {}, ["No request is waiting."]),
        ("signal_schedule", "hour", due, {}, ["1 signals were due.", "s-1"]),
        ("news_digest", "nobody", {}, {}, ["there is no connection that says whom"]),
        ("news_digest", "day", told, {}, ["Sent: 7 companies, 1 person new.", "1 of 2 channels were sent nothing"]),
        ("their_dag", "theirs", {}, {}, ["not one of this product's", "sponsor_extraction", "no_name", "It has none"]),
        ("their_dag", "silent", {}, {}, ["asked no agent of this product"]),
    ):  # fmt: skip
        add_run(server.metadata, dag_id, run_id, "running" if tasks else "success", tasks, returned)
        words = said(viewer.get(f"/runs/{dag_id}/{run_id}"))
        for part in parts:
            assert part.lower() in words.lower(), (dag_id, part, words)


def test_seats_that_a_backfill_closed_can_be_opened_again(
    viewer: httpx.Client, user: httpx.Client, server: ApiServer, engine: Engine
) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme")
    for number in (1, 2):
        with unit_of_work(engine, attempt_of("slot_backfill", f"fill {number}")) as connection:
            evaluate(connection)
            for seat in ("CEO", "CFO"):
                claimed = claim(connection, f"fill {number} 1/0", slot_types=(seat,))
                close(connection, claimed, f"fill {number} 1/0", error=f"No {seat} found: nobody named")
    add_run(server.metadata, "slot_backfill", "fill 2", "success", {}, {"plan_backfill": [{}]})

    def closed() -> list[str]:
        with engine.connect() as connection:
            found = connection.execute(text("select slot_type from company_slot where status = 'closed_missing'"))
            return sorted(found.scalars())

    assert closed() == ["CEO", "CFO"]
    page = viewer.get("/runs/slot_backfill/fill 2")
    assert "2 of these seats are closed now" in said(page)
    assert "<form method" not in page.text
    assert "Reopen these 1" in said(user.get("/runs/slot_backfill/fill 2"))
    form = {"reason": "No CEO found: nobody named"}
    assert viewer.post("/reopen-seats/fill 2", data=form).status_code == 403
    assert closed() == ["CEO", "CFO"]
    for _ in range(2):
        answer = user.post("/reopen-seats/fill 2", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/prospecting/runs/slot_backfill/fill%202")
        assert closed() == ["CFO"]
    assert user.post("/reopen-seats/other", data={}).status_code == 303
    assert closed() == ["CFO"]
    assert user.post("/reopen-seats/fill 2", data={}).status_code == 303
    assert closed() == []


def test_the_ledger_can_be_looked_through(
    viewer: httpx.Client, user: httpx.Client, server: ApiServer, engine: Engine
) -> None:
    with unit_of_work(engine, attempt_of("slot_backfill", "fill")) as connection:
        calls = [ask(connection, f"slot_backfill:{n}") for n in range(55)]
        copy = agent_calls.reuse_answer(connection, scope="elsewhere", call_id=calls[0])
        connection.execute(
            text("update agent_calls set started_at = now() - interval '40 days' where id = :id"), {"id": calls[3]}
        )
    page = viewer.get("/ledger?fresh=1")
    words = said(page)
    assert "<svg" in page.text
    assert "live:fast 54 1 0 $6.48" in words
    assert f"reused of {calls[0]}" in said(viewer.get("/ledger", params={"status": "reused"}))
    assert "Zoe" not in words
    following = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert following
    assert f"/ledger/{calls[0]}" in viewer.get("/ledger" + html.unescape(following[1])).text
    for query, number in (
        ({"status": "reused"}, 1), ({"status": "failed"}, 0), ({"provider": "live:fast", "from": "2020-01-01"}, 56),
        ({"dag_id": "slot_backfill", "run_id": "fill"}, 55), ({"dag_id": "slot_backfill", "run_id": "other"}, 0),
        ({"to": "2020-01-01", "from": "2019-01-01"}, 0),
    ):  # fmt: skip
        assert viewer.get("/ledger.csv", params=query).text.count("\r\n") == number + 1, query
    for query in ({"from": "soon"}, {"status": "lost"}, {"after": "x"}):
        assert viewer.get("/ledger", params=query).status_code == 400, query
    assert "No call fits these filters" in said(viewer.get("/ledger", params={"status": "abandoned"}))
    assert "Zoe Zed" in said(user.get(f"/ledger/{calls[0]}"))
    hidden = said(viewer.get(f"/ledger/{copy}"))
    assert "Zoe" not in hidden
    assert f"call {calls[0]}" in hidden
    assert "word for word names people" in hidden
    with unit_of_work(engine, attempt_of("slot_backfill", "fill")) as connection:
        for number, outcome in enumerate(("unavailable", None), 1):
            step = agent_steps.open_step(
                connection,
                call_id=calls[0],
                sequence=number,
                kind="search",
                step_key="k",
                request={"query": "Zoe Zed, Acme"},
            )
            if outcome:
                agent_steps.fail_step(
                    connection, step, error_kind=outcome, error_message="Away", latency_ms=1500, http_status=503
                )
            else:
                agent_steps.finish_step(
                    connection,
                    step,
                    response=b"[]",
                    latency_ms=300,
                    input_tokens=None,
                    output_tokens=None,
                    cost_usd=Decimal("0.008"),
                )
    assert "this 1 search Zoe Zed, Acme failed" in said(user.get(f"/ledger/{calls[0]}"))
    hidden = said(viewer.get(f"/ledger/{calls[0]}"))
    assert re.search(r"this 1 search failed .* unavailable, HTTP 503: Away this 2 search succeeded .* \$0\.008", hidden)
    assert "Zoe" not in hidden
    assert viewer.get(f"/ledger/{2**70}").status_code == 404


def test_the_note_of_a_run_is_what_its_tasks_left_unless_somebody_wrote_one(server: ApiServer) -> None:
    line, cause = {NOTE_KEY: "Ruby: Found nothing."}, {CAUSE_KEY: "no key is set"}
    with Session(create_engine(server.metadata)) as session:
        for run_id, state, left, expected in (
            ("without", "success", {}, None),
            ("noted", "success", line, "Ruby: Found nothing."),
            ("mended", "success", {**line, **cause}, "Ruby: Found nothing."),
            ("refused", "failed", cause, "Failed at a_task: no key is set"),
            ("broken", "failed", {**line, **cause}, "Ruby: Found nothing. | Failed at a_task: no key is set"),
            ("killed", "failed", {}, None),
            ("long", "success", {NOTE_KEY: "x" * 2000}, "x" * 1000),
            ("commented", "failed", {**line, **cause}, "mine"),
        ):
            add_run(server.metadata, "their_dag", run_id, state, left=left)
            run = session.scalars(select(DagRun).where(DagRun.run_id == run_id, DagRun.dag_id == "their_dag")).one()
            if expected == "mine":
                run.note = (expected, "ann")
            for _ in range(2):
                (on_dag_run_success if state == "success" else on_dag_run_failed)(run, state)
                session.flush()
                assert run.note == expected, run_id
        session.rollback()


def test_long_tables_have_pages(viewer: httpx.Client, server: ApiServer, engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        sponsors = add_sponsors(connection, {f"Firm {n:03}": "gold" for n in range(120)})
        for name, company in sponsors.items():
            add_people(connection, company, someone(f"Holder Of{name.removeprefix('Firm ')}"))
        plan(connection, "long list")
    add_run(server.metadata, "account_promotion", "long list", "success")
    page, seen = viewer.get("/runs/account_promotion/long list"), []
    for first in (1, 51, 101):
        words = said(page)
        assert f"{first} to {min(first + 49, 120)} of 120" in words
        seen += re.findall(r"Firm \d+", words)
        following = re.search(r'rel="next" href="([^"#]+)', page.text)
        assert (following is None) == (first == 101)
        if following:
            page = viewer.get("/runs/account_promotion/long list" + html.unescape(following[1]))
    assert sorted(seen) == sorted(sponsors)
    assert viewer.get("/runs/account_promotion/long list", params={"table": "proposed"}).text.count("\r\n") == 121
    assert viewer.get("/runs/account_promotion/long list", params={"part": "proposed", "page": "0"}).status_code == 400


def test_a_dry_run_says_so_and_what_would_happen_by_seat(viewer: httpx.Client, server: ApiServer) -> None:
    summary = {**Counters(companies_processed=3, slots_open=5).as_dict(), "evaluation_id": None, "fill_rate": 0.0,
               "changes": [{"seat": "CEO", "change": "request", "seats": 2},
                           {"seat": "HR", "change": "fill", "seats": 1}],
               "scope": {}}  # fmt: skip
    returned = {"start_evaluation": {"evaluation_id": None, "params": {}}, "summarize_evaluation": summary}
    add_run(server.metadata, "slot_evaluation", "dry", "success", {}, returned)
    words = said(viewer.get("/runs/slot_evaluation/dry"))
    assert "This was a dry run: nothing was written." in words
    assert "CEO asked about 2 HR filled 1" in words


def test_what_has_no_price_is_not_free(viewer: httpx.Client, server: ApiServer, engine: Engine) -> None:
    with unit_of_work(engine, attempt_of("slot_backfill", "unpriced")) as connection:
        add_companies(connection, "Acme")
        evaluate(connection)
        claimed = claim(connection, "unpriced 1/0", slot_types=("CEO",))
        close(connection, claimed, "unpriced 1/0", error="No CEO found: nobody named")
        call = ask(connection, "slot_backfill:unpriced")
        connection.execute(text("update agent_calls set cost_usd = null, reserved_usd = 0"))
    plan_of_run = [{"max_usd": 5, "max_calls": 1000}]
    add_run(server.metadata, "slot_backfill", "unpriced", "success", {}, {"plan_backfill": plan_of_run})
    words = said(viewer.get("/runs/slot_backfill/unpriced"))
    assert "unknown of $5.00 spent, 1 of 1,000 calls" in words
    assert re.search(r"people 1 0 0 0 123 unknown \$0\.00 1", words), words
    assert re.search(rf"{call} .* unknown", said(viewer.get("/ledger")))
    assert "Cost unknown" in said(viewer.get(f"/ledger/{call}"))
    with unit_of_work(engine) as connection:
        ask(connection, "slot_backfill:unpriced", agent="seats")
    assert "at least $0.12 of $5.00 spent" in said(viewer.get("/runs/slot_backfill/unpriced"))
