"""A live execution from its start to its end over real HTTP, with the retries that Airflow would make, without Airflow.

``python -m tests.db.executing DATABASE_URL STAND_IN_URL CONFIGURATION``: a process to be killed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from prospecting.agents.errors import AgentError
from prospecting.agents.ledger import Ledger
from prospecting.agents.live import LiveAgents
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.metering import Prices
from prospecting.persistence.database import application_url, engine_for
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
        **{"prices": Prices(input_usd_per_million=1, output_usd_per_million=10), "timeout_seconds": 20.0, **changed},
    )


@dataclass
class Carrier:
    """Carries executions to their ends. A task that fails for now is tried again at once, ``TRIES`` times in all."""

    engine: Engine
    settings: LiveSettings
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
            self._task(execution_id, Stage.EXTRACT_SPONSORS, discovery.extract_sponsors, chunk, chunk)
        findings.save_waiting(runtime, execution_id, Stage.EXTRACT_SPONSORS)
        for chunk in _chunks(executions.companies_to_ask_about(runtime, execution_id)):
            self._task(execution_id, Stage.FIND_PEOPLE, discovery.find_people, chunk, chunk)
        findings.save_waiting(runtime, execution_id, *Stage)
        return executions.summarize_execution(runtime, execution_id, failed_tasks=self.failed_tasks)

    def _task(
        self,
        execution_id: UUID,
        stage: Stage,
        work: Callable[[Runtime, Ledger, Execution, Any], Any],
        argument: Any,
        subjects: Sequence[str | int],
    ) -> None:
        for number in range(1, TRIES + 1):
            runtime = Runtime(self.engine, is_last_try=number == TRIES)
            execution = executions.resume_execution(runtime, execution_id, [stage.source(one) for one in subjects])
            ledger = Ledger(self.engine, LiveAgents(self.settings), execution.scope, budget=execution.budget)
            try:
                work(runtime, ledger, execution, argument)
                return
            except AgentError as error:
                self.errors.append(error)
                if not error.retryable:
                    break
        self.failed_tasks += 1


def _chunks(ids: Sequence[int]) -> list[list[int]]:
    return [list(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK)]


if __name__ == "__main__":
    database_url, stand_in_url, configuration = sys.argv[1:]
    Carrier(engine_for(application_url(database_url)), settings_for(stand_in_url)).carry_out(json.loads(configuration))
