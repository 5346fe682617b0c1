"""The tasks of slot backfill around the operator that fills seats: plan, announce, summarise."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from prospecting.persistence import agent_calls, slot_requests
from prospecting.persistence.seat_kpis import query_request_kpis, request_kpi_lines
from prospecting.persistence.seats import Scope
from prospecting.persistence.slot_requests import BatchSummary
from prospecting.services import closing_lines, slots
from prospecting.services.abandoned_runs import close_abandoned_runs, settle_lost_calls
from prospecting.services.provider_orders import compare_orders, describe_order
from prospecting.services.slot_backfill import NO_LIVE_PROVIDER, claimant, is_live, plan_shares, queue_for
from prospecting.services.slot_filters import nothing_waited
from prospecting.services.slot_params import SlotBackfillParams
from prospecting.tasks.assets import PERSONS
from prospecting.tasks.first_task import first_task
from prospecting.tasks.measures import measure_queue
from prospecting.tasks.providers import check_connections, providers_to_ask
from prospecting.tasks.runs import (
    announce,
    chunk_size_for,
    count_failed_tasks,
    current_runtime,
    note_run,
    read_params,
    where_it_began,
)

log = logging.getLogger(__name__)

_ASKS_CATALOG_ONLY = "asks_catalog_only"


@task
@first_task
def plan_backfill() -> list[dict[str, Any]]:
    """Divide the waiting requests among tasks; each claims its own share when it starts.

    Returns arguments of ``FillSlotsOperator``, one dict for each task. The companies, maybe thousands, are pushed
    once, as the XCom ``company_ids``.
    """
    params = read_params(SlotBackfillParams)
    providers = providers_to_ask(params.providers)
    check_connections(providers)
    context: Any = get_current_context()
    ti = context["ti"]
    queue = queue_for(params.queue(), providers)
    runtime = current_runtime()
    try:
        slots.refuse_unknown_companies(runtime, Scope(company_ids=tuple(params.company_ids) or None))
    except slots.UnknownCompanies as error:
        raise AirflowFailException(str(error)) from None
    close_abandoned_runs(runtime)
    settle_lost_calls(runtime)
    waiting = runtime.read(lambda connection: slot_requests.count_claimable(connection, queue))
    total = min(waiting, params.max_requests)
    size = chunk_size_for(total, params.chunk_size)
    is_anybody_live = any(map(is_live, providers))
    if not is_anybody_live:
        log.warning("%s", NO_LIVE_PROVIDER)
    log.info("%d requests wait, up to %d are worked on now; asked in order: %s", waiting, total, ", ".join(providers))
    if not waiting:
        log.warning("%s", nothing_waited(runtime.read(slot_requests.count_pending)))
    # An empty text leaves the operator's default, which is all; Airflow finds no XCom that is None.
    ti.xcom_push(key="company_ids", value=params.company_ids or "")
    ti.xcom_push(key=_ASKS_CATALOG_ONLY, value=not is_anybody_live)
    # A plan that is made again must not take what an earlier one has closed for its own share.
    batch = f"{ti.run_id} {ti.try_number}"
    shared = {
        "providers": providers,
        "provider_order": params.provider_order,
        "min_observations": params.min_observations,
        "slot_types": [seat.value for seat in params.slot_types],
        "lease_seconds": params.lease_seconds,
        "max_in_flight": params.max_in_flight,
        **params.budget.model_dump(mode="json"),
    }
    return [
        {**shared, "batch": share.batch, "number": share.number, "limit": share.limit, "map_label": share.label}
        for share in plan_shares(batch, total, size)
    ]


@task(trigger_rule=TriggerRule.ALL_DONE, outlets=[PERSONS])
def announce_people(plan: Sequence[dict[str, Any]] | None) -> int:
    """Let others know that people were promoted, whatever became of the rest. Returns how many requests that were."""
    return announce(_summary(plan).completed, "Nobody was promoted")


@task(trigger_rule=TriggerRule.ALL_DONE)
def summarize_backfill(plan: Sequence[dict[str, Any]] | None, work: Sequence[dict[str, int]] | None) -> dict[str, Any]:
    """Print and return what became of the requests; fail when a task failed."""
    if plan is None:
        raise AirflowFailException("Nothing was asked: see the log of plan_backfill")
    failed, runtime = count_failed_tasks(), current_runtime()
    summary = _summary(plan)
    pending = runtime.read(slot_requests.count_pending)
    measure_queue(runtime)
    ti: Any = get_current_context()["ti"]
    spent = runtime.read(lambda connection: agent_calls.query_spending(connection, f"{ti.dag_id}:{ti.run_id}"))
    orders = _orders(plan)
    put_back = sum(counts["released"] for counts in work or () if counts)
    left_waiting = sum(counts["waiting"] for counts in work or () if counts)
    is_catalog_only = ti.xcom_pull(task_ids="plan_backfill", key=_ASKS_CATALOG_ONLY)
    notes = [*([] if plan else [nothing_waited(pending)]), *([NO_LIVE_PROVIDER] if is_catalog_only else [])]
    if put_back:
        notes.append(f"{closing_lines.number(put_back, 'request')} not asked about: the budget was used up.")
    for line in (
        f"Requests completed (a person was found): {summary.completed}",
        f"Requests failed (an attempt was counted): {summary.failed}",
        f"Requests cancelled (nothing to ask for any more): {summary.cancelled}",
        f"Requests put back (the budget was used up): {put_back}",
        f"Requests that the catalog cannot answer (wait for another provider; no attempt): {left_waiting}",
        f"Cost in USD: {_usd(summary.cost_usd, spent)}",
        f"Spent in USD, calls that led to nothing included: {_usd(spent.spent_usd, spent)}",
        f"Requests still waiting or held by others: {pending}",
        *notes,
        *map(describe_order, orders),
        *request_kpi_lines(runtime.read(query_request_kpis)),
    ):
        log.info("%s", line)
    note_run(closing_lines.of_backfill(summary, put_back=put_back, left_waiting=left_waiting) if plan else notes[0])
    if failed:
        scope = f"{ti.dag_id}:{ti.run_id}"
        cause = runtime.read(lambda connection: agent_calls.find_first_failure(connection, scope))
        first = f" First cause ({cause[0]}): {cause[1]}." if cause else ""
        raise AirflowFailException(
            f"{failed} tasks failed{where_it_began()}; their requests are back in the queue, or will be when their "
            f"lease has run out.{first} See docs/runbooks/slots.md, section Provider down"
        )
    return {
        "completed": summary.completed,
        "failed": summary.failed,
        "cancelled": summary.cancelled,
        "put_back": put_back,
        "waiting": left_waiting,
        "pending": pending,
        "cost_usd": float(summary.cost_usd) if summary.cost_usd or not spent.unpriced else None,
        "notes": notes,
        "provider_orders": orders,
    }


def _orders(plan: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cost of the order of the run's providers, and of the cheapest one, as far as that is known."""
    if not plan or len(plan[0]["providers"]) < 2:
        return []
    providers, least = plan[0]["providers"], plan[0]["min_observations"]
    return current_runtime().read(lambda connection: compare_orders(connection, providers, min_observations=least))


def _usd(amount: Decimal, spent: agent_calls.Spending) -> str:
    """``1.2500``; of a run with calls at an unknown price, that it was more."""
    if not spent.unpriced:
        return f"{amount:.4f}"
    known = f"at least {amount:.4f}" if amount else "unknown"
    return f"{known} ({closing_lines.number(spent.unpriced, 'call')} at an unknown price)"


def _summary(plan: Sequence[dict[str, Any]] | None) -> BatchSummary:
    """Count how the requests ended that the tasks of a plan claimed."""
    names = [claimant(part["batch"], part["number"]) for part in plan or ()]
    return current_runtime().read(lambda connection: slot_requests.summarize_batch(connection, names))
