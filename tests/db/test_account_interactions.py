"""Touchpoints and deals as interactions: each once, of whoever did it, and the best contact of a recommendation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.account_interactions import SYSTEM_USER, log_touchpoint_interactions
from prospecting.persistence.intent import detect_intent
from prospecting.persistence.recommendations import query_recommendations, recommend_accounts
from tests.clock import days_ago, now, today
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import at_once, stored, versions, write_companies
from tests.db.recommending import add_accounts

ANN, GONE = UUID(int=1), UUID(int=99)


@pytest.fixture
def acme(connection: Connection) -> int:
    """Id of the company at acme.com."""
    return write_companies(connection)[0]


def logged(connection: Connection) -> list[tuple[str, UUID, datetime, bool]]:
    rows = stored(connection, "user_interactions", order="interaction_type, created_at, user_id")
    assert {row["account_domain"] for row in rows} <= {"acme.com"}
    return [
        (row["interaction_type"], row["user_id"], row["created_at"], row["interaction_metadata"]["automated"])
        for row in rows
    ]


def test_what_happened_in_conversations_is_logged_once(connection: Connection, acme: int) -> None:
    connection.execute(text("insert into users (id) values (:ann)"), {"ann": ANN})
    conversation = add_conversation(connection, add_contact(connection, acme), acme)
    add_touchpoint(connection, conversation, sent_at=days_ago(3), created_by_user_id=ANN)
    add_touchpoint(connection, conversation, sent_at=days_ago(2), created_by_automation=True)
    add_touchpoint(connection, conversation, sent_at=days_ago(1), created_by_user_id=GONE)
    add_touchpoint(connection, conversation, channel="meeting", sent_at=days_ago(5), created_by_user_id=ANN)
    # Not sent, not ours, never arrived, not yet: none of these is a contact.
    add_touchpoint(connection, conversation, scheduled_for=days_ago(-1))
    add_touchpoint(connection, conversation, direction="inbound", sent_at=days_ago(1))
    add_touchpoint(connection, conversation, sent_at=days_ago(1), bounced_at=days_ago(1))
    add_touchpoint(connection, conversation, sent_at=days_ago(-0.5))
    nowhere = connection.execute(
        text("insert into companies (name, name_key, source_system) values ('N', 'n', 'tests') returning id")
    ).scalar_one()
    add_touchpoint(connection, add_conversation(connection, add_contact(connection, nowhere), nowhere), sent_at=now())
    for status in ("won", "active", "lost"):
        connection.execute(text("update conversations set status = :s where company_id = :c"), {"s": status, "c": acme})

    assert log_touchpoint_interactions(connection) == 6
    ended = {row["status"]: row["changed_at"] for row in stored(connection, "conversation_transitions")}
    assert logged(connection) == [
        ("contacted", ANN, days_ago(3), False),
        ("contacted", SYSTEM_USER, days_ago(2), True),
        ("contacted", SYSTEM_USER, days_ago(1), False),
        ("deal_lost", SYSTEM_USER, ended["lost"], False),
        ("deal_won", SYSTEM_USER, ended["won"], False),
        ("meeting_booked", ANN, days_ago(5), False),
    ]
    before = versions(connection)
    assert log_touchpoint_interactions(connection) == 0
    assert versions(connection) == before


def test_each_was_known_since_it_was_entered_whenever_it_is_logged(connection: Connection, acme: int) -> None:
    conversation = add_conversation(connection, add_contact(connection, acme), acme)
    add_touchpoint(connection, conversation, sent_at=days_ago(9), created_at=days_ago(5))
    scheduled = add_touchpoint(connection, conversation, created_at=days_ago(8))
    for column, value in (("sent_at", days_ago(7)), ("sent_recorded_at", days_ago(6))):
        connection.execute(
            text(f"update touchpoints set {column} = :at where id = :id"), {"at": value, "id": scheduled}
        )
    meeting = add_touchpoint(connection, conversation, channel="meeting", created_at=days_ago(4))
    connection.execute(text("update touchpoints set sent_at = :at where id = :id"), {"at": days_ago(3), "id": meeting})
    assert log_touchpoint_interactions(connection) == 3
    rows = stored(connection, "user_interactions", "created_at, known_at", "created_at")
    assert [(row["created_at"], row["known_at"]) for row in rows] == [
        (days_ago(9), days_ago(5)),
        (days_ago(7), days_ago(6)),
        (days_ago(4), days_ago(4)),
    ]


def test_a_meeting_is_booked_when_it_is_entered(connection: Connection, acme: int) -> None:
    conversation = add_conversation(connection, add_contact(connection, acme), acme)
    add_touchpoint(connection, conversation, channel="meeting", scheduled_for=days_ago(-7))
    assert log_touchpoint_interactions(connection) == 1
    [(kind, *_)] = logged(connection)
    assert kind == "meeting_booked"
    # It takes place: the same meeting.
    connection.execute(text("update touchpoints set sent_at = now()"))
    assert log_touchpoint_interactions(connection) == 0


def test_a_move_to_another_contact_is_no_second_deal(connection: Connection, acme: int) -> None:
    other = add_contact(connection, acme)
    add_conversation(connection, add_contact(connection, acme), acme, status="won")
    connection.execute(text("update conversations set contact_id = :other"), {"other": other})
    assert log_touchpoint_interactions(connection) == 1


def test_two_at_once_log_each_once(engine: Engine) -> None:
    with engine.begin() as connection:
        acme = write_companies(connection)[0]
        conversation = add_conversation(connection, add_contact(connection, acme), acme)
        for days in range(1, 30):
            add_touchpoint(connection, conversation, sent_at=days_ago(days))
    assert sum(at_once(engine, [log_touchpoint_interactions] * 2)) == 29


def test_what_a_sequence_sends_by_itself_is_no_intent(connection: Connection, acme: int) -> None:
    add_accounts(connection, "acme.com")
    conversation = add_conversation(connection, add_contact(connection, acme), acme)
    for days in range(12):
        add_touchpoint(connection, conversation, sent_at=days_ago(days / 10), created_by_automation=True)
    log_touchpoint_interactions(connection)
    detect_intent(connection, as_of=now() + timedelta(minutes=1))
    assert stored(connection, "account_intent") == []
    for days in range(12):
        add_touchpoint(connection, conversation, sent_at=days_ago(days / 10))
    log_touchpoint_interactions(connection)
    detect_intent(connection, as_of=now() + timedelta(minutes=1))
    assert [row["account_domain"] for row in stored(connection, "account_intent")] == ["acme.com"]


def test_a_recommendation_names_whom_to_talk_to(connection: Connection, acme: int) -> None:
    """Nobody who said no or bounced; decision makers first, then rank, then whoever is engaged most."""
    add_accounts(connection, "acme.com", reply_count_30d=2, decision_maker_contact_count=1)
    connection.execute(text("update accounts set company_id = :id"), {"id": acme})

    def best() -> tuple[Any, list[str]]:
        recommend_accounts(connection, on=today(), as_of=now())
        [row] = query_recommendations(connection)
        return row["contact_id"], row["reasons"]

    assert best()[0] is None
    no = {"do_not_contact": True}
    add_contact(connection, acme, is_decision_maker=True, seniority_level="c-level", communication_preferences=no)
    add_contact(connection, acme, is_decision_maker=True, seniority_level="c-level", status="unsubscribed")
    assert best()[0] is None
    quiet = add_contact(connection, acme, seniority_level="vp")
    assert best()[0] == quiet
    engaged = add_contact(connection, acme, seniority_level="vp", engagement_score=40)
    assert best()[0] == engaged
    deciding = add_contact(connection, acme, seniority_level="manager", is_decision_maker=True)
    found, reasons = best()
    assert found == deciding
    assert {"2 replies in 30 days", "1 decision maker among the contacts"} <= set(reasons)
    before = versions(connection)
    assert best()[0] == deciding
    assert versions(connection) == before
    connection.execute(text("delete from contacts where id = :id"), {"id": deciding})
    assert best()[0] == engaged
