-- What an evaluation concludes about every seat of its companies, before anything is written.
create temporary table if not exists slot_plan (
    company_id bigint not null,
    company_unique_id text not null,
    slot_type text not null,
    is_new boolean not null,
    is_changed boolean not null,
    holder text,
    person_unique_id text,
    confidence numeric(3, 2),
    candidates integer not null,
    source_system text,
    attempts integer not null,
    ended_requests integer not null,
    is_over boolean not null,
    is_pending boolean not null,
    intake_id bigint
) on commit drop
