"""People named in sentences: "The CEO is Jane Doe", "I could confirm Jane Doe (CEO) and John Roe, CTO at Acme"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prospecting.parsing.contact.words import person_named
from prospecting.parsing.plaintext import split_marker
from prospecting.parsing.refusals import is_doubted, sentences_of
from prospecting.parsing.title.areas import is_only_a_title

_LOOKED_AT = 20_000  # characters
_WORD = r"[^\W\d_a-z][\w.'’-]*"
_NAME = rf"(?P<name>{_WORD}(?: (?:(?:van|von|de|der|den|da|di|del|la|al|bin|ter) ){{0,2}}{_WORD}){{1,3}})"
_POST = r"(?P<post>[^\W\d_][^.,;:()\n]{1,100}?)"
_BEHIND = r"(?=[.,;:()]|$| (?:and|since|who|while|with|as of)\b)"
_PATTERNS = tuple(
    map(
        re.compile,
        (
            rf"{_NAME},? (?:is|serves as|works as|acts as|holds the (?:role|position|title) of) {_POST}{_BEHIND}",
            rf"(?:^|(?<=[,;] )){_POST}(?: is(?: currently| listed as| named as)?|,|:) {_NAME}{_BEHIND}",
            rf"{_NAME}(?:, | \(){_POST}{_BEHIND}",
            rf"\b(?:by|and|includes?|including|are|with) {_POST} {_NAME}{_BEHIND}",
        ),
    )
)
_LEADING = re.compile(
    r"(?:(?:but|and|while|however,?|the|its|their|our|current|currently|acting|listed as|\S+(?:'s|’s|s'|s’)) )+", re.I
)
_AT = re.compile(r",? (?:at|of|@) (?=[A-Z\d])")
_NOT_NOW = re.compile(
    r"\b(?:former\w*|previous\w*|ex-\w+|until|left|leaves|resign\w*|stepp\w+ down|retire\w*|depart\w*|was|were|used to"
    r"|died|past|may|might|would|possibl\w+|likely|potential\w*|presum\w+|unrelated|different|another|same name"
    r"|similar\w*|appointed in 20[01]\d|unverified|unconfirmed|outdated|20[01]\d)\b",
    re.IGNORECASE,
)


def people_in_sentences(text: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The fields of each person that a sentence names together with a post, and the sentence.

    Nobody for a sentence that denies anything, or that is about the past, about what may be, or about another company.
    """
    for line in text[:_LOOKED_AT].replace("**", "").splitlines():
        if split_marker(line)[1]:
            continue  # items of lists are read as such
        for sentence in sentences_of(line):
            if not is_doubted(sentence) and not _NOT_NOW.search(sentence):
                yield from _people_of(sentence)


def _people_of(sentence: str) -> Iterator[tuple[dict[str, Any], str]]:
    for pattern in _PATTERNS:
        people = [fields for match in pattern.finditer(sentence) if (fields := _fields(match["name"], match["post"]))]
        if people:
            yield from ((fields, sentence) for fields in people)
            return


def _fields(name: str, post: str) -> dict[str, Any] | None:
    """The fields of a person; ``None`` when the name is none, or what is said of it is not all post and company."""
    leading = _LEADING.match(post)
    title = post[leading.end() :] if leading else post
    company = None
    if (at := _AT.search(title)) and (" of " not in at[0] or not is_only_a_title(title)):
        title, company = title[: at.start()], title[at.end() :]
    if not is_only_a_title(title) or person_named(name.rstrip(".")) is None:
        return None
    return {"name": name.rstrip("."), "title": title, **({"company": company} if company else {})}
