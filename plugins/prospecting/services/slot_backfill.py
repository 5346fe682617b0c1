"""Fills seats: claim requests, ask who holds the seats, promote people, close the requests.

Requests are held under a lease that a thread renews. Whatever is not closed when the work ends or is interrupted is put
back; what a lost process held is found again by the next try, or claimed by others once the lease has run out. People
and the closing of their requests are saved in one transaction, so that nobody is promoted twice or for a request that
others hold.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from prospecting.agents.errors import BudgetExceeded
from prospecting.agents.ledger import Ledger
from prospecting.agents.searches import SeatSearch
from prospecting.agents.waterfall import WaterfallResult, ask_in_order
from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.names import clean_person_name
from prospecting.parsing.records import ContactRecord, Parsed
from prospecting.parsing.titles import classify_title
from prospecting.persistence import slot_requests
from prospecting.persistence.agent_calls import query_cost
from prospecting.persistence.batches import Upserted
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.slot_requests import ClaimLost, Outcome, Queue, Request
from prospecting.scoring.seats import SeatChoice, choose_for_seats, confidence
from prospecting.services.asking import AskingErrors
from prospecting.services.interruption import Interrupted, work_apart
from prospecting.services.runtime import Runtime

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


# -------------------------------------------------------------------------------------------------------------- work
@dataclass(slots=True)
class _Found:
    """The answers about one company: readable contacts, and by whom each was named first."""

    seats: list[str]
    parsed: list[Parsed[ContactRecord]] = field(default_factory=list)

    @property
    def contacts(self) -> list[ContactRecord]:
        return [contact for parsed in self.parsed for contact in parsed.items]

    def is_enough(self, content: bytes) -> bool:
        """Take another answer in. Returns True when all seats have a candidate now."""
        self.parsed.append(parse_contacts(content))
        return len(choose_for_seats(self.contacts, self.seats).by_seat) == len(self.seats)

    def provider_of(self, contact: ContactRecord, result: WaterfallResult) -> str:
        """The provider that named ``contact`` first."""
        named = zip(result.answers, self.parsed, strict=True)
        return next(provider for provider, parsed in named if contact in parsed.items)


class Backfill:
    """Claims a share of the queue, works it off company by company, and keeps count.

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
    ) -> None:
        self._runtime = runtime
        self._claimed_by = claimed_by
        self._queue = queue
        self._limit = limit
        self._lease_seconds = lease_seconds
        self._providers = providers
        self._open_ledger = cache(open_ledger)
        self._counts = {"completed": 0, "failed": 0, "lost": 0}
        self._errors = AskingErrors(runtime.is_last_try)
        self._is_stopped = False
        self._is_put_back = False

    def run(self) -> dict[str, int]:
        """Claim, ask, promote and close. Returns how many requests were completed, failed, lost and released.

        Raises what kept the work from being done: the ``AgentError`` that stopped or delayed it, unless the budget was
        used up; ``Interrupted`` when it was told to stop.
        """
        requests = self._runtime.write(self._claim)
        if self._is_stopped:
            # What was put back meanwhile cannot have been this.
            self._is_put_back = False
        with self._kept_lease():
            for _, of_company in groupby(requests, key=lambda request: request.company_id):
                if self._is_stopped or self._errors.stopped_by is not None:
                    break
                self._process(list(of_company))
        return self._finish()

    def stop(self) -> None:
        """Save nothing more, and put everything that is held back into the queue at once."""
        self._is_stopped = True
        self._is_put_back = work_apart(self._runtime, self._put_everything_back)
        if not self._is_put_back:
            log.warning("Some requests are not put back yet; others can claim them when the lease has run out")

    def _claim(self, connection: Connection) -> list[Request]:
        return slot_requests.claim_requests(
            connection,
            self._queue,
            claimed_by=self._claimed_by,
            limit=self._limit,
            lease_seconds=self._lease_seconds,
        )

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

    def _process(self, requests: Sequence[Request]) -> None:
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
        if self._is_stopped:
            return
        if result.unsettled is not None and not self._errors.add(result.unsettled):
            # The next try asks the same question: whoever has answered it is replayed, at no cost.
            return
        try:
            outcomes = self._runtime.write(
                lambda connection: self._save(connection, requests, found, result, milliseconds)
            )
        except ClaimLost as lost:
            log.warning("Company %d: %s; nothing was saved", company.company_id, lost)
            self._counts["lost"] += len(requests)
            return
        for outcome in outcomes:
            self._counts["completed" if outcome.full_name else "failed"] += 1

    def _save(
        self,
        connection: Connection,
        requests: Sequence[Request],
        found: _Found,
        result: WaterfallResult,
        milliseconds: int,
    ) -> list[Outcome]:
        """Save people, what was not usable, and the outcomes of the requests, in one transaction."""
        company = requests[0]
        choice = choose_for_seats(found.contacts, found.seats)
        asked_on = company.assigned_at.astimezone(UTC).date()
        rows = [
            PersonRow.from_contact(contact, company_id=company.company_id, observed_on=asked_on)
            for contact in choice.fitting
        ]
        upserted = upsert_persons(connection, rows, source_system=SOURCE_SYSTEM)
        source = f"slot requests of company {company.company_id}"
        record_rejected(connection, None, _rejected(found, choice, upserted, source))

        unsaved = {choice.fitting[failure.position] for failure in upserted.failures}
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
        slot_requests.close_requests(connection, outcomes, claimed_by=self._claimed_by)
        return outcomes

    def _finish(self) -> dict[str, int]:
        """Put back what is still held, when no later try of this task goes on with it; raise what was delayed."""
        if self._is_stopped:
            # Once all is put back, the next try of this task may hold requests by the same name.
            released = 0 if self._is_put_back else self._release("Put back: killed")
            raise Interrupted(f"The task was killed while it filled seats; {released} more requests were put back")
        error, released = self._errors.first, 0
        if error is not None and self._errors.is_final:
            released = self._release(f"Put back: {error.kind}")
            log.warning("%d requests were put back into the queue: %s", released, error)
        if error is not None and not isinstance(error, BudgetExceeded):
            raise error
        return {**self._counts, "released": released}

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


def _rejected(found: _Found, choice: SeatChoice, upserted: Upserted, source: str) -> list[RejectedRow]:
    """Everything that was named and cannot be used: unreadable, not fitting, or not saved."""
    unreadable = [RejectedRow.from_parse(bad, "person", source) for parsed in found.parsed for bad in parsed.rejected]
    unfitting = [
        RejectedRow("filter", "person", reason, detail, {"name": contact.full_name, "title": contact.title}, source)
        for contact, reason, detail in choice.others
    ]
    unsaved = [
        RejectedRow(
            "save",
            "person",
            failure.reason,
            failure.detail,
            {"name": choice.fitting[failure.position].full_name},
            source,
        )
        for failure in upserted.failures
    ]
    return [*unreadable, *unfitting, *unsaved]


def _nobody(request: Request, found: _Found, result: WaterfallResult, unsaved: int) -> str:
    """A sentence without names on why a request ended without a person."""
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
