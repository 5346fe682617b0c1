"""
### Person erasure: everything about one person goes, for good, once somebody has approved

**What.** Finds out who is meant, counts what would be erased, asks a person, and then deletes the one who is meant:
person, channels, roles, contact with all conversations; out of everything else that mentions them (answers of agents,
research, briefings, results, notes, texts of other people's conversations) they are taken. Seats they held are open.
Costs, counts and ids stay. Keyed hashes of profile, e-mails and name at each company are kept, so that no DAG stores
them again; nobody can read from a hash whose it is.

```text
plan_erasure ── preview_erasure ── ask_or_go_on ─┬─ approve_erasure ─┐
                                                 └───────────────────┴─ erase_person ── summarize_erasure
plan_erasure ── params_accepted
```

**When.** By hand, when somebody asks for it.

**Params.** An id names nobody, so it is the best way to say who is meant: `person` (see `persons`) or `contact` (see
`contacts`). An `email` or a `linkedin_url` also works for somebody who is not stored, whom it keeps out; it stays in
Airflow's own database with the run, which should be deleted afterwards (docs/runbooks/accounts.md). What is given has
to lead to one person. By default nothing is erased, and the plan is all there is; this asks for approval of the plan:

```json
{"person": 4711, "dry_run": false}
```

In the terminal (`make dag`) nobody can be asked: there every run stops at the plan, and
`{"person": 4711, "erasure_id": "…", "approved_by": "<your user name>"}` carries it out, whatever `dry_run` says. In
Airflow these params do the same for a plan that was looked at.

**Approval.** `approve_erasure` waits under *Required Actions* without occupying a worker. It names nobody. Left
unanswered for seven days it counts as rejected. The first decision stands.

**Results.** `erasures` (who decided, and how many rows of each table it concerned: the receipt, also in the log of
`summarize_erasure`), `erased_identities` and `suppressed_addresses` (hashes).

**Retry and rerun.** Nothing of whom the params mean is stored in the row of the erasure, or passed between tasks: the
task that erases reads the params again, and the row knows by a hash if they still mean the same person. Each table is a
transaction. Erasing again changes nothing.

**Resume.** Clear what failed together with `summarize_erasure`: it goes on where it stood.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import chain, dag

from prospecting.services.erasure_params import PersonErasureParams
from prospecting.tasks import person_erasure as tasks
from prospecting.tasks.approvals import RememberingApprovalOperator
from prospecting.tasks.defaults import START_DATE, Tag, default_args
from prospecting.tasks.first_task import fail_when_refused
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.trigger_form import airflow_params


@dag(
    dag_id="person_erasure",
    dag_display_name="Person erasure",
    description="Forget a person on request: plan, a person's approval, erasure everywhere, receipt",
    doc_md=__doc__,
    schedule=None,
    start_date=START_DATE,
    catchup=False,
    max_active_runs=16,
    # Longer than the week that a person may take to answer.
    dagrun_timeout=timedelta(days=8),
    on_failure_callback=tell_failure,
    default_args=default_args(execution_timeout=timedelta(hours=6)),
    params=airflow_params(PersonErasureParams),
    tags=[Tag.accounts, Tag.manual],
)
def person_erasure() -> None:
    opened = tasks.plan_erasure()
    fail_when_refused(opened)
    preview = tasks.preview_erasure(opened)
    approve_erasure = RememberingApprovalOperator(
        task_id="approve_erasure",
        subject=preview["subject"],
        body=preview["body"],
    )
    erased = tasks.erase_person(opened)
    summary = tasks.summarize_erasure(opened)

    chain(preview, tasks.ask_or_go_on(opened), [approve_erasure, erased, summary])
    chain(approve_erasure, erased, summary)


person_erasure()
