"""No param and no argument is without a bound: what nobody can mean is refused, in a sentence, before it does harm."""

from __future__ import annotations

import importlib
import inspect
import json
import math
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgspec.msgpack
import pytest
from airflow.sdk.exceptions import ParamValidationError
from pydantic import BaseModel, ValidationError

from prospecting import services
from prospecting.services.bounded_json import LARGEST_NUMBER, MAX_DEPTH, MAX_MEMBERS, MAX_TEXT
from prospecting.services.params import explain
from prospecting.services.research_params import DeepResearchArguments, ResearchParams
from prospecting.tasks.trigger_form import airflow_params


def models(ending: str) -> dict[str, type[BaseModel]]:
    found = {}
    for module in pkgutil.iter_modules(services.__path__, "prospecting.services."):
        for name, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(member, BaseModel) and name.endswith(ending):
                found[name] = member
    return found


PARAMS = {name: model for name, model in models("Params").items() if not name.startswith("Stored")}
ARGUMENTS = models("Arguments")

ABSURD: dict[str, Any] = {
    "a huge integer": 10**40,
    "a very negative integer": -(10**40),
    "a huge number": 1e308,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "no number": math.nan,
    "a long text": "x" * 50_000,
    "many members": [0] * (MAX_MEMBERS + 1),
    "many keys": {str(number): 0 for number in range(MAX_MEMBERS + 1)},
    "a huge integer in a list": [10**40],
    "no number in a list": [math.nan],
    "a long text in a list": ["x" * 50_000],
    "a huge integer in an object": {"max_usd": 10**40, "max_events": -(10**40)},
    "no number in an object": {"a": {"b": [math.nan]}},
    "a huge integer in objects": [{"domain": 10**40, "operation_id": "x", "step_config": {"a": [10**40]}}],
    "a long key": [{"x" * 50_000: 1}],
    "nested lists": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]],
    "nested objects": [{"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {}}}}}}}}}}}}],
}

JUDGED_BY_THE_TASK = {"many members", "nested lists", "nested objects"}
"""What a form may let through: its bounds are those of its param, or no JSON Schema can tell."""

BOUNDS = {"integer": ("minimum", "maximum"), "number": ("minimum", "maximum"), "array": ("maxItems",)}
ONE_OF_A_FEW = {"enum", "const"}
BOUNDED = {"minimum", "maximum", "maxLength", "maxItems", "maxProperties"}
SHORT = {"maxLength", "pattern", *ONE_OF_A_FEW}
CHECKED = ("date", "time", "date-time", "uuid")


def unbounded(schema: dict[str, Any], where: str) -> Iterator[str]:
    """Where in a JSON Schema a number, a text or a list has no bound."""
    kinds = schema.get("type", [])
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind == "string" and not SHORT & set(schema) and schema.get("format") not in CHECKED:
            yield f"{where}: no maxLength"
        for bound in BOUNDS.get(kind, ()):
            if not {bound, f"exclusive{bound.capitalize()}", *ONE_OF_A_FEW} & set(schema):
                yield f"{where}: no {bound}"
    for name, inner in within(schema):
        yield from unbounded(inner, f"{where}.{name}")


def within(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of members, with their names."""
    for keyword in ("properties", "$defs"):
        yield from schema.get(keyword, {}).items()
    for keyword in ("anyOf", "allOf", "oneOf", "prefixItems"):
        yield from ((keyword, inner) for inner in schema.get(keyword, []))
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield keyword, schema[keyword]


@pytest.mark.parametrize("model", [*PARAMS.values(), *ARGUMENTS.values()], ids=lambda model: model.__name__)
def test_every_field_of_a_model_has_bounds(model: type[BaseModel]) -> None:
    assert list(unbounded(model.model_json_schema(), model.__name__)) == []


@pytest.mark.parametrize("model", PARAMS.values(), ids=lambda model: model.__name__)
def test_every_param_has_bounds_in_the_form(model: type[BaseModel]) -> None:
    for name, param in airflow_params(model).items():
        assert list(unbounded(param.schema, name)) == []
        formatted = param.schema.get("format")
        assert formatted in (None, "multiline") or "maxLength" in param.schema, "Airflow does not check all formats"
        for inner in (param.schema, param.schema.get("items", {})):
            if "object" in inner.get("type", []):
                assert set(inner) >= BOUNDED
                assert set(inner["additionalProperties"]) >= BOUNDED
                assert set(param.schema["$defs"]["value"]) >= BOUNDED


@pytest.mark.parametrize("model", PARAMS.values(), ids=lambda model: model.__name__)
def test_what_a_form_lets_through_reaches_the_task_and_is_judged_there(model: type[BaseModel]) -> None:
    for name, param in airflow_params(model).items():
        for absurd, value in ABSURD.items():
            try:
                param.resolve(value)
            except ParamValidationError:
                pass
            else:
                assert absurd in JUDGED_BY_THE_TASK, f"{name}: {absurd}"
                # As Airflow stores it, and hands it to a task.
                json.dumps(value, allow_nan=False)
                msgspec.msgpack.encode(value)
            with pytest.raises(ValidationError) as refused:
                model.model_validate({name: value})
            assert len(explain(refused.value, model)) < 10_000, "sentences, not the value"


def test_findings_are_counted_beyond_a_few() -> None:
    with pytest.raises(ValidationError) as refused:
        ResearchParams.model_validate({f"a{number}": 1 for number in range(1_000)} | {"b" * 100_000: 1})
    said = explain(refused.value, ResearchParams)
    assert said.endswith("; and 981 more")
    assert len(said) < 20_000


@pytest.mark.parametrize("model", PARAMS.values(), ids=lambda model: model.__name__)
def test_defaults_are_within_bounds(model: type[BaseModel]) -> None:
    for param in airflow_params(model).values():
        param.resolve()


@pytest.mark.parametrize(
    ("inside", "complaint"),
    [
        (10**20, "more than 64 bits"),
        (math.nan, "infinite or none at all"),
        ("x" * (MAX_TEXT + 1), "longer than"),
        ({"x" * (MAX_TEXT + 1): 1}, "longer than"),
        ([0] * (MAX_MEMBERS + 1), "members"),
        ([[[[[[[[[[]]]]]]]]]], "nested deeper"),
    ],
)
@pytest.mark.parametrize("place", ["entities", "step_config", "condition", "of a step"])
def test_free_json_is_refused_beyond_its_bounds(place: str, inside: Any, complaint: str) -> None:
    steps: list[dict[str, Any]] = [{"operation_id": "company.find.news"}]
    asked: dict[str, Any] = {"org": "acme", "entities": [{"domain": "acme.com"}], "steps": steps}
    if place == "entities":
        asked["entities"] = [{"domain": "acme.com", "odd": inside}]
    else:
        steps[0] |= {"odd": inside} if place == "of a step" else {place: {"odd": inside}}
    with pytest.raises(ValidationError) as refused:
        ResearchParams.model_validate(asked)
    assert complaint in explain(refused.value, ResearchParams)


def test_free_json_within_its_bounds_is_kept_as_it_is() -> None:
    deep: Any = "x" * MAX_TEXT
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    entity = {"domain": "acme.com", "id": LARGEST_NUMBER, "low": -LARGEST_NUMBER, "deep": deep, "many": [0] * 1_000}
    asked = {"org": "acme", "entities": [entity], "operations": ["company.find.news"]}
    assert ResearchParams.model_validate(asked).entities == [entity]
    airflow_params(ResearchParams)["entities"].resolve([entity])


def test_an_operator_refuses_in_a_sentence() -> None:
    with pytest.raises(ValidationError) as refused:
        DeepResearchArguments.model_validate(
            {
                "org": "acme",
                "entity": {"domain": 10**40},
                "operation": "company.derive.intel_briefing",
                "max_usd": 1e8,
            }
        )
    said = explain(refused.value, DeepResearchArguments)
    assert said == (
        "entity: a number in it has more than 64 bits; max_usd: Input should be less than or equal to 10000000"
    )
