"""Amounts of money as the press writes them: "$12M", "EUR 3,5 Mio.", "12.5 million USD", "¥1.2bn"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple

from price_parser import Price

MAX_AMOUNT = Decimal(10) ** 14
"""More money than any deal ever moved, whatever the currency: a larger amount is a mistake."""
_SMALLEST = 1_000
"""Nobody announces twelve dollars: a smaller number has lost its "million"."""
_LOOKED_AT = 200  # characters

_FACTORS = {
    1_000: "k thousand tsd tausend mille tys тыс 千",
    10_000: "万 萬",
    100_000: "lakh lakhs lac",
    1_000_000: "m mm mn mio mill million millions millionen millones millón milhões milhão milioni milione miljoen "
    "miljoner millioner mln млн",
    10_000_000: "crore crores cr",
    100_000_000: "億 亿",
    1_000_000_000: "b bn billion billions mrd milliarde milliarden milliard milliards miliardi miliardo miljard mld "
    "mia млрд",
    1_000_000_000_000: "t tn trillion trillions billionen",
}
_UNITS = {unit: factor for factor, units in _FACTORS.items() for unit in units.split()}
_SPELLED = "|".join(
    # A letter behind a unit makes it another word, but for the signs of East Asia: "3億円".
    unit if unit in "千万萬億亿" else rf"{unit}(?![^\W\d_])"
    for unit in sorted(_UNITS, key=len, reverse=True)
)
_NUMBER = re.compile(
    r"(?<![\w.,])(?P<sign>[-−]\s?)?(?:[^\W\d_]{0,4}[^\w\s,.()]{0,2}\s?)?"
    r"(?P<number>\d{1,3}(?:[.,'’\s]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)"
    rf"(?:\s*(?:-|–|—|to|bis)\s*[^\W\d_]{{0,3}}[^\w\s,.()]{{0,2}}\s?\d[\d.,]*)?(?:\s*[-\s]?(?P<unit>{_SPELLED}))?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_CURRENCIES = {
    "$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR",
    "euros": "EUR", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "¥": "JPY", "jpy": "JPY", "yen": "JPY",
    "円": "JPY", "￥": "JPY", "rmb": "CNY", "cny": "CNY", "cn¥": "CNY", "yuan": "CNY", "元": "CNY", "chf": "CHF",
    "₹": "INR", "inr": "INR", "rs": "INR", "rs.": "INR", "rupees": "INR", "a$": "AUD", "au$": "AUD", "aud": "AUD",
    "c$": "CAD", "ca$": "CAD", "cad": "CAD", "s$": "SGD", "sgd": "SGD", "hk$": "HKD", "hkd": "HKD", "nz$": "NZD",
    "nzd": "NZD", "r$": "BRL", "brl": "BRL", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "pln": "PLN", "zł": "PLN",
    "czk": "CZK", "huf": "HUF", "ron": "RON", "₩": "KRW", "krw": "KRW", "won": "KRW", "₪": "ILS", "ils": "ILS",
    "nis": "ILS", "₽": "RUB", "rub": "RUB", "₺": "TRY", "try": "TRY", "zar": "ZAR", "aed": "AED", "sar": "SAR",
    "mxn": "MXN", "mx$": "MXN", "thb": "THB", "idr": "IDR", "rp": "IDR", "myr": "MYR", "php": "PHP", "vnd": "VND",
    "twd": "TWD", "nt$": "TWD", "₦": "NGN", "ngn": "NGN", "kes": "KES", "egp": "EGP", "ars": "ARS", "clp": "CLP",
    "cop": "COP", "uah": "UAH", "₴": "UAH",
}  # fmt: skip
"""ISO 4217 codes by their spellings. A bare "$" is taken for the US dollar and a bare "¥" for the yen; "kr" may be any
of three currencies, and says nothing."""
_CURRENCY = re.compile(
    "|".join(
        rf"(?<![^\W\d_]){re.escape(name)}(?![^\W\d_])" if name.isalpha() and name.isascii() else re.escape(name)
        for name in sorted(_CURRENCIES, key=len, reverse=True)
    ),
    re.IGNORECASE,
)


class Amount(NamedTuple):
    """An amount of money; either may be unknown. ``currency`` is an ISO 4217 code."""

    value: Decimal | None = None
    currency: str | None = None


UNKNOWN = Amount()


def parse_amount(value: Any, currency: Any = None) -> Amount:
    """The amount in ``value`` (text, a number, or an object with a value and a currency); the lower bound of a range.

    ``currency`` is one that was given apart, for amounts that name none. Years, negative and absurd amounts, and
    numbers too small for an announced one are unknown. Never raises.
    """
    given = parse_currency(currency)
    if isinstance(value, Mapping):
        inner = {str(key).casefold(): item for key, item in value.items() if not isinstance(item, Mapping)}
        currency = next((inner[key] for key in ("currency", "currency_code", "unit") if key in inner), currency)
        number = next((inner[key] for key in ("value", "amount", "min", "raised") if inner.get(key) is not None), None)
        return parse_amount(number, currency)
    if isinstance(value, bool) or value is None:
        return UNKNOWN
    if isinstance(value, (int, float, Decimal)):
        return Amount(_within_bounds(str(value)), given)
    if isinstance(value, (list, tuple)):
        return next((found for item in value[:10] if (found := parse_amount(item, currency)).value), UNKNOWN)
    if not isinstance(value, str):
        return UNKNOWN
    found = _amount_in(value[:_LOOKED_AT])
    return Amount(found.value, found.currency or given) if found.value is not None else UNKNOWN


def parse_currency(value: Any) -> str | None:
    """The ISO 4217 code of a currency in any of its usual spellings, or ``None``."""
    if not isinstance(value, str):
        return None
    found = _CURRENCY.search(value[:_LOOKED_AT])
    return _CURRENCIES[found[0].casefold()] if found else None


@lru_cache(maxsize=2_048)
def _amount_in(text: str) -> Amount:
    currency = parse_currency(text)
    for match in _NUMBER.finditer(text):
        number, unit = match["number"], (match["unit"] or "").casefold()
        if match["sign"]:
            continue
        if not unit and _YEAR.fullmatch(number):
            continue
        factor = _UNITS.get(unit, 1)
        # "1.250 million" has decimals, "1.250" alone has none.
        is_decimal = factor > 1 and len(re.findall(r"[.,]", number)) == 1
        separator = re.findall(r"[.,]", number)[0] if is_decimal else None
        price = Price.fromstring(number, decimal_separator=separator)
        if price.amount is not None and (value := _within_bounds(str(price.amount * factor))) is not None:
            return Amount(value, currency)
    return UNKNOWN


def _within_bounds(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value.quantize(Decimal("0.01")) if value.is_finite() and _SMALLEST <= value <= MAX_AMOUNT else None
