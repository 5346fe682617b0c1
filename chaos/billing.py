"""Which questions reached the agents that stand in, and which of them had been answered before.

A call that was in flight when its worker died may have been billed, and nobody knows the answer: it is asked again.
Everything else that is asked twice is money lost.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, text

from tests.stand_in.server import StandIn

_IN_FLIGHT = """
    select id, scope, request_key from agent_calls where status = 'started' and external_id is null"""


@dataclass(frozen=True, slots=True)
class Bill:
    """``questions``: different ones; ``calls``: billed ones, of which ``again`` had an answer already."""

    questions: int
    calls: int
    again: int


def in_flight(connection: Connection) -> set[int]:
    """The calls that nobody has recorded an answer of."""
    return {row.id for row in connection.execute(text(_IN_FLIGHT))}


def bill(stand_in: StandIn, runs: int, excused: int) -> Bill:
    """The calls that agents would charge for ``runs`` DAG runs, of which ``excused`` lost their answer to a fault.

    Each run of a DAG asks on its own account, so ``runs`` times a question are no mistake.
    """
    asked = Counter(_question(request) for request in stand_in.requests("llm") if _is_first_round(request))
    asked.update(json.dumps(task["input"]) for task in stand_in.tasks())
    repeated = sum(max(0, times - runs) for times in asked.values())
    return Bill(len(asked), asked.total(), max(0, repeated - excused))


def _is_first_round(request: dict[str, object]) -> bool:
    body = request["body"]
    assert isinstance(body, dict)
    return not any(message["role"] == "tool" for message in body["messages"])


def _question(request: dict[str, object]) -> str:
    body = request["body"]
    assert isinstance(body, dict)
    return "\n".join(str(message["content"]) for message in body["messages"] if message["role"] == "user")
