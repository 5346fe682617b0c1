"""The tasks of the research pipeline: open a submission, plan its waves, save what is missing, announce, summarize.

An entity that failed does not keep the next wave from what others have found, nor what was found from being saved,
announced and summed up.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from prospecting.hooks.operations import OperationsHook
from prospecting.hooks.parallel import ParallelHook
from prospecting.hooks.submission_files import read_submission_file
from prospecting.operators.briefings import OF_BRIEFINGS
from prospecting.operators.lineage import Tables, lineage
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services import closing_lines, submissions
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.research_params import ResearchParams
from prospecting.tasks.assets import BRIEFINGS
from prospecting.tasks.first_task import first_task
from prospecting.tasks.runs import (
    MOST_MAPPED,
    announce,
    current_runtime,
    fail_unless_opened,
    literal,
    note_run,
    read_params,
    skip_unless_opened,
    validated,
)

log = logging.getLogger(__name__)


def _require(started: dict[str, Any] | None) -> UUID:
    """The submission; skips the task when none was opened."""
    skip_unless_opened(started, "submission", "start_submission")
    assert started
    return UUID(started["submission_id"])


@task
@lineage(Tables(writes=("orgs", "submissions", "pipeline_runs", "step_results", "research_entities")))
@first_task
def start_submission() -> dict[str, Any]:
    """Validate the params or the file they name, store what is asked (or find what is stored), make its runs.

    Nothing is stored when a connection is missing that cannot be done without. Returns the submission's id, and the
    options that later tasks go by.
    """
    params = read_params(ResearchParams)
    if people := params.count_people():
        log.warning(
            "%d people are in the configuration of this run: whoever may see the run reads it, and it stays in "
            "Airflow's database and audit log. Give submission_file, or the submission_id that `prospecting submit` "
            "prints; docs/data-protection.md",
            people,
        )
    context: Any = get_current_context()
    runtime = current_runtime()
    with refusals_fail_at_once():
        if params.submission_file:
            values = params.values_with(read_submission_file(params.submission_file))
            params = validated(ResearchParams, values, "The submission file cannot be used")
        needed = submissions.needed_services(runtime, params)
        if needed.deep_research:
            _ = ParallelHook().settings
        if needed.operations:
            OperationsHook().check_connection()
        opened = submissions.open_submission(runtime, params, source=context["ti"].dag_id)
    close_abandoned_runs(runtime)
    log.info("Submission %s has %d runs", opened.submission_id, opened.runs)
    options = params.model_dump(mode="json", include={"retry_failed", "max_age_days", "force_fresh", "resubmit_lost"})
    return {"submission_id": str(opened.submission_id), **options, **params.budget.model_dump(mode="json")}


@task(trigger_rule=TriggerRule.ALL_DONE)
@lineage(Tables(reads=("submissions",), writes=("pipeline_runs", "step_results", "research_entities")))
def plan_runs(started: dict[str, Any] | None, wave: int) -> list[dict[str, Any]]:
    """The runs to work on, as arguments of their operator."""
    submission_id = _require(started)
    assert started
    force_fresh = started["force_fresh"]
    runs = submissions.plan_wave(
        current_runtime(),
        submission_id,
        wave,
        retry_failed=started["retry_failed"],
        force_fresh=force_fresh,
        limit=MOST_MAPPED,
    )
    if runs.total > len(runs):
        log.warning(
            "%d runs wait, %d are worked on now; trigger again with submission_id %s for the rest",
            runs.total,
            len(runs),
            submission_id,
        )
    log.info("%d runs to work on", len(runs))
    if wave == 1 and not runs:
        log.info("Everything that was asked is done; force_fresh asks, and pays, again")
    shared = {name: started[name] for name in ("force_fresh", "resubmit_lost", "max_usd", "max_calls")}
    if "max_age_days" in started:  # a run that an earlier version began says nothing of it
        shared["max_age_days"] = started["max_age_days"]
    return [{"pipeline_run_id": str(run.run_id), "entity": literal(run.label), **shared} for run in runs]


@task(trigger_rule=TriggerRule.ALL_DONE)
@lineage(Tables(reads=("submissions", "step_results"), writes=OF_BRIEFINGS))
def persist_briefings(started: dict[str, Any] | None) -> int:
    """Save what is not in its table yet, because saving failed or was cut off.

    Returns how many results were saved. Fails when any is left.
    """
    results = submissions.save_missing(current_runtime(), _require(started))
    if results.left:
        shown = ", ".join(str(result_id) for result_id in results.left[:20])
        raise RuntimeError(
            f"{len(results.left)} results could not be saved ({shown}); briefing_writes says why. They are tried "
            "again; later, clear this task or run briefing_backfill for the submission"
        )
    return results.saved


@task(trigger_rule=TriggerRule.ALL_DONE, outlets=[BRIEFINGS])
def announce_briefings(started: dict[str, Any] | None) -> int:
    """Let others know that there are briefings. Returns how many of the submission's results are in their tables."""
    return announce(submissions.count_written(current_runtime(), _require(started)), "No briefing was written")


@task(trigger_rule=TriggerRule.ALL_DONE)
@lineage(Tables(writes=("pipeline_runs", "step_results")))
def summarize_research(started: dict[str, Any] | None) -> dict[str, Any]:
    """Close what was interrupted, and print how the submission stands. Fails when an entity or a write has failed."""
    fail_unless_opened(started, "submission", "start_submission")
    assert started
    ti: Any = get_current_context()["ti"]
    summary = submissions.close_submission(
        current_runtime(), UUID(started["submission_id"]), claim=submissions.claim_of(ti.dag_id, ti.run_id)
    )
    for line in summary.lines:
        log.info("%s", line)
    note_run(closing_lines.of_research(summary))
    if summary.problem:
        raise AirflowFailException(summary.problem)
    return {"submission_id": started["submission_id"], "runs": summary.runs, "writes": summary.writes}
