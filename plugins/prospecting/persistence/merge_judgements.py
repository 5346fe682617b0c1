"""Judgements of people on doubtful pairs (``merge_candidates``): that they are two, or that they decide later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class Judgement:
    """A pair on record: ``open``, ``distinct`` or ``merged``. An open pair with ``decided_by`` was put off."""

    id: int
    status: str
    decided_by: str | None
    decided_at: datetime | None


def find_judgement(connection: Connection, entity_type: str, one_id: int, other_id: int) -> Judgement | None:
    """The judgement on record of two companies or persons, in either order."""
    row = connection.execute(statement("merge_judgements/find"), _pair(entity_type, one_id, other_id)).mappings()
    found = row.one_or_none()
    return None if found is None else Judgement(**found)


def judge(
    connection: Connection, entity_type: str, one_id: int, other_id: int, *, status: str, decided_by: str
) -> Judgement:
    """Store a judgement: ``distinct``, or ``open`` to decide later. A pair that is merged stays so, and one that
    is told apart is not open again by this."""
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
    for name in (
        "merge_judgements/pair_table",
        "merge_judgements/clear_pairs",
        "merge_judgements/find_pairs",
        "merge_judgements/settle_pair",
        "merge_judgements/combine_pairs",
        "merge_judgements/drop_pairs",
        "merge_judgements/move_pairs",
    ):
        connection.execute(statement(name), values)


def _pair(entity_type: str, one_id: int, other_id: int) -> dict[str, Any]:
    return {"entity_type": entity_type, "left_id": min(one_id, other_id), "right_id": max(one_id, other_id)}


# ------------------------------------------------------------------ review
def query_open_pairs(
    connection: Connection,
    *,
    entity_type: str | None = None,
    after: tuple[bool, int] | None = None,
    limit: int = 20,
) -> Sequence[RowMapping]:
    """Pairs in doubt, those put off last; ``after``: whether the last row seen was put off, and its id."""
    put_off, last_id = after or (None, None)
    values = {"entity_type": entity_type, "after_put_off": put_off, "after_id": last_id, "size": limit}
    return connection.execute(statement("merge_judgements/open_pairs"), values).mappings().all()


def query_judged_pairs(connection: Connection, *, limit: int = 20) -> Sequence[RowMapping]:
    """Pairs that were judged to be two, the latest first."""
    return connection.execute(statement("merge_judgements/judged_pairs"), {"size": limit}).mappings().all()


def query_side_by_side(connection: Connection, entity_type: str, ids: Iterable[int]) -> dict[int, RowMapping]:
    """Companies or persons with what tells them apart, by id."""
    name = {"company": "merge_judgements/companies_side_by_side", "person": "merge_judgements/persons_side_by_side"}
    rows = connection.execute(statement(name[entity_type]), {"ids": list(ids)}).mappings()
    return {row["id"]: row for row in rows}
