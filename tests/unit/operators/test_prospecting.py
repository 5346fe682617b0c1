"""What all operators share: arguments that may be templates, the database, a name in the UI."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from pydantic import BaseModel, ConfigDict, Field

from prospecting.operators.prospecting import ProspectingOperator
from prospecting.services.params import Words


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seats: Words = Field(default_factory=list)
    limit: int = 5
    dry_run: bool = False
    options: dict[str, Any] = Field(default_factory=dict)
    answer: str | None = None


class SomeOperator(ProspectingOperator):
    template_fields = (*ProspectingOperator.template_fields, "seats", "limit", "dry_run", "options", "answer")

    def __init__(
        self,
        *,
        seats: Any = None,
        limit: Any = None,
        dry_run: Any = None,
        options: Any = None,
        answer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.seats = seats
        self.limit = limit
        self.dry_run = dry_run
        self.options = options
        self.answer = answer


def rendered(params: dict[str, Any], **arguments: Any) -> Arguments:
    operator = SomeOperator(task_id="some", **arguments)
    context: Any = {"params": params}
    operator.render_template_fields(context)
    return operator.read_arguments(Arguments)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, {}),
        ({"seats": ["CEO"], "limit": 3, "dry_run": True}, {"seats": ["CEO"], "limit": 3, "dry_run": True}),
        ({"seats": "{{ params.listed }}"}, {"seats": ["CEO", "HR"]}),
        ({"seats": "{{ params.listed | tojson }}"}, {"seats": ["CEO", "HR"]}),
        ({"seats": "CEO, HR"}, {"seats": ["CEO", "HR"]}),
        ({"limit": "{{ params.number }}", "dry_run": "{{ params.flag }}"}, {"limit": 7, "dry_run": True}),
        ({"limit": "{{ params.nothing }}", "seats": "{{ params.empty }}"}, {}),
        ({"options": "{{ params.mapping }}"}, {"options": {"max_usd": 2}}),
        ({"answer": "{{ params.text }}"}, {"answer": '[{"name": "Acme"}]'}),
    ],
    ids=["defaults", "values", "list", "json", "words", "number", "nothing", "mapping", "text stays text"],
)
def test_arguments_may_be_templates(arguments: dict[str, Any], expected: dict[str, Any]) -> None:
    params = {
        "listed": ["CEO", "HR"],
        "number": 7,
        "flag": True,
        "nothing": None,
        "empty": "",
        "mapping": {"max_usd": 2},
        "text": '[{"name": "Acme"}]',
    }
    assert rendered(params, **arguments) == Arguments(**expected)


def test_a_wrong_argument_is_named_and_its_value_is_not() -> None:
    with pytest.raises(AirflowFailException, match="some: limit: ") as refusal:
        rendered({"secret": "hunter2"}, limit="{{ params.secret }}")
    assert "hunter2" not in str(refusal.value)


def test_the_connection_is_a_template_too(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = SomeOperator(task_id="some", prospecting_conn_id="{{ params.db }}", map_label="companies 1-10")
    context: Any = {"params": {"db": "other_db"}, "ti": SimpleNamespace()}
    operator.render_template_fields(context)
    assert operator.hook.prospecting_conn_id == "other_db"
    assert operator.map_label == "companies 1-10"


# ---------------------------------------------------------------------------------------------------------- heartbeat
class WorkingOperator(ProspectingOperator):
    """Notes who beats while it works."""

    def execute(self, context: Any, *, fails: bool = False) -> list[str]:
        self.runtime(context)
        self.runtime(context)
        found = beating()
        if fails:
            raise ValueError(found)
        return found


OTHERS = set(threading.enumerate())
"""Threads that other tests of this process may have left."""


def beating() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name == "heartbeat" and each not in OTHERS]


@pytest.fixture(autouse=True)
def _others() -> None:
    OTHERS.update(threading.enumerate())


def test_a_heartbeat_lives_as_long_as_a_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_DB", "postgres://nobody@127.0.0.1:9/none")
    ti = {"dag_id": "d", "run_id": "r", "task_id": "some", "map_index": -1, "try_number": 1, "max_tries": 3}
    operator = WorkingOperator(task_id="some")
    context: Any = {"ti": SimpleNamespace(**ti), "task": operator}
    assert operator.execute(context) == ["heartbeat"], "one, however often the runtime is taken"
    assert beating() == []
    with pytest.raises(ValueError, match="heartbeat"):
        operator.execute(context, fails=True)
    assert beating() == []


def test_a_heartbeat_goes_on_in_the_next_method_of_a_deferred_task(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deferred(ProspectingOperator):
        def go_on(self, context: Any) -> list[str]:
            self.runtime(context)
            return beating()

    monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_DB", "postgres://nobody@127.0.0.1:9/none")
    ti = {"dag_id": "d", "run_id": "r", "task_id": "some", "map_index": -1, "try_number": 1, "max_tries": 3}
    operator = Deferred(task_id="some")
    context: Any = {"ti": SimpleNamespace(**ti), "task": operator}
    assert operator.resume_execution("go_on", None, context) == ["heartbeat"]
    assert beating() == []
