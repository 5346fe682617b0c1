"""Slot evaluation against a bare INSERT ... SELECT of the rows it writes, and against going company by company."""

from __future__ import annotations

import resource
import statistics
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, text

from benchmarks.persistence import scratch_database
from benchmarks.results import Results, seconds
from prospecting.parsing.titles import classify_title
from prospecting.persistence.seats import Scope, classify_new_titles, evaluate_slots, plan_chunks
from prospecting.persistence.slot_evaluations import finish_evaluation, start_evaluation
from prospecting.persistence.slot_requests import Outcome, Queue, claim_requests, close_requests
from prospecting.scoring.seats import SEATS

BATCH = 50_000
FEW = 20_000
LOOPED = 2_000
CLAIMED = 50
WRITTEN = ("company_slot", "slot_transitions", "intake.people_raw_intake", "agent_routing_log")

# 1,980 titles, half of which hold a seat; four of seven people have one of the other half.
PLACES = tuple(f"{area} {number}" for area in ("Berlin", "Texas", "APAC", "Plant", "Group") for number in range(1, 12))
FITTING = (
    (
        "CEO",
        "Chief Executive Officer",
        "President & CEO",
        "Co-Founder and CEO",
        "Interim CEO",
        "Deputy Chief Executive",
    ),
    ("CFO", "Chief Financial Officer", "VP Finance", "Finance Director", "Controller", "CEO & CFO"),
    ("HR Manager", "CHRO", "Head of People", "Human Resources Coordinator", "HR Intern", "VP of People"),
)
MISFITS = (
    "Assistant to the CEO", "Former CEO", "CFO Assistant", "24-hr Support Technician", "Talented Software Engineer",
    "Software Engineer", "VP Sales", "Account Executive", "Product Owner", "Chief Technology Officer", "Nurse",
    "Data Analyst", "Office Manager", "Teacher", "Marketing Director", "Talent Agent", "Inventory Controller", "Welder",
)  # fmt: skip


def run(results: Results, *, rows: int) -> None:
    """``rows`` companies, about 11 % of whose seats can be filled; 20,000 for what goes company by company."""
    with scratch_database() as engine:
        few = min(FEW, rows)
        _load(engine, few)
        slow = seconds(lambda: _company_by_company(engine, LOOPED)) * few / LOOPED
        _forget(engine)
        quick = seconds(lambda: _evaluate(engine))
        results.add(f"{few:,} companies one by one ({LOOPED:,} measured)", slow, quick, "the same at once", ">= 50")
        short_queue = _claiming(engine)
        _measure(engine, results, rows, short_queue)


def _measure(engine: Engine, results: Results, companies: int, short_queue: float) -> None:
    _load(engine, companies)
    memory: list[float] = []
    first = seconds(lambda: _evaluate(engine, after_chunk=lambda: memory.append(_peak_megabytes())))
    filled = _scalar(engine, "select round(100.0 * count(person_unique_id) / count(*), 1) from company_slot")
    requests = _scalar(engine, "select count(*) from agent_routing_log")
    before = _scalar(engine, "select pg_current_xact_id()::text::bigint % (2 ^ 32)::bigint")
    _settle(engine)
    again = seconds(lambda: _evaluate(engine))
    quiet = seconds(lambda: _evaluate(engine, only_changed=True))
    written = sum(
        _scalar(engine, f"select count(*) from {table} where xmin::text::bigint > {before}")
        for table in (*WRITTEN, "title_seats")
    )
    columns = _set_aside(engine)
    changed = _make_news(engine, companies // 100)
    news = seconds(lambda: _evaluate(engine, only_changed=True))
    long_queue = _claiming(engine)
    _forget(engine)
    bare = seconds(lambda: _insert_bare(engine, columns))
    what = f"{companies:,} companies"
    results.add(f"{what}, {filled} % of seats filled", first, bare, "INSERT ... SELECT of the same rows", "<= 1.5")
    results.add(f"{what} all looked at again ({written} rows written)", again, first, "the first time", "0 rows")
    results.add(f"{what}, none with news", quiet, first, "the first time", "<= 0.01")
    results.add(f"{what}, {changed:,} with news", news, first, "the first time", "<= 0.03")
    results.add(
        f"claiming and ending {CLAIMED} of {requests:,} requests", long_queue, short_queue, "of a short queue", "~ 1"
    )
    # In megabytes, not seconds; what counts is that it does not grow from chunk to chunk.
    results.add(f"peak MB after {len(memory)} chunks", memory[-1], memory[0], "peak MB after one", "~ 1")


def _evaluate(engine: Engine, after_chunk: Callable[[], object] = lambda: None, *, only_changed: bool = False) -> None:
    """As the DAG does it: one transaction plans, one reads titles, then one for every chunk, one counts all seats."""
    scope = Scope(only_changed=only_changed)
    with engine.begin() as connection:
        chunks = plan_chunks(connection, scope, batch_size=BATCH)
    with engine.begin() as connection:
        classify_new_titles(connection, scope)
    for chunk in chunks:
        with engine.begin() as connection:
            evaluate_slots(connection, scope, chunk)
        after_chunk()
    with engine.begin() as connection:
        evaluation = start_evaluation(
            connection, airflow_run_id="bench", params={}, is_full=True, is_incremental=only_changed
        )
        finish_evaluation(connection, evaluation, status="completed")


def _load(engine: Engine, companies: int) -> None:
    """As many people as companies, in bulk: a third of them share a tenth of the companies, most others have nobody."""
    titles = [f"{title}, {place}" for kind in FITTING for title in kind for place in PLACES]
    misfits = [f"{title}, {place}" for title in MISFITS for place in PLACES]
    with engine.begin() as connection:
        _empty(connection)
        connection.execute(text("truncate companies, persons restart identity cascade"))
        connection.execute(text("truncate seat_changes, slot_evaluations cascade"))
        connection.execute(
            text("""
            insert into companies (name, name_key, domain, source_system)
            select
                'Company ' || n || ' Ltd.',
                'company ' || n,
                case when n % 3 > 0 then 'company-' || n || '.com' end,
                'bench'
            from generate_series(1, :companies) as n
            """),
            {"companies": companies},
        )
        connection.execute(
            text("""
            insert into persons (full_name, name_key, source_system)
            select 'Person ' || n, 'person ' || n, 'bench' from generate_series(1, :persons) as n
            """),
            {"persons": companies},
        )
        connection.execute(
            text("""
            insert into company_person_roles
                (company_id, person_id, role_title, role_key, role_category, source_system, observed_on)
            select company_id, person_id, title, lower(title), 'other', 'bench', date '2025-01-01' + chance % 300
            from (
                select
                    id as person_id,
                    chance,
                    1 + chance % case when chance % 3 = 0 then :companies / 10 else :companies end as company_id,
                    case
                        when chance % 7 < 3 then (cast(:titles as text[]))[1 + chance / 7 % :titles_count]
                        else (cast(:misfits as text[]))[1 + chance / 7 % :misfits_count]
                    end as title
                from persons
                cross join lateral (select (hashint8extended(id, 1) & 1073741823)::integer as chance) as random
            ) as role
            """),
            {
                "companies": companies,
                "titles": titles,
                "titles_count": len(titles),
                "misfits": misfits,
                "misfits_count": len(misfits),
            },
        )
    _settle(engine)


def _settle(engine: Engine) -> None:
    """Do what autovacuum and the checkpointer would do in time, so that they do not do it during a measurement."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze companies, persons, company_person_roles, company_slot, seat_changes"))
        connection.execute(text("checkpoint"))


def _forget(engine: Engine) -> None:
    with engine.begin() as connection:
        _empty(connection)
    _settle(engine)


def _empty(connection: Connection) -> None:
    """As if nothing had ever been evaluated; history refuses to be changed otherwise."""
    connection.execute(text("alter table slot_transitions disable trigger user"))
    connection.execute(text(f"truncate {', '.join(WRITTEN)}, title_seats restart identity"))
    connection.execute(text("alter table slot_transitions enable trigger user"))


def _set_aside(engine: Engine) -> dict[str, str]:
    """Copy what was written to tables without indexes; returns the columns a plain INSERT may name, by table."""
    columns = {}
    with engine.begin() as connection:
        for table in WRITTEN:
            columns[table] = connection.execute(
                text("""
                select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
                where attrelid = cast(:name as regclass) and attnum > 0 and attgenerated = '' and attidentity = ''
                """),
                {"name": table},
            ).scalar_one()
            connection.execute(text(f"create unlogged table {_copy_of(table)} as select * from {table}"))
    return columns


def _copy_of(table: str) -> str:
    return "saved_" + table.rpartition(".")[2]


def _insert_bare(engine: Engine, columns: dict[str, str]) -> None:
    with engine.begin() as connection:
        connection.execute(text("alter table company_slot disable trigger user"))
        for table, names in columns.items():
            connection.execute(text(f"insert into {table} ({names}) select {names} from {_copy_of(table)}"))
        connection.execute(text("alter table company_slot enable trigger user"))


def _make_news(engine: Engine, companies: int) -> int:
    """News at up to ``companies`` companies: a third hires a CEO, a third loses somebody, a third got no answer."""
    third = {"limit": companies // 3}
    with engine.begin() as connection:
        hired = connection.execute(
            text("""
            insert into company_person_roles (company_id, person_id, role_title, role_key, role_category, source_system)
            select c.id, s.id, 'CEO', 'ceo', 'other', 'bench'
            from (select id from companies order by id desc limit :limit) as c
            join persons as s on s.id = c.id
            """),
            third,
        ).rowcount
        left = connection.execute(
            text("""
            update company_person_roles set is_current = false
            where (company_id, person_id) in (
                select c.id, p.id
                from company_slot as s
                join companies as c using (company_unique_id)
                join persons as p using (person_unique_id)
                order by c.id limit :limit
            )
            """),
            third,
        ).rowcount
        failed = connection.execute(
            text("""
            update agent_routing_log set status = 'failed', completed_at = now()
            where routing_id in (select routing_id from agent_routing_log order by routing_id limit :limit)
            """),
            third,
        ).rowcount
    return hired + left + failed


def _claiming(engine: Engine) -> float:
    """Median seconds of claiming 50 requests and their siblings, and of ending them, a transaction each."""

    def claim(number: int) -> None:
        name = f"worker {number}"
        with engine.begin() as connection:
            requests = claim_requests(connection, Queue(), claimed_by=name, limit=CLAIMED, lease_seconds=600)
        with engine.begin() as connection:
            outcomes = [Outcome(request.routing_id, error="Nobody is known") for request in requests]
            close_requests(connection, outcomes, claimed_by=name)

    return statistics.median(seconds(partial(claim, number)) for number in range(21))


def _company_by_company(engine: Engine, companies: int) -> None:
    """One connection, a statement at a time, one commit at the end: people and seats of a company, then each seat."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    # The original's driver prepares nothing on the server.
    with psycopg.connect(url, prepare_threshold=None) as connection:
        ids = connection.execute(
            "select id, company_unique_id, name from companies order by company_unique_id limit %s", [companies]
        ).fetchall()
        for company_id, unique_id, name in ids:
            _one_company(connection, company_id, unique_id, name)
        connection.commit()


def _one_company(connection: psycopg.Connection[tuple[Any, ...]], company_id: int, unique_id: str, name: str) -> None:
    people = connection.execute(
        "select p.person_unique_id, r.role_title "
        "from company_person_roles as r join persons as p on p.id = r.person_id "
        "where r.company_id = %s and r.is_current",
        [company_id],
    ).fetchall()
    known = dict(
        connection.execute(
            "select slot_type, enrichment_attempts from company_slot where company_unique_id = %s", [unique_id]
        ).fetchall()
    )
    for seat in SEATS:
        person = next((person for person, title in people if seat in classify_title(title).slots), None)
        attempts = 0 if person else int(known.get(seat, 0)) + 1
        connection.execute(
            "insert into company_slot (company_unique_id, slot_type, person_unique_id, enrichment_attempts, filled_at) "
            "values (%s, %s, %s, %s, case when %s then now() end) on conflict (company_unique_id, slot_type) do update "
            "set person_unique_id = excluded.person_unique_id, enrichment_attempts = excluded.enrichment_attempts, "
            "filled_at = excluded.filled_at, last_refreshed_at = now()",
            [unique_id, seat, person, attempts, person is not None],
        )
        if person or attempts >= 2:
            continue
        intake = connection.execute(
            "insert into intake.people_raw_intake "
            "(company_unique_id, company_name, source_system, slot_type, backfill_source, enrichment_attempt) "
            "values (%s, %s, 'slot_backfill', %s, 'slot_evaluation', %s) "
            "on conflict (company_unique_id, slot_type) where source_system = 'slot_backfill' and validated = false "
            "do update set enrichment_attempt = excluded.enrichment_attempt, updated_at = now() returning id",
            [unique_id, name, seat, attempts],
        ).fetchone()
        connection.execute(
            "insert into agent_routing_log (record_type, record_id, garage_bay, agent_name, routing_reason, status) "
            "values ('person_slot_backfill', %s, 'bay_a', 'b2_enrichment_agent', %s, 'queued')",
            [str(intake[0]) if intake else None, f"slot_backfill_{seat}_attempt_{attempts}"],
        )


def _scalar(engine: Engine, query: str) -> int:
    with engine.begin() as connection:
        value: int = connection.execute(text(query)).scalar_one()
    return value


def _peak_megabytes() -> float:
    """Peak resident memory of this process so far; ``ru_maxrss`` is in KiB, on macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
