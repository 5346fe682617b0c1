"""Amounts of money as the press writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from prospecting.parsing.amounts import Amount, parse_amount, parse_currency


@pytest.mark.parametrize(
    ("said", "value", "currency"),
    [
        ("$12M", 12_000_000, "USD"),
        ("EUR 3,5 Mio.", 3_500_000, "EUR"),
        ("12.5 million USD", 12_500_000, "USD"),
        ("¥1.2bn", 1_200_000_000, "JPY"),
        ("US$ 1.2 billion", 1_200_000_000, "USD"),
        ("£750k", 750_000, "GBP"),
        ("€1.200.000", 1_200_000, "EUR"),
        ("1,200,000 dollars", 1_200_000, "USD"),
        ("USD 3.500.000,00", 3_500_000, "USD"),
        ("$1,234,567.89", "1234567.89", "USD"),
        ("$1 234 567", 1_234_567, "USD"),
        ("15 000 000 SEK", 15_000_000, "SEK"),
        ("$3.500M", 3_500_000, "USD"),
        ("12,5 Mrd. €", 12_500_000_000, "EUR"),
        ("CHF 5 Mio", 5_000_000, "CHF"),
        ("A$20m", 20_000_000, "AUD"),
        ("HK$ 30m", 30_000_000, "HKD"),
        ("R$ 5 milhões", 5_000_000, "BRL"),
        ("RMB 100 million", 100_000_000, "CNY"),
        ("₹450 crore", 4_500_000_000, "INR"),
        ("3.2億円", 320_000_000, "JPY"),
        ("USD12m", 12_000_000, "USD"),
        ("$10-12 million", 10_000_000, "USD"),
        ("$10M-$12M", 10_000_000, "USD"),
        ("EUR 2-3 million", 2_000_000, "EUR"),
        ("up to $30 million", 30_000_000, "USD"),
        ("$5 Million Series A led by 2 VCs", 5_000_000, "USD"),
        ("Series B of 40 million dollars", 40_000_000, "USD"),
        ("in 2025, $40 million", 40_000_000, "USD"),
        ("$250 thousand", 250_000, "USD"),
        ("12.500.000 kr", 12_500_000, None),
        ("5M", 5_000_000, None),
        (12_000_000, 12_000_000, None),
        (1.5e7, 15_000_000, None),
        ({"value": "12M", "currency": "EUR"}, 12_000_000, "EUR"),
        (["undisclosed", "$8M"], 8_000_000, "USD"),
    ],
)
def test_an_amount_is_read(said: Any, value: Any, currency: str | None) -> None:
    assert parse_amount(said) == Amount(Decimal(value), currency)


@pytest.mark.parametrize(
    "said",
    ["undisclosed", "", None, True, "raised in 2025", "-5M", "8-figure sum", "seven million dollars", "12", "$15",
     "S$15 mil", "9" * 40, float("nan"), float("inf"), {}, [], object()],
)  # fmt: skip
def test_what_is_no_amount_is_unknown(said: Any) -> None:
    assert parse_amount(said) == Amount()


def test_a_currency_given_apart_goes_with_an_amount_that_names_none() -> None:
    assert parse_amount("12M", "EUR") == Amount(Decimal(12_000_000), "EUR")
    assert parse_amount("$12M", "EUR").currency == "USD", "what is written with the amount is meant"
    assert parse_currency("SEK, about") == "SEK"
    assert parse_currency("Entrust") is None, "not a Turkish lira"
