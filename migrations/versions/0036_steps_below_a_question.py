"""The steps of an answer are written down one by one, and an answer that was cut off says so.

Revision: 0036, after 0035
"""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_STEPS = """
create table agent_steps (
    id bigint generated always as identity,
    call_id bigint not null,
    sequence integer not null,
    kind text not null,
    step_key text not null,
    request jsonb not null,
    status text not null,
    response bytea,
    error_kind text,
    error_message text,
    http_status integer,
    latency_ms integer,
    input_tokens integer,
    output_tokens integer,
    cost_usd numeric(12, 6),
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    written_by bigint default nullif(current_setting('prospecting.task_attempt', true), '')::bigint,
    constraint pk_agent_steps primary key (id),
    constraint uq_agent_steps_call_id_sequence unique (call_id, sequence),
    constraint fk_agent_steps_call_id foreign key (call_id) references agent_calls (id) on delete cascade,
    constraint ck_agent_steps_kind check (kind in ('model', 'search', 'page')),
    constraint ck_agent_steps_status check (status in ('started', 'succeeded', 'failed'))
)"""
_COMMENT = """
comment on table agent_steps is 'Every request outside that a call of the ledger took - rounds of the model, searches, '
'pages -, its raw answer and what it cost. A step that is started below a call that has ended was in flight when its '
'worker died.'"""


def upgrade() -> None:
    op.execute(_STEPS)
    op.execute(_COMMENT)
    op.execute("grant select, insert, update, delete on agent_steps to prospecting_app")
    op.execute("grant select on agent_steps to prospecting_reader")
    op.execute("alter table agent_calls add column truncated boolean not null default false")


def downgrade() -> None:
    op.execute("alter table agent_calls drop column truncated")
    op.execute("drop table agent_steps")
