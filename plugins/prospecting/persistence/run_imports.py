"""Imports of past runs: orgs, submissions, pipeline runs and step results of the system that research ran in before.

Rows keep their ids. Companies are found or made here as everywhere, and referred to by their ids here. What is there
already stays unless the import has a newer state of it. People who asked to be forgotten are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.past_runs import TABLES
from prospecting.persistence.batches import without_nones
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import to_json
from prospecting.persistence.erased_identities import has_erased, screen
from prospecting.persistence.statements import statement

SOURCE_SYSTEM = "import-runs"

_STAGED_AT_ONCE = 200
_STAGED_CHARACTERS = 8_000_000

DETAILS = {
    "slug_taken": "Another org has this slug: change one of the two",
    "unknown_org": "Its org is neither stored nor among the rows that were taken",
    "unknown_submission": "Its submission is neither stored nor among the rows that were taken",
    "unknown_run": "Its pipeline run is neither stored nor among the rows that were taken",
    "other_org": "It belongs to one org, and what it refers to, or what is stored with its id, to another",
    "other_submission": "Its run, or what is stored with its id, belongs to another submission",
    "other_run": "What is stored with its id belongs to another pipeline run",
    "trigger_run_id_taken": "Another pipeline run has its trigger_run_id",
    "attempt_taken": "There is another result of this try of this step",
    "missing_name": "The company has no usable name",
}
"""Why a row is not taken, by reason."""


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A row that was read; ``ordinal`` is its place among all of them."""

    ordinal: int
    table: str
    values: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A row that is not taken, and why: a key of ``DETAILS``, or as the database names it."""

    ordinal: int
    table: str
    reason: str
    values: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(slots=True)
class TableCounts:
    """The outcome for the rows of one table: ``read`` is the sum of the others."""

    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    rejected: int = 0


@dataclass(slots=True)
class Loaded:
    """The counts of every table that rows came for, and what was not taken, in order."""

    counts: dict[str, TableCounts]
    not_taken: list[NotTaken]


def load_past_rows(connection: Connection, rows: Iterable[ImportedRow]) -> Loaded:
    """Bring rows of any of the tables, in any order, into the database. Loading the same again changes nothing.

    At most one call per transaction, before any other that locks companies (lock order).
    """
    connection.execute(statement("run_imports/stage_table"))
    connection.execute(statement("run_imports/stage_companies_table"))
    companies: list[ImportedRow] = []
    counts: dict[str, TableCounts] = {}
    portion: list[str] = []
    is_anybody_erased = has_erased(connection)
    for row in rows:
        if row.table == "companies":
            companies.append(row)
            continue
        values = screen(connection, row.values) if is_anybody_erased else row.values
        portion.append(_as_staged(row, values))
        if len(portion) == _STAGED_AT_ONCE or sum(map(len, portion)) > _STAGED_CHARACTERS:
            _stage(connection, portion)
            portion.clear()
    _stage(connection, portion)
    connection.execute(statement("run_imports/analyze_stage"))
    not_taken = _load_companies(connection, companies, counts)
    connection.execute(statement("run_imports/leave_out_repeated"))
    written = {
        "orgs": _load(connection, "orgs"),
        "submissions": _load(connection, "submissions"),
        "pipeline_runs": _load(connection, "runs"),
        "step_results": _load(connection, "steps"),
    }
    for table, read, repeated, rejected in connection.execute(statement("run_imports/count_rows")):
        new, updated = written[table]
        unchanged = read - repeated - rejected - new - updated
        counts[table] = TableCounts(read, new, updated, unchanged, repeated, rejected)
    not_taken += [NotTaken(*row) for row in connection.execute(statement("run_imports/rejected"))]
    in_order = {table: counts[table] for table in TABLES if table in counts}
    return Loaded(in_order, sorted(not_taken, key=lambda row: row.ordinal))


def _as_staged(row: ImportedRow, values: Mapping[str, Any]) -> str:
    staged = {"ordinal": row.ordinal, "kind": row.table, "id": row.values["id"], "org_id": row.values.get("org_id")}
    return to_json({**staged, "row": values})


def _stage(connection: Connection, rows: Sequence[str]) -> None:
    if rows:
        connection.execute(statement("run_imports/stage_rows"), {"rows": f"[{','.join(rows)}]"})


def _load(connection: Connection, what: str) -> tuple[int, int]:
    """Judge the rows of a table by what they refer to, and load the others. Returns how many are new and updated."""
    connection.execute(statement(f"run_imports/judge_{what}"))
    are_new = Counter(connection.execute(statement(f"run_imports/load_{what}")).scalars())
    return are_new[True], are_new[False]


def _load_companies(
    connection: Connection, rows: Sequence[ImportedRow], counts: dict[str, TableCounts]
) -> list[NotTaken]:
    """Find or make the companies, and note which is which."""
    if not rows:
        return []
    named = [CompanyRow(row.values["name"], row.values.get("domain")) for row in rows]
    upserted = upsert_companies(connection, named, source_system=SOURCE_SYSTEM)
    known = [(row, saved) for row, saved in zip(rows, upserted.saved, strict=True) if saved is not None]
    pairs = [{"id": row.values["id"], "company_id": saved.id} for row, saved in known]
    connection.execute(statement("run_imports/stage_companies"), {"rows": to_json(without_nones(pairs))})
    new = sum(saved.is_new for _, saved in known)
    counts["companies"] = TableCounts(len(rows), new=new, unchanged=len(known) - new, rejected=len(upserted.failures))
    return [
        NotTaken(rows[failure.position].ordinal, "companies", failure.reason, rows[failure.position].values)
        for failure in upserted.failures
    ]
