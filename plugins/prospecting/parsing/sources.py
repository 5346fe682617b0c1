"""Sources of facts: the page that says so, its day, the words it uses; and whether these were read."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from prospecting.parsing.dates import parse_date_range
from prospecting.parsing.fields import KeyMap, first_text
from prospecting.parsing.records import Source
from prospecting.parsing.urls import normalize_website

FIELDS = KeyMap(
    source_url=("source_urls", "source_link", "source", "sources", "evidence_url", "reference_url",
         "citation_url", "reference", "citation", "references", "citations", "article_url", "news_url",
         "press_release_url", "job_url",
         "posting_url"),
    source_date=("published_on", "published_at", "date_published", "publication_date", "published_date",
          "published", "article_date"),
    evidence=("evidence_quote", "quote", "quotation", "excerpt", "snippet", "proof"),
)  # fmt: skip
"""The fields of any record that say where it is from."""

MAX_URL, MAX_EVIDENCE = 2_000, 1_000
_SHORTEST = 3
"""Words: fewer occur by chance on a page that says something else."""
_SHORTEST_UNSPACED = 8
"""Characters, in a script without blanks."""
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_ADDRESS = re.compile(r"https?://[^\s<>\"'()\[\]{}]+")
_ELISION = re.compile(r"\s*(?:\[\s*(?:\.{3}|…)\s*\]|\(\s*(?:\.{3}|…)\s*\)|\.{3,}|…)\s*")
_MARKS = re.compile(r"[^\w%$€£¥₹+&#]+")
_TAG = re.compile(r"<[^<>]{0,2000}>")


def read_source(item: Mapping[Any, Any]) -> Source | None:
    """The source that a record names, ``None`` when it names none.

    An address that only stands within the evidence counts. A date may be a month or a year: its first day.
    """
    fields = FIELDS.read(item)
    if not fields:
        return None
    evidence = first_text(fields.get("evidence"), MAX_EVIDENCE)
    url = _url(first_text(fields.get("source_url"), MAX_URL + 1))
    if evidence and (address := _ADDRESS.search(evidence)):
        url = url or _url(address[0].rstrip(".,;:!?"))
        evidence = evidence if _words(_ADDRESS.sub(" ", evidence)) else None
    said = parse_date_range(fields["source_date"]).start if "source_date" in fields else None
    return Source(url, said, evidence) if url or said or evidence else None


class ReadTexts:
    """The texts that were read before an answer was given, of searches and pages."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = [_words(text) for text in texts]

    def hold(self, evidence: str | None) -> bool:
        """True when one of the texts holds the evidence, whatever its spaces, quotes, dashes, case and markup.

        Parts of a quote with something left out ("raised … in Series B") have to follow one another in the same text,
        each long enough not to occur by chance. Evidence of less than three words proves nothing.
        """
        parts = [words for part in _ELISION.split(evidence or "") if (words := _words(_ADDRESS.sub(" ", part)))]
        if not parts or any(len(part.split()) < _SHORTEST and not _is_unspaced(part) for part in parts):
            return False
        return any(_holds_in_order(text, parts) for text in self._texts)


def text_of(content: bytes) -> str:
    """The text that a search or a page brought: the texts in JSON, or else all of it."""
    text = content.decode("utf-8", "replace")
    try:
        return "\n".join(_texts_in(json.loads(text)))
    except (ValueError, RecursionError):
        return text


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, Mapping)):
        for member in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_in(member)


def _holds_in_order(text: str, parts: list[str]) -> bool:
    padded, start = f" {text} ", 0
    for part in parts:
        sought = part if _is_unspaced(part) else f" {part} "
        found = padded.find(sought, start)
        if found < 0:
            return False
        start = found + len(part)
    return True


def _is_unspaced(part: str) -> bool:
    """True for a passage in a script that writes no blanks between words, long enough to say something."""
    return len(_UNSPACED.findall(part)) >= _SHORTEST_UNSPACED


def _words(text: str) -> str:
    """The words of a text in lower case, one blank between them."""
    plain = unicodedata.normalize("NFKC", html.unescape(_TAG.sub(" ", text))).casefold()
    return " ".join(_MARKS.sub(" ", _INVISIBLE.sub("", plain)).split())


def _url(text: str | None) -> str | None:
    """A page's address; ``None`` for what is none ("company website")."""
    if not text or len(text) > MAX_URL:
        return None
    if "](" in text and (address := _ADDRESS.search(text)):
        text = address[0]
    if "." not in text or re.search(r"\s", text):
        return None
    # A page of an address that identifies nobody is a page all the same.
    return normalize_website(text) or (text if _ADDRESS.fullmatch(text) else None)


def day_of(source: Source | None, said: date | None = None) -> date | None:
    """The day a fact is from: the one that was said with it, else its source's."""
    return said or (source.published_on if source else None)
