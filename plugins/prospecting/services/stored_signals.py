"""Signals as they are stored: found by id or name, in versions, of which schedules run the published one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping

from prospecting.persistence import signals
from prospecting.services.params import explain
from prospecting.services.runtime import Runtime
from prospecting.services.signal_overrides import with_overrides
from prospecting.services.signal_params import (
    OF_ONE_RUN,
    AgentFamily,
    Frequency,
    Schedule,
    ScheduleChange,
    SignalParams,
)

_Row = RowMapping | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToExecute:
    """A stored signal, and what one run of it executes.

    ``version`` is the one that runs, ``published`` the one that the schedule runs; ``None``: not known, somebody has
    changed the rows by hand. ``overrides`` hold for the run alone, and are in ``configuration`` already; relative days
    are not dates yet, they count in ``timezone``.
    """

    signal_id: UUID
    status: str
    version: int | None
    published: int | None
    configuration: SignalParams
    overrides: Mapping[str, Any] = field(default_factory=dict)
    timezone: str = "UTC"

    @property
    def is_trial(self) -> bool:
        """True when the run executes another version than the published one."""
        return self.version != self.published


def agents_of(runtime: Runtime, params: SignalParams) -> AgentFamily:
    """The agents that an execution with these params asks. Raises like ``store_signal``; stores nothing."""
    if not params.signal_id:
        return params.agents
    return runtime.read(lambda connection: _by_id(connection, params, None)).configuration.agents


def store_signal(connection: Connection, params: SignalParams, *, version: int | None = None) -> ToExecute:
    """Store a signal under its name, or find the one ``signal_id`` names and give it the schedule, if there is one.

    Another configuration under the name of a signal with a schedule is a version that is not published, unless
    ``replace_scheduled`` says so. ``version`` is the one that a run of a stored signal has begun with before: it stays
    with it.

    Raises ``LookupError`` when there is no such signal or version; ``ValueError`` when it cannot be executed as it is,
    or when a schedule would be changed under a name.
    """
    if params.signal_id:
        found = _by_id(connection, params, version)
        if params.replace_scheduled and version is None and found.version is not None and found.is_trial:
            signals.publish_version(connection, found.signal_id, found.version)
            found = replace(found, published=found.version)
        if params.schedule is not None:
            signals.set_schedule(connection, found.signal_id, params.schedule.model_dump(mode="json"))
        return found
    return _by_name(connection, params)


def _by_id(connection: Connection, params: SignalParams, version: int | None) -> ToExecute:
    signal = _found(connection, UUID(params.signal_id))
    published = signals.published_versions(connection, [signal["id"]]).get(signal["id"])
    wanted = version or params.signal_version or published
    stored: _Row = signal
    if wanted is not None and wanted != published:
        stored = _version(connection, signal, wanted)
    configuration = _configuration_of(stored)
    configuration, overrides = with_overrides(configuration, params)
    return ToExecute(
        signal["id"],
        signal["status"],
        wanted,
        published,
        configuration,
        overrides,
        _timezone(params.schedule or _schedule(signal["schedule"])),
    )


def _by_name(connection: Connection, params: SignalParams) -> ToExecute:
    name = params.name
    assert name  # the model insists on it
    stored = signals.lock_signal_named(connection, name)
    if stored is not None:  # names that differ in case only are one
        params = params.model_copy(update={"name": stored["name"]})
    configuration = params
    tried = None
    if stored is None or params.replace_scheduled or not _runs_by_itself(stored["schedule"]):
        signal_id = signals.upsert_signal(
            connection,
            name=name,
            type=params.type,
            description=params.description,
            configuration=params.stored_configuration(),
            schedule=params.schedule.model_dump(mode="json") if params.schedule else None,
        )
    else:
        signal_id = stored["id"]
        _refuse_another_schedule(stored, params)
        if _differs(stored, params):
            tried = signals.try_version(
                connection, signal_id, type=params.type, configuration=params.stored_configuration()
            )
        else:
            configuration = _configuration_of(stored)
    published = signals.published_versions(connection, [signal_id]).get(signal_id)
    return ToExecute(
        signal_id,
        stored["status"] if stored else "active",
        tried or published,
        published,
        configuration,
        timezone=_timezone(params.schedule or _schedule(stored["schedule"] if stored else None)),
    )


# ------------------------------------------------------------------ changes that run nothing
def change_schedule(connection: Connection, params: SignalParams) -> str:
    """Clear, pause or resume the schedule of the signal that ``signal_id`` names. Returns what was done, in a sentence.

    Raises like ``store_signal``.
    """
    signal = _found(connection, UUID(params.signal_id))
    if params.change_schedule is ScheduleChange.clear:
        signals.set_schedule(connection, signal["id"], None)
        done = "has no schedule any more"
    elif params.change_schedule is ScheduleChange.pause:
        signals.set_status(connection, signal["id"], "paused")
        done = "is paused: its schedule starts nothing until it is resumed"
    else:
        signals.set_status(connection, signal["id"], "active")
        done = "is active: its schedule goes on with the next due time"
    return f"The signal {signal['id']} {done}. Nothing was run"


def publish(connection: Connection, signal_id: UUID, version: int) -> None:
    """Have the schedule of a signal run a version of it from now on. Raises like ``store_signal``."""
    signal = signals.lock_signal(connection, signal_id)
    if signal is None:
        raise _no_signal(signal_id)
    _configuration_of(_version(connection, signal, version))
    signals.publish_version(connection, signal_id, version)


# ------------------------------------------------------------------ words
def explain_version(connection: Connection, execution: _Row) -> list[str]:
    """Sentences about an execution (its row): a paused signal, another version than the published one, overrides."""
    signal = signals.find_signal(connection, execution["signal_id"])
    if signal is None:
        return []
    notes = []
    if signal["status"] == "paused":
        notes.append("The signal is paused: its schedule starts nothing until it is resumed.")
    version = execution["signal_version"]
    published = signals.published_versions(connection, [signal["id"]]).get(signal["id"])
    if None not in (version, published) and version != published:
        notes.append(
            f"A trial: version {version} ran, and version {published} is published. signal_id with signal_version "
            "and replace_scheduled publishes another one."
        )
    if execution["overrides"]:
        notes.append(f"In this run alone: {_in_words(execution['overrides'])}.")
    return notes


def differences(signal: RowMapping, params: SignalParams) -> list[tuple[str, str, str]]:
    """The changes that storing ``params`` under a stored signal's name would make: title, stored value, given value."""
    stored = {**_stored_values(signal), "description": signal["description"], "schedule": signal["schedule"]}
    given = params.model_dump(mode="json")
    changes = []
    for name, about in SignalParams.model_fields.items():
        if name in _OF_A_RUN or given[name] == stored.get(name):
            continue
        if name in ("description", "schedule") and given[name] is None:
            continue  # what is not given stays
        changes.append((about.title or name, _in_words(stored.get(name)), _in_words(given[name])))
    return changes


def version_changes(signal: RowMapping, version: _Row) -> list[tuple[str, str, str]]:
    """The changes that publishing a version of a signal would make: title, published value, value of the version."""
    published = _stored_values(signal)
    given = _stored_values({**signal, "type": version["type"], "configuration": version["configuration"]})
    return [
        (about.title or name, _in_words(published.get(name)), _in_words(given.get(name)))
        for name, about in SignalParams.model_fields.items()
        if name not in (*_OF_A_RUN, "schedule") and published.get(name) != given.get(name)
    ]


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{name.replace('_', ' ')} {_in_words(each)}" for name, each in value.items() if each not in (None, [])
        )
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


_OF_A_RUN = ("name", "signal_id", *OF_ONE_RUN)


def _stored_values(signal: _Row) -> dict[str, Any]:
    """A stored configuration with what it leaves out, as JSON; as it is when it does not work any more."""
    try:
        return _configuration_of(signal).model_dump(mode="json")
    except ValueError:
        return dict(signal["configuration"])


def _found(connection: Connection, signal_id: UUID) -> RowMapping:
    signal = signals.find_signal(connection, signal_id)
    if signal is None:
        raise _no_signal(signal_id)
    if signal["status"] == "archived":
        raise ValueError(f"The signal {signal_id} is archived; set its status to active to execute it")
    return signal


def _no_signal(signal_id: UUID) -> LookupError:
    return LookupError(f"No signal {signal_id} is stored; see the table signals for those that are")


def _version(connection: Connection, signal: RowMapping, version: int) -> dict[str, Any]:
    """A signal as one of its versions has it."""
    found = signals.find_version(connection, signal["id"], version)
    if found is None:
        raise LookupError(f"The signal {signal['id']} has no version {version}; see the table signal_versions")
    return {**signal, "type": found["type"], "configuration": found["configuration"]}


def _configuration_of(signal: _Row) -> SignalParams:
    try:
        return SignalParams.model_validate({**signal["configuration"], "name": signal["name"], "type": signal["type"]})
    except ValidationError as error:
        raise ValueError(f"The stored configuration does not work any more: {explain(error, SignalParams)}") from None


def _differs(signal: RowMapping, params: SignalParams) -> bool:
    """True when ``params`` are another configuration than that of the stored signal."""
    try:
        stored = _configuration_of(signal).model_dump()
    except ValueError:
        return True
    given = params.model_dump()
    # A description that is not given stays.
    kept = {"description", "signal_id", "schedule", *OF_ONE_RUN}
    is_described_otherwise = params.description is not None and params.description != signal["description"]
    return is_described_otherwise or any(given[name] != stored[name] for name in given if name not in kept)


def _refuse_another_schedule(signal: RowMapping, params: SignalParams) -> None:
    """Raise ``ValueError`` when ``params`` have another schedule than the stored signal."""
    if params.schedule is not None and params.schedule != _schedule(signal["schedule"]):
        raise ValueError(
            f"The signal {signal['id']} has this name and another schedule; nothing was stored. To run it at other "
            "times, give signal_id and a schedule; to run yours beside it, give another name; to change both what its "
            "schedule runs and when, set replace_scheduled"
        )


def _timezone(schedule: Schedule | None) -> str:
    return schedule.timezone if schedule else "UTC"


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
