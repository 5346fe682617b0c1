"""
### ML feature refresh: what is known about every account, how likely it is to buy, and recommended accounts

**What.** Brings the features of accounts up to date, from research, interactions, sponsorships, signals, seats and
briefings; trains a model on how accounts looked at the start of each month and what became of them; scores accounts,
finds rising intent, and makes the recommendations of the day.

```text
start_refresh ── plan_chunks ── refresh_chunk [20,000 accounts]* ── finish_refresh ─┐
┌───────────────────────────────────────────────────────────────────────────────────┘
├─ train_model ── score_accounts ─┐
└─ detect_intent ─────────────────┴─ recommend_accounts ── summarize_refresh
start_refresh ── params_accepted
```

Only accounts that something happened to since the last refresh are computed. Triggers note every change in
`account_changes`; how far they were read is kept with the asset `prospecting_features`, as its watermark. Late-arriving
news recomputes its account, and the months after it. A snapshot knows nothing of what came after it, nor of what was
entered after it with an earlier date.

A model is trained from 50 research runs, 100 interactions, and 20 accounts with an outcome on; below that the task is
skipped and says what is missing. The model is tested on the latest months, and promoted if it is better, beyond chance,
than the ICP formula, the base rate and the model in use, and if what it learned holds for accounts it has not seen. A
model in use that does no better than formula or base rate any more is taken out of use. The same data are learned from
once.

**When.** Every night at 04:00 UTC, when companies, slots, briefings or accounts changed, or by hand. Only nightly runs
and those started by hand train.

**Params.** By hand, for instance all accounts, without training:

```json
{"full": true, "train": false}
```

**Results.** `account_signals` (features now), `account_feature_snapshots` (features by month), `accounts`; `ml_models`
(every training with its model card), `account_scores` (probabilities and reasons), `account_intent`,
`account_recommendations`; `feature_refreshes` (one row per run, with the reason when nothing was trained or nobody is
recommended).

**Retry and rerun.** A chunk is one transaction, and refreshing again without news writes nothing. The watermark moves
when all chunks are done, so a run that failed leaves its changes to the next one. A model is stored before it is
registered, and loaded only when its checksum is the registered one.

**Resume.** Clear what failed together with `summarize_refresh`, or leave it to the next run.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, TriggerRule, dag

from prospecting.operators.features import (
    DetectIntentOperator,
    RecommendAccountsOperator,
    RefreshFeaturesOperator,
    ScoreAccountsOperator,
    TrainPropensityModelOperator,
)
from prospecting.services.feature_params import MlFeatureRefreshParams
from prospecting.tasks import ml_feature_refresh as tasks
from prospecting.tasks.assets import ACCOUNTS, BRIEFINGS, COMPANIES, SLOTS
from prospecting.tasks.deadlines import with_deadline
from prospecting.tasks.defaults import NEVER_LATE, POOL_DATABASE, Tag, default_args
from prospecting.tasks.first_task import fail_when_refused
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.trigger_form import airflow_params


@dag(
    dag_id="ml_feature_refresh",
    dag_display_name="ML feature refresh",
    description="Account features, incrementally; propensity model, scores, intent and recommendations",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 4 * * *", timezone="UTC", run_immediately=NEVER_LATE),
        assets=(COMPANIES | SLOTS | BRIEFINGS | ACCOUNTS),
    ),
    catchup=False,
    is_paused_upon_creation=True,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    on_failure_callback=tell_failure,
    default_args=default_args(),
    params=airflow_params(MlFeatureRefreshParams),
    tags=[Tag.features, Tag.nightly],
)
def ml_feature_refresh() -> None:
    refresh_id = tasks.start_refresh()
    fail_when_refused(refresh_id)
    refresh_chunk = RefreshFeaturesOperator.partial(
        task_id="refresh_chunk", pool=POOL_DATABASE, map_index_template="{{ task.map_label }}"
    ).expand_kwargs(tasks.plan_chunks(refresh_id))
    finished = tasks.finish_refresh(refresh_id, refresh_chunk.output)
    train = TrainPropensityModelOperator(task_id="train_model", refresh_id=refresh_id)
    # ALL_DONE: a training that failed does not take away the model in use, nor the list of the day.
    score = ScoreAccountsOperator(
        task_id="score_accounts", refresh_id=refresh_id, pool=POOL_DATABASE, trigger_rule=TriggerRule.ALL_DONE
    )
    detect = DetectIntentOperator(task_id="detect_intent", refresh_id=refresh_id)
    # NONE_FAILED: without a model nothing is scored, and accounts are ranked by their ICP score.
    recommend = RecommendAccountsOperator(
        task_id="recommend_accounts", refresh_id=refresh_id, trigger_rule=TriggerRule.NONE_FAILED
    )
    tasks.summarize_refresh(refresh_id, finished, train.output, score.output, detect.output, recommend.output)

    finished >> [train, detect]
    train >> score
    [score, detect] >> recommend


with_deadline(ml_feature_refresh(), timedelta(hours=2))
