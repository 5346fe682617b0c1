"""Citations, and the markup of markdown and HTML: stuck to a text without belonging to it."""

from __future__ import annotations

import html
import re

from prospecting.parsing.invisible import visible

_CITING = re.compile(r"\((?:\s?\[|see |source|citation|ref|footnote)", re.IGNORECASE)
_BRACKET = re.compile(r"[\[【(]")

_NUMBERS = r"\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,20}+"
_IN_BRACKETS = rf"""(?:
      \[{{1,2}}\^?(?:{_NUMBERS}|[†‡*])\^?\]{{1,2}}(?!\w)(?:\(\s?(?:https?:|\#)[^()\s]*+[^()]*+\))?  # [1] [^2] [[3]](…)
    | \[(?:source|citation|ref|reference)s?(?:\ (?:needed|required)|\s?:\s?https?:[^\[\]]*+)?\](?:\([^()]*+\))?
    | \[(?:cite|citation|source|src|ref|reference|web|footnote|fn|note|oaicite)s?[\s:.\#]\s?{_NUMBERS}\]  # [cite: 1, 2]
    | \(\s?\[[^\[\]]{{1,100}}\]\(\s?https?:[^()\s]++[^()]*+\)\s?\)                          # ([acme.com](https://…))
    | (?<!^)\((?:see\ )?(?:source|citation|ref|reference|footnote)s?(?:\s?:[^()]*+|[\s.]{{1,2}}{_NUMBERS})?\)
    | 【\s?(?:\d{{1,3}}(?!\d)|[^【】†]{{0,100}}†|(?:source|citation)s?)[^【】]{{0,200}}+】  # not 【2026年】
    )"""
_CITATION = re.compile(rf"[ ]?(?=[\[(【]){_IN_BRACKETS}(?:[ ,;]{{0,3}}{_IN_BRACKETS})*+", re.VERBOSE | re.IGNORECASE)
_MARKER = re.compile(
    r" ?(?:\ue200[^\ue200\ue201]{0,300}+\ue201?|(?:file)?cite(?:turn\d{1,3}[a-z]{3,12}\d{1,3})++"
    r"|:?contentReference\[[^\[\]]{0,60}+\](?:\{[^{}]{0,60}+\})?|<sup>\s?\[?\d{1,3}(?:\s?,\s?\d{1,3}){0,20}+\]?\s?</sup>)",
    re.IGNORECASE,
)

_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,30});", re.IGNORECASE)
_BLOCK_TAG = re.compile(r"</?(?:br|p|div|li|ul|ol|h[1-6]|t[dhr]|table|tbody|hr)(?:\s[^<>]*+)?/?>", re.IGNORECASE)
_INLINE_TAG = re.compile(
    r"</?(?:b|i|u|s|em|strong|a|span|sup|sub|code|small|big|mark|font|cite|del|ins|q|abbr|tt|label|time)"
    r"(?:\s[^<>]*+)?/?>",
    re.IGNORECASE,
)
_STARS = re.compile(r"(?<!\*)(\*{2,3})(?!\*)([^*]++)\1(?!\*)")
_LOOSE_STARS = re.compile(r"^\*\*(?!\*)|(?<!\*)\*\*$")
_UNDERSCORES = re.compile(r"(?<![\w_])__(?!_)([^_]++)__(?![\w_])")
_TICKS = re.compile(r"`{1,3}([^`]++)`{1,3}")
_EMPHASISED = re.compile(r"\*([^*]++)\*")


def may_be_marked(text: str) -> bool:
    """False for a text that ``plain`` would not change; cheap, because most texts are such."""
    return (
        "[" in text
        or "*" in text
        or "<" in text
        or "`" in text
        or "__" in text
        or ("&" in text and ";" in text)
        or ("(" in text and _CITING.search(text) is not None)
        or "cite" in text
        or not text.isascii()
        or "contentReference" in text
    )


def without_citations(text: str) -> str:
    """``text`` without "[1]", "[^2]", "【4†source】", "(source: …)" and the like, and the blank before them.

    ``text`` has no runs of blanks. A bracket that holds words is no citation: "[Acme](https://acme.com)" stays.
    """
    if "cite" in text or "<" in text or "\ue200" in text or "contentReference" in text:
        text = _MARKER.sub("", text)
    return _CITATION.sub("", text) if _BRACKET.search(text) else text


def plain(text: str) -> str:
    """``text`` without citations and markup: bold, code, HTML tags and entities. Links and script tags stay.

    ``text`` is one line without runs of blanks. Linear in its length.
    """
    if not may_be_marked(text):
        return text
    for _ in range(3):  # an entity may be encoded twice
        if "&" not in text or (decoded := _ENTITY.sub(_decoded, text)) == text:
            break
        text = decoded
    text = without_citations(text)
    if "<" in text:
        text = _INLINE_TAG.sub("", _BLOCK_TAG.sub(" ", text))
    if "*" in text:
        text = _LOOSE_STARS.sub("", _STARS.sub(r"\2", text).strip())
        emphasised = _EMPHASISED.fullmatch(text)
        text = emphasised[1] if emphasised else text
    if "__" in text:
        text = _UNDERSCORES.sub(r"\1", text)
    if "`" in text:
        text = _TICKS.sub(r"\1", text)
    return " ".join(text.split())


def _decoded(entity: re.Match[str]) -> str:
    character = html.unescape(entity[0])
    if not visible(character):
        return ""
    # A character that cannot be stored is worth no more than a blank.
    return character if character.isprintable() else " "
