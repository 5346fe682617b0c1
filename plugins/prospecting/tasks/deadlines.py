"""Deadlines of DAGs that run by themselves: people are told of a run that takes too long, and the run goes on.

Airflow's scheduler notices, marks the run in its UI, and has its triggerer call ``tell_missed``: there it needs no free
worker, which a run that takes too long may well be waiting for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from types import MethodType
from typing import Any

from airflow.sdk import DAG
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from prospecting.hooks.notifications import tell
from prospecting.operators.links import airflow_url, run_path
from prospecting.services.notifications import Kind, Line, Message

log = logging.getLogger(__name__)

_STATES = {
    "queued": "It has not started: the DAG is paused, other runs of it are under way, or Airflow has no scheduler.",
    "running": "It is still running.",
}


async def tell_missed(context: Mapping[str, Any], minutes: int) -> None:
    """Tell whoever wants to know that a run has not ended within ``minutes``.

    ``context`` is what Airflow knows: ``dag_run`` as its REST API has it. Nothing is told of a run that has ended: a
    failed one has been told of already.
    """
    message = missed(context["dag_run"], minutes)
    if message is None:
        return
    log.warning("%s: %s", context["dag_run"]["dag_run_id"], message.title)
    # It waits for servers, and looks for connections as code that blocks does.
    await asyncio.to_thread(tell, message)


def missed(dag_run: Mapping[str, Any], minutes: int) -> Message | None:
    """The message about a run that is late; ``None`` for one that has ended."""
    state = _STATES.get(dag_run["state"])
    if state is None:
        return None
    name = dag_run.get("dag_display_name") or dag_run["dag_id"]
    run = airflow_url(run_path(dag_run["dag_id"], dag_run["dag_run_id"]))
    return Message(
        Kind.deadline, f"{name} is late: not done after {minutes} minutes", [Line(state), Line("The run", run)]
    )


def with_deadline(dag: DAG, interval: timedelta) -> DAG:
    """Let people be told when a run of the DAG has not ended within ``interval`` of being queued. Returns the DAG."""
    minutes = int(interval.total_seconds() // 60)
    dag.deadline = [
        DeadlineAlert(
            name=f"Done after {minutes} minutes",
            reference=DeadlineReference.DAGRUN_QUEUED_AT,
            interval=interval,
            callback=AsyncCallback(tell_missed, kwargs={"minutes": minutes}),
        )
    ]
    dag.test = MethodType(_test, dag)  # type: ignore[method-assign]
    return dag


def _test(dag: DAG, *args: Any, **options: Any) -> Any:
    # Airflow 3.3.2 cannot end a run of dag.test() with deadlines: it looks for them in its database, where this copy of
    # the DAG never was, and fails. Nobody has to be told of a run in a terminal.
    kept, dag.deadline = dag.deadline, None
    try:
        return DAG.test(dag, *args, **options)
    finally:
        dag.deadline = kept
