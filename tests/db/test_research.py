"""Runs and their steps: what comes next, how it went, and two who work on one run."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence import research, submissions
from prospecting.persistence.research import RunEnd
from tests.db.factories import at_once, count, stored, versions
from tests.db.researching import (
    ACME,
    AGAIN,
    ANSWERS,
    CLAIM,
    COMPANY,
    FIND,
    PERSON,
    RATE,
    READ,
    begin,
    begun,
    failing,
    only,
    result,
    results,
    run_ids,
    run_of,
    stands,
    status_of,
    step,
    submit,
    work,
)


# ------------------------------------------------------------------------------------------------------------ steps
def test_steps_run_in_order_and_hand_on_what_is_known(connection: Connection) -> None:
    submission_id = submit(connection, [FIND, READ, RATE])
    run_id = only(connection, submission_id)
    answers = {**ANSWERS, READ: None}
    ended, asked = work(connection, run_id, answers)
    assert ended == "succeeded"
    assert [(each.position, each.operation_id) for each in asked] == [(1, FIND), (2, READ), (3, RATE)]
    known = {**ACME, "site": "acme.com"}
    assert [each.context for each in asked] == [ACME, known, known], "no output leaves what is known as it is"
    rows = results(connection, run_id)
    assert [row.output_payload["cumulative_context"] for row in rows] == [known, known, {**known, "rating": "A"}]
    assert [row.input_payload for row in rows] == [
        {"operation_id": each.operation_id, "input": each.context} for each in asked
    ]
    assert all(row.finished_at >= row.started_at and row.duration_ms >= 0 for row in rows)
    assert [(row.result_operation_id, row.result_status) for row in rows] == [
        (each.operation_id, "found") for each in asked
    ]
    run = run_of(connection, run_id)
    assert (run.status, run.error_message, run.trigger_run_id) == ("succeeded", None, f"{CLAIM}/{run_id}")
    assert run.finished_at >= run.started_at
    assert status_of(connection, submission_id) == "completed"


def test_outputs_are_merged_shallowly(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND, READ, RATE], [{**ACME, "size": {"staff": 5, "sites": 1}}]))
    answers = {FIND: {"size": {"staff": 9}, "site": "a"}, READ: {"site": None}, RATE: {}}
    _, asked = work(connection, run_id, answers)
    assert asked[1].context == {**ACME, "size": {"staff": 9}, "site": "a"}
    assert asked[2].context == {**ACME, "size": {"staff": 9}, "site": None}


def test_the_raw_response_stays_with_its_own_step(connection: Connection) -> None:
    given = {**ACME, "parallel_raw_response": {"given": "MARK"}}
    run_id = only(connection, submit(connection, [FIND, READ, RATE], [given]))
    answers = {**ANSWERS, FIND: {"site": "a", "parallel_raw_response": {"output": "MARK"}}}
    _, asked = work(connection, run_id, answers)
    assert all("MARK" not in str(each.context) for each in asked)
    first, second, third = results(connection, run_id)
    assert first.output_payload["operation_result"]["output"]["parallel_raw_response"] == {"output": "MARK"}
    assert "MARK" not in str([first.output_payload["cumulative_context"], second.output_payload, third.output_payload])
    assert "MARK" not in str([row.input_payload for row in (first, second, third)])
    assert "MARK" not in str(stored(connection, "research_entities"))


def test_disabled_steps_are_left_out(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [step(FIND, is_enabled=False), READ, step(RATE, enabled=False)]))
    ended, asked = work(connection, run_id, ANSWERS)
    assert (ended, [each.operation_id for each in asked]) == ("succeeded", [READ])
    assert stands(connection, run_id) == [(2, 1, "succeeded")]


@pytest.mark.parametrize(
    ("more", "runs"),
    [
        ({"condition": {"exists": "site"}}, False),
        ({"condition": {"exists": "domain"}}, True),
        ({"step_config": {"condition": {"exists": "site"}}}, False),
        ({"condition": {"exists": "site"}, "step_config": {"condition": {"exists": "domain"}}}, True),
        ({"condition": {"exists": "site"}, "step_config": {"condition": None}}, True),
        ({"condition": {"exists": "site"}, "step_config": {"other": 1}}, False),
        ({"condition": {"field": "domain", "op": "unheard_of", "value": 1}}, False),
    ],
    ids=str,
)
def test_a_step_runs_when_its_condition_holds(connection: Connection, more: dict[str, Any], runs: bool) -> None:
    submission_id = submit(connection, [step(FIND, **more), READ])
    run_id = only(connection, submission_id)
    ended, asked = work(connection, run_id, ANSWERS)
    assert (ended, status_of(connection, submission_id)) == ("succeeded", "completed")
    assert [each.operation_id for each in asked] == ([FIND, READ] if runs else [READ])
    if not runs:
        skipped, _ = results(connection, run_id)
        assert (skipped.status, skipped.output_payload["skip_reason"]) == ("skipped", "condition_not_met")
        assert skipped.output_payload["metadata"] == {"operation_id": FIND}
        assert asked[0].context == ACME


def test_conditions_see_what_earlier_steps_found(connection: Connection) -> None:
    condition = {"field": "pages", "op": "gt", "value": 5}
    run_id = only(connection, submit(connection, [READ, step(RATE, condition=condition)]))
    assert [each.operation_id for each in work(connection, run_id, ANSWERS)[1]] == [READ, RATE]


@pytest.mark.parametrize("operation_id", [None, "", "  ", 7])
def test_a_step_without_an_operation_fails_the_run(connection: Connection, operation_id: Any) -> None:
    submission_id = submit(connection, [FIND, step(operation_id), RATE])
    run_id = only(connection, submission_id)
    ended, asked = work(connection, run_id, ANSWERS)
    assert (ended, len(asked)) == ("failed", 1)
    assert stands(connection, run_id) == [(1, 1, "succeeded"), (2, 1, "failed"), (3, 1, "upstream_step_failed")]
    assert run_of(connection, run_id).error_message == "Step 2 names no operation"
    assert status_of(connection, submission_id) == "failed"


def test_results_that_are_not_there_are_made(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND, READ]))
    connection.execute(text("delete from step_results"))
    assert work(connection, run_id, ANSWERS)[0] == "succeeded"
    assert stands(connection, run_id) == [(1, 1, "succeeded"), (2, 1, "succeeded")]


def test_a_run_without_an_entity_works_on_what_was_submitted(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND]))
    connection.execute(
        text("update pipeline_runs set blueprint_snapshot = blueprint_snapshot - 'entity', entity_index = null")
    )
    connection.execute(text('update submissions set input_payload = \'{"domain": "acme.com"}\''))
    first = begun(connection, run_id)
    assert (first.context, first.entity_type) == ({"domain": "acme.com"}, "company")


def test_not_found_is_an_answer(connection: Connection) -> None:
    submission_id = submit(connection, [FIND, READ])
    run_id = only(connection, submission_id)
    answers = {**ANSWERS, FIND: lambda step: result(FIND, None, "not_found")}
    assert work(connection, run_id, answers)[0] == "succeeded"
    assert [(row.status, row.result_status) for row in results(connection, run_id)] == [
        ("succeeded", "not_found"),
        ("succeeded", "found"),
    ]
    assert status_of(connection, submission_id) == "completed"


# ------------------------------------------------------------------------------------------------------------ failure
def test_a_failed_result_fails_the_step_the_run_and_the_submission(connection: Connection) -> None:
    submission_id = submit(connection, [FIND, READ, RATE])
    run_id = only(connection, submission_id)
    ended, asked = work(connection, run_id, {**ANSWERS, READ: failing("result_fetch_failed: 404")})
    assert (ended, len(asked)) == ("failed", 2)
    assert stands(connection, run_id) == [(1, 1, "succeeded"), (2, 1, "failed"), (3, 1, "upstream_step_failed")]
    failed = results(connection, run_id)[1]
    assert failed.error_message == f"Step 2 ({READ}) failed: result_fetch_failed"
    assert failed.error_details == {"code": "result_fetch_failed", "phase": "result"}
    assert failed.output_payload["operation_result"]["status"] == failed.result_status == "failed"
    assert failed.output_payload["cumulative_context"] == asked[1].context
    run = run_of(connection, run_id)
    assert (run.status, run.error_message, run.error_details) == ("failed", failed.error_message, failed.error_details)
    assert status_of(connection, submission_id) == "failed"
    assert count(connection, "research_entities") == 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"missing_inputs": ["domain", "company_name"]}, "missing_inputs: domain, company_name"),
        (
            {"provider_attempts": [{"status": "skipped"}, {"error": "missing_parallel_api_key"}]},
            "missing_parallel_api_key",
        ),
        ({"provider_attempts": [{"error": "task_failed: Ann Poe was not found"}]}, "task_failed"),
        ({"provider_attempts": "odd", "missing_inputs": "odd"}, "the operation answered failed"),
        ({"provider_attempts": [None, 7]}, "the operation answered failed"),
    ],
    ids=str,
)
def test_why_an_operation_failed_is_said_in_codes(connection: Connection, answer: dict[str, Any], said: str) -> None:
    run_id = only(connection, submit(connection, [FIND]))
    work(connection, run_id, {FIND: lambda step: result(FIND, None, "failed", **answer)})
    assert run_of(connection, run_id).error_message == f"Step 1 ({FIND}) failed: {said}"


def test_a_step_that_could_not_be_run_fails_with_what_it_is_told(connection: Connection) -> None:
    submission_id = submit(connection, [FIND, READ])
    run_id = only(connection, submission_id)
    first = begun(connection, run_id)
    assert research.fail_step(connection, first, message="The key was refused", details={"code": "no_key"})
    assert run_of(connection, run_id).error_message == "The key was refused"
    assert stands(connection, run_id) == [(1, 1, "failed"), (2, 1, "upstream_step_failed")]
    before = versions(connection)
    assert not research.fail_step(connection, first, message="Again")
    assert not research.finish_step(connection, first, result(FIND, {}))
    assert research.advance(connection, run_id, claim=CLAIM, task_run_id=CLAIM) == RunEnd(
        "failed", "The key was refused"
    )
    assert versions(connection) == before


def test_what_has_ended_is_never_changed(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND]))
    _, (first,) = work(connection, run_id, ANSWERS)
    before = versions(connection)
    assert not research.finish_step(connection, first, result(FIND, {"site": "other"}))
    assert not research.fail_step(connection, first, message="Late")
    assert research.advance(connection, run_id, claim="other", task_run_id="other") == RunEnd("succeeded")
    assert research.claim_run(connection, run_id, claim=AGAIN) == RunEnd("succeeded")
    assert versions(connection) == before


def test_a_canceled_run_is_left_alone(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND]))
    first = begun(connection, run_id)
    connection.execute(text("update pipeline_runs set status = 'canceled'"))
    before = versions(connection)
    assert begin(connection, run_id) == begin(connection, run_id, force_fresh=True) == RunEnd("canceled")
    assert research.advance(connection, run_id, claim=CLAIM, task_run_id=CLAIM) == RunEnd("canceled")
    assert not research.finish_step(connection, first, result(FIND, {}))
    assert versions(connection) == before


def test_going_on_with_a_step_that_has_begun_changes_nothing(connection: Connection) -> None:
    """After a deferral, or another try of the task."""
    run_id = only(connection, submit(connection, [FIND]))
    first = begun(connection, run_id)
    before = versions(connection)
    assert begin(connection, run_id) == first
    assert versions(connection) == before


def test_a_step_that_took_longer_than_an_integer_can_say_still_ends(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND]))
    first = begun(connection, run_id)
    connection.execute(text("update step_results set started_at = now() - interval '30 days'"))
    assert research.finish_step(connection, first, result(FIND, {}))
    assert results(connection, run_id)[0].duration_ms == 2**31 - 1


def test_what_cannot_be_stored_as_text_is_replaced(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND, READ], [{**ACME, "note": "a\x00b"}]))
    answers = {**ANSWERS, FIND: {"odd": "x\ud800y", "nothing": float("nan")}}
    assert work(connection, run_id, answers)[0] == "succeeded"
    assert results(connection, run_id)[1].input_payload["input"] == {
        **ACME, "note": "a\ufffdb", "odd": "x\ufffdy", "nothing": None,
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------ two workers
def test_two_workers_on_one_run_come_to_one_end(engine: Engine) -> None:
    with engine.begin() as connection:
        submission_id = submit(connection, [FIND, READ])
        run_id = only(connection, submission_id)

    steps = at_once(engine, [lambda connection: begun(connection, run_id)] * 2)
    assert steps[0] == steps[1]

    written = at_once(
        engine,
        [
            lambda connection, site=site: research.finish_step(connection, steps[0], result(FIND, {"site": site}))  # type: ignore[misc]
            for site in ("a", "b", "c")
        ],
    )
    assert sorted(written) == [False, False, True]
    site = "abc"[written.index(True)]
    with engine.connect() as connection:
        (first, _) = results(connection, run_id)
        assert first.output_payload["operation_result"]["output"] == {"site": site}

    def go_on(connection: Connection) -> str:
        return work(connection, run_id, {READ: lambda step: result(READ, {"pages": step.context["site"]})})[0]

    assert at_once(engine, [go_on] * 2) == ["succeeded", "succeeded"]
    with engine.connect() as connection:
        assert stands(connection, run_id) == [(1, 1, "succeeded"), (2, 1, "succeeded")]
        assert results(connection, run_id)[1].output_payload["operation_result"]["output"] == {"pages": site}
        assert count(connection, "research_entities") == 1


def test_of_a_result_and_a_failure_at_once_one_counts(engine: Engine) -> None:
    with engine.begin() as connection:
        run_id = only(connection, submit(connection, [FIND, READ]))
        first = begun(connection, run_id)
    written = at_once(
        engine,
        [
            lambda connection: research.finish_step(connection, first, result(FIND, {})),
            lambda connection: research.fail_step(connection, first, message="Timed out"),
        ],
    )
    assert sorted(written) == [False, True]
    expected = (
        [(1, 1, "succeeded"), (2, 1, "queued")] if written[0] else [(1, 1, "failed"), (2, 1, "upstream_step_failed")]
    )
    with engine.connect() as connection:
        assert stands(connection, run_id) == expected
        assert run_of(connection, run_id).status == ("running" if written[0] else "failed")


@pytest.mark.parametrize("attempt", range(5))
def test_runs_that_end_at_once_complete_their_submission(engine: Engine, attempt: int) -> None:
    with engine.begin() as connection:
        submission_id = submit(connection, [FIND], [{"domain": f"acme{number}.com"} for number in range(4)])
        runs = run_ids(connection, submission_id)
        for run_id in runs:
            assert research.finish_step(connection, begun(connection, run_id), result(FIND, {}))
        assert status_of(connection, submission_id) == "running"
    ends = at_once(
        engine,
        [
            lambda connection, run_id=run_id: research.advance(connection, run_id, claim=CLAIM, task_run_id=CLAIM)  # type: ignore[misc]
            for run_id in runs
        ],
    )
    assert ends == [RunEnd("succeeded")] * 4
    with engine.connect() as connection:
        assert status_of(connection, submission_id) == "completed"


def test_the_first_run_to_end_leaves_the_status_to_the_last(engine: Engine) -> None:
    """Two runs end in transactions that overlap: neither sees the other's end in what it has read before."""
    with engine.begin() as connection:
        submission_id = submit(connection, [FIND], [{"domain": "a.com"}, {"domain": "b.com"}])
        first, second = run_ids(connection, submission_id)
        for run_id in (first, second):
            research.finish_step(connection, begun(connection, run_id), result(FIND, {}))
    with engine.connect() as slow, engine.connect() as blocked:
        research.advance(slow, first, claim=CLAIM, task_run_id=CLAIM)
        blocked.execute(text("set local lock_timeout = '200ms'"))
        with pytest.raises(Exception, match="lock timeout"):
            research.advance(blocked, second, claim=CLAIM, task_run_id=CLAIM)
        blocked.rollback()
        slow.commit()
        research.advance(blocked, second, claim=CLAIM, task_run_id=CLAIM)
        blocked.commit()
        assert status_of(blocked, submission_id) == "completed"


# ------------------------------------------------------------------------------------------------------------ report
def test_the_report_says_how_everything_stands(connection: Connection) -> None:
    submission_id = submit(connection, [FIND, READ], [{"domain": f"acme{number}.com"} for number in range(4)])
    first, second, third, _ = run_ids(connection, submission_id)
    work(connection, first, ANSWERS)
    for run_id in (second, third):
        work(connection, run_id, {FIND: failing("poll_timeout")})
    report = submissions.query_report(connection, submission_id)
    assert [(row["status"], row["runs"]) for row in report["runs"]] == [("failed", 2), ("queued", 1), ("succeeded", 1)]
    assert [tuple(row.values()) for row in report["failures"]] == [(f"Step 1 ({FIND}) failed: poll_timeout", 2)]
    assert sorted((row["what"], row["status"], row["result"], row["steps"]) for row in report["steps"]) == [
        ("", "queued", "", 2),
        (FIND, "failed", "", 2),
        (FIND, "succeeded", "found", 1),
        (READ, "succeeded", "found", 1),
        ("upstream_step_failed", "skipped", "", 2),
    ]
    assert report["writes"] == []
    # What was tried again counts as it stands now.
    work(connection, second, ANSWERS, claim=AGAIN)
    steps = submissions.query_report(connection, submission_id)["steps"]
    assert sorted((row["what"], row["status"], row["steps"]) for row in steps) == [
        ("", "queued", 2),
        (FIND, "failed", 1),
        (FIND, "succeeded", 2),
        (READ, "succeeded", 2),
        ("upstream_step_failed", "skipped", 1),
    ]


def test_results_that_reached_no_table_are_found(connection: Connection) -> None:
    entities = [{"domain": f"acme{number}.com"} for number in range(6)]
    submission_id = submit(connection, [COMPANY], entities)
    runs = run_ids(connection, submission_id)
    for run_id in runs[:4]:
        work(connection, run_id, {COMPANY: {"briefing": "b"}})
    work(connection, runs[4], {COMPANY: lambda step: result(COMPANY, None, "not_found")})
    work(connection, runs[5], {COMPANY: failing()})
    found = [results(connection, run_id)[0].id for run_id in runs[:4]]
    for step_result_id, status in zip(found[1:], ("failed", "written", "rejected"), strict=True):
        connection.execute(
            text("insert into briefing_writes (step_result_id, kind, status) values (:id, 'company', :status)"),
            {"id": step_result_id, "status": status},
        )
    unwritten = submissions.find_unwritten_results(connection, submission_id, [COMPANY, PERSON])
    assert unwritten == [(found[0], COMPANY), (found[1], COMPANY)]
    assert submissions.find_unwritten_results(connection, submission_id, [PERSON]) == []
