"""Reports of mail providers about messages: delivered, opened, clicked, answered, bounced, unsubscribed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request, status

from prospecting.services.touchpoint_events import UnreadablePayload, record_payload
from prospecting.web.api.callers import AnyCaller
from prospecting.web.api.models import Told
from prospecting.web.database import in_words, runtime

router = APIRouter(prefix="/events", tags=["Reports of mail providers"])


async def _raw(request: Request) -> bytes:
    return await request.body()


class RecordedEvents(Told):
    """The outcome for the reports: ``new``, ``known``, ``refused``, ``rejected`` (unreadable), or ``ignored``."""

    events: int
    new: int
    known: int
    applied: int
    waiting: int
    refused: int
    rejected: int
    ignored: int


@router.post(
    "/{provider}",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "As the provider sends it: see the formats of RecordTouchpointEventsOperator",
            "content": {
                "application/json": {"schema": {"anyOf": [{"type": "array", "items": {}}, {"type": "object"}]}}
            },
        }
    },
)
def record_events(
    provider: Annotated[str, Path(pattern="^[a-z0-9][a-z0-9_-]{0,59}$")],
    raw: Annotated[bytes, Depends(_raw)],
    caller: AnyCaller,
) -> RecordedEvents:
    """Record what a provider reports, and apply it to the messages it is about. Sending it again changes nothing."""
    if caller.provider != provider or caller.format is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Nobody is known by this name")
    try:
        with in_words():
            recorded = record_payload(runtime(), raw, provider=provider, format=caller.format)
    except UnreadablePayload as error:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, str(error)) from None
    return RecordedEvents.model_validate(recorded)
