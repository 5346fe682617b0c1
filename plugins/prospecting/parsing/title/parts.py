"""Posts of a part of a company: of a region, a division, a market, a line of business or a subsidiary.

"CEO, North America" and "Regional CEO" lead a part, "Group CEO" and "CEO, Acme" the whole. Of words that may as well be
the company's name, only a country at the end tells a part: "CEO, Acme Germany" leads a subsidiary, "CEO of Bank of
America" a company.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from prospecting.parsing.names import vocabulary
from prospecting.parsing.place.gazetteer import countries, place_key, regions
from prospecting.parsing.title.ranks import FUNCTION_WORDS, MODIFIER_RANKS, PREPOSITIONS, RANKED

REGION_WORDS = vocabulary(
    """emea apac amer amers americas latam dach cee mena nordics benelux iberia anz uki asean europe european asia asian
    pacific africa african america american north south east west northeast northwest southeast southwest northern
    southern eastern western central mid midwest middle us usa uk eu na canada germany france spain italy india japan
    china australia international worldwide national federal regional region area territory district domestic overseas
    """
)
"""Words for where somebody works, or how far."""

# They name no region by themselves, or abbreviate other things as well.
_NOT_ALONE = vocabulary("worldwide national federal na mid area region territory district")
_MORE_REGIONS = vocabulary(
    """apj apmea emeai japac meta mea gcc eurasia caribbean oceania scandinavia baltics balkans latin osterreich schweiz
    suisse svizzera norge danmark suomi polska brasil belgique belgie europa asien asie afrika mitteleuropa osteuropa
    sudeuropa nordeuropa"""
)
_PEOPLE = vocabulary("american african asian")  # in front of a post: "African American CEO"
_UNITS = vocabulary(
    """division divisions unit units segment segments subsidiary subsidiaries affiliate branch region regions market
    markets territory territories area sector district business geschaftsbereich sparte tochter tochtergesellschaft
    niederlassung filiale filial divisione divisao unidad unidade"""
)
_ALONE = vocabulary("division subsidiary affiliate region geschaftsbereich sparte tochtergesellschaft divisione")
_LOCAL = vocabulary(
    """regional divisional zonal subregional local area district territory country zone plant site store branch division
    region subsidiary affiliate unit bu segment sector"""
)
_LINES = vocabulary(
    """retail wholesale consumer commercial investment private banking bank wealth insurance reinsurance healthcare
    pharma pharmaceuticals consulting consultancy advisory services solutions media entertainment studios aviation
    aerospace defense defence energy chemicals agriculture automotive mobility construction infrastructure mining
    metals beverages hospitality publishing cloud devices wireless broadband fashion apparel luxury diagnostics vaccines
    brokerage mortgage leasing lending payments cards institutional residential industrial outsourcing staffing"""
)
"""Lines of business, such as a division has."""
_BESIDE_LINES = vocabulary(
    """management asset health life business markets small digital care medical home property real estate food oil gas
    community personal recruiting"""
)
_FILLERS = vocabulary("the a an of for in de der des du la el und global worldwide group our entire")
# Given names, American states and brands as well.
_AMBIGUOUS = vocabulary("georgia jordan chad guinea cuba niger mali turkey togo")
_MOST_WORDS = 4
_Kind = Literal["country", "region", "line", "beside", "filler", "unknown"]


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(name for name in countries() if len(name) > 3 or name in ("uk", "usa", "uae")) - _AMBIGUOUS


@lru_cache(maxsize=1)
def _states() -> frozenset[str]:
    return _AMBIGUOUS | {place_key(name) for name in regions()[1].values()}


def leads_part(words: Sequence[str]) -> bool:
    """True when ``words``, behind a chief's post or in a segment of their own, say which part it leads."""
    start = next((index for index, word in enumerate(words) if word not in _FILLERS), len(words))
    words = words[start:]
    if not words:
        return False
    if words[-1] in (_UNITS if len(words) > 1 else _ALONE) or (words[0] in _UNITS and "of" in words[1:2]):
        return True
    found = [kind for _, kind in _phrases(words)]
    kinds = set(found) - {"filler"}
    if kinds <= {"country", "region"} or ("line" in kinds and "unknown" not in kinds and "of" not in words):
        return bool(kinds)
    return found[-1] == "country" and found[-2] != "filler"


def leads_part_before(words: Sequence[str]) -> bool:
    """True when ``words`` in front of a chief's post say that it leads a part: "Regional", "North America"."""
    if not words:
        return False
    if words[-1] in _LOCAL or words[-1] == "market":
        return True
    found = list(_phrases([word for word in words if word not in MODIFIER_RANKS]))
    return (
        bool(found)
        and found[-1][1] in ("country", "region")
        and found[-1][0] not in _PEOPLE
        and [kind for _, kind in found][-2:-1] != ["filler"]
    )


def works_in_part(words: Sequence[str]) -> bool:
    """True when a segment of a title without a chief's post names a region or a site: "Regional HR Manager"."""
    if len(words) > 1 and words[-1] in _UNITS and RANKED.isdisjoint(words) and words[0] not in FUNCTION_WORDS:
        return True
    chunk: list[str] = []
    is_named = False
    for word in [*words, "of"]:
        if not (word in FUNCTION_WORDS or word in RANKED or word in PREPOSITIONS or word in _FILLERS):
            chunk.append(word)
            continue
        is_region = bool(chunk) and all(kind in ("country", "region") for _, kind in _phrases(chunk))
        if (is_region and not is_named) or (len(chunk) == 1 and chunk[0] in _LOCAL and word != "of"):
            return True
        is_named = word in PREPOSITIONS and bool(chunk)
        chunk = []
    return False


def _phrases(words: Sequence[str]) -> Iterator[tuple[str, _Kind]]:
    """``words`` with their kinds, the words of a place together."""
    index = 0
    while index < len(words):
        for length in range(min(_MOST_WORDS, len(words) - index), 0, -1):
            phrase = " ".join(words[index : index + length])
            kind = _kind(phrase)
            if kind != "unknown" or length == 1:
                yield phrase, kind
                index += length
                break


def _kind(phrase: str) -> _Kind:
    if phrase in _FILLERS:
        return "filler"
    if phrase in _countries():
        return "country"
    if (phrase in REGION_WORDS and phrase not in _NOT_ALONE) or phrase in _MORE_REGIONS or phrase in _states():
        return "region"
    if phrase in _LINES:
        return "line"
    return "beside" if phrase in _BESIDE_LINES or phrase in FUNCTION_WORDS else "unknown"
