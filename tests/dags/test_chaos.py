"""A short part of `make chaos`, always the same: runs that are hit end as a quiet one does, and harm is noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from chaos.comparison import difference, read
from chaos.place import Place
from chaos.report import Report
from chaos.scenarios import SCENARIOS
from chaos.servers import ApplicationServer
from chaos.trials import Plan, Trials
from tests.dags.runs import Drivers

pytestmark = pytest.mark.airflow

SEED = 20


@pytest.fixture(scope="module")
def place(drivers: Drivers, metadata: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server of its own, for it is crashed."""
    folder = tmp_path_factory.mktemp("chaos")
    with Place(folder, drivers.variables, metadata, ApplicationServer(folder / "postgres")) as place:
        yield place


@pytest.fixture(scope="module")
def trials(place: Place) -> Trials:
    return Trials(place)


@pytest.mark.parametrize(
    "fault", ["SIGKILL at a COMMIT", "SIGSTOP and a second try", "database restarted", "connection lost at a COMMIT"]
)
def test_a_run_that_is_hit_ends_as_the_quiet_run_did(trials: Trials, fault: str) -> None:
    outcome = trials.carry_out(Plan(1, SEED, "slot_backfill", fault, triggers_again=False))
    report = Report(SEED)
    report.add(outcome)
    assert outcome.hits
    assert outcome.is_good, report.text()


def test_harm_is_noticed(place: Place, trials: Trials) -> None:
    """Rows that are lost, doubled or changed are found whatever their ids; the same under other ids is the same."""
    quiet = trials.quiet(SCENARIOS["slot_backfill"]).contents
    place.begin(SCENARIOS["slot_backfill"])
    with place.connection() as connection:
        before = read(connection)
        assert difference(before, before) == {}
        assert difference(quiet, before).keys() >= {"persons", "company_person_roles"}
        connection.execute(text("update companies set id = id + 1000, company_unique_id = company_unique_id || '9'"))
        connection.execute(text("update intake.people_raw_intake set id = id + 5000"))
        connection.execute(text("update agent_routing_log set record_id = (record_id::int + 5000)::text"))
        renumbered = read(connection)
        connection.execute(text("update companies set name = 'Another' where id = (select min(id) from companies)"))
        renamed = read(connection)
        connection.rollback()
    assert renumbered["agent_routing_log"] == before["agent_routing_log"]
    assert renumbered["companies"] == before["companies"]
    lost = difference(before, renamed)
    # What refers to the company refers to another one now.
    assert Counter({table: rows.total() for table, rows in lost.items()})["companies"] == 1
    assert lost["company_slot"].total() == 3
