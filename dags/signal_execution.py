"""
### Signal execution: events, their sponsors, the people worth talking to

**What.** Executes one signal. Agents find events for every keyword, then the sponsors of every event, then the decision
makers of every sponsor; everything is parsed, deduplicated against what is known and saved with its links. For the
types *funding*, *hiring*, *product_launch* and *acquisition* the agents find companies directly, with what they did:
the round and its amount, the open positions, the product, the other company.

```text
start_execution ── plan_discovery ── discover [keyword]* ─┐
      ┌───────────────────────────────────────────────────┘
      └ plan_sponsors ── extract_sponsors [40 events]* ─┐
      ┌─────────────────────────────────────────────────┘
      └ plan_people ── find_people [40 companies]* ── summarize_execution
start_execution ── params_accepted
```

**When.** By hand, over REST, or started by `signal_schedule`. The catalog agents (`agents: catalog`) answer from
shipped open data, offline and free; live agents (`agents: live`) need the Airflow connections `prospecting_llm` and
`prospecting_search`. The catalog knows conferences only, and says so.

**Params.** A stored signal's id, or an inline configuration, which is stored under its name. The same name later
changes the stored signal. Of one with a schedule it makes a *trial*: a version that runs once, and that the schedule
does not run unless `replace_scheduled` publishes it. With the id, `agents`, `target_functions`, dates, `fresh_days`,
`limits` and `budget` hold for this run alone (`overrides` for what is the default of the form), `signal_version` runs
another version, a schedule becomes the signal's own, and `change_schedule` clears, pauses or resumes that without
running anything. `next_days` and `past_days` are dates of each run, in the timezone of the schedule.

```json
{
  "name": "Ruby conferences in Europe",
  "type": "conference",
  "event_keywords": ["ruby"],
  "locations": ["Europe"],
  "date_from": "2025-01-01",
  "target_functions": ["CEO", "CTO", "VP Sales"],
  "agents": "catalog"
}
```

**Results.** In `signal_executions`: `results` (events, companies, what they did (`signals`), contacts with their ids,
stats), `status` (`completed`, `completed_with_errors`, `failed`), `error`. What could not be used is in
`rejected_records` with its reason, every agent call with its raw answer and cost in `agent_calls`.

The identity gate holds back companies that no answer would help with: with a suppressed domain, with the name of
somebody who asked to be forgotten, and what is no company; for live agents also those whose domain is in doubt, and
those where everybody wanted was seen in the last `fresh_days`. `results.notAsked` counts them by reason.

Mapped tasks ask in parallel, and what they learn is saved in the order planned (`execution_questions`): two runs that
get the same answers leave the same rows, whichever task was faster.

**Retry and rerun.** Tasks can be retried and cleared at any time: answers of the same execution are replayed from the
ledger at no cost, and saving again changes nothing. Rate limits, outages and timeouts are retried as late as the
provider asks; a wrong key, a used-up quota or the budget fails at once, and a missing connection before anything is
stored. `error` has the first cause (`first_cause`), with its remedy. Single failed chunks do not stop the rest: the
execution then ends `completed_with_errors`. It fails when nothing came out because of failures, or when more than
`max_error_share` of what was found was unusable.

**Resume.** Clear the failed tasks and `summarize_execution`; or go on with the execution in a new run, whose only param
is `{"resume_execution": "<id>"}` (`make resume`); or trigger again with the same configuration.

**Cancel.** `make cancel EXECUTION=<id>`, or the button of its page: nothing more is asked, what was found stays, and
the tasks that are left are skipped.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import chain, dag

from prospecting.operators.signals import DiscoverOperator, ExtractSponsorsOperator, FindPeopleOperator
from prospecting.services.signal_params import SignalParams
from prospecting.tasks import signal_execution as tasks
from prospecting.tasks.defaults import POOL_AGENTS, START_DATE, Tag, default_args
from prospecting.tasks.first_task import fail_when_refused
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.trigger_form import airflow_params


@dag(
    dag_id="signal_execution",
    dag_display_name="Signal execution",
    description="Find events, their sponsors and the people worth talking to",
    doc_md=__doc__,
    schedule=None,
    start_date=START_DATE,
    catchup=False,
    max_active_runs=8,
    dagrun_timeout=timedelta(hours=20),
    on_failure_callback=tell_failure,
    default_args=default_args(),
    params=airflow_params(SignalParams),
    tags=[Tag.signals, Tag.manual],
)
def signal_execution() -> None:
    execution_id = tasks.start_execution()
    fail_when_refused(execution_id)
    # expand, not expand_kwargs: keywords are words of users, and only what expand brings is not rendered as a template.
    discover = DiscoverOperator.partial(
        task_id="discover", execution_id=execution_id, pool=POOL_AGENTS, map_index_template="{{ task.keyword }}"
    ).expand(keyword=tasks.plan_discovery(execution_id))
    plan_sponsors = tasks.plan_sponsors(execution_id)
    extract_sponsors = ExtractSponsorsOperator.partial(
        task_id="extract_sponsors", pool=POOL_AGENTS, map_index_template="{{ task.map_label }}"
    ).expand_kwargs(plan_sponsors)
    plan_people = tasks.plan_people(execution_id)
    find_people = FindPeopleOperator.partial(
        task_id="find_people", pool=POOL_AGENTS, map_index_template="{{ task.map_label }}"
    ).expand_kwargs(plan_people)
    summary = tasks.summarize_execution(execution_id)

    chain(discover, plan_sponsors, extract_sponsors, plan_people, find_people, summary)


signal_execution()
