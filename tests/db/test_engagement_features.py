"""Contacts, conversations and touchpoints among the features of accounts: as they were, with what was on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from tests.clock import days_ago
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import write_companies
from tests.db.refreshing import grow_older, months, now, refresh, settle, snapshots

TABLES = ("contacts", "conversation_transitions", "touchpoints")


def test_each_of_them_makes_an_account_that_the_next_refresh_hears_of(engine: Engine) -> None:
    def contact(connection: Connection) -> None:
        add_contact(connection, company(connection), is_decision_maker=True)

    def conversation(connection: Connection) -> None:
        add_conversation(connection, one(connection, "contacts"), company(connection))

    def touchpoint(connection: Connection) -> None:
        add_touchpoint(connection, one(connection, "conversations"), sent_at=days_ago(1))

    def reply(connection: Connection) -> None:
        connection.execute(text("update touchpoints set replied_at = sent_at + interval '1 hour'"))

    def counters(connection: Connection) -> None:
        connection.execute(text("update contacts set engagement_score = 50, total_touchpoints = 9"))

    def goes(connection: Connection) -> None:
        connection.execute(text("delete from conversations"))

    with engine.begin() as connection:
        write_companies(connection)
    steps: list[tuple[Any, dict[str, Any]]] = [
        (contact, {"contact_count": 1, "decision_maker_contact_count": 1}),
        (conversation, {"active_conversation_count": 1}),
        (touchpoint, {"touchpoint_count_30d": 1, "touchpoint_count_90d": 1}),
        (reply, {"reply_count_30d": 1, "reply_count_90d": 1, "last_reply_at": days_ago(1) + timedelta(hours=1)}),
        (counters, {}),
    ]
    expected: dict[str, Any] = {}
    previous = None
    for step, adds in steps:
        with engine.begin() as connection:
            step(connection)
        with engine.connect() as connection:
            previous, counted = refresh(connection, previous)
            assert counted.signals_written == bool(adds), step.__name__
            expected |= adds
            assert now(connection, "acme.com") == expected
            settle(connection)
    with engine.begin() as connection:
        goes(connection)
    with engine.connect() as connection:
        refresh(connection, previous)
        assert now(connection, "acme.com") == {"contact_count": 1, "decision_maker_contact_count": 1}


def company(connection: Connection, domain: str = "acme.com") -> int:
    found: int = connection.execute(text("select id from companies where domain = :d"), {"d": domain}).scalar_one()
    return found


def one(connection: Connection, table: str) -> Any:
    return connection.execute(text(f"select id from {table} order by id limit 1")).scalar_one()


def test_a_snapshot_knows_what_was_on_record_and_nothing_else(engine: Engine) -> None:
    """A reply of long ago that is entered today, a decision maker made one today: neither was known before."""
    before = months()[1]
    with engine.begin() as connection:
        write_companies(connection)
        contact = add_contact(connection, company(connection))
        conversation = add_conversation(connection, contact, company(connection))
        add_touchpoint(connection, conversation, sent_at=days_ago(1), direction="inbound", replied_at=days_ago(1))
        add_touchpoint(connection, conversation, sent_at=days_ago(0.5))
    days = (days_ago(0) - before).days + 3
    with engine.begin() as connection:
        grow_older(connection, days, TABLES)
    with engine.begin() as connection:
        connection.execute(text("update contacts set is_decision_maker = true"))
        connection.execute(
            text("update touchpoints set replied_at = sent_at + interval '1 minute' where direction = 'outbound'")
        )
        connection.execute(text("update conversations set status = 'paused'"))
        add_touchpoint(connection, conversation, sent_at=before - timedelta(days=2))
    with engine.connect() as connection:
        refresh(connection)
        told = snapshots(connection, "acme.com")
        assert set(told) == {month for month in months() if month >= before}
        known = {"contact_count": 1, "active_conversation_count": 1, "reply_count_30d": 1, "reply_count_90d": 1}
        assert {name: told[before].get(name) for name in known} == known
        assert (told[before]["touchpoint_count_90d"], "decision_maker_contact_count" in told[before]) == (2, False)
        assert told[before]["last_reply_at"] == days_ago(1) - timedelta(days=days)
        today = now(connection, "acme.com")
        assert (today["decision_maker_contact_count"], today.get("active_conversation_count")) == (1, None)
        assert today["last_reply_at"] == days_ago(0.5) - timedelta(days=days) + timedelta(minutes=1)
        recent = [moment for moment in (days_ago(0.5), days_ago(1)) if days + 1 < 90]
        assert today.get("reply_count_90d", 0) == len(recent)


def test_what_leaves_the_window_or_was_dated_ahead_is_counted_anew(engine: Engine) -> None:
    with engine.begin() as connection:
        write_companies(connection)
        conversation = add_conversation(connection, add_contact(connection, company(connection)), company(connection))
        add_touchpoint(connection, conversation, sent_at=days_ago(29.9), replied_at=days_ago(29.9))
        add_touchpoint(connection, conversation, sent_at=days_ago(-0.1))
    with engine.connect() as connection:
        previous, _ = refresh(connection)
        first = now(connection, "acme.com")
        assert (first["touchpoint_count_30d"], first["reply_count_30d"]) == (1, 1)
        settle(connection)
    with engine.begin() as connection:
        # A day passes: only the touchpoints grow older.
        grow_older(connection, 1, TABLES)
    with engine.connect() as connection:
        refresh(connection, _a_day_before(previous))
        second = now(connection, "acme.com")
        assert (second["touchpoint_count_30d"], second["touchpoint_count_90d"]) == (1, 2)
        assert ("reply_count_30d" in second, second["reply_count_90d"]) == (False, 1)


def _a_day_before(previous: Any) -> Any:
    earlier = replace(previous.watermark, as_of=previous.watermark.as_of - timedelta(days=1))
    return replace(previous, watermark=earlier)
