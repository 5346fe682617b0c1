"""The OpenAI-compatible chat completions contract: ``POST /v1/chat/completions``."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

from tests.stand_in.contract import Reply, Request
from tests.stand_in.gullible import next_step
from tests.stand_in.made_up import answer_for

# Token numbers per round when a rule does not say: (prompt, completion).
DEFAULT_USAGE = (1000, 100)


class ChatCompletions:
    """A model that searches first and answers then.

    A rule is ``{"contains": text in the user's message, "searches": [queries], "reply": text, "usage": [in, out],
    "finish_reason": "stop", "refusal": text}``; all keys are optional and the first matching rule counts. Without
    ``reply`` the answer is made up from the question. Queries are asked one per round, as tool calls; after them pages
    are read, ``"reads": [addresses]``. With ``"gullible": true`` the model does whatever it reads (``gullible.py``).
    """

    name = "llm"

    def __init__(self) -> None:
        self._rules: list[dict[str, Any]] = []
        self._ids = itertools.count(1)

    def owns(self, request: Request) -> bool:
        return request.method == "POST" and request.path.endswith("/chat/completions")

    def script(self, rules: list[dict[str, Any]]) -> None:
        self._rules = rules

    def error(self, status: int, code: str | None) -> Reply:
        # Real providers repeat the end of the key and parts of the request in their messages.
        message = "Incorrect API key provided: llm-k**t; your message began with the user's question"
        kind = "insufficient_quota" if code == "insufficient_quota" else "invalid_request_error"
        return Reply.json({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)

    def answer(self, request: Request) -> Reply:
        if request.bearer is None:
            return self.error(401, "invalid_api_key")
        messages = request.body.get("messages") if isinstance(request.body, dict) else None
        if not isinstance(messages, list) or not request.body.get("model"):
            return self.error(400, None)
        user_text = "\n".join(_text(message) for message in messages if message.get("role") == "user")
        rule = next((rule for rule in self._rules if rule.get("contains", "") in user_text), {})
        steps = [("search_web", {"query": query}) for query in rule.get("searches", ["what is known about this"])]
        steps += [("read_page", {"url": address}) for address in rule.get("reads", ())]
        done = sum(message.get("role") == "tool" for message in messages)
        step: tuple[str, dict[str, Any]] | str | None = steps[done] if done < len(steps) else None
        if rule.get("gullible"):
            step = next_step(messages, "who sponsors this")
        if request.body.get("tools") and isinstance(step, tuple):
            return self._completion(request, rule, {"content": None, "tool_calls": [self._tool_call(*step)]})
        if isinstance(step, str):
            return self._completion(request, rule, {"content": step})
        if "refusal" in rule:
            return self._completion(request, rule, {"content": None, "refusal": rule["refusal"]})
        reply = rule["reply"] if "reply" in rule else answer_for(user_text)
        return self._completion(request, rule, {"content": reply})

    def _tool_call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": f"call_{next(self._ids)}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }

    def _completion(self, request: Request, rule: dict[str, Any], message: dict[str, Any]) -> Reply:
        tokens_in, tokens_out = rule.get("usage", DEFAULT_USAGE)
        calls_tool = "tool_calls" in message
        return Reply.json(
            {
                "id": f"chatcmpl-{next(self._ids)}",
                "object": "chat.completion",
                "created": int(time.time()),
                "model": request.body["model"],
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "refusal": None, **message},
                        "finish_reason": "tool_calls" if calls_tool else rule.get("finish_reason", "stop"),
                        "logprobs": None,
                    }
                ],
                "usage": {
                    "prompt_tokens": tokens_in,
                    "completion_tokens": tokens_out,
                    "total_tokens": tokens_in + tokens_out,
                },
            }
        )


def _text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content)
    return content or ""
