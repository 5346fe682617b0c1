"""Digests of what is new: which time each of them was about, and whether it was sent.

Revision: 0033, after 0032
"""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_DIGESTS = """
create table digests (
    id bigint generated always as identity,
    channel text not null,
    since timestamptz not null,
    until timestamptz not null,
    counts jsonb not null default '{}'::jsonb,
    airflow_run_id text not null,
    claimed_at timestamptz not null default now(),
    sent_at timestamptz,
    written_by bigint default nullif(current_setting('prospecting.task_attempt', true), '')::bigint,
    constraint pk_digests primary key (id),
    constraint uq_digests_channel_since unique (channel, since),
    constraint ck_digests_channel check (channel in ('mail', 'slack')),
    constraint ck_digests_until check (since < until)
)"""
_COMMENT = """
comment on table digests is 'What is new, as told by a channel: one row per digest, about the time from since to '
'before until. sent_at is empty until it is known to have been sent; counts: how much was new, by kind.'"""


def upgrade() -> None:
    op.execute(_DIGESTS)
    op.execute(_COMMENT)
    op.execute("create unique index ix_digests_unsent on digests (channel) where sent_at is null")
    op.execute("grant select, insert, update, delete on digests to prospecting_app")
    op.execute("grant select on digests to prospecting_reader")


def downgrade() -> None:
    op.execute("drop table digests")
