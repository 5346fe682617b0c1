"""Submissions: opened from params, planned wave by wave, closed with a summary of how everything stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence import research, submissions
from prospecting.persistence.agent_calls import query_spending
from prospecting.persistence.pages import Page
from prospecting.persistence.submissions import WaitingRun
from prospecting.services.briefing_saving import KINDS, save_result
from prospecting.services.research_params import LIST_PEOPLE, ResearchParams
from prospecting.services.runtime import Runtime

ALL_STATUSES = ("queued", "running", "failed", "succeeded", "canceled")


def scope_of(submission_id: UUID | str) -> str:
    """Who pays for a submission's calls, however many DAG runs work on it."""
    return f"research:{submission_id}"


def claim_of(dag_id: str, run_id: str) -> str:
    """The name of an Airflow run in the pipeline runs it works on."""
    return f"{dag_id} {run_id}"


# ------------------------------------------------------------------------------------------------------------ open
@dataclass(frozen=True, slots=True)
class OpenedSubmission:
    """A submission that has its runs, and how many there are."""

    submission_id: UUID
    runs: int


@dataclass(frozen=True, slots=True)
class NeededServices:
    """The outside services that a submission cannot do without."""

    deep_research: bool
    operations: bool


def needed_services(runtime: Runtime, params: ResearchParams) -> NeededServices:
    """The services that the steps of a new submission ask, whatever comes of the steps before.

    None for a stored one, which may be done; nor when the org has research, which may be all that is asked for, unless
    ``force_fresh`` says otherwise. Then each entity finds out by itself.
    """
    if params.submission_id:
        return NeededServices(deep_research=False, operations=False)
    org = params.org or ""
    if not params.force_fresh and runtime.read(lambda connection: submissions.has_research(connection, org)):
        return NeededServices(deep_research=False, operations=False)
    asked = {
        step["operation_id"]
        for step in params.blueprint_steps()
        if step.get("is_enabled", True) and not (step.get("condition") or step.get("step_config", {}).get("condition"))
    }
    return NeededServices(
        deep_research=not asked.isdisjoint(KINDS), operations=bool(asked - KINDS.keys() - {LIST_PEOPLE})
    )


def open_submission(runtime: Runtime, params: ResearchParams, *, source: str) -> OpenedSubmission:
    """Store what the params ask for, or find what is stored, and make its runs. ``source`` names who asks.

    Raises ``LookupError`` for an unknown or canceled submission or an unknown org, ``ValueError`` for a submission
    without work.
    """
    return runtime.write(lambda connection: _open(connection, params, source))


def submit_one(runtime: Runtime, params: ResearchParams, *, source: str) -> tuple[UUID, UUID]:
    """The same for a submission of one entity. Returns the ids of the submission and of its run."""

    def work(connection: Connection) -> tuple[UUID, UUID]:
        submission_id = _open(connection, params, source).submission_id
        (run,) = submissions.find_waiting_runs(
            connection, submission_id, statuses=ALL_STATUSES, limit=1, only_roots=True
        )
        return submission_id, run.run_id

    return runtime.write(work)


def _open(connection: Connection, params: ResearchParams, source: str) -> OpenedSubmission:
    if params.submission_id:
        submission_id = UUID(params.submission_id)
    else:
        steps = params.blueprint_steps()
        submission_id = submissions.create_submission(
            connection,
            org_id=submissions.ensure_org(connection, params.org or ""),
            entities=params.entity_inputs(),
            steps=steps,
            entity_type=submissions.entity_type_of(steps),
            source=source,
        )
    return OpenedSubmission(submission_id, submissions.open_submission(connection, submission_id))


# ------------------------------------------------------------------------------------------------------------ plan
def plan_wave(
    runtime: Runtime, submission_id: UUID, wave: int, *, retry_failed: bool, force_fresh: bool, limit: int
) -> Page[WaitingRun]:
    """The runs to work on: at first all that are not done, later the children that fan-outs have made since."""
    statuses = ["queued"]
    if wave == 1:
        statuses += ["running"]
        statuses += ["failed"] if retry_failed or force_fresh else []
        statuses += ["succeeded"] if force_fresh else []
    return runtime.read(
        lambda connection: submissions.find_waiting_runs(
            connection,
            submission_id,
            statuses=statuses,
            limit=limit,
            # Done again from the start: fan-outs make their children again, and the earlier ones are left alone.
            only_roots=wave == 1 and force_fresh,
            # What a person has killed in an earlier wave is not taken up by a later one.
            only_new=wave > 1,
        )
    )


# ------------------------------------------------------------------------------------------------------- briefings
@dataclass(frozen=True, slots=True)
class SavedResults:
    """How many results were saved, and which still are not."""

    saved: int
    left: list[UUID]


def save_missing(runtime: Runtime, submission_id: UUID) -> SavedResults:
    """Save the results that are not in their table yet, because saving failed or was cut off."""

    def missing() -> list[tuple[UUID, str]]:
        return runtime.read(
            lambda connection: submissions.find_unwritten_results(connection, submission_id, list(KINDS))
        )

    saved = [save_result(runtime, result_id, KINDS[operation_id]) for result_id, operation_id in missing()]
    return SavedResults(sum(saved), [result_id for result_id, _ in missing()])


def count_written(runtime: Runtime, submission_id: UUID) -> int:
    """How many of a submission's results are in their tables."""
    report = runtime.read(lambda connection: submissions.query_report(connection, submission_id))
    return _count_writes(report["writes"]).get("written", 0)


def _count_writes(rows: Iterable[Any]) -> dict[str, int]:
    writes: dict[str, int] = {}
    for row in rows:
        writes[row["status"]] = writes.get(row["status"], 0) + row["results"]
    return writes


# --------------------------------------------------------------------------------------------------------- summary
@dataclass(frozen=True, slots=True)
class SubmissionSummary:
    """How a submission stands. ``lines`` are for the log; ``problem`` says what went wrong, and what to do."""

    submission_id: UUID
    runs: dict[str, int]
    writes: dict[str, int]
    lines: list[str]
    problem: str | None


def close_submission(runtime: Runtime, submission_id: UUID, *, claim: str) -> SubmissionSummary:
    """Fail the runs that ``claim`` left unfinished, and summarize the submission."""

    def work(connection: Connection) -> dict[str, Any]:
        research.fail_interrupted_runs(connection, submission_id, claim=claim)
        return submissions.query_report(connection, submission_id)

    report = runtime.write(work)
    runs = {row["status"]: row["runs"] for row in report["runs"]}
    writes = _count_writes(report["writes"])
    problems = []
    if runs.get("failed"):
        reasons = "; ".join(f"{row['reason']} ({row['runs']})" for row in report["failures"])
        problems.append(f"{runs['failed']} of {sum(runs.values())} runs failed: {reasons}")
    if writes.get("failed"):
        problems.append(
            f"{writes['failed']} results could not be saved: see briefing_writes, then run briefing_backfill"
        )
    if problems:
        problems.append(f"Trigger again with submission_id {submission_id}, or clear the failed tasks")
    return SubmissionSummary(
        submission_id=submission_id,
        runs=runs,
        writes=writes,
        lines=submissions.summary_lines(submission_id, report),
        problem=". ".join(problems) or None,
    )


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The outcome of a run: the provider's id of its newest deep research, and what its submission has cost."""

    provider_run_id: str | None
    cost_usd: float


def query_outcome(runtime: Runtime, submission_id: UUID, run_id: UUID) -> RunOutcome:
    """The outcome of a run of a submission."""
    return runtime.read(
        lambda connection: RunOutcome(
            submissions.find_provider_run(connection, run_id),
            float(query_spending(connection, scope_of(submission_id)).spent_usd),
        )
    )
