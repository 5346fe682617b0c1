"""The view account_overview, health of all accounts at once, and the questions that are functions of the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from prospecting.persistence.account_graph import HEALTH_VALUES, get_account_health_score, get_account_overview
from prospecting.persistence.statements import statement
from prospecting.scoring.health import AccountHealth, account_health
from tests.clock import hours_ago, now
from tests.db.acting import act_as, reset
from tests.db.engaging import add_contact, add_conversation, add_relationship, add_touchpoint
from tests.db.factories import add_companies, stored

COMPANIES = 3


def asked(connection: Connection, function: str, *arguments: object) -> list[dict[str, Any]]:
    """The rows of a function of the database, in its order."""
    names = {f"argument_{number}": argument for number, argument in enumerate(arguments)}
    call = f"{function}({', '.join(f':{name}' for name in names)})"
    return [dict(row) for row in connection.execute(text(f"select * from {call}"), names).mappings()]


# ------------------------------------------------------------------------------------------ any small set of accounts
@dataclass
class Contacted:
    """A contact: ``company`` is a position, or none."""

    company: int | None
    status: str
    is_decision_maker: bool
    engagement_score: int


@dataclass
class Talk:
    """A conversation of a contact (by position) with a company, and its messages: hours since it was sent, answered."""

    contact: int
    company: int
    status: str
    messages: list[tuple[int, bool]] = field(default_factory=list)


@dataclass
class Accounts:
    """What is said to the database, by positions; ids once it is."""

    contacts: list[Contacted]
    talks: list[Talk]
    pairs: set[tuple[int, int]]
    primary: set[int]
    merged: bool
    companies: Sequence[int] = ()


@st.composite
def accounts(draw: st.DrawFn) -> Accounts:
    company = st.integers(0, COMPANIES - 1)
    contacts = draw(
        st.lists(
            st.builds(
                Contacted,
                company=st.none() | company,
                status=st.sampled_from(["active", "active", "unsubscribed"]),
                is_decision_maker=st.booleans(),
                engagement_score=st.integers(0, 100),
            ),
            max_size=6,
        )
    )
    someone = st.integers(0, len(contacts) - 1)
    talk = st.builds(
        Talk,
        contact=someone,
        company=company,
        status=st.sampled_from(["active", "active", "won", "paused"]),
        messages=st.lists(st.tuples(st.integers(1, 100), st.booleans()), max_size=3),
    )
    pair = st.tuples(someone, someone).map(lambda two: (min(two), max(two))).filter(lambda two: two[0] != two[1])
    return Accounts(
        contacts=contacts,
        talks=draw(st.lists(talk, max_size=5)) if contacts else [],
        pairs=draw(st.sets(pair, max_size=6)) if len(contacts) > 1 else set(),
        primary=draw(st.sets(someone, max_size=3)) if contacts else set(),
        merged=draw(st.booleans()),
    )


@contextmanager
def told(connection: Connection, given: Accounts) -> Iterator[Accounts]:
    """As long as this lasts the database knows it."""
    savepoint = connection.begin_nested()
    try:
        tell(connection, given)
        yield given
    finally:
        savepoint.rollback()


def tell(connection: Connection, given: Accounts) -> None:
    given.companies = add_companies(connection, *(f"Company {number}" for number in range(COMPANIES)))
    if given.merged:
        connection.execute(
            text("update companies set merged_into_id = :winner where id = :id"),
            {"winner": given.companies[0], "id": given.companies[-1]},
        )
        for one in given.contacts + given.talks:
            one.company = 0 if one.company == COMPANIES - 1 else one.company
    # At most one of a company is the primary contact.
    given.primary = set({given.contacts[number].company: number for number in given.primary}.values())
    ids: list[UUID] = []
    for number, contact in enumerate(given.contacts):
        company = None if contact.company is None else given.companies[contact.company]
        values = {**vars(contact), "is_primary_contact": number in given.primary}
        del values["company"]
        ids.append(add_contact(connection, company, f"Jane {number}", **values))
    for one, other in sorted(given.pairs):
        add_relationship(connection, ids[one], ids[other])
    for talk in given.talks:
        conversation = add_conversation(
            connection, ids[talk.contact], given.companies[talk.company], status=talk.status
        )
        for hours, is_answered in talk.messages:
            replied_at = hours_ago(hours - 0.5) if is_answered else None
            add_touchpoint(connection, conversation, sent_at=hours_ago(hours), replied_at=replied_at)


def recounted(given: Accounts, company: int) -> dict[str, Any]:
    """A row of the view, one thing after the other."""
    contacts = [(number, contact) for number, contact in enumerate(given.contacts) if contact.company == company]
    numbers = {number for number, _ in contacts}
    talks = [talk for talk in given.talks if talk.company == company]
    messages = [message for talk in talks for message in talk.messages]
    return {
        "company_id": given.companies[company],
        "company_name": f"Company {company}",
        "total_contacts": len(contacts),
        "primary_contacts": len(numbers & given.primary),
        "decision_makers": sum(contact.is_decision_maker for _, contact in contacts),
        "total_conversations": len(talks),
        "active_conversations": sum(talk.status == "active" for talk in talks),
        "won_conversations": sum(talk.status == "won" for talk in talks),
        "total_touchpoints": len(messages),
        "total_replies": sum(is_answered for _, is_answered in messages),
        "last_touchpoint_at": max((hours_ago(hours) for hours, _ in messages), default=None),
        "last_reply_at": max((hours_ago(hours - 0.5) for hours, is_answered in messages if is_answered), default=None),
        "total_relationships": sum(bool(numbers & {*pair}) for pair in given.pairs),
    }


def health_of(given: Accounts, company: int) -> tuple[dict[str, int], AccountHealth]:
    """What is counted of a company for its health, and the health itself."""
    active = {
        number: contact
        for number, contact in enumerate(given.contacts)
        if contact.company == company and contact.status == "active"
    }
    counted = {
        "contacts": len(active),
        "engagement_total": sum(contact.engagement_score for contact in active.values()),
        "active_conversations": recounted(given, company)["active_conversations"],
        "relationships": sum(bool(active.keys() & {*pair}) for pair in given.pairs),
        "decision_makers": sum(contact.is_decision_maker for contact in active.values()),
    }
    return counted, account_health(**counted)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(accounts())
def test_every_count_is_what_one_gets_by_counting(connection: Connection, given: Accounts) -> None:
    """In the view, in the overview of one account, in its health, and in the health of all."""
    with told(connection, given) as known:
        connection.execute(text("select refresh_account_overview()"))
        shown = stored(connection, "account_overview", order="company_id")
        left = range(COMPANIES - known.merged)
        wanted = [recounted(known, company) for company in left]
        assert [{name: row[name] for name in wanted[0]} for row in shown] == wanted
        healths = all_healths(connection)
        assert list(healths) == sorted(
            {known.companies[c.company] for c in known.contacts if c.status == "active" and c.company is not None}
        )
        for company in left:
            counted, health = health_of(known, company)
            assert get_account_health_score(connection, known.companies[company]) == health
            summary = get_account_overview(connection, known.companies[company]).summary
            numbers = set(range(len(known.contacts)))
            assert summary.model_dump() == {
                "total_contacts": counted["contacts"],
                "decision_makers": counted["decision_makers"],
                "primary_contacts": sum(
                    known.contacts[number].company == company and known.contacts[number].status == "active"
                    for number in known.primary & numbers
                ),
                "total_relationships": counted["relationships"],
                "active_conversations": counted["active_conversations"],
                "total_conversations": wanted[company]["total_conversations"],
            }
            if counted["contacts"]:
                assert healths[known.companies[company]] == as_row(counted, health)


def all_healths(connection: Connection, **chosen: Any) -> dict[int, dict[str, Any]]:
    """The health of all accounts with active contacts, or of those chosen, by company."""
    values = {**HEALTH_VALUES, "first_id": 0, "last_id": 2**63 - 1, "company_ids": None, **chosen}
    rows = connection.execute(statement("account_graph/account_health"), values).mappings()
    return {row["company_id"]: {name: row[name] for name in row if name != "company_id"} for row in rows}


def as_row(counted: dict[str, int], health: AccountHealth) -> dict[str, Any]:
    points = {
        "engagement_points": health.breakdown.engagement,
        "conversation_points": health.breakdown.conversations,
        "relationship_points": health.breakdown.relationships,
        "decision_maker_points": health.breakdown.decision_makers,
        "total_score": health.total_score,
    }
    mean = Decimal(counted["engagement_total"]) / counted["contacts"]
    return {
        "mean_engagement": mean.quantize(Decimal("0.01"), ROUND_HALF_UP),
        **{name: count for name, count in counted.items() if name != "engagement_total"},
        **{name: Decimal(str(value)) for name, value in points.items()},
        "health_status": health.health_status,
    }


def test_health_is_rounded_half_up_once(connection: Connection, acme: int) -> None:
    """30 points for 1 of 16 contacts are 1.875; chosen accounts only, in a range of ids and by name."""
    contacts = [add_contact(connection, acme, f"Jane {number}", engagement_score=1) for number in range(16)]
    add_conversation(connection, contacts[0], acme)
    (other,) = add_companies(connection, "Globex")
    add_contact(connection, other, "John")
    healths = all_healths(connection)
    assert healths[acme]["conversation_points"] == Decimal("1.88")
    assert healths[acme]["total_score"] == Decimal("2.28")  # 0.4 + 1.875
    assert get_account_health_score(connection, acme).total_score == 2.28
    assert healths.keys() == {acme, other}
    assert all_healths(connection, company_ids=[other]).keys() == {other}
    assert all_healths(connection, first_id=0, last_id=acme).keys() == {acme}
    assert all_healths(connection, first_id=other, last_id=other) == {other: healths[other]}


def test_a_status_follows_from_the_exact_total(connection: Connection, acme: int) -> None:
    """Conversations 20, relationships 13.33 and engagement 6.27 are not quite 40."""
    contacts = [add_contact(connection, acme, f"Jane {score}", engagement_score=score) for score in (47, 0, 0)]
    for contact in contacts[1:]:
        add_conversation(connection, contact, acme)
        add_relationship(connection, contacts[0], contact)
    health = get_account_health_score(connection, acme)
    assert (health.total_score, health.health_status) == (39.6, "poor")
    stored_health = all_healths(connection)[acme]
    assert (stored_health["total_score"], stored_health["health_status"]) == (Decimal("39.60"), "poor")


def test_a_merged_company_is_no_account_of_its_own(connection: Connection) -> None:
    winner, loser = add_companies(connection, "Acme", "Emca")
    contact = add_contact(connection, winner)
    connection.execute(text("update companies set merged_into_id = :winner where id = :loser"), locals())
    connection.execute(text("select refresh_account_overview()"))
    assert [row["company_id"] for row in stored(connection, "account_overview")] == [winner]
    overview = get_account_overview(connection, loser)
    assert (overview.company.id, list(overview.contacts)) == (winner, [contact])
    assert get_account_health_score(connection, loser) == get_account_health_score(connection, winner)


def test_tasks_refresh_the_view_and_users_read_it(connection: Connection, acme: int) -> None:
    add_contact(connection, acme)
    act_as(connection, "prospecting_app")
    connection.execute(text("select refresh_account_overview()"))
    reset(connection)
    act_as(connection, "prospecting_api")
    assert [row["total_contacts"] for row in stored(connection, "account_overview")] == [1]
    with pytest.raises(ProgrammingError, match="permission denied for function refresh_account_overview"):
        connection.execute(text("select refresh_account_overview()"))


# ------------------------------------------------------------------------------------------- questions in the database
def test_colleagues_are_of_the_same_company(connection: Connection, acme: int) -> None:
    (globex,) = add_companies(connection, "Globex")
    ann = add_contact(connection, acme, "Ann Lee")
    zoe = add_contact(connection, acme, "Zoe Li", title="CTO", status="unsubscribed")
    bea = add_contact(connection, acme, "Bea Kim")
    add_relationship(connection, ann, zoe, strength="strong")
    add_relationship(connection, bea, ann, strength="weak", is_verified=True)
    add_relationship(connection, ann, add_contact(connection, globex, "Max Elsewhere"))
    boss = add_contact(connection, acme, "Max Boss")
    add_relationship(connection, ann, boss, "reports_to")
    add_relationship(connection, bea, zoe)
    assert asked(connection, "get_colleagues", ann) == [
        {"colleague_id": bea, "colleague_name": "Bea Kim", "colleague_title": None, "relationship_strength": "weak"},
        {
            "colleague_id": zoe,
            "colleague_name": "Zoe Li",
            "colleague_title": "CTO",
            "relationship_strength": "strong",
        },
    ]
    related = asked(connection, "get_contact_relationships", ann)
    assert list(related[0]) == [
        "relationship_id", "related_contact_id", "relationship_type", "strength", "is_verified",
    ]  # fmt: skip
    assert len(related) == 4
    assert {row["related_contact_id"]: row["is_verified"] for row in related}[bea] is True
    assert {row["related_contact_id"]: row["relationship_type"] for row in related}[boss] == "reports_to"
    assert asked(connection, "get_contact_relationships", UUID(int=0)) == []


def test_who_has_no_company_has_no_colleagues(connection: Connection) -> None:
    ann, bea = (add_contact(connection, None, name) for name in ("Ann Lee", "Bea Kim"))
    add_relationship(connection, ann, bea)
    assert asked(connection, "get_colleagues", ann) == []
    assert len(asked(connection, "get_contact_relationships", ann)) == 1


def test_active_conversations_begin_with_the_one_touched_last(connection: Connection, acme: int) -> None:
    ann = add_contact(connection, acme, "Ann Lee", email="ann@acme.com")
    (globex,) = add_companies(connection, "Globex")
    never, earlier, lately = (
        add_conversation(connection, ann, acme, qualification_tier=tier) for tier in ("cold", "warm", "hot")
    )
    add_conversation(connection, ann, acme, status="won")
    add_conversation(connection, ann, globex)
    add_touchpoint(connection, earlier, sent_at=hours_ago(9))
    add_touchpoint(connection, lately, sent_at=hours_ago(1))
    found = asked(connection, "get_active_conversations", acme)
    assert [row["conversation_id"] for row in found] == [lately, earlier, never]
    assert found[0] == {
        "conversation_id": lately,
        "contact_name": "Ann Lee",
        "contact_email": "ann@acme.com",
        "status": "active",
        "qualification_tier": "hot",
        "touchpoint_count": 1,
        "last_touchpoint_at": hours_ago(1),
    }


def test_follow_ups_are_overdue_by_whole_days(connection: Connection, acme: int) -> None:
    ann = add_contact(connection, acme, "Ann Lee")
    due = {hours: add_conversation(connection, ann, acme, next_touchpoint_at=hours_ago(hours)) for hours in (23, 49, 0)}
    add_conversation(connection, ann, acme, next_touchpoint_at=hours_ago(-1))
    add_conversation(connection, ann, acme, next_touchpoint_at=hours_ago(99), status="paused")
    add_conversation(connection, ann, acme)
    found = asked(connection, "get_conversations_needing_followup")
    assert [(row["conversation_id"], row["days_overdue"]) for row in found] == [(due[49], 2), (due[23], 0), (due[0], 0)]
    assert found[0] == {
        "conversation_id": due[49],
        "contact_id": ann,
        "contact_name": "Ann Lee",
        "company_name": "Acme",
        "next_touchpoint_at": hours_ago(49),
        "days_overdue": 2,
    }


def test_rates_are_of_e_mails_that_were_sent(connection: Connection, acme: int) -> None:
    ann = add_contact(connection, acme)
    conversation = add_conversation(connection, ann, acme)
    none = {"emails_sent": 0, "emails_opened": 0, "emails_clicked": 0, "emails_replied": 0}
    rates = {"open_rate": 0, "click_rate": 0, "reply_rate": 0}
    assert asked(connection, "get_conversation_engagement_metrics", conversation) == [
        {"total_touchpoints": 0, **none, **rates}
    ]
    for moment in ({"opened_at": hours_ago(4), "clicked_at": hours_ago(3)}, {"opened_at": hours_ago(2)}, {}):
        add_touchpoint(connection, conversation, sent_at=hours_ago(5), **moment)
    add_touchpoint(connection, conversation, scheduled_for=hours_ago(-5))  # not sent yet
    add_touchpoint(connection, conversation, direction="inbound", sent_at=hours_ago(1), opened_at=hours_ago(1))
    add_touchpoint(connection, conversation, channel="call", sent_at=hours_ago(1), replied_at=hours_ago(1))
    add_touchpoint(connection, add_conversation(connection, ann, acme), sent_at=hours_ago(1), replied_at=now())
    assert asked(connection, "get_conversation_engagement_metrics", conversation) == [
        {
            "total_touchpoints": 6,
            "emails_sent": 3,
            "emails_opened": 2,
            "emails_clicked": 1,
            "emails_replied": 0,
            "open_rate": Decimal("66.67"),
            "click_rate": Decimal("33.33"),
            "reply_rate": Decimal(0),
        }
    ]


def test_history_begins_with_what_was_noted_last(connection: Connection, acme: int) -> None:
    """Of what was noted at once, with what was sent last."""
    conversation = add_conversation(connection, add_contact(connection, acme), acme)
    noted = [
        add_touchpoint(
            connection, conversation, id=UUID(int=number), subject=subject, sent_at=sent_at, created_at=created_at
        )
        for number, (subject, sent_at, created_at) in enumerate(
            (
                ("planned", None, now()),
                ("second", hours_ago(3), now()),
                ("third", hours_ago(2), now()),
                ("first", hours_ago(1), hours_ago(1)),
            )
        )
    ]
    found = asked(connection, "get_touchpoint_history", conversation)
    assert [row["subject"] for row in found] == ["third", "second", "planned", "first"]
    assert found[0] == {
        "touchpoint_id": noted[2],
        "channel": "email",
        "direction": "outbound",
        "subject": "third",
        "outcome": "sent",
        "sent_at": hours_ago(2),
        "replied_at": None,
    }
