"""The bill of those who stand in, and what on it was paid for before.

A round of a model has a key under which it is known until its answer has come back, so none is ever billed again. A
search, a piece of research and a message to people have none: when a worker dies while one is in flight, nobody knows
the answer, and it is asked for again. Everything else that is asked twice is money lost.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from tests.stand_in.server import StandIn

_IN_FLIGHT = """
    select 'call ' || id from agent_calls where status = 'started' and external_id is null
    union all
    select 'digest ' || id || ' claimed ' || claimed_at from digests where sent_at is null"""


@dataclass(frozen=True, slots=True)
class Bill:
    """``questions``: different ones; ``calls``: billed ones, of which ``again`` had an answer already."""

    questions: int
    calls: int
    again: int


def in_flight(connection: Connection) -> set[str]:
    """The calls that nobody has recorded an answer of, and the tries of digests that nobody knows to have been sent."""
    return set(connection.scalars(text(_IN_FLIGHT)))


def bill(stand_in: StandIn, runs: int, excused: int) -> Bill:
    """The bill of ``runs`` DAG runs, of whose searches, research and messages ``excused`` lost their answer to a fault.

    Each run of a DAG asks on its own account, so ``runs`` times a question are no mistake; a message is sent once.
    """
    rounds = Counter(_round(request) for request in stand_in.billed("llm"))
    research = Counter(json.dumps(task["input"]) for task in stand_in.tasks())
    messages = Counter(json.dumps(post["body"]) for post in stand_in.billed("slack"))
    # All queries are alike: the model that stands in searches once, after the first round of every conversation.
    wanted, searches = sum(map(_is_first_round, stand_in.billed("llm"))), len(stand_in.billed("search"))
    unknown = _more_often(research, runs) + _more_often(messages, 1) + max(0, searches - wanted)
    return Bill(
        len(rounds) + len(research) + len(messages) + min(searches, wanted),
        rounds.total() + research.total() + messages.total() + searches,
        _more_often(rounds, runs) + max(0, unknown - excused),
    )


def _more_often(asked: Counter[str], runs: int) -> int:
    return sum(max(0, times - runs) for times in asked.values())


def _round(request: dict[str, Any]) -> str:
    return json.dumps(request["body"], sort_keys=True)


def _is_first_round(request: dict[str, Any]) -> bool:
    return not any(message["role"] == "tool" for message in request["body"]["messages"])
