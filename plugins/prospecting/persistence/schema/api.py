"""Who may use the API: tokens, as hashes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from prospecting.persistence.schema.metadata import created_at, metadata, uuid_id

api_tokens = Table(
    "api_tokens",
    metadata,
    uuid_id(),
    Column("org_id", UUID(as_uuid=True), ForeignKey("orgs.id", ondelete="CASCADE")),
    Column("user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE")),
    Column("name", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("expires_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    created_at(),
    CheckConstraint("name <> ''", name="name"),
    CheckConstraint("token_hash ~ '^[0-9a-f]{64}$'", name="token_hash"),
    Index("ix_api_tokens_org_id", "org_id"),
    Index("ix_api_tokens_user_id", "user_id"),
    comment="Tokens of the API, as SHA-256 of what was printed once. Without an org: an administrator's, for every "
    "org. user_id: for whom research and interactions are saved with it.",
)
