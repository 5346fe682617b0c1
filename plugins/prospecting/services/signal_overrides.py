"""Overrides: settings of a stored signal that are something else in one run of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from prospecting.services.params import explain
from prospecting.services.signal_params import OVERRIDABLE, SignalParams

_NUMBER_MEANS = {"budget": "max_usd", "limits": "max_events"}
_WINDOWS = (("next_days", "past_days"), ("date_from", "date_to"))


def with_overrides(stored: SignalParams, given: SignalParams) -> tuple[SignalParams, dict[str, Any]]:
    """The configuration of one run of a stored signal, and its overrides as JSON: what differs from ``stored``.

    Overrides are the fields of ``given`` that are not at the default of the form, and everything in its objects;
    ``overrides`` may have any of them.
    A window in days takes the place of one in dates, and the other way round. Raises ``ValueError`` for overrides that
    are none, contradict each other, or do not work with the rest.
    """
    changes = _changes(given)
    if not changes:
        return stored, {}
    before = stored.model_dump(mode="json")
    values = dict(before)
    for window, other in (_WINDOWS, _WINDOWS[::-1]):
        if not changes.keys().isdisjoint(window):
            values |= dict.fromkeys(other)
    for name, value in changes.items():
        values[name] = {**before[name], **value} if isinstance(value, Mapping) else value
    try:
        configuration = SignalParams.model_validate(values)
    except ValidationError as error:
        raise ValueError(f"The overrides do not work: {explain(error, SignalParams)}") from None
    after = configuration.model_dump(mode="json")
    return configuration, _difference(before, after)


def _changes(given: SignalParams) -> dict[str, Any]:
    """The overrides by field; of limits and budget the members that are overridden."""
    unset = SignalParams.model_validate({"signal_id": given.signal_id})
    changes: dict[str, Any] = {}
    for name in OVERRIDABLE:
        value, default = getattr(given, name), getattr(unset, name)
        if isinstance(value, BaseModel):
            if value.model_fields_set:  # what the form has at its default is none of these
                changes[name] = {member: getattr(value, member) for member in value.model_fields_set}
        elif value != default and value not in (None, []):  # an emptied field of the form
            changes[name] = value
    for name, value in _explicit(given.overrides or {}).items():
        known = changes.get(name)
        if isinstance(value, Mapping) and isinstance(known, Mapping):
            if contradicting := [member for member in value if member in known and known[member] != value[member]]:
                raise ValueError(f"{contradicting[0]} and overrides.{contradicting[0]} differ: give one of them")
            changes[name] = {**known, **value}
        elif known is not None and _as_json(known) != _as_json(value):
            raise ValueError(f"{name} and overrides.{name} differ: give one of them")
        else:
            changes[name] = value
    return changes


def _explicit(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """``overrides`` by field; members of limits and budget may be given with or without the object around them."""
    members = {member.param: (group, member.name) for group in _NUMBER_MEANS for member in SignalParams.members(group)}
    found: dict[str, Any] = {}
    for name, value in overrides.items():
        if name in members:
            group, member = members[name]
            found[group] = {**found.get(group, {}), member: value}
        elif name in _NUMBER_MEANS:
            whole = value if isinstance(value, Mapping) else {_NUMBER_MEANS[name]: value}
            found[name] = {**found.get(name, {}), **whole}
        elif name in OVERRIDABLE:
            found[name] = value
        else:
            allowed = ", ".join((*OVERRIDABLE, *members))
            raise ValueError(f"overrides: {name[:100]!r} cannot be overridden; allowed: {allowed}")
    return found


def _as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    differing: dict[str, Any] = {}
    for name in OVERRIDABLE:
        old, new = before[name], after[name]
        if isinstance(new, dict):
            new = {member: each for member, each in new.items() if each != old[member]}
            if new:
                differing[name] = new
        elif new != old:
            differing[name] = new
    return differing
