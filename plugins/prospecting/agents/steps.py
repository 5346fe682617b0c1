"""The requests outside that one answer takes - rounds of a model, searches, pages - written down one by one.

Each has its intent before and its outcome after, so that whoever asks the same question again, after a crash or a
failure in the middle, goes on where it stopped: what was paid is replayed, whichever call paid for it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from prospecting.agents.errors import AgentError, AgentTimeout, RequestRefused
from prospecting.agents.metering import SpentBeforeFailure
from prospecting.persistence import agent_steps
from prospecting.persistence.agent_steps import TriedStep
from prospecting.persistence.database import TaskAttempt, unit_of_work

log = logging.getLogger(__name__)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """The answer to a request outside. ``cost_usd`` in US dollars, ``None`` when the price is not known.

    ``unusable`` is a kind of error for what was paid but is not worth keeping: it is asked for anew another time.
    """

    content: bytes
    cost_usd: Decimal | None = Decimal(0)
    input_tokens: int | None = None
    output_tokens: int | None = None
    unusable: str | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """The cost of the steps of one call so far, replayed ones not counted. ``cost_usd`` as in ``StepOutcome``."""

    steps: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = Decimal(0)

    def plus(self, outcome: StepOutcome) -> Spent:
        is_known = self.cost_usd is not None and outcome.cost_usd is not None
        return Spent(
            self.steps + 1,
            self.input_tokens + (outcome.input_tokens or 0),
            self.output_tokens + (outcome.output_tokens or 0),
            (self.cost_usd or Decimal(0)) + (outcome.cost_usd or Decimal(0)) if is_known else None,
        )


class Steps:
    """Takes the steps of one answer and counts what they cost. This one keeps no record of them: nothing is replayed.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._spent = Spent()
        self._unsettled = 0
        self._lock = threading.Lock()

    @property
    def spent(self) -> Spent:
        return self._spent

    @property
    def spent_before_failure(self) -> SpentBeforeFailure | None:
        """The cost so far, as the cause of an error; ``None`` when no step was taken."""
        spent = self._spent
        if not spent.steps:
            return None
        return SpentBeforeFailure(
            input_tokens=spent.input_tokens, output_tokens=spent.output_tokens, cost_usd=spent.cost_usd
        )

    @property
    def are_settled(self) -> bool:
        """False while a step is in flight, and after one that ended without anybody knowing whether it was billed."""
        return self._unsettled == 0

    @property
    def today(self) -> date:
        """The day (UTC) that the question is asked on; the same whenever it is taken up again."""
        return datetime.now(UTC).date()

    def run(self, kind: str, request: Mapping[str, Any], do: Callable[[], StepOutcome]) -> bytes:
        """The answer to ``request``: as it is recorded, else from ``do``, which asks outside.

        ``kind`` is ``search`` or ``page``; ``request`` is JSON-ready, and the same for the same step. Raises what
        ``do`` raises: an ``AgentError`` for a failure outside.
        """
        return self._count(do())

    async def run_model(self, request: Mapping[str, Any], do: Callable[[str | None], Awaitable[StepOutcome]]) -> bytes:
        """As ``run``, for a round of the model. ``do`` gets the key under which the provider may know it already.

        The key stays the same until an answer came back, for as long may the round have been billed or not.
        """
        return self._count(await do(None))

    def _count(self, outcome: StepOutcome) -> bytes:
        with self._lock:
            self._spent = self._spent.plus(outcome)
        return outcome.content


class Recorder(Protocol):
    """Writes an outcome down in a transaction of its own, however long the database takes to come back."""

    def __call__(self, write: Callable[[Connection], R]) -> R: ...


class RecordedSteps(Steps):
    """The steps below the call ``call_id`` of the ledger. Transactions are short, and none is open during a request."""

    def __init__(
        self,
        engine: Engine,
        call_id: int,
        record: Recorder,
        *,
        asked_as: tuple[str, str],
        attempt: TaskAttempt | None = None,
    ) -> None:
        """``asked_as``: the scope and the key of the question."""
        super().__init__()
        self._engine = engine
        self._call_id = call_id
        self._record = record
        self._asked_as = asked_as
        self._attempt = attempt
        self._sequence = 0
        self._past: _Past | None = None

    @property
    def today(self) -> date:
        with self._lock:
            return self._look_back().asked_on

    def _look_back(self) -> _Past:
        """The record of the question, read once: nobody else asks it meanwhile. Called under the lock."""
        if self._past is None:
            with unit_of_work(self._engine) as connection:
                asked_at, tries = agent_steps.query_tries(connection, self._call_id)
            self._past = _Past((asked_at or datetime.now(UTC)).astimezone(UTC).date(), tries)
        return self._past

    def _note(self, tried: TriedStep) -> None:
        with self._lock:
            self._look_back().tries.append(tried)

    def run(self, kind: str, request: Mapping[str, Any], do: Callable[[], StepOutcome]) -> bytes:
        step = self._begin(kind, request)
        if isinstance(step, bytes):
            return step
        try:
            outcome = do()
        except BaseException as error:
            self._fail(step, error)
            raise
        return self._finish(step, outcome)

    async def run_model(self, request: Mapping[str, Any], do: Callable[[str | None], Awaitable[StepOutcome]]) -> bytes:
        # The database is asked within the event loop, not beside it: an answer that was paid for is written down
        # before a cancellation can arrive.
        step = self._begin("model", request)
        if isinstance(step, bytes):
            return step
        try:
            outcome = await do(step.idempotency_key)
        except BaseException as error:
            self._fail(step, error)
            raise
        return self._finish(step, outcome)

    def _begin(self, kind: str, request: Mapping[str, Any]) -> bytes | _Step:
        """The recorded answer of a step, else the new step. Raises ``RequestRefused`` if it was refused before."""
        key = _hash([kind, request])
        with self._lock:
            tries = [tried for tried in self._look_back().tries if tried.step_key == key]
        for tried in tries:
            if tried.succeeded and (content := self._find_response(tried.id)) is not None:
                return content
            if tried.error_kind == RequestRefused.kind:
                raise RequestRefused(tried.error_message or "", http_status=tried.http_status)
        with self._lock:
            self._sequence += 1
            self._unsettled += 1
            sequence = self._sequence
        with unit_of_work(self._engine, self._attempt) as connection:
            step_id = agent_steps.open_step(
                connection, call_id=self._call_id, sequence=sequence, kind=kind, step_key=key, request=request
            )
        unusable = sum(tried.is_unusable for tried in tries)
        return _Step(step_id, key, _hash([*self._asked_as, key, unusable]), time.monotonic())

    def _find_response(self, step_id: int) -> bytes | None:
        with unit_of_work(self._engine) as connection:
            return agent_steps.find_response(connection, step_id)

    def _finish(self, step: _Step, outcome: StepOutcome) -> bytes:
        latency_ms = step.latency_ms()
        self._count(outcome)
        self._settle()
        stored = self._record(
            lambda connection: agent_steps.finish_step(
                connection,
                step.id,
                response=outcome.content,
                latency_ms=latency_ms,
                input_tokens=outcome.input_tokens,
                output_tokens=outcome.output_tokens,
                cost_usd=outcome.cost_usd,
                unusable=outcome.unusable,
            )
        )
        is_usable = outcome.unusable is None
        self._note(TriedStep(step.id, step.key, is_usable, not is_usable, outcome.unusable))
        return stored

    def _fail(self, step: _Step, error: BaseException) -> None:
        """Write the failure down. Never hides the failure itself, whatever the database says."""
        latency_ms = step.latency_ms()
        kind, message, http_status = _described(error)
        # Interrupted in the middle: it may have been billed.
        cost = Decimal(0) if isinstance(error, AgentError) and not isinstance(error, AgentTimeout) else None
        if cost is not None:
            self._settle()
        try:
            self._record(
                lambda connection: agent_steps.fail_step(
                    connection,
                    step.id,
                    error_kind=kind,
                    error_message=message,
                    http_status=http_status,
                    latency_ms=latency_ms,
                    cost_usd=cost,
                )
            )
        except DBAPIError as failure:
            # The type alone: a driver's text may repeat the row, and with it what was asked.
            log.error("The failure of step %d could not be recorded (%s)", step.id, type(failure).__name__)
        self._note(TriedStep(step.id, step.key, False, False, kind, message, http_status))

    def _settle(self) -> None:
        with self._lock:
            self._unsettled -= 1


@dataclass(slots=True)
class _Past:
    """The day a question was first asked on, and the tries of its steps since."""

    asked_on: date
    tries: list[TriedStep]


@dataclass(frozen=True, slots=True)
class _Step:
    id: int
    key: str
    idempotency_key: str
    started: float

    def latency_ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)


def _described(error: BaseException) -> tuple[str, str, int | None]:
    """Kind of error, a sentence, and the HTTP status of a failure."""
    if isinstance(error, AgentError):
        return error.kind, str(error), error.http_status
    # The text of any other exception may repeat what was asked or answered; its type does not.
    return "error" if isinstance(error, Exception) else "interrupted", type(error).__name__, None


def _hash(value: Any) -> str:
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
