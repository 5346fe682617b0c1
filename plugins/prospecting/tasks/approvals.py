"""Shared by the DAGs in which a person decides: who answered an ``ApprovalOperator``, and who may approve by params."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.triggers.hitl import HITLTrigger
from airflow.sdk import get_current_context, timezone
from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput

from prospecting.tasks.notifications import ApprovalNotifier
from prospecting.tasks.runs import is_in_terminal, triggering_user

if TYPE_CHECKING:
    from airflow.sdk import Context

Answer = Mapping[str, Any]
"""An answer: ``chosen_options``, and ``responded_by_user``, which is ``None`` when the time was over."""

_ANSWER = "answer"
_ASKED = "asked_until"
_PATIENCE = timedelta(days=7)


class RememberingApprovalOperator(ApprovalOperator):
    """An ``ApprovalOperator`` that forgets no answer, and tells whoever wants to know that it waits for one; no answer
    within a week is a rejection.

    Later tasks can read the answer, whatever it was: a task that skips others has no result in Airflow, and nobody
    could tell who rejected.

    The question is asked once. Airflow 3.3.2 fails the try of a task that is answered before the scheduler has noticed
    that it is waiting, as a program may do; asking again in the next try would delete the answer. Only the triggerer
    can look up the answer to a question that was asked before.
    """

    def __init__(self, **kwargs: Any) -> None:
        fixed = {
            "defaults": self.REJECT,
            "response_timeout": _PATIENCE,
            "fail_on_reject": False,
            "notifiers": [ApprovalNotifier()],
            # The next try has no more to do than take the answer.
            "retry_delay": timedelta(seconds=5),
        }
        super().__init__(**{**kwargs, **fixed})

    def execute(self, context: Context) -> Any:
        """Ask and wait, without a worker; in a later try wait, or take the answer that is there."""
        state = context["task_state_store"]
        asked_until = state.get(_ASKED)
        if isinstance(asked_until, str):
            self.defer(
                trigger=HITLTrigger(
                    ti_id=context["ti"].id,
                    options=self.options,
                    params=self.serialized_params,
                    defaults=self.defaults,
                    multiple=self.multiple,
                    timeout_datetime=datetime.fromisoformat(asked_until),
                ),
                method_name="execute_complete",
            )
        until = timezone.utcnow() + _PATIENCE
        try:
            return super().execute(context)
        except TaskAwaitingInput:
            state.set(_ASKED, until.isoformat())
            raise

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Leave the answer to ``answer_to``, and do what it says. Cleared afterwards, the task asks again."""
        if "error" not in event:
            answer = {name: event[name] for name in ("chosen_options", "responded_by_user")}
            context["ti"].xcom_push(key=_ANSWER, value=answer)
        context["task_state_store"].delete(_ASKED)
        return super().execute_complete(context, event)


def answer_to(task_id: str) -> Answer | None:
    """The answer to the question of a task with a ``RememberingApprovalOperator``, if it was asked and answered.

    Not an argument of the task that reads it: a rejection skips what directly depends on the question.
    """
    context: Any = get_current_context()
    found: Answer | None = context["ti"].xcom_pull(task_ids=task_id, key=_ANSWER)
    return found


def is_approval(answer: Answer) -> bool:
    """True when the answer approves."""
    return ApprovalOperator.APPROVE in answer["chosen_options"]


def who_answered(answer: Answer) -> str | None:
    """The user who answered, by name and id; ``None`` when nobody did and the time was over."""
    user = answer.get("responded_by_user")
    if not user:
        return None
    name, id_ = user["name"] or user["id"], user["id"]
    return name if name == id_ else f"{name} ({id_})"


def refuse_another_name(approved_by: str | None) -> None:
    """In Airflow nobody approves under the name of somebody else: a user approves by triggering the run.

    Raises ``AirflowFailException``.
    """
    user = triggering_user()
    if approved_by is None or user is None or is_in_terminal():
        return
    if approved_by.strip().casefold() != user.strip().casefold():
        raise AirflowFailException(
            "approved_by is not the user who triggered this run. Give your own user name; or leave it out, and answer "
            "the question that is asked then"
        )
