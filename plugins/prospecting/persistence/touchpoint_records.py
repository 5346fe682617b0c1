"""Touchpoints as programs hand them over, and as they are stored."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

from pydantic import BaseModel, Field, model_validator

from prospecting.persistence.checked_fields import (
    GIVEN,
    STORED,
    CleanText,
    JsonObject,
    PastTime,
    PlannedTime,
    Whole,
    not_given,
)

Channel = Literal["email", "sms", "call", "linkedin", "mail", "whatsapp", "meeting"]
Direction = Literal["outbound", "inbound"]
Outcome = Literal["scheduled", "sent", "delivered", "failed", "bounced", "opened", "clicked", "replied"]
Visibility = Literal["own", "everyone"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
VISIBILITIES: tuple[Visibility, ...] = get_args(Visibility)


class TouchpointChanges(BaseModel):
    """The fields of a touchpoint that somebody may write. Those not given stay; ``None`` clears those that may be.

    How far it got (``outcome``) follows from the times: one that failed has a ``failed_at``.
    """

    model_config = GIVEN

    conversation_id: UUID = Field(default_factory=not_given)
    channel: Channel = Field(default_factory=not_given)
    direction: Direction = Field(default_factory=not_given)
    subject: CleanText | None = None
    content: CleanText | None = None
    response: CleanText | None = None
    scheduled_for: PlannedTime | None = None
    sent_at: PastTime | None = None
    delivered_at: PastTime | None = None
    opened_at: PastTime | None = None
    clicked_at: PastTime | None = None
    replied_at: PastTime | None = None
    bounced_at: PastTime | None = None
    failed_at: PastTime | None = None
    outcome_details: CleanText | None = None
    call_duration_seconds: Whole | None = None
    call_recording_url: CleanText | None = None
    call_transcript: CleanText | None = None
    call_sentiment: CleanText | None = None
    email_thread_id: CleanText | None = None
    email_message_id: CleanText | None = None
    provider: CleanText | None = None
    in_reply_to_id: UUID | None = None
    metadata: JsonObject = {}
    created_by_user_id: UUID | None = None
    created_by_automation: bool = False
    visibility: Visibility = "own"


class NewTouchpoint(TouchpointChanges):
    """A touchpoint to create. With an ``id`` or the provider's ``email_message_id``, creating it again changes nothing.

    ``is_history``: it went out at ``sent_at`` already, and is recorded whatever its contact wants today. Any other
    outbound touchpoint is taken for one that is sent now or later.
    """

    id: UUID = Field(default_factory=uuid4)
    conversation_id: UUID
    channel: Channel
    direction: Direction
    is_history: bool = False

    @model_validator(mode="after")
    def _happened_then(self) -> NewTouchpoint:
        if self.is_history and self.sent_at is None:
            raise ValueError("is_history needs sent_at; give the time at which it went out")
        return self


class Touchpoint(BaseModel):
    """A touchpoint as it is stored. ``responded_at``: when an answer came that counts here; see the table."""

    model_config = STORED

    id: UUID
    conversation_id: UUID
    channel: Channel
    direction: Direction
    subject: str | None
    content: str | None
    response: str | None
    scheduled_for: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    replied_at: datetime | None
    bounced_at: datetime | None
    failed_at: datetime | None
    outcome: Outcome | None
    responded_at: datetime | None
    outcome_details: str | None
    call_duration_seconds: int | None
    call_recording_url: str | None
    call_transcript: str | None
    call_sentiment: str | None
    email_thread_id: str | None
    email_message_id: str | None
    provider: str | None
    in_reply_to_id: UUID | None
    metadata: dict[str, Any]
    created_by_user_id: UUID | None
    created_by_automation: bool
    visibility: Visibility
    created_at: datetime
    updated_at: datetime


class TouchpointSummary(BaseModel):
    """A touchpoint in short."""

    model_config = STORED

    touchpoint_id: UUID
    channel: Channel
    direction: Direction
    subject: str | None
    outcome: Outcome | None
    sent_at: datetime | None
    replied_at: datetime | None


class EngagementMetrics(BaseModel):
    """How outbound e-mails of a conversation were received. Rates: percent of those sent, two places; 0 for none."""

    model_config = STORED

    total_touchpoints: int
    emails_sent: int
    emails_opened: int
    emails_clicked: int
    emails_replied: int
    open_rate: Decimal
    click_rate: Decimal
    reply_rate: Decimal
