"""Takes back what a backfill run brought: people and roles, the ends of requests, and the answers it was given.

What somebody has changed since stays, and is counted. What was paid stays in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from prospecting.persistence import agent_calls, backfill_journal
from prospecting.persistence.backfill_journal import JournalledRun, KeptRows, Undoing
from prospecting.services.runtime import Runtime


class CannotBeTakenBack(Exception):
    """No such run exists, several do, or it has not ended; the message says what to do."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The outcome for ``run``, written or only planned.

    ``answers`` of the ledger are not used again; they had cost ``cost_usd``, and ``copies`` of them were used by other
    runs.
    """

    run: JournalledRun
    undoing: Undoing
    answers: int
    cost_usd: Decimal
    copies: int

    @property
    def is_nothing(self) -> bool:
        """True when there is nothing to take back."""
        return not self.undoing.changed and not self.answers


def find_run(runtime: Runtime, run_id: str, dag_id: str | None = None) -> JournalledRun:
    """The run of this id, of this DAG if several DAGs have one. Raises ``CannotBeTakenBack``."""
    runs = runtime.read(lambda connection: backfill_journal.query_runs(connection, run_id))
    named = [run for run in runs if dag_id in (None, run.dag_id)]
    if not named:
        raise CannotBeTakenBack(
            f"no backfill run {run_id} has changed anything in the last {backfill_journal.KEEP_DAYS} days; "
            "`prospecting take-back-backfill` without a run lists those that have"
        )
    if len(named) > 1:
        raise CannotBeTakenBack(f"several DAGs have a run {run_id}: name one of {', '.join(r.dag_id for r in named)}")
    return named[0]


def preview(runtime: Runtime, run: JournalledRun) -> TakenBack:
    """Plan taking the run back; changes nothing. Raises ``CannotBeTakenBack``."""
    return runtime.read(
        lambda connection: _plan(connection, run, is_locking=False), prepare=backfill_journal.create_work_tables
    )


def take_back(runtime: Runtime, run: JournalledRun) -> TakenBack:
    """Take the run back, in one transaction; once more changes nothing. Raises ``CannotBeTakenBack``."""

    def work(connection: Connection) -> TakenBack:
        backfill_journal.create_work_tables(connection)
        planned = _plan(connection, run, is_locking=True)
        backfill_journal.apply_undoing(connection, run.attempts)
        agent_calls.take_back_answers(connection, scope=_scope(run), attempts=run.attempts)
        return planned

    return runtime.write(work)


def _scope(run: JournalledRun) -> str:
    """Who pays for a run's questions, unless the operator was told otherwise."""
    return f"{run.dag_id}:{run.run_id}"


def _plan(connection: Connection, run: JournalledRun, *, is_locking: bool) -> TakenBack:
    undoing = backfill_journal.plan_undoing(connection, run.attempts, is_locking=is_locking)
    if held := backfill_journal.count_held(connection, run.attempts):
        raise CannotBeTakenBack(
            f"the run {run.run_id} still works on {held} requests: let it end, or end it in Airflow, and try again"
        )
    answers = agent_calls.count_answers_of_backfill(connection, scope=_scope(run), attempts=run.attempts)
    return TakenBack(run, undoing, answers["answers"], answers["cost_usd"], answers["copies"])


# ------------------------------------------------------------------------------------------------------------ in words
_REASONS = {
    "changed": "somebody has changed them since",
    "asked_again": "their seats have been asked for again since",
    "seated": "they hold seats; once slot_evaluation has opened these, take the run back once more",
    "needed": "something else refers to them",
}


def describe_run(run: JournalledRun) -> str:
    """A run in one line."""
    left = f"{run.changes_left} changes to take back" if run.changes_left else "nothing to take back"
    done = f", taken back {run.taken_back_at:%Y-%m-%d %H:%M}" if run.taken_back_at is not None else ""
    return f"{run.dag_id}  {run.run_id}  {run.began_at:%Y-%m-%d %H:%M} UTC  {run.requests} requests, {left}{done}"


def describe(found: TakenBack, *, is_done: bool) -> Iterator[str]:
    """The outcome line by line: counts, no names."""
    yield describe_run(found.run)
    if found.is_nothing:
        yield "Nothing to take back."
    else:
        yield "Taken back:" if is_done else "Would be taken back:"
        for rows in found.undoing.changed:
            yield f"  {rows.table}: {rows.removed} removed, {rows.restored} as before the run"
        yield (
            f"  agent_calls: {found.answers} answers, not to be used again "
            f"({found.cost_usd:.4f} USD were paid, and stay paid)"
        )
    if found.undoing.kept:
        yield "Stays:"
        yield from (_describe_kept(kept) for kept in found.undoing.kept)
    if found.undoing.seats:
        yield f"{found.undoing.seats} seats lose the role of their holder: the next slot_evaluation opens them."
    if found.copies:
        yield f"{found.copies} times other runs used these answers: what that brought stays until they are taken back."


def _describe_kept(kept: KeptRows) -> str:
    return f"  {kept.table}: {kept.number}, because {_REASONS[kept.reason]}"
