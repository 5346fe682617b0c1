-- Submissions, and the orgs they belong to.

-- name: find_org
-- The org with this id or slug; of several spellings of a slug, the one that was given comes first.
select id
from orgs
where id::text = lower(:org)
   or lower(slug) = lower(:org)
order by id::text = lower(:org) desc, slug = :org desc, created_at, id
limit 1

-- name: create_org
-- Creates an org under its slug, in lower case; does nothing when there is one.
insert into orgs (name, slug) values (:slug, lower(:slug)) on conflict (slug) do nothing

-- name: create_submission
-- Opens a submission, unless the org has asked for the same before.
insert into submissions (org_id, source, input_payload, blueprint, status, metadata, request_key)
values (
    :org_id, :source, cast(:input_payload as jsonb), cast(:blueprint as jsonb), 'received', cast(:metadata as jsonb),
    :request_key
)
on conflict (org_id, request_key) where request_key is not null and status <> 'canceled' do nothing

-- name: find_submission
-- The submission of an org that asked for this.
select id
from submissions
where org_id = :org_id and request_key = :request_key and status <> 'canceled'

-- name: lock_submission
-- A submission, locked so that its runs are created by one worker at a time.
select id, org_id, company_id, input_payload, blueprint, blueprint_id, status
from submissions
where id = :submission_id
for no key update

-- name: find_input
-- What a submission was given.
select input_payload from submissions where id = :submission_id

-- name: wait_for_submission
-- Makes those who update a submission's status wait for each other until the transaction ends.
select id from submissions where id = :submission_id for no key update

-- name: update_submission_status
-- Derives a submission's status from its runs: of each entity, the newest attempt.
with newest as (
    select distinct on (
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text)
    ) status
    from pipeline_runs
    where submission_id = :submission_id
    order by
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text),
        attempt desc, created_at desc, id
),
derived as (
    select case
        when count(*) = 0 then 'received'
        when bool_or(status = 'failed') then 'failed'
        when bool_or(status = 'running') then 'running'
        when bool_and(status = 'queued') then 'queued'
        when bool_or(status = 'queued') then 'running'
        when bool_or(status = 'succeeded') then 'completed'
        else 'canceled'
    end as status
    from newest
)
update submissions
set status = derived.status, updated_at = now()
from derived
where submissions.id = :submission_id
  and submissions.status <> 'canceled'
  and submissions.status <> derived.status
