-- From the list of imported rows into the tables, table by table. A row that is there is replaced by a newer state of it,
-- as its updated_at says (without one, by none); what has been changed here since is newer than what was exported before.

-- name: judge_orgs
-- An org whose slug is another org's here, or that of an earlier org in the files, is not taken.
update imported_rows as i
set reason = 'slug_taken'
where i.kind = 'orgs'
  and i.reason is null
  and not exists (select from orgs as o where o.id = i.id)
  and (
      exists (select from orgs as o where lower(o.slug) = lower(i.row ->> 'slug'))
      or exists (
          select
          from imported_rows as e
          where e.kind = 'orgs'
            and e.reason is null
            and e.id <> i.id
            and lower(e.row ->> 'slug') = lower(i.row ->> 'slug')
            and e.ordinal < i.ordinal
      )
  )

-- name: load_orgs
-- Adds orgs that are not there. What one is called here stays.
insert into orgs (id, name, slug, created_at, updated_at)
select
    i.id, r.name, r.slug, coalesce(r.created_at, now()), coalesce(r.updated_at, r.created_at, now())
from imported_rows as i
cross join lateral jsonb_to_record(i.row) as r (
    name text, slug text, created_at timestamptz, updated_at timestamptz
)
where i.kind = 'orgs' and i.reason is null
order by i.id
on conflict (id) do nothing
returning true as is_new

-- name: judge_submissions
-- A submission needs its org; one that is there under another org is somebody else's.
update imported_rows as i
set reason = case
        when not exists (select from orgs as o where o.id = i.org_id) then 'unknown_org'
        else 'other_org'
    end
where i.kind = 'submissions'
  and i.reason is null
  and (
      not exists (select from orgs as o where o.id = i.org_id)
      or exists (select from submissions as s where s.id = i.id and s.org_id <> i.org_id)
  )

-- name: load_submissions
-- Adds submissions, and brings those that are there up to date. A company that nobody knows is left in the metadata.
insert into submissions as known (
    id, org_id, company_id, blueprint_id, submitted_by_user_id, source, input_payload, status, metadata, created_at,
    updated_at
)
select
    i.id, i.org_id, c.company_id, r.blueprint_id, r.submitted_by_user_id, r.source, r.input_payload, r.status,
    case
        when r.company_id is not null and c.id is null and jsonb_typeof(coalesce(r.metadata, '{}')) = 'object'
            then coalesce(r.metadata, '{}') || jsonb_build_object('imported_company_id', r.company_id)
        else r.metadata
    end,
    coalesce(r.created_at, now()), coalesce(r.updated_at, r.created_at, now())
from imported_rows as i
cross join lateral jsonb_to_record(i.row) as r (
    company_id uuid, blueprint_id uuid, submitted_by_user_id uuid, source text, input_payload jsonb, status text,
    metadata jsonb, created_at timestamptz, updated_at timestamptz
)
left join imported_companies as c on c.id = r.company_id
where i.kind = 'submissions'
  and i.reason is null
  and (r.updated_at is not null or not exists (select from submissions as t where t.id = i.id))
order by i.id
on conflict (id) do update
set source = excluded.source,
    input_payload = excluded.input_payload,
    status = excluded.status,
    metadata = excluded.metadata,
    updated_at = excluded.updated_at,
    written_by = excluded.written_by
where known.updated_at < excluded.updated_at
returning xmax = 0 as is_new

-- name: judge_runs
-- A run needs its submission, of its own org; one that is there in another submission is another run. A number at the
-- former scheduler is one run's.
update imported_rows as i
set reason = j.reason
from (
    select
        n.ordinal,
        case
            when s.id is null then 'unknown_submission'
            when s.org_id <> n.org_id then 'other_org'
            when known.submission_id <> s.id then 'other_submission'
            when n.trigger_run_id is not null
                 and exists (
                     select from pipeline_runs as p where p.trigger_run_id = n.trigger_run_id and p.id <> n.id
                 )
                 or n.turn > 1
                then 'trigger_run_id_taken'
        end as reason
    from (
        select
            ordinal, id, org_id, cast(row ->> 'submission_id' as uuid) as submission_id,
            row ->> 'trigger_run_id' as trigger_run_id,
            case
                when row ->> 'trigger_run_id' is not null
                    then row_number() over (partition by row ->> 'trigger_run_id' order by ordinal)
            end as turn
        from imported_rows
        where kind = 'pipeline_runs' and reason is null
    ) as n
    left join submissions as s on s.id = n.submission_id
    left join pipeline_runs as known on known.id = n.id
) as j
where i.ordinal = j.ordinal and j.reason is not null

-- name: load_runs
-- Adds runs, and brings those that are there up to date. A parent that is neither there nor comes along is left out: the
-- snapshot names it. All in one statement, so that children may come before their parents.
-- Rows are read once, and joined then: the planner knows nothing of tables that have just been filled.
with given as materialized (
    select i.id, i.org_id, r.*
    from imported_rows as i
    cross join lateral jsonb_to_record(i.row) as r (
        submission_id uuid, blueprint_id uuid, trigger_run_id text, blueprint_snapshot jsonb, blueprint_version integer,
        status text, attempt integer, started_at timestamptz, finished_at timestamptz, error_message text,
        error_details jsonb, parent_pipeline_run_id uuid, created_at timestamptz, updated_at timestamptz
    )
    where i.kind = 'pipeline_runs' and i.reason is null
)
insert into pipeline_runs as known (
    id, org_id, company_id, submission_id, blueprint_id, trigger_run_id, blueprint_snapshot, blueprint_version, status,
    attempt, started_at, finished_at, error_message, error_details, parent_pipeline_run_id, created_at, updated_at
)
select
    r.id, r.org_id, s.company_id, s.id, r.blueprint_id, r.trigger_run_id, coalesce(r.blueprint_snapshot, '{}'),
    coalesce(r.blueprint_version, 1), r.status, coalesce(r.attempt, 1), r.started_at, r.finished_at, r.error_message,
    r.error_details, coalesce(along.id, there.id), coalesce(r.created_at, now()),
    coalesce(r.updated_at, r.created_at, now())
from given as r
join submissions as s on s.id = r.submission_id
left join given as along on along.id = r.parent_pipeline_run_id and along.submission_id = s.id
left join pipeline_runs as there on there.id = r.parent_pipeline_run_id and there.submission_id = s.id
where r.updated_at is not null or not exists (select from pipeline_runs as t where t.id = r.id)
order by r.id
on conflict (id) do update
set trigger_run_id = excluded.trigger_run_id,
    blueprint_snapshot = excluded.blueprint_snapshot,
    status = excluded.status,
    attempt = excluded.attempt,
    started_at = excluded.started_at,
    finished_at = excluded.finished_at,
    error_message = excluded.error_message,
    error_details = excluded.error_details,
    parent_pipeline_run_id = coalesce(excluded.parent_pipeline_run_id, known.parent_pipeline_run_id),
    updated_at = excluded.updated_at,
    written_by = excluded.written_by
where known.updated_at < excluded.updated_at
returning xmax = 0 as is_new

-- name: judge_steps
-- A result needs its run, of its own org and submission; one that is there in another run is another result. Of each try
-- of a step there is one result.
update imported_rows as i
set reason = j.reason
from (
    select
        n.ordinal,
        case
            when p.id is null then 'unknown_run'
            when p.org_id <> n.org_id then 'other_org'
            when p.submission_id <> n.submission_id then 'other_submission'
            when known.pipeline_run_id <> p.id then 'other_run'
            when n.turn > 1
                 or exists (
                     select
                     from step_results as s
                     where s.pipeline_run_id = p.id
                       and s.step_position = n.step_position
                       and s.attempt = n.attempt
                       and s.id <> n.id
                 )
                then 'attempt_taken'
        end as reason
    from (
        select
            ordinal, id, org_id, pipeline_run_id, submission_id, step_position, attempt,
            row_number() over (partition by pipeline_run_id, step_position, attempt order by ordinal) as turn
        from (
            select
                ordinal, id, org_id, cast(row ->> 'pipeline_run_id' as uuid) as pipeline_run_id,
                cast(row ->> 'submission_id' as uuid) as submission_id,
                cast(row ->> 'step_position' as integer) as step_position,
                coalesce(cast(row ->> 'attempt' as integer), 1) as attempt
            from imported_rows
            where kind = 'step_results' and reason is null
        ) as given
    ) as n
    left join pipeline_runs as p on p.id = n.pipeline_run_id
    left join step_results as known on known.id = n.id
) as j
where i.ordinal = j.ordinal and j.reason is not null

-- name: load_steps
-- Adds results of steps, and brings those that are there up to date.
with given as materialized (
    select i.id, i.org_id, r.*
    from imported_rows as i
    cross join lateral jsonb_to_record(i.row) as r (
        pipeline_run_id uuid, step_id uuid, blueprint_step_id uuid, step_position integer, task_run_id text, status text,
        input_payload jsonb, output_payload jsonb, error_message text, error_details jsonb, started_at timestamptz,
        finished_at timestamptz, duration_ms integer, attempt integer, created_at timestamptz, updated_at timestamptz
    )
    where i.kind = 'step_results' and i.reason is null
)
insert into step_results as known (
    id, org_id, company_id, pipeline_run_id, submission_id, step_id, blueprint_step_id, step_position, task_run_id,
    status, input_payload, output_payload, error_message, error_details, started_at, finished_at, duration_ms, attempt,
    created_at, updated_at
)
select
    r.id, r.org_id, p.company_id, p.id, p.submission_id, r.step_id, r.blueprint_step_id, r.step_position, r.task_run_id,
    r.status, r.input_payload, r.output_payload, r.error_message, r.error_details, r.started_at, r.finished_at,
    r.duration_ms, coalesce(r.attempt, 1), coalesce(r.created_at, now()), coalesce(r.updated_at, r.created_at, now())
from given as r
join pipeline_runs as p on p.id = r.pipeline_run_id
where r.updated_at is not null or not exists (select from step_results as t where t.id = r.id)
order by r.id
on conflict (id) do update
set status = excluded.status,
    input_payload = excluded.input_payload,
    output_payload = excluded.output_payload,
    error_message = excluded.error_message,
    error_details = excluded.error_details,
    started_at = excluded.started_at,
    finished_at = excluded.finished_at,
    duration_ms = excluded.duration_ms,
    attempt = excluded.attempt,
    updated_at = excluded.updated_at,
    written_by = excluded.written_by
where known.updated_at < excluded.updated_at
returning xmax = 0 as is_new
