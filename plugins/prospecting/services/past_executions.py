"""Past executions taken up again from their stored answers, when parsers, rules or prompts have changed.

``reparse`` saves the answers to the questions that were asked; ``replay`` takes the whole way again, and asks what
would be asked today. Neither asks an agent anything. Everything happens in one transaction: the rows are compared with
what they were, and it is rolled back unless it is to be applied, so that what was shown is what is written.

Rows of companies, people and events are never removed: what an execution does not find any more is not its result any
more, and stays for whoever else relies on it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.agents.ledger import Ledger
from prospecting.persistence import past_executions
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.execution_questions import Stage, note_answer
from prospecting.services.closing_lines import number
from prospecting.services.discovery import searches_about
from prospecting.services.executions import (
    Execution,
    companies_to_ask_about,
    events_to_ask_about,
    find_execution,
    keywords_to_search,
    summarize_execution,
)
from prospecting.services.findings import pass_on_unused_shares, save_waiting
from prospecting.services.reading import UNREADABLE
from prospecting.services.row_changes import RowChange, compare, describe_changes
from prospecting.services.runtime import OneTransaction, Runtime

log = logging.getLogger(__name__)

_PLANS: dict[Stage, Callable[[Runtime, UUID], Sequence[Any]]] = {
    Stage.DISCOVER: keywords_to_search,
    Stage.EXTRACT_SPONSORS: events_to_ask_about,
    Stage.FIND_PEOPLE: companies_to_ask_about,
}


class CannotBeTakenUp(Exception):
    """An execution cannot be taken up again; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class TakenUp:
    """An execution taken up again: what is different, and whether that is ``written``.

    ``answers`` were saved again; ``left_out`` of the stored ones are about something that is not found any more.
    ``unanswered`` counts the questions to each agent that have no stored answer, ``cost_usd`` is what asking them
    usually costs; ``None`` when nobody knows.
    """

    changes: Sequence[RowChange]
    is_written: bool
    answers: int
    left_out: int = 0
    unanswered: dict[str, int] = field(default_factory=dict)
    cost_usd: Decimal | None = Decimal(0)


class _Undone(Exception):
    """Ends the transaction without writing, with what it has found out."""

    def __init__(self, result: TakenUp) -> None:
        super().__init__()
        self.result = result


def reparse(runtime: Runtime, execution_id: UUID | str, *, is_applied: bool = False) -> TakenUp:
    """Save the stored answers of an execution again, by today's parsers and rules; written only if ``is_applied``.

    Raises ``CannotBeTakenUp``: it is under way, or has no stored answers; ``LookupError`` when there is none.
    """

    def save(inside: OneTransaction, execution: Execution) -> TakenUp:
        connection, left_out = inside.connection, 0
        past_executions.forget_unused(connection, execution.id)
        answers = past_executions.save_again(connection, execution.id)
        if not answers:
            raise CannotBeTakenUp(
                "The execution has no stored answers: none of its questions was answered, or they were asked by tasks "
                "of your own that plan none"
            )
        for stage in Stage:
            if stage is not Stage.DISCOVER:
                left_out += past_executions.leave_out_strangers(connection, execution.id, stage)
            _save(inside, execution, stage)
        return TakenUp([], False, answers - left_out, left_out)

    return _take_up(runtime, execution_id, save, is_applied=is_applied, is_replanned=False)


def replay(
    runtime: Runtime, execution_id: UUID | str, open_ledger: Callable[[Execution], Ledger], *, is_applied: bool = False
) -> TakenUp:
    """Take the whole way of an execution again, with the questions that would be asked today, and the answers of the
    ledger that ``open_ledger`` opens for the execution: it is looked into, and never asked. Written only if
    ``is_applied``.

    Raises ``CannotBeTakenUp`` when it is under way, ``LookupError`` when there is none.
    """

    def go(inside: OneTransaction, execution: Execution) -> TakenUp:
        connection, ledger = inside.connection, open_ledger(execution)
        past_executions.forget_unused(connection, execution.id, all=True)
        answers, unanswered = 0, Counter[str]()
        for stage in Stage:
            # Planned while it is known what was asked: whoever plans may leave out what is known from other executions.
            subjects = _PLANS[stage](inside, execution.id)
            sources = [stage.source(subject) for subject in subjects]
            past_executions.ask_again(connection, execution.id, stage, sources)
            for search, subject in searches_about(inside, execution, stage, subjects):
                found = ledger.find(search)
                if found is None:
                    unanswered[search.agent] += 1
                    continue
                answers += note_answer(connection, execution.id, stage.source(subject), found.call_id)
            _save(inside, execution, stage)
        past_executions.forget_settled_failures(connection, execution.id)
        return TakenUp([], False, answers, 0, dict(unanswered), _cost(connection, execution, unanswered))

    return _take_up(runtime, execution_id, go, is_applied=is_applied, is_replanned=True)


def _save(inside: OneTransaction, execution: Execution, stage: Stage) -> None:
    save_waiting(inside, execution.id, stage)
    if stage is Stage.DISCOVER:
        pass_on_unused_shares(inside, execution.id)


def _cost(connection: Connection, execution: Execution, unanswered: Counter[str]) -> Decimal | None:
    if not unanswered:
        return Decimal(0)
    usual = past_executions.query_usual_costs(connection, execution.scope, sorted(unanswered))
    if unanswered.keys() - usual.keys():
        return None
    return sum((count * usual[agent] for agent, count in unanswered.items()), Decimal(0))


def _take_up(
    runtime: Runtime,
    execution_id: UUID | str,
    work: Callable[[OneTransaction, Execution], TakenUp],
    *,
    is_applied: bool,
    is_replanned: bool,
) -> TakenUp:
    def take_up(connection: Connection) -> TakenUp:
        execution = find_execution(connection, execution_id)
        held = past_executions.lock_execution(connection, execution.id)
        if held is None or held["status"] == "running":
            raise CannotBeTakenUp(
                "The execution is under way: wait until it has ended, or cancel it; one whose process died is closed "
                "after some minutes by the DAG signal_schedule"
            )
        inside = OneTransaction(
            engine=runtime.engine, attempt=runtime.attempt, reading=runtime.reading, connection=connection
        )
        found_before = past_executions.query_found_ids(connection, execution.id)
        links = past_executions.forget_links(connection, execution.id)
        past_executions.read_again(connection, execution.scope, sorted(UNREADABLE))
        done = work(inside, execution)
        past_executions.keep_links(connection, execution.id, links, with_reasons=not is_replanned)
        if held["status"] != "cancelled" and held["abandoned_at"] is None:
            failed_tasks = (held["error"] or {}).get("failed_tasks", 0)
            summarize_execution(inside, execution.id, failed_tasks=failed_tasks)
            past_executions.set_completed_at(connection, execution.id, held["completed_at"])
        found_after = past_executions.query_found_ids(connection, execution.id)
        read = partial(past_executions.query_rows, execution_id=execution.id, found=found_before | found_after)
        after = read(connection)
        # Another session sees the rows as they were.
        with unit_of_work(runtime.engine, read_only=True) as outside:
            before = read(outside)
        changes = compare(before, after, found_before, found_after)
        is_written = is_applied and bool(changes)
        result = TakenUp(changes, is_written, done.answers, done.left_out, done.unanswered, done.cost_usd)
        if not is_written:
            raise _Undone(result)
        return result

    try:
        return runtime.write(take_up)
    except _Undone as undone:
        return undone.result


def describe(taken_up: TakenUp, *, rows_per_table: int) -> Iterator[str]:
    """Lines for a terminal: what was used, what is different, and whether that was written."""
    yield f"{number(taken_up.answers, 'stored answer')} saved again; nobody was asked, nothing was spent"
    if taken_up.left_out:
        yield f"{number(taken_up.left_out, 'stored answer')} left out: about what is not found any more"
    if taken_up.unanswered:
        agents = ", ".join(f"{agent}: {count:,}" for agent, count in sorted(taken_up.unanswered.items()))
        price = "at an unknown price" if taken_up.cost_usd is None else f"for about {taken_up.cost_usd:.2f} USD"
        total = number(sum(taken_up.unanswered.values()), "question")
        yield f"{total} would have to be asked {price} ({agents})"
    yield from describe_changes(taken_up.changes, rows_per_table)
    if not taken_up.changes:
        yield "No row is different"
    elif taken_up.is_written:
        yield "Written"
    else:
        yield "Nothing was written"
