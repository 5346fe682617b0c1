"""Addresses that must not be written to, and people who asked to be forgotten, as keyed hashes.

Revision: 0017, after 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ATTEMPT = sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint")

_TABLES = ("erased_identities", "erasures", "suppressed_addresses")

# A nested hash with the key in front of both, so that nothing can be appended to a value. Only who may read the whole
# table could try values out; the function answers for tasks, and for nobody else.
_KEYED_HASH = """
create function keyed_hash(kind text, value text) returns text
language sql stable parallel safe security definer set search_path = public, pg_temp as $$
    select encode(sha256(k.key || sha256(k.key || convert_to(kind || ':' || value, 'UTF8'))), 'hex') from hash_keys as k
$$"""

# Interactions are append-only, but for a person who has to be forgotten. Only this function, with its owner's rights,
# changes them, and nothing of them but the metadata; what it sets lets nobody do so who lacks those rights.
_REDACT_INTERACTIONS = """
create function redact_interactions(erasure uuid, interactions jsonb) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    redacted integer;
begin
    if not exists (
        select from erasures as e where e.id = erasure and e.status = 'running' and e.decision = 'approved'
    ) then
        raise exception 'interactions are redacted within an erasure that was approved, and nowhere else'
            using errcode = 'restrict_violation';
    end if;
    perform set_config('prospecting.erasing', 'on', true);
    update user_interactions as i
    set interaction_metadata = r.interaction_metadata
    from jsonb_to_recordset(interactions) as r (id uuid, interaction_metadata jsonb)
    where i.id = r.id and i.interaction_metadata <> r.interaction_metadata;
    get diagnostics redacted = row_count;
    perform set_config('prospecting.erasing', 'off', true);
    return redacted;
end
$$"""

_BRIEFINGS = ("company_intel_briefings", "person_intel_briefings", "icp_job_titles")
_RESEARCH_CHANGED = "old.raw_parallel_output is distinct from new.raw_parallel_output"
_NOT_ERASING = "current_setting('prospecting.erasing', true) is distinct from 'on'"


def _keep_research(condition: str) -> None:
    """An erasure takes a person out of research: that is no newer research, and what was there is not kept."""
    for table in _BRIEFINGS:
        for name, when in (("date_research", "before"), ("keep_replaced_briefing", "after")):
            op.execute(f"drop trigger {name} on {table}")
            op.execute(
                f"create trigger {name} {when} update on {table} for each row when ({condition}) "
                f"execute function {name}()"
            )


def _refuse_changes(condition: str) -> None:
    op.execute("drop trigger append_only_values on user_interactions")
    op.execute(
        "create trigger append_only_values before update or truncate on user_interactions for each statement "
        f"{condition} execute function refuse_change('interactions are append-only; log another one')"
    )


def upgrade() -> None:
    op.create_table(
        "hash_keys",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_hash_keys_one_key")),
        sa.CheckConstraint("length(key) >= 32", name=op.f("ck_hash_keys_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hash_keys")),
        comment="The key of keyed_hash, drawn by the migration. It stays with the hashes: without it nobody who asked "
        "to be forgotten would be recognised.",
    )
    op.create_table(
        "suppressed_addresses",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("suppressed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('email', 'domain')", name=op.f("ck_suppressed_addresses_kind")),
        sa.CheckConstraint(
            "reason in ('bounced', 'unsubscribed', 'complained', 'requested', 'erased')",
            name=op.f("ck_suppressed_addresses_reason"),
        ),
        sa.CheckConstraint("value_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_suppressed_addresses_value_hash")),
        sa.PrimaryKeyConstraint("kind", "value_hash", name=op.f("pk_suppressed_addresses")),
        comment="Addresses that must not be written to, by keyed_hash of the normalised value, whether or not a "
        "contact has them.",
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("airflow_run_id", sa.Text(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("opened_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("abandoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("decision in ('approved', 'rejected')", name=op.f("ck_erasures_decision")),
        sa.CheckConstraint(
            "status in ('running', 'planned', 'completed', 'rejected', 'failed')", name=op.f("ck_erasures_status")
        ),
        sa.CheckConstraint("(decision is null) = (decided_at is null)", name=op.f("ck_erasures_decided_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("airflow_run_id", name=op.f("uq_erasures_airflow_run_id")),
        comment="One row per request to forget a person: who decided, and how many rows of each table it concerned. "
        "It is the receipt and names nobody.",
    )
    op.create_index(
        "ix_erasures_unfinished",
        "erasures",
        ["opened_by"],
        unique=False,
        postgresql_where=sa.text("status = 'running' or abandoned_at is not null"),
    )
    op.create_table(
        "erased_identities",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value_hash", sa.Text(), nullable=False),
        sa.Column("profile_known", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("erasure_id", sa.UUID(), nullable=False),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('linkedin', 'email', 'name_at_company')", name=op.f("ck_erased_identities_kind")),
        sa.CheckConstraint("value_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_erased_identities_value_hash")),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasures.id"], name=op.f("fk_erased_identities_erasure_id")),
        sa.PrimaryKeyConstraint("kind", "value_hash", name=op.f("pk_erased_identities")),
        comment="What a forgotten person would be recognised by, as keyed_hash: whoever comes with it is not stored "
        "again. profile_known, of a name at a company: whoever has another profile is somebody else.",
    )
    op.create_index("ix_erased_identities_erasure_id", "erased_identities", ["erasure_id"], unique=False)
    op.create_index(
        "ix_persons_merged_into_id",
        "persons",
        ["merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id is not null"),
    )
    op.execute(
        "insert into hash_keys (id, key) select 1, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) "
        "|| uuid_send(gen_random_uuid())"
    )
    op.execute(_KEYED_HASH.strip())
    op.execute("revoke execute on function keyed_hash(text, text) from public")
    op.execute("grant execute on function keyed_hash(text, text) to prospecting_app")
    op.execute(_REDACT_INTERACTIONS.strip())
    op.execute("revoke execute on function redact_interactions(uuid, jsonb) from public")
    op.execute("grant execute on function redact_interactions(uuid, jsonb) to prospecting_app")
    op.execute(
        "create policy tasks_redact on user_interactions for update to current_user "
        "using (current_setting('prospecting.erasing', true) = 'on') with check (true)"
    )
    _refuse_changes(f"when ({_NOT_ERASING})")
    _keep_research(f"{_RESEARCH_CHANGED} and {_NOT_ERASING}")
    for table in _TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to prospecting_app")


def downgrade() -> None:
    _keep_research(_RESEARCH_CHANGED)
    _refuse_changes("")
    op.drop_index("ix_persons_merged_into_id", table_name="persons")
    op.execute("drop policy tasks_redact on user_interactions")
    op.execute("drop function redact_interactions, keyed_hash")
    for table in (*_TABLES, "hash_keys"):
        op.drop_table(table)
