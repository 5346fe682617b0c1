"""The tasks of the research pipeline: open a submission, move each of its runs through its steps, save what was found.

Whatever a run has reached is in the database, so any try of any task goes on where the last one stopped. A research is
created once and waited for without a worker; whoever comes back, by retry, clear or another run of the DAG, finds it
under the number the provider gave it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.sdk import BaseOperator, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from prospecting.agents.errors import AgentError, BudgetExceeded
from prospecting.hooks.prospecting import (
    application_engine,
    current_attempt,
    in_transaction,
    is_last_try,
    looking,
    show_as,
)
from prospecting.parsing.briefings import OPERATION_IDS, Kind, read_fields
from prospecting.parsing.records import Rejected
from prospecting.parsing.titles import matches_target
from prospecting.parsing.urls import company_domain
from prospecting.persistence import briefings, research, submissions
from prospecting.persistence.batches import describe
from prospecting.persistence.database import to_json
from prospecting.persistence.persons import query_people_of_company
from prospecting.persistence.research import RunEnd, StepToRun
from prospecting.services.params import explain
from prospecting.services.research_params import LIST_PEOPLE, ResearchParams

if TYPE_CHECKING:
    from airflow.sdk import Context

    from prospecting.agents.parallel import TaskRun

log = logging.getLogger(__name__)

KINDS: dict[str, Kind] = {operation_id: kind for kind, operation_id in OPERATION_IDS.items()}
# Airflow maps a task over 1024 values at most.
_MOST_RUNS = 1000
# Beyond the wait for a research itself: a triggerer that starts late, one slow request.
_SLACK = timedelta(minutes=10)
_MOST_PEOPLE = 25


def _params() -> ResearchParams:
    context: Any = get_current_context()
    try:
        return ResearchParams.model_validate(dict(context["params"]))
    except ValidationError as error:
        raise AirflowFailException(f"The params do not work together: {explain(error, ResearchParams)}") from None


def _require(submission_id: str | None) -> None:
    """Tasks that go on whatever happened before them have nothing to do without a submission."""
    if submission_id is None:
        raise AirflowSkipException("No submission was opened")


def _scope(submission_id: UUID | str) -> str:
    """Who pays: a submission, however many DAG runs work on it."""
    return f"research:{submission_id}"


# --------------------------------------------------------------------------------------------------- submission
@task
def start_submission() -> str:
    """Validate the params, store what is asked (or find what is stored), make its runs. Answers the submission's id."""
    params = _params()

    def work(connection: Connection) -> tuple[UUID, int]:
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
            )
        return submission_id, submissions.open_submission(connection, submission_id)

    try:
        submission_id, runs = in_transaction(work)
    except (LookupError, ValueError) as error:
        raise AirflowFailException(str(error)) from None
    log.info("Submission %s has %d runs", submission_id, runs)
    return str(submission_id)


@task
def plan_runs(submission_id: str, wave: int) -> list[dict[str, str]]:
    """The runs to work on: at first all that are not done, later the children that fan-outs have made since."""
    _require(submission_id)
    params = _params()
    statuses = ["queued"]
    if wave == 1:
        statuses += ["running"]
        statuses += ["failed"] if params.retry_failed or params.force_fresh else []
        statuses += ["succeeded"] if params.force_fresh else []
    # All anew: fan-outs make their children again, and those of before have nothing left to do.
    only_roots = wave == 1 and params.force_fresh
    runs, total = looking(
        lambda connection: submissions.find_waiting_runs(
            connection, UUID(submission_id), statuses=statuses, most=_MOST_RUNS, only_roots=only_roots
        )
    )
    if total > len(runs):
        log.warning(
            "%d runs wait, %d are worked on now; trigger again with submission_id %s for the rest",
            total,
            len(runs),
            submission_id,
        )
    log.info("%d runs to work on", len(runs))
    if wave == 1 and not runs:
        log.info("Everything that was asked is done; force_fresh asks, and pays, anew")
    return [{"pipeline_run_id": str(run.run_id), "entity": run.label} for run in runs]


# --------------------------------------------------------------------------------------------------------- runs
class ResearchRunOperator(BaseOperator):
    """Moves one pipeline run through its steps, to its end. Deferred while a deep research is under way."""

    def __init__(self, *, pipeline_run_id: str, entity: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.pipeline_run_id = pipeline_run_id
        self.entity = entity

    def execute(self, context: Context) -> str:
        """Begin the run, or go on with it. Answers its status."""
        show_as(self.entity)
        params, run_id = _params(), UUID(self.pipeline_run_id)
        end = in_transaction(
            lambda connection: research.claim_run(
                connection, run_id, claim=_claim(context), force_fresh=params.force_fresh
            )
        )
        return self._ended(end) if end is not None else self._work(context, params, None)

    def resume(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Go on after a research was waited for; ``event`` says which, and how it ended."""
        show_as(self.entity)
        return self._work(context, _params(), event)

    def _work(self, context: Context, params: ResearchParams, event: dict[str, Any] | None) -> str:
        run_id, ti = UUID(self.pipeline_run_id), context["ti"]
        task_run_id = f"{ti.dag_id} {ti.run_id} {ti.task_id} {ti.map_index}"
        while True:
            step = in_transaction(
                lambda connection: research.advance(
                    connection, run_id, task_run_id=task_run_id, force_fresh=params.force_fresh
                )
            )
            if isinstance(step, RunEnd):
                return self._ended(step)
            self._run_step(context, params, step, event)
            event = None

    def _run_step(
        self, context: Context, params: ResearchParams, step: StepToRun, event: dict[str, Any] | None
    ) -> None:
        log.info("Step %d: %s", step.position, step.operation_id)
        try:
            result = self._perform(context, params, step, event)
        except AgentError as error:
            if error.retryable and not is_last_try(context):
                raise
            log.error("Step %d failed (%s)", step.position, error.kind)
            failure = _failure(step, error)
            in_transaction(lambda connection: research.fail_step(connection, step, **failure))
            return
        written = in_transaction(lambda connection: research.finish_step(connection, step, result))
        log.info("Step %d: %s", step.position, result["status"] if written else "had ended already")
        if step.operation_id in KINDS and result["status"] == "found" and result["output"]:
            save_briefing(step.step_result_id, KINDS[step.operation_id])

    def _perform(
        self, context: Context, params: ResearchParams, step: StepToRun, event: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Run a step's operation: its operation result. Raises ``AgentError`` when it could not be run."""
        if step.operation_id in KINDS:
            return self._research(context, params, step, event)
        if step.operation_id == LIST_PEOPLE:
            return list_people(step)
        return _execute_elsewhere(params, step)

    def _research(
        self, context: Context, params: ResearchParams, step: StepToRun, event: dict[str, Any] | None
    ) -> dict[str, Any]:
        from prospecting.agents.deep_research import (
            OPERATIONS,
            build_output,
            build_prompt,
            read_inputs,
            step_settings,
        )
        from prospecting.agents.ledger import Budget
        from prospecting.agents.parallel import ParallelClient
        from prospecting.agents.research_ledger import (
            DeepResearchAgents,
            ResearchLedger,
            ResearchSearch,
            research_metadata,
        )
        from prospecting.hooks.agents import parallel_settings

        operation = OPERATIONS[step.operation_id]
        inputs = read_inputs(operation, step.context)
        if inputs.missing:
            return _result(step, "failed", None, missing_inputs=inputs.missing)
        _check_that_it_can_be_stored(KINDS[step.operation_id], inputs.values)
        settings = parallel_settings()
        processor, cap, interval = step_settings(operation, step.config)
        client = ParallelClient(settings)
        ledger = ResearchLedger(
            application_engine(),
            DeepResearchAgents(settings.usd_for),
            _scope(step.submission_id),
            budget=Budget(max_usd=params.budget.max_usd, max_calls=params.budget.max_calls),
            attempt=current_attempt(context),
        )
        search = ResearchSearch(
            operation_id=step.operation_id,
            processor=processor,
            input=build_prompt(operation, inputs),
            subject=to_json(dict(sorted(inputs.values.items()))),
            fresh=_claim(context) if params.force_fresh else "",
        )
        begun = ledger.begin(
            search,
            lambda call_id: client.create(search.input, processor, research_metadata(step, call_id)),
            resubmit_lost=params.resubmit_lost,
        )
        content = begun.answer
        if content is None:
            external_id = begun.external_id or ""
            run = self._follow(client, external_id, begun.created, event)
            if not run.has_ended:
                self._wait(external_id, settings.connection_id, cap or settings.cap_for(processor), interval)
            content = _fetch(ledger, client, begun.call_id, run, settings.usd_for(processor))
        output = build_output(
            operation,
            inputs,
            run_id=begun.external_id or _run_id_in(content),
            processor=processor,
            response=_json(content),
        )
        attempt = {"provider": "parallel", "action": operation.provider_action, "status": "found"}
        return _result(step, "found", output, provider_attempts=[attempt])

    def _follow(self, client: Any, external_id: str, created: TaskRun | None, event: dict[str, Any] | None) -> TaskRun:
        """How a research stands: as the trigger has seen it, as it was answered on creation, or by a look at it."""
        if event is not None and event.get("run_id") == external_id:
            from prospecting.agents.parallel import TaskRun
            from prospecting.operators.triggers import rebuild_error

            if "error" in event:
                raise rebuild_error(event["error"])
            return TaskRun(external_id, event["status"], False)
        if created is not None:
            return created
        log.info("Attached to research %s", external_id)
        run: TaskRun = client.status(external_id)
        return run

    def _wait(self, external_id: str, connection_id: str, cap: float, interval: float | None) -> None:
        from prospecting.operators.triggers import ResearchTrigger

        log.info("Waiting for research %s, %.0f s at most", external_id, cap)
        self.defer(
            trigger=ResearchTrigger(external_id, connection_id, cap, interval),
            method_name="resume",
            timeout=timedelta(seconds=cap) + _SLACK,
        )

    @staticmethod
    def _ended(end: RunEnd) -> str:
        if end.status == "failed":
            raise AirflowFailException(end.error or "The run failed")
        if end.status == "canceled":
            raise AirflowSkipException("The run was canceled")
        return end.status


def _check_that_it_can_be_stored(kind: Kind, values: Mapping[str, str]) -> None:
    """Nothing is paid for that its table would reject."""
    found = read_fields(kind, values)
    if isinstance(found, Rejected):
        from prospecting.agents.parallel import DeepResearchError, ResearchPhase

        raise DeepResearchError(
            f"Not asked, as the result could not be stored: {found.detail}",
            phase=ResearchPhase.CONFIG,
            code=found.reason,
            kind="refused",
        )


def _claim(context: Context) -> str:
    return f"{context['ti'].dag_id} {context['ti'].run_id}"


def _json(content: bytes) -> dict[str, Any]:
    import json

    value = json.loads(content)
    return value if isinstance(value, dict) else {}


def _run_id_in(content: bytes) -> str:
    run = _json(content).get("run")
    return str(run.get("run_id") or "") if isinstance(run, dict) else ""


def _fetch(ledger: Any, client: Any, call_id: int, run: TaskRun, cost_usd: Any) -> bytes:
    """The result of a research that has ended, recorded before anything else is done with it."""
    from prospecting.agents.parallel import DeepResearchError, require_completed

    try:
        require_completed(run)
    except DeepResearchError as error:
        # Whether a failed research is billed is the provider's secret.
        ledger.fail(call_id, error, cost_usd=None)
        raise
    content: bytes = client.result(run.run_id)
    ledger.complete(call_id, content, cost_usd=cost_usd)
    return content


def _result(step: StepToRun, status: str, output: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {
        "run_id": str(step.step_result_id),
        "operation_id": step.operation_id,
        "status": status,
        "output": output,
        "provider_attempts": [],
        "missing_inputs": [],
        **more,
    }


def _failure(step: StepToRun, error: AgentError) -> dict[str, Any]:
    """What is written about a step that could not be run: sentence, details, operation result."""
    code, phase = getattr(error, "code", error.kind), str(getattr(error, "phase", "execute"))
    attempt = {
        "status": "skipped" if phase == "config" or isinstance(error, BudgetExceeded) else "failed",
        "error": f"{code}: {error.http_status}" if error.http_status else code,
    }
    if step.operation_id in KINDS:
        from prospecting.agents.deep_research import OPERATIONS

        attempt = {"provider": "parallel", "action": OPERATIONS[step.operation_id].provider_action, **attempt}
    return {
        "message": f"Step {step.position} ({step.operation_id}), {phase}: {error}",
        "details": {"phase": phase, "code": code, "kind": error.kind, "http_status": error.http_status},
        "operation_result": _result(step, "failed", None, provider_attempts=[attempt]),
    }


def list_people(step: StepToRun) -> dict[str, Any]:
    """The people we know at a company, as the entities of a fan-out: those in ``target_functions`` when given.

    Step configuration: ``target_functions`` (list), ``limit`` (25), ``decision_makers_only``.
    """
    named = (step.context.get(key) for key in ("domain", "company_domain", "target_company_domain", "website"))
    domain = next((found for value in named if (found := company_domain(value))), None)
    if domain is None:
        return _result(step, "failed", None, missing_inputs=["domain"])
    targets = [target for target in step.config.get("target_functions") or [] if isinstance(target, str)]
    limit = step.config.get("limit")
    limit = limit if isinstance(limit, int) and 0 < limit <= 1000 else _MOST_PEOPLE
    rows = looking(lambda connection: query_people_of_company(connection, domain))
    people = [
        {
            "full_name": row["full_name"],
            "linkedin_url": row["linkedin_url"],
            "title": row["title"],
            "current_company_name": row["company_name"],
            "company_domain": row["domain"],
        }
        for row in sorted(rows, key=lambda row: (not row["is_decision_maker"], row["person_id"]))
        if (row["is_decision_maker"] or step.config.get("decision_makers_only") is not True)
        and (not targets or any(matches_target(row["title"] or "", target) for target in targets))
    ][:limit]
    return _result(step, "found" if people else "not_found", {"results": people, "result_count": len(people)})


def _execute_elsewhere(params: ResearchParams, step: StepToRun) -> dict[str, Any]:
    from prospecting.agents.operations_service import operation_search, read_operation_result
    from prospecting.hooks.agents import operations_ledger_for

    scope = _scope(step.submission_id)
    fresh = {"fresh": str(step.step_result_id)} if params.force_fresh else {}
    answer = operations_ledger_for(scope, params.budget).ask(
        operation_search(
            step.operation_id,
            step.entity_type,
            step.context,
            {**step.config, **fresh},
            pipeline_run_id=str(step.run_id),
            step_position=step.position,
        )
    )
    return _result(step, "found", None) | read_operation_result(answer.content)


# ---------------------------------------------------------------------------------------------------- briefings
def save_briefing(step_result_id: UUID, kind: Kind) -> bool:
    """Save one result in its table. A failure is recorded, not raised: the research is done, whatever becomes of it."""
    try:
        in_transaction(lambda connection: briefings.save_briefings(connection, kind, [step_result_id]))
    except Exception as error:
        reason, detail = (
            describe(error) if isinstance(error, DBAPIError) else ("error", f"{type(error).__name__} while saving")
        )
        log.warning(
            "The %s result of step %s could not be saved: %s. It will be tried again", kind, step_result_id, detail
        )
        try:
            in_transaction(
                lambda connection: briefings.record_failed_write(
                    connection, step_result_id=step_result_id, kind=kind, reason=reason, detail=detail
                )
            )
        except DBAPIError:
            # persist_briefings finds what has no record as well.
            log.warning("Nor could that be recorded")
        return False
    return True


@task
def persist_briefings(submission_id: str) -> int:
    """Save what is not in its table yet, because saving failed or was cut off. Answers how many; fails when any is left."""
    _require(submission_id)
    missing = looking(
        lambda connection: submissions.find_unwritten_results(connection, UUID(submission_id), list(KINDS))
    )
    failed = [
        str(step_result_id)
        for step_result_id, operation_id in missing
        if not save_briefing(step_result_id, KINDS[operation_id])
    ]
    left = looking(lambda connection: submissions.find_unwritten_results(connection, UUID(submission_id), list(KINDS)))
    if left:
        shown = ", ".join(str(step_result_id) for step_result_id, _ in left[:20])
        raise RuntimeError(
            f"{len(left)} results could not be saved ({shown}); briefing_writes says why. They are tried again; later, "
            "clear this task or run briefing_backfill for the submission"
        )
    return len(missing) - len(failed)


@task
def announce_briefings(submission_id: str) -> int:
    """Let others know that there are briefings. Answers how many of this submission's results are in their tables."""
    _require(submission_id)
    report = looking(lambda connection: submissions.query_report(connection, UUID(submission_id)))
    written = sum(row["results"] for row in report["writes"] if row["status"] == "written")
    if not written:
        raise AirflowSkipException("No briefing was written")
    return int(written)


# ------------------------------------------------------------------------------------------------------ summary
@task
def summarize_research(submission_id: str | None) -> dict[str, Any]:
    """Close what was interrupted, print how the submission stands; fail when an entity or a write failed."""
    if submission_id is None:
        raise AirflowFailException("No submission was opened: see the log of start_submission")
    context: Any = get_current_context()

    def work(connection: Connection) -> dict[str, Any]:
        research.fail_interrupted_runs(connection, UUID(submission_id), claim=_claim(context))
        return submissions.query_report(connection, UUID(submission_id))

    report = in_transaction(work)
    for line in submissions.summary_lines(submission_id, report):
        log.info("%s", line)
    runs = {row["status"]: row["runs"] for row in report["runs"]}
    writes: dict[str, int] = {}
    for row in report["writes"]:
        writes[row["status"]] = writes.get(row["status"], 0) + row["results"]
    problems = []
    if runs.get("failed"):
        reasons = "; ".join(f"{row['reason']} ({row['runs']})" for row in report["failures"])
        problems.append(f"{runs['failed']} of {sum(runs.values())} runs failed: {reasons}")
    if writes.get("failed"):
        problems.append(
            f"{writes['failed']} results could not be saved: see briefing_writes, then run briefing_backfill"
        )
    if problems:
        raise AirflowFailException(
            ". ".join(problems) + f". Trigger again with submission_id {submission_id}, or clear the failed tasks"
        )
    return {"submission_id": submission_id, "runs": runs, "writes": writes}
