"""The button *Test* of each form, against the stand-in: as Airflow presses it, under a made-up id."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.models.connection import Connection

from tests.stand_in.server import StandIn

KEY = "sk-key-7f3a91"
MADE_UP_ID = "qX7made9up"
ROOTS = {
    "prospecting_llm": "/v1",
    "prospecting_search": "",
    "prospecting_parallel": "",
    "prospecting_operations": "/v1",
}
CONTRACTS = {
    "prospecting_llm": "llm",
    "prospecting_search": "search",
    "prospecting_parallel": "parallel",
    "prospecting_operations": "operations",
}
KINDS = list(CONTRACTS)
"""Mail and Slack are tried out in ``test_notifications.py``: there is no answer to wait for."""
DIALS = {**CONTRACTS, "prospecting_parallel": "parallel_status"}


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Press the button of a type's form, filled in like this; returns status and message."""

    def test(kind: str, host: str, extra: dict[str, Any] | None = None, password: str | None = KEY) -> tuple[bool, str]:
        form = Connection(
            conn_id=MADE_UP_ID, conn_type=kind, host=host, password=password, extra=json.dumps(extra or {})
        )
        monkeypatch.setenv(f"AIRFLOW_CONN_{MADE_UP_ID.upper()}", form.get_uri())
        status, message = form.test_connection()
        for secret in (KEY, MADE_UP_ID, "****"):
            assert secret not in message
        return status, message

    return test


EXTRA = {"prospecting_llm": {"model": "stand-in", "input_usd_per_million": "2.50", "output_usd_per_million": 10}}


@pytest.mark.parametrize("kind", KINDS)
def test_what_works_is_said_and_costs_one_small_call(kind: str, press: Any, stand_in: StandIn) -> None:
    status, message = press(kind, stand_in.url + ROOTS[kind], EXTRA.get(kind))
    assert status, message
    (asked,) = stand_in.requests()
    assert asked["contract"] == CONTRACTS[kind]
    assert stand_in.tasks() == [], "a research is paid for"
    if kind == "prospecting_llm":
        assert message == "The model answers. Per million tokens: 2.5 USD input, 10 USD output (the connection)"
        assert asked["body"]["max_completion_tokens"] <= 16
    if kind == "prospecting_operations":
        assert asked["body"] == {}, "nothing is to be executed"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("dial", "said"),
    [
        ({"status": 401}, "refused the key (HTTP 401): check the password of this connection"),
        ({"status": 402}, "is used up (HTTP 402): top it up, or change the key in this connection"),
        ({"status": 503}, "is not available (HTTP 503)"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(
    kind: str, dial: dict[str, Any], said: str, press: Any, stand_in: StandIn
) -> None:
    stand_in.dial(DIALS[kind], **dial)
    status, message = press(kind, stand_in.url + ROOTS[kind], EXTRA.get(kind))
    assert not status
    assert said in message
    assert message.endswith(f"(host: {stand_in.url.removeprefix('http://')})"), message


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_that_cannot_work_is_told_before_or_without_an_answer(kind: str, press: Any, stand_in: StandIn) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = f"http://someone:hunter2@127.0.0.1:{probe.getsockname()[1]}/v1"
        status, message = press(kind, nowhere, EXTRA.get(kind))
    assert not status
    assert "cannot be reached" in message
    assert "at 127.0.0.1:" in message
    assert "check the host of the connection" in message
    assert "hunter2" not in message
    if kind != "prospecting_llm":  # the stand-in has its model under every path
        status, message = press(kind, f"{stand_in.url}/elsewhere", EXTRA.get(kind))
        assert not status, "another path of a server that answers"
        assert "HTTP 404" in message
    status, message = press(kind, stand_in.url, EXTRA.get(kind), password=None)
    assert not status
    assert "this connection" in message


@pytest.mark.parametrize(
    ("kind", "extra", "said"),
    [
        ("prospecting_llm", {}, 'No model: set {"model": "..."} in the extra of this connection'),
        (
            "prospecting_llm",
            {"model": "m", "max_searches": "x"},
            'max_searches must be a whole number from 0 on, not "x"',
        ),
        ("prospecting_llm", {"model": "m", "max_pages": -1}, "max_pages must be a whole number from 0 on"),
        ("prospecting_llm", {"model": "m", "read_sponsor_pages": "maybe"}, "read_sponsor_pages must be true or false"),
        ("prospecting_llm", {"model": "m", "user_agent": "a\nb: c"}, "user_agent must be a line"),
        ("prospecting_llm", {"model": "m", "local_hosts": {"*": "inside"}}, "local_hosts must be an object such as"),
        ("prospecting_llm", {"model": "m", "calls_per_minute": "x"}, "calls_per_minute must be a number above 0"),
        ("prospecting_search", {"usd_per_search": "cheap"}, "usd_per_search must be a number of US dollars"),
        ("prospecting_parallel", {"poll_delays": 5}, "poll_delays must be a list of seconds"),
        ("prospecting_operations", {"usd_per_call": -1}, "usd_per_call must be a number of US dollars"),
    ],
)
def test_a_wrong_field_is_named(kind: str, extra: dict[str, Any], said: str, press: Any, stand_in: StandIn) -> None:
    status, message = press(kind, stand_in.url + ROOTS[kind], extra)
    assert not status
    assert said in message
    assert stand_in.requests() == []


def test_a_model_without_a_known_price_is_told_so(press: Any, stand_in: StandIn) -> None:
    status, message = press("prospecting_llm", f"{stand_in.url}/v1", {"model": "stand-in"})
    assert status
    assert 'The price of the model "stand-in" at this base URL is not known' in message
    assert "Set input_usd_per_million and output_usd_per_million in this connection" in message
