"""
### Account events: what mail providers report about messages

**What.** Reads files of webhooks (delivered, opened, clicked, answered, bounced, unsubscribed, complained), and records
each event once: the touchpoint gets its time, conversations and contacts follow, and whoever does not want mail, or
whose address does not work, gets none any more.

```text
start_recording ── plan_files ── record_events [100 files]* ── summarize_recording
start_recording ── params_accepted
```

An event whose message is not known yet waits for it. Each batch applies what waited lately, the nightly
`account_refresh` all that is left. Times move back to the earliest that was reported, so events may come late, twice
and in any order. An event about a message of another provider, or whose recipient is not the contact, is refused.

**When.** By hand or over REST, for what the webhook could not take itself: while it was down, or from an export of the
provider.

**Params.** A file, or a folder of files, as the provider sent them; who sent them, and in which format:

```json
{"path": "s3://aws_default@bucket/sendgrid/2026-01-01", "provider": "sendgrid", "format": "sendgrid"}
```

The format `plain` is for all others: a JSON list, or one object a line, such as

```text
{"kind": "opened", "occurred_at": "2026-01-01T09:30:00Z", "message_id": "m-17", "event_id": "e-4711"}
```

**Results.** `touchpoint_events` (each event), `touchpoints`, `suppressed_addresses`, the status of `contacts`;
`rejected_records` (what could not be read or was refused, and why). The counts are in the log of
`summarize_recording`. The run fails at its end when a file could not be read, or more than `max_error_share` of the
events could not be used; what could is recorded all the same.

**Retry and rerun.** A chunk of events is one transaction. A task that is tried again starts over, and what it had saved
counts as *known*; running the whole again writes nothing. Files stay where they are.

**Resume.** Clear the failed tasks together with `summarize_recording`, or simply trigger again.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag

from prospecting.operators.touchpoint_events import RecordTouchpointEventsOperator
from prospecting.services.account_events_params import AccountEventsParams
from prospecting.tasks import account_events as tasks
from prospecting.tasks.defaults import POOL_DATABASE, START_DATE, Tag, default_args
from prospecting.tasks.first_task import fail_when_refused
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.trigger_form import airflow_params


@dag(
    dag_id="account_events",
    dag_display_name="Account events",
    description="Record what mail providers report about messages: opened, answered, bounced, unsubscribed",
    doc_md=__doc__,
    schedule=None,
    start_date=START_DATE,
    catchup=False,
    max_active_runs=4,
    dagrun_timeout=timedelta(hours=12),
    on_failure_callback=tell_failure,
    default_args=default_args(),
    params=airflow_params(AccountEventsParams),
    tags=[Tag.accounts, Tag.manual],
)
def account_events() -> None:
    started = tasks.start_recording()
    fail_when_refused(started)
    record_events = RecordTouchpointEventsOperator.partial(
        task_id="record_events", pool=POOL_DATABASE, map_index_template="{{ task.map_label }}"
    ).expand_kwargs(tasks.plan_files(started))
    tasks.summarize_recording(started, record_events.output)


account_events()
