"""The operators of seats, used alone in somebody else's DAG."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from prospecting.operators.slots import EvaluateSlotsOperator, FillSlotsOperator
from prospecting.persistence.seats import Scope
from prospecting.persistence.slot_evaluations import Counters
from prospecting.services import slots
from prospecting.services.interruption import Interrupted
from prospecting.services.runtime import Runtime
from prospecting.tasks import slot_evaluation as tasks
from tests.dags.filling import (
    CHIEF,
    IN_CATALOG,
    OTHERS,
    SEATS,
    UNKNOWN,
    asked_about,
    queue,
    queued,
    somebody_waits,
    wait_for,
)
from tests.dags.runs import TaskCaller, connection_variables
from tests.db.factories import (
    add_companies,
    add_person,
    claim,
    count,
    end_roles,
    holders,
    person_name,
    requests,
    stored,
    versions,
)
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.airflow

BOOKKEEPING = {"slot_evaluations", "slot_evaluation_chunks", "task_attempts"}


@pytest.fixture
def companies(engine: Engine) -> list[int]:
    """Five companies, two of them hospitals; three of fifteen seats can be filled."""
    with engine.begin() as connection:
        found = add_companies(connection, "Acme", "Globex", "Initech")
        found += add_companies(connection, "Mercy", "Saint Mary", industry="Hospital")
        add_person(connection, found[0], "Zelda Marker", "CEO & CFO")
        add_person(connection, found[3], "Yuri Marker", "HR Manager")
    return found


def evaluation(engine: Engine) -> dict[str, Any]:
    """The only evaluation there is."""
    with engine.connect() as connection:
        (found,) = stored(connection, "slot_evaluations")
    return found


def everything(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return {table: rows for table, rows in versions(connection).items() if table not in BOOKKEEPING}


def number_of(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return count(connection, table)


def alone(**arguments: Any) -> EvaluateSlotsOperator:
    return EvaluateSlotsOperator(task_id="evaluate_seats", **arguments)


@contextmanager
def printed() -> Iterator[list[str]]:
    """What the tasks print meanwhile."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("prospecting")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


@contextmanager
def in_the_background(work: Any) -> Iterator[Future[Any]]:
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(work)


# -------------------------------------------------------------------------------------------------------- evaluating
def test_alone_it_is_a_whole_evaluation(call: TaskCaller, engine: Engine, companies: list[int]) -> None:
    with printed() as lines:
        found = call.execute(alone(batch_size=2), run_id="scheduled__1", dag_id="their_dag")
    row = evaluation(engine)
    counters = Counters(5, 15, 0, 3, 12, 0, 1, 0, 12, 0)
    assert found == {"evaluation_id": row["id"], **counters.as_dict(), "fill_rate": 20.0}
    assert Counters.of(row) == counters
    assert (row["status"], row["error"], row["is_full"]) == ("completed", None, True)
    # A run of slot_evaluation may have the same id, and has an evaluation of its own.
    assert row["airflow_run_id"] == "scheduled__1 their_dag.evaluate_seats"
    assert "Overall Fill Rate: 20.0% (3/15)" in lines
    assert not any("Marker" in line for line in lines)
    with engine.connect() as connection:
        assert [chunk["companies_processed"] for chunk in stored(connection, "slot_evaluation_chunks")] == [2, 2, 1]
        transactions = connection.execute(text("select count(distinct xmin::text) from company_slot")).scalar_one()
        assert count(connection, "title_seats") == 2
    assert transactions == 3, "one for each chunk"

    before = everything(engine)
    again = call.execute(alone(), run_id="scheduled__2", dag_id="their_dag")
    assert everything(engine) == before
    assert (again["slots_filled"], again["slots_created"], again["backfill_triggered"]) == (3, 0, 0)


def test_a_retry_starts_the_same_evaluation_over(call: TaskCaller, engine: Engine, companies: list[int]) -> None:
    first = call.execute(alone())
    assert call.execute(alone(), try_number=2)["evaluation_id"] == first["evaluation_id"]
    others = [call.execute(alone(), map_index=number)["evaluation_id"] for number in (0, 1)]
    assert len({first["evaluation_id"], *others}) == 3, "mapped tasks have an evaluation each"


def test_its_scope_comes_from_templates(call: TaskCaller, engine: Engine, companies: list[int]) -> None:
    operator = alone(industry="{{ params.industry }}", slot_types="{{ params.seats }}", batch_size="{{ params.size }}")
    found = call.execute(operator, params={"industry": "hospital", "seats": ["HR", "CEO"], "size": 1})
    assert (found["companies_processed"], found["slots_created"], found["slots_filled"]) == (2, 4, 1)
    row = evaluation(engine)
    assert (row["is_full"], row["params"]) == (
        False,
        {"industry": "hospital", "slot_types": ["HR", "CEO"], "batch_size": 1},
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"company_ids": "{{ params.found }}"}, [1, 4]),
        ({"company_ids": ["04.04.01.02.00002.002"]}, [2]),
        ({"first_id": 2, "last_id": 4}, [2, 3, 4]),
        ({"first_id": 2, "last_id": 4, "industry": "hospital"}, [4]),
        ({"name_contains": "MARY"}, [5]),
        ({"company_ids": []}, []),
        ({"industry": "no such industry"}, []),
        ({"company_ids": "{{ params.nothing }}"}, []),
    ],
    ids=str,
)
def test_only_what_is_meant_is_evaluated(
    call: TaskCaller, engine: Engine, companies: list[int], arguments: dict[str, Any], expected: list[int]
) -> None:
    assert companies == [1, 2, 3, 4, 5]
    with printed() as lines:
        found = call.execute(alone(**arguments), params={"found": [1, 4], "nothing": []})
    assert any("there is nothing to evaluate" in line.lower() for line in lines) == (not expected)
    with engine.connect() as connection:
        evaluated = {row["id"] for row in stored(connection, "companies join company_slot using (company_unique_id)")}
    assert (found["companies_processed"], sorted(evaluated)) == (len(expected), expected)
    row = evaluation(engine)
    assert (row["status"], row["is_full"]) == ("completed", False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"company_ids": [1, 77]}, "evaluate_seats: company_ids: no such companies: 77; see the table companies"),
        ({"slot_types": "CTO"}, "evaluate_seats: slot_types.0: "),
        ({"first_id": 3}, "first_id and last_id go together"),
        ({"evaluation_id": 5, "chunk": 1, "first_id": 1, "last_id": 2}, "No slot evaluation 5 is stored"),
    ],
    ids=str,
)
def test_what_it_cannot_do_is_said_at_once(
    call: TaskCaller, engine: Engine, companies: list[int], arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(AirflowFailException) as refusal:
        call.execute(alone(**arguments))
    assert said in str(refusal.value)
    assert number_of(engine, "slot_evaluations") == 0


def test_a_failure_closes_it_as_failed(call: TaskCaller, engine: Engine, companies: list[int]) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("alter table company_slot add constraint broken check (company_unique_id not like '%3.003')")
        )
    with pytest.raises(IntegrityError):
        call.execute(alone(batch_size=2))
    row = evaluation(engine)
    assert (row["status"], row["companies_processed"], row["slots_created"]) == ("failed", 2, 6)
    assert row["error"] == "IntegrityError; see the log of the task"
    with engine.begin() as connection:
        connection.execute(text("alter table company_slot drop constraint broken"))
    again = call.execute(alone(batch_size=2), try_number=2)
    row = evaluation(engine)
    assert (row["id"], row["status"], row["error"]) == (again["evaluation_id"], "completed", None)
    assert number_of(engine, "company_slot") == 15


def test_a_collapse_fails_it_too(call: TaskCaller, engine: Engine) -> None:
    """What nobody checks would be what the next night is compared with."""
    with engine.begin() as connection:
        found = add_companies(connection, *(f"Firm {number}" for number in range(24)))
        for number, company in enumerate(found):
            add_person(connection, company, person_name(number), "CEO")
    first = call.execute(alone(), run_id="run 1")["evaluation_id"]
    with engine.begin() as connection:
        for company in found[:12]:
            end_roles(connection, holders(connection, company)["CEO"])
    with pytest.raises(
        AirflowFailException, match=f"evaluate_seats: The quality gate is broken: .* in evaluation {first} to 16.7 %"
    ):
        call.execute(alone(), run_id="run 2")
    with engine.connect() as connection:
        assert [row["status"] for row in stored(connection, "slot_evaluations")] == ["completed", "failed"]
    call.execute(alone(max_fill_rate_drop=1), run_id="run 3")


def test_a_chunk_of_an_open_evaluation(call: TaskCaller, engine: Engine, companies: list[int]) -> None:
    """Its scope is the evaluation's, and it leaves the closing to whoever opened it."""
    opened = call(tasks.start_evaluation, params={"slot_types": ["HR"]})
    chunk = {"evaluation_id": opened["evaluation_id"], "chunk": 7, "first_id": 2, "last_id": 4}
    found = call.execute(alone(**chunk))
    assert found["evaluation_id"] == opened["evaluation_id"]
    assert (found["companies_processed"], found["slots_created"], found["slots_filled"]) == (3, 3, 1)
    assert evaluation(engine)["status"] == "running"
    with engine.connect() as connection:
        (recorded,) = stored(connection, "slot_evaluation_chunks")
    assert (recorded["chunk"], recorded["companies_processed"]) == (7, 3)


# ---------------------------------------------------------------------------------------------------------- dry runs
def test_a_dry_run_is_the_same_in_chunks_and_at_once(call: TaskCaller, engine: Engine, companies: list[int]) -> None:
    before = everything(engine)
    shown = []
    for size in (50_000, 2):
        with printed() as lines:
            found = call.execute(alone(dry_run="True", batch_size=size))
        shown.append(lines)
        assert (found["evaluation_id"], found["slots_filled"], found["slots_open"]) == (None, 3, 12)
        assert (found["slots_created"], found["backfill_triggered"], found["requests_to_make"]) == (0, 0, 12)
    assert shown[0] == shown[1]
    assert len(shown[0]) == 5 + 15
    assert shown[0][-4].startswith("[5/5] Saint Mary (")
    assert everything(engine) == before
    assert number_of(engine, "slot_evaluations") == number_of(engine, "task_attempts") == 0


def test_a_preview_shows_no_more_than_it_is_told(engine: Engine, companies: list[int]) -> None:
    """In whatever chunks, and also where there is no room for the changes of a chunk at all."""
    for size in (1, 2, 50_000):
        found = slots.preview(Runtime(engine), Scope(), batch_size=size, limit=4)
        assert [line[:10] for line in found.lines] == [
            "[1/5] Acme",
            *["  [DRY RUN"] * 3,
            "[2/5] Glob",
            "  [DRY RUN",
            "... and 11",
        ]
        assert found.lines[-1] == "... and 11 more changes; narrow the params to see them"
        assert found.counters == Counters(
            companies_processed=5, slots_filled=3, slots_open=12, compound_matches=1, requests_to_make=12
        )


def test_the_summary_of_a_dry_run_is_enough_to_look_again(
    call: TaskCaller, engine: Engine, companies: list[int]
) -> None:
    params = {"dry_run": True, "company_ids": [1, 2, 5], "slot_types": ["HR", "CEO"], "batch_size": 2}
    opened = call(tasks.start_evaluation, params=params)
    chunks = call(tasks.plan_chunks, opened)
    # Each chunk is told of its own companies only; there may be many.
    assert [chunk["company_ids"] for chunk in chunks] == [[1, 2], [5]]
    with printed() as lines:
        counters = [call.execute(alone(**chunk)) for chunk in chunks]
    shown = [line for line in lines if line.startswith(("[", "  [DRY RUN]"))]
    assert shown[0].startswith("[1/3] Acme (")
    assert [line for line in shown if line.startswith("[3/3] Saint Mary (")]
    summary = call(tasks.summarize_evaluation, opened, counters)
    assert (summary["evaluation_id"], summary["companies_processed"], summary["slots_open"]) == (None, 3, 5)
    again = slots.preview(Runtime(engine), Scope.of(summary["scope"]))
    assert again.lines == shown
    assert again.changes == summary["changes"]
    assert {one["seat"] for one in summary["changes"]} == {"CEO", "HR"}
    assert sum(one["seats"] for one in summary["changes"]) == sum("[DRY RUN]" in line for line in shown)
    assert again.counters == Counters.of(summary)


# ------------------------------------------------------------------------------------------------------ killed midway
def test_a_killed_evaluation_ends_after_its_chunk(call: TaskCaller, engine: Engine, companies: list[int]) -> None:
    operator = alone(batch_size=2)
    with engine.connect() as connection:
        connection.execute(text("lock table agent_routing_log in share row exclusive mode"))
        with in_the_background(lambda: call.execute(operator)) as end:
            wait_for(lambda: somebody_waits(engine), "the first chunk waits")
            operator.on_kill()
            row = evaluation(engine)
            assert (row["status"], row["error"]) == ("failed", "The task was killed")
            connection.rollback()
            with pytest.raises(Interrupted, match="after 1 of 3 chunks"):
                end.result(timeout=60)
    row = evaluation(engine)
    assert (row["status"], row["companies_processed"]) == ("failed", 2)
    assert number_of(engine, "company_slot") == 6, "a chunk is written as a whole or not at all"
    operator.on_kill()
    assert call.execute(alone(), try_number=2)["slots_created"] == 9
    assert evaluation(engine)["status"] == "completed"


# ------------------------------------------------------------------------------------------------------------ filling
@pytest.fixture
def llm(call: TaskCaller, stand_in_server: StandIn) -> StandIn:
    """The outside services, and connections to them in this process."""
    stand_in_server.reset()
    for name, value in connection_variables(stand_in_server.url).items():
        call.monkeypatch.setenv(name, value)
    return stand_in_server


def fill(**arguments: Any) -> FillSlotsOperator:
    return FillSlotsOperator(task_id="fill_seats", **arguments)


def test_alone_it_asks_the_catalog(call: TaskCaller, engine: Engine) -> None:
    known, _ = queue(engine, IN_CATALOG, UNKNOWN)
    found = call.execute(fill(), run_id="scheduled__1", dag_id="their_dag")
    assert found == {"completed": 1, "failed": 0, "waiting": 5, "lost": 0, "released": 0}
    (done,) = queued(engine, "completed")
    assert (done["company_id"], done["slot_type"], done["full_name"]) == (known, "CEO", CHIEF)
    assert done["claimed_by"] == "scheduled__1 their_dag.fill_seats/0"
    with engine.connect() as connection:
        assert {each["scope"] for each in stored(connection, "agent_calls")} == {"their_dag:scheduled__1"}
    # The same task of the same run has done its share; another one goes on.
    queue(engine, *OTHERS[:1])
    assert sum(call.execute(fill(limit=1), run_id="scheduled__1", dag_id="their_dag").values()) == 0
    assert sum(call.execute(fill(limit=5), run_id="scheduled__1", dag_id="their_dag", map_index=1).values()) == 3


def test_who_pays_and_how_much_is_said(call: TaskCaller, engine: Engine) -> None:
    queue(engine, *OTHERS[:2])
    found = call.execute(fill(scope="sales", max_calls="{{ params.calls }}"), params={"calls": 1})
    assert found == {"completed": 0, "failed": 0, "waiting": 3, "lost": 0, "released": 3}
    said = [row["error_message"] for row in queued(engine, "queued")]
    assert said.count("Put back: budget") == sum(each.startswith("Waits for a provider") for each in said) == 3
    # What one scope has used up is used up for every task of it; no limit is no limit.
    assert call.execute(fill(scope="sales", max_calls=1), run_id="other")["released"] == 3
    assert call.execute(fill(scope="sales", max_calls=None), run_id="third")["waiting"] == 3
    with engine.connect() as connection:
        assert [each["scope"] for each in stored(connection, "agent_calls")] == ["sales", "sales"]


def test_it_may_ask_with_connections_of_their_own(call: TaskCaller, engine: Engine, llm: StandIn) -> None:
    queue(engine, *OTHERS[:1])
    for name in ("LLM", "SEARCH"):
        value = connection_variables(llm.url)[f"AIRFLOW_CONN_PROSPECTING_{name}"]
        call.monkeypatch.setenv(f"AIRFLOW_CONN_OUR_{name}", value)
        call.monkeypatch.delenv(f"AIRFLOW_CONN_PROSPECTING_{name}")
    found = call.execute(fill(providers="catalog, live", llm_conn_id="our_llm", search_conn_id="our_search"))
    assert found["completed"] == 3
    assert asked_about(llm) == ["Alder Works"]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ({"slot_types": ["HR", "CFO"]}, 3),
        ({"company_ids": [2]}, 6),
        ({"company_ids": "{{ params.nothing }}"}, 9),
        ({"company_ids": []}, 9),
        ({"limit": 1}, 6),
    ],
    ids=str,
)
def test_only_what_is_meant_is_asked_for(
    call: TaskCaller, engine: Engine, arguments: dict[str, Any], left: int
) -> None:
    assert queue(engine, *OTHERS[:3]) == [1, 2, 3]
    call.execute(fill(**arguments), params={"nothing": []})
    said = [row["error_message"] for row in queued(engine, "queued")]
    assert (said.count(None), len(said)) == (left, 9), "whom the catalog does not know waits"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"providers": ["catalogue"]}, 'fill_seats: providers: No such provider: "catalogue"'),
        ({"limit": "many"}, "fill_seats: limit: "),
        ({"max_usd": -1}, "fill_seats: max_usd: "),
    ],
    ids=str,
)
def test_arguments_it_cannot_use_are_named(
    call: TaskCaller, engine: Engine, arguments: dict[str, Any], said: str
) -> None:
    queue(engine, UNKNOWN)
    with pytest.raises(AirflowFailException) as refusal:
        call.execute(fill(**arguments))
    assert said in str(refusal.value)
    assert len(queued(engine, "queued")) == 3


def test_killed_while_it_asks_it_holds_nothing_and_saves_nothing(
    call: TaskCaller, engine: Engine, llm: StandIn
) -> None:
    """Others may claim at once; the answer that comes too late is kept in the ledger and changes nothing else."""
    queue(engine, *OTHERS[:2])
    llm.dial("llm", skip=2, delay=6, times=1)  # the first company takes two rounds
    operator = fill(providers=["live"])
    with in_the_background(lambda: call.execute(operator)) as end:
        wait_for(lambda: len(asked_about(llm)) == 2, "the second company is asked about")
        operator.on_kill()
        assert len(queued(engine, "running")) == 0
        put_back = queued(engine, "queued")
        assert {(row["claimed_by"], row["lease_expires_at"], row["error_message"]) for row in put_back} == {
            (None, None, "Put back: killed")
        }
        with engine.begin() as connection:
            taken = claim(connection, "another")
        assert {request.company_name for request in taken} == {"Birch Works"}
        with pytest.raises(Interrupted, match="0 more requests were put back"):
            end.result(timeout=60)
    with engine.connect() as connection:
        assert {row["claimed_by"] for row in requests(connection, "running")} == {"another"}
        assert [each["status"] for each in stored(connection, "agent_calls")] == ["succeeded", "succeeded"]
        assert count(connection, "persons") == 3
        written_by = connection.execute(
            text("select distinct a.task_id from task_attempts as a join agent_routing_log as r on r.written_by = a.id")
        )
        assert written_by.scalars().all() == ["fill_seats"]
    assert len(queued(engine, "completed")) == len(SEATS)


def test_its_next_try_may_run_beside_a_killed_one(call: TaskCaller, engine: Engine, llm: StandIn) -> None:
    """Cleared while it asks: both go by the same name, one question is asked, and one of them saves the answer."""
    queue(engine, *OTHERS[:1])
    llm.dial("llm", delay=6, times=1)
    killed = fill(providers=["live"])
    with in_the_background(lambda: call.execute(killed)) as end:
        wait_for(lambda: len(asked_about(llm)) == 1, "the company is asked about")
        killed.on_kill()
        assert call.execute(fill(providers=["live"]), try_number=2)["completed"] == 3
        with pytest.raises(Interrupted):
            end.result(timeout=60)
    assert asked_about(llm) == ["Alder Works"]
    with engine.connect() as connection:
        assert count(connection, "persons") == count(connection, "company_person_roles") == 3
    assert len(queued(engine, "completed")) == 3


def test_killed_while_it_closes_it_waits_for_nobody(call: TaskCaller, engine: Engine) -> None:
    """The interrupted transaction is left to itself; what it does not end goes back."""
    first, _ = queue(engine, IN_CATALOG, UNKNOWN)
    operator = fill()
    with engine.connect() as connection:
        connection.execute(
            text(
                "select from company_slot as s join companies as c using (company_unique_id) "
                "where c.id = :id for update of s"
            ),
            {"id": first},
        )
        with in_the_background(lambda: call.execute(operator)) as end:
            wait_for(lambda: somebody_waits(engine), "the first company is being closed")
            operator.on_kill()
            assert [row["status"] for row in queued(engine)] == ["queued"] * 6
            connection.rollback()
            with pytest.raises(Interrupted):
                end.result(timeout=60)
    assert [row["status"] for row in queued(engine)] == ["queued"] * 6
    assert number_of(engine, "persons") == 0
    assert call.execute(fill(), run_id="the next")["completed"] == 1
    assert number_of(engine, "persons") == 1


def test_killed_before_it_claims_it_claims_nothing(call: TaskCaller, engine: Engine) -> None:
    queue(engine, UNKNOWN)
    fill().on_kill()
    operator = fill()
    with engine.connect() as connection:
        connection.execute(text("lock table agent_routing_log in share row exclusive mode"))
        with in_the_background(lambda: call.execute(operator)) as end:
            wait_for(lambda: somebody_waits(engine), "the claim waits")
            operator.on_kill()
            connection.rollback()
            with pytest.raises(Interrupted, match="3 more requests were put back"):
                end.result(timeout=60)
    assert len(queued(engine, "queued")) == 3
    assert number_of(engine, "agent_calls") == 0


def test_nothing_but_its_own_is_put_back(call: TaskCaller, engine: Engine) -> None:
    queue(engine, UNKNOWN)
    with engine.begin() as connection:
        claim(connection, "another")
    operator = fill()
    assert sum(call.execute(operator).values()) == 0
    operator.on_kill()
    assert {row["claimed_by"] for row in queued(engine, "running")} == {"another"}
