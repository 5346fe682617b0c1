"""Finds the rows that mention a person, one statement a table, and takes the person out of them.

PostgreSQL finds the few rows that may mention somebody, in one pass over the table; ``parsing/redaction.py`` looks at
those closely, and changes them. Rows of namesakes are searched for addresses and profiles only: the name is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    RowMapping,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from prospecting.parsing.redaction import Redactor
from prospecting.parsing.redaction_patterns import MARK, MARKS, search_pattern
from prospecting.parsing.subjects import Subject
from prospecting.persistence.database import to_json
from prospecting.persistence.erasure_columns import EMPTIED, OWN, columns_of
from prospecting.persistence.schema.tables import metadata

_ROWS_AT_ONCE = 200
_APPEND_ONLY = {"user_interactions"}
_DEFAULT: ColumnElement[Any] = literal_column("default")

Changes = dict[str, Any]


@dataclass(frozen=True)
class Search:
    """The person to look for: ``person_ids`` are theirs, ``namesake_ids`` those of others of the name.

    ``since`` limits it to rows written by this transaction or later ones. With ``dry_run`` nothing is changed.
    """

    subject: Subject
    person_ids: tuple[int, ...] = ()
    namesake_ids: tuple[int, ...] = ()
    dry_run: bool = False
    since: str | None = None
    redactor: Redactor = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "redactor", Redactor(self.subject))

    @cached_property
    def nameless(self) -> Redactor:
        """For rows of namesakes: by addresses and profiles alone."""
        subject = self.subject
        return Redactor(Subject(emails=subject.emails, profiles=subject.profiles, phones=subject.phones))

    @cached_property
    def pattern(self) -> str | None:
        """The expression that the database searches with; ``None`` when there is nothing to look for."""
        return search_pattern(self.subject)


def found_rows(connection: Connection, search: Search, table: Table) -> Iterator[RowMapping]:
    """The rows of a table that may mention the person, but for those that are the person's own: its key, the columns
    that are searched, and ``is_namesakes``. Rows that are going to be changed are locked, in the order of their keys.
    """
    if search.pattern is None:
        return
    keys = list(table.primary_key)
    names = dict.fromkeys((*columns_of(table.fullname), *_identifying(table)))
    columns = [table.c[name] for name in names if table.c[name] not in keys]
    searched = func.concat_ws(" ", *(_as_text(table.c[name]) for name in names))
    conditions: list[Any] = [
        func.regexp_replace(searched, MARKS, MARK, "gi").regexp_match(search.pattern, flags="i"),
        not_(_belongs_to(table, search.person_ids)),
    ]
    if search.since is not None:
        conditions.insert(0, text("age(xmin) <= age(cast(:since as xid))").bindparams(since=search.since))
    query = select(*keys, *columns, _belongs_to(table, search.namesake_ids).label("is_namesakes")).where(*conditions)
    if not search.dry_run and table.name not in _APPEND_ONLY:
        query = query.order_by(*keys).with_for_update(key_share=True)
    with connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}) as result:
        yield from result.mappings()


def _as_text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, LargeBinary):
        return func.encode(column, "escape")
    return column if isinstance(column.type, Text) else cast(column, Text)


def _identifying(table: Table) -> tuple[str, ...]:
    """Columns that say whom a row is about, where such rows are found by what they say."""
    return OWN[table.fullname] if table.fullname in ABOUT else ()


def _belongs_to(table: Table, person_ids: Sequence[int]) -> ColumnElement[bool]:
    """True for rows of these persons, and of their contacts, conversations and touchpoints."""
    contacts, conversations, touchpoints = (
        metadata.tables[name] for name in ("contacts", "conversations", "touchpoints")
    )
    if not person_ids:
        return false()
    if table.name == "persons":
        return table.c.id.in_(person_ids)
    if "person_id" in table.c:
        return func.coalesce(table.c.person_id.in_(person_ids), false())
    theirs = select(contacts.c.id).where(contacts.c.person_id.in_(person_ids))
    talks = select(conversations.c.id).where(conversations.c.contact_id.in_(theirs))
    if table.name == "conversations":
        return table.c.contact_id.in_(theirs)
    if table.name == "relationships":
        return or_(table.c.contact_id_1.in_(theirs), table.c.contact_id_2.in_(theirs))
    if table.name == "touchpoints":
        return table.c.conversation_id.in_(talks)
    if table.name == "touchpoint_events":
        messages = select(touchpoints.c.id).where(touchpoints.c.conversation_id.in_(talks))
        return func.coalesce(table.c.touchpoint_id.in_(messages), false())
    return false()


# ---------------------------------------------------------------------------------------------------- what to change
def redacted(table: str, row: RowMapping, redactor: Redactor) -> Changes:
    """The columns of a row that mention the person, as they are without."""
    changes: Changes = {}
    for name in columns_of(table):
        value = row[name]
        without = _without(value, redactor)
        if without is not value:
            changes[name] = None if name in EMPTIED.get(table, ()) else without
    return changes


def _without(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, bytes):
        return redactor.answer(value)
    return value if value is None else redactor.value(value)


ABOUT: Mapping[str, tuple[str, ...]] = {
    "person_intel_briefings": ("person_full_name", "person_linkedin_url"),
}
"""Tables whose rows may be about the person without being tied to them, and by what that is told. Such rows go."""

_MADE_ANEW = {"title_seats", "agent_steps", "web_pages"}
"""What the classifier said of a title, the steps of an answer, and pages read lately: made anew when needed again."""

_QUEUE = "intake.people_raw_intake"
_QUEUED_PERSON = ("full_name", "first_name", "last_name", "email", "linkedin_url")
_KEPT_IN_QUEUE = frozenset({"company_name"})


def redact_table(connection: Connection, search: Search, name: str) -> int:
    """Take the person out of a table. Returns how many rows that concerned."""
    table = metadata.tables[name]
    return write(
        connection, search, table, (_changed(search, name, row) for row in found_rows(connection, search, table))
    )


Changed = tuple[RowMapping, Changes | None]
"""A row, and the columns to change; ``None``: it is deleted."""


def _changed(search: Search, name: str, row: RowMapping) -> Changed:
    redactor = search.nameless if row["is_namesakes"] else search.redactor
    if name in _MADE_ANEW:
        return row, None if redacted(name, row, redactor) else {}
    if name in ABOUT:
        who = {column: row[column] for column in ABOUT[name]}
        if redactor.is_about(who):
            return row, None
        redactor = search.nameless if redactor.is_namesake(who) else redactor
    if name == "persons":
        # Their own name may be in what is said of them.
        return row, redacted(name, row, redactor)
    if name == _QUEUE:
        who = {column: row[column] for column in _QUEUED_PERSON}
        if redactor.is_about(who):
            return row, {column: None for column in columns_of(name) if column not in _KEPT_IN_QUEUE}
        redactor = search.nameless if redactor.is_namesake(who) else redactor
    return row, redacted(name, row, redactor)


# ------------------------------------------------------------------------------------------------------------ writing
def write(connection: Connection, search: Search, table: Table, rows: Iterator[Changed]) -> int:
    """Change or delete these rows, a few hundred at a time. Returns how many there are."""
    total = 0
    waiting: list[Changed] = []
    for row, changes in rows:
        if changes is None or changes:
            total += 1
            waiting.append((row, changes))
        if len(waiting) >= _ROWS_AT_ONCE:
            _write(connection, search, table, waiting)
            waiting = []
    _write(connection, search, table, waiting)
    return total


def _write(connection: Connection, search: Search, table: Table, rows: Sequence[Changed]) -> None:
    if search.dry_run:
        return
    keys = list(table.primary_key)
    by_columns: dict[tuple[str, ...] | None, list[dict[str, Any]]] = {}
    for row, changes in rows:
        values = {f"key_{key.name}": row[key.name] for key in keys}
        if changes is not None:
            values |= {f"new_{name}": _bound(table, name, value) for name, value in changes.items()}
        by_columns.setdefault(None if changes is None else tuple(changes), []).append(values)
    this_row = and_(*(key == bindparam(f"key_{key.name}") for key in keys))
    for columns, bound in by_columns.items():
        if columns is None:
            connection.execute(delete(table).where(this_row), bound)
        else:
            connection.execute(update(table).where(this_row).values(_assignments(table, columns)), bound)


def _bound(table: Table, name: str, value: Any) -> Any:
    return to_json(value) if isinstance(table.c[name].type, JSONB) and value is not None else value


def _assignments(table: Table, columns: Sequence[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in columns:
        new: Any = bindparam(
            f"new_{name}", type_=Text() if isinstance(table.c[name].type, JSONB) else table.c[name].type
        )
        values[name] = cast(new, JSONB) if isinstance(table.c[name].type, JSONB) else new
    if remade := _REMADE.get(table.name):
        values |= remade(table, values)
    if "written_by" in table.c:
        values.setdefault("written_by", _DEFAULT)
    if "updated_at" in table.c:
        values.setdefault("updated_at", func.now())
    return values


def _digest(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    raw = values["record"].op("->")("raw_parallel_output")
    digest = func.briefing_digest(raw, table.c.researched_at)
    return {"digest": func.coalesce(digest, literal_column("'erased:'") + cast(table.c.id, Text))}


_REMADE: Mapping[str, Callable[[Table, Mapping[str, Any]], dict[str, Any]]] = {
    # Made of what the row said: somebody who knows the rest could try out names.
    **{
        name: lambda table, _: {"fingerprint": literal_column("'erased:'") + cast(table.c.id, Text)}
        for name in ("rejected_records", "observations")
    },
    "company_signals": lambda table, _: {"signal_key": literal_column("'erased:'") + cast(table.c.id, Text)},
    "submissions": lambda _, __: {"request_key": None},
    **{f"{name}_history": _digest for name in ("icp_job_titles", "company_intel_briefings", "person_intel_briefings")},
}
