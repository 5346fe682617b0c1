"""Forgetting a person: plan, decision, the erasure itself, receipt.

An erasure is a series of transactions, one a table and each counted on its row, so that one that was cut off goes on
where it stood. First of all the hashes are stored by which the person would be recognised; from then on nobody brings
them back. What others were writing meanwhile is looked through once more at the end. Logs carry counts, and no names.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence import erasure, erasures
from prospecting.persistence.erasure import PARTS, Target
from prospecting.persistence.erasure_search import Search
from prospecting.persistence.erasures import Erasure
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.erasure_params import PersonErasureParams
from prospecting.services.progress import log_progress
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

_LAST = "spine"
"""The part that deletes the person; after it nobody knows any more who that was."""


# ------------------------------------------------------------------------------------------------------------- the plan
def plan_erasure(runtime: Runtime, params: PersonErasureParams, *, airflow_run_id: str) -> Erasure:
    """Count what would be erased, and keep that as the plan of an erasure that waits for a decision.

    With ``params.erasure_id``, that one is found again, if it is about whom the params name. Raises ``LookupError`` and
    ``ValueError`` as ``find_target`` does, without a value, and ``ValueError`` when the erasure is about somebody else.
    """
    try:
        target = runtime.read(lambda connection: erasure.find_target(connection, **params.subject()))
    except LookupError:
        if (done := _erased_before(runtime, params.erasure_id, airflow_run_id)) is not None:
            return done
        raise
    if params.erasure_id is not None:
        erasure_id = params.erasure_id
        opened = runtime.read(lambda connection: erasures.find_erasure(connection, erasure_id, target))
    else:
        opened = runtime.write(
            lambda connection: erasures.open_erasure(connection, target, airflow_run_id=airflow_run_id)
        )
        close_abandoned_runs(runtime)
    log.info("Erasure %s", opened.id)
    if opened.decision is not None or (params.erasure_id is not None and opened.status == "planned"):
        return opened
    counts = _count(runtime, target)
    runtime.write(lambda connection: erasures.note_plan(connection, opened.id, counts))
    return find_erasure(runtime, opened.id)


def _erased_before(runtime: Runtime, erasure_id: UUID | None, airflow_run_id: str) -> Erasure | None:
    """The erasure that has deleted whom the params name, for a task that runs again after it did its work."""

    def find(connection: Connection) -> Erasure | None:
        if erasure_id is not None:
            return erasures.find_erasure(connection, erasure_id)
        return erasures.find_erasure_of_run(connection, airflow_run_id)

    found = runtime.read(find)
    return found if found is not None and _is_deleted(found) else None


def _is_deleted(found: Erasure) -> bool:
    return found.status == "completed" or bool(found.erased.get("persons"))


def _count(runtime: Runtime, target: Target) -> dict[str, int]:
    search = runtime.read(lambda connection: erasure.search_for(connection, target, dry_run=True))
    total: dict[str, int] = {}
    for number, name in enumerate(PARTS, 1):
        counts = runtime.read(partial(_part, search=search, name=name, erasure_id=None))
        _add(total, counts)
        log_progress(log, number, len(PARTS), f"looked through {name}", f"{sum(counts.values())} rows")
    return total


def _part(connection: Connection, search: Search, name: str, erasure_id: UUID | None) -> dict[str, int]:
    counts = erasure.erase_part(connection, search, name, erasure_id)
    if erasure_id is not None:
        erasures.add_counts(connection, erasure_id, counts)
    return counts


def _add(total: dict[str, int], counts: Mapping[str, int]) -> None:
    for table, count in counts.items():
        total[table] = total.get(table, 0) + count


def find_erasure(runtime: Runtime, erasure_id: UUID) -> Erasure:
    """The stored erasure. Raises ``LookupError`` when there is none."""
    return runtime.read(lambda connection: erasures.find_erasure(connection, erasure_id))


# --------------------------------------------------------------------------------------------------------- the decision
def approve(runtime: Runtime, erasure_id: UUID, approved_by: str) -> Erasure:
    """Record who approved. Raises ``ValueError`` when it was rejected before, or nothing is planned."""
    return runtime.write(
        lambda connection: erasures.decide(connection, erasure_id, is_approved=True, decided_by=approved_by)
    )


def reject(runtime: Runtime, erasure_id: UUID, rejected_by: str | None) -> Erasure:
    """Record who rejected, or that nobody answered (``None``). Raises ``ValueError`` when it was approved before."""
    return runtime.write(
        lambda connection: erasures.decide(connection, erasure_id, is_approved=False, decided_by=rejected_by)
    )


# ----------------------------------------------------------------------------------------------------------- erasing
def erase_person(runtime: Runtime, subject: Mapping[str, Any], erasure_id: UUID) -> Erasure:
    """Erase whom an approved erasure is about; ``subject`` says again who that is. Returns the erasure with its counts.

    One that is completed stays so. Raises ``ValueError`` when nobody approved it, or it is about somebody else.
    """
    found = runtime.write(lambda connection: erasures.resume(connection, erasure_id))
    if found.status == "completed":
        return found
    if (target := _target(runtime, subject, found)) is not None:
        _erase(runtime, target, erasure_id)
    runtime.write(lambda connection: erasures.finish(connection, erasure_id, status="completed"))
    return find_erasure(runtime, erasure_id)


def _target(runtime: Runtime, subject: Mapping[str, Any], found: Erasure) -> Target | None:
    """Who is to be erased; ``None`` when an earlier try, or another erasure, has deleted them."""

    def find(connection: Connection) -> Target | None:
        try:
            target = erasure.find_target(connection, **subject)
        except LookupError:
            if _is_deleted(found) or _was_about(connection, found, subject):
                return None
            raise
        if not target.person_ids and _is_deleted(found):
            return None
        erasures.find_erasure(connection, found.id, target)
        return target

    return runtime.read(find)


def _was_about(connection: Connection, found: Erasure, subject: Mapping[str, Any]) -> bool:
    """True when the erasure was planned for the person of this id, who is not stored any more."""
    try:
        erasures.find_erasure(connection, found.id, Target.of_person(subject["person_id"]))
    except ValueError:
        return False
    return True


def _erase(runtime: Runtime, target: Target, erasure_id: UUID) -> None:
    since = runtime.read(erasure.begun_at)
    new = runtime.write(lambda connection: erasure.fence(connection, target, erasure_id))
    log.info("%d identities are refused from now on", new)
    search = runtime.read(lambda connection: erasure.search_for(connection, target))
    for number, name in enumerate(PARTS, 1):
        counts = runtime.write(partial(_part, search=search, name=name, erasure_id=erasure_id))
        log_progress(log, number, len(PARTS), f"erased from {name}", f"{sum(counts.values())} rows")
    # What others had read before the hashes were there, and have written since.
    late = replace(search, since=since)
    for name in PARTS:
        if name != _LAST:
            runtime.write(partial(_part, search=late, name=name, erasure_id=erasure_id))


def close_erasure(runtime: Runtime, erasure_id: UUID, error: str | None) -> Erasure:
    """Close an erasure that did not come to its end with ``error``; others stay as they are. Returns it."""
    if error is not None:
        runtime.write(lambda connection: erasures.finish(connection, erasure_id, status="failed", error=error))
    return find_erasure(runtime, erasure_id)


# ------------------------------------------------------------------------------------------------------------ in words
def question(found: Erasure) -> tuple[str, str]:
    """The question to a person who has to approve an erasure: subject and body, without anybody's name."""
    rows = sum(found.planned.values())
    subject = f"Erase a person for good: {rows} rows in {len(found.planned)} tables"
    body = "\n".join(
        [
            f"Erasure `{found.id}`, planned by the run `{found.airflow_run_id}`, whose params say who is meant.",
            "",
            "| table | rows |",
            "|---|---|",
            *(f"| `{table}` | {count} |" for table, count in sorted(found.planned.items())),
            "",
            "**Approve** deletes the person, takes them out of everything else that is stored, and keeps them from "
            "coming in again. It cannot be undone. **Reject** changes nothing, and so does leaving this unanswered.",
        ]
    )
    return subject, body


def summary_lines(found: Erasure) -> Iterator[str]:
    """The receipt of an erasure, or what can be done next; counts only."""
    yield f"Erasure {found.id}: {found.status}"
    counts, done = (found.erased, "erased") if found.decision == "approved" else (found.planned, "to be erased")
    for table, count in sorted(counts.items()):
        yield f"- {table}: {count} rows {done}"
    if not counts:
        yield f"- nothing is stored that is {done}"
    if found.status == "planned":
        yield (
            "Nothing was changed. To erase the person, trigger person_erasure with the same person and "
            f'{{"erasure_id": "{found.id}", "approved_by": "<your name>"}}'
        )
    elif found.status == "rejected" and found.decided_by is None:
        yield "Nobody answered in time, which counts as a rejection; nothing was changed"
    elif found.status == "rejected":
        yield "It was rejected; nothing was changed"
    elif found.status == "completed":
        yield f"Approved by {found.decided_by}. What is beyond the database: docs/runbooks/accounts.md"
