"""The questions that an execution plans, in order, and how far their answers are saved.

Tasks ask at the same time and none waits for another; what they learn is saved in the order planned, so that it does
not depend on which was faster. ``prospecting.services.findings`` decides who saves when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, CursorResult

from prospecting.persistence.database import clean_text, to_json
from prospecting.persistence.statements import statement


class Stage(StrEnum):
    """A stage of an execution: it asks about keywords, events, or companies."""

    DISCOVER = "discover"
    EXTRACT_SPONSORS = "extract_sponsors"
    FIND_PEOPLE = "find_people"

    def source(self, subject: str | int) -> str:
        """The name of a keyword, an event or a company (by id) as the source of what is rejected."""
        return f"{_SUBJECTS[self]} {subject}"

    def subject(self, source: str) -> str:
        """The keyword or the id in such a name."""
        return source.removeprefix(f"{_SUBJECTS[self]} ")


_SUBJECTS = {Stage.DISCOVER: "keyword", Stage.EXTRACT_SPONSORS: "event", Stage.FIND_PEOPLE: "company"}


@dataclass(frozen=True, slots=True)
class WaitingAnswer:
    """An answer in the ledger (``call_id``) that is not saved yet, and what it is about."""

    source: str
    call_id: int
    response: bytes


def plan_questions(
    connection: Connection, execution_id: UUID | str, stage: Stage, subjects: Sequence[str] | Sequence[int]
) -> None:
    """Plan the questions of a stage in this order. Planning again changes the order, and nothing that is answered."""
    sources = to_json([stage.source(subject) for subject in subjects])
    _run(connection, "signals/forget_questions", execution_id, stage=stage.value, sources=sources)
    _run(connection, "signals/plan_questions", execution_id, stage=stage.value, sources=sources)


def plan_again(connection: Connection, execution_id: UUID | str, sources: Sequence[str]) -> None:
    """Note that questions that failed are about to be asked again."""
    _run(connection, "signals/plan_again", execution_id, sources=[clean_text(source) for source in sources])


def note_answer(connection: Connection, execution_id: UUID | str, source: str, call_id: int) -> bool:
    """Note the answer to a question, to be saved in its turn. Returns False when the question was not planned."""
    noted = _run(connection, "signals/note_answer", execution_id, source=clean_text(source), call_id=call_id)
    return noted.rowcount == 1


def note_unanswered(connection: Connection, execution_id: UUID | str, sources: Sequence[str]) -> None:
    """Note that nobody is going to answer these questions."""
    _run(connection, "signals/note_unanswered", execution_id, sources=[clean_text(source) for source in sources])


def pass_over_unanswered(connection: Connection, execution_id: UUID | str, stage: Stage) -> None:
    """Note the same of every question of a stage that has no answer."""
    _run(connection, "signals/pass_over_unanswered", execution_id, stage=stage.value)


def find_next_answer(
    connection: Connection,
    execution_id: UUID | str,
    stage: Stage,
    *,
    skipped: Sequence[str] = (),
    is_last: bool = False,
) -> WaitingAnswer | None:
    """The answer whose turn it is, leaving out the sources in ``skipped``; ``None`` when there is none (yet).

    ``is_last``: nobody asks any more, so questions without an answer are passed over.
    """
    row = _run(
        connection, "signals/next_answer", execution_id, stage=stage.value, skipped=list(skipped), is_last=is_last
    ).one_or_none()
    return None if row is None else WaitingAnswer(row.source, row.call_id, bytes(row.response))


def claim_answer(connection: Connection, execution_id: UUID | str, answer: WaitingAnswer) -> bool:
    """Note that this transaction saves the answer. Returns False when another one has."""
    found = _run(connection, "signals/claim_answer", execution_id, source=answer.source, call_id=answer.call_id)
    return found.rowcount == 1


def count_saved(connection: Connection, execution_id: UUID | str, stage: Stage) -> int:
    """How many answers of a stage are saved."""
    count: int = _run(connection, "signals/count_saved", execution_id, stage=stage.value).scalar_one()
    return count


def _run(connection: Connection, name: str, execution_id: UUID | str, **values: Any) -> CursorResult[*tuple[Any, ...]]:
    return connection.execute(statement(name), {"execution_id": UUID(str(execution_id)), **values})
