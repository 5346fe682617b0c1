"""Airflow's own REST API, asked in the name of whoever asks us: with their login and rights, and in its audit log.

Nothing leaves the process: the request goes to the application of which ours is a part (``prospecting.plugin``), as if
the browser had sent it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from fastapi import Request

from prospecting.web.rendering import root_of

_OF_THE_VIEWER = ("authorization", "cookie", "host", "origin", "user-agent")


async def answer_question(
    request: Request, *, dag_id: str, run_id: str, task_id: str, map_index: int, options: list[str]
) -> httpx.Response:
    """Answer the question of a task, as Airflow's page *Required Actions* does. Returns what Airflow says."""
    run = f"/dags/{quote(dag_id, safe='')}/dagRuns/{quote(run_id, safe='')}"
    path = f"{run}/taskInstances/{quote(task_id, safe='')}/{map_index}/hitlDetails"
    return await _send(request, "PATCH", path, {"chosen_options": options, "params_input": {}})


async def _send(request: Request, method: str, path: str, content: Mapping[str, Any]) -> httpx.Response:
    transport = httpx.ASGITransport(app=request.app.state.airflow, raise_app_exceptions=False)
    headers = {name: request.headers[name] for name in _OF_THE_VIEWER if name in request.headers}
    root = root_of(request).rpartition("/")[0]
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.request(
            method, f"{request.url.scheme}://{request.url.netloc}{root}/api/v2{path}", json=content, headers=headers
        )
