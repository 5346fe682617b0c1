"""Regular expressions for one person in any text: one for folded text, and one that a database searches with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from prospecting.parsing.names import fold, person_key
from prospecting.parsing.subjects import Subject

_APOSTROPHE = "['’‘`´]?"
_BETWEEN = r"[\W_]{1,6}(?:[^\W\d_][\W_]{1,4})?"  # an initial may stand between two words
_AT = r"(?:@|\s{0,2}[\[({<]\s?(?:at|@)\s?[\])}>]\s{0,2})"
_DOT = r"(?:\.|\s{0,2}[\[({<]\s?(?:dot|\.)\s?[\])}>]\s{0,2})"
_PROFILE = r"(?:(?:https?:)?(?:\\?/){0,2}(?:[a-z]{2,3}\.)?linkedin\.com\\?/(?:mwlite\\?/)?(?:in|pub)\\?/)"
_MIN_PHONE = 7
_MIN_SLUG = 6
_UNSPACED_NAME = re.compile("[\u3040-\u9fff\uac00-\ud7a3]{3,}")


def _orders(key: str) -> Iterable[list[str]]:
    """The words of a name as they may follow each other: as written, and with the family name first."""
    words = key.split()
    yield words
    for family in range(1, len(words)):
        yield [*words[-family:], *words[:-family]]


def is_distinctive(key: str) -> bool:
    """True when a name may be looked for inside of texts: it has two words, or is written without blanks."""
    return " " in key or bool(_UNSPACED_NAME.fullmatch(key))


def _slug(profile: str) -> str:
    return fold(unquote(profile.rpartition("/")[2]))


def _stands_alone(slug: str) -> bool:
    """True for a handle that means the person without the address of the network in front of it."""
    return len(slug) >= _MIN_SLUG and bool(re.search(r"[\d-]", slug))


def text_pattern(subject: Subject) -> re.Pattern[str] | None:
    """A subject in folded text; ``None`` when there is nothing to look for."""
    names = {
        _BETWEEN.join(_APOSTROPHE.join(map(re.escape, word)) for word in order)
        for key in map(person_key, subject.names)
        if is_distinctive(key)
        for order in _orders(key)
    }
    found = [rf"(?<![^\W_]){name}(?![^\W_])" for name in sorted(names, key=len, reverse=True)]
    for email in sorted(subject.emails):
        local, _, domain = email.rpartition("@")
        spelled = [_DOT.join(map(re.escape, part.split("."))) for part in (local, domain)]
        found.append(rf"(?<![\w.+-]){_AT.join(spelled)}(?![\w-]|\.\w)")
    for slug in sorted(map(_slug, subject.profiles)):
        prefix = f"{_PROFILE}?" if _stands_alone(slug) else _PROFILE
        found.append(rf"(?<![\w%-]){prefix}{re.escape(slug)}(?![\w%-])")
    for phone in sorted(subject.phones):
        if len(phone) >= _MIN_PHONE:
            found.append(r"(?<!\d)\+?" + r"[\s().\-/]{0,3}".join(phone) + r"(?!\d)")
    # Addresses and profiles first: a name inside of one would leave the rest of it behind.
    found.sort(key=lambda each: "linkedin" not in each and "@" not in each)
    return re.compile("|".join(found)) if found else None


MARKS = r"[^\x01-\x7f]|\\+u[0-9a-f]{4}|\\[0-7]{3}|&#?[0-9a-z]{2,8};|%[0-9a-f]{2}|['`]"
"""A regular expression for PostgreSQL: characters beyond ASCII, however they are written, and apostrophes."""

MARK = "~"
"""Stands for each of ``MARKS`` in a text that is searched."""

_GAP = r"[^0-9a-z]{1,8}"
_DIGRAPHS = re.compile("ss|ae|oe|th|ij|f[fil]|.")  # one character may be written for two: Strauß, Æsop


def search_pattern(subject: Subject) -> str | None:
    """A regular expression for PostgreSQL that finds every text the subject may be in, and hardly any other.

    It is for texts in which every one of ``MARKS`` was replaced by ``MARK``, without regard to case: of JSON as text,
    and of bytes as ``encode(value, 'escape')`` writes them. ``None`` when there is nothing to look for.
    """
    parts = set()
    for key in map(person_key, subject.names):
        for order in _orders(key) if is_distinctive(key) else [[key]]:
            parts.add(rf"{_GAP}(?:[a-z][^0-9a-z]{{1,6}})?".join(map(_spelled, order)))
    for value in (*subject.emails, *map(_slug, subject.profiles)):
        words = [word for word in re.split(r"[\W_]+", value) if word]
        parts.add(rf"{_GAP}(?:(?:at|dot)[^0-9a-z]{{1,4}})?".join(map(_spelled, words)))
    for phone in subject.phones:
        if len(phone) >= _MIN_PHONE:
            parts.add("[^0-9a-z]{0,4}".join(phone))
    return "|".join(sorted(part for part in parts if part)) or None


def _spelled(word: str) -> str:
    """A folded word in a pattern: each letter itself, with marks behind it, or written as marks."""
    return "".join(map(_letters, _DIGRAPHS.findall(word)))


def _letters(letters: str) -> str:
    first, *others = (f"[{letter}{MARK}]{MARK}*" if letter.isascii() else f"{MARK}{{1,4}}" for letter in letters)
    return first + "".join(f"(?:{other})?" for other in others)
