"""Airflow's ``Param``s, and so the trigger form, from the Pydantic model of a DAG."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from prospecting.services import bounded_json
from prospecting.services.grouped_params import groups_of


def airflow_params(model: type[BaseModel]) -> dict[str, Any]:
    """Airflow ``Param``s for a model's fields, in order: defaults, JSON Schema, titles, sections, examples.

    Of the objects in ``GroupedParams`` every member becomes a field; the objects themselves, for programs, are JSON
    editors in a section at the end. What JSON Schema cannot say is checked by the model in the first task. What Airflow
    could not hand to a task (``bounded_json``) is refused when the DAG is triggered.
    """
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    groups = groups_of(model)
    params = {}
    for name, field in model.model_fields.items():
        schema_of_field = schema["properties"][name]
        if name in groups:
            members = _definition(schema_of_field, definitions)["properties"]
            for member in groups[name]:
                of_member = {**members[member.name], "section": schema_of_field["section"]}
                params[member.param] = _param(of_member, member.default, definitions)
        else:
            default = field.get_default(call_default_factory=True, validated_data={})
            params[name] = _param(schema_of_field, to_jsonable_python(default), definitions)
    for name in groups:
        params[name] = _param({**schema["properties"][name], "section": AS_JSON}, None, definitions)
    return params


AS_JSON = "As JSON, for programs"
"""The section of the objects whose members are fields."""


def _param(schema: dict[str, Any], default: Any, definitions: dict[str, Any]) -> Param:
    resolved = _resolve(schema, definitions)
    description = resolved.pop("description", None)
    resolved.pop("default", None)
    if default is None and "null" not in _types(resolved):
        resolved["type"] = [*_types(resolved), "null"]
    if default is None and "enum" in resolved:
        resolved["enum"] = [None, *resolved["enum"]]
    if "object" in _types(resolved) or "object" in _types(resolved.get("items", {})):
        resolved |= bounded_json.DEFINITIONS
    return Param(default, description=description, **resolved)


def _definition(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of the object that a property is, or may be."""
    reference = next(each["$ref"] for each in (schema, *schema.get("anyOf", ())) if "$ref" in each)
    found: dict[str, Any] = definitions[reference.rsplit("/", 1)[1]]
    return found


_MAX_FORMATTED = 100
"""Characters of a date or a time."""


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
        schema |= bounded_json.OBJECT
        schema["type"] = ["object", "number", "null"]
    elif schema.get("type") == "array":
        schema["type"] = ["array", "null"]  # otherwise the form insists on an entry
        schema["items"] = _resolve(schema["items"], definitions)
    elif "number" in _types(schema):
        schema |= bounded_json.NO_NAN
    elif "format" in schema:
        schema.setdefault("maxLength", _MAX_FORMATTED)  # Airflow does not check all formats
    return schema


def _types(schema: dict[str, Any]) -> list[str]:
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)
