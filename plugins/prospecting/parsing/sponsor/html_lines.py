"""Lists, tables and headings of HTML as lines of markdown, which everything else here reads; XML as labelled lines."""

from __future__ import annotations

import re

from prospecting.parsing.sponsor.words import FIELDS

_ELEMENT = re.compile(r"<([a-z][\w-]{0,30})>\s*+([^<>]{1,2000}+)</\1>", re.IGNORECASE)
_CLOSING = re.compile(r"</?[a-z][\w-]{0,30}>", re.IGNORECASE)
_STRUCTURED = re.compile(r"<(?:li|tr|h[1-6])(?:\s[^<>]*+)?>", re.IGNORECASE)
_BETWEEN_CELLS = re.compile(r"(<tr(?:\s[^<>]*+)?>|</t[dh]>)\s++(?=<t[dh])", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\s(?:[^<>]*?\s)?href\s?=\s?[\"']?(https?:[^\s\"'<>]++)[^<>]*+>([^<>]++)</a>", re.IGNORECASE)
_REPLACED = (
    (re.compile(r"<li(?:\s[^<>]*+)?>\s?", re.IGNORECASE), "\n- "),
    (re.compile(r"<h[1-6](?:\s[^<>]*+)?>\s?", re.IGNORECASE), "\n## "),
    (re.compile(r"<tr(?:\s[^<>]*+)?>\s?", re.IGNORECASE), "\n| "),
    (re.compile(r"<t[dh](?:\s[^<>]*+)?>", re.IGNORECASE), ""),
    (re.compile(r"</t[dh]>", re.IGNORECASE), " | "),
    (re.compile(r"</?(?:li|h[1-6]|tr|[uo]l|table|thead|tbody|p|div|section|body)(?:\s[^<>]*+)?>", re.IGNORECASE), "\n"),
    (re.compile(r"</?(?:strong|b)>", re.IGNORECASE), "**"),
    (re.compile(r"</?(?:em|i|span|small|sup|a|u|img)(?:\s[^<>]*+)?/?>", re.IGNORECASE), ""),
)  # fmt: skip


def without_html(text: str) -> str:
    """``text`` with HTML lists, tables and headings as markdown; unchanged when it has none."""
    if (
        "</" in text
        and len(elements := _ELEMENT.findall(text)) > 1
        and all(FIELDS.field_of(tag) for tag, _ in elements)
    ):
        return _CLOSING.sub("\n", _ELEMENT.sub(r"\n\1: \2\n", text))
    if "<" not in text or not _STRUCTURED.search(text):
        return text
    text = _ANCHOR.sub(r"[\2](\1)", _BETWEEN_CELLS.sub(r"\1", text))
    for pattern, markdown in _REPLACED:
        text = pattern.sub(markdown, text)
    return text
