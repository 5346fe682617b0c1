"""Fetches answers that somebody else's task got, wherever they are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from airflow.sdk import ObjectStoragePath
from pydantic import BaseModel

from prospecting.persistence import agent_calls
from prospecting.services.runtime import Runtime

_CALL_ID = re.compile(r"\d{1,18}")
# A web address is what an agent may well answer, and nothing that should be fetched because an agent said so.
_PATH = re.compile(r"(?!https?://)[a-z][a-z0-9+.-]*://\S+")
_CALL = {"call_id", "reused", "cost_usd"}
"""The keys of what ``AskAgentOperator`` returns."""


def fetch_answer(answer: Any, runtime: Runtime) -> Any:
    """Returns an agent's answer, unread, as the parsers take it.

    ``answer`` is the id of a call in the ledger (a number, digits, or what ``AskAgentOperator`` returned), a path in
    object storage (``s3://aws_default@bucket/answer.json``, ``file:///data/answer.json``), or the answer itself: text,
    or what a task returned (a dict, a list, a Pydantic model, or the outputs of a mapped task). So text that is
    nothing but digits or one path is never the answer itself; a web address is.

    Raises:
        LookupError: no call has this id, or it has no answer; nothing is at the path.
        ValueError: there is no answer at all.
    """
    if isinstance(answer, bool) or answer is None or answer == "":
        raise ValueError("answer is empty: give a ledger call's id, a path in object storage, or the answer itself")
    if (call_id := call_id_of(answer)) is not None:
        content = runtime.read(lambda connection: agent_calls.find_response(connection, call_id))
        if content is None:
            raise LookupError(f"answer: no call {call_id} with an answer is in the ledger; see the table agent_calls")
        return content
    if (path := _path(answer)) is not None:
        storage = ObjectStoragePath(path)
        try:
            return storage.read_bytes()
        except FileNotFoundError:
            raise LookupError(f"answer: nothing is at {storage}") from None
    return _plain(answer)


def _plain(answer: Any) -> Any:
    """Models as their values, and what only behaves like a list (the outputs of a mapped task) as a list."""
    if isinstance(answer, BaseModel):
        return answer.model_dump(mode="json")
    if isinstance(answer, Sequence) and not isinstance(answer, (str, bytes, bytearray)):
        return [_plain(item) for item in answer]
    return answer


def describe_answer(answer: Any) -> str | None:
    """Names the place an answer is kept at (``call 17``, a path); ``None`` for an answer that is given itself."""
    if (call_id := call_id_of(answer)) is not None:
        return f"call {call_id}"
    return _path(answer)


def time_of_answer(answer: Any, runtime: Runtime) -> datetime | None:
    """When an answer was given; ``None`` when only a ledger could know and it is not in ours."""
    call_id = call_id_of(answer)
    if call_id is None:
        return None
    return runtime.read(lambda connection: agent_calls.find_answer_time(connection, call_id))


def day_of_answer(answer: Any, runtime: Runtime) -> date | None:
    """The day (UTC) an answer was given; ``None`` when only a ledger could know and it is not in ours."""
    answered = time_of_answer(answer, runtime)
    return answered.astimezone(UTC).date() if answered else None


def call_id_of(answer: Any) -> int | None:
    """The ledger call that an answer is given as; ``None`` for any other answer."""
    if isinstance(answer, Mapping) and set(answer) == _CALL:
        answer = answer["call_id"]
    if isinstance(answer, bool):
        return None
    if isinstance(answer, int) or (isinstance(answer, str) and _CALL_ID.fullmatch(answer.strip())):
        return int(answer)
    return None


def _path(answer: Any) -> str | None:
    text = answer.strip() if isinstance(answer, str) else ""
    return text if _PATH.fullmatch(text) else None
