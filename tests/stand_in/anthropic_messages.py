"""Anthropic's messages contract: ``POST /v1/messages``."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from tests.stand_in.chat_completions import DEFAULT_USAGE
from tests.stand_in.contract import Reply, Request
from tests.stand_in.made_up import answer_for

_VERSION = re.compile(r"20\d\d-\d\d-\d\d")
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
LOW_CREDIT = "credit_balance_too_low"
"""A code for the dial ``status=400``: the service has none for this, and says it in words."""


class AnthropicMessages:
    """A model that searches first and answers then, by the same rules as the one of ``ChatCompletions``.

    A rule is ``{"contains": text in the user's message, "searches": [queries], "reply": text, "usage": [in, out],
    "stop_reason": "end_turn"}``; all keys are optional, the first matching rule counts, and without ``reply`` the
    answer is made up from the question. ``stop_reason`` is the one of the answer: ``max_tokens``, ``refusal``.
    """

    name = "anthropic"

    def __init__(self) -> None:
        self._rules: list[dict[str, Any]] = []
        self._ids = itertools.count(1)

    def owns(self, request: Request) -> bool:
        return request.method == "POST" and request.path == "/v1/messages"

    def script(self, rules: list[dict[str, Any]]) -> None:
        self._rules = rules

    def error(self, status: int, code: str | None) -> Reply:
        # The service repeats parts of the request in its messages.
        message = "the key sk-ant-**** and messages.0, which began with the user's question, are not acceptable"
        if code == LOW_CREDIT:
            message = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."
        kind = _TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return Reply.json(
            {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_stand_in"}, status
        )

    def answer(self, request: Request) -> Reply:
        if not (request.headers.get("x-api-key") or request.bearer):
            return self.error(401, None)
        body = request.body if isinstance(request.body, dict) else {}
        messages = body.get("messages")
        # Unlike others, this service insists on a version and on a limit for the answer.
        if (
            not _VERSION.fullmatch(request.headers.get("anthropic-version", ""))
            or not isinstance(messages, list)
            or not body.get("model")
            or not isinstance(body.get("max_tokens"), int)
        ):
            return self.error(400, None)
        user_text = "\n".join(part["text"] for part in _parts(messages) if part.get("type") == "text")
        rule = next((rule for rule in self._rules if rule.get("contains", "") in user_text), {})
        searches = rule.get("searches", ["what is known about this"])
        done = sum(part.get("type") == "tool_result" for part in _parts(messages))
        if body.get("tools") and done < len(searches):
            call = {
                "type": "tool_use",
                "id": f"toolu_{next(self._ids)}",
                "name": body["tools"][0]["name"],
                "input": {"query": searches[done]},
            }
            return self._message(request, rule, call, "tool_use")
        stop_reason = rule.get("stop_reason", "end_turn")
        if stop_reason == "refusal":
            return self._message(request, rule, None, stop_reason)
        reply = rule["reply"] if "reply" in rule else answer_for(user_text)
        return self._message(request, rule, {"type": "text", "text": reply}, stop_reason)

    def _message(self, request: Request, rule: dict[str, Any], part: dict[str, Any] | None, stop_reason: str) -> Reply:
        tokens_in, tokens_out = rule.get("usage", DEFAULT_USAGE)
        return Reply.json(
            {
                "id": f"msg_{next(self._ids)}",
                "type": "message",
                "role": "assistant",
                "model": request.body["model"],
                "content": [] if part is None else [part],
                "stop_reason": stop_reason,
                "stop_sequence": None,
                "usage": {
                    "input_tokens": tokens_in,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 0,
                    "output_tokens": tokens_out,
                },
            }
        )


def _parts(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The parts of what the user said; results of tools are the user's, too."""
    for message in messages:
        content = message.get("content")
        if message.get("role") == "user":
            yield from [{"type": "text", "text": content}] if isinstance(content, str) else content or []
