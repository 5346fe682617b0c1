"""The Tavily search contract: ``POST /search``."""

from __future__ import annotations

from typing import Any

from tests.stand_in.contract import Reply, Request


class Search:
    """Search results. A rule is ``{"contains": text in the query, "results": [...]}``; the first match counts."""

    name = "search"

    def __init__(self) -> None:
        self._rules: list[dict[str, Any]] = []

    def owns(self, request: Request) -> bool:
        return request.method == "POST" and request.path == "/search"

    def script(self, rules: list[dict[str, Any]]) -> None:
        self._rules = rules

    def error(self, status: int, code: str | None) -> Reply:
        return Reply.json({"detail": {"error": f"The request failed for your key tvly-****: {code or status}"}}, status)

    def answer(self, request: Request) -> Reply:
        if request.bearer is None:
            return self.error(401, "missing or invalid API key")
        query = request.body.get("query") if isinstance(request.body, dict) else None
        if not isinstance(query, str) or not query.strip() or len(query) > 400:
            return self.error(400, "Query is missing or too long")
        rule = next((rule for rule in self._rules if rule.get("contains", "") in query), None)
        results = rule["results"] if rule else [made_up_page(query, number) for number in range(1, 4)]
        return Reply.json(
            {
                "query": query,
                "follow_up_questions": None,
                "answer": None,
                "images": [],
                "results": results[: request.body.get("max_results", 5)],
                "response_time": 0.1,
                "request_id": "stand-in",
            }
        )


def made_up_page(query: str, number: int) -> dict[str, Any]:
    return {
        "title": f"Page {number} about {query}",
        "url": f"https://pages.example.org/{number}",
        "content": f"What page {number} says about {query}.",
        "score": 1 / number,
        "raw_content": None,
    }
