"""Tells whether two names of people may be one person's: nicknames, initials, order, names left out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from prospecting.parsing.names import person_key

if TYPE_CHECKING:
    from nicknames import NickNamer

_MAX_WORDS = 8
_TRANSLITERATED = (("ae", "a"), ("oe", "o"), ("ue", "u"))  # Mueller for Müller


@lru_cache(maxsize=1)
def _nicknames() -> NickNamer:
    from nicknames import NickNamer

    return NickNamer()


def is_given_name(word: str) -> bool:
    """True for a given name that has a short form, or is one: "Jeremy", "Bob". ``word`` is folded."""
    known = _nicknames()
    return bool(known.nicknames_of(word) or known.canonicals_of(word))


def are_like_names(one: str, other: str) -> bool:
    """True when two names (or keys of names) may belong to one person: "Jon Smith", "Smith, Jonathan", "J. Smith".

    Family names have to be equal, given names equal, an initial or a nickname of each other; a name may leave out words
    of the other. Names with another family name are unlike, also a married one. Symmetric.
    """
    first, second = _words(one), _words(other)
    if not first or not second or max(len(first), len(second)) > _MAX_WORDS:
        return False
    if "".join(map(_spelled, first)) == "".join(map(_spelled, second)) or sorted(first) == sorted(second):
        return True
    return _fit(first, second) or _fit(first[::-1], second) or _fit(first, second[::-1])


@lru_cache(maxsize=4_096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(person_key(name).split())


def _spelled(word: str) -> str:
    for written, meant in _TRANSLITERATED:
        word = word.replace(written, meant)
    return word


def _fit(first: Sequence[str], second: Sequence[str]) -> bool:
    if len(first) > len(second):
        first, second = second, first
    *given, family = first
    if not given:  # "Jane", or "Doe", for Jane Doe
        return family in second if len(family) > 1 else second[0].startswith(family)
    *others, last = second
    if family != last and not _abbreviates(family, last):
        # "Jane Smith" for Jane Smith Doe
        if len(second) == len(first) or len(family) == 1 or family not in others[1:]:
            return False
        others = others[: others.index(family, 1)]
    return _is_given(given[0], others)


def _is_given(name: str, others: Sequence[str]) -> bool:
    """True when a given name is the first of ``others`` in any form, or one of the rest as it is written."""
    return _abbreviates(name, others[0]) or _is_nickname(name, others[0]) or (len(name) > 1 and name in others)


def _abbreviates(name: str, other: str) -> bool:
    return _spelled(name) == _spelled(other) or (min(len(name), len(other)) == 1 and name[0] == other[0])


@lru_cache(maxsize=4_096)
def _is_nickname(name: str, other: str) -> bool:
    known = _nicknames()
    return (
        name in known.nicknames_of(other)
        or other in known.nicknames_of(name)
        or not known.canonicals_of(name).isdisjoint(known.canonicals_of(other))
    )
