-- Where a run is stored.
select id from prospect_intelligence_runs where run_key = :run_key
