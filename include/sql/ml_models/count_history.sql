-- How much there is to learn from: researches that were tried, and what users did.
select
    (select count(*) from prospect_intelligence_runs) as runs,
    (select count(*) from user_interactions) as interactions
