"""Excerpts of what may be of any size: the beginning, and how much there was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

MAX_TEXT = 2_000
"""Characters of each text."""
MAX_KEY = 200
MAX_MEMBERS = 100
"""Members of each list and object."""
MAX_DEPTH = 8
"""Lists and objects in each other."""
MAX_TOTAL = 20_000
"""Characters of all texts and keys together, as JSON has them; numbers and the like count as 20, a list as 2."""

_SMALL = 20
_BRACKETS = 2
_BITS = 64


def cut(text: str, limit: int) -> str:
    """``text``, or its first ``limit`` characters and how many there were: ``Acme Acm… [1048576 characters]``."""
    return text if len(text) <= limit else f"{text[:limit]}… [{len(text)} characters]"


def excerpt(value: Any) -> Any:
    """A JSON-like value within all of the bounds above, with a mark wherever something was left out.

    What is within bounds is returned as it is. Bytes become text.
    """
    return _Excerpt().of(value, MAX_DEPTH)


class _Excerpt:
    def __init__(self) -> None:
        self._left = MAX_TOTAL

    def of(self, value: Any, depth: int) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)):
            value = bytes(value).decode("utf-8", "replace")
        if isinstance(value, str):
            return self._text(value, MAX_TEXT)
        if isinstance(value, (Mapping, list, tuple, set, frozenset)):
            if value and (depth <= 0 or self._left <= 0):
                return f"… [{len(value)} members]"
            self._left -= _BRACKETS
            return self._object(value, depth) if isinstance(value, Mapping) else self._list(value, depth)
        self._left -= _SMALL
        if isinstance(value, int) and value.bit_length() > _BITS:
            return f"… [a number of {value.bit_length()} bits]"
        return value

    def _text(self, text: str, limit: int) -> str:
        kept = cut(text, max(0, min(limit, self._left)))
        self._left -= len(json.dumps(kept, ensure_ascii=False))
        return kept

    def _list(self, value: Any, depth: int) -> list[Any]:
        kept = []
        for member in islice(value, MAX_MEMBERS):
            if self._left <= 0:
                break
            kept.append(self.of(member, depth - 1))
        return kept if len(kept) == len(value) else [*kept, f"… [{len(value)} members]"]

    def _object(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        taken = 0
        for key, member in islice(value.items(), MAX_MEMBERS):
            if self._left <= 0:
                break
            taken += 1
            kept[self._text(str(key) if not isinstance(key, int) else str(self.of(key, 0)), MAX_KEY)] = self.of(
                member, depth - 1
            )
        return kept if taken == len(value) else {**kept, "…": f"[{len(value)} members]"}
