"""The ledger's rows: what is written, what is found again, what counts as spent."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Connection, text

from prospecting.agents.searches import PeopleSearch
from prospecting.persistence import agent_calls
from prospecting.persistence.agent_calls import Spending

SEARCH = PeopleSearch("Acme")
KEY = SEARCH.key("llm")


def open_call(connection: Connection, scope: str = "a", key: str = KEY, agent: str = "people") -> int:
    return agent_calls.open_call(
        connection,
        scope=scope,
        agent=agent,
        provider="llm",
        request_key=key,
        request=SEARCH.to_request(),
        reserved_usd=Decimal("0.5"),
    )


def finish(connection: Connection, call_id: int, *, response: bytes = b"{}", ttl_seconds: int = 3600) -> bool:
    return agent_calls.finish_call(
        connection,
        call_id,
        response=response,
        latency_ms=1200,
        input_tokens=1000,
        output_tokens=50,
        cost_usd=Decimal("0.2"),
        ttl_seconds=ttl_seconds,
    )


def test_bytes_are_kept_exactly(connection: Connection) -> None:
    raw = bytes(range(256)) + "Zoë \x00".encode() + b"\xed\xa0\x80"
    assert finish(connection, open_call(connection), response=raw)
    answer = agent_calls.find_answer(connection, scope="a", request_key=KEY)
    assert answer is not None
    assert answer.content == raw
    assert answer.cost_usd == Decimal("0.2")


def test_requests_with_unstorable_text(connection: Connection) -> None:
    hostile = PeopleSearch("Nul\x00l \ud83d Ltd", target_functions=("C\x00O",))
    call_id = agent_calls.open_call(
        connection,
        scope="a",
        agent="people",
        provider="llm",
        request_key=hostile.key("llm"),
        request=hostile.to_request(),
        reserved_usd=Decimal(0),
    )
    stored = connection.execute(text("select request from agent_calls where id = :id"), {"id": call_id}).scalar_one()
    assert stored["company_name"] == "Nul\ufffdl \ufffd Ltd"
    assert stored["target_functions"] == ["C\ufffdO"]


def test_only_finished_calls_are_answers(connection: Connection) -> None:
    call_id = open_call(connection)
    assert agent_calls.find_answer(connection, scope="a", request_key=KEY) is None
    assert agent_calls.fail_call(connection, call_id, error_kind="timeout", error_message="late\x00")
    assert agent_calls.find_answer(connection, scope="a", request_key=KEY) is None
    assert not finish(connection, call_id), "an outcome is final"


def test_answers_of_other_scopes(connection: Connection) -> None:
    paid = open_call(connection, "a")
    finish(connection, paid)
    assert agent_calls.find_answer(connection, scope="b", request_key=KEY) is None
    found = agent_calls.find_answer(connection, scope="b", request_key=KEY, ttl_seconds=60)
    assert found is not None
    assert found.call_id == paid
    copy = agent_calls.reuse_answer(connection, scope="b", call_id=paid)
    again = agent_calls.find_answer(connection, scope="b", request_key=KEY)
    assert again is not None
    assert (again.call_id, again.content, again.cost_usd) == (copy, b"{}", Decimal(0))
    assert agent_calls.query_spending(connection, "b") == Spending(0, Decimal(0))


def test_expired_answers_are_not_reused(connection: Connection) -> None:
    call_id = open_call(connection, "a")
    finish(connection, call_id, ttl_seconds=3600)

    def found(ttl_seconds: int) -> bool:
        answer = agent_calls.find_answer(connection, scope="b", request_key=KEY, ttl_seconds=ttl_seconds)
        return answer is not None

    age = text("update agent_calls set finished_at = now() - interval '30 minutes' where id = :id")
    connection.execute(age, {"id": call_id})
    assert found(3600)
    assert not found(60), "a shorter time-to-live holds at once"
    connection.execute(text("update agent_calls set expires_at = now() - interval '1 second'"))
    assert not found(3600)


def test_answers_without_time_to_live_stay_with_their_scope(connection: Connection) -> None:
    finish(connection, open_call(connection, "a"), ttl_seconds=0)
    assert agent_calls.find_answer(connection, scope="b", request_key=KEY, ttl_seconds=3600) is None


def test_spending_counts_reservations_until_the_cost_is_known(connection: Connection) -> None:
    assert agent_calls.query_spending(connection, "a") == Spending(0, Decimal(0))
    first = open_call(connection)
    assert agent_calls.query_spending(connection, "a") == Spending(1, Decimal("0.5"))
    finish(connection, first)
    assert agent_calls.query_spending(connection, "a") == Spending(1, Decimal("0.2"))
    refused = open_call(connection, key="other")
    agent_calls.fail_call(connection, refused, error_kind="refused", error_message="no", cost_usd=Decimal(0))
    assert agent_calls.query_spending(connection, "a") == Spending(2, Decimal("0.2"))
    late = open_call(connection, key="other")
    agent_calls.fail_call(connection, late, error_kind="timeout", error_message="late")
    open_call(connection, key="third")
    assert agent_calls.abandon_unfinished(connection, scope="a", request_key="third") == 1
    assert agent_calls.query_spending(connection, "a") == Spending(4, Decimal("1.2"))
    assert agent_calls.query_spending(connection, "b") == Spending(0, Decimal(0))


def test_summary(connection: Connection) -> None:
    assert agent_calls.query_call_summary(connection, "a") == []
    finish(connection, open_call(connection))
    failed = open_call(connection, key="two")
    agent_calls.fail_call(
        connection, failed, error_kind="unavailable", error_message="gone", latency_ms=200, cost_usd=Decimal("0.1")
    )
    open_call(connection, key="three")
    agent_calls.abandon_unfinished(connection, scope="a", request_key="three")
    open_call(connection, key="four", agent="event_discovery")
    elsewhere = open_call(connection, "b", key="five")
    finish(connection, elsewhere)
    agent_calls.reuse_answer(connection, scope="a", call_id=elsewhere)
    for call, kinds in ((failed, "model search search page model"), (elsewhere, "model")):
        for sequence, kind in enumerate(kinds.split()):
            connection.execute(
                text(
                    "insert into agent_steps (call_id, sequence, kind, step_key, request, status) "
                    "values (:call, :sequence, :kind, 'k', '{}', 'failed')"
                ),
                {"call": call, "sequence": sequence, "kind": kind},
            )

    events, people = agent_calls.query_call_summary(connection, "a")
    assert (events.agent, events.calls, events.in_flight, events.unsettled_usd) == (
        "event_discovery",
        1,
        1,
        Decimal("0.5"),
    )
    assert events.average_latency_ms is None
    assert (people.calls, people.succeeded, people.reused, people.failed, people.abandoned) == (3, 1, 1, 1, 1)
    assert (people.input_tokens, people.output_tokens) == (1000, 50)
    assert (people.cost_usd, people.unsettled_usd) == (Decimal("0.3"), Decimal("0.5"))
    assert (people.average_latency_ms, people.longest_latency_ms) == (700, 1200)
    assert (people.model_rounds, people.searches, people.pages) == (2, 2, 1), "not those of another scope"
    assert (events.model_rounds, events.searches, events.pages) == (0, 0, 0)
