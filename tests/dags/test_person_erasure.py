"""Person erasure in real Airflow: stopping at the plan where nobody can be asked, and carrying out what is approved.

Asking a person takes all of Airflow, as for promotions: ``test_standalone.py``.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import Engine

from prospecting.operators.erasure import ErasePersonOperator
from prospecting.persistence import erasures
from prospecting.persistence.persons import PersonRow
from prospecting.tasks import person_erasure as tasks
from tests.dags.runs import Airflow, TaskCaller
from tests.db.erasing import EMAIL, NAME, PROFILE, TRACES, seed, traces
from tests.db.factories import count, stored
from tests.db.person_rows import companies, save

pytestmark = pytest.mark.airflow

DAG: dict[str, Any] = {"dag_id": "person_erasure"}
ANN = {"id": "7", "name": "Ann"}


def erasure(engine: Engine, erasure_id: str) -> erasures.Erasure:
    with engine.connect() as connection:
        return erasures.find_erasure(connection, UUID(erasure_id))


def left(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return traces(connection)


def test_in_the_terminal_an_erasure_is_planned_and_carried_out_by_its_id(airflow: Airflow, engine: Engine) -> None:
    with engine.begin() as connection:
        seeded = seed(connection)
    run = airflow.run({"person": seeded.zoe, "dry_run": False}, **DAG)
    assert run.state == "success"
    assert run.states("approve_erasure") == run.states("erase_person") == ["skipped"]
    with engine.connect() as connection:
        (row,) = (found for found in stored(connection, "erasures") if found["airflow_run_id"] == run.run_id)
    planned = erasure(engine, str(row["id"]))
    assert (planned.status, planned.decision, planned.planned["persons"]) == ("planned", None, 3)
    assert len(left(engine)) > 30
    assert f'{{"erasure_id": "{planned.id}", "approved_by": "<your name>"}}' in run.log

    # An address instead of the id, to see where it stays.
    second = airflow.run({"email": EMAIL, "erasure_id": str(planned.id), "approved_by": "Ann"}, **DAG)
    assert second.state == "success"
    done = erasure(engine, str(planned.id))
    assert (done.status, done.decision, done.decided_by) == ("completed", "approved", "Ann")
    assert done.erased == planned.planned
    assert f"- persons: {done.erased['persons']} rows erased" in second.log
    assert left(engine) == {}
    for each in (run, second):
        written = (each.log + airflow.stored_by_airflow(each.run_id)).lower()
        assert not [word for word in (*TRACES, EMAIL) if word in written]


# ----------------------------------------------------------------------------------------------- tasks one at a time
@pytest.fixture
def zoe(engine: Engine) -> int:
    with engine.begin() as connection:
        return save(connection, PersonRow(NAME, companies(connection, "Acme")[0], "CFO", PROFILE, EMAIL))[0]


def called(call: TaskCaller, task: Any, *arguments: Any, user: str = "ann", answer: Any = None, **options: Any) -> Any:
    """Call a task of a run that ``user`` triggered in Airflow, where the question got this ``answer``."""
    from airflow.sdk.execution_time.context import set_current_context

    context = call.context(task.function.__name__, **DAG, **options)
    context["dag_run"].triggering_user_name = user
    context["ti"] = SimpleNamespace(**{**vars(context["ti"]), "xcom_pull": lambda task_ids, key: answer})
    with set_current_context(context):
        return task.function(*arguments)


def answered(*options: str, by: Any = ANN) -> dict[str, Any]:
    return {"chosen_options": list(options), "responded_by_user": by}


def test_what_a_person_answers_is_what_happens(call: TaskCaller, engine: Engine, zoe: int) -> None:
    params = {"person": zoe, "dry_run": False}
    for number, by in enumerate((ANN, None)):
        rejected = called(call, tasks.plan_erasure, params=params, run_id=f"no {number}")
        assert called(call, tasks.ask_or_go_on, rejected) == "approve_erasure"
        summary = called(call, tasks.summarize_erasure, rejected, answer=answered("Reject", by=by))
        assert summary == {"erasure_id": rejected["erasure_id"], "status": "rejected", "rows": 0}
        assert erasure(engine, rejected["erasure_id"]).decided_by == ("Ann (7)" if by else None)
        with pytest.raises(AirflowFailException, match="was rejected"):
            called(call, tasks.erase_person, rejected, params=params, answer=answered("Approve"))
    opened = called(call, tasks.plan_erasure, params=params)
    question = called(call, tasks.preview_erasure, opened)
    assert question["subject"] == "Erase a person for good: 3 rows in 3 tables"
    assert not [word for word in TRACES if word in str(question).lower()]
    for answer, complaint in (
        (None, "nobody has approved"),
        (answered("Approve", by=None), "say by whom"),
        (answered(), "is no approval"),
    ):
        with pytest.raises(AirflowFailException, match=complaint):
            called(call, tasks.erase_person, opened, params=params, answer=answer)
    with pytest.raises(AirflowFailException, match="1 tasks failed"):
        called(call, tasks.summarize_erasure, opened, failed_tasks=1)
    assert erasure(engine, opened["erasure_id"]).status == "failed"
    assert left(engine)

    again = called(call, tasks.plan_erasure, params=params, run_id="again")
    expected = {"company_person_roles": 1, "contact_channels": 1, "persons": 1}
    assert called(call, tasks.erase_person, again, params=params, answer=answered("Approve")) == expected
    for _ in range(2):
        done = called(call, tasks.summarize_erasure, again, answer=answered("Approve"))
        assert done == {"erasure_id": again["erasure_id"], "status": "completed", "rows": 3}
        # Cleared, everything runs again; nobody is left whom the params could mean.
        assert called(call, tasks.plan_erasure, params=params, run_id="again") == again
        assert called(call, tasks.ask_or_go_on, again) == "erase_person"
        assert called(call, tasks.erase_person, again, params=params) == expected
    assert left(engine) == {}
    with pytest.raises(AirflowFailException, match="nobody of this id is stored"):
        called(call, tasks.plan_erasure, params=params, run_id="too late")


def test_an_approval_is_of_one_person_and_by_whoever_triggers(call: TaskCaller, engine: Engine, zoe: int) -> None:
    with engine.begin() as connection:
        (bo,) = save(connection, PersonRow("Bo Boateng", companies(connection, "Acme")[0], "CEO"))
    opened = called(call, tasks.plan_erasure, params={"person": zoe})
    assert called(call, tasks.ask_or_go_on, opened) == "summarize_erasure", "a dry run stops here"
    approval = {"erasure_id": opened["erasure_id"], "approved_by": "Ann"}
    with pytest.raises(AirflowFailException, match="not the user who triggered"):
        called(call, tasks.plan_erasure, params={"person": zoe, **approval}, user="bob", run_id="another")
    with pytest.raises(AirflowFailException, match="about somebody else"):
        called(call, tasks.plan_erasure, params={"person": bo, **approval}, run_id="another")
    with pytest.raises(AirflowFailException, match="about another person already"):
        called(call, tasks.plan_erasure, params={"person": bo})
    with pytest.raises(AirflowFailException, match="no erasure"):
        called(call, tasks.plan_erasure, params={"person": zoe, **approval, "erasure_id": str(UUID(int=1))})
    with pytest.raises(AirflowFailException, match="do not work together: who is meant"):
        called(call, tasks.plan_erasure, params={"dry_run": False})
    with pytest.raises(AirflowFailException, match="about somebody else"):
        call.execute(ErasePersonOperator(task_id="erase_person", person=bo, **approval))
    operator = ErasePersonOperator(task_id="erase_person", person="{{ params.person }}", **approval)
    expected = {"erasure_id": opened["erasure_id"], "status": "completed", "rows": 3, "tables": 3}
    assert call.execute(operator, params={"person": zoe}) == expected
    assert left(engine) == {}
    with engine.connect() as connection:
        assert count(connection, "persons") == 1
