"""Submissions: what is asked for, which runs it becomes, what belongs to whom, and which runs wait."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from prospecting.persistence import research, submissions
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import to_json
from tests.db.factories import at_once, count, stored, versions
from tests.db.researching import (
    ACME,
    ANSWERS,
    COMPANY,
    FIND,
    PERSON,
    RATE,
    READ,
    begun,
    failing,
    insert,
    only,
    run_ids,
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
