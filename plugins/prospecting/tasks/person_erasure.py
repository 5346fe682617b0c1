"""The tasks of person erasure around the question to a person: plan, ask, record, erase, receipt.

The params say who is meant, and are personal data themselves: they are not stored, and not handed from task to task. So
the task that erases reads them again, and the row of the erasure tells, by a keyed hash, whether they still mean the
same person.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from airflow.sdk import TriggerRule, task
from airflow.sdk.exceptions import AirflowFailException

from prospecting.operators.erasure import ErasePersonOperator
from prospecting.operators.lineage import lineage
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services import closing_lines, erasure
from prospecting.services.erasure_params import PersonErasureParams
from prospecting.tasks.approvals import answer_to, is_approval, refuse_another_name, who_answered
from prospecting.tasks.first_task import first_task
from prospecting.tasks.runs import (
    count_failed_tasks,
    current_run_id,
    current_runtime,
    fail_unless_opened,
    is_in_terminal,
    note_run,
    read_params,
    where_it_began,
)

log = logging.getLogger(__name__)

_QUESTION = "approve_erasure"

Opened = dict[str, Any]
"""``{"erasure_id": "...", "asks": True}``; ``asks``: a person can be asked, and is to be asked."""


@task
@first_task
def plan_erasure() -> Opened:
    """Validate the params, find out who is meant, and count what would be erased; nothing is changed."""
    params, runtime = read_params(PersonErasureParams), current_runtime()
    with refusals_fail_at_once():
        refuse_another_name(params.approved_by)
        planned = erasure.plan_erasure(runtime, params, airflow_run_id=current_run_id())
        if params.approved_by is not None:
            erasure.approve(runtime, planned.id, params.approved_by)
    return {"erasure_id": str(planned.id), "asks": not params.dry_run and not is_in_terminal()}


@task
def preview_erasure(opened: Opened) -> dict[str, str]:
    """The question to a person, subject and body: counts by table, and nobody's name."""
    subject, body = erasure.question(erasure.find_erasure(current_runtime(), UUID(opened["erasure_id"])))
    return {"subject": subject, "body": body}


@task.branch
def ask_or_go_on(opened: Opened) -> str:
    """Ask a person; or go on with what was approved before; or stop, when nobody can or need be asked."""
    found = erasure.find_erasure(current_runtime(), UUID(opened["erasure_id"]))
    if found.decision == "approved":
        return "erase_person"
    return _QUESTION if opened["asks"] and found.decision is None else "summarize_erasure"


# Reached without a question when the approval is recorded already.
@task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
@lineage(ErasePersonOperator.tables)
def erase_person(opened: Opened) -> dict[str, int]:
    """Record who approved, and erase the person the params name. Returns the rows by table."""
    params, runtime = read_params(PersonErasureParams), current_runtime()
    erasure_id, answer = UUID(opened["erasure_id"]), answer_to(_QUESTION)
    with refusals_fail_at_once():
        if answer is not None:
            if not is_approval(answer):
                raise AirflowFailException("The answer is no approval; nothing is erased")
            erasure.approve(runtime, erasure_id, who_answered(answer) or "")
        return dict(erasure.erase_person(runtime, params.subject(), erasure_id).erased)


@task(trigger_rule=TriggerRule.ALL_DONE)
def summarize_erasure(opened: Opened | None) -> dict[str, Any]:
    """Record a rejection, and print the receipt or what can be done next; fail when a task failed."""
    failed = count_failed_tasks()
    fail_unless_opened(opened, "erasure", "plan_erasure")
    assert opened is not None  # as just checked
    runtime, erasure_id = current_runtime(), UUID(opened["erasure_id"])
    answer = answer_to(_QUESTION)
    if answer is not None and not is_approval(answer):
        with refusals_fail_at_once():
            erasure.reject(runtime, erasure_id, who_answered(answer))
    error = f"{failed} tasks failed or could not start{where_it_began()}" if failed else None
    found = erasure.close_erasure(runtime, erasure_id, error)
    for line in erasure.summary_lines(found):
        log.info("%s", line)
    note_run(closing_lines.of_erasure(found))
    if error:
        raise AirflowFailException(f"{error}. Clear them together with this task; what is erased is not erased again")
    return {"erasure_id": opened["erasure_id"], "status": found.status, "rows": sum(found.erased.values())}
