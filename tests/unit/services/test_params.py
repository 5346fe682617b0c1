"""How a model becomes a trigger form, and how plainly it says what is wrong."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from prospecting.services.params import BudgetLimits, OptionalDate, OptionalText, Words, explain
from prospecting.tasks.trigger_form import airflow_params


class Colour(StrEnum):
    red = "red"
    blue = "blue"


class Inner(BaseModel):
    depth: int = 1


class Outer(BaseModel):
    number: int | None = Field(None, title="Number", description="How many.", ge=0, json_schema_extra={"section": "A"})
    kind: Colour = Field(Colour.blue, title="Kind")
    inner: Inner = Field(default_factory=Inner, title="Inner", description="Deep.")
    maybe: Inner | None = None
    words: list[str] = Field(default_factory=list, max_length=3)
    colours: list[Colour] = Field(default=list(Colour), json_schema_extra={"examples": ["red", "blue"]})
    day: date | None = None


# ------------------------------------------------------------------------------------------------------- the params
def test_params_follow_the_model() -> None:
    made = airflow_params(Outer)
    assert list(made) == list(Outer.model_fields)
    assert made["number"].value is None
    assert made["number"].description == "How many."
    assert made["number"].schema == {"title": "Number", "section": "A", "minimum": 0, "type": ["integer", "null"]}
    assert (made["kind"].value, made["kind"].schema["enum"]) == ("blue", ["red", "blue"])
    assert made["inner"].value == {"depth": 1}
    assert (made["inner"].schema["title"], made["inner"].schema["type"]) == ("Inner", ["object", "number", "null"])
    assert "null" in made["maybe"].schema["type"]
    assert (made["words"].schema["maxItems"], made["words"].value) == (3, [])
    assert (made["day"].schema["format"], made["day"].schema["type"]) == ("date", ["string", "null"])


def test_a_list_of_choices_can_be_ticked_or_left_empty() -> None:
    made = airflow_params(Outer)["colours"]
    assert made.value == ["red", "blue"]
    assert made.schema["type"] == ["array", "null"]
    assert made.schema["examples"] == ["red", "blue"]
    assert made.schema["items"]["type"] == "string"
    assert made.schema["items"]["enum"] == ["red", "blue"]


def test_params_do_not_share_their_defaults() -> None:
    first, second = airflow_params(Outer), airflow_params(Outer)
    first["words"].value.append("x")
    first["colours"].value.clear()
    assert second["words"].value == []
    assert airflow_params(Outer)["colours"].value == ["red", "blue"]


# ------------------------------------------------------------------------------------------------- kinds of fields
class Fields(BaseModel):
    words: Words = Field(default_factory=list, max_length=3)
    text: OptionalText = None
    day: OptionalDate = None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["ruby", " Ruby ", "", "  ", "RUBY"], ["ruby"]),
        ("ruby, python ,, ruby", ["ruby", "python"]),
        (["machine   learning"], ["machine learning"]),
        (("b", "a"), ["b", "a"]),
        (None, []),
        ("", []),
    ],
)
def test_words_are_tidied(given: Any, kept: list[str]) -> None:
    assert Fields(words=given).words == kept


@pytest.mark.parametrize("given", [7, [7], ["a", None], {"a": 1}, ["x" * 201], ["a", "b", "c", "d"]], ids=str)
def test_words_are_words(given: Any) -> None:
    with pytest.raises(ValidationError):
        Fields(words=given)


@pytest.mark.parametrize("blank", ["", "  ", "\n", None])
def test_what_the_form_leaves_empty_is_absent(blank: str | None) -> None:
    assert Fields.model_validate({"text": blank, "day": blank}) == Fields()


@pytest.mark.parametrize(
    "given", [{"max_usd": -1}, {"max_usd": "a lot"}, {"max_calls": -1}, {"max_calls": 1.5}, {"usd": 1}], ids=str
)
def test_a_budget_is_an_amount_and_a_number_of_calls(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BudgetLimits.model_validate(given)


def test_a_budget_may_be_without_limits() -> None:
    assert BudgetLimits.model_validate({"max_usd": None, "max_calls": None}).model_dump() == {
        "max_usd": None,
        "max_calls": None,
    }


# ----------------------------------------------------------------------------------------------------- what is wrong
class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int = Field(1, ge=0)
    inner: BudgetLimits = Field(default_factory=BudgetLimits)

    @model_validator(mode="after")
    def _not_seven(self) -> Strict:
        if self.number == 7:
            raise ValueError("seven is taken")
        return self


def finding(**given: Any) -> str:
    with pytest.raises(ValidationError) as refusal:
        Strict.model_validate(given)
    return explain(refusal.value, Strict)


def test_what_is_wrong_is_said_in_one_line() -> None:
    assert finding(number=-1) == "number: Input should be greater than or equal to 0"
    assert finding(number=7) == "seven is taken"
    assert finding(numbr=1) == "numbr: unknown parameter; allowed: number, inner"
    several = finding(number="many", surprise=1, inner={"max_usd": "x\ny"})
    assert several.startswith("number: Input should be a valid integer")
    assert [part.partition(":")[0] for part in several.split("; ")][:2] == ["number", "inner.max_usd"]
    assert "surprise: unknown parameter" in several
    assert "\n" not in several


def test_what_was_given_is_not_repeated() -> None:
    """It may be a name or a key that was pasted into the wrong field."""
    assert "hunter2" not in finding(number="hunter2", inner={"max_usd": "hunter2"})
