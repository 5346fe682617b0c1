"""What the database tests share: what is stored, comparing it, and doing things at once or half.

``python -m tests.db.factories DATABASE_URL WRITER`` writes one batch in a transaction, says so, and waits to be killed.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from prospecting.parsing.records import EventRecord, Location, SponsorRecord
from prospecting.persistence import signals
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import application_url, to_json, unit_of_work
from prospecting.persistence.events import upsert_event_sponsors, upsert_events
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.tables import metadata

R = TypeVar("R")

NASTY_TEXTS = {
    "nul": "a\x00b",
    "lone_surrogate": "x\ud800y",
    "swapped_surrogates": "x\udc00\ud800y",
    "emoji": "👩🏽‍🚀 rocket 🚀",
    "long": "x" * 10_000,
    "long_random": "".join(chr(0x4E00 + (i * i * 7919 + i * 31) % 20_000) for i in range(10_000)),
    "quotes": """'; drop table persons; -- " \\ %s :name {x} \u2028""",
    "right_to_left": "\u202eشركة\u202c",
    "combining": "e\u0301" * 50,
}
"""Texts an agent may return anywhere."""


def stored(connection: Connection, table: str, columns: str = "*", order: str = "1") -> list[dict[str, Any]]:
    """Rows of a table, in a stable order."""
    return [dict(row) for row in connection.execute(text(f"select {columns} from {table} order by {order}")).mappings()]


def count(connection: Connection, table: str) -> int:
    found: int = connection.execute(text(f"select count(*) from {table}")).scalar_one()
    return found


def versions(connection: Connection) -> dict[str, set[tuple[str, int, str]]]:
    """Every row version of every table: equal before and after means that nothing was written."""
    return {
        table.name: {
            tuple(row)
            for row in connection.execute(
                text(f"select ctid::text, xmin::text::bigint, t::text from {table.name} as t")
            )
        }
        for table in metadata.sorted_tables
    }


CONTENT = {
    "companies": "select name, name_key, domain, website_url, primary_industry, description from companies",
    "persons": "select full_name, name_key, linkedin_url, current_title, seniority, title_observed_on, bio from persons",
    "contact_channels": """select p.full_name, p.linkedin_url, c.channel_type, c.value_key, c.is_identity
        from contact_channels as c join persons as p on p.id = c.person_id""",
    "company_person_roles": """select c.name_key, p.full_name, p.linkedin_url, r.role_key, r.is_current, r.observed_on
        from company_person_roles as r join persons as p on p.id = r.person_id
        join companies as c on c.id = r.company_id""",
    "events": """select e.name_key, e.start_dt, e.end_dt, e.date_precision, c.name as city, v.name as venue,
        e.is_online, e.website_url, e.attendees from events as e
        left join cities as c on c.id = e.city_id left join venues as v on v.id = e.venue_id""",
    "event_sponsors": """select e.name_key, c.name_key as company, s.sponsor_tier, s.tier_rank, s.tier_labels
        from event_sponsors as s join events as e on e.id = s.event_id join companies as c on c.id = s.company_id""",
    "cities": "select name_key, region, country_code from cities",
    "venues": "select v.name_key, c.name_key as city from venues as v left join cities as c on c.id = v.city_id",
    "merge_candidates": "select entity_type, reason from merge_candidates",
    "signals": "select name, type, configuration::text from signals",
    "signal_executions": "select status, results::text, stats::text, airflow_run_id from signal_executions",
    "signal_execution_entities": "select entity_type, entity_id, is_new from signal_execution_entities",
    "rejected_records": "select stage, record_type, reason, raw::text, source from rejected_records",
}


def content(connection: Connection, *tables: str) -> dict[str, list[str]]:
    """What the tables say, without ids and times, which differ between two runs that did the same."""
    return {
        table: sorted(str(tuple(row)) for row in connection.execute(text(CONTENT[table])))
        for table in tables or tuple(CONTENT)
    }


def at_once(engine: Engine, works: Sequence[Callable[[Connection], R]]) -> list[R]:
    """Every work in a thread, a connection and a transaction of its own, all started at the same moment.

    An error in any of them is raised: a deadlock is a failure, not something to repeat.
    """
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[Connection], R]) -> R:
        with unit_of_work(engine, timeout_seconds=60) as connection:
            barrier.wait(timeout=30)
            return work(connection)

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(timeout=120) for future in [pool.submit(run, work) for work in works]]


def empty(engine: Engine) -> None:
    """Remove all rows, so that one database serves many rounds."""
    with engine.begin() as connection:
        # Faster than truncate, which syncs a new file for each table and index.
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


# ------------------------------------------------------------------ a batch of everything, by writer
COMPANIES = [
    CompanyRow("Acme, Inc.", "https://www.acme.com/about", primary_industry="Rockets"),
    CompanyRow("Globex"),
    CompanyRow("Initech", "initech.com"),
    CompanyRow("ACME"),
]
EVENTS = [
    EventRecord(
        "RubyConf 2025",
        date(2025, 11, 18),
        date(2025, 11, 20),
        Location("San Diego", "California", "US"),
        website="rubyconf.org",
        date_precision="day",
        venue="Town and Country",
    ),
    EventRecord("JSConf", location=Location("Berlin", None, "DE")),
]
SPONSORS = [SponsorRecord("Acme", "gold", tier_label="Gold"), SponsorRecord("Globex", "silver", tier_label="Silver+")]
REJECTED = [
    signals.RejectedRow("parse", "event", "missing_name", "The event has no name", {"date": "TBD"}, "keyword ruby"),
    signals.RejectedRow("filter", "event", "too_small", "It has fewer than 500 attendees", None, "keyword ruby"),
]


def write_companies(connection: Connection) -> list[int]:
    return ids(upsert_companies(connection, COMPANIES, source_system="test").saved)


def write_events(connection: Connection) -> list[int]:
    return ids(upsert_events(connection, EVENTS, source_system="test").saved)


def write_persons(connection: Connection) -> list[int]:
    acme, globex, *_ = write_companies(connection)
    rows = [
        PersonRow("Jane Doe", acme, "CEO", "linkedin.com/in/jane-doe", "jane@acme.com", observed_on=date(2025, 1, 1)),
        PersonRow("John Roe", acme, "CFO", email="john.roe@acme.com", phone="+1 555 0100"),
        PersonRow("Ann Poe", globex, "Head of HR"),
        PersonRow("Ann Poe", globex, "Head of HR", email="info@globex.com"),
    ]
    return ids(upsert_persons(connection, rows, source_system="test").saved)


def write_sponsors(connection: Connection) -> None:
    event, _ = write_events(connection)
    acme, globex, *_ = write_companies(connection)
    upsert_event_sponsors(connection, event, list(zip((acme, globex), SPONSORS, strict=True)), source_system="test")


def write_signal(connection: Connection) -> UUID:
    return signals.upsert_signal(connection, name="Ruby", type="conference", configuration={"keywords": ["ruby"]})


def write_execution(connection: Connection) -> UUID:
    return signals.start_execution(
        connection, signal_id=write_signal(connection), configuration={"a": 1}, airflow_run_id="run 1"
    )


def write_results(connection: Connection) -> UUID:
    """All there is to an execution, from opening to closing it."""
    execution = write_execution(connection)
    events = upsert_events(connection, EVENTS, source_system="test")
    companies = upsert_companies(connection, COMPANIES, source_system="test")
    signals.link_entities(connection, execution, "event", events.saved)
    signals.link_entities(connection, execution, "company", companies.saved)
    signals.record_rejected(connection, execution, REJECTED)
    assert signals.finish_execution(connection, execution, status="completed", stats={"events": 2})
    return execution


WRITERS: dict[str, Callable[[Connection], Any]] = {
    "companies": write_companies,
    "persons": write_persons,
    "events": write_events,
    "sponsors": write_sponsors,
    "signal": write_signal,
    "execution": write_execution,
    "results": write_results,
}


def ids(saved: Iterable[Any]) -> list[int]:
    found = list(saved)
    assert all(found), "every record of this batch is good"
    return [record.id for record in found]


def new_execution(connection: Connection, run: str = "run 1") -> UUID:
    signal = signals.upsert_signal(connection, name="Any", type="conference", configuration={})
    return signals.start_execution(connection, signal_id=signal, configuration={}, airflow_run_id=run)


def killed_midway(url: str, writer: str) -> None:
    """Run a writer in a process of its own and kill that when everything is written and nothing committed."""
    worker = subprocess.Popen([sys.executable, "-m", "tests.db.factories", url, writer], stdout=subprocess.PIPE)
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"written\n"
    finally:
        worker.kill()
        worker.wait()
        if worker.stdout:
            worker.stdout.close()


def main() -> None:
    url, writer = sys.argv[1:]
    engine = create_engine(application_url(url), poolclass=NullPool, json_serializer=to_json)
    with unit_of_work(engine) as connection:
        WRITERS[writer](connection)
        sys.stdout.write("written\n")
        sys.stdout.flush()
        time.sleep(60)


if __name__ == "__main__":
    main()
