"""Questions about accounts: an account as a whole, whom to talk to next, what to know before writing, how it does.

Each asks at most four statements, however large the account is. They look at the database one after the other: in a
transaction that does not repeat its reads, what somebody commits in between may be in one part and not in another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence.account_graph_models import (
    AccountCompany,
    AccountContact,
    AccountOverview,
    AccountRelationship,
    AccountSummary,
    ContactDetails,
    ConversationContext,
    ConversationHistory,
    EngagementStatus,
    ExpansionTarget,
    KnownColleague,
    KnownNetwork,
    PrimaryContact,
    RecentEngagement,
    RelatedContact,
    RelationshipToPrimary,
    ResearchedCompany,
)
from prospecting.persistence.company_profiles import size_of
from prospecting.persistence.contact_queries import Contact, contact_profiles
from prospecting.persistence.conversations import ActiveConversation, Conversation
from prospecting.persistence.relationships import Relationship
from prospecting.persistence.statements import statement
from prospecting.persistence.touchpoint_records import EngagementMetrics, Touchpoint
from prospecting.persistence.users import checked_uuid
from prospecting.scoring import health
from prospecting.scoring.expansion import STRENGTH_POINTS, at_least, priority
from prospecting.scoring.health import AccountHealth, account_health

CONTACTS_LISTED = 500
"""How many contacts of an account are listed unless told otherwise; ten thousand take over a second to read."""
TOUCHPOINTS_LISTED = 10

HEALTH_VALUES: dict[str, int] = {
    "engagement_points": health.ENGAGEMENT_POINTS,
    "highest_engagement": health.HIGHEST_ENGAGEMENT,
    "conversation_points": health.CONVERSATION_POINTS,
    "relationship_points": health.RELATIONSHIP_POINTS,
    "decision_maker_points": health.DECISION_MAKER_POINTS,
    **{status: least for status, least in health.STATUS_FROM.items() if least},
}
"""What the statement ``account_graph/account_health`` takes beside ``first_id``, ``last_id`` and ``company_ids``."""

Row = dict[str, Any]


# ------------------------------------------------------------------------------------------------ an account as a whole
def get_account_overview(
    connection: Connection,
    company_id: int,
    *,
    contact_limit: int | None = CONTACTS_LISTED,
    contact_offset: int = 0,
    org_id: UUID | str | None = None,
) -> AccountOverview:
    """An account as a whole: the company, its active contacts with their conversations, how they are connected.

    The ``summary`` is of the whole account. Of contacts and of active conversations at most ``contact_limit`` are
    listed (``None``: all): the primary contact, then decision makers, then by engagement, from ``contact_offset`` on;
    conversations the latest touched first. A company that was merged leads to the one it was merged into.

    Research in a company briefing is part of the company's if there is one briefing on its domain and no more, of the
    org ``org_id`` when given: briefings for several clients say different things. Raises ``LookupError`` for an
    unknown company, ``ValueError`` for a negative limit or offset.
    """
    if contact_offset < 0 or (contact_limit is not None and contact_limit < 0):
        raise ValueError("contact_limit and contact_offset are 0 or more; give None for no limit")
    account = _account(connection, company_id, with_research=True, org_id=org_id)
    page = {"company_id": account["id"], "limit": contact_limit}
    rows = _rows(connection, "account_graph/contacts", {**page, "offset": contact_offset})
    contacts = {row["id"]: Contact.model_validate(row) for row in rows}
    listed = {"contact_ids": list(contacts)}
    with_contact: dict[UUID, list[Conversation]] = defaultdict(list)
    active: list[ActiveConversation] = []
    for row in _rows(connection, "account_graph/conversations", page | listed):
        if row["contact_id"] in contacts:
            with_contact[row["contact_id"]].append(Conversation.model_validate(row))
        if row["is_listed_as_active"]:
            active.append(ActiveConversation.model_validate({**row, "conversation_id": row["id"]}))
    related = _rows(connection, "account_graph/relationships", listed)
    return AccountOverview(
        company=AccountCompany(
            **_company(account),
            size=account["size"] or size_of(account["employee_range"]),
            account_tier=account["account_tier"],
            account_status=account["account_status"],
        ),
        contacts={id: _account_contact(contact, with_contact.get(id, [])) for id, contact in contacts.items()},
        relationships=list(_account_relationships(related, contacts)),
        active_conversations=active,
        summary=AccountSummary(
            total_contacts=account["contacts"],
            decision_makers=account["decision_makers"],
            primary_contacts=account["primary_contacts"],
            total_relationships=account["relationships"],
            active_conversations=account["active_conversations"],
            total_conversations=account["conversations"],
        ),
    )


def get_account_health_score(connection: Connection, company_id: int) -> AccountHealth:
    """The health of an account, as ``scoring.health`` has it, from the same counts as the overview's summary.

    Raises ``LookupError`` for an unknown company.
    """
    account = _account(connection, company_id, with_research=False)
    return account_health(
        contacts=account["contacts"],
        engagement_total=account["engagement_total"],
        active_conversations=account["active_conversations"],
        relationships=account["relationships"],
        decision_makers=account["decision_makers"],
    )


def _account(connection: Connection, company_id: int, *, with_research: bool, org_id: UUID | str | None = None) -> Row:
    values = {"company_id": company_id, "with_research": with_research, "org_id": _org(org_id)}
    found = _rows(connection, "account_graph/account", values)
    if not found:
        raise LookupError(f"There is no company {company_id}; it was deleted, or the id is another record's")
    return found[0]


def _account_contact(contact: Contact, conversations: list[Conversation]) -> AccountContact:
    return AccountContact(
        contact=contact,
        conversations=conversations,
        total_conversations=len(conversations),
        active_conversations=sum(conversation.status == "active" for conversation in conversations),
        engagement_score=contact.engagement_score,
        last_engaged_at=contact.last_engaged_at,
    )


def _account_relationships(rows: Iterable[Row], contacts: Mapping[UUID, Contact]) -> Iterator[AccountRelationship]:
    ends = {
        id: RelatedContact(id=id, name=contact.full_name, title=contact.title, role=contact.role)
        for id, contact in contacts.items()
    }
    for row in rows:
        relationship = Relationship.model_validate(row)
        yield AccountRelationship(
            relationship=relationship,
            contact1=ends[relationship.contact_id_1],
            contact2=ends[relationship.contact_id_2],
            type=relationship.relationship_type,
            strength=relationship.strength,
        )


# ------------------------------------------------------------------------------------------------ whom to talk to next
def find_expansion_targets(
    connection: Connection,
    primary_contact_id: UUID | str,
    min_relationship_strength: str = "medium",
    limit: int | None = None,
) -> list[ExpansionTarget]:
    """Colleagues of a contact whom they know at least that well, the highest priority first, then by id.

    Colleagues are contacts of the same company with a relationship of that type. Nobody is named who must not be
    approached: not active, asked to be left alone, or of a suppressed account. The priority is that of
    ``scoring.expansion``; of more than ``limit`` the best are named.

    Raises ``LookupError`` for an unknown contact, ``ValueError`` for an unknown strength or a negative limit.
    """
    if limit is not None and limit < 0:
        raise ValueError("limit is negative; give how many are wanted at most")
    strengths = [strength for strength in STRENGTH_POINTS if at_least(strength, min_relationship_strength)]
    contact = {"contact_id": checked_uuid(primary_contact_id, "primary_contact_id")}
    found = _rows(connection, "account_graph/primary_contact", contact)
    if not found:
        raise _unknown_contact(contact["contact_id"])
    primary = PrimaryContact.model_validate(found[0])
    values = {"contact_id": primary.id, "strengths": strengths}
    kinds = _rows(connection, "account_graph/colleagues", values)
    named = list(islice(_ranked(kinds), limit))
    found_again = contact_profiles(connection, [contact_id for _, contact_id, _ in named])
    profiles = {contact.id: contact for contact in found_again}
    return [
        ExpansionTarget(
            contact=profiles[contact_id],
            relationship_to_primary=RelationshipToPrimary(primary_contact=primary, strength=kind["strength"]),
            engagement_status=EngagementStatus(
                has_active_conversation=kind["has_active_conversation"],
                engagement_score=kind["engagement_score"],
                last_engaged_at=profiles[contact_id].last_engaged_at,
            ),
            priority_score=score,
        )
        for score, contact_id, kind in named
        if contact_id in profiles
    ]


def _ranked(kinds: Iterable[Row]) -> Iterator[tuple[float, UUID, Row]]:
    """Priority, id and kind of each colleague, the highest priority first, then by id."""
    by_priority: dict[float, list[Row]] = defaultdict(list)
    for kind in kinds:
        by_priority[_priority(kind)].append(kind)
    for score in sorted(by_priority, reverse=True):
        alike = [(contact_id, kind) for kind in by_priority[score] for contact_id in kind["contact_ids"]]
        for contact_id, kind in sorted(alike, key=itemgetter(0)):
            yield score, contact_id, kind


def _priority(kind: Row) -> float:
    return priority(
        strength=kind["strength"],
        is_decision_maker=kind["is_decision_maker"],
        is_champion=kind["is_champion"],
        seniority_level=kind["seniority_level"],
        engagement_score=kind["engagement_score"],
        has_active_conversation=kind["has_active_conversation"],
        total_touchpoints=kind["total_touchpoints"],
    )


# --------------------------------------------------------------------------------- what to know before writing to them
def get_conversation_context(
    connection: Connection,
    contact_id: UUID | str,
    include_company_context: bool = True,
    include_relationship_context: bool = True,
    *,
    org_id: UUID | str | None = None,
) -> ConversationContext:
    """All to know before writing to a contact: who they are, their company, what was said, whom they know.

    Also of a contact that must not be written to: ``may_contact`` is false then, and ``reason`` says why. What the
    latest conversation is about is that of the active one touched last; recent touchpoints and rates are its own.
    Research on the company is that of ``get_account_overview``. Raises ``LookupError`` for an unknown contact.
    """
    wanted = checked_uuid(contact_id, "contact_id")
    values = {"contact_id": wanted, "with_company": include_company_context, "org_id": _org(org_id)}
    found = _rows(connection, "account_graph/contact", values)
    if not found:
        raise _unknown_contact(wanted)
    (contact,) = found
    active = [
        Conversation.model_validate(row)
        for row in _rows(connection, "account_graph/active_conversations", {"contact_id": contact["id"]})
    ]
    reasons = list(_reasons_not_to_contact(contact))
    return ConversationContext(
        contact=ContactDetails.model_validate(contact),
        may_contact=not reasons,
        reason="; ".join(reasons) or None,
        company=_context_company(contact) if include_company_context else None,
        conversations=ConversationHistory(
            active=active, total=contact["conversations"], latest_context=active[0].context if active else {}
        ),
        engagement=_recent_engagement(connection, active[0]) if active else None,
        relationships=_network(connection, contact["id"]) if include_relationship_context else None,
    )


def _reasons_not_to_contact(contact: Row) -> Iterator[str]:
    if contact["status"] != "active":
        yield f"the contact is {contact['status']}"
    if contact["do_not_contact"]:
        yield "the contact asked to be left alone"
    if contact["is_account_suppressed"]:
        yield "the account is suppressed"


def _context_company(contact: Row) -> ResearchedCompany | None:
    if contact["company_id"] is None:
        return None
    prefix = "company_"
    company = {name.removeprefix(prefix): value for name, value in contact.items() if name.startswith(prefix)}
    briefing = {name: contact[name] for name in ("briefing_id", "briefed_at", "briefing")}
    return ResearchedCompany(**_company({**company, **briefing}))


def _recent_engagement(connection: Connection, conversation: Conversation) -> RecentEngagement:
    rows = _rows(
        connection, "account_graph/engagement", {"conversation_id": conversation.id, "limit": TOUCHPOINTS_LISTED}
    )
    return RecentEngagement(
        recent_touchpoints=[Touchpoint.model_validate(row) for row in rows if row["id"] is not None],
        metrics=EngagementMetrics.model_validate(rows[0]),
        last_touchpoint_at=conversation.last_touchpoint_at,
        last_response_at=conversation.last_response_at,
    )


def _network(connection: Connection, contact_id: UUID) -> KnownNetwork:
    rows = _rows(connection, "account_graph/network", {"contact_id": contact_id})
    colleagues = [KnownColleague.model_validate(row) for row in rows if row["is_colleague"]]
    return KnownNetwork(
        total=len(rows),
        colleagues=sorted(colleagues, key=lambda one: (one.colleague_name, one.colleague_id)),
        network=[Relationship.model_validate(row) for row in rows],
    )


# ---------------------------------------------------------------------------------------------------------- of them all
def _company(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``ResearchedCompany``, with the briefing over or under what is stored: the later one on top."""
    stored, briefing = row["research_data"], row["briefing"]
    if not isinstance(briefing, dict):
        briefing = {}
    is_older = row["last_researched_at"] is not None and briefing and row["briefed_at"] < row["last_researched_at"]
    return {
        "id": row["id"],
        "name": row["name"],
        "domain": row["domain"],
        "industry": row["industry"],
        "research_data": {**briefing, **stored} if is_older else {**stored, **briefing},
        "briefing_id": row["briefing_id"] if briefing else None,
    }


def _rows(connection: Connection, name: str, values: Mapping[str, Any]) -> list[Row]:
    """The rows of a statement, fetched at once: one after the other takes twice as long."""
    found = connection.execute(statement(name), values)
    return [dict(row) for row in found.mappings().all()]


def _org(org_id: UUID | str | None) -> UUID | None:
    return None if org_id is None else checked_uuid(org_id, "org_id")


def _unknown_contact(contact_id: UUID) -> LookupError:
    return LookupError(f"There is no contact {contact_id}; it was deleted, or the id is another record's")
