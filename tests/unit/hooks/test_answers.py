"""Where an answer is kept, told from the answer itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import create_engine

from prospecting.hooks.answers import day_of_answer, describe_answer, fetch_answer, time_of_answer
from prospecting.services.runtime import Runtime

NOWHERE = Runtime(create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none"))
"""No database answers here: whoever asks one fails."""


class LikeAList(Sequence[Any]):
    """What Airflow gives for the outputs of a mapped task."""

    def __init__(self, *items: Any) -> None:
        self._items = items

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        (17, "call 17"),
        (" 17 ", "call 17"),
        ({"call_id": 17, "reused": False, "cost_usd": 0.5}, "call 17"),
        ("s3://aws_default@bucket/answer.json", "s3://aws_default@bucket/answer.json"),
        ({"call_id": 17}, None),
        ("Seventeen sponsors: see https://acme.com", None),
        ("https://acme.com/sponsors", None),
        ("[17]", None),
        ([17], None),
        (True, None),
        (1.7, None),
        (b"17", None),
    ],
    ids=str,
)
def test_an_answer_says_where_it_is_kept(answer: Any, place: str | None) -> None:
    assert describe_answer(answer) == place


@pytest.mark.parametrize("answer", ["text", "[17]", b"17", {"call_id": 17}, [{"name": "Acme"}], 1.5], ids=str)
def test_an_answer_that_is_given_is_taken_as_it_is(answer: Any) -> None:
    assert fetch_answer(answer, NOWHERE) == answer
    assert time_of_answer(answer, NOWHERE) is None
    assert day_of_answer(answer, NOWHERE) is None


def test_the_outputs_of_a_mapped_task_are_a_list() -> None:
    assert fetch_answer(LikeAList({"name": "Acme"}, "x"), NOWHERE) == [{"name": "Acme"}, "x"]


@pytest.mark.parametrize("answer", [None, "", True, False])
def test_nothing_is_no_answer(answer: Any) -> None:
    with pytest.raises(ValueError, match="answer is empty"):
        fetch_answer(answer, NOWHERE)
