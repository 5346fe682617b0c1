"""Not asking again what is known, taking up again what failed, and what a submission is said to be meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence import research, submissions
from prospecting.persistence.database import to_json
from prospecting.persistence.research import RunEnd, StepToRun
from prospecting.persistence.statements import statement
from tests.db.briefing_rows import company, icp, person
from tests.db.factories import at_once, count, stored, versions
from tests.db.researching import (
    ACME,
    AGAIN,
    ANSWERS,
    CLAIM,
    COMPANY,
    FIND,
    ICP,
    PERSON,
    RATE,
    READ,
    Answers,
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


def fresh(hours: Any = 24, **config: Any) -> dict[str, Any]:
    return step(FIND, step_config={"skip_if_fresh": {"max_age_hours": hours, **config}})


def let_age(connection: Connection, hours: float) -> None:
    """Everything known about entities was found out that much earlier."""
    connection.execute(
        text("update research_entities set refreshed_at = refreshed_at - make_interval(secs => :seconds)"),
        {"seconds": hours * 3600},
    )


# ------------------------------------------------------------------------------------------------------ freshness
def test_a_fresh_entity_is_not_asked_about_again(connection: Connection) -> None:
    work(
        connection, only(connection, submit(connection, [FIND], run="run 1")), {FIND: {"site": "acme.com", "staff": 9}}
    )
    let_age(connection, 23)
    again = {"domain": "https://www.Acme.com/about", "client": "B"}
    run_id = only(connection, submit(connection, [fresh(identity_fields=["domain"]), READ], [again], run="run 2"))
    ended, asked = work(connection, run_id, ANSWERS)
    assert (ended, [each.operation_id for each in asked]) == ("succeeded", [READ])
    skipped = results(connection, run_id)[0]
    (entity,) = stored(connection, "research_entities")
    assert (skipped.status, skipped.output_payload["skip_reason"]) == ("skipped", "entity_state_fresh")
    assert skipped.output_payload["metadata"]["entity_id"] == str(entity["id"])
    known = {"company_name": "Acme", "site": "acme.com", "staff": 9}
    assert asked[0].context == {**known, **again}
    assert entity["payload"] == {**known, **again, "pages": 7}, "what the second run found was added"
    assert (entity["version"], entity["tokens"]) == (2, ["company:domain:acme.com"])


def test_what_another_run_was_for_does_not_change_what_this_one_is_for(connection: Connection) -> None:
    first = {**ACME, "client_company_name": "First Client", "employees": 5}
    work(connection, only(connection, submit(connection, [FIND], [first])), ANSWERS)
    second = {"domain": "acme.com", "client_company_name": "Second Client"}
    run_id = only(connection, submit(connection, [fresh(), READ], [second], run="run 2"))
    context = work(connection, run_id, ANSWERS)[1][0].context
    assert (context["client_company_name"], context["employees"]) == ("Second Client", 5)


SEEN_FROM = {**ACME, "client_company_name": "SecurityPal", "client_company_description": "d"}


@pytest.mark.parametrize(
    ("before", "entity", "is_asked"),
    [
        ([step(FIND), step(ICP)], SEEN_FROM, True),
        ([step(COMPANY)], {**SEEN_FROM, "client_company_name": "WithCoverage"}, True),
        ([step(COMPANY)], {**SEEN_FROM, "client_company_name": " SECURITYPAL\n"}, False),
    ],
    ids=["other operations", "another client", "the client in another spelling"],
)
def test_what_was_not_answered_is_asked_although_the_entity_is_fresh(
    connection: Connection, before: list[Any], entity: dict[str, Any], is_asked: bool
) -> None:
    answers: Answers = {**ANSWERS, ICP: {"titles": []}, COMPANY: {"summary": "s"}}
    work(connection, only(connection, submit(connection, before, [SEEN_FROM])), answers)
    again = step(COMPANY, step_config={"skip_if_fresh": {"max_age_hours": 24}})
    run_id = only(connection, submit(connection, [again], [entity], run="run 2"))
    assert [each.operation_id for each in work(connection, run_id, answers)[1]] == [COMPANY] * is_asked


def test_an_answer_does_not_get_younger_by_what_else_is_found_out(connection: Connection) -> None:
    work(connection, only(connection, submit(connection, [FIND])), ANSWERS)
    connection.execute(
        text(
            "update research_entities set answered = jsonb_build_object(cast(:what as text), now() - interval '2 days')"
        ),
        {"what": f"{FIND}|"},
    )
    work(connection, only(connection, submit(connection, [READ], run="run 2")), ANSWERS)
    (entity,) = stored(connection, "research_entities")
    assert sorted(entity["answered"]) == [f"{FIND}|", f"{READ}|"]
    run_id = only(connection, submit(connection, [fresh(hours=24)], run="run 3"))
    assert len(work(connection, run_id, ANSWERS)[1]) == 1


# ------------------------------------------------------------------------------------------------- briefings there are
PERSON_SEEN_FROM = {
    "full_name": "Jim Higgins", "company_name": "CoreWeave", "client_company_name": "SecurityPal",
    "client_company_description": "d",
}  # fmt: skip
JIM = "https://www.linkedin.com/in/jim"


def briefed(connection: Connection, days: float, kind: str = "company", **values: Any) -> dict[str, Any]:
    """A briefing of Acme, or of Jim, that is so many days old; made by ultra unless told otherwise."""
    org_id = submissions.ensure_org(connection, "acme")
    at = datetime.now(UTC) - timedelta(days=days)
    known = {"processor": "ultra", "parallel_run_id": "trun_1", "researched_at": at} | values
    if kind == "icp_job_titles":
        return icp(connection, org_id, **known)
    known = {"client_company_name": "SecurityPal"} | known
    if kind == "person":
        return person(connection, org_id, "Jim Higgins", person_current_company_name="CoreWeave", **known)
    return company(connection, org_id, **known)


def asked_for(
    connection: Connection, operation: str, entity: dict[str, Any], *, config: dict[str, Any] | None = None,
    max_age_days: float = 30, **options: Any,
) -> tuple[bool, UUID]:  # fmt: skip
    """True when the operation is to be run for an entity; and the run."""
    run_id = only(connection, submit(connection, [step(operation, step_config=config or {})], [entity]))
    research.claim_run(connection, run_id, claim=CLAIM)
    found = research.advance(
        connection, run_id, claim=CLAIM, task_run_id=CLAIM, max_age_days=max_age_days, **options
    )  # fmt: skip
    return isinstance(found, StepToRun), run_id


def test_a_briefing_that_is_young_enough_is_not_paid_for_again(connection: Connection) -> None:
    there = briefed(connection, 29, company_name="Acme, Inc.")
    before = stored(connection, "company_intel_briefings")
    spelled = {**SEEN_FROM, "domain": "https://www.ACME.com/about?x=1", "client_company_name": "securitypal "}
    is_asked, run_id = asked_for(connection, COMPANY, spelled)
    assert not is_asked
    assert run_of(connection, run_id).status == "succeeded"
    (skipped,) = results(connection, run_id)
    assert (skipped.status, skipped.output_payload["skip_reason"]) == ("skipped", "briefing_fresh")
    metadata = skipped.output_payload["metadata"]
    assert (metadata["briefing_id"], metadata["parallel_run_id"]) == (str(there["id"]), "trun_1")
    assert metadata["researched_at"] == there["researched_at"].isoformat(), "using it again does not make it younger"
    assert skipped.output_payload["cumulative_context"] == {**spelled}
    assert stored(connection, "company_intel_briefings") == before
    submission_id = run_of(connection, run_id).submission_id
    (shown,) = submissions.query_results(connection, submission_id, limit=10)
    assert (shown["kind"], shown["entity"]) == ("company", "acme.com"), "what was asked for is shown, whoever paid"
    assert submissions.find_provider_run(connection, run_id) == "trun_1"


@pytest.mark.parametrize(
    ("briefing", "operation", "entity", "options", "is_asked"),
    [
        ({"days": 31}, COMPANY, SEEN_FROM, {}, True),
        ({"days": 1}, COMPANY, SEEN_FROM, {"max_age_days": 0}, True),
        ({"days": 1}, COMPANY, SEEN_FROM, {"force_fresh": True}, True),
        ({"days": 1}, COMPANY, {**SEEN_FROM, "client_company_name": "WithCoverage"}, {}, True),
        ({"days": 1}, COMPANY, {**SEEN_FROM, "domain": "acme.org"}, {}, True),
        ({"days": 1}, ICP, SEEN_FROM, {}, True),
        ({"days": 1, "kind": "icp_job_titles"}, ICP, {**SEEN_FROM, "client_company_name": "WithCoverage"}, {}, False),
        ({"days": 1}, COMPANY, SEEN_FROM, {"config": {"processor": "pro"}}, True),
        ({"days": 1}, COMPANY, SEEN_FROM, {"config": {"processor": "ultra"}}, False),
        ({"days": 2}, COMPANY, SEEN_FROM, {"config": {"skip_if_fresh": {"max_age_hours": 24}}}, True),
        ({"days": 40}, COMPANY, SEEN_FROM, {"config": {"skip_if_fresh": {"max_age_hours": 1000}}}, False),
        ({"days": 2}, COMPANY, SEEN_FROM, {"config": {"skip_if_fresh": {"max_age_hours": 0}}}, True),
        ({"days": 2}, COMPANY, SEEN_FROM, {"config": {"skip_if_fresh": {"max_age_hours": "x"}}}, False),
        ({"days": 1, "kind": "person"}, PERSON, {**PERSON_SEEN_FROM, "full_name": "JIM HIGGINS"}, {}, False),
        ({"days": 1, "kind": "person"}, PERSON, {**PERSON_SEEN_FROM, "linkedin_url": JIM}, {}, False),
        (
            {"days": 1, "kind": "person", "person_linkedin_url": f"{JIM}-2"},
            PERSON, {**PERSON_SEEN_FROM, "linkedin_url": JIM}, {}, True,
        ),
        ({"days": 1, "kind": "person"}, PERSON, {**PERSON_SEEN_FROM, "company_name": "Acme"}, {}, True),
    ],
)  # fmt: skip
def test_a_briefing_answers_for_its_company_or_person_client_processor_and_time(
    connection: Connection, briefing: dict[str, Any], operation: str, entity: dict[str, Any],
    options: dict[str, Any], is_asked: bool,
) -> None:  # fmt: skip
    briefed(connection, **briefing)
    assert asked_for(connection, operation, entity, **options)[0] is is_asked


def test_a_briefing_of_another_org_answers_nothing(connection: Connection) -> None:
    briefed(connection, 1)
    connection.execute(text("update orgs set slug = 'globex'"))
    assert asked_for(connection, COMPANY, SEEN_FROM)[0]


@pytest.mark.parametrize(
    ("hours", "config", "entity"),
    [
        (25, {}, ACME),
        (0, {"max_age_hours": 0}, ACME),
        (0, {"max_age_hours": -1}, ACME),
        (0, {"max_age_hours": "24"}, ACME),
        (0, {"max_age_hours": True}, ACME),
        (0, {"max_age_hours": None}, ACME),
        (0, {"max_age_hours": 1e300}, ACME),
        (0, {"identity_fields": ["company_name"]}, ACME),
        (0, {"identity_fields": ["linkedin_url", 7]}, ACME),
        (0, {}, {"company_name": "Acme"}),
        (0, {}, {"domain": "gmail.com"}),
        (0, {}, {"domain": "acme.org"}),
        (0, {}, {**ACME, "entity_type": "person"}),
    ],
    ids=str,
)
def test_what_is_stale_unnamed_or_somebody_else_is_asked(
    connection: Connection, hours: float, config: dict[str, Any], entity: dict[str, Any]
) -> None:
    work(connection, only(connection, submit(connection, [FIND])), ANSWERS)
    let_age(connection, hours)
    run_id = only(connection, submit(connection, [fresh(**{"hours": 24, **config}) if "max_age_hours" not in config
                                                  else step(FIND, step_config={"skip_if_fresh": config})],
                                     [entity], run="run 2"))  # fmt: skip
    assert len(work(connection, run_id, ANSWERS)[1]) == 1


def test_what_another_org_knows_stays_with_it(connection: Connection) -> None:
    work(connection, only(connection, submit(connection, [FIND])), ANSWERS)
    run_id = only(connection, submit(connection, [fresh()], org="globex", run="run 2"))
    assert len(work(connection, run_id, ANSWERS)[1]) == 1
    assert count(connection, "research_entities") == 2


def test_force_fresh_asks_although_it_is_known(connection: Connection) -> None:
    work(connection, only(connection, submit(connection, [FIND])), ANSWERS)
    run_id = only(connection, submit(connection, [fresh()], run="run 2"))
    assert len(work(connection, run_id, ANSWERS, force_fresh=True)[1]) == 1


def test_a_step_that_has_begun_is_not_skipped_for_what_others_found_meanwhile(connection: Connection) -> None:
    """It may wait for something that is paid for."""
    waiting = only(connection, submit(connection, [fresh()]))
    first = begun(connection, waiting)
    work(connection, only(connection, submit(connection, [FIND], run="run 2")), ANSWERS)
    assert begin(connection, waiting) == first
    assert research.finish_step(connection, first, result(FIND, {"site": "own"}))


def test_an_entity_keeps_what_later_runs_do_not_know(connection: Connection) -> None:
    work(connection, only(connection, submit(connection, [FIND])), {FIND: {"site": "a", "staff": 9, "note": "n"}})
    run_id = only(connection, submit(connection, [FIND], run="run 2"))
    work(
        connection,
        run_id,
        {FIND: {"site": "b", "staff": None, "note": "", "linkedin_url": "linkedin.com/company/acme"}},
    )
    (entity,) = stored(connection, "research_entities")
    assert (entity["payload"]["site"], entity["payload"]["staff"], entity["payload"]["note"]) == ("b", 9, "n")
    assert entity["source_pipeline_run_id"] == run_id
    assert entity["tokens"] == ["company:domain:acme.com", "company:linkedin:https://www.linkedin.com/company/acme"]


def test_a_run_without_an_answer_of_its_own_teaches_nothing(connection: Connection) -> None:
    work(connection, only(connection, submit(connection, [FIND])), {FIND: None})
    assert count(connection, "research_entities") == 0
    work(connection, only(connection, submit(connection, [FIND], run="run 2")), ANSWERS)
    (entity,) = stored(connection, "research_entities")
    work(connection, only(connection, submit(connection, [fresh()], run="run 3")), ANSWERS)
    assert stored(connection, "research_entities") == [entity], "reading it does not make it younger"


def test_runs_of_one_entity_that_end_at_once_keep_one_entity(engine: Engine) -> None:
    with engine.begin() as connection:
        runs = run_ids(connection, submit(connection, [FIND], [ACME] * 4))
    ended = at_once(
        engine,
        [lambda connection, run_id=run_id: work(connection, run_id, ANSWERS)[0] for run_id in runs],  # type: ignore[misc]
    )
    assert ended == ["succeeded"] * 4
    with engine.connect() as connection:
        assert [(row["version"]) for row in stored(connection, "research_entities")] == [4]


# ---------------------------------------------------------------------------------------------------- taking up again
def test_a_failed_run_goes_on_at_the_step_that_failed(connection: Connection) -> None:
    submission_id = submit(connection, [FIND, READ, RATE])
    run_id = only(connection, submission_id)
    work(connection, run_id, {**ANSWERS, READ: failing()})
    tried = results(connection, run_id)

    second = begun(connection, run_id, claim=AGAIN)
    assert (second.operation_id, second.context) == (READ, {**ACME, "site": "acme.com"})
    assert second.step_result_id not in {row.id for row in tried}
    run = run_of(connection, run_id)
    assert (run.status, run.attempt, run.error_message, run.error_details, run.finished_at) == (
        "running", 2, None, None, None,
    )  # fmt: skip
    assert run.trigger_run_id == f"{AGAIN}/{run_id}"
    assert status_of(connection, submission_id) == "running"

    ended, asked = work(connection, run_id, ANSWERS, claim=AGAIN)
    assert (ended, [each.operation_id for each in asked]) == ("succeeded", [READ, RATE])
    assert stands(connection, run_id) == [
        (1, 1, "succeeded"),
        (2, 1, "failed"),
        (2, 2, "succeeded"),
        (3, 1, "upstream_step_failed"),
        (3, 2, "succeeded"),
    ]
    now = {row.id: row for row in results(connection, run_id)}
    assert all(now[row.id] == row for row in tried), "earlier tries stay on record as they were"
    assert status_of(connection, submission_id) == "completed"
    run = run_of(connection, run_id)
    assert (run.status, run.attempt, run.error_message) == ("succeeded", 2, None)


def test_every_time_it_fails_there_is_a_further_attempt(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND]))
    for _ in range(3):
        assert work(connection, run_id, {FIND: failing()})[0] == "failed"
    assert work(connection, run_id, ANSWERS)[0] == "succeeded"
    assert stands(connection, run_id) == [(1, 1, "failed"), (1, 2, "failed"), (1, 3, "failed"), (1, 4, "succeeded")]
    assert run_of(connection, run_id).attempt == 4


def test_what_was_skipped_for_its_own_reason_stays_skipped(connection: Connection) -> None:
    never = step(FIND, condition={"exists": "nothing"})
    run_id = only(connection, submit(connection, [never, READ]))
    work(connection, run_id, {READ: failing()})
    assert work(connection, run_id, ANSWERS)[0] == "succeeded"
    assert stands(connection, run_id) == [(1, 1, "condition_not_met"), (2, 1, "failed"), (2, 2, "succeeded")]


def test_a_failed_run_is_taken_up_once_by_two_at_once(engine: Engine) -> None:
    with engine.begin() as connection:
        run_id = only(connection, submit(connection, [FIND]))
        work(connection, run_id, {FIND: failing()})
    steps = at_once(engine, [lambda connection: begun(connection, run_id, claim=AGAIN)] * 2)
    assert steps[0] == steps[1]
    with engine.connect() as connection:
        assert stands(connection, run_id) == [(1, 1, "failed"), (1, 2, "running")]


def test_a_run_failed_by_another_system_after_its_last_step_is_ended(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND]))
    work(connection, run_id, ANSWERS)
    connection.execute(text("update pipeline_runs set status = 'failed', error_message = 'Storing the entity failed'"))
    assert work(connection, run_id, {}) == ("succeeded", [])
    assert run_of(connection, run_id).error_message is None


def test_steps_another_system_left_behind_are_ended(connection: Connection) -> None:
    """It failed a step and nothing else; and it failed a run with a step still running."""
    first, second = run_ids(connection, submit(connection, [FIND, READ], [ACME, ACME]))
    for run_id in (first, second):
        begun(connection, run_id)
    connection.execute(
        text("update step_results set status = 'failed' where step_position = 1 and pipeline_run_id = :id"),
        {"id": first},
    )
    assert begin(connection, first) == RunEnd("failed", "Step 1 failed")
    assert stands(connection, first) == [(1, 1, "failed"), (2, 1, "upstream_step_failed")]
    connection.execute(text("update pipeline_runs set status = 'failed' where id = :id"), {"id": second})
    assert work(connection, second, ANSWERS)[0] == "succeeded"
    assert stands(connection, second) == [
        (1, 1, "tried_again"), (1, 2, "succeeded"), (2, 1, "tried_again"), (2, 2, "succeeded"),
    ]  # fmt: skip


def test_force_fresh_does_everything_again_once_per_claim(connection: Connection) -> None:
    submission_id = submit(connection, [FIND, READ])
    run_id = only(connection, submission_id)
    work(connection, run_id, ANSWERS)
    ended, asked = work(connection, run_id, {FIND: {"site": "new"}, READ: failing()}, claim=AGAIN, force_fresh=True)
    assert (ended, [each.operation_id for each in asked]) == ("failed", [FIND, READ])
    assert asked[0].context == ACME, "from the start"
    ended, asked = work(connection, run_id, ANSWERS, claim=AGAIN, force_fresh=True)
    assert (ended, [each.operation_id for each in asked]) == ("succeeded", [READ]), "a retry goes on where it was"
    before = versions(connection)
    assert begin(connection, run_id, claim=AGAIN, force_fresh=True) == RunEnd("succeeded")
    assert versions(connection) == before
    assert stands(connection, run_id) == [
        (1, 1, "succeeded"), (1, 2, "succeeded"), (2, 1, "succeeded"), (2, 2, "failed"), (2, 3, "succeeded"),
    ]  # fmt: skip
    assert status_of(connection, submission_id) == "completed"


def test_force_fresh_takes_a_run_away_from_who_works_on_it(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND, READ]))
    old = begun(connection, run_id)
    new = begun(connection, run_id, claim=AGAIN, force_fresh=True)
    assert old.step_result_id != new.step_result_id
    assert not research.finish_step(connection, old, result(FIND, {"site": "old"}))
    assert not research.fail_step(connection, old, message="Timed out")
    assert research.finish_step(connection, new, result(FIND, {"site": "new"}))
    assert work(connection, run_id, ANSWERS, claim=AGAIN, force_fresh=True)[0] == "succeeded"
    assert stands(connection, run_id) == [
        (1, 1, "tried_again"), (1, 2, "succeeded"), (2, 1, "tried_again"), (2, 2, "succeeded"),
    ]  # fmt: skip


def test_a_queued_run_needs_no_second_set_of_steps_to_be_fresh(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND]))
    assert work(connection, run_id, ANSWERS, force_fresh=True)[0] == "succeeded"
    assert stands(connection, run_id) == [(1, 1, "succeeded")]


# ------------------------------------------------------------------------------------------------ status of submissions
def update_status(connection: Connection, submission_id: UUID) -> None:
    connection.execute(statement("research/update_submission_status"), {"submission_id": submission_id})


def add_run(connection: Connection, submission_id: UUID, status: str, index: int, attempt: int) -> UUID:
    """A run as another system stores it: the number of its entity in the snapshot only."""
    (org_id,) = connection.execute(text("select org_id from submissions where id = :id"), {"id": submission_id}).one()
    snapshot = {"steps": [step(FIND)], "entity": {"index": index, "entity_type": "company", "input": ACME}}
    return insert(
        connection,
        "pipeline_runs",
        org_id=org_id,
        submission_id=submission_id,
        blueprint_snapshot=to_json(snapshot),
        status=status,
        attempt=attempt,
    )


@pytest.mark.parametrize(
    ("statuses", "derived"),
    [
        (["succeeded", "succeeded"], "completed"),
        (["succeeded", "failed"], "failed"),
        (["failed", "running"], "failed"),
        (["succeeded", "running"], "running"),
        (["queued", "queued"], "queued"),
        (["succeeded", "queued"], "running"),
        (["canceled", "succeeded"], "completed"),
        (["canceled", "queued"], "running"),
        (["canceled", "canceled"], "canceled"),
    ],
    ids=str,
)
def test_a_submissions_status_follows_from_its_runs(connection: Connection, statuses: list[str], derived: str) -> None:
    submission_id = submit(connection, [FIND])
    work(connection, only(connection, submission_id), ANSWERS)
    connection.execute(text("update pipeline_runs set status = :status"), {"status": statuses[0]})
    for number, status in enumerate(statuses[1:], 1):
        add_run(connection, submission_id, status, number, 1)
    update_status(connection, submission_id)
    assert status_of(connection, submission_id) == derived
    before = versions(connection)
    update_status(connection, submission_id)
    assert versions(connection) == before


def test_a_retry_stored_as_a_run_of_its_own_replaces_the_failed_one(connection: Connection) -> None:
    submission_id = insert(
        connection,
        "submissions",
        org_id=submissions.ensure_org(connection, "acme"),
        input_payload="{}",
        status="failed",
    )
    add_run(connection, submission_id, "failed", 0, 1)
    retry = add_run(connection, submission_id, "queued", 0, 2)
    other = add_run(connection, submission_id, "succeeded", 1, 1)
    assert other
    waiting = submissions.find_waiting_runs(connection, submission_id, statuses=["queued", "failed"], limit=10)
    assert ([run.run_id for run in waiting], waiting.total) == ([retry], 1)
    assert work(connection, retry, ANSWERS)[0] == "succeeded"
    assert status_of(connection, submission_id) == "completed"
    report = submissions.query_report(connection, submission_id)
    assert [dict(row) for row in report["runs"]] == [{"status": "succeeded", "runs": 2, "children": 0}]
    assert report["failures"] == []


def test_a_canceled_submission_stays_canceled(connection: Connection) -> None:
    submission_id = submit(connection, [FIND])
    run_id = only(connection, submission_id)
    connection.execute(text("update submissions set status = 'canceled'"))
    work(connection, run_id, ANSWERS)
    assert status_of(connection, submission_id) == "canceled"


# ----------------------------------------------------------------------------------------------------- interrupted runs
def test_an_airflow_run_fails_what_it_left_unfinished_and_nothing_else(connection: Connection) -> None:
    entities = [{"domain": f"acme{number}.com"} for number in range(5)]
    submission_id = submit(connection, [FIND, READ], entities)
    between, during, of_other, done, untouched = run_ids(connection, submission_id)
    research.finish_step(connection, begun(connection, between), result(FIND, {"site": "a"}))
    begun(connection, during)
    begun(connection, of_other, claim=f"{CLAIM}0")
    work(connection, done, ANSWERS)
    elsewhere = only(connection, submit(connection, [FIND], run="run 2"))
    begun(connection, elsewhere)

    assert research.fail_interrupted_runs(connection, submission_id, claim=CLAIM) == 2
    assert stands(connection, between) == [(1, 1, "succeeded"), (2, 1, "upstream_step_failed")]
    assert stands(connection, during) == [(1, 1, "failed"), (2, 1, "upstream_step_failed")]
    everything = (between, during, of_other, done, untouched, elsewhere)
    assert [run_of(connection, run_id).status for run_id in everything] == [
        "failed", "failed", "running", "succeeded", "queued", "running",
    ]  # fmt: skip
    assert results(connection, during)[0].error_details == {"code": "interrupted"}
    assert "trigger again" in run_of(connection, during).error_message
    assert status_of(connection, submission_id) == "failed"
    before = versions(connection)
    assert research.fail_interrupted_runs(connection, submission_id, claim=CLAIM) == 0
    assert versions(connection) == before

    for run_id, left in ((between, [READ]), (during, [FIND, READ])):
        ended, asked = work(connection, run_id, ANSWERS, claim=AGAIN)
        assert (ended, [each.operation_id for each in asked]) == ("succeeded", left)
