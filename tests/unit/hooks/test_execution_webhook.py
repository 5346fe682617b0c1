"""The webhook of executions: signed, tried again, and never in anybody's way."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from prospecting.hooks.execution_webhook import ProgressTeller, deliver, find_receiver, sign, tell
from prospecting.services.execution_progress import Progress
from tests.stand_in.server import StandIn
from tests.stand_in.webhook_receiver import PATH, SECRET

DATA = {"execution_id": "1", "signal_name": "Köln", "counts": {"companiesFound": 3}}


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def receiver(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    server.reset()
    connect(monkeypatch, host=f"{server.url}{PATH}", password=SECRET)
    return server


def connect(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_WEBHOOK", json.dumps({"conn_type": "http", **values}))


def test_the_signature_is_that_of_the_specification() -> None:
    # The example of the libraries of Standard Webhooks.
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_delivery_is_signed_and_says_what_happened(receiver: StandIn) -> None:
    tell("started", DATA)
    (posted,) = receiver.requests("webhook")
    assert posted["body"]["type"] == "signal_execution.started"
    assert posted["body"]["data"] == DATA
    assert posted["body"]["timestamp"].startswith("20")
    assert posted["headers"]["webhook-id"].startswith("msg_")


@pytest.mark.parametrize(("fault", "tries"), [({"status": 503, "times": 2}, 3), ({"status": 410}, 1)])
def test_what_may_pass_is_tried_again_as_the_same_message(
    receiver: StandIn, caplog: pytest.LogCaptureFixture, fault: dict[str, Any], tries: int
) -> None:
    receiver.dial("webhook", **fault)
    tell("finished", DATA)
    posted = receiver.requests("webhook")
    assert len(posted) == tries
    assert len({each["headers"]["webhook-id"] for each in posted}) == 1
    said = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    refused = ["Connection prospecting_webhook: finished was not delivered: the receiver answers 410: check the URL in "
               "the host of the connection"]  # fmt: skip
    assert said == ([] if tries == 3 else refused)


def test_nobody_waits_for_progress_which_is_told_now_and_then(receiver: StandIn) -> None:
    receiver.dial("webhook", delay=1.0)
    teller, began = ProgressTeller(pause_seconds=3600), time.monotonic()
    for percent in range(20):
        teller(Progress(uuid4(), percent, "find_people", "3 of 9 companies asked about", "Köln"))
    assert time.monotonic() - began < 0.9
    deadline = time.monotonic() + 20
    while not receiver.requests("webhook") and time.monotonic() < deadline:
        time.sleep(0.05)
    (posted,) = receiver.requests("webhook")
    assert (posted["body"]["data"]["percent"], posted["body"]["data"]["status"]) == (0, "running")


def test_a_slow_receiver_is_waited_for_no_longer_than_that(receiver: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    receiver.dial("webhook", delay=2.0)
    tell("finished", DATA, wait_seconds=0.2)
    assert "the receiver has not taken finished in time" in caplog.text


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"password": SECRET}, "the host is empty"),
        ({"host": "https://example.com"}, "the password is empty"),
        ({"host": "ftp://example.com", "password": SECRET}, "must be an https:// or http:// URL"),
        ({"host": "https://example.com", "password": "whsec_?"}, "no base64"),
        (
            {"host": "http://127.0.0.1:9/hook-secret", "password": "pass-secret"},
            "cannot be reached (ConnectionRefusedError)",
        ),
    ],
)
def test_what_is_wrong_is_a_warning_without_secrets(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, values: dict[str, Any], complaint: str
) -> None:
    connect(monkeypatch, **values)
    caplog.set_level(logging.DEBUG)
    tell("started", DATA)
    assert complaint in caplog.text
    assert "secret" not in caplog.text.replace("the secret that signs", "")


def test_without_a_connection_nobody_is_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_PROSPECTING_WEBHOOK", raising=False)
    assert find_receiver() is None
    tell("started", DATA)
    assert caplog.text == ""


def test_a_secret_of_ones_own_signs_as_well(receiver: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, host=f"{receiver.url}{PATH}", password="stand-in-secret")
    found = find_receiver()
    assert found
    deliver(found, "started", DATA)  # the same key as behind whsec_, in plain text
