"""Who gets in: every address of the application, for nobody, a viewer, a user and an administrator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy.engine import URL
from starlette.routing import BaseRoute, Mount, Route

from tests.conftest import SharedDatabase
from tests.web.conftest import ApiServer, start_api_server

pytestmark = pytest.mark.airflow

PROGRAMS = ("/api/internal/", "/api/events/")
"""Addresses for programs that prove themselves in ways of their own: Airflow's login is nothing there."""
ASKED_BY_POST = re.compile(r"/api/v1/[a-z-]+/query")
"""What only asks, by POST: its filters are people's names, and belong in no address."""


def test_a_viewer_sees_the_overview(viewer: httpx.Client, server: ApiServer) -> None:
    answer = viewer.get("/")
    assert answer.status_code == 200, answer.text + server.log.read_text()[-3000:]
    assert "<h1>Overview</h1>" in answer.text


def addresses() -> list[tuple[str, str]]:
    """Method and path of every route of the pages and of the API."""
    from prospecting.web.app import create_app

    def walk(routes: list[BaseRoute], before: str) -> Iterator[tuple[str, str]]:
        for route in routes:
            if isinstance(route, Mount):
                yield from walk(route.routes, before + route.path)
            else:
                assert isinstance(route, (APIRoute, Route)), f"a kind of route that nobody thought of: {route}"
                yield from ((method, before + route.path) for method in sorted(route.methods or ()))

    return list(walk(create_app().routes, ""))


def test_every_address_asks_who_is_there(server: ApiServer, engine: object) -> None:
    assert_census(server)


def test_every_address_asks_who_is_there_below_a_path(
    web_metadata: URL, shared_database: SharedDatabase, engine: object, tmp_path: Path
) -> None:
    url = shared_database.engine.url.render_as_string(hide_password=False)
    below = start_api_server(tmp_path / "home", web_metadata, url, path="/airflow")
    try:
        assert_census(below)
    finally:
        below.stop()


def assert_census(server: ApiServer) -> None:
    found = addresses()
    assert len(found) > 25
    wrong = [problem for method, path in found for problem in problems(server, method, path)]
    assert wrong == [], "\n".join(wrong)


def problems(server: ApiServer, method: str, path: str) -> Iterator[str]:
    """What is wrong with the answers of one address."""
    address = re.sub(r"\{[^}]*\}", "1", path)
    is_program, is_any = path.startswith(PROGRAMS), path == "/{path:path}"
    is_read = method in ("GET", "HEAD")

    def status(who: str | None, origin: str | None = None) -> int:
        headers = {"Origin": origin} if origin else {"Origin": ""}
        content = b"" if is_read else b"{}"
        kind = {"Content-Type": "application/json"} if path.startswith("/api/") else {}
        client = server.as_user(who)
        return client.request(method, address, content=content, headers={**headers, **kind}).status_code

    def expect(who: str | None, origin: str | None, expected: set[int]) -> Iterator[str]:
        if (got := status(who, origin)) not in expected:
            yield f"{method} {path} as {who or 'nobody'} from {origin or 'no origin'}: {got}"

    let_in = set(range(200, 500)) - {401, 403}
    yield from expect(None, server.origin, {401})
    if is_program:
        yield from expect("admin", server.origin, {401})
    elif is_read or is_any:
        for who in ("viewer", "user", "admin"):
            yield from expect(who, None, {404, 400} if is_any else let_in)
    else:
        yield from expect("viewer", server.origin, let_in if ASKED_BY_POST.fullmatch(path) else {403})
        yield from expect("user", None, {403})
        yield from expect("user", "https://evil.example", {403})
        for who in ("user", "admin"):
            yield from expect(who, server.origin, let_in)
