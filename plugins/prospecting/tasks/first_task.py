"""The first task of a DAG: when it refuses what was asked, it alone fails, and everything after it is skipped."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

from prospecting.agents.errors import AgentError

P = ParamSpec("P")
R = TypeVar("R")

_MARKER = "params_accepted"


def first_task(function: Callable[P, R]) -> Callable[P, R]:
    """Decorates the function of a DAG's first task, below ``@task``.

    When it refuses (``AirflowFailException``, or an error of an agent that only a person can mend), all tasks after it
    are skipped: one task is red, and its log has the sentence. Any other failure leaves them to their trigger rules.
    """

    @wraps(function)
    def refusing(*args: P.args, **options: P.kwargs) -> R:
        try:
            return function(*args, **options)
        except AirflowFailException:
            _skip_what_follows()
            raise
        except AgentError as error:
            if error.retryable:
                raise
            _skip_what_follows()
            raise AirflowFailException(str(error)) from None

    return refusing


def fail_when_refused(started: Any) -> None:
    """Add the task that fails the run when its first task, ``started``, refuses.

    Airflow takes the state of a run from its last tasks, and a run whose last tasks were all skipped is a success. This
    one cannot start then (``upstream_failed``). The scheduler settles it by itself: no worker runs it.
    """
    started >> EmptyOperator(task_id=_MARKER)


def _skip_what_follows() -> None:
    # A failing task has no public way to skip others; this is the message that Airflow's own ShortCircuitOperator ends
    # in. Skipped by the scheduler's rules, they would be upstream_failed, and the summaries would fail as well.
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import SkipDownstreamTasks

    context: Any = get_current_context()
    following = context["task"].get_flat_relative_ids(upstream=False) - {_MARKER}
    if following:
        task_runner.SUPERVISOR_COMMS.send(msg=SkipDownstreamTasks(tasks=sorted(following)))
