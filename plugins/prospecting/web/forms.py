"""Forms in pages, from the same models as the trigger forms: which fields there are, and what somebody filled in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from starlette.datastructures import FormData

from prospecting.services.grouped_params import groups_of


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form.

    kind: ``text``, ``long`` (several lines), ``list`` (an entry per line), ``number``, ``date``, ``time``, ``switch``
    or ``choice``. choices: value and label of each. value: what is in it, as text, or a bool for a switch.
    """

    name: str
    title: str
    description: str
    section: str
    kind: str
    value: str | bool
    choices: tuple[tuple[str, str], ...] = ()


def fields_of(model: type[BaseModel], values: Mapping[str, Any], *, leave_out: Collection[str] = ()) -> list[FormField]:
    """The fields of a model in order, filled with ``values`` (by param, or of the model as JSON), else its defaults."""
    return list(_fields(model, to_jsonable_python(dict(values)), frozenset(leave_out)))


def _fields(model: type[BaseModel], values: Mapping[str, Any], leave_out: frozenset[str]) -> Iterator[FormField]:
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    groups = groups_of(model)
    for name, field in model.model_fields.items():
        if name in leave_out:
            continue
        about = _resolved(schema["properties"][name], definitions)
        if name in groups:
            of_members = about.get("properties", {})
            whole = values.get(name)
            given = whole if isinstance(whole, Mapping) else {}
            for member in groups[name]:
                filled = values.get(member.param, given.get(member.name, member.default))
                section = about.get("section", "")
                yield _field(member.param, _resolved(of_members[member.name], definitions), filled, section)
        else:
            default = to_jsonable_python(field.get_default(call_default_factory=True, validated_data={}))
            yield _field(name, about, values.get(name, default), about.get("section", ""))


def _field(name: str, about: Mapping[str, Any], value: Any, section: str) -> FormField:
    kind = _kind(about)
    if kind == "switch":
        shown: str | bool = bool(value)
    elif value is None:
        shown = ""
    elif kind == "list":
        shown = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
    else:
        shown = str(value)[:5] if kind == "time" else str(value)
    labels = about.get("values_display", {})
    choices = [str(each) for each in about.get("enum", ()) if each is not None]
    return FormField(
        name=name,
        title=about.get("title", name),
        description=about.get("description", ""),
        section=section,
        kind=kind,
        value=shown,
        choices=tuple((choice, labels.get(choice, choice)) for choice in choices),
    )


def _kind(about: Mapping[str, Any]) -> str:
    types = about.get("type", "string")
    known = {types} if isinstance(types, str) else set(types)
    if "enum" in about:
        return "choice"
    for kind, of_types in (("list", {"array"}), ("switch", {"boolean"}), ("number", {"integer", "number"})):
        if known & of_types:
            return kind
    named = {"date": "date", "time": "time", "multiline": "long"}
    return named.get(str(about.get("format")), "text")


def _resolved(about: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A property's schema with what it refers to, and with the alternative that is not null."""
    found = dict(about)
    for option in found.pop("anyOf", ()):
        if option.get("type") != "null":
            found = {**_resolved(option, definitions), **found}
    if reference := found.pop("$ref", None):
        found = {**_resolved(definitions[reference.rsplit("/", 1)[1]], definitions), **found}
    if isinstance(found.get("allOf"), list) and len(found["allOf"]) == 1:
        found = {**_resolved(found.pop("allOf")[0], definitions), **found}
    return found


def filled_in(
    model: type[BaseModel], form: FormData, values: Mapping[str, Any], *, leave_out: Collection[str] = ()
) -> dict[str, Any]:
    """Returns what somebody filled in, by param, for the model to check.

    A field that was not sent is as ``values`` have it, else at its default. An empty one is not given, but for the
    member of an object, where empty may be a value of its own: no limit.
    """
    given: dict[str, Any] = {}
    members = {member.param for of_group in groups_of(model).values() for member in of_group}
    for field in fields_of(model, values, leave_out=leave_out):
        sent = form.get(field.name, field.value)
        text = str(sent).replace("\r\n", "\n").strip()
        if field.kind == "switch":
            given[field.name] = sent is True or text in ("1", "on", "true")
        elif field.kind == "list":
            given[field.name] = [line.strip() for line in text.splitlines() if line.strip()]
        elif text:
            given[field.name] = text
        elif field.name in members:
            given[field.name] = None
    return given
