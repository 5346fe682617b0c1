"""A circuit per provider: one that is down is left alone for a while, by all workers.

Revision: 0038, after 0034
"""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0036"
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


def upgrade() -> None:
    op.execute(_CIRCUITS)
    op.execute("comment on table provider_circuits is 'Providers that failed lately; an open one is not asked.'")
    op.execute("grant select, insert, update, delete on provider_circuits to prospecting_app")
    op.execute("grant select on provider_circuits to prospecting_reader")


def downgrade() -> None:
    op.execute("drop table provider_circuits")
