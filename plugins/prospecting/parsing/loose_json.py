"""A forgiving reader for one JSON value somewhere inside a text.

It accepts what language models write instead of JSON: comments, trailing and missing commas, single and curly quotes,
unescaped inner quotes, unquoted keys, Python literals, bare "5,000+" values, an ellipsis, and a text that stops in the
middle. It never guesses where a container ends: a value that runs out of text says which containers were still open. It
keeps its own stack, so nesting costs no recursion, and reads every character a bounded number of times.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

MAX_DEPTH = 128
"""How deep containers may be nested; agents' answers need five or six levels."""

_MAX_BARE = 500
_MAX_NUMBER = 400  # digits; Python itself refuses integers beyond 4,300
_MAX_INNER_QUOTES = 100

_BLANK = re.compile(r"(?:\s++|//[^\n]*+|\#[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)|\.{3}|…)*+")
_SPACE = re.compile(r"\s*+")
_BODY = {
    '"': re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL),
    "'": re.compile(r"(?:[^'\\]++|\\.)*+", re.DOTALL),
}
_CURLY_BODY = re.compile(r'[^“”„"]*+')
_CURLY_SINGLE_BODY = re.compile(r"[^‘’‚\n]*+")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": ""}
_BARE_KEY = re.compile(r"[A-Za-z_$0-9][\w$.-]*(?: [\w$.-]+)*")
_BARE = re.compile(r"[^\s,\[\]{}\"'`“”][^,\[\]{}\n\"`]*")
_BARE_COMMENT = re.compile(r"\s(?://|#|/\*).*")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})++\+?(?=\s*(?:[,}\]\n]|$))")
_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_LITERALS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "none": None,
    "nil": None,
    "undefined": None,
    "nan": None,
    "infinity": None,
    "+infinity": None,
    "-infinity": None,
}
_QUOTES = "\"'“”„‘‚"
_FENCES = ("```", "~~~")
_NO_KEY: Any = object()


class Malformed(ValueError):
    """The text at ``position`` cannot be read as JSON, even leniently."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


class Reading(NamedTuple):
    """A value, where it ends, and the containers that were still open (outermost first; empty when complete)."""

    value: Any
    end: int
    still_open: tuple[Any, ...]


class _Ended(Exception):
    """The text stopped inside a token."""


def read_value(text: str, start: int) -> Reading:
    """Read the object or array that begins at ``text[start]``.

    Raises ``Malformed`` with the position that made no sense.
    """
    return _Reader(text, start).read()


class _Reader:
    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.position = start + 1
        self.root: Any = {} if text[start] == "{" else []
        self.stack: list[Any] = [self.root]
        self.key: Any = _NO_KEY

    def read(self) -> Reading:
        text, length = self.text, len(self.text)
        try:
            while self.stack:
                self.position = _skip(text, self.position)
                if self.position >= length or text.startswith(_FENCES, self.position):
                    return Reading(self.root, self.position, tuple(self.stack))
                self._step(text[self.position])
        except _Ended:
            return Reading(self.root, length, tuple(self.stack))
        return Reading(self.root, self.position, ())

    def _step(self, character: str) -> None:
        top = self.stack[-1]
        if character in "]}":
            self._close(top, character)
        elif character == ",":
            if self.key is not _NO_KEY:
                self._put(None)  # {"a": , "b": 1}
            self.position += 1
        elif type(top) is dict and self.key is _NO_KEY:
            self.key = self._read_key(character)
        elif character in "{[":
            self._open(character)
        elif character in _QUOTES:
            value, self.position = _read_string(self.text, self.position, colon_ends=type(top) is list)
            self._put(value)
        else:
            self._put(self._read_bare())

    def _open(self, character: str) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise Malformed(self.position, "nested too deeply")
        child: Any = {} if character == "{" else []
        self._put(child)
        self.stack.append(child)
        self.position += 1

    def _close(self, top: Any, character: str) -> None:
        if (character == "]") is not (type(top) is list):
            raise Malformed(self.position, "mismatched brackets")
        if self.key is not _NO_KEY:
            self._put(None)
        self.stack.pop()
        self.position += 1

    def _put(self, value: Any) -> None:
        top = self.stack[-1]
        if type(top) is list:
            top.append(value)
        else:
            top[self.key] = value
            self.key = _NO_KEY

    def _read_key(self, character: str) -> str:
        text = self.text
        if character in _QUOTES:
            key, end = _read_string(text, self.position, colon_ends=True)
        else:
            match = _BARE_KEY.match(text, self.position)
            if not match:
                raise Malformed(self.position, "expected a key")
            key, end = match[0], match.end()
        end = _skip(text, end)
        if end >= len(text):
            raise _Ended
        if text[end] != ":":
            raise Malformed(end, "expected a colon")
        self.position = end + 1
        return key

    def _read_bare(self) -> Any:
        text, in_object = self.text, self.key is not _NO_KEY
        if in_object and (grouped := _GROUPED.match(text, self.position)):
            self.position = grouped.end()
            return grouped[0]
        match = _BARE.match(text, self.position)
        if not match:
            raise Malformed(self.position, "expected a value")
        if match.end() >= len(text):
            raise _Ended  # "tru" or "12" may be the beginning of anything
        word = _BARE_COMMENT.sub("", match[0]).strip()
        lowered = word.lower()
        if lowered in _LITERALS:
            value = _LITERALS[lowered]
        elif _NUMBER.fullmatch(word):
            value = _number(word)
        elif in_object and len(word) <= _MAX_BARE:
            value = word
        else:
            raise Malformed(self.position, "unquoted text")
        self.position = match.end()
        return value


def _skip(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _number(word: str) -> int | float | None:
    digits = word.replace("_", "")
    if len(digits) > _MAX_NUMBER:
        return None
    if digits.lstrip("+-").isdigit():
        return int(digits)
    number = float(digits)
    return number if math.isfinite(number) else None


def _read_string(text: str, start: int, *, colon_ends: bool) -> tuple[str, int]:
    """The string at ``start`` and the position behind its closing quote."""
    quote = text[start]
    if quote not in _BODY:
        return _read_curly(text, start)
    body = _BODY[quote]
    end = start + 1
    for _ in range(_MAX_INNER_QUOTES):
        match = body.match(text, end)
        inner_from, end = end, match.end() if match else end
        if end >= len(text):
            raise _Ended
        if text[end] != quote:  # a lone backslash at the very end
            raise _Ended
        if inner_from > start + 1 and "\n" in text[inner_from:end]:
            raise Malformed(inner_from, "text behind a string")
        if _closes(text, end, quote, colon_ends):
            return _unescape(text[start + 1 : end]), end + 1
        end += 1
    raise Malformed(end, "too many stray quotes")


def _read_curly(text: str, start: int) -> tuple[str, int]:
    body = _CURLY_BODY if text[start] in "“”„" else _CURLY_SINGLE_BODY
    match = body.match(text, start + 1)
    end = match.end() if match else start + 1
    if end >= len(text):
        raise _Ended
    if text[end] == "\n":
        raise Malformed(end, "unclosed quote")
    return _unescape(text[start + 1 : end]), end + 1


def _closes(text: str, position: int, quote: str, colon_ends: bool) -> bool:
    """True when the quote at ``position`` ends its string, judged by what follows it."""
    match = _SPACE.match(text, position + 1)
    after = match.end() if match else position + 1
    if after >= len(text):
        return True
    character = text[after]
    if character == ":":
        return colon_ends
    if character in ",}]":
        return True
    if character == quote and after == position + 1:  # "he said "hi"", : the second one ends it
        behind = _skip(text, after + 1)
        return not (behind >= len(text) or text[behind] in ",:}]")
    return character in "\"'“{[#" or text.startswith(("//", "/*", "...", "…", *_FENCES), after)


def _unescape(body: str) -> str:
    if "\\" not in body:
        return body
    text = _ESCAPE.sub(_escaped, body)
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) == 5:
        return chr(int(code[1:], 16))
    return _ESCAPES.get(code, code)
