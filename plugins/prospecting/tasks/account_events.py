"""The tasks of ``account_events`` around the operator that records: start, plan, summarise.

The first task reads the params. Recording has no row of its own, so later tasks go by what the first one returns.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from prospecting.hooks.event_files import find_event_files
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services import closing_lines
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.account_events_params import AccountEventsParams
from prospecting.services.touchpoint_events import Recorded
from prospecting.tasks.first_task import first_task
from prospecting.tasks.runs import (
    chunk_size_for,
    count_failed_tasks,
    current_runtime,
    literal,
    note_run,
    read_params,
    where_it_began,
)

log = logging.getLogger(__name__)

Started = dict[str, Any]
"""The params as the first task resolved them, as JSON."""


@task
@first_task
def start_recording() -> Started:
    """Validate the params, and close what the dead left. Returns the params."""
    params = read_params(AccountEventsParams)
    close_abandoned_runs(current_runtime())
    log.info("Events of %s, in the format %s", params.provider, params.format.value)
    return params.model_dump(mode="json")


@task
def plan_files(started: Started) -> list[dict[str, Any]]:
    """The files to record, some at a time, as arguments of ``RecordTouchpointEventsOperator``."""
    params = AccountEventsParams.model_validate(started)
    with refusals_fail_at_once():
        names = [file.name for file in find_event_files(params.path)]
    log.info("%d files", len(names))
    size = chunk_size_for(len(names), params.files_per_task)
    return [
        {
            "path": literal(params.path),
            "provider": literal(params.provider),
            "format": params.format.value,
            "chunk_size": params.chunk_size,
            "first_file": literal(part[0]),
            "last_file": literal(part[-1]),
            "map_label": f"files {start + 1}-{start + len(part)} of {len(names)}",
        }
        for start in range(0, len(names), size)
        if (part := names[start : start + size])
    ]


@task(trigger_rule=TriggerRule.ALL_DONE)
def summarize_recording(started: Started | None, recorded: Sequence[dict[str, int]] | None) -> dict[str, Any]:
    """Print and return what became of the events; fail when a task failed, or too many events could not be used."""
    if started is None:
        raise AirflowFailException("Nothing was recorded: see the log of start_recording")
    failed = count_failed_tasks()
    total = Recorded.total(counts for counts in recorded or () if counts)
    for line in total.lines():
        log.info("%s", line)
    note_run(closing_lines.of_recording(total))
    summary = {**total.as_dict(), "error_share": round(total.error_share, 4)}
    error = None
    if failed:
        error = (
            f"{failed} tasks failed{where_it_began()}. Clear them together with this task, or trigger again; what is "
            "recorded is not recorded twice"
        )
    elif total.error_share > started["max_error_share"]:
        error = (
            f"{total.rejected + total.refused} of {total.events - total.ignored} events could not be used, more than "
            f"max_error_share allows: see rejected_records, and whether provider and format are right. The others are "
            "recorded"
        )
    if error:
        ti: Any = get_current_context()["ti"]
        # A task that fails returns nothing; the report of the run shows these counts all the same.
        ti.xcom_push(key="return_value", value=summary)
        raise AirflowFailException(error)
    return summary
