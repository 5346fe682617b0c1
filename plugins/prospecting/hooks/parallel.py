"""Deep research, from an Airflow connection."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from prospecting.hooks.connection_extras import base_url, extras, listed, mapping, number, price
from prospecting.hooks.connection_trials import TEST_SECONDS, try_out

if TYPE_CHECKING:
    from prospecting.agents.parallel import ParallelClient, ParallelSettings


class ParallelHook(BaseHook):
    """Talks to Parallel's Task API.

    Extras of the connection: ``timeout_seconds``, ``poll_delays`` (list of seconds), ``wait_caps`` (seconds by
    processor) and ``usd_per_run`` (US dollars by processor); the last two add to the published ones.

    :param parallel_conn_id: Airflow connection; password: API key, host: base URL (empty: Parallel's own).
    """

    conn_name_attr = "parallel_conn_id"
    default_conn_name = "prospecting_parallel"
    conn_type = "prospecting_parallel"
    hook_name = "Prospecting: Parallel"

    def __init__(self, *, parallel_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.parallel_conn_id = parallel_conn_id

    @cached_property
    def settings(self) -> ParallelSettings:
        """Where deep research is asked. Raises ``DeepResearchError`` (phase ``config``) without a usable connection."""
        from prospecting.agents.parallel import missing_key

        try:
            connection = self.get_connection(self.parallel_conn_id)
        except AirflowNotFoundException:
            raise missing_key(self.parallel_conn_id) from None
        return parallel_settings_from(connection)

    async def aget_settings(self) -> ParallelSettings:
        """The same without blocking, for triggers."""
        from prospecting.agents.parallel import missing_key

        try:
            connection = await self.aget_connection(self.parallel_conn_id)
        except AirflowNotFoundException:
            raise missing_key(self.parallel_conn_id) from None
        return parallel_settings_from(connection)

    def test_connection(self) -> tuple[bool, str]:
        """Look at a run that cannot exist, as the button *Test* of the form does, at no cost."""
        return try_out(self, self.parallel_conn_id, _look_once)

    def get_conn(self) -> ParallelClient:
        """A client of the Task API."""
        from prospecting.agents.parallel import ParallelClient

        return ParallelClient(self.settings)


def _look_once(connection: Any) -> str:
    from prospecting.agents.parallel import ParallelClient

    settings = parallel_settings_from(connection)
    ParallelClient(replace(settings, timeout_seconds=min(settings.timeout_seconds, TEST_SECONDS))).check()
    return "Deep research answers and accepts the key. This test cost nothing"


def parallel_settings_from(connection: Any) -> ParallelSettings:
    """The same from a connection at hand: triggers look connections up without blocking.

    Extras: ``timeout_seconds``, ``poll_delays`` (list of seconds), ``wait_caps`` (seconds by processor) and
    ``usd_per_run`` (US dollars by processor); the last two add to the published ones.
    """
    from prospecting.agents.parallel import (
        DEFAULT_USD_PER_RUN,
        DEFAULT_WAIT_CAPS,
        DeepResearchError,
        ParallelSettings,
        ResearchPhase,
        missing_key,
    )

    options = extras(connection)
    settings: dict[str, Any] = {"api_key": connection.password or ""}
    if not settings["api_key"].strip():
        raise missing_key(connection.conn_id)
    settings["connection_id"] = connection.conn_id
    if connection.host:
        settings["base_url"] = base_url(connection)
    try:
        if "timeout_seconds" in options:
            settings["timeout_seconds"] = number("timeout_seconds", options["timeout_seconds"])
        if "poll_delays" in options:
            settings["poll_delays"] = tuple(number("poll_delays", each) for each in listed(options, "poll_delays"))
        if "wait_caps" in options:
            caps = {name: number("wait_caps", cap) for name, cap in mapping(options, "wait_caps").items()}
            settings["wait_caps"] = {**DEFAULT_WAIT_CAPS, **caps}
        if "usd_per_run" in options:
            prices = mapping(options, "usd_per_run")
            settings["usd_per_run"] = {**DEFAULT_USD_PER_RUN, **{name: price(prices, name) for name in prices}}
    except ValueError as error:
        raise DeepResearchError(
            f"The connection {connection.conn_id} is wrong: {error}",
            phase=ResearchPhase.CONFIG,
            code="invalid_connection",
            kind="configuration",
        ) from None
    return ParallelSettings(**settings)
