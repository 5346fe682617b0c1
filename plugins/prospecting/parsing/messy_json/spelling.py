"""JSON in signs of other languages, spelled in its own: ``=>`` for a colon, ``，`` for a comma, backticks for quotes.

Also HTML entities, strings put together with a plus, and dates as Python prints them.
"""

from __future__ import annotations

import html
import re

_KEY = r"""[{,，]\s*+(?:"[\w $.-]{1,80}+"|'[\w $.-]{1,80}+'|“[\w $.-]{1,80}+”)\s*+"""
_EQUALS = re.compile(rf"({_KEY})(?:=>|=|：)")
_WIDE_COMMA = re.compile(r"""(?<=["'”}\]\d])，(?=\s*+["'“{\[\d])""")
_BACKTICKS = re.compile(r"[{,]\s*+`[\w $.-]{1,80}+[`´]\s*+:")
_PLUS = re.compile(r"""(["'])\s*+\+\s*+\1""")
_DATE = re.compile(r"\b(?:datetime\.)*+date(?:time)?\((\d{4}), ?(\d{1,2}), ?(\d{1,2})(?:, ?\d{1,2}){0,3}\)")
_ENTITIES = ("&quot;", "&#34;", "&#39;", "&#x27;")


def in_json_signs(text: str) -> str:
    """``text`` with JSON in the signs of JSON; unchanged when it uses no others."""
    if '"' not in text:
        if any(entity in text for entity in _ENTITIES):
            text = html.unescape(text)
        elif _BACKTICKS.search(text):
            text = text.replace("`", '"').replace("´", '"')
    if "，" in text:
        text = _WIDE_COMMA.sub(",", text)
    if "=" in text or "：" in text:
        text = _EQUALS.sub(r"\1:", text)
    if "date" in text:
        text = _DATE.sub(lambda date: f'"{date[1]}-{date[2]:0>2}-{date[3]:0>2}"', text)
    return _PLUS.sub("", text) if "+" in text else text
