"""Counters of companies, contacts and conversations: always what is counted, whoever writes what at once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.account_counters import Mismatch, find_mismatches, repair
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.touchpoints import record_email_sent
from tests.db import counting
from tests.db.acting import act_as, reset
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import add_companies, at_once, empty, stored, versions, wait_for_blocked

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def run(connection: Connection, sql: str, **values: Any) -> None:
    connection.execute(text(sql), values)


class World:
    """Two companies, two contacts at the first, two conversations of the first contact, one of the second."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.acme, self.globex = add_companies(connection, "Acme", "Globex")
        self.ada = add_contact(connection, self.acme)
        self.bob = add_contact(connection, self.acme, "Bob Roe")
        self.one, self.two = (add_conversation(connection, self.ada, self.acme) for _ in range(2))
        self.three = add_conversation(connection, self.bob, self.acme)

    def companies(self) -> list[tuple[int, int]]:
        """Contacts and active conversations, of each company."""
        rows = stored(self.connection, "companies", "total_contacts, active_conversations", "id")
        return [(row["total_contacts"], row["active_conversations"]) for row in rows]

    def contact(self, contact_id: UUID) -> tuple[int, datetime | None]:
        found = self.connection.execute(
            text("select total_touchpoints, last_engaged_at from contacts where id = :id"), {"id": contact_id}
        ).one()
        return found.total_touchpoints, found.last_engaged_at

    def talk(self, conversation_id: UUID) -> tuple[int, datetime | None, int, datetime | None, Decimal | None]:
        """Touchpoints, last; responses, last, average hours."""
        row = self.connection.execute(text("select * from conversations where id = :id"), {"id": conversation_id}).one()
        return (
            row.touchpoint_count,
            row.last_touchpoint_at,
            row.response_count,
            row.last_response_at,
            row.avg_response_time_hours,
        )

    def holds(self) -> None:
        assert find_mismatches(self.connection) == []


@pytest.fixture(params=["owner", "prospecting_app"])
def world(request: pytest.FixtureRequest, connection: Connection) -> World:
    made = World(connection)
    act_as(connection, request.param)
    return made


# ------------------------------------------------------------------ one by one
def test_contacts_are_counted_where_they_are(world: World) -> None:
    connection = world.connection
    assert world.companies() == [(2, 3), (0, 0)]
    run(connection, "update contacts set company_id = :to where id = :id", to=world.globex, id=world.ada)
    assert world.companies() == [(1, 3), (1, 0)]
    run(connection, "update contacts set company_id = :to", to=world.globex)
    assert world.companies() == [(0, 3), (2, 0)]
    run(connection, "update contacts set company_id = null where id = :id", id=world.ada)
    run(connection, "update contacts set role = 'chair'")
    add_contact(connection, world.acme, "Eve Poe")
    assert world.companies() == [(1, 3), (1, 0)]
    run(connection, "delete from contacts where id = :id", id=world.bob)
    assert world.companies() == [(1, 2), (0, 0)]
    # Changed and moved in one statement: both triggers fire, each for what it saw.
    person = connection.execute(
        text("insert into persons (full_name, name_key, source_system) values ('x', 'x', 'tests') returning id")
    ).scalar_one()
    run(
        connection,
        "with moved as (update contacts set company_id = :globex returning id) "
        "insert into contacts (person_id, company_id) values (:person, :globex)",
        globex=world.globex,
        person=person,
    )
    assert world.companies() == [(0, 2), (3, 0)]
    world.holds()


def test_active_conversations_are_counted_where_they_are(world: World) -> None:
    connection = world.connection
    run(connection, "update conversations set status = 'paused' where id = :id", id=world.one)
    assert world.companies() == [(2, 2), (0, 0)]
    run(
        connection,
        "update conversations set status = case id when :one then 'active' else 'won' end, company_id = :globex",
        one=world.one,
        globex=world.globex,
    )
    assert world.companies() == [(2, 0), (0, 1)]
    run(connection, "update conversations set status = 'active', company_id = :acme", acme=world.acme)
    run(connection, "delete from conversations where id = :id", id=world.two)
    assert world.companies() == [(2, 2), (0, 0)]
    run(
        connection,
        "insert into conversations (contact_id, company_id, status) select contact_id, :globex, s "
        "from conversations, unnest(array['active', 'lost', 'active']) as s",
        globex=world.globex,
    )
    assert world.companies() == [(2, 2), (0, 4)]
    world.holds()


def test_touchpoints_are_counted(world: World) -> None:
    connection = world.connection
    first = add_touchpoint(connection, world.one, sent_at=after(0))
    assert world.talk(world.one) == (1, after(0), 0, None, None)
    assert world.contact(world.ada) == (1, after(0))
    # What is planned, and what is told late, does not move the last time; nor the time of its conversation's change.
    changed = stored(connection, "conversations", "updated_at") + stored(connection, "contacts", "updated_at")
    planned = add_touchpoint(connection, world.one, scheduled_for=after(99))
    add_touchpoint(connection, world.two, sent_at=after(-5))
    assert world.talk(world.one) == (2, after(0), 0, None, None)
    assert world.contact(world.ada) == (3, after(0))
    assert stored(connection, "conversations", "updated_at") + stored(connection, "contacts", "updated_at") == changed
    run(connection, "update touchpoints set sent_at = :at where id = :id", at=after(2), id=planned)
    run(connection, "update touchpoints set replied_at = :at where id = :id", at=after(3), id=first)
    assert world.talk(world.one) == (2, after(2), 1, after(3), Decimal(3))
    # An inbound one counts when it says that it is a reply; one that was answered before it was sent has no time.
    add_touchpoint(connection, world.one, direction="inbound", sent_at=after(4), replied_at=after(4))
    add_touchpoint(connection, world.one, direction="inbound", sent_at=after(5))
    add_touchpoint(connection, world.one, sent_at=after(6), replied_at=after(5))
    assert world.talk(world.one) == (5, after(6), 3, after(5), Decimal(3))
    add_touchpoint(connection, world.one, sent_at=after(6), replied_at=after(7.25))
    assert world.talk(world.one) == (6, after(6), 4, after(7.25), Decimal("2.13"))
    run(connection, "update touchpoints set direction = 'inbound' where id = :id", id=first)
    assert world.talk(world.one) == (6, after(6), 4, after(7.25), Decimal("1.25"))
    run(connection, "delete from touchpoints where replied_at >= :at", at=after(5))
    assert world.talk(world.one) == (4, after(5), 2, after(4), None)
    assert world.contact(world.ada) == (5, after(5))
    world.holds()


def test_touchpoints_take_their_counts_with_them(world: World) -> None:
    connection = world.connection
    moved = add_touchpoint(connection, world.one, sent_at=after(2), replied_at=after(4))
    add_touchpoint(connection, world.one, sent_at=after(1))
    add_touchpoint(connection, world.three, sent_at=after(0))
    run(connection, "update touchpoints set conversation_id = :to where id = :id", to=world.three, id=moved)
    assert world.talk(world.one) == (1, after(1), 0, None, None)
    assert world.talk(world.three) == (2, after(2), 1, after(4), Decimal(2))
    assert (world.contact(world.ada), world.contact(world.bob)) == ((1, after(1)), (2, after(2)))
    # A conversation takes its touchpoints to another contact.
    run(connection, "update conversations set contact_id = :to where id = :id", to=world.ada, id=world.three)
    assert (world.contact(world.ada), world.contact(world.bob)) == ((3, after(2)), (0, None))
    run(connection, "delete from conversations where id = :id", id=world.three)
    assert world.contact(world.ada) == (1, after(1))
    run(
        connection,
        "update conversations set contact_id = case contact_id when :ada then :bob else :ada end",
        ada=world.ada,
        bob=world.bob,
    )
    assert (world.contact(world.ada), world.contact(world.bob)) == ((0, None), (1, after(1)))
    world.holds()


@pytest.mark.parametrize(
    ("mixed", "one", "three"),
    [
        (
            "with gone as (delete from touchpoints where conversation_id = :one returning *) "
            "insert into touchpoints (conversation_id, channel, direction, sent_at, replied_at) "
            "select :one, channel, direction, sent_at, replied_at from gone",
            2,
            0,
        ),
        (
            "with gone as (delete from touchpoints where conversation_id = :one and replied_at is null returning *) "
            "insert into touchpoints (conversation_id, channel, direction, sent_at) "
            "select :three, channel, direction, sent_at from gone, generate_series(1, 2)",
            1,
            2,
        ),
        (
            "with changed as (update touchpoints set sent_at = sent_at - interval '1 day', replied_at = now() "
            "returning id) "
            "insert into touchpoints (conversation_id, channel, direction, replied_at) "
            "select :one, 'email', 'outbound', now() from changed",
            4,
            0,
        ),
        (
            "insert into touchpoints (id, conversation_id, channel, direction, replied_at) "
            "select case when n > 0 then gen_random_uuid() else (select id from touchpoints limit 1) end, :one, "
            "'email', 'outbound', now() from generate_series(0, 2) as n "
            "on conflict (id) do update set replied_at = excluded.replied_at, sent_at = null",
            4,
            0,
        ),
        (
            "merge into touchpoints as t using generate_series(1, 3) as n on n = 1 and t.replied_at is not null "
            "when matched then delete "
            "when not matched then insert (conversation_id, channel, direction) values (:three, 'sms', 'outbound')",
            1,
            2,
        ),
    ],
    ids=["replace", "move", "add and change", "add or change", "merge"],
)
def test_a_statement_that_does_several_things_counts_each_once(world: World, mixed: str, one: int, three: int) -> None:
    add_touchpoint(world.connection, world.one, sent_at=after(1))
    add_touchpoint(world.connection, world.one, sent_at=after(2), replied_at=after(3))
    run(world.connection, mixed, **{n: i for n, i in (("one", world.one), ("three", world.three)) if f":{n}" in mixed})
    assert (world.talk(world.one)[0], world.talk(world.three)[0]) == (one, three)
    world.holds()


def test_what_goes_takes_its_counts_away(connection: Connection) -> None:
    world = World(connection)
    for talk in (world.one, world.two, world.three):
        add_touchpoint(connection, talk, sent_at=after(1), replied_at=after(2))
    elsewhere = add_conversation(connection, world.ada, world.globex)
    add_touchpoint(connection, elsewhere, sent_at=after(9))
    run(connection, "delete from companies where id = :id", id=world.globex)
    assert (world.companies(), world.contact(world.ada)) == ([(2, 3)], (2, after(1)))
    run(connection, "delete from persons where id = (select person_id from contacts where id = :id)", id=world.bob)
    assert world.companies() == [(1, 2)]
    world.holds()
    run(connection, "truncate touchpoints cascade")
    assert (world.talk(world.one), world.contact(world.ada)) == ((0, None, 0, None, None), (0, None))
    add_touchpoint(connection, world.one, sent_at=after(1))
    run(connection, "truncate conversations cascade")
    assert (world.companies(), world.contact(world.ada)) == ([(1, 0)], (0, None))
    run(connection, "truncate contacts cascade")
    assert world.companies() == [(0, 0)]
    World(connection)
    run(connection, "truncate companies cascade")
    world.holds()


def test_no_trigger_compares_each_row_with_each(connection: Connection) -> None:
    """Its plan is made for the first statement of a session: what joins one row with one does so with 100,000."""
    triggers = text("select proname, prosrc, proconfig from pg_proc where prosrc ~ 'new_rows' and prosrc ~ 'old_rows'")
    found = {row.proname: row for row in connection.execute(triggers)}
    assert {"count_contacts", "count_conversations", "count_touchpoints"} <= set(found)
    assert [name for name, row in found.items() if re.search(r"join\s+(old|new)_rows", row.prosrc)] == []
    for name in ("count_contacts", "count_conversations", "count_touchpoints"):
        assert found[name].proconfig == ["enable_seqscan=off"]


# ------------------------------------------------------------------ finding and setting right
def test_what_is_wrong_is_found_and_set_right(connection: Connection) -> None:
    world = World(connection)
    add_touchpoint(connection, world.one, sent_at=after(1), replied_at=after(2))
    assert (find_mismatches(connection), repair(connection)) == ([], 0)
    run(connection, "set local session_replication_role = replica")
    run(connection, "update companies set total_contacts = 9 where id = :id", id=world.globex)
    run(connection, "update conversations set status = 'paused' where id = :id", id=world.two)
    run(connection, "update touchpoints set replied_at = null")
    add_touchpoint(connection, world.three, sent_at=after(3))
    run(connection, "update conversations set touchpoint_count = 7 where id = :id", id=world.two)
    run(connection, "update contacts set last_engaged_at = null where id = :id", id=world.ada)
    run(connection, "set local session_replication_role = origin")
    found = find_mismatches(connection)
    assert {
        (row.table_name, row.id, row.column_name, row.stored, row.counted)
        for row in found
        if "_at" not in row.column_name
    } == {
        ("companies", str(world.acme), "active_conversations", "3", "2"),
        ("companies", str(world.globex), "total_contacts", "9", "0"),
        ("conversations", str(world.one), "response_count", "1", "0"),
        ("conversations", str(world.one), "avg_response_time_hours", "1.00", None),
        ("conversations", str(world.two), "touchpoint_count", "7", "0"),
        ("conversations", str(world.three), "touchpoint_count", "0", "1"),
        ("contacts", str(world.bob), "total_touchpoints", "0", "1"),
    }
    assert {(row.table_name, row.id, row.column_name) for row in found if "_at" in row.column_name} == {
        ("conversations", str(world.one), "last_response_at"),
        ("conversations", str(world.three), "last_touchpoint_at"),
        ("contacts", str(world.bob), "last_engaged_at"),
        ("contacts", str(world.ada), "last_engaged_at"),
    }
    assert all(type(row) is Mismatch for row in found)
    assert [row.table_name for row in find_mismatches(connection, limit=1)] == [
        "companies",
        "contacts",
        "conversations",
    ]
    act_as(connection, "prospecting_app")
    assert repair(connection) == len(found)
    world.holds()
    reset(connection)
    before = versions(connection)
    assert repair(connection) == 0
    assert versions(connection) == before
    with pytest.raises(ValueError, match="negative"):
        find_mismatches(connection, limit=-1)


def test_a_counter_that_is_too_low_refuses_no_write(connection: Connection) -> None:
    world = World(connection)
    add_touchpoint(connection, world.one, sent_at=after(1), replied_at=after(2))
    run(connection, "set local session_replication_role = replica")
    run(connection, "update companies set total_contacts = 0, active_conversations = 0")
    run(connection, "update conversations set touchpoint_count = 0, response_count = 0")
    run(connection, "update contacts set total_touchpoints = 0")
    run(connection, "set local session_replication_role = origin")
    run(connection, "delete from touchpoints")
    run(connection, "delete from conversations where id = :id", id=world.one)
    run(connection, "delete from contacts where id = :id", id=world.bob)
    assert world.companies() == [(0, 0), (0, 0)]
    assert repair(connection) == 2
    assert world.companies() == [(1, 1), (0, 0)]


def test_what_is_written_while_counters_are_set_right_is_counted(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        world = World(connection)
        run(connection, "set local session_replication_role = replica")
        run(connection, "update conversations set touchpoint_count = 5")
        run(connection, "update contacts set total_touchpoints = 5")
    works: list[Any] = [repair, lambda connection: record_email_sent(connection, world.one, "Hello", None)] * 3
    at_once(engine, works)
    with unit_of_work(engine) as connection:
        assert find_mismatches(connection) == []


# ------------------------------------------------------------------ many at once
@pytest.mark.parametrize(
    ("first", "second"),
    [
        # One brings the newest touchpoint while another takes one away: who waited looks again.
        ("insert into touchpoints (conversation_id, channel, direction, sent_at, replied_at) "
         "values (:one, 'sms', 'outbound', :late, :late)", "delete from touchpoints where subject = 'first'"),
        # Both write to a contact, in a conversation each.
        ("update touchpoints set sent_at = :late where conversation_id = :one",
         "insert into touchpoints (conversation_id, channel, direction) values (:two, 'sms', 'outbound')"),
        # The conversation goes to somebody else while it gets another touchpoint.
        ("update conversations set contact_id = :bob where id = :one",
         "insert into touchpoints (conversation_id, channel, direction) values (:one, 'sms', 'outbound')"),
        ("delete from conversations where id = :one", "delete from touchpoints where conversation_id = :two"),
    ],
    ids=["conversation", "contact", "moved", "gone"],
)  # fmt: skip
def test_who_waited_counts_what_the_other_wrote(engine: Engine, first: str, second: str) -> None:
    with unit_of_work(engine) as connection:
        world = World(connection)
        for talk in (world.one, world.two):
            add_touchpoint(connection, talk, sent_at=after(1), replied_at=after(2), subject="first")
            add_touchpoint(connection, talk, sent_at=after(0))
    names = {"one": world.one, "two": world.two, "bob": world.bob, "late": after(9)}

    def write(connection: Connection, sql: str) -> None:
        run(connection, sql, **{name: value for name, value in names.items() if f":{name}" in sql})

    with ThreadPoolExecutor(1) as pool, unit_of_work(engine) as one:
        write(one, first)

        def other() -> None:
            with unit_of_work(engine, timeout_seconds=30) as connection:
                write(connection, second)

        waiting = pool.submit(other)
        wait_for_blocked(one, 1)
        one.commit()
        waiting.result(timeout=60)
    with unit_of_work(engine) as connection:
        assert find_mismatches(connection) == []


def test_eight_who_write_into_one_conversation_are_all_counted(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        world = World(connection)

    def write(connection: Connection) -> None:
        for _ in range(10):
            record_email_sent(connection, world.one, "Hello", None, sent_at=after(0))
            add_touchpoint(connection, world.one, sent_at=after(1), replied_at=after(2))

    at_once(engine, [write] * 8)
    with unit_of_work(engine) as connection:
        world.connection = connection
        assert world.talk(world.one) == (160, after(1), 80, after(2), Decimal(1))
        assert world.contact(world.ada) == (160, after(1))
        world.holds()


def test_whatever_several_processes_write_at_once_the_counters_are_right(engine: Engine, database_url: str) -> None:
    url = database_url.replace("postgresql+psycopg://", "postgresql://")
    with counting.processes(3) as change:

        @settings(max_examples=3)
        @given(lists=st.lists(counting.changes(10), min_size=3, max_size=3))
        def check(lists: list[Any]) -> None:
            empty(engine)
            with unit_of_work(engine) as connection:
                world = World(connection)
                for talk in (world.one, world.two, world.three):
                    add_touchpoint(connection, talk, sent_at=after(1), replied_at=after(2))
            change(url, lists)
            with unit_of_work(engine) as connection:
                assert find_mismatches(connection) == []

        check()
