"""
### Account refresh: whom we talk to, how engaged they are, how well accounts are cared for

**What.** Brings everything about accounts up to date that follows from contacts, conversations and touchpoints.

```text
start_refresh ── apply_events ── follow_job_changes ── plan_chunks ── refresh_chunk [50,000 accounts]* ─┐
┌───────────────────────────────────────────────────────────────────────────────────────────────────────┘
└─ log_interactions ── reconcile_counters ── refresh_overview ── summarize_refresh ── announce_accounts
start_refresh ── params_accepted
```

1. Events of mail providers that waited for their message are applied.
2. Who is seen at another company since has changed jobs. The role at the old one ended when that was found out; now
   the contact goes along, conversations there are paused, and the old e-mail address is not written to any more. Clear
   changes confirm themselves, about the rest a person decides. Roles of everybody are settled once more: companies and
   people were merged, and rows written by hand.
3. Contacts are scored by what they did, with less weight the longer it is ago, and the health of every account with
   active contacts is recorded as that of the day. Contents of touchpoints that are older than they may be are cleared.
4. What was done in conversations, and is no interaction yet, becomes one, for features and recommendations.
5. Counters are compared with what they count. A difference fails the run and is named with ids.
6. The overview is refreshed, and the summary says what is due: follow-ups, stale accounts, job changes to decide about,
   colleagues to talk to next.

**When.** Every night at 03:00 UTC, before `ml_feature_refresh`, which it starts when something changed; or by hand.

**Params.** By hand, for instance after counters were found to be wrong:

```json
{"repair": true}
```

**Results.** `contacts.engagement_score`, `account_health_history` (health by day), `job_changes`, `account_overview`;
`account_refreshes` (one row per run, with what is due). In the terminal, a report with names.

**Retry and rerun.** Every step is one transaction or a series of them, and doing it again on the same day without news
writes nothing.

**Resume.** Clear what failed together with `summarize_refresh`, or leave it to the next night.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, chain, dag

from prospecting.operators.accounts import RefreshAccountsOperator
from prospecting.services.account_refresh_params import AccountRefreshParams
from prospecting.tasks import account_refresh as tasks
from prospecting.tasks.deadlines import with_deadline
from prospecting.tasks.defaults import NEVER_LATE, POOL_DATABASE, Tag, default_args
from prospecting.tasks.first_task import fail_when_refused
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.trigger_form import airflow_params


@dag(
    dag_id="account_refresh",
    dag_display_name="Account refresh",
    description="Engagement, account health by day, job changes, counters, overview; what is due",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 3 * * *", timezone="UTC", run_immediately=NEVER_LATE),
    catchup=False,
    is_paused_upon_creation=True,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    on_failure_callback=tell_failure,
    default_args=default_args(),
    params=airflow_params(AccountRefreshParams),
    tags=[Tag.accounts, Tag.nightly],
)
def account_refresh() -> None:
    refresh_id = tasks.start_refresh()
    fail_when_refused(refresh_id)
    events = tasks.apply_events(refresh_id)
    changes = tasks.follow_job_changes(refresh_id)
    plan = tasks.plan_chunks(refresh_id)
    refresh_chunk = RefreshAccountsOperator.partial(
        task_id="refresh_chunk", pool=POOL_DATABASE, map_index_template="{{ task.map_label }}"
    ).expand_kwargs(plan)
    logged = tasks.log_interactions(refresh_id)
    repaired = tasks.reconcile_counters(refresh_id)
    overview = tasks.refresh_overview(refresh_id)
    summary = tasks.summarize_refresh(refresh_id)

    chain(refresh_id, events, changes, plan, refresh_chunk, logged, repaired, overview, summary)
    tasks.announce_accounts(summary)


with_deadline(account_refresh(), timedelta(hours=3))
