-- The last evaluation of everything before :evaluation_id that passed.
select id, slots_filled, fill_rate, started_at
from slot_evaluations
where is_full and status = 'completed' and id < :evaluation_id
order by id desc
limit 1
