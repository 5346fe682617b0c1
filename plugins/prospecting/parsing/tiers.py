"""The names of sponsorship tiers: telling them from companies, spelling them one way, ranking them."""

from __future__ import annotations

import re
from functools import lru_cache

from prospecting.parsing.fields import clean_text
from prospecting.parsing.markup import without_citations
from prospecting.parsing.names import vocabulary

MAX_TIER = 80
"""Characters; a longer label is not a tier."""

_MAX_BLANKS = 10
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
    "include includes including with from their its become see view check visit contact company that which who could "
    "should would please click on go look find"
)
_PUNCTUATED = re.compile(r"\s[-–—|]\s|[—|:;*(\[`]\s*+\S|\*\*")

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

_FOREIGN = {
    "platin": "platinum", "platino": "platinum", "platine": "platinum", "platina": "platinum", "diamant": "diamond",
    "diamante": "diamond", "silber": "silver", "plata": "silver", "prata": "silver", "argento": "silver",
    "oro": "gold", "ouro": "gold", "bronce": "bronze", "bronzo": "bronze", "haupt": "main", "médias": "media",
    "média": "media", "medien": "media", "mídia": "media", "medialny": "media", "medialni": "media",
    "mediální": "media", "информационные": "media", "информационный": "media", "медиа": "media",
    "medienpartner": "media partner", "sponsoren": "sponsors", "patrocinador": "sponsor", "patrocinadores": "sponsors",
    "patrocinadora": "sponsor", "patrocinadoras": "sponsors", "patrocinatore": "sponsor", "patrocinatori": "sponsors",
    "sponsorer": "sponsors", "sponzor": "sponsor", "sponzoři": "sponsors", "sponsoři": "sponsors",
    "sponsorzy": "sponsors", "sponsorlar": "sponsors", "sponsoru": "sponsor", "спонсор": "sponsor",
    "спонсоры": "sponsors", "partenaire": "partner", "partenaires": "partners", "partnerzy": "partners",
    "partneři": "partners", "partnere": "partners", "parceiro": "partner", "parceiros": "partners",
    "партнер": "partner", "партнеры": "partners", "партнёр": "partner", "партнёры": "partners", "patroni": "patrons",
}  # fmt: skip
"""Words of other languages that are no names of companies."""

_ONLY_LABELS = {
    "or": "gold", "argent": "silver", "goud": "gold", "gouden": "gold", "zilver": "silver", "zilveren": "silver",
    "brons": "bronze", "bronzen": "bronze", "guld": "gold", "gull": "gold", "sølv": "silver", "złoty": "gold",
    "złoci": "gold", "srebrny": "silver", "srebrni": "silver", "brązowy": "bronze", "brązowi": "bronze",
    "platynowy": "platinum", "platynowi": "platinum", "diamentowy": "diamond", "diamentowi": "diamond",
    "zlatý": "gold", "zlatí": "gold", "stříbrný": "silver", "stříbrní": "silver", "bronzový": "bronze",
    "bronzoví": "bronze", "platinový": "platinum", "platinoví": "platinum", "diamantový": "diamond",
    "золотой": "gold", "золотые": "gold", "серебряный": "silver", "серебряные": "silver", "бронзовый": "bronze",
    "бронзовые": "bronze", "платиновый": "platinum", "платиновые": "platinum", "altın": "gold", "altin": "gold",
    "gümüş": "silver", "bronz": "bronze", "hoofd": "main", "huvud": "main", "hoved": "main", "główny": "main",
    "hlavní": "main", "ana": "main", "hauptsponsor": "main sponsor", "hauptsponsoren": "main sponsors",
    "medios": "media", "medya": "media", "presse": "press", "prensa": "press", "stampa": "press",
    "comunidad": "community", "comunidade": "community", "communauté": "community", "communautaires": "community",
}  # fmt: skip
"""Words that may also be names, or words of other things ("Gull"): a tier beside a sponsor, or in a label alone."""

_EASTERN = {
    "スポンサー": "sponsor", "赞助商": "sponsor", "贊助商": "sponsor", "赞助": "sponsor", "스폰서": "sponsor",
    "후원사": "sponsor", "パートナー": "partner", "合作伙伴": "partner", "合作夥伴": "partner", "파트너": "partner",
    "合作媒体": "media partner", "合作媒體": "media partner", "媒体": "media", "媒體": "media", "メディア": "media",
    "미디어": "media", "コミュニティー": "community", "コミュニティ": "community", "社区": "community",
    "커뮤니티": "community", "ダイヤモンド": "diamond", "ダイアモンド": "diamond", "钻石": "diamond", "鑽石": "diamond",
    "다이아몬드": "diamond", "プラチナ": "platinum", "白金": "platinum", "铂金": "platinum", "鉑金": "platinum",
    "플래티넘": "platinum", "ゴールド": "gold", "金牌": "gold", "黄金": "gold", "골드": "gold", "シルバー": "silver",
    "银牌": "silver", "銀牌": "silver", "실버": "silver", "ブロンズ": "bronze", "铜牌": "bronze", "銅牌": "bronze",
    "브론즈": "bronze",
}  # fmt: skip
"""Words of languages that are written without blanks."""

_LINKED = re.compile(
    r"\b(platina?|diamant|silber|silver|sølv|zilver|gold|guld|gull|goud|bronze|brons|premium|haupt|hoofd|huvud|hoved"
    r"|medien?|media|community)s?[ -]?(?=sponsor|sponzor|partner)",
    re.IGNORECASE,
)
_JOINED = ("sponsor", "sponzor", "partner", "'")
"""What other words are joined to."""

_EASTERN_WORD = re.compile("|".join(sorted(_EASTERN, key=len, reverse=True)))
_OF = vocabulary("de del do da di des du der")
_OF_VOWEL = re.compile(r"\bd['’](?=\w)", re.IGNORECASE)

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ARTICLES = vocabulary("a an our the all")
_LEADING = _ARTICLES | vocabulary(
    "unser unsere nos notre nuestros nuestras los las les nossos nossas nostri gli onze vores våra våre nasi"
)

_WORD = re.compile(r"[^\s,/|]+")
PICTOGRAPHS = re.compile(
    "(?:[#*0-9]\ufe0f?\u20e3|[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\ufe0f\u200d\U0001f000-\U0001faff])+"
)
_CURRENCY = r"(?:usd|eur|gbp|chf|[$€£¥₹])"
_AMOUNT = (
    rf"(?:(?:(?:us|ca|au)\s?)?{_CURRENCY}\s?\d[\d.,]*+(?:\s?[km]\b)?\+?|\d[\d.,]*+(?:\s?[km])?\s?{_CURRENCY}(?!\w))"
)
_PRICE = re.compile(rf"[(\[]?{_AMOUNT}(?:\s?(?:[-–—]|to)\s?{_AMOUNT})?(?:\s?{_CURRENCY}(?!\w))?[)\]]?", re.IGNORECASE)
_COUNT = re.compile(r"\(\d{1,3}(?: (?:sponsors?|companies|partners|exhibitors))?\)", re.IGNORECASE)
_YEAR_NOTE = re.compile(r"\s*(?:\(|\bin\b|\bfor\b)?\s*\b(?:19|20)\d\d\b\)?")
_RANKED_TIER = re.compile(r"(?:level|tier)\s?\d{1,2}\s?[:–—-]\s?", re.IGNORECASE)
_ADDRESS = re.compile(r"\w\.[a-z]{2}|@")
_NUMBERED_TIER = re.compile(r"(?:level|tier|rank)\s*#?\s*(\d{1,2}|[ivx]{1,4})")


@lru_cache(maxsize=8_192)
def is_tier(text: str) -> bool:
    """True when text names a sponsorship tier, not a company: "Gold", "Level 5", "Media Partner", "Ume sponsors".

    "Silver Lake" and "Bain Partners" are companies.
    """
    if not text or len(text) > MAX_TIER or text.count(" ") > _MAX_BLANKS:
        return False
    text = _in_english(_undecorated(text), is_label=False)
    ranked = _RANKED_TIER.match(text)
    if ranked and is_tier(text[ranked.end() :]):
        return True
    words = _WORD.findall(_YEAR_NOTE.sub("", text.casefold()).strip(" :*#-–—"))
    articled = len(words) > 1 and words[0] in _ARTICLES
    while len(words) > 1 and words[0] in _ARTICLES:
        del words[0]
    plain = " ".join(words)
    if not words or len(words) > 6 or _ADDRESS.search(plain):
        return False
    if (plain in _LONE_TIERS and not (articled and len(words) == 1)) or _NUMBERED_TIER.fullmatch(plain):
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

    "Gold Sponsors" is ``gold``, "🥇 Gold ($50,000)" too, "Level 5" ``level 5``, "Media Partners" ``media partner``,
    "Sponsors" ``sponsor``. Tiers of other languages have the English spelling: "Or" is ``gold``.
    """
    text = clean_text(label, MAX_TIER + 1)
    if text is None or len(text) > MAX_TIER:
        return None
    text = _in_english(_undecorated(text), is_label=True)
    ranked = _RANKED_TIER.match(text)
    if ranked and is_tier(text[ranked.end() :]):
        text = text[ranked.end() :]
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
    while kept and kept[0] in _LEADING:
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


def is_price(text: str) -> bool:
    """True for an amount of money, or two with a dash between."""
    return bool(_PRICE.fullmatch(text.strip()))


def _undecorated(text: str) -> str:
    """``text`` without pictographs, prices and counts: "🥇 Gold ($50,000)" and "Gold (3)" are "Gold"."""
    bare = text if text.isascii() else PICTOGRAPHS.sub(" ", text)
    if any(character.isdigit() for character in bare):
        bare = _COUNT.sub("", _PRICE.sub("", bare))
    bare = " ".join(bare.split()).rstrip(" :-–—|,") if bare != text else text
    return bare or text


@lru_cache(maxsize=8_192)
def is_tier_label(text: str) -> bool:
    """Like ``is_tier``, for a text that is no company anyway: lone words of other languages count, "Guld" and "Or"."""
    return is_tier(text) or (0 < len(text) <= MAX_TIER and is_tier(_in_english(_undecorated(text), is_label=True)))


def _in_english(text: str, *, is_label: bool) -> str:
    """ "Platin-Sponsor" and "Patrocinadores Oro" as "platinum sponsor" and "gold sponsors"; other texts as they are.

    ``is_label``: the text is known to be no company.
    """
    folded = text.casefold()
    is_simple = text.isascii() and not any(part in folded for part in _JOINED)
    if is_simple and not any((bare := word.strip(":*")) in _FOREIGN or bare in _ONLY_LABELS for word in folded.split()):
        return text  # most texts
    spaced = text if text.isascii() else _EASTERN_WORD.sub(lambda found: f" {_EASTERN[found[0]]} ", text)
    words = _OF_VOWEL.sub("", _LINKED.sub(r"\1 ", spaced)).split()
    plain = [word.casefold().strip(":*") for word in words]
    if (
        len(words) == len(text.split())
        and spaced == text
        and not any(w in _FOREIGN or w in _ONLY_LABELS for w in plain)
    ):
        return text
    known = [_FOREIGN.get(word) or _ONLY_LABELS.get(word, word) for word in plain if word not in _OF]
    doubtful = any(word in _ONLY_LABELS for word in plain)
    first = known[0].rstrip("s") if known else ""
    if (
        len(known) == 2
        and first in {"sponsor", "partner", "patron"}
        and (known[1] in _METALS or known[1] in _QUALIFIERS)
    ):
        return f"{known[1]} {known[0]}"
    if doubtful and not is_label and _SPONSOR_WORDS.isdisjoint(known):
        return text
    if doubtful and not all(word in _ENGLISH for part in known for word in part.split()):
        return text  # "Argent Consulting"
    return " ".join(known)


_ENGLISH = _METALS | _QUALIFIERS | _KINDS | _SPONSOR_WORDS | vocabulary("& and plus +")


def words_of_key(key: object) -> str:
    """``goldSponsors``, ``gold_sponsors`` and ``Gold Sponsors [1]`` as words."""
    text = without_citations(str(key)[:MAX_TIER])
    return _HUMP.sub(" ", text).replace("_", " ")
