"""Waiting for deep research where it costs nothing: in the triggerer, not in a worker's slot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.triggers.base import BaseTrigger, TriggerEvent

if TYPE_CHECKING:
    from prospecting.agents.parallel import DeepResearchError


class ResearchTrigger(BaseTrigger):
    """Looks at one deep research run, less and less often, until it has ended or ``cap_seconds`` are over.

    The event is ``{"run_id", "status"}``, or ``{"run_id", "error": {...}}`` with what a ``DeepResearchError`` says.
    The key is read from the connection where the trigger runs; it is not part of what Airflow stores.

    ``claimed`` says which pipeline run waits for this, as ``{"prospecting_conn_id", "pipeline_run_id", "claim"}``: when
    a person kills the task, that run is let go of. The provider's run is paid for, and goes on.
    """

    def __init__(
        self,
        run_id: str,
        connection_id: str,
        cap_seconds: float,
        poll_interval: float | None = None,
        claimed: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.run_id = run_id
        self.connection_id = connection_id
        self.cap_seconds = cap_seconds
        self.poll_interval = poll_interval
        self.claimed = claimed

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__name__}",
            {
                "run_id": self.run_id,
                "connection_id": self.connection_id,
                "cap_seconds": self.cap_seconds,
                "poll_interval": self.poll_interval,
                "claimed": dict(self.claimed) if self.claimed else None,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        from prospecting.agents.parallel import DeepResearchError, wait_for_end
        from prospecting.hooks.parallel import ParallelHook

        try:
            settings = await ParallelHook(parallel_conn_id=self.connection_id).aget_settings()
            if self.poll_interval is not None:
                settings = replace(settings, poll_delays=(self.poll_interval,))
            run = await wait_for_end(settings, self.run_id, self.cap_seconds)
        except DeepResearchError as error:
            outcome: dict[str, Any] = {"error": describe_error(error)}
        else:
            outcome = {"status": run.status}
        yield TriggerEvent({"run_id": self.run_id, **outcome})  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        from prospecting.hooks.prospecting import ProspectingHook
        from prospecting.services.research import release_run
        from prospecting.services.runtime import Runtime

        if not self.claimed:
            return
        hook = ProspectingHook(prospecting_conn_id=self.claimed["prospecting_conn_id"])
        runtime = Runtime(await hook.aget_engine())
        await asyncio.to_thread(
            release_run, runtime, UUID(self.claimed["pipeline_run_id"]), claim=self.claimed["claim"]
        )


def describe_error(error: DeepResearchError) -> dict[str, Any]:
    """A ``DeepResearchError`` as JSON."""
    return {
        "message": str(error),
        "phase": str(error.phase),
        "code": error.code,
        "kind": error.kind,
        "retryable": error.retryable,
        "http_status": error.http_status,
        "retry_after": error.retry_after,
    }


def rebuild_error(described: Mapping[str, Any]) -> DeepResearchError:
    """The ``DeepResearchError`` that was described."""
    from prospecting.agents.parallel import DeepResearchError, ResearchPhase

    return DeepResearchError(
        described["message"],
        phase=ResearchPhase(described["phase"]),
        code=described["code"],
        kind=described["kind"],
        retryable=described["retryable"],
        http_status=described["http_status"],
        retry_after=described["retry_after"],
    )
