"""Searching by a few characters: of what has them anywhere, first equal texts, then those that begin so.

The characters are taken literally: ``%``, ``_`` and ``\\`` stand for themselves. No index helps with characters in the
middle of a text, so a search reads every row of its table; a limit bounds the answer.
"""

from __future__ import annotations

import re
from typing import Any

from prospecting.persistence.database import clean_text

MAX_LIMIT = 1000
_MAX_TERM = 500  # as long as the longest names
_FOR_LIKE = re.compile(r"([%_\\])")
_FOR_REGEX = re.compile(r"([.^$*+?()\[\]{}|\\])")


def search_values(term: str, limit: int) -> dict[str, Any]:
    """Bind values of a search: patterns for ``ilike`` (``exact``, ``prefix``, ``anywhere``), ``word`` for ``~*``, a
    word that begins so, and ``limit``.

    Raises ``ValueError`` for a term without content, or a limit out of range.
    """
    text = clean_text(term).strip() if isinstance(term, str) else ""
    if not 1 <= len(text) <= _MAX_TERM:
        raise ValueError(f"The term to search for is empty, or longer than {_MAX_TERM} characters; give a part of it")
    literal = _FOR_LIKE.sub(r"\\\1", text)
    return {
        "exact": literal,
        "prefix": f"{literal}%",
        "anywhere": f"%{literal}%",
        "word": r"(?:^|\W)" + _FOR_REGEX.sub(r"\\\1", text),
        "limit": checked_limit(limit),
    }


def prefix_pattern(text: str) -> str:
    """The pattern for ``like`` of everything that begins with ``text``."""
    return _FOR_LIKE.sub(r"\\\1", text) + "%"


def anywhere_pattern(text: str) -> str:
    """The pattern for ``like`` of everything that has ``text`` in it."""
    return f"%{prefix_pattern(text)}"


def checked_limit(limit: int) -> int:
    """``limit``. Raises ``ValueError`` when it is not a whole number from 1 to ``MAX_LIMIT``."""
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit is not a whole number from 1 to {MAX_LIMIT}")
    return limit
