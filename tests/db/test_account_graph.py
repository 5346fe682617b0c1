"""The four questions about accounts: what is in the answers, who is left out, and how often the database is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, event, text

from prospecting.persistence.account_graph import (
    find_expansion_targets,
    get_account_health_score,
    get_account_overview,
    get_conversation_context,
)
from prospecting.persistence.database import to_json
from prospecting.persistence.recommendations import suppress_account
from prospecting.scoring.health import FIND_DECISION_MAKERS, INCREASE_ENGAGEMENT, START_CONVERSATIONS
from tests.clock import hours_ago, now
from tests.db.engaging import add_contact, add_conversation, add_relationship, add_touchpoint
from tests.db.factories import add_companies

UNKNOWN = UUID(int=7)


def change_company(connection: Connection, company_id: int, **columns: Any) -> None:
    changes = ", ".join(
        f"{name} = cast(:{name} as jsonb)" if isinstance(value, dict) else f"{name} = :{name}"
        for name, value in columns.items()
    )
    values = {name: to_json(value) if isinstance(value, dict) else value for name, value in columns.items()}
    connection.execute(
        text(f"update companies set {changes} where id = :company_id"), values | {"company_id": company_id}
    )


def add_briefing(connection: Connection, content: object, org: str = "Acme's org", **columns: Any) -> tuple[UUID, UUID]:
    """A company briefing on acme.com; the ids of its org and of itself."""
    org_id = connection.execute(
        text("insert into orgs (id, name, slug) values (gen_random_uuid(), :org, :org) returning id"), {"org": org}
    ).scalar_one()
    values = {"org_id": org_id, "company_domain": "acme.com", "raw_parallel_output": to_json(content), **columns}
    briefing_id = connection.execute(
        text(
            f"insert into company_intel_briefings ({', '.join(values)}) "
            f"values ({', '.join(f':{name}' for name in values)}) returning id"
        ),
        values,
    ).scalar_one()
    return org_id, briefing_id


@contextmanager
def statements_sent(connection: Connection) -> Iterator[list[str]]:
    sent: list[str] = []

    def keep(_c: Any, _cursor: Any, sql: str, _parameters: Any, _context: Any, _many: bool) -> None:
        sent.append(sql)

    event.listen(connection.engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        event.remove(connection.engine, "before_cursor_execute", keep)


# ------------------------------------------------------------------------------------------------ an account as a whole
def test_an_overview_has_everything(connection: Connection, acme: int) -> None:
    change_company(
        connection, acme, domain="acme.com", primary_industry="Steel", size="large", account_tier="tier1",
        account_status="engaged", research_data={"pain_points": ["cost"]},
    )  # fmt: skip
    (globex,) = add_companies(connection, "Globex")
    ann = add_contact(connection, acme, "Ann Lee", title="CTO", role="executive", is_primary_contact=True)
    bea = add_contact(connection, acme, "Bea Kim", engagement_score=9, is_decision_maker=True)
    gone = add_contact(connection, acme, "Gil Gone", status="bounced", is_decision_maker=True)
    elsewhere = add_contact(connection, globex, "Eve Elsewhere")
    kept = add_relationship(connection, ann, bea, "reports_to", strength="weak")
    add_relationship(connection, gone, ann)
    add_relationship(connection, elsewhere, ann)
    add_relationship(connection, gone, elsewhere)
    earlier, lately = (add_conversation(connection, ann, acme, id=UUID(int=number)) for number in range(2))
    won = add_conversation(connection, ann, acme, status="won")
    of_gone = add_conversation(connection, gone, acme)
    about_globex = add_conversation(connection, bea, globex)
    add_touchpoint(connection, earlier, sent_at=hours_ago(5))
    add_touchpoint(connection, lately, sent_at=hours_ago(2))
    add_touchpoint(connection, of_gone, sent_at=hours_ago(3))

    overview = get_account_overview(connection, acme)
    assert overview.company.model_dump() == {
        "id": acme,
        "name": "Acme",
        "domain": "acme.com",
        "industry": "Steel",
        "size": "large",
        "account_tier": "tier1",
        "account_status": "engaged",
        "research_data": {"pain_points": ["cost"]},
        "briefing_id": None,
    }
    assert list(overview.contacts) == [ann, bea]
    of_ann = overview.contacts[ann]
    assert (of_ann.contact.full_name, of_ann.contact.title, of_ann.contact.is_primary_contact) == (
        "Ann Lee",
        "CTO",
        True,
    )
    assert [conversation.id for conversation in of_ann.conversations] == [lately, earlier, won]
    assert (of_ann.total_conversations, of_ann.active_conversations) == (3, 2)
    assert (of_ann.engagement_score, of_ann.last_engaged_at) == (0, hours_ago(2))
    of_bea = overview.contacts[bea]
    assert (of_bea.conversations, of_bea.engagement_score, of_bea.last_engaged_at) == ([], 9, None)
    (related,) = overview.relationships
    assert (related.relationship.id, related.type, related.strength) == (kept, "reports_to", "weak")
    assert related.contact1.model_dump() == {"id": ann, "name": "Ann Lee", "title": "CTO", "role": "executive"}
    assert related.contact2.model_dump() == {"id": bea, "name": "Bea Kim", "title": None, "role": None}
    active = overview.active_conversations
    assert [conversation.conversation_id for conversation in active] == [lately, of_gone, earlier]
    assert [conversation.contact_name for conversation in active] == ["Ann Lee", "Gil Gone", "Ann Lee"]
    assert about_globex not in {one.id for listed in overview.contacts.values() for one in listed.conversations}
    assert overview.summary.model_dump() == {
        "total_contacts": 2,
        "decision_makers": 1,
        "primary_contacts": 1,
        "total_relationships": 3,  # those of Ann; none is Gil's alone
        "active_conversations": 3,
        "total_conversations": 4,
    }


def test_an_overview_lists_a_page_and_counts_them_all(connection: Connection, acme: int) -> None:
    """The primary contact, decision makers, then by engagement; relationships between two that are listed."""
    lena = add_contact(connection, acme, "Lena Low", engagement_score=1)
    hal = add_contact(connection, acme, "Hal High", engagement_score=90)
    dan = add_contact(connection, acme, "Dan Decider", is_decision_maker=True)
    pia = add_contact(connection, acme, "Pia Primary", is_primary_contact=True)
    add_relationship(connection, hal, lena)
    between = add_relationship(connection, dan, pia)
    across = [add_relationship(connection, dan, hal), add_relationship(connection, lena, pia)]
    talks = [add_conversation(connection, contact, acme) for contact in (lena, hal, dan, pia)]
    for hours, talk in enumerate(talks):
        add_touchpoint(connection, talk, sent_at=hours_ago(hours + 1))
    whole = get_account_overview(connection, acme, contact_limit=None)
    assert list(whole.contacts) == [pia, dan, hal, lena]
    assert {one.relationship.id for one in whole.relationships} > {between, *across}
    first = get_account_overview(connection, acme, contact_limit=2)
    assert list(first.contacts) == [pia, dan]
    assert [one.relationship.id for one in first.relationships] == [between]
    assert [one.conversation_id for one in first.active_conversations] == talks[:2]
    assert [one.id for listed in first.contacts.values() for one in listed.conversations] == [talks[3], talks[2]]
    second = get_account_overview(connection, acme, contact_limit=2, contact_offset=2)
    assert {**first.contacts, **second.contacts} == whole.contacts
    assert first.summary == second.summary == whole.summary
    assert get_account_overview(connection, acme, contact_limit=0).contacts == {}
    with pytest.raises(ValueError, match="0 or more"):
        get_account_overview(connection, acme, contact_limit=-1)


def test_the_only_briefing_is_part_of_the_research(connection: Connection, acme: int) -> None:
    """The later one of what was stored and what was briefed is on top; several briefings are too many."""
    research = {"company_overview": "Steel", "pain_points": ["cost"]}
    change_company(connection, acme, domain="acme.com", research_data=research)
    org, briefing = add_briefing(connection, {"company_overview": "Anvils", "tech_stack": ["SAP"]}, researched_at=now())
    company = get_account_overview(connection, acme).company
    assert company.research_data == {"company_overview": "Anvils", "pain_points": ["cost"], "tech_stack": ["SAP"]}
    assert company.briefing_id == briefing
    change_company(connection, acme, last_researched_at=hours_ago(-1))
    contact = add_contact(connection, acme)
    for answer in (get_account_overview(connection, acme), get_conversation_context(connection, contact)):
        assert answer.company is not None
        assert answer.company.research_data == {**research, "tech_stack": ["SAP"]}
        assert answer.company.briefing_id == briefing

    other_org, other = add_briefing(connection, {"tech_stack": ["Oracle"]}, "Another org")
    for answer in (get_account_overview(connection, acme), get_conversation_context(connection, contact)):
        assert answer.company is not None
        assert (answer.company.research_data, answer.company.briefing_id) == (research, None)
    for ask in (lambda **org: get_account_overview(connection, acme, **org),
                lambda **org: get_conversation_context(connection, contact, **org)):  # fmt: skip
        assert ask(org_id=org).company.briefing_id == briefing
        of_other = ask(org_id=str(other_org)).company
        assert (of_other.briefing_id, of_other.research_data["tech_stack"]) == (other, ["Oracle"])
        assert ask(org_id=uuid4()).company.research_data == research


def test_a_briefing_without_an_object_is_none(connection: Connection, acme: int) -> None:
    change_company(connection, acme, domain="acme.com")
    add_briefing(connection, ["Anvils"])
    company = get_account_overview(connection, acme).company
    assert (company.research_data, company.briefing_id) == ({}, None)


def test_the_size_of_a_company_may_follow_from_its_employees(connection: Connection, acme: int) -> None:
    change_company(connection, acme, employee_range="51-200")
    assert get_account_overview(connection, acme).company.size == "medium"


def test_an_empty_account_is_in_a_critical_state(connection: Connection, acme: int) -> None:
    overview = get_account_overview(connection, acme)
    assert (overview.contacts, overview.relationships, overview.active_conversations) == ({}, [], [])
    assert set(overview.summary.model_dump().values()) == {0}
    health = get_account_health_score(connection, acme)
    assert (health.total_score, health.health_status) == (0, "critical")
    assert health.recommendations == [FIND_DECISION_MAKERS, START_CONVERSATIONS, INCREASE_ENGAGEMENT]


# ------------------------------------------------------------------------------------------------ whom to talk to next
def test_targets_are_colleagues_the_best_first(connection: Connection, acme: int) -> None:
    ann = add_contact(connection, acme, "Ann Lee", title="CTO")
    talking = add_contact(connection, acme, "Tim Talking", seniority_level="director", engagement_score=50)
    conversation = add_conversation(connection, talking, acme)
    add_touchpoint(connection, conversation, sent_at=hours_ago(1))
    fresh = [add_contact(connection, acme, f"Flo Fresh {number}", seniority_level="vp") for number in range(2)]
    weak = add_contact(connection, acme, "Will Weak", is_decision_maker=True)
    add_relationship(connection, ann, talking, strength="strong")
    for contact in fresh:
        add_relationship(connection, contact, ann)
    add_relationship(connection, ann, weak, strength="weak")
    add_relationship(connection, ann, add_contact(connection, acme, "Bo Boss"), "reports_to", strength="strong")

    targets = find_expansion_targets(connection, ann)
    assert [target.contact.id for target in targets] == [*sorted(fresh), talking]
    assert [target.priority_score for target in targets] == [45, 45, 24.75]
    assert targets[2].relationship_to_primary.model_dump() == {
        "primary_contact": {"id": ann, "name": "Ann Lee", "title": "CTO"},
        "strength": "strong",
    }
    assert targets[2].engagement_status.model_dump() == {
        "has_active_conversation": True,
        "engagement_score": 50,
        "last_engaged_at": hours_ago(1),
    }
    assert targets[0].engagement_status.has_active_conversation is False
    assert [one.contact.id for one in find_expansion_targets(connection, str(ann), "strong")] == [talking]
    assert [one.contact.id for one in find_expansion_targets(connection, ann, "weak")] == [
        weak, *sorted(fresh), talking,
    ]  # fmt: skip
    assert find_expansion_targets(connection, ann, limit=1) == targets[:1]
    assert find_expansion_targets(connection, ann, limit=0) == []
    with pytest.raises(ValueError, match="Unknown strength"):
        find_expansion_targets(connection, ann, "mighty")
    with pytest.raises(ValueError, match="limit is negative"):
        find_expansion_targets(connection, ann, limit=-1)


def test_nobody_is_a_target_who_must_not_be_approached(connection: Connection, acme: int) -> None:
    change_company(connection, acme, domain="acme.com")
    (globex,) = add_companies(connection, "Globex")
    ann = add_contact(connection, acme, "Ann Lee")
    willing = add_contact(connection, acme, "Wil Willing", communication_preferences={"do_not_contact": False})
    left_out = [
        add_contact(connection, acme, "Una Unsubscribed", status="unsubscribed"),
        add_contact(connection, acme, "Bo Bounced", status="bounced"),
        add_contact(connection, acme, "Ina Inactive", status="inactive"),
        add_contact(connection, acme, "Do Not", communication_preferences={"do_not_contact": True}),
        add_contact(connection, acme, "Do Not Either", communication_preferences={"do_not_contact": "true"}),
        add_contact(connection, globex, "Eve Elsewhere"),
        add_contact(connection, None, "Nell Nowhere"),
    ]
    for contact in (willing, *left_out):
        add_relationship(connection, ann, contact, strength="strong")
    assert [target.contact.id for target in find_expansion_targets(connection, ann)] == [willing]
    assert find_expansion_targets(connection, left_out[-1]) == []

    suppress_account(connection, account_domain="acme.com", reason="Asked for it", until=hours_ago(-1))
    assert find_expansion_targets(connection, ann) == []
    suppress_account(connection, account_domain="acme.com", reason="Asked for it", until=hours_ago(1))
    assert len(find_expansion_targets(connection, ann)) == 1


# --------------------------------------------------------------------------------- what to know before writing to them
def test_a_context_has_everything(connection: Connection, acme: int) -> None:
    change_company(connection, acme, domain="acme.com", primary_industry="Steel", research_data={"news": ["IPO"]})
    (globex,) = add_companies(connection, "Globex")
    ann = add_contact(
        connection, acme, "Ann Lee", email="ann@acme.com", title="CTO", role="executive", interests=["AI"],
        communication_preferences={"best_time": "morning"}, research_data={"bio": "Builds things"},
    )  # fmt: skip
    zoe = add_contact(connection, acme, "Zoe Li", title="CFO", status="inactive")
    bea = add_contact(connection, acme, "Bea Kim")
    elsewhere = add_contact(connection, globex, "Eve Elsewhere")
    related = [
        add_relationship(connection, ann, zoe, strength="strong", created_at=hours_ago(4)),
        add_relationship(connection, bea, ann, strength="weak", created_at=hours_ago(3)),
        add_relationship(connection, ann, elsewhere, created_at=hours_ago(2)),
    ]
    add_relationship(connection, bea, zoe)
    never, earlier, latest = (
        add_conversation(connection, ann, company, id=UUID(int=number), context={"sentiment": sentiment})
        for number, (company, sentiment) in enumerate(((acme, "none yet"), (acme, "cold"), (globex, "warm")))
    )
    won = add_conversation(connection, ann, acme, status="won", context={"sentiment": "won"})
    add_touchpoint(connection, won, sent_at=now())
    add_touchpoint(connection, earlier, sent_at=hours_ago(9))
    for hours in range(1, 12):
        add_touchpoint(connection, latest, subject=f"{hours}", sent_at=hours_ago(hours), created_at=hours_ago(hours))
    add_touchpoint(
        connection, latest, subject="12", sent_at=hours_ago(12), created_at=hours_ago(12), replied_at=hours_ago(11)
    )

    context = get_conversation_context(connection, ann)
    assert context.contact.model_dump() == {
        "id": ann,
        "name": "Ann Lee",
        "email": "ann@acme.com",
        "title": "CTO",
        "role": "executive",
        "role_seen_on": None,
        "role_standing": None,
        "interests": ["AI"],
        "communication_preferences": {"best_time": "morning"},
        "research_data": {"bio": "Builds things"},
    }
    assert (context.may_contact, context.reason) == (True, None)
    connection.execute(
        text(
            "insert into company_person_roles (company_id, person_id, role_category, observed_on, source_system) "
            "select company_id, person_id, 'other', date '2020-02-01', 'test' from contacts where id = :id"
        ),
        {"id": ann},
    )
    old = get_conversation_context(connection, ann).contact
    assert (str(old.role_seen_on), old.role_standing) == ("2020-02-01", "unconfirmed")
    assert context.company is not None
    assert context.company.model_dump() == {
        "id": acme,
        "name": "Acme",
        "domain": "acme.com",
        "industry": "Steel",
        "research_data": {"news": ["IPO"]},
        "briefing_id": None,
    }
    assert [conversation.id for conversation in context.conversations.active] == [latest, earlier, never]
    assert (context.conversations.total, context.conversations.latest_context) == (4, {"sentiment": "warm"})
    assert context.engagement is not None
    assert [touchpoint.subject for touchpoint in context.engagement.recent_touchpoints] == [
        f"{hours}" for hours in range(1, 11)
    ]
    metrics = context.engagement.metrics
    assert (metrics.total_touchpoints, metrics.emails_sent, float(metrics.reply_rate)) == (12, 12, 8.33)
    assert context.engagement.last_touchpoint_at == hours_ago(1)
    assert context.engagement.last_response_at == hours_ago(11)
    network = context.relationships
    assert network is not None
    assert (network.total, [relationship.id for relationship in network.network]) == (3, related)
    assert [colleague.model_dump() for colleague in network.colleagues] == [
        {
            "colleague_id": bea,
            "colleague_name": "Bea Kim",
            "colleague_title": None,
            "relationship_strength": "weak",
            "name": "Bea Kim",
        },
        {
            "colleague_id": zoe,
            "colleague_name": "Zoe Li",
            "colleague_title": "CFO",
            "relationship_strength": "strong",
            "name": "Zoe Li",
        },
    ]


def test_a_context_may_leave_things_out(connection: Connection, acme: int) -> None:
    ann = add_contact(connection, acme, "Ann Lee")
    add_conversation(connection, ann, acme, status="paused", context={"sentiment": "cold"})
    add_relationship(connection, ann, add_contact(connection, acme, "Bea Kim"))
    context = get_conversation_context(connection, ann, False, False)
    assert (context.company, context.relationships, context.engagement) == (None, None, None)
    assert (context.conversations.active, context.conversations.total) == ([], 1)
    assert context.conversations.latest_context == {}
    nowhere = add_contact(connection, None, "Nell Nowhere")
    began = add_conversation(connection, nowhere, acme)
    context = get_conversation_context(connection, nowhere)
    assert context.company is None
    assert context.relationships is not None
    assert (context.relationships.total, context.relationships.colleagues) == (0, [])
    assert [conversation.id for conversation in context.conversations.active] == [began]
    assert context.engagement is not None
    assert (context.engagement.recent_touchpoints, context.engagement.metrics.total_touchpoints) == ([], 0)


def test_a_context_says_who_must_not_be_written_to(connection: Connection, acme: int) -> None:
    change_company(connection, acme, domain="acme.com")
    willing = add_contact(connection, acme, "Wil Willing", communication_preferences={"do_not_contact": "false"})
    assert get_conversation_context(connection, willing).may_contact
    una = add_contact(connection, acme, "Una Un", status="unsubscribed", communication_preferences={"language": "de"})
    context = get_conversation_context(connection, una)
    assert (context.may_contact, context.reason) == (False, "the contact is unsubscribed")
    assert context.contact.communication_preferences == {"language": "de"}
    suppress_account(connection, account_domain="acme.com", reason="Asked for it")
    left_alone = add_contact(connection, acme, "Do Not", communication_preferences={"do_not_contact": True})
    context = get_conversation_context(connection, left_alone, include_company_context=False)
    assert context.may_contact is False
    assert context.reason == "the contact asked to be left alone; the account is suppressed"


# -------------------------------------------------------------------------------------------------------- all of them
def test_unknown_ids_are_said_to_be_so(connection: Connection) -> None:
    for ask in (get_account_overview, get_account_health_score):
        with pytest.raises(LookupError, match="no company 7"):
            ask(connection, 7)
    for ask_about_contact in (find_expansion_targets, get_conversation_context):
        with pytest.raises(LookupError, match=f"no contact {UNKNOWN}"):
            ask_about_contact(connection, UNKNOWN)
        with pytest.raises(ValueError, match="is not a UUID"):
            ask_about_contact(connection, "ann@acme.com")


def add_many(connection: Connection, company_id: int, size: int) -> list[UUID]:
    """So many contacts with a touchpoint each; the first knows all others, and has half of the conversations."""
    values = {"company_id": company_id, "size": size}
    people = """
        with person as (
            insert into persons (full_name, name_key, source_system)
            select 'Jane ' || n, 'jane ' || n, 'tests' from generate_series(1, cast(:size as integer)) as n returning id
        )
        insert into contacts (person_id, company_id) select id, :company_id from person returning id
    """
    contacts = list(connection.execute(text(people), values).scalars())
    for sql in (
        "insert into relationships (contact_id_1, contact_id_2, relationship_type) "
        "select :first, other, 'colleagues' from unnest(cast(:others as uuid[])) as other",
        "insert into conversations (contact_id, company_id) "
        "select case n % 2 when 0 then :first else other end, :company_id "
        "from unnest(cast(:others as uuid[])) with ordinality as listed (other, n)",
        "insert into touchpoints (conversation_id, channel, direction, sent_at) "
        "select id, 'email', 'outbound', now() from conversations where company_id = :company_id",
    ):
        named = {"first": contacts[0], "others": contacts[1:], "company_id": company_id}
        connection.execute(text(sql), {name: value for name, value in named.items() if f":{name}" in sql})
    return contacts


def test_at_most_four_statements_whatever_the_size(connection: Connection) -> None:
    asked: dict[int, list[int]] = {}
    for size in (3, 300):
        (company,) = add_companies(connection, f"Company of {size}")
        contacts = add_many(connection, company, size)
        questions: tuple[Callable[[], object], ...] = (
            lambda company=company: get_account_overview(connection, company),
            lambda contacts=contacts: find_expansion_targets(connection, contacts[0]),
            lambda contacts=contacts: get_conversation_context(connection, contacts[0]),
            lambda company=company: get_account_health_score(connection, company),
        )
        asked[size] = []
        for question in questions:
            with statements_sent(connection) as sent:
                question()
            asked[size].append(len(sent))
        assert len(get_account_overview(connection, company).contacts) == size
        assert len(find_expansion_targets(connection, contacts[0])) == size - 1
    assert asked[3] == asked[300]
    assert max(asked[300]) <= 4
