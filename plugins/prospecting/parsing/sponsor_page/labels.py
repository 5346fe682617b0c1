"""Headings above sponsors: what they say about those below, whichever way a page writes its headings."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache

from prospecting.parsing.page.tree import Element
from prospecting.parsing.sponsor_page.words import ABOVE_OTHERS, ABOVE_SPONSORS, BECOME, CALL, EARLIER, GENERIC_LABEL
from prospecting.parsing.tiers import MAX_TIER, canonical_tier, is_tier, is_tier_label

_HEADING = re.compile(r"h[1-6]")
_YEAR = re.compile(r"(?<!\d)(20[0-4]\d|19[89]\d)(?!\d)")
_WORDS = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_METAL = (
    r"diamond|platinum|titanium|palladium|gold|silver|bronze|ruby|emerald|sapphire|headline|title|presenting|main"
    r"|principal"
    r"|premium|premier|lead|global|strategic|exclusive|associate|supporting|community|media|technology|innovation"
    r"|startup"
    r"|venue|travel|diversity|scholarship|coffee|lanyard|wifi|video|platin|silber|diamant|hauptsponsor\w*"
    r"|medienpartner"
    r"|platino|oro|plata|bronce|argento|bronzo|ouro|prata|platine"
)
_TIER_INSIDE = re.compile(
    rf"\b(?:{_METAL})(?:[\s-]+(?:{_METAL}|and|&|und|plus))*[\s-]*(?:sponsor\w*|partner\w*|supporters?|exhibitors?"
    rf"|level|tier"
    rf"|patrocinador\w*|parten\w+)"
    rf"|\b(?:sponsor\w*|partner\w*|patrocinador\w*|partenaires?)\s+(?:de\s+|d['’])?(?:{_METAL}|or|argent)\b",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"sponsor|sponzor|partner|parten|patrocin|parceir|tier|level|package|category|categor|stufe|nivel|niveau|rank"
)
_HOST = re.compile(r"(?:our |the )?(?:co-?)?hosts?", re.IGNORECASE)
_PARTNERS = re.compile(r"partn\w*|parten\w*|parceir\w*|партн\w*|партнёр\w*", re.IGNORECASE)
_SECTION = re.compile(r"\b(?:sponsors?|sponsoren|patrocinadores|exhibitors?)\b")
_RANKED = frozenset(
    [
        "diamond",
        "platinum",
        "titanium",
        "palladium",
        "gold",
        "silver",
        "bronze",
        "ruby",
        "emerald",
        "sapphire",
        "headline",
        "premium",
        "premier",
        "platin",
        "silber",
        "platino",
        "oro",
        "plata",
        "bronce",
        "ouro",
        "prata",
    ]
)
_NOT_OF_TIERS = re.compile(r"^(?:text|bg|btn|border|fill|stroke|from|to|via|ring|color|has|wp|fa|icon|theme)-")
_DATA = re.compile(
    r"data-(?:.*-)?(?:tier|level|package|category|rank|type|group|sponsor|sponsorship|title|label|name)$"
)


LINE = 8
"""The level of a short line that is a label, and no heading."""


@dataclass(frozen=True, slots=True)
class Label:
    """A heading, and what it says about what follows.

    ``level`` is that of HTML (h2: 2); labels that are no headings lie below all of these. ``tier`` holds its own words;
    ``None`` when it tells none; ``is_tier``: they are a known tier's. ``is_sponsors``: sponsors follow; ``is_others``:
    somebody else does; neither: it depends on what it is under.
    """

    text: str
    level: float
    tier: str | None = None
    is_tier: bool = False
    is_sponsors: bool = False
    is_others: bool = False
    is_call: bool = False
    is_earlier: bool = False
    year: int | None = None


@lru_cache(maxsize=4_096)
def read_label(text: str, level: float, language: str = "") -> Label:
    """A heading, understood. ``language`` is that of the page ("fr"), for words that mean another thing elsewhere."""
    short = len(text) <= MAX_TIER
    years = [int(year) for year in _YEAR.findall(text)]
    year = max(years) if years else None
    is_tier_of_call = short and is_tier(text) and not re.search(r"\bsponsorships?\b", text, re.I)
    is_call = bool(BECOME.search(text)) or (bool(CALL.search(text)) and not is_tier_of_call)
    names_sponsors = bool(ABOVE_SPONSORS.search(text))
    tier = _tier(text, language) if short or names_sponsors else None
    known = tier is not None and names_tier(tier, language)
    is_elsewhere = text.endswith(("?", "？")) or bool(_HOST.fullmatch(text))
    is_sponsors = (names_sponsors or known) and not is_call and not is_elsewhere
    is_others = is_elsewhere or (not is_sponsors and bool(ABOVE_OTHERS.search(text)))
    is_earlier = bool(EARLIER.search(text))
    return Label(text, level, tier, known, is_sponsors, is_others or is_call, is_call, is_earlier, year)


def names_tier(text: str, language: str) -> bool:
    """True for a known tier, in any language; the French metals, which are words elsewhere, only on French pages."""
    if language != "fr" and text.casefold() in ("or", "argent"):
        return False
    return is_tier_label(text)


def _tier(text: str, language: str) -> str | None:
    """The tier that a heading names, in its own words; ``None`` when it names none."""
    bare = " ".join(_YEAR.sub(" ", EARLIER.sub(" ", text) if EARLIER.search(text) else text).split()).strip(
        " :–—-|•·()!."
    )
    found = _WORDS.findall(bare)
    folded = [word.casefold() for word in found]
    if not found or GENERIC_LABEL.issuperset(folded) or max(map(len, found)) == 1 or folded[-1] == "by":
        return None  # "Our sponsors", "A - C", "Backed by"
    if len(bare) <= MAX_TIER and names_tier(bare, language):
        return bare
    inside = _TIER_INSIDE.search(bare)
    if inside:
        return inside[0]
    if len(found) <= 6 and ABOVE_SPONSORS.search(bare):
        pairs = (" ".join(pair) for pair in itertools.pairwise(found))
        known = next((pair for pair in pairs if not is_tier(pair) and is_tier_label(pair)), None)
        if known:
            return known
    if ABOVE_SPONSORS.search(bare) and len(found) > 4:
        return None
    return bare if len(found) <= 6 else None


def heading_of(element: Element, language: str) -> Label | None:
    """The label that an element is, as a heading or as a line that only names a tier; ``None`` for any other."""
    if _HEADING.fullmatch(element.tag):
        level: float = int(element.tag[1])
    elif element.get("role") == "heading":
        level = 4
    elif element.tag in ("caption", "legend", "summary", "dt", "figcaption", "th"):
        level = 7
    else:
        return _line_label(element, language)
    if element.tag == "figcaption" and any(found.tag == "br" for found in element.elements):
        return None  # a name, and something about it
    text = element.text(400) or _alternative(element)
    return read_label(text, level, language) if text else None


def _alternative(element: Element) -> str:
    return next((found.get("alt") for found in element.walk() if found.get("alt")), "")


def _line_label(element: Element, language: str) -> Label | None:
    """A short line that is a tier, or that is said to be a title, and nothing else."""
    if element.tag not in ("p", "div", "span", "strong", "b", "li", "em", "header", "button", "font", "center"):
        return None
    if len(element.children) > 4 or any(child.tag in ("img", "a", "svg", "ul", "li") for child in element.walk()):
        return None
    text = element.text(MAX_TIER + 1)
    if not text or len(text) > MAX_TIER or text.count(" ") > 6:
        return None
    label = read_label(text, LINE, language)
    if label.is_call or (re.search(r":\s*\S", text) and not is_tier_label(text)):
        return None
    classes = element.get("class").casefold()
    titled = bool(re.search(r"title|heading|headline|tier|level|label|ribbon", classes))
    is_known = label.is_tier and text[-1] not in ".!?"
    if is_known or (titled and (label.is_sponsors or label.is_others)):
        return label
    if text.endswith(":") and label.is_sponsors:
        return label
    return None


def attribute_label(element: Element, language: str) -> Label | None:
    """The label in an element's attributes: ``aria-label="Gold sponsors"``, ``data-tier="gold"``, "
    "``class="tier-gold"``."""
    for name, value in element.attributes.items():
        if name == "aria-label" or _DATA.match(name):
            text = " ".join(value.replace("_", " ").split())
            if not text or len(text) > MAX_TIER or text.startswith(("{", "[", "http", "/")):
                continue
            spaced = text.replace("-", " ") if " " not in text else text
            if is_tier(spaced) or (name == "aria-label" and ABOVE_SPONSORS.search(spaced) and not CALL.search(spaced)):
                return read_label(spaced, 9, language)
            if re.search(r"tier|level|package|rank", name) and len(spaced) <= 30:
                tier = _tier(spaced, language)
                return Label(spaced, 9, tier, bool(tier and names_tier(tier, language)))
    return _class_label(element)


def _class_label(element: Element) -> Label | None:
    names = [*element.get("class").split(), element.get("id")]
    is_kind = any(_KIND.search(name.casefold()) for name in names)
    for name in names:
        folded = name.casefold().replace("__", "-").replace("_", "-")
        if not folded or _NOT_OF_TIERS.match(folded) or len(folded) > 60:
            continue
        parts = folded.split("-")
        ranked = next((part for part in parts if part in _RANKED or part.rstrip("s") in _RANKED), None)
        if ranked and (is_kind or len(parts) == 1):
            return Label(ranked, 9.5, ranked if ranked in _RANKED else ranked.rstrip("s"), is_tier=True)
        if _KIND.search(folded):
            kind = next((part for part in ("media", "community") if part in parts), None)
            if kind and ("partner" in folded):
                return Label(folded, 9.5, f"{kind} partner", is_tier=True)
    return None


def names_section(element: Element) -> bool:
    """True for a container whose id, classes or label say that sponsors are in it."""
    if element.tag not in ("section", "div", "article", "aside", "main", "ul", "footer", "table"):
        return False
    words = f"{element.get('id')} {element.get('class')} {element.get('aria-label')}".casefold()
    return bool(_SECTION.search(words)) and not CALL.search(words)


def spelled_tier(tier: str | None) -> str | None:
    """A tier in its canonical spelling; ``None`` for words that only say "sponsor"."""
    found = canonical_tier(tier) if tier else None
    return None if found in (None, "sponsor", "sponsored", "sponsoren") else found


def tier_inside(text: str) -> str | None:
    """The tier in the text of a logo: "Platinum Sponsor" in "Acme - Platinum Sponsor of DevConf"."""
    found = _TIER_INSIDE.search(text)
    return found[0] if found and "sponsor" in found[0].casefold() and found[0] != text else None


def says_who_pays(text: str) -> bool:
    """True for words above sponsors that are not only "partners", which may be those of a law firm."""
    return bool(ABOVE_SPONSORS.search(_PARTNERS.sub("", text)))
