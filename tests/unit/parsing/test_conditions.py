"""Whether a step may run, by what is known so far."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.conditions import MAX_DEPTH, OPERATORS, condition_holds, find_unknown_operators

CONTEXT: dict[str, Any] = {
    "title": "VP of Engineering",
    "count": 120,
    "count_text": "120",
    "zero": 0,
    "yes": True,
    "no": False,
    "nothing": None,
    "blank": " ",
    "tags": ["SaaS", "B2B", 1],
    "profile": {"industry": "SaaS", "offices": [{"city": "Berlin"}, {"city": None}]},
    "none_found": [],
}
KEYS = st.sampled_from([*OPERATORS, "all", "any", "not", "field", "op", "value", "like"]) | st.text(max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([*CONTEXT, *OPERATORS]),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(KEYS, children, max_size=4),
    max_leaves=25,
)  # fmt: skip
COMPARISONS = st.fixed_dictionaries(
    {"field": st.sampled_from(list(CONTEXT)), "op": st.sampled_from(OPERATORS), "value": JSON}
)


def compare(op: str, field: str, value: Any = None) -> bool:
    return condition_holds({"field": field, "op": op, "value": value}, CONTEXT)


@pytest.mark.parametrize(
    "condition", [None, {}, {"all": []}, {"all": [{}]}, {"all": None}, {"any": [None]}, "x", 3, []]
)
def test_nothing_asked_holds(condition: Any) -> None:
    assert condition_holds(condition, {})


@pytest.mark.parametrize(
    ("field", "present"),
    [
        ("title", True), ("zero", True), ("no", True), ("none_found", True), ("nothing", False), ("blank", False),
        ("absent", False), ("profile.industry", True), ("profile.size", False), ("profile.industry.name", False),
        ("profile.offices.0.city", True), ("profile.offices.1.city", False), ("profile.offices.9", False),
        ("profile.offices.-1", False), ("profile.offices.x", False), ("", False), (".", False), (None, False),
        (5, False), ("tags.²", False),
    ],
)  # fmt: skip
def test_exists(field: Any, present: bool) -> None:
    assert compare("exists", field) is present
    assert condition_holds({"exists": {"field": field}}, CONTEXT) is present
    assert condition_holds({"exists": field}, CONTEXT) is present


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("field", ["absent", "nothing", "profile.absent", "title.absent"])
@pytest.mark.parametrize("value", [None, "x", 1, [None]])
def test_a_missing_field_makes_every_operator_false(op: str, field: str, value: Any) -> None:
    assert not compare(op, field, value)
    assert condition_holds({"not": {"field": field, "op": op, "value": value}}, CONTEXT)


@pytest.mark.parametrize(
    ("op", "field", "value", "expected"),
    [
        ("eq", "yes", True, True), ("eq", "no", True, False), ("eq", "yes", 1, False), ("eq", "zero", False, False),
        ("eq", "count", 120.0, True), ("eq", "count_text", 120, False), ("eq", "title", "vp of engineering", False),
        ("eq", "tags", ["SaaS", "B2B", 1], True), ("eq", "tags", ["SaaS", "B2B", True], False),
        ("eq", "title", None, False), ("eq", "profile.industry", "SaaS", True),
        ("eq", "profile.offices.0", {"city": "Berlin"}, True), ("ne", "title", "CEO", True),
        ("ne", "title", "VP of Engineering", False), ("ne", "yes", 1, True), ("lt", "count", 200, True),
        ("lt", "count", 120, False), ("lte", "count", 120, True), ("gt", "count", 50, True),
        ("gte", "count", 121, False), ("gt", "count_text", 50, True), ("lt", "count_text", 200, True),
        ("gte", "count_text", 121, False), ("gt", "count", "50", True), ("gt", "count_text", "13", False),
        ("lt", "title", "W", True), ("gt", "title", 5, False), ("gt", "yes", 0, False), ("lt", "zero", True, False),
        ("gt", "tags", 0, False), ("gt", "count", None, False), ("contains", "title", "VP", True),
        ("contains", "title", "vp", False), ("contains", "tags", "SaaS", True), ("contains", "tags", "saas", False),
        ("contains", "tags", True, False), ("contains", "count", 1, False), ("contains", "title", 5, False),
        ("icontains", "title", "vp OF", True), ("icontains", "tags", "saas", True), ("icontains", "tags", 1, True),
        ("icontains", "count", "1", False), ("in", "title", ["CEO", "VP of Engineering"], True),
        ("in", "title", ["CEO"], False), ("in", "title", "VP of Engineering and more", False),
        ("in", "yes", [1], False), ("in", "count", [], False), ("in", "count", None, False),
    ],
)  # fmt: skip
def test_operators(op: str, field: str, value: Any, expected: bool) -> None:
    assert compare(op, field, value) is expected
    assert condition_holds({op: {"field": field, "value": value}}, CONTEXT) is expected


GOOD, BAD = {"exists": "title"}, {"exists": "absent"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"all": [GOOD, GOOD]}, True), ({"all": [GOOD, BAD]}, False), ({"any": [BAD, GOOD]}, True),
        ({"any": [BAD, BAD]}, False), ({"any": []}, False), ({"not": GOOD}, False), ({"not": BAD}, True),
        ({"not": {}}, False), ({"all": GOOD}, True), ({"all": BAD}, False), ({"any": BAD}, False),
        ({"all": ["nonsense", 5, None, GOOD]}, True), ({"any": [BAD, "nonsense"]}, True),
        ({"all": [GOOD], "any": [BAD]}, False), ({"all": [GOOD], "not": BAD}, True),
        ({"gt": {"field": "count", "value": 1}, "lt": {"field": "count", "value": 100}}, False),
        ({"any": [{"all": [GOOD, BAD]}, {"not": {"any": [BAD]}}]}, True),
    ],
)  # fmt: skip
def test_combinations(condition: Any, expected: bool) -> None:
    assert condition_holds(condition, CONTEXT) is expected
    assert condition_holds({"not": condition}, CONTEXT) is not expected


@pytest.mark.parametrize(
    ("condition", "unknown"),
    [
        (None, []), ({}, []), (GOOD, []),
        ({"all": [GOOD, None, {}], "not": {"field": "a", "op": "in", "value": [{"x": 1}]}}, []),
        ({"field": "title", "op": "like", "value": "VP"}, ["like"]),
        ({"like": {"field": "title", "value": "VP"}}, ["like"]),
        ({"field": "title", "op": "EQ", "value": "VP of Engineering"}, ["EQ"]),
        ({"field": "title", "op": ["eq"]}, ["<a list>"]), ({"field": "title", "value": "VP"}, ["<no operator>"]),
        ({"op": "exists"}, ["<no field>"]), ({"eq": "title"}, ["<no field>"]), ({"exists": 5}, ["<no field>"]),
        ({"field": "title", "op": "exists", "all": []}, ["all"]),
        ({"all": [GOOD], "note": "why", "anyy": [BAD]}, ["note", "anyy"]),
        ({"all": [{"field": "a", "op": "is"}, {"any": [{"was": {}}, {"is": {}}]}]}, ["is", "was"]),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_false_and_named(condition: Any, unknown: list[str]) -> None:
    assert find_unknown_operators(condition) == unknown
    if unknown:
        assert not condition_holds(condition, CONTEXT)


@pytest.mark.parametrize(
    ("condition", "unknown"),
    [("x", "<text>"), ([GOOD], "<a list>"), ({"all": [5]}, "<a number>"), ({"not": False}, "<false>"),
     ({"any": "x"}, "<text>")],
)  # fmt: skip
def test_what_is_no_condition_is_named(condition: Any, unknown: str) -> None:
    assert find_unknown_operators(condition) == [unknown]


@pytest.mark.parametrize(
    "wrap", [lambda inner: {"not": inner}, lambda inner: {"all": [inner]}, lambda inner: {"any": inner}]
)
def test_nesting_is_bounded(wrap: Any) -> None:
    condition: Any = GOOD
    for _ in range(MAX_DEPTH - 2):
        condition = wrap(condition)
    assert condition_holds(condition, CONTEXT)
    assert find_unknown_operators(condition) == []
    for _ in range(50_000):
        condition = wrap(condition)
    assert not condition_holds(condition, CONTEXT)
    assert find_unknown_operators(condition) == ["<nested too deeply>"]


def test_values_may_be_nested_at_will() -> None:
    deep: Any = "x"
    for _ in range(50_000):
        deep = [deep]
    assert condition_holds({"field": "a", "op": "eq", "value": deep}, {"a": deep})
    assert condition_holds({"field": "a", "op": "ne", "value": [deep]}, {"a": deep})


@pytest.mark.parametrize(
    ("text", "larger"),
    [
        ("1" * 5_000, True), ("1e9999", True), (" +9.5 ", True), (".5", False), ("1_000", False), ("nan", False),
        ("inf", False), ("٣٣", False), ("", False), ("-", False), ("1." * 500, False),
    ],
)  # fmt: skip
def test_only_text_that_is_a_number_counts_as_one(text: str, larger: bool) -> None:
    assert condition_holds({"field": "n", "op": "gt", "value": 5}, {"n": text}) is larger
    assert condition_holds({"field": "n", "op": "lt", "value": 5}, {"n": text}) is (text == ".5")


@given(JSON, st.dictionaries(st.sampled_from([*CONTEXT]) | st.text(max_size=3), JSON, max_size=5))
def test_never_raises(condition: Any, context: dict[str, Any]) -> None:
    assert condition_holds(condition, context) in (True, False)
    assert all(isinstance(name, str) for name in find_unknown_operators(condition))


@given(COMPARISONS)
def test_both_notations_say_the_same(comparison: dict[str, Any]) -> None:
    short = {comparison["op"]: {"field": comparison["field"], "value": comparison["value"]}}
    assert condition_holds(comparison, CONTEXT) == condition_holds(short, CONTEXT)
    assert find_unknown_operators(comparison) == find_unknown_operators(short) == []


@given(st.lists(COMPARISONS, max_size=4))
def test_all_and_any_mirror_each_other(conditions: list[dict[str, Any]]) -> None:
    negated = [{"not": condition} for condition in conditions]
    assert condition_holds({"all": conditions}, CONTEXT) != condition_holds({"any": negated}, CONTEXT)
