"""Events, sponsors and people: asked for as part of an execution, or saved from anybody's answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from prospecting.hooks import metrics
from prospecting.operators.lineage import Tables
from prospecting.operators.links import ExecutionLink, LedgerCallsLink, RejectedRecordsLink
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.operators.retry import refusals_fail_at_once

if TYPE_CHECKING:
    from airflow.sdk import Context

    from prospecting.agents.ledger import Ledger
    from prospecting.services.answers import Origin
    from prospecting.services.executions import Execution
    from prospecting.services.runtime import Runtime
    from prospecting.services.signal_arguments import ExecutionArguments, SaveEventsArguments


_OF_COMPANIES = ("companies", "campaign_domains", "company_signals", "event_sponsors", "merge_candidates")
_OF_EVENTS = ("events", "cities", "venues")
_OF_PEOPLE = ("persons", "company_person_roles", "contact_channels", "merge_candidates")
_OF_ANSWERS = ("observations", "rejected_records", "signal_execution_entities")


# ------------------------------------------------------------------------------------------ the steps of an execution
def _resume(runtime: Runtime, arguments: ExecutionArguments, sources: Sequence[str]) -> tuple[Execution, Ledger]:
    """The execution and its ledger, for a task that is about to ask about ``sources``."""
    from prospecting.hooks.agents import AgentsHook
    from prospecting.services.executions import resume_execution

    with refusals_fail_at_once():
        execution = resume_execution(runtime, arguments.execution_id, sources)
        hook = AgentsHook(
            provider=execution.configuration.agents.value,
            llm_conn_id=arguments.llm_conn_id,
            search_conn_id=arguments.search_conn_id,
        )
        return execution, hook.ledger(runtime, scope=execution.scope, budget=execution.budget)


class DiscoverOperator(ProspectingOperator):
    """Asks for events about one keyword of an execution, or for companies that show its signal, and saves those that
    fit its configuration, with the sponsors that the answer names, or with what the companies did. What cannot be used,
    or was not asked for, goes to ``rejected_records``.

    What an execution has planned to ask is saved in the order planned, whichever task is faster, anything else at once.

    Returns ``{"found", "rejected"}`` of what it saved. Map it with ``expand``: keywords are words of users, and Airflow
    renders what ``expand_kwargs`` brings as a template.

    :param execution_id: The execution, which knows the configuration, the provider and the budget.
    :param keyword: One of the execution's keywords.
    :param llm_conn_id: Connection of the language model for live agents. Empty: prospecting_llm.
    :param search_conn_id: Connection of the web search for live agents. Empty: prospecting_search.

    .. code-block:: python

        DiscoverOperator.partial(
            task_id="discover", execution_id=execution_id, pool="agents", map_index_template="{{ task.keyword }}"
        ).expand(keyword=keywords)
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "execution_id",
        "keyword",
        "llm_conn_id",
        "search_conn_id",
    )
    operator_extra_links = (ExecutionLink(), LedgerCallsLink(), RejectedRecordsLink())
    tables: ClassVar = Tables(writes=(*_OF_EVENTS, *_OF_COMPANIES, *_OF_ANSWERS))

    def __init__(
        self,
        *,
        execution_id: str | UUID,
        keyword: str,
        llm_conn_id: str | None = None,
        search_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.execution_id = execution_id
        self.keyword = keyword
        self.llm_conn_id = llm_conn_id
        self.search_conn_id = search_conn_id

    def execute(self, context: Context) -> dict[str, int]:
        from prospecting.persistence.execution_questions import Stage
        from prospecting.services import discovery
        from prospecting.services.signal_arguments import DiscoverArguments

        arguments = self.read_arguments(DiscoverArguments)
        runtime = self.runtime(context)
        execution, ledger = _resume(runtime, arguments, [Stage.DISCOVER.source(arguments.keyword)])
        with refusals_fail_at_once():
            return discovery.discover(runtime, ledger, execution, arguments.keyword)


class ExtractSponsorsOperator(ProspectingOperator):
    """Asks who sponsors certain events of an execution, and saves the companies linked with their tiers. What
    cannot be used goes to ``rejected_records``.

    What an execution has planned to ask is saved in the order planned, whichever task is faster, anything else at once.

    Returns ``{"found", "rejected"}`` of what it saved. A question that fails for now does not stop the others: the task
    is retried, and answers that came are replayed at no cost.

    :param execution_id: The execution, which knows the configuration, the provider and the budget.
    :param event_ids: Events that the execution has found.
    :param llm_conn_id: Connection of the language model for live agents. Empty: prospecting_llm.
    :param search_conn_id: Connection of the web search for live agents. Empty: prospecting_search.
    :param max_in_flight: Questions that are asked at once, 1 to 32. Empty: as many as the execution says.

    .. code-block:: python

        ExtractSponsorsOperator.partial(
            task_id="extract_sponsors", execution_id=execution_id, pool="agents"
        ).expand(event_ids=chunks_of_events)
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "execution_id",
        "event_ids",
        "llm_conn_id",
        "search_conn_id",
        "max_in_flight",
    )
    _is_killed = False
    operator_extra_links = (ExecutionLink(), LedgerCallsLink(), RejectedRecordsLink())
    tables: ClassVar = Tables(reads=("events",), writes=(*_OF_COMPANIES, *_OF_ANSWERS))

    def __init__(
        self,
        *,
        execution_id: str | UUID,
        event_ids: Sequence[int] | str,
        llm_conn_id: str | None = None,
        search_conn_id: str | None = None,
        max_in_flight: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.execution_id = execution_id
        self.event_ids = event_ids
        self.llm_conn_id = llm_conn_id
        self.search_conn_id = search_conn_id
        self.max_in_flight = max_in_flight

    def execute(self, context: Context) -> dict[str, int]:
        from prospecting.persistence.execution_questions import Stage
        from prospecting.services import discovery
        from prospecting.services.signal_arguments import ExtractSponsorsArguments

        arguments = self.read_arguments(ExtractSponsorsArguments)
        runtime = self.runtime(context)
        execution, ledger = _resume(
            runtime, arguments, [Stage.EXTRACT_SPONSORS.source(one) for one in arguments.event_ids]
        )
        with refusals_fail_at_once():
            return discovery.extract_sponsors(
                runtime,
                ledger,
                execution,
                arguments.event_ids,
                max_in_flight=arguments.max_in_flight,
                is_killed=lambda: self._is_killed,
            )

    def on_kill(self) -> None:
        """Ask nothing more: what is in flight is paid for, and nothing else needs to be."""
        self._is_killed = True


class FindPeopleOperator(ProspectingOperator):
    """Asks for the decision makers of certain companies of an execution, and saves those in one of its target
    functions, which take turns, best match first. The others, and what cannot be used, go to ``rejected_records``.

    What an execution has planned to ask is saved in the order planned, whichever task is faster, anything else at once.

    Returns ``{"found", "rejected"}`` of what it saved. A question that fails for now does not stop the others: the task
    is retried, and answers that came are replayed at no cost.

    :param execution_id: The execution, which knows the configuration, the provider and the budget.
    :param company_ids: Companies that the execution has found.
    :param llm_conn_id: Connection of the language model for live agents. Empty: prospecting_llm.
    :param search_conn_id: Connection of the web search for live agents. Empty: prospecting_search.
    :param max_in_flight: Questions that are asked at once, 1 to 32. Empty: as many as the execution says.

    .. code-block:: python

        FindPeopleOperator.partial(
            task_id="find_people", execution_id=execution_id, pool="agents"
        ).expand(company_ids=chunks_of_companies)
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "execution_id",
        "company_ids",
        "llm_conn_id",
        "search_conn_id",
        "max_in_flight",
    )
    _is_killed = False
    operator_extra_links = (ExecutionLink(), LedgerCallsLink(), RejectedRecordsLink())
    tables: ClassVar = Tables(reads=("companies",), writes=(*_OF_PEOPLE, *_OF_ANSWERS))

    def __init__(
        self,
        *,
        execution_id: str | UUID,
        company_ids: Sequence[int] | str,
        llm_conn_id: str | None = None,
        search_conn_id: str | None = None,
        max_in_flight: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.execution_id = execution_id
        self.company_ids = company_ids
        self.llm_conn_id = llm_conn_id
        self.search_conn_id = search_conn_id
        self.max_in_flight = max_in_flight

    def execute(self, context: Context) -> dict[str, int]:
        from prospecting.persistence.execution_questions import Stage
        from prospecting.services import discovery
        from prospecting.services.signal_arguments import FindPeopleArguments

        arguments = self.read_arguments(FindPeopleArguments)
        runtime = self.runtime(context)
        execution, ledger = _resume(
            runtime, arguments, [Stage.FIND_PEOPLE.source(one) for one in arguments.company_ids]
        )
        with refusals_fail_at_once():
            return discovery.find_people(
                runtime,
                ledger,
                execution,
                arguments.company_ids,
                max_in_flight=arguments.max_in_flight,
                is_killed=lambda: self._is_killed,
            )

    def on_kill(self) -> None:
        """Ask nothing more: what is in flight is paid for, and nothing else needs to be."""
        self._is_killed = True


# --------------------------------------------------------------------------------------------------- anybody's answer
def _origin(arguments: SaveEventsArguments, answer: Any, subject: str | None) -> Origin:
    """The origin of an answer: who gave it, and what it is about or where it is kept."""
    from prospecting.hooks.answers import call_id_of
    from prospecting.services.answers import Origin

    source = f"{arguments.source_system}: {subject}" if subject else arguments.source_system
    return Origin(arguments.source_system, source, arguments.execution_id, call_id_of(answer))


class SaveEventsOperator(ProspectingOperator):
    """Reads events out of an agent's answer and saves them: deduplicated, with city and venue, completing what is
    known; and the sponsors that the answer names with them. The answer may be anything an agent returns, JSON in prose
    and fences included. What cannot be used goes to ``rejected_records``. Saving the same answer twice changes nothing.

    Returns ``{"event_ids", "new", "rejected"}``.

    :param answer: The id of a call in the ledger, or what AskAgentOperator returned; a path in object storage
        (``s3://aws_default@bucket/answer.json``); or the answer itself: text, or what another task returned (dict,
        list). Airflow shows and stores rendered arguments: prefer an id or a path when personal data matters. Map
        texts with ``expand``; Airflow renders what ``expand_kwargs`` brings as a template.
    :param source_system: Noted as the source of new rows and of rejected records, for example our_agent.
    :param execution_id: A signal execution that the events belong to, if any.
    :param limit: The most events that are saved, of the first 5000 in the answer. Empty: 1000.

    .. code-block:: python

        SaveEventsOperator(task_id="save_events", answer=our_agent.output, source_system="our_agent")
    """

    template_fields = (*ProspectingOperator.template_fields, "answer", "source_system", "execution_id", "limit")
    operator_extra_links = (ExecutionLink(), RejectedRecordsLink())
    counted: ClassVar = {"new": metrics.EVENTS_NEW, "rejected": metrics.RECORDS_REJECTED}
    tables: ClassVar = Tables(writes=(*_OF_EVENTS, *_OF_COMPANIES, *_OF_ANSWERS))

    def __init__(
        self,
        *,
        answer: Any,
        source_system: str,
        execution_id: str | UUID | None = None,
        limit: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.answer = answer
        self.source_system = source_system
        self.execution_id = execution_id
        self.limit = limit

    def execute(self, context: Context) -> dict[str, Any]:
        from prospecting.hooks.answers import describe_answer, fetch_answer
        from prospecting.services.answers import save_events
        from prospecting.services.signal_arguments import SaveEventsArguments

        arguments = self.read_arguments(SaveEventsArguments)
        runtime = self.runtime(context)
        origin = _origin(arguments, self.answer, describe_answer(self.answer))
        with refusals_fail_at_once():
            saved = save_events(runtime, fetch_answer(self.answer, runtime), origin, limit=arguments.limit)
        return {"event_ids": saved.ids, "new": saved.new, "rejected": saved.rejected}


class SaveSponsorsOperator(ProspectingOperator):
    """Reads companies out of an agent's answer and saves them, with ``event_id`` also as sponsors of that event with
    their tiers. A page on the event's own website, or on a host that is nobody's own, identifies no company. The answer
    may be anything an agent returns, JSON in prose and fences included. What cannot be used
    goes to ``rejected_records``. Saving the same answer twice changes nothing.

    Returns ``{"company_ids", "new", "rejected"}``.

    :param answer: The id of a call in the ledger, or what AskAgentOperator returned; a path in object storage
        (``s3://aws_default@bucket/answer.json``); or the answer itself: text, or what another task returned (dict,
        list). Map texts with ``expand``; Airflow renders what ``expand_kwargs`` brings as a template.
    :param source_system: Noted as the source of new rows and of rejected records, for example our_agent.
    :param event_id: The event they sponsor. Empty: the companies are saved, and no sponsorship.
    :param execution_id: A signal execution that the companies belong to, if any.
    :param limit: The most companies that are saved, of the first 5000 in the answer. Empty: 1000.

    .. code-block:: python

        SaveSponsorsOperator(
            task_id="save_sponsors", answer=our_agent.output, event_id="{{ params.event_id }}",
            source_system="our_agent"
        )
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "answer",
        "source_system",
        "event_id",
        "execution_id",
        "limit",
    )
    operator_extra_links = (ExecutionLink(), RejectedRecordsLink())
    counted: ClassVar = {"new": metrics.COMPANIES_NEW, "rejected": metrics.RECORDS_REJECTED}
    tables: ClassVar = Tables(reads=("events",), writes=(*_OF_COMPANIES, *_OF_ANSWERS))

    def __init__(
        self,
        *,
        answer: Any,
        source_system: str,
        event_id: int | str | None = None,
        execution_id: str | UUID | None = None,
        limit: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.answer = answer
        self.source_system = source_system
        self.event_id = event_id
        self.execution_id = execution_id
        self.limit = limit

    def execute(self, context: Context) -> dict[str, Any]:
        from prospecting.hooks.answers import describe_answer, fetch_answer
        from prospecting.persistence.execution_questions import Stage
        from prospecting.services.answers import save_companies
        from prospecting.services.signal_arguments import SaveSponsorsArguments

        arguments = self.read_arguments(SaveSponsorsArguments)
        runtime = self.runtime(context)
        event_id = arguments.event_id
        subject = describe_answer(self.answer) if event_id is None else Stage.EXTRACT_SPONSORS.source(event_id)
        origin = _origin(arguments, self.answer, subject)
        with refusals_fail_at_once():
            saved = save_companies(
                runtime,
                fetch_answer(self.answer, runtime),
                origin,
                limit=arguments.limit,
                per="answer" if event_id is None else "event",
                event_id=event_id,
            )
        return {"company_ids": saved.ids, "new": saved.new, "rejected": saved.rejected}


class SaveContactsOperator(ProspectingOperator):
    """Reads people out of an agent's answer about one company and saves them with their roles and channels. Somebody
    said to be at another company is saved there when it is known, else rejected. The answer may be anything an agent
    returns, JSON in prose and fences included. What cannot be used goes to ``rejected_records``. Saving the same answer
    twice changes nothing.

    Returns ``{"person_ids", "new", "rejected"}``.

    :param answer: The id of a call in the ledger, or what AskAgentOperator returned; a path in object storage
        (``s3://aws_default@bucket/answer.json``); or the answer itself: text, or what another task returned (dict,
        list). Airflow shows and stores rendered arguments: prefer an id or a path, which hold no personal data. Map
        texts with ``expand``; Airflow renders what ``expand_kwargs`` brings as a template.
    :param company_id: The company they work for; one that was merged into another means that one.
    :param source_system: Noted as the source of new rows and of rejected records, for example our_agent.
    :param target_functions: Only people in one of these are saved, for example CEO, VP Sales. Empty: everyone.
    :param execution_id: A signal execution that the people belong to, if any.
    :param limit: The most people of the company that are saved, of the first 5000 in the answer; the target functions
        take turns, best match first. As many may be saved of other companies, together. Empty: 1000.
    :param observed_on: The day the answer is from; newer evidence replaces a title, older never does. Empty: the day
        the ledger got the answer, else the day of the DAG run.

    .. code-block:: python

        SaveContactsOperator(
            task_id="save_contacts",
            answer=ask.output,
            company_id="{{ params.company_id }}",
            source_system="our_agent",
            target_functions=["CEO", "VP Sales"],
        )
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "answer",
        "company_id",
        "source_system",
        "target_functions",
        "execution_id",
        "limit",
        "observed_on",
    )
    operator_extra_links = (ExecutionLink(), RejectedRecordsLink())
    counted: ClassVar = {"new": metrics.PEOPLE_NEW, "rejected": metrics.RECORDS_REJECTED}
    tables: ClassVar = Tables(reads=("companies",), writes=(*_OF_PEOPLE, *_OF_ANSWERS))

    def __init__(
        self,
        *,
        answer: Any,
        company_id: int | str,
        source_system: str,
        target_functions: Sequence[str] | str | None = None,
        execution_id: str | UUID | None = None,
        limit: int | str | None = None,
        observed_on: date | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.answer = answer
        self.company_id = company_id
        self.source_system = source_system
        self.target_functions = target_functions
        self.execution_id = execution_id
        self.limit = limit
        self.observed_on = observed_on

    def execute(self, context: Context) -> dict[str, Any]:
        from prospecting.hooks.answers import day_of_answer, fetch_answer
        from prospecting.persistence.execution_questions import Stage
        from prospecting.services.answers import save_people
        from prospecting.services.signal_arguments import SaveContactsArguments

        arguments = self.read_arguments(SaveContactsArguments)
        runtime = self.runtime(context)
        run: Any = context["dag_run"]
        with refusals_fail_at_once():
            saved = save_people(
                runtime,
                fetch_answer(self.answer, runtime),
                _origin(arguments, self.answer, Stage.FIND_PEOPLE.source(arguments.company_id)),
                company_id=arguments.company_id,
                target_functions=arguments.target_functions,
                limit=arguments.limit,
                observed_on=arguments.observed_on or day_of_answer(self.answer, runtime) or run.run_after.date(),
            )
        return {"person_ids": saved.ids, "new": saved.new, "rejected": saved.rejected}
