"""Metrics as StatsD gets them: real packets, by the client that Airflow's workers use."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics.stats_utils import get_stats_factory
from sqlalchemy import Engine, text

from prospecting.agents.errors import AuthenticationFailed
from prospecting.agents.ledger import SettledCall
from prospecting.hooks.metrics import count_briefings, count_call
from prospecting.operators.agents import AskAgentOperator
from prospecting.operators.signals import SaveEventsOperator
from prospecting.operators.slots import EvaluateSlotsOperator
from prospecting.services.signal_params import SignalParams
from prospecting.tasks import signal_execution, signal_schedule
from tests.dags.filling import OTHERS, queue
from tests.dags.runs import TaskCaller

QUESTION = {
    "agent": "event_discovery",
    "keyword": "BSidesSF",
    "starts_from": "2018-01-01",
    "starts_until": "2019-12-31",
}
EVENTS: list[Any] = [{"name": "Ledger Days", "start_date": "2027-03-15", "city": "Berlin"}, {"name": ""}]

Packets = Callable[[], dict[str, float]]


@pytest.fixture
def packets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Packets]:
    """What has come since one last asked: the sums of values, by name with tags; of timers, how many."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    server.setblocking(False)
    for name, value in {
        "ON": "True", "HOST": "127.0.0.1", "PORT": str(server.getsockname()[1]), "INFLUXDB_ENABLED": "True"
    }.items():  # fmt: skip
        monkeypatch.setenv(f"AIRFLOW__METRICS__STATSD_{name}", value)
    stats.initialize(factory=get_stats_factory(), export_legacy_names=False)

    def read() -> dict[str, float]:
        found: dict[str, float] = {}
        while True:
            try:
                line = server.recv(65_536).decode()
            except BlockingIOError:
                return found
            sent = re.fullmatch(r"airflow\.prospecting\.([^:]+):([\d.]+)\|(c|g|ms)", line)
            assert sent, line
            name, value, kind = sent.groups()
            found[name] = found.get(name, 0) + (1 if kind == "ms" else float(value))

    yield read
    server.close()
    monkeypatch.undo()
    stats.initialize(factory=get_stats_factory(), export_legacy_names=False)


def test_a_call_is_counted_once_when_it_ends(call: TaskCaller, packets: Packets) -> None:
    def ask(scope: str) -> None:
        call.execute(AskAgentOperator(task_id="ask", question=QUESTION, scope=scope))

    ask("a")
    asked = ",agent=event_discovery,provider=catalog"
    assert packets() == {f"agent_calls.succeeded{asked}": 1, f"agent_calls.duration{asked}": 1}
    ask("a")
    assert packets() == {}, "the same scope gets the same answer again"
    with pytest.raises(AuthenticationFailed):
        call.execute(AskAgentOperator(task_id="ask", question=QUESTION, provider="live", scope="a"))
    assert packets() == {}, "nobody was asked"


def test_what_a_call_costs_and_why_it_failed(packets: Packets) -> None:
    spent = {"latency_ms": 1_500, "input_tokens": 700, "output_tokens": 30, "cost_usd": Decimal("0.012345")}
    count_call(SettledCall("people", "live:eu", "succeeded", **spent))
    count_call(SettledCall("people", "live:eu", "failed", **spent | {"cost_usd": None}, error_kind="rate_limited"))
    count_call(SettledCall("people", "live:eu", "reused"))
    asked = ",agent=people,provider=live_eu"
    assert packets() == {
        f"agent_calls.succeeded{asked}": 1,
        f"agent_calls.failed{asked},error_kind=rate_limited": 1,
        f"agent_calls.reused{asked}": 1,
        f"agent_calls.duration{asked}": 2,
        f"agent_calls.input_tokens{asked}": 1_400,
        f"agent_calls.output_tokens{asked}": 60,
        f"agent_calls.cost_micro_usd{asked}": 12_345,
    }
    count_briefings("company", 3)
    count_briefings("person", 0)
    assert packets() == {"briefings.saved,kind=company": 3}


def test_what_is_saved_again_is_not_new(call: TaskCaller, packets: Packets) -> None:
    def save() -> None:
        call.execute(SaveEventsOperator(task_id="save", answer=EVENTS, source_system="ours"))

    save()
    found = packets()
    (dag,) = {name.partition(",")[2] for name in found}
    assert found == {f"events.new,{dag}": 1, f"records.rejected,{dag}": 1}
    save()
    assert f"events.new,{dag}" not in packets()


def test_an_execution_tells_what_it_found(call: TaskCaller, packets: Packets) -> None:
    params = SignalParams(name="Ruby", event_keywords=["BSidesSF"], date_from="2018-01-01", extract_sponsors=False)
    execution_id = call(signal_execution.start_execution, params=params.model_dump(mode="json"))
    packets()
    call(signal_execution.summarize_execution, execution_id)
    assert packets() == {}, "nothing was found"


def test_the_queue_and_the_seats_are_measured(engine: Engine, call: TaskCaller, packets: Packets) -> None:
    queue(engine, *OTHERS[:2])
    with engine.begin() as connection:
        connection.execute(text("update agent_routing_log set routed_at = now() - interval '2 hours'"))
    call(signal_schedule.close_abandoned_runs)
    found = packets()
    oldest = found.pop("requests.oldest_age")
    assert 7_200 <= oldest < 7_800
    assert found == {"requests.waiting": 6, "requests.stuck": 0}


def test_nothing_is_counted_of_a_dry_run(engine: Engine, call: TaskCaller, packets: Packets) -> None:
    with engine.begin() as connection:
        connection.execute(text("insert into companies (name, name_key, source_system) values ('A', 'a', 'test')"))
    evaluate = {"task_id": "evaluate", "providers": ["live"]}
    call.execute(EvaluateSlotsOperator(**evaluate, dry_run=True))
    assert packets() == {}
    call.execute(EvaluateSlotsOperator(**evaluate))
    assert [name.partition(",")[0] for name in packets()] == ["requests.queued"]


def test_a_receiver_that_is_not_there_costs_nothing(monkeypatch: pytest.MonkeyPatch, packets: Packets) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_HOST", "nobody.invalid")
    stats.initialize(factory=get_stats_factory(), export_legacy_names=False)
    count_briefings("company", 3)
    assert packets() == {}
