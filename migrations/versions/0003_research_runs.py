"""Research: submissions, their pipeline runs and step results, entities known from them, ICP job titles.

Revision: 0003, after 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WRITTEN_BY = "bigint default nullif(current_setting('prospecting.task_attempt', true), '')::bigint"

_UPGRADE = (
    """
create function update_updated_at_column() returns trigger language plpgsql as $$
begin
    new.updated_at = now();
    return new;
end
$$""",
    f"""
create table submissions (
    id uuid not null default gen_random_uuid(),
    org_id uuid not null,
    company_id bigint,
    blueprint_id uuid,
    submitted_by_user_id uuid,
    source text,
    input_payload jsonb not null,
    blueprint jsonb,
    status text not null default 'received',
    metadata jsonb,
    request_key text,
    written_by {_WRITTEN_BY},
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint pk_submissions primary key (id),
    constraint uq_submissions_id_org_id unique (id, org_id),
    constraint uq_submissions_id_company_id unique nulls not distinct (id, company_id),
    constraint fk_submissions_org_id foreign key (org_id) references orgs (id) on delete cascade,
    constraint fk_submissions_company_id foreign key (company_id) references companies (id),
    constraint ck_submissions_status
        check (status in ('received', 'validated', 'queued', 'running', 'completed', 'failed', 'canceled'))
)""",
    """
comment on table submissions is
'What an org asked to have researched: entities, and the steps each goes through.'""",
    "create index ix_submissions_org_id on submissions (org_id)",
    "create index ix_submissions_company_id on submissions (company_id) where company_id is not null",
    """
create unique index uq_submissions_request_key on submissions (org_id, request_key)
where request_key is not null and status <> 'canceled'""",
    f"""
create table pipeline_runs (
    id uuid not null default gen_random_uuid(),
    org_id uuid not null,
    company_id bigint,
    submission_id uuid not null,
    blueprint_id uuid,
    trigger_run_id text,
    blueprint_snapshot jsonb not null default '{{}}'::jsonb,
    blueprint_version integer not null default 1,
    entity_index integer,
    status text not null default 'queued',
    attempt integer not null default 1,
    started_at timestamptz,
    finished_at timestamptz,
    error_message text,
    error_details jsonb,
    parent_pipeline_run_id uuid,
    written_by {_WRITTEN_BY},
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint pk_pipeline_runs primary key (id),
    constraint uq_pipeline_runs_id_org_id unique (id, org_id),
    constraint uq_pipeline_runs_id_submission_id unique (id, submission_id),
    constraint uq_pipeline_runs_id_company_id unique nulls not distinct (id, company_id),
    constraint fk_pipeline_runs_submission_id_org_id foreign key (submission_id, org_id)
        references submissions (id, org_id) on delete cascade,
    constraint fk_pipeline_runs_submission_id_company_id foreign key (submission_id, company_id)
        references submissions (id, company_id) on delete cascade,
    constraint fk_pipeline_runs_parent_pipeline_run_id_submission_id
        foreign key (parent_pipeline_run_id, submission_id) references pipeline_runs (id, submission_id)
        on delete set null (parent_pipeline_run_id),
    constraint ck_pipeline_runs_status check (status in ('queued', 'running', 'succeeded', 'failed', 'canceled')),
    constraint ck_pipeline_runs_attempt check (attempt >= 1)
)""",
    """
comment on table pipeline_runs is
'One entity of a submission on its way through the steps. A fan-out makes further runs, children of the first.'""",
    "create index ix_pipeline_runs_submission_id on pipeline_runs (submission_id)",
    """
create unique index uq_pipeline_runs_entity on pipeline_runs
(submission_id, parent_pipeline_run_id, entity_index, attempt) nulls not distinct where entity_index is not null""",
    """
create unique index uq_pipeline_runs_trigger_run_id on pipeline_runs (trigger_run_id)
where trigger_run_id is not null""",
    """
create index ix_pipeline_runs_parent_pipeline_run_id on pipeline_runs (parent_pipeline_run_id)
where parent_pipeline_run_id is not null""",
    f"""
create table step_results (
    id uuid not null default gen_random_uuid(),
    org_id uuid not null,
    company_id bigint,
    pipeline_run_id uuid not null,
    submission_id uuid not null,
    step_id uuid,
    blueprint_step_id uuid,
    step_position integer not null,
    task_run_id text,
    status text not null default 'queued',
    input_payload jsonb,
    output_payload jsonb,
    result_operation_id text
        generated always as (output_payload #>> '{{operation_result,operation_id}}') stored,
    result_status text
        generated always as (output_payload #>> '{{operation_result,status}}') stored,
    error_message text,
    error_details jsonb,
    started_at timestamptz,
    finished_at timestamptz,
    ended_at timestamptz
        generated always as (coalesce(finished_at, started_at, created_at)) stored,
    duration_ms integer,
    attempt integer not null default 1,
    written_by {_WRITTEN_BY},
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint pk_step_results primary key (id),
    constraint uq_step_results_pipeline_run_id_step_position_attempt
        unique (pipeline_run_id, step_position, attempt),
    constraint fk_step_results_pipeline_run_id_org_id foreign key (pipeline_run_id, org_id)
        references pipeline_runs (id, org_id) on delete cascade,
    constraint fk_step_results_pipeline_run_id_submission_id foreign key (pipeline_run_id, submission_id)
        references pipeline_runs (id, submission_id) on delete cascade,
    constraint fk_step_results_pipeline_run_id_company_id foreign key (pipeline_run_id, company_id)
        references pipeline_runs (id, company_id) on delete cascade,
    constraint ck_step_results_step_position check (step_position > 0),
    constraint ck_step_results_status
        check (status in ('queued', 'running', 'succeeded', 'failed', 'skipped', 'retrying')),
    constraint ck_step_results_attempt check (attempt >= 1)
)""",
    """
comment on table step_results is
'Each try of each step of a pipeline run. output_payload: {operation_result, cumulative_context}; generated columns: what it says.'""",
    """
create index ix_step_results_submission_id on step_results
(submission_id, result_operation_id, ended_at, id)""",
    f"""
create table research_entities (
    id uuid not null default gen_random_uuid(),
    org_id uuid not null,
    entity_type text not null,
    tokens text[] not null,
    payload jsonb not null,
    version integer not null default 1,
    refreshed_at timestamptz not null,
    source_pipeline_run_id uuid,
    written_by {_WRITTEN_BY},
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint pk_research_entities primary key (id),
    constraint fk_research_entities_org_id foreign key (org_id) references orgs (id) on delete cascade,
    constraint fk_research_entities_source_pipeline_run_id foreign key (source_pipeline_run_id)
        references pipeline_runs (id) on delete set null,
    constraint ck_research_entities_entity_type check (entity_type in ('company', 'person')),
    constraint ck_research_entities_tokens check (cardinality(tokens) > 0)
)""",
    """
comment on table research_entities is
'What pipeline runs found out about an entity last, so that a step can be skipped while that is fresh.'""",
    "create index ix_research_entities_tokens on research_entities using gin (tokens)",
    "create index ix_research_entities_org_id on research_entities (org_id)",
    """
create index ix_research_entities_source_pipeline_run_id on research_entities (source_pipeline_run_id)
where source_pipeline_run_id is not null""",
    """
create table icp_job_titles (
    id uuid not null default gen_random_uuid(),
    org_id uuid not null,
    company_domain text not null,
    company_name text,
    company_description text,
    raw_parallel_output jsonb not null,
    extracted_titles jsonb,
    parallel_run_id text,
    processor text,
    source_submission_id uuid,
    source_pipeline_run_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint pk_icp_job_titles primary key (id),
    constraint fk_icp_job_titles_org_id foreign key (org_id) references orgs (id) on delete cascade,
    constraint fk_icp_job_titles_source_submission_id foreign key (source_submission_id)
        references submissions (id) on delete set null,
    constraint fk_icp_job_titles_source_pipeline_run_id foreign key (source_pipeline_run_id)
        references pipeline_runs (id) on delete set null
)""",
    "create unique index idx_icp_job_titles_dedup on icp_job_titles (org_id, company_domain)",
    """
create trigger update_icp_job_titles_updated_at before update on icp_job_titles
for each row execute function update_updated_at_column()""",
    """
comment on table icp_job_titles is
'Which job titles buy at a company: the raw research, one row per company of an org.'""",
    f"""
create table extracted_icp_job_title_details (
    id uuid not null default gen_random_uuid(),
    org_id uuid not null,
    company_domain text not null,
    company_name text,
    title text not null,
    title_normalized text generated always as (lower(trim(title))) stored,
    buyer_role text,
    reasoning text,
    source_icp_job_titles_id uuid not null,
    written_by {_WRITTEN_BY},
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint pk_extracted_icp_job_title_details primary key (id),
    constraint uq_extracted_icp_job_title_details_title unique (org_id, company_domain, title_normalized),
    constraint fk_extracted_icp_job_title_details_org_id foreign key (org_id) references orgs (id) on delete cascade,
    constraint fk_extracted_icp_job_title_details_source_icp_job_titles_id foreign key (source_icp_job_titles_id)
        references icp_job_titles (id) on delete cascade,
    constraint ck_extracted_icp_job_title_details_buyer_role
        check (buyer_role in ('champion', 'evaluator', 'decision_maker')),
    constraint ck_extracted_icp_job_title_details_title check (trim(title) <> '')
)""",
    """
comment on table extracted_icp_job_title_details is
'The single titles read from icp_job_titles.raw_parallel_output; they follow it.'""",
    """
create index ix_extracted_icp_job_title_details_source on extracted_icp_job_title_details
(source_icp_job_titles_id)""",
    "create index ix_extracted_icp_job_title_details_title_normalized on extracted_icp_job_title_details (org_id, title_normalized)",
    "alter table agent_calls add column external_id text",
    """
create unique index uq_agent_calls_external_id on agent_calls (provider, external_id)
where external_id is not null""",
    "create index ix_agent_calls_unfinished on agent_calls (scope, request_key) where status = 'started'",
    *(
        f"alter table {table} enable row level security"
        for table in (
            "submissions",
            "pipeline_runs",
            "step_results",
            "research_entities",
            "icp_job_titles",
            "extracted_icp_job_title_details",
        )
    ),
)


def upgrade() -> None:
    for statement in _UPGRADE:
        op.execute(statement.strip())


def downgrade() -> None:
    op.execute("drop index ix_agent_calls_unfinished, uq_agent_calls_external_id")
    op.execute("alter table agent_calls drop column external_id")
    op.execute(
        "drop table extracted_icp_job_title_details, icp_job_titles, research_entities, step_results, pipeline_runs,"
        " submissions"
    )
    op.execute("drop function update_updated_at_column")
