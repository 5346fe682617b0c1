"""A worker to be started, measured and killed: asks one question through the ledger, over real HTTP.

``python -m tests.db.asking DATABASE_URL STAND_IN_URL SCOPE``
"""

from __future__ import annotations

import sys
from decimal import Decimal

import httpx

from prospecting.agents.ledger import Budget, Ledger
from prospecting.agents.searches import Answer, PeopleSearch, Search
from prospecting.agents.steps import Steps
from prospecting.persistence.database import application_url, engine_for

QUESTION = PeopleSearch("Acme Rockets", target_functions=("VP Sales",))
PRICE = Decimal("0.25")


class PlainAgents:
    """Asks the stand-in's language model in one plain request; every call reserves and costs ``PRICE``."""

    provider = "llm"

    def __init__(self, url: str, *, ttl_seconds: int = 0, reserve: Decimal = PRICE) -> None:
        self.ttl_seconds = ttl_seconds
        self._url = url
        self._reserve = reserve

    def reserve_usd(self, search: Search) -> Decimal:
        return self._reserve

    def answer(self, search: Search, steps: Steps) -> Answer:
        reply = httpx.post(
            f"{self._url}/v1/chat/completions",
            json={"model": "stand-in", "messages": [{"role": "user", "content": str(search.to_request())}]},
            headers={"Authorization": "Bearer any"},
            timeout=60,
        ).raise_for_status()
        text = reply.json()["choices"][0]["message"]["content"]
        return Answer(text.encode(), input_tokens=1000, output_tokens=100, cost_usd=PRICE)


if __name__ == "__main__":
    database_url, stand_in_url, scope = sys.argv[1:]
    ledger = Ledger(
        engine_for(application_url(database_url)), PlainAgents(stand_in_url), scope, budget=Budget(Decimal(1))
    )
    ledger.ask(QUESTION)
