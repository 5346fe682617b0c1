"""Executions taken up again from their stored answers: what is set back for that, and the rows to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Connection, RowMapping, any_, literal, select

from prospecting.persistence.database import clean_text, to_json
from prospecting.persistence.execution_questions import Stage
from prospecting.persistence.schema.facts import company_signals
from prospecting.persistence.schema.provenance import rejected_records
from prospecting.persistence.schema.signals import (
    event_sponsors,
    events,
    signal_execution_entities,
    signal_executions,
)
from prospecting.persistence.schema.spine import companies, company_person_roles, contact_channels, persons
from prospecting.persistence.statements import statement

Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]
"""Rows by table and key, without what says when and by whom they were written."""

_ABOUT_WRITING = {"written_by", "created_at", "updated_at", "fingerprint", "execution_id"}
_OF_ENTITIES = (
    (events, "event", "id"),
    (event_sponsors, "event", "event_id"),
    (companies, "company", "id"),
    (company_signals, "company", "company_id"),
    (persons, "person", "id"),
    (company_person_roles, "person", "person_id"),
    (contact_channels, "person", "person_id"),
)
_OF_EXECUTION = ((rejected_records, ("fingerprint",)), (signal_execution_entities, ("entity_type", "entity_id")))
_ENTITY_OF_STAGE = {Stage.EXTRACT_SPONSORS: "event", Stage.FIND_PEOPLE: "company"}


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of what an execution found, by type: ``event``, ``company``, ``person``."""

    event: frozenset[int]
    company: frozenset[int]
    person: frozenset[int]

    def __or__(self, other: Found) -> Found:
        return Found(self.event | other.event, self.company | other.company, self.person | other.person)

    def has(self, table: str, row: Mapping[str, Any]) -> bool:
        """True when a row belongs to what was found; always of tables that say something of the execution itself."""
        if table == event_sponsors.name:
            return row["event_id"] in self.event and row["company_id"] in self.company
        for one, kind, column in _OF_ENTITIES:
            if one.name == table:
                return row[column] in getattr(self, kind)
        return True


def lock_execution(connection: Connection, execution_id: UUID) -> RowMapping | None:
    """Status, error and end of an execution that nobody else changes until the transaction ends, or ``None``."""
    return connection.execute(statement("signals/lock_execution"), {"execution_id": execution_id}).mappings().first()


def query_found_ids(connection: Connection, execution_id: UUID) -> Found:
    """The ids of what an execution found."""
    links = signal_execution_entities.c
    rows = connection.execute(
        select(links.entity_type, links.entity_id).where(links.execution_id == execution_id)
    ).all()
    return Found(*(frozenset(row.entity_id for row in rows if row.entity_type == kind) for kind in Found.__slots__))


def query_rows(connection: Connection, execution_id: UUID, found: Found) -> Rows:
    """The rows of an execution, and those of ``found``, as this connection sees them."""
    rows: Rows = {}
    for table, kind, column in _OF_ENTITIES:
        ids = literal(sorted(getattr(found, kind)), ARRAY(BigInteger))
        chosen = connection.execute(select(table).where(table.c[column] == any_(ids))).mappings()
        keys = [key.name for key in table.primary_key]
        rows[table.name] = {tuple(row[key] for key in keys): _compared(row) for row in chosen}
    for table, keys_ in _OF_EXECUTION:
        chosen = connection.execute(select(table).where(table.c.execution_id == execution_id)).mappings()
        rows[table.name] = {tuple(row[key] for key in keys_): _compared(row) for row in chosen}
    for kept in rows[rejected_records.name].values():
        kept.pop("id")
    execution = signal_executions.c
    itself = connection.execute(
        select(execution.status, execution.stats).where(execution.id == execution_id)
    ).mappings()
    rows[signal_executions.name] = {(str(execution_id),): dict(row) for row in itself}
    return rows


def _compared(row: RowMapping) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _ABOUT_WRITING}


def forget_links(connection: Connection, execution_id: UUID) -> Sequence[RowMapping]:
    """Take away what an execution found; returns it, for ``keep_links``."""
    return connection.execute(statement("signals/forget_links"), {"execution_id": execution_id}).mappings().all()


def keep_links(connection: Connection, execution_id: UUID, rows: Sequence[RowMapping], *, with_reasons: bool) -> None:
    """Note of what was found again whether it was new at first. ``with_reasons``: also why nobody asked about it, and
    who was found because they were known.
    """
    values = {"execution_id": execution_id, "rows": to_json([dict(row) for row in rows])}
    connection.execute(statement("signals/keep_links"), values | {"with_reasons": with_reasons})
    if with_reasons:
        connection.execute(statement("signals/keep_known_people"), values)


def forget_unused(connection: Connection, execution_id: UUID, *, all: bool = False) -> None:
    """Forget what could not be used of the stored answers; with ``all``, everything but what is said of questions
    without an answer.
    """
    connection.execute(statement("signals/forget_unused"), {"execution_id": execution_id, "all": all})


def ask_again(connection: Connection, execution_id: UUID, stage: Stage, sources: Sequence[str]) -> None:
    """Leave a stage with the questions about ``sources`` alone, and without their answers."""
    values = {"execution_id": execution_id, "stage": stage.value}
    kept = {"sources": [clean_text(source) for source in sources]}
    connection.execute(statement("signals/forget_others_of_stage"), values | kept)
    connection.execute(statement("signals/ask_again"), values)


def forget_settled_failures(connection: Connection, execution_id: UUID) -> None:
    """Forget the failed calls about what is not asked any more, or is answered."""
    connection.execute(statement("signals/forget_failures_of_others"), {"execution_id": execution_id})


def save_again(connection: Connection, execution_id: UUID) -> int:
    """Have every answer of an execution saved again. Returns how many there are."""
    count: int = connection.execute(statement("signals/save_again"), {"execution_id": execution_id}).scalar_one()
    return count


def read_again(connection: Connection, scope: str, reasons: Sequence[str]) -> None:
    """Have answers of a scope that could not be read, for one of ``reasons``, read once more."""
    connection.execute(statement("signals/read_again"), {"scope": scope, "reasons": list(reasons)})


def leave_out_strangers(connection: Connection, execution_id: UUID, stage: Stage) -> int:
    """Leave out answers about events or companies that the execution does not find any more. Returns how many."""
    values = {"execution_id": execution_id, "stage": stage.value, "entity_type": _ENTITY_OF_STAGE[stage]}
    count: int = connection.execute(statement("signals/leave_out_strangers"), values).scalar_one()
    return count


def set_completed_at(connection: Connection, execution_id: UUID, completed_at: Any) -> None:
    """Let an execution have ended when it did."""
    values = {"execution_id": execution_id, "completed_at": completed_at}
    connection.execute(statement("signals/set_completed_at"), values)


def query_usual_costs(connection: Connection, scope: str, agents: Sequence[str]) -> dict[str, Decimal]:
    """The average cost of a call in US dollars, by agent; those of whose calls no cost is known are left out."""
    values = {"scope": scope, "agents": list(agents)}
    return {row.agent: row.cost_usd for row in connection.execute(statement("signals/usual_costs"), values)}
