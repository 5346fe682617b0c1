"""Account promotion in real Airflow: stopping at the list where nobody can be asked, and carrying out what is approved.

Asking a person takes all of Airflow: ``test_standalone.py``.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import Engine

from prospecting.operators.promotions import PlanPromotionOperator, PromoteContactsOperator
from prospecting.persistence import promotions
from prospecting.services.interruption import Interrupted
from prospecting.tasks import account_promotion as tasks
from tests.dags.runs import Airflow, TaskCaller
from tests.db.factories import count, stored, versions
from tests.db.promoting import add_people, add_sponsors, contact_names, execution_of, items, someone

pytestmark = pytest.mark.airflow

DAG: dict[str, Any] = {"dag_id": "account_promotion"}
PEOPLE = ("Zelda Marker", "Yuri Marker", "Xenia Marker")
ANN = {"id": "7", "name": "Ann"}


@pytest.fixture
def sponsors(engine: Engine) -> dict[str, int]:
    with engine.begin() as connection:
        companies = add_sponsors(connection, {"Acme": "gold", "Globex": "bronze"})
        add_people(connection, companies["Acme"], *(someone(name, email=f"{name[0]}@acme.com") for name in PEOPLE[:2]))
        add_people(connection, companies["Globex"], someone(PEOPLE[2]))
    return companies


def promotion(engine: Engine, promotion_id: str) -> promotions.Promotion:
    with engine.connect() as connection:
        found = promotions.find_promotion(connection, UUID(promotion_id))
    assert found is not None
    return found


def contacts(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return contact_names(connection)


def test_in_the_terminal_a_list_is_made_and_carried_out_by_its_id(
    airflow: Airflow, call: TaskCaller, engine: Engine, sponsors: dict[str, int]
) -> None:
    with engine.connect() as connection:
        conf = {"execution_ids": [str(execution_of(connection))], "best_tier": "Silver Sponsors"}
    run = airflow.run(conf, **DAG)
    assert run.state == "success"
    assert run.states("approve_promotion") == run.states("record_approval") == ["skipped"]
    (row,) = (promotion(engine, str(found["id"])) for found in _promotions(engine))
    assert (row.airflow_run_id, row.status, row.proposed, row.decision) == (run.run_id, "planned", 2, None)
    assert contacts(engine) == []
    assert f'{{"promotion_id": "{row.id}", "approved_by": "<your name>"}}' in run.log

    approval = {"promotion_id": str(row.id), "approved_by": "Ann", "chunk_size": 1}
    second = airflow.run(approval, **DAG)
    assert second.state == "success"
    assert second.states("promote_chunk") == ["success", "success"]
    labels = {task["label"] for task in second.tasks if task["task_id"] == "promote_chunk"}
    assert labels == {"people 1-1 of 2", "people 2-2 of 2"}
    done = promotion(engine, str(row.id))
    assert (done.status, done.decision, done.decided_by, done.promoted) == ("completed", "approved", "Ann", 2)
    assert contacts(engine) == sorted(PEOPLE[:2])
    for name in PEOPLE:
        for each in (run, second):
            assert name not in each.log + airflow.stored_by_airflow(each.run_id)

    # Once more: nothing is left to do.
    with engine.connect() as connection:
        before = versions(connection)["contacts"]
    again = called(
        call, tasks.start_promotion, params=approval | {"approved_by": "Bob"}, user="dag_test", run_id="a third"
    )
    assert called(call, tasks.ask_or_go_on, again) == "summarize_promotion"
    with engine.connect() as connection:
        assert versions(connection)["contacts"] == before
    assert promotion(engine, str(row.id)).decided_by == "Ann"


def _promotions(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return stored(connection, "contact_promotions")


# ----------------------------------------------------------------------------------------------- tasks one at a time
def called(
    call: TaskCaller,
    task: Any,
    *arguments: Any,
    user: str | None = "ann",
    answer: Any = None,
    **options: Any,
) -> Any:
    """Call a task of a run that ``user`` triggered in Airflow, where the question got this ``answer``."""
    from airflow.sdk.execution_time.context import set_current_context

    context = call.context(task.function.__name__, **DAG, **options)
    context["dag_run"].triggering_user_name = user
    context["ti"] = SimpleNamespace(**{**vars(context["ti"]), "xcom_pull": lambda task_ids, key: answer})
    with set_current_context(context):
        return task.function(*arguments)


def answered(*options: str, by: Any = ANN) -> dict[str, Any]:
    return {"chosen_options": list(options), "responded_by_user": by}


def asked(call: TaskCaller, run_id: str = "manual__1", **params: Any) -> dict[str, Any]:
    """A promotion whose list a person is asked about."""
    opened: dict[str, Any] = called(call, tasks.start_promotion, params=params, run_id=run_id)
    assert called(call, tasks.plan_people, opened, run_id=run_id) == {"new": 3}
    assert called(call, tasks.ask_or_go_on, opened) == "approve_promotion"
    return opened


def promoted(call: TaskCaller, opened: dict[str, Any], chunks: list[dict[str, Any]]) -> Any:
    done = [
        call.execute(PromoteContactsOperator(task_id="promote_chunk", **chunk), **DAG, map_index=number)
        for number, chunk in enumerate(chunks)
    ]
    return called(call, tasks.summarize_promotion, opened, done)


def test_what_a_person_answers_is_what_happens(call: TaskCaller, engine: Engine, sponsors: dict[str, int]) -> None:
    opened = asked(call)
    question = called(call, tasks.preview_people, opened)
    assert question["subject"] == "Make 3 people contacts?"
    assert not [name for name in PEOPLE if name in str(question)]
    chunks = called(call, tasks.record_approval, opened, answer=answered("Approve"))
    assert promoted(call, opened, chunks) == {
        "promotion_id": opened["promotion_id"],
        "status": "completed",
        "proposed": 3,
        "promoted": 3,
        "refused": 0,
    }
    assert promotion(engine, opened["promotion_id"]).decided_by == "Ann (7)"
    # Approved once, it goes on without being asked again; here there is nothing left.
    assert called(call, tasks.start_promotion, params={}) == opened
    assert called(call, tasks.ask_or_go_on, opened) == "summarize_promotion"

    with engine.begin() as connection:
        add_people(connection, sponsors["Acme"], *(someone(name) for name in ("Will Wait", "Wanda Wait", "Walt Wait")))
    for number, by in enumerate((ANN, None)):
        with engine.connect() as connection:
            before = versions(connection)["contacts"]
        rejected = called(call, tasks.start_promotion, params={}, run_id=f"manual__no{number}")
        called(call, tasks.plan_people, rejected)
        summary = called(call, tasks.summarize_promotion, rejected, None, answer=answered("Reject", by=by))
        assert (summary["status"], summary["promoted"]) == ("rejected", 0)
        found = promotion(engine, rejected["promotion_id"])
        assert (found.decision, found.decided_by) == ("rejected", "Ann (7)" if by else None)
        with pytest.raises(AirflowFailException, match="was rejected"):
            called(call, tasks.record_approval, rejected, answer=answered("Approve"))
        with pytest.raises(AirflowFailException, match="was rejected"):
            called(call, tasks.start_promotion, params={"promotion_id": rejected["promotion_id"]})
        with engine.connect() as connection:
            assert versions(connection)["contacts"] == before


def test_a_question_that_nobody_answered_approves_of_nothing(
    call: TaskCaller, engine: Engine, sponsors: dict[str, int]
) -> None:
    """Somebody marks the task as successful, or the time is over."""
    opened = asked(call)
    for answer, complaint in (
        (None, "Nobody has approved"),
        (answered("Approve", by=None), "say by whom"),
        (answered(), "is no approval"),
    ):
        with pytest.raises(AirflowFailException, match=complaint):
            called(call, tasks.record_approval, opened, answer=answer)
    with pytest.raises(AirflowFailException, match="Nobody has approved"):
        call.execute(PromoteContactsOperator(task_id="promote", promotion_id=opened["promotion_id"]))
    with pytest.raises(AirflowFailException, match="2 tasks failed"):
        called(call, tasks.summarize_promotion, opened, None, failed_tasks=2)
    assert contacts(engine) == []
    # It still waits; the answer may come in another run.
    assert promotion(engine, opened["promotion_id"]).status == "planned"


def test_who_approves_by_params_is_who_triggers_the_run(
    call: TaskCaller, engine: Engine, sponsors: dict[str, int]
) -> None:
    opened = asked(call)
    params = {"promotion_id": opened["promotion_id"], "approved_by": "Bob"}
    with pytest.raises(AirflowFailException, match="not the user who triggered"):
        called(call, tasks.start_promotion, params=params, user="ann")
    assert promotion(engine, opened["promotion_id"]).decision is None
    again = called(call, tasks.start_promotion, params=params | {"approved_by": None}, run_id="another")
    assert again == opened, "without an approval a person is asked"
    called(call, tasks.start_promotion, params=params, user="bob", run_id="another")
    assert called(call, tasks.ask_or_go_on, opened) == "record_approval"
    with pytest.raises(AirflowFailException, match="is stored; see the table contact_promotions"):
        called(call, tasks.start_promotion, params={"promotion_id": str(UUID(int=1))})
    with pytest.raises(AirflowFailException, match="execution_ids: 00000000-"):
        called(call, tasks.start_promotion, params={"execution_ids": [str(UUID(int=1))]}, run_id="a third")
    assert promotion(engine, opened["promotion_id"]).decided_by == "Bob"


def test_nobody_is_asked_where_there_is_nothing_to_ask(
    call: TaskCaller, engine: Engine, sponsors: dict[str, int]
) -> None:
    for number, (params, user) in enumerate((({"dry_run": True}, "ann"), ({}, "dag_test"))):
        opened = called(call, tasks.start_promotion, params=params, user=user, run_id=f"manual__{number}")
        called(call, tasks.plan_people, opened)
        assert called(call, tasks.ask_or_go_on, opened) == "summarize_promotion"
        assert called(call, tasks.summarize_promotion, opened, None)["status"] == "planned"
    nobody = called(call, tasks.start_promotion, params={"functions": ["CHRO"]}, run_id="manual__none")
    assert called(call, tasks.plan_people, nobody) == {}
    assert called(call, tasks.ask_or_go_on, nobody) == "summarize_promotion"
    assert called(call, tasks.summarize_promotion, nobody, None)["status"] == "completed"
    with pytest.raises(AirflowFailException, match="No promotion was opened"):
        called(call, tasks.summarize_promotion, None, None)
    assert contacts(engine) == []


def test_a_wrong_promotion_is_taken_back(call: TaskCaller, engine: Engine, sponsors: dict[str, int]) -> None:
    opened = asked(call)
    promoted(call, opened, called(call, tasks.record_approval, opened, answer=answered("Approve")))
    assert len(contacts(engine)) == 3
    withdrawn = called(
        call,
        tasks.start_promotion,
        params={"promotion_id": opened["promotion_id"], "withdraw": True},
        run_id="take it back",
    )
    assert contacts(engine) == []
    assert called(call, tasks.ask_or_go_on, withdrawn) == "summarize_promotion"


# ------------------------------------------------------------------------------------------------------------ operators
def test_other_teams_plan_and_promote(
    call: TaskCaller, engine: Engine, sponsors: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plan = PlanPromotionOperator(task_id="plan", best_tier="gold", seniorities="['c-level']", max_per_company="1")
    found = call.execute(plan)
    assert found == {"promotion_id": found["promotion_id"], "proposed": 1, "companies": 1, "left_out": 1}
    assert call.execute(plan, try_number=2) == found, "all tries of a task share one list"
    promote: dict[str, Any] = {"task_id": "promote", "promotion_id": found["promotion_id"], "chunk_size": "1"}
    done = call.execute(PromoteContactsOperator(**promote, approved_by="Ann"))
    assert done == {"promotion_id": found["promotion_id"], "promoted": 1, "refused": 0}
    assert promotion(engine, found["promotion_id"]).status == "completed"
    again = call.execute(PromoteContactsOperator(**promote), try_number=2)
    assert (again["promoted"], again["refused"]) == (0, 0)
    with engine.connect() as connection:
        assert count(connection, "contacts") == 1
        assert sorted(status for _, status, _ in items(connection, UUID(found["promotion_id"])).values()) == [
            "left_out",
            "promoted",
        ]
    assert not [name for name in PEOPLE if name in caplog.text]
    with pytest.raises(AirflowFailException, match="best_tier"):
        call.execute(PlanPromotionOperator(task_id="plan", best_tier="unobtainium"))


def test_a_killed_operator_begins_no_other_chunk(
    call: TaskCaller, engine: Engine, sponsors: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    opened = asked(call)
    arguments: dict[str, Any] = {"promotion_id": opened["promotion_id"], "approved_by": "Ann", "chunk_size": 1}
    operator = PromoteContactsOperator(task_id="promote", **arguments)
    operator.on_kill()  # before there is anything to stop

    class Killing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "people 1-1 of 3" in record.getMessage():
                operator.on_kill()

    caplog.set_level(logging.INFO, logger="prospecting.services.promotions")
    handler = Killing()
    logging.getLogger("prospecting.services.promotions").addHandler(handler)
    try:
        with pytest.raises(Interrupted, match="after 1 of 3 chunks"):
            call.execute(operator)
    finally:
        logging.getLogger("prospecting.services.promotions").removeHandler(handler)
    assert len(contacts(engine)) == 1
    assert promotion(engine, opened["promotion_id"]).status == "running"
    done = call.execute(PromoteContactsOperator(task_id="promote", **arguments), try_number=2)
    assert done["promoted"] == 2
    assert len(contacts(engine)) == 3
