"""A worker that is killed lets go of its run: others take it up at once, and nothing is paid for or done twice."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence import research, submissions
from prospecting.persistence.research import RunEnd, StepToRun
from tests.db.factories import versions
from tests.db.researching import (
    AGAIN,
    ANSWERS,
    CLAIM,
    FIND,
    READ,
    begun,
    only,
    result,
    results,
    run_of,
    stands,
    status_of,
    step,
    submit,
    work,
)


def released(connection: Connection, run_id: UUID) -> StepToRun:
    """The step that was running when the worker of a run was killed."""
    found = begun(connection, run_id)
    assert research.release_run(connection, run_id, claim=CLAIM)
    return found


def go_on(connection: Connection, run_id: UUID, claim: str = AGAIN) -> StepToRun | RunEnd:
    return research.advance(connection, run_id, claim=claim, task_run_id=claim)


def test_a_released_run_waits_for_whoever_comes_next(connection: Connection) -> None:
    submission_id = submit(connection, [FIND, READ])
    run_id = only(connection, submission_id)
    started = released(connection, run_id)
    assert run_of(connection, run_id).status == "queued"
    assert stands(connection, run_id) == [(1, 1, "retrying"), (2, 1, "queued")]
    assert status_of(connection, submission_id) == "queued", "nobody works on it"
    before = versions(connection)
    assert not research.release_run(connection, run_id, claim=CLAIM), "there is nothing left to let go of"
    assert versions(connection) == before

    taken_up = begun(connection, run_id, claim=AGAIN)
    assert taken_up.step_result_id == started.step_result_id, "the same try: what it asked for is found again"
    assert run_of(connection, run_id).trigger_run_id == f"{AGAIN}/{run_id}"
    assert work(connection, run_id, ANSWERS, claim=AGAIN)[0] == "succeeded"
    assert stands(connection, run_id) == [(1, 1, "succeeded"), (2, 1, "succeeded")]
    assert status_of(connection, submission_id) == "completed"


def test_a_released_step_goes_on_although_its_entity_is_fresh_by_now(connection: Connection) -> None:
    """What it asked for may be paid for."""
    fresh = step(FIND, step_config={"skip_if_fresh": {"max_age_hours": 24}})
    run_id = only(connection, submit(connection, [fresh]))
    released(connection, run_id)
    work(connection, only(connection, submit(connection, [FIND], run="run 2")), ANSWERS)
    assert begun(connection, run_id, claim=AGAIN).operation_id == FIND


def test_a_released_run_is_done_again_from_the_start_by_who_wants_it_fresh(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND, READ]))
    research.finish_step(connection, begun(connection, run_id), result(FIND, {"site": "old"}))
    go_on(connection, run_id, CLAIM)
    assert research.release_run(connection, run_id, claim=CLAIM)
    ended, asked = work(connection, run_id, ANSWERS, claim=AGAIN, force_fresh=True)
    assert (ended, [each.operation_id for each in asked]) == ("succeeded", [FIND, READ])
    assert stands(connection, run_id) == [
        (1, 1, "succeeded"), (1, 2, "succeeded"), (2, 1, "tried_again"), (2, 2, "succeeded"),
    ]  # fmt: skip


def test_a_retry_goes_on_with_what_its_killed_try_has_done_afresh(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND, READ]))
    work(connection, run_id, ANSWERS)
    killed = begun(connection, run_id, claim=AGAIN, force_fresh=True)
    research.finish_step(connection, killed, result(FIND, {"site": "new"}))
    assert research.release_run(connection, run_id, claim=AGAIN)
    _, asked = work(connection, run_id, ANSWERS, claim=AGAIN, force_fresh=True)
    assert [each.operation_id for each in asked] == [READ], "nothing is paid for twice"


def test_a_run_that_somebody_else_has_claimed_is_not_released(connection: Connection) -> None:
    run_id = only(connection, submit(connection, [FIND]))
    begun(connection, run_id)
    begun(connection, run_id, claim=AGAIN)
    before = versions(connection)
    assert not research.release_run(connection, run_id, claim=CLAIM)
    assert versions(connection) == before
    work(connection, run_id, ANSWERS, claim=AGAIN)
    assert not research.release_run(connection, run_id, claim=AGAIN), "it has ended"
    assert run_of(connection, run_id).status == "succeeded"


def test_who_was_working_on_a_released_run_too_goes_on(connection: Connection) -> None:
    """Two wait for one deep research; the one who claimed the run last is killed."""
    run_id = only(connection, submit(connection, [FIND, READ]))
    mine = begun(connection, run_id, claim=AGAIN)
    released(connection, run_id)
    assert go_on(connection, run_id) == mine
    assert (run_of(connection, run_id).status, run_of(connection, run_id).trigger_run_id) == (
        "running",
        f"{AGAIN}/{run_id}",
    )


@pytest.mark.parametrize("fails", [False, True])
def test_an_answer_that_comes_after_the_release_counts(connection: Connection, fails: bool) -> None:
    """Otherwise it would be asked for, and perhaps paid, again."""
    run_id = only(connection, submit(connection, [FIND, READ]))
    mine = released(connection, run_id)
    if fails:
        assert research.fail_step(connection, mine, message="The key was refused")
        assert go_on(connection, run_id) == RunEnd("failed", "The key was refused")
    else:
        assert research.finish_step(connection, mine, result(FIND, {"site": "acme.com"}))
        found = go_on(connection, run_id)
        assert isinstance(found, StepToRun)
        assert (found.operation_id, found.context["site"]) == (READ, "acme.com")


def test_letting_go_never_waits_for_the_transaction_that_was_interrupted(engine: Engine) -> None:
    with engine.begin() as connection:
        run_id = only(connection, submit(connection, [FIND]))
        step_to_run = begun(connection, run_id)
    with engine.connect() as interrupted, engine.connect() as other:
        research.finish_step(interrupted, step_to_run, result(FIND, {"site": "acme.com"}))
        other.execute(text("set local lock_timeout = '2s'"))
        assert not research.release_run(other, run_id, claim=CLAIM)
        interrupted.commit()
        assert research.release_run(other, run_id, claim=CLAIM), "once it is over, it can be let go of"
        other.commit()
    with engine.begin() as connection:
        assert go_on(connection, run_id) == RunEnd("succeeded")


def test_a_released_run_is_no_new_one_and_fails_with_those_that_were_interrupted(connection: Connection) -> None:
    """A person who fails a task does not want the next wave of the same DAG run to go on with it."""
    submission_id = submit(connection, [FIND], [{"domain": "a.com"}, {"domain": "b.com"}])
    waiting = submissions.find_waiting_runs(connection, submission_id, statuses=["queued"], limit=10)
    killed, untouched = (run.run_id for run in waiting)
    released(connection, killed)
    new = submissions.find_waiting_runs(connection, submission_id, statuses=["queued"], limit=10, only_new=True)
    assert ([run.run_id for run in new], new.total) == ([untouched], 1)
    everything = submissions.find_waiting_runs(connection, submission_id, statuses=["queued"], limit=10)
    assert everything.total == 2

    assert research.fail_interrupted_runs(connection, submission_id, claim=CLAIM) == 1
    assert run_of(connection, killed).status == "failed"
    assert results(connection, killed)[0].error_details == {"code": "interrupted"}
    assert run_of(connection, untouched).status == "queued"
    assert work(connection, killed, ANSWERS, claim=AGAIN)[0] == "succeeded"
