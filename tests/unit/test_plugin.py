"""The Airflow plugin: requests under other names do not reach the API server, where the environment says so."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from prospecting.plugin import ProspectingPlugin, host_check


def client(names: str) -> TestClient:
    app = Starlette(routes=[Route("/", lambda _request: PlainTextResponse("in"))])
    for middleware in host_check(names):
        app.add_middleware(middleware["middleware"], **middleware["kwargs"])
    return TestClient(app)


def test_only_requests_for_the_listed_hosts_get_in() -> None:
    asked = client("localhost, 127.0.0.1,[::1]")
    for host in ("localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"):
        assert asked.get("/", headers={"Host": host}).text == "in"
    for host in ("evil.example", "localhost.evil.example", "localhost@evil.example", "[::2]", "127.0.0.1.nip.io", ""):
        assert asked.get("/", headers={"Host": host}).status_code == 400


def test_it_is_off_unless_hosts_are_listed() -> None:
    assert host_check("") == host_check(" , ") == []
    assert client("").get("/", headers={"Host": "anything.example"}).text == "in"
    assert client("*").get("/", headers={"Host": "anything.example"}).text == "in"
    assert ProspectingPlugin.fastapi_root_middlewares == []
