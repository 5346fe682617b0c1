"""Seats that the identity gate holds back, domains of one company as a view, tries of webhooks.

Revision: 0043, after 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_EVALUATIONS = (
    "One row per run of slot_evaluation: its scope and its summary. is_full: all companies, all seats; "
    "is_incremental: of these, those that something happened to. policy: the rules it went by. unnoted_changes: seats "
    "it changed although nothing had been noted. {}abandoned_at: closed as failed because no task of its run gave a "
    "sign of life."
)
_HELD_BACK = "held_back_…: companies whose seats nobody is asked about, by the reason. "
_COUNTERS = (
    "held_back_suppressed",
    "held_back_erased",
    "held_back_not_a_company",
    "held_back_domain_in_doubt",
)

# As keyed_hash, for many values at once: calling that one for each takes thirty times as long. The last label of a
# domain is nobody's.
_DOMAINS_COVERED = """
create function domains_covered(domains text[], hashes text[]) returns setof text
language sql stable parallel safe security definer set search_path = public, pg_temp as $$
    select distinct d.domain
    from hash_keys as k
    cross join unnest(domains) as d (domain)
    cross join lateral (select string_to_array(d.domain, '.') as labels) as split
    cross join lateral generate_series(1, cardinality(split.labels) - 1) as start
    join unnest(hashes) as h (hash)
        on h.hash = encode(
            sha256(
                k.key || sha256(k.key || convert_to('domain:' || array_to_string(split.labels[start:], '.'), 'UTF8'))
            ),
            'hex'
        )
$$"""

# Whoever a company is, as the identity gate sees it. A suppression is known by a hash alone: the domains of all
# companies are hashed to find out whose it is.
_NOTE_IDENTITIES = """
create function note_seats_of_identity() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'companies' then
        insert into seat_changes (company_id)
        select new.id where tg_op = 'UPDATE'
        union
        select id from companies
        where name_key in (old.name_key, new.name_key) and domain is null and merged_into_id is null and id <> old.id;
    elsif tg_table_name = 'merge_candidates' then
        insert into seat_changes (company_id)
        select distinct id from unnest(array[old.left_id, old.right_id, new.left_id, new.right_id]) as pair (id)
        where id is not null;
    elsif exists (select from changed where kind = 'domain') then
        insert into seat_changes (company_id)
        select c.id
        from domains_covered(
            array(select domain from companies where domain is not null),
            array(select value_hash from changed where kind = 'domain')
        ) as covered (domain)
        join companies as c using (domain);
    end if;
    return null;
end
$$"""

_IDENTITY = "({0}.domain, {0}.kind, {0}.name, {0}.name_key, {0}.merged_into_id)"
_DOUBT = "{0}.entity_type = 'company' and {0}.status = 'open'"
_TRIGGERS = (
    (
        "companies",
        "note_seats_identity",
        "after update of domain, kind, name, name_key, merged_into_id",
        f"for each row when ({_IDENTITY.format('old')} is distinct from {_IDENTITY.format('new')})",
    ),
    ("companies", "note_seats_gone", "after delete", "for each row"),
    ("merge_candidates", "note_seats_doubted", "after insert", f"for each row when ({_DOUBT.format('new')})"),
    (
        "merge_candidates",
        "note_seats_settled",
        "after update of entity_type, left_id, right_id, status",
        f"for each row when (({_DOUBT.format('old')}) is distinct from ({_DOUBT.format('new')}))",
    ),
    ("merge_candidates", "note_seats_gone", "after delete", f"for each row when ({_DOUBT.format('old')})"),
    (
        "suppressed_addresses",
        "note_seats_suppressed",
        "after insert",
        "referencing new table as changed for each statement",
    ),
    (
        "suppressed_addresses",
        "note_seats_lifted",
        "after delete",
        "referencing old table as changed for each statement",
    ),
)

_ATTEMPT = sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint")

_SKIP_REASONS = (
    "sponsors_named",
    "no_sponsors",
    "over_limit",
    "suppressed",
    "erased",
    "not_a_company",
    "domain_in_doubt",
    "already_known",
    "other_kind",
)
_CRITERIA = ("other_size", "elsewhere", "other_technology")

# What was done or asked at one of these domains holds for all.
_ACCOUNT_KIN = """
create view account_kin with (security_invoker = true) as
with led as materialized (
    select id, merged_into_id, domain from companies where merged_into_id is not null
),
one_company as materialized (
    select merged_into_id as company_id, domain from led where domain is not null
    union
    select id, domain
    from companies
    where id in (select merged_into_id from led) and domain is not null
)
select mine.domain as account_domain, other.domain as other_domain
from one_company as mine
join one_company as other on other.company_id = mine.company_id and other.domain <> mine.domain"""

_DELIVERIES = (
    "Every try to tell another system of an execution. message_id: the header webhook-id, the same for a message that "
    "says the same again. error_kind: why it was not taken. No addresses and no contents."
)


def upgrade() -> None:
    for table in ("slot_evaluations", "slot_evaluation_chunks"):
        added = ", ".join(f"add {name} integer not null default 0" for name in _COUNTERS)
        op.execute(f"alter table {table} {added}")
    op.execute(f"comment on table slot_evaluations is '{_EVALUATIONS.format(_HELD_BACK)}'")
    op.execute(_DOMAINS_COVERED)
    op.execute("revoke execute on function domains_covered(text[], text[]) from public")
    op.execute("grant execute on function domains_covered(text[], text[]) to prospecting_app")
    op.execute(_NOTE_IDENTITIES)
    for table, name, when, which in _TRIGGERS:
        op.execute(f"create trigger {name} {when} on {table} {which} execute function note_seats_of_identity()")
    op.execute(_ACCOUNT_KIN)
    op.execute("grant select on account_kin to prospecting_app, prospecting_reader")
    _create_webhook_deliveries()
    _allow_skip_reasons(*_SKIP_REASONS, *_CRITERIA)


def _allow_skip_reasons(*reasons: str) -> None:
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    op.execute(
        f"""
        alter table signal_execution_entities
            drop constraint ck_signal_execution_entities_skip_reason,
            add constraint ck_signal_execution_entities_skip_reason check (skip_reason in ({listed}))
        """
    )


def _create_webhook_deliveries() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("execution_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("status_code", sa.SmallInteger()),
        sa.Column("error_kind", sa.Text()),
        sa.Column("attempted_at", moment, nullable=False),
        sa.Column("delivered_at", moment),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT),
        sa.CheckConstraint("event in ('started', 'progress', 'finished')", name="event"),
        sa.CheckConstraint("attempt >= 1", name="attempt"),
        sa.CheckConstraint(
            "error_kind in ('unreachable', 'timeout', 'redirected', 'refused', 'unavailable')", name="error_kind"
        ),
        sa.CheckConstraint("(error_kind is null) = (delivered_at is not null)", name="delivered_or_why_not"),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["signal_executions.id"],
            name="fk_webhook_deliveries_execution_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        comment=_DELIVERIES,
    )
    op.create_index("ix_webhook_deliveries_execution_id", "webhook_deliveries", ["execution_id", "id"])
    op.execute("grant select, insert, update, delete on webhook_deliveries to prospecting_app")
    op.execute("grant select on webhook_deliveries to prospecting_reader")


def downgrade() -> None:
    op.execute(
        "update signal_execution_entities set skip_reason = null "
        "where skip_reason in ('other_size', 'elsewhere', 'other_technology')"
    )
    _allow_skip_reasons(*_SKIP_REASONS)
    op.drop_table("webhook_deliveries")
    op.execute("drop view account_kin")
    for table, name, _, _ in _TRIGGERS:
        op.execute(f"drop trigger {name} on {table}")
    op.execute("drop function note_seats_of_identity, domains_covered")
    op.execute(f"comment on table slot_evaluations is '{_EVALUATIONS.format('')}'")
    for table in ("slot_evaluations", "slot_evaluation_chunks"):
        op.execute(f"alter table {table} {', '.join(f'drop {name}' for name in _COUNTERS)}")
