"""Funding rounds, open positions, launches and acquisitions named with a company in an agent's answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from prospecting.parsing.amounts import parse_amount
from prospecting.parsing.dates import parse_date_range
from prospecting.parsing.fields import KeyMap, clean_text, first_text, phrases
from prospecting.parsing.names import vocabulary
from prospecting.parsing.payload import canonical_key
from prospecting.parsing.records import CompanySignalRecord
from prospecting.parsing.sources import day_of, read_source

FIELDS = KeyMap(
    round=("funding_round", "round_name", "series", "funding_stage", "stage", "round_type", "funding_type",
           "investment_round"),
    amount=("amount_raised", "funding_amount", "round_size", "deal_size", "deal_value", "transaction_value",
            "purchase_price", "acquisition_price", "price", "amount_usd", "money_raised", "raised"),
    currency=("currency_code", "amount_currency", "funding_currency"),
    investors=("lead_investors", "lead_investor", "investor", "investor_names", "backers", "led_by"),
    position=("job_title", "open_position", "open_role", "position_title", "role", "job", "vacancy", "title"),
    department=("team", "business_unit", "departments", "job_function"),
    location=("job_location", "position_location", "posting_location", "office", "city", "locations"),
    product=("product_name", "launched_product", "product_launched", "new_product"),
    acquirer=("acquiring_company", "acquired_by", "buyer", "purchaser"),
    target=("acquired_company", "acquiree", "target_company", "company_acquired", "acquired"),
    occurred=("announced_on", "posted_on", "launched_on", "announced_at", "posted_at", "launched_at", "announced",
              "posted", "launched", "announcement_date", "date_announced", "date_posted", "posting_date", "launch_date",
              "funding_date", "round_date", "acquisition_date", "closed_on", "closing_date", "date"),
    technologies=("tech_stack", "technology", "tech", "technologies_used"),
)  # fmt: skip
"""The fields of what a company did; also those of the company itself, when there is one of them only."""

_NESTED = vocabulary(
    "funding fundings fundinground fundingrounds rounds signal signals hiring jobs jobpostings postings openpositions "
    "openroles openings positions roles vacancies launch launches productlaunch productlaunches products acquisition "
    "acquisitions deal deals"
)
"""Keys of objects and lists of what a company did."""
_DISTINCTIVE = frozenset({"round", "amount", "investors", "position", "product", "acquirer", "target", "occurred"})
_OWN_KEYS = vocabulary("title category type level")
"""Keys that a sponsor has as well: they alone tell of nothing a company did."""
_MAX_SIGNALS = 50
"""Of one company in one answer."""
_MAX_MEMBERS = 20
"""Investors or technologies."""
_ROUND = re.compile(r"\s+(?:funding|financing|investment)?\s*round$|\s+(?:funding|financing)$", re.IGNORECASE)
_STAGE = re.compile(
    r"(?P<pre>pre[\s-]*(?=seed|serie))?(?:(?P<seed>seed)|series?[\s-]*(?P<letter>[a-k])(?![a-z]))|\b(?:"
    r"(?P<angel>angel|friends (?:and|&) family)|(?P<growth>growth|late[\s-]stage|expansion)"
    r"|(?P<debt>debt|loan)"
    r"|(?P<grant>grants?)|(?P<ipo>ipo|initial public offering|post[\s-]ipo)|(?P<bridge>bridge|convertible)"
    r"|(?P<equity>private equity|buy[\s-]?out))\b",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s*(?:[,;/\n]|\band\b|&|\bund\b)\s*")
_NO_INVESTORS = phrases("undisclosed investors|existing investors|others|other investors|unnamed investors")


def is_signal_key(key: object) -> bool:
    """True for a key under which only something that a company did is told."""
    name = canonical_key(key)
    return name not in _OWN_KEYS and (name in _NESTED or FIELDS.field_of(key) in _DISTINCTIVE)


def read_signals(item: Mapping[Any, Any], company: str | None = None) -> tuple[CompanySignalRecord, ...]:
    """Read the signals that the object of a company tells of, in order; nothing for the object of a mere sponsor.

    Fields beside the company's name hold for every member of a list under it. ``company`` is the company's name, which
    may stand under a key that means a position elsewhere.
    """
    if not any(map(is_signal_key, item)):
        return ()
    outer = _record(item, company)
    found = [
        _filled(_record(member, company) if isinstance(member, Mapping) else _named(key, member), outer)
        for key, member in _members(item)
    ]
    known = list(dict.fromkeys(record for record in found or [outer] if _says_something(record)))
    return tuple(known[:_MAX_SIGNALS])


def stage_of(round_name: str | None) -> str | None:
    """The stage of a funding round, one spelling for all: "pre seed", "seed", "series b", "growth", "debt" …

    ``None`` for an unknown one. "Series B-2" and "Series B extension" are of the stage "series b".
    """
    match = _STAGE.search(round_name or "")
    if not match:
        return None
    if match["letter"]:
        return f"{'pre ' if match['pre'] else ''}series {match['letter'].lower()}"
    kind = match.lastgroup or ""
    return "pre seed" if match["pre"] else kind


def _members(item: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in item.items():
        name = canonical_key(key)
        if name in _NESTED and isinstance(value, (list, tuple)):
            yield from ((name, member) for member in value[:_MAX_SIGNALS] if isinstance(member, (Mapping, str)))
        elif name in _NESTED and isinstance(value, Mapping):
            yield name, value


def _named(key: str, text: str) -> CompanySignalRecord:
    """A member of a list of mere names."""
    name = clean_text(text, 300)
    if "product" in key or "launch" in key:
        return CompanySignalRecord(product=name)
    if "acquisition" in key or "deal" in key:
        return CompanySignalRecord(target=name)
    if "funding" in key or "round" in key:
        return CompanySignalRecord(round=_round(name))
    return CompanySignalRecord(position=name) if "signal" not in key else CompanySignalRecord()


def _record(item: Mapping[Any, Any], company: str | None) -> CompanySignalRecord:
    fields = FIELDS.read(item)
    amount = parse_amount(fields.get("amount"), fields.get("currency"))
    position = _text(fields.get("position"), 300)
    source = read_source(item)
    said = parse_date_range(fields.get("occurred"))
    occurred_on = day_of(source, said.start)
    return CompanySignalRecord(
        round=_round(_text(fields.get("round"), 100)),
        amount=amount.value,
        currency=amount.currency,
        investors=_several(fields.get("investors")),
        position=None if position == company else position,
        department=_text(fields.get("department"), 200),
        location=_text(fields.get("location"), 200),
        product=_text(fields.get("product"), 300),
        acquirer=_text(fields.get("acquirer"), 300),
        target=_text(fields.get("target"), 300),
        occurred_on=occurred_on,
        date_precision=(said.precision or "day") if occurred_on else None,
        technologies=_several(fields.get("technologies")),
        source=source,
    )


def _filled(record: CompanySignalRecord, outer: CompanySignalRecord) -> CompanySignalRecord:
    missing = {
        name: value
        for name in CompanySignalRecord.__dataclass_fields__
        if not getattr(record, name) and (value := getattr(outer, name))
    }
    return replace(record, **missing) if missing else record


def _says_something(record: CompanySignalRecord) -> bool:
    names = ("round", "amount", "investors", "position", "product", "acquirer", "target", "occurred_on")
    return any(getattr(record, name) for name in names)


def _text(value: Any, limit: int) -> str | None:
    return first_text(value, limit) if value is not None and not isinstance(value, bool) else None


def _round(name: str | None) -> str | None:
    """The name of a round without the word for it: "Series B funding round" is "Series B"."""
    return (_ROUND.sub("", name) or None) if name else None


def _several(value: Any) -> tuple[str, ...]:
    """Names in a list, or in one text: "Accel, Index Ventures and Y Combinator"."""
    members = _SEPARATORS.split(value[:2_000]) if isinstance(value, str) else value
    if isinstance(members, Mapping):
        members = [members]
    if not isinstance(members, (list, tuple)):
        return ()
    names = [name for member in members[:_MAX_MEMBERS] if (name := first_text(member, 200))]
    return tuple(dict.fromkeys(name for name in names if name.casefold() not in _NO_INVESTORS))
