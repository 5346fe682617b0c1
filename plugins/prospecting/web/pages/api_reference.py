"""The reference of the API for people, made from its OpenAPI description."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from prospecting.web.rendering import page

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body, or an argument of an address."""

    name: str
    kind: str
    is_required: bool
    told: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API does."""

    method: str
    path: str
    told: str
    arguments: list[Field]
    fields: list[Field]


@router.get("/api/docs")
def show(request: Request) -> HTMLResponse:
    """Every operation of the API, with its arguments and fields."""
    described: dict[str, Any] = request.app.state.api.openapi()
    return page(request, "api_reference.html", groups=_by_tag(described))


def _by_tag(described: Mapping[str, Any]) -> dict[str, list[Operation]]:
    groups: dict[str, list[Operation]] = defaultdict(list)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            arguments = [
                Field(one["name"], _kind(one["schema"]), one["required"], one.get("description", ""))
                for one in operation.get("parameters", ())
            ]
            made = Operation(
                method.upper(), path, operation.get("description", ""), arguments, list(_fields(body, described))
            )
            groups[operation["tags"][0]].append(made)
    return groups


def _fields(schema: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[Field]:
    model = described["components"]["schemas"].get(_named(schema), {})
    for name, value in model.get("properties", {}).items():
        yield Field(name, _kind(value), name in model.get("required", ()), value.get("description", ""))


def _kind(schema: Mapping[str, Any]) -> str:
    """The kind of a value, in a few words."""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or _named(schema) or "anything")


def _named(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]
