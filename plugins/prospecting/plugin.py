"""The Airflow plugin of this bundle: pages and API in Airflow's API server, notes of runs, and a check of host names.

A web page anywhere can make a browser on this machine ask an address of this machine, under a name that the page's
owner controls (DNS rebinding); such a request carries that name as `Host`. The check is on where
`PROSPECTING_ALLOWED_HOSTS` lists names, separated by commas; elsewhere a proxy knows better.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

from prospecting.operators.links import RESULT_PAGE
from prospecting.tasks import run_notes
from prospecting.tasks.result_link import ResultLink

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)

PREFIX = "/prospecting"
# Files of our own pages, which are behind the login that shows them.
_ICONS = {"icon": f"{PREFIX[1:]}/static/icon.svg", "icon_dark_mode": f"{PREFIX[1:]}/static/icon_dark.svg"}


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


class WebApplication:
    """The application of `prospecting.web`, made for the first request: workers load plugins too, and serve nobody.

    If it cannot be made, every request is answered with 503, and the reason is logged: nothing is served without the
    login that it would have asked for.
    """

    def __init__(self) -> None:
        self._app: ASGIApp | None = None
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._lock:
                if self._app is None:
                    from prospecting.web.app import create_app

                    app = create_app()
                    app.state.airflow = scope["app"]
                    self._app = app
        except Exception:
            log.exception("The pages and the API of the prospecting bundle cannot be served")
            await _unavailable(send)
            return
        # Airflow logs the query of each request when it has ended, and ours may name people who were looked for.
        own = dict(scope)
        scope["query_string"] = b""
        await self._app(own, receive, send)


async def _unavailable(send: Send) -> None:
    told = json.dumps({"detail": "The application could not be started; the log of Airflow's API server says why"})
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": told.encode()})


class ProspectingPlugin(AirflowPlugin):
    """Registered by `plugins/prospecting_plugin.py` in a checkout, by the provider metadata of an installed wheel."""

    name = "prospecting"
    listeners = [run_notes]  # noqa: RUF012
    global_operator_extra_links = [ResultLink()]  # noqa: RUF012
    fastapi_root_middlewares = host_check(os.environ.get("PROSPECTING_ALLOWED_HOSTS", ""))
    fastapi_apps = [{"app": WebApplication(), "url_prefix": PREFIX, "name": "prospecting"}]  # noqa: RUF012
    # Relative addresses: Airflow's UI resolves them against its own root, which a proxy may have moved.
    external_views = [  # noqa: RUF012
        {
            "name": "Prospecting",
            "href": f"{PREFIX[1:]}/",
            "destination": "nav",
            "url_route": "prospecting",
            "nav_top_level": True,
            **_ICONS,
        },
        {
            "name": "Result",
            "href": f"{PREFIX[1:]}/runs/{{DAG_ID}}/{{RUN_ID}}",
            "destination": "dag_run",
            "url_route": RESULT_PAGE,
            **_ICONS,
        },
    ]
