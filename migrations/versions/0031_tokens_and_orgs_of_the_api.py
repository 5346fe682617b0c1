"""Tokens of the API, and tenants who read the briefings of their own org.

Revision: 0031, after 0030
"""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_TOKENS = """
create table api_tokens (
    id uuid not null default gen_random_uuid(),
    org_id uuid,
    user_id uuid,
    name text not null,
    token_hash text not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    constraint pk_api_tokens primary key (id),
    constraint uq_api_tokens_token_hash unique (token_hash),
    constraint fk_api_tokens_org_id foreign key (org_id) references orgs (id) on delete cascade,
    constraint fk_api_tokens_user_id foreign key (user_id) references users (id) on delete cascade,
    constraint ck_api_tokens_name check (name <> ''),
    constraint ck_api_tokens_token_hash check (token_hash ~ '^[0-9a-f]{64}$')
)"""
_COMMENT = """
comment on table api_tokens is 'Tokens of the API, as SHA-256 of what was printed once. Without an org: an '
'administrator''s, for every org. user_id: for whom research and interactions are saved with it.'"""

# The setting ends with the transaction; without one nobody's rows are seen.
_CURRENT_ORG_ID = """
create function current_org_id() returns uuid language sql stable parallel safe as $$
    select nullif(current_setting('prospecting.org_id', true), '')::uuid
$$"""

_BRIEFINGS = ("icp_job_titles", "company_intel_briefings", "person_intel_briefings")


def upgrade() -> None:
    op.execute(_TOKENS)
    op.execute(_COMMENT)
    op.execute("create index ix_api_tokens_org_id on api_tokens (org_id)")
    op.execute("create index ix_api_tokens_user_id on api_tokens (user_id)")
    op.execute("grant select, insert, update, delete on api_tokens to prospecting_app")
    op.execute(_CURRENT_ORG_ID)
    for table in _BRIEFINGS:
        op.execute(f"grant select on {table} to prospecting_api")
        op.execute(
            f"create policy own_org_select on {table} for select to prospecting_api "
            "using (org_id = (select current_org_id()))"
        )


def downgrade() -> None:
    for table in _BRIEFINGS:
        op.execute(f"drop policy own_org_select on {table}")
        op.execute(f"revoke all on {table} from prospecting_api")
    op.execute("drop function current_org_id()")
    op.execute("drop table api_tokens")
