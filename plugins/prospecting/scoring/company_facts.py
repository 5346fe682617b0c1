"""Chooses between statements about one company: which name, which website, which industry stands.

The better of two is the same whichever comes first, and the best of many whatever their order: every preference is a
total order. So what is stored about a company follows from what was said about it, not from which task was faster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prospecting.parsing.names import company_key
from prospecting.parsing.ownership import fits_domain
from prospecting.parsing.urls import read_page

Facts = Mapping[str, Any]
"""Columns of ``companies``; what nobody has said is missing or ``None``."""

_ACRONYM = 3
"""Letters of a name in capitals that may be one; a longer one is somebody's caps lock."""
_TOO_LONG = 1000
"""Characters of a text that says more than is asked for."""


def merge_facts(statements: Iterable[Facts], domain: str | None) -> dict[str, Any]:
    """The facts that stand, of all that was stated about the company whose own domain is ``domain``.

    The name key is the key of the name. A guessed industry gives way to one that somebody named.
    """
    best: dict[str, Any] = {}
    for facts in statements:
        if not best:
            best = dict(facts)
            continue
        for column, rank in _RANKS.items():
            value = facts.get(column)
            if value is None or value == (known := best.get(column)):
                continue
            if known is None or rank(value, domain) < rank(known, domain):
                best[column] = value
                if column == "name":
                    best["name_key"] = facts["name_key"]
        _choose_industry(best, facts)
    return best


def better_name(one: str, other: str, domain: str | None) -> str:
    """The better of two names of the company whose own domain is ``domain``."""
    return min(one, other, key=lambda name: _name_rank(name, domain))


def _choose_industry(best: dict[str, Any], facts: Facts) -> None:
    industry = facts.get("primary_industry")
    if industry is None:
        return
    known = best.get("primary_industry")
    rank = (bool(facts.get("industry_is_guess")), _fullness(industry))
    if known is None or rank < (bool(best.get("industry_is_guess")), _fullness(known)):
        best["primary_industry"], best["industry_is_guess"] = industry, rank[0]


def _name_rank(name: str, domain: str | None) -> tuple[Any, ...]:
    """The name that the domain spells, then one that fits it, then the shortest, as it is written with care."""
    letters = re.sub(r"[\W_]+", "", name)
    spells = fits = False
    if domain:
        spells = letters.casefold() == domain.partition(".")[0].replace("-", "")
        fits = spells or fits_domain(name, domain)
    key = company_key(name)
    is_careless = letters.islower() or (letters.isupper() and len(letters) > _ACRONYM)
    capitals = sum(map(str.isupper, letters))
    return not spells, not fits, len(key), key, is_careless, len(name), -capitals, name


def _website_rank(url: str, domain: str | None) -> tuple[Any, ...]:
    """The company's own site before pages elsewhere, its first page before others; then what is shortest."""
    page = read_page(url)
    if page is None:
        return True, True, True, True, len(url), url
    host = page.site.host
    is_own = domain is not None and (host == domain or host.endswith(f".{domain}"))
    has_path = bool(page.segments) or "?" in url or "#" in url
    return not is_own, has_path, host != domain, not url.startswith("https:"), len(url), url


def _fullness(text: str) -> tuple[Any, ...]:
    """The text that says more comes first, unless it is prose without end."""
    return len(text) > _TOO_LONG, -len(text), text


def _shortness(text: str) -> tuple[Any, ...]:
    return len(text), text


_RANKS: dict[str, Callable[[str, str | None], tuple[Any, ...]]] = {
    "name": _name_rank,
    "website_url": _website_rank,
    "linkedin_url": lambda url, _: _shortness(url),
    "employee_range": lambda size, _: _fullness(size),
    "description": lambda text, _: _fullness(text),
}
