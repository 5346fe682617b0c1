"""Who must not be written to, and who asked to be forgotten: keyed hashes only, never the values."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from prospecting.persistence.schema.metadata import (
    created_at,
    metadata,
    run_life,
    unfinished_index,
    uuid_id,
    written_by,
)

hash_keys = Table(
    "hash_keys",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("key", LargeBinary, nullable=False),
    created_at(),
    CheckConstraint("id = 1", name="one_key"),
    CheckConstraint("length(key) >= 32", name="key"),
    comment="The key of keyed_hash, drawn by the migration. It stays with the hashes: without it nobody who asked to "
    "be "
    "forgotten would be recognised.",
)

suppressed_addresses = Table(
    "suppressed_addresses",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value_hash", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("source", Text),
    Column("suppressed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    written_by(),
    created_at(),
    CheckConstraint("kind in ('email', 'domain')", name="kind"),
    CheckConstraint("value_hash ~ '^[0-9a-f]{64}$'", name="value_hash"),
    CheckConstraint("reason in ('bounced', 'unsubscribed', 'complained', 'requested', 'erased')", name="reason"),
    comment="Addresses that must not be written to, by keyed_hash of the normalised value, whether or not a contact "
    "has them.",
)

erasures = Table(
    "erasures",
    metadata,
    uuid_id(),
    Column("airflow_run_id", Text, nullable=False, unique=True),
    Column("subject_hash", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'running'")),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("error", Text),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("completed_at", DateTime(timezone=True)),
    written_by(),
    *run_life(),
    CheckConstraint("status in ('running', 'planned', 'completed', 'rejected', 'failed')", name="status"),
    CheckConstraint("decision in ('approved', 'rejected')", name="decision"),
    CheckConstraint("(decision is null) = (decided_at is null)", name="decided_at"),
    unfinished_index("erasures"),
    comment="One row per request to forget a person: who decided, and how many rows of each table it concerned. It is "
    "the receipt and names nobody.",
)

erased_identities = Table(
    "erased_identities",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value_hash", Text, primary_key=True),
    Column("profile_known", Boolean, nullable=False, server_default=text("false")),
    Column("erasure_id", UUID(as_uuid=True), ForeignKey("erasures.id"), nullable=False),
    written_by(),
    created_at(),
    CheckConstraint("kind in ('linkedin', 'email', 'name_at_company')", name="kind"),
    CheckConstraint("value_hash ~ '^[0-9a-f]{64}$'", name="value_hash"),
    Index("ix_erased_identities_erasure_id", "erasure_id"),
    comment="What a forgotten person would be recognised by, as keyed_hash: whoever comes with it is not stored again. "
    "profile_known, of a name at a company: whoever has another profile is somebody else.",
)
