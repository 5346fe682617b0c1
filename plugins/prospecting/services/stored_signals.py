"""Signals as they are stored: found by id or name, and never changed under a schedule without being told to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping

from prospecting.persistence import signals
from prospecting.services.params import explain
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import AgentFamily, Frequency, Schedule, SignalParams


def agents_of(runtime: Runtime, params: SignalParams) -> AgentFamily:
    """The agents that an execution with these params asks. Raises like ``store_signal``; stores nothing."""
    if not params.signal_id:
        return params.agents
    return runtime.read(lambda connection: _configuration_of(_found(connection, UUID(str(params.signal_id))))).agents


def store_signal(connection: Connection, params: SignalParams) -> tuple[UUID, SignalParams]:
    """Store a signal under its name, or find the one ``signal_id`` names and give it the schedule, if there is one.

    Returns the signal's id and the configuration to execute. Raises ``LookupError`` when there is no such signal;
    ``ValueError`` when it cannot be executed as it is, or when one with a schedule would be changed unasked.
    """
    schedule = params.schedule.model_dump(mode="json") if params.schedule else None
    if params.signal_id:
        signal = _found(connection, UUID(params.signal_id))
        configuration = _configuration_of(signal)
        if schedule is not None:
            signals.set_schedule(connection, signal["id"], schedule)
        return signal["id"], configuration
    assert params.name  # the model insists on it
    stored = signals.lock_signal_named(connection, params.name)
    if stored is not None and not params.replace_scheduled:
        _refuse_to_change(stored, params)
    signal_id = signals.upsert_signal(
        connection,
        name=params.name,
        type=params.type,
        description=params.description,
        configuration=params.stored_configuration(),
        schedule=schedule,
    )
    return signal_id, params


def differences(signal: RowMapping, params: SignalParams) -> list[tuple[str, str, str]]:
    """The changes that storing ``params`` under a stored signal's name would make: title, stored value, given value."""
    stored = {**_stored_values(signal), "description": signal["description"], "schedule": signal["schedule"]}
    given = params.model_dump(mode="json")
    changes = []
    for name, field in SignalParams.model_fields.items():
        if name in _OF_A_RUN or given[name] == stored.get(name):
            continue
        if name in ("description", "schedule") and given[name] is None:
            continue  # what is not given stays
        changes.append((field.title or name, _in_words(stored.get(name)), _in_words(given[name])))
    return changes


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{name.replace('_', ' ')} {_in_words(each)}" for name, each in value.items() if each is not None
        )
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


_OF_A_RUN = ("name", "signal_id", "scheduled_for", "replace_scheduled", "resume_execution")


def _stored_values(signal: RowMapping) -> dict[str, Any]:
    """A stored configuration with what it leaves out, as JSON; as it is when it does not work any more."""
    try:
        return _configuration_of(signal).model_dump(mode="json")
    except ValueError:
        return dict(signal["configuration"])


def _found(connection: Connection, signal_id: UUID) -> RowMapping:
    signal = signals.find_signal(connection, signal_id)
    if signal is None:
        raise LookupError(f"No signal {signal_id} is stored; see the table signals for those that are")
    if signal["status"] == "archived":
        raise ValueError(f"The signal {signal_id} is archived; set its status to active to execute it")
    return signal


def _configuration_of(signal: RowMapping) -> SignalParams:
    try:
        return SignalParams.model_validate({**signal["configuration"], "name": signal["name"], "type": signal["type"]})
    except ValidationError as error:
        raise ValueError(f"The stored configuration does not work any more: {explain(error, SignalParams)}") from None


def _refuse_to_change(signal: RowMapping, params: SignalParams) -> None:
    """Raise ``ValueError`` when ``params`` would change what the schedule of a stored signal runs, or when."""
    if not _runs_by_itself(signal["schedule"]):
        return
    try:
        stored = _configuration_of(signal).model_dump()
    except ValueError:
        stored = {}
    given = params.model_dump()
    # A description that is not given stays; names that differ in case only are one.
    kept = {"name", "description", "signal_id", "schedule", "scheduled_for", "replace_scheduled", "resume_execution"}
    changed = [name for name in given if name not in kept and given[name] != stored.get(name)]
    if params.description is not None and params.description != signal["description"]:
        changed.append("description")
    if params.schedule is not None and params.schedule != _schedule(signal["schedule"]):
        changed.append("schedule")
    if changed:
        raise ValueError(
            f"The signal {signal['id']} has this name and a schedule, and what you gave differs from it in "
            f"{', '.join(changed)}; nothing was stored. To run it as it is stored, give signal_id alone; to run yours "
            "beside it, give another name; to run it at other times, give signal_id and a schedule; to change what its "
            "schedule runs from now on, set replace_scheduled"
        )


def _runs_by_itself(stored: Any) -> bool:
    """True for a schedule that has times, or cannot be read; switched off, it may be switched on again."""
    if stored is None:
        return False
    schedule = _schedule(stored)
    return schedule is None or schedule.frequency is not Frequency.on_demand


def _schedule(stored: Any) -> Schedule | None:
    try:
        return Schedule.model_validate(stored)
    except ValidationError:
        return None
