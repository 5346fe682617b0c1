"""Asking one question of our agents, through the ledger that records and pays for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from prospecting.operators.lineage import Tables
from prospecting.operators.links import LedgerCallsLink
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.operators.retry import refusals_fail_at_once

if TYPE_CHECKING:
    from airflow.sdk import Context


class AskAgentOperator(ProspectingOperator):
    """Asks an agent one question. The raw answer stays in the ledger (table ``agent_calls``), where a Save operator
    reads it by the id of the call. An answer this scope already has, or another one got recently, is used again at no
    cost. With ``retry_policy=RetryByKind()`` (from ``prospecting.operators.retry``) a wrong key or a spent budget fails
    at once, and a rate limit is waited for as long as the provider asks.

    Returns ``{"call_id", "reused", "cost_usd"}``, which is also what the Save operators take as their answer.

    :param question: An object: ``agent`` (event_discovery, sponsor_extraction, company_discovery or people), and what
        that agent is asked with: ``keyword`` for events; ``event_name`` for sponsors; ``signal_type`` and ``keyword``
        for companies; ``company_name`` for people. What else there is to say is in ``prospecting.agents.searches``.
    :param provider: Who is asked: catalog (shipped open data, free and offline), live, or live:<suffix>.
    :param scope: Who pays: calls of one scope share its budget. Empty: this task of this DAG run.
    :param max_usd: The most the scope may spend, in US dollars; checked before the call. Empty: 5.
    :param max_calls: The most calls the scope may make. Empty: 1000.
    :param llm_conn_id: Connection of the language model for live agents. Empty: prospecting_llm.
    :param search_conn_id: Connection of the web search for live agents. Empty: prospecting_search.

    .. code-block:: python

        ask = AskAgentOperator(
            task_id="ask_who_sponsors",
            question={"agent": "sponsor_extraction", "event_name": "Rails World 2024", "website": "rubyonrails.org"},
            provider="live",
            max_usd=1,
        )
        SaveSponsorsOperator(task_id="save_sponsors", answer=ask.output, source_system="our_sponsors")
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "question",
        "provider",
        "scope",
        "max_usd",
        "max_calls",
        "llm_conn_id",
        "search_conn_id",
    )
    template_fields_renderers: ClassVar = {"question": "json"}
    operator_extra_links = (LedgerCallsLink(),)
    tables: ClassVar = Tables(writes=("agent_calls",))

    def __init__(
        self,
        *,
        question: Mapping[str, Any] | str,
        provider: str = "catalog",
        scope: str | None = None,
        max_usd: float | str | None = None,
        max_calls: int | str | None = None,
        llm_conn_id: str | None = None,
        search_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.question = question
        self.provider = provider
        self.scope = scope
        self.max_usd = max_usd
        self.max_calls = max_calls
        self.llm_conn_id = llm_conn_id
        self.search_conn_id = search_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        from prospecting.agents.ledger import Budget
        from prospecting.hooks.agents import AgentsHook
        from prospecting.services.questions import AskAgentArguments, read_question

        arguments = self.read_arguments(AskAgentArguments)
        runtime = self.runtime(context)
        hook = AgentsHook(
            provider=arguments.provider, llm_conn_id=arguments.llm_conn_id, search_conn_id=arguments.search_conn_id
        )
        ti = context["ti"]
        with refusals_fail_at_once():
            search = read_question(arguments.question)
            ledger = hook.ledger(
                runtime,
                scope=arguments.scope or f"{ti.dag_id}:{ti.run_id}:{ti.task_id}",
                budget=Budget(max_usd=arguments.max_usd, max_calls=arguments.max_calls),
            )
        answer = ledger.ask(search)
        return {"call_id": answer.call_id, "reused": answer.reused, "cost_usd": float(answer.cost_usd)}
