"""
### Slot backfill: find people for empty seats

**What.** Works off the queue that `slot_evaluation` fills: claims requests, asks the people agents who holds the seats
of a company, saves the people with their roles, closes the requests. The next evaluation then sees the seats filled.

```text
plan_backfill ── work_requests [60 requests]* ──┬── announce_people
                                                └── summarize_backfill
plan_backfill ── params_accepted
```

Providers are asked in order until one knows; a company is asked about once for all its empty seats. A request ends
`completed` with a person who can be seated, or `failed` with a sentence and counts as an attempt; after two attempts a
seat is closed. What the shipped catalog does not know waits, without an attempt, for a provider that can find out.
A provider that is down, refuses the key or exceeds the budget costs no attempt: the requests stay in the queue.

**When.** After every evaluation that leaves requests waiting (asset `prospecting_backfill_queue`), or by hand.

**Params.** Who is asked (else the Airflow variable `slot_backfill_providers`, else the shipped catalog), for which
companies and seats, how many requests, and what it may cost:

```json
{"providers": ["catalog", "live"], "slot_types": ["CEO"], "max_requests": 500, "budget": 10}
```

With `"provider_order": "learned"` they are asked in the order that has cost least so far, for each size and country of
companies. The result of `summarize_backfill` says what either order costs.

**Results.** `persons` and `company_person_roles`; `agent_routing_log` (status, error, cost, duration of every request);
`intake.people_raw_intake` (the answer); `agent_calls` (every call with its raw answer and cost); `rejected_records`
(who was named and not usable, and why); `seat_request_kpis` (attempts and dollars per person found, with targets).

**Retry and rerun.** Tasks claim with a lease: a retry goes on with what it held. A task that Airflow kills puts its
requests back; those of a lost worker are free for others two minutes later. Answers of the same run are replayed from
the ledger at no cost, and people are saved in the transaction that closes their request: nobody is promoted twice.
Another run works on what still waits.

**Resume.** Clear the failed tasks and `summarize_backfill`, or simply trigger again.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag

from prospecting.operators.slots import FillSlotsOperator
from prospecting.services.slot_params import SlotBackfillParams
from prospecting.tasks import slot_backfill as tasks
from prospecting.tasks.assets import BACKFILL_QUEUE
from prospecting.tasks.deadlines import with_deadline
from prospecting.tasks.defaults import POOL_AGENTS, START_DATE, Tag, default_args
from prospecting.tasks.first_task import fail_when_refused
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.trigger_form import airflow_params


@dag(
    dag_id="slot_backfill",
    dag_display_name="Slot backfill",
    description="Ask agents who holds the empty seats; save the people, close the requests",
    doc_md=__doc__,
    schedule=[BACKFILL_QUEUE],
    start_date=START_DATE,
    catchup=False,
    is_paused_upon_creation=True,
    max_active_runs=2,
    dagrun_timeout=timedelta(hours=20),
    on_failure_callback=tell_failure,
    default_args=default_args(),
    params=airflow_params(SlotBackfillParams),
    tags=[Tag.slots],
)
def slot_backfill() -> None:
    plan = tasks.plan_backfill()
    fail_when_refused(plan)
    work_requests = FillSlotsOperator.partial(
        task_id="work_requests",
        pool=POOL_AGENTS,
        map_index_template="{{ task.map_label }}",
        company_ids=plan["company_ids"],
    ).expand_kwargs(plan)
    tasks.summarize_backfill(plan, work_requests.output)

    work_requests >> tasks.announce_people(plan)


with_deadline(slot_backfill(), timedelta(hours=8))
