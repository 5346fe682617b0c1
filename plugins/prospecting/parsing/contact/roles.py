"""People in objects whose keys say who they are: {"CEO": "Jane Doe"}, {"Jane Doe": "CEO"}."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from prospecting.parsing.contact.words import (
    ENVELOPES,
    EVIDENCE,
    FIELDS,
    META,
    NAMED_LISTS,
    has_title_word,
    is_nobody,
    names_a_post,
)
from prospecting.parsing.fields import MAX_ITEM_DEPTH, Walker, first_text
from prospecting.parsing.names import clean_person_name, vocabulary
from prospecting.parsing.payload import canonical_key

_WORDS_OF_KEY = re.compile(r"(?<=[a-z])(?=[A-Z])|[\s_]+|(?<!\bco)-(?=[a-z])")
_SMALL_WORDS = vocabulary("of and the for to in de et y")
_ABBREVIATIONS = re.compile(r"c[a-z]o|ciso|chro|[es]?vp|hr|it|r&d|pr", re.IGNORECASE)
_TOP = re.compile(
    r"\b(?:c[a-z]o|ciso|chro|chief|founder|co-?founder|president|chair\w*|owner|managing director)\b", re.I
)
_MAX_KEYS = 60


@dataclass(frozen=True, slots=True)
class Held:
    """The holder of a post, as an object gives it: ``item`` is a name, an object or nothing."""

    item: Any
    title: str | None
    name: str | None = None
    company: str | None = None
    holder: Mapping[Any, Any] | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """Somebody of a list of those who have left: a record as ``Walker.records`` gives it, or a ``Held``."""

    item: Any


_PAST_LIST = re.compile(
    r"(?:(?:former|past|previous|prior|departed|retired|historical|ex|outgoing|recentlydeparted|nolonger(?:with|at)?)"
    r"(?:key|senior|c|board)?(?:executives?|leaders?|leadership|employees?|staff|people|persons?|contacts?|team|members?"
    r"|management|managers?|officers?|board|directors|decisionmakers?|founders?|executiveteam|leadershipteam"
    r"|managementteam|boardmembers?|suite|company|thecompany)?|alumn[ia]e?|leavers|departures|notcurrent|left)"
)
_STATUS = vocabulary(
    "status employmentstatus currentstatus rolestatus iscurrent current currentlyemployed former isformer"
)
_LEFT = re.compile(
    r"(?:former|past|previous|prior|left|departed|retired|resigned|outgoing|deceased|inactive|ex|no longer)\b.*", re.I
)


def has_left(item: Mapping[Any, Any]) -> bool:
    """True for a person whose object says that the post is over ("status": "former", "is_current": false)."""
    for key in _keys(tuple(item)).status:
        value, name = item[key], canonical_key(key)
        if isinstance(value, str):
            text = value.strip()
            value = True if text.lower() in ("true", "yes") else False if text.lower() in ("false", "no") else text
        if isinstance(value, bool):
            if "status" not in name and value is ("former" in name):
                return True
        elif isinstance(value, str) and "former" not in name and _LEFT.fullmatch(value[:200]):
            return True
    return False


@lru_cache(maxsize=1_024)
def _wrapper_grade(key: str) -> int:
    if key in ENVELOPES:
        return 1
    return 2 if key in NAMED_LISTS or key.endswith(("contacts", "executives", "people")) else 0


class PeopleWalker(Walker):
    """A ``Walker`` that also reads maps of posts and maps of names; their members come as ``Held``."""

    def __init__(self) -> None:
        super().__init__(FIELDS, _wrapper_grade, EVIDENCE, vocabulary("name fullname personname"))

    def records(self, value: Any, depth: int = MAX_ITEM_DEPTH) -> Iterator[Any]:
        """As ``Walker.records``; rows of a table ([["Jane Doe", "CEO"], …]) come as objects."""
        if isinstance(value, list) and value and (rows := _rows(value)):
            yield from rows
        else:
            yield from super().records(value, depth)

    def _in_object(self, item: Mapping[Any, Any], depth: int) -> Iterator[Any]:
        keys = _keys(tuple(item)) if depth else _NO_KEYS
        if rows := _rows_under(item, keys.columns) if keys.columns else _named_on_two_levels(item, keys):
            yield from rows
            return
        if keys.past and not keys.is_person:
            left = [key for key in keys.past if isinstance(item[key], (list, Mapping, str))]
            for key in left:
                yield from (Past(record) for record in self.records(item[key], depth - 1))
            if left:
                rest = {key: value for key, value in item.items() if key not in left}
                if any(isinstance(value, (list, Mapping)) and value for value in rest.values()):
                    yield from self._in_object(rest, depth)
                return
        if keys.is_person and not any(
            isinstance(value, Mapping) or (type(value) is list and key in keys.lists) for key, value in item.items()
        ):
            yield item
        elif keys.posts and self._is_map(item, keys.posts):
            yield from self._holders(item, keys.posts, depth)
        elif keys.are_names and (named := _named(item)):
            yield from named
        elif keys.are_free and self._are_departments(item):
            for key, value in item.items():
                if canonical_key(key) not in META:
                    yield from self.records(value, depth - 1)
        else:
            yield from super()._in_object(item, depth)

    def _are_departments(self, item: Mapping[Any, Any]) -> bool:
        """True for {"Marketing": [people], "Sales": {a person}, "Board": {"Chair": …}}: every member holds people."""
        members = [value for key, value in item.items() if canonical_key(key) not in META]
        if not members or not all(isinstance(value, (list, Mapping)) and value for value in members):
            return False
        maps = [value for value in members if isinstance(value, Mapping) and _keys(tuple(value)).posts]
        if len(members) < 2 and not maps:
            return False
        return all(
            self._holds(value) if isinstance(value, list) else value in maps or self.is_record(value)
            for value in members
        )

    def _is_map(self, item: Mapping[Any, Any], posts: tuple[tuple[Any, str], ...]) -> bool:
        """True when the posts of an object are held by others, and not by the person it describes."""
        fields = FIELDS.read(item)
        if "first" in fields or "last" in fields or not EVIDENCE.isdisjoint(fields):
            return False
        return "name" not in fields or all(_TOP.search(title) for _, title in posts)

    def _holders(self, item: Mapping[Any, Any], posts: tuple[tuple[Any, str], ...], depth: int) -> Iterator[Any]:
        fields = FIELDS.read(item)
        company = first_text(fields.get("company") or fields.get("name"), 200)
        titles = dict(posts)
        for key, value in item.items():
            if title := titles.get(key):
                for holder in value if isinstance(value, list) else [value]:
                    yield Held(holder, title, None, company, item)
            elif isinstance(value, (Mapping, list)) and canonical_key(key) not in META:
                wanted = _wrapper_grade(canonical_key(key)) or (isinstance(value, Mapping) and self.is_record(value))
                if wanted:
                    yield from self.records(value, depth - 1)


def _named_on_two_levels(item: Mapping[Any, Any], keys: _Keys) -> list[Mapping[Any, Any]]:
    """{"person": {"name": "Jane Doe"}, "position": "CEO"}, which is one person; nothing for any other object."""
    fields = FIELDS.read(item) if keys.is_person else {}
    inner = fields.get("name")
    if not isinstance(inner, Mapping) or not isinstance(fields.get("title") or fields.get("email"), str):
        return []
    named = FIELDS.read(inner)
    return [item] if isinstance(named.get("name") or named.get("first"), str) else []


_COLUMNS = vocabulary("columns headers header fields")


def _rows(value: list[Any]) -> list[dict[str, Any]]:
    """The rows of a table as objects: under a header that names fields, or each a name with a title behind it."""
    rows = [row for row in value if isinstance(row, list)]
    if len(rows) != len(value) or not all(2 <= len(row) <= 12 and isinstance(row[0], str) for row in rows):
        return []
    if _is_header(rows[0]):
        return [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]
    titled = all(isinstance(row[1], str) and has_title_word(row[1]) and not is_nobody(row[0]) for row in rows)
    return [{"name": row[0], "title": row[1]} for row in rows] if titled else []


def _is_header(cells: list[Any]) -> bool:
    known = {FIELDS.field_of(cell) for cell in cells if isinstance(cell, str)} - {None}
    return len(known) > 1 and bool(known & {"name", "first"})


def _rows_under(item: Mapping[Any, Any], columns: tuple[Any, ...]) -> list[Any]:
    """The rows of {"columns": ["name", "title"], "rows": [[…], …]}."""
    header = next((item[key] for key in columns if isinstance(item[key], list) and _is_header(item[key])), None)
    tables = [value for value in item.values() if isinstance(value, list) and value and isinstance(value[0], list)]
    return _rows([header, *tables[0]]) if header and len(tables) == 1 else []


@dataclass(frozen=True, slots=True)
class _Keys:
    """All that the keys of an object alone say about it."""

    posts: tuple[tuple[Any, str], ...] = ()
    lists: tuple[Any, ...] = ()
    is_person: bool = False
    are_names: bool = False
    are_free: bool = False
    past: tuple[Any, ...] = ()
    status: tuple[Any, ...] = ()
    columns: tuple[Any, ...] = ()


_NO_KEYS = _Keys()


def _keys(keys: tuple[Any, ...]) -> _Keys:
    if len(keys) > _MAX_KEYS or not all(type(key) is str and len(key) <= 80 for key in keys):
        return _NO_KEYS
    return _read_keys(keys)


@lru_cache(maxsize=1_024)
def _read_keys(keys: tuple[str, ...]) -> _Keys:
    fields = {field for key in keys if (field := FIELDS.field_of(key))}
    free = [key for key in keys if canonical_key(key) not in META]
    posts = []
    for key in free:
        if not FIELDS.field_of(key) and not _wrapper_grade(canonical_key(key)):
            title = _title_of_key(key)
            if names_a_post(title):
                posts.append((key, title))
    return _Keys(
        posts=tuple(posts),
        lists=tuple(key for key in keys if _wrapper_grade(canonical_key(key)) == 2),
        is_person="name" in fields and not EVIDENCE.isdisjoint(fields),
        are_names=bool(free) and all(" " in key.strip() for key in free),
        past=tuple(key for key in keys if _PAST_LIST.fullmatch(canonical_key(key))),
        status=tuple(key for key in keys if canonical_key(key) in _STATUS),
        columns=tuple(key for key in keys if canonical_key(key) in _COLUMNS),
        are_free=not any(FIELDS.field_of(key) or _wrapper_grade(canonical_key(key)) for key in keys),
    )


def _title_of_key(key: str) -> str:
    """ "chief_marketing_officer" as "Chief Marketing Officer"; a key written for people stays as it is."""
    text = key.strip()
    if " " in text or text.isupper():
        return " ".join(text.replace("_", " ").split())
    parts = [part for part in _WORDS_OF_KEY.split(text) if part]
    spelled = (
        part.upper()
        if _ABBREVIATIONS.fullmatch(part)
        else part.lower()
        if part.lower() in _SMALL_WORDS
        else part.title()
        for part in parts
    )
    return " ".join(spelled)


def _named(item: Mapping[Any, Any]) -> list[Held]:
    """The people of {"Jane Doe": "CEO", …} and {"Jane Doe": {"title": "CEO"}, …}; none when a key is no name."""
    found: list[Held] = []
    for key, value in item.items():
        if not isinstance(key, str) or len(key) > 80 or " " not in key.strip():
            if isinstance(key, str) and canonical_key(key) in META:
                continue
            return []
        if FIELDS.field_of(key) or _wrapper_grade(canonical_key(key)):
            return []
        if isinstance(value, str):
            is_title = len(value) <= 200 and has_title_word(value)
        else:
            fields = FIELDS.read(value) if isinstance(value, Mapping) else {}
            is_title = "name" not in fields and not EVIDENCE.isdisjoint(fields)
        if not is_title or is_nobody(key) or clean_person_name(key) is None:
            return []
        if isinstance(value, str):
            found.append(Held(key, value, None, None, item))
        else:
            found.append(Held(value, None, key, None, item))
    return found
