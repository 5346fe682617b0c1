"""Stored name keys follow the rules that make them, whatever is stored and whoever writes meanwhile."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.engine import URL

from prospecting.parsing.names import COMPANY_KEY_RULES, PERSON_KEY_RULES
from prospecting.persistence import name_keys
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.name_keys import refresh_company_keys, refresh_person_keys
from prospecting.persistence.persons import PersonRow, upsert_persons
from tests.conftest import migrate
from tests.db.factories import count, ids, stored, versions

RULES = {"company": COMPANY_KEY_RULES, "person": PERSON_KEY_RULES}


def keep_company(connection: Connection, name: str, key: str, domain: str | None = None) -> int:
    """A company as older rules have stored it."""
    found: int = connection.execute(
        text(
            "insert into companies (name, name_key, domain, source_system) values (:name, :key, :domain, 'test') "
            "returning id"
        ),
        {"name": name, "key": key, "domain": domain},
    ).scalar_one()
    return found


def keep_person(connection: Connection, name: str, key: str, *company_ids: int) -> int:
    """A person as older rules have stored them, with a role at each of the companies."""
    found: int = connection.execute(
        text("insert into persons (full_name, name_key, source_system) values (:name, :key, 'test') returning id"),
        {"name": name, "key": key},
    ).scalar_one()
    for company_id in company_ids:
        connection.execute(
            text(
                "insert into company_person_roles (company_id, person_id, role_category, source_system) "
                "values (:company, :person, 'other', 'test')"
            ),
            {"company": company_id, "person": found},
        )
    return found


def merge(connection: Connection, table: str, loser: int, winner: int) -> None:
    connection.execute(
        text(f"update {table} set merged_into_id = :winner where id = :loser"), {"winner": winner, "loser": loser}
    )


def note_rules(connection: Connection, company: int | None, person: int | None) -> None:
    """Note by which rules the keys were made; ``None``: nobody knows."""
    connection.execute(text("delete from name_key_rules"))
    for entity_type, rules in (("company", company), ("person", person)):
        if rules is not None:
            connection.execute(
                text("insert into name_key_rules (entity_type, rules) values (:type, :rules)"),
                {"type": entity_type, "rules": rules},
            )


def noted_rules(connection: Connection) -> dict[str, int]:
    return {row["entity_type"]: row["rules"] for row in stored(connection, "name_key_rules")}


def refresh(connection: Connection) -> tuple[int, int]:
    """Companies and persons that get another key."""
    return refresh_company_keys(connection), refresh_person_keys(connection)


def keys(connection: Connection, table: str = "companies") -> list[str]:
    return [row["name_key"] for row in stored(connection, table, "id, name_key")]


def pairs(connection: Connection) -> list[tuple[str, int, int, str]]:
    columns = "entity_type, left_id, right_id, reason"
    return [tuple(row.values()) for row in stored(connection, "merge_candidates", columns, "1, 2, 3")]


@pytest.fixture
def connection(connection: Connection) -> Connection:
    """Nobody has noted by which rules the keys were made."""
    note_rules(connection, None, None)
    return connection


# ------------------------------------------------------------------ when
@pytest.mark.parametrize("company", [None, COMPANY_KEY_RULES - 1])
def test_older_keys_are_made_again_and_only_once(connection: Connection, company: int | None) -> None:
    note_rules(connection, company, PERSON_KEY_RULES)
    keep_company(connection, "UAB Acme", "uabacme")
    keep_person(connection, "Jane Doe, M.Ed", "jane doe med")
    assert refresh(connection) == (1, 0), "the keys of persons are current, whatever they are"
    assert (keys(connection), keys(connection, "persons")) == (["acme"], ["jane doe med"])
    assert noted_rules(connection) == RULES
    before = versions(connection)
    assert refresh(connection) == (0, 0)
    assert versions(connection) == before


def test_current_and_newer_keys_stay(connection: Connection) -> None:
    keep_company(connection, "UAB Acme", "uabacme")
    keep_person(connection, "Jane Doe, M.Ed", "jane doe med")
    for extra in (0, 1):
        note_rules(connection, COMPANY_KEY_RULES + extra, PERSON_KEY_RULES + extra)
        before = versions(connection)
        assert refresh(connection) == (0, 0)
        assert versions(connection) == before


def test_keys_that_are_right_already_are_not_written(connection: Connection) -> None:
    upsert_companies(connection, [CompanyRow("Acme, Inc."), CompanyRow("Globex", "globex.com")], source_system="test")
    person = PersonRow("Jane Doe", linkedin_url="linkedin.com/in/jane-doe")
    upsert_persons(connection, [person], source_system="test")
    before = versions(connection)
    assert refresh(connection) == (0, 0)
    after = versions(connection)
    assert {table for table in after if after[table] != before[table]} == {"name_key_rules"}


def test_the_same_mention_finds_the_company_and_the_person_again(connection: Connection) -> None:
    acme = keep_company(connection, "Acme Limited Liability Company", "acmelimitedliability")
    photos = keep_company(connection, "Photopea.com", "photopeacom")
    ed = keep_person(connection, "Royce, Ed", "royce", acme)
    assert refresh(connection) == (2, 1)
    companies = [CompanyRow("Acme LLC"), CompanyRow("Photopea"), CompanyRow("Photopea.com")]
    assert ids(upsert_companies(connection, companies, source_system="test").saved) == [acme, photos, photos]
    assert ids(upsert_persons(connection, [PersonRow("Ed Royce", acme)], source_system="test").saved) == [ed]
    assert (count(connection, "companies"), count(connection, "persons")) == (2, 1)
    assert pairs(connection) == []


def test_when_and_by_whom_something_was_said_last_stays(connection: Connection) -> None:
    keep_company(connection, "UAB Acme", "uabacme")
    connection.execute(text("update companies set updated_at = '2020-01-01', written_by = 7"))
    columns = "name, updated_at, written_by, created_at"
    before = stored(connection, "companies", columns)
    assert refresh(connection) == (1, 0)
    assert stored(connection, "companies", columns) == before


def test_many_names_come_in_portions(connection: Connection) -> None:
    connection.execute(
        text(
            "insert into companies (name, name_key, source_system) "
            "select 'UAB Acme ' || n, 'uabacme' || n, 'test' from generate_series(1, 25000) as n"
        )
    )
    connection.execute(
        text(
            "insert into persons (full_name, name_key, source_system) "
            "select 'Jane Doe, M.Ed', 'jane doe med', 'test' from generate_series(1, 12000)"
        )
    )
    assert refresh(connection) == (25_000, 12_000)
    assert keys(connection) == [f"acme{number}" for number in range(1, 25_001)]
    assert set(keys(connection, "persons")) == {"jane doe"}
    assert pairs(connection) == [], "namesakes who share no company are nobody's doubt"


# ------------------------------------------------------------------ companies that meet
def test_of_two_without_a_domain_the_later_keeps_its_old_key(connection: Connection) -> None:
    first = keep_company(connection, "UAB Acme", "uabacme")
    second = keep_company(connection, "Acme PJSC", "acmepjsc")
    third = keep_company(connection, "Acme Limited Liability Company", "acmelimitedliability")
    assert refresh(connection) == (1, 0)
    assert keys(connection) == ["acme", "acmepjsc", "acmelimitedliability"]
    assert pairs(connection) == [
        ("company", first, second, "same_name_domain_unknown"),
        ("company", first, third, "same_name_domain_unknown"),
    ]
    evidence = stored(connection, "merge_candidates", "evidence", "left_id, right_id")[0]["evidence"]
    assert evidence == {"name_key": "acme", "names": ["Acme PJSC", "UAB Acme"], "domains": [None, None]}


def test_whose_key_it_is_already_keeps_it(connection: Connection) -> None:
    first = keep_company(connection, "UAB Acme", "uabacme")
    second = keep_company(connection, "Acme", "acme")
    assert refresh(connection) == (0, 0)
    assert keys(connection) == ["uabacme", "acme"]
    assert pairs(connection) == [("company", first, second, "same_name_domain_unknown")]


def test_a_key_that_is_given_up_is_free_for_another(connection: Connection) -> None:
    """Each takes the key of the one before or behind, whatever the order, also in a circle."""
    names = ["Acme", "Globex", "Initech", "Umbrella", "Hooli"]
    for name, key in zip(names, ["globex", "initech", "acme", "hooli", "hoolix"], strict=True):
        keep_company(connection, name, key)
    assert refresh(connection) == (5, 0)
    assert keys(connection) == ["acme", "globex", "initech", "umbrella", "hooli"]
    assert pairs(connection) == []


def test_who_cannot_move_is_in_the_way_of_the_next(connection: Connection) -> None:
    holder = keep_company(connection, "Acme", "acme")
    blocked = keep_company(connection, "UAB Acme", "globex")
    waiting = keep_company(connection, "Globex", "initech")
    last = keep_company(connection, "Initech", "hooli")
    assert refresh(connection) == (0, 0)
    assert keys(connection) == ["acme", "globex", "initech", "hooli"]
    assert [pair[1:3] for pair in pairs(connection)] == [(holder, blocked), (blocked, waiting), (waiting, last)]


def test_companies_with_domains_share_a_key_and_are_doubtful(connection: Connection) -> None:
    lithuanian = keep_company(connection, "UAB Acme", "uabacme", "acme.lt")
    american = keep_company(connection, "Acme, Inc.", "acme", "acme.com")
    nameless = keep_company(connection, "Acme PJSC", "acmepjsc")
    assert refresh(connection) == (2, 0)
    assert keys(connection) == ["acme", "acme", "acme"]
    assert pairs(connection) == [
        ("company", lithuanian, american, "same_name_different_domain"),
        ("company", lithuanian, nameless, "same_name_domain_unknown"),
        ("company", american, nameless, "same_name_domain_unknown"),
    ]


def test_what_a_person_has_decided_stays(connection: Connection) -> None:
    first = keep_company(connection, "UAB Acme", "uabacme", "acme.lt")
    second = keep_company(connection, "Acme", "acme", "acme.com")
    merged = keep_company(connection, "Acme PJSC", "acmepjsc")
    merge(connection, "companies", merged, first)
    connection.execute(
        text(
            "insert into merge_candidates (entity_type, left_id, right_id, reason, evidence, status) "
            "values ('company', :first, :second, 'shared_domain', '{}', 'distinct')"
        ),
        {"first": first, "second": second},
    )
    assert refresh(connection) == (2, 0)
    assert stored(connection, "merge_candidates", "left_id, right_id, status") == [
        {"left_id": first, "right_id": second, "status": "distinct"}
    ], "the merged one stands for the first"


@pytest.mark.parametrize(
    ("name", "domain", "key", "is_kept"),
    [
        ("Acme Tools", "acme-tools.com", "acmesdeveloperadvocates", True),
        ("Acme", "acme.com", "acmecloud", True),
        ("Acme", "acme.lt", "uabacme", False),
        ("Acme", "acme.com", "acmelimitedliability", False),
        ("Photopea", "photopea.com", "photopeacom", False),
        ("UAB Acme", "acme.com", "uabacme", False),
    ],
)
def test_the_key_stays_that_of_the_name_a_company_was_first_known_by(
    connection: Connection, name: str, domain: str, key: str, is_kept: bool
) -> None:
    """The name shown may have become the one that the domain spells; the key then is of another name."""
    keep_company(connection, name, key, domain)
    assert refresh(connection) == (0 if is_kept else 1, 0)
    assert (keys(connection) == [key]) is is_kept


# ------------------------------------------------------------------ persons who meet
def test_persons_share_a_key_and_are_doubtful_at_one_company(connection: Connection) -> None:
    acme, globex = keep_company(connection, "Acme", "acme"), keep_company(connection, "Globex", "globex")
    first = keep_person(connection, "Jane Doe", "jane doe", acme, globex)
    second = keep_person(connection, "Jane Doe, M.Ed", "jane doe med", globex)
    elsewhere = keep_person(connection, "Jane Doe, M.Ed", "jane doe med")
    merged = keep_person(connection, "CEO Jane Doe", "ceo jane doe", acme)
    merge(connection, "persons", merged, first)
    assert refresh(connection) == (0, 3)
    assert keys(connection, "persons") == ["jane doe"] * 4
    assert pairs(connection) == [("person", first, second, "same_name_and_company")]
    assert stored(connection, "merge_candidates", "evidence") == [
        {"evidence": {"company_id": globex, "name_key": "jane doe"}}
    ]
    assert elsewhere not in {first, second}


# ------------------------------------------------------------------ at once, half, and by migrating
def test_a_killed_attempt_leaves_nothing_and_the_next_does_it_all(engine: Engine, database_url: str) -> None:
    with unit_of_work(engine) as connection:
        note_rules(connection, 1, 1)
        acme = keep_company(connection, "UAB Acme", "uabacme")
        keep_company(connection, "Acme PJSC", "acmepjsc")
        keep_person(connection, "CEO Jane Doe", "ceo jane doe", acme)
    with engine.connect() as connection:
        before = versions(connection)
    program = (
        "import sys, time\nfrom sqlalchemy import NullPool, create_engine\n"
        "from tests.db.test_name_keys import refresh\n"
        "with create_engine(sys.argv[1], poolclass=NullPool).begin() as connection:\n"
        "    print(refresh(connection), flush=True)\n"
        "    time.sleep(60)"
    )
    worker = subprocess.Popen([sys.executable, "-c", program, database_url], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    try:
        assert worker.stdout.readline() == "(1, 1)\n"
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
    with engine.connect() as connection:
        assert versions(connection) == before
    with unit_of_work(engine, timeout_seconds=30) as connection:
        assert refresh(connection) == (1, 1)
        assert noted_rules(connection) == RULES
        assert count(connection, "merge_candidates") == 1


def test_who_writes_meanwhile_waits_and_finds_the_new_keys(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        note_rules(connection, 1, 1)
        acme = keep_company(connection, "UAB Acme", "uabacme", "acme.lt")
        jane = keep_person(connection, "CEO Jane Doe", "ceo jane doe", acme)
    found: list[Any] = []

    def write() -> None:
        with unit_of_work(engine, timeout_seconds=60) as connection:
            found.extend(upsert_companies(connection, [CompanyRow("Acme")], source_system="test").saved)
            found.extend(upsert_persons(connection, [PersonRow("Jane Doe", acme)], source_system="test").saved)

    writer = threading.Thread(target=write)
    with unit_of_work(engine) as connection:
        assert refresh(connection) == (1, 1)
        writer.start()
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        for _ in range(200):
            if connection.execute(text(waiting)).scalar_one():
                break
            connection.execute(text("select pg_sleep(0.05)"))
        assert connection.execute(text(waiting)).scalar_one() == 1
        assert found == []
    writer.join(timeout=60)
    assert [(saved.id, saved.is_new) for saved in found] == [(acme, False), (jane, False)]
    with engine.connect() as connection:
        assert (count(connection, "companies"), count(connection, "persons")) == (1, 1)


def test_two_at_once_do_it_once(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        note_rules(connection, 1, 1)
        keep_company(connection, "UAB Acme", "uabacme")
        keep_person(connection, "CEO Jane Doe", "ceo jane doe")
    done: list[tuple[int, int]] = []

    def work() -> None:
        with unit_of_work(engine, timeout_seconds=60) as connection:
            done.append(refresh(connection))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(done) == [(0, 0), (0, 0), (1, 1)]


def test_migrating_to_the_newest_version_makes_the_keys_again(empty_url: URL) -> None:
    engine = create_engine(empty_url, poolclass=NullPool)
    migrate(empty_url, "0010")
    with engine.begin() as connection:
        keep_company(connection, "UAB Acme", "uabacme")
        keep_person(connection, "CEO Jane Doe", "ceo jane doe")
    migrate(empty_url, "0010")
    with engine.connect() as connection:
        assert keys(connection) == ["uabacme"]
    migrate(empty_url)
    with engine.connect() as connection:
        assert (keys(connection), keys(connection, "persons")) == (["acme"], ["jane doe"])
        assert noted_rules(connection) == RULES
    # Without a migration to run, for the next version of the rules.
    with engine.begin() as connection:
        note_rules(connection, COMPANY_KEY_RULES - 1, PERSON_KEY_RULES)
        connection.execute(text("update companies set name_key = 'uabacme'"))
    migrate(empty_url)
    with engine.connect() as connection:
        assert keys(connection) == ["acme"]
        assert noted_rules(connection) == RULES


def test_a_new_database_has_nothing_to_do(empty_url: URL, caplog: pytest.LogCaptureFixture) -> None:
    migrate(empty_url)
    with create_engine(empty_url, poolclass=NullPool).connect() as connection:
        assert noted_rules(connection) == RULES
    assert not [record for record in caplog.records if record.name == name_keys.log.name]
