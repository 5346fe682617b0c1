"""Takes a person out of the ledger, of research about them or about others, and of what users noted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.database import to_json
from prospecting.persistence.erased_identities import DETAIL, REASON
from prospecting.persistence.erasure_search import Changed, Search, found_rows, redacted, write
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.statements import statement
from prospecting.persistence.submissions import update_submission_status


# --------------------------------------------------------------------------------------------------------- the ledger
def redact_calls(connection: Connection, search: Search) -> dict[str, int]:
    """Calls that asked about the person lose question and answer, other answers the person. What they cost stays."""
    table = metadata.tables["agent_calls"]
    rows = (_call(search, row) for row in found_rows(connection, search, table))
    return {"agent_calls": write(connection, search, table, rows)}


def _call(search: Search, row: RowMapping) -> Changed:
    changes = redacted("agent_calls", row, search.redactor)
    if "request" not in changes:
        return row, changes
    # Failed rather than abandoned: an answer that is still on its way is not taken any more. Nobody is given this one.
    return row, {
        "request": {},
        "request_key": f"{REASON}:{row['id']}",
        "response": None if row["response"] is None else b"",
        "status": "failed",
        "error_kind": REASON,
        "error_message": DETAIL,
    }


# ---------------------------------------------------------------------------------------------------------- research
def redact_research(connection: Connection, search: Search) -> dict[str, int]:
    """Runs about the person end and lose what they were given and found; all others lose the person."""
    runs, steps, submissions = (metadata.tables[name] for name in ("pipeline_runs", "step_results", "submissions"))
    found = [(row, redacted(runs.name, row, search.redactor)) for row in found_rows(connection, search, runs)]
    about = [row["id"] for row, _ in found if _is_run_about(search, row)]
    counts = {runs.name: write(connection, search, runs, iter(found))}
    emptied = _end_runs(connection, search, about)
    others = (
        (row, redacted(steps.name, row, search.redactor))
        for row in found_rows(connection, search, steps)
        if row["id"] not in emptied
    )
    counts[steps.name] = len(emptied) + write(connection, search, steps, others)
    counts[submissions.name] = _redact_submissions(connection, search)
    return counts


def _is_run_about(search: Search, row: RowMapping) -> bool:
    snapshot = row["blueprint_snapshot"]
    entity = snapshot.get("entity") if isinstance(snapshot, Mapping) else None
    given = entity.get("input") if isinstance(entity, Mapping) else None
    return isinstance(given, Mapping) and search.redactor.is_about(given)


def _end_runs(connection: Connection, search: Search, run_ids: list[UUID]) -> set[UUID]:
    """Leave nothing of runs about the person. Returns the tries of steps that said anything."""
    if not run_ids:
        return set()
    runs = {"run_ids": run_ids}
    steps = set(connection.execute(statement("erasure/steps_of_runs"), runs).scalars())
    if not search.dry_run:
        canceled = set(connection.execute(statement("erasure/cancel_runs"), runs).scalars())
        results = {"step_result_ids": list(steps)}
        connection.execute(statement("erasure/empty_steps"), results)
        connection.execute(statement("erasure/forget_briefing_writes"), results)
        for submission_id in sorted(canceled):
            update_submission_status(connection, submission_id)
    return steps


def _redact_submissions(connection: Connection, search: Search) -> int:
    table = metadata.tables["submissions"]
    deserted: list[UUID] = []

    def changed() -> Iterator[Changed]:
        for row in found_rows(connection, search, table):
            changes = redacted(table.name, row, search.redactor)
            if "input_payload" in changes and not _names_anybody(changes["input_payload"]):
                deserted.append(row["id"])
            yield row, changes

    total = write(connection, search, table, changed())
    if deserted and not search.dry_run:
        connection.execute(statement("erasure/cancel_submissions"), {"submission_ids": deserted})
    return total


def _names_anybody(payload: Any) -> bool:
    entities = payload.get("entities") if isinstance(payload, Mapping) else payload
    return bool(payload) and entities != []


def redact_entities(connection: Connection, search: Search) -> dict[str, int]:
    """Delete the memory of the person that later runs would go on from; entities of others lose the person."""
    table = metadata.tables["research_entities"]
    subject = search.subject
    tokens = {f"person:linkedin:{profile}" for profile in subject.profiles}
    tokens |= {f"person:email:{email}" for email in subject.emails}

    def changed(row: RowMapping) -> Changed:
        payload = row["payload"]
        is_about = isinstance(payload, Mapping) and search.redactor.is_about(payload)
        if is_about or not tokens.isdisjoint(row["tokens"]):
            return row, None
        return row, redacted(table.name, row, search.redactor)

    return {table.name: write(connection, search, table, map(changed, found_rows(connection, search, table)))}


# ------------------------------------------------------------------------------------------------------- interactions
def redact_interactions(connection: Connection, search: Search, erasure_id: UUID | None) -> dict[str, int]:
    """Interactions are append-only; a function changes the metadata of those that mention the person, and no other."""
    table = metadata.tables["user_interactions"]
    rows = [
        {"id": row["id"], **changes}
        for row in found_rows(connection, search, table)
        if (changes := redacted(table.name, row, search.redactor))
    ]
    if rows and not search.dry_run:
        values = {"erasure_id": erasure_id, "interactions": to_json(rows)}
        connection.execute(statement("erasure/redact_interactions"), values)
    return {table.name: len(rows)}
