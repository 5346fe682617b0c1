"""Reading named fields out of objects whose keys and values an agent chose freely."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prospecting.parsing.envelopes import unwrap_payload
from prospecting.parsing.invisible import visible
from prospecting.parsing.markup import may_be_marked, plain
from prospecting.parsing.payload import Payload, PayloadError, canonical_key, load
from prospecting.parsing.records import Rejected

MAX_TEXT_FIELD = 4_000
"""Characters kept of a description or biography."""

MAX_ITEM_DEPTH = 6
"""Lists and objects deeper in each other hold no records."""
MAX_PLANS = 1_024
"""Different sets of keys of which is remembered what they mean."""

PLACEHOLDERS = frozenset(
    {
        "", "-", "--", "---", "?", "??", "...", "…", ".", "_", "–", "—", "*", "/", "#n/a", "n/a", "na",
        "n.a.", "n.a", "n\\a", "nil", "none", "null", "nan", "undefined", "unknown", "(unknown)", "[unknown]",
        "unspecified", "undisclosed", "unavailable", "not available", "not applicable", "not found",
        "not specified", "not provided", "not disclosed", "not listed", "not stated", "not mentioned",
        "not known", "not yet announced", "not announced", "none found", "none listed", "none available",
        "no data", "no information", "no information available", "missing", "empty", "tbd", "tba", "tbc",
        "to be determined", "to be announced", "to be confirmed", "coming soon", "pending", "string",
        "varies", "various", "unable to verify", "unable to determine", "unable to confirm", "unable to find",
        "could not verify", "could not be verified", "could not be determined", "could not be found", "not verified",
        "unverified", "not confirmed", "unconfirmed", "not determined", "not identified", "none identified",
        "not publicly available", "not publicly listed", "not publicly disclosed", "not publicly known",
        "no public information", "information not available", "information unavailable", "no results",
        "no results found", "[object object]",
    }
)  # fmt: skip
"""Texts that mean "no value", in lower case."""

_SPACES = re.compile(r"\s+")
_SURROGATE = re.compile("[\x00\ud800-\udfff]")


def phrases(text: str) -> frozenset[str]:
    """The phrases of ``text`` between ``|``: the format of word lists with blanks in them."""
    return frozenset(phrase.strip() for phrase in text.split("|"))


def clean_text(value: object, limit: int = MAX_TEXT_FIELD) -> str | None:
    """One line of visible text without citations and markup, or ``None`` for placeholders ("N/A", "TBD", "").

    Numbers become text. Links stay as they are: their target is worth something.
    """
    if type(value) is not str:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            return None
        if isinstance(value, float):
            if not math.isfinite(value):
                return None
            value = int(value) if value.is_integer() and abs(value) < 1e15 else value
        elif isinstance(value, int) and abs(value) >= 10**18:
            return None
        value = str(value)
    text = value[: limit * 4].strip()
    if not (text.isprintable() and text.isascii()):
        text = visible(_SURROGATE.sub("\ufffd", text))
        text = unicodedata.normalize("NFC", text)
        text = _SPACES.sub(" ", text).strip()
        text = plain(text)
    else:
        if "  " in text:
            text = _SPACES.sub(" ", text)
        if may_be_marked(text):
            text = plain(text)
    if len(text) < 32 and text.lower().rstrip(".") in PLACEHOLDERS:
        return None
    return text[:limit].rstrip() if len(text) > limit else text


def first_text(value: object, limit: int = MAX_TEXT_FIELD) -> str | None:
    """Like ``clean_text``, taking the first usable member of a list and the ``name`` of an object."""
    if type(value) is str:
        return clean_text(value, limit)
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        for member in value[:20]:
            text = clean_text(member, limit) if not isinstance(member, Mapping) else first_text(member, limit)
            if text:
                return text
        return None
    if isinstance(value, Mapping):
        for key in ("name", "value", "text", "label", "title", "url", "href", "address"):
            if text := clean_text(value.get(key), limit):
                return text
        return None
    return clean_text(value, limit)


class KeyMap:
    """Finds fields under any of their spellings.

    ``KeyMap(start=("start_date", "from"))`` reads ``startDate``, ``Start Date`` or ``FROM`` as ``start``; earlier
    spellings win over later ones, and present values win over ``None`` and "".
    """

    def __init__(self, **spellings: tuple[str, ...]) -> None:
        self._fields: dict[str, tuple[str, int]] = {}
        for field, names in spellings.items():
            for rank, name in enumerate((field, *names)):
                self._fields.setdefault(canonical_key(name), (field, rank))
        self._plans: dict[tuple[Any, ...], list[tuple[Any, str]]] = {}

    def field_of(self, key: object) -> str | None:
        """The field a key or a column heading stands for."""
        entry = self._fields.get(canonical_key(key))
        return entry[0] if entry else None

    def read(self, item: Mapping[Any, Any]) -> dict[str, Any]:
        """Field name to raw value, only for fields that have a value."""
        found: dict[str, Any] = {}
        for key, field in self.plan(tuple(item)):
            value = item[key]
            if value is not None and value != "":
                found[field] = value
        return found

    def plan(self, keys: tuple[Any, ...]) -> list[tuple[Any, str]]:
        """Pairs of key and field, the best spelling last. Agents repeat the same keys, so plans are cached."""
        plan = self._plans.get(keys)
        if plan is None:
            ranked = [(entry[1], key, entry[0]) for key in keys if (entry := self._fields.get(canonical_key(key)))]
            plan = [(key, field) for _, key, field in sorted(ranked, key=lambda entry: -entry[0])]
            if len(self._plans) < MAX_PLANS and is_small(keys):
                self._plans[keys] = plan
        return plan


def is_small(keys: tuple[Any, ...]) -> bool:
    """True for the keys of an object that are few and short enough to be remembered."""
    return len(keys) <= 40 and all(isinstance(key, str) and len(key) <= 60 for key in keys)


def load_or_reject(raw: Any, wanted: frozenset[str]) -> Payload | Rejected | None:
    """The payload without tool calls and message wrappers, the reason why there is none, or ``None`` for nothing.

    A message that holds no data is a payload whose value is its text.
    """
    try:
        return unwrap_payload(load(raw, wanted), wanted)
    except PayloadError as error:
        if error.reason == "empty":
            return None
        reason = "unparseable" if error.reason == "unsupported" else error.reason
        return Rejected(reason, f"The answer could not be read: {error}.", raw)


class Walker:
    """Finds the records inside lists and wrapper objects.

    ``grade`` rates a canonical key: 2 when it names the records themselves ("events"), 1 for any envelope ("data"), 0
    for neither. ``evidence`` are the fields that make an object with a name a record; ``name_keys`` are name
    spellings that do so alone. An object without wrapper keys is a record; one whose members are records
    ("event_1": {...}) gives those. Text inside a wrapper is read as JSON when it is JSON.
    """

    def __init__(
        self, fields: KeyMap, grade: Callable[[str], int], evidence: frozenset[str], name_keys: frozenset[str]
    ) -> None:
        self._fields = fields
        self._grade = grade
        self._evidence = evidence
        self._name_keys = name_keys
        self._plain: dict[tuple[Any, ...], bool] = {}

    def is_record(self, item: Mapping[Any, Any]) -> bool:
        """True when an object is a record rather than a wrapper around records."""
        fields = self._fields.read(item)
        if "first" not in fields and not isinstance(fields.get("name"), (str, int)):
            return False
        return not self._evidence.isdisjoint(fields) or canonical_key(next(iter(item))) in self._name_keys

    def records(self, value: Any, depth: int = MAX_ITEM_DEPTH) -> Iterator[Any]:
        """The records in ``value``, unchanged; list members that are not records are included, to be rejected."""
        if isinstance(value, (list, tuple)):
            for member in value:
                if type(member) is dict and self._is_plain(tuple(member)):
                    yield member
                elif isinstance(member, (list, tuple, Mapping)) and depth:
                    yield from self.records(member, depth - 1)
                else:
                    yield member
        elif isinstance(value, str):
            yield from self._in_text(value, depth)
        elif isinstance(value, Mapping) and value:
            yield from self._in_object(value, depth)

    def _is_plain(self, keys: tuple[Any, ...]) -> bool:
        """True when objects with these keys are records at first sight: a name, evidence, and no wrapper."""
        plain = self._plain.get(keys)
        if plain is None:
            fields = {field for _, field in self._fields.plan(keys)}
            plain = "name" in fields and not self._evidence.isdisjoint(fields)
            plain = plain and not any(self._grade(canonical_key(key)) for key in keys)
            if len(self._plain) < MAX_PLANS and is_small(keys):
                self._plain[keys] = plain
        return plain

    def _in_text(self, text: str, depth: int) -> Iterator[Any]:
        try:
            inner = load(text).values if depth and ("{" in text or "[" in text) else ()
        except PayloadError:
            inner = ()
        if any(isinstance(value, (dict, list)) for value in inner):
            for value in inner:
                yield from self.records(value, depth - 1)
        elif clean_text(text):
            yield text

    def _in_object(self, item: Mapping[Any, Any], depth: int) -> Iterator[Any]:
        keys = self._wrappers(item) if depth else []
        for key in keys:
            if item[key] is not None and not isinstance(item[key], (bool, int, float)):
                yield from self.records(item[key], depth - 1)
        if keys:
            return
        members: list[Any] = []
        if depth and not self.is_record(item):
            members = [member for member in item.values() if isinstance(member, Mapping) and self.is_record(member)]
            members = members or [
                member for member in item.values() if isinstance(member, list) and self._holds(member)
            ]
        if members:
            yield from self.records(members, depth - 1)
        else:
            yield item

    def _wrappers(self, item: Mapping[Any, Any]) -> list[Any]:
        grades = {key: grade for key in item if (grade := self._grade(canonical_key(key)))}
        if not grades:
            return []
        named = [key for key, grade in grades.items() if grade == 2]
        is_record = self.is_record(item)
        if named and (not is_record or any(isinstance(item[key], (list, Mapping)) for key in named)):
            return named if any(item[key] for key in named) else list(grades)  # {"events": null, "data": [...]}
        return [] if is_record else list(grades)

    def _holds(self, values: list[Any]) -> bool:
        return any(isinstance(member, Mapping) and self.is_record(member) for member in values[:20])
