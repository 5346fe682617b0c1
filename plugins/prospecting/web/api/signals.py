"""Signals, their executions, and what each of them found."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, status
from pydantic import Field

from prospecting.persistence import signals
from prospecting.persistence.rejected_records import query_reasons_of_execution
from prospecting.web.api.callers import team_only
from prospecting.web.api.models import MISSING, Told
from prospecting.web.database import Database
from prospecting.web.listing import after as after_cursor
from prospecting.web.listing import cursor_of

router = APIRouter(prefix="/v1", tags=["Signals"], dependencies=[Depends(team_only)])

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=500, description="The next of the part before")]


class ListedSignal(Told):
    """Something to look for, and when by itself; ``last_…`` is its latest execution."""

    id: UUID
    name: str
    description: str | None
    type: str = Field(examples=["conference"])
    status: str = Field(examples=["active"])
    configuration: dict[str, Any]
    schedule: dict[str, Any] | None
    last_status: str | None
    last_run_id: str | None
    last_started_at: datetime | None
    last_stats: dict[str, Any] | None


class Signals(Told):
    """Signals by name."""

    data: list[ListedSignal]


class Signal(Told):
    """Something to look for, and when by itself."""

    id: UUID
    org_id: UUID | None
    name: str
    description: str | None
    type: str = Field(examples=["conference"])
    status: str = Field(examples=["active"])
    configuration: dict[str, Any]
    schedule: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime


class Execution(Told):
    """A run of a signal: how it ended, what it found in numbers, what went wrong.

    ``signal_version`` is the version of the signal that it ran; ``overrides`` hold for this run alone.
    """

    id: UUID
    signal_id: UUID
    signal_version: int | None
    overrides: dict[str, Any] | None
    status: str = Field(examples=["completed"])
    stats: dict[str, Any] | None
    error: dict[str, Any] | None
    airflow_run_id: str | None
    started_at: datetime
    completed_at: datetime | None


class NamedExecution(Execution):
    """An execution with the name of its signal."""

    signal_name: str


class Executions(Told):
    """Executions, the latest started first. ``next`` is the ``after`` of the list's next part, null at its end."""

    data: list[NamedExecution]
    next: str | None


class FoundEvent(Told):
    """An event that an execution found; ``sponsors`` counts those known of it."""

    id: int
    name: str
    start_dt: date | None
    end_dt: date | None
    date_precision: str | None
    city: str | None
    country_code: str | None
    is_online: bool
    is_new: bool
    sponsors: int


class FoundCompany(Told):
    """A company that an execution found; ``events`` counts those of the execution that it sponsors."""

    id: int
    name: str
    domain: str | None
    primary_industry: str | None
    is_new: bool
    events: int
    tier: str | None


class FoundPerson(Told):
    """A person that an execution found, in the role they were found in; ``standing`` is how that stands today."""

    id: int
    full_name: str
    role_title: str | None
    target_function: str | None
    observed_on: date | None
    standing: str | None
    company_id: int | None
    company: str | None
    is_new: bool


class LeftOut(Told):
    """Why something was left out, how often, with one sentence."""

    stage: str
    record_type: str
    reason: str
    records: int
    detail: str | None


class ExecutionResult(Execution):
    """An execution with its resolved configuration and all that it found."""

    configuration: dict[str, Any]
    events: list[FoundEvent]
    companies: list[FoundCompany]
    persons: list[FoundPerson]
    left_out: list[LeftOut]


def _key(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The moment and id in a cursor. Raises 400 for one that is not ours."""
    parts = after_cursor(cursor, (datetime, str))
    if parts is None:
        return None
    try:
        moment, row_id = parts
        if moment.utcoffset() is None:
            raise ValueError
        return moment, UUID(row_id)
    except (AttributeError, TypeError, ValueError):
        raise HTTPException(
            status.HTTP_400_BAD_REQUEST, "after is not the next of an earlier part of this list; leave it out"
        ) from None


def _next(rows: Any, moment: str, limit: int) -> str | None:
    return cursor_of([rows[-1][moment], str(rows[-1]["id"])]) if len(rows) == limit else None


@router.get("/signals")
def list_signals(connection: Database, archived: bool = False) -> Signals:
    """The signals in use, or the archived ones, by name, with their latest executions."""
    return Signals.model_validate({"data": signals.query_signals(connection, archived=archived)})


@router.get("/signals/{signal_id}", responses=MISSING)
def show_signal(connection: Database, signal_id: UUID) -> Signal:
    """A signal."""
    found = signals.find_signal(connection, signal_id)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no signal of this id")
    return Signal.model_validate(found)


@router.get("/executions")
def list_executions(
    connection: Database, signal_id: UUID | None = None, after: Cursor = None, limit: Limit = 50
) -> Executions:
    """Executions of a signal, or of all, the latest started first."""
    rows = signals.query_executions(connection, signal_id=signal_id, after=_key(after), limit=limit)
    return Executions.model_validate({"data": rows, "next": _next(rows, "started_at", limit)})


@router.get("/executions/{execution_id}", responses=MISSING)
def show_execution(connection: Database, execution_id: UUID) -> ExecutionResult:
    """An execution with the events, companies and people that it found, and what was left out and why."""
    try:
        found = signals.find_execution(connection, execution_id)
    except LookupError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no execution of this id") from None
    told = {part: signals.query_found(connection, execution_id, part) for part in ("events", "companies", "persons")}
    left_out = query_reasons_of_execution(connection, execution_id)
    return ExecutionResult.model_validate({**found, **told, "left_out": left_out})
