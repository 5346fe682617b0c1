-- Stores a signal under its name; running it again with other settings changes the stored ones. A schedule that is
-- not given leaves the stored one alone.
insert into signals (name, name_key, type, description, configuration, schedule)
values (:name, :name_key, :type, :description, cast(:configuration as jsonb), cast(:schedule as jsonb))
on conflict (org_id, name_key) do update
set type = excluded.type,
    description = coalesce(excluded.description, signals.description),
    configuration = excluded.configuration,
    schedule = coalesce(excluded.schedule, signals.schedule),
    written_by = excluded.written_by,
    updated_at = now()
where (signals.type, signals.description, signals.configuration, signals.schedule)
      is distinct from
      (excluded.type, coalesce(excluded.description, signals.description), excluded.configuration,
       coalesce(excluded.schedule, signals.schedule))
