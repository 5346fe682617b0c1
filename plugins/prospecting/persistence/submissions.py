"""Submissions: what an org wants researched, the pipeline run of each entity, and how all of them stand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.identity_tokens import identity_tokens
from prospecting.parsing.subjects import Fields
from prospecting.persistence.database import clean_value, to_json
from prospecting.persistence.erased_identities import erased_among
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a blueprint, as a run's snapshot has it."""

    position: int
    operation_id: str | None
    config: Mapping[str, Any]
    condition: Any
    is_fan_out: bool
    step_id: str | None = None

    @classmethod
    def read(cls, raw: Mapping[str, Any], position: int) -> Step:
        config = raw.get("step_config")
        config = config if isinstance(config, Mapping) else {}
        given = raw.get("position")
        operation_id = raw.get("operation_id")
        step_id = raw.get("id") or raw.get("blueprint_step_id")
        return cls(
            position=given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else position,
            operation_id=operation_id if isinstance(operation_id, str) and operation_id.strip() else None,
            config=config,
            # A condition in the configuration comes before the step's own, even to say that there is none.
            condition=config["condition"] if "condition" in config else raw.get("condition"),
            is_fan_out=raw.get("fan_out") is True or config.get("fan_out") is True,
            step_id=step_id if _is_uuid(step_id) else None,
        )


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run somebody should work on. ``label`` names it without naming a person."""

    run_id: UUID
    label: str


def find_org(connection: Connection, org: str) -> UUID | None:
    """The org with this id or slug (in any case), or ``None``."""
    org = str(UUID(org.strip())) if _is_uuid(org.strip()) else org.strip()
    found: UUID | None = connection.execute(statement("research/find_org"), {"org": org}).scalar_one_or_none()
    return found


def has_research(connection: Connection, org: str) -> bool:
    """True when the org, by id or slug, has research that later submissions may use again."""
    org_id = find_org(connection, org)
    if org_id is None:
        return False
    return bool(connection.execute(statement("research/has_research"), {"org_id": org_id}).scalar_one())


def ensure_org(connection: Connection, org: str) -> UUID:
    """The org with this id or slug; an unknown slug creates it. Raises ``LookupError`` for an unknown id."""
    found = find_org(connection, org)
    if found is None:
        if _is_uuid(org):
            raise LookupError(f"No org {org.strip()}: see the table orgs, or give a slug, which creates it")
        connection.execute(statement("research/create_org"), {"slug": org.strip()})
        found = find_org(connection, org)
    if found is None:
        raise LookupError("The org disappeared while it was being created")
    return found


def create_submission(
    connection: Connection,
    *,
    org_id: UUID,
    entities: Sequence[Mapping[str, Any]],
    steps: Sequence[Mapping[str, Any]],
    entity_type: str,
    request_key: str | None = None,
    source: str = "research_pipeline",
    metadata: Mapping[str, Any] | None = None,
) -> UUID:
    """Store what is asked. Returns the submission's id: what an org asks twice is one, unless the first was canceled.

    Requests with equal ``request_key`` are the same; it defaults to what is asked, in whatever order its entities come.
    Raises ``ValueError`` for people who asked to be forgotten: nothing is found out about them any more.
    """
    if forgotten := _forgotten(connection, entities):
        numbers = ", ".join(str(position) for position in forgotten)
        raise ValueError(f"entities: those at {numbers} (counted from 1) asked to be forgotten; leave them out")
    request_key = request_key or _request_key(entities, steps, entity_type)
    connection.execute(
        statement("research/create_submission"),
        {
            "org_id": org_id,
            "source": source,
            "input_payload": to_json({"entity_type": entity_type, "entities": list(entities)}),
            "blueprint": to_json({"entity_type": entity_type, "steps": list(steps)}),
            "metadata": to_json(metadata) if metadata else None,
            "request_key": request_key,
        },
    )
    # A statement of its own, so that it sees what another transaction has just committed.
    found: UUID | None = connection.execute(
        statement("research/find_submission"), {"org_id": org_id, "request_key": request_key}
    ).scalar_one_or_none()
    if found is None:
        raise LookupError("The submission disappeared while it was being created")
    return found


def _forgotten(connection: Connection, entities: Sequence[Mapping[str, Any]]) -> list[int]:
    """The numbers of entities, from 1, who asked to be forgotten."""
    people = [
        (number, described)
        for number, entity in enumerate(entities, 1)
        if (described := Fields.of(_input_of(dict(entity))).described()) is not None
    ]
    erased = erased_among(connection, [described for _, described in people])
    return [number for number, described in people if any(described is one for one in erased)]


def _request_key(entities: Sequence[Any], steps: Sequence[Any], entity_type: str) -> str:
    """SHA-256 of what is asked."""
    asked = json.dumps(
        clean_value(
            [entity_type, list(steps), sorted(json.dumps(clean_value(each), sort_keys=True) for each in entities)]
        ),
        sort_keys=True,
    )
    return hashlib.sha256(asked.encode()).hexdigest()


def open_submission(connection: Connection, submission_id: UUID) -> int:
    """Make sure that a submission has its runs: one per entity, with a queued result for every enabled step.

    Returns how many runs it has. Raises ``LookupError`` when the submission does not exist or was canceled,
    ``ValueError`` when it has neither runs nor steps to make them from.
    """
    submission = _submission(connection, submission_id)
    existing: int = connection.execute(statement("research/count_runs"), {"submission_id": submission_id}).scalar_one()
    if existing:
        return existing
    blueprint = submission["blueprint"] if isinstance(submission["blueprint"], dict) else {}
    steps = [step for step in blueprint.get("steps") or [] if isinstance(step, dict)]
    if not steps:
        raise ValueError(
            f"Submission {submission_id} has no pipeline runs, and no steps in submissions.blueprint to make them "
            'from: store {"steps": [{"operation_id": "..."}]} there, or trigger with steps of your own'
        )
    payload = submission["input_payload"]
    entities = payload.get("entities") if isinstance(payload, dict) else payload
    if not isinstance(entities, list):
        entities = [payload] if isinstance(payload, dict) and payload else []
    entities = [entity for entity in entities if isinstance(entity, dict)]
    positions = [step.position for step in steps_from(steps, 1)]
    if twice := sorted({position for position in positions if positions.count(position) > 1}):
        raise ValueError(
            f"Submission {submission_id} has two steps at position {twice[0]}: give each its own in "
            "submissions.blueprint"
        )
    if not entities:
        raise ValueError(f"Submission {submission_id} names no entities: input_payload.entities is empty")
    default_type = blueprint.get("entity_type") or (payload.get("entity_type") if isinstance(payload, dict) else None)
    create_runs(
        connection,
        submission_id,
        steps,
        [
            (index, str(entity.get("entity_type") or default_type or entity_type_of(steps)), _input_of(entity))
            for index, entity in enumerate(entities)
        ],
    )
    update_submission_status(connection, submission_id)
    return len(entities)


def _input_of(entity: dict[str, Any]) -> dict[str, Any]:
    """The input of an entity, which is given plain or as ``{"entity_type": ..., "input": {...}}``."""
    given = entity.get("input")
    return given if isinstance(given, dict) else entity


def _submission(connection: Connection, submission_id: UUID) -> RowMapping:
    row = (
        connection.execute(statement("research/lock_submission"), {"submission_id": submission_id})
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise LookupError(f"No submission {submission_id}: see the table submissions")
    if row["status"] == "canceled":
        raise LookupError(f"Submission {submission_id} was canceled; submit it again to have it researched")
    return row


def entity_type_of(steps: Sequence[Any], after: int = 0) -> str:
    """``person`` or ``company``: the first word of the first enabled operation past position ``after``."""
    first = next((step.operation_id for step in steps_from(steps, after + 1) if step.operation_id), "")
    return "person" if first.split(".")[0] == "person" else "company"


def create_runs(
    connection: Connection,
    submission_id: UUID,
    steps: Sequence[Mapping[str, Any]],
    entities: Sequence[tuple[int, str, Mapping[str, Any]]],
    *,
    parent_id: UUID | None = None,
    start_from: int = 1,
) -> list[UUID]:
    """Add a run for each (index, entity type, input), with the enabled steps from ``start_from`` on. Returns ids."""
    if not entities:
        return []
    version = crc32(to_json(list(steps)).encode()) & 0x7FFFFFFF
    rows = []
    for index, entity_type, given in entities:
        snapshot: dict[str, Any] = {
            "blueprint": {"steps": len(steps)},
            "steps": list(steps),
            "entity": {"index": index, "entity_type": entity_type, "input": dict(given)},
        }
        if parent_id is not None:
            snapshot["fan_out"] = {"parent_pipeline_run_id": str(parent_id), "start_from_position": start_from}
        rows.append({"snapshot": snapshot, "version": version, "entity_index": index})
    created = connection.execute(
        statement("research/create_runs"),
        {"submission_id": submission_id, "parent_id": parent_id, "rows": to_json(rows)},
    ).all()
    queue_steps(connection, [row.id for row in created], steps_from(steps, start_from), attempt=1)
    return [row.id for row in sorted(created, key=lambda row: row.entity_index)]


def steps_from(steps: Sequence[Any], start_from: int) -> list[Step]:
    """The enabled steps at ``start_from`` or later, by position."""
    read = [
        Step.read(step, number)
        for number, step in enumerate(steps, 1)
        if isinstance(step, Mapping) and step.get("is_enabled", step.get("enabled", True)) is not False
    ]
    return sorted((step for step in read if step.position >= start_from), key=lambda step: step.position)


def queue_steps(connection: Connection, run_ids: Sequence[UUID], steps: Sequence[Step], *, attempt: int) -> None:
    """Add a queued result for each of the steps to each of the runs."""
    rows = [
        {"run_id": str(run_id), "position": step.position, "attempt": attempt, "step_id": step.step_id}
        for run_id in run_ids
        for step in steps
    ]
    if rows:
        connection.execute(statement("research/create_steps"), {"rows": to_json(rows)})


def find_waiting_runs(
    connection: Connection,
    submission_id: UUID,
    *,
    statuses: Sequence[str],
    limit: int,
    only_roots: bool = False,
    only_new: bool = False,
) -> Page[WaitingRun]:
    """Runs in one of ``statuses``, oldest first.

    ``only_roots`` leaves out the children of fan-outs, ``only_new`` the runs that somebody has worked on before.
    """
    rows = connection.execute(
        statement("research/find_waiting_runs"),
        {
            "submission_id": submission_id,
            "statuses": list(statuses),
            "only_roots": only_roots,
            "only_new": only_new,
            "limit": limit,
        },
    ).all()
    return Page(
        (WaitingRun(row.id, _label(row.entity, row.entity_index)) for row in rows),
        total=rows[0].total if rows else 0,
    )


def _label(entity: Any, index: int | None) -> str:
    """A company's domain or name, a person's number: labels are stored where personal data must not be."""
    entity = entity if isinstance(entity, dict) else {}
    number = index if index is not None else entity.get("index")
    kind = entity.get("entity_type")
    kind = kind if kind in ("company", "person") else "entity"
    given = entity.get("input") if isinstance(entity.get("input"), dict) else {}
    name = ""
    if kind == "company":
        tokens = identity_tokens("company", given)
        name = next((token.rsplit(":", 1)[1] for token in tokens if token.startswith("company:domain:")), "")
        name = name or str(given.get("company_name") or "")
    numbered = f"{kind} {number + 1}" if isinstance(number, int) else kind
    return f"{numbered}: {name}"[:200] if name else numbered


def update_submission_status(connection: Connection, submission_id: UUID) -> None:
    """Derive a submission's status from its runs."""
    # One at a time, and the status by a statement of its own: of two runs that end at once, the second sees the first.
    connection.execute(statement("research/wait_for_submission"), {"submission_id": submission_id})
    connection.execute(statement("research/update_submission_status"), {"submission_id": submission_id})


# ------------------------------------------------------------------------------------------------------- report
def find_unwritten_results(
    connection: Connection, submission_id: UUID, operation_ids: Sequence[str]
) -> list[tuple[UUID, str]]:
    """(step result, operation id) of found results that are not in their table yet, oldest first."""
    rows = connection.execute(
        statement("research/find_unwritten_results"),
        {"submission_id": submission_id, "operation_ids": list(operation_ids)},
    )
    return [(row.id, row.result_operation_id) for row in rows]


def query_report(connection: Connection, submission_id: UUID) -> dict[str, Sequence[RowMapping]]:
    """How a submission stands: ``runs`` by status, ``steps`` by operation, ``writes`` by kind, ``failures`` by reason.

    Of each entity its newest attempt counts, of each step its newest try.
    """
    parameters = {"submission_id": submission_id}
    return {
        part: connection.execute(statement(f"research/report_{part}"), parameters).mappings().all()
        for part in ("runs", "steps", "writes", "failures")
    }


def query_results(connection: Connection, submission_id: UUID, *, limit: int) -> Page[dict[str, Any]]:
    """Briefings and job titles that come from a submission: kind, entity, name, client, processor, researched_at."""
    rows = connection.execute(statement("research/query_results"), {"submission_id": submission_id, "limit": limit})
    return page_of(rows.mappings().all())


def find_provider_run(connection: Connection, run_id: UUID) -> str | None:
    """The number of a pipeline run's newest deep research at its provider, once it has ended; ``None`` without one."""
    found: str | None = connection.execute(
        statement("research/find_provider_run"), {"run_id": run_id}
    ).scalar_one_or_none()
    return found


def summary_lines(submission_id: UUID | str, report: Mapping[str, Any]) -> list[str]:
    """The report as lines for the log, without personal data."""
    lines = [f"Submission {submission_id}"]
    for row in report["runs"]:
        children = f" ({row['children']} from fan-outs)" if row["children"] else ""
        lines.append(f"- runs {row['status']}: {row['runs']}{children}")
    for row in report["steps"]:
        result = f", {row['result']}" if row["result"] else ""
        lines.append(f"- steps {row['status']}{result}: {row['steps']} {row['what']}".rstrip())
    for row in report["writes"]:
        reason = f", {row['reason']}" if row["reason"] else ""
        lines.append(f"- {row['kind']} results {row['status']}{reason}: {row['results']}")
    return lines


def _is_uuid(value: Any) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
