"""Results of questions about accounts: an account as a whole, whom to talk to next, what to know before writing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import computed_field

from prospecting.persistence.account_fields import Stored
from prospecting.persistence.company_profiles import AccountStatus, Size, Tier
from prospecting.persistence.contact_queries import Contact
from prospecting.persistence.conversations import ActiveConversation, Conversation
from prospecting.persistence.relationships import Relationship
from prospecting.persistence.touchpoint_records import EngagementMetrics, Touchpoint


class ResearchedCompany(Stored):
    """A company with what research says of it.

    ``research_data`` is what is stored with the company and, where ``briefing_id`` is given, the content of that
    company briefing: a name that both have is of whichever was researched later.
    """

    id: int
    name: str
    domain: str | None
    industry: str | None
    research_data: dict[str, Any]
    briefing_id: UUID | None


# ------------------------------------------------------------------------------------------------ an account as a whole
class AccountCompany(ResearchedCompany):
    """The company of an account."""

    size: Size | None
    account_tier: Tier | None
    account_status: AccountStatus


class AccountContact(Stored):
    """An active contact, and their conversations with the company, the latest touched first."""

    contact: Contact
    conversations: list[Conversation]
    total_conversations: int
    active_conversations: int
    engagement_score: int
    last_engaged_at: datetime | None


class RelatedContact(Stored):
    """One end of a relationship."""

    id: UUID
    name: str
    title: str | None
    role: str | None


class AccountRelationship(Stored):
    """A relationship, and who its ``contact_id_1`` and ``contact_id_2`` are."""

    relationship: Relationship
    contact1: RelatedContact
    contact2: RelatedContact
    type: str
    strength: str


class AccountSummary(Stored):
    """Counts over the whole account, however much of it is listed.

    Contacts, decision makers and primary contacts are active ones. Relationships are pairs with an active contact of
    the account at one end or at both, conversations those with the company, whoever they are with.
    """

    total_contacts: int
    decision_makers: int
    primary_contacts: int
    total_relationships: int
    active_conversations: int
    total_conversations: int


class AccountOverview(Stored):
    """An account as a whole.

    ``contacts`` has the listed contacts by id, in order of importance, ``relationships`` those between two of them,
    ``active_conversations`` the latest touched first.
    """

    company: AccountCompany
    contacts: dict[UUID, AccountContact]
    relationships: list[AccountRelationship]
    active_conversations: list[ActiveConversation]
    summary: AccountSummary


# ------------------------------------------------------------------------------------------------ whom to talk to next
class PrimaryContact(Stored):
    """The contact that colleagues are looked for of."""

    id: UUID
    name: str
    title: str | None


class RelationshipToPrimary(Stored):
    """How well the primary contact and a colleague know each other: ``weak``, ``medium`` or ``strong``."""

    primary_contact: PrimaryContact
    strength: str


class EngagementStatus(Stored):
    """How far a contact is engaged: ``engagement_score`` 0..100."""

    has_active_conversation: bool
    engagement_score: int
    last_engaged_at: datetime | None


class ExpansionTarget(Stored):
    """A colleague to talk to next: the higher ``priority_score``, the sooner."""

    contact: Contact
    relationship_to_primary: RelationshipToPrimary
    engagement_status: EngagementStatus
    priority_score: float


# --------------------------------------------------------------------------------- what to know before writing to them
class ContactDetails(Stored):
    """The person to write to.

    ``role_standing``: ``current``, ``unconfirmed``, ``doubted`` or ``ended``, as the database's ``role_standing`` has
    it today of their role at the company, seen last on ``role_seen_on``; ``None`` without a role there.
    """

    id: UUID
    name: str
    email: str | None
    title: str | None
    role: str | None
    role_seen_on: date | None
    role_standing: str | None
    interests: list[Any]
    communication_preferences: dict[str, Any]
    research_data: dict[str, Any]


class ConversationHistory(Stored):
    """``active`` conversations, the latest touched first, and the context of that one (``{}`` without any).

    ``total`` counts the others too.
    """

    active: list[Conversation]
    total: int
    latest_context: dict[str, Any]


class RecentEngagement(Stored):
    """How it went in the active conversation touched last: its newest touchpoints, and the rates of all its e-mails."""

    recent_touchpoints: list[Touchpoint]
    metrics: EngagementMetrics
    last_touchpoint_at: datetime | None
    last_response_at: datetime | None


class KnownColleague(Stored):
    """A colleague of the same company, whatever their status."""

    colleague_id: UUID
    colleague_name: str
    colleague_title: str | None
    relationship_strength: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def name(self) -> str:
        """``colleague_name``, by the name that messages use."""
        return self.colleague_name


class KnownNetwork(Stored):
    """All relationships of a contact, the oldest first, and the colleagues among them, by name."""

    total: int
    colleagues: list[KnownColleague]
    network: list[Relationship]


class ConversationContext(Stored):
    """All to know before writing to a contact.

    ``may_contact`` is false when they must not be written to, with the ``reason``. ``company`` and ``relationships``
    are ``None`` when they were not asked for, ``company`` also without one, ``engagement`` without an active
    conversation.
    """

    contact: ContactDetails
    may_contact: bool
    reason: str | None
    company: ResearchedCompany | None
    conversations: ConversationHistory
    engagement: RecentEngagement | None
    relationships: KnownNetwork | None
