"""Counts what a call costs while it happens, so that a failed call is paid for as well."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens and per web search.

    Without ``are_known`` nobody knows what tokens cost: calls have no cost, and budgets in dollars never bind.
    ``source`` says in words whose prices of tokens these are.
    """

    input_usd_per_million: Decimal = Decimal(0)
    output_usd_per_million: Decimal = Decimal(0)
    usd_per_search: Decimal = Decimal(0)
    are_known: bool = True
    source: str = ""

    def cost(self, input_tokens: int, output_tokens: int, searches: int) -> Decimal:
        """Dollars, to the millionth, as the ledger stores them."""
        tokens = input_tokens * self.input_usd_per_million + output_tokens * self.output_usd_per_million
        return (tokens / _MILLION + searches * self.usd_per_search).quantize(Decimal("0.000001"))


class SpentBeforeFailure(Exception):
    """The cause of an ``AgentError`` when a call had already cost something before it failed.

    ``cost_usd`` is ``None`` when the price is not known.
    """

    def __init__(self, *, input_tokens: int, output_tokens: int, cost_usd: Decimal | None) -> None:
        cost = "at an unknown price" if cost_usd is None else f"{cost_usd} USD"
        super().__init__(f"{input_tokens} input and {output_tokens} output tokens, {cost}, were already used")
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.cost_usd = cost_usd
