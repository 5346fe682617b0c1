"""The calls to agents that a run made, by agent."""

from __future__ import annotations

from sqlalchemy import Connection

from prospecting.persistence.agent_calls import query_call_summary
from prospecting.services.reports.report import Column, Table, table

_COUNTS = ("asked", "reused", "failed", "abandoned", "rounds", "searches", "pages", "tokens")


def calls(connection: Connection, scope: str) -> Table:
    """The ledger's calls of a scope. Reserved is what calls whose cost is not known may have cost; what calls at an
    unknown price cost comes on top, and a sum of which nothing is known is none."""
    return table(
        "calls",
        "Agent calls",
        (
            Column("agent"),
            *(Column(name, "number") for name in _COUNTS),
            Column("USD", "usd"),
            Column("USD reserved", "usd"),
            Column("at an unknown price", "number"),
        ),
        (
            (
                found.agent,
                found.calls,
                found.reused,
                found.failed,
                found.abandoned,
                found.model_rounds or None,
                found.searches or None,
                found.pages or None,
                found.input_tokens + found.output_tokens,
                found.cost_usd or (None if found.unpriced else found.cost_usd),
                found.unsettled_usd,
                found.unpriced or None,
            )
            for found in query_call_summary(connection, scope)
        ),
    )
