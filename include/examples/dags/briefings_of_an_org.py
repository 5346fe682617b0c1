"""
### All briefings of one org, from its past research

Another team's DAG: `BackfillBriefingsOperator`, once per kind of briefing. Without `submission_ids` it goes through all
submissions of the org; with `dry_run` it writes nothing and counts what it would do. Running it again changes nothing.
"""

from __future__ import annotations

import pendulum
from airflow.sdk import Param, dag

from prospecting.operators.briefings import BackfillBriefingsOperator

KINDS = ["company", "person", "icp_job_titles"]


@dag(
    dag_id="briefings_of_an_org",
    doc_md=__doc__,
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    params={
        "org_id": Param("", type="string", title="Org", description="An id of the table orgs."),
        "dry_run": Param(True, type="boolean", title="Dry run"),
    },
    tags=["example"],
)
def briefings_of_an_org() -> None:
    BackfillBriefingsOperator.partial(
        task_id="backfill_briefings",
        org_id="{{ params.org_id }}",
        dry_run="{{ params.dry_run }}",
        map_index_template="{{ task.kind }}",
    ).expand(kind=KINDS)


briefings_of_an_org()
