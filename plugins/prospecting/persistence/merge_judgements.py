"""What people have said of doubtful pairs (``merge_candidates``): that they are two, or that they decide later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class Judgement:
    """A pair on record: ``open``, ``distinct`` or ``merged``. An open pair with ``decided_by`` was put off."""

    id: int
    status: str
    decided_by: str | None
    decided_at: datetime | None


def find_judgement(connection: Connection, entity_type: str, one_id: int, other_id: int) -> Judgement | None:
    """What is on record of two companies or persons, in either order."""
    row = connection.execute(statement("merge_judgements/find"), _pair(entity_type, one_id, other_id)).mappings()
    found = row.one_or_none()
    return None if found is None else Judgement(**found)


def judge(
    connection: Connection, entity_type: str, one_id: int, other_id: int, *, status: str, decided_by: str
) -> Judgement:
    """Store a judgement: ``distinct``, or ``open`` to decide later. A pair that is merged stays so."""
    values = {**_pair(entity_type, one_id, other_id), "status": status, "decided_by": decided_by}
    connection.execute(statement("merge_judgements/judge"), values)
    found = find_judgement(connection, entity_type, one_id, other_id)
    assert found is not None
    return found


def undo_judgement(connection: Connection, entity_type: str, one_id: int, other_id: int) -> Judgement | None:
    """Let a pair be doubtful again; ``None`` when it is not on record. A pair that is merged stays so."""
    connection.execute(statement("merge_judgements/undo_judgement"), _pair(entity_type, one_id, other_id))
    return find_judgement(connection, entity_type, one_id, other_id)


def move_judgements(connection: Connection, values: dict[str, Any]) -> None:
    """Pairs with whoever is merged are pairs with the survivor: who is not the one is not the other."""
    for name in ("twin_pairs", "clear_pairs", "find_pairs", "settle_pair", "combine_pairs", "drop_pairs", "move_pairs"):
        connection.execute(statement(f"merge_judgements/{name}"), values)


def _pair(entity_type: str, one_id: int, other_id: int) -> dict[str, Any]:
    return {"entity_type": entity_type, "left_id": min(one_id, other_id), "right_id": max(one_id, other_id)}
