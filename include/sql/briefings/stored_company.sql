-- One row of company_intel_briefings, whole.
select * from company_intel_briefings where id = :id
