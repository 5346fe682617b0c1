"""Deadlines of DAGs that run by themselves: people are told of a run that takes too long, and the run goes on.

Airflow's scheduler notices, marks the run in its UI, and has its triggerer call ``tell_missed``: there it needs no free
worker, which a run that takes too long may well be waiting for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference

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


def deadline(interval: timedelta) -> DeadlineAlert:
    """The alert of a DAG whose runs end within ``interval`` of being queued."""
    minutes = int(interval.total_seconds() // 60)
    return DeadlineAlert(
        name=f"Done after {minutes} minutes",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=interval,
        callback=AsyncCallback(tell_missed, kwargs={"minutes": minutes}),
    )
