"""The contract of Slack's incoming webhooks: ``POST /services/…``, answered with a word."""

from __future__ import annotations

from typing import Any

from tests.stand_in.contract import Reply, Request


class SlackWebhook:
    """A channel that takes every message with a text; the request log has them. It has no scripts."""

    name = "slack"

    def owns(self, request: Request) -> bool:
        return request.method == "POST" and request.path.startswith("/services/")

    def script(self, rules: list[dict[str, Any]]) -> None:
        """Nothing to set."""

    def error(self, status: int, code: str | None) -> Reply:
        return Reply(status, (code or "invalid_token").encode(), {"Content-Type": "text/html"})

    def answer(self, request: Request) -> Reply:
        text = request.body.get("text") if isinstance(request.body, dict) else None
        return Reply(200, b"ok", {"Content-Type": "text/html"}) if text else self.error(400, "no_text")
