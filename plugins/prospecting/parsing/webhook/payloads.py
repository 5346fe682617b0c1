"""Takes payloads apart into the reports in them, as strictly as machines write them.

Nothing is repaired: where a program's JSON is broken, something else is wrong, and a guess would be taken for a fact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from prospecting.parsing.webhook.records import Refused

MAX_SIZE = 8_000_000
"""Bytes, or characters of text; larger payloads are refused unread."""
MAX_EVENTS = 50_000
MAX_DEPTH = 32
"""Lists and objects in each other."""

_BLANKS = " \t\r\n"
# An unclosed string reaches to the end, so that no character is looked at twice.
_NO_BRACKETS = re.compile(r'(?:"(?:[^"\\]++|\\.)*+"?|[^\[\]{}"]++)++', re.DOTALL)


class Ambiguous(dict[str, Any]):
    """An object that gives a key twice, itself or further inside: nobody knows which one counts."""


def events_in(raw: object, *, lines: bool) -> Sequence[object]:
    """The reports in ``raw``, not yet looked at: the members of a list, or a single object.

    With ``lines``, text may also be JSON Lines; a line that cannot be read is a ``Refused`` among the reports. Raises
    ``Refused`` for the payload as a whole: ``unsupported``, ``too_large``, ``too_many``, ``too_deep``,
    ``unparseable``, ``not_an_object``.
    """
    if isinstance(raw, (str, bytes, bytearray, memoryview)):
        raw = _in_text(_decoded(raw), lines)
    elif not isinstance(raw, (dict, list, tuple)):
        raise Refused("unsupported", f"The payload is neither text nor a list nor an object: {type(raw).__name__}.")
    if isinstance(raw, dict):
        return [raw]
    if not isinstance(raw, (list, tuple)):
        raise Refused("not_an_object", "The payload is a bare value; send an object, or a list of objects.")
    _check_number(len(raw))
    return raw


def _decoded(raw: str | bytes | bytearray | memoryview) -> str:
    size = raw.nbytes if isinstance(raw, memoryview) else len(raw)
    if size > MAX_SIZE:
        raise Refused(
            "too_large", f"The payload has {size:,} bytes, more than {MAX_SIZE:,} are not read; send smaller batches."
        )
    try:
        text = raw if isinstance(raw, str) else bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("unparseable", "The payload is not UTF-8 text; send JSON as the provider wrote it.") from None
    return text.removeprefix("\ufeff").strip(_BLANKS)


def _in_text(text: str, lines: bool) -> object:
    if lines and not text:
        return []
    try:
        return _value(text)
    except Refused:
        if not lines or not _is_lines(text):
            raise
    found = [line for part in text.split("\n") if (line := part.strip(_BLANKS))]
    _check_number(len(found))
    return [_line(line) for line in found]


def _is_lines(text: str) -> bool:
    """True when the first line looks like an object of its own: no list, and nothing laid out over several lines."""
    first = text.partition("\n")[0].strip(_BLANKS)
    return first.startswith("{") and first.endswith("}")


def _line(text: str) -> object:
    try:
        return _value(text)
    except Refused as refused:
        return refused


def _check_number(events: int) -> None:
    if events > MAX_EVENTS:
        raise Refused(
            "too_many",
            f"The payload has {events:,} events, more than {MAX_EVENTS:,} are not read; send smaller batches.",
        )


def _value(text: str) -> object:
    if _is_deep(text):
        raise Refused("too_deep", f"The JSON nests lists and objects more than {MAX_DEPTH} deep; send events flat.")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"from character {error.pos + 1} on"
    except ValueError:
        where = "because of a number that cannot be read"
    raise Refused("unparseable", f"This is not valid JSON, {where}; send it as the provider wrote it.")


def _is_deep(text: str) -> bool:
    """True when lists and objects nest more than ``MAX_DEPTH`` deep; fast for all other texts, linear for any."""
    left = _NO_BRACKETS.sub("", text).replace("{", "[").replace("}", "]")
    depth = 0
    while depth < MAX_DEPTH and "[]" in left:
        left = left.replace("[]", "")  # the innermost pairs
        depth += 1
    for sign in left:  # of deep and of broken texts only
        depth += 1 if sign == "[" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs) and not any(_is_ambiguous(value) for value in found.values()):
        return found
    return Ambiguous(found)


def _is_ambiguous(value: object) -> bool:
    return isinstance(value, Ambiguous) or (isinstance(value, list) and any(_is_ambiguous(member) for member in value))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN, Infinity
