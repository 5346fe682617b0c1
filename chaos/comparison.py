"""Everything a run has written, without ids, times and names of tries, so that two runs can be compared.

A row is known by its contents; what it refers to is known by the contents of that. Everything is generic, so a new
table is compared as soon as it is declared.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, Table, Text, cast, select

from prospecting.persistence.schema.tables import metadata

Contents = dict[str, Counter[str]]
"""By table: how often each row is there."""

BOOKKEEPING = {
    "task_attempts", "rate_limits", "provider_answers", "provider_circuits", "hash_keys", "backfill_journal",
    "merge_changes", "agent_steps", "web_pages", "webhook_deliveries",
}  # fmt: skip
"""Which tries there were, what each of them wrote or asked, and when providers were asked last or failed: differs
whenever anything is tried again. The key of hashes is drawn once per database. What merges changed says so with ids."""

ONE_A_RUN = {
    "signal_executions", "signal_execution_entities", "execution_questions", "slot_evaluations",
    "slot_evaluation_chunks", "feature_refreshes", "agent_calls", "rejected_records", "account_changes", "seat_changes",
    "account_refreshes", "contact_promotions", "contact_promotion_items", "erasures", "digests",
}  # fmt: skip
"""Tables with rows that each DAG run has of its own, and a second run therefore twice; or leaves for the next one."""

STARTED_OVER = {"step_results", "briefing_writes"}
"""Tables that keep every try of a step, for runs that a person told to start a lost research over: the try that stopped
and said so stays beside the one that has the answer."""

SAID_ONCE_OR_TWICE = {"account_changes", "seat_changes"}
"""Notes of what is to be looked at again: one more of the same says nothing new, and their number depends on the order
in which mapped tasks were run."""

VOLATILE = {
    # Who wrote or holds a row.
    "written_by", "claimed_by", "airflow_run_id", "trigger_run_id", "task_run_id", "attempt", "opened_by",
    # How long something took, which calls were needed, in which transaction, what such calls had cost by then.
    "latency_ms", "duration_ms", "changed_in", "reused_from_id", "reserved_usd",
    # How far changes were read, and which of them by which chunk: another way to the same rows.
    "watermark", "previous_watermark", "scope", "company_ids",
    # How much speaks for a company: less every day.
    "priority",
    # Of a model: bytes and place of its file. Its verdict and card are compared.
    "artifact_sha256", "artifact_path", "artifact_bytes",
}  # fmt: skip
"""Columns that two quiet runs differ in, besides ids and times."""

COUNTS_OF_TRIES = {
    ("briefing_writes", "attempts"), ("agent_calls", "cost_usd"), ("agent_calls", "input_tokens"),
    ("agent_calls", "output_tokens"), ("agent_calls", "reserved_usd"),
}  # fmt: skip
"""Columns that say how often something was tried: more often when it failed in between. Of an answer that was broken
off the steps before belong to the call that paid for them, and a reservation follows from what was seen by then."""

IDENTITIES = {
    "companies": ("id", "company_unique_id"),
    "persons": ("id", "person_unique_id"),
    "company_slot": ("company_slot_unique_id",),
    "agent_routing_log": ("routing_id",),
}
"""Columns that name a row and say nothing about it; of other tables it is ``id``."""

REFERENCES = {
    # Of two foreign keys the one that says more.
    ("signal_executions", "signal_id"): "signals",
    # Columns that lead to a row without a foreign key, for histories and queues outlive what they speak of.
    ("seat_changes", "company_id"): "companies",
    ("slot_transitions", "company_unique_id"): "companies",
    ("slot_transitions", "person_unique_id"): "persons",
    ("slot_transitions", "company_slot_unique_id"): "company_slot",
    ("conversation_transitions", "conversation_id"): "conversations",
    ("conversation_transitions", "contact_id"): "contacts",
    ("conversation_transitions", "company_id"): "companies",
    ("intake.people_raw_intake", "company_unique_id"): "companies",
    ("agent_routing_log", "record_id"): "intake.people_raw_intake",
}

_ID_IN_SOURCE = re.compile(r"^(event|company) (\d+)$")
_ID_IN_JSON = re.compile(r"(^|_)ids?$|Ids?$")
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.I)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d| UTC)?")
_COMPANY_OR_PERSON_CODE = re.compile(r"\b\d\d\.\d\d\.\d\d\.\d\d\.\d+\.\d+\b")


def read(connection: Connection) -> Contents:
    """Everything in the application database."""
    rows = {
        table.fullname: [dict(row) for row in connection.execute(select(*_readable(table))).mappings()]
        for table in metadata.sorted_tables
        if table.fullname not in BOOKKEEPING
    }
    labels: dict[str, dict[str, str]] = {}
    # Once for what a row is, again for what it refers to, and once more for what that refers to.
    for _ in range(3):
        labels = {name: _labels(metadata.tables[name], found, labels) for name, found in rows.items()}
    contents = {}
    for name, found in rows.items():
        table = metadata.tables[name]
        rows_now = (_canonical(table, row, labels) for row in found if _counts(name, row))
        contents[name] = Counter(set(rows_now) if name in SAID_ONCE_OR_TWICE else rows_now)
    return contents


def _readable(table: Table) -> list[ColumnElement[Any]]:
    """The columns of a table; times as text, for not every time that PostgreSQL knows is one to Python."""
    return [
        cast(column, Text).label(column.name) if isinstance(column.type, DateTime) else column
        for column in table.columns
    ]


def _counts(table: str, row: Mapping[str, Any]) -> bool:
    """Calls that were lost are looked at apart: there are as many as the faults made."""
    return table != "agent_calls" or row["status"] == "succeeded"


def difference(quiet: Contents, other: Contents, *, leave_out: frozenset[str] | set[str] = frozenset()) -> Contents:
    """Rows that only ``quiet`` has, by table; the other way round: rows that are too many."""
    found = {table: rows - other.get(table, Counter()) for table, rows in quiet.items() if table not in leave_out}
    return {table: rows for table, rows in found.items() if rows}


def _labels(table: Table, rows: list[dict[str, Any]], labels: dict[str, dict[str, str]]) -> dict[str, str]:
    """A name by contents for each row, under each of its identities."""
    identities = [column.name for column in table.columns if _is_identity(table, column.name)]
    found = {}
    for row in rows:
        digest = hashlib.sha256(_canonical(table, row, labels).encode()).hexdigest()[:16]
        for name in identities:
            found[str(row[name])] = f"{table.name} {digest}"
    return found


def _is_identity(table: Table, column: str) -> bool:
    """True for a key that a sequence or a random number has made."""
    return column in IDENTITIES.get(table.fullname, ("id",))


def _canonical(table: Table, row: Mapping[str, Any], labels: dict[str, dict[str, str]]) -> str:
    kept: dict[str, Any] = {}
    for column in table.columns:
        value = row[column.name]
        target = REFERENCES.get((table.fullname, column.name)) or next(
            (key.column.table.fullname for key in column.foreign_keys), None
        )
        if column.name in VOLATILE or (table.name, column.name) in COUNTS_OF_TRIES or value is None:
            continue
        if _is_identity(table, column.name):
            continue
        if target is not None:
            known = labels.get(target, {})
            value = known.get(str(value), str(value) if _is_natural(value) else f"a row of {target}")
        elif (table.name, column.name) in _POLYMORPHIC:
            target = _POLYMORPHIC[table.name, column.name](row)
            value = labels.get(target, {}).get(str(value), f"a row of {target}")
        elif column.name == "source":
            value = _ID_IN_SOURCE.sub(partial(_source, labels), value)
        kept[column.name] = _plain(value)
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


_ENTITY_TABLES = {
    "event": "events", "company": "companies", "person": "persons", "contact": "persons",
    "sponsor": "event_sponsors", "event_sponsor": "event_sponsors",
}  # fmt: skip


def _entity_table(row: Mapping[str, Any]) -> str:
    return _ENTITY_TABLES.get(str(row["entity_type"]), str(row["entity_type"]))


_POLYMORPHIC: dict[tuple[str, str], Callable[[Mapping[str, Any]], str]] = {
    ("signal_execution_entities", "entity_id"): _entity_table,
    ("merge_candidates", "left_id"): _entity_table,
    ("merge_candidates", "right_id"): _entity_table,
    ("merges", "survivor_id"): _entity_table,
    ("merges", "merged_id"): _entity_table,
}


def _source(labels: dict[str, dict[str, str]], found: re.Match[str]) -> str:
    """The name of a source with an event or a company for its id."""
    known = labels.get(_ENTITY_TABLES[found[1]], {})
    return f"{found[1]} {known.get(found[2], found[2])}"


def _is_natural(value: Any) -> bool:
    """True for keys that say something: domains, slugs, dates."""
    return isinstance(value, str) and not _UUID.search(value) and not _COMPANY_OR_PERSON_CODE.search(value)


def _plain(value: Any) -> Any:
    """The value without ids and moments, as JSON."""
    if isinstance(value, Mapping):
        return {
            key: _without_ids(item) if _ID_IN_JSON.search(str(key)) else _plain(item)
            for key, item in value.items()
            if key != "written_by"  # histories keep whole rows
        }
    if isinstance(value, (list, tuple)):
        items = [_plain(item) for item in value]
        # Of objects, such as the events of an execution: in the order in which mapped tasks happened to find them.
        return sorted(items, key=json.dumps) if all(isinstance(item, dict) for item in items) else items
    if isinstance(value, datetime):
        return "a moment"
    if isinstance(value, (date, Decimal)):
        return str(value)
    if isinstance(value, (bytes, memoryview)):
        return hashlib.sha256(json.dumps(_answer(bytes(value)), sort_keys=True).encode()).hexdigest()[:16]
    if isinstance(value, (str, bool, int, float)) or value is None:
        return _without_names(value) if isinstance(value, str) else value
    return _without_names(str(value))


def _answer(content: bytes) -> Any:
    """An agent's answer without ids; providers repeat those that they were given."""
    text = content.decode("utf-8", "replace")
    try:
        return _plain(json.loads(text))
    except ValueError:
        return _without_names(text)


def _without_ids(value: Any) -> Any:
    return f"{len(value)} ids" if isinstance(value, list) else "an id" if value is not None else None


def _without_names(text: str) -> str:
    for pattern in (_UUID, _COMPANY_OR_PERSON_CODE, _MOMENT):
        text = pattern.sub("…", text)
    return text
