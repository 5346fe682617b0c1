"""Submissions, pipeline runs and their steps: what is asked of research, and how far each entity has come.

A run is moved by whoever works on it, one short transaction at a time and under the run's row lock: ``advance`` decides
what comes next, ``finish_step`` and ``fail_step`` write how it went. Everything they need is in the database, so that
any worker can go on where another one stopped, and two at once decide the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.conditions import condition_holds
from prospecting.parsing.identity_tokens import Deduplicated, drop_duplicates, identity_tokens
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.statements import statement

RAW_RESPONSE = "parallel_raw_response"
"""The one field of an output that later steps do not get: it is large, and stored with its own step."""

_ENDED = {"succeeded", "skipped"}


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
class StepToRun:
    """What a worker has to do next for a run."""

    run_id: UUID
    org_id: UUID
    submission_id: UUID
    step_result_id: UUID
    position: int
    operation_id: str
    config: Mapping[str, Any]
    entity_type: str
    context: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RunEnd:
    """A run that needs nobody any more: ``succeeded``, ``failed`` or ``canceled``."""

    status: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run somebody should work on. ``label`` names it without naming a person."""

    run_id: UUID
    label: str


# -------------------------------------------------------------------------------------------------- submissions
def find_org(connection: Connection, org: str) -> UUID | None:
    """The org with this id or slug (in any case), or ``None``."""
    org = str(UUID(org.strip())) if _is_uuid(org.strip()) else org.strip()
    found: UUID | None = connection.execute(statement("research/find_org"), {"org": org}).scalar_one_or_none()
    return found


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
    airflow_run_id: str,
    source: str = "research_pipeline",
    metadata: Mapping[str, Any] | None = None,
) -> UUID:
    """Store what is asked; the same Airflow run always gets the same submission. Answers its id."""
    connection.execute(
        statement("research/create_submission"),
        {
            "org_id": org_id,
            "source": source,
            "input_payload": to_json({"entity_type": entity_type, "entities": list(entities)}),
            "blueprint": to_json({"entity_type": entity_type, "steps": list(steps)}),
            "metadata": to_json(metadata) if metadata else None,
            "airflow_run_id": airflow_run_id,
        },
    )
    # A statement of its own, so that it sees what another transaction has just committed.
    found = find_submission_of_run(connection, airflow_run_id)
    if found is None:
        raise LookupError("The submission disappeared while it was being created")
    return found


def find_submission_of_run(connection: Connection, airflow_run_id: str) -> UUID | None:
    """The submission an Airflow run has opened, or ``None``."""
    found: UUID | None = connection.execute(
        statement("research/submission_of_run"), {"airflow_run_id": airflow_run_id}
    ).scalar_one_or_none()
    return found


def open_submission(connection: Connection, submission_id: UUID) -> int:
    """Make sure that a submission has its runs: one per entity, with a queued result for every enabled step.

    Answers how many runs it has. Raises ``LookupError`` when there is no such submission or it was canceled,
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
            f"Submission {submission_id} has no pipeline runs, and no steps in submissions.blueprint to make them from: "
            'store {"steps": [{"operation_id": "..."}]} there, or trigger with steps of your own'
        )
    payload = submission["input_payload"]
    entities = payload.get("entities") if isinstance(payload, dict) else payload
    if not isinstance(entities, list):
        entities = [payload] if isinstance(payload, dict) and payload else []
    entities = [entity for entity in entities if isinstance(entity, dict)]
    positions = [step.position for step in _steps_from(steps, 1)]
    if twice := sorted({position for position in positions if positions.count(position) > 1}):
        raise ValueError(
            f"Submission {submission_id} has two steps at position {twice[0]}: give each its own in submissions.blueprint"
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
    _tell(connection, submission_id)
    return len(entities)


def _input_of(entity: dict[str, Any]) -> dict[str, Any]:
    """Entities come plain, or as ``{"entity_type": ..., "input": {...}}``."""
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
    """What the steps are about, by the first word of the first enabled operation past position ``after``; else company."""
    first = next((step.operation_id for step in _steps_from(steps, after + 1) if step.operation_id), "")
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
    """Add a run for each (index, entity type, input) with the enabled steps from ``start_from`` on. Answers their ids."""
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
    _queue_steps(connection, [row.id for row in created], _steps_from(steps, start_from), attempt=1)
    return [row.id for row in sorted(created, key=lambda row: row.entity_index)]


def _steps_from(steps: Sequence[Any], start_from: int) -> list[Step]:
    """Enabled steps at ``start_from`` or later, by position."""
    read = [
        Step.read(step, number)
        for number, step in enumerate(steps, 1)
        if isinstance(step, Mapping) and step.get("is_enabled", step.get("enabled", True)) is not False
    ]
    return sorted((step for step in read if step.position >= start_from), key=lambda step: step.position)


def _queue_steps(connection: Connection, run_ids: Sequence[UUID], steps: Sequence[Step], *, attempt: int) -> None:
    rows = [
        {"run_id": str(run_id), "position": step.position, "attempt": attempt, "step_id": step.step_id}
        for run_id in run_ids
        for step in steps
    ]
    if rows:
        connection.execute(statement("research/create_steps"), {"rows": to_json(rows)})


def find_waiting_runs(
    connection: Connection, submission_id: UUID, *, statuses: Sequence[str], most: int, only_roots: bool = False
) -> tuple[list[WaitingRun], int]:
    """Runs in one of ``statuses``, oldest first, ``most`` at most; and how many there are.

    ``only_roots`` leaves out the children of fan-outs.
    """
    rows = connection.execute(
        statement("research/waiting_runs"),
        {"submission_id": submission_id, "statuses": list(statuses), "only_roots": only_roots, "most": most},
    ).all()
    return [WaitingRun(row.id, _label(row.entity, row.entity_index)) for row in rows], rows[0].total if rows else 0


def _label(entity: Any, index: int | None) -> str:
    """A company by its domain or name, a person by number: labels are stored where personal data must not be."""
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


# --------------------------------------------------------------------------------------------------------- runs
def claim_run(connection: Connection, run_id: UUID, *, claim: str, force_fresh: bool = False) -> RunEnd | None:
    """Begin or go on with a run; ``None`` when there is something to do.

    A failed run is taken up again with a further attempt of the failed step and those after it; with ``force_fresh``
    any run is, from its first step, once per ``claim``. ``claim`` says who works on it.
    """
    run = _run(connection, run_id)
    if run["status"] == "canceled":
        return RunEnd("canceled")
    steps = _steps_of(run)
    mine = f"{claim}/{run_id}"
    afresh = force_fresh and run["trigger_run_id"] != mine
    attempt = run["attempt"]
    if afresh and run["status"] != "queued":
        attempt += 1
        redone = steps
    elif run["status"] == "failed":
        attempt += 1
        results = _results(connection, run_id)
        ended = {position for position, row in results.items() if _is_done(row)}
        first = next((step.position for step in steps if step.position not in ended), None)
        redone = [step for step in steps if first is not None and step.position >= first]
    elif run["status"] == "succeeded":
        return RunEnd("succeeded")
    else:
        redone = []
    if redone:
        # What an earlier try left open will not be ended by anybody.
        _skip_rest(connection, run_id, redone[0].position - 1, "tried_again")
        _queue_steps(connection, [run_id], redone, attempt=max(attempt, 1 + _newest_attempt(connection, run_id)))
    connection.execute(statement("research/claim_run"), {"run_id": run_id, "trigger_run_id": mine, "attempt": attempt})
    _tell(connection, run["submission_id"])
    return None


def _is_done(row: RowMapping) -> bool:
    return row["status"] in _ENDED and not (row["status"] == "skipped" and row["is_consequence"])


def _newest_attempt(connection: Connection, run_id: UUID) -> int:
    return max((row["attempt"] for row in _results(connection, run_id).values()), default=0)


def advance(connection: Connection, run_id: UUID, *, task_run_id: str, force_fresh: bool = False) -> StepToRun | RunEnd:
    """What comes next for a run: a step to run, which is marked running; or its end, which is written down.

    Steps whose condition does not hold are skipped; so are those whose entity is still fresh, and what follows a
    skipped fan-out.
    """
    run = _run(connection, run_id)
    if run["status"] in ("succeeded", "failed", "canceled"):
        return RunEnd(run["status"], run["error_message"])
    steps = _steps_of(run)
    results = _results(connection, run_id)
    missing = [step for step in steps if step.position not in results]
    if missing:
        _queue_steps(connection, [run_id], missing, attempt=run["attempt"])
        results = _results(connection, run_id)
    context = _first_context(connection, run)
    entity_type = _entity_type(run)
    for step in steps:
        row = results[step.position]
        if row["status"] in _ENDED:
            context = _context_after(context, row)
            if row["status"] == "succeeded" and step.is_fan_out:
                break
            continue
        if row["status"] == "failed":
            return _fail(connection, run, step.position, f"Step {step.position} failed", None)
        if not step.operation_id:
            _end_step(connection, row["id"], "failed", {}, f"Step {step.position} names no operation", None)
            return _fail(connection, run, step.position, f"Step {step.position} names no operation", None)
        if not condition_holds(step.condition, context):
            _skip(connection, row["id"], "condition_not_met", {"operation_id": step.operation_id}, context)
            if step.is_fan_out:
                # What would have run for its results has none to run for.
                _skip_rest(connection, run_id, step.position, "parent_step_condition_not_met")
                break
            continue
        # A step that has begun goes on: what it asked for may be paid for.
        ask = force_fresh or row["status"] != "queued"
        known = None if ask else _fresh_entity(connection, run, step, entity_type, context)
        if known is not None:
            # It fills gaps: another client's run may have stored it, and whom this one is for stays as it was given.
            context = {**_without_raw(known["payload"]), **context}
            _skip(
                connection,
                row["id"],
                "entity_state_fresh",
                {
                    "operation_id": step.operation_id,
                    "entity_id": str(known["id"]),
                    "refreshed_at": known["refreshed_at"].isoformat(),
                },
                context,
            )
            if step.is_fan_out:
                _skip_rest(connection, run_id, step.position, "parent_step_fresh")
                break
            continue
        connection.execute(
            statement("research/begin_step"),
            {
                "step_result_id": row["id"],
                "task_run_id": task_run_id,
                "input_payload": to_json({"operation_id": step.operation_id, "input": context}),
            },
        )
        return StepToRun(
            run_id=run_id,
            org_id=run["org_id"],
            submission_id=run["submission_id"],
            step_result_id=row["id"],
            position=step.position,
            operation_id=step.operation_id,
            config=step.config,
            entity_type=entity_type,
            context=context,
        )
    _remember_entity(connection, run, entity_type, context)
    return _end(connection, run, "succeeded")


def finish_step(connection: Connection, step: StepToRun, operation_result: Mapping[str, Any]) -> bool:
    """Write what a step's operation answered; ``False`` when the step had ended already, which changes nothing.

    A result of status ``failed`` fails the step and its run. A fan-out makes its children here, in one transaction
    with the step, so that a repetition cannot make them twice.
    """
    run = _run(connection, step.run_id)
    if not _is_open(connection, run, step):
        return False
    if operation_result.get("status") == "failed":
        detail = _failure_of(operation_result)
        return fail_step(
            connection,
            step,
            message=f"Step {step.position} ({step.operation_id}) failed: {detail}",
            details={"code": detail, "phase": "result"},
            operation_result=operation_result,
        )
    output = operation_result.get("output")
    context = {**step.context, **_without_raw(output)} if isinstance(output, Mapping) else dict(step.context)
    payload: dict[str, Any] = {"operation_result": operation_result, "cumulative_context": context}
    this = next((each for each in _steps_of(run) if each.position == step.position), None)
    if this is not None and this.is_fan_out:
        payload["cumulative_context"] = context = {key: context[key] for key in context if key != "results"}
        payload["fan_out"] = _fan_out(connection, run, this, output, context)
        _skip_rest(connection, run["id"], step.position, "fanned_out")
    return _end_step(connection, step.step_result_id, "succeeded", payload, None, None)


def fail_step(
    connection: Connection,
    step: StepToRun,
    *,
    message: str,
    details: Mapping[str, Any] | None = None,
    operation_result: Mapping[str, Any] | None = None,
) -> bool:
    """Fail a step and its run, and skip the steps after it; ``False`` when the step had ended already."""
    run = _run(connection, step.run_id)
    if not _is_open(connection, run, step):
        return False
    payload = {"operation_result": operation_result or {}, "cumulative_context": dict(step.context)}
    _end_step(connection, step.step_result_id, "failed", payload, message, details)
    _fail(connection, run, step.position, message, details)
    return True


def _is_open(connection: Connection, run: RowMapping, step: StepToRun) -> bool:
    """Nobody else has ended this try of the step, or the run."""
    row = _results(connection, step.run_id).get(step.position)
    return (
        run["status"] == "running"
        and row is not None
        and row["id"] == step.step_result_id
        and row["status"] not in (*_ENDED, "failed")
    )


def fail_interrupted_runs(connection: Connection, submission_id: UUID, *, claim: str) -> int:
    """Fail the runs that ``claim`` worked on last and left unfinished; how many. What was paid for is found again."""
    message = "Interrupted: the task ended without an outcome. Clear it or trigger again, and it goes on where it was"
    rows = connection.execute(
        statement("research/interrupted_runs"), {"submission_id": submission_id, "claim": claim}
    ).all()
    for row in rows:
        run = _run(connection, row.id)
        results = _results(connection, row.id)
        begun = [found for found in results.values() if found["status"] in ("running", "retrying")]
        for found in begun:
            _end_step(connection, found["id"], "failed", {}, message, {"code": "interrupted"})
        after = min((found["step_position"] for found in begun), default=0)
        _fail(connection, run, after, message, {"code": "interrupted"})
    return len(rows)


def _run(connection: Connection, run_id: UUID) -> RowMapping:
    row = connection.execute(statement("research/lock_run"), {"run_id": run_id}).mappings().one_or_none()
    if row is None:
        raise LookupError(f"No pipeline run {run_id}: it was deleted, or the database is another one")
    return row


def _results(connection: Connection, run_id: UUID) -> dict[int, RowMapping]:
    rows = connection.execute(statement("research/steps_of_run"), {"run_id": run_id}).mappings()
    return {row["step_position"]: row for row in rows}


def _steps_of(run: RowMapping) -> list[Step]:
    snapshot = run["blueprint_snapshot"]
    steps = snapshot.get("steps") if isinstance(snapshot, dict) else None
    fan_out = snapshot.get("fan_out") if isinstance(snapshot, dict) else None
    start = fan_out.get("start_from_position") if isinstance(fan_out, dict) else None
    start = start if isinstance(start, int) and not isinstance(start, bool) and start > 0 else 1
    return _steps_from(steps if isinstance(steps, list) else [], start)


def _entity_type(run: RowMapping) -> str:
    snapshot = run["blueprint_snapshot"]
    entity = snapshot.get("entity") if isinstance(snapshot, dict) else None
    found = entity.get("entity_type") if isinstance(entity, dict) else None
    return str(found) if found else entity_type_of(snapshot.get("steps") or [])


def _first_context(connection: Connection, run: RowMapping) -> dict[str, Any]:
    snapshot = run["blueprint_snapshot"]
    entity = snapshot.get("entity") if isinstance(snapshot, dict) else None
    if isinstance(entity, dict) and isinstance(entity.get("input"), dict):
        return _without_raw(entity["input"])
    payload = connection.execute(
        statement("research/input_of_submission"), {"submission_id": run["submission_id"]}
    ).scalar_one()
    return _without_raw(payload) if isinstance(payload, dict) else {}


def _context_after(context: dict[str, Any], row: RowMapping) -> dict[str, Any]:
    if isinstance(row["cumulative_context"], dict):
        return _without_raw(row["cumulative_context"])
    return {**context, **_without_raw(row["output"])} if isinstance(row["output"], dict) else context


def _without_raw(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != RAW_RESPONSE}


def _failure_of(operation_result: Mapping[str, Any]) -> str:
    """The provider's code for a failed operation, or what was missing."""
    missing = operation_result.get("missing_inputs")
    if isinstance(missing, list) and missing:
        return "missing_inputs: " + ", ".join(str(name)[:100] for name in missing[:20])
    attempts = operation_result.get("provider_attempts")
    for attempt in attempts if isinstance(attempts, list) else []:
        if isinstance(attempt, Mapping) and attempt.get("error"):
            # A code, not a sentence: sentences of others may repeat what was asked.
            return str(attempt["error"]).split(":")[0][:100]
    return "the operation answered failed"


def _end_step(
    connection: Connection,
    step_result_id: UUID,
    status: str,
    payload: Mapping[str, Any],
    message: str | None,
    details: Mapping[str, Any] | None,
) -> bool:
    ended = connection.execute(
        statement("research/end_step"),
        {
            "step_result_id": step_result_id,
            "status": status,
            "output_payload": to_json(payload),
            "error_message": message,
            "error_details": to_json(details) if details else None,
        },
    )
    return ended.rowcount == 1


def _skip(
    connection: Connection, step_result_id: UUID, reason: str, metadata: Mapping[str, Any], context: Mapping[str, Any]
) -> None:
    payload = {"skip_reason": reason, "metadata": metadata, "cumulative_context": context}
    _end_step(connection, step_result_id, "skipped", payload, None, None)


def _skip_rest(connection: Connection, run_id: UUID, position: int, reason: str) -> None:
    connection.execute(
        statement("research/skip_steps"),
        {
            "run_id": run_id,
            "after_position": position,
            "reason": reason,
            "metadata": to_json({"after_position": position}),
        },
    )


def _fail(
    connection: Connection, run: RowMapping, position: int, message: str, details: Mapping[str, Any] | None
) -> RunEnd:
    _skip_rest(connection, run["id"], position, "upstream_step_failed")
    return _end(connection, run, "failed", error=message, details=details)


def _end(
    connection: Connection,
    run: RowMapping,
    status: str,
    *,
    error: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> RunEnd:
    connection.execute(
        statement("research/end_run"),
        {
            "run_id": run["id"],
            "status": status,
            "error_message": error,
            "error_details": to_json(details) if details else None,
        },
    )
    _tell(connection, run["submission_id"])
    return RunEnd(status, error)


def _tell(connection: Connection, submission_id: UUID) -> None:
    # One at a time, and the status by a statement of its own: of two runs that end at once, the second sees the first.
    connection.execute(statement("research/hold_submission"), {"submission_id": submission_id})
    connection.execute(statement("research/tell_submission"), {"submission_id": submission_id})


# ------------------------------------------------------------------------------------------------------ fan-out
def _fan_out(
    connection: Connection, run: RowMapping, step: Step, output: Any, context: Mapping[str, Any]
) -> dict[str, Any]:
    """Make a child run of each entity in ``output.results``, one per real entity; what was done, for the step's payload."""
    found = output.get("results") if isinstance(output, Mapping) else None
    entities = [entity for entity in found if isinstance(entity, Mapping)] if isinstance(found, list) else []
    steps = run["blueprint_snapshot"].get("steps") or []
    start = step.position + 1
    entity_type = str(step.config.get("fan_out_entity_type") or entity_type_of(steps, after=step.position))
    # An entity may say for itself what it is; only those of one type can be the same.
    own_types = [entity.get("entity_type") for entity in entities]
    types = [own if own in ("company", "person") else entity_type for own in own_types]
    unique = Deduplicated()
    for each in dict.fromkeys(types):
        of_type = [entity if kind == each else {} for entity, kind in zip(entities, types, strict=True)]
        found_of_type = drop_duplicates(each, of_type)
        unique.kept.extend(pair for pair in found_of_type.kept if types[pair[0]] == each)
        unique.duplicates.extend(found_of_type.duplicates)
    follows = bool(_steps_from(steps, start))
    children = [(index, types[index], {**context, **_without_raw(entity)}) for index, entity in unique.kept if follows]
    ids = create_runs(connection, run["submission_id"], steps, children, parent_id=run["id"], start_from=start)
    return {
        "child_run_ids": [str(child) for child in ids],
        "child_count": len(ids),
        "child_count_created": len(ids),
        "child_count_skipped_duplicates": len(unique.duplicates),
        "skipped_duplicate_identifiers": [token for _, token in unique.duplicates],
        "start_from_position": start,
    }


# ----------------------------------------------------------------------------------------------------- entities
def _fresh_entity(
    connection: Connection, run: RowMapping, step: Step, entity_type: str, context: Mapping[str, Any]
) -> RowMapping | None:
    """What is known of the run's entity, when the step accepts that instead of asking again."""
    wanted = step.config.get("skip_if_fresh")
    if not isinstance(wanted, Mapping):
        return None
    hours = wanted.get("max_age_hours")
    if not isinstance(hours, (int, float)) or isinstance(hours, bool) or not 0 < hours < 1_000_000:
        return None
    named = wanted.get("identity_fields")
    fields = (
        {name: context[name] for name in named if isinstance(name, str) and name in context}
        if isinstance(named, list) and named
        else context
    )
    tokens = identity_tokens(entity_type, fields)
    if not tokens:
        return None
    return (
        connection.execute(
            statement("research/fresh_entity"),
            {
                "org_id": run["org_id"],
                "entity_type": entity_type,
                "tokens": list(tokens),
                "max_age_seconds": hours * 3600,
            },
        )
        .mappings()
        .one_or_none()
    )


def _remember_entity(connection: Connection, run: RowMapping, entity_type: str, context: Mapping[str, Any]) -> None:
    """Keep what a run found out, for runs that come later. Runs without any answer of their own teach nothing."""
    tokens = identity_tokens(entity_type, context)
    asked = any(
        row["status"] == "succeeded" and row["output"] is not None for row in _results(connection, run["id"]).values()
    )
    if not tokens or not asked:
        return
    lock_keys(connection, "research_entity", [f"{run['org_id']}|{token}" for token in tokens])
    known = (
        connection.execute(
            statement("research/known_entities"),
            {"org_id": run["org_id"], "entity_type": entity_type, "tokens": list(tokens)},
        )
        .mappings()
        .first()
    )
    found_out = {name: value for name, value in context.items() if value not in (None, "")}
    parameters: dict[str, Any] = {"payload": to_json(found_out), "run_id": run["id"]}
    if known is None:
        connection.execute(
            statement("research/insert_entity"),
            {**parameters, "org_id": run["org_id"], "entity_type": entity_type, "tokens": list(tokens)},
        )
    else:
        connection.execute(
            statement("research/update_entity"),
            {**parameters, "id": known["id"], "tokens": sorted({*known["tokens"], *tokens})},
        )


def query_people(connection: Connection, domain: str) -> Sequence[RowMapping]:
    """People with a current role at the company of this (normalised) domain, one row each; the most telling role."""
    return connection.execute(statement("research/people_of_company"), {"domain": domain}).mappings().all()


# ------------------------------------------------------------------------------------------------------- report
def find_unwritten_results(
    connection: Connection, submission_id: UUID, operation_ids: Sequence[str]
) -> list[tuple[UUID, str]]:
    """(step result, operation id) of found results that are not in their table yet, oldest first."""
    rows = connection.execute(
        statement("research/unwritten_results"),
        {"submission_id": submission_id, "operation_ids": list(operation_ids)},
    )
    return [(row.id, row.result_operation_id) for row in rows]


def query_report(connection: Connection, submission_id: UUID) -> dict[str, Sequence[RowMapping]]:
    """How a submission stands: runs by status, steps by what and how, writes by kind and status, failures by reason."""
    parameters = {"submission_id": submission_id}
    return {
        part: connection.execute(statement(f"research/report_{part}"), parameters).mappings().all()
        for part in ("runs", "steps", "writes", "failures")
    }


def query_results(connection: Connection, submission_id: UUID, *, most: int) -> Sequence[RowMapping]:
    """Briefings and job titles that come from a submission: kind, entity, name, client, processor, researched_at, total."""
    return (
        connection.execute(statement("research/report_results"), {"submission_id": submission_id, "most": most})
        .mappings()
        .all()
    )


def summary_lines(submission_id: UUID | str, report: Mapping[str, Any]) -> list[str]:
    """What a person wants to read at the end; no personal data."""
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
