"""Fills seats: claim requests, ask who holds the seats, promote people, close the requests.

Requests are held under a lease that a thread renews. Whatever is not closed when the work ends or is interrupted is put
back; what a lost process held is found again by the next try, or claimed by others once the lease has run out. People
and the closing of their requests are saved in one transaction, so that nobody is promoted twice or for a request that
others hold. All of it is journalled, so that ``backfill_take_back`` can take a run back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from functools import cache, partial
from itertools import groupby
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from prospecting.agents.errors import BudgetExceeded, NoSuchData, RequestRefused
from prospecting.agents.ledger import Ledger
from prospecting.agents.searches import SeatSearch
from prospecting.agents.waterfall import WaterfallResult, ask_in_order
from prospecting.parsing.records import ContactRecord
from prospecting.persistence import slot_requests
from prospecting.persistence.agent_calls import find_answer_time, mark_unusable, query_cost
from prospecting.persistence.backfill_journal import forget_old_changes
from prospecting.persistence.batches import Upserted
from prospecting.persistence.identity_gate import judge_for_seats
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.provider_answers import note_provider_answers
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.slot_evaluations import find_policy
from prospecting.persistence.slot_requests import ClaimLost, Outcome, Queue, Request
from prospecting.scoring.identity_gate import IN_WORDS
from prospecting.scoring.seats import CATALOG, SeatChoice, SeatPolicy, confidence
from prospecting.services.asking import MAX_IN_FLIGHT, Asked, AskedAtOnce, AskingErrors
from prospecting.services.forgotten import find_forgotten, without_forgotten
from prospecting.services.interruption import Interrupted, work_apart
from prospecting.services.provider_orders import ProviderOrder
from prospecting.services.rejections import abridged
from prospecting.services.runtime import Runtime
from prospecting.services.seat_findings import (
    Findings,
    describe_failure,
    describe_waiting,
    describe_weak,
    outcome_with,
    rejected_rows,
)
from prospecting.services.sourced_facts import SourcedFacts
from prospecting.services.unexpected import REASON, concerns_one, describe_unexpected, log_unexpected

log = logging.getLogger(__name__)

SOURCE_SYSTEM = "slot_backfill"
# A killed task has five seconds, and somebody may claim under its name soon.
_PUT_BACK_SECONDS = 2.0


# ------------------------------------------------------------------------------------------------------------ shares
@dataclass(frozen=True, slots=True)
class Share:
    """The part of a batch that one task claims when it starts: up to ``limit`` requests, under a name of its own."""

    batch: str
    number: int
    limit: int
    label: str


def plan_shares(batch: str, total: int, size: int) -> list[Share]:
    """``total`` requests in shares of ``size``."""
    return [
        Share(
            batch=batch,
            number=number,
            limit=min(size, total - start),
            label=f"requests {start + 1}-{min(start + size, total)} of {total}",
        )
        for number, start in enumerate(range(0, total, size), 1)
    ]


def claimant(batch: str, number: int) -> str:
    """The name under which a task claims; the same for all its tries."""
    return f"{batch}/{number}"


# --------------------------------------------------------------------------------------------------------- providers
NO_LIVE_PROVIDER = (
    "No provider configured: only the shipped catalog is asked, and what it does not know waits, which costs no "
    "attempt. To ask live agents, create the Airflow connections prospecting_llm and prospecting_search, and set the "
    "Airflow variable slot_backfill_providers to catalog,live: docs/live-agents.md"
)


def is_live(provider: str) -> bool:
    """True for a provider whose answer may be another one tomorrow."""
    return provider != CATALOG


def _token(provider: str) -> str:
    """The name under which it is kept that a provider has answered; of the catalog, for what it contains now."""
    if is_live(provider):
        return provider
    from prospecting.agents.catalog import catalog_version  # not while Airflow reads the DAGs

    return f"{CATALOG}@{catalog_version()}"


def queue_for(queue: Queue, providers: Sequence[str]) -> Queue:
    """The requests that are worth asking ``providers``: the catalog alone knows nothing new the second time."""
    if any(is_live(provider) for provider in providers):
        return queue
    return replace(queue, only_static=tuple(map(_token, providers)))


def has_said_all(provider: str, requests: Sequence[Request]) -> bool:
    """True when a provider that always answers the same has answered for all these seats."""
    return not is_live(provider) and all(_token(provider) in request.answered_by for request in requests)


def answered_by(result: WaterfallResult) -> tuple[str, ...]:
    """The providers that have answered, also those that said that they do not know or do not tell."""
    settled = [name for name, error in result.errors.items() if isinstance(error, RequestRefused | NoSuchData)]
    return tuple(_token(provider) for provider in (*result.answers, *settled))


# -------------------------------------------------------------------------------------------------------------- work
def _source(requests: Sequence[Request]) -> str:
    """The name of one company's requests as the source of rejected records."""
    return f"slot requests of company {requests[0].company_id}"


@dataclass(frozen=True, slots=True)
class _Answered:
    """The answers about one company, which ``found`` has read, and how long they took."""

    found: Findings
    result: WaterfallResult
    milliseconds: int

    @property
    def call_ids(self) -> list[int]:
        return [answer.call_id for answer in self.result.answers.values()]


def _stops(asked: Asked[list[Request], _Answered]) -> bool:
    """True of an outcome after which nobody else needs to be asked about: it would end the same way."""
    if asked.result is not None:
        unsettled = asked.result.result.unsettled
        return unsettled is not None and not unsettled.retryable
    return isinstance(asked.error, Exception) and not concerns_one(asked.error)


@dataclass(frozen=True, slots=True)
class _Unexpected:
    """An error nobody expected, about the requests of one company, and the calls whose answers it came with."""

    requests: Sequence[Request]
    error: Exception
    call_ids: Sequence[int]


class Backfill:
    """Claims a share of the queue, works it off, and keeps count. It asks about several companies at once, and saves
    one after the other.

    Safe to kill: ``stop`` may be called from a signal handler at any moment.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        claimed_by: str,
        queue: Queue,
        limit: int,
        lease_seconds: float,
        providers: Sequence[str],
        open_ledger: Callable[[str], Ledger],
        max_in_flight: int = MAX_IN_FLIGHT,
        order: ProviderOrder | None = None,
    ) -> None:
        """Without an ``order``, ``providers`` are asked in the order in which they are given."""
        self._runtime = replace(runtime, is_journalled=True)
        self._claimed_by = claimed_by
        self._queue = queue_for(queue, providers)
        self._limit = limit
        self._lease_seconds = lease_seconds
        self._providers = providers
        self._order = order or ProviderOrder(providers)
        self._open_ledger = cache(open_ledger)
        self._opening = threading.Lock()
        self._max_in_flight = max_in_flight
        self._counts = {"completed": 0, "failed": 0, "waiting": 0, "lost": 0}
        self._errors = AskingErrors(runtime.is_last_try)
        self._unexpected: list[_Unexpected] = []
        self._companies = 0
        self._is_stopped = False
        self._is_put_back = False
        self._policy = SeatPolicy()

    def run(self) -> dict[str, int]:
        """Claim, ask, promote and close. Returns how many requests were completed, failed, left waiting, lost and
        released.

        Raises what kept the work from being done: the ``AgentError`` that stopped or delayed it, unless the budget was
        used up; ``Interrupted`` when it was told to stop; an error nobody expected, when it concerns every company.
        """
        self._policy = self._runtime.read(find_policy)
        self._order.learn(self._runtime)
        requests = self._runtime.write(self._claim)
        if self._is_stopped:
            # What was put back meanwhile cannot have been this.
            self._is_put_back = False
        companies = [list(group) for _, group in groupby(requests, key=lambda request: request.company_id)]
        with (
            self._kept_lease(),
            AskedAtOnce(
                companies,
                self._ask,
                max_in_flight=self._max_in_flight,
                stops=_stops,
                is_halted=lambda: self._is_stopped,
            ) as all_asked,
        ):
            for asked in all_asked:
                if self._is_stopped:
                    break
                if not asked.is_left_out:
                    self._process_apart(asked)
        return self._finish()

    def stop(self) -> None:
        """Save nothing more, and put everything that is held back into the queue at once."""
        self._is_stopped = True
        self._is_put_back = work_apart(self._runtime, self._put_everything_back)
        if not self._is_put_back:
            log.warning("Some requests are not put back yet; others can claim them when the lease has run out")

    def _claim(self, connection: Connection) -> list[Request]:
        forget_old_changes(connection)
        requests = slot_requests.claim_requests(
            connection,
            self._queue,
            claimed_by=self._claimed_by,
            limit=self._limit,
            lease_seconds=self._lease_seconds,
        )
        return self._without_held_back(connection, requests)

    def _without_held_back(self, connection: Connection, requests: Sequence[Request]) -> list[Request]:
        """The requests about companies that the identity gate lets through; the others are cancelled, unasked."""
        company_ids = list(dict.fromkeys(request.company_id for request in requests))
        is_paid = any(map(is_live, self._providers))
        judged = judge_for_seats(connection, company_ids, is_paid=is_paid)
        verdicts = {company.id: verdict for company, verdict in judged}
        held_back = {
            request.routing_id: verdicts[request.company_id] for request in requests if request.company_id in verdicts
        }
        if held_back:
            reasons = {routing_id: IN_WORDS[verdict] for routing_id, verdict in held_back.items()}
            slot_requests.cancel_requests(connection, reasons, claimed_by=self._claimed_by)
            counts = Counter(verdict.value for verdict in held_back.values())
            log.info("Requests cancelled unasked: %s", ", ".join(f"{n} {why}" for why, n in sorted(counts.items())))
        return [request for request in requests if request.routing_id not in held_back]

    @contextmanager
    def _kept_lease(self) -> Iterator[None]:
        """Renew the lease from a thread while the block runs: one answer may take longer than a lease lasts."""
        runtime, is_over = replace(self._runtime, attempt=None, timeout_seconds=30), threading.Event()

        def renew(connection: Connection) -> None:
            slot_requests.renew_lease(connection, claimed_by=self._claimed_by, lease_seconds=self._lease_seconds)

        def keep() -> None:
            while not is_over.wait(self._lease_seconds / 3) and not self._is_stopped:
                try:
                    runtime.write(renew)
                except DBAPIError as error:
                    log.warning("The lease could not be renewed (%s); trying again", type(error).__name__)

        thread = threading.Thread(target=keep, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _process_apart(self, asked: Asked[list[Request], _Answered]) -> None:
        """Save what came of one company, so that an error nobody expected costs this one alone."""
        self._companies += 1
        requests, answered = asked.item, asked.result
        try:
            if asked.error is not None:
                raise asked.error
            assert answered is not None
            self._settle(requests, answered)
        except Exception as error:
            if not concerns_one(error):
                raise
            log_unexpected(_source(requests), error)
            self._unexpected.append(_Unexpected(requests, error, answered.call_ids if answered else []))

    def _ledger_of(self, provider: str) -> Ledger:
        """The provider's ledger: one for all threads."""
        with self._opening:
            return self._open_ledger(provider)

    def _ask(self, requests: Sequence[Request]) -> _Answered:
        """Ask once for all requested seats of one company."""
        company = requests[0]
        found = Findings(
            [request.slot_type for request in requests],
            self._runtime.reading,
            self._policy,
            self._runtime.read(lambda connection: slot_requests.query_refused(connection, company.company_id)),
        )
        started = time.monotonic()
        result = ask_in_order(
            [
                provider
                for provider in self._order.of_company(company.company_size, company.country)
                if not has_said_all(provider, requests)
            ],
            self._ledger_of,
            SeatSearch(
                company_name=company.company_name,
                domain=company.domain,
                industry=company.primary_industry,
                target_functions=tuple(found.seats),
                attempt=max(request.attempt for request in requests),
            ),
            found.is_enough,
        )
        return _Answered(found, result, round((time.monotonic() - started) * 1000))

    def _settle(self, requests: Sequence[Request], answered: _Answered) -> None:
        """Save what came of the question about one company."""
        company, found, result = requests[0], answered.found, answered.result
        if result.unsettled is not None and not self._errors.add(result.unsettled):
            # The next try asks the same question: whoever has answered it is replayed, at no cost.
            return
        try:
            outcomes = self._runtime.write(
                lambda connection: self._save(connection, requests, found, result, answered.milliseconds)
            )
        except ClaimLost as lost:
            log.warning("Company %d: %s; nothing was saved", company.company_id, lost)
            self._counts["lost"] += len(requests)
            return
        for outcome in outcomes:
            self._counts["waiting" if outcome.is_waiting else "completed" if outcome.full_name else "failed"] += 1

    def _save(
        self,
        connection: Connection,
        requests: Sequence[Request],
        found: Findings,
        result: WaterfallResult,
        milliseconds: int,
    ) -> list[Outcome]:
        """Save people, what was not usable, and the outcomes of the requests, in one transaction."""
        company, source = requests[0], _source(requests)
        forgotten = find_forgotten(connection, found.contacts, company.company_id)
        found.leave_out(forgotten)
        choice = found.choose()
        # An answer that is used again says what was known when it was paid for.
        answered_at = {
            provider: find_answer_time(connection, answer.call_id) or company.assigned_at
            for provider, answer in result.answers.items()
        }
        rows = [
            PersonRow.from_contact(
                contact,
                company_id=company.company_id,
                observed_on=answered_at[found.provider_of(contact, result)].astimezone(UTC).date(),
            )
            for contact in choice.fitting
        ]
        upserted = upsert_persons(connection, rows, source_system=SOURCE_SYSTEM)
        for provider, answer in result.answers.items():
            facts = SourcedFacts(connection, answer.call_id, answered_at[provider].astimezone(UTC).date())
            for saved, contact in zip(upserted.saved, choice.fitting, strict=True):
                if found.provider_of(contact, result) == provider:
                    facts.add_person(saved, contact)
            facts.record()
        call_ids = [answer.call_id for answer in result.answers.values()]
        note_provider_answers(
            connection,
            {name: (answer.call_id, name == result.answered_by) for name, answer in result.answers.items()},
            company_size=company.company_size,
            country=company.country,
        )
        rejected = without_forgotten(
            connection,
            rejected_rows(found, choice, upserted, source),
            forgotten,
            company_id=company.company_id,
            source=source,
            call_ids=call_ids,
        )
        record_rejected(connection, None, abridged(rejected))
        for call_id, why in found.unreadable(result):
            mark_unusable(connection, [call_id], reason=why.reason, detail=why.detail)

        seated = self._choose_seatable(connection, company.company_id, found, choice.fitting, upserted)
        sure = seated.by_seat.keys() - seated.weak
        closed = [request for request in requests if request.slot_type in sure or result.unsettled is None]
        if not closed:
            return []
        cost = query_cost(connection, call_ids)
        answered = answered_by(result)
        # Asking once more what cannot be answered otherwise would be no attempt.
        is_anybody_live = any(is_live(provider) for provider in (*result.answers, *result.errors))
        # Whoever gave no answer was asked just now; an answer may be older than the request.
        asked_at = (
            None
            if any(map(is_live, result.errors))
            else max((at for provider, at in answered_at.items() if is_live(provider)), default=None)
        )
        outcomes = []
        for request in closed:
            shared: dict[str, Any] = {
                "routing_id": request.routing_id,
                "cost_usd": cost / len(closed),
                "duration_ms": milliseconds // len(closed),
                "answered_by": answered,
                "is_live": is_anybody_live,
                "asked_at": asked_at,
            }
            seat = request.slot_type
            if seat in sure:
                contact = seated.by_seat[seat]
                provider = found.provider_of(contact, result)
                outcomes.append(outcome_with(contact, seated.ranks[seat], provider, shared))
            elif not is_anybody_live:
                outcomes.append(Outcome(error=describe_waiting(request, result), is_waiting=True, **shared))
            elif seat in seated.ranks:
                error = describe_weak(request, confidence(seated.ranks[seat]), self._policy.minimum[seat])
                outcomes.append(Outcome(error=error, **shared))
            else:
                outcomes.append(
                    Outcome(error=describe_failure(request, found, result, len(upserted.failures)), **shared)
                )
        slot_requests.close_requests(connection, outcomes, claimed_by=self._claimed_by)
        return outcomes

    @staticmethod
    def _choose_seatable(
        connection: Connection,
        company_id: int,
        found: Findings,
        contacts: Sequence[ContactRecord],
        upserted: Upserted,
    ) -> SeatChoice:
        """The best of those who were saved and can be seated.

        Their role is current: older evidence may say less than is known already. And nobody has refused them, by
        whatever name they are known.
        """
        people = [(contact, saved.id) for contact, saved in zip(contacts, upserted.saved, strict=True) if saved]
        ids = [id_ for _, id_ in people]
        holding = slot_requests.query_holding(connection, company_id, ids)
        refused = slot_requests.query_refused_among(connection, company_id, ids)
        found.refuse((seat, contact) for seat, refused_id in refused for contact, id_ in people if id_ == refused_id)
        return found.choose_among(contact for contact, id_ in people if id_ in holding)

    def _finish(self) -> dict[str, int]:
        """Put back what is still held, when no later try of this task goes on with it; raise what was delayed."""
        if self._is_stopped:
            # Once all is put back, the next try of this task may hold requests by the same name.
            released = 0 if self._is_put_back else self._release("Put back: killed")
            raise Interrupted(f"The task was killed while it filled seats; {released} more requests were put back")
        error, released = self._errors.first, 0
        if error is None or self._errors.is_final:
            self._settle_unexpected()
        if error is not None and self._errors.is_final:
            released = self._release(f"Put back: {error.kind}")
            log.warning("%d requests were put back into the queue: %s", released, error)
        if error is not None and not isinstance(error, BudgetExceeded):
            raise error
        return {**self._counts, "released": released}

    def _settle_unexpected(self) -> None:
        """End the requests of companies that met an error nobody expected, each an attempt that found nobody.

        When every company met one it is no company's fault: then it is raised, and the last try puts the requests back.
        """
        if self._unexpected and len(self._unexpected) == self._companies:
            if self._runtime.is_last_try:
                self._release(f"Put back: {REASON}")
            raise self._unexpected[0].error
        for one in self._unexpected:
            try:
                self._runtime.write(partial(self._close_unexpected, one))
                self._counts["failed"] += len(one.requests)
            except ClaimLost as lost:
                log.warning("%s: %s", _source(one.requests), lost)
                self._counts["lost"] += len(one.requests)

    def _close_unexpected(self, one: _Unexpected, connection: Connection) -> None:
        detail = describe_unexpected(one.error)
        record_rejected(connection, None, [RejectedRow("save", "person", REASON, detail, source=_source(one.requests))])
        mark_unusable(connection, one.call_ids, reason=REASON, detail=detail)
        share = query_cost(connection, one.call_ids) / len(one.requests)
        outcomes = [
            Outcome(request.routing_id, error=f"Unexpected: {detail}", cost_usd=share) for request in one.requests
        ]
        slot_requests.close_requests(connection, outcomes, claimed_by=self._claimed_by)

    def _release(self, reason: str) -> int:
        return self._runtime.write(
            lambda connection: slot_requests.release_requests(connection, claimed_by=self._claimed_by, reason=reason)
        )

    def _put_everything_back(self, apart: Runtime) -> bool:
        """Put back what is held, again and again for a while: the lease may be being renewed at this moment.

        Returns True when nothing is held any more.
        """
        deadline = time.monotonic() + _PUT_BACK_SECONDS

        def put_back(connection: Connection) -> int:
            slot_requests.release_requests(connection, claimed_by=self._claimed_by, reason="Put back: killed")
            return slot_requests.count_held(connection, claimed_by=self._claimed_by)

        while apart.write(put_back):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True
