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
_ASKED = "asked"
_PATIENCE = timedelta(days=7)


class RememberingApprovalOperator(ApprovalOperator):
    """An ``ApprovalOperator`` that forgets no answer, and tells whoever wants to know that it waits for one; no answer
    within a week is a rejection.

    Later tasks can read the answer, whatever it was: a task that skips others has no result in Airflow, and nobody
    could tell who rejected.

    The question is asked once. Airflow 3.3.2 fails the try of a task that is answered before the scheduler has noticed
    that it is waiting, as a program may do; asking again in the next try would delete the answer. The next try gives
    the answer that the failed one had taken; or waits in the triggerer, which alone can look up the answer to a
    question that was asked before. Once answered, only a cleared task asks again.
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
        values: Any = context
        state, max_tries = values["task_state_store"], values["ti"].max_tries
        asked = state.get(_ASKED)
        # Clearing a task, unlike another try of it, gives it more tries.
        if asked and asked["answer"] and asked["max_tries"] == max_tries:
            responded_at = datetime.fromisoformat(asked["answer"]["responded_at"])
            return self.execute_complete(context, {**asked["answer"], "responded_at": responded_at})
        if asked and not asked["answer"]:
            self.defer(
                trigger=HITLTrigger(
                    ti_id=context["ti"].id,
                    options=self.options,
                    params=self.serialized_params,
                    defaults=self.defaults,
                    multiple=self.multiple,
                    timeout_datetime=datetime.fromisoformat(asked["until"]),
                ),
                method_name="execute_complete",
            )
        until = timezone.utcnow() + _PATIENCE
        try:
            return super().execute(context)
        except TaskAwaitingInput:
            state.set(_ASKED, {"until": until.isoformat(), "max_tries": max_tries, "answer": None})
            raise

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Leave the answer to ``answer_to`` and to another try of this task, and do what it says."""
        values: Any = context
        state = values["task_state_store"]
        if "error" in event:
            state.delete(_ASKED)
        else:
            answer = {name: event[name] for name in ("chosen_options", "responded_by_user")}
            values["ti"].xcom_push(key=_ANSWER, value=answer)
            kept = {**answer, "params_input": {}, "responded_at": event["responded_at"].isoformat()}
            state.set(_ASKED, {"until": kept["responded_at"], "max_tries": values["ti"].max_tries, "answer": kept})
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
