"""Names that may be one person's, and names that are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.name.likeness import are_like_names

LIKE = [
    ("Jane Doe", "JANE DOE"),
    ("Jane Doe", "Doe, Jane"),
    ("Jane Doe", "Doe Jane"),
    ("Jon Smith", "Jonathan Smith"),
    ("Bill Gates", "William Gates"),
    ("Bob Smith", "Rob Smith"),
    ("Mike O'Neil", "Michael ONeil"),
    ("J. Smith", "John Smith"),
    ("John S.", "John Smith"),
    ("J. D.", "Jane Doe"),
    ("Smith J", "John Smith"),
    ("José García", "Jose Garcia"),
    ("Jürgen Müller", "Juergen Mueller"),
    ("Jane", "Jane Doe"),
    ("Dr. Jane Doe, PhD", "Jane Doe"),
    ("Jane Mary Doe", "Jane Doe"),
    ("Robert James Smith", "James Smith"),
    ("Jane Doe-Roe", "Jane Doe"),
    ("María López García", "María López"),
    ("Jean-Pierre Dupont", "Jeanpierre Dupont"),
]
UNLIKE = [
    ("Jane Doe", "John Doe"),
    ("Jane Doe", "Jane Roe"),
    ("Jane Doe", "John Smith"),
    ("Jane Doe", "J. Smith"),
    ("Jane Smith", "John Smith"),
    ("Dan Smith", "Dana Smith"),
    ("Paul Smith", "Paula Smith"),
    ("Jane Doe", "Janet Roe"),
    ("Jane", "John"),
    ("Jane", "John Doe"),
    ("Jane Doe", "Doe Smith"),
    ("Anna Maria Schmidt", "Maria Weber"),
    ("王小明", "李小明"),
    ("Jane Doe", ""),
    ("", ""),
]


@pytest.mark.parametrize(("one", "other"), LIKE)
def test_like_names(one: str, other: str) -> None:
    assert are_like_names(one, other)
    assert are_like_names(other, one)


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_unlike_names(one: str, other: str) -> None:
    assert not are_like_names(one, other)
    assert not are_like_names(other, one)


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_is_symmetric_and_survives_anything(one: str, other: str) -> None:
    assert are_like_names(one, other) == are_like_names(other, one)


def test_a_name_of_a_thousand_words_is_like_nothing_else() -> None:
    assert not are_like_names("jane " * 1_000, "jane doe")
