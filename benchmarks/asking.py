"""The ledger around questions that take no time, and around many that wait: what it adds, one and several at once."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from sqlalchemy import Engine, text

from benchmarks.persistence import scratch_database
from benchmarks.results import Results, seconds
from prospecting.agents.ledger import Budget, Ledger
from prospecting.agents.searches import Answer, PeopleSearch, Search
from prospecting.agents.steps import Steps
from prospecting.services.asking import AskedAtOnce

LIMIT_SECONDS = 0.015
"""Database time that one question may take."""

WAITING = 0.25
"""Seconds that an agent takes where waiting is measured."""

BUDGET = Budget(max_usd=Decimal(1_000), max_calls=100_000)


class PaidAgents:
    """Answers of two thousand characters, after ``wait`` seconds."""

    provider = "llm"
    ttl_seconds = 3600

    def __init__(self, wait: float = 0.0) -> None:
        self._wait = wait

    def reserve_usd(self, search: Search) -> Decimal:
        return Decimal("0.25")

    def version(self, search: Search) -> str:
        return "bench/1"

    def answer(self, search: Search, steps: Steps) -> Answer:
        time.sleep(self._wait)
        return Answer(b"x" * 2_000, 10, 5, Decimal("0.01"))


def run(results: Results, *, rows: int) -> None:
    """``rows`` questions for each measurement of the ledger alone, a quarter of them where agents take their time."""
    with scratch_database() as engine:
        for at_once in (1, 16):
            work = partial(_ask, engine, f"free {at_once}", PaidAgents(), rows, at_once)
            wall, database = _measure(engine, work)
            print(f"{at_once} in flight: {rows / wall:.0f} questions a second", file=sys.stderr)
            results.add(
                f"database time of a question, {at_once} in flight", database / rows, LIMIT_SECONDS, "15 ms", "<= 1"
            )
        replayed = seconds(lambda: _ask(engine, "free 1", PaidAgents(), rows, 1)) / rows
        results.add("replaying an answer", replayed, LIMIT_SECONDS, "15 ms", "<= 1")
        few = max(8, rows // 4)
        wall = seconds(lambda: _ask(engine, "slow", PaidAgents(WAITING), few, 8))
        results.add(
            f"{few} questions of {WAITING:g} s, 8 in flight", wall, few * WAITING / 8, "waiting alone", "<= 1.3"
        )


def _ask(engine: Engine, scope: str, agents: PaidAgents, number: int, at_once: int) -> None:
    ledger = Ledger(engine, agents, scope, budget=BUDGET)
    questions = [PeopleSearch(f"Company {n} of {scope}") for n in range(number)]
    with AskedAtOnce(questions, ledger.ask, max_in_flight=at_once) as all_asked:
        for asked in all_asked:
            if asked.error is not None:
                raise asked.error


def _measure(engine: Engine, work: Callable[[], None]) -> tuple[float, float]:
    """Wall time, and the time that the server worked on statements, in seconds."""
    before = _active_seconds(engine)
    wall = seconds(work)
    return wall, _active_seconds(engine) - before


def _active_seconds(engine: Engine) -> float:
    engine.dispose()  # a session reports when it ends
    time.sleep(0.5)
    with engine.connect() as connection:
        found: float = connection.execute(
            text("select active_time / 1000 from pg_stat_database where datname = current_database()")
        ).scalar_one()
    return found
