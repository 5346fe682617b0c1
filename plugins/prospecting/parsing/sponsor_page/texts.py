"""Names in plain text: lines of a list, "Gold: Acme, Globex and Initech", "Acme (Gold)"."""

from __future__ import annotations

import re

from prospecting.parsing.page.tree import Element
from prospecting.parsing.sponsor.lines import is_plain_name, split_names
from prospecting.parsing.sponsor_page.labels import names_tier
from prospecting.parsing.sponsor_page.words import AND, BENEFIT, CALL, FAMILY, GENERIC_LINK
from prospecting.parsing.tiers import is_price, is_tier_label

IN_LINE = frozenset({"b", "strong", "i", "em", "span", "font", "small", "u", "br", "mark", "sup", "wbr"})
"""Elements within a line of text."""

SEPARATED = re.compile(r"\s*[:|–—]\s*|\s+-\s+")
"""What stands between a name and the words about it."""

_IN_BRACKETS = re.compile(r"([^()\[\]]{2,100}?)\s*[(\[]([^()\[\]]{2,60})[)\]]")
_MAX_LINE = 5_000


def lines_of(element: Element) -> list[str]:
    """The lines of a block of text; none when there is anything else in it, or a line is too long for names."""
    lines, line = [], list[str]()
    waiting: list[Element | str] = list(reversed(element.children))
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            line.append(node)
        elif node.tag == "br":
            lines.append("".join(line))
            line = []
        elif node.tag in IN_LINE and not node.get("style").count("url("):
            waiting.extend(reversed(node.children))
        else:
            return []
    lines.append("".join(line))
    cleaned = [text for raw in lines if (text := " ".join(raw.split()).strip(" ,;·•"))]
    return [] if any(len(text) > _MAX_LINE for text in cleaned) else cleaned


def named_in(line: str, language: str, *, is_item: bool, is_one: bool) -> list[tuple[str, str | None]]:
    """The names in a line of text, each with the tier that the line tells; empty for a line of other words.

    ``is_item``: of a list, where words may follow a name. ``is_one``: a line with one comma is one name.
    """
    parts = [part.strip() for part in SEPARATED.split(line, maxsplit=1)]
    bracket = _IN_BRACKETS.fullmatch(line)
    if bracket and names_tier(bracket[2], language):
        names, tier = [bracket[1]], bracket[2]
    elif len(parts) == 2 and names_tier(parts[0], language):
        if is_price(parts[1]):
            return []
        names, tier = _split(parts[1], language), parts[0]
    elif len(parts) == 2 and names_tier(parts[1], language):
        names, tier = [parts[0]], parts[1]
    elif is_item and len(parts) == 2 and parts[1][:1].islower():
        names, tier = [parts[0]], None  # "Acme: makers of things"
    else:
        names, tier = [line] if is_one and line.count(",") == 1 else split_names(line, loose_and=False), None
    return [(name, tier) for name in names] if all(may_be_name(name) for name in names) else []


def _split(text: str, language: str) -> list[str]:
    """The names in a list, "A, B und C"."""
    names = split_names(text, loose_and=True)
    word = AND.get(language)
    left, _, right = names[-1].rpartition(f" {word} ") if word and names else ("", "", "")
    return [*names[:-1], left, right] if left and not FAMILY.match(right) else names


def may_be_name(text: str) -> bool:
    """True for text that may name a company, where nothing but the text says so."""
    if BENEFIT.search(text) or CALL.search(text) or is_tier_label(text) or GENERIC_LINK.fullmatch(text):
        return False
    is_word = 1 < len(text) <= 40 and text[-1] not in ".!?:;" and (not text[0].isascii() or " " not in text)
    return is_word or is_plain_name(text)
