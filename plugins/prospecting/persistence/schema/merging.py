"""Merges of two companies or two persons, and what each of them changed, so that it can be undone."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from prospecting.persistence.schema.metadata import bigint_id, metadata, written_by

merges = Table(
    "merges",
    metadata,
    bigint_id(),
    Column("entity_type", Text, nullable=False),
    Column("survivor_id", BigInteger, nullable=False),
    Column("merged_id", BigInteger, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("merged_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("undone_by", Text),
    Column("undone_at", DateTime(timezone=True)),
    written_by(),
    CheckConstraint("entity_type in ('company', 'person')", name="entity_type"),
    CheckConstraint("survivor_id <> merged_id", name="two"),
    CheckConstraint("trim(decided_by) <> ''", name="decided_by"),
    CheckConstraint("(undone_at is null) = (undone_by is null)", name="undone"),
    Index("uq_merges_standing", "entity_type", "merged_id", unique=True, postgresql_where=text("undone_at is null")),
    Index("ix_merges_survivor_id", "entity_type", "survivor_id"),
    comment="Which company or person was merged into which, who decided it and when, and who undid it. merged_id leads "
    "to survivor_id by its merged_into_id. No foreign keys: an erasure deletes the rows of a person.",
)

merge_changes = Table(
    "merge_changes",
    metadata,
    bigint_id(),
    Column("merge_id", BigInteger, ForeignKey("merges.id", ondelete="CASCADE"), nullable=False),
    Column("table_name", Text, nullable=False),
    Column("row_key", JSONB, nullable=False),
    Column("person_id", BigInteger),
    Column("before", JSONB),
    Column("after", JSONB),
    Index("uq_merge_changes_row", "merge_id", "table_name", "row_key", unique=True),
    Index("ix_merge_changes_row", "table_name", "row_key"),
    Index("ix_merge_changes_person_id", "person_id", postgresql_where=text("person_id is not null")),
    comment="Every row that a merge changed: what it said before (null: it was not there) and after (null: it is "
    "gone), of changed rows only the columns that differ. Holds personal data; deleted when the merge is undone.",
)

NOTED = {
    "observations": ("id",),
    "company_signals": ("id",),
    "campaign_domains": ("domain",),
    "event_sponsors": ("event_id", "company_id"),
    "signal_execution_entities": ("execution_id", "entity_type", "entity_id"),
    "account_recommendations": ("recommended_on", "account_domain"),
    "touchpoint_participants": ("touchpoint_id", "contact_id"),
    "contact_promotion_items": ("promotion_id", "person_id"),
    "seat_refusals": ("company_id", "slot_type", "person_id"),
    "merge_candidates": ("id",),
    "accounts": ("id",),
    "relationships": ("id",),
    "conversations": ("id",),
    "contacts": ("id",),
    "job_changes": ("id",),
    "contact_channels": ("id",),
    "company_person_roles": ("id",),
    "persons": ("id",),
    "companies": ("id",),
}
"""The tables that a merge writes to, referring ones before those they refer to, each with its key."""
