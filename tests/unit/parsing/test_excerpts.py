"""Of whatever size something is, what is kept of it is small and says what is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prospecting.parsing.excerpts import MAX_DEPTH, MAX_MEMBERS, MAX_TEXT, cut, excerpt

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
ANYTHING = st.recursive(
    JSON | st.binary() | st.integers(10**30, 10**40) | st.text(min_size=100).map(lambda text: text * 1_000),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.tuples(inner, st.integers(1, 5_000)).map(lambda pair: [pair[0]] * pair[1])
        | st.tuples(inner, st.integers(1, 50)).map(lambda pair: nested(*pair))
    ),
    max_leaves=8,
)


def nested(value: Any, depth: int) -> Any:
    for number in range(depth):
        value = [value] if number % 2 else {"a": value}
    return value


def depth_of(value: Any) -> int:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return 1 + max(map(depth_of, members), default=0) if isinstance(value, (dict, list)) else 0


def test_what_is_small_is_kept_as_it_is() -> None:
    value = {"name": "Acme", "tags": ["a", 1, 2.5, None, True], "in": {"depth": [{}]}, "text": "x" * MAX_TEXT}
    assert excerpt(value) == value


@given(ANYTHING)
@example([[["\0\0"] * 100] * 100] * 100)
@example([[[""] * 100] * 100] * 100)
@example([[[[]] * 100] * 100] * 100)
def test_everything_becomes_small(value: Any) -> None:
    kept = excerpt(value)
    assert len(json.dumps(kept, ensure_ascii=False, allow_nan=True)) < 60_000
    assert depth_of(kept) <= MAX_DEPTH


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("x" * 1_048_576, "x" * MAX_TEXT + "… [1048576 characters]"),
        ({"name": "é" * 1_000_000}, {"name": "é" * MAX_TEXT + "… [1000000 characters]"}),
        (b"x" * 100_000, "x" * MAX_TEXT + "… [100000 characters]"),
        (b"Zo\xc3\xab", "Zoë"),
        ([0] * 5_000, [0] * MAX_MEMBERS + ["… [5000 members]"]),
        ({"x" * 1_000: 1}, {"x" * 200 + "… [1000 characters]": 1}),
        (10**40, "… [a number of 133 bits]"),
        ({10**5000: 1}, {"… [a number of 16610 bits]": 1}),
        (2**63, 2**63),
    ],
    ids=lambda value: str(type(value)),
)
def test_what_is_left_out_is_said(value: Any, kept: Any) -> None:
    assert excerpt(value) == kept


def test_many_keys_and_deep_nesting_are_said() -> None:
    kept = excerpt({str(number): number for number in range(1_000)})
    assert (len(kept), kept["99"], kept["…"]) == (MAX_MEMBERS + 1, 99, "[1000 members]")
    assert '"… [1 members]"' in json.dumps(excerpt(nested("x", 100_000)), ensure_ascii=False)


def test_many_long_texts_together_are_bounded() -> None:
    kept = excerpt([{"a": "x" * 1_500} for _ in range(90)])
    assert len(json.dumps(kept)) < 25_000
    assert kept[-1] == "… [90 members]"


def test_a_cut_text_says_how_long_it_was() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "abc… [4 characters]"
