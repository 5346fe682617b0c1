-- Versions of signals. A trigger makes one of whatever is stored in signals; what is only tried is stored here alone.

-- name: try_version
-- Stores a configuration that is not published; the same one again is the version that there is.
insert into signal_versions (signal_id, version, type, configuration)
select cast(:signal_id as uuid), coalesce(max(v.version), 0) + 1, :type, cast(:configuration as jsonb)
from signal_versions as v
where v.signal_id = :signal_id
having not coalesce(bool_or(v.type = :type and v.configuration = cast(:configuration as jsonb)), false)

-- name: find_version
-- The latest version of a signal with this type and configuration.
select max(version)
from signal_versions
where signal_id = :signal_id and type = :type and configuration = cast(:configuration as jsonb)

-- name: publish_version
-- Makes a version the one that the signal's schedule runs; the published one changes nothing.
update signals as s
set type = v.type, configuration = v.configuration, written_by = default, updated_at = now()
from signal_versions as v
where s.id = :signal_id
  and v.signal_id = s.id
  and v.version = :version
  and (s.type, s.configuration) is distinct from (v.type, v.configuration)

-- name: list_versions
-- Versions of a signal, the latest first, with how often each was executed.
select v.version, v.type, v.configuration, v.created_at, coalesce(x.executions, 0) as executions, x.last_started_at,
       v.version = (
           select max(p.version) from signal_versions as p
           where p.signal_id = s.id and p.type = s.type and p.configuration = s.configuration
       ) as is_published
from signals as s
join signal_versions as v on v.signal_id = s.id
left join (
    select signal_version, count(*) as executions, max(started_at) as last_started_at
    from signal_executions
    where signal_id = :signal_id
    group by signal_version
) as x on x.signal_version = v.version
where s.id = :signal_id
order by v.version desc
limit 200

-- name: published_versions
-- The published version of each of the signals :ids.
select s.id, max(v.version) as version
from signals as s
join signal_versions as v on v.signal_id = s.id and v.type = s.type and v.configuration = s.configuration
where s.id = any(cast(:ids as uuid[]))
group by s.id
