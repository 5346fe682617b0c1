"""Runs the deep research of a step: asked for once, waited for elsewhere, fetched when it has ended.

The ledger knows what is under way. Whoever comes, by retry, clear or another run of a DAG, finds the deep research run
under the number the provider gave it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from prospecting.agents.circuits import Circuits
from prospecting.agents.deep_research import OPERATIONS, build_output, build_prompt, read_inputs, step_settings
from prospecting.agents.ledger import Budget
from prospecting.agents.parallel import (
    PROVIDER,
    DeepResearchError,
    ParallelClient,
    ParallelSettings,
    ResearchPhase,
    TaskRun,
    require_completed,
)
from prospecting.agents.research_ledger import (
    DeepResearchAgents,
    ResearchLedger,
    ResearchSearch,
    StartedResearch,
    research_metadata,
)
from prospecting.parsing.briefings import Kind
from prospecting.parsing.records import Rejected
from prospecting.parsing.research_inputs import Question, read_question
from prospecting.persistence.database import to_json
from prospecting.persistence.research import StepToRun
from prospecting.persistence.research_entities import briefing_age_of
from prospecting.services import reading
from prospecting.services.operation_results import operation_result
from prospecting.services.runtime import Runtime
from prospecting.services.submissions import scope_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A deep research run is under way; come back when it has ended, or after ``cap_seconds``.

    ``poll_interval`` are the seconds between two looks at it; ``None`` leaves them to the connection.
    """

    external_id: str
    cap_seconds: float
    poll_interval: float | None


@dataclass(frozen=True, slots=True)
class Seen:
    """The event seen by whoever waited for a deep research run: how it ended, or why the wait did."""

    external_id: str
    status: str = ""
    error: DeepResearchError | None = None


@dataclass(slots=True)
class DeepResearcher:
    """Runs the deep research of steps on behalf of their submissions.

    ``settings`` is called when the provider is about to be asked. ``fresh`` is empty, or names whoever needs an answer
    of its own; otherwise, with ``max_age_days`` above 0, another submission's run is waited for, and its answer used.
    ``external_id`` becomes the provider's number of the run that was asked for last.
    """

    runtime: Runtime
    settings: Callable[[], ParallelSettings]
    budget: Budget
    fresh: str = ""
    resubmit_lost: bool = False
    max_age_days: float = 0
    external_id: str | None = None

    def research(self, step: StepToRun, seen: Seen | None = None) -> dict[str, Any] | Waiting:
        """The operation result of a step, or what has to be waited for.

        Raises ``DeepResearchError`` when it could not be asked for or has failed, ``BudgetExceeded``, ``CircuitOpen``
        while the provider is left alone because it is down.
        """
        operation = OPERATIONS[step.operation_id]
        inputs = read_inputs(operation, step.context)
        if inputs.missing:
            return operation_result(step, "failed", None, missing_inputs=inputs.missing)
        question = _question(operation.kind, inputs.values)
        settings = self.settings()
        processor, cap, interval = step_settings(operation, step.config)
        client = ParallelClient(settings)
        circuits = Circuits(self.runtime.engine, on_change=self.runtime.on_circuit_change)
        ledger = ResearchLedger(
            self.runtime.engine,
            DeepResearchAgents(settings.usd_for),
            scope_of(step.submission_id),
            budget=self.budget,
            circuits=circuits,
            attempt=self.runtime.attempt,
            on_settled=self.runtime.on_settled_call,
            org_id=step.org_id,
        )
        search = ResearchSearch(
            operation_id=step.operation_id,
            processor=processor,
            input=build_prompt(operation, inputs),
            subject=to_json(question.as_json()),
            former_subject=to_json(dict(sorted(inputs.values.items()))),
            fresh=self.fresh,
        )
        shared_for = 0.0 if self.fresh else briefing_age_of(step.config, self.max_age_days)
        while True:
            started = ledger.start(
                search,
                lambda call_id: client.create(search.input, processor, research_metadata(step, call_id)),
                resubmit_lost=self.resubmit_lost,
                shared_for_seconds=shared_for,
            )
            content = started.answer
            if content is not None:
                self.external_id = _run_id_in(content)
                break
            self.external_id = started.external_id or ""
            try:
                run = _follow(client, circuits, started, seen)
                if not run.has_ended:
                    return Waiting(self.external_id, cap or settings.cap_for(processor), interval)
                content = _fetch(ledger, client, circuits, started, run, settings.usd_for(processor))
            except DeepResearchError as error:
                if not started.is_shared or error.retryable or error.code == "poll_timeout":
                    raise
                log.warning("Another submission's run %s has no answer (%s): asked anew", self.external_id, error.code)
                shared_for = 0.0
                continue
            if not started.is_shared:
                break
            # It is recorded with the call of whoever pays; this submission gets its copy now.
        try:
            output = build_output(
                operation,
                inputs,
                run_id=self.external_id,
                processor=processor,
                response=_read_object(content),
                extract=lambda text: reading.read_json(text, self.runtime.reading),
            )
        except reading.Unreadable as unreadable:
            raise DeepResearchError(
                f"The result of the deep research cannot be read: {unreadable}. Trigger with force_fresh to pay for a "
                "new one",
                phase=ResearchPhase.VALIDATION,
                code=unreadable.reason,
                kind="invalid",
            ) from None
        attempt = {"provider": "parallel", "action": operation.provider_action, "status": "found"}
        return operation_result(step, "found", output, provider_attempts=[attempt])


def _question(kind: Kind, values: Mapping[str, str]) -> Question:
    """The question that is asked; raises instead of paying for a result that its table would reject."""
    found = read_question(kind, values)
    if isinstance(found, Rejected):
        raise DeepResearchError(
            f"Not asked, as the result could not be stored: {found.detail}",
            phase=ResearchPhase.CONFIG,
            code=found.reason,
            kind="refused",
        )
    return found


def _follow(client: ParallelClient, circuits: Circuits, started: StartedResearch, seen: Seen | None) -> TaskRun:
    """How a run stands: as it was seen, as the provider answered its creation, or by a look at it."""
    external_id = started.external_id or ""
    if seen is not None and seen.external_id == external_id:
        if seen.error is not None:
            raise seen.error
        return TaskRun(external_id, seen.status, False)
    if started.created is not None:
        return started.created
    log.info("Attached to deep research run %s", external_id)
    with circuits.calling(PROVIDER):
        return client.status(external_id)


def _fetch(
    ledger: ResearchLedger,
    client: ParallelClient,
    circuits: Circuits,
    started: StartedResearch,
    run: TaskRun,
    cost_usd: Decimal,
) -> bytes:
    """The result of a run that has ended, recorded before anything else is done with it."""
    try:
        require_completed(run)
    except DeepResearchError as error:
        # Whoever pays for it says so themselves. Only the provider knows whether a failed run is billed.
        if not started.is_shared:
            ledger.fail(started.call_id, error, cost_usd=None)
        raise
    with circuits.calling(PROVIDER):
        content = client.result(run.run_id)
    ledger.complete(started.call_id, content, cost_usd=cost_usd)
    return content


def _read_object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _run_id_in(content: bytes) -> str:
    run = _read_object(content).get("run")
    return str(run.get("run_id") or "") if isinstance(run, dict) else ""
