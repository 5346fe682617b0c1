"""Fan-outs: each result goes through the following steps in a run of its own, made together with the step, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence import research, submissions
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.persons import PersonRow, query_people_of_company, upsert_persons
from prospecting.persistence.research import RunEnd
from tests.db.factories import at_once, count, end_roles, ids, stored, versions
from tests.db.researching import (
    ACME,
    AGAIN,
    ANSWERS,
    FIND,
    LIST_PEOPLE,
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

LIST = "company.list.offices"
ALEX = {"full_name": "Alex Roe", "linkedin_url": "https://www.linkedin.com/in/alex"}
BO = {"full_name": "Bo Poe", "linkedin_url": "https://www.linkedin.com/in/bo"}


def listing(*entities: Any) -> dict[str, Any]:
    return {"results": list(entities), "result_count": len(entities)}


def fanned_out(
    connection: Connection, steps: Sequence[Any], output: Mapping[str, Any] | None
) -> tuple[UUID, list[UUID]]:
    """A run whose first step has fanned out: its id and its children's."""
    run_id = only(connection, submit(connection, steps))
    first = begun(connection, run_id)
    assert research.finish_step(connection, first, result(first.operation_id, output))
    return run_id, run_ids(connection, run_of(connection, run_id).submission_id, run_id)


def told(connection: Connection, run_id: UUID) -> dict[str, Any]:
    """What a run's first step says of its fan-out."""
    found: dict[str, Any] = results(connection, run_id)[0].output_payload["fan_out"]
    return found


PEOPLE: list[Any] = [step(LIST_PEOPLE, fan_out=True), PERSON]


# ---------------------------------------------------------------------------------------------------------- children
def test_every_result_goes_on_in_a_run_of_its_own(connection: Connection) -> None:
    raw = {"parallel_raw_response": {"MARK": 1}}
    run_id, children = fanned_out(
        connection, [*PEOPLE, READ], {**listing({**ALEX, **raw}, BO), "domain": "acme.org", **raw}
    )
    assert len(children) == 2
    for child, person in zip(children, (ALEX, BO), strict=True):
        row = run_of(connection, child)
        assert (row.status, row.attempt, row.parent_pipeline_run_id) == ("queued", 1, run_id)
        assert row.blueprint_snapshot["fan_out"] == {"parent_pipeline_run_id": str(run_id), "start_from_position": 2}
        assert row.blueprint_snapshot["entity"]["entity_type"] == "person"
        assert stands(connection, child) == [(2, 1, "queued"), (3, 1, "queued")]
        first = begun(connection, child)
        assert (first.position, first.operation_id, first.entity_type) == (2, PERSON, "person")
        context = {"company_name": "Acme", "domain": "acme.org", "result_count": 2, **person}
        assert first.context == context, (
            "what the parent knew, then the entity, without the others and the raw response"
        )
    assert told(connection, run_id) == {
        "child_run_ids": [str(child) for child in children],
        "child_count": 2,
        "child_count_created": 2,
        "child_count_skipped_duplicates": 0,
        "skipped_duplicate_identifiers": [],
        "start_from_position": 2,
    }


def test_the_parent_ends_and_its_children_end_the_submission(connection: Connection) -> None:
    run_id, children = fanned_out(connection, PEOPLE, listing(ALEX, BO))
    submission_id = run_of(connection, run_id).submission_id
    assert research.advance(connection, run_id, claim="any", task_run_id="any") == RunEnd("succeeded")
    assert stands(connection, run_id) == [(1, 1, "succeeded"), (2, 1, "fanned_out")], "nobody will run it here"
    assert status_of(connection, submission_id) == "running"
    waiting = submissions.find_waiting_runs(connection, submission_id, statuses=["queued"], limit=10)
    assert [(run.run_id, run.label) for run in waiting] == [(children[0], "person 1"), (children[1], "person 2")]
    assert work(connection, children[0], {PERSON: {"briefing": "b"}})[0] == "succeeded"
    assert status_of(connection, submission_id) == "running"
    assert work(connection, children[1], {PERSON: failing()})[0] == "failed"
    assert status_of(connection, submission_id) == "failed"
    assert work(connection, children[1], {PERSON: {"briefing": "b"}})[0] == "succeeded"
    assert status_of(connection, submission_id) == "completed"
    report = submissions.query_report(connection, submission_id)
    assert [tuple(row.values()) for row in report["runs"]] == [("succeeded", 3, 2)]


@pytest.mark.parametrize(
    ("operation_id", "entities", "kept", "duplicates"),
    [
        (PERSON, [ALEX, {"linkedin_url": "linkedin.com/in/alex/"}], [0], ["person:linkedin:https://www.linkedin.com/in/alex"]),
        (READ, [ACME, {"domain": "https://www.acme.com/x"}], [0], ["company:domain:acme.com"]),
        (READ, [ACME, {"domain": "acme.org"}], [0, 1], []),
        (PERSON, [{"full_name": "Ann Poe"}, {"full_name": "Ann Poe"}, {}], [0, 1, 2], []),
        (PERSON, [{"email": "a@acme.com"}, BO, {"email": "A@Acme.com"}], [0, 1], ["person:email:a@acme.com"]),
        (
            PERSON,
            [{"entity_type": "company", **ACME}, ALEX, {"entity_type": "company", "domain": "www.acme.com"}, ALEX],
            [0, 1],
            ["company:domain:acme.com", "person:linkedin:https://www.linkedin.com/in/alex"],
        ),
        (PERSON, [None, "odd", 7, ALEX, []], [0], []),
        (PERSON, [{"entity_type": ["odd"], **ALEX}, {"entity_type": "alien", **ALEX}], [0], ["person:linkedin:https://www.linkedin.com/in/alex"]),
    ],
    ids=["people", "companies", "other domain", "nameless", "addresses", "mixed", "no objects", "odd types"],
)  # fmt: skip
def test_every_real_entity_has_one_child(
    connection: Connection, operation_id: str, entities: list[Any], kept: list[int], duplicates: list[str]
) -> None:
    run_id, children = fanned_out(connection, [step(LIST, fan_out=True), operation_id], listing(*entities))
    assert [run_of(connection, child).entity_index for child in children] == kept
    said = told(connection, run_id)
    assert (said["child_count"], said["child_count_skipped_duplicates"]) == (len(kept), len(duplicates))
    assert sorted(said["skipped_duplicate_identifiers"]) == duplicates


def test_results_beyond_a_limit_are_counted(connection: Connection) -> None:
    entities = [{"full_name": f"Person {number}"} for number in range(research.MAX_CHILDREN + 7)]
    run_id, children = fanned_out(connection, PEOPLE, listing(*entities))
    assert len(children) == research.MAX_CHILDREN
    (row,) = stored(connection, "rejected_records")
    assert (row["reason"], row["raw"]) == ("over_limit", {"count": 7})
    assert str(run_id) in row["source"]


@pytest.mark.parametrize(
    "output", [None, {}, {"results": None}, {"results": "odd"}, {"results": {"full_name": "Ann"}}, listing()], ids=str
)
def test_no_results_are_no_children_and_no_failure(connection: Connection, output: dict[str, Any] | None) -> None:
    run_id, children = fanned_out(connection, PEOPLE, output)
    assert children == []
    assert told(connection, run_id)["child_count"] == 0
    assert research.advance(connection, run_id, claim="any", task_run_id="any") == RunEnd("succeeded")
    assert status_of(connection, run_of(connection, run_id).submission_id) == "completed"


@pytest.mark.parametrize("last", [[], [step(PERSON, is_enabled=False)]], ids=["nothing", "a disabled step"])
def test_with_nothing_to_follow_there_are_no_children(connection: Connection, last: list[Any]) -> None:
    _, children = fanned_out(connection, [step(LIST, fan_out=True), *last], listing(ALEX))
    assert children == []


def test_steps_that_another_system_left_queued_behind_a_fan_out_are_not_run(connection: Connection) -> None:
    run_id, _ = fanned_out(connection, PEOPLE, listing(ALEX))
    connection.execute(text("update step_results set status = 'queued', output_payload = null where step_position = 2"))
    assert research.advance(connection, run_id, claim="any", task_run_id="any") == RunEnd("succeeded")


@pytest.mark.parametrize("position", [1, 7])
def test_children_start_after_the_step_that_made_them(connection: Connection, position: int) -> None:
    steps = [
        step(LIST, position=position, step_config={"fan_out": True}),
        step(RATE, position=position + 2),
        step(READ, position=position + 1),
    ]
    run_id, (child,) = fanned_out(connection, steps, listing(ACME))
    assert told(connection, run_id)["start_from_position"] == position + 1
    ended, asked = work(connection, child, ANSWERS)
    assert (ended, [each.operation_id for each in asked]) == ("succeeded", [READ, RATE])


def test_what_children_are_may_be_said_in_the_steps_configuration(connection: Connection) -> None:
    steps = [step(LIST, fan_out=True, step_config={"fan_out_entity_type": "person"}), READ]
    _, (child,) = fanned_out(connection, steps, listing(ALEX, ALEX))
    assert begun(connection, child).entity_type == "person"


def test_children_may_fan_out_themselves(connection: Connection) -> None:
    steps = [step(LIST, fan_out=True), FIND, step(LIST_PEOPLE, fan_out=True), PERSON]
    run_id, (office, other) = fanned_out(connection, steps, listing({"domain": "a.com"}, {"domain": "b.com"}))
    submission_id = run_of(connection, run_id).submission_id
    answers = {FIND: {"site": "s"}, LIST_PEOPLE: listing(ALEX, BO), PERSON: {"briefing": "b"}}
    assert work(connection, run_id, {})[0] == "succeeded"
    for child in (office, other):
        assert work(connection, child, answers)[0] == "succeeded"
    grandchildren = run_ids(connection, submission_id, office)
    assert len(grandchildren) == len(run_ids(connection, submission_id, other)) == 2, "the same person at two companies"
    ended, (asked,) = work(connection, grandchildren[0], answers)
    assert (ended, asked.position) == ("succeeded", 4)
    assert asked.context == {**ACME, "domain": "a.com", "site": "s", "result_count": 2, **ALEX}
    assert status_of(connection, submission_id) == "running"


# ---------------------------------------------------------------------------------------------------- skipped, failed
def test_what_would_follow_a_skipped_fan_out_is_skipped_with_it(connection: Connection) -> None:
    never = step(LIST_PEOPLE, fan_out=True, condition={"exists": "nothing"})
    submission_id = submit(connection, [FIND, never, PERSON, READ])
    run_id = only(connection, submission_id)
    ended, asked = work(connection, run_id, ANSWERS)
    assert (ended, [each.operation_id for each in asked]) == ("succeeded", [FIND])
    assert stands(connection, run_id) == [
        (1, 1, "succeeded"),
        (2, 1, "condition_not_met"),
        (3, 1, "parent_step_condition_not_met"),
        (4, 1, "parent_step_condition_not_met"),
    ]
    assert status_of(connection, submission_id) == "completed"
    before = versions(connection)
    assert begin(connection, run_id) == RunEnd("succeeded")
    assert versions(connection) == before


def test_a_fan_out_of_a_fresh_entity_is_skipped_with_what_follows(connection: Connection) -> None:
    work(connection, only(connection, submit(connection, [LIST_PEOPLE])), {LIST_PEOPLE: listing(ALEX)})
    fresh = step(LIST_PEOPLE, fan_out=True, step_config={"skip_if_fresh": {"max_age_hours": 1}})
    run_id = only(connection, submit(connection, [fresh, PERSON], run="run 2"))
    assert work(connection, run_id, {}) == ("succeeded", [])
    assert stands(connection, run_id) == [(1, 1, "entity_state_fresh"), (2, 1, "parent_step_fresh")]


def test_a_fan_out_that_fails_makes_no_children_until_it_works(connection: Connection) -> None:
    submission_id = submit(connection, PEOPLE)
    run_id = only(connection, submission_id)
    found = lambda step: result(LIST_PEOPLE, listing(ALEX), "failed")  # noqa: E731
    assert work(connection, run_id, {LIST_PEOPLE: found})[0] == "failed"
    assert run_ids(connection, submission_id, run_id) == []
    assert work(connection, run_id, {LIST_PEOPLE: listing(ALEX)})[0] == "succeeded"
    assert len(run_ids(connection, submission_id, run_id)) == 1
    assert stands(connection, run_id) == [
        (1, 1, "failed"), (1, 2, "succeeded"), (2, 1, "upstream_step_failed"), (2, 2, "fanned_out"),
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- once
def test_finishing_twice_makes_no_more_children(connection: Connection) -> None:
    run_id = only(connection, submit(connection, PEOPLE))
    first = begun(connection, run_id)
    assert research.finish_step(connection, first, result(LIST_PEOPLE, listing(ALEX)))
    before = versions(connection)
    assert not research.finish_step(connection, first, result(LIST_PEOPLE, listing(ALEX, BO)))
    assert begin(connection, run_id) == RunEnd("succeeded")
    assert not research.finish_step(connection, first, result(LIST_PEOPLE, listing(BO)))
    assert versions(connection)["step_results"] == before["step_results"]
    assert count(connection, "pipeline_runs") == 2


def test_finishing_at_once_makes_the_children_once(engine: Engine) -> None:
    with engine.begin() as connection:
        run_id = only(connection, submit(connection, PEOPLE))
        first = begun(connection, run_id)
    answer = result(LIST_PEOPLE, listing(ALEX, BO))
    written = at_once(engine, [lambda connection: research.finish_step(connection, first, answer)] * 4)
    assert sorted(written) == [False, False, False, True]
    with engine.connect() as connection:
        assert count(connection, "pipeline_runs") == 3
        assert count(connection, "step_results") == 4


def test_children_and_step_are_written_together_or_not_at_all(engine: Engine) -> None:
    with engine.begin() as connection:
        run_id = only(connection, submit(connection, PEOPLE))
        first = begun(connection, run_id)
    answer = result(LIST_PEOPLE, listing(ALEX, BO))
    with engine.connect() as connection:
        assert research.finish_step(connection, first, answer)
        assert count(connection, "pipeline_runs") == 3
        connection.rollback()  # the worker dies here
    with engine.begin() as connection:
        assert count(connection, "pipeline_runs") == 1
        assert stands(connection, run_id) == [(1, 1, "running"), (2, 1, "queued")]
        assert begin(connection, run_id) == first
        assert research.finish_step(connection, first, answer)
        assert count(connection, "pipeline_runs") == 3


def test_fanning_out_again_makes_further_attempts_which_count(connection: Connection) -> None:
    submission_id = submit(connection, PEOPLE)
    run_id = only(connection, submission_id)
    work(connection, run_id, {LIST_PEOPLE: listing(ALEX, BO)})
    old = run_ids(connection, submission_id, run_id)
    for child in old:
        work(connection, child, {PERSON: failing()})
    assert status_of(connection, submission_id) == "failed"

    work(connection, run_id, {LIST_PEOPLE: listing(BO, ALEX)}, claim=AGAIN, force_fresh=True)
    children = stored(
        connection, "pipeline_runs where parent_pipeline_run_id is not null", order="entity_index, attempt"
    )
    assert [(row["entity_index"], row["attempt"], row["status"]) for row in children] == [
        (0, 1, "failed"), (0, 2, "queued"), (1, 1, "failed"), (1, 2, "queued"),
    ]  # fmt: skip
    new = [row["id"] for row in children if row["attempt"] == 2]
    waiting = submissions.find_waiting_runs(connection, submission_id, statuses=["queued", "failed"], limit=10)
    assert ([run.run_id for run in waiting], waiting.total) == (new, 2)
    # Doing everything again begins with the entities themselves.
    roots = submissions.find_waiting_runs(
        connection, submission_id, statuses=["queued", "failed", "succeeded"], limit=10, only_roots=True
    )
    assert ([run.run_id for run in roots], roots.total) == ([run_id], 1)
    assert status_of(connection, submission_id) == "running"
    for child in new:
        assert work(connection, child, {PERSON: {"briefing": "b"}}, claim=AGAIN)[0] == "succeeded"
    assert status_of(connection, submission_id) == "completed"


def test_deleting_a_parent_leaves_its_children(connection: Connection) -> None:
    run_id, children = fanned_out(connection, PEOPLE, listing(ALEX, BO))
    connection.execute(text("delete from pipeline_runs where id = :id"), {"id": run_id})
    assert [run_of(connection, child).parent_pipeline_run_id for child in children] == [None, None]


def test_deleting_a_submission_deletes_all_generations(connection: Connection) -> None:
    submission_id = submit(connection, PEOPLE, [ACME, {"domain": "acme.org"}])
    for run_id in run_ids(connection, submission_id):
        work(connection, run_id, {LIST_PEOPLE: listing(ALEX, BO)})
    assert count(connection, "pipeline_runs") == 6
    connection.execute(text("delete from submissions"))
    assert count(connection, "pipeline_runs") == count(connection, "step_results") == 0


# ------------------------------------------------------------------------------------------------------- the people
def test_people_of_a_company_have_one_row_each(connection: Connection) -> None:
    acme, globex = ids(
        upsert_companies(
            connection,
            [CompanyRow("Acme", "acme.com"), CompanyRow("Globex", "globex.com")],
            source_system="test",
        ).saved
    )
    rows = [
        PersonRow("Ann Poe", acme, "CFO", "linkedin.com/in/ann-poe"),
        PersonRow("Ann Poe", acme, "Board Member", "linkedin.com/in/ann-poe"),
        PersonRow("Bo Roe", acme, "Engineer", observed_on=datetime.now(UTC).date()),
        PersonRow("Cy Moe", acme, "CTO"),
        PersonRow("Di Loe", globex, "CEO"),
    ]
    people = ids(upsert_persons(connection, rows, source_system="test").saved)
    end_roles(connection, people[3])
    found = query_people_of_company(connection, "acme.com")
    assert sorted((row["full_name"], row["standing"]) for row in found) == [
        ("Ann Poe", "unconfirmed"),
        ("Bo Roe", "current"),
    ]
    (ann,) = (row for row in found if row["full_name"] == "Ann Poe")
    assert (ann["company_name"], ann["domain"]) == ("Acme", "acme.com")
    assert ann["linkedin_url"] == "https://www.linkedin.com/in/ann-poe"
    assert query_people_of_company(connection, "acme.org") == []
