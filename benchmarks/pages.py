"""Pages of lists and their CSV, at many companies, against a bare read of as many rows from an index.

Every company has an account, three seats, three roles of persons; every tenth sponsors an event.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from benchmarks.persistence import scratch_database
from benchmarks.results import Results, median_seconds, seconds
from prospecting.persistence.access import act_as_reader
from prospecting.persistence.company_facts import find_company_facts
from prospecting.persistence.company_lists import CompanyFilters, Sorting, find_companies, read_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.person_lists import PersonFilters, find_persons, read_persons

SHOWN = 50
BUDGET = "page <= 0.3 s"

_LOAD = (
    """
    insert into companies (name, name_key, domain, country, primary_industry, account_tier, source_system, created_at)
    select 'Company ' || md5(n::text), 'company' || md5(n::text), 'company-' || n || '.com',
           (array['US', 'DE', 'FR', 'GB', null])[1 + n % 5], 'Industry ' || n % 200,
           case when n % 50 = 0 then 'tier1' end, 'bench', now() - (:companies - n) * interval '1 second'
    from generate_series(1, :companies) as n
    """,
    """
    insert into persons (full_name, name_key, current_title, seniority, source_system)
    select 'Jane ' || md5(n::text), 'jane ' || md5(n::text), 'Chief Technology Officer',
           (array['C-Suite', 'VP', 'Director'])[1 + n % 3], 'bench'
    from generate_series(1, :companies) as n
    """,
    """
    insert into company_person_roles (company_id, person_id, role_title, role_key, role_category, source_system,
        observed_on)
    select 1 + (n * 7) % :companies, 1 + n % :companies, 'Title ' || n % 5, 'title ' || n % 5, 'c_level', 'bench',
           current_date - cast(n % 900 as integer)
    from generate_series(1, 5 * cast(:companies as bigint)) as n
    on conflict do nothing
    """,
    """
    insert into company_slot (company_unique_id, slot_type)
    select company_unique_id, seat from companies cross join unnest(array['CEO', 'CFO', 'HR']) as seat
    """,
    "insert into accounts (account_domain, company_name) select domain, name from companies",
    """
    insert into account_signals (account_domain, company_name, icp_score)
    select domain, name, 1 + id % 10 from companies
    """,
    "insert into events (name, name_key, start_dt, source_system) values ('Event', 'event', '2026-01-01', 'bench')",
    """
    insert into event_sponsors (event_id, company_id, source_system)
    select 1, id, 'bench' from companies where id % 100 = 0
    """,
)
_BARE_PAGE = text("select id, name, domain from companies where id > :after order by id limit 51")
_BARE_ALL = text("select company_unique_id, name, domain, country, primary_industry from companies order by id")


def run(results: Results, *, rows: int) -> None:
    """``rows`` companies, five times as many roles."""
    with scratch_database() as engine:
        with engine.begin() as connection:
            connection.execute(text("set local session_replication_role = replica"))  # no triggers: only to be read
            for number, sql in enumerate(_LOAD, 1):
                print(f"  loading, {number} of {len(_LOAD)} ...", file=sys.stderr, flush=True)
                connection.execute(text(sql), {"companies": rows})
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("vacuum analyze"))
        _pages(engine, results, rows)
        with _as_a_page(engine) as connection:
            _downloads(connection, results, rows)


@contextmanager
def _as_a_page(engine: Engine) -> Iterator[Connection]:
    """A transaction as pages have one."""
    with unit_of_work(engine, read_only=True) as connection:
        act_as_reader(connection)
        yield connection


def _pages(engine: Engine, results: Results, companies: int) -> None:
    with _as_a_page(engine) as connection:
        bare = median_seconds(lambda: connection.execute(_BARE_PAGE, {"after": companies // 2}).all())

    def measure(what: str, find: Any, **options: Any) -> None:
        with _as_a_page(engine) as connection:
            measured = median_seconds(lambda: find(connection, **options), 3)
        results.add(f"{companies:,} companies: {what}", measured, bare, "51 rows by primary key", BUDGET)

    for what, chosen, sorting in _company_lists():
        measure(f"companies {what}", find_companies, filters=chosen, sorting=sorting, limit=SHOWN)
    for what, wanted in (
        ("by name", PersonFilters()),
        ("whose name begins so", PersonFilters(text="Jane 7f")),
        ("of a company", PersonFilters(company_id=7)),
        ("nobody has the title", PersonFilters(title="gardener")),
        ("seen since a year", PersonFilters(seen_since=datetime.now(UTC).date() - timedelta(days=365))),
    ):
        measure(f"people {what}", find_persons, filters=wanted, limit=SHOWN)
    measure("all of one company", find_company_facts, company_id=companies // 2)


def _company_lists() -> Iterable[tuple[str, CompanyFilters, Sorting]]:
    lately = datetime.now(UTC) - timedelta(hours=1)
    yield "by name", CompanyFilters(), "name"
    yield "newest", CompanyFilters(), "newest"
    yield "by ICP score", CompanyFilters(), "icp_score"
    yield "whose name begins so", CompanyFilters(text="Company 7f"), "name"
    yield "of a country", CompanyFilters(country="DE"), "name"
    yield "of a country and an industry", CompanyFilters(country="DE", industry="Industry 21"), "name"
    yield "of two that never meet", CompanyFilters(country="DE", industry="Industry 20"), "name"
    yield "of an industry by ICP score", CompanyFilters(industry="Industry 7"), "icp_score"
    yield "of a tier, newest", CompanyFilters(tier="tier1"), "newest"
    yield "of an event", CompanyFilters(event_id=1), "name"
    yield "new since an hour", CompanyFilters(since=lately), "name"
    yield "with a seat open", CompanyFilters(slot_type="CEO", slot_status="open"), "name"
    yield "with a seat that none has", CompanyFilters(slot_type="CEO", slot_status="closed_missing"), "name"
    yield "without people: few", CompanyFilters(has_person=False), "name"
    yield "of one ICP score", CompanyFilters(least_icp=10, most_icp=10), "name"


def _downloads(connection: Connection, results: Results, companies: int) -> None:
    bare = seconds(lambda: connection.execute(_BARE_ALL).all())
    against = "five columns of all companies"
    everything = seconds(lambda: sum(len(rows) for rows in read_companies(connection, CompanyFilters())))
    results.add(f"{companies:,} companies: CSV of all, read", everything, bare, against, "<= 20")
    people = seconds(lambda: sum(len(rows) for rows in read_persons(connection, PersonFilters())))
    results.add(f"{companies:,} companies: CSV of all people, read", people, bare, against, "<= 20")
