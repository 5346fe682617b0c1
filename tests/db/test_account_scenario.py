"""A medical group becomes an account: from the company over contacts and e-mails to what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from prospecting.persistence.account_graph import (
    find_expansion_targets,
    get_account_health_score,
    get_account_overview,
    get_conversation_context,
)
from prospecting.persistence.company_profiles import Company, create_company, get_company_by_id
from prospecting.persistence.contacts import Contact, create_contact, get_contact_by_id
from prospecting.persistence.conversations import (
    Conversation,
    create_conversation,
    get_active_conversations,
    get_conversation_by_id,
    update_conversation_status,
)
from prospecting.persistence.relationships import create_relationship, get_colleagues
from prospecting.persistence.touchpoints import (
    get_engagement_metrics,
    get_touchpoint_by_id,
    record_email_clicked,
    record_email_opened,
    record_email_sent,
)
from prospecting.scoring.health import INCREASE_ENGAGEMENT, MAP_RELATIONSHIPS


@dataclass(frozen=True)
class MedicalGroup:
    company: Company
    williams: Contact
    chen: Contact
    anderson: Contact


@pytest.fixture
def group(connection: Connection) -> MedicalGroup:
    """A company with three contacts, two of whom the first is connected with."""
    company = create_company(
        connection,
        {
            "name": "Acme Medical Group",
            "domain": "acmemedical.com",
            "industry": "Healthcare",
            "size": "medium",
            "description": "A practice of many specialists",
            "account_tier": "tier1",
            "research_data": {"employee_count": 50, "key_initiatives": ["Digital records"]},
        },
    )
    williams = create_contact(
        connection,
        {
            "company_id": company.id,
            "first_name": "Dr. Sarah",
            "last_name": "Williams",
            "email": "sarah.williams@acmemedical.com",
            "title": "Chief Medical Officer",
            "role": "doctor",
            "seniority_level": "c-level",
            "is_primary_contact": True,
            "is_decision_maker": True,
            "interests": ["Patient outcomes"],
            "research_data": {"education": ["MD", "MBA"]},
        },
    )
    chen = create_contact(
        connection,
        {
            "company_id": company.id,
            "first_name": "Dr. Michael",
            "last_name": "Chen",
            "email": "michael.chen@acmemedical.com",
            "title": "Senior Physician",
            "role": "doctor",
            "seniority_level": "director",
        },
    )
    anderson = create_contact(
        connection,
        {
            "company_id": company.id,
            "first_name": "Lisa",
            "last_name": "Anderson",
            "email": "lisa.anderson@acmemedical.com",
            "title": "Practice Administrator",
            "role": "admin",
            "seniority_level": "manager",
        },
    )
    create_relationship(connection, williams.id, chen.id, "colleagues", strength="strong", context="Both physicians")
    create_relationship(connection, williams.id, anderson.id, "manager_of", strength="medium")
    return MedicalGroup(company, williams, chen, anderson)


def priority_of_chen(connection: Connection, group: MedicalGroup) -> float:
    (target,) = find_expansion_targets(connection, group.williams.id)
    assert target.contact == get_contact_by_id(connection, group.chen.id)
    return target.priority_score


def write_to_chen(connection: Connection, conversation: Conversation) -> None:
    record_email_sent(connection, conversation.id, "Dr. Williams asked us", "Dear Dr. Chen, your colleague ...")


def test_the_medical_group(connection: Connection, group: MedicalGroup) -> None:
    began_at = datetime.now(UTC)
    with_williams = create_conversation(
        connection, group.williams.id, group.company.id, qualification_tier="hot", metadata={"source": "inbound"}
    )
    with_chen = create_conversation(connection, group.chen.id, group.company.id, qualification_tier="warm")
    sent = record_email_sent(connection, with_williams.id, "An introduction", "Dear Dr. Williams, ...")
    record_email_opened(connection, sent.id)
    record_email_clicked(connection, sent.id)
    write_to_chen(connection, with_chen)

    # What is counted follows by itself.
    company = get_company_by_id(connection, group.company.id)
    assert company is not None
    assert (company.total_contacts, company.active_conversations) == (3, 2)
    conversation = get_conversation_by_id(connection, with_williams.id)
    assert conversation is not None
    assert (conversation.touchpoint_count, conversation.last_touchpoint_at is not None) == (1, True)
    assert conversation.last_touchpoint_at is not None
    assert began_at <= conversation.last_touchpoint_at <= datetime.now(UTC)
    assert getattr(get_touchpoint_by_id(connection, sent.id), "outcome", None) == "clicked"
    metrics = get_engagement_metrics(connection, with_williams.id)
    assert (metrics.open_rate, metrics.click_rate, metrics.reply_rate) == (100, 100, 0)

    overview = get_account_overview(connection, group.company.id)
    assert (overview.company.name, overview.company.industry, overview.company.size) == (
        "Acme Medical Group",
        "Healthcare",
        "medium",
    )
    assert overview.company.research_data["employee_count"] == 50
    assert overview.contacts.keys() == {group.williams.id, group.chen.id, group.anderson.id}
    assert {id: one.total_conversations for id, one in overview.contacts.items()} == {
        group.williams.id: 1,
        group.chen.id: 1,
        group.anderson.id: 0,
    }
    assert {(one.contact1.name, one.contact2.name, one.type, one.strength) for one in overview.relationships} == {
        (group.williams.full_name, group.chen.full_name, "colleagues", "strong"),
        (group.williams.full_name, group.anderson.full_name, "manager_of", "medium"),
    }
    assert overview.active_conversations == get_active_conversations(connection, group.company.id)
    assert overview.summary.model_dump() == {
        "total_contacts": 3,
        "decision_makers": 1,
        "primary_contacts": 1,
        "total_relationships": 2,
        "active_conversations": 2,
        "total_conversations": 2,
    }

    assert priority_of_chen(connection, group) == 21.00

    context = get_conversation_context(connection, group.williams.id)
    assert (context.contact.name, context.may_contact) == (group.williams.full_name, True)
    assert context.company is not None
    assert context.company.name == "Acme Medical Group"
    assert [one.id for one in context.conversations.active] == [with_williams.id]
    assert context.engagement is not None
    assert (context.engagement.metrics.open_rate, context.engagement.metrics.click_rate) == (100, 100)
    assert [one.id for one in context.engagement.recent_touchpoints] == [sent.id]

    # How a message to Dr. Chen begins: with the name of the colleague who asked.
    to_chen = get_conversation_context(connection, group.chen.id)
    assert to_chen.relationships is not None
    assert to_chen.relationships.colleagues[0].name == group.williams.full_name
    assert to_chen.relationships.colleagues[0].colleague_name == group.williams.full_name
    assert get_colleagues(connection, group.chen.id)[0]["colleague_name"] == group.williams.full_name

    health = get_account_health_score(connection, group.company.id)
    assert (health.total_score, health.health_status) == (43.33, "fair")
    assert health.breakdown.model_dump() == {
        "engagement": 0,
        "conversations": 20,
        "relationships": 13.33,
        "decision_makers": 10,
    }
    assert health.recommendations == [MAP_RELATIONSHIPS, INCREASE_ENGAGEMENT]


def test_the_priority_of_a_colleague_follows_what_was_done(connection: Connection, group: MedicalGroup) -> None:
    assert priority_of_chen(connection, group) == 52.00
    conversation = create_conversation(connection, group.chen.id, group.company.id)
    assert priority_of_chen(connection, group) == 31.00
    write_to_chen(connection, conversation)
    assert priority_of_chen(connection, group) == 21.00
    update_conversation_status(connection, conversation.id, "paused")
    assert priority_of_chen(connection, group) == 42.00
