"""The Airflow plugin of this bundle: the API server of `make up` listens to requests for its own names only.

A web page anywhere can make a browser on this machine ask an address of this machine, under a name that the page's
owner controls (DNS rebinding); such a request carries that name as `Host`. The check is on where
`PROSPECTING_ALLOWED_HOSTS` lists names, separated by commas; elsewhere a proxy knows better.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class HostCheck:
    """Refuses requests for other hosts with 400; `*.example.com` stands for all below, `*` for any."""

    def __init__(self, app: ASGIApp, allowed_hosts: list[str]) -> None:
        # Workers load plugins as well, and have no need of this.
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        self._checked = TrustedHostMiddleware(app, allowed_hosts, www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._checked(scope, receive, send)


def host_check(names: str) -> list[dict[str, Any]]:
    """The middleware for a comma-separated list of hosts; none for an empty one."""
    allowed = [name.strip() for name in names.split(",") if name.strip()]
    return [{"name": "host_check", "middleware": HostCheck, "kwargs": {"allowed_hosts": allowed}}] if allowed else []


class ProspectingPlugin(AirflowPlugin):
    """Registered by being in Airflow's plugins folder."""

    name = "prospecting"
    fastapi_root_middlewares = host_check(os.environ.get("PROSPECTING_ALLOWED_HOSTS", ""))
