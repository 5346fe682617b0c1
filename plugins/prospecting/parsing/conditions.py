"""Conditions of a pipeline step: they decide, from what is known so far, if it runs.

A condition is an object. Every key of it must hold:

- ``{"all": [...]}``, ``{"any": [...]}``, ``{"not": {...}}`` combine conditions. An empty ``all`` holds, an empty
  ``any`` does not. A single object counts as a list of one.
- ``{"field": "a.b", "op": "gt", "value": 5}`` compares a field; ``{"gt": {"field": "a.b", "value": 5}}`` is the
  short form, ``{"exists": "a.b"}`` a shorter one.

``field`` is a path of keys with dots between them; a number picks from a list ("results.0.domain"). A field that is
absent or null is missing, and a missing field makes every operator false, ``ne`` too. ``exists`` is false for blank
text as well.

An empty condition (null, ``{}``, or anything that is not an object) holds; one that is not understood (an unknown
operator, an extra key, nesting beyond ``MAX_DEPTH``) does not. ``find_unknown_operators`` finds the latter before
anything runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MAX_DEPTH = 32
"""How deep conditions may be nested; deeper ones are never true."""

_MAX_PATH = 1_000
_LEAF_KEYS = frozenset({"field", "op", "value"})
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?\s*", re.ASCII)
_MISSING = object()


class _TooDeep(Exception):
    """Nested deeper than ``MAX_DEPTH``."""


def condition_holds(condition: Any, context: Mapping[str, Any]) -> bool:
    """True when ``condition`` holds for the fields of ``context``, by the rules of this module. Never raises.

    - ``eq``, ``ne``, ``in`` compare without converting: 1 is not "1", true is not 1. ``in`` wants a list as value.
    - ``lt``, ``lte``, ``gt``, ``gte`` compare numbers with numbers and text with text; next to a number, numeric text
      ("120") counts as a number. Other pairs are false.
    - ``contains`` looks for text in text, or for a member of a list; ``icontains`` ignores case.
    """
    try:
        return _holds(condition, context, MAX_DEPTH)
    except _TooDeep:
        return False


def find_unknown_operators(condition: Any) -> list[str]:
    """The parts of ``condition`` that ``condition_holds`` does not understand, each once and in reading order.

    Unknown operators and keys are listed by name. Anything without a name is described in angle brackets: a value in
    the place of a condition ("<a list>"), a comparison without its parts ("<no operator>", "<no field>"), "<nested too
    deeply>".
    """
    if condition is None:
        return []
    found: dict[str, None] = {}
    pending = [(condition, 0)]
    while pending:
        item, depth = pending.pop()
        if not isinstance(item, Mapping):
            found.setdefault(f"<{_kind(item)}>")
        elif depth >= MAX_DEPTH and item:
            found.setdefault("<nested too deeply>")
        elif _is_comparison(item):
            found.update(dict.fromkeys(_unknown_in_comparison(item)))
        else:
            found.update(dict.fromkeys(_unknown_keys(item)))
            members = [(member, depth + 1) for key in item for member in _members(key, item[key])]
            pending.extend(reversed(members))
    return list(found)


def _unknown_in_comparison(item: Mapping[Any, Any]) -> Iterator[str]:
    operator = item.get("op")
    if operator is None:
        yield "<no operator>"
    elif not isinstance(operator, str) or operator not in _OPERATORS:
        yield operator if isinstance(operator, str) else f"<{_kind(operator)}>"
    if not isinstance(item.get("field"), str):
        yield "<no field>"
    yield from (str(key) for key in item if key not in _LEAF_KEYS)


def _unknown_keys(item: Mapping[Any, Any]) -> Iterator[str]:
    for key, value in item.items():
        if key in ("all", "any", "not"):
            continue
        if key not in _OPERATORS:
            yield str(key)
        elif not (isinstance(value, Mapping) and isinstance(value.get("field"), str)) and not (
            key == "exists" and isinstance(value, str)
        ):
            yield "<no field>"


def _members(key: Any, value: Any) -> list[Any]:
    """The conditions under a key, without nulls, which ask for nothing."""
    if key in ("all", "any") and isinstance(value, (list, tuple)):
        return [member for member in value if member is not None]
    return [value] if key in ("all", "any", "not") and value is not None else []


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    names = {str: "text", int: "a number", float: "a number", list: "a list", tuple: "a list", dict: "an object"}
    return names.get(type(value), "something else")


def _is_comparison(condition: Mapping[Any, Any]) -> bool:
    return "field" in condition or "op" in condition


def _holds(condition: Any, context: Mapping[str, Any], depth: int) -> bool:
    if not isinstance(condition, Mapping) or not condition:
        return True
    if not depth:
        raise _TooDeep
    if _is_comparison(condition):
        return condition.keys() <= _LEAF_KEYS and _compares(condition.get("op"), condition, context)
    return all(_part_holds(key, value, context, depth) for key, value in condition.items())


def _part_holds(key: Any, value: Any, context: Mapping[str, Any], depth: int) -> bool:
    if key == "not":
        return not _holds(value, context, depth - 1)
    if key in ("all", "any"):
        members = value if isinstance(value, (list, tuple)) else [value]
        parts = (_holds(member, context, depth - 1) for member in members)
        return all(parts) if key == "all" else any(parts)
    if key == "exists" and isinstance(value, str):
        return _compares(key, {"field": value}, context)
    return isinstance(value, Mapping) and _compares(key, value, context)


def _compares(operator: Any, comparison: Mapping[Any, Any], context: Mapping[str, Any]) -> bool:
    compare = _OPERATORS.get(operator) if isinstance(operator, str) else None
    if compare is None:
        return False
    actual = _field(comparison.get("field"), context)
    return actual is not _MISSING and compare(actual, comparison.get("value"))


def _field(path: Any, context: Mapping[str, Any]) -> Any:
    """The value at a dotted path, or ``_MISSING``."""
    if not isinstance(path, str) or not 0 < len(path) <= _MAX_PATH:
        return _MISSING
    value: Any = context
    for name in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, (list, tuple)) and re.fullmatch(r"\d{1,9}", name, re.ASCII):
            value = value[int(name)] if int(name) < len(value) else None
        else:
            return _MISSING
    return _MISSING if value is None else value


# --- operators ---------------------------------------------------------------------------------------------------


def _exists(actual: Any, _: Any) -> bool:
    return not isinstance(actual, str) or bool(actual.strip())


def _same(first: Any, second: Any) -> bool:
    """Equality of JSON values: true is not 1. Without recursion, because either side may be nested to any depth."""
    pending = [(first, second)]
    while pending:
        a, b = pending.pop()
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            if a.keys() != b.keys():
                return False
            pending.extend((a[key], b[key]) for key in a)
        elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
            if len(a) != len(b):
                return False
            pending.extend(zip(a, b, strict=True))
        elif isinstance(a, bool) != isinstance(b, bool) or a != b:
            return False
    return True


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def ordered(actual: Any, value: Any) -> bool:
        if isinstance(actual, str) and isinstance(value, str):
            return compare(actual, value)
        first, second = _as_number(actual), _as_number(value)
        return first is not None and second is not None and compare(first, second)

    return ordered


def _as_number(value: Any) -> int | float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _contains(actual: Any, value: Any) -> bool:
    if isinstance(actual, str):
        return isinstance(value, str) and value in actual
    return isinstance(actual, (list, tuple)) and any(_same(member, value) for member in actual)


def _icontains(actual: Any, value: Any) -> bool:
    if isinstance(actual, (list, tuple)):
        return _contains([_caseless(member) for member in actual], _caseless(value))
    return _contains(_caseless(actual), _caseless(value))


def _caseless(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _is_in(actual: Any, value: Any) -> bool:
    return isinstance(value, (list, tuple)) and any(_same(actual, member) for member in value)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "exists": _exists,
    "eq": _same,
    "ne": lambda actual, value: not _same(actual, value),
    "lt": _ordered(lambda actual, value: actual < value),
    "gt": _ordered(lambda actual, value: actual > value),
    "lte": _ordered(lambda actual, value: actual <= value),
    "gte": _ordered(lambda actual, value: actual >= value),
    "contains": _contains,
    "icontains": _icontains,
    "in": _is_in,
}
OPERATORS = tuple(_OPERATORS)
"""The allowed values of ``op``."""
