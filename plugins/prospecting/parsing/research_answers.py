"""Finds the research in what was returned for a research question, and tells what is none: errors, prose, nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from prospecting.parsing.envelopes import unwrap
from prospecting.parsing.fields import clean_text
from prospecting.parsing.name.folding import vocabulary
from prospecting.parsing.payload import PayloadError, canonical_key, extract_json, load
from prospecting.parsing.records import Rejected

_MAX_CANDIDATES = 100
_MAX_VALUES = 20_000
_MAX_PLACEHOLDER = 100  # characters; longer texts say something
_NOTHING = re.compile(
    r"\s*+(?:no|not|none|nothing|unable|unknown|unavailable|cannot|can't|could not|couldn't)\b", re.IGNORECASE
)
_MUCH_SMALLER = 10
_DEPTH = 3  # wrappers in wrappers

_ERRORS = vocabulary("error errors errormessage exception failure")
_TEXTS = vocabulary(
    "answer body briefing completion content document fulltext html markdown md message output rawtext report response "
    "result text"
)
_FAILED = vocabulary("error failed failure")
# What an answer says about itself, or repeats of the question.
_ABOUT_ANSWER = vocabulary(
    "annotations basis citations code created createdat detail details finishreason format httpstatus id language meta "
    "metadata model object ok reason references requestid retryafter role run runid sources status statuscode "
    "stopreason success timestamp traceid type usage version warnings"
)
_ABOUT_QUESTION = vocabulary(
    "clientcompanydescription clientcompanyname company companydomain companyname customercompanyname domain fullname "
    "linkedinurl name personcurrentcompany personcurrentcompanyname personfullname personlinkedinurl "
    "targetcompanydomain targetcompanyname"
)
ENVELOPE_KEYS = _ERRORS | _TEXTS | vocabulary("arguments candidates choices function input parts role toolcalls type")
"""Keys, in lower-case letters only, of objects that may be something other than research."""
OTHER_KEYS = _ABOUT_ANSWER | _ABOUT_QUESTION
"""Keys, likewise, of what is no finding of the research. The statement briefings/read_results knows both sets."""

_NO_CONTENT = Rejected("empty_output", "The research returned empty content; run it again.")
_NO_OBJECT = Rejected("text_output", "The research returned text that holds no object; ask for JSON and run it again.")
_ERROR = Rejected("error_output", "The research returned an error instead of content; run it again.")
_OTHER = Rejected("not_an_object", "The research returned a list or a bare value; an object is expected.")


def research_in_text(text: str) -> dict[str, Any] | Rejected:
    """The research written in ``text``, also where other values follow it: of several, the first that is research.

    An object much smaller than another one, with prose between them, is not the research. Rejected: ``empty_output``
    (blank text, an object that says nothing), ``error_output``, ``text_output`` (text without an object). Never raises
    on content.
    """
    return _in_text(text, _DEPTH)


def research_in(value: Any) -> dict[str, Any] | Rejected:
    """``value`` itself when it is research, else the research in its envelope or in its text.

    Rejected as in ``research_in_text``, and ``not_an_object`` for a list or a bare value.
    """
    return _in_value(value, _DEPTH)


def _in_value(value: Any, depth: int) -> dict[str, Any] | Rejected:
    inner = unwrap(value)
    if isinstance(inner, str):
        return _in_text(inner, depth - 1) if depth else _NO_OBJECT
    if isinstance(inner, list) and inner is not value:
        return _first_research([item for item in inner if isinstance(item, dict)], depth) or _NO_CONTENT
    if not isinstance(inner, dict):
        return _NO_CONTENT if inner in ({}, []) else _OTHER
    text = _only_text(_wrapped(inner) or inner)
    if text is not None and "{" in text and depth:
        return _in_text(text, depth - 1)
    return _reason_against(inner) or inner


def _in_text(text: str, depth: int) -> dict[str, Any] | Rejected:
    if not text.strip():
        return Rejected("empty_output", "The research returned blank text; run it again.")
    try:
        loaded = load(text)
        if loaded.truncated:
            complete = extract_json(text)
            values = list(complete) if loaded.sequence and isinstance(complete, list) else [complete]
        else:
            values = list(loaded.values)
    except PayloadError:
        return _NO_OBJECT
    if not loaded.sequence and len(values) > 1:
        sizes = [len(repr(value)) for value in values]
        least = max(sizes) / _MUCH_SMALLER
        values = [value for value, size in zip(values, sizes, strict=True) if size >= least]
    return _first_research(values, depth) or _NO_OBJECT


def _first_research(values: list[Any], depth: int) -> dict[str, Any] | Rejected | None:
    """The first of ``values`` that is research, else why the first object is none; ``None`` without any object."""
    reason: Rejected | None = None
    for value in values[:_MAX_CANDIDATES]:
        if not isinstance(value, (dict, list)) or not value:
            continue
        found = _in_value(value, depth)
        if not isinstance(found, Rejected):
            return found
        if found.reason != "not_an_object":
            reason = reason or found
    return reason


def error_or_text(content: Mapping[Any, Any]) -> Rejected | None:
    """Why an object is no data: it is an error, or holds nothing but text; ``None`` for any other object."""
    against = _reason_against(content)
    return None if against is _NO_CONTENT else against


def _reason_against(content: Mapping[Any, Any]) -> Rejected | None:
    """Why an object is no research: it is an error, holds nothing but text, or says nothing."""
    if inner := _wrapped(content):
        return _reason_against(inner)
    said = {canonical_key(key) for key, value in content.items() if _says_something(value)}
    told = said - OTHER_KEYS
    if (told & _ERRORS or _is_failure(content)) and told <= _ERRORS | _TEXTS:
        return _ERROR
    if not told:
        return _NO_CONTENT
    return _NO_OBJECT if told <= _TEXTS and _holds_text_only(content) else None


def _wrapped(content: Mapping[Any, Any]) -> dict[Any, Any] | None:
    """The object that is the only member of ``content``, under a key for texts and contents."""
    if len(content) != 1:
        return None
    ((key, inner),) = content.items()
    return inner if isinstance(inner, dict) and canonical_key(key) in _TEXTS else None


def _is_failure(content: Mapping[Any, Any]) -> bool:
    return any(
        isinstance(value, str) and value.strip().casefold() in _FAILED
        for key, value in content.items()
        if canonical_key(key) in ("status", "type")
    )


def _holds_text_only(content: Mapping[Any, Any]) -> bool:
    return all(isinstance(value, str) for key, value in content.items() if canonical_key(key) in _TEXTS and value)


def _only_text(content: Mapping[Any, Any]) -> str | None:
    """The text that is all that an object holds, but for remarks on it."""
    told = [
        (canonical_key(key), value)
        for key, value in content.items()
        if canonical_key(key) not in OTHER_KEYS and _says_something(value)
    ]
    if len(told) != 1:
        return None
    key, value = told[0]
    return value if key in _TEXTS and isinstance(value, str) else None


def _says_something(value: Any) -> bool:
    """True when there is a number, or a text that is no placeholder, anywhere in ``value``."""
    return any(
        (isinstance(leaf, str) and _is_telling(leaf)) or (isinstance(leaf, (int, float)) and not isinstance(leaf, bool))
        for leaf in _leaves(value)
    )


def _is_telling(text: str) -> bool:
    if len(text) > _MAX_PLACEHOLDER:
        return bool(text.strip())
    return clean_text(text) is not None and not _NOTHING.match(text)


def _leaves(value: Any) -> Iterator[Any]:
    pending = [value]
    for _ in range(_MAX_VALUES):
        if not pending:
            return
        item = pending.pop()
        if isinstance(item, Mapping):
            pending.extend(item.values())
        elif isinstance(item, (list, tuple)):
            pending.extend(item)
        else:
            yield item
