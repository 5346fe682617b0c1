"""The one form in which texts are compared: folded letters, the words of a text, and one plain line of it."""

from __future__ import annotations

import html
import re
import unicodedata

from prospecting.parsing.invisible import visible

MAX_NAME_LENGTH = 200

_LETTERS_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "n", "ŧ": "t"}
)
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"[^\W_]+")
_ACCENT = re.compile(r"[\u0300-\u034e\u0350-\u036f]+")
_OTHER_SCRIPT = re.compile(r"[\u034f\u0400-\U0010ffff]")
"""Letters beyond Latin and Greek, whose marks are part of them."""
APOSTROPHES = re.compile(r"['’‘`´ʼʻ]")
_MARKUP = re.compile(r"[&<>\[\]*_`]")
_NO_TEXT = re.compile("[\ud800-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
"""Surrogates and characters for private use."""
_PLACEHOLDERS = frozenset(
    """n/a|n.a.|n.a|na|none|null|nil|nan|undefined|unknown|unknown company|unknown person|unnamed|unspecified|tbd|tba
    |tbc|to be announced|to be confirmed|to be determined|not available|not applicable|not found|not known|not provided
    |not specified|no name|name|company|company name|full name|first last|anonymous|confidential|various|multiple|other
    |pending|missing|empty|test|-|--|?|???""".replace("\n", "")
    .replace("    ", "")
    .split("|")
)


def vocabulary(text: str) -> frozenset[str]:
    """The blank-separated words of ``text``: how this package writes its word lists."""
    return frozenset(text.split())


def fold(text: str) -> str:
    """``text`` lower-cased with Latin and Greek accents removed; other scripts keep their letters (NFKC).

    The one folding behind every comparison in the product: "Société" and "SOCIETE" are equal, "ガ" and "カ" are not.
    """
    return text.casefold() if text.isascii() else _fold_unicode(visible(text))


def _fold_unicode(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold()).casefold()
    if not _OTHER_SCRIPT.search(decomposed):
        return unicodedata.normalize("NFKC", _ACCENT.sub("", decomposed).translate(_LETTERS_WITHOUT_DECOMPOSITION))
    kept: list[str] = []
    base = ""
    for character in decomposed:
        if not unicodedata.combining(character):
            base = character
        elif base < "\u0400":
            continue
        kept.append(character)
    return unicodedata.normalize("NFKC", "".join(kept).translate(_LETTERS_WITHOUT_DECOMPOSITION))


def words(text: str) -> list[str]:
    """The words of ``text``, folded: runs of letters, digits and the marks that belong to them."""
    text = visible(text)
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    folded = fold(text)
    if not _OTHER_SCRIPT.search(folded) and not _ACCENT.search(folded):
        return _WORD.findall(folded)
    # Vowel signs of Indic scripts are marks, not letters, but part of the word.
    spaced = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded)
    return [word[next(i for i, c in enumerate(word) if c.isalnum()) :] for word in spaced.split() if has_word(word)]


def has_word(text: str) -> bool:
    """True when there is a letter or a digit in ``text``."""
    return _WORD.search(text) is not None


def is_placeholder(text: str) -> bool:
    """True for what stands in place of a name: "N/A", "TBD", "unknown"."""
    folded = text.casefold()
    return folded.strip(" .*_[]()<>\"'") in _PLACEHOLDERS or folded in _PLACEHOLDERS


def plain_line(value: object) -> str:
    """``value`` as one line of text: entities decoded, markdown and invisible characters removed."""
    if not isinstance(value, str) or len(value) > 10 * MAX_NAME_LENGTH:
        return ""
    if value.isascii() and value.isprintable() and not _MARKUP.search(value):
        return " ".join(value.split())
    text = _NO_TEXT.sub(" ", visible(html.unescape(value)))
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"</?[a-zA-Z][^>]*>", " ", text)
    text = re.sub(r"\*\*|__|`", "", text)
    return " ".join(text.split())
