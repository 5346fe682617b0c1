-- One evaluation at a time per block of 8192 company ids, until the transaction ends; always in ascending order.
select count(pg_advisory_xact_lock(hashtext('slots'), block))
from (select distinct (company_id / 8192)::integer as block from evaluated_companies order by block) as blocks
