-- A research and its document, for the user whose it is.
select id, website_url, company_name, data, icp_score, priority_level, extracted_at, extraction_duration_ms, created_at,
       updated_at
from prospect_intelligence
where id = :research_id and user_id = :user_id
