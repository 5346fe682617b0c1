"""Evaluates seats: chunks of an open evaluation, a whole evaluation of its own, or a preview that writes nothing.

The work is SQL over the whole company set. A preview takes the same way through the same statements, in transactions
that PostgreSQL keeps read-only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from prospecting.parsing.titles import RULES
from prospecting.persistence import seats, slot_evaluations, slot_requests
from prospecting.persistence.pages import Page
from prospecting.persistence.seats import Chunk, Scope, open_work_tables
from prospecting.persistence.slot_evaluations import Counters, Standing
from prospecting.persistence.slot_quality import find_quality_problems
from prospecting.scoring import identity_gate
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.interruption import Interrupted, work_apart
from prospecting.services.progress import log_progress
from prospecting.services.runtime import Runtime
from prospecting.services.slot_params import SlotEvaluationParams

log = logging.getLogger(__name__)

MOST_CHANGES_SHOWN = 5_000
"""A dry run of a million companies would print millions of lines; a person reads fewer."""


FULL_EVERY = timedelta(days=7)
"""An evaluation of every company proves once a week that those of the changed ones have missed nothing."""


class UnknownCompanies(LookupError):
    """Companies that were asked for do not exist, or were merged into others."""


class QualityGateBroken(Exception):
    """The seats are not as an evaluation must leave them; the text names the offending ids."""


def refuse_unknown_companies(runtime: Runtime, scope: Scope) -> None:
    """Raise ``UnknownCompanies`` when the scope names companies that are none, or not any more."""
    company_ids = scope.company_ids
    if not company_ids:
        return
    unknown = runtime.read(lambda connection: seats.query_unknown_companies(connection, company_ids))
    if unknown:
        found = ", ".join(
            f"{row['id']} (merged into {row['merged_into_id']})" if row["merged_into_id"] else str(row["id"])
            for row in unknown
        )
        raise UnknownCompanies(f"company_ids: no such companies: {found}; see the table companies")


# ------------------------------------------------------------------------------------------------- an open evaluation
def open_evaluation(
    runtime: Runtime, *, airflow_run_id: str, params: Mapping[str, Any], scope: Scope, full: bool = False
) -> int:
    """Open the evaluation of an Airflow run; opening it again starts it over. Returns its id.

    An evaluation of everything looks at what changed only, unless ``full`` is set, the rules differ from those of the
    last one, or the last one that looked at every company is older than a week.
    """
    policy = scope.policy.as_dict() | {"rules": RULES, "gate": identity_gate.RULES}

    def start(connection: Connection) -> tuple[int, str | None]:
        standing = slot_evaluations.find_standing(connection, airflow_run_id)
        because = _looks_at_all(standing, policy, full=full) if scope.is_full else "only a part is asked for"
        evaluation_id = slot_evaluations.start_evaluation(
            connection,
            airflow_run_id=airflow_run_id,
            params=params,
            policy=policy,
            is_full=scope.is_full,
            is_incremental=because is None,
        )
        return evaluation_id, because

    evaluation_id, because = runtime.write(start)
    close_abandoned_runs(runtime)
    if because is None:
        log.info("Evaluation %d of the companies that something happened to", evaluation_id)
    else:
        log.info("Evaluation %d of every company in scope: %s", evaluation_id, because)
    return evaluation_id


def _looks_at_all(standing: Standing | None, policy: Mapping[str, Any], *, full: bool) -> str | None:
    """The reason for looking at every company; ``None`` when those that changed are enough."""
    if full:
        return "so asked for"
    if standing is None:
        return "there is no earlier one"
    if standing.policy != policy:
        return f"its rules differ from those of evaluation {standing.id}"
    if standing.is_disturbed:
        return f"one by other rules has begun since evaluation {standing.id}"
    if standing.full_at is None or datetime.now(UTC) - standing.full_at > FULL_EVERY:
        return f"it is {FULL_EVERY.days} days since the last one"
    return None


def scope_of(runtime: Runtime, evaluation_id: int) -> Scope:
    """The scope an open evaluation has. Raises ``LookupError`` when the evaluation does not exist."""
    stored = runtime.read(lambda connection: slot_evaluations.find_evaluation(connection, evaluation_id))
    scope = SlotEvaluationParams.model_validate(stored["params"]).scope()
    return replace(scope, only_changed=stored["is_incremental"])


def params_of(runtime: Runtime, evaluation_id: int) -> SlotEvaluationParams:
    """The params an evaluation was opened with. Raises ``LookupError`` when the evaluation does not exist."""
    stored = runtime.read(lambda connection: slot_evaluations.find_evaluation(connection, evaluation_id))
    return SlotEvaluationParams.model_validate(stored["params"])


def plan(runtime: Runtime, scope: Scope, *, batch_size: int) -> list[Chunk]:
    """The companies in scope, in chunks."""
    return runtime.read(
        lambda connection: seats.plan_chunks(connection, scope, batch_size=batch_size), prepare=open_work_tables
    )


def classify_titles(runtime: Runtime, scope: Scope) -> int:
    """Classify every title held in scope that is new, once. Returns how many there were."""
    titles = runtime.write(lambda connection: seats.classify_new_titles(connection, scope))
    log.info("%d titles were new", titles)
    return titles


def evaluate_chunk(runtime: Runtime, evaluation_id: int, number: int, scope: Scope) -> Counters:
    """Evaluate the companies of one chunk in one transaction, and note what it did under its number."""

    part = replace(scope, evaluation_id=evaluation_id, number=number)

    def work(connection: Connection) -> Counters:
        counters = seats.evaluate_slots(connection, part)
        evaluated = seats.query_evaluated_ids(connection) if part.only_changed else None
        slot_evaluations.record_chunk(connection, evaluation_id, number, counters, evaluated)
        return counters

    return runtime.write(work)


def close_evaluation(runtime: Runtime, evaluation_id: int, error: str | None = None) -> Counters:
    """Close an evaluation with the sums of its chunks; as failed when there is an ``error``. Returns the sums."""
    status = "failed" if error else "completed"
    return runtime.write(
        lambda connection: slot_evaluations.finish_evaluation(connection, evaluation_id, status=status, error=error)
    )


def check_quality(runtime: Runtime, evaluation_id: int, scope: Scope, *, max_fill_rate_drop: float) -> None:
    """Mark a closed evaluation as failed, and raise ``QualityGateBroken``, when it left behind what it must not."""
    problems = runtime.read(
        lambda connection: find_quality_problems(
            connection, evaluation_id, scope, max_fill_rate_drop=max_fill_rate_drop
        ),
        prepare=open_work_tables,
    )
    if problems:
        error = "; ".join(map(str, problems))
        runtime.write(
            lambda connection: slot_evaluations.fail_evaluation(connection, evaluation_id, f"quality gate: {error}")
        )
        raise QualityGateBroken(
            f"The quality gate is broken: {error}. See docs/runbooks/slots.md, section Quality gate"
        )


# ------------------------------------------------------------------------------------------------ a whole evaluation
@dataclass(slots=True)
class WholeEvaluation:
    """An evaluation from its opening to its closing, a transaction for each chunk.

    ``airflow_run_id`` is the name it is recorded under; ``params`` is what is recorded of its arguments.
    """

    runtime: Runtime
    airflow_run_id: str
    params: Mapping[str, Any]
    scope: Scope
    batch_size: int
    max_fill_rate_drop: float
    full: bool = False
    evaluation_id: int | None = None
    is_stopped: bool = False
    is_open: bool = False

    def run(self) -> Counters:
        """Open, evaluate, close, check. Whatever fails closes the evaluation as failed and is raised.

        Raises ``UnknownCompanies`` before anything is opened, and ``QualityGateBroken``.
        """
        refuse_unknown_companies(self.runtime, self.scope)
        evaluation_id = self.evaluation_id = open_evaluation(
            self.runtime, airflow_run_id=self.airflow_run_id, params=self.params, scope=self.scope, full=self.full
        )
        self.is_open = True
        if self.scope.is_full:
            is_incremental = self.runtime.read(
                lambda connection: slot_evaluations.find_evaluation(connection, evaluation_id)["is_incremental"]
            )
            self.scope = replace(self.scope, only_changed=is_incremental)
        try:
            self._evaluate(evaluation_id)
            counters = close_evaluation(self.runtime, evaluation_id)
        except BaseException as error:
            self._close_as_failed(evaluation_id, error)
            raise
        finally:
            self.is_open = False
        check_quality(self.runtime, evaluation_id, self.scope, max_fill_rate_drop=self.max_fill_rate_drop)
        return counters

    def stop(self) -> None:
        """Begin no other chunk, and close as failed at once; safe in a signal handler."""
        self.is_stopped = True
        evaluation_id = self.evaluation_id
        if not self.is_open or evaluation_id is None:
            return
        work_apart(
            self.runtime,
            lambda apart: apart.write(
                lambda connection: slot_evaluations.fail_evaluation(connection, evaluation_id, "The task was killed")
            ),
        )

    def _evaluate(self, evaluation_id: int) -> None:
        chunks = plan(self.runtime, self.scope, batch_size=self.batch_size)
        classify_titles(self.runtime, self.scope)
        total = sum(chunk.companies for chunk in chunks)
        log.info("%d companies in %d chunks", total, len(chunks))
        for number, chunk in enumerate(chunks, 1):
            if self.is_stopped:
                raise Interrupted(f"The task was killed after {number - 1} of {len(chunks)} chunks")
            part = replace(self.scope, first_id=chunk.first_id, last_id=chunk.last_id)
            counters = evaluate_chunk(self.runtime, evaluation_id, number, part)
            done = chunk.first_number + chunk.companies - 1
            log_progress(log, done, total, label_of(chunk, total), counters.as_dict())

    def _close_as_failed(self, evaluation_id: int, error: BaseException) -> None:
        try:
            close_evaluation(self.runtime, evaluation_id, f"{type(error).__name__}; see the log of the task")
        except DBAPIError as failure:
            log.error("Evaluation %d could not be closed (%s)", evaluation_id, type(failure).__name__)


def label_of(chunk: Chunk, total: int) -> str:
    """The name of a chunk in the UI and in logs."""
    return f"companies {chunk.first_number}-{chunk.first_number + chunk.companies - 1} of {total}"


# ---------------------------------------------------------------------------------------------------------- dry runs
@dataclass(frozen=True, slots=True)
class Preview:
    """An evaluation that was not carried out: its counters, the changes in words, and how many there are of each kind
    (``seat``, ``change``, ``seats``)."""

    counters: Counters
    lines: list[str]
    changes: list[dict[str, Any]]


def preview(
    runtime: Runtime,
    scope: Scope,
    *,
    batch_size: int = 50_000,
    limit: int = MOST_CHANGES_SHOWN,
    first_number: int = 1,
    total: int | None = None,
) -> Preview:
    """Preview an evaluation of ``scope``; nothing is written. The first ``limit`` changes are put into words.

    For a part of a larger scope, ``first_number`` is the number of its first company there, and ``total`` how many
    companies there are.
    """
    chunks = plan(runtime, scope, batch_size=batch_size)
    total = total or sum(chunk.companies for chunk in chunks)
    counters = Counters()
    pages: list[tuple[int, Page[dict[str, Any]]]] = []
    changes: list[dict[str, Any]] = []
    for chunk in chunks:
        room = limit - sum(len(page) for _, page in pages)
        found, page, by_seat = _preview_chunk(runtime, scope, chunk, room)
        changes = sum_changes([*changes, *by_seat])
        counters = Counters.total([counters.as_dict(), found.as_dict()])
        pages.append((first_number + chunk.first_number - 1, page))
    return Preview(counters, list(preview_lines(pages, total)), changes)


def sum_changes(changes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The ``seats`` of the same seat and change added up, in the order of these."""
    totals: dict[tuple[str, str], int] = {}
    for one in changes:
        totals[one["seat"], one["change"]] = totals.get((one["seat"], one["change"]), 0) + one["seats"]
    return [{"seat": seat, "change": change, "seats": totals[seat, change]} for seat, change in sorted(totals)]


def _preview_chunk(
    runtime: Runtime, scope: Scope, chunk: Chunk, room: int
) -> tuple[Counters, Page[dict[str, Any]], list[dict[str, Any]]]:
    """As ``preview_slots``; the page has its total even when there is no room for a single row."""
    counters, changes, by_seat = runtime.read(
        lambda connection: seats.preview_slots(connection, scope, chunk, limit=max(room, 1)), prepare=open_work_tables
    )
    return counters, Page(changes[: max(room, 0)], total=changes.total), by_seat


def preview_lines(pages: Iterable[tuple[int, Page[dict[str, Any]]]], total: int) -> Iterator[str]:
    """Each company with something to do, ``[number/total]``, and what would be done.

    A page of changes comes with the number that its first company has among all.
    """
    hidden = 0
    for first_number, changes in pages:
        company = None
        for change in changes:
            if change["company_unique_id"] != company:
                company = change["company_unique_id"]
                yield f"[{first_number + change['number'] - 1}/{total}] {change['name']} ({company})"
            yield f"  [DRY RUN] Would {_CHANGES[change['change']].format_map(change)}"
        hidden += changes.total - len(changes)
    if hidden:
        yield f"... and {hidden} more changes; narrow the params to see them"


_CHANGES = {
    "fill": "fill {slot_type} at {name} with person {person_unique_id}",
    "replace": "replace the holder of {slot_type} at {name} by person {person_unique_id}",
    "reopen": "reopen {slot_type} at {name} and trigger backfill",
    "close": "close {slot_type} at {name}: nobody was found",
    "request": "trigger backfill for {slot_type} at {name}",
    "verify": "ask whether {person_unique_id} still is {slot_type} at {name}",
}


# ---------------------------------------------------------------------------------------------------------- reopening
def reopen_seats(runtime: Runtime, run_id: str, *, reason: str | None = None) -> int:
    """Open the closed seats for which a run of the backfill found nobody (for a ``reason``, if given).

    They are asked about again. Returns how many. Seats that somebody holds by now, and those opened before, stay as
    they are: doing it again changes nothing.
    """
    reopened = runtime.write(lambda connection: slot_requests.reopen_closed(connection, run_id, reason=reason))
    log.info("%d closed seats were opened again", reopened)
    return reopened
