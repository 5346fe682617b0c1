"""From a signal to filled seats and back: the DAGs one after the other, as their schedules and assets start them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.dags.runs import Airflow
from tests.db.factories import content, count, requests, stored

pytestmark = pytest.mark.airflow

# Nobody at the sponsors is saved: the catalog knows chief executives only, so the seats are left to the backfill.
SIGNAL = {
    "name": "Who sponsors BSidesSF",
    "event_keywords": ["BSidesSF"],
    "date_from": "2018-01-01",
    "date_to": "2019-12-31",
    "target_functions": ["CTO"],
    "agents": "catalog",
    "limits": {"max_companies": 8},
}
LOOP: tuple[tuple[str, dict[str, Any]], ...] = (
    ("signal_execution", SIGNAL),
    ("slot_evaluation", {}),
    ("slot_backfill", {}),
    ("slot_evaluation", {}),
)
# What is known once the loop has run, and then stays as it is.
THINGS = ("companies", "persons", "company_person_roles", "events", "event_sponsors")


def latest_evaluation(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return stored(connection, "slot_evaluations")[-1]


def seats_by_status(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        found = connection.execute(text("select status, count(*) as number from company_slot group by status"))
        return {row.status: row.number for row in found}


def test_the_loop_fills_seats_and_a_second_time_adds_nothing(airflow: Airflow, engine: Engine) -> None:
    filled, requested = [], []
    for dag_id, conf in LOOP:
        run = airflow.run(conf, dag_id=dag_id)
        assert run.state == "success", dag_id
        if dag_id == "slot_evaluation":
            filled.append(latest_evaluation(engine)["slots_filled"])
            requested.append(latest_evaluation(engine)["backfill_triggered"])
    with engine.connect() as connection:
        companies, persons = count(connection, "companies"), count(connection, "persons")
        before = content(connection, *THINGS)
    assert companies > 2
    # Some companies have two chief executives, and one seat for them.
    assert (filled[0], filled[1] > 0, filled[1] <= persons) == (0, True, True)
    empty = 3 * companies - filled[1]
    assert requested == [3 * companies, 0]
    assert seats_by_status(engine) == {"filled": filled[1], "open": empty}

    for dag_id, conf in LOOP:
        run = airflow.run(conf, dag_id=dag_id)
        assert run.state == "success", dag_id
    with engine.connect() as connection:
        assert content(connection, *THINGS) == before
        assert count(connection, "company_slot") == 3 * companies
        all_requests = requests(connection)
    per_source = {(row["company_id"], row["slot_type"], row["backfill_source"]) for row in all_requests}
    assert len(per_source) == len(all_requests) == sum(requested) + filled[1]
    verifications = [row for row in all_requests if row["backfill_source"] == "slot_verification"]
    others = Counter(row["status"] for row in all_requests if row not in verifications)
    # The catalog closes nothing, and those whom it knows of 2020 keep their seats until somebody can be asked.
    assert others == {"completed": filled[1], "queued": empty}
    assert [row["status"] for row in verifications] == ["queued"] * filled[1]
    assert seats_by_status(engine) == {"filled": filled[1], "open": empty}
    last = latest_evaluation(engine)
    assert (last["slots_filled"], last["backfill_triggered"], last["status"]) == (filled[1], 0, "completed")
