"""The tasks of slot backfill: claim requests, ask who holds the seats, promote people, close the requests.

A worker holds its requests under a lease that a thread renews. Whatever it did not close when it ends is put back, or,
when it was killed, found again by its next try or claimed by others once the lease has run out. People and the closing
of their requests are saved in one transaction, so that nobody is promoted twice or for a request that others hold.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from itertools import groupby
from typing import Any

from airflow.sdk import Variable, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from prospecting.agents.errors import AgentError, BudgetExceeded
from prospecting.agents.ledger import Ledger
from prospecting.agents.searches import SeatSearch
from prospecting.agents.waterfall import WaterfallResult, ask_in_order
from prospecting.hooks.agents import checked_provider, ledger_for
from prospecting.hooks.prospecting import application_engine, in_transaction, is_last_try, looking, show_as
from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.names import clean_person_name
from prospecting.parsing.records import ContactRecord, Parsed
from prospecting.parsing.titles import classify_title
from prospecting.persistence import slot_requests as queue
from prospecting.persistence.agent_calls import query_cost
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.slot_requests import ClaimLost, Outcome, Request
from prospecting.scoring.seats import choose_for_seats, confidence
from prospecting.services.params import explain
from prospecting.services.slot_params import SlotBackfillParams

log = logging.getLogger(__name__)

PROVIDERS_VARIABLE = "slot_backfill_providers"
SOURCE_SYSTEM = "slot_backfill"
_MOST_CHUNKS = 1000


def _params() -> SlotBackfillParams:
    context: Any = get_current_context()
    try:
        return SlotBackfillParams.model_validate(dict(context["params"]))
    except ValidationError as error:
        raise AirflowFailException(f"The params do not work together: {explain(error, SlotBackfillParams)}") from None


def _providers(params: SlotBackfillParams) -> list[str]:
    """Who is asked, in order: the params, else the Airflow variable, else the catalog."""
    named, origin = params.providers, "param providers"
    try:
        if not named:
            origin = f"Airflow variable {PROVIDERS_VARIABLE}"
            variable = Variable.get(PROVIDERS_VARIABLE, default=None)
            named = SlotBackfillParams.model_validate({"providers": variable}).providers
        return [checked_provider(name) for name in named] or ["catalog"]
    except ValidationError as error:
        raise AirflowFailException(f"The {origin}: {explain(error, SlotBackfillParams)}") from None
    except ValueError as error:
        raise AirflowFailException(f"The {origin}: {error}") from None


# ------------------------------------------------------------------------------------------------------------ plan
@task
def plan_backfill() -> list[dict[str, Any]]:
    """How many tasks the waiting requests are worth; each claims its own share when it starts."""
    params = _params()
    providers = _providers(params)
    waiting = looking(lambda connection: queue.count_claimable(connection, params.queue()))
    most = min(waiting, params.max_requests)
    size = max(params.chunk_size, -(-most // _MOST_CHUNKS))
    log.info("%d requests wait, up to %d are worked on now; asked in order: %s", waiting, most, ", ".join(providers))
    ti: Any = get_current_context()["ti"]
    # A plan that is made again shall not take what an earlier one has closed for its own share.
    batch = f"{ti.run_id} {ti.try_number}"
    return [
        {
            "batch": batch,
            "number": number,
            "most": min(size, most - start),
            "label": f"requests {start + 1}-{min(start + size, most)} of {most}",
        }
        for number, start in enumerate(range(0, most, size), 1)
    ]


def _claimant(batch: str, number: int) -> str:
    """The name under which a task claims; the same for all its tries."""
    return f"{batch}/{number}"


# ------------------------------------------------------------------------------------------------------------ work
@task
def work_requests(batch: str, number: int, most: int, label: str) -> dict[str, int]:
    """Claim requests, ask, promote and close, company by company. Answers counts."""
    show_as(label)
    params = _params()
    context: Any = get_current_context()
    claimed_by = _claimant(batch, number)
    requests = in_transaction(
        lambda connection: queue.claim_requests(
            connection, params.queue(), claimed_by=claimed_by, most=most, lease_seconds=params.lease_seconds
        )
    )
    worker = _Worker(claimed_by, _providers(params), f"slot_backfill:{context['ti'].run_id}", params)
    with _kept_lease(claimed_by, params.lease_seconds):
        for _, of_company in groupby(requests, key=lambda request: request.company_id):
            worker.process(list(of_company))
            if worker.stopped_by is not None:
                break
        return worker.finish()


@contextmanager
def _kept_lease(claimed_by: str, lease_seconds: float) -> Iterator[None]:
    """Renew the lease from a thread while the block runs: one answer may take longer than a lease lasts."""
    engine, is_over = application_engine(), threading.Event()

    def renew() -> None:
        while not is_over.wait(lease_seconds / 3):
            try:
                with unit_of_work(engine, timeout_seconds=30) as connection:
                    queue.renew_lease(connection, claimed_by=claimed_by, lease_seconds=lease_seconds)
            except DBAPIError as error:
                log.warning("The lease could not be renewed (%s); trying again", type(error).__name__)

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@dataclass(slots=True)
class _Found:
    """What the providers said about one company: readable contacts, and by whom each was named first."""

    seats: list[str]
    parsed: list[Parsed[ContactRecord]] = field(default_factory=list)

    @property
    def contacts(self) -> list[ContactRecord]:
        return [contact for parsed in self.parsed for contact in parsed.items]

    def is_enough(self, content: bytes) -> bool:
        """Take another answer in; whether all seats have a candidate now."""
        self.parsed.append(parse_contacts(content))
        return len(choose_for_seats(self.contacts, self.seats).by_seat) == len(self.seats)

    def provider_of(self, contact: ContactRecord, result: WaterfallResult) -> str:
        """The provider that named ``contact`` first."""
        named = zip(result.answers, self.parsed, strict=True)
        return next(provider for provider, parsed in named if contact in parsed.items)


class _Worker:
    """Works off claimed requests and keeps count.

    A failure that may pass does not stop the rest: its requests stay held and the error is raised at the end, so that
    the task is tried again. A failure that only a person can mend, and a used-up budget, stop at once.
    """

    def __init__(self, claimed_by: str, providers: Sequence[str], scope: str, params: SlotBackfillParams) -> None:
        self._claimed_by = claimed_by
        self._providers = providers

        @cache
        def open_ledger(provider: str) -> Ledger:
            return ledger_for(scope, provider, params.budget)

        self._open_ledger = open_ledger
        self._counts = {"completed": 0, "failed": 0, "lost": 0}
        self._delayed: AgentError | None = None
        self.stopped_by: AgentError | None = None

    def process(self, requests: Sequence[Request]) -> None:
        """Ask once for all requested seats of one company, and save what comes of it."""
        company = requests[0]
        found = _Found([request.slot_type for request in requests])
        started = time.monotonic()
        result = ask_in_order(
            self._providers,
            self._open_ledger,
            SeatSearch(
                company_name=company.company_name,
                domain=company.domain,
                industry=company.primary_industry,
                target_functions=tuple(found.seats),
                attempt=max(request.attempt for request in requests),
            ),
            found.is_enough,
        )
        milliseconds = round((time.monotonic() - started) * 1000)
        if error := result.unsettled:
            self._note(error)
            if error.retryable and not is_last_try():
                # The next try asks the same question: whoever has answered it is replayed, at no cost.
                return
        try:
            outcomes = in_transaction(lambda connection: self._save(connection, requests, found, result, milliseconds))
        except ClaimLost as lost:
            log.warning("Company %d: %s; nothing was saved", company.company_id, lost)
            self._counts["lost"] += len(requests)
            return
        for outcome in outcomes:
            self._counts["completed" if outcome.full_name else "failed"] += 1

    def _note(self, error: AgentError) -> None:
        if error.retryable:
            self._delayed = self._delayed or error
        else:
            self.stopped_by = error

    def _save(
        self,
        connection: Connection,
        requests: Sequence[Request],
        found: _Found,
        result: WaterfallResult,
        milliseconds: int,
    ) -> list[Outcome]:
        """People, what was not usable, and the outcomes of the requests, in one transaction."""
        company = requests[0]
        source = f"slot requests of company {company.company_id}"
        choice = choose_for_seats(found.contacts, found.seats)
        asked_on = company.assigned_at.astimezone(UTC).date()
        rows = [
            PersonRow.from_contact(contact, company_id=company.company_id, observed_on=asked_on)
            for contact in choice.fitting
        ]
        upserted = upsert_persons(connection, rows, source_system=SOURCE_SYSTEM)
        unsaved = {choice.fitting[failure.position]: failure for failure in upserted.failures}
        rejected = [RejectedRow.from_parse(bad, "person", source) for parsed in found.parsed for bad in parsed.rejected]
        rejected += [
            RejectedRow("filter", "person", reason, detail, {"name": contact.full_name, "title": contact.title}, source)
            for contact, reason, detail in choice.others
        ]
        rejected += [
            RejectedRow("save", "person", failure.reason, failure.detail, {"name": contact.full_name}, source)
            for contact, failure in unsaved.items()
        ]
        record_rejected(connection, None, rejected)

        seated = choose_for_seats((c for c in choice.fitting if c not in unsaved), found.seats).by_seat
        closed = [request for request in requests if request.slot_type in seated or result.unsettled is None]
        if not closed:
            return []
        cost = query_cost(connection, [answer.call_id for answer in result.answers.values()])
        outcomes = []
        for request in closed:
            shared: dict[str, Any] = {
                "routing_id": request.routing_id,
                "cost_usd": cost / len(closed),
                "duration_ms": milliseconds // len(closed),
            }
            if contact := seated.get(request.slot_type):
                provider = found.provider_of(contact, result)
                outcomes.append(_outcome_with(contact, request.slot_type, provider, shared))
            else:
                outcomes.append(Outcome(error=_nobody(request, found, result, len(unsaved)), **shared))
        queue.close_requests(connection, outcomes, claimed_by=self._claimed_by)
        return outcomes

    def finish(self) -> dict[str, int]:
        """Put back what is still held, when no later try of this task will go on with it; raise what was delayed."""
        stopped = self.stopped_by
        error = stopped or self._delayed
        released = 0
        if error is not None and (stopped is not None or is_last_try()):
            reason = f"Put back: {error.kind}"
            released = in_transaction(
                lambda connection: queue.release_requests(connection, claimed_by=self._claimed_by, reason=reason)
            )
            log.warning("%d requests were put back into the queue: %s", released, error)
        if error is not None and not isinstance(error, BudgetExceeded):
            raise error
        return {**self._counts, "released": released}


def _nobody(request: Request, found: _Found, result: WaterfallResult, unsaved: int) -> str:
    """Why a request ended without a person, in a sentence without names."""
    named = len(found.contacts)
    people = f"{named} {'people' if named > 1 else 'person'} named, none for this seat" if named else "nobody named"
    not_saved = f", {unsaved} could not be saved (see rejected_records)" if unsaved else ""
    asked = ", ".join([*result.answers, *result.errors])
    return f"No {request.slot_type} found in attempt {request.attempt}: {people}{not_saved}; asked: {asked}"


def _outcome_with(contact: ContactRecord, seat: str, provider: str, shared: dict[str, Any]) -> Outcome:
    kind = classify_title(contact.title)
    name = clean_person_name(contact.full_name)
    return Outcome(
        score=round(confidence(kind.slots[seat]) * 100),
        provider=provider,
        first_name=name.first if name else None,
        last_name=name.last if name else None,
        full_name=name.full if name else contact.full_name,
        email=contact.email,
        phone=contact.phone,
        title=contact.title,
        seniority=kind.seniority,
        linkedin_url=contact.linkedin_url,
        bio=contact.bio,
        **shared,
    )


# ------------------------------------------------------------------------------------------------------------- end
@task
def announce_people(plan: Sequence[dict[str, Any]] | None) -> int:
    """Let others know that people were promoted, whatever became of the rest. Answers how many requests that were."""
    completed = _summary(plan).completed
    if not completed:
        raise AirflowSkipException("Nobody was promoted")
    return completed


@task
def summarize_backfill(plan: Sequence[dict[str, Any]] | None, work: Sequence[dict[str, int]] | None) -> dict[str, Any]:
    """Print what became of the requests; fail when a task failed."""
    ti: Any = get_current_context()["ti"]
    failed = ti.get_ti_count(dag_id=ti.dag_id, run_ids=[ti.run_id], states=["failed", "upstream_failed"])
    summary = _summary(plan)
    pending = looking(queue.count_pending)
    put_back = sum(counts["released"] for counts in work or () if counts)
    for line in (
        f"Requests completed (a person was found): {summary.completed}",
        f"Requests failed (an attempt was counted): {summary.failed}",
        f"Requests cancelled (nothing to ask for any more): {summary.cancelled}",
        f"Requests put back (the budget was used up): {put_back}",
        f"Cost in USD: {summary.cost_usd:.4f}",
        f"Requests still waiting or held by others: {pending}",
    ):
        log.info("%s", line)
    if failed:
        raise AirflowFailException(
            f"{failed} tasks failed; their requests are back in the queue, or will be when their lease has run out. "
            "See their logs, and docs/runbooks/slots.md, section Provider down"
        )
    return {
        "completed": summary.completed,
        "failed": summary.failed,
        "cancelled": summary.cancelled,
        "put_back": put_back,
        "pending": pending,
        "cost_usd": float(summary.cost_usd),
    }


def _summary(plan: Sequence[dict[str, Any]] | None) -> queue.BatchSummary:
    names = [_claimant(part["batch"], part["number"]) for part in plan or ()]
    return looking(lambda connection: queue.summarize_batch(connection, names))
