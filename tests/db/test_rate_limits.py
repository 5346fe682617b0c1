"""Token buckets: full at first, refilled by the clock, shared by everyone."""

from __future__ import annotations

import multiprocessing
import time

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from prospecting.agents.errors import RateLimited
from prospecting.agents.rate_limits import RateLimit, RateLimiter
from prospecting.persistence.agent_calls import take_token
from prospecting.persistence.database import application_url


def take(connection: Connection, capacity: float = 3, refill: float = 0.001) -> float:
    """From a bucket so slow that nothing comes back while the test runs, on whichever machine."""
    return take_token(connection, provider="llm", capacity=capacity, refill_per_second=refill)


def pass_time(connection: Connection, seconds: float) -> None:
    connection.execute(
        text("update rate_limits set refilled_at = refilled_at - make_interval(secs => :seconds)"), {"seconds": seconds}
    )


def test_a_bucket_starts_full_and_empties(connection: Connection) -> None:
    assert [take(connection) for _ in range(3)] == [0, 0, 0]
    assert take(connection) == pytest.approx(1000, abs=60)


def test_asking_in_vain_costs_nothing(connection: Connection) -> None:
    for _ in range(20):
        take(connection)
    assert take(connection) == pytest.approx(1000, abs=60)
    pass_time(connection, 1000)
    assert take(connection) == 0
    assert take(connection) > 0


def test_a_bucket_never_overflows(connection: Connection) -> None:
    take(connection)
    pass_time(connection, 3600)
    assert [take(connection) == 0 for _ in range(5)] == [True, True, True, False, False]


def test_a_clock_set_back_takes_nothing_away(connection: Connection) -> None:
    take(connection)
    pass_time(connection, -3600)
    assert [take(connection) == 0 for _ in range(3)] == [True, True, False]


def test_new_settings_hold_at_once(connection: Connection) -> None:
    take(connection, capacity=100)
    assert [take(connection, capacity=2) == 0 for _ in range(3)] == [True, True, False]
    assert take(connection, capacity=2, refill=10) <= 0.1


def test_providers_have_buckets_of_their_own(connection: Connection) -> None:
    take(connection, capacity=1)
    assert take_token(connection, provider="search", capacity=1, refill_per_second=1) == 0


def test_a_turn_too_far_away_is_refused_at_once(engine: Engine) -> None:
    limiter = RateLimiter(engine, {"llm": RateLimit(1, 0.01, max_wait_seconds=5)})
    limiter.wait("llm")
    started = time.monotonic()
    with pytest.raises(RateLimited, match="No free turn") as failure:
        limiter.wait("llm")
    assert time.monotonic() - started < 2
    assert failure.value.retry_after == pytest.approx(100, abs=5)


def test_waiting_takes_the_turn(engine: Engine) -> None:
    limiter = RateLimiter(engine, {"llm": RateLimit(1, 10)})
    started = time.monotonic()
    for _ in range(4):
        limiter.wait("llm")
    assert time.monotonic() - started >= 0.28
    limiter.wait("somebody without a limit")


def _take_turns(database_url: str, turns: int, taken: multiprocessing.Queue[list[float]]) -> None:
    engine = create_engine(application_url(database_url), poolclass=NullPool)
    limiter = RateLimiter(engine, {"llm": RateLimit(5, 20)})
    moments = []
    for _ in range(turns):
        limiter.wait("llm")
        moments.append(time.time())
    taken.put(moments)


def test_two_processes_share_one_rate(database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    taken: multiprocessing.Queue[list[float]] = context.Queue()
    workers = [context.Process(target=_take_turns, args=(database_url, 20, taken)) for _ in range(2)]
    for worker in workers:
        worker.start()
    moments = sorted(moment for _ in workers for moment in taken.get(timeout=60))
    for worker in workers:
        worker.join()
    assert len(moments) == 40
    # In no stretch of time were there more turns than the bucket allows; 0.2 s of grace for slow processes.
    assert [
        (first, last)
        for first, start in enumerate(moments)
        for last, end in enumerate(moments[first:], first)
        if last - first + 1 > 5 + 20 * (end - start + 0.2)
    ] == []
