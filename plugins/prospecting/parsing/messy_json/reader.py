"""A forgiving reader for one JSON value somewhere inside a text.

It accepts what language models write instead of JSON: comments, trailing and missing commas, quotes of every kind,
unquoted keys, Python literals, bare "5,000+" values, an ellipsis, brackets left out, doubled or of the wrong kind, and
a text that stops in the middle. A bracket that does not fit is no end of the text: the fewest changes that make the
brackets fit what follows are taken. A value that does run out of text says which containers were still open. The
reader keeps its own stack, so nesting costs no recursion, and reads every character a bounded number of times.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from prospecting.parsing.messy_json.brackets import Following, affinity, fitting_depth
from prospecting.parsing.messy_json.strings import (
    FENCES,
    QUOTES,
    EndedError,
    Malformed,
    Place,
    is_key,
    read_key,
    read_string,
    read_unclosed_tail,
    read_unopened,
    skip,
)

MAX_DEPTH = 128
"""How deep containers may be nested; agents' answers need five or six levels."""

_MAX_BARE = 500
_MAX_NUMBER = 400  # digits; Python itself refuses integers beyond 4,300

_COST_OF_A_START = 6  # in tokens

_SPACE = re.compile(r"\s*+")
_CLOSERS = re.compile(r"[}\]](?:\s*+[}\]])*+")
_BARE_KEY = re.compile(r"[A-Za-z_$0-9][\w$.-]*(?: [\w$.-]+)*")
_BARE = re.compile(r"[^\s,\[\]{}\"'`“”][^,\[\]{}\n\"`]*")
_BARE_COMMENT = re.compile(r"\s(?://|#|/\*).*")
_LITERAL_REMARK = re.compile(r"(?i:(true|false|null|none))\s*[(\[].*")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})++\+?(?=\s*(?:[,}\]\n]|$))")
_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_MEMBER = re.compile(rf"""[{QUOTES}]([^{QUOTES}\n]{{1,80}}+)[{QUOTES}]?\s*+:|([\w$][\w$ .-]{{0,60}}+):(?!//)""")
_SEAM = re.compile(r"[“”„]\s*+[:,]\s*+[\"“”„{\[\d]|\"\s*+[:,]\s*+[“”„]")
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
_NO_KEY: Any = object()

__all__ = ["MAX_DEPTH", "Malformed", "Reading", "read_value"]


class Reading(NamedTuple):
    """A value, where it ends, and the containers that were still open (outermost first; empty when complete)."""

    value: Any
    end: int
    still_open: tuple[Any, ...]


@dataclass(slots=True)
class Effort:
    """The work one text may still cost: reading clean JSON in vain, brackets that do not fit, and tokens in all."""

    clean: int = 150
    characters: int = 4_000_000
    misfits: int = 500
    tokens: int = 60_000
    curly: bool = False

    @classmethod
    def for_text(cls, text: str) -> Effort:
        """The effort a text may cost."""
        return cls(curly="“" in text or "”" in text or "„" in text)


def read_value(text: str, start: int, effort: Effort | None = None) -> Reading:
    """Read the object or array that begins at ``text[start]``.

    Several readings of one text share an ``effort``. Raises ``Malformed`` with the position that made no sense.
    """
    effort = effort or Effort.for_text(text)
    clean = _read_clean(text, start, effort)
    return Reading(*clean, ()) if clean else _Reader(text, start, effort).read()


def _read_clean(text: str, start: int, effort: Effort) -> tuple[Any, int] | None:
    """Damaged JSON is clean for the most part: what is clean is read by the compiled parser."""
    if effort.clean <= 0 or effort.characters <= 0:
        return None
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        effort.clean -= 1
        effort.characters -= getattr(error, "pos", start) - start
        return None
    if effort.curly and _SEAM.search(text, start, end):  # "name”:“Acme": one string to the parser
        effort.clean -= 1
        effort.characters -= end - start
        return None
    return value, end


class _Reader:
    def __init__(self, text: str, start: int, effort: Effort) -> None:
        self.text = text
        self.effort = effort
        effort.tokens -= _COST_OF_A_START
        self.position = start + 1
        self.root: Any = {} if text[start] == "{" else []
        self.stack: list[Any] = [self.root]
        self.key: Any = _NO_KEY

    def read(self) -> Reading:
        text, length = self.text, len(self.text)
        try:
            while self.stack:
                self.position = skip(text, self.position)
                if self.position >= length or text.startswith(FENCES, self.position):
                    return Reading(self.root, self.position, tuple(self.stack))
                self.effort.tokens -= 1
                if self.effort.tokens < 0:
                    if not self.root:
                        raise Malformed(self.position, "too much damage")
                    return Reading(self.root, self.position, tuple(self.stack))
                self._step(text[self.position])
        except EndedError as ended:
            if not self._close_tail(ended.start):
                return Reading(self.root, length, tuple(self.stack))
        return Reading(self.root, self.position, ())

    def _close_tail(self, start: int) -> bool:
        """Read a last string without its closing quote: the brackets behind it are all that are open."""
        tail = read_unclosed_tail(self.text, start) if self.text[start] in QUOTES else None
        if not tail or (type(self.stack[-1]) is dict and self.key is _NO_KEY):
            return False
        value, brackets, end = tail
        if brackets != "".join("}" if type(container) is dict else "]" for container in reversed(self.stack)):
            return False
        self._put(value)
        self.stack.clear()
        self.position = end
        return True

    def _step(self, character: str) -> None:
        top = self.stack[-1]
        if character in "]}":
            self._close()
            return
        if character == ",":
            if self.key is not _NO_KEY:
                self._put(None)  # {"a": , "b": 1}
            self.position += 1
        elif type(top) is dict and self.key is _NO_KEY:
            self._member(top, character)
        elif character in "{[":
            self._open(character)
        elif character in QUOTES:
            self._string(top)
        else:
            self._put(self._read_bare())

    def _open(self, character: str) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise Malformed(self.position, "nested too deeply")
        clean = _read_clean(self.text, self.position, self.effort)
        if clean:
            value, self.position = clean
            self._put(value)
            return
        child: Any = {} if character == "{" else []
        self._put(child)
        self.stack.append(child)
        self.position += 1

    def _member(self, top: dict[Any, Any], character: str) -> None:
        text = self.text
        if character == "{" and top:
            self._object_between_members()
        elif character in QUOTES:
            self.key, self.position = read_key(text, self.position)
        else:
            match = _BARE_KEY.match(text, self.position)
            if not match:
                raise Malformed(self.position, "expected a key")
            end = match.end()
            if text[end : end + 1] in ('"', "'", "”"):  # name": "Acme"
                end += 1
            end = skip(text, end)
            if end >= len(text):
                raise EndedError(self.position)
            if text[end] != ":":
                raise Malformed(end, "expected a colon")
            self.key, self.position = match[0], end + 1

    def _object_between_members(self) -> None:
        """An object where a key should be: the one around it was not closed."""
        self._count_misfit()
        key = self._first_key(self.position)
        lists = [depth for depth, container in enumerate(self.stack, 1) if type(container) is list]
        if not lists:
            if not self._behind_comma(self.position):
                raise Malformed(self.position, "expected a key")
            self.stack.clear()
            return
        depth = min(reversed(lists), key=lambda depth: affinity(self.stack, depth, key))
        del self.stack[depth:]

    def _behind_comma(self, position: int) -> bool:
        return self.text[max(position - 80, 0) : position].rstrip()[-1:] == ","

    def _string(self, top: Any) -> None:
        text, start = self.text, self.position
        if type(top) is dict:
            if is_key(text, start):  # "hq": "city": "Berlin"}: the object was not opened
                self._count_misfit()
                child: dict[Any, Any] = {}
                self._put(child)
                self.stack.append(child)
                return
            value, self.position = read_string(text, start, Place.MEMBER)
            self.effort.tokens -= 2 * value.count(text[start])
            self._put(value)
            return
        value, end = read_string(text, start, Place.ELEMENT)
        self.effort.tokens -= 2 * value.count(text[start])
        after = skip(text, end)
        if text[after : after + 1] != ":":
            self.position = end
            self._put(value)
            return
        # A member in a list: the list was not closed, or the object not opened.
        self._count_misfit()
        fit = affinity(self.stack, len(self.stack), value)
        closes = len(self.stack) > 1 and type(self.stack[-2]) is dict
        if closes and fit >= 0 and (fit > 0 or self._behind_comma(start)):
            self.stack.pop()
        elif top or len(self.stack) > 1:
            self._put({})
            self.stack.append(top[-1])
        else:
            raise Malformed(start, "a member in a list")

    def _close(self) -> None:
        if self.key is not _NO_KEY:
            self._put(None)
        text, position, stack = self.text, self.position, self.stack
        depth = len(stack)
        while depth and text[position : position + 1] == ("}" if type(stack[depth - 1]) is dict else "]"):
            depth -= 1
            end = position + 1
            position = _behind_blanks(text, end)
        if depth < len(stack) and text[position : position + 1] not in ("}", "]"):
            following = self._following(end)
            if (following.kind == "end" or not depth) and not self._goes_on(depth, following):
                del stack[depth:]
                self.position = end
                return
            fits = following.fits(stack[depth - 1]) and affinity(stack, depth, following.key) <= 0
            if fits or self._is_unopened(depth, following.key):
                del stack[depth:]
                self.position = end
                return
        elif not depth:
            stack.clear()
            self.position = end
            return
        self._count_misfit()
        run = _CLOSERS.match(text, self.position)
        end = run.end() if run else self.position + 1
        brackets = "".join(text[self.position : end].split())
        del stack[fitting_depth(stack, brackets, self._following(end)) :]
        self.position = end

    def _goes_on(self, depth: int, following: Following) -> bool:
        """True when a root list is closed too early: another of its objects follows a comma."""
        root = self.root
        return (
            not depth and following.kind == "element" and type(root) is list and affinity([root], 1, following.key) < 0
        )

    def _is_unopened(self, depth: int, key: str | None) -> bool:
        """True when a member behind an object begins the next one: both have its key."""
        top, item = self.stack[depth - 1], self.stack[depth]
        return type(top) is list and type(item) is dict and key is not None and key in item

    def _following(self, end: int) -> Following:
        """The kind of thing behind closing brackets."""
        text = self.text
        after = skip(text, end)
        while text[after : after + 1] == ",":
            after = skip(text, after + 1)
        if match := _MEMBER.match(text, after):
            return Following("member", match[1] or match[2])
        if text[after : after + 1] == "{":
            return Following("element" if "," in text[end:after] else "end", self._first_key(after))
        return Following("end")

    def _first_key(self, position: int) -> str | None:
        """The first key of the object at ``position``."""
        match = _MEMBER.match(self.text, skip(self.text, position + 1))
        return (match[1] or match[2]) if match else None

    def _count_misfit(self) -> None:
        self.effort.misfits -= 1
        if self.effort.misfits < 0:
            raise Malformed(self.position, "mismatched brackets")

    def _put(self, value: Any) -> None:
        top = self.stack[-1]
        if type(top) is list:
            top.append(value)
        else:
            top[self.key] = value
            self.key = _NO_KEY

    def _read_bare(self) -> Any:
        text, in_object = self.text, self.key is not _NO_KEY
        if in_object and (grouped := _GROUPED.match(text, self.position)):
            self.position = grouped.end()
            return grouped[0]
        if unopened := read_unopened(text, self.position):
            self.position = unopened.end
            return unopened.text
        match = _BARE.match(text, self.position)
        if not match:
            raise Malformed(self.position, "expected a value")
        if match.end() >= len(text):
            raise EndedError(self.position)  # "tru" or "12" may be the beginning of anything
        word = _BARE_COMMENT.sub("", match[0]).strip()
        if literal := _LITERAL_REMARK.fullmatch(word):
            word = literal[1]
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


def _behind_blanks(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _number(word: str) -> int | float | None:
    digits = word.replace("_", "")
    if len(digits) > _MAX_NUMBER:
        return None
    if digits.lstrip("+-").isdigit():
        return int(digits)
    number = float(digits)
    return number if math.isfinite(number) else None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant)
