"""Conversations: beginning, reading and changing them, their context, and the history of their status."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from prospecting.persistence import conversations, touchpoint_records
from prospecting.persistence.conversations import (
    Conversation,
    create_conversation,
    get_active_conversations,
    get_conversation_by_id,
    get_conversations_by_company,
    get_conversations_by_contact,
    get_conversations_needing_followup,
    update_conversation,
    update_conversation_context,
    update_conversation_status,
)
from prospecting.persistence.database import unit_of_work
from tests.clock import from_now, now
from tests.db.acting import act_as, reset
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import NASTY_TEXTS, add_companies, at_once, count, stored, versions, wait_for_blocked

NOBODY = UUID(int=0)


@pytest.fixture
def ada(connection: Connection, acme: int) -> UUID:
    """Id of a contact at Acme."""
    return add_contact(connection, acme, email="ada@acme.com")


@pytest.fixture
def begun(connection: Connection, acme: int, ada: UUID) -> UUID:
    """Id of an active conversation."""
    return create_conversation(connection, ada, acme).id


def read(connection: Connection, conversation_id: UUID) -> Conversation:
    found = get_conversation_by_id(connection, conversation_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("conversations", "status", conversations.ConversationStatus),
        ("conversations", "qualification_tier", conversations.QualificationTier),
        ("touchpoints", "channel", touchpoint_records.Channel),
        ("touchpoints", "direction", touchpoint_records.Direction),
        ("touchpoints", "visibility", touchpoint_records.Visibility),
        ("touchpoints", "outcome", touchpoint_records.Outcome),
    ],
)
def test_the_values_of_the_types_are_those_of_the_database(
    connection: Connection, table: str, column: str, values: Any
) -> None:
    named = (
        "select pg_get_constraintdef(oid) from pg_constraint where conname = :name"
        if column != "outcome"
        else "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'touchpoints'::regclass "
        "and pg_get_expr(adbin, adrelid) like '%scheduled_for%'"
    )
    definition = connection.execute(text(named), {"name": f"ck_{table}_{column}"}).scalar_one()
    assert set(definition.split("'")[1::2]) == set(get_args(values))


# ------------------------------------------------------------------ beginning
def test_a_conversation_begins_active_and_is_found(connection: Connection, acme: int, ada: UUID) -> None:
    (globex,) = add_companies(connection, "Globex")
    act_as(connection, "prospecting_app")
    begun = create_conversation(connection, str(ada), globex, qualification_tier="hot", metadata={"source": "fair"})
    assert (begun.status, begun.qualification_tier, begun.metadata) == ("active", "hot", {"source": "fair"})
    assert (begun.touchpoint_count, begun.context, begun.closed_at) == (0, {}, None)
    assert read(connection, begun.id) == begun
    won = create_conversation(
        connection,
        ada,
        acme,
        "won",
        outcome="signed",
        estimated_value="1200.50",
        campaign_name="Spring",
        sequence_step=2,
    )
    assert (won.outcome, won.estimated_value, won.campaign_name) == ("signed", Decimal("1200.50"), "Spring")
    assert won.closed_at is not None
    assert {found.id for found in get_conversations_by_contact(connection, ada)} == {begun.id, won.id}
    assert [found.id for found in get_conversations_by_contact(connection, ada, "won")] == [won.id]
    assert get_conversations_by_company(connection, globex) == [begun]
    assert get_conversations_by_company(connection, globex, "won") == []
    reset(connection)
    assert stored(connection, "companies", "active_conversations", "id") == [
        {"active_conversations": 0},
        {"active_conversations": 1},
    ]
    assert get_conversation_by_id(connection, NOBODY) is None
    with pytest.raises(ValueError, match="Unknown status; there are active"):
        get_conversations_by_contact(connection, ada, "over")  # type: ignore[arg-type]


def test_with_an_id_a_conversation_begins_once(connection: Connection, acme: int, ada: UUID) -> None:
    begun = create_conversation(connection, ada, acme, conversation_id=UUID(int=7))
    before = versions(connection)
    assert create_conversation(connection, ada, acme, conversation_id=str(UUID(int=7))) == begun
    assert versions(connection) == before


def test_who_begins_one_at_the_same_time_begins_the_same(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        (company,) = add_companies(connection, "Acme")
        contact = add_contact(connection, company)
    begin = lambda connection: create_conversation(connection, contact, company, conversation_id=UUID(int=7)).id  # noqa: E731
    assert set(at_once(engine, [begin] * 4)) == {UUID(int=7)}
    with unit_of_work(engine) as connection:
        assert stored(connection, "companies", "active_conversations") == [{"active_conversations": 1}]


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"contact_id": NOBODY}, LookupError, "no contact 0"),
        ({"company_id": 999}, LookupError, "no company 999"),
        ({"contact_id": "ada@acme.com"}, ValueError, "contact_id"),
        ({"company_id": 2**70}, ValueError, "company_id"),
        ({"status": "over"}, ValueError, "status"),
        ({"status": None}, ValueError, "status"),
        ({"qualification_tier": "lukewarm"}, ValueError, "qualification_tier"),
        ({"touchpoint_count": 3}, ValueError, "touchpoint_count"),
        ({"started_at": timedelta(hours=1)}, ValueError, "started_at"),
        ({"started_at": datetime(1999, 12, 31, tzinfo=UTC)}, ValueError, "before 2000"),
        ({"started_at": datetime(2026, 1, 1)}, ValueError, "no time zone"),  # noqa: DTZ001
        ({"estimated_value": "1e9"}, ValueError, "estimated_value"),
        ({"sequence_step": -1}, ValueError, "sequence_step"),
        ({"context": ["secret"]}, ValueError, "context"),
    ],
)
def test_what_is_no_conversation_is_refused_without_its_values(
    connection: Connection, acme: int, ada: UUID, fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as refused:
        create_conversation(connection, **{"contact_id": ada, "company_id": acme, **from_now(fields)})
    assert not any(word in str(refused.value) for word in ("ada@acme.com", "secret", "over'", "lukewarm"))
    assert count(connection, "conversations") == 0


@pytest.mark.parametrize("nasty", NASTY_TEXTS)
def test_any_text_is_stored(connection: Connection, begun: UUID, nasty: str) -> None:
    given = NASTY_TEXTS[nasty]
    update_conversation_status(connection, begun, "active", given, given)
    update_conversation(connection, begun, {"campaign_name": given, "metadata": {given: given}})
    merged = update_conversation_context(connection, begun, {"topics": [given]}, append=["topics"])
    kept = given.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")
    assert (merged.outcome, merged.outcome_notes, merged.campaign_name) == (kept, kept, kept)
    assert (merged.metadata, merged.context) == ({kept: kept}, {"topics": [kept]})


# ------------------------------------------------------------------ lists
def test_active_conversations_come_with_their_contacts(connection: Connection, acme: int, ada: UUID) -> None:
    bob = add_contact(connection, acme, "Bob Roe", email="bob@acme.com")
    silent = add_conversation(connection, ada, acme)
    older = add_conversation(connection, ada, acme, qualification_tier="warm")
    newer = add_conversation(connection, bob, acme)
    add_conversation(connection, bob, acme, status="paused")
    add_touchpoint(connection, older, sent_at=now() - timedelta(days=2))
    add_touchpoint(connection, newer, sent_at=now() - timedelta(days=1))
    found = get_active_conversations(connection, acme)
    assert [(row.conversation_id, row.contact_name, row.contact_email) for row in found] == [
        (newer, "Bob Roe", "bob@acme.com"),
        (older, "Ada Lovelace", "ada@acme.com"),
        (silent, "Ada Lovelace", "ada@acme.com"),
    ]
    assert (found[1].qualification_tier, found[1].touchpoint_count) == ("warm", 1)
    assert get_active_conversations(connection, 999) == []


def test_what_is_due_comes_longest_overdue_first(connection: Connection, acme: int, ada: UUID) -> None:
    due = [
        create_conversation(connection, ada, acme, next_touchpoint_at=now() - ago).id
        for ago in (timedelta(hours=23), timedelta(days=3, hours=1), timedelta(days=1))
    ]
    create_conversation(connection, ada, acme, next_touchpoint_at=now() + timedelta(hours=1))
    create_conversation(connection, ada, acme, "paused", next_touchpoint_at=now() - timedelta(days=9))
    create_conversation(connection, ada, acme)
    found = get_conversations_needing_followup(connection)
    assert [(row.conversation_id, row.days_overdue) for row in found] == [(due[1], 3), (due[2], 1), (due[0], 0)]
    assert (found[0].contact_name, found[0].company_name, found[0].contact_id) == ("Ada Lovelace", "Acme", ada)
    assert get_conversations_needing_followup(connection, limit=1) == found[:1]
    with pytest.raises(ValueError, match="negative"):
        get_conversations_needing_followup(connection, limit=-1)


# ------------------------------------------------------------------ changing
def test_an_outcome_is_of_the_day_it_was_given(connection: Connection, begun: UUID) -> None:
    connection.execute(text("update conversations set updated_at = :then"), {"then": now() - timedelta(days=1)})
    paused = update_conversation_status(connection, begun, "paused")
    assert (paused.status, paused.outcome, paused.outcome_date, paused.closed_at) == ("paused", None, None, None)
    assert paused.updated_at > now() - timedelta(hours=1)
    won = update_conversation_status(connection, begun, "won", "signed", "two years")
    assert (won.status, won.outcome, won.outcome_notes) == ("won", "signed", "two years")
    assert won.outcome_date is not None
    assert won.closed_at is not None
    long_ago = {"outcome_date": now() - timedelta(days=30)}
    update_conversation(connection, begun, long_ago)
    before = versions(connection)
    same = update_conversation_status(connection, begun, "won", "signed", "two years")
    assert same.outcome_date == long_ago["outcome_date"]
    assert update_conversation_status(connection, begun, "won") == same
    assert versions(connection) == before
    reopened = update_conversation_status(connection, begun, "active")
    assert (reopened.closed_at, reopened.outcome) == (None, "signed")
    lost = update_conversation_status(connection, begun, "lost", "cancelled")
    assert lost.outcome_date is not None
    assert lost.outcome_date > long_ago["outcome_date"]
    assert lost.outcome_notes == "two years"
    update_conversation(connection, begun, {"outcome_date": None})
    assert update_conversation_status(connection, begun, "lost", "cancelled").outcome_date is not None
    with pytest.raises(ValueError, match="status"):
        update_conversation_status(connection, begun, "over")  # type: ignore[arg-type]
    with pytest.raises(LookupError, match="no conversation"):
        update_conversation_status(connection, NOBODY, "won")


def test_only_the_given_columns_are_written(connection: Connection, begun: UUID) -> None:
    before = update_conversation(
        connection,
        begun,
        {
            "qualification_tier": "hot",
            "next_touchpoint_at": now() + timedelta(days=3),
            "context": {"topics": ["price"]},
            "campaign_id": uuid4(),
            "campaign_name": "Spring",
            "sequence_step": 3,
            "estimated_value": Decimal("100.25"),
            "metadata": {"a": 1},
        },
    )
    assert (before.sequence_step, before.estimated_value, before.next_touchpoint_at) == (
        3,
        Decimal("100.25"),
        now() + timedelta(days=3),
    )
    after = update_conversation(connection, begun, {"qualification_tier": None, "actual_value": 80})
    changed = {"qualification_tier": None, "actual_value": Decimal(80), "updated_at": after.updated_at}
    assert after == before.model_copy(update=changed)
    unchanged = versions(connection)
    assert update_conversation(connection, begun, {"actual_value": Decimal("80.00"), "metadata": {"a": 1}}) == after
    assert update_conversation(connection, begun, {}) == after
    assert versions(connection) == unchanged


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"touchpoint_count": 4}, ValueError, "touchpoint_count"),
        ({"id": NOBODY}, ValueError, "id"),
        ({"status": None}, ValueError, "status"),
        ({"contact_id": None}, ValueError, "contact_id"),
        ({"started_at": None}, ValueError, "started_at"),
        ({"metadata": None}, ValueError, "metadata"),
        ({"outcome_date": timedelta(days=1)}, ValueError, "future"),
        ({"next_touchpoint_at": timedelta(days=4000)}, ValueError, "future"),
        ({"contact_id": NOBODY}, LookupError, "no contact"),
        ({"company_id": 999}, LookupError, "no company 999"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    connection: Connection, begun: UUID, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    before = versions(connection)
    with pytest.raises(error, match=message):
        update_conversation(connection, begun, from_now(changes))
    assert versions(connection) == before


def test_a_missing_conversation_cannot_be_changed(connection: Connection) -> None:
    with pytest.raises(LookupError, match=f"no conversation {NOBODY}"):
        update_conversation(connection, NOBODY, {"sequence_step": 1})
    with pytest.raises(LookupError, match=f"no conversation {NOBODY}"):
        update_conversation_context(connection, NOBODY, {"a": 1})


# ------------------------------------------------------------------ context
def test_a_merge_replaces_names_and_unites_lists(connection: Connection, begun: UUID) -> None:
    update_conversation_context(connection, begun, {"sentiment": "cool", "topics": ["price", "price"], "none": None})
    merged = update_conversation_context(
        connection,
        begun,
        {"sentiment": "warm", "topics": ["terms", "price", {"a": 1}], "none": ["x"], "new": [], "next_steps": ["call"]},
        append=["topics", "none", "new"],
    )
    assert merged.context == {
        "sentiment": "warm",
        "topics": ["price", "terms", {"a": 1}],
        "none": ["x"],
        "new": [],
        "next_steps": ["call"],
    }
    scalar = update_conversation_context(connection, begun, {"sentiment": ["good"]}, append=("sentiment",))
    assert scalar.context["sentiment"] == ["warm", "good"]
    before = versions(connection)
    assert update_conversation_context(connection, begun, {"topics": ["terms"]}, append=["topics"]) == scalar
    assert update_conversation_context(connection, begun, {}) == scalar
    assert versions(connection) == before
    for append in (["topics"], "topics", ["nothing"]):
        with pytest.raises(ValueError, match="append names what is no list"):
            update_conversation_context(connection, begun, {"topics": "price"}, append=append)


_ITEMS = st.lists(st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from("abc")), max_size=5)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    had=st.dictionaries(st.sampled_from("xyz"), _ITEMS, max_size=3),
    added=st.dictionaries(st.sampled_from("xyz"), _ITEMS, max_size=3),
    append=st.sets(st.sampled_from("xyz")),
)
def test_united_lists_keep_their_order(
    connection: Connection, acme: int, had: dict[str, Any], added: dict[str, Any], append: set[str]
) -> None:
    contact = add_contact(connection, acme)
    conversation = create_conversation(connection, contact, acme, context=had)
    append &= set(added)
    merged = update_conversation_context(connection, conversation.id, added, append=append).context

    def united(name: str) -> list[Any]:
        once: list[Any] = []
        for item in [*had.get(name, []), *added[name]]:
            if not any(item == other and type(item) is type(other) for other in once):
                once.append(item)
        return once

    assert merged == {**had, **added, **{name: united(name) for name in append}}


def test_of_merges_at_once_none_is_lost(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        (company,) = add_companies(connection, "Acme")
        begun = create_conversation(connection, add_contact(connection, company), company).id

    def merge(number: int, connection: Connection) -> None:
        update_conversation_context(connection, begun, {f"n{number}": number, "topics": [number]}, append=["topics"])

    at_once(engine, [lambda connection, n=number: merge(n, connection) for number in range(6)])  # type: ignore[misc]
    # One waits for the other, whose change it must see; and for one that changes the conversation otherwise.
    with ThreadPoolExecutor(2) as pool, unit_of_work(engine) as first:
        merge(6, first)
        update_conversation(first, begun, {"sequence_step": 5})

        def second() -> None:
            with unit_of_work(engine, timeout_seconds=30) as connection:
                merge(7, connection)

        def third() -> None:
            with unit_of_work(engine, timeout_seconds=30) as connection:
                update_conversation(connection, begun, {"campaign_name": "Spring"})

        waiting = pool.submit(second), pool.submit(third)
        wait_for_blocked(first, 2)
        first.commit()
        for future in waiting:
            future.result(timeout=60)
    with unit_of_work(engine) as connection:
        found = read(connection, begun)
    assert {name: value for name, value in found.context.items() if name != "topics"} == {f"n{n}": n for n in range(8)}
    assert sorted(found.context["topics"]) == list(range(8))
    assert (found.sequence_step, found.campaign_name) == (5, "Spring")


# ------------------------------------------------------------------ closed_at
def test_closed_at_follows_the_status(connection: Connection, acme: int, ada: UUID) -> None:
    then = now() - timedelta(days=400)
    history = create_conversation(connection, ada, acme, "closed", closed_at=then)
    assert history.closed_at == then
    assert create_conversation(connection, ada, acme, "active", closed_at=then).closed_at is None
    assert update_conversation(connection, history.id, {"status": "lost"}).closed_at == then
    assert update_conversation(connection, history.id, {"closed_at": None}).closed_at == then
    earlier = then - timedelta(days=1)
    assert update_conversation(connection, history.id, {"closed_at": earlier}).closed_at == earlier
    assert update_conversation(connection, history.id, {"status": "nurturing"}).closed_at is None
    assert update_conversation(connection, history.id, {"status": "won", "closed_at": then}).closed_at == then
    connection.execute(text("update conversations set status = 'active'"))
    connection.execute(text("update conversations set status = 'won' where id = :id"), {"id": history.id})
    closed_at = read(connection, history.id).closed_at
    assert closed_at is not None
    assert closed_at > then


# ------------------------------------------------------------------ history
_AS_OF = text("""
    select company_id, count(*) as active
    from (
        select distinct on (company_id, conversation_id) company_id, status
        from conversation_transitions
        where changed_at <= :moment
        order by company_id, conversation_id, id desc
    ) as newest
    where status = 'active'
    group by company_id
""")


def test_the_status_is_known_as_of_any_moment(connection: Connection, acme: int, ada: UUID) -> None:
    (globex,) = add_companies(connection, "Globex")
    bob = add_contact(connection, acme, "Bob Roe")
    moments: list[datetime] = []
    expected: list[dict[int, int]] = []

    def note(**active: int) -> None:
        moments.append(connection.execute(text("select clock_timestamp()")).scalar_one())
        by_name = {"acme": acme, "globex": globex}
        expected.append({by_name[name]: number for name, number in active.items()})

    note()
    one, two = (create_conversation(connection, ada, acme).id for _ in range(2))
    note(acme=2)
    update_conversation_status(connection, one, "paused")
    update_conversation(connection, one, {"qualification_tier": "hot"})
    note(acme=1)
    update_conversation(connection, two, {"company_id": globex})
    note(globex=1)
    update_conversation(connection, two, {"company_id": acme, "contact_id": bob, "status": "nurturing"})
    update_conversation(connection, two, {"status": "active"})
    update_conversation(connection, two, {"contact_id": ada})
    note(acme=1)
    connection.execute(text("update conversations set status = 'active'"))
    note(acme=2)
    connection.execute(text("delete from conversations where id = :id"), {"id": one})
    note(acme=1)
    connection.execute(text("truncate conversations cascade"))
    note()
    found = [
        {row.company_id: row.active for row in connection.execute(_AS_OF, {"moment": moment})} for moment in moments
    ]
    assert found == expected
    columns = "conversation_id, contact_id, company_id, from_status, status"
    rows = [tuple(row.values()) for row in stored(connection, "conversation_transitions", columns, "id")]
    assert rows == [
        (one, ada, acme, None, "active"),
        (two, ada, acme, None, "active"),
        (one, ada, acme, "active", "paused"),
        (two, ada, acme, "active", None),
        (two, ada, globex, None, "active"),
        (two, ada, globex, "active", None),
        (two, bob, acme, None, "nurturing"),
        (two, bob, acme, "nurturing", "active"),
        (two, ada, acme, "active", "active"),
        (one, ada, acme, "paused", "active"),
        (one, ada, acme, "active", None),
        (two, ada, acme, "active", None),
    ]


def test_who_waited_for_a_change_made_its_own_later(engine: Engine) -> None:
    """It began earlier: its time is that of the change, not of the transaction's beginning."""
    with unit_of_work(engine) as connection:
        (company,) = add_companies(connection, "Acme")
        begun = create_conversation(connection, add_contact(connection, company), company).id
    with unit_of_work(engine) as early:
        early.execute(text("select now()"))
        with unit_of_work(engine) as late:
            update_conversation_status(late, begun, "paused")
        update_conversation_status(early, begun, "won")
    with unit_of_work(engine) as connection:
        rows = stored(connection, "conversation_transitions", "status, changed_at", "id")
    assert [row["status"] for row in rows] == ["active", "paused", "won"]
    assert sorted(rows, key=lambda row: row["changed_at"]) == rows


@pytest.mark.parametrize(
    "change", ["update conversation_transitions set status = 'won'", "delete from conversation_transitions"]
)
def test_history_is_append_only(connection: Connection, begun: UUID, change: str) -> None:
    with pytest.raises(DBAPIError):
        connection.execute(text(change))
