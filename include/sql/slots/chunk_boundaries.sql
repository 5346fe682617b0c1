-- The chosen companies in chunks of :batch_size, by ascending id: first and last id, and where each chunk starts.
select
    min(company_id) as first_id,
    max(company_id) as last_id,
    min(number) as first_number,
    count(*) as companies
from (
    select company_id, row_number() over (order by company_id) as number from evaluated_companies
) as numbered
group by (number - 1) / cast(:batch_size as integer)
order by first_number
