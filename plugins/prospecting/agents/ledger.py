"""Asks agents, and writes every question down before it is asked.

The order of one question, every line a short transaction of its own and none of them open while the agent works:

1. an answer this execution already has is replayed;
2. the question is locked, so that two workers with the same question pay once;
3. an answer another execution got recently is reused;
4. the budget is checked, the provider's turn awaited, and the intent recorded together with a reservation;
5. the agent is asked;
6. the outcome is recorded: raw bytes, latency, tokens, cost - or why it failed.

A worker that dies in step 5 leaves a ``started`` row. The next try, or whoever closes what gives no sign of life, marks
it ``abandoned``; the lost call may have been billed, so its reservation keeps counting. A worker that was only slow
records its outcome all the same. When two answers come to one question of a scope, the first that is recorded stays.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from prospecting.agents.errors import AgentError, AgentTimeout, AgentUnavailable, BudgetExceeded
from prospecting.agents.metering import SpentBeforeFailure
from prospecting.agents.rate_limits import RateLimiter
from prospecting.agents.searches import Agents, Answer, Search
from prospecting.agents.steps import RecordedSteps, Steps
from prospecting.persistence import agent_calls
from prospecting.persistence.database import TaskAttempt, run_in_transaction, unit_of_work

log = logging.getLogger(__name__)
R = TypeVar("R")

# Pauses in seconds while another worker asks the same question: the first, doubled each time up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one scope in dollars and calls; ``None``: no limit. Failed calls count as calls."""

    max_usd: Decimal | None = None
    max_calls: int | None = None


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
    database. A question in flight holds one database session of its own, idle and outside any transaction, because
    its lock lives and dies with that session. (A pooler between us and PostgreSQL must therefore pool sessions,
    not transactions.)
    """

    def __init__(
        self,
        engine: Engine,
        agents: Agents,
        scope: str,
        *,
        budget: Budget | None = None,
        rate_limiter: RateLimiter | None = None,
        attempt: TaskAttempt | None = None,
        max_lock_wait_seconds: float = 900.0,
        outcome_pauses: Sequence[float] = (0.0, 1.0, 5.0),
        on_settled: Callable[[SettledCall], None] | None = None,
    ) -> None:
        """A paid answer is worth waiting for a restarting database: ``outcome_pauses`` are the seconds before each try
        to record it. ``on_settled`` is called once for each outcome, after it was recorded; it must not raise.
        """
        self._engine = engine
        self._agents = agents
        self._scope = scope
        self._lock_scope = scope
        self._budget = budget or Budget()
        self._rate_limiter = rate_limiter or RateLimiter(engine, {})
        self._attempt = attempt
        self._max_lock_wait_seconds = max_lock_wait_seconds
        self._outcome_pauses = outcome_pauses
        self._on_settled = on_settled

    def _settled(self, call: SettledCall) -> None:
        if self._on_settled is not None:
            self._on_settled(call)

    def ask(self, search: Search) -> LedgerAnswer:
        """The answer to ``search``, from the ledger when it is there, else from the agent.

        Raises ``BudgetExceeded`` before a call the scope cannot afford, ``RateLimited`` when the turn for the provider
        does not come in time, ``AgentUnavailable`` when another worker holds the same question for too long, and
        whatever ``AgentError`` the agent raised. Failures are recorded and never replayed.
        """
        request_key = search.key(self._agents.provider)
        known = self._answer_in_scope(request_key)
        if known is not None:
            return known
        with self._lock_session() as session:
            known = self._wait_for_lock_or_answer(session, request_key)
            # Once the lock is ours, any unfinished call of this question is one whose worker died.
            known = known or self._answer_in_scope(request_key) or self._settle_earlier_calls(search, request_key)
            return known or self._call(search, request_key)

    def _answer_in_scope(self, request_key: str) -> LedgerAnswer | None:
        with unit_of_work(self._engine) as connection:
            stored = agent_calls.find_answer(connection, scope=self._scope, request_key=request_key)
        return None if stored is None else LedgerAnswer(stored.content, stored.call_id, True, Decimal(0))

    def _settle_earlier_calls(self, search: Search, request_key: str) -> LedgerAnswer | None:
        """Mark the calls of dead workers as abandoned; returns another scope's answer, if one may still be used."""
        with unit_of_work(self._engine, self._attempt) as connection:
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

    @contextmanager
    def _lock_session(self) -> Iterator[Connection]:
        """A session taken out of the pool: closing it ends it, and with it the lock, whatever happened in between."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
            session.detach()
            agent_calls.keep_session_alive(session)
            yield session

    def _wait_for_lock_or_answer(self, session: Connection, request_key: str) -> LedgerAnswer | None:
        """``None`` once ``session`` has the question's lock; or the answer of the worker who had it."""
        deadline = time.monotonic() + self._max_lock_wait_seconds
        pause = _FIRST_PAUSE
        while not agent_calls.try_lock_question(session, scope=self._lock_scope, request_key=request_key):
            if time.monotonic() > deadline:
                raise AgentUnavailable(
                    f"Another worker has been asking the same question for over {self._max_lock_wait_seconds:g} s"
                )
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            if known := self._answer_in_scope(request_key):
                return known
        return None

    def _call(self, search: Search, request_key: str) -> LedgerAnswer:
        reserved = self._agents.reserve_usd(search)
        with unit_of_work(self._engine) as connection:
            # Not binding yet: it only spares a scope without money the wait for its turn.
            self._check_budget(connection, reserved)
        self._rate_limiter.wait(self._agents.provider)
        with unit_of_work(self._engine, self._attempt) as connection:
            agent_calls.lock_scope(connection, self._scope)
            self._check_budget(connection, reserved)
            call_id = agent_calls.open_call(
                connection,
                scope=self._scope,
                agent=search.agent,
                provider=self._agents.provider,
                request_key=request_key,
                request=search.to_request(),
                reserved_usd=reserved,
            )
        started = time.monotonic()
        try:
            answer = self._agents.answer(search, self._steps(call_id, request_key))
        except BaseException as error:
            self._record_failure(search, call_id, error, _milliseconds_since(started))
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

    def _steps(self, call_id: int, request_key: str) -> Steps:
        return RecordedSteps(
            self._engine, call_id, self._record, asked_as=(self._scope, request_key), attempt=self._attempt
        )

    def _check_budget(self, connection: Connection, reserved: Decimal) -> None:
        budget = self._budget
        if budget.max_usd is None and budget.max_calls is None:
            return
        used = agent_calls.query_spending(connection, self._scope)
        if budget.max_calls is not None and used.calls >= budget.max_calls:
            raise BudgetExceeded(
                f"The budget allows {budget.max_calls} agent calls and {used.calls} were made; raise the execution's "
                "call budget or narrow what it looks for"
            )
        if budget.max_usd is not None and used.spent_usd + reserved > budget.max_usd:
            raise BudgetExceeded(
                f"The budget is {budget.max_usd} USD, {used.spent_usd:.6f} USD are spent or reserved, and the next "
                f"call may cost {reserved:.6f} USD; raise the execution's budget or narrow what it looks for"
            )

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

    def _record_failure(self, search: Search, call_id: int, error: BaseException, latency_ms: int) -> None:
        """Write the failure down. Never hides the failure itself, whatever the database says."""
        spent = error.__cause__ if isinstance(error.__cause__, SpentBeforeFailure) else None
        if not isinstance(error, AgentError) or isinstance(error, AgentTimeout):
            cost = None  # Interrupted in the middle: it may have been billed.
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
