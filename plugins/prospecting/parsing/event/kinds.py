"""Kinds of events, as they are called: a congress is a conference, an expo a trade show."""

from __future__ import annotations

from itertools import pairwise

from prospecting.parsing.names import vocabulary

_KINDS = {
    "conference": "conference conferences congress summit symposium convention forum kongress konferenz conferencia "
    "conférence",
    "trade show": "tradeshow tradefair expo exhibition fair messe fachmesse salon feria",
    "meetup": "meetup meetups usergroup networking roadshow",
    "webinar": "webinar webcast livestream",
    "workshop": "workshop training bootcamp seminar masterclass",
    "hackathon": "hackathon hackday codefest",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in vocabulary(words)}


def same_kind(said: str, wanted: str) -> bool:
    """True when an event that is called ``said`` may be meant by ``wanted``: of one kind, or called alike.

    A word that is no kind we know ("in person") speaks against nothing; a kind that we do not know has to be named.
    """
    first, second = _kinds(said), _kinds(wanted)
    if first and second:
        return not first.isdisjoint(second)
    return not first or wanted.casefold() in said.casefold()


def _kinds(text: str) -> set[str]:
    words = text.casefold().replace("-", " ").replace("/", " ").replace(",", " ").split()
    joined = {"".join(pair) for pair in pairwise(words)}
    return {_KIND_OF[word] for word in {*words, *joined} if word in _KIND_OF}
