"""The journal of backfill runs: what they wrote, row by row, and how it is taken back.

While a transaction says so (``unit_of_work(..., is_journalled=True)``), triggers keep every row that is inserted or
updated in the tables of ``JOURNALLED``, with its values before and after; deleting is refused. Taking a run back goes
through the changes of each row from the last to the first, and stops at one whose values somebody has changed since.
All of that is decided in temporary tables; what is written are the rows that come out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from prospecting.persistence.database import lock_all_keys
from prospecting.persistence.roles import settle_roles_of
from prospecting.persistence.schema.slots import JOURNALLED
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.statements import statement

KEEP_DAYS = 30
"""For how many days a run can be taken back. The journal holds personal data."""

BOOKKEEPING = ("updated_at", "written_by", "last_refreshed_at", "last_asked_at", "lease_expires_at")
"""Columns that others move without changing what a row says."""

_CHANGES = table("changes_to_undo", column("table_name"), column("row_key"), column("level"))
_ROWS = table(
    "rows_to_undo",
    column("table_name", Text),
    column("row_key", Text),
    column("undone"),
    column("present", JSONB),
    column("image", JSONB),
    column("reason"),
)


@dataclass(frozen=True, slots=True)
class JournalledRun:
    """A run that changed something, and how much of that can still be taken back (``changes_left``).

    ``attempts`` are its task tries, ``requests`` the requests it worked on. ``taken_back_at``: some of it was, last at
    that time.
    """

    dag_id: str
    run_id: str
    attempts: tuple[int, ...]
    began_at: datetime
    ended_at: datetime
    requests: int
    changes_left: int
    taken_back_at: datetime | None


@dataclass(frozen=True, slots=True)
class UndoneRows:
    """The rows of one table that are ``removed``, or ``restored`` to what they said before."""

    table: str
    removed: int
    restored: int


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Rows of one table that stay as they are.

    ``reason``: ``changed`` (by somebody else since), ``asked_again`` (a newer request for the seat), ``seated`` (the
    person holds a seat) or ``needed`` (something else refers to the person).
    """

    table: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Undoing:
    """The outcome of taking a run back: by table, what changes and what stays. ``seats`` lose their holders' roles."""

    changed: list[UndoneRows]
    kept: list[KeptRows]
    seats: int


def forget_old_changes(connection: Connection) -> int:
    """Forget changes that are older than ``KEEP_DAYS``. Returns how many."""
    return connection.execute(statement("backfill_journal/forget_old"), {"keep_days": KEEP_DAYS}).rowcount


def query_runs(connection: Connection, run_id: str | None = None, *, limit: int = 20) -> list[JournalledRun]:
    """The last runs that changed something, the latest first; or those called ``run_id``, one for each DAG."""
    found = connection.execute(statement("backfill_journal/runs"), {"run_id": run_id, "limit": limit}).mappings()
    return [JournalledRun(**{**row, "attempts": tuple(row["attempts"])}) for row in found]


def count_held(connection: Connection, attempts: Sequence[int]) -> int:
    """The number of requests that these task tries are working on at this moment."""
    held: int = connection.execute(statement("backfill_journal/count_held"), {"attempts": list(attempts)}).scalar_one()
    return held


def create_work_tables(connection: Connection) -> None:
    """Make the temporary tables of a plan; a read-only transaction cannot, but it can use them."""
    connection.execute(statement("backfill_journal/change_table"))
    connection.execute(statement("backfill_journal/row_table"))


def plan_undoing(connection: Connection, attempts: Sequence[int], *, is_locking: bool) -> Undoing:
    """Plan what taking back the changes of these task tries means, in the temporary tables; writes nothing else.

    With ``is_locking`` the rows concerned are locked, in the order in which everybody locks them, so that what is
    planned is still true when ``apply_undoing`` writes it.
    """
    values = {"attempts": list(attempts)}
    connection.execute(statement("backfill_journal/use_utc"))
    if is_locking:
        # Whoever saves people waits, and cannot find somebody who is about to go.
        lock_all_keys(connection, "person")
        connection.execute(statement("backfill_journal/lock_changes"), values)
    connection.execute(statement("backfill_journal/stage_changes"), values)
    names = set(connection.execute(select(_CHANGES.c.table_name).distinct()).scalars())
    for name in _in_lock_order(names):
        _stage_rows(connection, metadata.tables[name], is_locking=is_locking)
    while connection.execute(statement("backfill_journal/undo_level"), {"bookkeeping": list(BOOKKEEPING)}).rowcount:
        pass
    connection.execute(statement("backfill_journal/keep_asked_again"))
    connection.execute(statement("backfill_journal/keep_pairs"))
    connection.execute(statement("backfill_journal/free_requests"))
    _keep_needed_persons(connection)
    return Undoing(
        changed=[UndoneRows(*row) for row in connection.execute(statement("backfill_journal/count_rows"))],
        kept=[KeptRows(*row) for row in connection.execute(statement("backfill_journal/count_kept"))],
        seats=connection.execute(statement("backfill_journal/count_seats")).scalar_one(),
    )


def apply_undoing(connection: Connection, attempts: Sequence[int]) -> None:
    """Write what ``plan_undoing`` has planned in this transaction, with its locks.

    What evidence that came since means for roles is settled again, without the evidence of the run.
    """
    for name in JOURNALLED:
        _restore(connection, metadata.tables[name])
        _remove(connection, metadata.tables[name])
    found = connection.execute(statement("backfill_journal/persons_to_settle"), {"attempts": list(attempts)})
    settle_roles_of(connection, found.scalars().all())
    connection.execute(statement("backfill_journal/note_undone"))


# ------------------------------------------------------------------------------------------------------------- reading
def _in_lock_order(names: Iterable[str]) -> list[str]:
    """People, then seats, then requests, as a backfill locks them."""
    order = ["persons", *(name for name in JOURNALLED if name not in _LOCKED_LAST and name != "persons"), *_LOCKED_LAST]
    return sorted(names, key=order.index)


_LOCKED_LAST = ("company_slot", "agent_routing_log", "intake.people_raw_intake")


def _stage_rows(connection: Connection, of: Table, *, is_locking: bool) -> None:
    """List the rows of a table that were changed, as they are now."""
    key = _key(of)
    mine = select(cast(_CHANGES.c.row_key, key.type)).where(_CHANGES.c.table_name == of.fullname)
    if is_locking:
        # Seats in the order of their companies: the number of a seat grows with its company's.
        order = cast(func.split_part(key, ".", 5), BigInteger) if of.name == "company_slot" else key
        connection.execute(select(key).where(key.in_(mine)).order_by(order).with_for_update()).all()
    listed = (
        select(_CHANGES.c.table_name, _CHANGES.c.row_key)
        .where(_CHANGES.c.table_name == of.fullname, _CHANGES.c.level == 1)
        .subquery()
    )
    row = case((key.is_not(None), func.to_jsonb(literal_column(of.name))))
    staged = select(listed, row, row).select_from(listed.outerjoin(of, key == cast(listed.c.row_key, key.type)))
    connection.execute(insert(_ROWS).from_select(["table_name", "row_key", "present", "image"], staged))


def _keep_needed_persons(connection: Connection) -> None:
    """Let persons stay to whom rows refer that stay."""
    persons = metadata.tables["persons"]
    connection.execute(statement("backfill_journal/keep_linked_persons"))
    for of in metadata.sorted_tables:
        for key in (key for key in of.foreign_keys if key.column.table is persons):
            referred_to = _ROWS.c.present[key.column.name].astext
            refers = [key.parent == cast(referred_to, key.parent.type)]
            if of.fullname in JOURNALLED:
                going = _ROWS.alias("going")
                refers.append(
                    ~exists().where(
                        going.c.table_name == of.fullname,
                        going.c.row_key == cast(_key(of), Text),
                        going.c.image.is_(None),
                    )
                )
            connection.execute(
                update(_ROWS)
                .where(
                    _ROWS.c.table_name == "persons",
                    _ROWS.c.present.is_not(None),
                    _ROWS.c.image.is_(None),
                    select(of).where(*refers).correlate(_ROWS).exists(),
                )
                .values(reason="seated" if of.name == "company_slot" else "needed", undone=0, image=_ROWS.c.present)
            )


# ------------------------------------------------------------------------------------------------------------- writing
def _key(of: Table) -> Any:
    return of.c[JOURNALLED[of.fullname][0]]


def _is_of(of: Table) -> ColumnElement[bool]:
    return and_(_ROWS.c.table_name == of.fullname, _key(of) == cast(_ROWS.c.row_key, _key(of).type))


def _remove(connection: Connection, of: Table) -> None:
    gone = delete(of).where(_is_of(of), _ROWS.c.present.is_not(None), _ROWS.c.image.is_(None))
    connection.execute(gone)


def _restore(connection: Connection, of: Table) -> None:
    """Put values back, and no others: triggers look at which columns are assigned."""
    found = connection.execute(statement("backfill_journal/changed_columns"), {"table_name": of.fullname})
    names = [name for name in found.scalars() if name in of.c and of.c[name].computed is None]
    if names:
        record = f"(jsonb_populate_record(null::{of.fullname}, rows_to_undo.image))"
        values: dict[str, Any] = {name: literal_column(f"{record}.{name}") for name in names}
        connection.execute(update(of).where(_is_of(of), _ROWS.c.present != _ROWS.c.image).values(values))
