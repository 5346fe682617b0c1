"""Signals, their executions, and what an execution found or could not use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from prospecting.persistence.batches import Saved
from prospecting.persistence.database import clean_text, lock_keys, to_json
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.places import place_key
from prospecting.persistence.rejected_records import query_reasons_of_execution
from prospecting.persistence.schema.signals import signal_executions, signal_versions, signals
from prospecting.persistence.statements import statement


def upsert_signal(
    connection: Connection,
    *,
    name: str,
    type: str,
    configuration: Mapping[str, Any],
    description: str | None = None,
    schedule: Mapping[str, Any] | None = None,
) -> UUID:
    """Store a signal under its name (case and accents do not matter). Returns its id."""
    connection.execute(
        statement("signals/upsert_signal"),
        {
            "name": clean_text(name),
            "name_key": place_key(name),
            "type": type,
            "description": clean_text(description) if description else None,
            "configuration": to_json(configuration),
            "schedule": to_json(schedule) if schedule is not None else None,
        },
    )
    # A statement of its own, so that it sees what another transaction has just committed.
    found: UUID = connection.execute(
        select(signals.c.id).where(signals.c.org_id.is_(None), signals.c.name_key == place_key(name))
    ).scalar_one()
    return found


def lock_signal_named(connection: Connection, name: str) -> RowMapping | None:
    """The stored signal of this name, or ``None``; nobody else stores one under it until the transaction ends."""
    lock_keys(connection, "signal", [place_key(name)])
    values = {"name_key": place_key(name)}
    return connection.execute(statement("signals/lock_named"), values).mappings().one_or_none()


def lock_signal(connection: Connection, signal_id: UUID) -> RowMapping | None:
    """The stored signal, or ``None``; nobody changes it until the transaction ends."""
    return connection.execute(statement("signals/lock_signal"), {"signal_id": signal_id}).mappings().one_or_none()


def set_schedule(connection: Connection, signal_id: UUID, schedule: Mapping[str, Any] | None) -> None:
    """Give a stored signal a schedule, as JSON, in place of the one it has; ``None`` takes it away."""
    values = {"signal_id": signal_id, "schedule": to_json(schedule) if schedule is not None else None}
    connection.execute(statement("signals/set_schedule"), values)


# ------------------------------------------------------------------ versions
def try_version(connection: Connection, signal_id: UUID, *, type: str, configuration: Mapping[str, Any]) -> int:
    """Store a configuration of a locked signal that its schedule does not run. Returns the number of the version.

    The same configuration again is the version that there is.
    """
    values = {"signal_id": signal_id, "type": type, "configuration": to_json(configuration)}
    connection.execute(statement("signals/try_version"), values)
    version: int = connection.execute(statement("signals/find_version"), values).scalar_one()
    return version


def find_version(connection: Connection, signal_id: UUID, version: int) -> RowMapping | None:
    """A version of a signal: version, type, configuration, created_at; ``None`` when there is none of this number."""
    columns = signal_versions.c
    wanted = select(signal_versions).where(columns.signal_id == signal_id, columns.version == version)
    return connection.execute(wanted).mappings().one_or_none()


def publish_version(connection: Connection, signal_id: UUID, version: int) -> bool:
    """Have the schedule of a signal run a version of it. Returns False when it does already."""
    values = {"signal_id": signal_id, "version": version}
    return connection.execute(statement("signals/publish_version"), values).rowcount == 1


def published_versions(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The numbers of the versions that are published, by signal."""
    return {row.id: row.version for row in connection.execute(statement("signals/published_versions"), {"ids": ids})}


def query_versions(connection: Connection, signal_id: UUID) -> Sequence[RowMapping]:
    """Versions of a signal, the latest first.

    version, type, configuration, created_at, is_published, and the executions of each: executions, last_started_at.
    """
    return connection.execute(statement("signals/list_versions"), {"signal_id": signal_id}).mappings().all()


def forget_description(connection: Connection, signal_id: UUID) -> None:
    """Take the description of a stored signal away."""
    connection.execute(statement("signals/forget_description"), {"signal_id": signal_id})


def query_signals(connection: Connection, *, archived: bool = False) -> Sequence[RowMapping]:
    """The signals in use, or the archived ones, by name, each with its latest execution (columns ``last_…``)."""
    return connection.execute(statement("signals/list_signals"), {"archived": archived}).mappings().all()


def set_status(connection: Connection, signal_id: UUID, status: str) -> bool:
    """Make a signal ``active``, ``paused`` or ``archived``. Returns False when there is no such signal."""
    connection.execute(statement("signals/set_status"), {"signal_id": signal_id, "status": status})
    return find_signal(connection, signal_id) is not None


def find_signal(connection: Connection, signal_id: UUID) -> RowMapping | None:
    """The stored signal, or ``None``."""
    return connection.execute(select(signals).where(signals.c.id == signal_id)).mappings().one_or_none()


def query_executions(
    connection: Connection,
    *,
    signal_id: UUID | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> Sequence[RowMapping]:
    """Executions, of a signal or of all, the latest started first, behind the one with these ``started_at``, ``id``."""
    started_at, execution_id = after or (None, None)
    values = {"signal_id": signal_id, "started_at": started_at, "id": execution_id, "limit": limit}
    return connection.execute(statement("signals/list_executions"), values).mappings().all()


def start_execution(
    connection: Connection,
    *,
    signal_id: UUID,
    configuration: Mapping[str, Any],
    airflow_run_id: str | None = None,
    scheduled_for: datetime | None = None,
    signal_version: int | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> UUID:
    """Open an execution with its resolved configuration; the same Airflow run always gets the same execution.

    ``signal_version`` is the version it runs, ``overrides`` what is something else in this execution alone.
    Raises ``IntegrityError`` (``uq_signal_executions_scheduled_for``) when another run has taken this due time.
    """
    if airflow_run_id:
        # Two tries of one run at once: without the lock the second may stumble over the due time instead of the run.
        lock_keys(connection, "execution", [airflow_run_id])
    found: UUID = connection.execute(
        statement("signals/start_execution"),
        {
            "signal_id": signal_id,
            "configuration": to_json(configuration),
            "scheduled_for": scheduled_for,
            "airflow_run_id": airflow_run_id,
            "signal_version": signal_version,
            "overrides": to_json(overrides) if overrides else None,
        },
    ).scalar_one()
    return found


def take_over_execution(connection: Connection, execution_id: UUID, *, airflow_run_id: str) -> bool:
    """Let an Airflow run go on with an execution that has ended. Returns False while another run is at work on it."""
    values = {"execution_id": execution_id, "airflow_run_id": airflow_run_id}
    return connection.execute(statement("signals/take_over"), values).one_or_none() is not None


def cancel_execution(connection: Connection, execution_id: UUID, *, message: str) -> bool:
    """End an execution that is under way as cancelled. Returns False when it is not under way."""
    values = {"execution_id": execution_id, "message": message}
    return connection.execute(statement("signals/cancel"), values).one_or_none() is not None


def note_progress(connection: Connection, execution_id: UUID, *, pause_seconds: float) -> RowMapping | None:
    """Note how far an execution is: percent, step, message, signal_name; ``None`` when that was noted lately."""
    values = {"execution_id": execution_id, "pause_seconds": pause_seconds}
    return connection.execute(statement("signals/note_progress"), values).mappings().one_or_none()


def find_execution(connection: Connection, execution_id: UUID | str) -> RowMapping:
    """The execution's row. Raises ``LookupError`` when there is none."""
    row = (
        connection.execute(select(signal_executions).where(signal_executions.c.id == UUID(str(execution_id))))
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise LookupError(f"No signal execution {execution_id}: it was deleted, or the database is another one")
    return row


def link_entities(
    connection: Connection, execution_id: UUID | str, entity_type: str, saved: Iterable[Saved | None]
) -> None:
    """Record that an execution found these entities (``event``, ``company`` or ``person``)."""
    rows = [{"entity_id": entity.id, "is_new": entity.is_new} for entity in saved if entity]
    if rows:
        connection.execute(
            statement("signals/link_entities"),
            {"execution_id": UUID(str(execution_id)), "entity_type": entity_type, "rows": to_json(rows)},
        )


def skip_events(connection: Connection, execution_id: UUID | str, reasons: Mapping[int, str]) -> None:
    """Note events that need no question about their sponsors, by id: ``sponsors_named`` or ``no_sponsors``."""
    rows = [{"event_id": event_id, "skip_reason": reason} for event_id, reason in reasons.items()]
    if rows:
        connection.execute(
            statement("signals/skip_events"), {"execution_id": UUID(str(execution_id)), "rows": to_json(rows)}
        )


def skip_companies(connection: Connection, execution_id: UUID | str, reasons: Mapping[int, str]) -> None:
    """Note the companies of an execution that are not asked about, by id: ``over_limit``, ``other_kind``, the
    criterion that they do not meet (``other_size``, ``elsewhere``, ``other_technology``), or a verdict
    of the gate.

    All its others are asked about, or are after all.
    """
    rows = [{"company_id": company_id, "skip_reason": reason} for company_id, reason in reasons.items()]
    connection.execute(
        statement("signals/skip_companies"), {"execution_id": UUID(str(execution_id)), "rows": to_json(rows)}
    )


def query_skipped_companies(connection: Connection, execution_id: UUID | str) -> dict[str, int]:
    """How many companies of an execution are not asked about, by reason."""
    rows = connection.execute(statement("signals/skipped_companies"), {"execution_id": UUID(str(execution_id))})
    return {row.skip_reason: row.companies for row in rows}


def query_sponsorships(connection: Connection, execution_id: UUID | str) -> Sequence[RowMapping]:
    """The sponsorships of an execution's companies at its events: company_id, tier_rank, last_day (may be unknown)."""
    values = {"execution_id": UUID(str(execution_id))}
    return connection.execute(statement("signals/sponsorships_of_execution"), values).mappings().all()


def set_priorities(connection: Connection, execution_id: UUID | str, priorities: Mapping[int, float]) -> None:
    """Note how much speaks for asking about companies of an execution first, by id; the highest comes first."""
    rows = [{"company_id": company_id, "priority": priority} for company_id, priority in priorities.items()]
    connection.execute(
        statement("signals/set_priorities"), {"execution_id": UUID(str(execution_id)), "rows": to_json(rows)}
    )


def query_events(
    connection: Connection, execution_id: UUID | str, ids: Sequence[int] | None = None
) -> Sequence[RowMapping]:
    """Events of an execution: id, name, website_url, start_dt, city, year, skip_reason, is_upcoming.

    Those that were to come when it began, soonest first, then those that were over, latest first.

    ``start_dt`` is the first day where it is known to the day; else ``year`` may be known.
    """
    return (
        connection.execute(
            statement("signals/events_of_execution"),
            {"execution_id": UUID(str(execution_id)), "ids": list(ids) if ids is not None else None},
        )
        .mappings()
        .all()
    )


def query_companies(
    connection: Connection, execution_id: UUID | str, ids: Sequence[int] | None = None
) -> Sequence[RowMapping]:
    """Companies of an execution, best sponsors first (``set_priorities``): id, name, domain, primary_industry, kind,
    and what criteria are about (employee_range, size, seat, technologies).
    """
    return (
        connection.execute(
            statement("signals/companies_of_execution"),
            {"execution_id": UUID(str(execution_id)), "ids": list(ids) if ids is not None else None},
        )
        .mappings()
        .all()
    )


def query_people_at(
    connection: Connection, execution_id: UUID | str, company_ids: Sequence[int]
) -> dict[int, list[tuple[str, str | None]]]:
    """Whom an execution has found at each of these companies: name key and LinkedIn URL."""
    values = {"execution_id": UUID(str(execution_id)), "company_ids": list(company_ids)}
    found: dict[int, list[tuple[str, str | None]]] = {company_id: [] for company_id in company_ids}
    for row in connection.execute(statement("signals/people_of_execution_at"), values):
        found[row.company_id].append((row.name_key, row.linkedin_url))
    return found


def query_execution_counts(connection: Connection, execution_id: UUID | str) -> RowMapping:
    """The counts that decide how an execution ended.

    events, companies, persons (and new_* of each), rejected, filtered, agent_failures, unanswerable; events_asked,
    events_named, events_without, companies_asked, companies_over_limit, companies_of_other_kinds, companies_unfit,
    over_budget (questions).
    """
    return (
        connection.execute(
            statement("signals/execution_counts"),
            {"execution_id": UUID(str(execution_id)), "scope": f"signal_execution:{execution_id}"},
        )
        .mappings()
        .one()
    )


def query_standing_counts(connection: Connection, execution_id: UUID | str) -> list[dict[str, Any]]:
    """How the roles of an execution's people stand today: ``standing``, ``people``, ``first_seen``, ``last_seen``."""
    values = {"execution_id": UUID(str(execution_id))}
    return [dict(row) for row in connection.execute(statement("signals/standing_counts"), values).mappings()]


def query_filter_counts(connection: Connection, execution_id: UUID | str) -> dict[tuple[str, str], int]:
    """How much was not what was asked for, by (record type, reason), the most frequent first."""
    rows = connection.execute(statement("signals/filter_counts"), {"execution_id": UUID(str(execution_id))})
    return {(row.record_type, row.reason): row.records for row in rows}


def finish_execution(
    connection: Connection,
    execution_id: UUID | str,
    *,
    status: str,
    stats: Mapping[str, Any],
    notes: Sequence[str] = (),
    not_asked: Mapping[str, int] | None = None,
    error: Mapping[str, Any] | None = None,
) -> bool:
    """Write results and status. Returns False when the execution was cancelled meanwhile: then nothing changes.

    ``not_asked``: how many companies nobody was asked about, by reason.
    """
    return (
        connection.execute(
            statement("signals/finish_execution"),
            {
                "execution_id": UUID(str(execution_id)),
                "status": status,
                "stats": to_json(stats),
                "notes": to_json(list(notes)),
                "not_asked": to_json(dict(not_asked or {})),
                "error": to_json(error) if error else None,
            },
        ).one_or_none()
        is not None
    )


def query_scheduled_signals(connection: Connection, status: str = "active") -> Sequence[RowMapping]:
    """Signals of a status with a schedule: id, name, schedule, created_at, updated_at, last_due_time."""
    return connection.execute(statement("signals/scheduled_signals"), {"status": status}).mappings().all()


def find_execution_of_run(connection: Connection, airflow_run_id: str) -> UUID | None:
    """The execution an Airflow run has opened, or ``None``."""
    found: UUID | None = connection.execute(
        statement("signals/find_by_run"), {"airflow_run_id": airflow_run_id}
    ).scalar_one_or_none()
    return found


def find_main_reason(connection: Connection, execution_id: UUID | str) -> str | None:
    """The most frequent reason for a loss in an execution, in words, or ``None``. What was filtered is not a loss."""
    rows = query_reasons_of_execution(connection, execution_id)
    return next((row["detail"] for row in rows if row["stage"] != "filter"), None)


def find_first_cause(connection: Connection, execution_id: UUID | str) -> RowMapping | None:
    """The first thing that went wrong in an execution, or ``None``: stage, record_type, reason, detail.

    A call that failed comes before answers that could not be used. What was filtered is not a loss.
    """
    values = {"execution_id": UUID(str(execution_id))}
    return connection.execute(statement("signals/first_cause"), values).mappings().one_or_none()


def query_found(
    connection: Connection, execution_id: UUID | str, kind: str, *, after: int = 0, limit: int | None = None
) -> Page[dict[str, Any]]:
    """The ``events``, ``companies`` or ``persons`` that an execution found, for people to read, with ``position``.

    Those after the position ``after``, at most ``limit``; the total counts all.
    """
    values = {"execution_id": UUID(str(execution_id)), "after": after, "limit": limit}
    return page_of(connection.execute(statement(f"signals/report_{kind}"), values).mappings().all())


def query_stages(connection: Connection, execution_id: UUID | str) -> Sequence[RowMapping]:
    """When the tasks of an execution first and last wrote: task_id, tasks, retries, first_start, last_start."""
    values = {"execution_id": UUID(str(execution_id))}
    return connection.execute(statement("signals/report_stages"), values).mappings().all()
