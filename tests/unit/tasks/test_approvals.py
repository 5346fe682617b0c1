"""A question to a person is asked once, whichever of its tries Airflow loses."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.exceptions import TaskAwaitingInput, TaskDeferred

from prospecting.tasks.approvals import RememberingApprovalOperator


class Store(dict[str, Any]):
    """What Airflow keeps of a task from one try to the next."""

    def set(self, key: str, value: Any) -> None:
        self[key] = value

    def delete(self, key: str) -> None:
        self.pop(key, None)


def try_of(store: Store, left: dict[str, Any], *, max_tries: int = 3) -> Any:
    """The context of a try; Airflow takes away what the one before has left."""
    left.clear()
    ti = SimpleNamespace(id="1", max_tries=max_tries, xcom_push=lambda key, value: left.__setitem__(key, value))
    return {"ti": ti, "task_state_store": store}


def test_an_answer_outlives_the_try_that_took_it_until_the_task_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(self: HITLOperator, context: Any) -> None:
        asked.append(self.task_id)
        raise TaskAwaitingInput(method_name="execute_complete")

    monkeypatch.setattr(HITLOperator, "execute", ask)
    task = RememberingApprovalOperator(task_id="approve", subject="Really?")
    store, left = Store(), dict[str, Any]()
    with pytest.raises(TaskAwaitingInput):
        task.execute(try_of(store, left))
    for max_tries in (3, 7):  # lost before the answer was taken, and cleared then
        with pytest.raises(TaskDeferred):
            task.execute(try_of(store, left, max_tries=max_tries))
    assert asked == ["approve"]

    event = {
        "chosen_options": ["Approve"],
        "params_input": {},
        "responded_at": datetime.now(UTC),
        "responded_by_user": {"id": "1", "name": "ann"},
        "timedout": False,
    }
    given = {"chosen_options": ["Approve"], "responded_by_user": {"id": "1", "name": "ann"}}
    task.execute_complete(try_of(store, left), event)
    assert left == {"answer": given}
    for _ in range(2):
        task.execute(try_of(store, left))
        assert left == {"answer": given}
    with pytest.raises(TaskAwaitingInput):
        task.execute(try_of(store, left, max_tries=5))
    assert (asked, left) == (["approve", "approve"], {})
    with pytest.raises(TaskDeferred):
        task.execute(try_of(store, left, max_tries=5))
