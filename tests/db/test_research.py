"""Submissions, their runs and steps: what comes next, how it went, and two who work on one run."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from prospecting.persistence import research, submissions
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import to_json
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
    insert,
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


# ----------------------------------------------------------------------------------------------------- submissions
def test_a_submission_has_a_run_per_entity_and_a_queued_result_per_step(connection: Connection) -> None:
    submission_id = submit(connection, [FIND, READ], [ACME, {"company_name": "Globex", "domain": "globex.com"}])
    assert status_of(connection, submission_id) == "queued"
    runs = stored(connection, "pipeline_runs", order="entity_index")
    assert [(run["entity_index"], run["status"], run["attempt"]) for run in runs] == [
        (0, "queued", 1),
        (1, "queued", 1),
    ]
    assert [run["blueprint_snapshot"]["entity"] for run in runs] == [
        {"index": 0, "entity_type": "company", "input": ACME},
        {"index": 1, "entity_type": "company", "input": {"company_name": "Globex", "domain": "globex.com"}},
    ]
    for run in runs:
        assert stands(connection, run["id"]) == [(1, 1, "queued"), (2, 1, "queued")]
        assert run["org_id"] == stored(connection, "orgs")[0]["id"]


def test_submitting_twice_changes_nothing(connection: Connection) -> None:
    submission_id = submit(connection, [FIND], [ACME, ACME])
    before = versions(connection)
    assert submit(connection, [FIND], [ACME, ACME]) == submission_id
    assert submissions.open_submission(connection, submission_id) == 2
    assert versions(connection) == before


def test_submitting_at_once_makes_one_submission_with_one_set_of_runs(engine: Engine) -> None:
    made = at_once(engine, [lambda connection: submit(connection, [FIND], [ACME, ACME])] * 4)
    with engine.connect() as connection:
        assert len(set(made)) == count(connection, "submissions") == count(connection, "orgs") == 1
        assert count(connection, "pipeline_runs") == count(connection, "step_results") == 2


def test_what_an_org_asks_again_is_the_same_submission_unless_that_was_canceled(connection: Connection) -> None:
    acme, globex = (submissions.ensure_org(connection, org) for org in ("acme", "globex"))

    def ask(org: UUID = acme, **other: Any) -> UUID:
        asked = {"entities": [ACME, {"domain": "b.com"}], "steps": [step(FIND)], "entity_type": "company"} | other
        return submissions.create_submission(connection, org_id=org, **asked)

    first = ask()
    assert ask() == first
    assert ask(entities=[{"domain": "b.com"}, dict(reversed(ACME.items()))]) == first
    others = [
        ask(globex),
        ask(entities=[ACME]),
        ask(entities=[ACME, {"domain": "c.com"}]),
        ask(steps=[step(FIND, condition={"field": "domain", "op": "exists"})]),
        ask(steps=[step(FIND), step(READ)]),
        ask(entities=[ACME, {"domain": "b\x00.com"}]),
    ]
    assert len({first, *others}) == 7
    connection.execute(text("update submissions set status = 'canceled' where id = :id"), {"id": first})
    second = ask()
    assert second != first
    assert ask() == second


def test_an_org_is_found_by_slug_or_id_and_only_a_slug_creates_it(connection: Connection) -> None:
    acme = submissions.ensure_org(connection, " acme ")
    for spelling in ("acme", "ACME", str(acme), str(acme).upper(), acme.hex, f" {acme}"):
        assert submissions.ensure_org(connection, spelling) == acme
    with pytest.raises(LookupError, match="see the table orgs"):
        submissions.ensure_org(connection, str(uuid4()))
    assert count(connection, "orgs") == 1


def test_a_stored_submission_gets_its_runs_when_it_is_opened(connection: Connection) -> None:
    """As another system stores a batch: entities wrapped in their type and input, a disabled step, positions."""
    steps = [
        {"operation_id": RATE, "position": 3, "is_enabled": True},
        {"operation_id": FIND, "position": 1, "is_enabled": True},
        {"operation_id": READ, "position": 2, "is_enabled": False},
    ]
    submission_id = insert(
        connection,
        "submissions",
        org_id=submissions.ensure_org(connection, "acme"),
        input_payload=to_json(
            {"entities": [{"entity_type": "person", "input": {"full_name": "Ann Poe"}}, ACME, "odd"]}
        ),
        blueprint=to_json({"steps": steps}),
    )
    assert submissions.open_submission(connection, submission_id) == 2
    runs = stored(connection, "pipeline_runs", order="entity_index")
    assert [(run["blueprint_snapshot"]["entity"]["entity_type"]) for run in runs] == ["person", "company"]
    assert [(run["blueprint_snapshot"]["entity"]["input"]) for run in runs] == [{"full_name": "Ann Poe"}, ACME]
    ended, asked = work(connection, runs[1]["id"], ANSWERS)
    assert (ended, [each.operation_id for each in asked]) == ("succeeded", [FIND, RATE])
    assert stands(connection, runs[1]["id"]) == [(1, 1, "succeeded"), (3, 1, "succeeded")]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "no steps"),
        ({"blueprint": {"steps": [step(FIND)]}}, "names no entities"),
        ({"blueprint": {"steps": [step(FIND)]}, "input_payload": {"entities": []}}, "names no entities"),
        (
            {"blueprint": {"steps": [step(FIND, position=2), step(READ)]}, "input_payload": {"entities": [ACME]}},
            "two steps at position 2",
        ),
    ],
    ids=["nothing", "no entities", "an empty list", "one position twice"],
)
def test_a_submission_without_work_says_what_is_missing(
    connection: Connection, values: dict[str, Any], reason: str
) -> None:
    given = {name: to_json(value) for name, value in ({"input_payload": {}} | values).items()}
    submission_id = insert(connection, "submissions", org_id=submissions.ensure_org(connection, "acme"), **given)
    with pytest.raises(ValueError, match=reason):
        submissions.open_submission(connection, submission_id)
    assert count(connection, "pipeline_runs") == 0


def test_unknown_and_canceled_submissions_are_refused(connection: Connection) -> None:
    with pytest.raises(LookupError, match="see the table submissions"):
        submissions.open_submission(connection, uuid4())
    submission_id = submit(connection, [FIND])
    connection.execute(text("update submissions set status = 'canceled'"))
    with pytest.raises(LookupError, match="was canceled"):
        submissions.open_submission(connection, submission_id)
    with pytest.raises(LookupError, match="No pipeline run"):
        research.advance(connection, uuid4(), claim="any", task_run_id="any")


@pytest.mark.parametrize(
    ("steps", "after", "entity_type"),
    [
        ([step(COMPANY), step(PERSON)], 0, "company"),
        ([step(COMPANY), step(PERSON)], 1, "person"),
        ([step(PERSON, position=2), step(COMPANY, position=1)], 0, "company"),
        ([step(PERSON, is_enabled=False), step(COMPANY)], 0, "company"),
        ([step(PERSON)], 1, "company"),
        ([None, "odd", step(7), step(None), step(PERSON)], 0, "person"),
        ([], 0, "company"),
    ],
    ids=str,
)
def test_what_steps_are_about_follows_from_the_first_operation(steps: list[Any], after: int, entity_type: str) -> None:
    assert submissions.entity_type_of(steps, after) == entity_type


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


# ------------------------------------------------------------------------------------------------------------- keys
def company(connection: Connection, name: str) -> int:
    (saved,) = upsert_companies(connection, [CompanyRow(name)], source_system="test").saved
    assert saved is not None
    return saved.id


@pytest.mark.parametrize("table", ["pipeline_runs", "step_results"])
def test_nothing_refers_to_another_orgs_rows(connection: Connection, table: str) -> None:
    submit(connection, [FIND])
    other = submissions.ensure_org(connection, "globex")
    if table == "pipeline_runs":
        connection.execute(text("delete from step_results"))
    with pytest.raises(IntegrityError, match=f"fk_{table}_.*_org_id"):
        connection.execute(text(f"update {table} set org_id = :org_id"), {"org_id": other})


def test_a_step_belongs_to_the_submission_of_its_run(connection: Connection) -> None:
    first, second = submit(connection, [FIND]), submit(connection, [FIND], run="run 2")
    with pytest.raises(IntegrityError, match="fk_step_results_pipeline_run_id_submission_id"):
        connection.execute(
            text("update step_results set submission_id = :second where submission_id = :first"),
            {"first": first, "second": second},
        )


def test_a_child_belongs_to_the_submission_of_its_parent(connection: Connection) -> None:
    first, second = submit(connection, [FIND]), submit(connection, [FIND], run="run 2")
    parent = only(connection, first)
    with pytest.raises(IntegrityError, match="fk_pipeline_runs_parent_pipeline_run_id_submission_id"):
        submissions.create_runs(connection, second, [step(FIND)], [(0, "company", ACME)], parent_id=parent)


@pytest.mark.parametrize("own", ["Acme", None])
@pytest.mark.parametrize("table", ["pipeline_runs", "step_results"])
def test_a_run_is_about_the_company_of_its_submission(connection: Connection, table: str, own: str | None) -> None:
    submission_id = insert(
        connection,
        "submissions",
        org_id=submissions.ensure_org(connection, "acme"),
        company_id=company(connection, own) if own else None,
        input_payload=to_json({"entities": [ACME]}),
        blueprint=to_json({"steps": [step(FIND)]}),
    )
    submissions.open_submission(connection, submission_id)
    assert stored(connection, table, "company_id")[0]["company_id"] == (company(connection, own) if own else None)
    with pytest.raises(IntegrityError, match="company_id"):
        connection.execute(text(f"update {table} set company_id = :id"), {"id": company(connection, "Globex")})


def test_deleting_a_submission_deletes_its_runs_and_steps(connection: Connection) -> None:
    submission_id, kept = submit(connection, [FIND]), submit(connection, [FIND], run="run 2")
    work(connection, only(connection, submission_id), ANSWERS)
    connection.execute(text("delete from submissions where id = :id"), {"id": submission_id})
    for table in ("pipeline_runs", "step_results"):
        assert {row["submission_id"] for row in stored(connection, table, "submission_id")} == {kept}
    assert count(connection, "research_entities") == 1, "what is known outlives who found it out"


# ------------------------------------------------------------------------------------------------------------ waiting
def test_runs_wait_in_order_a_part_at_a_time(connection: Connection) -> None:
    submission_id = submit(connection, [FIND], [{"domain": f"acme{number}.com"} for number in range(5)])
    runs = run_ids(connection, submission_id)
    work(connection, runs[0], ANSWERS)
    work(connection, runs[1], {FIND: failing()})
    waiting = submissions.find_waiting_runs(connection, submission_id, statuses=["queued"], limit=2)
    assert ([run.run_id for run in waiting], waiting.total) == (runs[2:4], 3)
    again = submissions.find_waiting_runs(connection, submission_id, statuses=["queued", "failed"], limit=10)
    assert ([run.run_id for run in again], again.total) == (runs[1:], 4)
    none = submissions.find_waiting_runs(connection, submission_id, statuses=["running"], limit=10)
    assert (none, none.total) == ([], 0)


@pytest.mark.parametrize(
    ("entity", "label"),
    [
        (ACME, "company 1: acme.com"),
        ({"company_name": "Acme"}, "company 1: Acme"),
        ({"website": "https://www.Acme.com/x", "contact": "Ann Poe"}, "company 1: acme.com"),
        ({"entity_type": "person", "full_name": "Ann Poe", "email": "ann@poe.com", "company_name": "Acme"}, "person 1"),
        ({"entity_type": "Ann Poe", "company_name": "Acme"}, "entity 1"),
        ({}, "company 1"),
        ({"company_name": "x" * 500}, f"company 1: {'x' * 189}"),
    ],
    ids=str,
)
def test_a_label_names_a_company_and_never_a_person(connection: Connection, entity: dict[str, Any], label: str) -> None:
    submission_id = submit(connection, [FIND], [entity])
    waiting = submissions.find_waiting_runs(connection, submission_id, statuses=["queued"], limit=10)
    assert [run.label for run in waiting] == [label]


def test_neither_steps_nor_their_repr_show_what_is_known_of_somebody(connection: Connection) -> None:
    first = begun(connection, only(connection, submit(connection, [PERSON], [{"full_name": "Ann Poe"}])))
    assert first.context["full_name"] == "Ann Poe"
    assert "Ann" not in repr(first)
