"""A receiver of the bundle's own webhook, which checks deliveries as the specification of Standard Webhooks says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

from tests.stand_in.contract import Reply, Request

SECRET = "whsec_c3RhbmQtaW4tc2VjcmV0"
PATH = "/webhooks/executions"
_TOLERANCE_SECONDS = 300


class WebhookReceiver:
    """Takes deliveries that are signed with ``SECRET``, now. It has no scripts."""

    name = "webhook"

    def owns(self, request: Request) -> bool:
        return request.method == "POST" and request.path == PATH

    def script(self, rules: list[dict[str, Any]]) -> None:
        """Nothing to set."""

    def error(self, status: int, code: str | None) -> Reply:
        return Reply.json({"error": code or "not taken"}, status)

    def answer(self, request: Request) -> Reply:
        message_id, moment = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        signed = hmac.new(key, f"{message_id}.{moment}.".encode() + request.raw, hashlib.sha256).digest()
        expected = f"v1,{base64.b64encode(signed).decode()}"
        given = request.headers.get("webhook-signature", "").split(" ")
        is_recent = moment.isdigit() and abs(time.time() - int(moment)) < _TOLERANCE_SECONDS
        return Reply(204, b"") if message_id and expected in given and is_recent else self.error(401, "signature")
