"""A circuit per provider: one that is down is left alone for a while, by all workers. And who knew enough about whom.

Revision: 0038, after 0037
"""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_CIRCUITS = """
create table provider_circuits (
    provider text not null,
    state text not null default 'closed',
    failures integer not null default 0,
    error_kind text,
    last_failure_at timestamptz,
    opened_at timestamptz,
    retry_at timestamptz,
    pause_seconds double precision,
    trial_until timestamptz,
    constraint pk_provider_circuits primary key (provider),
    constraint ck_provider_circuits_state check (state in ('closed', 'open', 'half_open')),
    constraint ck_provider_circuits_failures check (failures >= 0),
    constraint ck_provider_circuits_when_open check (
        (state = 'closed') = (opened_at is null) and (state = 'closed') = (retry_at is null)
        and (state = 'closed') = (pause_seconds is null) and (state = 'half_open' or trial_until is null)
    )
)"""

_ANSWERS = """
create table provider_answers (
    call_id bigint not null,
    provider text not null,
    company_size text,
    country text,
    was_enough boolean not null,
    answered_at timestamptz not null default now(),
    constraint pk_provider_answers primary key (call_id),
    constraint fk_provider_answers_call_id foreign key (call_id) references agent_calls (id) on delete cascade
)"""
_COMMENT = """
comment on table provider_answers is 'Whether the answer of a provider about the seats of a company was enough, by '
'what kind of company: what the order of providers is learned from.'"""


def upgrade() -> None:
    op.execute(_CIRCUITS)
    op.execute("comment on table provider_circuits is 'Providers that failed lately; an open one is not asked.'")
    op.execute("grant select, insert, update, delete on provider_circuits to prospecting_app")
    op.execute("grant select on provider_circuits to prospecting_reader")
    op.execute(_ANSWERS)
    op.execute(_COMMENT)
    op.execute("create index ix_provider_answers_answered_at on provider_answers (answered_at)")
    op.execute("grant select, insert, update, delete on provider_answers to prospecting_app")
    op.execute("grant select on provider_answers to prospecting_reader")


def downgrade() -> None:
    op.execute("drop table provider_answers")
    op.execute("drop table provider_circuits")
