"""
### Signal schedule: start the signals that are due

**What.** Every ten minutes: finds active signals whose own schedule (`daily`, `weekly` or `monthly`, at a time in a
timezone) was due since they were last executed, and triggers `signal_execution` for each. Also closes what gave no
sign of life for 20 minutes: executions, evaluations and refreshes of any DAG (as failed), and calls to agents (as
abandoned).

```text
close_abandoned_runs      find_due_signals ── start_signal [signal]*
```

**When.** Every ten minutes, UTC, once it is switched on; the signals' schedules have timezones of their own. A signal
gets a schedule by executing it once with one, a stored one by its id:

```json
{"name": "Ruby conferences in Europe", "event_keywords": ["ruby"], "locations": ["Europe"],
 "schedule": {"frequency": "weekly", "weekday": "Monday", "time": "06:00", "timezone": "Europe/Berlin"}}
```
```json
{"signal_id": "<id>", "schedule_frequency": "weekly", "schedule_weekday": 0, "schedule_time": "06:00"}
```

It runs the published version of the signal, whatever was tried under its name. Paused signals that are due are counted
in the note of the run, and not started.

**Retry and rerun.** The run id of a started execution is made of signal and due time, and so is a unique key of
`signal_executions`: however often this DAG runs, each due time is executed once. Of several missed due times (Airflow
was down) only the latest is made up for.

**Resume.** Nothing to do; the next run finds what is still due. To stop a signal, trigger `signal_execution` with its
id and `change_schedule`: `pause`, `resume` or `clear`, which runs nothing; or pause it on the page *Signals*. What was
due meanwhile is not made up for.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag

from prospecting.tasks import signal_schedule as tasks
from prospecting.tasks.deadlines import with_deadline
from prospecting.tasks.defaults import NEVER_LATE, Tag, default_args
from prospecting.tasks.notifications import tell_failure


@dag(
    dag_id="signal_schedule",
    dag_display_name="Signal schedule",
    description="Start the stored signals whose own schedule is due",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("5,15,25,35,45,55 * * * *", timezone="UTC", run_immediately=NEVER_LATE),
    catchup=False,
    is_paused_upon_creation=True,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=50),
    on_failure_callback=tell_failure,
    default_args=default_args(execution_timeout=timedelta(minutes=10)),
    tags=[Tag.signals],
)
def signal_schedule() -> None:
    tasks.close_abandoned_runs()
    tasks.start_signal.expand_kwargs(tasks.find_due_signals())


with_deadline(signal_schedule(), timedelta(minutes=30))
