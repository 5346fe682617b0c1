"""The tasks of ``signal_execution`` that nobody else needs: open an execution, plan its mapped tasks, close it.

A failed chunk does not stop the rest. A start that failed does: what comes after it checks that there is an execution.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from prospecting.hooks import execution_webhook
from prospecting.hooks.agents import AgentsHook
from prospecting.operators.lineage import Tables, lineage
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.operators.signals import DiscoverOperator, ExtractSponsorsOperator, FindPeopleOperator
from prospecting.persistence.execution_questions import Stage
from prospecting.services import executions, findings
from prospecting.services.signal_params import SignalParams
from prospecting.services.stored_signals import agents_of, change_schedule
from prospecting.tasks.assets import COMPANIES, PERSONS
from prospecting.tasks.first_task import first_task
from prospecting.tasks.measures import measure_execution
from prospecting.tasks.runs import (
    chunk_size_for,
    count_failed_tasks,
    current_run_id,
    current_runtime,
    fail_unless_opened,
    note_run,
    read_params,
    skip_unless_opened,
    warn_when_paused,
    where_it_began,
)

log = logging.getLogger(__name__)

# Some rounds of questions at once (max_in_flight), and a retry that does not go over too much again.
EVENTS_PER_CHUNK = 40
COMPANIES_PER_CHUNK = 40


@task
@lineage(Tables(writes=("signals", "signal_versions")))
@first_task
def start_execution() -> str:
    """Validate the params and the connections, store the signal and open its execution. Returns the execution's id."""
    params, runtime = read_params(SignalParams), current_runtime()
    if params.change_schedule is not None:
        with refusals_fail_at_once():
            done = runtime.write(lambda connection: change_schedule(connection, params))
        note_run(done)
        raise AirflowSkipException(done)
    if ignored := params.ignored():
        log.warning("signal_id is executed as it is stored, but for overrides; ignored: %s", ", ".join(ignored))
    try:
        with refusals_fail_at_once():
            if params.resume_execution:
                provider = executions.agents_of_execution(runtime, params.resume_execution)
            else:
                provider = agents_of(runtime, params)
            AgentsHook(provider=provider).check_connections()
            execution_id = executions.start_execution(runtime, params, airflow_run_id=current_run_id())
    except (executions.DueTimeTaken, executions.SignalPaused) as skipped:
        raise AirflowSkipException(str(skipped)) from None
    _tell("started", execution_id)
    if params.schedule is not None:
        warn_when_paused("signal_schedule", "the signal does not run by its schedule")
    return str(execution_id)


@task
def plan_discovery(execution_id: str) -> list[str]:
    """Returns the keywords: one search each.

    They are a user's words: map over them with ``expand``. Airflow renders what ``expand_kwargs`` brings as a template.
    """
    _skip_when_cancelled(execution_id)
    return executions.keywords_to_search(current_runtime(), execution_id)


@task(trigger_rule=TriggerRule.ALL_DONE)
@lineage(DiscoverOperator.tables)
def plan_sponsors(execution_id: str | None) -> list[dict[str, Any]]:
    """Save the events that still wait, pass on unused shares of their limit, then return those to ask about, in chunks.

    None when sponsors are not wanted. Events that were found with their sponsors are not asked about.
    """
    skip_unless_opened(execution_id, "execution", "start_execution")
    _skip_when_cancelled(str(execution_id))
    findings.save_waiting(current_runtime(), str(execution_id), Stage.DISCOVER)
    findings.pass_on_unused_shares(current_runtime(), str(execution_id))
    ids = executions.events_to_ask_about(current_runtime(), str(execution_id))
    return _chunks(execution_id, "event_ids", ids, EVENTS_PER_CHUNK, "events")


@task(trigger_rule=TriggerRule.ALL_DONE)
@lineage(ExtractSponsorsOperator.tables)
def plan_people(execution_id: str | None) -> list[dict[str, Any]]:
    """Save the sponsors that still wait, then return the companies to ask about, best sponsors first, in chunks.

    Those over the limit are noted.
    """
    skip_unless_opened(execution_id, "execution", "start_execution")
    _skip_when_cancelled(str(execution_id))
    findings.save_waiting(current_runtime(), str(execution_id), Stage.EXTRACT_SPONSORS)
    ids = executions.companies_to_ask_about(current_runtime(), str(execution_id))
    return _chunks(execution_id, "company_ids", ids, COMPANIES_PER_CHUNK, "companies")


def _skip_when_cancelled(execution_id: str) -> None:
    if executions.is_cancelled(current_runtime(), execution_id):
        raise AirflowSkipException("The execution was cancelled: nothing more is asked")


def _chunks(
    execution_id: str | None, key: str, ids: Sequence[int], wanted_size: int, noun: str
) -> list[dict[str, Any]]:
    """Arguments of a mapped operator: ids in chunks, each with a label for the UI."""
    size = chunk_size_for(len(ids), wanted_size)
    return [
        {
            "execution_id": execution_id,
            key: list(ids[start : start + size]),
            "map_label": f"{noun} {start + 1}-{min(start + size, len(ids))} of {len(ids)}",
        }
        for start in range(0, len(ids), size)
    ]


@task(trigger_rule=TriggerRule.ALL_DONE, outlets=[COMPANIES, PERSONS])
@lineage(FindPeopleOperator.tables)
def summarize_execution(execution_id: str | None) -> dict[str, Any]:
    """Save the people that still wait; write results with entity ids, stats and status.

    Returns status, stats, and notes on what was not found or asked. Fails the run when too little of what was found was
    usable. Of an execution that was cancelled, what was answered is saved, and the task skipped.
    """
    if execution_id is None and _state_of_start() == "skipped":
        skip_unless_opened(execution_id, "execution", "start_execution")
    fail_unless_opened(execution_id, "execution", "start_execution")
    with refusals_fail_at_once():
        findings.save_waiting(current_runtime(), str(execution_id), *Stage)
        if executions.is_cancelled(current_runtime(), str(execution_id)):
            note_run(executions.note_of(current_runtime(), str(execution_id)))
            _tell("finished", str(execution_id))
            raise AirflowSkipException(f"The execution was cancelled. {executions.CANCELLED}")
        summary = executions.summarize_execution(
            current_runtime(), str(execution_id), failed_tasks=count_failed_tasks()
        )
    measure_execution(summary.stats)
    note_run(executions.note_of(current_runtime(), str(execution_id)))
    _tell("finished", str(execution_id))
    if summary.status == "failed":
        raise AirflowFailException(f"The execution failed: {summary.error}{where_it_began()}")
    return {"status": summary.status, **summary.stats, "notes": list(summary.notes)}


def _tell(event: str, execution_id: UUID | str) -> None:
    runtime = current_runtime()
    note = execution_webhook.DeliveryNotes(runtime.engine, runtime.attempt)
    execution_webhook.tell(event, executions.facts_of(runtime, execution_id), note=note)


def _state_of_start() -> str | None:
    ti: Any = get_current_context()["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, task_ids=["start_execution"], run_ids=[ti.run_id])
    state: str | None = states.get(ti.run_id, {}).get("start_execution")
    return state
