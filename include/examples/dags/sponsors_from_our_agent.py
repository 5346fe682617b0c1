"""
### Sponsors that our own agent found, and the seats of those companies

Another team's DAG: a language model of its own says who sponsors an event (any task will do, as long as it returns
text, a dict or a list), `SaveSponsorsOperator` reads the answer and saves companies and sponsorships, and
`EvaluateSlotsOperator` says at once whether the CEO, CFO and HR seats of those companies have holders.

Needs the connection `our_llm` of type *pydanticai*: host, password, extra `{"model": "openai-chat:<model>"}`.
"""

from __future__ import annotations

import pendulum
from airflow.providers.common.ai.operators.llm import LLMOperator
from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from prospecting.operators.signals import SaveSponsorsOperator
from prospecting.operators.slots import EvaluateSlotsOperator


@dag(
    dag_id="sponsors_from_our_agent",
    doc_md=__doc__,
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    params={"event_id": Param(None, type=["integer", "null"], title="Event", description="An id of the table events.")},
    tags=["example"],
)
def sponsors_from_our_agent() -> None:
    ask_our_agent = LLMOperator(
        task_id="ask_our_agent",
        llm_conn_id="our_llm",
        prompt="Who sponsors PyCon DE 2025? List name, tier and website of each sponsor as JSON.",
    )
    save_sponsors = SaveSponsorsOperator(
        task_id="save_sponsors",
        answer=ask_our_agent.output,
        event_id="{{ params.event_id }}",
        source_system="our_agent",
    )

    @task
    def choose_companies(saved: dict[str, list[int]]) -> list[int]:
        if not saved["company_ids"]:
            raise AirflowSkipException("The agent named no sponsor that could be used")
        return saved["company_ids"]

    EvaluateSlotsOperator(task_id="evaluate_seats", company_ids=choose_companies(save_sponsors.output))


sponsors_from_our_agent()
