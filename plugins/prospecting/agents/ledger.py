"""Asks agents, and writes every question down before it is asked.

The order of one question, every line a short transaction of its own and none of them open while the agent works:

1. an answer this execution already has is replayed, and so is a refusal;
2. the question is locked, so that two workers with the same question pay once;
3. an answer another execution got recently is reused;
4. circuit and budget are checked, the provider's turn awaited, and the intent recorded together with a reservation;
   what fits into the budget only without the reservations of others waits for them to be settled;
5. the agent is asked;
6. the outcome is recorded: raw bytes, latency, tokens, cost - or why it failed.

A worker that dies in step 5 leaves a ``started`` row. The next try, or whoever closes what gives no sign of life, marks
it ``abandoned``; the lost call may have been billed, so its reservation keeps counting. A worker that was only slow
records its outcome all the same. When two answers come to one question of a scope, the first that is recorded stays.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from prospecting.agents.budgets import OUTLASTING, Limit, Wallet
from prospecting.agents.budgets import Budget as Budget
from prospecting.agents.circuits import Circuits
from prospecting.agents.errors import (
    AgentError,
    AgentTimeout,
    AgentUnavailable,
    BudgetExceeded,
    Cancelled,
    RateLimited,
    RequestRefused,
)
from prospecting.agents.metering import SpentBeforeFailure
from prospecting.agents.question_locks import QuestionLock, QuestionLocks
from prospecting.agents.rate_limits import RateLimiter
from prospecting.agents.searches import Agents, Answer, Search, version_of
from prospecting.agents.steps import RecordedSteps, Steps
from prospecting.persistence import agent_calls
from prospecting.persistence.agent_calls import StoredRefusal
from prospecting.persistence.database import TaskAttempt, run_in_transaction, unit_of_work

log = logging.getLogger(__name__)
R = TypeVar("R")

# Pauses in seconds while another worker asks the same question, or has what is left of the budget reserved: the first,
# doubled each time up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


@dataclass(frozen=True, slots=True)
class LedgerAnswer:
    """An answer and its row in the ledger.

    ``reused``: nothing was asked this time. ``cost_usd``: what asking cost this time (0 when reused, or not known).
    """

    content: bytes
    call_id: int
    reused: bool
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class SettledCall:
    """How one question ended, for those who measure: nothing of what was asked or answered.

    ``reused``: another scope's answer was taken over, and nobody was asked. ``error_kind``: of a failed call.
    ``latency_ms`` and the counts of tokens are ``None`` where they are not known, ``cost_usd`` when the price is not.
    """

    agent: str
    provider: str
    outcome: Literal["succeeded", "failed", "reused"]
    latency_ms: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: Decimal | None = None
    error_kind: str | None = None


class Ledger:
    """Asks ``agents`` on behalf of ``scope`` (who pays, normally one execution).

    Safe to use from several threads and processes at once: whatever must not happen twice is decided in the
    database. However many questions are in flight, a ledger takes one database session for their locks, and for a
    moment at a time one of the engine's pool for each.
    """

    def __init__(
        self,
        engine: Engine,
        agents: Agents,
        scope: str,
        *,
        budget: Budget | None = None,
        limits: Sequence[Limit] = (),
        rate_limiter: RateLimiter | None = None,
        circuits: Circuits | None = None,
        attempt: TaskAttempt | None = None,
        max_lock_wait_seconds: float = 900.0,
        max_budget_wait_seconds: float = 900.0,
        outcome_pauses: Sequence[float] = (0.0, 1.0, 5.0),
        on_settled: Callable[[SettledCall], None] | None = None,
    ) -> None:
        """``limits`` hold beside the scope's own ``budget``. Without ``circuits``, a provider that is down is asked all
        the same.

        A paid answer is worth waiting for a restarting database: ``outcome_pauses`` are the seconds before each try
        to record it. ``on_settled`` is called once for each outcome, after it was recorded; it must not raise.
        """
        self._engine = engine
        self._agents = agents
        self._scope = scope
        self._lock_scope = scope
        self._wallet = Wallet(scope, [Limit(budget or Budget(), "the budget of the run"), *limits])
        self._locks = QuestionLocks(engine)
        self._settlement = threading.Condition()
        self._rate_limiter = rate_limiter or RateLimiter(engine, {})
        self._circuits = circuits
        self._attempt = attempt
        self._max_lock_wait_seconds = max_lock_wait_seconds
        self._max_budget_wait_seconds = max_budget_wait_seconds
        self._outcome_pauses = outcome_pauses
        self._on_settled = on_settled

    def _settled(self, call: SettledCall) -> None:
        with self._settlement:
            self._settlement.notify_all()
        if self._on_settled is not None:
            self._on_settled(call)

    def ask(self, search: Search) -> LedgerAnswer:
        """The answer to ``search``, from the ledger when it is there, else from the agent.

        Raises ``Cancelled`` before a call when the scope's execution was cancelled, ``BudgetExceeded`` before one the
        scope cannot afford, ``RateLimited`` when the turn for the provider does not come in time, or others hold what
        is left of the budget for too long, ``CircuitOpen`` while the provider is left alone because it is down,
        ``AgentUnavailable`` when another worker holds the same question for too long, and whatever ``AgentError`` the
        agent raised. Failures are recorded and never replayed, but for ``RequestRefused``: a scope that was refused an
        answer is refused it again without a call.
        """
        version = version_of(self._agents, search)
        request_key, former_keys = self._keys(search, version)
        with unit_of_work(self._engine) as connection:
            known = self._known_in_scope(connection, request_key, former_keys)
        if known is not None:
            return known
        with self._locks.lock(self._lock_scope, request_key) as lock:
            known = self._wait_for_lock_or_answer(lock, request_key)
            # Once the lock is ours, any unfinished call of this question is one whose worker died.
            known = known or self._settle_earlier_calls(search, request_key)
            if known is not None:
                return known
            with self._circuits.calling(self._agents.provider) if self._circuits else nullcontext():
                return self._call(search, request_key, version)

    def _known_in_scope(
        self, connection: Connection, request_key: str, former_keys: Sequence[str] = ()
    ) -> LedgerAnswer | None:
        """The answer this scope has. Raises ``RequestRefused`` when it was refused one."""
        stored = agent_calls.find_outcome(
            connection, scope=self._scope, request_key=request_key, former_keys=former_keys
        )
        if isinstance(stored, StoredRefusal):
            raise RequestRefused(stored.message, http_status=stored.http_status)
        return None if stored is None else LedgerAnswer(stored.content, stored.call_id, True, Decimal(0))

    def find(self, search: Search) -> LedgerAnswer | None:
        """The answer that the scope already has to ``search``, or ``None``. Nobody is asked."""
        keys = self._keys(search, version_of(self._agents, search))
        with suppress(RequestRefused), unit_of_work(self._engine) as connection:
            return self._known_in_scope(connection, *keys)
        return None

    def _keys(self, search: Search, version: str) -> tuple[str, list[str]]:
        """The key of a question, and those under which an execution may have asked it before keys had a version."""
        former_keys = [search.key(self._agents.provider)] if version else []
        return search.key(self._agents.provider, version), former_keys

    def _answer_in_scope(self, request_key: str) -> LedgerAnswer | None:
        with unit_of_work(self._engine) as connection:
            stored = agent_calls.find_answer(connection, scope=self._scope, request_key=request_key)
        return None if stored is None else LedgerAnswer(stored.content, stored.call_id, True, Decimal(0))

    def _settle_earlier_calls(self, search: Search, request_key: str) -> LedgerAnswer | None:
        """Mark the calls of dead workers as abandoned; returns the answer that this scope has got meanwhile, or another
        scope's, if one may still be used.
        """
        with unit_of_work(self._engine, self._attempt) as connection:
            if known := self._known_in_scope(connection, request_key):
                return known
            abandoned = agent_calls.abandon_unfinished(connection, scope=self._scope, request_key=request_key)
            if abandoned:
                log.warning("%d call(s) of this question never finished; their reservation keeps counting", abandoned)
            if self._agents.ttl_seconds <= 0:
                return None
            stored = agent_calls.find_answer(
                connection, scope=self._scope, request_key=request_key, ttl_seconds=self._agents.ttl_seconds
            )
            if stored is None:
                return None
            call_id = agent_calls.reuse_answer(connection, scope=self._scope, call_id=stored.call_id)
        self._settled(SettledCall(search.agent, self._agents.provider, "reused"))
        return LedgerAnswer(stored.content, call_id, True, Decimal(0))

    def _wait_for_lock_or_answer(self, lock: QuestionLock, request_key: str) -> LedgerAnswer | None:
        """``None`` once the question's ``lock`` is ours; or the answer of the worker who had it."""
        deadline = time.monotonic() + self._max_lock_wait_seconds
        pause = _FIRST_PAUSE
        while not lock.try_lock():
            if time.monotonic() > deadline:
                raise AgentUnavailable(
                    f"Another worker has been asking the same question for over {self._max_lock_wait_seconds:g} s"
                )
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            if known := self._answer_in_scope(request_key):
                return known
        return None

    def _call(self, search: Search, request_key: str, version: str) -> LedgerAnswer:
        call_id = self._open_call(search, request_key, version)
        steps = self._steps(call_id, request_key)
        started = time.monotonic()
        try:
            answer = self._agents.answer(search, steps)
        except BaseException as error:
            self._record_failure(search, call_id, error, steps, _milliseconds_since(started))
            raise
        latency_ms = _milliseconds_since(started)
        is_stored = self._record_answer(call_id, answer, latency_ms)
        self._settled(
            SettledCall(
                search.agent,
                self._agents.provider,
                "succeeded",
                latency_ms,
                answer.input_tokens,
                answer.output_tokens,
                answer.cost_usd,
            )
        )
        log.info("Call %d to %s of %s answered in %d ms", call_id, search.agent, self._agents.provider, latency_ms)
        first = None if is_stored else self._answer_in_scope(request_key)
        if first is not None and first.call_id != call_id:
            log.warning(
                "Call %d was taken for abandoned, and call %d answered first: its answer is used",
                call_id,
                first.call_id,
            )
            return replace(first, reused=False, cost_usd=answer.cost_usd or Decimal(0))
        return LedgerAnswer(answer.content, call_id, False, answer.cost_usd or Decimal(0))

    def _open_call(self, search: Search, request_key: str, version: str) -> int:
        """Record the intent as soon as budget and rate allow the call; returns its id."""
        deadline = time.monotonic() + self._max_budget_wait_seconds
        if self._rate_limiter.is_limited(self._agents.provider):
            # Not binding yet: it only spares a scope without money the wait for its turn.
            self._wait_for_room(search, version, deadline)
            self._rate_limiter.wait(self._agents.provider)
        while True:
            with unit_of_work(self._engine, self._attempt) as connection:
                self._wallet.lock(connection)
                self._check_not_cancelled(connection)
                reserved = self._reserve(connection, search, version)
                if self._wallet.shortage(connection, reserved) is None:
                    return agent_calls.open_call(
                        connection,
                        scope=self._scope,
                        agent=search.agent,
                        provider=self._agents.provider,
                        version=version or None,
                        request_key=request_key,
                        request=search.to_request(),
                        reserved_usd=reserved,
                    )
            self._wait_for_room(search, version, deadline)

    def _wait_for_room(self, search: Search, version: str, deadline: float) -> None:
        """Return when the limits seem to allow a call. Raises ``BudgetExceeded`` as soon as they never will."""
        pause = _FIRST_PAUSE
        while True:
            with unit_of_work(self._engine) as connection:
                self._check_not_cancelled(connection)
                shortage = self._wallet.shortage(connection, self._reserve(connection, search, version))
            if shortage is None:
                return
            if time.monotonic() > deadline:
                # Like a turn that does not come: the provider has nothing to do with it.
                raise RateLimited(
                    f"{shortage}: these were not settled within {self._max_budget_wait_seconds:g} s; try again later"
                )
            if pause == _FIRST_PAUSE:
                log.info("%s: the next call waits for them", shortage)
            if pause in (_FIRST_PAUSE, _LONGEST_PAUSE):
                # A reservation whose worker died is never given back: as if it were in flight, all would wait for it.
                with unit_of_work(self._engine, self._attempt) as connection:
                    agent_calls.abandon_lost(connection, outlasting=OUTLASTING)
            with self._settlement:
                self._settlement.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _reserve(self, connection: Connection, search: Search, version: str) -> Decimal:
        """Dollars to reserve for a call: the most it can cost, or what 95 of 100 such calls have cost lately."""
        most = self._agents.reserve_usd(search)
        if not (most and version):
            return most
        usual = agent_calls.find_usual_cost(
            connection, provider=self._agents.provider, agent=search.agent, version=version
        )
        return most if usual is None else min(usual, most)

    def _steps(self, call_id: int, request_key: str) -> Steps:
        return RecordedSteps(
            self._engine, call_id, self._record, asked_as=(self._scope, request_key), attempt=self._attempt
        )

    def _check_not_cancelled(self, connection: Connection) -> None:
        if agent_calls.is_cancelled(connection, self._scope):
            raise Cancelled("The execution was cancelled: nothing more is asked, and what it had found is kept")

    def _check_budget(self, connection: Connection, reserved: Decimal) -> None:
        """Check that there is room for a call now: for those who cannot wait. Take the scope's lock before."""
        if shortage := self._wallet.shortage(connection, reserved):
            raise BudgetExceeded(f"{shortage}; raise the budget or narrow what is looked for")

    def _record_answer(self, call_id: int, answer: Answer, latency_ms: int) -> bool:
        """Returns False when the scope has another answer to the question by now, which stays."""
        return self._record(
            lambda connection: agent_calls.finish_call(
                connection,
                call_id,
                response=answer.content,
                latency_ms=latency_ms,
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
                cost_usd=answer.cost_usd,
                ttl_seconds=self._agents.ttl_seconds,
                truncated=answer.truncated,
            )
        )

    def _record_failure(
        self, search: Search, call_id: int, error: BaseException, steps: Steps, latency_ms: int
    ) -> None:
        """Write the failure down. Never hides the failure itself, whatever the database says."""
        spent = error.__cause__ if isinstance(error.__cause__, SpentBeforeFailure) else steps.spent_before_failure
        is_interrupted = not isinstance(error, AgentError) or isinstance(error, AgentTimeout)
        if is_interrupted and (spent is None or not steps.are_settled):
            cost = None  # In the middle of something that may have been billed.
        else:
            cost = spent.cost_usd if spent is not None else Decimal(0)
        failed = SettledCall(
            search.agent,
            self._agents.provider,
            "failed",
            latency_ms,
            input_tokens=spent.input_tokens if spent is not None else None,
            output_tokens=spent.output_tokens if spent is not None else None,
            cost_usd=cost,
            error_kind=error.kind if isinstance(error, AgentError) else "error",
        )
        try:
            self._record(
                lambda connection: agent_calls.fail_call(
                    connection,
                    call_id,
                    error_kind=failed.error_kind or "error",
                    # The text of any other exception may repeat what was asked or answered; its type does not.
                    error_message=str(error) if isinstance(error, AgentError) else type(error).__name__,
                    http_status=error.http_status if isinstance(error, AgentError) else None,
                    latency_ms=latency_ms,
                    input_tokens=failed.input_tokens,
                    output_tokens=failed.output_tokens,
                    cost_usd=cost,
                )
            )
        except DBAPIError as failure:
            # The type alone: a driver's text may repeat the row, and with it what was asked.
            log.error(
                "The failure of call %d could not be recorded (%s); it stays open until it is asked again",
                call_id,
                type(failure).__name__,
            )
        self._settled(failed)

    def _record(self, write: Callable[[Connection], R]) -> R:
        for pause in self._outcome_pauses[:-1]:
            time.sleep(pause)
            try:
                return run_in_transaction(write, self._engine, self._attempt)
            except DBAPIError as error:
                if not (error.connection_invalidated or getattr(error.orig, "sqlstate", None) is None):
                    raise
                log.warning("The database is away; trying again to record the outcome of a call")
        time.sleep(self._outcome_pauses[-1])
        return run_in_transaction(write, self._engine, self._attempt)


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
