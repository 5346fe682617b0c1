"""Seats of companies: evaluate who holds them, and find people for empty ones."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk.exceptions import AirflowFailException

from prospecting.hooks import metrics
from prospecting.operators.lineage import Tables
from prospecting.operators.links import EvaluationLink, LedgerCallsLink, RejectedRecordsLink
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.services.slot_params import EvaluateSlotsArguments, FillSlotsArguments

if TYPE_CHECKING:
    from airflow.sdk import Context

    from prospecting.agents.ledger import Ledger
    from prospecting.persistence.slot_evaluations import Counters
    from prospecting.services.runtime import Runtime
    from prospecting.services.slot_backfill import Backfill
    from prospecting.services.slots import Preview, WholeEvaluation

log = logging.getLogger(__name__)

_OF_PEOPLE = (
    "persons", "company_person_roles", "contact_channels", "merge_candidates", "observations", "rejected_records",
)  # fmt: skip
_OF_REQUESTS = ("agent_routing_log", "intake.people_raw_intake")


class EvaluateSlotsOperator(ProspectingOperator):
    """Finds out who holds the CEO, CFO and HR seats of companies, from the current roles of the people known, and
    requests enrichment for the empty ones. Evaluating again without news writes nothing.

    Used alone, it opens an evaluation of its own, works through the companies chunk by chunk, closes the evaluation and
    checks the result; whatever fails closes it as failed. With ``evaluation_id``, ``chunk``, ``first_id`` and
    ``last_id`` it evaluates one chunk of an evaluation that somebody else opened and will close. With ``dry_run`` it
    writes nothing, and logs what it would do.

    Returns ``evaluation_id`` (none for a dry run), the counters (``companies_processed``, ``slots_created``,
    ``slots_updated``, ``slots_filled``, ``slots_open``, ``slots_closed_missing``, ``compound_matches``,
    ``multiple_candidates``, ``backfill_triggered``, ``requests_cancelled``,
    ``slots_weak``, ``verifications_triggered``, ``unnoted_changes``, and of companies that nobody is asked about
    ``held_back_suppressed``, ``held_back_erased``, ``held_back_not_a_company``, ``held_back_domain_in_doubt``) and
    ``fill_rate``, in per cent. A dry run returns
    ``requests_to_make``, too: how many requests an evaluation would make; and ``changes``: how many seats it would
    change in which way (``seat``, ``change``, ``seats``).

    :param company_ids: Only these companies, as numbers or as 04.04.01.NN.NNNNN.NNN. Left out: all; an empty list:
        none.
    :param first_id: Only companies with ids from this one on; goes together with ``last_id``.
    :param last_id: Only companies with ids up to this one.
    :param slot_types: The seats to evaluate. Left out: all of CEO, CFO and HR.
    :param name_contains: Only companies whose name contains this text, without regard to case.
    :param industry: Only companies of this industry, as it is in ``companies.primary_industry``.
    :param source_system: Only companies first found by this system.
    :param dry_run: Write nothing; log what an evaluation would do.
    :param evaluation_id: An open evaluation, of which this task evaluates one chunk. It knows its scope.
    :param chunk: The number of that chunk within the evaluation, from 1; its counters are recorded under it.
    :param first_number: For a dry run of a part: the number of its first company among all, as it is logged.
    :param total: For a dry run of a part: how many companies there are in all.
    :param batch_size: Companies per transaction.
    :param full: Look at every company. Left out: when nothing narrows the scope, only those that something happened to
        since the last evaluation, unless that went by other rules or every company was last looked at a week ago.
    :param newer_by_days: Whoever was seen this many days later displaces an equal holder, or, acting, a
        plain one.
    :param reverify_after_days: A filled seat is asked about again when its holder was last seen this many days ago. 0:
        never.
    :param reopen_after_days: A closed seat opens again this many days after it was last asked about. 0: never.
    :param min_confidence: Whoever is less sure has the seat weakly, and the search goes on: a number from 0 to 1,
        or one for each of CEO, CFO and HR.
    :param also_ceo: Let owners, presidents and managing directors hold the CEO seat where nobody fits better.
    :param providers: The providers that are asked for empty seats. A closed seat for which a live one of them has never
        answered opens again.
    :param max_fill_rate_drop: The check at the end fails when filled seats and fill rate both fell by more than this
        share since the last good evaluation of everything. 1 accepts any loss.

    .. code-block:: python

        EvaluateSlotsOperator(
            task_id="evaluate_hospital_seats",
            industry="hospital",
            slot_types=["CEO", "CFO"],
        )
    """

    template_fields: Sequence[str] = (
        *ProspectingOperator.template_fields,
        "company_ids",
        "first_id",
        "last_id",
        "slot_types",
        "name_contains",
        "industry",
        "source_system",
        "dry_run",
        "evaluation_id",
        "chunk",
        "first_number",
        "total",
        "batch_size",
        "full",
        "newer_by_days",
        "reverify_after_days",
        "reopen_after_days",
        "min_confidence",
        "also_ceo",
        "providers",
        "max_fill_rate_drop",
    )
    operator_extra_links = (EvaluationLink(),)
    counted: ClassVar = {"backfill_triggered": metrics.REQUESTS_QUEUED}
    tables: ClassVar = Tables(
        reads=("companies", "persons", "company_person_roles", "title_seats", "seat_refusals"),
        writes=("company_slot", "slot_transitions", "title_seats", *_OF_REQUESTS, *_OF_PEOPLE),
        rows={"agent_routing_log": "backfill_triggered"},
    )

    def __init__(
        self,
        *,
        company_ids: Sequence[int | str] | str | None = None,
        first_id: int | str | None = None,
        last_id: int | str | None = None,
        slot_types: Sequence[str] | str | None = None,
        name_contains: str | None = None,
        industry: str | None = None,
        source_system: str | None = None,
        dry_run: bool | str = False,
        evaluation_id: int | str | None = None,
        chunk: int | str | None = None,
        first_number: int | str = 1,
        total: int | str | None = None,
        batch_size: int | str = 50_000,
        full: bool | str = False,
        newer_by_days: int | str = 365,
        reverify_after_days: int | str = 365,
        reopen_after_days: int | str = 180,
        min_confidence: float | Mapping[str, float] | str | None = None,
        also_ceo: bool | str = False,
        providers: Sequence[str] | str | None = None,
        max_fill_rate_drop: float | str = 0.25,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.company_ids = company_ids
        self.first_id = first_id
        self.last_id = last_id
        self.slot_types = slot_types
        self.name_contains = name_contains
        self.industry = industry
        self.source_system = source_system
        self.dry_run = dry_run  # type: ignore[method-assign, assignment]  # BaseOperator's, which nobody calls
        self.evaluation_id = evaluation_id
        self.chunk = chunk
        self.first_number = first_number
        self.total = total
        self.batch_size = batch_size
        self.full = full
        self.newer_by_days = newer_by_days
        self.reverify_after_days = reverify_after_days
        self.reopen_after_days = reopen_after_days
        self.min_confidence = min_confidence
        self.also_ceo = also_ceo
        self.providers = providers
        self.max_fill_rate_drop = max_fill_rate_drop
        self._evaluation: WholeEvaluation | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Preview, evaluate a chunk, or evaluate all there is to evaluate."""
        arguments = self.read_arguments(EvaluateSlotsArguments)
        self._is_dry_run = arguments.dry_run
        runtime = self.runtime(context)
        if arguments.dry_run:
            found = self._preview(runtime, arguments)
            return {**_result(None, found.counters), "changes": found.changes}
        if arguments.evaluation_id is not None and arguments.chunk is not None:
            counters = self._evaluate_chunk(runtime, arguments.evaluation_id, arguments.chunk, arguments)
            return _result(arguments.evaluation_id, counters)
        return self._evaluate(runtime, arguments, context)

    def on_kill(self) -> None:
        """Close the evaluation as failed, if this task opened one."""
        if self._evaluation is not None:
            self._evaluation.stop()

    def _preview(self, runtime: Runtime, arguments: EvaluateSlotsArguments) -> Preview:
        from prospecting.services import slots

        found = slots.preview(
            runtime,
            arguments.scope(),
            batch_size=arguments.batch_size,
            first_number=arguments.first_number,
            total=arguments.total,
        )
        for line in found.lines:
            log.info("%s", line)
        if arguments.first_id is None:
            _warn_if_nothing_fits(arguments, found.counters)
        return found

    def _evaluate_chunk(
        self, runtime: Runtime, evaluation_id: int, chunk: int, arguments: EvaluateSlotsArguments
    ) -> Counters:
        from prospecting.services import slots

        try:
            scope = slots.scope_of(runtime, evaluation_id)
        except LookupError as error:
            raise AirflowFailException(f"{self.task_id}: {error}") from None
        part = replace(scope, first_id=arguments.first_id, last_id=arguments.last_id)
        counters = slots.evaluate_chunk(runtime, evaluation_id, chunk, part)
        log.info("%s: %s", self.map_label or f"chunk {chunk}", counters.as_dict())
        return counters

    def _evaluate(self, runtime: Runtime, arguments: EvaluateSlotsArguments, context: Context) -> dict[str, Any]:
        from prospecting.persistence.slot_evaluations import summary_lines
        from prospecting.services import slots

        self._evaluation = slots.WholeEvaluation(
            runtime,
            airflow_run_id=name_of_work(context),
            params=arguments.model_dump(mode="json", exclude_defaults=True),
            scope=arguments.scope(),
            batch_size=arguments.batch_size,
            max_fill_rate_drop=arguments.max_fill_rate_drop,
            full=arguments.full,
        )
        try:
            counters = self._evaluation.run()
        except (slots.UnknownCompanies, slots.QualityGateBroken) as error:
            if isinstance(error, slots.QualityGateBroken):
                metrics.GATES_FAILED.record(1, dag_id=self.dag_id)
            raise AirflowFailException(f"{self.task_id}: {error}") from None
        for line in summary_lines(counters, is_dry_run=False):
            log.info("%s", line)
        _warn_if_nothing_fits(arguments, counters)
        return _result(self._evaluation.evaluation_id, counters)


class FillSlotsOperator(ProspectingOperator):
    """Finds people for empty seats: claims requests that evaluations queued, asks agents who holds the seats, saves the
    people with their roles, and closes the requests. The next evaluation then sees the seats filled.

    One provider after the other is asked about a company, once for all its empty seats, until somebody knows. Requests
    are held under a lease: a retry goes on with what it held, and answers it got already are replayed at no cost. What
    is still held when the task fails for good, uses up its budget or is killed goes back into the queue, and costs no
    attempt.

    Returns the number of requests ``completed`` (a person was found), ``failed`` (nobody was, an attempt was counted),
    ``waiting`` (the catalog does not know, and nobody else was asked: they wait for another provider, no attempt),
    ``lost`` (somebody else claimed them meanwhile) and ``released`` (put back).

    :param providers: Who is asked, in this order: catalog, live, or live:<suffix> for live agents with connections of
        their own. Left out: the catalog.
    :param provider_order: given, or learned: for each size and country of companies the order of the providers that has
        cost least until somebody knew.
    :param min_observations: Answers that each provider must have given for an order to be learned from them.
    :param slot_types: Only requests for these seats. Left out: all.
    :param company_ids: Only requests for these companies. Left out: all; an empty list: none.
    :param limit: Requests to work on, at most, in all tries together; the oldest first. The other requests of the same
        companies come along.
    :param lease_seconds: How long requests stay claimed after the last sign of life of this task.
    :param max_usd: US dollars that ``scope`` may spend, checked before every call. None: without limit.
    :param max_calls: Calls that ``scope`` may make, those to the catalog included. None: without limit.
    :param batch: The name under which tasks that share the work claim, together with ``number``. Left out: a name of
        this task of this run.
    :param number: The number of this task within ``batch``; no two tasks of a batch may have the same. Left out: its
        map index.
    :param scope: Who pays: calls of the same scope share their budget, and replay each other's answers. Left out: this
        run of the DAG.
    :param llm_conn_id: Connection of the language model that the provider live asks, instead of prospecting_llm.
    :param search_conn_id: Connection of the web search of the provider live, instead of prospecting_search.
    :param max_in_flight: Companies that are asked about at once, 1 to 32.

    .. code-block:: python

        FillSlotsOperator(
            task_id="find_chief_executives",
            providers=["catalog", "live"],
            slot_types=["CEO"],
            limit=100,
            max_usd=2,
            pool="agents",
        )
    """

    template_fields: Sequence[str] = (
        *ProspectingOperator.template_fields,
        "providers",
        "provider_order",
        "min_observations",
        "slot_types",
        "company_ids",
        "limit",
        "lease_seconds",
        "max_usd",
        "max_calls",
        "batch",
        "number",
        "scope",
        "llm_conn_id",
        "search_conn_id",
        "max_in_flight",
    )
    operator_extra_links = (LedgerCallsLink(), RejectedRecordsLink())
    counted: ClassVar = {"completed": metrics.REQUESTS_COMPLETED, "failed": metrics.REQUESTS_FAILED}
    tables: ClassVar = Tables(reads=("companies", "company_slot"), writes=("company_slot", *_OF_REQUESTS, *_OF_PEOPLE))

    def __init__(
        self,
        *,
        providers: Sequence[str] | str | None = None,
        provider_order: str = "given",
        min_observations: int | str = 30,
        slot_types: Sequence[str] | str | None = None,
        company_ids: Sequence[int | str] | str | None = None,
        limit: int | str = 60,
        lease_seconds: float | str = 120,
        max_usd: float | str | None = 5,
        max_calls: int | str | None = 1000,
        batch: str | None = None,
        number: int | str | None = None,
        scope: str | None = None,
        llm_conn_id: str | None = None,
        search_conn_id: str | None = None,
        max_in_flight: int | str = 8,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.providers = providers
        self.provider_order = provider_order
        self.min_observations = min_observations
        self.slot_types = slot_types
        self.company_ids = company_ids
        self.limit = limit
        self.lease_seconds = lease_seconds
        self.max_usd = max_usd
        self.max_calls = max_calls
        self.batch = batch
        self.number = number
        self.scope = scope
        self.llm_conn_id = llm_conn_id
        self.search_conn_id = search_conn_id
        self.max_in_flight = max_in_flight
        self._backfill: Backfill | None = None

    def execute(self, context: Context) -> dict[str, int]:
        """Claim, ask, promote and close."""
        from prospecting.agents.ledger import Budget
        from prospecting.hooks.agents import AgentsHook, checked_provider
        from prospecting.services.provider_orders import ProviderOrder
        from prospecting.services.slot_backfill import Backfill, claimant

        arguments = self.read_arguments(FillSlotsArguments)
        try:
            providers = [checked_provider(name) for name in arguments.providers] or ["catalog"]
        except ValueError as error:
            raise AirflowFailException(f"{self.task_id}: providers: {error}") from None
        ti: Any = context["ti"]
        runtime = self.runtime(context)
        number = max(ti.map_index, 0) if arguments.number is None else arguments.number
        budget = Budget(max_usd=arguments.max_usd, max_calls=arguments.max_calls)

        def open_ledger(provider: str) -> Ledger:
            is_live = provider == "live"
            hook = AgentsHook(
                provider=provider,
                llm_conn_id=arguments.llm_conn_id if is_live else None,
                search_conn_id=arguments.search_conn_id if is_live else None,
            )
            return hook.ledger(runtime, scope=arguments.scope or f"{ti.dag_id}:{ti.run_id}", budget=budget)

        self._backfill = Backfill(
            runtime,
            claimed_by=claimant(arguments.batch or name_of_work(context), number),
            queue=arguments.queue(),
            limit=arguments.limit,
            lease_seconds=arguments.lease_seconds,
            providers=providers,
            open_ledger=open_ledger,
            max_in_flight=arguments.max_in_flight,
            order=ProviderOrder(
                providers,
                is_learned=arguments.provider_order == "learned",
                min_observations=arguments.min_observations,
            ),
        )
        counts = self._backfill.run()
        if not any(counts.values()):
            log.info("No request waits that this task is meant for")
        return counts

    def on_kill(self) -> None:
        """Put what is claimed back into the queue."""
        if self._backfill is not None:
            self._backfill.stop()


def name_of_work(context: Context) -> str:
    """A name for what this task of this run does, the same for all its tries; it starts with the id of the run."""
    ti: Any = context["ti"]
    mapped = f"[{ti.map_index}]" if ti.map_index >= 0 else ""
    return f"{ti.run_id} {ti.dag_id}.{ti.task_id}{mapped}"


def _result(evaluation_id: int | None, counters: Counters) -> dict[str, Any]:
    return {"evaluation_id": evaluation_id, **counters.as_dict(), "fill_rate": round(counters.fill_rate, 1)}


def _warn_if_nothing_fits(arguments: EvaluateSlotsArguments, counters: Counters) -> None:
    from prospecting.services.slot_filters import nothing_fits

    if not counters.companies_processed:
        log.warning("%s", nothing_fits(arguments.scope()))
