"""A live execution from its start to its end over real HTTP, with the retries that Airflow would make, without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from prospecting.agents.circuits import CircuitRules, Circuits
from prospecting.agents.errors import AgentError
from prospecting.agents.ledger import Ledger
from prospecting.agents.live import LiveAgents
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.metering import Prices
from prospecting.persistence.execution_questions import Stage
from prospecting.services import discovery, executions, findings
from prospecting.services.executions import Execution, Summary
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import SignalParams

TRIES = 4
CHUNK = 10


def settings_for(url: str, **changed: Any) -> LiveSettings:
    """Settings that ask the stand-in at ``url``, at a price."""
    return LiveSettings(
        llm_api_key="any",
        llm_model="stand-in",
        search_api_key="any",
        llm_base_url=f"{url}/v1",
        search_base_url=url,
        local_hosts={"*": url.partition("//")[2]},
        **{"prices": Prices(input_usd_per_million=1, output_usd_per_million=10), "timeout_seconds": 20.0, **changed},
    )


@dataclass
class Carrier:
    """Carries executions to their ends. A task that fails for now is tried again at once, ``TRIES`` times in all.

    With ``rules``, providers have circuits; the pause of one that is open has passed when a task is tried again.
    ``before_retry`` is called then.
    """

    engine: Engine
    settings: LiveSettings
    max_in_flight: int = 8
    rules: CircuitRules | None = None
    before_retry: Callable[[], None] = lambda: None
    failed_tasks: int = 0
    errors: list[AgentError] = field(default_factory=list)

    def carry_out(self, configuration: dict[str, Any], *, run_id: str = "manual__1") -> Summary:
        """Start the execution, or go on with it, ask everything, and close it."""
        self.failed_tasks = 0
        runtime = Runtime(self.engine)
        params = SignalParams.model_validate(configuration)
        execution_id = executions.start_execution(runtime, params, airflow_run_id=run_id)
        for keyword in executions.keywords_to_search(runtime, execution_id):
            self._task(execution_id, Stage.DISCOVER, discovery.discover, keyword, [keyword])
        findings.save_waiting(runtime, execution_id, Stage.DISCOVER)
        findings.pass_on_unused_shares(runtime, execution_id)
        for chunk in _chunks(executions.events_to_ask_about(runtime, execution_id)):
            self._task(execution_id, Stage.EXTRACT_SPONSORS, self._at_once(discovery.extract_sponsors), chunk, chunk)
        findings.save_waiting(runtime, execution_id, Stage.EXTRACT_SPONSORS)
        for chunk in _chunks(executions.companies_to_ask_about(runtime, execution_id)):
            self._task(execution_id, Stage.FIND_PEOPLE, self._at_once(discovery.find_people), chunk, chunk)
        findings.save_waiting(runtime, execution_id, *Stage)
        return executions.summarize_execution(runtime, execution_id, failed_tasks=self.failed_tasks)

    def _at_once(self, work: Callable[..., Any]) -> Callable[[Runtime, Ledger, Execution, Any], Any]:
        return lambda *arguments: work(*arguments, max_in_flight=self.max_in_flight)

    def _task(
        self,
        execution_id: UUID,
        stage: Stage,
        work: Callable[[Runtime, Ledger, Execution, Any], Any],
        argument: Any,
        subjects: Sequence[str | int],
    ) -> None:
        circuits = Circuits(self.engine, self.rules) if self.rules else None
        for number in range(1, TRIES + 1):
            runtime = Runtime(self.engine, is_last_try=number == TRIES)
            execution = executions.resume_execution(runtime, execution_id, [stage.source(one) for one in subjects])
            agents = LiveAgents(self.settings, circuits=circuits)
            ledger = Ledger(self.engine, agents, execution.scope, budget=execution.budget, circuits=circuits)
            try:
                work(runtime, ledger, execution, argument)
                return
            except AgentError as error:
                self.errors.append(error)
                if not error.retryable:
                    break
            self.before_retry()
            with self.engine.begin() as connection:
                connection.execute(text("update provider_circuits set retry_at = now() where retry_at > now()"))
        self.failed_tasks += 1


def _chunks(ids: Sequence[int]) -> list[list[int]]:
    return [list(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK)]
