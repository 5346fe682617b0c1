"""Shared by the tasks of every DAG: read params, split work into mapped tasks, count failures, announce."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowRuntimeError, AirflowSkipException
from pydantic import BaseModel, ValidationError

from prospecting.hooks.prospecting import ProspectingHook
from prospecting.services.params import explain
from prospecting.services.runtime import Runtime
from prospecting.tasks.run_notes import NOTE_KEY

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)
M = TypeVar("M", bound=BaseModel)

MOST_MAPPED = 1000
"""Airflow maps a task over 1024 values at most (``max_map_length``)."""

DAG_TEST = "dag_test"
"""Airflow's name for the user who triggers the runs of ``dag.test()``."""


def current_runtime() -> Runtime:
    """Returns the runtime of services that work for the current try."""
    return ProspectingHook().runtime(get_current_context())


def current_run_id() -> str:
    """The id of the current DAG run."""
    context: Any = get_current_context()
    return str(context["ti"].run_id)


def read_params(model: type[M]) -> M:
    """The params of the run, validated across fields. For a DAG's first task: later ones are told what they need.

    Raises ``AirflowFailException`` that names the params and not their values.
    """
    context: Any = get_current_context()
    return validated(model, dict(context["params"]), "The params do not work together")


def validated(model: type[M], values: Mapping[str, Any], complaint: str) -> M:
    """``values`` as ``model``. Raises ``AirflowFailException``: the complaint, and what is wrong with which field."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise AirflowFailException(f"{complaint}: {explain(error, model)}") from None


def is_asset_triggered() -> bool:
    """True when the run follows another DAG: no schedule, and nobody asked for it."""
    context: Any = get_current_context()
    return bool(context["dag_run"].run_type == "asset_triggered")


def is_in_terminal() -> bool:
    """True when ``dag.test()`` runs the DAG, as ``make dag`` does: nobody can answer a question then."""
    return triggering_user() == DAG_TEST


def triggering_user() -> str | None:
    """The name of the user who triggered the run, as Airflow has it; ``None`` when no user did."""
    context: Any = get_current_context()
    name: str | None = context["dag_run"].triggering_user_name
    return name


def note_run(note: str) -> None:
    """Have Airflow show a line with the run, in its lists of runs. Free of personal data."""
    context: Any = get_current_context()
    context["ti"].xcom_push(key=NOTE_KEY, value=note)


def count_failed_tasks() -> int:
    """How many task instances of this run have failed, or could not start because others did."""
    ti: Any = get_current_context()["ti"]
    return int(ti.get_ti_count(dag_id=ti.dag_id, run_ids=[ti.run_id], states=["failed", "upstream_failed"]))


def where_it_began() -> str:
    """ "; find_people failed first, see its log" for the end of a sentence, or nothing when no task of the run failed.

    The first in the order of the DAG: later ones may have failed because of it.
    """
    first = next(iter(failed_tasks(get_current_context())), None)
    return f"; {first} failed first, see its log" if first else ""


def failed_tasks(context: Context) -> list[str]:
    """The ids of the tasks of a run that have failed, in the order of the DAG."""
    values: Any = context
    ti = values["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
    # Airflow adds the number of a mapped task to its name.
    failed = {key for name, state in states.items() if state == "failed" for key in (name, re.sub(r"_\d+$", "", name))}
    return [task.task_id for task in values["task"].dag.topological_sort() if task.task_id in failed] if failed else []


def skip_unless_opened(opened: object, what: str, task_id: str) -> None:
    """For tasks that run whatever happened before them: skip when ``task_id`` opened no ``what``."""
    if opened is None:
        raise AirflowSkipException(f"No {what} was opened: see the log of {task_id}")


def fail_unless_opened(opened: object, what: str, task_id: str) -> None:
    """For a DAG's last task, whose state is the run's: a start that failed must not look like success."""
    if opened is None:
        raise AirflowFailException(f"No {what} was opened: see the log of {task_id}")


def warn_when_paused(dag_id: str, consequence: str) -> str | None:
    """Log that a DAG which is to go on with something is paused, and how to switch it on. Returns the sentence."""
    context: Any = get_current_context()
    try:
        is_paused = context["ti"].get_dag(dag_id).is_paused
    except AirflowRuntimeError:
        return None  # not in this Airflow
    if not is_paused:
        return None
    sentence = (
        f"The DAG {dag_id} is paused, so {consequence}: switch it on, with the switch beside its name in Airflow or "
        f"with `airflow dags unpause {dag_id}`"
    )
    log.warning("%s", sentence)
    return sentence


def chunk_size_for(total: int, wanted: int) -> int:
    """``wanted`` per mapped task, or more when that would be more tasks than Airflow can map."""
    least = -(-total // MOST_MAPPED)
    if least > wanted:
        log.warning("Chunks of %d are more than Airflow can map; using chunks of %d", wanted, least)
    return max(wanted, least)


def literal(text: str) -> str:
    """A template that renders to exactly ``text``.

    For words of users among the arguments of ``expand_kwargs``: Airflow renders those as templates, and whoever may
    trigger a DAG must not get to read connections and variables through them.
    """
    return f"{{{{ {json.dumps(text, ensure_ascii=False)} }}}}"


def announce(count: int, nothing: str) -> int:
    """Let the task's assets say that something changed. Returns ``count``; skips the task when it is 0."""
    if not count:
        raise AirflowSkipException(nothing)
    return count


def label_instance(label: str) -> None:
    """Name this mapped task instance in the UI (``map_index_template="{{ label }}"``)."""
    context: Any = get_current_context()
    context["label"] = label
