-- A user's own research, the newest first, without the documents.
select id, website_url, company_name, icp_score, priority_level, extracted_at, extraction_duration_ms, created_at,
       updated_at
from prospect_intelligence
where user_id = :user_id
order by extracted_at desc, id
limit :most
