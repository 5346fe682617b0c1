-- Whether an account shows this research.
select exists (
    select
    from accounts
    where account_domain = :account_domain
      and last_prospect_intelligence_id = :research_id
      and last_research_at = :extracted_at
)
