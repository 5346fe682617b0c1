-- The account of a research, with this research as its newest when it is new. A name or website nobody knew is filled.
insert into accounts as known (
    account_domain, company_name, website_url, last_prospect_intelligence_id, last_icp_score, last_priority_level,
    last_research_at
)
values (
    :account_domain, :company_name, :website_url, :research_id, :icp_score, :priority_level, :extracted_at
)
on conflict (account_domain) do update
set company_name = case
        when known.company_name = known.account_domain then excluded.company_name
        else known.company_name
    end,
    website_url = coalesce(known.website_url, excluded.website_url),
    updated_at = now(),
    written_by = excluded.written_by
where known.website_url is null
   or (known.company_name = known.account_domain and excluded.company_name <> known.account_domain)
