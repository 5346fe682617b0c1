"""The Task API client against the stand-in: real HTTP, every kind of failure, and what each of them costs."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from prospecting.agents.parallel import (
    DEFAULT_USD_PER_RUN,
    DEFAULT_WAIT_CAPS,
    DeepResearchError,
    ParallelClient,
    ParallelSettings,
    ResearchPhase,
    TaskRun,
    require_completed,
    wait_for_end,
)
from prospecting.operators.retry import RetryByKind
from tests.stand_in.dials import patience
from tests.stand_in.server import StandIn

KEY = "parallel-key-9d21c4"
MARKER = "ada.marker@private.example"
PROMPT = f"Who leads Acme Rockets? Ask {MARKER}."


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture
def settings(stand_in: StandIn) -> ParallelSettings:
    return ParallelSettings(KEY, base_url=stand_in.url, timeout_seconds=10, poll_delays=(1, 2, 4))


@pytest.fixture
def client(settings: ParallelSettings) -> ParallelClient:
    return ParallelClient(settings)


class Sleeps:
    """A sleep that takes no time and remembers what was asked of it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def created(client: ParallelClient, processor: str = "pro") -> str:
    return client.create(PROMPT, processor, {}).run_id


def wait(settings: ParallelSettings, run_id: str, cap: str | float = "pro") -> tuple[TaskRun, list[float]]:
    sleeps = Sleeps()
    return asyncio.run(wait_for_end(settings, run_id, cap, sleep=sleeps)), sleeps.seconds


def looks(stand_in: StandIn) -> int:
    return sum(each["path"].rpartition("/")[2].startswith("trun_") for each in stand_in.requests("parallel"))


def assert_discreet(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the error, as Airflow would print it with its causes, nor any log names keys, people or prompts."""
    printed = "".join(traceback.format_exception(error)) + repr(error) + caplog.text
    for secret in (KEY, MARKER, "Acme Rockets", "sk-par", "began with"):
        assert secret not in printed


# ----------------------------------------------------------------------------------------------------- the usual way
def test_a_run_is_created_waited_for_and_fetched(
    settings: ParallelSettings, client: ParallelClient, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.script("parallel", {"content": {"titles": [MARKER]}})
    run = client.create(PROMPT, "ultra", {"submission_id": "7"})
    assert (run.status, run.is_active, run.has_ended) == ("queued", True, False)
    ended, _ = wait(settings, run.run_id)
    assert (ended.status, ended.is_active, ended.has_ended) == ("completed", False, True)
    require_completed(ended)
    result = json.loads(client.result(run.run_id))
    assert result["output"]["content"] == {"titles": [MARKER]}
    assert result["run"]["metadata"] == {"submission_id": "7"}
    first = stand_in.requests("parallel")[0]
    assert first["headers"]["x-api-key"] == KEY
    assert first["body"] == {"input": PROMPT, "processor": "ultra", "metadata": {"submission_id": "7"}}
    assert caplog.records, "the capture works"
    assert not any(secret in caplog.text for secret in (KEY, MARKER, "Acme Rockets"))


def test_the_first_looks_are_close_together(
    settings: ParallelSettings, client: ParallelClient, stand_in: StandIn
) -> None:
    stand_in.script("parallel", {"statuses": ["queued", "queued"]})
    ended, slept = wait(settings, created(client))
    assert ended.status == "completed"
    assert slept == [1, 2, 4]
    assert looks(stand_in) == 3


def test_the_last_delay_repeats(settings: ParallelSettings, client: ParallelClient, stand_in: StandIn) -> None:
    stand_in.script("parallel", {"polls": 5})
    assert wait(settings, created(client))[1] == [1, 2, 4, 4, 4]


def test_a_delay_beyond_the_cap_is_not_slept(
    settings: ParallelSettings, client: ParallelClient, stand_in: StandIn
) -> None:
    stand_in.script("parallel", {"polls": 9})
    run_id, sleeps = created(client), Sleeps()
    with pytest.raises(DeepResearchError, match=f"{run_id} .* within 2 s .*last seen: running") as failure:
        asyncio.run(wait_for_end(replace(settings, poll_delays=(1, 1.5)), run_id, 2, sleep=sleeps))
    assert sleeps.seconds == [1]
    assert looks(stand_in) == 1
    assert (failure.value.phase, failure.value.code) == (ResearchPhase.STATUS, "poll_timeout")
    assert not failure.value.retryable


def test_a_cap_below_the_first_delay_is_good_for_one_look(
    settings: ParallelSettings, client: ParallelClient, stand_in: StandIn
) -> None:
    stand_in.script("parallel", {"contains": "soon", "polls": 1}, {"polls": 9})
    assert wait(settings, client.create("soon", "pro", {}).run_id, 0) == (
        TaskRun(stand_in.tasks()[0]["run_id"], "completed", False),
        [],
    )
    with pytest.raises(DeepResearchError, match="has not ended") as failure:
        wait(settings, created(client), 0)
    assert failure.value.code == "poll_timeout"
    assert looks(stand_in) == 2


def test_slow_answers_count_as_waiting(settings: ParallelSettings, client: ParallelClient, stand_in: StandIn) -> None:
    stand_in.script("parallel", {"polls": 99})
    run_id = created(client)
    stand_in.dial("parallel_status", delay=0.3)
    with pytest.raises(DeepResearchError, match="has not ended"):
        wait(replace(settings, poll_delays=(0.01,)), run_id, 0.5)
    assert looks(stand_in) <= 3


def test_a_run_that_has_ended_at_once_need_not_be_waited_for(client: ParallelClient, stand_in: StandIn) -> None:
    stand_in.script("parallel", {"polls": 0})
    run = client.create(PROMPT, "lite", {})
    assert run.has_ended
    assert client.result(run.run_id)
    assert looks(stand_in) == 0


def test_a_run_that_waits_for_somebody_is_waited_for(
    settings: ParallelSettings, client: ParallelClient, stand_in: StandIn
) -> None:
    stand_in.script("parallel", {"statuses": ["action_required", "running", "cancelling", "some_new_word"]})
    assert wait(settings, created(client))[0].status == "completed"
    assert looks(stand_in) == 5


@pytest.mark.parametrize(
    ("status", "code"), [("failed", "parallel_task_failed"), ("cancelled", "parallel_task_cancelled")]
)
def test_other_ends_are_ends(
    status: str,
    code: str,
    settings: ParallelSettings,
    client: ParallelClient,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stand_in.script("parallel", {"status": status})
    run, slept = wait(settings, created(client))
    assert (run.status, run.has_ended, len(slept)) == (status, True, 2)
    assert client.status(run.run_id) == run
    with pytest.raises(DeepResearchError, match="Run the step again") as failure:
        require_completed(run)
    assert (failure.value.phase, failure.value.code, failure.value.retryable) == (ResearchPhase.STATUS, code, False)
    assert_discreet(failure.value, caplog)


def test_a_run_that_has_not_ended_has_no_result_yet(client: ParallelClient) -> None:
    with pytest.raises(DeepResearchError) as failure:
        require_completed(client.status(created(client)))
    assert (failure.value.code, failure.value.retryable) == ("run_still_active", True)


# ---------------------------------------------------------------------------------------------------- failed creating
NOT_CREATED: list[tuple[dict[str, Any], str, bool]] = [
    ({"status": 401}, "authentication", False),
    ({"status": 402}, "quota", False),
    ({"status": 403}, "authentication", False),
    ({"status": 404}, "configuration", False),
    ({"status": 422}, "refused", False),
    ({"status": 302}, "configuration", False),
    ({"status": 429, "retry_after": 17}, "rate_limited", True),
    ({"status": 500}, "unavailable", True),
    ({"status": 502}, "unavailable", True),
    ({"status": 503}, "unavailable", True),
]


@pytest.mark.parametrize(("dial", "kind", "retryable"), NOT_CREATED)
def test_a_refused_run_is_not_created(
    dial: dict[str, Any],
    kind: str,
    retryable: bool,
    client: ParallelClient,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.dial("parallel_create", **dial)
    with pytest.raises(DeepResearchError) as failure:
        created(client)
    error = failure.value
    assert (error.phase, error.code, error.http_status) == (
        ResearchPhase.CREATE,
        "task_creation_failed",
        dial["status"],
    )
    assert (error.kind, error.retryable, error.may_have_been_sent) == (kind, retryable, False)
    assert error.retry_after == dial.get("retry_after")
    assert stand_in.tasks() == []
    assert len(stand_in.requests("parallel")) == 1
    assert_discreet(error, caplog)


MAYBE_CREATED: list[tuple[dict[str, Any], str, str]] = [
    ({"drop": True}, "unavailable", "task_creation_exception"),
    ({"truncate": 20}, "unavailable", "task_creation_exception"),
    ({"body": "<html>Bad gateway</html>"}, "unavailable", "task_creation_exception"),
    ({"body": "{}"}, "unavailable", "task_creation_exception"),
    ({"body": '{"run_id": " ", "status": "queued"}'}, "unavailable", "task_creation_exception"),
    ({"body": "[" * 100_000}, "unavailable", "task_creation_exception"),
    ({"delay": 1}, "timeout", "task_creation_exception"),
]


@pytest.mark.parametrize(("dial", "kind", "code"), MAYBE_CREATED)
def test_a_lost_answer_is_never_asked_for_again(
    dial: dict[str, Any],
    kind: str,
    code: str,
    settings: ParallelSettings,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.dial("parallel_create", **dial)
    with pytest.raises(DeepResearchError, match="may have been created and billed") as failure:
        ParallelClient(replace(settings, timeout_seconds=patience(dial))).create(PROMPT, "pro", {})
    error = failure.value
    assert (error.phase, error.code, error.kind) == (ResearchPhase.CREATE, code, kind)
    assert error.may_have_been_sent
    assert not error.retryable
    assert len(stand_in.tasks()) == 1, "it was created, and nobody but the provider knows"
    assert_discreet(error, caplog)


@pytest.mark.parametrize("status", [408, 504, 524])
def test_a_gateway_that_gave_up_waiting_may_have_let_the_request_through(
    status: int, client: ParallelClient, stand_in: StandIn
) -> None:
    stand_in.dial("parallel_create", status=status)
    with pytest.raises(DeepResearchError) as failure:
        created(client)
    assert (failure.value.may_have_been_sent, failure.value.retryable) == (True, False)
    assert (failure.value.code, failure.value.http_status) == ("task_creation_failed", status)


def test_what_never_left_may_be_tried_again(settings: ParallelSettings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    nowhere = replace(settings, base_url=f"http://127.0.0.1:{port}")
    with pytest.raises(
        DeepResearchError, match=rf"at 127.0.0.1:{port} \(connection prospecting_parallel\) cannot be reached"
    ) as failure:
        ParallelClient(nowhere).create(PROMPT, "pro", {})
    error = failure.value
    assert (error.phase, error.code) == (ResearchPhase.CREATE, "task_creation_exception")
    assert (error.kind, error.retryable, error.may_have_been_sent) == ("unavailable", True, False)


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (httpx.ConnectTimeout("x"), False),
        (httpx.PoolTimeout("x"), False),
        (httpx.ProxyError("x"), False),
        (httpx.ReadTimeout("x"), True),
        (httpx.WriteTimeout("x"), True),
        (httpx.ReadError("x"), True),
        (httpx.WriteError("x"), True),
        (httpx.RemoteProtocolError("x"), True),
        (httpx.DecodingError("x"), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_what_surely_never_left_counts_as_not_sent(
    error: Exception, lost: bool, settings: ParallelSettings
) -> None:
    from prospecting.agents.parallel import _not_created

    failure = _not_created(error, settings)
    assert (failure.may_have_been_sent, failure.retryable) == (lost, not lost)


@pytest.mark.parametrize("base_url", ["no address", "ftp://files.example", "http://a b\n"])
def test_an_address_that_is_none_is_for_a_person_to_mend(settings: ParallelSettings, base_url: str) -> None:
    client = ParallelClient(replace(settings, base_url=base_url))
    for attempt in (lambda: created(client), lambda: client.status("trun_1"), lambda: client.result("trun_1")):
        with pytest.raises(DeepResearchError, match="prospecting_parallel") as failure:
            attempt()
        assert (failure.value.phase, failure.value.code) == (ResearchPhase.CONFIG, "invalid_base_url")
        assert not failure.value.retryable
        assert not failure.value.may_have_been_sent


def test_a_processor_the_provider_does_not_have_is_named(client: ParallelClient, stand_in: StandIn) -> None:
    with pytest.raises(DeepResearchError, match='processor "ulta"') as failure:
        client.create(PROMPT, "ulta", {})
    assert failure.value.http_status == 403
    assert stand_in.tasks() == []


@pytest.mark.parametrize(
    ("key", "code"),
    [("", "missing_parallel_api_key"), (" \n", "missing_parallel_api_key"), ("a “key”", "invalid_parallel_api_key")],
)
def test_nothing_is_asked_without_a_key(key: str, code: str, settings: ParallelSettings, stand_in: StandIn) -> None:
    keyless = replace(settings, api_key=key, connection_id="prospecting_parallel_2")
    client = ParallelClient(keyless)
    attempts = [
        lambda: client.create(PROMPT, "pro", {}),
        lambda: client.status("trun_1"),
        lambda: client.result("trun_1"),
        lambda: wait(keyless, "trun_1"),
    ]
    for attempt in attempts:
        with pytest.raises(DeepResearchError, match=r"\bprospecting_parallel_2\b") as failure:
            attempt()
        error = failure.value
        assert (error.phase, error.code, error.kind) == (ResearchPhase.CONFIG, code, "authentication")
        assert key.strip() == "" or key not in str(error)
    assert stand_in.requests() == []


def test_a_key_pasted_with_a_newline_works(settings: ParallelSettings, stand_in: StandIn) -> None:
    created(ParallelClient(replace(settings, api_key=f" {KEY}\n")))
    assert stand_in.requests("parallel")[0]["headers"]["x-api-key"] == KEY


def test_the_key_is_not_in_the_repr(settings: ParallelSettings) -> None:
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("prompt", "metadata", "code"),
    [
        ("x" * 25_001, {}, "input_too_long"),
        ("x", {"k" * 17: "v"}, "invalid_metadata"),
        ("x", {"k": "v" * 513}, "invalid_metadata"),
    ],
)
def test_what_the_provider_would_refuse_is_not_sent(
    prompt: str, metadata: dict[str, str], code: str, client: ParallelClient, stand_in: StandIn
) -> None:
    with pytest.raises(DeepResearchError, match="was not asked") as failure:
        client.create(prompt, "pro", metadata)
    assert (failure.value.phase, failure.value.code) == (ResearchPhase.CONFIG, code)
    assert stand_in.requests() == []


def test_the_limits_themselves_are_accepted(client: ParallelClient, stand_in: StandIn) -> None:
    client.create("x" * 25_000, "pro", {"k" * 16: "v" * 512})
    assert len(stand_in.tasks()) == 1


def test_half_characters_do_not_stop_a_run(client: ParallelClient, stand_in: StandIn) -> None:
    client.create("Zoë \ud83d and \x00", "pro", {})
    assert stand_in.tasks()[0]["input"] == "Zoë \ufffd and \ufffd"


# ----------------------------------------------------------------------------------------------------- failed waiting
PASSING: list[dict[str, Any]] = [
    {"status": 408},
    {"status": 409},
    {"status": 425},
    {"status": 429},
    {"status": 500},
    {"status": 502},
    {"drop": True},
    {"truncate": 10},
    {"body": "<html>"},
    {"body": "[]"},
    {"delay": 4},
]


@pytest.mark.parametrize("dial", PASSING, ids=str)
def test_failures_that_may_pass_do_not_end_the_wait(
    dial: dict[str, Any], settings: ParallelSettings, client: ParallelClient, stand_in: StandIn
) -> None:
    stand_in.script("parallel", {"polls": 1})
    run_id = created(client)
    stand_in.dial("parallel_status", times=2, **dial)
    ended, slept = wait(replace(settings, timeout_seconds=patience(dial)), run_id)
    assert ended.status == "completed"
    assert slept == [1, 2, 4]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "authentication"), (402, "quota"), (403, "authentication"), (404, "configuration"), (422, "refused")],
)
def test_failures_that_do_not_pass_end_the_wait(
    status: int,
    kind: str,
    settings: ParallelSettings,
    client: ParallelClient,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    run_id = created(client)
    stand_in.dial("parallel_status", status=status)
    with pytest.raises(DeepResearchError) as failure:
        wait(settings, run_id)
    error = failure.value
    assert (error.phase, error.code, error.http_status) == (ResearchPhase.STATUS, "status_fetch_failed", status)
    assert (error.kind, error.retryable) == (kind, False)
    assert looks(stand_in) == 1
    assert_discreet(error, caplog)


def test_a_wait_as_long_as_asked_for(settings: ParallelSettings, client: ParallelClient, stand_in: StandIn) -> None:
    run_id = created(client)
    stand_in.dial("parallel_status", status=429, retry_after=30, times=1)
    assert wait(settings, run_id)[1] == [1, 30, 4]
    run_id = created(client)
    stand_in.dial("parallel_status", status=503, retry_after=1, times=1)
    assert wait(settings, run_id)[1] == [1, 2, 4], "no shorter than ours"


def test_being_asked_to_wait_beyond_the_cap_ends_the_wait(
    settings: ParallelSettings, client: ParallelClient, stand_in: StandIn
) -> None:
    run_id = created(client)
    stand_in.dial("parallel_status", status=429, retry_after=3600)
    with pytest.raises(DeepResearchError, match="last seen: HTTP 429") as failure:
        wait(settings, run_id)
    assert (failure.value.code, failure.value.retryable) == ("poll_timeout", False)


def test_one_look_does_not_repeat_itself(client: ParallelClient, stand_in: StandIn) -> None:
    run_id = created(client)
    stand_in.dial("parallel_status", status=502)
    with pytest.raises(DeepResearchError) as failure:
        client.status(run_id)
    assert (failure.value.phase, failure.value.code) == (ResearchPhase.STATUS, "status_fetch_failed")
    assert failure.value.retryable
    assert looks(stand_in) == 1


def test_an_unknown_run_is_an_unknown_run(client: ParallelClient) -> None:
    with pytest.raises(DeepResearchError, match="knows no such run"):
        client.status("trun_of_somebody_else")


def test_a_run_id_cannot_lead_elsewhere(client: ParallelClient, stand_in: StandIn) -> None:
    with pytest.raises(DeepResearchError):
        client.status("../../search?x=1#")
    (asked,) = stand_in.requests()
    assert (asked["path"], asked["query"]) == ("/v1/tasks/runs/..%2F..%2Fsearch%3Fx%3D1%23", {})


# ---------------------------------------------------------------------------------------------------- failed fetching
RESULT_FAILURES: list[tuple[dict[str, Any], str, str, bool]] = [
    ({"status": 401}, "result_fetch_failed", "authentication", False),
    ({"status": 404}, "result_fetch_failed", "configuration", False),
    ({"status": 408}, "result_fetch_failed", "timeout", True),
    ({"status": 422}, "result_fetch_failed", "refused", False),
    ({"status": 429, "retry_after": 5}, "result_fetch_failed", "rate_limited", True),
    ({"status": 500}, "result_fetch_failed", "unavailable", True),
    ({"drop": True}, "result_fetch_exception", "unavailable", True),
    ({"truncate": 30}, "result_fetch_exception", "unavailable", True),
    ({"body": "<html>"}, "result_fetch_exception", "unavailable", True),
    ({"delay": 1}, "result_fetch_exception", "timeout", True),
]


@pytest.mark.parametrize(("dial", "code", "kind", "retryable"), RESULT_FAILURES)
def test_failures_of_the_result_lose_nothing(
    dial: dict[str, Any],
    code: str,
    kind: str,
    retryable: bool,
    settings: ParallelSettings,
    client: ParallelClient,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.script("parallel", {"polls": 0})
    run_id = created(client)
    stand_in.dial("parallel_result", times=1, **dial)
    hurried = ParallelClient(replace(settings, timeout_seconds=patience(dial)))
    with pytest.raises(DeepResearchError) as failure:
        hurried.result(run_id)
    error = failure.value
    assert (error.phase, error.code, error.http_status) == (ResearchPhase.RESULT, code, dial.get("status"))
    assert (error.kind, error.retryable, error.retry_after) == (kind, retryable, dial.get("retry_after"))
    assert not error.may_have_been_sent
    assert_discreet(error, caplog)
    assert client.result(run_id), "it can be fetched later"


def test_the_result_of_an_active_run_is_not_there_yet(client: ParallelClient, stand_in: StandIn) -> None:
    run_id = created(client)
    with pytest.raises(DeepResearchError, match="still active") as failure:
        client.result(run_id)
    assert (failure.value.http_status, failure.value.retryable) == (408, True)
    assert stand_in.requests("parallel")[-1]["query"] == {"timeout": "5"}, "answers before we stop listening"


def test_a_failed_run_has_no_result(client: ParallelClient, stand_in: StandIn) -> None:
    stand_in.script("parallel", {"polls": 0, "status": "failed"})
    with pytest.raises(DeepResearchError, match="it failed, or belongs to another key") as failure:
        client.result(created(client))
    assert (failure.value.http_status, failure.value.retryable) == (404, False)


# ------------------------------------------------------------------------------------------------------------- others
def test_the_tasks_retry_policy_understands_the_failures(client: ParallelClient, stand_in: StandIn) -> None:
    def decision(**dial: Any) -> Any:
        stand_in.dial("parallel_create", **dial)
        with pytest.raises(DeepResearchError) as failure:
            created(client)
        return RetryByKind().evaluate(failure.value, 1, 3)

    assert decision(status=429, retry_after=40).retry_delay == timedelta(seconds=40)
    assert decision(status=500).action.name == "RETRY"
    assert decision(status=402).action.name == "FAIL"
    assert decision(drop=True).action.name == "FAIL"


def test_every_processor_has_a_price_and_a_cap() -> None:
    assert DEFAULT_USD_PER_RUN.keys() == DEFAULT_WAIT_CAPS.keys()
    settings = ParallelSettings("key")
    assert (settings.usd_for("pro"), settings.cap_for("pro")) == (Decimal("0.1"), 1800)
    assert (settings.usd_for("ultra-fast"), settings.cap_for("ultra-fast")) == (Decimal("0.3"), 2700)


def test_fast_variants_may_have_entries_of_their_own() -> None:
    settings = ParallelSettings("key", wait_caps={"pro": 9, "pro-fast": 5}, usd_per_run={"pro-fast": Decimal(0)})
    assert (settings.usd_for("pro-fast"), settings.cap_for("pro-fast"), settings.cap_for("new")) == (0, 5, 9)


def test_a_processor_without_a_price_is_refused_before_it_costs_something() -> None:
    with pytest.raises(DeepResearchError, match="extra usd_per_run of the connection prospecting_parallel") as failure:
        ParallelSettings("key").usd_for("ulta")
    assert (failure.value.phase, failure.value.code) == (ResearchPhase.CONFIG, "unknown_processor")


def test_many_waits_share_one_thread(settings: ParallelSettings, client: ParallelClient, stand_in: StandIn) -> None:
    stand_in.script("parallel", {"polls": 3})
    run_ids = [created(client) for _ in range(20)]
    quick = replace(settings, poll_delays=(0.01,))

    async def all_of_them() -> list[TaskRun]:
        return await asyncio.gather(*(wait_for_end(quick, run_id, "pro") for run_id in run_ids))

    assert {run.run_id for run in asyncio.run(all_of_them()) if run.status == "completed"} == set(run_ids)
    assert len(stand_in.requests("parallel")) == 20 + 60


def test_importing_the_client_loads_no_client_library() -> None:
    script = (
        "import sys, prospecting.agents.parallel, prospecting.agents.deep_research\n"
        "import prospecting.agents.operations_service\n"
        "heavy = {'openai', 'httpx', 'airflow', 'pydantic_ai'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": "plugins"}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# -------------------------------------------------------------------------------------------------- pages of runs
@pytest.mark.parametrize(
    ("base_url", "page"),
    [
        ("https://api.parallel.ai", "https://platform.parallel.ai/play/deep-research/trun_1"),
        ("https://api.parallel.ai/", "https://platform.parallel.ai/play/deep-research/trun_1"),
        ("https://proxy.example/parallel/", "https://proxy.example/parallel/v1/tasks/runs/trun_1"),
    ],
)
def test_a_run_has_a_page_at_its_provider(base_url: str, page: str) -> None:
    assert ParallelSettings(api_key="key", base_url=base_url).run_page("trun_1") == page


def test_an_odd_number_stays_within_its_page() -> None:
    assert ParallelSettings(api_key="key").run_page("../x?y").endswith("/deep-research/..%2Fx%3Fy")
