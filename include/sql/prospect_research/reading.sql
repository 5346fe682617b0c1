-- A user's own research.

-- name: query_research
-- A user's own research without the documents, newest first.
select id, website_url, company_name, icp_score, priority_level, extracted_at, extraction_duration_ms, created_at,
       updated_at
from prospect_intelligence
where user_id = :user_id
order by extracted_at desc, id
limit :limit

-- name: find_research
-- Research and its document, for the user it belongs to.
select id, website_url, company_name, data, icp_score, priority_level, extracted_at, extraction_duration_ms, created_at,
       updated_at
from prospect_intelligence
where id = :research_id and user_id = :user_id
