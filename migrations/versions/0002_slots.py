"""Slots: seats of companies with their history, the intake queue, routing to enrichment agents, evaluations.

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = """((split_part(company_unique_id, '.', 5)::bigint - 1) * 3
        + case slot_type when 'CEO' then 1 when 'CFO' then 2 else 3 end)"""
# One expression, however long: PostgreSQL puts it in place of the call, which a subquery would prevent.
_SLOT_UNIQUE_ID = f"""
create function slot_unique_id(company_unique_id text, slot_type text) returns text
language sql immutable parallel safe as $$
    select '04.04.05.' || lpad(({_NUMBER} % 100)::text, 2, '0')
        || '.' || lpad({_NUMBER}::text, greatest(5, length({_NUMBER}::text)), '0')
        || '.' || lpad(({_NUMBER} % 1000)::text, 3, '0')
$$"""

_SLOT_HISTORY = (
    """
create function record_slot_transitions() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into slot_transitions
            (company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts)
        select company_slot_unique_id, company_unique_id, slot_type,
               case status when 'filled' then 'filled' when 'closed_missing' then 'closed' else 'open' end,
               status, person_unique_id, enrichment_attempts
        from new_slots;
    elsif tg_op = 'UPDATE' then
        insert into slot_transitions
            (company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts)
        select n.company_slot_unique_id, n.company_unique_id, n.slot_type,
               case when n.status = 'filled' then 'filled' when n.status = 'closed_missing' then 'closed'
                    when o.status <> 'open' then 'reopened' else 'open' end,
               n.status, n.person_unique_id, n.enrichment_attempts
        from new_slots as n
        join old_slots as o using (company_slot_unique_id)
        where (n.person_unique_id, n.enrichment_attempts) is distinct from (o.person_unique_id, o.enrichment_attempts);
    elsif tg_op = 'DELETE' then
        insert into slot_transitions
            (company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts)
        select company_slot_unique_id, company_unique_id, slot_type, 'removed', status, person_unique_id,
               enrichment_attempts
        from old_slots;
    else
        insert into slot_transitions
            (company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts)
        select company_slot_unique_id, company_unique_id, slot_type, 'removed', status, person_unique_id,
               enrichment_attempts
        from company_slot;
    end if;
    return null;
end
$$""",
    """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%: % refused: %', tg_table_name, lower(tg_op), tg_argv[0] using errcode = 'restrict_violation';
end
$$""",
    """
create trigger record_insert after insert on company_slot
referencing new table as new_slots for each statement execute function record_slot_transitions()""",
    """
create trigger record_update after update on company_slot
referencing old table as old_slots new table as new_slots for each statement execute function record_slot_transitions()""",
    """
create trigger record_delete after delete on company_slot
referencing old table as old_slots for each statement execute function record_slot_transitions()""",
    """
create trigger record_truncate before truncate on company_slot
for each statement execute function record_slot_transitions()""",
    """
create trigger seats_stay before update of company_unique_id, slot_type on company_slot
for each statement execute function refuse_change('a seat stays with its company; delete it and add the other one')""",
    """
create trigger append_only before update or delete or truncate on slot_transitions
for each statement execute function refuse_change('history is append-only; add a row that says what is true now')""",
)


def upgrade() -> None:
    op.execute("create schema if not exists intake")
    op.execute(_SLOT_UNIQUE_ID.strip())
    op.create_table(
        "agent_routing_log",
        sa.Column("routing_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("garage_run_id", sa.Integer(), nullable=True),
        sa.Column("record_type", sa.String(length=50), nullable=False),
        sa.Column("record_id", sa.String(length=255), nullable=False),
        sa.Column("garage_bay", sa.String(length=10), nullable=False),
        sa.Column("agent_name", sa.String(length=100), nullable=True),
        sa.Column("routing_reason", sa.Text(), nullable=True),
        sa.Column("routed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("status", sa.String(length=50), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("cost_credits", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("data_quality_score", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status in ('pending', 'queued', 'assigned', 'running', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_agent_routing_log_status"),
        ),
        sa.PrimaryKeyConstraint("routing_id", name=op.f("pk_agent_routing_log")),
        comment="Work for enrichment agents. cost_credits are US dollars. claimed_by holds a request until lease_expires_at. settled_at: the outcome has been counted on its slot.",
    )
    op.create_index(
        "ix_agent_routing_log_claimed_by",
        "agent_routing_log",
        ["claimed_by"],
        unique=False,
        postgresql_where=sa.text("claimed_by is not null"),
    )
    op.create_index(
        "ix_agent_routing_log_queue",
        "agent_routing_log",
        ["routing_id"],
        unique=False,
        postgresql_where=sa.text(
            "record_type = 'person_slot_backfill' and status in ('pending', 'queued', 'assigned', 'running')"
        ),
    )
    op.create_index(
        "uq_agent_routing_log_unsettled",
        "agent_routing_log",
        ["record_id"],
        unique=True,
        postgresql_where=sa.text("record_type = 'person_slot_backfill' and settled_at is null"),
    )
    op.create_table(
        "people_raw_intake",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("first_name", sa.String(length=255), nullable=True),
        sa.Column("last_name", sa.String(length=255), nullable=True),
        sa.Column("full_name", sa.String(length=500), nullable=True),
        sa.Column("email", sa.String(length=500), nullable=True),
        sa.Column("work_phone", sa.String(length=50), nullable=True),
        sa.Column("personal_phone", sa.String(length=50), nullable=True),
        sa.Column("title", sa.String(length=500), nullable=True),
        sa.Column("seniority", sa.String(length=100), nullable=True),
        sa.Column("department", sa.String(length=255), nullable=True),
        sa.Column("company_name", sa.String(length=500), nullable=True),
        sa.Column("company_unique_id", sa.String(length=100), nullable=True),
        sa.Column("linkedin_url", sa.Text(), nullable=True),
        sa.Column("twitter_url", sa.Text(), nullable=True),
        sa.Column("facebook_url", sa.Text(), nullable=True),
        sa.Column("bio", sa.Text(), nullable=True),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("education", sa.Text(), nullable=True),
        sa.Column("certifications", sa.Text(), nullable=True),
        sa.Column("city", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=100), nullable=True),
        sa.Column("state_abbrev", sa.String(length=2), nullable=True),
        sa.Column("country", sa.String(length=100), nullable=True),
        sa.Column("source_system", sa.String(length=100), nullable=False),
        sa.Column("source_record_id", sa.String(length=255), nullable=True),
        sa.Column("import_batch_id", sa.String(length=100), nullable=True),
        sa.Column("validated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("validation_notes", sa.Text(), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("validated_by", sa.Text(), nullable=True),
        sa.Column("enrichment_attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("chronic_bad", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_enriched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enriched_by", sa.Text(), nullable=True),
        sa.Column("b2_file_path", sa.Text(), nullable=True),
        sa.Column("b2_uploaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slot_type", sa.String(length=10), nullable=True),
        sa.Column("backfill_source", sa.String(length=50), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("slot_type in ('CEO', 'CFO', 'HR')", name=op.f("ck_people_raw_intake_slot_type")),
        sa.CheckConstraint(
            "source_system <> 'slot_backfill' or (company_unique_id is not null and slot_type is not null)",
            name=op.f("ck_people_raw_intake_slot_backfill_names_its_slot"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_raw_intake")),
        schema="intake",
        comment="People as they come in, before they are anybody. A slot_backfill row asks for whoever holds a seat.",
    )
    op.create_index(
        "idx_people_raw_intake_unique_slot_backfill",
        "people_raw_intake",
        ["company_unique_id", "slot_type"],
        unique=True,
        schema="intake",
        postgresql_where=sa.text("source_system = 'slot_backfill' and validated = false"),
    )
    op.create_index(
        "ix_people_raw_intake_company_unique_id",
        "people_raw_intake",
        ["company_unique_id", "slot_type"],
        unique=False,
        schema="intake",
    )
    op.create_table(
        "slot_evaluations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("airflow_run_id", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("companies_processed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_created", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_updated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_filled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_open", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_closed_missing", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("compound_matches", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("multiple_candidates", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("backfill_triggered", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("requests_cancelled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "fill_rate",
            sa.Numeric(precision=5, scale=2),
            sa.Computed(
                "round(100.0 * slots_filled / nullif(slots_filled + slots_open + slots_closed_missing, 0), 2)",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.CheckConstraint("status in ('running', 'completed', 'failed')", name=op.f("ck_slot_evaluations_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_evaluations")),
        sa.UniqueConstraint("airflow_run_id", name=op.f("uq_slot_evaluations_airflow_run_id")),
        comment="One row per run of slot_evaluation: its scope and its summary. is_full: all companies, all seats.",
    )
    op.create_table(
        "slot_transitions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("company_slot_unique_id", sa.Text(), nullable=False),
        sa.Column("company_unique_id", sa.Text(), nullable=False),
        sa.Column("slot_type", sa.Text(), nullable=False),
        sa.Column("transition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("person_unique_id", sa.Text(), nullable=True),
        sa.Column("enrichment_attempts", sa.Integer(), nullable=False),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.CheckConstraint("status in ('open', 'filled', 'closed_missing')", name=op.f("ck_slot_transitions_status")),
        sa.CheckConstraint(
            "transition in ('open', 'requested', 'filled', 'closed', 'reopened', 'removed')",
            name=op.f("ck_slot_transitions_transition"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_transitions")),
        comment="Append-only: every change of a seat, with its state afterwards. Written by triggers on company_slot, and (requested) with the request. No foreign keys: history outlives what it is about.",
    )
    op.create_index(
        "ix_slot_transitions_company_slot_unique_id", "slot_transitions", ["company_slot_unique_id", "id"], unique=False
    )
    op.create_table(
        "title_seats",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("ceo_rank", sa.SmallInteger(), nullable=True),
        sa.Column("cfo_rank", sa.SmallInteger(), nullable=True),
        sa.Column("hr_rank", sa.SmallInteger(), nullable=True),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("title", name=op.f("pk_title_seats")),
        comment="What the title classifier says of every title seen: the rank at which it fills a seat (1 is best). rules: the classifier's version; other versions are classified again.",
    )
    op.create_table(
        "company_slot",
        sa.Column(
            "company_slot_unique_id",
            sa.Text(),
            sa.Computed(
                "slot_unique_id(company_unique_id, slot_type)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("company_unique_id", sa.Text(), nullable=False),
        sa.Column("person_unique_id", sa.Text(), nullable=True),
        sa.Column("slot_type", sa.Text(), nullable=False),
        sa.Column(
            "is_filled", sa.Boolean(), sa.Computed("person_unique_id is not null", persisted=True), nullable=True
        ),
        sa.Column(
            "status",
            sa.String(length=20),
            sa.Computed(
                "case when person_unique_id is not null then 'filled' when enrichment_attempts >= 2 then 'closed_missing' else 'open' end",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("enrichment_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("confidence_score", sa.Numeric(precision=3, scale=2), nullable=True),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filled_by", sa.Text(), nullable=True),
        sa.Column("last_refreshed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_system", sa.Text(), server_default=sa.text("'manual'"), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("slot_type in ('CEO', 'CFO', 'HR')", name=op.f("ck_company_slot_slot_type")),
        sa.CheckConstraint("confidence_score between 0 and 1", name=op.f("ck_company_slot_confidence_score")),
        sa.CheckConstraint("enrichment_attempts >= 0", name=op.f("ck_company_slot_enrichment_attempts")),
        sa.ForeignKeyConstraint(
            ["company_unique_id"],
            ["companies.company_unique_id"],
            name=op.f("fk_company_slot_company_unique_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_unique_id"],
            ["persons.person_unique_id"],
            name=op.f("fk_company_slot_person_unique_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("company_slot_unique_id", name=op.f("pk_company_slot")),
        sa.UniqueConstraint("company_unique_id", "slot_type", name=op.f("uq_company_slot_company_unique_id_slot_type")),
        comment="Who holds a company's seat. is_filled and status follow from person and attempts, so they cannot lie.",
    )
    op.create_index(
        "ix_company_slot_person_unique_id",
        "company_slot",
        ["person_unique_id"],
        unique=False,
        postgresql_where=sa.text("person_unique_id is not null"),
    )
    op.create_table(
        "slot_evaluation_chunks",
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("companies_processed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_created", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_updated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_filled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_open", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_closed_missing", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("compound_matches", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("multiple_candidates", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("backfill_triggered", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("requests_cancelled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["slot_evaluations.id"],
            name=op.f("fk_slot_evaluation_chunks_evaluation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "chunk", name=op.f("pk_slot_evaluation_chunks")),
        comment="The counters of one chunk, written in the chunk's own transaction: a retry adds to what it had changed.",
    )
    op.create_index(
        "ix_companies_merged_into_id",
        "companies",
        ["merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id is not null"),
    )
    for definition in _SLOT_HISTORY:
        op.execute(definition.strip())


def downgrade() -> None:
    op.drop_index(
        "ix_companies_merged_into_id", table_name="companies", postgresql_where=sa.text("merged_into_id is not null")
    )
    op.drop_table("slot_evaluation_chunks")
    op.drop_index(
        "ix_company_slot_person_unique_id",
        table_name="company_slot",
        postgresql_where=sa.text("person_unique_id is not null"),
    )
    op.drop_table("company_slot")
    op.drop_table("title_seats")
    op.drop_index("ix_slot_transitions_company_slot_unique_id", table_name="slot_transitions")
    op.drop_table("slot_transitions")
    op.drop_table("slot_evaluations")
    op.drop_index("ix_people_raw_intake_company_unique_id", table_name="people_raw_intake", schema="intake")
    op.drop_index(
        "idx_people_raw_intake_unique_slot_backfill",
        table_name="people_raw_intake",
        schema="intake",
        postgresql_where=sa.text("source_system = 'slot_backfill' and validated = false"),
    )
    op.drop_table("people_raw_intake", schema="intake")
    op.drop_index(
        "uq_agent_routing_log_unsettled",
        table_name="agent_routing_log",
        postgresql_where=sa.text("record_type = 'person_slot_backfill' and settled_at is null"),
    )
    op.drop_index(
        "ix_agent_routing_log_queue",
        table_name="agent_routing_log",
        postgresql_where=sa.text(
            "record_type = 'person_slot_backfill' and status in ('pending', 'queued', 'assigned', 'running')"
        ),
    )
    op.drop_index(
        "ix_agent_routing_log_claimed_by",
        table_name="agent_routing_log",
        postgresql_where=sa.text("claimed_by is not null"),
    )
    op.drop_table("agent_routing_log")
    op.execute("drop function record_slot_transitions, refuse_change, slot_unique_id")
    op.execute("drop schema intake")
