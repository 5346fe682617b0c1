"""The ledger for deep research, which outlasts the worker that asked: whoever comes to fetch the answer ends the call.

1. an answer this scope already has is replayed;
2. the question is locked, so that two workers of the org with the same question pay once;
3. a run that is under way is attached to, by the number the provider gave it;
4. so is one that another submission of the org has under way, and its answer, once there is one, is copied at no cost;
5. otherwise the budget is checked, the intent recorded, the run created, and its number recorded at once.

A worker that dies between creating and recording leaves a call that nobody can find again. It may have been billed, so
it is not created a second time unless somebody says so.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import RowMapping

from prospecting.agents.errors import AgentError
from prospecting.agents.ledger import Ledger, LedgerAnswer, SettledCall
from prospecting.agents.parallel import PROVIDER, DeepResearchError, ResearchPhase, TaskRun
from prospecting.agents.searches import Answer, Search
from prospecting.agents.steps import Steps
from prospecting.persistence import agent_calls
from prospecting.persistence.database import unit_of_work

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ResearchSearch(Search):
    """One question for deep research: ``input`` is sent, ``subject`` is what it is about, as canonical JSON, the same
    for all ways to spell that. ``former_subject`` is how earlier versions put it: what they began is attached to.

    ``fresh`` is empty, or names whoever needs an answer of its own although there is one.
    """

    agent: ClassVar[str] = "deep_research"

    operation_id: str
    processor: str
    input: str
    subject: str = ""
    fresh: str = ""
    former_subject: str = ""

    def key(self, provider: str, version: str = "") -> str:
        """SHA-256 of what is asked about what, in whatever words: a new prompt must not pay for a run under way."""
        return self._key(provider, self.subject or self.input)

    def keys(self, provider: str) -> list[str]:
        """The key, and the one that earlier versions gave the same question."""
        former = [self._key(provider, self.former_subject)] if self.former_subject else []
        return [self.key(provider), *former]

    def _key(self, provider: str, subject: str) -> str:
        asked = [provider, self.operation_id, self.processor, subject, self.fresh]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    def to_request(self) -> dict[str, Any]:
        """The question as the ledger keeps it."""
        request = Search.to_request(self)
        del request["former_subject"]
        return request


@dataclass(frozen=True, slots=True)
class StartedResearch:
    """A deep research run that has been asked for: its ``answer`` when it has ended, else the number to wait for.

    ``created`` is the run as the provider answered its creation just now; ``None`` when it had been created before.
    ``is_shared``: the call is another submission's, which pays for it.
    """

    call_id: int
    external_id: str | None
    answer: bytes | None = None
    created: TaskRun | None = None
    is_shared: bool = False


class DeepResearchAgents:
    """Tells the ledger about the provider. It is not asked through ``answer``: that would take an hour."""

    provider = PROVIDER
    ttl_seconds = 0

    def __init__(self, price: Callable[[str], Decimal]) -> None:
        self._price = price

    def reserve_usd(self, search: Search) -> Decimal:
        """The price of a run of the search's processor, in US dollars."""
        if not isinstance(search, ResearchSearch):
            raise TypeError(f"Not deep research: {type(search).__name__}")
        return self._price(search.processor)

    def answer(self, search: Search, steps: Steps) -> Answer:
        """Always raises ``TypeError``."""
        raise TypeError("Deep research is started and completed, not answered at once")


class ResearchLedger(Ledger):
    """Starts deep research on behalf of a scope, and records how it ended.

    Workers of ``org_id`` with the same question take turns: to create a run takes one request.
    """

    def __init__(self, *arguments: Any, org_id: UUID | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._org_id = org_id
        if org_id is not None:
            self._lock_scope = f"research of {org_id}"

    def start(
        self,
        search: ResearchSearch,
        create: Callable[[int], TaskRun],
        *,
        resubmit_lost: bool = False,
        shared_for_seconds: float = 0,
    ) -> StartedResearch:
        """The run that is under way, or its answer; ``create(call_id)`` is called when there is neither.

        Above 0, ``shared_for_seconds`` lets another submission of the org have the run under way, or have had its
        answer at most so long ago.

        Raises ``DeepResearchError`` (``task_creation_unknown``) when it is not known whether the run was created,
        ``BudgetExceeded``, ``CircuitOpen`` while the provider is left alone because it is down, and whatever ``create``
        raised.
        """
        request_key, *former_keys = search.keys(self._agents.provider)
        if (known := self._first_answer([request_key, *former_keys])) is not None:
            return StartedResearch(known.call_id, None, known.content)
        with self._locks.lock(self._lock_scope, request_key) as lock:
            known = self._wait_for_lock_or_answer(lock, request_key)
            # In this order: the answer may be recorded meanwhile, which needs no lock, and then it has to be seen.
            key, under_way = self._under_way([request_key, *former_keys])
            known = known or self._first_answer([request_key, *former_keys])
            if known is not None:
                return StartedResearch(known.call_id, None, known.content)
            if under_way is not None:
                if under_way["external_id"]:
                    return StartedResearch(under_way["id"], under_way["external_id"])
                if not resubmit_lost:
                    raise _lost(under_way["id"], under_way["started_at"])
                with unit_of_work(self._engine, self._attempt) as connection:
                    agent_calls.abandon_unfinished(connection, scope=self._scope, request_key=key)
            elif shared_for_seconds > 0 and (shared := self._shared(request_key, shared_for_seconds)) is not None:
                return shared
            return self._create(search, request_key, create)

    def _shared(self, request_key: str, max_age_seconds: float) -> StartedResearch | None:
        """The research that another submission of the org has asked for; its answer becomes this scope's."""
        if self._org_id is None:
            return None
        with unit_of_work(self._engine, self._attempt) as connection:
            found = agent_calls.find_shared_research(
                connection,
                org_id=self._org_id,
                scope=self._scope,
                request_key=request_key,
                max_age_seconds=max_age_seconds,
            )
            if found is None:
                return None
            if found["response"] is None:
                return StartedResearch(found["id"], found["external_id"], is_shared=True)
            call_id = agent_calls.reuse_answer(connection, scope=self._scope, call_id=found["id"])
        self._settled(SettledCall(ResearchSearch.agent, self._agents.provider, "reused"))
        log.info("The answer of another submission's call %d is used", found["id"])
        return StartedResearch(call_id, None, bytes(found["response"]))

    def _first_answer(self, keys: Sequence[str]) -> LedgerAnswer | None:
        return next((found for key in keys if (found := self._answer_in_scope(key)) is not None), None)

    def _under_way(self, keys: Sequence[str]) -> tuple[str, RowMapping | None]:
        """The call that has not ended, and its key."""
        with unit_of_work(self._engine) as connection:
            for key in keys:
                found = agent_calls.find_unfinished(connection, scope=self._scope, request_key=key)
                if found is not None:
                    return key, found
        return keys[0], None

    def _create(self, search: ResearchSearch, request_key: str, create: Callable[[int], TaskRun]) -> StartedResearch:
        with self._circuits.calling(self._agents.provider) if self._circuits else nullcontext():
            return self._create_now(search, request_key, create)

    def _create_now(
        self, search: ResearchSearch, request_key: str, create: Callable[[int], TaskRun]
    ) -> StartedResearch:
        reserved = self._agents.reserve_usd(search)
        self._rate_limiter.wait(self._agents.provider)
        with unit_of_work(self._engine, self._attempt) as connection:
            self._wallet.lock(connection)
            self._check_budget(connection, reserved)
            call_id = agent_calls.open_call(
                connection,
                scope=self._scope,
                agent=search.operation_id,
                provider=self._agents.provider,
                request_key=request_key,
                request=search.to_request(),
                reserved_usd=reserved,
            )
        started = time.monotonic()
        try:
            run = create(call_id)
        except AgentError as error:
            if not getattr(error, "may_have_been_sent", False):
                self.fail(call_id, error, cost_usd=Decimal(0), latency_ms=_milliseconds_since(started))
            raise
        self._record(lambda connection: agent_calls.note_external_id(connection, call_id, run.run_id))
        log.info("Deep research run %s was created (call %d)", run.run_id, call_id)
        return StartedResearch(call_id, run.run_id, created=run)

    def complete(self, call_id: int, content: bytes, *, cost_usd: Decimal) -> None:
        """Record the answer of a run; nothing happens when somebody has done so already."""
        is_first = self._record(
            lambda connection: agent_calls.finish_call(
                connection,
                call_id,
                response=content,
                latency_ms=None,
                input_tokens=None,
                output_tokens=None,
                cost_usd=cost_usd,
                ttl_seconds=0,
            )
        )
        if is_first:
            self._settled(SettledCall(ResearchSearch.agent, self._agents.provider, "succeeded", cost_usd=cost_usd))

    def fail(self, call_id: int, error: AgentError, *, cost_usd: Decimal | None, latency_ms: int | None = None) -> None:
        """Record that a run will never have an answer. A cost of ``None`` is unknown: the reservation counts."""
        is_first = self._record(
            lambda connection: agent_calls.fail_call(
                connection,
                call_id,
                error_kind=error.kind,
                error_message=str(error),
                http_status=error.http_status,
                latency_ms=latency_ms,
                cost_usd=cost_usd,
            )
        )
        if is_first:
            provider = self._agents.provider
            self._settled(
                SettledCall(ResearchSearch.agent, provider, "failed", cost_usd=cost_usd, error_kind=error.kind)
            )


def _lost(call_id: int, started_at: datetime) -> DeepResearchError:
    return DeepResearchError(
        f"Deep research was requested (sent at {started_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC) and the answer was "
        "lost: a run may exist and be billed. "
        f"Look for metadata call_id={call_id} in the provider's console; write its run id into agent_calls.external_id "
        f"of row {call_id} to attach to it, or trigger with resubmit_lost to pay for another one",
        phase=ResearchPhase.CREATE,
        code="task_creation_unknown",
        kind="unknown",
    )


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def research_metadata(step: Any, call_id: int) -> dict[str, str]:
    """The ids that tie a run at the provider to our rows; keys are 16 characters at most."""
    return {
        "call_id": str(call_id),
        "submission_id": str(step.submission_id),
        "pipeline_run_id": str(step.run_id),
        "step_result_id": str(step.step_result_id),
    }
