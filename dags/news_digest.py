"""
### News digest: what is new, by mail and in Slack

**What.** Tells what came since the last digest: new events, companies and people by signal, seats that were filled,
accounts that are new among the recommended ones; below that, what waits for a decision, and signals that fail.
Companies are named, people are counted; their names are on the pages, where the links lead. When nothing is new,
nothing is sent.

```text
find_channels ── send_digest [mail, slack]*
```

It goes to those whom the Airflow connections `prospecting_smtp` and `prospecting_slack` name, or
`prospecting_smtp_digest` and `prospecting_slack_digest` where these exist. Without any of them, everything is skipped.

**When.** On working days at 06:30 UTC, after the nightly DAGs, once it is switched on; or by hand, at any time. The
first digest of a channel is about seven days.

**Results.** `digests`: which time each digest was about, how much was in it, and when it was sent.

**Retry and rerun.** Each channel has its own digests. Running this again tells nothing twice. A digest that could not
be sent is sent by the next try or the next run, about the same time. One whose sender was killed before noting that it
was sent comes twice; mail programs recognise the second one by its `Message-ID`.

**Resume.** Clear `send_digest`, or wait for the next run.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag

from prospecting.tasks import news_digest as tasks
from prospecting.tasks.deadlines import with_deadline
from prospecting.tasks.defaults import NEVER_LATE, Tag, default_args
from prospecting.tasks.notifications import tell_failure


@dag(
    dag_id="news_digest",
    dag_display_name="News digest",
    description="Tell by mail and in Slack what is new since the last time",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("30 6 * * 1-5", timezone="UTC", run_immediately=NEVER_LATE),
    catchup=False,
    is_paused_upon_creation=True,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=4),
    on_failure_callback=tell_failure,
    default_args=default_args(execution_timeout=timedelta(minutes=10)),
    tags=[Tag.signals],
)
def news_digest() -> None:
    tasks.send_digest.expand(channel=tasks.find_channels())


with_deadline(news_digest(), timedelta(hours=1))
