"""The contract of the operations service: ``POST /v1/execute``."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.stand_in.contract import Reply, Request

_PEOPLE = (("Ada Moreau", "Head of Purchasing"), ("Grace Okafor", "VP Operations"), ("Linus Weiss", "Plant Manager"))
_COMPANIES = ("Tanaka Robotics", "Novak Castings", "Haddad Freight")


class Operations:
    """Operations that find three people or companies.

    A rule is ``{"operation_id": which one (any), "contains": text in the input, "result": the whole answer}``; the
    first matching rule counts. Without one the answer is made up; operations whose id begins with ``person`` or ends
    with ``people`` find people.
    """

    name = "operations"

    def __init__(self) -> None:
        self._rules: list[dict[str, Any]] = []

    def owns(self, request: Request) -> bool:
        return request.method == "POST" and request.path == "/v1/execute"

    def script(self, rules: list[dict[str, Any]]) -> None:
        self._rules = rules

    def error(self, status: int, code: str | None) -> Reply:
        return Reply.json({"error": f"{code or status}: Bearer ops-**** asked about the user's question"}, status)

    def answer(self, request: Request) -> Reply:
        if request.bearer is None:
            return self.error(401, "Missing authorization token")
        body = request.body if isinstance(request.body, dict) else {}
        operation_id, given = body.get("operation_id"), body.get("input")
        if not isinstance(operation_id, str) or not isinstance(given, dict) or not body.get("entity_type"):
            return self.error(422, "operation_id, entity_type and input are required")
        text = json.dumps(given, ensure_ascii=False)
        for rule in self._rules:
            if rule.get("operation_id", operation_id) == operation_id and rule.get("contains", "") in text:
                return Reply.json(rule["result"])
        people = operation_id.startswith("person") or operation_id.endswith("people")
        return Reply.json(
            {
                "run_id": str(uuid.uuid4()),
                "operation_id": operation_id,
                "status": "found",
                "output": {"results": _people(given) if people else _companies()},
                "provider_attempts": [],
                "missing_inputs": [],
            }
        )


def _people(given: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "full_name": name,
            "title": title,
            "linkedin_url": f"https://www.linkedin.com/in/{name.lower().replace(' ', '-')}",
            "current_company_name": given.get("company_name"),
        }
        for name, title in _PEOPLE
    ]


def _companies() -> list[dict[str, Any]]:
    return [{"company_name": name, "domain": f"{name.lower().replace(' ', '-')}.example"} for name in _COMPANIES]
