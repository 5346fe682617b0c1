"""Waiting for a research where it costs nothing: in the triggerer, not in a worker's slot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TriggerEvent


class ResearchTrigger(BaseTrigger):
    """Looks at one research, less and less often, until it has ended or ``cap_seconds`` are over.

    The event is ``{"run_id", "status"}``, or ``{"run_id", "error": {...}}`` with what a ``DeepResearchError`` says.
    The key is read from the connection where the trigger runs; it is not part of what Airflow stores.
    """

    def __init__(self, run_id: str, connection_id: str, cap_seconds: float, poll_interval: float | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.run_id = run_id
        self.connection_id = connection_id
        self.cap_seconds = cap_seconds
        self.poll_interval = poll_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__name__}",
            {
                "run_id": self.run_id,
                "connection_id": self.connection_id,
                "cap_seconds": self.cap_seconds,
                "poll_interval": self.poll_interval,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        from prospecting.agents.parallel import DeepResearchError, missing_key, wait_for_end
        from prospecting.hooks.agents import parallel_settings_from

        try:
            try:
                connection = await BaseHook.aget_connection(self.connection_id)
            except AirflowNotFoundException:
                raise missing_key(self.connection_id) from None
            settings = parallel_settings_from(connection)
            if self.poll_interval is not None:
                settings = replace(settings, poll_delays=(self.poll_interval,))
            run = await wait_for_end(settings, self.run_id, self.cap_seconds)
        except DeepResearchError as error:
            outcome: dict[str, Any] = {"error": describe_error(error)}
        else:
            outcome = {"status": run.status}
        yield TriggerEvent({"run_id": self.run_id, **outcome})  # type: ignore[no-untyped-call]


def describe_error(error: Any) -> dict[str, Any]:
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


def rebuild_error(described: dict[str, Any]) -> Exception:
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
