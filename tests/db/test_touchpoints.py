"""Touchpoints: creating them once, what becomes of messages, answers, and who must not be written to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.account_counters import find_mismatches
from prospecting.persistence.conversations import Conversation, get_conversation_by_id
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.touchpoints import (
    NewTouchpoint,
    add_participants,
    create_touchpoint,
    create_touchpoints,
    get_engagement_metrics,
    get_touchpoint_by_id,
    get_touchpoint_history,
    get_touchpoints,
    record_email_clicked,
    record_email_opened,
    record_email_replied,
    record_email_sent,
    update_touchpoint,
)
from tests.clock import from_now, hours_ago, now
from tests.db.acting import act_as, reset
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import NASTY_TEXTS, add_companies, at_once, count, stored, versions

NOBODY = UUID(int=0)


@pytest.fixture
def ada(connection: Connection, acme: int) -> UUID:
    """Id of a contact at Acme."""
    return add_contact(connection, acme, email="ada@acme.com")


@pytest.fixture
def talk(connection: Connection, acme: int, ada: UUID) -> UUID:
    """Id of a conversation with her."""
    return add_conversation(connection, ada, acme)


def read(connection: Connection, conversation_id: UUID) -> Conversation:
    found = get_conversation_by_id(connection, conversation_id)
    assert found is not None
    return found


# ------------------------------------------------------------------ creating
def test_a_touchpoint_is_created_as_given(connection: Connection, talk: UUID) -> None:
    act_as(connection, "prospecting_app")
    call = create_touchpoint(
        connection,
        str(talk),
        "call",
        "inbound",
        {"sent_at": hours_ago(2), "call_duration_seconds": 61, "metadata": {"a": [1]}, "visibility": "everyone"},
    )
    assert (call.conversation_id, call.channel, call.direction, call.outcome) == (talk, "call", "inbound", "sent")
    assert (call.call_duration_seconds, call.metadata, call.visibility) == (61, {"a": [1]}, "everyone")
    assert call.sent_at == hours_ago(2)
    mail = record_email_sent(connection, talk, "Hello", "Dear Ada", {"step": 1}, message_id="m1", provider="smtp")
    assert (mail.channel, mail.direction, mail.outcome, mail.subject) == ("email", "outbound", "sent", "Hello")
    planned = create_touchpoint(connection, talk, "email", "outbound", {"scheduled_for": now() + timedelta(days=2)})
    assert (planned.outcome, planned.sent_at) == ("scheduled", None)
    assert get_touchpoints(connection, talk) == [planned, mail, call]
    assert get_touchpoints(connection, talk, limit=1) == [planned]
    history = get_touchpoint_history(connection, talk)
    assert [(row.touchpoint_id, row.outcome) for row in history] == [
        (planned.id, "scheduled"),
        (mail.id, "sent"),
        (call.id, "sent"),
    ]
    assert get_touchpoint_by_id(connection, str(mail.id)) == mail
    assert get_touchpoint_by_id(connection, NOBODY) is None
    after = read(connection, talk)
    assert (after.touchpoint_count, after.response_count, after.last_touchpoint_at) == (3, 0, mail.sent_at)


@pytest.mark.parametrize(
    ("channel", "direction", "data", "message"),
    [
        ("fax", "outbound", {}, "channel"),
        ("email", "sideways", {}, "direction"),
        ("email", "outbound", {"outcome": "sent"}, "outcome"),
        ("email", "outbound", {"sent_at": timedelta(hours=1)}, "sent_at"),
        ("email", "outbound", {"sent_at": datetime(1999, 1, 1, tzinfo=UTC)}, "before 2000"),
        ("email", "outbound", {"replied_at": "2030-01-01"}, "replied_at"),
        ("email", "outbound", {"scheduled_for": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001
        ("email", "outbound", {"call_duration_seconds": -1}, "call_duration_seconds"),
        ("email", "outbound", {"metadata": None}, "metadata"),
        ("email", "outbound", {"is_history": True}, "needs sent_at"),
        ("email", "outbound", {"content": ["ada@acme.com"]}, "content"),
    ],
)
def test_what_is_no_touchpoint_is_refused_without_its_content(
    connection: Connection, talk: UUID, channel: Any, direction: Any, data: dict[str, Any], message: str
) -> None:
    data = from_now(data)
    with pytest.raises(ValueError, match=message) as refused:
        create_touchpoint(connection, talk, channel, direction, data)
    assert "ada@acme.com" not in str(refused.value)
    result = create_touchpoints(
        connection, [{"conversation_id": talk, "channel": channel, "direction": direction, **data}]
    )
    assert [(failure.position, failure.reason) for failure in result.failures] == [(0, "invalid_record")]
    assert message in result.failures[0].detail
    assert "ada@acme.com" not in result.failures[0].detail
    assert count(connection, "touchpoints") == 0


def test_what_is_missing_is_named(connection: Connection, talk: UUID) -> None:
    for missing in (
        lambda: record_email_sent(connection, NOBODY, "Hello", None),
        lambda: create_touchpoint(connection, talk, "email", "inbound", {"in_reply_to_id": NOBODY}),
        lambda: get_engagement_metrics(connection, NOBODY),
        lambda: update_touchpoint(connection, NOBODY, {"subject": "x"}),
        lambda: record_email_opened(connection, NOBODY),
        lambda: record_email_clicked(connection, NOBODY),
        lambda: record_email_replied(connection, NOBODY, "x"),
        lambda: add_participants(connection, NOBODY, []),
    ):
        with pytest.raises(LookupError, match=f"no .* {NOBODY}"):
            missing()


@pytest.mark.parametrize("nasty", NASTY_TEXTS)
def test_any_text_is_stored(connection: Connection, talk: UUID, nasty: str) -> None:
    given = NASTY_TEXTS[nasty]
    mail = record_email_sent(connection, talk, given, given, {given: given}, provider="smtp")
    kept = given.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")
    assert (mail.subject, mail.content, mail.metadata) == (kept, kept, {kept: kept})
    assert record_email_replied(connection, mail.id, given).response == kept


# ------------------------------------------------------------------ once
@pytest.mark.parametrize("provider", ["smtp", None])
def test_a_message_is_created_once(
    connection: Connection, acme: int, ada: UUID, talk: UUID, provider: str | None
) -> None:
    mail = record_email_sent(connection, talk, "Hello", "Dear Ada", message_id="m1", provider=provider)
    before = versions(connection)
    assert record_email_sent(connection, talk, "Hello again", None, message_id="m1", provider=provider) == mail
    connection.execute(text("update contacts set status = 'bounced'"))
    assert record_email_sent(connection, talk, "Hello", None, message_id="m1", provider=provider) == mail
    connection.execute(text("update contacts set status = 'active'"))
    assert {name: rows for name, rows in versions(connection).items() if name != "contacts"} == {
        name: rows for name, rows in before.items() if name != "contacts"
    }
    other = add_conversation(connection, ada, acme)
    with pytest.raises(ValueError, match="belongs to another conversation"):
        record_email_sent(connection, other, "Hello", None, message_id="m1", provider=provider)
    with pytest.raises(ValueError, match="belongs to another conversation"):
        create_touchpoint(connection, other, "call", "outbound", {"id": mail.id})
    assert record_email_sent(connection, talk, "Hello", None, message_id="m1", provider="other").id != mail.id


def test_who_creates_the_same_at_once_creates_one(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        (company,) = add_companies(connection, "Acme")
        talk = add_conversation(connection, add_contact(connection, company), company)
    send = lambda connection: record_email_sent(connection, talk, "Hello", None, message_id="m1").id  # noqa: E731
    assert len(set(at_once(engine, [send] * 4))) == 1
    with unit_of_work(engine) as connection:
        assert read(connection, talk).touchpoint_count == 1


# ------------------------------------------------------------------ what becomes of messages
def test_a_message_gets_as_far_as_it_got(connection: Connection, talk: UUID) -> None:
    mail = record_email_sent(connection, talk, "Hello", None, sent_at=hours_ago(10))
    reached = [mail.outcome]
    reached.append(update_touchpoint(connection, mail.id, {"delivered_at": hours_ago(9)}).outcome)
    reached.append(record_email_opened(connection, mail.id, hours_ago(8)).outcome)
    reached.append(record_email_clicked(connection, mail.id, hours_ago(7)).outcome)
    replied = record_email_replied(connection, mail.id, "Yes", hours_ago(6))
    reached.append(replied.outcome)
    assert reached == ["sent", "delivered", "opened", "clicked", "replied"]
    assert (replied.opened_at, replied.clicked_at, replied.replied_at) == (hours_ago(8), hours_ago(7), hours_ago(6))
    assert (replied.response, replied.responded_at) == ("Yes", hours_ago(6))
    after = read(connection, talk)
    assert (after.response_count, after.last_response_at, after.avg_response_time_hours) == (
        1,
        hours_ago(6),
        Decimal("4.00"),
    )


def test_recorded_late_and_twice_the_first_time_stays(connection: Connection, talk: UUID) -> None:
    mail = record_email_sent(connection, talk, "Hello", None, sent_at=hours_ago(10)).id
    assert record_email_clicked(connection, mail, hours_ago(5)).opened_at == hours_ago(5)
    assert record_email_opened(connection, mail, hours_ago(7)).opened_at == hours_ago(7)
    assert record_email_replied(connection, mail, "Later", hours_ago(3)).replied_at == hours_ago(3)
    assert record_email_replied(connection, mail, "First", hours_ago(4)).response == "First"
    before = versions(connection)
    record_email_opened(connection, mail, hours_ago(6))
    record_email_clicked(connection, mail, hours_ago(5))
    record_email_clicked(connection, mail)
    record_email_replied(connection, mail, "Later", hours_ago(3))
    final = record_email_replied(connection, mail)
    assert versions(connection) == before
    assert (final.opened_at, final.clicked_at, final.replied_at, final.response) == (
        hours_ago(7),
        hours_ago(5),
        hours_ago(4),
        "First",
    )
    for record in (record_email_opened, record_email_clicked):
        with pytest.raises(ValueError, match="future"):
            record(connection, mail, now() + timedelta(hours=1))


_STEPS = st.lists(st.tuples(st.sampled_from(["opened", "clicked", "replied"]), st.integers(1, 20)), max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS, order=st.randoms(use_true_random=False))
def test_the_order_in_which_it_becomes_known_does_not_matter(
    connection: Connection, talk: UUID, steps: list[tuple[str, int]], order: Any
) -> None:
    def recorded(these: list[tuple[str, int]]) -> tuple[Any, ...]:
        mail = record_email_sent(connection, talk, "Hello", None, sent_at=hours_ago(30)).id
        for kind, hours in these:
            if kind == "replied":
                record_email_replied(connection, mail, f"{hours} hours ago", hours_ago(hours))
            else:
                (record_email_opened if kind == "opened" else record_email_clicked)(connection, mail, hours_ago(hours))
        end = get_touchpoint_by_id(connection, mail)
        assert end is not None
        return end.opened_at, end.clicked_at, end.replied_at, end.response, end.outcome

    shuffled = [*steps, *steps[:3]]
    order.shuffle(shuffled)
    assert recorded(steps) == recorded(shuffled)


def test_only_what_we_sent_is_measured(connection: Connection, talk: UUID) -> None:
    none = get_engagement_metrics(connection, talk)
    assert set(none.model_dump().values()) == {0}
    record_email_sent(connection, talk, "Hello", None)
    theirs = create_touchpoint(connection, talk, "email", "inbound", {"sent_at": now()})
    record_email_opened(connection, theirs.id)
    create_touchpoint(connection, talk, "call", "outbound", {"sent_at": now()})
    assert get_engagement_metrics(connection, talk).open_rate == 0
    opened = record_email_sent(connection, talk, "Again", None)
    record_email_opened(connection, opened.id)
    clicked = record_email_sent(connection, talk, "And again", None)
    record_email_clicked(connection, clicked.id)
    found = get_engagement_metrics(connection, talk)
    assert (found.total_touchpoints, found.emails_sent, found.emails_opened, found.emails_clicked) == (5, 3, 2, 1)
    assert (found.open_rate, found.click_rate, found.reply_rate) == (Decimal("66.67"), Decimal("33.33"), Decimal(0))


# ------------------------------------------------------------------ answers
def test_an_answer_of_its_own_counts_once(connection: Connection, acme: int, ada: UUID, talk: UUID) -> None:
    mail = record_email_sent(connection, talk, "Hello", None, sent_at=hours_ago(10))
    answer = {"in_reply_to_id": mail.id, "sent_at": hours_ago(4), "content": "Yes", "email_message_id": "a1"}
    reply = create_touchpoint(connection, talk, "email", "inbound", answer)
    assert (reply.outcome, reply.responded_at) == ("sent", None)
    answered = get_touchpoint_by_id(connection, mail.id)
    assert answered is not None
    assert (answered.outcome, answered.replied_at) == ("replied", hours_ago(4))
    after = read(connection, talk)
    assert (after.touchpoint_count, after.response_count, after.last_response_at) == (2, 1, hours_ago(4))
    assert after.avg_response_time_hours == 6
    # The provider tells it, too, and the reply comes again; an earlier one has been found meanwhile.
    record_email_replied(connection, mail.id, None, hours_ago(4))
    assert create_touchpoint(connection, talk, "email", "inbound", answer) == reply
    earlier = {"in_reply_to_id": mail.id, "sent_at": hours_ago(8)}
    create_touchpoint(connection, talk, "email", "inbound", earlier)
    after = read(connection, talk)
    assert (after.touchpoint_count, after.response_count, after.last_response_at) == (3, 1, hours_ago(8))
    # One that answers nothing of ours counts for itself, when it is said to be an answer.
    create_touchpoint(connection, talk, "sms", "inbound", {"sent_at": hours_ago(2), "replied_at": hours_ago(2)})
    assert read(connection, talk).response_count == 2
    # Ours may answer one of theirs, which is no response.
    create_touchpoint(connection, talk, "email", "outbound", {"in_reply_to_id": reply.id, "sent_at": hours_ago(3)})
    assert read(connection, talk).response_count == 2
    other = add_conversation(connection, ada, acme)
    for conversation, direction in ((other, "inbound"), (talk, "outbound")):
        with pytest.raises(ValueError, match="no message of the other side"):
            create_touchpoint(connection, conversation, "email", direction, {"in_reply_to_id": mail.id})  # type: ignore[arg-type]
    assert find_mismatches(connection) == []


def test_a_message_can_be_linked_to_its_answer_later(connection: Connection, talk: UUID) -> None:
    mail = record_email_sent(connection, talk, "Hello", None, sent_at=hours_ago(10))
    reply = create_touchpoint(
        connection, talk, "email", "inbound", {"sent_at": hours_ago(4), "replied_at": hours_ago(4)}
    )
    assert read(connection, talk).response_count == 1
    update_touchpoint(connection, reply.id, {"in_reply_to_id": mail.id})
    after = read(connection, talk)
    assert (after.response_count, after.avg_response_time_hours) == (1, Decimal(6))
    with pytest.raises(LookupError, match="no touchpoint"):
        update_touchpoint(connection, reply.id, {"in_reply_to_id": NOBODY})
    # Without the message, the answer counts for itself.
    connection.execute(text("delete from touchpoints where id = :id"), {"id": mail.id})
    after = read(connection, talk)
    assert (after.touchpoint_count, after.response_count, after.last_response_at) == (1, 1, hours_ago(4))


# ------------------------------------------------------------------ changing
def test_only_the_given_fields_are_written(connection: Connection, acme: int, ada: UUID, talk: UUID) -> None:
    mail = record_email_sent(connection, talk, "Hello", "Dear Ada", {"a": 1}, sent_at=hours_ago(1))
    connection.execute(text("update touchpoints set updated_at = :then"), {"then": hours_ago(5)})
    changed = update_touchpoint(connection, mail.id, {"subject": None, "bounced_at": hours_ago(0.5)})
    expected = {"subject": None, "bounced_at": hours_ago(0.5), "outcome": "bounced", "updated_at": changed.updated_at}
    assert changed == mail.model_copy(update=expected)
    assert changed.updated_at > hours_ago(5)
    before = versions(connection)
    assert update_touchpoint(connection, mail.id, {"subject": None, "metadata": {"a": 1}}) == changed
    assert versions(connection) == before
    connection.execute(text("update touchpoints set subject = subject"))
    assert get_touchpoint_by_id(connection, mail.id) == changed
    other = add_conversation(connection, ada, acme)
    update_touchpoint(connection, mail.id, {"conversation_id": other})
    assert (read(connection, talk).touchpoint_count, read(connection, other).touchpoint_count) == (0, 1)
    for wrong in ({"outcome": "sent"}, {"id": NOBODY}, {"channel": None}, {"sent_at": now() + timedelta(days=1)}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            update_touchpoint(connection, mail.id, wrong)
    with pytest.raises(LookupError, match="no conversation"):
        update_touchpoint(connection, mail.id, {"conversation_id": NOBODY})


@pytest.mark.parametrize("provider", [None, "mail"])
def test_a_message_has_one_touchpoint(connection: Connection, talk: UUID, provider: str | None) -> None:
    named = {"provider": provider, "email_message_id": "m1"}
    add_touchpoint(connection, talk, **named)
    later = add_touchpoint(connection, talk, provider="other", email_message_id="m1")
    with pytest.raises(ValueError, match="belongs to another touchpoint"):
        update_touchpoint(connection, later, {"provider": provider})
    assert update_touchpoint(connection, later, {"provider": "a third"}).provider == "a third"
    assert update_touchpoint(connection, later, {"provider": "a third"}).email_message_id == "m1"


# ------------------------------------------------------------------ who must not be written to
@pytest.mark.parametrize(
    "suppressed",
    [
        *(f"status = '{status}'" for status in ("inactive", "unsubscribed", "bounced", "invalid")),
        """communication_preferences = '{"do_not_contact": true}'""",
    ],
)
def test_nothing_is_sent_to_who_must_not_be_written_to(
    connection: Connection, ada: UUID, talk: UUID, suppressed: str
) -> None:
    planned = create_touchpoint(connection, talk, "email", "outbound")
    connection.execute(text(f"update contacts set {suppressed}"))
    for data in ({"sent_at": now()}, {"scheduled_for": now() + timedelta(days=1)}, {}):
        with pytest.raises(ValueError, match="asked to be left alone") as refused:
            create_touchpoint(connection, talk, "email", "outbound", {"content": "Dear Ada", **data})
        assert not any(word in str(refused.value) for word in ("Ada", "acme.com"))
    with pytest.raises(ValueError, match="asked to be left alone"):
        update_touchpoint(connection, planned.id, {"scheduled_for": now() + timedelta(days=1)})
    # What happened can be recorded: what they wrote, and what went out.
    create_touchpoint(connection, talk, "email", "inbound", {"sent_at": now()})
    mail = record_email_sent(connection, talk, "Hello", None, sent_at=hours_ago(1), is_history=True)
    record_email_opened(connection, mail.id)
    update_touchpoint(connection, planned.id, {"scheduled_for": None, "failed_at": now()})
    assert read(connection, talk).touchpoint_count == 3


# ------------------------------------------------------------------ participants
def test_others_take_part(connection: Connection, acme: int, ada: UUID, talk: UUID) -> None:
    bob, eve = add_contact(connection, acme, "Bob Roe"), add_contact(connection, None, "Eve Poe")
    meeting = create_touchpoint(connection, talk, "meeting", "outbound", {"sent_at": hours_ago(1)}).id
    act_as(connection, "prospecting_app")
    assert add_participants(connection, meeting, [str(bob), eve, ada, bob]) == 2
    reset(connection)
    before = versions(connection)
    assert add_participants(connection, meeting, [eve]) == 0
    assert add_participants(connection, meeting, []) == 0
    assert versions(connection) == before
    with pytest.raises(LookupError, match="no contact"):
        add_participants(connection, meeting, [bob, NOBODY])
    assert {row["contact_id"] for row in stored(connection, "touchpoint_participants")} == {bob, eve}


# ------------------------------------------------------------------ in bulk
def test_a_batch_is_created_with_all_that_can_be(connection: Connection, acme: int, ada: UUID, talk: UUID) -> None:
    other = add_conversation(connection, add_contact(connection, acme, "Bob Roe", status="bounced"), acme)
    known = add_touchpoint(connection, talk, sent_at=hours_ago(9), provider="smtp", email_message_id="known")
    mail, reply = uuid4(), uuid4()
    sent = {"channel": "email", "direction": "outbound", "sent_at": hours_ago(5)}
    received = {"channel": "email", "direction": "inbound", "sent_at": hours_ago(2)}
    rows: list[NewTouchpoint | dict[str, Any]] = [
        {**sent, "id": mail, "conversation_id": talk, "provider": "smtp", "email_message_id": "new"},
        {**received, "id": reply, "conversation_id": talk, "in_reply_to_id": mail},
        {**sent, "conversation_id": talk, "provider": "smtp", "email_message_id": "new"},
        {**sent, "conversation_id": talk, "provider": "smtp", "email_message_id": "known"},
        {**sent, "conversation_id": other},
        {**sent, "conversation_id": other, "is_history": True},
        {**sent, "conversation_id": other, "is_history": True, "provider": "smtp", "email_message_id": "known"},
        {**sent, "conversation_id": NOBODY},
        {**received, "conversation_id": talk, "in_reply_to_id": uuid4()},
        {**received, "conversation_id": other, "in_reply_to_id": mail},
        {**sent, "conversation_id": talk, "content": 5},
        NewTouchpoint(conversation_id=talk, channel="call", direction="outbound", sent_at=hours_ago(1)),
        {},
    ]
    first = create_touchpoints(connection, rows)
    assert (first.created, first.known) == (4, 2)
    assert [(failure.position, failure.reason) for failure in first.failures] == [
        (4, "suppressed_contact"),
        (6, "taken_id"),
        (7, "unknown_conversation"),
        (8, "unknown_in_reply_to_id"),
        (9, "invalid_in_reply_to_id"),
        (10, "invalid_record"),
        (12, "invalid_record"),
    ]
    assert first.ids[:4] == [mail, reply, mail, known]
    assert [bool(found) for found in first.ids] == [number in (0, 1, 2, 3, 5, 11) for number in range(len(rows))]
    after = read(connection, talk)
    assert (after.touchpoint_count, after.response_count, after.last_touchpoint_at) == (4, 1, hours_ago(1))
    assert (after.avg_response_time_hours, read(connection, other).touchpoint_count) == (Decimal(3), 1)
    before = versions(connection)
    again = create_touchpoints(connection, [rows[number] for number in (0, 1, 2, 3, 11)])
    assert (again.created, again.known, again.failures) == (0, 5, [])
    assert versions(connection) == before
    assert create_touchpoints(connection, []).ids == []
    assert find_mismatches(connection) == []


def test_batches_at_once_count_right(engine: Engine) -> None:
    """Over the same conversations, in opposite orders, with messages that both bring."""
    with unit_of_work(engine) as connection:
        (company,) = add_companies(connection, "Acme")
        contacts = [add_contact(connection, company, f"Ann {letter}oe") for letter in "PQR"]
        talks = [add_conversation(connection, contacts[number % 3], company) for number in range(6)]
    rows = [
        {
            "conversation_id": talk,
            "channel": "email",
            "direction": "outbound",
            "sent_at": hours_ago(1),
            "email_message_id": f"m{n}",
        }
        for n, talk in enumerate(talks * 10)
    ]

    def load(rows: list[dict[str, Any]], connection: Connection) -> int:
        return create_touchpoints(connection, rows).created

    works = [rows, rows[::-1], rows[20:] + rows[:20], rows[::-1]]
    created = at_once(engine, [lambda connection, these=these: load(these, connection) for these in works])  # type: ignore[misc]
    assert sorted(created) == [0, 0, 0, 60]
    with unit_of_work(engine) as connection:
        assert count(connection, "touchpoints") == 60
        assert find_mismatches(connection) == []


def test_what_is_given_up_halfway_counts_nothing(connection: Connection, talk: UUID) -> None:
    mail = record_email_sent(connection, talk, "Hello", None, sent_at=hours_ago(3))
    before = read(connection, talk)
    savepoint = connection.begin_nested()
    rows = [
        {"conversation_id": talk, "channel": "call", "direction": "outbound", "sent_at": hours_ago(1)} for _ in range(3)
    ]
    create_touchpoints(connection, rows)
    record_email_replied(connection, mail.id, "Yes", hours_ago(2))
    savepoint.rollback()
    assert read(connection, talk) == before
    assert create_touchpoints(connection, rows).created == 3
    assert read(connection, talk).touchpoint_count == 4
    assert find_mismatches(connection) == []
