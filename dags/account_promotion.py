"""
### Account promotion: sponsors' people and seat holders become contacts, once a person has approved

**What.** Lists the people at companies that signals found, and the holders of seats; shows the list to a person, and
makes contacts of those on it if that person approves.

```text
start_promotion ── plan_people ── preview_people ── ask_or_go_on ─┬─ approve_promotion ─┐
                                                                  └─────────────────────┴─ record_approval ─┐
                          summarize_promotion ── promote_chunk [500 people]* ───────────────────────────────┘
start_promotion ── params_accepted
```

Everybody on the list has a verdict: `new`, or why not: `known` (a contact already), `suppressed` (an address, a contact
or an account that must be left alone), `erased` (asked to be forgotten), `doubtful` (an open row of
`merge_candidates`, or newer evidence against their role), `no_channel` (neither e-mail nor LinkedIn profile, unless
`require_channel` is false). People whose role is *unconfirmed*, seen more than 18 months ago, are proposed, and the
list says how many they are; with `confirmed_only` they are `doubtful` as well. Of each company the highest people are
proposed, then the most recently seen. Nobody becomes a contact before somebody approved; then everybody is checked
again.

**When.** By hand.

**Params.** For instance the decision makers of gold sponsors and better ones, found by a signal:

```json
{"signal_ids": ["4b7c7f3e-8f0e-4f0c-9d5e-0c9a4f6b1d2a"], "best_tier": "gold", "seniorities": ["c-level", "vp"]}
```

`{"dry_run": true}` makes the list and stops. A list that was made can be carried out later with
`{"promotion_id": "…", "approved_by": "<your user name>"}`, which asks nobody, or with its `promotion_id` alone, which
asks. In the terminal (`make dag`) nobody can be asked: there every run stops at the list, and those two params carry
it out. `{"promotion_id": "…", "withdraw": true}` deletes the contacts that a promotion made, except those that somebody
has worked with since.

**Approval.** `approve_promotion` waits under *Required Actions* without occupying a worker. It names nobody; it says
how to see the list. Left unanswered for seven days it counts as rejected. The first decision stands.

**Results.** `contacts`, with `account_promotion` as their source; `contact_promotions` (every list, who decided and
when), `contact_promotion_items` (who was on it, and what became of them).

**Retry and rerun.** A chunk is one transaction. Nobody becomes a contact twice, however often this runs and however
many runs do so at once.

**Resume.** Clear what failed together with `summarize_promotion`.

**Owner.** prospecting
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag

from prospecting.operators.promotions import PromoteContactsOperator
from prospecting.services.promotion_params import AccountPromotionParams
from prospecting.tasks import account_promotion as tasks
from prospecting.tasks.approvals import RememberingApprovalOperator
from prospecting.tasks.defaults import POOL_DATABASE, START_DATE, Tag, default_args
from prospecting.tasks.first_task import fail_when_refused
from prospecting.tasks.notifications import tell_failure
from prospecting.tasks.trigger_form import airflow_params


@dag(
    dag_id="account_promotion",
    dag_display_name="Account promotion",
    description="Make sponsors' people and seat holders contacts, after a preview and a person's approval",
    doc_md=__doc__,
    schedule=None,
    start_date=START_DATE,
    catchup=False,
    max_active_runs=16,
    # Longer than the week that a person may take to answer.
    dagrun_timeout=timedelta(days=8),
    on_failure_callback=tell_failure,
    default_args=default_args(),
    params=airflow_params(AccountPromotionParams),
    tags=[Tag.accounts, Tag.manual],
)
def account_promotion() -> None:
    opened = tasks.start_promotion()
    fail_when_refused(opened)
    planned = tasks.plan_people(opened)
    preview = tasks.preview_people(opened)
    approve_promotion = RememberingApprovalOperator(
        task_id="approve_promotion",
        subject=preview["subject"],
        body=preview["body"],
    )
    chunks = tasks.record_approval(opened)
    promote_chunk = PromoteContactsOperator.partial(
        task_id="promote_chunk", pool=POOL_DATABASE, map_index_template="{{ task.map_label }}"
    ).expand_kwargs(chunks)
    summary = tasks.summarize_promotion(opened, promote_chunk.output)

    planned >> preview >> tasks.ask_or_go_on(opened) >> [approve_promotion, chunks, summary]
    approve_promotion >> chunks


account_promotion()
