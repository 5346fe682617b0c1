"""What the params of all DAGs have in common: kinds of fields, explaining what is wrong, Airflow's ``Param``s.

Each DAG has one Pydantic model: it makes the ``Param``s (and so the trigger form), and validates what was triggered.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import to_jsonable_python


def _words(value: Any) -> Any:
    """Accept "a, b" for a list, drop empty entries and repetitions (without case), keep the order."""
    if value is None:  # an emptied field of the form
        return []
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)):
        return value
    kept: dict[str, str] = {}
    for word in value:
        if not isinstance(word, str):
            return value
        if cleaned := " ".join(word.split()):
            kept.setdefault(cleaned.casefold(), cleaned)
    return list(kept.values())


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Words = Annotated[list[Annotated[str, Field(max_length=200)]], BeforeValidator(_words)]
OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
OptionalDate = Annotated[date | None, BeforeValidator(_blank_is_none)]


class BudgetLimits(BaseModel):
    """The most a run may spend and ask."""

    model_config = ConfigDict(extra="forbid")

    max_usd: Decimal | None = Field(default=Decimal("5"), ge=0)
    max_calls: int | None = Field(default=1000, ge=0)


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Pydantic's findings on one line, without the offending values."""
    findings = []
    for item in error.errors(include_input=False, include_url=False):
        where = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = f"is no parameter; known are {', '.join(model.model_fields)}"
        findings.append(f"{where}: {message}" if where else message)
    return "; ".join(findings)


def airflow_params(model: type[BaseModel]) -> dict[str, Any]:
    """Airflow ``Param``s for a model's fields, in order: defaults, JSON Schema, titles, sections, examples.

    Nested models become JSON editors; what JSON Schema cannot say is checked by the model in the first task.
    """
    from airflow.sdk import Param

    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    params = {}
    for name, field in model.model_fields.items():
        resolved = _resolve(schema["properties"][name], definitions)
        default = field.get_default(call_default_factory=True, validated_data={})
        default = to_jsonable_python(default)
        description = resolved.pop("description", None)
        resolved.pop("default", None)
        params[name] = Param(default, description=description, **resolved)
    return params


def _resolve(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A field's schema without references: optional types become type lists, which the trigger form understands."""
    schema = dict(schema)
    if reference := schema.pop("$ref", None):
        schema = {**definitions[reference.rsplit("/", 1)[1]], **schema}
    options = schema.pop("anyOf", None)
    if options:
        resolved = [_resolve(option, definitions) for option in options]
        types = [kind for option in resolved for kind in _types(option)]
        for option in resolved:
            schema = {**{k: v for k, v in option.items() if k not in ("type", "title", "description")}, **schema}
        schema["type"] = list(dict.fromkeys(types))
    if "object" in _types(schema):
        # Validated by the model, whose messages are better than those of a raw schema; a number is its short form.
        schema = {k: v for k, v in schema.items() if k in ("title", "description", "section")}
        schema["type"] = ["object", "number", "null"]
    elif schema.get("type") == "array":
        schema["type"] = ["array", "null"]  # otherwise the form insists on an entry
        schema["items"] = _resolve(schema["items"], definitions)
    return schema


def _types(schema: dict[str, Any]) -> list[str]:
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)
