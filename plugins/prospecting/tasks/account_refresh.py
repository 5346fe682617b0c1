"""The glue of ``account_refresh``: opening a refresh, its steps, planning its chunks, summing it up."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow.sdk import TriggerRule, task
from airflow.sdk.exceptions import AirflowFailException

from prospecting.operators.lineage import Tables, lineage
from prospecting.operators.touchpoint_events import RecordTouchpointEventsOperator
from prospecting.services import account_refresh, closing_lines
from prospecting.services.account_refresh_params import AccountRefreshParams, StoredAccountParams
from prospecting.services.slots import UnknownCompanies
from prospecting.tasks.assets import ACCOUNTS
from prospecting.tasks.first_task import first_task
from prospecting.tasks.measures import count_failed_gate
from prospecting.tasks.runs import (
    announce,
    chunk_size_for,
    count_failed_tasks,
    current_run_id,
    current_runtime,
    fail_unless_opened,
    note_run,
    read_params,
    skip_unless_opened,
    where_it_began,
)

log = logging.getLogger(__name__)


@task
@first_task
def start_refresh() -> int:
    """Validate the params and open the refresh. Returns its id."""
    params = read_params(AccountRefreshParams)
    try:
        refresh = account_refresh.start_refresh(
            current_runtime(), airflow_run_id=current_run_id(), params=StoredAccountParams(**params.model_dump())
        )
    except UnknownCompanies as error:
        raise AirflowFailException(str(error)) from None
    return refresh.id


@task
@lineage(RecordTouchpointEventsOperator.tables)
def apply_events(refresh_id: int) -> dict[str, int]:
    """Apply what mail providers told about messages that have come since. Returns how much."""
    counts = account_refresh.apply_events(current_runtime(), refresh_id)
    log.info("%s", counts)
    return counts


@task
@lineage(
    Tables(
        reads=("company_person_roles",),
        writes=(
            "job_changes",
            "contacts",
            "contact_channels",
            "conversations",
            "conversation_transitions",
            "company_person_roles",
            "companies",
        ),
    )
)
def follow_job_changes(refresh_id: int) -> dict[str, int]:
    """Find out who works elsewhere now, and let follow what follows. Returns how many changes."""
    counts = account_refresh.follow_job_changes(current_runtime(), refresh_id)
    log.info("%s", counts)
    return counts


@task
def plan_chunks(refresh_id: int) -> list[dict[str, Any]]:
    """Divide the accounts into chunks. Returns the arguments of ``refresh_chunk``."""
    runtime = current_runtime()
    wanted = account_refresh.params_of(runtime, refresh_id).chunk_size
    chunks = account_refresh.plan_chunks(runtime, refresh_id, chunk_size=wanted)
    total = sum(chunk.accounts for chunk in chunks)
    if (chunk_size := chunk_size_for(total, wanted)) > wanted:
        chunks = account_refresh.plan_chunks(runtime, refresh_id, chunk_size=chunk_size)
    log.info("%d accounts in %d chunks", total, len(chunks))
    return [
        {
            "refresh_id": refresh_id,
            "first_id": chunk.first_id,
            "last_id": chunk.last_id,
            "map_label": account_refresh.label_of(chunk, total),
        }
        for chunk in chunks
    ]


# Without contacts there are no chunks.
@task(trigger_rule=TriggerRule.NONE_FAILED)
@lineage(Tables(reads=("touchpoints", "conversations"), writes=("user_interactions", "users")))
def log_interactions(refresh_id: int) -> int:
    """Log what was done in conversations as interactions, for features. Returns how many are new."""
    logged = account_refresh.log_interactions(current_runtime(), refresh_id)
    log.info("%d interactions were new", logged)
    return logged


# Whatever else failed: a counter that is wrong is worth knowing, and what the steps did belongs into the overview.
@task(trigger_rule=TriggerRule.ALL_DONE)
@lineage(Tables(reads=("touchpoints",), writes=("companies", "contacts", "conversations")))
def reconcile_counters(refresh_id: int | None) -> int:
    """Fail when a counter differs from what is counted, naming ids. Returns how many were repaired."""
    skip_unless_opened(refresh_id, "refresh", "start_refresh")
    assert refresh_id is not None
    try:
        return account_refresh.reconcile(current_runtime(), refresh_id)
    except account_refresh.CountersWrong as error:
        count_failed_gate()
        raise AirflowFailException(str(error)) from None


@task(trigger_rule=TriggerRule.ALL_DONE)
@lineage(Tables(reads=("contacts", "conversations", "account_health_history"), writes=("account_overview",)))
def refresh_overview(refresh_id: int | None) -> None:
    """Bring the overview of all accounts up to date."""
    skip_unless_opened(refresh_id, "refresh", "start_refresh")
    account_refresh.refresh_overview(current_runtime())


@task(trigger_rule=TriggerRule.ALL_DONE)
def summarize_refresh(refresh_id: int | None) -> dict[str, Any]:
    """Print what the run did, and what is worth knowing. Returns what was printed; fails when a task failed."""
    fail_unless_opened(refresh_id, "refresh", "start_refresh")
    assert refresh_id is not None
    failed = count_failed_tasks()
    error = f"{failed} tasks failed or could not start{where_it_began()}" if failed else None
    summary = account_refresh.summarize_refresh(current_runtime(), refresh_id, error=error)
    for line in summary.lines():
        log.info("%s", line)
    note_run(closing_lines.of_account_refresh(summary))
    if error:
        raise AirflowFailException(f"{error}. Clear them together with this task; what is done is not done again")
    return summary.as_dict()


_CHANGES = {
    "events": ("applied",),
    "job_changes": ("confirmed", "settled"),
    "accounts": ("scores_changed",),
    "interactions": ("logged",),
    "counters": ("repaired",),
}
"""What others have to hear of, by step."""


@task(outlets=[ACCOUNTS])
def announce_accounts(summary: Mapping[str, Any]) -> int:
    """Let others know that accounts changed. Returns by how much; skipped when nothing did."""
    changed = sum(summary.get(step, {}).get(name, 0) for step, names in _CHANGES.items() for name in names)
    return announce(changed, "Nothing changed")
