"""Params with objects whose members are params as well: people fill in fields, programs give JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from types import NoneType
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object: its name as a param, its name in the object, its default as JSON, its field."""

    param: str
    name: str
    default: Any = dataclasses.field(hash=False)  # may be a list
    field: FieldInfo

    @property
    def is_optional(self) -> bool:
        """True when ``None`` is a value of its own, and not merely an emptied field of the form."""
        return NoneType in get_args(self.field.annotation)


class GroupedParams(BaseModel):
    """Params some of which are objects with members that are params of their own: ``max_events`` in ``limits``.

    Whatever way a value comes, the model has the object. A member that is left at its default gives way to the object;
    one that says something else than the object is refused.
    """

    groups: ClassVar[Mapping[str, str]] = {}
    """The fields that are such objects, and what the names of their members begin with."""

    @classmethod
    def members(cls, group: str) -> list[Member]:
        """The members of a group. Of an object that may be missing, the first one tells: its default is ``None``."""
        model = _model_of(cls, group)
        whole = cls.model_fields[group].get_default(call_default_factory=True, validated_data={})
        found = [
            Member(f"{cls.groups[group]}{name}", name, _as_json(default), model.model_fields[name])
            for name, default in (whole or model()).model_dump().items()
        ]
        if whole is None:
            found[0] = Member(found[0].param, found[0].name, None, found[0].field)
        return found

    @model_validator(mode="before")
    @classmethod
    def _gather_groups(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        given = dict(data)
        for group in cls.groups:
            chosen = {}
            for member in cls.members(group):
                value = given.pop(member.param, member.default)
                if value != member.default and (value is not None or member.is_optional):
                    chosen[member] = value
            if chosen:
                given[group] = cls._with_members(group, given.get(group), chosen)
        return given

    @classmethod
    def _with_members(cls, group: str, whole: Any, chosen: Mapping[Member, Any]) -> dict[str, Any]:
        params = ", ".join(member.param for member in chosen)
        if whole is None:
            first = cls.members(group)[0]
            if first.default is None and first not in chosen:
                raise ValueError(f"{params}: choose {first.param} as well, without which there is no {group}")
            whole = {}
        if isinstance(whole, BaseModel):
            whole = whole.model_dump()
        if not isinstance(whole, dict):
            raise ValueError(f"give {group} or {params}, not both")
        for member, value in chosen.items():
            if member.name in whole and whole[member.name] != value:
                raise ValueError(f"{member.param} and {group}.{member.name} say different things: give one of them")
        return {**whole, **{member.name: value for member, value in chosen.items()}}


def groups_of(model: type[BaseModel]) -> dict[str, list[Member]]:
    """The members of each group of a model, by the field that is the object; none of a model without groups."""
    if not issubclass(model, GroupedParams):
        return {}
    return {group: model.members(group) for group in model.groups}


def _as_json(value: Any) -> Any:
    """A default as people write it: amounts as numbers, a time as "06:00"."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat("minutes") if isinstance(value, time) else to_jsonable_python(value)


def _model_of(cls: type[BaseModel], name: str) -> type[BaseModel]:
    annotation = cls.model_fields[name].annotation
    found: type[BaseModel] = next(
        each for each in (annotation, *get_args(annotation)) if isinstance(each, type) and issubclass(each, BaseModel)
    )
    return found
