"""The steps of answers: every request outside that a call of the ledger took, with what came back.

A call hangs on a scope and a question; its steps are found for every call of the same scope and question. Functions
take a connection and never commit; ``prospecting.agents.steps`` decides what is committed when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.database import clean_text, to_json
from prospecting.persistence.erased_identities import screen
from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class TriedStep:
    """One try of a step. ``succeeded``: what came back can be used; ``is_unusable``: it came back and cannot.

    ``error_kind``, ``error_message`` and ``http_status`` are those of a failed try.
    """

    id: int
    step_key: str
    succeeded: bool
    is_unusable: bool = False
    error_kind: str | None = None
    error_message: str | None = None
    http_status: int | None = None


def query_tries(connection: Connection, call_id: int) -> tuple[datetime | None, list[TriedStep]]:
    """When the question of a call was first asked in its scope, and the tries of its steps since, in order."""
    rows = connection.execute(statement("agent_steps/tries_of_question"), {"call_id": call_id}).all()
    tries = [
        TriedStep(
            row.id,
            row.step_key,
            row.status == "succeeded",
            row.status == "failed" and row.came_back,
            row.error_kind,
            row.error_message,
            row.http_status,
        )
        for row in rows
        if row.id is not None
    ]
    return (rows[0].first_at if rows else None), tries


def find_response(connection: Connection, step_id: int) -> bytes | None:
    """The answer of a step, as it is stored; ``None`` when nothing came back, or the step is gone."""
    found = connection.execute(statement("agent_steps/response_of_step"), {"step_id": step_id}).scalar_one_or_none()
    return None if found is None else bytes(found)


def open_step(
    connection: Connection, *, call_id: int, sequence: int, kind: str, step_key: str, request: Mapping[str, Any]
) -> int:
    """Record the intent to ask somebody outside; returns the row's id. ``kind``: model, search or page."""
    step_id: int = connection.execute(
        statement("agent_steps/open_step"),
        {
            "call_id": call_id,
            "sequence": sequence,
            "kind": kind,
            "step_key": step_key,
            "request": to_json(request),
        },
    ).scalar_one()
    return step_id


def finish_step(
    connection: Connection,
    step_id: int,
    *,
    response: bytes,
    latency_ms: int,
    input_tokens: int | None,
    output_tokens: int | None,
    cost_usd: Decimal | None,
    unusable: str | None = None,
) -> bytes:
    """Record what came back; returns it as it is stored: without people who asked to be forgotten.

    ``cost_usd`` ``None``: the price is not known. ``unusable``: a kind of error for what is not worth replaying. An
    outcome that was recorded before stays as it is.
    """
    stored: bytes = screen(connection, response)
    connection.execute(
        statement("agent_steps/finish_step"),
        {
            "step_id": step_id,
            "response": stored,
            "latency_ms": latency_ms,
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cost_usd": cost_usd,
            "unusable": unusable,
        },
    )
    return stored


def fail_step(
    connection: Connection,
    step_id: int,
    *,
    error_kind: str,
    error_message: str,
    latency_ms: int,
    http_status: int | None = None,
    cost_usd: Decimal | None = None,
) -> None:
    """Record a failure. ``cost_usd`` ``None``: unknown whether it was billed.

    ``error_message`` must be free of personal data, prompts and secrets.
    """
    connection.execute(
        statement("agent_steps/fail_step"),
        {
            "step_id": step_id,
            "error_kind": error_kind,
            "error_message": clean_text(error_message),
            "http_status": http_status,
            "latency_ms": latency_ms,
            "cost_usd": cost_usd,
        },
    )


def query_steps(connection: Connection, call_id: int) -> Sequence[RowMapping]:
    """The steps of a call and of the earlier calls of its scope with the same question, in the order they were taken.

    Without what came back, which may be large.
    """
    return connection.execute(statement("agent_steps/steps_of_question"), {"call_id": call_id}).mappings().all()
