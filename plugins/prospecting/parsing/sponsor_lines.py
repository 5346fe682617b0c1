"""Sponsors in one line or list item: names between commas, with tiers, addresses and descriptions behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prospecting.parsing.fields import clean_text
from prospecting.parsing.sponsor_entries import Entry
from prospecting.parsing.sponsor_words import (
    AND_NAMES,
    DOMAIN,
    FORMERLY,
    GENERIC_HEADINGS,
    LINK,
    MAX_NAME,
    REFUSAL,
    URL,
)
from prospecting.parsing.tiers import canonical_tier, is_tier

MAX_PLAIN_NAME = 60
"""Characters; a longer line without a marker is prose."""

_LEGAL_TAIL = re.compile(
    r"(?:inc|incorporated|llc|ltd|limited|corp|corporation|co|company|gmbh|ag|se|s\.?a\.?s?|s\.?p\.?a|s\.?r\.?l"
    r"|b\.?v|n\.?v|l\.?l\.?p|l\.?p|p\.?l\.?c|pty(?: ltd)?|k\.?k|l\.?l\.?c|pbc|p\.?c|oy|ab|as|a/s|kg)\.?", re.IGNORECASE
)  # fmt: skip
_BOLD_NAME = re.compile(r"(?:\*\*|__)(?!\s)(.+?)\s*(?:\*\*|__)\s*(.*)")
_CITATION = re.compile(r"(?:\s*\[\d{1,3}\])+$")
_TAIL_BRACKET = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]*)[)\]]")
_SEPARATOR = re.compile(r"\s+[-–—|·•→]\s+|\s*—\s*|:\s+|,\s+(?=\S+(?:\s\S+){0,3}$)")
_SPECIAL = re.compile(r"[:(\[*_|,`—–]| - |://|^www\.")


def line_entries(text: str, tier: str | None, raw: Any) -> Iterator[Entry]:
    """The sponsors of one line or list item: one, or several after a tier and a colon."""
    if len(text) < MAX_NAME and not _SPECIAL.search(text):
        yield Entry(text, tier, raw=raw)
        return
    label, colon, rest = text.partition(":")
    label = label.strip("*_ ")
    if colon and rest.strip("*_ ") and not rest.startswith("//") and is_tier(label):
        own_tier = tier if canonical_tier(label) in GENERIC_HEADINGS else label
        for name in split_names(rest.strip("*_ "), loose_and=True):
            yield read_entry(name, own_tier, raw)
    else:
        yield read_entry(text, tier, raw)


def split_names(text: str, *, loose_and: bool) -> list[str]:
    """Names between commas or semicolons. "Acme, Inc." stays one; "and" splits only before the last of several.

    ``loose_and`` also splits "Acme and Globex"; well-known names with an "and" stay whole either way.
    """
    separator = ";" if ";" in text else ","
    parts: list[str] = []
    for part in _split_outside_brackets(text, separator):
        piece = part.strip()
        if not piece:
            continue
        if parts and _LEGAL_TAIL.fullmatch(piece):
            parts[-1] += f", {piece}"
        else:
            parts.append(piece)
    if not parts:
        return []
    last = re.sub(r"^(?:and|&)\s+", "", parts[-1])
    stripped = last != parts[-1]
    parts[-1] = last
    left, conjunction, right = last.rpartition(" and ")
    splits = bool(conjunction and right.strip()) and not stripped and last.casefold() not in AND_NAMES
    if splits and left.casefold() != right.casefold() and (loose_and or len(parts) > 1):
        parts[-1:] = [left.strip(), right.strip()]
    parts = [re.sub(r"\s*(?:\.\.\.|…|\betc\.?)$", "", part) for part in parts]
    return [part for part in parts if part]


def _split_outside_brackets(text: str, separator: str) -> Iterator[str]:
    depth = start = 0
    for position, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
        elif character == separator and not depth:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def is_plain_name(text: str) -> bool:
    """True for what may be a name, or an address in its place, rather than a sentence."""
    if URL.fullmatch(text) or is_tier(text) or DOMAIN.fullmatch(text):
        return True
    text = URL.sub("", text).strip()
    words = text.split()
    return (
        0 < len(text) <= MAX_PLAIN_NAME
        and len(words) <= 6
        and (text[0].isupper() or text[0].isdigit() or any(character.isupper() for character in words[0]))
        and (text[-1] not in ".!?:;" or bool(_LEGAL_TAIL.fullmatch(words[-1])))
        and not REFUSAL.search(text)
    )


def read_entry(text: str, tier: str | None, raw: Any) -> Entry:
    """The one sponsor of a text, taken apart into its name and what is written around it."""
    if len(text) > MAX_NAME * 10:
        return Entry(text[: MAX_NAME + 1], tier, raw=raw)
    entry = Entry(None, tier, raw=raw)
    name, rest = text, ""
    link = LINK.search(text)
    bold = _BOLD_NAME.match(text)
    if link:
        entry.website = link[2]
        name = text[: link.start()] + link[1] + text[link.end() :]
        bold = _BOLD_NAME.match(name)
    if bold:
        name, rest = bold[1].rstrip(":"), bold[2]
    else:
        url = URL.search(name)
        if url and url[0] != name:
            entry.website = entry.website or url[0].strip("<>")
            name = re.sub(r"\(\s*\)|\[\s*\]", "", name.replace(url[0], "")).strip(" -–—:|,")
        elif url:
            entry.website = name.strip("<>")
            return entry
    if rest:
        _read_rest(entry, rest)
    entry.name = _read_tails(entry, name.strip("`*_ ")).strip("`*_ ")
    return entry


def _read_rest(entry: Entry, rest: str) -> None:
    """The text behind a bold name: tier, address or description."""
    url = URL.search(rest)
    if url:
        entry.website = entry.website or url[0].strip("<>")
        rest = rest.replace(url[0], "")
    rest = rest.strip(" -–—:|,.").removeprefix("(").removesuffix(")").strip()
    if is_tier(rest):
        entry.tier = rest
    elif rest:
        head = _SEPARATOR.split(rest.replace(")", " - ").replace("(", " - "), maxsplit=1)
        if is_tier(head[0].strip()):
            entry.tier = head[0].strip()
            rest = head[1].strip() if len(head) > 1 else ""
        entry.description = clean_text(rest)


def _read_tails(entry: Entry, name: str) -> str:
    """Take tiers, addresses and descriptions off the end of a name."""
    for _ in range(4):
        name = _CITATION.sub("", FORMERLY.sub("", name)).strip()
        bracket = _TAIL_BRACKET.fullmatch(name)
        if bracket and take(entry, bracket[2].strip()):
            name = bracket[1].strip(" -–—:|,")
            continue
        cuts = list(_SEPARATOR.finditer(name))
        if not cuts:
            break
        left, right = name[: cuts[-1].start()].strip(), name[cuts[-1].end() :].strip()
        if left and take(entry, right):
            name = left
        elif right and is_tier(name[: cuts[0].start()].strip("*_ ")) and "," not in cuts[0][0]:
            entry.tier = name[: cuts[0].start()].strip("*_ ")
            name = name[cuts[0].end() :].strip()
        else:
            return _before_description(entry, name, cuts[0])
    return name


def _before_description(entry: Entry, name: str, cut: re.Match[str]) -> str:
    """ "Acme - makes anvils for coyotes" is Acme; "Foo - Bar Labs" may be a name and stays."""
    left, right = name[: cut.start()].strip(), name[cut.end() :].strip()
    described = "," not in cut[0] and bool(left) and (right[:1].islower() or len(right.split()) > 5)
    if not described:
        return name
    entry.description = clean_text(right)
    return left


def take(entry: Entry, text: str) -> bool:
    """Put a tier or an address into the entry; False when the text is neither."""
    if is_tier(text):
        entry.tier = text
    elif URL.fullmatch(text) or (DOMAIN.fullmatch(text) and text == text.lower()):
        entry.website = entry.website or text.strip("<>")
    else:
        return False
    return True
