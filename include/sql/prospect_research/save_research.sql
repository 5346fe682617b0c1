-- A user's research of an address; only a newer one replaces it. No row is answered when what is stored stays.
insert into prospect_intelligence as known (
    user_id, website_url, company_name, data, icp_score, priority_level, extracted_at, extraction_duration_ms
)
values (
    :user_id, :website_url, :company_name, cast(:data as jsonb), :icp_score, :priority_level, :extracted_at,
    :extraction_duration_ms
)
on conflict (user_id, website_url) do update
set company_name = excluded.company_name,
    data = excluded.data,
    icp_score = excluded.icp_score,
    priority_level = excluded.priority_level,
    extracted_at = excluded.extracted_at,
    extraction_duration_ms = excluded.extraction_duration_ms,
    written_by = excluded.written_by
where known.extracted_at < excluded.extracted_at
returning id, xmax = 0 as is_new
