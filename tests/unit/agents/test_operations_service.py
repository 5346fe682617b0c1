"""Operations over HTTP against the stand-in."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from prospecting.agents.errors import (
    AgentError,
    AgentTimeout,
    AgentUnavailable,
    AuthenticationFailed,
    Misconfigured,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
)
from prospecting.agents.operations_service import (
    OperationSearch,
    OperationsService,
    OperationsSettings,
    operation_search,
    read_operation_result,
)
from prospecting.agents.searches import PeopleSearch
from tests.stand_in.dials import patience
from tests.stand_in.server import StandIn

KEY = "operations-key-11ab"
MARKER = "ada.marker@private.example"


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture
def settings(stand_in: StandIn) -> OperationsSettings:
    return OperationsSettings(f"{stand_in.url}/v1", KEY, timeout_seconds=10, usd_per_call=Decimal("0.02"))


def search_for(operation_id: str = "company.enrich.profile", **fields: Any) -> OperationSearch:
    given = {"company_name": "Acme Rockets", "email": MARKER, **fields}
    return operation_search(operation_id, "company", given, {"depth": 2}, pipeline_run_id="run-1", step_position=3)


def test_an_operation_is_executed(settings: OperationsSettings, stand_in: StandIn) -> None:
    answer = OperationsService(settings).answer(search_for())
    result = read_operation_result(answer.content)
    assert (result["operation_id"], result["status"]) == ("company.enrich.profile", "found")
    assert len(result["output"]["results"]) == 3
    assert answer.cost_usd == Decimal("0.02") == OperationsService(settings).reserve_usd(search_for())
    (asked,) = stand_in.requests("operations")
    assert asked["headers"]["authorization"] == f"Bearer {KEY}"
    assert asked["body"] == {
        "operation_id": "company.enrich.profile",
        "entity_type": "company",
        "input": {"company_name": "Acme Rockets", "email": MARKER},
        "options": {"depth": 2},
    }


def test_answers_can_be_scripted_by_operation(settings: OperationsSettings, stand_in: StandIn) -> None:
    nothing = {"operation_id": "a", "status": "not_found", "output": None}
    stand_in.script("operations", {"operation_id": "a", "result": nothing})
    service = OperationsService(settings)
    assert read_operation_result(service.answer(search_for("a")).content)["status"] == "not_found"
    people = read_operation_result(service.answer(search_for("company.find.people")).content)["output"]["results"]
    assert all(person["full_name"] and person["linkedin_url"] for person in people)


def test_equal_questions_have_equal_keys_and_other_steps_other_ones() -> None:
    def made(step_position: int = 1, run: str = "r", **given: Any) -> str:
        return operation_search("a", "person", given, pipeline_run_id=run, step_position=step_position).key(
            "operations"
        )

    assert made(b=1, a={"y": 1, "x": "ë"}) == made(a={"x": "ë", "y": 1}, b=1)
    assert len({made(a=1), made(a=2), made(a=1, step_position=2), made(a=1, run="s")}) == 4


def test_what_is_asked_about_does_not_show_in_a_repr(settings: OperationsSettings) -> None:
    assert MARKER not in repr(search_for())
    assert KEY not in repr(settings)


def test_half_characters_do_not_stop_an_operation(settings: OperationsSettings, stand_in: StandIn) -> None:
    OperationsService(settings).answer(search_for(name="Zoë \ud83d\x00"))
    assert stand_in.requests("operations")[0]["body"]["input"]["name"] == "Zoë \ufffd\ufffd"


def test_other_searches_are_a_mistake(settings: OperationsSettings, stand_in: StandIn) -> None:
    with pytest.raises(TypeError, match="PeopleSearch"):
        OperationsService(settings).answer(PeopleSearch("Acme"))
    assert stand_in.requests() == []


FAILURES: list[tuple[dict[str, Any], type[AgentError], int | None]] = [
    ({"status": 400}, RequestRefused, 400),
    ({"status": 401}, AuthenticationFailed, 401),
    ({"status": 402}, QuotaExceeded, 402),
    ({"status": 404}, Misconfigured, 404),
    ({"status": 422}, RequestRefused, 422),
    ({"status": 429, "retry_after": 9}, RateLimited, 429),
    ({"status": 500}, AgentUnavailable, 500),
    ({"drop": True}, AgentUnavailable, None),
    ({"truncate": 20}, AgentUnavailable, None),
    ({"body": "<html>"}, AgentUnavailable, None),
    ({"body": "[]"}, AgentUnavailable, None),
    ({"delay": 1}, AgentTimeout, None),
]


@pytest.mark.parametrize(("dial", "kind", "status"), FAILURES)
def test_failures_of_the_service(
    dial: dict[str, Any],
    kind: type[AgentError],
    status: int | None,
    settings: OperationsSettings,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.dial("operations", **dial)
    with pytest.raises(AgentError) as failure:
        OperationsService(replace(settings, timeout_seconds=patience(dial))).answer(search_for())
    assert type(failure.value) is kind
    assert (failure.value.http_status, failure.value.retry_after) == (status, dial.get("retry_after"))
    assert len(stand_in.requests("operations")) == 1
    printed = "".join(traceback.format_exception(failure.value)) + caplog.text
    assert not any(secret in printed for secret in (KEY, MARKER, "Acme Rockets", "ops-", "asked about"))


def test_nothing_is_asked_without_a_key(settings: OperationsSettings, stand_in: StandIn) -> None:
    with pytest.raises(AuthenticationFailed, match="prospecting_operations"):
        OperationsService(replace(settings, api_key=" ")).answer(search_for())
    assert stand_in.requests() == []


@pytest.mark.parametrize("status", ["found", "not_found", "failed", "verified"])
def test_a_result_has_all_keys(status: str) -> None:
    content = json.dumps({"run_id": "r", "operation_id": "a", "status": status, "note": 1}).encode()
    assert read_operation_result(content) == {
        "run_id": "r",
        "operation_id": "a",
        "status": status,
        "note": 1,
        "output": None,
        "provider_attempts": [],
        "missing_inputs": [],
    }


@pytest.mark.parametrize(
    ("content", "kind", "named"),
    [
        (b"", AgentUnavailable, "JSON object"),
        (b"\xff\xfe{", AgentUnavailable, "JSON object"),
        (b"[]", AgentUnavailable, "JSON object"),
        (b"[" * 100_000, AgentUnavailable, "JSON object"),
        (b"{}", RequestRefused, "status must be one of"),
        (b'{"error": "ada.marker@private.example"}', RequestRefused, "status must be"),
        (b'{"status": "FOUND"}', RequestRefused, "status must be"),
        (b'{"status": ["found"]}', RequestRefused, "status must be"),
        (b'{"status": "found", "output": []}', RequestRefused, "output must be an object or null"),
        (b'{"status": "found", "missing_inputs": "name"}', RequestRefused, "missing_inputs must be a list"),
        (b'{"status": "failed", "provider_attempts": {}}', RequestRefused, "provider_attempts must be a list"),
    ],
)
def test_answers_that_are_no_result(content: bytes, kind: type[AgentError], named: str) -> None:
    with pytest.raises(kind, match=named) as failure:
        read_operation_result(content)
    assert MARKER not in str(failure.value)
