"""Events of mail providers: each once, in any order, applied when their message is known, and refused when made up.

All addresses, ids and events are made up.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from prospecting.parsing.webhooks import EventKind, TouchpointEvent
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.suppressions import lift, reasons
from prospecting.persistence.touchpoint_events import SavedEvents, apply_waiting_events, save_touchpoint_events
from tests.db.acting import act_as, only, reset
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import NASTY_TEXTS, at_once, count, hours, stored, versions, wait_for_blocked

ADA, OLD, EVE = "ada@acme.com", "ada@globex.com", "eve@evil.com"
PROVIDER = "sendgrid"
TIMES = ("sent_at", "delivered_at", "opened_at", "clicked_at", "replied_at", "bounced_at", "failed_at")


def event(kind: str, at: float = 1, **fields: Any) -> TouchpointEvent:
    """An event about message m1 at that hour; its id follows from the rest."""
    given = {"message_id": "m1", **fields}
    name = f"{kind}-{at}-{given['message_id']}-{fields.get('touchpoint_id')}-{fields.get('recipient')}"
    return TouchpointEvent(**{"event_id": name, "kind": kind, "occurred_at": hours(at), **given})


def save(connection: Connection, *events: TouchpointEvent, provider: str = PROVIDER) -> SavedEvents:
    return save_touchpoint_events(connection, provider, events)


@pytest.fixture
def conversation(connection: Connection, acme: int) -> UUID:
    """A conversation with Ada, who had another address before."""
    contact = add_contact(connection, acme, email=ADA)
    connection.execute(
        text(
            "insert into contact_channels (person_id, channel_type, value, value_key) "
            "select person_id, 'email', :value, :value from contacts"
        ),
        {"value": OLD},
    )
    return add_conversation(connection, contact, acme)


def mail(connection: Connection, conversation: UUID, message_id: str | None = "m1", **columns: Any) -> UUID:
    """A mail that was sent at midnight."""
    values = {"sent_at": hours(0), "provider": PROVIDER, "email_message_id": message_id, **columns}
    return add_touchpoint(connection, conversation, **values)


def times(connection: Connection) -> dict[str, datetime]:
    row = only(connection, "touchpoints")
    return {name: row[name] for name in TIMES if row[name] is not None}


def rejected(connection: Connection) -> list[tuple[str, str, Any, str]]:
    return [
        (row["record_type"], row["reason"], row["raw"], row["source"])
        for row in stored(connection, "rejected_records", order="reason, raw::text")
    ]


# --------------------------------------------------------------------------------------------------------- every kind
@pytest.mark.parametrize(
    ("kind", "set_to", "outcome"),
    [
        ("sent", {}, "sent"),  # it was sent before that
        ("delivered", {"delivered_at": 1}, "delivered"),
        ("deferred", {}, "sent"),
        ("opened", {"opened_at": 1}, "opened"),
        ("clicked", {"opened_at": 1, "clicked_at": 1}, "clicked"),
        ("replied", {"replied_at": 1}, "replied"),
        ("bounced", {"bounced_at": 1}, "bounced"),
        ("failed", {"failed_at": 1}, "failed"),
        ("unsubscribed", {}, "sent"),
        ("complained", {}, "sent"),
    ],
)
@pytest.mark.parametrize("role", ["prospecting_app"], indirect=True)
def test_an_event_of_each_kind(
    connection: Connection, conversation: UUID, role: str, kind: str, set_to: dict[str, int], outcome: str
) -> None:
    reset(connection)
    touchpoint = mail(connection, conversation)
    act_as(connection, role)
    told = event(kind, recipient=ADA, reason="full", url="https://acme.com/x")
    assert save(connection, told) == SavedEvents(new=1, applied=1)
    reset(connection)
    assert times(connection) == {"sent_at": hours(0), **{name: hours(hour) for name, hour in set_to.items()}}
    row = only(connection, "touchpoints", "outcome, outcome_details")
    assert row == {"outcome": outcome, "outcome_details": "full" if kind in ("deferred", "bounced", "failed") else None}
    kept = only(connection, "touchpoint_events")
    assert (kept["provider"], kept["provider_event_id"]) == (PROVIDER, told.event_id)
    assert (kept["touchpoint_id"], kept["message_id"], kept["kind"]) == (touchpoint, "m1", kind)
    assert (kept["occurred_at"], kept["url"], kept["reason"]) == (hours(1), "https://acme.com/x", "full")
    assert kept["applied_at"] is not None
    assert "acme.com" not in kept["recipient_hash"]
    counters = only(connection, "conversations", "response_count, last_response_at, avg_response_time_hours")
    assert list(counters.values()) == ([1, hours(1), 1] if kind == "replied" else [0, None, None])
    # The address is suppressed, and so the contact is left alone.
    status = {"bounced": "bounced", "unsubscribed": "unsubscribed", "complained": "unsubscribed"}.get(kind, "active")
    assert only(connection, "contacts", "status") == {"status": status}
    assert reasons(connection, [ADA, OLD]) == ({} if status == "active" else {ADA: kind})

    before = versions(connection)
    assert save(connection, told, told) == SavedEvents(known=2)
    assert versions(connection) == before
    # Another report moves a time back, and only back.
    save(connection, event(kind, 0.5, recipient=ADA))
    save(connection, event(kind, 2, recipient=ADA))
    assert times(connection) == {"sent_at": hours(0), **dict.fromkeys(set_to, hours(0.5))}


HISTORY = [
    event("sent", 0.5),
    event("deferred", 10, reason="later"),
    event("delivered", 2),
    event("opened", 3),
    event("opened", 5),
    event("clicked", 2.5),
    event("clicked", 7),
    event("replied", 9, recipient=OLD),
    event("bounced", 4, reason="gone"),
    event("bounced", 3.5, reason="unknown"),
    event("failed", 8),
    event("complained", 9),
]
LEFT = {
    "sent_at": hours(0), "delivered_at": hours(2), "opened_at": hours(2.5), "clicked_at": hours(2.5),
    "replied_at": hours(9), "bounced_at": hours(3.5), "failed_at": hours(8),
}  # fmt: skip


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(HISTORY), st.lists(st.integers(0, len(HISTORY)), max_size=3), st.integers(0, 4))
def test_in_whatever_order_events_come_the_same_is_left(
    connection: Connection, conversation: UUID, order: list[TouchpointEvent], cuts: list[int], known_after: int
) -> None:
    """In several batches, some more than once, and the message known before, between or after them."""
    savepoint = connection.begin_nested()
    ends = sorted({0, *cuts, len(order)})
    batches = [order[start:end] for start, end in pairwise(ends)]
    total = SavedEvents()
    for number, batch in enumerate(batches):
        if number == known_after:
            mail(connection, conversation)
        total += save(connection, *batch, *order[: ends[number] // 2])
    if known_after >= len(batches):
        mail(connection, conversation)
        total += save(connection, event("opened", 10))
    assert apply_waiting_events(connection) == SavedEvents()
    assert times(connection) == LEFT
    assert only(connection, "touchpoints", "outcome_details") == {"outcome_details": "gone"}
    assert total.applied == total.new == count(connection, "touchpoint_events")
    assert total.refused == 0
    assert reasons(connection, [ADA]) == {ADA: "complained"}
    savepoint.rollback()


# ------------------------------------------------------------------------------------------- unknown and known messages
def test_an_event_waits_for_its_message(connection: Connection, conversation: UUID) -> None:
    touchpoint = uuid4()
    by_message, by_id = event("opened"), event("delivered", message_id=None, touchpoint_id=touchpoint)
    assert save(connection, by_message, by_id) == SavedEvents(new=2, waiting=2)
    before = versions(connection)
    assert save(connection, by_id, by_message) == SavedEvents(known=2, waiting=2)
    assert apply_waiting_events(connection) == SavedEvents()
    assert versions(connection) == before

    # The touchpoint arrives: the same events again, any others, or the night apply what waited.
    savepoint = connection.begin_nested()
    arrivals: list[tuple[Callable[[], SavedEvents], SavedEvents]] = [
        (lambda: save(connection, by_message, by_id), SavedEvents(known=2, applied=2)),
        (lambda: save(connection, event("opened", message_id="m2")), SavedEvents(new=1, applied=2, waiting=1)),
        (lambda: apply_waiting_events(connection), SavedEvents(applied=2)),
        (lambda: one_by_one(connection), SavedEvents(applied=2)),
    ]
    for arrive, expected in arrivals:
        mail(connection, conversation, id=touchpoint)
        assert arrive() == expected
        assert times(connection) == {"sent_at": hours(0), "delivered_at": hours(1), "opened_at": hours(1)}
        savepoint.rollback()
        savepoint = connection.begin_nested()


def one_by_one(connection: Connection) -> SavedEvents:
    return apply_waiting_events(connection, limit=1) + apply_waiting_events(connection, limit=1)


def test_a_touchpoint_without_provider_has_events_of_any(connection: Connection, conversation: UUID) -> None:
    touchpoint = mail(connection, conversation, provider=None)
    by_id = event("delivered", message_id="theirs", touchpoint_id=touchpoint)
    assert save(connection, event("opened"), by_id) == SavedEvents(new=2, applied=2)
    assert only(connection, "touchpoints", "provider, email_message_id") == {
        "provider": None,
        "email_message_id": "m1",
    }
    # The provider's own message comes first.
    connection.execute(text("delete from touchpoint_events"))
    mine = mail(connection, conversation)
    assert save(connection, event("opened", 2)) == SavedEvents(new=1, applied=1)
    assert only(connection, "touchpoint_events", "touchpoint_id") == {"touchpoint_id": mine}


def test_a_batch_with_everything(connection: Connection, conversation: UUID) -> None:
    mail(connection, conversation)
    save(connection, event("delivered"), event("opened", message_id="m9"))
    batch = [
        event("delivered"),  # known
        event("opened", 2),
        event("clicked", 2),
        event("opened", 2),  # twice
        event("opened", message_id="m9"),  # known, and waiting
        event("opened", message_id="m8"),
        event("clicked", 3, recipient=EVE),  # made up
        event("replied", message_id=None, recipient=ADA),  # to nothing
        event("bounced", message_id=None, recipient="bob@acme.com"),
    ]
    assert save(connection, *batch) == SavedEvents(new=4, known=3, applied=3, waiting=2, refused=2)
    assert times(connection) == {
        "sent_at": hours(0), "delivered_at": hours(1), "opened_at": hours(2), "clicked_at": hours(2),
    }  # fmt: skip
    assert reasons(connection, ["bob@acme.com", EVE, ADA]) == {"bob@acme.com": "bounced"}
    assert [(reason, raw["kind"]) for _, reason, raw, _ in rejected(connection)] == [
        ("no_message", "replied"),
        ("other_recipient", "clicked"),
    ]
    before = versions(connection)
    assert save(connection, *batch) == SavedEvents(known=7, waiting=2, refused=2)
    assert versions(connection) == before


@pytest.mark.parametrize("nasty", NASTY_TEXTS.values(), ids=NASTY_TEXTS)
def test_nasty_texts(connection: Connection, conversation: UUID, nasty: str) -> None:
    mail(connection, conversation)
    told = event("bounced", event_id=nasty[:250], reason=nasty, url=nasty)
    assert save(connection, told) == SavedEvents(new=1, applied=1)
    assert save(connection, told) == SavedEvents(known=1)
    assert "\x00" not in only(connection, "touchpoints")["outcome_details"]


@pytest.mark.parametrize("provider", ["", " ", "p" * 101])
def test_events_are_from_somebody(connection: Connection, provider: str) -> None:
    with pytest.raises(ValueError, match="Which provider"):
        save(connection, event("opened"), provider=provider)


# ------------------------------------------------------------------------------------------------------- made-up events
KINDS = sorted(EventKind)


def test_a_message_of_another_provider_is_not_touched(connection: Connection, conversation: UUID) -> None:
    touchpoint = mail(connection, conversation)
    before = stored(connection, "touchpoints")
    told = [event(kind, event_id=kind) for kind in KINDS]
    assert save(connection, *told, provider="postmark") == SavedEvents(new=len(KINDS), waiting=len(KINDS))
    by_id = [event(kind, event_id=f"{kind} id", message_id=None, touchpoint_id=touchpoint) for kind in KINDS]
    assert save(connection, *by_id, provider="postmark") == SavedEvents(refused=len(KINDS))
    assert stored(connection, "touchpoints") == before
    assert reasons(connection, [ADA]) == {}
    assert {reason for _, reason, *_ in rejected(connection)} == {"other_provider"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_for_somebody_else_is_refused(connection: Connection, conversation: UUID, kind: str) -> None:
    touchpoint = mail(connection, conversation)
    before = stored(connection, "touchpoints"), stored(connection, "contacts")
    told = event(kind, event_id="one", recipient=EVE)
    by_id = event(kind, event_id="two", recipient=EVE, message_id=None, touchpoint_id=touchpoint)
    assert save(connection, told, by_id) == SavedEvents(refused=2)
    assert (stored(connection, "touchpoints"), stored(connection, "contacts")) == before
    assert (stored(connection, "touchpoint_events"), reasons(connection, [ADA, EVE])) == ([], {})
    assert rejected(connection) == [
        ("touchpoint_event", "other_recipient", {"kind": kind, "event_id": name}, PROVIDER) for name in ("one", "two")
    ]
    assert EVE not in str(stored(connection, "rejected_records"))
    # The real event with the same id is not kept out by it.
    real = event(kind, event_id="one", recipient=OLD)
    assert save(connection, real) == SavedEvents(new=1, applied=1)


def test_recipients_of_one_message_may_share_an_event_id(connection: Connection, conversation: UUID) -> None:
    """Without an id of the provider's own: reports of one second, about copies to others."""
    told = [event("delivered", event_id="same", recipient=address) for address in (EVE, ADA, "bob@acme.com")]
    assert save(connection, *told) == SavedEvents(new=3, waiting=3)
    mail(connection, conversation)
    assert save(connection, *told) == SavedEvents(known=1, applied=1, refused=2)
    assert times(connection) == {"sent_at": hours(0), "delivered_at": hours(1)}
    assert count(connection, "touchpoint_events") == 1


def test_one_that_waited_is_refused_as_well(connection: Connection, conversation: UUID) -> None:
    assert save(connection, event("clicked", recipient=EVE)) == SavedEvents(new=1, waiting=1)
    mail(connection, conversation)
    before = stored(connection, "touchpoints")
    assert apply_waiting_events(connection) == SavedEvents(refused=1)
    assert apply_waiting_events(connection) == SavedEvents()
    assert stored(connection, "touchpoints") == before
    assert (count(connection, "rejected_records"), count(connection, "touchpoint_events")) == (1, 0)


def test_received_mail_has_no_events(connection: Connection, conversation: UUID) -> None:
    mail(connection, conversation, direction="inbound")
    before = stored(connection, "touchpoints")
    assert save(connection, event("opened"), event("unsubscribed")) == SavedEvents(refused=2)
    assert stored(connection, "touchpoints") == before
    assert {reason for _, reason, *_ in rejected(connection)} == {"not_sent"}


def test_who_has_no_address_is_not_contradicted(connection: Connection, acme: int) -> None:
    contact = add_contact(connection, acme)
    mail(connection, add_conversation(connection, contact, acme))
    assert save(connection, event("opened", recipient=ADA)) == SavedEvents(new=1, applied=1)


# ---------------------------------------------------------------------------------------------------------- suppression
def status(connection: Connection) -> str:
    found: str = only(connection, "contacts", "status")["status"]
    return found


def test_without_a_recipient_it_is_the_contacts_address(connection: Connection, conversation: UUID) -> None:
    save(connection, event("bounced"))
    assert status(connection) == "active"
    mail(connection, conversation)
    apply_waiting_events(connection)
    assert (status(connection), reasons(connection, [ADA, OLD])) == ("bounced", {ADA: "bounced"})
    save(connection, event("unsubscribed"))
    assert (status(connection), reasons(connection, [ADA, OLD])) == ("unsubscribed", {ADA: "unsubscribed"})


def test_an_old_address_that_bounces_says_nothing_of_the_new_one(connection: Connection, conversation: UUID) -> None:
    mail(connection, conversation)
    save(connection, event("bounced", recipient=OLD))
    assert (status(connection), reasons(connection, [ADA, OLD])) == ("active", {OLD: "bounced"})
    # Who wants no mail wants none anywhere.
    save(connection, event("complained", recipient=OLD))
    assert status(connection) == "unsubscribed"
    assert reasons(connection, [ADA, OLD]) == {ADA: "complained", OLD: "complained"}


@pytest.mark.parametrize("kind", ["bounced", "unsubscribed", "complained"])
@pytest.mark.parametrize("message_id", ["unknown", None])
def test_an_unknown_message_suppresses_its_recipient_at_once(
    connection: Connection, conversation: UUID, kind: str, message_id: str | None
) -> None:
    told = event(kind, recipient=ADA, message_id=message_id)
    save(connection, told)
    assert status(connection) == {"bounced": "bounced"}.get(kind, "unsubscribed")
    assert reasons(connection, [ADA]) == {ADA: kind}
    # A person takes it back; the same report does not bring it back.
    lift(connection, "email", ADA)
    assert save(connection, told).known == 1
    assert (status(connection), reasons(connection, [ADA])) == ("active", {})


def test_a_contact_with_an_odd_address_stops_nobody(connection: Connection, acme: int) -> None:
    """Stored by hand: no address that could be suppressed."""
    mail(connection, add_conversation(connection, add_contact(connection, acme, email="name@example.com"), acme))
    assert save(connection, event("bounced")) == SavedEvents(new=1, applied=1)


# ----------------------------------------------------------------------------------------------------- at once, killed
@pytest.fixture
def mails(engine: Engine) -> list[str]:
    """Ids of forty messages to twenty contacts, two each."""
    with unit_of_work(engine) as connection:
        company = connection.execute(
            text("insert into companies (name, name_key, source_system) values ('A', 'a', 'tests') returning id")
        ).scalar_one()
        for number in range(20):
            contact = add_contact(connection, company, f"Person {number}", email=f"p{number}@acme.com")
            conversation = add_conversation(connection, contact, company)
            for message in (number, number + 20):
                mail(connection, conversation, f"m{message}")
    return [f"m{message}" for message in range(40)]


def test_two_deliveries_at_once(engine: Engine, mails: list[str]) -> None:
    batch = [
        event(kind, message_id=message, recipient=f"p{int(message[1:]) % 20}@acme.com")
        for message in mails
        for kind in ("delivered", "clicked", "replied", "complained")
    ]
    orders = [batch, batch[::-1], batch[80:] + batch[:80], [*batch[::2], *batch[1::2]]]
    saved = at_once(engine, [partial(save_touchpoint_events, provider=PROVIDER, events=order) for order in orders])
    assert sum(saved, SavedEvents()) == SavedEvents(new=160, known=480, applied=160)
    with unit_of_work(engine) as connection:
        assert count(connection, "touchpoint_events") == 160
        assert {row["outcome"] for row in stored(connection, "touchpoints")} == {"replied"}
        assert {row["response_count"] for row in stored(connection, "conversations")} == {2}
        assert {row["status"] for row in stored(connection, "contacts")} == {"unsubscribed"}


def test_different_batches_about_the_same_contacts_at_once(engine: Engine, mails: list[str]) -> None:
    with unit_of_work(engine) as connection:
        save(connection, *(event("opened", message_id=f"late{message}") for message in mails))
        connection.execute(text("update touchpoints set email_message_id = 'late' || email_message_id"))
    kinds = ("delivered", "clicked", "bounced", "unsubscribed")
    batches = [
        [event(kind, message_id=f"late{message}") for message in (mails if number % 2 else mails[::-1])]
        for number, kind in enumerate(kinds)
    ]
    works = [partial(save_touchpoint_events, provider=PROVIDER, events=batch) for batch in batches]
    saved = at_once(engine, [*works, partial(apply_waiting_events, limit=1_000)])
    assert sum(saved, SavedEvents()) == SavedEvents(new=160, applied=200)
    with unit_of_work(engine) as connection:
        assert all(row["opened_at"] and row["clicked_at"] for row in stored(connection, "touchpoints"))


def test_contacts_are_locked_first(engine: Engine, connection: Connection, mails: list[str]) -> None:
    """Who works on a contact goes on to its conversations; nobody may hold those and wait for the contact."""

    def save_one() -> SavedEvents:
        with unit_of_work(engine, timeout_seconds=60) as saving:
            return save(saving, event("replied", message_id=mails[0]), event("unsubscribed", message_id=mails[1]))

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(engine) as working:
            working.execute(text("select from contacts for no key update"))
            saved = pool.submit(save_one)
            wait_for_blocked(connection, 1)
            working.execute(text("select from conversations for no key update"))
            working.execute(text("select from touchpoints for no key update"))
        assert saved.result(timeout=60) == SavedEvents(new=2, applied=2)


def test_killed_midway_leaves_nothing(engine: Engine, mails: list[str]) -> None:
    batch = [event("bounced", message_id=message) for message in mails] + [event("opened", recipient=EVE)]
    with engine.connect() as connection, engine.connect() as killer:
        assert save(connection, *batch).applied == 40
        pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
        killer.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        connection.invalidate()
    with unit_of_work(engine) as connection:
        for table in ("touchpoint_events", "suppressed_addresses", "rejected_records"):
            assert count(connection, table) == 0, table
        assert {row["outcome"] for row in stored(connection, "touchpoints")} == {"sent"}
        assert save(connection, *batch) == SavedEvents(new=40, applied=40, refused=1)
