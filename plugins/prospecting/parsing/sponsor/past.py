"""Sponsors of earlier editions, where an answer lists them apart because this edition has no list yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prospecting.parsing.payload import PayloadError, canonical_key, extract_json
from prospecting.parsing.records import SponsorRecord
from prospecting.parsing.sponsors import parse_sponsors

_LISTS = frozenset({"pastsponsors", "previoussponsors", "formersponsors", "sponsorsofearliereditions"})
_YEARS = ("year", "edition", "pastyear", "lastedition")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SAYS_SO = frozenset({"status", "sponsorshipstatus", "iscurrent", "current", "confirmed", "ispastsponsor", "past"})


@dataclass(frozen=True, slots=True)
class PastSponsor:
    """A sponsor of an earlier edition, and the year of that edition where it is said."""

    sponsor: SponsorRecord
    year: int | None


def parse_past_sponsors(raw: Any) -> list[PastSponsor]:
    """The sponsors of earlier editions that an answer lists under a key of their own (``past_sponsors``).

    Never raises. Anything else an answer says of other years is none of them: it stays with ``parse_sponsors``, which
    rejects it. Of a company that is listed for several years the latest counts.
    """
    try:
        payload = extract_json(raw, prefer=("past_sponsors",))
    except PayloadError:
        return []
    if not isinstance(payload, Mapping):
        return []
    by_key = {canonical_key(key): value for key, value in payload.items()}
    default = next((year for key in _YEARS if (year := _year(by_key.get(key)))), None)
    by_year: dict[int | None, list[Any]] = {}
    for key in _LISTS & by_key.keys():
        for entry in by_key[key] if isinstance(by_key[key], list) else ():
            by_year.setdefault(_year_of(entry) or default, []).append(_without_status(entry))
    found: dict[str, PastSponsor] = {}
    for year in sorted(by_year, key=lambda year: -(year or 0)):
        for sponsor in parse_sponsors({"sponsors": by_year[year]}).items:
            found.setdefault(sponsor.name.casefold(), PastSponsor(sponsor, year))
    return list(found.values())


def _year_of(entry: Any) -> int | None:
    if not isinstance(entry, Mapping):
        return None
    said = {canonical_key(key): value for key, value in entry.items()}
    return next((year for key in _YEARS if (year := _year(said.get(key)))), None)


def _year(value: Any) -> int | None:
    found = _YEAR.search(str(value)[:80]) if isinstance(value, (str, int)) else None
    return int(found[0]) if found else None


def _without_status(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    return {key: value for key, value in entry.items() if canonical_key(key) not in _SAYS_SO}
