"""Answers that somebody else's task got, wherever they are kept."""

from __future__ import annotations

import re
from typing import Any

from airflow.sdk import ObjectStoragePath

from prospecting.persistence import agent_calls
from prospecting.services.runtime import Runtime

_CALL_ID = re.compile(r"\d{1,18}")
_PATH = re.compile(r"[a-z][a-z0-9+.-]*://\S+")


def fetch_answer(answer: Any, runtime: Runtime) -> Any:
    """What an agent answered, unread, as the parsers take it.

    ``answer`` is the id of a call in the ledger (a number, or digits), a path in object storage
    (``s3://aws_default@bucket/answer.json``, ``file:///data/answer.json``), or the answer itself: text, or what a task
    returned (dict, list).

    Raises:
        LookupError: no call has this id, or it has no answer; nothing is at the path.
        ValueError: there is no answer at all.
    """
    if isinstance(answer, bool) or answer is None or answer == "":
        raise ValueError("answer is empty: give a ledger call's id, a path in object storage, or the answer itself")
    text = answer.strip() if isinstance(answer, str) else ""
    if isinstance(answer, int) or _CALL_ID.fullmatch(text):
        call_id = int(answer)
        content = runtime.read(lambda connection: agent_calls.find_response(connection, call_id))
        if content is None:
            raise LookupError(f"answer: no call {call_id} with an answer is in the ledger; see the table agent_calls")
        return content
    if _PATH.fullmatch(text):
        path = ObjectStoragePath(text)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise LookupError(f"answer: nothing is at {path}") from None
    return answer
