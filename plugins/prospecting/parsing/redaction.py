"""Takes a person out of texts, JSON and raw answers of any shape.

Comparison is that of names everywhere (``parsing/names.py``): without case and accents, however a character is written
(``\\u00e9``, ``&eacute;``, ``%C3%A9``). A name counts as a whole: "Jane Doe", "Doe, Jane", "Jane Q. Doe", not "Janet
Doe". A name of one word counts only where a value holds nothing else. Whoever has the name and a profile or an address
of somebody else is somebody else, and is left alone.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from prospecting.parsing.name.likeness import are_like_names
from prospecting.parsing.names import fold, person_key
from prospecting.parsing.redaction_patterns import is_distinctive, text_pattern
from prospecting.parsing.subjects import Fields, Subject, json_in

REDACTED = "[redacted]"
"""Stands where a person was; the parsers know it as a placeholder, so that it never becomes a person's name."""

_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})|&(#?[0-9a-zA-Z]{2,8});|((?:%[0-9a-fA-F]{2})+)")
_MAY_HOLD_ESCAPES = re.compile(r"[\\&%]")
_LONGEST_NAME = 200
_GONE: Any = object()


class Redactor:
    """Takes one subject out of texts and JSON. Values in which the subject is not are returned as they are."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._keys = {key for key in map(person_key, subject.names) if key}
        self._one_word = {key for key in self._keys if not is_distinctive(key)}
        self._pattern = text_pattern(subject)
        self._domains = {email.rpartition("@")[2] for email in subject.emails}

    def text(self, text: str) -> str:
        """``text`` with ``[redacted]`` wherever the subject is named; JSON in it, with or without words around, is
        taken as JSON.
        """
        redacted = self._plain_text(text)
        if redacted is text:
            return text
        pieces: list[str] = []
        at = 0
        while (part := json_in(text, at)) is not None:
            pieces += [self._plain_text(text[at : part.start]), json.dumps(self.value(part.value), ensure_ascii=False)]
            at = part.end
        return "".join([*pieces, self._plain_text(text[at:])]) if pieces else redacted

    def value(self, value: Any) -> Any:
        """A JSON value without the subject: what describes them is left out (an object that is all there is becomes
        empty), and where they are named ``[redacted]`` stands.
        """
        try:
            redacted = self._walk(value)
        except RecursionError:
            return REDACTED
        return {} if redacted is _GONE else redacted

    def answer(self, content: bytes) -> bytes:
        """Raw bytes of an answer, JSON or not, without the subject."""
        text = content.decode("utf-8", "surrogateescape")
        redacted = self.text(text)
        return content if redacted is text else redacted.encode("utf-8", "surrogateescape")

    def is_about(self, value: Mapping[str, Any]) -> bool:
        """True when an object describes the subject, by profile, e-mail or name, and nothing says it is another."""
        fields = Fields.of(value)
        name = fields.name
        has_name = name is not None and person_key(name) in self._keys
        if fields.profiles & self.subject.profiles or fields.emails & self.subject.emails:
            return name is None or has_name or self._is_like(name, fields)
        return has_name and not self._is_another(fields)

    def is_namesake(self, value: Mapping[str, Any]) -> bool:
        """True when an object describes somebody else of that name."""
        name = Fields.of(value).name
        return name is not None and person_key(name) in self._keys and not self.is_about(value)

    def _is_another(self, fields: Fields) -> bool:
        if fields.profiles and self.subject.profiles:
            return True
        domains = {email.rpartition("@")[2] for email in fields.emails}
        return bool(domains and self._domains) and self._domains.isdisjoint(domains)

    def _is_like(self, name: str, fields: Fields) -> bool:
        if not self._keys:
            return not fields.is_company
        return any(are_like_names(name, key) for key in self._keys)

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return self._object(value)
        if isinstance(value, list):
            walked = [self._walk(member) for member in value]
            if all(new is old for new, old in zip(walked, value, strict=True)):
                return value
            return [member for member in walked if member is not _GONE]
        if isinstance(value, int) and not isinstance(value, bool) and str(value) in self.subject.phones:
            return None
        return value

    def _object(self, value: Mapping[str, Any]) -> Any:
        if self.is_about(value):
            return _GONE
        if self.is_namesake(value):
            return value
        walked = {self._plain_text(key): self._walk(member) for key, member in value.items()}
        if walked.keys() == value.keys() and all(walked[key] is value[key] for key in value):
            return value
        return {key: {} if member is _GONE else member for key, member in walked.items()}

    def _plain_text(self, text: str) -> str:
        if self._one_word and len(text) <= _LONGEST_NAME and person_key(text) in self._one_word:
            return REDACTED
        if self._pattern is None:
            return text
        folded, places = _folded(text)
        kept: list[str] = []
        at = 0
        for found in self._pattern.finditer(folded):
            start, end = found.span()
            if places is not None:
                start, end = places[start][0], places[end][0] if end < len(places) else len(text)
            if start >= at:
                kept += [text[at:start], REDACTED]
                at = end
        return "".join([*kept, text[at:]]) if kept else text


# -------------------------------------------------------------------------------------------------------- folding
@lru_cache(maxsize=4_096)
def _folded_character(character: str) -> str:
    return fold(character)


def _folded(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    """``text`` folded character by character, and where each comes from; ``None``: from the same place."""
    if text.isascii() and not _MAY_HOLD_ESCAPES.search(text):
        return text.lower(), None
    folded: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0

    def take(characters: str, start: int, end: int) -> None:
        for character in characters:
            for letter in _folded_character(character):
                folded.append(letter)
                places.append((start, end))

    def take_plain(end: int) -> None:
        for place in range(at, end):
            take(text[place], place, place + 1)

    for escape in _ESCAPE.finditer(text):
        take_plain(escape.start())
        take(_decoded(escape), *escape.span())
        at = escape.end()
    take_plain(len(text))
    return "".join(folded), places


def _decoded(escape: re.Match[str]) -> str:
    by_number, entity, percents = escape.groups()
    if by_number:
        character = chr(int(by_number, 16))
        return " " if "\ud800" <= character <= "\udfff" else character
    if entity:
        written = f"&{entity};"
        return html.unescape(written)
    return unquote(percents, errors="replace")
