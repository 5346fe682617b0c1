"""Shared by the tests of feature refreshes: what accounts are known by, refreshing them, reading their features."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, DateTime, text

from prospecting.persistence.feature_refreshes import (
    Counters,
    Refresh,
    finish_refresh,
    month_starts,
    plan_chunks,
    refresh_chunk,
    start_refresh,
)
from prospecting.persistence.schema.tables import metadata
from tests import clock
from tests.db.factories import a_run, a_submission, an_org, versions, write_events, write_execution

FEATURES = "account_signals", "account_feature_snapshots"


def months() -> list[datetime]:
    """The months that snapshots are of, unless a test says otherwise."""
    return month_starts(clock.now(), 3)


# ------------------------------------------------------------------------------- what an account's features are made of
def click(
    connection: Connection,
    domain: str,
    kind: str = "viewed",
    when: datetime | None = None,
    user: int = 1,
    *,
    known_at: datetime | None = None,
) -> None:
    """Now, and known as soon as it happens, unless told otherwise."""
    when = when or clock.now()
    values = {"user": uuid.UUID(int=user), "domain": domain, "kind": kind, "at": when, "known_at": known_at or when}
    connection.execute(text("insert into users (id) values (:user) on conflict do nothing"), values)
    connection.execute(
        text(
            "insert into user_interactions (user_id, account_domain, interaction_type, created_at, known_at) "
            "values (:user, :domain, :kind, :at, :known_at)"
        ),
        values,
    )


def research(
    connection: Connection, domain: str, when: datetime | None = None, status: str = "success", **features: Any
) -> None:
    """Now, and known as soon as it is done, unless told otherwise."""
    when = when or clock.now()
    run = {"account_domain": domain, "website_url": f"https://{domain}", "run_status": status, "created_at": when}
    _insert(connection, "prospect_intelligence_runs", **{**run, "known_at": when, **features})


def sponsor(
    connection: Connection, company_id: int, event_id: int, when: datetime | None = None, tier_rank: int = 3
) -> None:
    _insert(
        connection,
        "event_sponsors",
        event_id=event_id,
        company_id=company_id,
        tier_rank=tier_rank,
        source_system="test",
        created_at=when or clock.now(),
        updated_at=when or clock.now(),
    )


def signal(connection: Connection, company_id: int, kind: str = "hiring", when: datetime | None = None) -> None:
    execution = write_execution(connection)
    connection.execute(text("update signals set type = :kind"), {"kind": kind})
    _insert(
        connection,
        "signal_execution_entities",
        execution_id=execution,
        entity_type="company",
        entity_id=company_id,
        is_new=False,
        created_at=when or clock.now(),
    )


def briefing(connection: Connection, domain: str, when: datetime | None = None) -> None:
    run = a_run(connection, a_submission(connection, an_org(connection)))
    _insert(
        connection,
        "company_intel_briefings",
        org_id=an_org(connection),
        company_domain=domain,
        client_company_name=str(uuid.uuid4()),
        raw_parallel_output="{}",
        source_pipeline_run_id=run,
        created_at=when or clock.now(),
    )


def person_briefing(connection: Connection, linkedin_url: str, when: datetime | None = None) -> None:
    _insert(
        connection,
        "person_intel_briefings",
        org_id=an_org(connection),
        person_full_name="Jane Doe",
        person_linkedin_url=linkedin_url,
        client_company_name=str(uuid.uuid4()),
        raw_parallel_output="{}",
        created_at=when or clock.now(),
    )


def icp_title(connection: Connection, domain: str, when: datetime | None = None) -> None:
    titles = connection.execute(
        text(
            "insert into icp_job_titles (org_id, company_domain, raw_parallel_output) values (:org, :domain, '{}') "
            "on conflict (org_id, company_domain) do update set company_domain = excluded.company_domain returning id"
        ),
        {"org": an_org(connection), "domain": domain},
    ).scalar_one()
    name = str(uuid.uuid4())
    _insert(
        connection,
        "extracted_icp_job_title_details",
        org_id=an_org(connection),
        source_icp_job_titles_id=titles,
        company_domain=domain,
        title=name,
        created_at=when or clock.now(),
    )


def _insert(connection: Connection, table: str, **values: Any) -> None:
    columns, names = ", ".join(values), ", ".join(f":{name}" for name in values)
    connection.execute(text(f"insert into {table} ({columns}) values ({names})"), values)


# ----------------------------------------------------------------------------------------------------------- refreshing
def refresh(
    connection: Connection, previous: Refresh | None = None, *, chunk_size: int = 1000, **options: Any
) -> tuple[Refresh, Counters]:
    watermark = previous.watermark.as_dict() if previous else None
    started = start(connection, watermark, **options)
    chunks = plan_chunks(connection, started, chunk_size=chunk_size)
    total = Counters.total(refresh_chunk(connection, started, chunk).as_dict() for chunk in chunks)
    finish_refresh(connection, started.id, total, status="completed")
    return started, total


def settle(connection: Connection) -> None:
    """Commit, and forget the changes read so far: a transaction of anybody on this server makes them be read again."""
    connection.execute(text("delete from account_changes"))
    connection.commit()


def grow_older(connection: Connection, days: float, tables: Iterable[str]) -> None:
    """Move everything on record in these tables into the past, as if nothing had happened for so long."""
    connection.execute(text("set local session_replication_role = replica"))
    for table in map(metadata.tables.__getitem__, tables):
        times = [c.name for c in table.columns if isinstance(c.type, DateTime) and c.computed is None]
        moved = ", ".join(f"{name} = {name} - :by" for name in times)
        connection.execute(text(f"update {table} set {moved}"), {"by": timedelta(days=days)})
    connection.execute(text("set local session_replication_role = origin"))


def start(connection: Connection, watermark: Any = None, *, snapshot_months: int = 3, full: bool = False) -> Refresh:
    run_id = str(uuid.uuid4())
    return start_refresh(
        connection, airflow_run_id=run_id, params={}, watermark=watermark, snapshot_months=snapshot_months, full=full
    )


def now(connection: Connection, domain: str) -> dict[str, Any]:
    """The features of an account that are neither unknown nor zero."""
    row = connection.execute(text("select * from account_signals where account_domain = :d"), {"d": domain}).mappings()
    return _told(row.one())


def snapshots(connection: Connection, domain: str) -> dict[datetime, dict[str, Any]]:
    rows = connection.execute(
        text("select * from account_feature_snapshots where account_domain = :d order by as_of"), {"d": domain}
    ).mappings()
    return {datetime(row["as_of"].year, row["as_of"].month, 1, tzinfo=UTC): _told(row) for row in rows}


def _told(row: Any) -> dict[str, Any]:
    bookkeeping = {"id", "account_domain", "company_name", "as_of", "created_at", "updated_at", "written_by"}
    return {name: value for name, value in row.items() if name not in bookkeeping and value not in (None, 0)}


def features_versions(connection: Connection) -> dict[str, Any]:
    return {
        table: rows for table, rows in versions(connection).items() if table in (*FEATURES, "accounts", "companies")
    }


SOURCES: dict[str, Callable[[Connection, int, datetime], None]] = {
    "interaction": lambda connection, _, when: click(connection, "acme.com", "contacted", when),
    "research": lambda connection, _, when: research(connection, "acme.com", when, icp_score=9, has_funding=True),
    "failed research": lambda connection, _, when: research(connection, "acme.com", when, "timeout"),
    "sponsor": lambda connection, acme, when: sponsor(connection, acme, write_events(connection)[0], when),
    "hiring": lambda connection, acme, when: signal(connection, acme, "hiring", when),
    "funding": lambda connection, acme, when: signal(connection, acme, "funding", when),
    "briefing": lambda connection, _, when: briefing(connection, "acme.com", when),
    "ICP title": lambda connection, _, when: icp_title(connection, "acme.com", when),
}
