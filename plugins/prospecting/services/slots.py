"""The tasks of slot evaluation. The work is SQL over the whole company set; tasks pass ids and counts.

A dry run takes the same way through the same statements, in transactions that PostgreSQL keeps read-only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping

from prospecting.hooks.prospecting import in_transaction, looking, show_as
from prospecting.persistence import slots as store
from prospecting.persistence.slot_requests import count_pending
from prospecting.persistence.slots import Chunk, Counters, Scope, summary_lines
from prospecting.services.params import explain
from prospecting.services.slot_params import SlotEvaluationParams

log = logging.getLogger(__name__)

# Airflow maps a task over 1024 values at most.
_MOST_CHUNKS = 1000
# A dry run of a million companies would print millions of lines; a person reads fewer.
_MOST_CHANGES_SHOWN = 5_000


def _params() -> SlotEvaluationParams:
    context: Any = get_current_context()
    try:
        return SlotEvaluationParams.model_validate(dict(context["params"]))
    except ValidationError as error:
        raise AirflowFailException(f"The params do not work together: {explain(error, SlotEvaluationParams)}") from None


@task
def start_evaluation() -> int | None:
    """Validate the params and open the evaluation. Answers its id; ``None`` for a dry run, which leaves no trace."""
    params = _params()
    scope = params.scope()
    if scope.company_ids is not None:
        _check_companies(scope.company_ids)
    if params.dry_run:
        log.info("Dry run: nothing is written")
        return None
    context: Any = get_current_context()
    run_id = context["ti"].run_id
    evaluation_id = in_transaction(
        lambda connection: store.start_evaluation(
            connection, airflow_run_id=run_id, params=params.model_dump(mode="json"), is_full=scope.is_full
        )
    )
    log.info("Evaluation %d", evaluation_id)
    return evaluation_id


def _check_companies(company_ids: Sequence[int]) -> None:
    unknown = looking(lambda connection: store.query_unknown_companies(connection, company_ids))
    if unknown:
        found = ", ".join(
            f"{row['id']} (merged into {row['merged_into_id']})" if row["merged_into_id"] else str(row["id"])
            for row in unknown
        )
        raise AirflowFailException(f"company_ids: no such companies: {found}; see the table companies")


@task
def plan_chunks(evaluation_id: int | None) -> list[dict[str, Any]]:
    """The companies in scope, in chunks; on the way, every title that is new is classified, once."""
    params = _params()
    scope = params.scope()

    def work(connection: Connection) -> list[Chunk]:
        chunks = store.plan_chunks(connection, scope, batch_size=params.batch_size)
        if len(chunks) > _MOST_CHUNKS:
            companies = sum(chunk.companies for chunk in chunks)
            batch_size = -(-companies // _MOST_CHUNKS)
            log.warning("%d chunks are more than Airflow can map; using chunks of %d", len(chunks), batch_size)
            chunks = store.plan_chunks(connection, scope, batch_size=batch_size)
        return chunks

    chunks = looking(work)
    if evaluation_id is not None:
        titles = in_transaction(lambda connection: store.classify_new_titles(connection, scope))
        log.info("%d titles were new", titles)
    total = sum(chunk.companies for chunk in chunks)
    log.info("%d companies in %d chunks", total, len(chunks))
    return [
        {
            "evaluation_id": evaluation_id,
            "chunk": number,
            "first_id": chunk.first_id,
            "last_id": chunk.last_id,
            "first_number": chunk.first_number,
            "companies": chunk.companies,
            "total": total,
            "label": f"companies {chunk.first_number}-{chunk.first_number + chunk.companies - 1} of {total}",
        }
        for number, chunk in enumerate(chunks, 1)
    ]


@task
def evaluate_chunk(
    evaluation_id: int | None,
    chunk: int,
    first_id: int,
    last_id: int,
    first_number: int,
    companies: int,
    total: int,
    label: str,
) -> dict[str, int]:
    """Evaluate the companies of one chunk in one transaction. Answers its counters."""
    show_as(label)
    scope = _params().scope()
    part = Chunk(first_id, last_id, first_number, companies)
    if evaluation_id is None:
        counters, changes = looking(
            lambda connection: store.preview_slots(connection, scope, part, most=_MOST_CHANGES_SHOWN)
        )
        for line in preview_lines(changes, first_number, total):
            log.info("%s", line)
        return counters.as_dict()

    def work(connection: Connection) -> Counters:
        counters = store.evaluate_slots(connection, scope, part)
        store.record_chunk(connection, evaluation_id, chunk, counters)
        return counters

    counters = in_transaction(work)
    log.info("%s: %s", label, counters.as_dict())
    return counters.as_dict()


def preview_lines(changes: Iterable[RowMapping], first_number: int, total: int) -> Iterator[str]:
    """What a dry run prints: each company with something to do, ``[number/of all]``, and what would be done."""
    company, shown, count = None, 0, 0
    for change in changes:
        if change["company_unique_id"] != company:
            company = change["company_unique_id"]
            yield f"[{first_number + change['number'] - 1}/{total}] {change['name']} ({company})"
        yield f"  [DRY RUN] Would {_DONE[change['change']].format_map(change)}"
        shown, count = shown + 1, change["total"]
    if count > shown:
        yield f"... and {count - shown} more changes; narrow the params to see them"


_DONE = {
    "fill": "fill {slot_type} at {name} with person {person_unique_id}",
    "replace": "replace the holder of {slot_type} at {name} by person {person_unique_id}",
    "reopen": "reopen {slot_type} at {name} and trigger backfill",
    "close": "close {slot_type} at {name}: nobody was found",
    "request": "trigger backfill for {slot_type} at {name}",
}


# ---------------------------------------------------------------------------------------------------------- summary
@task
def summarize_evaluation(evaluation_id: int | None, chunks: Sequence[dict[str, int]] | None) -> dict[str, Any]:
    """Print and store the summary; fail when a chunk failed."""
    context: Any = get_current_context()
    ti = context["ti"]
    failed = ti.get_ti_count(dag_id=ti.dag_id, run_ids=[ti.run_id], states=["failed", "upstream_failed"])
    is_dry_run = _params().dry_run
    if evaluation_id is None and not is_dry_run:
        raise AirflowFailException("No evaluation was opened: see the log of start_evaluation")
    error = f"{failed} tasks failed; their companies were not evaluated" if failed else None
    if evaluation_id is None:
        counters = Counters.total([chunk for chunk in chunks or [] if chunk])
    else:
        status = "failed" if error else "completed"
        counters = in_transaction(
            lambda connection: store.finish_evaluation(connection, evaluation_id, status=status, error=error)
        )
    for line in summary_lines(counters, is_dry_run=is_dry_run):
        log.info("%s", line)
    if error:
        raise AirflowFailException(f"{error}. Clear them together with this task to complete the evaluation")
    return {**counters.as_dict(), "fill_rate": round(counters.fill_rate, 1)}


@task
def check_quality(evaluation_id: int | None) -> int:
    """Fail when the seats are not as an evaluation must leave them, naming the offending ids; else answers 0."""
    if evaluation_id is None:
        raise AirflowSkipException("A dry run has nothing to check")
    params = _params()
    scope: Scope = params.scope()
    problems = looking(
        lambda connection: store.find_quality_problems(
            connection, evaluation_id, scope, max_fill_rate_drop=params.max_fill_rate_drop
        )
    )
    if problems:
        error = "; ".join(map(str, problems))
        in_transaction(lambda connection: store.fail_evaluation(connection, evaluation_id, f"quality gate: {error}"))
        raise AirflowFailException(
            f"The quality gate is broken: {error}. What to do stands in docs/runbooks/slots.md, section Quality gate"
        )
    return 0


@task
def announce_requests(evaluation_id: int | None) -> int:
    """Let the backfill know that requests wait. Answers how many; skipped when none do."""
    if evaluation_id is None:
        raise AirflowSkipException("A dry run queues nothing")
    pending = looking(count_pending)
    if not pending:
        raise AirflowSkipException("No request is waiting")
    log.info("%d requests are waiting or being worked on", pending)
    return pending
