"""Bulk persistence against COPY of the same rows, and against finding or creating row by row.

Saving alone is measured with what the parser hands over; from raw answer to rows, as a process does that sees every
name for the first time: nothing normalised before is remembered.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from benchmarks.results import Results, seconds
from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.names import company_key, person_key
from prospecting.parsing.ownership import read_website
from prospecting.parsing.sponsors import parse_sponsors
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import application_url, engine_for
from prospecting.persistence.persons import PersonRow, upsert_persons

ROOT = Path(__file__).resolve().parents[1]
COMPANY_COLUMNS = "name, name_key, domain, website_url, primary_industry, source_system"
PERSON_COLUMNS = "full_name, name_key, first_name, last_name, linkedin_url, current_title, seniority, source_system"
ROLE_COLUMNS = "company_id, person_id, role_title, role_key, role_category, seniority, source_system"


@contextmanager
def scratch_database() -> Iterator[Engine]:
    """A migrated database of its own in the embedded server, dropped afterwards."""
    from scripts import local_postgres

    data_dir = ROOT / ".local" / "postgres"
    local_postgres.start(data_dir)
    name = f"bench_{uuid.uuid4().hex[:8]}"
    admin = local_postgres.url(data_dir, "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    url = application_url(local_postgres.url(data_dir, name))
    config = Config(ROOT / "alembic.ini")
    config.cmd_opts = type("Options", (), {"x": [f"url={url.render_as_string(hide_password=False)}"]})()
    try:
        command.upgrade(config, "head")
        engine = engine_for(url)
        yield engine
        engine.dispose()
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'drop database "{name}" with (force)')


def companies_answer(rows: int) -> str:
    """An agent's answer: two of three companies with a website, one of ten named twice."""
    named = [
        {
            "name": f"Company {number} Ltd.",
            "website": f"https://www.company-{number}.com/about" if number % 3 else None,
            "industry": "Software",
        }
        for number in (index - index % 10 // 9 for index in range(rows))
    ]
    return json.dumps(named)


def read_companies(answer: str) -> list[CompanyRow]:
    return [CompanyRow.from_sponsor(sponsor) for sponsor in parse_sponsors(answer).items]


def persons_answer(rows: int) -> str:
    """An agent's answer: half with a LinkedIn URL, the other half with an e-mail."""
    named = [
        {
            "name": f"{_letters(number)} {_letters(number + 7)}son",
            "title": "Chief Technology Officer",
            "linkedin": f"https://www.linkedin.com/in/person-{number}" if number % 2 else None,
            "email": None if number % 2 else f"person{number}@company-{number % 1000}.com",
        }
        for number in range(rows)
    ]
    return json.dumps(named)


def read_persons(answer: str, company_ids: list[int]) -> list[PersonRow]:
    """As the parser hands them over, spread over companies."""
    return [
        PersonRow.from_contact(contact, company_id=company_ids[index % len(company_ids)], observed_on=date(2026, 1, 1))
        for index, contact in enumerate(parse_contacts(answer).items)
    ]


def forget() -> None:
    """Empty the caches of all normalisers, as in a new process. Tables that are read once in a process stay."""
    for name, module in list(sys.modules.items()):
        if name.startswith("prospecting.parsing."):
            for function in vars(module).values():
                if hasattr(function, "cache_clear") and function.cache_parameters()["maxsize"] not in (1, None):
                    function.cache_clear()
    gc.collect()


def _median(work: Callable[[], object], before: Callable[[], object], repeat: int = 3) -> float:
    """Median seconds of ``work``, each time after ``before``."""
    measured = []
    for _ in range(repeat):
        before()
        measured.append(seconds(work))
    return statistics.median(measured)


def _letters(number: int) -> str:
    """A made-up name for a number: distinct, and nothing but letters."""
    text = ""
    while number or not text:
        number, digit = divmod(number, 20)
        text += "bcdfghjklmnpqrstvwxz"[digit] + "aeiou"[digit % 5]
    return text.capitalize()


def _empty(connection: Connection) -> None:
    connection.execute(text("truncate companies, persons restart identity cascade"))


def _copy(connection: Connection, table: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    cursor = connection.connection.cursor()
    with cursor.copy(f"copy {table} ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def run(results: Results, *, rows: int) -> None:
    """Companies and persons: first write, second write with no news, COPY, row by row."""
    with scratch_database() as engine:
        _companies(engine, results, rows)
        _persons(engine, results, rows)


def _companies(engine: Engine, results: Results, rows: int) -> None:
    answer = companies_answer(rows)
    given = read_companies(answer)

    def empty() -> None:
        with engine.begin() as connection:
            _empty(connection)

    def upsert(named: list[CompanyRow] = given) -> None:
        with engine.begin() as connection:
            upsert_companies(connection, named, source_system="bench")

    def prepared() -> Iterator[tuple[object, ...]]:
        for c in given:
            website, domain = read_website(c.website_url, c.name)
            yield c.name, company_key(c.name), domain, website, c.primary_industry, "bench"

    copied = list(prepared())  # normalised beforehand, as COPY has it easy

    def copy() -> None:
        with engine.begin() as connection:
            _copy(connection, "companies", COMPANY_COLUMNS, copied)

    def start_again() -> None:
        empty()
        forget()

    baseline = _median(copy, empty)
    first = _median(upsert, empty)
    again = seconds(upsert)
    with engine.begin() as connection:
        written = connection.execute(text("select count(*) from companies where updated_at > created_at")).scalar_one()
    raw = _median(lambda: upsert(read_companies(answer)), start_again)
    empty()
    few = max(200, rows // 20)
    slow = seconds(lambda: _companies_row_by_row(engine, given[:few])) * rows / few
    results.add(f"{rows:,} companies, new", first, baseline, "COPY of the same rows", "<= 3")
    results.add(f"{rows:,} companies, from the raw answer", raw, baseline, "COPY of the same rows", "<= 5")
    results.add(f"{rows:,} companies again ({written} rows written)", again, baseline, "COPY of the same rows", "")
    results.add(f"{rows:,} companies row by row ({few:,} measured)", slow, first, "the same in bulk", ">= 20")


def _companies_row_by_row(engine: Engine, rows: list[CompanyRow]) -> None:
    """Look up by domain, then by name, insert when unknown: a statement at a time, one commit per record."""
    by_domain = text("select id from companies where domain = :domain")
    by_name = text("select id from companies where name_key = :name_key order by id limit 1")
    insert = text(
        "insert into companies (name, name_key, domain, website_url, primary_industry, source_system) "
        "values (:name, :name_key, :domain, :website_url, :primary_industry, 'bench')"
    )
    with engine.connect() as connection:
        for row in rows:
            values = {
                "name": row.name,
                "name_key": company_key(row.name),
                "domain": read_website(row.website_url, row.name).domain,
                "website_url": row.website_url,
                "primary_industry": row.primary_industry,
            }
            if (
                connection.execute(by_domain, values).first() is None
                and connection.execute(by_name, values).first() is None
            ):
                connection.execute(insert, values)
            connection.commit()


def _persons(engine: Engine, results: Results, rows: int) -> None:
    with engine.begin() as connection:
        _empty(connection)
        hosts = [CompanyRow(f"Host {number}", f"host-{number}.com") for number in range(rows // 5)]
        saved = upsert_companies(connection, hosts, source_system="bench").saved
    company_ids = [company.id for company in saved if company]
    answer = persons_answer(rows)
    given = read_persons(answer, company_ids)

    def empty() -> None:
        with engine.begin() as connection:
            connection.execute(text("truncate persons cascade"))

    copied = [
        (
            p.full_name,
            person_key(p.full_name),
            *p.full_name.split(" ", 1),
            p.linkedin_url,
            p.title,
            "C-Suite",
            "bench",
        )
        for p in given
    ]

    def copy() -> None:
        with engine.begin() as connection:
            _copy(connection, "persons", PERSON_COLUMNS, copied)
            ids = connection.execute(text("select id from persons order by id")).scalars().all()
            roles = [
                (p.company_id, person_id, p.title, p.title.casefold() if p.title else None, "c_level", "C-Suite", "b")
                for p, person_id in zip(given, ids, strict=True)
            ]
            _copy(connection, "company_person_roles", ROLE_COLUMNS, roles)
            channels = [
                (person_id, "email", p.email, p.email, "true")
                for p, person_id in zip(given, ids, strict=True)
                if p.email
            ]
            _copy(connection, "contact_channels", "person_id, channel_type, value, value_key, is_identity", channels)

    def upsert(named: list[PersonRow] = given) -> None:
        with engine.begin() as connection:
            upsert_persons(connection, named, source_system="bench")

    def start_again() -> None:
        empty()
        forget()

    baseline = _median(copy, empty)
    first = _median(upsert, empty)
    again = seconds(upsert)
    with engine.begin() as connection:
        written = connection.execute(text("select count(*) from persons where updated_at > created_at")).scalar_one()
    raw = _median(lambda: upsert(read_persons(answer, company_ids)), start_again)
    empty()
    few = max(200, rows // 20)
    slow = seconds(lambda: _persons_row_by_row(engine, given[:few])) * rows / few
    results.add(f"{rows:,} persons with roles and channels, new", first, baseline, "COPY of the same rows", "<= 3")
    results.add(f"{rows:,} persons, from the raw answer", raw, baseline, "COPY of the same rows", "<= 5")
    results.add(f"{rows:,} persons again ({written} rows written)", again, baseline, "COPY of the same rows", "")
    results.add(f"{rows:,} persons row by row ({few:,} measured)", slow, first, "the same in bulk", ">= 20")


def _persons_row_by_row(engine: Engine, rows: list[PersonRow]) -> None:
    """Look up by LinkedIn URL, then by e-mail; insert person, channel and role: a statement at a time."""
    by_linkedin = text("select id from persons where linkedin_url = :linkedin_url")
    by_email = text("select person_id from contact_channels where channel_type = 'email' and value_key = :email")
    insert = text(
        "insert into persons (full_name, name_key, linkedin_url, current_title, seniority, source_system) "
        "values (:full_name, :name_key, :linkedin_url, :title, 'C-Suite', 'bench') returning id"
    )
    channel = text(
        "insert into contact_channels (person_id, channel_type, value, value_key) "
        "values (:person_id, 'email', :email, :email)"
    )
    role = text(
        "insert into company_person_roles (company_id, person_id, role_title, role_key, role_category, source_system) "
        "values (:company_id, :person_id, :title, lower(:title), 'c_level', 'bench')"
    )
    with engine.connect() as connection:
        for row in rows:
            values = {
                "full_name": row.full_name,
                "name_key": person_key(row.full_name),
                "linkedin_url": row.linkedin_url,
                "email": row.email,
                "title": row.title,
                "company_id": row.company_id,
            }
            known = connection.execute(by_linkedin, values).scalar() or connection.execute(by_email, values).scalar()
            if known is None:
                values["person_id"] = connection.execute(insert, values).scalar_one()
                if row.email:
                    connection.execute(channel, values)
                connection.execute(role, values)
            connection.commit()
