"""Sponsors in one line or list item: names between commas, with tiers, addresses and descriptions around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prospecting.parsing.fields import clean_text
from prospecting.parsing.markup import without_citations
from prospecting.parsing.names import vocabulary
from prospecting.parsing.sponsor.entries import Entry
from prospecting.parsing.sponsor.words import (
    AND_NAMES,
    DOMAIN,
    FORMERLY,
    GENERIC_HEADINGS,
    LINK,
    MAX_NAME,
    REFUSAL,
    URL,
)
from prospecting.parsing.tiers import MAX_TIER, PICTOGRAPHS, canonical_tier, is_price, is_tier

MAX_PLAIN_NAME = 60
"""Characters; a longer line without a marker is prose."""
MAX_LINE = 10_000
"""Characters; a longer line is no list of sponsors."""

_LEGAL_TAIL = re.compile(
    r"(?:inc|incorporated|llc|ltd|limited|corp|corporation|co|company|gmbh|ag|se|s\.?a\.?s?|s\.?p\.?a|s\.?r\.?l"
    r"|b\.?v|n\.?v|l\.?l\.?p|l\.?p|p\.?l\.?c|pty(?: ltd)?|k\.?k|l\.?l\.?c|pbc|p\.?c|oy|ab|as|a/s|kg)\.?", re.IGNORECASE
)  # fmt: skip
_BOLD_NAME = re.compile(r"(?:\*\*|__)(?!\s)((?:(?!\*\*|__).)+)(?:\*\*|__)\s*(.*)")
_ARROW = re.compile(r"\s?(?:[⇒➔➜➝➞→]|[=-]>)\s?")
_SUPERSCRIPT = re.compile(r"(?<=[\w.)])[¹²³⁰⁴-⁹]++(?!\w)")
_SLASHED = re.compile(r"\s/\s(?=[^/]++$)")
_SEPARATOR = re.compile(r"\s[-–—|·•→]\s|\s?—\s?|:\s|,\s(?=\S++(?:\s\S++){0,3}+$)")
_SPECIAL = re.compile(r"[:(\[*_|,`—–【<&→]| [-/] |://|^www\.|  |cite")
_INSTRUCTION = re.compile(r"(?:system|assistant|user|human)\s?:|ignore\s|disregard\s", re.IGNORECASE)
_POINTERS = vocabulary("check visit see source sources link website via url from at e.g. eg example")
_INTRODUCED = re.compile(r"(?:including|such as|like|e\.g\.,?|namely)\s")
_SENTENCE_END = re.compile(r"[.!?;]\s")
_DASHED_GROUP = re.compile(r"([^–—→|]{1,80}?)\s[-–—→|]\s(.+)")
_EMPTY_BRACKETS = re.compile(r"\(\s?\)|\[\s?\]|\s?[,;|–—-]\s?(?=\))")
_CONJUNCTION = re.compile(r"(?:and|&)\s", re.IGNORECASE)
_ELLIPSIS = re.compile(r"(?:\.\.\.|…|\betc\.?)$")
_APPOSITION = re.compile(r"(?:an?|the)\s[a-z]")
_DESCRIPTIVE = re.compile(r"An?\s\S")
_NAMED_TIER = re.compile(
    r"\b(?:diamond|platinum|gold|silver|bronze|titanium|sponsors?|partner|exhibitor|level|tier)\b", re.IGNORECASE
)


def line_entries(text: str, tier: str | None, raw: Any) -> Iterator[Entry]:
    """The sponsors of one line or list item: one, or several after a tier and a colon or a dash."""
    if len(text) > MAX_LINE:
        yield Entry(text[: MAX_NAME + 1], tier, raw=raw)
        return
    plain = not _SPECIAL.search(text) and text.isascii()
    if not plain:
        text = unadorned(text)
    if len(text) < MAX_NAME and (plain or not _SPECIAL.search(text)):
        yield Entry(text, tier, raw=raw)
        return
    group = tier_group(text)
    if group is None:
        yield Entry(text, tier, raw=raw) if _INSTRUCTION.match(text) else read_entry(text, tier, raw)
        return
    label, rest = group
    own_tier = tier if canonical_tier(label) in GENERIC_HEADINGS else label
    names = dict.fromkeys(split_names(rest, loose_and=True))
    if len(names) == 1 and rest.count(" ") > 1 and rest == rest.lower() and not DOMAIN.search(rest):
        return  # "Sponsors: pending confirmation by the organizer"
    for name in names:
        yield read_entry(name, own_tier, raw)


def unadorned(text: str) -> str:
    """``text`` as one line without runs of blanks, citations, and pictures in front."""
    text = without_citations(" ".join(text.split()))
    if "=>" in text or "->" in text:
        text = _ARROW.sub(" → ", text)
    if text.isascii():
        return text
    if picture := PICTOGRAPHS.match(text):
        text = text[picture.end() :].strip() or text
    return _ARROW.sub(" → ", _SUPERSCRIPT.sub("", text))


def tier_group(text: str) -> tuple[str, str] | None:
    """ "Gold" and "Acme, Globex" of "Gold: Acme, Globex" or "Gold – Acme, Globex"; ``None`` for other lines."""
    label, colon, rest = text.partition(":")
    rest = rest.strip("*_ ")
    if rest[:1] == "[" and rest[-1:] == "]":  # sponsors: [Acme, Globex]
        rest = rest[1:-1].strip()
    if is_price(rest):  # what the tier costs
        return (label, "") if is_tier(label.strip("*_` ")) else None
    if colon and rest and not rest.startswith("//"):
        label = _SENTENCE_END.split(label[-2 * MAX_TIER :])[-1].strip("*_` ")
        if is_tier(label):
            return label, rest
    dashed = _DASHED_GROUP.fullmatch(text[: MAX_NAME * 20])
    if dashed and is_tier(label := dashed[1].strip("*_` ")):
        rest = dashed[2].strip("*_ ")
        names = split_names(rest, loose_and=True)
        if len(names) > 1 and all(is_plain_name(name) for name in names):
            return label, rest
    return None


def split_names(text: str, *, loose_and: bool) -> list[str]:
    """Names between commas or semicolons. "Acme, Inc." stays one; "and" splits only before the last of several.

    ``loose_and`` also splits "Acme and Globex" and "Acme | Globex"; well-known names with an "and" stay whole either
    way.
    """
    text = " ".join(text.split())  # runs of blanks would cost the patterns dearly
    separator = _list_separator(text, loose=loose_and)
    parts: list[str] = []
    for part in _split_outside_brackets(text, separator):
        piece = part.strip()
        if not piece:
            continue
        if parts and is_legal_tail(piece):
            parts[-1] += f", {piece}"
        else:
            parts.append(piece)
    if not parts:
        return []
    conjunction = _CONJUNCTION.match(parts[-1])
    last = parts[-1] = parts[-1][conjunction.end() :] if conjunction else parts[-1]
    left, word, right = last.rpartition(" and ")
    splits = bool(word and right.strip()) and not conjunction and last.casefold() not in AND_NAMES
    if splits and left.casefold() != right.casefold() and (loose_and or len(parts) > 1):
        parts[-1:] = [left.strip(), right.strip()]
    parts = [_without_edges(part) for part in parts]
    return [part for part in parts if part]


def _list_separator(text: str, *, loose: bool) -> str:
    if ";" in text:
        return ";"
    for separator in "·•":
        if f" {separator} " in text:
            return separator
    if loose and " | " in text:
        return "|"
    return "/" if text.count(" / ") > 1 and text.count("/") == text.count(" / ") else ","


def _without_edges(part: str) -> str:
    """A listed name without "including" in front and "etc." behind."""
    introduced = _INTRODUCED.match(part)
    return _ELLIPSIS.sub("", part[introduced.end() :] if introduced else part).strip()


def is_legal_tail(text: str) -> bool:
    """True for a legal form that stands behind a comma: "Inc." of "Acme, Inc."."""
    return len(text) < 16 and bool(_LEGAL_TAIL.fullmatch(text))


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
    if len(text) > MAX_NAME:
        return False
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
    if len(text) < MAX_NAME and not _SPECIAL.search(text):
        return Entry(text, tier, raw=raw)
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
    if bold and bold[2] and is_tier(bold[1].strip(": ")) and _NAMED_TIER.search(bold[1]):
        entry.tier = bold[1].strip(": ")
        name = bold[2].strip(" -–—:|,")
        if not is_plain_name(name) or is_price(name):
            return entry
    elif bold:
        name, rest = bold[1].strip().rstrip(":"), bold[2]
    else:
        url = URL.search(name)
        if url and url[0] != name:
            name = _EMPTY_BRACKETS.sub("", name.replace(url[0], "")).strip(" -–—:|,")
            if name.casefold() in _POINTERS:  # "Check https://…" names nobody
                entry.name = text
                return entry
            entry.website = entry.website or url[0].strip("<>")
        elif url:
            entry.website = name.strip("<>")
            return entry
    if rest:
        describe(entry, rest)
    entry.name = _read_tails(entry, name.strip("`*_ ")).strip("`*_ ")
    return entry


def describe(entry: Entry, rest: str) -> None:
    """Put the text behind a name into the entry: tier, address or description."""
    url = URL.search(rest)
    if url:
        entry.website = entry.website or url[0].strip("<>")
        rest = _EMPTY_BRACKETS.sub("", rest.replace(url[0], ""))
    rest = rest.strip(" -–—:|,.;")
    bracket = _tail_bracket(rest)
    if bracket and take(entry, bracket[1]):
        rest = bracket[0].strip(" -–—:|,.;")
    elif bracket and not bracket[0]:
        rest = bracket[1]
    if not rest or take(entry, rest):
        return
    pieces = [piece.strip() for piece in re.split(r"[;()|]|[:,.]\s|\s[-–—]\s", rest)]
    for position, piece in enumerate(pieces):
        if is_tier(piece) and (position == 0 or _NAMED_TIER.search(piece)):
            entry.tier = piece
            before, _, after = rest.partition(piece)
            rest = (before.rstrip(" -–—:|,.;(") + after.lstrip(" -–—:|,.;)")) if not before or not after else rest
            break
    entry.description = clean_text(rest) or entry.description


def _tail_bracket(text: str) -> tuple[str, str] | None:
    """The text before a closing bracket at the end, and what is in it."""
    if text[-1:] not in (")", "]"):
        return None
    opening = max(text.rfind("("), text.rfind("["))
    inner = text[opening + 1 : -1]
    return None if opening < 0 or ")" in inner or "]" in inner else (text[:opening].rstrip(), inner.strip())


def _read_tails(entry: Entry, name: str) -> str:
    """Take tiers, addresses and descriptions off the end of a name."""
    for _ in range(4):
        name = FORMERLY.sub("", name).strip()
        bracket = _tail_bracket(name)
        if bracket and bracket[0] and take(entry, bracket[1]):
            name = bracket[0].strip(" -–—:|,")
            continue
        if (slash := _SLASHED.search(name)) and take(entry, name[slash.end() :].strip()):
            name = name[: slash.start()].strip()
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
            left = _before_description(entry, name, cuts[0])
            if left == name:
                break
            name = left
    return name


def _before_description(entry: Entry, name: str, cut: re.Match[str]) -> str:
    """ "Acme - makes anvils for coyotes" is Acme; "Foo - Bar Labs" may be a name and stays."""
    left, right = name[: cut.start()].strip(), name[cut.end() :].strip()
    if "," in cut[0]:
        described = bool(_APPOSITION.match(right))
    else:
        described = right[:1].islower() or len(right.split()) > 5 or bool(_DESCRIPTIVE.match(right))
    if not left or not described:
        return name
    describe(entry, right)
    return left


def name_and_description(text: str) -> tuple[str, str] | None:
    """ "Acme" and "Cloud Hosting" of "Acme - Cloud Hosting", "Acme: Cloud Hosting" or "Acme (cloud hosting)".

    Right only where the items of a list are written this way: "Foo - Bar Labs" may be a name.
    """
    cut = _SEPARATOR.search(text)
    bracket = _tail_bracket(text)
    if cut and "," not in cut[0]:
        left, right = text[: cut.start()].strip("*_` "), text[cut.end() :].strip()
    elif bracket and bracket[1][:1].islower() and " " in bracket[1]:
        left, right = bracket
    else:
        return None
    return (left, right) if right and len(left) > 1 and is_plain_name(left) else None


def take(entry: Entry, text: str) -> bool:
    """Put a tier or an address into the entry; False when the text is neither."""
    if is_tier(text):
        entry.tier = text
    elif URL.fullmatch(text) or (DOMAIN.fullmatch(text) and text == text.lower()):
        entry.website = entry.website or text.strip("<>")
    else:
        return False
    return True
