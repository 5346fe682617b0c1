"""A worker to be killed in the middle of a conversation: asks one question of live agents, over real HTTP.

``python -m tests.db.conversing DATABASE_URL STAND_IN_URL SCOPE``
"""

from __future__ import annotations

import sys
from decimal import Decimal

from prospecting.agents.ledger import Ledger
from prospecting.agents.live import LiveAgents
from prospecting.agents.live_settings import LiveSettings
from prospecting.agents.metering import Prices
from prospecting.agents.searches import PeopleSearch
from prospecting.persistence.database import application_url, engine_for

QUESTION = PeopleSearch("Acme Rockets", target_functions=("VP Sales",))
PRICES = Prices(Decimal("2.5"), Decimal(10), Decimal("0.008"))


def live_agents(url: str, *, timeout_seconds: float = 20, ttl_seconds: int = 0) -> LiveAgents:
    """Live agents whose model and search are the stand-in at ``url``."""
    return LiveAgents(
        LiveSettings(
            llm_api_key="llm-key",
            llm_model="stand-in-1",
            search_api_key="search-key",
            llm_base_url=f"{url}/v1",
            search_base_url=url,
            prices=PRICES,
            timeout_seconds=timeout_seconds,
            ttl_seconds=ttl_seconds,
        )
    )


if __name__ == "__main__":
    database_url, stand_in_url, scope = sys.argv[1:]
    Ledger(engine_for(application_url(database_url)), live_agents(stand_in_url), scope).ask(QUESTION)
