-- This research is the newest of its account, whoever made the others. Of several of one moment the first saved stays.
update accounts
set last_prospect_intelligence_id = :research_id,
    last_icp_score = :icp_score,
    last_priority_level = :priority_level,
    last_research_at = :extracted_at,
    updated_at = now(),
    written_by = default
where account_domain = :account_domain
  and (last_research_at is null or last_research_at < :extracted_at)
