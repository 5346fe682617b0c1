"""Pipeline runs and their steps: how far each entity of a submission has come, and what it needs next.

A run is moved by whoever works on it, one short transaction at a time and under the run's row lock: ``advance`` decides
what comes next, ``finish_step`` and ``fail_step`` write how it went. Everything they need is in the database, so that
any worker can go on where another one stopped, and two at once decide the same. ``claim_run`` says who works on a run,
``release_run`` that nobody does any more; neither keeps others away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.briefings import KINDS
from prospecting.parsing.conditions import condition_holds
from prospecting.parsing.identity_tokens import Deduplicated, drop_duplicates
from prospecting.parsing.records import Rejected
from prospecting.parsing.research_inputs import read_inputs, read_question
from prospecting.parsing.subjects import Fields
from prospecting.persistence.briefing_queries import find_fresh_briefing
from prospecting.persistence.database import to_json
from prospecting.persistence.erased_identities import companies_of, screen
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.research_entities import briefing_age_of, find_fresh_entity, remember_entity
from prospecting.persistence.statements import statement
from prospecting.persistence.submissions import (
    Step,
    create_runs,
    entity_type_of,
    queue_steps,
    steps_from,
    update_submission_status,
)

RAW_RESPONSE = "parallel_raw_response"
"""The one field of an output that later steps do not get: it is large, and stored with its own step."""

MAX_CHILDREN = 1_000
"""Entities of one result that become runs of their own, each of which is paid for; the others are counted."""

_ENDED = {"succeeded", "skipped"}


@dataclass(frozen=True, slots=True)
class StepToRun:
    """The step of a run that a worker has to run next."""

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
    """The end of a run: ``succeeded``, ``failed`` or ``canceled``, and why."""

    status: str
    error: str | None = None


# --------------------------------------------------------------------------------------------------------- runs
def claim_run(connection: Connection, run_id: UUID, *, claim: str, force_fresh: bool = False) -> RunEnd | None:
    """Start a run, or go on with it. Returns ``None`` when there is something to do, else how it has ended.

    A failed run is taken up again with a further attempt of the failed step and those after it; with ``force_fresh``
    any run is, from its first step, once per ``claim``. ``claim`` names the Airflow run that works on it.
    """
    run = _run(connection, run_id)
    if run["status"] == "canceled":
        return RunEnd("canceled")
    steps = _steps_of(run)
    mine = _claimed(run_id, claim)
    afresh = force_fresh and run["trigger_run_id"] != mine
    attempt = run["attempt"]
    is_new = run["status"] == "queued" and run["trigger_run_id"] is None
    if afresh and not is_new:
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
        queue_steps(connection, [run_id], redone, attempt=max(attempt, 1 + _newest_attempt(connection, run_id)))
    _mark_running(connection, run, trigger_run_id=mine, attempt=attempt)
    return None


def release_run(connection: Connection, run_id: UUID, *, claim: str) -> bool:
    """Say that ``claim`` does not work on a run any more: it is queued, and its step waits to be taken up again.

    Whoever takes it up goes on where it stands and attaches to what was paid for. Returns False when somebody else has
    claimed the run, when it has ended, or when it is locked: this never waits for whoever is writing it.
    """
    submission_id = connection.execute(
        statement("research/release_run"), {"run_id": run_id, "trigger_run_id": _claimed(run_id, claim)}
    ).scalar_one_or_none()
    if submission_id is None:
        return False
    connection.execute(statement("research/release_steps"), {"run_id": run_id})
    update_submission_status(connection, submission_id)
    return True


def _claimed(run_id: UUID, claim: str) -> str:
    """The value of ``pipeline_runs.trigger_run_id`` for a claim: unique for each run."""
    return f"{claim}/{run_id}"


def _mark_running(connection: Connection, run: RowMapping, *, trigger_run_id: str, attempt: int) -> None:
    connection.execute(
        statement("research/claim_run"), {"run_id": run["id"], "trigger_run_id": trigger_run_id, "attempt": attempt}
    )
    update_submission_status(connection, run["submission_id"])


def _is_done(row: RowMapping) -> bool:
    return row["status"] in _ENDED and not (row["status"] == "skipped" and row["is_consequence"])


def _newest_attempt(connection: Connection, run_id: UUID) -> int:
    return max((row["attempt"] for row in _results(connection, run_id).values()), default=0)


def advance(
    connection: Connection,
    run_id: UUID,
    *,
    claim: str,
    task_run_id: str,
    force_fresh: bool = False,
    max_age_days: float = 0,
) -> StepToRun | RunEnd:
    """Decide what comes next for a run: a step to run, which is marked running; or its end, which is written down.

    Steps whose condition does not hold are skipped; so are those whose answer is still fresh, and what follows a
    skipped fan-out. Deep research is fresh while its briefing is not older than ``max_age_days``, or than the step's
    own ``skip_if_fresh`` says. A run that was released meanwhile is claimed again.
    """
    run = _run(connection, run_id)
    if run["status"] in ("succeeded", "failed", "canceled"):
        return RunEnd(run["status"], run["error_message"])
    if run["status"] == "queued":
        _mark_running(connection, run, trigger_run_id=_claimed(run_id, claim), attempt=run["attempt"])
    steps = _steps_of(run)
    results = _results(connection, run_id)
    missing = [step for step in steps if step.position not in results]
    if missing:
        queue_steps(connection, [run_id], missing, attempt=run["attempt"])
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
        # A step that was started goes on: what it asked for may be paid for.
        is_optional = row["status"] == "queued" and not force_fresh
        if not condition_holds(step.condition, context):
            _skip(connection, row["id"], "condition_not_met", {"operation_id": step.operation_id}, context)
            reason = "parent_step_condition_not_met"
        elif is_optional and (known := _find_known(connection, run, step, entity_type, context, max_age_days)):
            # It only fills gaps: another client's run may have stored it, and this one's client stays as it was given.
            context = {**_without_raw(known.values), **context}
            _skip(connection, row["id"], known.reason, {"operation_id": step.operation_id, **known.metadata}, context)
            reason = "parent_step_fresh"
        else:
            return _begin(connection, run, step, row["id"], entity_type, context, task_run_id)
        if step.is_fan_out:
            # There are no results that the steps after it could run for.
            _skip_rest(connection, run_id, step.position, reason)
            break
    _remember(connection, run, entity_type, context)
    return _end(connection, run, "succeeded")


def _begin(
    connection: Connection,
    run: RowMapping,
    step: Step,
    step_result_id: UUID,
    entity_type: str,
    context: dict[str, Any],
    task_run_id: str,
) -> StepToRun:
    """Mark a step as running."""
    assert step.operation_id
    connection.execute(
        statement("research/begin_step"),
        {
            "step_result_id": step_result_id,
            "task_run_id": task_run_id,
            "input_payload": to_json({"operation_id": step.operation_id, "input": context}),
        },
    )
    return StepToRun(
        run_id=run["id"],
        org_id=run["org_id"],
        submission_id=run["submission_id"],
        step_result_id=step_result_id,
        position=step.position,
        operation_id=step.operation_id,
        config=step.config,
        entity_type=entity_type,
        context=context,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """An answer that makes asking needless: why, what it says, and where it is."""

    reason: str
    values: Mapping[str, Any] = field(repr=False)
    metadata: Mapping[str, Any] = field(repr=False)


def _find_known(
    connection: Connection,
    run: RowMapping,
    step: Step,
    entity_type: str,
    context: Mapping[str, Any],
    max_age_days: float,
) -> _Known | None:
    """An answer of earlier runs of the org that is fresh enough for a step, if there is one."""
    assert step.operation_id
    wanted = step.config.get("skip_if_fresh")
    entity = find_fresh_entity(
        connection,
        org_id=run["org_id"],
        entity_type=entity_type,
        operation_id=step.operation_id,
        context=context,
        wanted=wanted,
    )
    if entity is not None:
        metadata = {
            "entity_id": str(entity["id"]),
            "refreshed_at": entity["refreshed_at"].isoformat(),
            "answered_at": entity["answered_at"].isoformat(),
        }
        return _Known("entity_state_fresh", entity["payload"], metadata)
    kind = KINDS.get(step.operation_id)
    max_age_seconds = briefing_age_of(step.config, max_age_days)
    if kind is None or max_age_seconds <= 0:
        return None
    inputs = read_inputs(kind, context)
    question = read_question(kind, inputs.values)
    if inputs.missing or isinstance(question, Rejected):
        return None
    briefing = find_fresh_briefing(
        connection,
        org_id=run["org_id"],
        submission_id=run["submission_id"],
        question=question,
        processor=step.config.get("processor"),
        max_age_seconds=max_age_seconds,
    )
    if briefing is None:
        return None
    return _Known("briefing_fresh", briefing.values, briefing.metadata)


def _remember(connection: Connection, run: RowMapping, entity_type: str, context: Mapping[str, Any]) -> None:
    """Keep what the run knows of its entity, unless it got no answer of its own."""
    rows = _results(connection, run["id"]).values()
    answers = [row for row in rows if row["status"] == "succeeded" and row["output"] is not None]
    if answers:
        remember_entity(
            connection,
            org_id=run["org_id"],
            run_id=run["id"],
            entity_type=entity_type,
            context=context,
            answered={row["result_operation_id"]: row["ended_at"] for row in answers if row["result_operation_id"]},
        )


def finish_step(connection: Connection, step: StepToRun, operation_result: Mapping[str, Any]) -> bool:
    """Write what a step's operation answered, without people who asked to be forgotten. Returns False when the step had
    ended already, which changes nothing.

    A result of status ``failed`` fails the step and its run. A fan-out makes its children here, in one transaction
    with the step, so that a repetition cannot make them twice.
    """
    run = _run(connection, step.run_id)
    if not _is_open(connection, run, step):
        return False
    asked = Fields.of(step.context)
    companies = companies_of(connection, asked.company, asked.website)
    operation_result = screen(connection, operation_result, company_ids=companies)
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
    """Fail a step and its run, and skip the steps after it. Returns False when the step had ended already."""
    run = _run(connection, step.run_id)
    if not _is_open(connection, run, step):
        return False
    payload = {"operation_result": operation_result or {}, "cumulative_context": dict(step.context)}
    _end_step(connection, step.step_result_id, "failed", payload, message, details)
    _fail(connection, run, step.position, message, details)
    return True


def _is_open(connection: Connection, run: RowMapping, step: StepToRun) -> bool:
    """Return True when nobody else has ended this try of the step, or the run.

    A run that another worker has let go of is open: an answer is an answer, whoever brings it.
    """
    row = _results(connection, step.run_id).get(step.position)
    return (
        run["status"] in ("queued", "running")
        and row is not None
        and row["id"] == step.step_result_id
        and row["status"] not in (*_ENDED, "failed")
    )


def fail_interrupted_runs(connection: Connection, submission_id: UUID, *, claim: str) -> int:
    """Fail the runs that ``claim`` was the last to work on and left unfinished. Returns how many.

    What was paid for is found again when they are taken up.
    """
    message = "Interrupted: the task ended without an outcome. Clear it or trigger again, and it goes on where it was"
    rows = connection.execute(
        statement("research/lock_interrupted_runs"), {"submission_id": submission_id, "claim": claim}
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
    rows = connection.execute(statement("research/find_steps"), {"run_id": run_id}).mappings()
    return {row["step_position"]: row for row in rows}


def _steps_of(run: RowMapping) -> list[Step]:
    snapshot = run["blueprint_snapshot"]
    steps = snapshot.get("steps") if isinstance(snapshot, dict) else None
    fan_out = snapshot.get("fan_out") if isinstance(snapshot, dict) else None
    start = fan_out.get("start_from_position") if isinstance(fan_out, dict) else None
    start = start if isinstance(start, int) and not isinstance(start, bool) and start > 0 else 1
    return steps_from(steps if isinstance(steps, list) else [], start)


def _entity_type(run: RowMapping) -> str:
    snapshot = run["blueprint_snapshot"]
    entity = snapshot.get("entity") if isinstance(snapshot, dict) else None
    found = entity.get("entity_type") if isinstance(entity, dict) else None
    steps = snapshot.get("steps") if isinstance(snapshot, dict) else None
    return str(found) if found else entity_type_of(steps if isinstance(steps, list) else [])


def _first_context(connection: Connection, run: RowMapping) -> dict[str, Any]:
    snapshot = run["blueprint_snapshot"]
    entity = snapshot.get("entity") if isinstance(snapshot, dict) else None
    if isinstance(entity, dict) and isinstance(entity.get("input"), dict):
        return _without_raw(entity["input"])
    payload = connection.execute(statement("research/find_input"), {"submission_id": run["submission_id"]}).scalar_one()
    return _without_raw(payload) if isinstance(payload, dict) else {}


def _context_after(context: dict[str, Any], row: RowMapping) -> dict[str, Any]:
    if isinstance(row["cumulative_context"], dict):
        return _without_raw(row["cumulative_context"])
    return {**context, **_without_raw(row["output"])} if isinstance(row["output"], dict) else context


def _without_raw(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != RAW_RESPONSE}


def _failure_of(operation_result: Mapping[str, Any]) -> str:
    """The provider's code for a failed operation, or the names of the inputs that were missing."""
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
            # The context may be older than an erasure.
            "output_payload": to_json(screen(connection, payload)),
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
    update_submission_status(connection, run["submission_id"])
    return RunEnd(status, error)


# ------------------------------------------------------------------------------------------------------ fan-out
def _fan_out(
    connection: Connection, run: RowMapping, step: Step, output: Any, context: Mapping[str, Any]
) -> dict[str, Any]:
    """Make a child run of each entity in ``output.results``, one per real entity, of the first ``MAX_CHILDREN``.

    Returns it for the step's payload.
    """
    found = output.get("results") if isinstance(output, Mapping) else None
    entities = [entity for entity in found if isinstance(entity, Mapping)] if isinstance(found, list) else []
    if beyond := len(entities[MAX_CHILDREN:]):
        detail = f"{beyond:,} more entities: of one result, {MAX_CHILDREN:,} are followed"
        source = f"pipeline run {run['id']}, step {step.position}"
        row = RejectedRow("filter", "entity", "over_limit", detail, {"count": beyond}, source)
        record_rejected(connection, None, [row])
        entities = entities[:MAX_CHILDREN]
    steps = run["blueprint_snapshot"].get("steps") or []
    start = step.position + 1
    entity_type = str(step.config.get("fan_out_entity_type") or entity_type_of(steps, after=step.position))
    # An entity may say what it is; only entities of one type can be the same.
    own_types = [entity.get("entity_type") for entity in entities]
    types = [own if own in ("company", "person") else entity_type for own in own_types]
    unique = Deduplicated()
    for each in dict.fromkeys(types):
        of_type = [entity if kind == each else {} for entity, kind in zip(entities, types, strict=True)]
        found_of_type = drop_duplicates(each, of_type)
        unique.kept.extend(pair for pair in found_of_type.kept if types[pair[0]] == each)
        unique.duplicates.extend(found_of_type.duplicates)
    follows = bool(steps_from(steps, start))
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
