"""The names of sponsorship tiers: telling them from companies, spelling them one way, ranking them."""

from __future__ import annotations

import re
from functools import lru_cache

from prospecting.parsing.fields import clean_text
from prospecting.parsing.names import vocabulary

MAX_TIER = 80
"""Characters; a longer label is not a tier."""

_UNRANKED = 50

_METALS = vocabulary(
    "diamond platinum titanium palladium gold silver bronze copper nickel iron steel ruby emerald sapphire opal pearl "
    "amber jade crystal obsidian topaz onyx quartz amethyst"
)
_QUALIFIERS = vocabulary(
    "title presenting headline headliner premier premium principal lead leading main exclusive elite signature "
    "founding strategic global regional local national official associate supporting contributing community media "
    "startup innovation technology technical tech knowledge industry host hosting venue travel lanyard wifi wi-fi "
    "coffee lunch breakfast dinner party drinks speaker keynote track session workshop scholarship diversity swag "
    "video streaming basic standard cornerstone in-kind education educational academic marketing press hospitality "
    "reception network association event conference training charity"
)
_LONE_TIERS = vocabulary(
    "exhibitor exhibitors partner partners supporter supporters sponsor sponsors patron patrons title presenting "
    "headline startup startups media host in-kind"
) | {"media partner", "media partners", "supported by", "sponsored by", "in kind"}
_KINDS = vocabulary("partner partners supporter supporters exhibitor exhibitors member members patron patrons")
_SPONSOR_WORDS = vocabulary(
    "sponsor sponsors sponsorship sponsorships sponsoring sponsored level levels tier tiers package packages"
)
_SINGULAR = {f"{word}s": word for word in ("partner", "exhibitor", "supporter", "member", "organizer", "patron")}
_NOT_IN_A_LABEL = vocabulary(
    "no not none unknown here are is was were has have had the following found list of for these those i we found "
    "include includes including with from their its"
)
_PUNCTUATED = re.compile(r"\s[-–—|]\s|[—|:*(\[`]\s*\S|\*\*")

_RANKS = (
    (
        "exclusive",
        "title",
        "presenting",
        "headline",
        "headliner",
        "principal",
        "main",
        "premier",
        "premium",
        "lead",
        "leading",
    ),
    ("diamond", "titanium", "palladium"),
    ("platinum",),
    ("ruby", "emerald", "sapphire"),
    ("gold",),
    ("silver",),
    ("bronze", "copper"),
)
_LATE_RANKS = {
    "partner": 60,
    "community": 65,
    "media": 65,
    "supporter": 70,
    "supporting": 70,
    "member": 75,
    "exhibitor": 80,
    "sponsor": 90,
}
_RANK_OF = {word: rank for rank, words in enumerate(_RANKS, start=1) for word in words}

_WORD = re.compile(r"[^\s,/|]+")
_YEAR_NOTE = re.compile(r"\s*(?:\(|\bin\b|\bfor\b)?\s*\b(?:19|20)\d\d\b\)?")
_NUMBERED_TIER = re.compile(r"(?:level|tier|rank)\s*#?\s*(\d{1,2}|[ivx]{1,4})")


@lru_cache(maxsize=8_192)
def is_tier(text: str) -> bool:
    """True when text names a sponsorship tier, not a company: "Gold", "Level 5", "Media Partner", "Ume sponsors".

    "Silver Lake" and "Bain Partners" are companies.
    """
    if not text or len(text) > MAX_TIER:
        return False
    words = _WORD.findall(_YEAR_NOTE.sub("", text.casefold()).strip(" :*#-"))
    plain = " ".join(words)
    if not words or len(words) > 6:
        return False
    if plain in _LONE_TIERS or _NUMBERED_TIER.fullmatch(plain):
        return True
    if words[-1] in _SPONSOR_WORDS:
        return not _NOT_IN_A_LABEL.intersection(words) and not _PUNCTUATED.search(text)
    if words[0] in {"level", "tier"} and words[1] in _METALS and len(words) == 2:
        return True
    if words[-1] in _KINDS:
        return all(word in _METALS or word in _QUALIFIERS or word in {"&", "and", "our"} for word in words[:-1])
    return any(word in _METALS for word in words) and all(
        word in _METALS or word in {"plus", "+", "online", "&", "and", "double", "triple", "drinkup"} for word in words
    )


@lru_cache(maxsize=8_192)
def canonical_tier(label: str | None) -> str | None:
    """One spelling per tier: lower case, without "sponsor", "level" or "package" when something else remains.

    "Gold Sponsors" is ``gold``, "Level 5" ``level 5``, "Media Partners" ``media partner``, "Sponsors" ``sponsor``.
    """
    text = clean_text(label, MAX_TIER + 1)
    if text is None or len(text) > MAX_TIER:
        return None
    spelled = text if " " in text or text[:1].isupper() else words_of_key(text)
    plain = " ".join(spelled.casefold().strip(" :*#-–—\"'").split())
    if plain[:1] in "([" and plain[-1:] in ")]":
        plain = plain[1:-1].strip()
    plain = _YEAR_NOTE.sub("", plain).strip() or plain
    numbered = _NUMBERED_TIER.fullmatch(" ".join(word for word in plain.split() if "sponsor" not in word))
    if numbered:
        return f"{'tier' if plain.startswith('tier') else 'level'} {numbered[1]}"
    words = plain.split()
    kept = [word for word in words if word not in _SPONSOR_WORDS]
    while kept and kept[0] in {"our", "the", "all"}:
        del kept[0]
    while kept and kept[-1] in {"by", "of", "in", "for", "and", "&"}:
        del kept[-1]
    if not any(character.isalnum() for word in kept for character in word):
        return "sponsor" if words else None
    kept[-1] = _SINGULAR.get(kept[-1], kept[-1])
    return " ".join(kept)


def tier_rank(tier: str | None) -> int:
    """The rank of a tier: 1 is best. Unknown tiers rank in the middle (50), plain sponsors late, ``None`` last (100).

    Only for choosing between two tiers of one company: names like "ruby" or "level 1" mean different things at
    different events.
    """
    if not tier:
        return 100
    words = tier.casefold().split()
    ranks = [_RANK_OF[word] for word in words if word in _RANK_OF]
    if ranks:
        return min(ranks)
    if words[0] in {"level", "tier"} and words[-1].isdigit():
        return 10 + min(int(words[-1]), 30)
    late = [_LATE_RANKS[word] for word in words if word in _LATE_RANKS]
    return max(late) if late else _UNRANKED


def words_of_key(key: object) -> str:
    """``goldSponsors`` and ``gold_sponsors`` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(key)[:MAX_TIER]).replace("_", " ")
