"""JSON that research answered, as people read it, and what differs between two answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from markupsafe import Markup, escape

from prospecting.web.rendering import NOTHING

MAX_DEPTH = 12
"""Deeper parts are shown as JSON: nobody reads an outline of that depth."""
MAX_LINES = 2_000
"""Lines of each side that are compared; comparing takes time by the square of them."""


def rendered(value: Any, depth: int = 0) -> Markup:
    """A JSON value: objects as terms and what they mean, lists as lists, texts with their lines."""
    if depth > MAX_DEPTH:
        return Markup("<code>{}</code>").format(str(value))
    if isinstance(value, Mapping):
        if not value:
            return escape(NOTHING)
        parts = (
            Markup("<dt>{}</dt><dd>{}</dd>").format(_label(name), rendered(part, depth + 1))
            for name, part in value.items()
        )
        return Markup('<dl class="facts">{}</dl>').format(Markup("").join(parts))
    if isinstance(value, list):
        if not value:
            return escape(NOTHING)
        items = (Markup("<li>{}</li>").format(rendered(part, depth + 1)) for part in value)
        return Markup("<ul>{}</ul>").format(Markup("").join(items))
    text = _text(value)
    return Markup("<br>").join(text.splitlines()) if "\n" in text else escape(text)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison: ``kept``, only in the ``older`` or only in the ``newer`` answer."""

    change: Literal["kept", "older", "newer"]
    text: str


def differences(older: Any, newer: Any) -> list[Line]:
    """The differences between two JSON values, line by line of what ``rendered`` shows; of what is the same only the
    line before and after."""
    before, after = list(_lines(older))[:MAX_LINES], list(_lines(newer))[:MAX_LINES]
    found: list[Line] = []
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(1):
        if found:
            found.append(Line("kept", "…"))
        for tag, from_before, to_before, from_after, to_after in group:
            if tag == "equal":
                found += (Line("kept", text) for text in before[from_before:to_before])
                continue
            found += (Line("older", text) for text in before[from_before:to_before])
            found += (Line("newer", text) for text in after[from_after:to_after])
    return found


def _lines(value: Any, path: str = "", depth: int = 0) -> Iterator[str]:
    if isinstance(value, Mapping) and depth <= MAX_DEPTH:
        for name, part in value.items():
            yield from _lines(part, f"{path} › {_label(name)}" if path else _label(name), depth + 1)
    elif isinstance(value, list) and depth <= MAX_DEPTH:
        for part in value:
            yield from _lines(part, path, depth + 1)
    else:
        for line in _text(value).splitlines() or [""]:
            yield f"{path}: {line}"


def _label(name: object) -> str:
    text = str(name).replace("_", " ").strip()
    return text[:1].upper() + text[1:] if text else NOTHING


def _text(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
