"""Brave's search contract: ``GET /res/v1/web/search``."""

from __future__ import annotations

from typing import Any

from tests.stand_in.contract import Reply, Request
from tests.stand_in.web_search import made_up_page

_CODES = {400: "OPTION_NOT_IN_PLAN", 401: "SUBSCRIPTION_TOKEN_INVALID", 422: "VALIDATION", 429: "RATE_LIMITED"}


class BraveSearch:
    """Search results. A rule is ``{"contains": text in the query, "results": [...]}``; the first match counts.

    The results of a rule have ``title``, ``url`` and ``description``; an empty list means that nothing was found.
    """

    name = "brave"

    def __init__(self) -> None:
        self._rules: list[dict[str, Any]] = []

    def owns(self, request: Request) -> bool:
        return request.method == "GET" and request.path == "/res/v1/web/search"

    def script(self, rules: list[dict[str, Any]]) -> None:
        self._rules = rules

    def error(self, status: int, code: str | None) -> Reply:
        code = code or _CODES.get(status, "INTERNAL")
        # A plan that is used up answers like one that is asked too fast; the second limit in the headers tells.
        is_used_up = code == "QUOTA_LIMITED"
        limits = {
            "X-RateLimit-Limit": "1, 2000",
            "X-RateLimit-Policy": "1;w=1, 2000;w=2592000",
            "X-RateLimit-Remaining": "1, 0" if is_used_up else "0, 1000",
            "X-RateLimit-Reset": "1, 1419704",
        }
        error = {"id": "stand-in", "status": status, "code": code, "detail": "about the token BSA**** and the query"}
        return Reply.json(
            {"type": "ErrorResponse", "error": error, "time": 1}, status, limits if status == 429 else None
        )

    def answer(self, request: Request) -> Reply:
        if not request.headers.get("x-subscription-token"):
            return self.error(422, "SUBSCRIPTION_TOKEN_INVALID")
        query = request.query.get("q", "")
        if not query.strip() or len(query) > 400 or len(query.split()) > 50:
            return self.error(422, None)
        rule = next((rule for rule in self._rules if rule.get("contains", "") in query), None)
        results = rule["results"] if rule else [_page(query, number) for number in range(1, 4)]
        found = {"web": {"type": "search", "results": results[: int(request.query.get("count", 20))]}}
        return Reply.json({"type": "search", "query": {"original": query}, **(found if results else {})})


def _page(query: str, number: int) -> dict[str, Any]:
    page = made_up_page(query, number)
    return {"title": page["title"], "url": page["url"], "description": page["content"], "family_friendly": True}
