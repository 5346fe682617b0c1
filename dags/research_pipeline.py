"""
### Research pipeline: research entities step by step

**What.** Takes a submission - companies or persons of an org - through its steps: deep research (Parallel's Task API),
people we know at a company, any operation of your own service. Results go to their tables as soon as they are there.

```text
start_submission ── wave_1.plan_runs ── wave_1.run_steps [entity]*
                 ── wave_2.plan_runs ── wave_2.run_steps [found by a fan-out]*
                 ── wave_3.plan_runs ── wave_3.run_steps [found by a fan-out of those]*
                 ── persist_briefings ── announce_briefings ── summarize_research
start_submission ── params_accepted
```

| operation | what it finds | where it goes |
|---|---|---|
| `company.derive.intel_briefing` | a company, seen from a client | `company_intel_briefings` |
| `person.derive.intel_briefing` | a person, seen from a client | `person_intel_briefings` |
| `company.derive.icp_job_titles` | which job titles buy there | `icp_job_titles`, `extracted_icp_job_title_details` |
| `company.list.people` | the people we know at a company (free) | the steps after it, by fan-out |
| any other | whatever the service behind `prospecting_operations` answers | the steps after it |

A step can have a `condition` (`{"field": "domain", "op": "exists"}`, with `all`, `any`, `not`), be skipped while its
own answer is fresh (`step_config.skip_if_fresh: {"max_age_hours": 720, "identity_fields": ["domain"]}`), and fan out:
each object in its output's `results` goes through the steps after it on its own, duplicates once. A failed step skips
the rest of its entity, not of the others.

Deep research is asked for, and paid, once for a company or person and client, however they are spelled. What the org
has already, from any submission, is used instead while it is at most `max_age_days` old (30; 0 asks for everything);
the steps are then skipped with `briefing_fresh`, and the report shows the briefings. For these operations a step's
`skip_if_fresh` replaces `max_age_days`. Both look at the operation, and at the client where the answer is for one.

**When.** By hand.

**Params.** Who, for whom, what; deep research needs the connection `prospecting_parallel` (password: API key):

```json
{"org": "acme", "operations": ["company.derive.intel_briefing"],
 "client_company_name": "SecurityPal", "client_company_description": "Answers security questionnaires for vendors.",
 "entities": [{"company_name": "CoreWeave", "domain": "coreweave.com"},
              {"company_name": "Elastic", "domain": "elastic.co"}]}
```

Whoever may see the run reads its configuration, also in Airflow's audit log. For people, name a submission instead:
`{"submission_file": "s3://aws_default@bucket/people.json"}` (a path or object URL that workers can read, JSON with the
fields above), or `{"submission_id": "…"}` of one stored with `prospecting submit people.json`.

**Results.** `submissions`, `pipeline_runs` and `step_results` (status and result of everything), the tables above with
what newer research replaced in `*_history`, `briefing_writes` (what reached its table), `agent_calls` (every deep
research run with its raw answer and cost, scope `research:<submission>`).

**Retry and rerun.** What an org asks for a second time, word for word, is the submission it asked for first: what is
done stays done. A deep research run is created once: its id is stored at once, and retries, clears and other runs of
the same submission attach to it. Waiting takes no worker, and a task that is killed lets go of its entity. A failed
write does not fail the research: `persist_briefings` tries it again, `briefing_backfill` can repair it later. Answers
that were paid for are used again; `force_fresh` pays again, whatever there is.

**Resume.** Clear the failed tasks, trigger the same again, or trigger with the `submission_id` from the log: entities
that are done stay done, failed ones go on at the step that failed.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import TaskGroup, dag

from prospecting.operators.research import ResearchRunOperator
from prospecting.services.research_params import ResearchParams
from prospecting.tasks import research_pipeline as tasks
from prospecting.tasks.defaults import POOL_AGENTS, START_DATE, Tag, default_args
from prospecting.tasks.first_task import fail_when_refused
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.trigger_form import airflow_params

# Entities, what their fan-outs find, and what the fan-outs of those find.
WAVES = 3


@dag(
    dag_id="research_pipeline",
    dag_display_name="Research pipeline",
    description="Have companies and persons researched; keep the briefings",
    doc_md=__doc__,
    schedule=None,
    start_date=START_DATE,
    catchup=False,
    max_active_runs=8,
    dagrun_timeout=timedelta(hours=24),
    on_failure_callback=tell_failure,
    default_args=default_args(),
    params=airflow_params(ResearchParams),
    tags=[Tag.briefings, Tag.manual],
)
def research_pipeline() -> None:
    before = started = tasks.start_submission()
    fail_when_refused(started)
    for wave in range(1, WAVES + 1):
        with TaskGroup(f"wave_{wave}"):
            plan_runs = tasks.plan_runs(started, wave)
            run_steps = ResearchRunOperator.partial(
                task_id="run_steps", pool=POOL_AGENTS, map_index_template="{{ task.entity }}"
            ).expand_kwargs(plan_runs)
        before >> plan_runs
        before = run_steps

    before >> tasks.persist_briefings(started) >> tasks.announce_briefings(started) >> tasks.summarize_research(started)


research_pipeline()
