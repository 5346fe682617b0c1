"""Undoing a merge: the rows it changed are as before, unless somebody has changed them since.

What every row says now is compared with what the merge wrote. All of that is decided in a temporary table; what is
written are the rows that come out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    case,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from prospecting.persistence.database import to_json
from prospecting.persistence.merging import COUNTED, Merge
from prospecting.persistence.roles import settle_roles_of
from prospecting.persistence.schema.merging import NOTED
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.statements import statement

BOOKKEEPING = ("updated_at", "written_by")
"""Columns that others move without changing what a row says."""

COLUMN_WISE = ("companies", "persons", "contacts")
"""Tables whose columns were filled one by one, and are put back so."""

_ROWS = table(
    "merge_rows",
    column("id", BigInteger),
    column("table_name", Text),
    column("row_key", JSONB),
    column("before", JSONB),
    column("after", JSONB),
    column("present", JSONB),
    column("image", JSONB),
    column("is_survivors", Boolean),
    column("reason", Text),
)
_INSERT_WITH_ID = {
    "company_signals": "merging/insert_company_signals",
    "observations": "merging/insert_observations",
    "company_person_roles": "merging/insert_company_person_roles",
    "contact_channels": "merging/insert_contact_channels",
    "merge_candidates": "merging/insert_merge_candidates",
}
"""For the tables that number their rows, of which a merge deletes some."""


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Rows of one table that are not as before the merge.

    ``reason``: ``changed`` (by somebody since), ``gone`` (deleted since), ``lost`` (what they refer to was deleted) or
    ``taken`` (another row has their key by now).
    """

    table_name: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Undone:
    """The outcome: ``restored`` counts, by table, the rows that are as before."""

    restored: dict[str, int]
    kept: list[KeptRows]


def find_later_merge(connection: Connection, merge_id: int) -> int | None:
    """A standing merge that changed one of the same rows later, and has to be undone first."""
    found: int | None = connection.execute(statement("merging/later_merge"), {"merge_id": merge_id}).scalar_one()
    return found


def plan_undoing(connection: Connection, merge: Merge) -> bool:
    """List the rows of a merge, locked, and decide what becomes of them.

    Returns False when whoever was merged does not lead to the survivor any more: then nothing can be put back.
    """
    connection.execute(statement("merging/use_utc"))
    connection.execute(statement("merging/row_table"))
    connection.execute(statement("merging/clear_rows"))
    changed = _changed_tables(connection, merge)
    for of in changed:
        _stage(connection, of, merge.id)
    values = {
        "bookkeeping": list(BOOKKEEPING),
        "column_wise": list(COLUMN_WISE),
        "counted": to_json(COUNTED),
    }
    connection.execute(statement("merging/plan_rows"), values)
    connection.execute(statement("merging/mark_survivors"), {"survivor_id": merge.survivor_id})
    for of in changed:
        _keep_lost(connection, of)
    ends = {
        "table_name": "companies" if merge.entity_type == "company" else "persons",
        "survivor_id": merge.survivor_id,
        "merged_id": merge.merged_id,
    }
    return not connection.execute(statement("merging/leads_elsewhere"), ends).scalar_one()


def apply_undoing(connection: Connection, merge: Merge, *, undone_by: str) -> Undone:
    """Write what ``plan_undoing`` has planned in this transaction.

    What evidence that came since means for roles is settled again. The caller rolls back when ``is_identity_taken``.
    """
    connection.execute(statement("merging/begin_moving"))
    for of in _changed_tables(connection, merge):
        _put_back(connection, of)
    connection.execute(statement("merging/end_moving"))
    connection.execute(statement("merging/return_conversations"))
    people = connection.execute(statement("merging/people_to_settle_again"), {"merged_at": merge.merged_at})
    settle_roles_of(connection, people.scalars().all())
    done = Undone(
        restored={row.table_name: row.number for row in connection.execute(statement("merging/count_restored"))},
        kept=[KeptRows(*row) for row in connection.execute(statement("merging/count_not_restored"))],
    )
    connection.execute(statement("merging/close"), {"merge_id": merge.id, "undone_by": undone_by})
    return done


def is_identity_taken(connection: Connection, merge: Merge) -> bool:
    """True when one of the two could not be put back, because another one has its name, domain or profile by now."""
    taken = select(_ROWS.c.id).where(
        _ROWS.c.table_name == ("companies" if merge.entity_type == "company" else "persons"),
        _ROWS.c.reason == "taken",
    )
    return connection.execute(taken).first() is not None


# ------------------------------------------------------------------------------------------------------------ planning
_CHANGES = metadata.tables["merge_changes"]


def _changed_tables(connection: Connection, merge: Merge) -> list[Table]:
    """The tables that a merge changed, those that others refer to first."""
    names = set(connection.execute(statement("merging/changed_tables"), {"merge_id": merge.id}).scalars())
    return [metadata.tables[name] for name in reversed(NOTED) if name in names]


def _is(of: Table, row_key: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(*(of.c[name] == cast(row_key[name].astext, of.c[name].type) for name in NOTED[of.fullname]))


def _stage(connection: Connection, of: Table, merge_id: int) -> None:
    mine = and_(_CHANGES.c.merge_id == merge_id, _CHANGES.c.table_name == of.fullname)
    keys = [of.c[name] for name in NOTED[of.fullname]]
    joined = select(*keys).join_from(of, _CHANGES, _is(of, _CHANGES.c.row_key)).where(mine)
    connection.execute(joined.order_by(*keys).with_for_update(of=of, key_share=True)).all()
    row = case((keys[0].is_not(None), func.to_jsonb(literal_column(of.name))))
    staged = (
        select(
            _CHANGES.c.id,
            _CHANGES.c.table_name,
            _CHANGES.c.row_key,
            _CHANGES.c.before,
            _CHANGES.c.after,
            row,
        )
        .join_from(_CHANGES, of, _is(of, _CHANGES.c.row_key), isouter=True)
        .where(mine)
    )
    names = ["id", "table_name", "row_key", "before", "after", "present"]
    connection.execute(insert(_ROWS).from_select(names, staged))


def _keep_lost(connection: Connection, of: Table) -> None:
    """Leave out rows whose parents are gone, unless these come back with them."""
    for key in of.foreign_keys:
        parent, child = key.column.table, key.parent.name
        value = cast(_ROWS.c.image[child].astext, key.column.type)
        back = _ROWS.alias("back")
        comes_back = (
            select(back.c.id)
            .where(
                back.c.table_name == parent.fullname,
                back.c.present.is_(None),
                back.c.image[key.column.name].astext == _ROWS.c.image[child].astext,
            )
            .correlate(_ROWS)
            .exists()
        )
        there = select(literal_column("1")).select_from(parent).where(key.column == value).correlate(_ROWS).exists()
        connection.execute(
            update(_ROWS)
            .where(
                _ROWS.c.table_name == of.fullname,
                _ROWS.c.image[child].astext.is_not(None),
                _ROWS.c.present.is_distinct_from(_ROWS.c.image),
                ~there,
                ~comes_back,
            )
            .values(reason="lost", image=_ROWS.c.present)
        )


# ------------------------------------------------------------------------------------------------------------- writing
def _put_back(connection: Connection, of: Table) -> None:
    """Everything at once; when a row's key is another's by now, one by one, and that row stays."""
    if _write(connection, of, None):
        return
    ids = select(_ROWS.c.id).where(_ROWS.c.table_name == of.fullname, _ROWS.c.present.is_distinct_from(_ROWS.c.image))
    for row_id in connection.execute(ids.order_by(_ROWS.c.is_survivors.desc(), _ROWS.c.id)).scalars().all():
        if not _write(connection, of, [row_id]):
            stays = update(_ROWS).where(_ROWS.c.id == row_id).values(reason="taken", image=_ROWS.c.present)
            connection.execute(stays)


def _write(connection: Connection, of: Table, ids: Sequence[int] | None) -> bool:
    """Write the planned rows of a table, or these; False when that is against a key, and nothing was written."""
    chosen = [_ROWS.c.table_name == of.fullname]
    if ids is not None:
        chosen.append(_ROWS.c.id.in_(ids))
    try:
        with connection.begin_nested():
            gone = delete(of).where(
                _is(of, _ROWS.c.row_key), *chosen, _ROWS.c.present.is_not(None), _ROWS.c.image.is_(None)
            )
            connection.execute(gone)
            _restore(connection, of, [*chosen, _ROWS.c.is_survivors])
            _restore(connection, of, [*chosen, ~_ROWS.c.is_survivors])
            _insert(connection, of, ids)
    except IntegrityError:
        return False
    return True


def _restore(connection: Connection, of: Table, chosen: list[Any]) -> None:
    """Put values back, and no others: triggers look at which columns are assigned."""
    found = connection.execute(statement("merging/columns_to_restore"), {"table_name": of.fullname})
    names = [name for name in found.scalars() if name in of.c and of.c[name].computed is None]
    if names:
        values: dict[str, Any] = {name: _value(of, name) for name in names}
        rows = update(of).where(_is(of, _ROWS.c.row_key), *chosen, _ROWS.c.present != _ROWS.c.image)
        connection.execute(rows.values(values))


def _insert(connection: Connection, of: Table, ids: Sequence[int] | None) -> None:
    if any(own.identity is not None for own in of.columns):
        # With the ids they had: each a statement of its own, for SQLAlchemy cannot say so.
        if of.fullname in _INSERT_WITH_ID:
            connection.execute(statement(_INSERT_WITH_ID[of.fullname]), {"ids": ids})
        return
    names = [own.name for own in of.columns if own.computed is None]
    chosen = [_ROWS.c.table_name == of.fullname, _ROWS.c.present.is_(None), _ROWS.c.image.is_not(None)]
    if ids is not None:
        chosen.append(_ROWS.c.id.in_(ids))
    rows = select(*(_value(of, name) for name in names)).select_from(_ROWS).where(*chosen).order_by(_ROWS.c.id)
    connection.execute(insert(of).from_select(names, rows, include_defaults=False))


def _value(of: Table, name: str) -> ColumnElement[Any]:
    value: ColumnElement[Any] = literal_column(f"(jsonb_populate_record(null::{of.fullname}, merge_rows.image)).{name}")
    return value
