"""
### Slot evaluation: does every company's CEO, CFO and HR seat have a holder?

**What.** Evaluates companies with SQL: current roles, with titles read by the classifier, fill seats; seats without a
holder get one enrichment request each. Of all companies it looks at those that something happened to since the last
evaluation; at every one once a week, when a rule has changed, and with `full`. Answers that outside agents left in the
intake queue become people first. Then checks the result, and lets `slot_backfill` know when requests wait.

```text
start_evaluation ── plan_chunks ── evaluate_chunk [50,000 companies]* ── summarize_evaluation
                                                                                  └── check_quality ── announce_requests
start_evaluation ── params_accepted
```

A seat is `filled` with a person, `open` below two completed enrichment attempts, `closed_missing` at two. The plain
holder of a title comes before deputies, interim and fractional ones; among equals whoever holds the seat keeps it, then
the most recent evidence decides. Whoever was seen a year (`newer_by_days`) before an equal, or before somebody in
office, gives way; a filled seat is asked about again when its holder was last seen a year (`reverify_after_days`) ago.
A holder below `min_confidence` is weak: the search goes on. A closed seat is filled as soon as somebody fits, and opens
again after half a year (`reopen_after_days`) or for a provider that never answered for it; a filled one reopens when
its holder leaves.

**When.** Every night at 02:00 UTC, or by hand.

**Params.** By hand, for some companies or seats only, or as a dry run, which writes nothing and prints what it would
do:

```json
{"dry_run": true, "name_contains": "hospital", "slot_types": ["CEO", "HR"]}
```

**Results.** `company_slot` (the seats), `slot_transitions` (their history), `intake.people_raw_intake` and
`agent_routing_log` (the requests), `slot_evaluations` (the summary of every run, also in the log of
`summarize_evaluation`), `seat_fill_rates` and `seat_fill_rates_daily` (fill rates by seat, with their targets).

**Retry and rerun.** A chunk is one transaction: a task that failed or was killed has written nothing, and evaluating
again without news writes nothing. Any number of evaluations can run at once; the same companies wait for each other.
Requests are queued once per seat and attempt, however often this runs.

**Resume.** Clear the failed chunks together with `summarize_evaluation`. When `check_quality` failed, its log names the
offending ids; the requests of that night wait until a later evaluation passes.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, chain, dag

from prospecting.operators.slots import EvaluateSlotsOperator
from prospecting.services.slot_params import SlotEvaluationParams
from prospecting.tasks import slot_evaluation as tasks
from prospecting.tasks.deadlines import with_deadline
from prospecting.tasks.defaults import NEVER_LATE, POOL_DATABASE, Tag, default_args
from prospecting.tasks.first_task import fail_when_refused
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.trigger_form import airflow_params


@dag(
    dag_id="slot_evaluation",
    dag_display_name="Slot evaluation",
    description="Find out who holds each company's CEO, CFO and HR seat; request enrichment for empty ones",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 2 * * *", timezone="UTC", run_immediately=NEVER_LATE),
    catchup=False,
    is_paused_upon_creation=True,
    max_active_runs=4,
    dagrun_timeout=timedelta(hours=12),
    on_failure_callback=tell_failure,
    default_args=default_args(),
    params=airflow_params(SlotEvaluationParams),
    tags=[Tag.slots, Tag.nightly],
)
def slot_evaluation() -> None:
    opened = tasks.start_evaluation()
    fail_when_refused(opened)
    plan_chunks = tasks.plan_chunks(opened)
    evaluate_chunk = EvaluateSlotsOperator.partial(
        task_id="evaluate_chunk", pool=POOL_DATABASE, map_index_template="{{ task.map_label }}"
    ).expand_kwargs(plan_chunks)
    summary = tasks.summarize_evaluation(opened, evaluate_chunk.output)

    chain(plan_chunks, summary, tasks.check_quality(opened), tasks.announce_requests(opened))


with_deadline(slot_evaluation(), timedelta(hours=4))
