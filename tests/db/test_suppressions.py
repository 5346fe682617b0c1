"""Suppressed addresses: what they cover, which reason counts, what becomes of contacts, and taking it back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.database import unit_of_work
from prospecting.persistence.suppressions import (
    KINDS,
    REASONS,
    STATUS_OF_REASON,
    Suppression,
    lift,
    reasons,
    suppress_addresses,
)
from tests.db.acting import act_as, only, reset
from tests.db.engaging import add_contact
from tests.db.factories import at_once, stored, versions, wait_for_blocked

ADA, BOB = "ada@acme.com", "bob@mail.acme.com"
STATUSES = ("active", "inactive", "unsubscribed", "bounced", "invalid")


def suppress(connection: Connection, value: str, reason: str, kind: str = "email") -> int:
    return suppress_addresses(connection, [Suppression(kind, value, reason, "tests")])


def statuses(connection: Connection) -> dict[str, str]:
    return {row["email"]: row["status"] for row in stored(connection, "contacts", "email, status")}


@pytest.mark.parametrize("role", ["owner", "prospecting_app"], indirect=True)
def test_a_suppressed_address_is_kept_as_a_hash_and_marks_its_contact(connection: Connection, role: str) -> None:
    reset(connection)
    add_contact(connection, None, email=ADA)
    add_contact(connection, None, "Bob", email=BOB)
    act_as(connection, role)
    assert reasons(connection, [ADA, BOB]) == {}
    assert suppress(connection, " Ada@ACME.com", "unsubscribed") == 1
    assert reasons(connection, [ADA, BOB, ADA]) == {ADA: "unsubscribed"}
    assert reasons(connection, []) == {}
    reset(connection)
    row = only(connection, "suppressed_addresses")
    assert (row["kind"], row["reason"], row["source"]) == ("email", "unsubscribed", "tests")
    assert "acme" not in str(row)
    assert statuses(connection) == {ADA: "unsubscribed", BOB: "active"}
    before = versions(connection)
    assert suppress(connection, ADA, "unsubscribed") == 0
    assert suppress(connection, ADA, "bounced") == 0
    assert versions(connection) == before


def test_of_several_reasons_the_strongest_stays(connection: Connection) -> None:
    batch = [Suppression("email", ADA, reason) for reason in ("bounced", "complained", "unsubscribed")]
    assert suppress_addresses(connection, batch) == 1
    assert reasons(connection, [ADA]) == {ADA: "complained"}
    first = only(connection, "suppressed_addresses", "created_at")
    for reason, written, kept in (
        ("unsubscribed", 0, "complained"),
        ("requested", 1, "requested"),
        ("complained", 0, "requested"),
        ("erased", 1, "erased"),
    ):
        assert suppress(connection, ADA, reason) == written
        assert reasons(connection, [ADA]) == {ADA: kept}
    assert only(connection, "suppressed_addresses", "created_at") == first


def test_a_domain_covers_every_address_at_it_and_below(connection: Connection) -> None:
    others = ["eve@notacme.com", "acme.com@globex.com", "ada@acme.com.globex.com"]
    for number, email in enumerate([ADA, BOB, *others]):
        add_contact(connection, None, f"Number {number}", email=email)
    assert suppress(connection, "https://www.ACME.com/imprint", "requested", "domain") == 1
    suppress(connection, BOB, "bounced")
    assert reasons(connection, [ADA, BOB, "new@acme.com", *others]) == dict.fromkeys(
        (ADA, BOB, "new@acme.com"), "requested"
    )
    assert statuses(connection) == {ADA: "unsubscribed", BOB: "unsubscribed", **dict.fromkeys(others, "active")}
    # The address that bounces goes on bouncing.
    assert lift(connection, "domain", "acme.com")
    assert statuses(connection) == {ADA: "active", BOB: "bounced", **dict.fromkeys(others, "active")}


@pytest.mark.parametrize("reason", REASONS)
def test_what_becomes_of_contacts(connection: Connection, reason: str) -> None:
    for status in STATUSES:
        add_contact(connection, None, status, email=f"{status}@acme.com", status=status)
    suppress_addresses(connection, [Suppression("email", f"{status}@acme.com", reason) for status in STATUSES])
    found = {email.partition("@")[0]: status for email, status in statuses(connection).items()}
    if reason == "bounced":
        assert found == dict(zip(STATUSES, STATUSES, strict=True)) | {"active": "bounced"}
    else:
        assert found == dict.fromkeys(STATUSES, "unsubscribed")


def test_a_person_takes_it_back(connection: Connection) -> None:
    add_contact(connection, None, email=ADA)
    assert not lift(connection, "email", ADA)
    suppress(connection, ADA, "bounced")
    assert lift(connection, "email", "ADA@acme.com")
    assert (statuses(connection), stored(connection, "suppressed_addresses")) == ({ADA: "active"}, [])
    # A status that somebody gave for another reason is left alone.
    suppress(connection, ADA, "bounced")
    connection.execute(text("update contacts set status = 'invalid'"))
    assert lift(connection, "email", ADA)
    assert statuses(connection) == {ADA: "invalid"}


UNUSABLE = [
    ("email", "nobody", "bounced", "is not an e-mail address"),
    ("email", "secret@example.com", "bounced", "is not an e-mail address"),
    ("domain", "secret@acme.com", "bounced", "is not a domain"),
    ("domain", "secret", "bounced", "is not a domain"),
    ("phone", "secret", "bounced", "email, domain"),
    ("email", ADA, "secret", ", ".join(REASONS)),
]


@pytest.mark.parametrize(("kind", "value", "reason", "message"), UNUSABLE)
def test_what_is_no_address_is_refused(
    connection: Connection, kind: str, value: str, reason: str, message: str
) -> None:
    good = Suppression("email", BOB, "bounced")
    with pytest.raises(ValueError, match=message) as refused:
        suppress_addresses(connection, [good, Suppression(kind, value, reason)])
    assert "secret" not in str(refused.value)
    if reason in REASONS:
        with pytest.raises(ValueError, match=message):
            lift(connection, kind, value)
    assert stored(connection, "suppressed_addresses") == []


def test_a_contact_that_is_just_being_written_is_not_missed(engine: Engine, connection: Connection) -> None:
    """Whoever looked before it was suppressed is waited for; whoever comes later sees it."""

    def create(writing: Connection) -> None:
        status = STATUS_OF_REASON.get(reasons(writing, [ADA]).get(ADA, ""), "active")
        add_contact(writing, None, email=ADA, status=status)

    def suppress_domain() -> int:
        with unit_of_work(engine, timeout_seconds=60) as suppressing:
            return suppress(suppressing, "acme.com", "requested", "domain")

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(engine) as creating:
            create(creating)
            suppressed = pool.submit(suppress_domain)
            wait_for_blocked(connection, 1)
        assert suppressed.result(timeout=60) == 1
    with unit_of_work(engine) as after:
        assert statuses(after) == {ADA: "unsubscribed"}


def test_many_at_once_in_any_order(engine: Engine) -> None:
    emails = [f"person{number}@acme.com" for number in range(30)]
    with unit_of_work(engine) as connection:
        for email in emails:
            add_contact(connection, None, email, email=email)
    batches = [
        [Suppression("email", email, reason) for email in (emails if forwards else emails[::-1])]
        for reason, forwards in (("bounced", True), ("complained", False), ("unsubscribed", True), ("bounced", False))
    ]
    at_once(engine, [partial(suppress_addresses, suppressions=batch) for batch in batches])
    with unit_of_work(engine) as connection:
        assert reasons(connection, emails) == dict.fromkeys(emails, "complained")
        assert set(statuses(connection).values()) == {"unsubscribed"}


VALUES = {"email": (ADA, BOB, "eve@mail.acme.com"), "domain": ("acme.com", "mail.acme.com")}
STEPS = st.tuples(
    st.sampled_from([(kind, value) for kind in KINDS for value in VALUES[kind]]),
    st.one_of(st.none(), st.sampled_from(REASONS)),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=8))
def test_whatever_happens_the_status_of_contacts_says_what_covers_them(
    connection: Connection, steps: list[tuple[tuple[str, str], str | None]]
) -> None:
    savepoint = connection.begin_nested()
    for email in VALUES["email"]:
        add_contact(connection, None, email, email=email)
    for (kind, value), reason in steps:
        if reason is None:
            lift(connection, kind, value)
        else:
            suppress(connection, value, reason, kind)
    found = reasons(connection, VALUES["email"])
    assert statuses(connection) == {
        email: STATUS_OF_REASON[found[email]] if email in found else "active" for email in VALUES["email"]
    }
    savepoint.rollback()
