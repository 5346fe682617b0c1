"""The service that runs other research operations, from an Airflow connection."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from prospecting.agents.errors import AuthenticationFailed
from prospecting.hooks.connection_extras import base_url, extras, number, price, rate_limit
from prospecting.hooks.connection_trials import TEST_SECONDS, try_out

if TYPE_CHECKING:
    from prospecting.agents.ledger import Budget, Ledger
    from prospecting.services.runtime import Runtime


class OperationsHook(BaseHook):
    """Asks your own operations service.

    Extras of the connection: ``timeout_seconds``, ``usd_per_call``, ``calls_per_minute``.

    :param operations_conn_id: Airflow connection; host: base URL without ``/execute``, password: API key.
    """

    conn_name_attr = "operations_conn_id"
    default_conn_name = "prospecting_operations"
    conn_type = "prospecting_operations"
    hook_name = "Prospecting: operations"

    def __init__(self, *, operations_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.operations_conn_id = operations_conn_id

    def test_connection(self) -> tuple[bool, str]:
        """Ask for no operation, as the button *Test* of the form does; nothing is executed."""
        return try_out(self, self.operations_conn_id, _ask_for_nothing)

    def ledger(self, runtime: Runtime, *, scope: str, budget: Budget) -> Ledger:
        """The ledger that asks the service and lets ``scope`` pay.

        Raises ``AuthenticationFailed`` when the connection is missing, ``Misconfigured`` when it has no host.
        """
        from prospecting.agents.circuits import Circuits
        from prospecting.agents.ledger import Ledger
        from prospecting.agents.operations_service import PROVIDER, OperationsService
        from prospecting.agents.rate_limits import RateLimiter

        connection = self._connection()
        return Ledger(
            runtime.engine,
            OperationsService(operations_settings_from(connection)),
            scope,
            budget=budget,
            rate_limiter=RateLimiter(runtime.engine, {PROVIDER: rate_limit(connection)}),
            circuits=Circuits(runtime.engine, on_change=runtime.on_circuit_change),
            attempt=runtime.attempt,
            on_settled=runtime.on_settled_call,
        )

    def check_connection(self) -> None:
        """Check that the service could be asked; nobody is. Raises like ``ledger``, and when there is no usable key."""
        from prospecting.agents.web_search import usable_key

        connection = self._connection()
        settings = operations_settings_from(connection)
        usable_key(settings.api_key, settings.connection_id)
        rate_limit(connection)

    def _connection(self) -> Any:
        try:
            return self.get_connection(self.operations_conn_id)
        except AirflowNotFoundException:
            raise AuthenticationFailed(
                "Operations other than deep research and our own need the Airflow connection "
                f"{self.operations_conn_id} (host: base URL without /execute, password: API key); create it, or leave "
                "the step out"
            ) from None


def _ask_for_nothing(connection: Any) -> str:
    from prospecting.agents.operations_service import OperationsService

    settings = operations_settings_from(connection)
    rate_limit(connection)
    OperationsService(replace(settings, timeout_seconds=min(settings.timeout_seconds, TEST_SECONDS))).check()
    return "The operations service answers and accepts the key. This test executed nothing"


def operations_settings_from(connection: Any) -> Any:
    """``OperationsSettings`` from the connection. Raises ``Misconfigured`` when it has no host."""
    from prospecting.agents.errors import Misconfigured
    from prospecting.agents.operations_service import OperationsSettings

    options = extras(connection)
    if not connection.host:
        raise Misconfigured(f"The connection {connection.conn_id} has no host: set it to the base URL of the service")
    settings: dict[str, Any] = {
        "base_url": base_url(connection),
        "api_key": connection.password or "",
        "connection_id": connection.conn_id,
    }
    if "timeout_seconds" in options:
        settings["timeout_seconds"] = number("timeout_seconds", options["timeout_seconds"])
    if "usd_per_call" in options:
        settings["usd_per_call"] = price(options, "usd_per_call")
    return OperationsSettings(**settings)
