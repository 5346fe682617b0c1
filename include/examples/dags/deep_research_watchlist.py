"""
### Deep research for a watchlist

Another team's DAG: `DeepResearchOperator`, alone, mapped over a list of companies. Waiting takes no worker slot, each
research run is created and paid for once whatever is retried or cleared, and the results are in
`company_intel_briefings`. Triggered again with the same list, nothing is asked a second time.

Needs the connection `prospecting_parallel` (password: API key) and a triggerer.
"""

from __future__ import annotations

import pendulum
from airflow.sdk import dag

from prospecting.operators.research import DeepResearchOperator

WATCHLIST = [
    {"company_name": "CoreWeave", "domain": "coreweave.com"},
    {"company_name": "Elastic", "domain": "elastic.co"},
]


@dag(
    dag_id="deep_research_watchlist",
    doc_md=__doc__,
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    tags=["example"],
)
def deep_research_watchlist() -> None:
    DeepResearchOperator.partial(
        task_id="research_company",
        org="watchlist",
        operation="company.derive.intel_briefing",
        client_company_name="SecurityPal",
        client_company_description="Answers security questionnaires for vendors.",
        processor="pro",
        max_usd=2,
        map_index_template="{{ task.entity.company_name }}",
    ).expand(entity=WATCHLIST)


deep_research_watchlist()
