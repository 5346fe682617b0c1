"""Engagement scores as stored: the same as the formula's, whatever happened, and written only when they differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.contact_engagement import day_of, refresh_engagement
from prospecting.scoring.contact_engagement import EngagementEvent, engagement_score
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import add_companies, at_once, stored, versions

AS_OF = datetime(2026, 6, 15, 3, 30, tzinfo=UTC)
TODAY = day_of(AS_OF)
EVERYTHING: dict[str, Any] = {"first_id": 0, "last_id": 2**62}


def ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


def refresh(connection: Connection, **chosen: Any) -> int:
    return refresh_engagement(connection, as_of=AS_OF, **{**EVERYTHING, **chosen})


def score_of(connection: Connection, contact: UUID) -> int:
    found: int = connection.execute(
        text("select engagement_score from contacts where id = :id"), {"id": contact}
    ).scalar_one()
    return found


def joined(connection: Connection, touchpoint: UUID, contact: UUID) -> None:
    connection.execute(
        text("insert into touchpoint_participants (touchpoint_id, contact_id) values (:touchpoint, :contact)"),
        {"touchpoint": touchpoint, "contact": contact},
    )


@pytest.mark.parametrize(
    ("touchpoint", "score"),
    [
        ({"sent_at": ago(0)}, 0),
        ({"sent_at": ago(1), "opened_at": ago(0)}, 5),
        ({"sent_at": ago(1), "opened_at": ago(0), "clicked_at": ago(0)}, 24),
        ({"sent_at": ago(9), "opened_at": ago(0), "clicked_at": ago(0), "replied_at": ago(0)}, 62),
        ({"replied_at": ago(0)}, 50),
        ({"replied_at": ago(45)}, 25),
        ({"replied_at": ago(4500)}, 0),
        ({"replied_at": datetime(1, 1, 2, tzinfo=UTC)}, 0),
        ({"replied_at": AS_OF}, 50),
        ({"replied_at": AS_OF + timedelta(microseconds=1)}, 0),
        # What came from them has no times of ours.
        ({"direction": "inbound", "sent_at": ago(0), "opened_at": ago(0), "clicked_at": ago(0)}, 50),
        ({"direction": "inbound", "replied_at": ago(0)}, 50),
        ({"direction": "inbound", "created_at": ago(0)}, 50),
        ({"direction": "inbound", "created_at": ago(0), "scheduled_for": ago(-9)}, 0),
        ({"channel": "call", "sent_at": ago(0), "call_duration_seconds": 1}, 40),
        ({"channel": "call", "sent_at": ago(0), "call_duration_seconds": 0}, 0),
        ({"channel": "call", "sent_at": ago(0)}, 0),
        ({"channel": "email", "sent_at": ago(0), "call_duration_seconds": 60}, 0),
        ({"channel": "call", "direction": "inbound", "sent_at": ago(0), "call_duration_seconds": 60}, 50),
        ({"channel": "meeting", "sent_at": ago(0)}, 70),
        ({"channel": "meeting", "direction": "inbound", "sent_at": ago(0)}, 70),
        ({"channel": "meeting", "sent_at": ago(50), "scheduled_for": ago(45)}, 35),
        ({"channel": "meeting", "sent_at": ago(1), "scheduled_for": ago(-1)}, 0),
        ({"channel": "meeting", "scheduled_for": ago(1)}, 0),
        ({"channel": "meeting", "sent_at": ago(1), "failed_at": ago(0)}, 0),
    ],
)
def test_what_counts(connection: Connection, acme: int, touchpoint: dict[str, Any], score: int) -> None:
    contact = add_contact(connection, acme)
    add_touchpoint(connection, add_conversation(connection, contact, acme), **touchpoint)
    assert refresh(connection) == (score != 0)
    assert score_of(connection, contact) == score


def test_an_answer_counts_once_and_for_whoever_gave_it(connection: Connection, acme: int) -> None:
    ann, bea = add_contact(connection, acme, "Ann Poe"), add_contact(connection, acme, "Bea Roe")
    with_ann, with_bea = (add_conversation(connection, contact, acme) for contact in (ann, bea))
    sent = add_touchpoint(connection, with_ann, sent_at=ago(10), replied_at=ago(0))
    add_touchpoint(connection, with_ann, direction="inbound", sent_at=ago(0), in_reply_to_id=sent)
    refresh(connection)
    assert (score_of(connection, ann), score_of(connection, bea)) == (50, 0)
    # Bea answers what was sent to Ann.
    add_touchpoint(connection, with_bea, direction="inbound", sent_at=ago(0), in_reply_to_id=sent)
    refresh(connection)
    assert (score_of(connection, ann), score_of(connection, bea)) == (50, 50)


def test_a_meeting_counts_once_for_all_who_took_part(connection: Connection, acme: int) -> None:
    people = [add_contact(connection, acme, name) for name in ("Ann Poe", "Bea Roe", "Cy Doe", "Di Moe")]
    conversation = add_conversation(connection, people[0], acme)
    meeting = add_touchpoint(connection, conversation, channel="meeting", sent_at=ago(0))
    email = add_touchpoint(connection, conversation, sent_at=ago(0), replied_at=ago(0))
    planned = add_touchpoint(connection, conversation, channel="meeting", scheduled_for=ago(0))
    for touchpoint, contact in ((meeting, 0), (meeting, 1), (email, 2), (planned, 3)):
        joined(connection, touchpoint, people[contact])
    assert refresh(connection) == 2
    assert [score_of(connection, contact) for contact in people] == [85, 70, 0, 0]


def test_scores_are_written_when_they_differ(connection: Connection, engine: Engine, acme: int) -> None:
    (globex,) = add_companies(connection, "Globex")
    quiet, engaged, elsewhere, nowhere = (
        add_contact(connection, company, name)
        for company, name in ((acme, "Ann Poe"), (acme, "Bea Roe"), (globex, "Cy Doe"), (None, "Di Moe"))
    )
    for contact in (engaged, elsewhere, nowhere):
        add_touchpoint(connection, add_conversation(connection, contact, acme), channel="meeting", sent_at=ago(0))
    # More than anybody could doubt, or double precision hold.
    connection.execute(
        text(
            "insert into touchpoints (conversation_id, channel, direction, sent_at) "
            "select v.id, 'meeting', 'outbound', :at from conversations as v, generate_series(1, 2000) "
            "where v.contact_id = :contact"
        ),
        {"contact": engaged, "at": ago(0)},
    )
    # Of a time before anybody deleted what it was made of.
    connection.execute(text("update contacts set engagement_score = 12 where id = :id"), {"id": quiet})
    changed_at = stored(connection, "contacts", "id, updated_at", "id")

    assert refresh(connection, first_id=acme, last_id=acme) == 2
    assert [score_of(connection, contact) for contact in (quiet, engaged, elsewhere, nowhere)] == [0, 100, 0, 0]
    assert refresh(connection, company_ids=[globex]) == 1
    assert score_of(connection, elsewhere) == 70
    assert refresh(connection) == 1
    assert score_of(connection, nowhere) == 70
    assert stored(connection, "contacts", "id, updated_at", "id") == changed_at, "nobody said anything new"

    # Later on the same day, and by two at once: nothing is news.
    connection.commit()
    before = versions(connection)
    later = AS_OF + timedelta(hours=20)
    both = at_once(engine, [lambda other: refresh_engagement(other, as_of=later, **EVERYTHING)] * 2)
    assert both == [0, 0]
    assert versions(connection) == before
    # On the next day what happened is a day older.
    assert refresh_engagement(connection, as_of=AS_OF + timedelta(days=1), **EVERYTHING) == 2
    assert score_of(connection, elsewhere) == 69


def test_a_moment_without_a_zone_is_refused(connection: Connection) -> None:
    with pytest.raises(ValueError, match="as_of has no time zone"):
        refresh_engagement(connection, as_of=AS_OF.replace(tzinfo=None), **EVERYTHING)


TIMES = st.integers(-2 * 86_400, 400 * 86_400).map(lambda seconds: AS_OF - timedelta(seconds=seconds))
MESSAGES = st.fixed_dictionaries(
    {"direction": st.sampled_from(["outbound", "inbound"]), "sent_at": TIMES},
    optional={"opened_at": TIMES, "clicked_at": TIMES, "replied_at": TIMES},
)
CALLS = st.fixed_dictionaries(
    {
        "channel": st.just("call"),
        "direction": st.sampled_from(["outbound", "inbound"]),
        "sent_at": TIMES,
        "call_duration_seconds": st.sampled_from([0, 40]),
    }
)
MEETINGS = st.fixed_dictionaries({"channel": st.just("meeting"), "sent_at": TIMES}, optional={"scheduled_for": TIMES})


def acts(touchpoint: dict[str, Any]) -> list[EngagementEvent]:
    """What a touchpoint says of the contact, by the words of the formula."""
    sent_at, is_ours = touchpoint["sent_at"], touchpoint.get("direction") == "outbound"
    found = []
    if touchpoint.get("channel") == "meeting":
        found.append(("meeting", max(sent_at, touchpoint.get("scheduled_for", sent_at))))
    elif not is_ours:
        found.append(("inbound", sent_at))
    elif touchpoint.get("channel") == "call":
        found += [("answered_call", sent_at)] if touchpoint["call_duration_seconds"] else []
    else:
        kinds = ("opened", "clicked", "replied")
        found += [(kind, touchpoint[f"{kind}_at"]) for kind in kinds if f"{kind}_at" in touchpoint]
    # What happened today is as old as the day.
    return [EngagementEvent(kind, min(at, TODAY)) for kind, at in found if at <= AS_OF]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(MESSAGES | CALLS | MEETINGS, max_size=12), min_size=1, max_size=6))
def test_the_database_scores_as_the_formula_does(connection: Connection, touchpoints: list[list[Any]]) -> None:
    savepoint = connection.begin_nested()
    (company,) = add_companies(connection, "Initech")
    expected = {}
    for number, of_contact in enumerate(touchpoints):
        contact = add_contact(connection, company, f"Ann {'abcdef'[number]}")
        conversation = add_conversation(connection, contact, company)
        for touchpoint in of_contact:
            add_touchpoint(connection, conversation, **touchpoint)
        expected[contact] = engagement_score((act for each in of_contact for act in acts(each)), TODAY)
    refresh(connection)
    rows = stored(connection, "contacts", "id, engagement_score")
    assert {row["id"]: row["engagement_score"] for row in rows} == expected
    savepoint.rollback()
