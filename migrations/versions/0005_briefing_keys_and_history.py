"""Briefings: keys that NULL, case and blanks do not defeat, age, history, provenance within one org, writes on record.

Revision: 0005, after 0004
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WRITTEN_BY = "bigint default nullif(current_setting('prospecting.task_attempt', true), '')::bigint"
_BRIEFINGS = ("company_intel_briefings", "person_intel_briefings")
_TABLES = ("icp_job_titles", *_BRIEFINGS)

_FUNCTIONS = (
    # Names are compared without case, without blanks around them, and as one spelling of the same characters.
    r"""
create function text_key(value text) returns text
language sql immutable parallel safe as $$
    select nullif(lower(normalize(btrim(value, E' \t\n\r\f\v\u00a0'), NFKC)), '')
$$""",
    """
create function briefing_digest(raw jsonb, researched_at timestamptz) returns text
language sql immutable parallel safe as $$
    select md5(raw::text || ' ' || extract(epoch from researched_at)::text)
$$""",
    """
create function date_research() returns trigger language plpgsql as $$
begin
    if new.researched_at is not distinct from old.researched_at then
        new.researched_at = clock_timestamp();
    end if;
    return new;
end
$$""",
    """
create function keep_replaced_briefing() returns trigger language plpgsql as $$
begin
    execute format(
        'insert into %I (briefing_id, org_id, record, researched_at, digest)'
        ' values ($1, $2, $3, $4, briefing_digest($5, $4)) on conflict (briefing_id, digest) do nothing',
        tg_table_name || '_history'
    ) using old.id, old.org_id, to_jsonb(old), old.researched_at, old.raw_parallel_output;
    return null;
end
$$""",
)


def _named_as_ours(table: str) -> list[str]:
    return [
        f"alter table {table} rename constraint {table}_pkey to pk_{table}",
        f"alter table {table} rename constraint {table}_org_id_fkey to fk_{table}_org_id",
    ]


def _with_age_history_and_provenance(table: str) -> list[str]:
    columns = {"source_submission_id": "submissions", "source_pipeline_run_id": "pipeline_runs"}
    constraint = "{table}_{column}_fkey" if table in _BRIEFINGS else "fk_{table}_{column}"
    return [
        f"alter table {table} add column researched_at timestamptz not null default now()",
        f"alter table {table} add column written_by {_WRITTEN_BY}",
        *(
            f"alter table {table} drop constraint {constraint.format(table=table, column=column)}, "
            f"add constraint fk_{table}_{column}_org_id foreign key ({column}, org_id) "
            f"references {source} (id, org_id) on delete set null ({column})"
            for column, source in columns.items()
        ),
        *(f"create index ix_{table}_{column} on {table} ({column}) where {column} is not null" for column in columns),
        f"""
create table {table}_history (
    id bigint generated always as identity,
    briefing_id uuid not null,
    org_id uuid not null,
    record jsonb not null,
    researched_at timestamptz not null,
    digest text not null,
    replaced_at timestamptz not null default clock_timestamp(),
    written_by {_WRITTEN_BY},
    constraint pk_{table}_history primary key (id),
    constraint uq_{table}_history_briefing_id_digest unique (briefing_id, digest),
    constraint fk_{table}_history_briefing_id foreign key (briefing_id) references {table} (id) on delete cascade,
    constraint fk_{table}_history_org_id foreign key (org_id) references orgs (id) on delete cascade
)""",
        f"comment on table {table}_history is "
        f"'Research that newer research replaced, or that came in late: the whole row of {table} each time.'",
        f"create index ix_{table}_history_org_id on {table}_history (org_id)",
        f"alter table {table}_history enable row level security",
        f"create trigger date_research before update on {table} for each row "
        "when (old.raw_parallel_output is distinct from new.raw_parallel_output) execute function date_research()",
        f"create trigger keep_replaced_briefing after update on {table} for each row "
        "when (old.raw_parallel_output is distinct from new.raw_parallel_output) "
        "execute function keep_replaced_briefing()",
    ]


_DEDUP = (
    "drop index idx_company_intel_briefings_dedup",
    """
create unique index idx_company_intel_briefings_dedup
on company_intel_briefings (org_id, company_domain, client_company_name) nulls not distinct""",
    """
create unique index uq_company_intel_briefings_key
on company_intel_briefings (org_id, company_domain, text_key(client_company_name)) nulls not distinct""",
    "drop index idx_person_intel_briefings_dedup",
    """
create unique index idx_person_intel_briefings_dedup
on person_intel_briefings (org_id, person_full_name, person_current_company_name, client_company_name)
nulls not distinct""",
    """
create unique index uq_person_intel_briefings_key
on person_intel_briefings (
    org_id, text_key(person_full_name), text_key(person_current_company_name), text_key(client_company_name)
) nulls not distinct""",
    "alter table icp_job_titles add constraint ck_icp_job_titles_company_domain check (company_domain <> '')",
    """
alter table company_intel_briefings
add constraint ck_company_intel_briefings_company_domain check (company_domain <> '')""",
    """
alter table person_intel_briefings
add constraint ck_person_intel_briefings_person_full_name check (text_key(person_full_name) is not null)""",
    """
comment on table company_intel_briefings is
'What deep research says of a company, seen from a client: one row per company and client of an org, the newest.'""",
    """
comment on table person_intel_briefings is
'What deep research says of a person, seen from a client: one row per person, company and client of an org, the newest.'""",
)

_WRITES = (
    f"""
create table briefing_writes (
    step_result_id uuid not null,
    kind text not null,
    status text not null,
    reason text,
    detail text,
    attempts integer not null default 1,
    written_by {_WRITTEN_BY},
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint pk_briefing_writes primary key (step_result_id),
    constraint fk_briefing_writes_step_result_id foreign key (step_result_id)
        references step_results (id) on delete cascade,
    constraint ck_briefing_writes_kind check (kind in ('company', 'person', 'icp_job_titles')),
    constraint ck_briefing_writes_status check (status in ('written', 'failed', 'rejected'))
)""",
    """
comment on table briefing_writes is
'Whether the result of a research step reached its table. failed: it will be tried again; rejected: it says why it cannot be.'""",
    "create index ix_briefing_writes_failed on briefing_writes (step_result_id) where status = 'failed'",
    "alter table briefing_writes enable row level security",
)


def upgrade() -> None:
    statements = [*_FUNCTIONS]
    for table in _BRIEFINGS:
        statements += _named_as_ours(table)
    for table in _TABLES:
        statements += _with_age_history_and_provenance(table)
    for statement in [*statements, *_DEDUP, *_WRITES]:
        op.execute(statement.strip())


def downgrade() -> None:
    op.execute("drop table briefing_writes")
    op.execute("drop index uq_company_intel_briefings_key, idx_company_intel_briefings_dedup")
    op.execute("drop index uq_person_intel_briefings_key, idx_person_intel_briefings_dedup")
    op.execute(
        "create unique index idx_company_intel_briefings_dedup "
        "on company_intel_briefings (org_id, company_domain, client_company_name)"
    )
    op.execute(
        "create unique index idx_person_intel_briefings_dedup on person_intel_briefings "
        "(org_id, person_full_name, person_current_company_name, client_company_name)"
    )
    op.execute("alter table icp_job_titles drop constraint ck_icp_job_titles_company_domain")
    op.execute("alter table company_intel_briefings drop constraint ck_company_intel_briefings_company_domain")
    op.execute("alter table person_intel_briefings drop constraint ck_person_intel_briefings_person_full_name")
    for table in _BRIEFINGS:
        op.execute(f"comment on table {table} is null")
        op.execute(f"alter table {table} rename constraint pk_{table} to {table}_pkey")
        op.execute(f"alter table {table} rename constraint fk_{table}_org_id to {table}_org_id_fkey")
    for table in _TABLES:
        op.execute(f"drop trigger keep_replaced_briefing on {table}")
        op.execute(f"drop trigger date_research on {table}")
        op.execute(f"drop table {table}_history")
        op.execute(f"drop index ix_{table}_source_submission_id, ix_{table}_source_pipeline_run_id")
        for column, source in (("source_submission_id", "submissions"), ("source_pipeline_run_id", "pipeline_runs")):
            name = f"{table}_{column}_fkey" if table in _BRIEFINGS else f"fk_{table}_{column}"
            op.execute(
                f"alter table {table} drop constraint fk_{table}_{column}_org_id, add constraint {name} "
                f"foreign key ({column}) references {source} (id) on delete set null"
            )
        op.execute(f"alter table {table} drop column researched_at, drop column written_by")
    op.execute("drop function keep_replaced_briefing, date_research, briefing_digest, text_key")
