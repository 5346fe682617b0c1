"""Moves a pipeline run through its steps, to its end or to where it has to wait.

Whatever a run has reached is in the database, so any worker goes on where the last one stopped. A worker that leaves
without having ended the run lets go of it, so that nothing says it were still being worked on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from prospecting.agents.errors import AgentError
from prospecting.agents.ledger import Budget, Ledger
from prospecting.agents.parallel import ParallelSettings
from prospecting.persistence import research
from prospecting.persistence.research import RunEnd, StepToRun
from prospecting.services.briefing_saving import KINDS, save_result
from prospecting.services.deep_research import DeepResearcher, Seen, Waiting
from prospecting.services.interruption import Interrupted, work_apart
from prospecting.services.operation_results import describe_failure
from prospecting.services.operations import execute_elsewhere, list_people
from prospecting.services.research_params import LIST_PEOPLE
from prospecting.services.runtime import Runtime
from prospecting.services.submissions import scope_of
from prospecting.services.unexpected import UnexpectedError, concerns_one, describe_unexpected, log_unexpected

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Who moves a run, and how.

    ``claim`` names the Airflow run, ``task_run_id`` the task. ``force_fresh`` asks, and pays, for everything again,
    once per claim; otherwise deep research is not asked for while its briefing is at most ``max_age_days`` old, or
    another submission of the org has it under way.
    ``resubmit_lost`` pays for another deep research run where the first may or may not exist.
    """

    claim: str
    task_run_id: str
    force_fresh: bool = False
    resubmit_lost: bool = False
    max_age_days: float = 0
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True)
class Providers:
    """Who answers. Each is looked up when a step needs it: a run without such steps needs no connection.

    ``operations`` makes the ledger for a scope.
    """

    parallel: Callable[[], ParallelSettings]
    operations: Callable[[str], Ledger]


class RunMover:
    """Moves one run, for one worker."""

    def __init__(self, runtime: Runtime, run_id: UUID, settings: RunSettings, providers: Providers) -> None:
        self._runtime = runtime
        self._run_id = run_id
        self._settings = settings
        self._providers = providers
        self._is_stopped = False
        self._researcher = DeepResearcher(
            runtime,
            providers.parallel,
            settings.budget,
            fresh=settings.claim if settings.force_fresh else "",
            resubmit_lost=settings.resubmit_lost,
            max_age_days=settings.max_age_days,
        )

    @property
    def external_id(self) -> str | None:
        """The provider's number of the deep research run that was asked for last."""
        return self._researcher.external_id

    def start(self) -> RunEnd | Waiting:
        """Begin the run, or go on with it, until it has ended or has to wait. Raises as ``go_on`` does."""
        return self._until_end_or_wait(lambda: self._claim() or self._move(None))

    def go_on(self, seen: Seen) -> RunEnd | Waiting:
        """Go on with a run that had to wait; ``seen`` is what became of what it waited for.

        Raises an ``AgentError`` that may pass while there are tries left, ``Interrupted`` once ``stop`` was called.
        """
        return self._until_end_or_wait(lambda: self._move(seen))

    def _until_end_or_wait(self, work: Callable[[], RunEnd | Waiting]) -> RunEnd | Waiting:
        try:
            return work()
        except BaseException:
            self._release()
            raise

    def _claim(self) -> RunEnd | None:
        settings = self._settings
        return self._runtime.write(
            lambda connection: research.claim_run(
                connection, self._run_id, claim=settings.claim, force_fresh=settings.force_fresh
            )
        )

    def stop(self) -> None:
        """Begin no other step, and let go of the run at once; safe in a signal handler."""
        self._is_stopped = True
        self._release()

    def _release(self) -> None:
        release_run(self._runtime, self._run_id, claim=self._settings.claim)

    def _move(self, seen: Seen | None) -> RunEnd | Waiting:
        settings = self._settings
        while True:
            self._check_stopped()
            step = self._runtime.write(
                lambda connection: research.advance(
                    connection,
                    self._run_id,
                    claim=settings.claim,
                    task_run_id=settings.task_run_id,
                    force_fresh=settings.force_fresh,
                    max_age_days=settings.max_age_days,
                )
            )
            if isinstance(step, RunEnd):
                return step
            waiting = self._run_step(step, seen)
            if waiting is not None:
                self._check_stopped()
                return waiting
            seen = None

    def _check_stopped(self) -> None:
        if self._is_stopped:
            raise Interrupted("The task was killed; whoever takes up the run goes on where it stands")

    def _run_step(self, step: StepToRun, seen: Seen | None) -> Waiting | None:
        log.info("Step %d: %s", step.position, step.operation_id)
        try:
            result = self._perform(step, seen)
            if isinstance(result, Waiting):
                return result
            written = self._runtime.write(lambda connection: research.finish_step(connection, step, result))
        except AgentError as error:
            if error.retryable and not self._runtime.is_last_try:
                raise
            log.error("Step %d failed (%s)", step.position, error.kind)
            self._fail(step, error)
            return None
        except Exception as error:
            if not (concerns_one(error) and self._runtime.is_last_try):
                raise
            log_unexpected(f"Step {step.position}", error)
            self._fail(step, UnexpectedError(describe_unexpected(error)))
            return None
        log.info("Step %d: %s", step.position, result["status"] if written else "had ended already")
        if step.operation_id in KINDS and result["status"] == "found" and result["output"]:
            save_result(self._runtime, step.step_result_id, KINDS[step.operation_id])
        return None

    def _fail(self, step: StepToRun, error: AgentError) -> None:
        failure = describe_failure(step, error)
        self._runtime.write(lambda connection: research.fail_step(connection, step, **failure))

    def _perform(self, step: StepToRun, seen: Seen | None) -> dict[str, Any] | Waiting:
        """Run a step's operation. Raises ``AgentError`` when it could not be run."""
        if step.operation_id in KINDS:
            return self._researcher.research(step, seen)
        if step.operation_id == LIST_PEOPLE:
            return list_people(self._runtime, step)
        ledger = self._providers.operations(scope_of(step.submission_id))
        return execute_elsewhere(step, ledger, is_fresh=self._settings.force_fresh)


def release_run(runtime: Runtime, run_id: UUID, *, claim: str) -> None:
    """Let go of a run unless it has ended or somebody else has claimed it; safe in a signal handler.

    Not in the name of the task's try, whose row in ``task_attempts`` the interrupted code may hold.
    """

    def release(apart: Runtime) -> None:
        replace(apart, attempt=None).write(lambda connection: research.release_run(connection, run_id, claim=claim))

    work_apart(runtime, release)
