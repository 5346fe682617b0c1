"""The published prices of language models, as they come with the package genai-prices: nothing is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_MILLION = Decimal(1_000_000)
_OUTPUT_TOKENS = 1_000


@dataclass(frozen=True, slots=True)
class PublishedPrice:
    """US dollars per million tokens, and ``name``: whose price it is, such as ``OpenAI gpt-5``."""

    input_usd_per_million: Decimal
    output_usd_per_million: Decimal
    name: str


def published_price(
    model: str, base_url: str, *, max_input_tokens: int, service: str | None = None
) -> PublishedPrice | None:
    """The price of ``model`` at the service behind ``base_url``; ``None`` when nobody has published one.

    Without a ``base_url``, ``service`` is the service's name in genai-prices, such as ``aws``. The same model costs
    something else elsewhere, so a service that is not known has no price. Where long questions cost more, the price is
    that of one of ``max_input_tokens``: budgets must not be exceeded.
    """
    from genai_prices import Usage, calc_price

    input_tokens = max(1, max_input_tokens)
    where = {"provider_api_url": base_url.lower()} if base_url else {"provider_id": service}
    if not any(where.values()):
        return None
    try:
        found = calc_price(Usage(input_tokens=input_tokens, output_tokens=_OUTPUT_TOKENS), model, **where)
    except LookupError:
        return None
    if found.model_price.input_mtok is None or found.model_price.output_mtok is None:
        return None
    return PublishedPrice(
        found.input_price * _MILLION / input_tokens,
        found.output_price * _MILLION / _OUTPUT_TOKENS,
        f"{found.provider.name} {found.model.id}",
    )
