"""Postal addresses: what in a segment of one is a street, what a postal code, and what may be the city.

"Damrak 243, 1012 ZJ Amsterdam" names a city beside a postal code, "401 Sabine Street Austin" behind a street.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from prospecting.parsing.name.folding import vocabulary, words
from prospecting.parsing.place.gazetteer import countries, place_key, regions

# By the country whose codes look like that; "other" is any country's.
_CODE = re.compile(
    r"""(?P<GB>\b[A-Z]{1,2}\d[A-Z\d]?\ ?\d[A-Z]{2}\b)
    |(?P<CA>\b[ABCEGHJ-NPRSTVXY]\d[A-Z][\ -]?\d[A-Z]\d\b)
    |(?P<IE>\b[AC-FHKNPRTV-Y]\d[\dW]\ [\dAC-FHKNPRTV-Y]{4}\b)
    |(?P<NL>\b(?:NL-)?[1-9]\d{3}\ ?[A-Z]{2}\b(?=\s+[^\W\d]|\s*$))
    |(?P<BR>\b\d{5}-\d{3}\b)
    |(?P<JP>〒\s?\d{3}-?\d{4}\b|\b\d{3}-\d{4}\b)
    |(?P<other>\b\d{4}-\d{3}\b|\b\d{2}-\d{3}\b|\b(?:[A-Z]{1,3}-\s?)?(?:\d{3}\ \d{2,3}|\d{4,7}(?:-\d{4})?)\b
        |\b[A-Z]\d{4}(?:[A-Z]{3})?\b)""",
    re.VERBOSE,
)
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_DISTRICT = re.compile(r"[^\d]+ \d{3}")
_CEDEX = re.compile(r"\bcedex\b.*", re.IGNORECASE)
_EDGES = " -–—:."
_DAY = re.compile(
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)(?:uary|ruary|ch|il|ust|ember|ober)?\.?\s+\d",
    re.IGNORECASE,
)
# Codes so peculiar that they tell the country without its name.
_TELLING = frozenset({"GB", "CA"})
_STREET_WORDS = vocabulary(
    """
    street str st avenue ave av road rd boulevard blvd bulevar drive dr lane ln way plaza square sq court ct parkway
    pkwy highway hwy terrace quay row close crescent cres gardens straße strasse platz weg gasse allee ring ufer
    damm rue quai chemin cours calle carrer avenida avda paseo plaça praça rua travessa alameda estrada via viale
    piazza corso largo laan straat plein gracht kade gatan vägen gata vei veien gade vej katu tie ulica ul aleja al
    náměstí cesta iela utca út tér bul blv strada soi thanon khwaeng khet jalan jl marg nagar chome chōme cho banchi
    floor suite room level unit building tower house hall center centre park campus office fl bldg
    """
)
_FOLDED_STREET_WORDS = frozenset(word for street in _STREET_WORDS for word in words(street))
_STREET_ENDINGS = (
    "straße",
    "strasse",
    "platz",
    "gasse",
    "straat",
    "plein",
    "gracht",
    "gatan",
    "vägen",
    "katu",
    "chome",
)
_DIRECTIONS = vocabulary("n s e w ne nw se sw north south east west")


class Piece(NamedTuple):
    """One segment of an address without its postal code.

    ``names`` are the places it may name, best first; a street's only if they exist.
    """

    text: str
    names: tuple[str, ...]
    is_street: bool = False
    has_code: bool = False


def _is_street_word(word: str) -> bool:
    folded = words(word)
    return bool(folded) and (
        folded[-1] in _FOLDED_STREET_WORDS or word.casefold().rstrip(".,").endswith(_STREET_ENDINGS)
    )


def _is_street(text: str) -> bool:
    """True for a house number with what belongs to it; "Dublin 2" and "Paris 11e" are districts."""
    digits = len(_DIGIT.findall(text))
    if not digits:
        return False
    return digits > 2 or text[0].isdigit() or any(_is_street_word(word) for word in text.split())


def _behind_street(text: str) -> tuple[str, ...]:
    """The words behind each word for a street or building: "Austin" in "401 Sabine Street Austin"."""
    parts = text.split()
    found = []
    for position in range(1, len(parts)):
        rest = parts[position:]
        if _is_street_word(parts[position - 1]) and not any(c.isdigit() for part in rest for c in part):
            while len(rest) > 1 and rest[0].casefold().strip(".") in _DIRECTIONS:
                rest = rest[1:]
            found.append(" ".join(rest))
    return tuple(found[-6:])


def _piece(text: str, *, has_code: bool = False) -> Piece | None:
    text = text.strip(_EDGES)
    if not _LETTER.search(text):
        return None
    if _is_street(text):
        names = _behind_street(text)
        if _DISTRICT.fullmatch(text) and not any(_is_street_word(word) for word in text.split()):
            names = (text.rstrip("0123456789 "),)
        return Piece(text, names, is_street=True, has_code=has_code)
    names = (text,)
    parts = text.split()
    if (
        has_code
        and len(parts) > 1
        and len(parts[-1]) < 3
        and parts[-1].isupper()
        and place_key(parts[-1]) not in regions()[0]
    ):
        names = (text, " ".join(parts[:-1]))  # "8005 Zürich ZH", "1050 Copenhagen K"
    return Piece(text, names, has_code=has_code)


def pieces_of(segments: list[str]) -> tuple[list[Piece], str | None]:
    """The pieces of an address, in order, without postal codes; and the country that a code tells, if one does."""
    pieces: list[Piece] = []
    told: str | None = None
    for segment in segments:
        found, country = _split(segment)
        pieces.extend(found)
        told = country or told
    return pieces, told


def _split(segment: str) -> tuple[list[Piece], str | None]:
    if not _DIGIT.search(segment):
        segment = segment.strip(_EDGES)
        return ([Piece(segment, (segment,))] if _LETTER.search(segment) else []), None
    if _DAY.search(segment):
        return [], None
    segment = _CEDEX.sub("", segment)
    bare = segment.rstrip("0123456789 ")
    if place_key(bare) in countries():  # "Taiwan 106"
        return [Piece(bare, (bare,), has_code=True)], None
    codes = list(_CODE.finditer(segment))
    if not codes:
        piece = _piece(segment)
        return ([piece] if piece else []), None
    code = codes[-1]  # a house number may look like a code
    before, behind = segment[: code.start()].strip(), segment[code.end() :].strip()
    if behind and (_is_street(f"0 {behind}" if any(map(_is_street_word, behind.split())) else behind)):
        # "2000 Mountain Rd NW": a house number
        street = Piece(segment, _behind_street(segment), is_street=True)
        return [street], None
    if not behind and _is_street(before) and not _behind_street(before) and code.lastgroup == "other":
        return [Piece(segment, (), is_street=True)], None
    country = code.lastgroup if code.lastgroup in _TELLING else None
    return [piece for part in (before, behind) if (piece := _piece(part, has_code=True))], country
