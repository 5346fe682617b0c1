"""A short part of `make chaos`, always the same: runs that are hit end as a quiet one does, and harm is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from chaos import left_behind
from chaos.billing import Bill, bill
from chaos.comparison import difference, read
from chaos.faults import FAULTS
from chaos.place import Place
from chaos.report import Report
from chaos.scenarios import SCENARIOS, choose, companies_with_requests, fill
from chaos.servers import EMPTY, ApplicationServer
from chaos.trials import Plan, Trials, plan
from tests.dags.runs import Drivers

pytestmark = pytest.mark.airflow

SEED = 20
SCENARIO = replace(
    SCENARIOS["slot_backfill"],
    conf={**SCENARIOS["slot_backfill"].conf, "chunk_size": 6},
    prepare=partial(companies_with_requests, companies=4),
)


@pytest.fixture(scope="module")
def place(drivers: Drivers, metadata: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server of its own, for it is crashed."""
    folder = tmp_path_factory.mktemp("chaos")
    with Place(folder, drivers.variables, metadata, ApplicationServer(folder / "postgres")) as place:
        yield place


@pytest.fixture(scope="module")
def trials(place: Place) -> Trials:
    return Trials(place, {SCENARIO.name: SCENARIO})


@pytest.mark.parametrize("fault", ["SIGKILL at a COMMIT", "SIGSTOP and a second try", "database restarted"])
def test_a_run_that_is_hit_ends_as_the_quiet_run_did(trials: Trials, fault: str) -> None:
    outcome = trials.carry_out(Plan(1, SEED, "slot_backfill", fault, triggers_again=False))
    report = Report(SEED)
    report.add(outcome)
    assert outcome.hits
    assert outcome.is_good, report.text()


def test_harm_is_noticed(place: Place) -> None:
    """Rows that are lost or changed are found, and those that refer to them; other ids make no difference."""
    place.begin(SCENARIO)
    with place.connection() as connection:
        before = read(connection)
        connection.execute(text("update companies set name = 'Another' where id = (select min(id) from companies)"))
        renamed = read(connection)
        connection.rollback()
        connection.execute(text("delete from agent_routing_log where routing_id = 1"))
        fewer = read(connection)
        connection.rollback()
    assert before["companies"].total() == 4
    assert difference(before, renamed)["companies"].total() == 1
    # What refers to the company refers to another one now.
    assert difference(before, renamed)["company_slot"].total() == 3
    assert {table: rows.total() for table, rows in difference(before, fewer).items()} == {"agent_routing_log": 1}
    # The seat that was asked about is to be looked at again.
    assert {table: rows.total() for table, rows in difference(fewer, before).items()} == {"seat_changes": 1}

    place.server.create("renumbered", EMPTY)
    numbers = "select setval(format('%I.%I', schemaname, sequencename)::regclass, 5000) from pg_sequences"
    place.server.execute(numbers, "renumbered")
    renumbered = place.server.engine("renumbered")
    fill(renumbered, SCENARIO)
    with renumbered.connect() as connection:
        assert connection.execute(text("select min(id) from companies")).scalar_one() > 5000
        assert read(connection) == before


def test_calls_that_are_billed_again_are_counted(place: Place) -> None:
    """Each run may ask once; a fault is an excuse for a search, whose answer nobody knows, and for no round."""
    place.stand_in.reset()

    def ask(content: str, key: str | None = None) -> None:
        body = {"model": "any", "messages": [{"role": "user", "content": content}]}
        headers = {"Authorization": "Bearer key"} | ({"Idempotency-Key": key} if key else {})
        httpx.post(f"{place.stand_in.url}/v1/chat/completions", json=body, headers=headers)

    def search() -> None:
        httpx.post(f"{place.stand_in.url}/search", json={"query": "it"}, headers={"Authorization": "Bearer key"})

    for question in ("one", "one", "one", "two"):
        ask(question)
    for _ in range(2):  # known to the model by its key
        ask("three", key="3")
    assert bill(place.stand_in, runs=1, excused=2) == Bill(questions=3, calls=5, again=2)
    assert bill(place.stand_in, runs=3, excused=0).again == 0
    for _ in range(6):
        search()
    assert bill(place.stand_in, runs=3, excused=0) == Bill(questions=8, calls=11, again=1)
    assert bill(place.stand_in, runs=3, excused=1).again == 0
    place.stand_in.reset()
    for _ in range(2):  # the same digest is for the same people, whichever run sends it
        httpx.post(f"{place.stand_in.url}/services/T/B/digests", json={"text": "New: 3 companies"})
    assert bill(place.stand_in, runs=2, excused=0) == Bill(questions=1, calls=2, again=1)
    assert bill(place.stand_in, runs=2, excused=1).again == 0


def test_scenarios_are_chosen_by_name_or_by_dag() -> None:
    signals = choose(["signal_execution"])
    assert len(signals) == 5
    assert choose(["signal_execution-funding", "slot_backfill"]) == ["signal_execution-funding", "slot_backfill"]
    assert choose([]) == list(SCENARIOS)
    assert {plan(number, 1, signals, list(FAULTS)).scenario for number in range(5)} == set(signals)
    with pytest.raises(ValueError, match="no such scenario: nothing"):
        choose(["nothing"])


def test_what_is_left_behind_is_seen(place: Place) -> None:
    place.begin(SCENARIO)
    with place.connection() as connection, place.connection() as other:
        other.execute(text("select pg_advisory_lock(17)"))
        other.commit()
        session, locks = left_behind.sessions(connection, patience=0)
        assert "pg_advisory_lock" in session or "COMMIT" in session
        assert locks == "1 advisory locks"
        assert left_behind.unfinished_rows(connection) == {}
        connection.execute(text("update agent_routing_log set status = 'running' where routing_id < 3"))
        assert left_behind.unfinished_rows(connection) == {"agent_routing_log running": 2}
        connection.rollback()
