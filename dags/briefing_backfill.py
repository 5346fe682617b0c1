"""
### Briefing backfill: past deep research into the briefing tables

**What.** Goes through the step results of past pipeline runs, finds those of one kind of deep research, and saves each
as the research pipeline itself does: one row per company, or person, and client, the newest research. For what was
written before the tables existed, or could not be written at the time.

```text
start_backfill ── plan_submissions ── backfill_submission [submission]* ──┬── announce_briefings
                                                                          └── summarize_backfill
start_backfill ── params_accepted
```

Results count when their step succeeded with exactly the operation of the kind (`company.derive.intel_briefing`,
`person.derive.intel_briefing`, `company.derive.icp_job_titles`) and their run succeeded, whether or not it is a child
of a fan-out; and when writing them failed, whatever became of the run. Results that found nothing, or cannot be
stored, are skipped with a reason.

**When.** By hand or over REST.

**Params.** Which kind, and whose (an org's id or slug); all submissions of the org unless some are named in
`submission_ids`:

```json
{"kind": "company", "org_id": "acme", "dry_run": true}
```

`acme` is the org of the research pipeline's example. Runs of another system come in with `prospecting import-runs`.

A dry run writes nothing and counts what a backfill would do. Older research never replaces newer research: it goes
to the history, unless `force` is set.

**Results.** `company_intel_briefings`, `person_intel_briefings`, or `icp_job_titles` with
`extracted_icp_job_title_details`; the replaced and the older ones in the tables' `_history`; in `briefing_writes`, what
became of each result and why it could not be stored. The totals are in the log of `summarize_backfill`:
*processed* = *upserted* + *unchanged* + *skipped*.

**Retry and rerun.** A page of results is one transaction. A task that is tried again starts over, and what it had
saved counts as *unchanged*; running the whole again writes nothing. Any number of backfills, and the pipeline, can run
at once.

**Resume.** Clear the failed tasks together with `summarize_backfill`, or simply trigger again.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag

from prospecting.operators.briefings import BackfillBriefingsOperator
from prospecting.services.briefing_params import BriefingBackfillParams
from prospecting.tasks import briefing_backfill as tasks
from prospecting.tasks.defaults import POOL_DATABASE, START_DATE, Tag, default_args
from prospecting.tasks.first_task import fail_when_refused
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.trigger_form import airflow_params


@dag(
    dag_id="briefing_backfill",
    dag_display_name="Briefing backfill",
    description="Save past deep research as company briefings, person briefings or ICP job titles",
    doc_md=__doc__,
    schedule=None,
    start_date=START_DATE,
    catchup=False,
    max_active_runs=4,
    dagrun_timeout=timedelta(hours=12),
    on_failure_callback=tell_failure,
    default_args=default_args(),
    params=airflow_params(BriefingBackfillParams),
    tags=[Tag.briefings, Tag.manual],
)
def briefing_backfill() -> None:
    started = tasks.start_backfill()
    fail_when_refused(started)
    backfill_submission = BackfillBriefingsOperator.partial(
        task_id="backfill_submission", pool=POOL_DATABASE, map_index_template="{{ task.map_label }}"
    ).expand_kwargs(tasks.plan_submissions(started))
    tasks.summarize_backfill(started, backfill_submission.output)

    backfill_submission >> tasks.announce_briefings(started)


briefing_backfill()
