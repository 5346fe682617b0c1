"""Where a string ends in text that is nearly JSON.

A quote may be straight, curly or doubled, lost at either end, or stand unescaped inside the text; a remark may follow
it. What comes behind a quote decides: a string ends where the next member, element or bracket follows. Look-ahead is
bounded, so that reading stays linear.
"""

from __future__ import annotations

import re
import sys
from enum import Enum
from typing import NamedTuple

DOUBLE = '"“”„‟'
SINGLE = "'‘’‚"
QUOTES = DOUBLE + SINGLE
FENCES = ("```", "~~~")

_MAX_INNER_QUOTES = 40
_MAX_RUN = 300  # characters of brackets and blanks between two members
_MAX_LIST = 2_000

BLANK = re.compile(r"(?:\s++|//[^\n]*+|\#[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)|\.{3}|…)*+")
_SPACE = re.compile(r"\s*+")
_BODIES = {
    quote: re.compile(rf"(?:[^{family}\\]++|\\.)*+", re.DOTALL) for family in (DOUBLE, SINGLE) for quote in family
}
_DOUBLED = re.compile(
    rf"([{DOUBLE}])\1(?=[^\s,:}}\]])(?P<text>(?:[^{DOUBLE}\\\n]++|\\.)++)[{DOUBLE}]{{2}}(?=\s*+(?:[,:}}\]]|\Z))"
)
_CLOSED_TWICE = re.compile(rf"[{DOUBLE}](?P<text>[^{DOUBLE}\\\n]++)([{DOUBLE}])\2(?=\s*+(?:[,}}\]]|\Z))")
_KEY_AHEAD = re.compile(
    rf"""[{QUOTES}][^{DOUBLE}\n,:{{}}\[\]]{{1,80}}+[{DOUBLE}]\s*+:|'[^'\n,:{{}}\[\]]{{1,80}}+'\s*+:"""
)
_BARE_KEY_AHEAD = re.compile(r"[\w$][\w$ .-]{0,60}+[\"'”]?\s*+:(?!//)")
_KEY_TEXT = re.compile(r"[\w$@][\w$@ ./&'()-]{0,79}")
_LITERAL = r"(?:true|false|null|True|False|None)\b"
_UNCLOSED_KEY = re.compile(rf"""([\w$][\w$ .-]{{0,60}}?)\s*+:\s*+(?=["“„'{{\[\d-]|{_LITERAL})""")
_VALUE_AHEAD = re.compile(rf"[{QUOTES}{{\[\d-]|{_LITERAL}")
_ELEMENT_AHEAD = re.compile(rf"[{DOUBLE}][^{DOUBLE}\n]{{1,300}}+[{DOUBLE}]\s*+[,\]]|'[^'\n]{{1,300}}+'\s*+[,\]]")
_REMARK = (
    r"""\s*+(?:\([^()\n]{1,120}+\)|\[[^\[\]"\n]{1,40}+\]|【[^】\n]{1,40}+】"""
    r"""|[^\s\w"“”'{}\[\](),:][^"“”{}\[\],\n]{0,80}+)++\s*+"""
)
_NEXT_MEMBER = (
    rf"(?:(?=[}}\]])|(?=,\s*+(?:[{QUOTES}][^{QUOTES}\n]{{1,80}}+[{QUOTES}]?\s*+:|[\w$][\w$ .-]{{0,60}}+:|[}}\]{{]|\Z))"
    rf"|(?=\n\s*+[{QUOTES}}}\]]))"
)
_MEMBER_REMARK = re.compile(_REMARK + _NEXT_MEMBER)
_ELEMENT_REMARK = re.compile(rf"{_REMARK}(?=\]|,\s*+[{QUOTES}{{\[\d\]])")
_WORDS_BEHIND = re.compile(r"[ \t]++[^\W\d][\w .()'-]{0,60}+(?:(?=[}\]])|(?=,\s*+[\"“”][^\"“”\n]{1,80}+[\"“”]\s*+:))")
_SWALLOWED = re.compile(rf"(?<!\\)[{DOUBLE}]\s*+:\s*+[{DOUBLE}{{\[\d]")
_UNOPENED = (
    re.compile(rf"([^{DOUBLE}\n{{}}]{{1,400}}+)(?<=[^\s,:\[])[{DOUBLE}](?=\s*+[,}}\]])"),
    re.compile(rf"([^{QUOTES}\n{{}}]{{1,400}}+)(?<=[^\s,:\[])[{SINGLE}](?=\s*+[,}}\]])"),
)
_UNCLOSED_TAIL = re.compile(r"([^\n{}\[\]]*+)((?:\s*+[}\]])++)[ \t]*+(?=\n|\Z)")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U000[0-9a-fA-F]{5}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": ""}


class Malformed(ValueError):
    """The text at ``position`` cannot be read as JSON, even leniently."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


class EndedError(Exception):
    """The text stopped inside a token that began at ``start``."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


class Place(Enum):
    """The role of a string: the value of an object's member, or an element of a list."""

    MEMBER = 1
    ELEMENT = 2


class Token(NamedTuple):
    """A text and the position behind it."""

    text: str
    end: int


def skip(text: str, position: int) -> int:
    """The position behind blanks, comments and ellipses."""
    match = BLANK.match(text, position)
    return match.end() if match else position


def is_key(text: str, position: int) -> bool:
    """True when the string at ``position`` is followed by a colon."""
    return _KEY_AHEAD.match(text, position) is not None


def holds_member(value: str) -> bool:
    """True when a string has swallowed the end of one value and the beginning of another."""
    return not value.lstrip().startswith(("{", "[")) and _SWALLOWED.search(value) is not None


def read_key(text: str, start: int) -> Token:
    """The key whose quote is at ``start``; its end is behind the colon, or where the value begins when there is none.

    Raises ``Malformed`` when no value can follow, ``EndedError`` when the text stops before it.
    """
    body, end = _key_body(text, start)
    after = skip(text, end)
    if after >= len(text):
        raise EndedError(start)
    if text[after] == ":":
        return Token(unescape(body), after + 1)
    if unclosed := _UNCLOSED_KEY.match(text, start + 1):
        return Token(unclosed[1], unclosed.end())
    if _KEY_TEXT.fullmatch(body) and _VALUE_AHEAD.match(text, after):
        return Token(unescape(body), after)
    raise Malformed(after, "expected a colon")


def _key_body(text: str, start: int) -> tuple[str, int]:
    if doubled := _DOUBLED.match(text, start):
        return doubled["text"], doubled.end()
    body = _BODIES[text[start]]
    match = body.match(text, start + 1)
    end = match.end() if match else start + 1
    while text[end : end + 1] and text[end] in SINGLE and text[end + 1 : end + 2].isalpha():  # 'Men's track': ...
        match = body.match(text, end + 1)
        end = match.end() if match else end + 1
    if end >= len(text) or text[end] == "\\":
        if unclosed := _UNCLOSED_KEY.match(text, start + 1):
            return unclosed[1], unclosed.end()
        raise EndedError(start)
    return text[start + 1 : end], end + 1


def read_string(text: str, start: int, place: Place) -> Token:
    """The string whose quote is at ``start``, without the remark that may follow it.

    Raises ``Malformed`` when its end cannot be told, ``EndedError`` when the text stops inside it.
    """
    if doubled := _DOUBLED.match(text, start) or _CLOSED_TWICE.match(text, start):
        return Token(unescape(doubled["text"]), doubled.end())
    body, straight = _BODIES[text[start]], text[start] in "\"'"
    end, inner = start + 1, 0
    perhaps: int | None = None
    for _ in range(_MAX_INNER_QUOTES):
        match = body.match(text, end)
        before, end = end, match.end() if match else end
        if end >= len(text) or text[end] == "\\" or _has_fence(text, before, end):
            if perhaps is None:
                raise EndedError(start)
            return _string(text, start, perhaps)
        lost = _lost_closing(text, start, end, place) if perhaps is None else None
        if lost:
            return lost
        if before > start + 1 and "\n" in text[before:end]:
            return _ended_before(text, start, before, perhaps, "text behind a string")
        if straight and inner > 0 and text[end] not in "\"'":
            closes: bool | None = False  # the closing one of a curly pair inside
        else:
            closes = _closes(text, end, place)
        if closes and not _SWALLOWED.search(text, start + 1, end):
            return _string(text, start, end)
        if closes:  # the value of another member would become part of this one
            return _ended_before(text, start, end, perhaps, "a member inside a string")
        if perhaps is None:
            perhaps = end if closes is None else None
            if closes is False and (behind := _behind_remark(text, start, before, end, place)):
                return Token(unescape(text[start + 1 : end]), behind)
        inner += (text[end] in "“„‘‚") - (text[end] in "”’")
        end += 1
    raise Malformed(end, "too many stray quotes")


def _string(text: str, start: int, end: int) -> Token:
    return Token(unescape(text[start + 1 : end]), end + 1)


def _ended_before(text: str, start: int, position: int, perhaps: int | None, reason: str) -> Token:
    if perhaps is None:
        raise Malformed(position, reason)
    return _string(text, start, perhaps)


def _behind_remark(text: str, start: int, before: int, end: int, place: Place) -> int | None:
    """The end of a remark behind the quote at ``end``; what stands behind an opening quote is none."""
    if end == start + 1 or text[end - 1].isspace():
        return None
    match = (_MEMBER_REMARK if place is Place.MEMBER else _ELEMENT_REMARK).match(text, end + 1)
    if not match and before == start + 1:
        match = _WORDS_BEHIND.match(text, end + 1)
    return match.end() if match else None


def _has_fence(text: str, start: int, end: int) -> bool:
    return text.find("\n```", start, end) >= 0


def _lost_closing(text: str, start: int, position: int, place: Place) -> Token | None:
    """The string from ``start`` when the quote at ``position`` opens the next member or element already."""
    if position - 1 <= start or not (text[position - 1].isspace() or text[position - 1] in ",{["):
        return None
    is_key = _KEY_AHEAD.match(text, position) is not None
    if not is_key and not (place is Place.ELEMENT and _ELEMENT_AHEAD.match(text, position)):
        return None
    run = text[max(start + 1, position - _MAX_RUN) : position]
    before = run.rstrip(" \t\r\n{[")
    if before.endswith(","):
        before = before[:-1].rstrip(" \t\r\n}]")
    elif "\n" in run[len(before) :]:
        before = before.rstrip(" \t}]")
    else:
        return None
    if not before:
        return None
    end = position - len(run) + len(before)
    if not is_key:
        close = text.find("]", position, position + _MAX_LIST)
        if run[len(before) :].strip() != "," or close < 0 or text.count(text[start], start, close) % 2 == 0:
            return None
    return Token(unescape(text[start + 1 : end].rstrip()), end)


def _closes(text: str, position: int, place: Place) -> bool | None:
    """True when the quote at ``position`` ends its string, judged by what follows it; ``None`` for perhaps."""
    match = _SPACE.match(text, position + 1)
    after = match.end() if match else position + 1
    if after >= len(text):
        return True
    character = text[after]
    if character == ",":
        return True if place is Place.ELEMENT or _member_follows(text, after) else None
    if character in "}]":
        return True
    if character == ":":
        return place is Place.ELEMENT
    if character in "#…" or text.startswith(("//", "/*", "...", *FENCES), after):
        return True
    if character == text[position] and after == position + 1:  # "he said "hi"", : the second one ends it
        behind = skip(text, after + 1)
        return not (behind >= len(text) or text[behind] in ",:}]")
    if character in QUOTES:
        return place is Place.ELEMENT or _KEY_AHEAD.match(text, after) is not None
    if place is Place.ELEMENT:
        return character == "{"
    return "\n" in text[position:after] and _BARE_KEY_AHEAD.match(text, after) is not None


def _member_follows(text: str, comma: int) -> bool:
    """False when what is behind a comma is running text rather than the next member."""
    after = skip(text, comma + 1)
    if after >= len(text) or not (text[after].isalnum() or text[after] in "(&"):
        return True
    return _BARE_KEY_AHEAD.match(text, after) is not None or "\n" in text[comma:after]


def read_unopened(text: str, start: int) -> Token | None:
    """The string at ``start`` whose opening quote was lost: the next quote closes it."""
    for pattern in _UNOPENED:
        if match := pattern.match(text, start):
            return Token(unescape(match[1]), match.end())
    return None


def read_unclosed_tail(text: str, start: int) -> tuple[str, str, int] | None:
    """A string without its last quote and the brackets behind it: text, brackets, end."""
    match = _UNCLOSED_TAIL.match(text, start + 1)
    return (unescape(match[1].rstrip()), "".join(match[2].split()), match.end()) if match else None


def unescape(body: str) -> str:
    """The text a JSON string stands for."""
    if "\\" not in body:
        return body
    text = _ESCAPE.sub(_escaped, body)
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1:
        point = int(code[1:], 16)
        return chr(point) if point <= sys.maxunicode else "\ufffd"
    return _ESCAPES.get(code, code)
