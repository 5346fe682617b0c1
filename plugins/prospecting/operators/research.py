"""Deep research as an operator, and the runs of a submission: both move a pipeline run, deferred while they wait."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn
from uuid import UUID

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from prospecting.operators.briefings import OF_BRIEFINGS
from prospecting.operators.lineage import Tables
from prospecting.operators.links import BriefingWritesLink, LedgerCallsLink, ProviderRunLink
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.operators.retry import refusals_fail_at_once
from prospecting.services.research_params import DeepResearchArguments, ResearchRunArguments

if TYPE_CHECKING:
    from airflow.sdk import Context

    from prospecting.hooks.parallel import ParallelHook
    from prospecting.persistence.research import RunEnd
    from prospecting.services.deep_research import Seen, Waiting
    from prospecting.services.research import RunMover

    _Operator = ProspectingOperator
else:
    _Operator = object

log = logging.getLogger(__name__)

# Beyond the wait for the deep research run itself: a triggerer that starts late, one slow request.
_SLACK = timedelta(minutes=10)


class _MovesOneRun(_Operator):
    """Moves one pipeline run, as both operators do."""

    provider_run_url: str | None = None
    _mover: RunMover | None = None

    def on_kill(self) -> None:
        """Let go of the run, so that others can take it up at once; what is paid for at the provider goes on."""
        if self._mover is not None:
            self._mover.stop()

    def _move(
        self,
        context: Context,
        arguments: ResearchRunArguments | DeepResearchArguments,
        run_id: UUID,
        event: Mapping[str, Any] | None,
        *,
        operations_conn_id: str = "prospecting_operations",
        resume_with: Mapping[str, str] | None = None,
    ) -> str:
        """Move the run to its end. Returns how it ended.

        Defers while the run has to wait; ``resume`` is then called with the trigger's ``event`` and ``resume_with``.
        Raises ``AirflowFailException`` with the reason when the run has failed, ``AirflowSkipException`` when it was
        canceled.
        """
        from prospecting.agents.ledger import Budget
        from prospecting.hooks.operations import OperationsHook
        from prospecting.hooks.parallel import ParallelHook
        from prospecting.services.deep_research import Waiting
        from prospecting.services.research import Providers, RunMover, RunSettings
        from prospecting.services.submissions import claim_of

        runtime, ti = self.runtime(context), context["ti"]
        budget = Budget(max_usd=arguments.max_usd, max_calls=arguments.max_calls)
        parallel = ParallelHook(parallel_conn_id=arguments.parallel_conn_id)
        operations = OperationsHook(operations_conn_id=operations_conn_id)
        settings = RunSettings(
            claim=claim_of(ti.dag_id, ti.run_id),
            task_run_id=f"{ti.dag_id} {ti.run_id} {ti.task_id} {ti.map_index}",
            force_fresh=arguments.force_fresh,
            resubmit_lost=arguments.resubmit_lost,
            max_age_days=arguments.max_age_days,
            budget=budget,
        )
        providers = Providers(
            parallel=lambda: parallel.settings,
            operations=lambda scope: operations.ledger(runtime, scope=scope, budget=budget),
        )
        self._mover = mover = RunMover(runtime, run_id, settings, providers)
        try:
            found = mover.start() if event is None else mover.go_on(_seen(event))
        finally:
            self._link_to(parallel, mover.external_id)
        if isinstance(found, Waiting):
            claimed = {
                "prospecting_conn_id": self.prospecting_conn_id,
                "pipeline_run_id": str(run_id),
                "claim": settings.claim,
            }
            self._wait(found, arguments.parallel_conn_id, claimed, resume_with or {})
        return _ended(found)

    def _link_to(self, parallel: ParallelHook, external_id: str | None) -> None:
        """Have the link to the provider lead to this deep research run."""
        from prospecting.agents.errors import AgentError

        # What was paid for long ago may have outlived its connection.
        with suppress(AgentError):
            self.provider_run_url = parallel.settings.run_page(external_id) if external_id else None

    def _wait(
        self, waiting: Waiting, parallel_conn_id: str, claimed: Mapping[str, str], resume_with: Mapping[str, str]
    ) -> NoReturn:
        from prospecting.operators.triggers import ResearchTrigger

        log.info("Waiting for deep research run %s, %.0f s at most", waiting.external_id, waiting.cap_seconds)
        self.defer(
            trigger=ResearchTrigger(
                waiting.external_id, parallel_conn_id, waiting.cap_seconds, waiting.poll_interval, claimed
            ),
            method_name="resume",
            kwargs=dict(resume_with),
            timeout=timedelta(seconds=waiting.cap_seconds) + _SLACK,
        )


def _seen(event: Mapping[str, Any]) -> Seen:
    from prospecting.operators.triggers import rebuild_error
    from prospecting.services.deep_research import Seen

    error = rebuild_error(event["error"]) if "error" in event else None
    return Seen(event["run_id"], event.get("status", ""), error)


def _ended(end: RunEnd) -> str:
    if end.status == "failed":
        raise AirflowFailException(end.error or "The run failed")
    if end.status == "canceled":
        raise AirflowSkipException("The run was canceled")
    return end.status


class ResearchRunOperator(_MovesOneRun, ProspectingOperator):
    """Moves one pipeline run of a submission through its steps, to its end; deferred while deep research is under way.
    A run goes on where it stands: what is done stays done, and what was paid for is used again.

    Returns ``{"pipeline_run_id", "status"}``. Fails with the reason when the run has failed.

    :param pipeline_run_id: The run, a row of ``pipeline_runs``.
    :param entity: What the run is called in the UI, with ``map_index_template="{{ task.entity }}"``; no personal data.
    :param max_age_days: For how many days deep research that the org has is used instead of asking again. Empty: 30.
    :param force_fresh: Do all steps again, once per DAG run: ask, and pay, although there are answers.
    :param resubmit_lost: Pay for another deep research run where nobody knows whether the first one was created.
    :param max_usd: The most the submission may spend, all its runs together, in US dollars; checked before every call.
        Empty: no limit.
    :param max_calls: The most calls the submission may make. Empty: no limit.
    :param parallel_conn_id: Connection of the deep research provider; password: API key.
    :param operations_conn_id: Connection of your own operations service, for steps of other operations.

    .. code-block:: python

        ResearchRunOperator.partial(
            task_id="run_steps", max_usd=100, pool="agents", map_index_template="{{ task.entity }}"
        ).expand_kwargs([{"pipeline_run_id": "b8001673-d0a4-4c4f-824a-9904964d8400", "entity": "company 1: acme.com"}])
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "pipeline_run_id",
        "entity",
        "max_age_days",
        "force_fresh",
        "resubmit_lost",
        "max_usd",
        "max_calls",
        "parallel_conn_id",
        "operations_conn_id",
    )
    operator_extra_links = (ProviderRunLink(), LedgerCallsLink(), BriefingWritesLink())
    tables: ClassVar = Tables(
        reads=("submissions", "research_entities", "companies", "persons"),
        writes=("submissions", "pipeline_runs", "step_results", "research_entities", *OF_BRIEFINGS),
    )

    def __init__(
        self,
        *,
        pipeline_run_id: str,
        entity: str | None = None,
        max_age_days: float | str | None = None,
        force_fresh: bool | str = False,
        resubmit_lost: bool | str = False,
        max_usd: float | str | None = None,
        max_calls: int | str | None = None,
        parallel_conn_id: str = "prospecting_parallel",
        operations_conn_id: str = "prospecting_operations",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pipeline_run_id = pipeline_run_id
        self.entity = entity
        self.max_age_days = max_age_days
        self.force_fresh = force_fresh
        self.resubmit_lost = resubmit_lost
        self.max_usd = max_usd
        self.max_calls = max_calls
        self.parallel_conn_id = parallel_conn_id
        self.operations_conn_id = operations_conn_id

    def execute(self, context: Context) -> dict[str, str]:
        return self._run(context, None)

    def resume(self, context: Context, event: Mapping[str, Any]) -> dict[str, str]:
        """Go on after deep research was waited for; ``event`` says which run, and how it ended."""
        return self._run(context, event)

    def _run(self, context: Context, event: Mapping[str, Any] | None) -> dict[str, str]:
        arguments = self.read_arguments(ResearchRunArguments)
        status = self._move(
            context, arguments, arguments.pipeline_run_id, event, operations_conn_id=arguments.operations_conn_id
        )
        return {"pipeline_run_id": str(arguments.pipeline_run_id), "status": status}


class DeepResearchOperator(_MovesOneRun, ProspectingOperator):
    """Has one company or person researched, deferred while the provider works, and keeps the result in its briefing
    table. A deep research run is created and paid for once: a task that is retried, cleared or killed attaches to it,
    and the same words asked again by the same org, here or in ``research_pipeline``, are the same submission.

    Returns ``{"submission_id", "pipeline_run_id", "status", "provider_run_id", "cost_usd"}``; ``cost_usd`` is what the
    submission has cost so far. Fails with the reason when the research has failed.

    :param org: The org that the result belongs to: its id or its slug. An unknown slug creates it.
    :param entity: The company or person, for example ``{"company_name": "CoreWeave", "domain": "coreweave.com"}``.
        Airflow shows it among the task's rendered arguments. Map over words of users with ``expand``: what
        ``expand_kwargs`` brings is rendered as a template.
    :param operation: What to find out: ``company.derive.intel_briefing``, ``person.derive.intel_briefing`` or
        ``company.derive.icp_job_titles``.
    :param client_company_name: The company from whose point of view a briefing is written; briefings need it.
    :param client_company_description: What the client does; briefings need it.
    :param processor: The provider's processor, for example pro. Empty: the operation's own.
    :param max_usd: The most the submission may spend, in US dollars; checked before every call. Empty: 5.
    :param max_calls: The most calls the submission may make. Empty: 1000.
    :param max_age_days: For how many days deep research that the org has of the same company or person, and for the
        same client, is used instead of asking again; ``provider_run_id`` is that one's then. Empty: 30.
    :param force_fresh: Ask, and pay, once per DAG run although there is an answer.
    :param resubmit_lost: Pay for another deep research run where nobody knows whether the first one was created.
    :param parallel_conn_id: Connection of the deep research provider; password: API key.

    .. code-block:: python

        DeepResearchOperator.partial(
            task_id="research_company",
            org="watchlist",
            operation="company.derive.intel_briefing",
            client_company_name="SecurityPal",
            client_company_description="Answers security questionnaires for vendors.",
            map_index_template="{{ task.entity.company_name }}",
        ).expand(entity=[{"company_name": "CoreWeave", "domain": "coreweave.com"}])
    """

    template_fields = (
        *ProspectingOperator.template_fields,
        "org",
        "entity",
        "operation",
        "client_company_name",
        "client_company_description",
        "processor",
        "max_usd",
        "max_calls",
        "max_age_days",
        "force_fresh",
        "resubmit_lost",
        "parallel_conn_id",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"entity": "json"}
    operator_extra_links = (ProviderRunLink(), LedgerCallsLink(), BriefingWritesLink())
    tables: ClassVar = Tables(
        writes=("orgs", "submissions", "pipeline_runs", "step_results", "research_entities", *OF_BRIEFINGS)
    )

    def __init__(
        self,
        *,
        org: str,
        entity: Mapping[str, Any] | str,
        operation: str,
        client_company_name: str | None = None,
        client_company_description: str | None = None,
        processor: str | None = None,
        max_usd: float | str | None = None,
        max_calls: int | str | None = None,
        max_age_days: float | str | None = None,
        force_fresh: bool | str = False,
        resubmit_lost: bool | str = False,
        parallel_conn_id: str = "prospecting_parallel",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.org = org
        self.entity = entity
        self.operation = operation
        self.client_company_name = client_company_name
        self.client_company_description = client_company_description
        self.processor = processor
        self.max_usd = max_usd
        self.max_calls = max_calls
        self.max_age_days = max_age_days
        self.force_fresh = force_fresh
        self.resubmit_lost = resubmit_lost
        self.parallel_conn_id = parallel_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        arguments = self.read_arguments(DeepResearchArguments)
        return self._run(context, arguments, *self._submit(context, arguments), None)

    def resume(
        self,
        context: Context,
        event: Mapping[str, Any],
        submission_id: str | None = None,
        pipeline_run_id: str | None = None,
    ) -> dict[str, Any]:
        """Go on after deep research was waited for; ``event`` says which run, and how it ended.

        The ids are what ``defer`` was told to keep; ``dag.test()`` drops them, and the same words find the same ones.
        """
        arguments = self.read_arguments(DeepResearchArguments)
        if submission_id and pipeline_run_id:
            return self._run(context, arguments, UUID(submission_id), UUID(pipeline_run_id), event)
        return self._run(context, arguments, *self._submit(context, arguments), event)

    def _submit(self, context: Context, arguments: DeepResearchArguments) -> tuple[UUID, UUID]:
        """The submission and its only run, stored now or before."""
        from prospecting.services.submissions import submit_one

        with refusals_fail_at_once():
            return submit_one(self.runtime(context), arguments.research_params(), source=context["ti"].dag_id)

    def _run(
        self,
        context: Context,
        arguments: DeepResearchArguments,
        submission_id: UUID,
        run_id: UUID,
        event: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        from prospecting.hooks.parallel import ParallelHook
        from prospecting.services.submissions import query_outcome

        opened = {"submission_id": str(submission_id), "pipeline_run_id": str(run_id)}
        status = self._move(context, arguments, run_id, event, resume_with=opened)
        outcome = query_outcome(self.runtime(context), submission_id, run_id)
        if self.provider_run_url is None:
            self._link_to(ParallelHook(parallel_conn_id=arguments.parallel_conn_id), outcome.provider_run_id)
        return {
            **opened,
            "status": status,
            "provider_run_id": outcome.provider_run_id,
            "cost_usd": outcome.cost_usd,
        }
