"""The params of ``account_events``, and the arguments of the operator that records events: Pydantic models."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from prospecting.parsing.webhooks import WebhookFormat
from prospecting.services.params import OptionalName

_MAX_PATH = 2_000
_MAX_PROVIDER = 100


def _needed(otherwise: str) -> BeforeValidator:
    """Ask for a text that is not there."""

    def check(value: Any) -> Any:
        if value is None or (isinstance(value, str) and not value.strip()):
            raise ValueError(otherwise)
        return value.strip() if isinstance(value, str) else value

    return BeforeValidator(check)


# Empty in the form, so that nobody records a batch twice by accident as somebody else's; the validators ask.
EventsPath = Annotated[
    str,
    Field(max_length=_MAX_PATH),
    _needed("where are the events? Give a file or a folder that workers can read"),
    WithJsonSchema({"type": ["string", "null"], "maxLength": _MAX_PATH}),
]
Provider = Annotated[
    str,
    Field(max_length=_MAX_PROVIDER),
    _needed("who sent the events? Give the name that touchpoints have for the provider"),
    WithJsonSchema({"type": ["string", "null"], "maxLength": _MAX_PROVIDER}),
]
ChunkSize = Annotated[int, Field(ge=1, le=10_000)]


class AccountEventsParams(BaseModel):
    """Params of ``account_events``."""

    model_config = ConfigDict(extra="forbid")

    path: EventsPath = Field(
        None,
        validate_default=True,
        title="File or folder",
        description="A payload as the provider sent it, or a folder of them: /data/events/2026-01-01, "
        "s3://aws_default@bucket/events. Every worker must reach it. Files stay where they are.",
    )
    provider: Provider = Field(
        None,
        validate_default=True,
        title="Provider",
        description="Who sent them, by the name that touchpoints have in their column provider. Messages of others are "
        "not touched.",
        json_schema_extra={"examples": ["sendgrid", "postmark"]},
    )
    format: WebhookFormat = Field(
        WebhookFormat.PLAIN,
        title="Format",
        description="sendgrid and postmark: as these services send events. plain: our own, for anybody else.",
    )
    max_error_share: float = Field(
        0.2,
        title="Errors, at most",
        description="The run fails at its end when more than this share of the events could not be read or used.",
        ge=0,
        le=1,
        json_schema_extra={"section": "Limits"},
    )
    files_per_task: int = Field(
        100,
        title="Files per task",
        description="A folder is worked through by mapped tasks, so many files each.",
        ge=1,
        le=100_000,
        json_schema_extra={"section": "Limits"},
    )
    chunk_size: ChunkSize = Field(
        1_000,
        title="Events per chunk",
        description="Each chunk is one transaction.",
        json_schema_extra={"section": "Limits"},
    )


class RecordEventsArguments(BaseModel):
    """Arguments of ``RecordTouchpointEventsOperator``."""

    model_config = ConfigDict(extra="forbid")

    path: EventsPath = Field(None, validate_default=True)
    provider: Provider = Field(None, validate_default=True)
    format: WebhookFormat = WebhookFormat.PLAIN
    first_file: OptionalName = None
    last_file: OptionalName = None
    chunk_size: ChunkSize = 1_000
