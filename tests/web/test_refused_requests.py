"""Requests that no page of ours makes: each is refused in words, whatever it carries, and none is an error of ours."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import Engine, text
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.web.conftest import ApiServer

pytestmark = pytest.mark.airflow


def told(answer: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def cursor(content: str) -> str:
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


HOSTILE = ("%00", "%25", "_", "%5C", "'%22%3E", "%E2%80%AE", "%F0%9F%98%80", "-1", "%FF")
TEXTS = ("/companies?text={0}&country={0}", "/people?text={0}&title={0}", "/briefings?text={0}&client={0}",
         "/recommended?account={0}", "/ledger?provider={0}&dag_id={0}", "/review?said={0}")  # fmt: skip
NO_TEXTS = (
    "/companies?event=", "/companies?signal=", "/companies?since=", "/companies?icp_from=", "/people?seen_since=",
    "/recommended?on=", "/review?entity_type=", "/ledger?from=", "/briefings?org=", "/people?text=",
)  # fmt: skip
CURSORS = (
    "[" * 30_000,
    '["\\u0000", 1]',
    '["\\ud800", 1]',
    '["2026-01-01", 1]',
    '["9999-12-31T23:59:59.999999+00:00", 1]',
    '["2026-01-01T00:00:00+00:00", "no uuid"]',
    '["2026-01-01T00:00:00+00:00", 9223372036854775808]',
    '["\\u0000"]',
    "[NaN, 1]",
    "{}",
    "[[1], 1]",
)


def test_addresses_that_nobody_follows_are_refused_in_words(user: httpx.Client, world: dict[str, int]) -> None:
    asked = [path.format(value) for path in TEXTS for value in HOSTILE]
    asked += [f"{path}{value}" for path in NO_TEXTS for value in ("9" * 300, "0000-00-00")]
    lists = ("/companies?sort=newest", "/briefings?kind=company", "/ledger?")
    asked += [f"{path}&after={cursor(one)}" for path in lists for one in CURSORS]
    asked += [f"/review?at={cursor(CURSORS[0])}", f"/suppressed?after={cursor(CURSORS[7])}"]
    far = 2**63
    asked += [f"/review/company/{far}/1", f"/models/{far}", f"/companies/{far}", f"/people/{far}", f"/ledger/{far}"]
    asked += ["/runs/signal_execution/%00", "/runs/%00/x", "/companies.csv?text=%00", "/static/%00"]
    wrong = [
        (path[:80], answer.status_code, told(answer)[:100])
        for path in asked
        if (answer := user.get(path)).status_code not in (200, 400, 404)
    ]
    assert wrong == []
    assert "NUL" in told(user.get("/ledger?provider=%00"))
    assert user.get("/review?entity_type=").status_code == 200, "an empty filter is none"


def test_forms_that_nobody_sends_are_refused_in_words(user: httpx.Client, server: ApiServer, engine: Engine) -> None:
    no_domain = quote("\x00", safe="")
    for path, data, status in (
        ("/schedules", {}, 400),
        ("/schedules", {"dag_id": "\x00"}, 400),
        ("/reopen-seats/x", {"reason": "\x00"}, 400),
        (f"/recommended/2026-01-01/{no_domain}/never", {}, 400),
        ("/review/undo", {"merge_id": str(2**63)}, 400),
        ("/models/99999999999999999999/retire", {}, 409),
    ):
        answer = user.post(path, data=data)
        assert answer.status_code == status, (path, told(answer))
    assert "form is not one of our pages: dag_id" in told(user.post("/schedules", data={}))
    assert user.post("/signals", files={"name": ("a.txt", b"x")}).status_code == 400
    for origin in ("http://[", "null", "", f"{server.origin}.example", "http://user@" + server.origin[7:]):
        answer = user.post("/signals", data={"name": "x"}, headers={"Origin": origin})
        assert answer.status_code == 403, origin


def test_a_table_that_is_not_there_is_told_with_the_remedy(viewer: httpx.Client, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("alter table ml_models rename column training_rows to rows_then"))
    try:
        for path in ("/models", "/models.csv"):  # no download that ends early
            answer = viewer.get(path)
            assert (answer.status_code, "make migrate" in told(answer)) == (503, True), path
    finally:
        with engine.begin() as connection:
            connection.execute(text("alter table ml_models rename column rows_then to training_rows"))


def test_an_error_of_ours_is_told_without_its_words_and_kept_by_nobody() -> None:
    from prospecting.web.app import create_app

    def fail(request: object) -> None:
        raise LookupError("a secret")

    app = create_app()
    app.router.routes.insert(0, Route("/fails", fail))
    answer = TestClient(app, raise_server_exceptions=False).get("/fails", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert "log of Airflow" in told(answer)
    assert "secret" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
