"""Signals: which there are, what they look for and when; created, changed, paused and started from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping
from starlette.datastructures import FormData, UploadFile

from prospecting.persistence import signals
from prospecting.services.params import explain
from prospecting.services.signal_params import Schedule, SignalParams
from prospecting.services.stored_signals import differences, store_signal
from prospecting.web.airflow_runs import AirflowRefusal, paused_dags, trigger
from prospecting.web.database import Database, reading, writing
from prospecting.web.forms import fields_of, filled_in
from prospecting.web.listing import Column, csv_answer
from prospecting.web.login import Writer
from prospecting.web.rendering import page, root_of, run_path

router = APIRouter(prefix="/signals")


async def _submitted(request: Request) -> FormData:
    form = await request.form()
    if any(isinstance(value, UploadFile) for value in form.values()):
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "The form takes no files")
    return form


Submitted = Annotated[FormData, Depends(_submitted)]
_NOT_IN_THE_FORM = ("signal_id", "scheduled_for", "replace_scheduled", "resume_execution")
_STATUSES = ("active", "paused", "archived")


@router.get("")
def list_signals(request: Request, connection: Database, archived: bool = False) -> HTMLResponse:
    """All signals with their schedule, their latest run and what it found."""
    now = datetime.now(UTC)
    found = signals.query_signals(connection, archived=archived)
    return page(
        request,
        "signals.html",
        signals=[_listed(row, now) for row in found],
        archived=archived,
        schedules_are_off="signal_schedule" in paused_dags(["signal_schedule"]),
        run_path=run_path,
    )


@router.get(".csv")
def download(archived: bool = False) -> Response:
    """All signals in use, or the archived ones, as the page lists them."""

    def portions(connection: Connection) -> Iterator[Sequence[Mapping[str, Any]]]:
        now = datetime.now(UTC)
        yield [_listed(row, now) for row in signals.query_signals(connection, archived=archived)]

    return csv_answer("signals", COLUMNS, reading, portions)


@router.get("/new")
def show_new(request: Request, connection: Database, copy_of: UUID | None = None) -> HTMLResponse:
    """The form of a new signal, empty or filled with another one."""
    values: dict[str, Any] = {}
    if copy_of is not None:
        values = _values(_found(connection, copy_of))
        values["name"] = f"{values['name']} (copy)"
        values.pop("schedule")  # two signals that look for the same at the same time help nobody
    return _form(request, values, stored=None)


@router.get("/{signal_id}/edit")
def show_edit(request: Request, connection: Database, signal_id: UUID) -> HTMLResponse:
    """The form of a stored signal."""
    stored = _found(connection, signal_id)
    return _form(request, _values(stored), stored=stored)


@router.post("")
def create(request: Request, person: Writer, form: Submitted) -> Response:
    """Store a new signal; says what would change when there is one of this name, and asks."""
    return _store(request, form, signal_id=None)


@router.post("/{signal_id}")
def change(request: Request, person: Writer, form: Submitted, signal_id: UUID) -> Response:
    """Change a stored signal; its name stays."""
    return _store(request, form, signal_id=signal_id)


@router.post("/{signal_id}/status")
def set_status(request: Request, person: Writer, signal_id: UUID, wanted: str = Form()) -> RedirectResponse:
    """Pause a signal, go on with it, or put it away."""
    if wanted not in _STATUSES:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, f"A signal is one of {', '.join(_STATUSES)}")
    with writing() as connection:
        if not signals.set_status(connection, signal_id, wanted):
            raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such signal")
    return RedirectResponse(f"{root_of(request)}/signals", status.HTTP_303_SEE_OTHER)


@router.post("/{signal_id}/run")
def run_now(request: Request, person: Writer, signal_id: UUID) -> RedirectResponse:
    """Start the signal as it is stored, and show the result of the run."""
    if not person.may_trigger("signal_execution"):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role in Airflow may not trigger signal_execution")
    with reading() as connection:
        if _found(connection, signal_id)["status"] == "archived":
            raise HTTPException(status.HTTP_409_CONFLICT, "The signal is archived: bring it back first")
    try:
        run_id = trigger("signal_execution", {"signal_id": str(signal_id)}, person.name)
    except AirflowRefusal as refusal:
        raise HTTPException(status.HTTP_409_CONFLICT, str(refusal)) from None
    where = f"{root_of(request)}/runs/signal_execution/{quote(run_id, safe='')}"
    return RedirectResponse(where, status.HTTP_303_SEE_OTHER)


# ------------------------------------------------------------------ storing
def _store(request: Request, form: FormData, *, signal_id: UUID | None) -> Response:
    with writing() as connection:
        before = None if signal_id is None else _found(connection, signal_id)
        given = filled_in(SignalParams, form, _values(before) if before else {}, leave_out=_NOT_IN_THE_FORM)
        if not given.get("schedule_frequency"):  # the fields below it are filled in all the same
            given = {name: value for name, value in given.items() if not name.startswith("schedule_")}
        if before:
            given["name"] = before["name"]
        try:
            params = SignalParams.model_validate({**given, "replace_scheduled": True})
        except ValidationError as error:
            return _form(request, given, stored=before, seen=form.get("seen"), wrong=explain(error, SignalParams))
        assert params.name  # the model insists on it
        stored = signals.lock_signal_named(connection, params.name)
        if before and (stored is None or stored["id"] != before["id"]):
            told = "The signal was deleted, or belongs to an org. Nothing was changed."
            raise HTTPException(status.HTTP_409_CONFLICT, told)
        if stored is not None:
            changes = differences(stored, params)
            if before:
                is_asked_for = form.get("seen", _version(stored)) == _version(stored)
            else:  # a form that is sent twice changes nothing the second time
                is_asked_for = "replace" in form or (not changes and stored["status"] == "active")
            if not is_asked_for:
                return _form(request, given, stored=before and stored, exists=stored, changes=changes)
        store_signal(connection, params)
        if before and params.description is None:
            signals.forget_description(connection, before["id"])
    return RedirectResponse(f"{root_of(request)}/signals", status.HTTP_303_SEE_OTHER)


def _form(
    request: Request,
    values: Mapping[str, Any],
    *,
    stored: RowMapping | None,
    seen: object = None,
    wrong: str = "",
    exists: RowMapping | None = None,
    changes: list[tuple[str, str, str]] | None = None,
) -> HTMLResponse:
    """The form, with what is wrong with it, or what storing it would change.

    ``stored`` is the signal that it changes; ``seen`` the version that was on the screen, else that of ``stored``.
    """
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_409_CONFLICT if exists else 200
    return page(
        request,
        "signal_form.html",
        status_code=int(code),
        fields=fields_of(SignalParams, values, leave_out=_NOT_IN_THE_FORM),
        signal_id=stored["id"] if stored else None,
        seen=seen or (_version(stored) if stored else None),
        wrong=wrong,
        exists=exists,
        changes=changes or [],
    )


def _found(connection: Connection, signal_id: UUID) -> RowMapping:
    signal = signals.find_signal(connection, signal_id)
    if signal is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such signal")
    return signal


def _version(signal: RowMapping) -> str:
    """Tells whether somebody has changed a signal since it was shown."""
    changed: datetime = signal["updated_at"]
    return changed.isoformat()


def _values(signal: RowMapping) -> dict[str, Any]:
    """A stored signal as the form shows it."""
    configuration = signal["configuration"] if isinstance(signal["configuration"], dict) else {}
    return {
        **configuration,
        "name": signal["name"],
        "type": signal["type"],
        "description": signal["description"],
        "schedule": signal["schedule"],
    }


# ------------------------------------------------------------------ lists
COLUMNS = (
    Column("id", "Signal id"),
    Column("name", "Name"),
    Column("type", "Type"),
    Column("status", "Status"),
    Column("description", "Description"),
    Column("looks_for", "Looks for"),
    Column("runs", "Runs by itself"),
    Column("next", "Next"),
    Column("last_status", "Last run"),
    Column("last_started_at", "Began"),
    Column("new_companies", "New companies"),
    Column("new_people", "New people"),
)


def _listed(row: RowMapping, now: datetime) -> dict[str, Any]:
    """A signal of the list, with what people read of its configuration, its schedule and its latest run."""
    configuration = row["configuration"] if isinstance(row["configuration"], dict) else {}
    looks_for = _joined(configuration.get("event_keywords"))
    if places := _joined(configuration.get("locations")):
        looks_for += f" in {places}"
    stats = row["last_stats"] or {}
    return {
        **row,
        "looks_for": looks_for.strip(),
        "runs": schedule_in_words(row["schedule"]),
        "next": _next(row, now),
        "new_companies": stats.get("newCompanies"),
        "new_people": stats.get("newContacts"),
    }


def _joined(words: object) -> str:
    return ", ".join(map(str, words)) if isinstance(words, list) else ""


# ------------------------------------------------------------------ schedules
def schedule_in_words(stored: Mapping[str, Any] | None) -> str:
    """``every Monday at 06:00, Europe/Berlin``; says so when it is switched off, or cannot be read."""
    if stored is None:
        return ""
    try:
        schedule = Schedule.model_validate(stored)
    except ValidationError:
        return "cannot be read: store it again"
    return schedule.in_words()


def _next(signal: RowMapping, now: datetime) -> datetime | None:
    """When the signal is due next; None when it never is by itself."""
    if signal["status"] != "active" or signal["schedule"] is None:
        return None
    try:
        return Schedule.model_validate(signal["schedule"]).next_due_time(now)
    except ValidationError:
        return None
