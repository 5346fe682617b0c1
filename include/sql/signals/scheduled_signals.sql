-- Active signals with a schedule of their own, and the last slot each was executed for. Whether the schedule is enabled
-- and usable is for the model to say: one that is not must not stop the others.
select s.id, s.name, s.schedule, s.created_at, max(x.scheduled_for) as last_slot
from signals as s
left join signal_executions as x on x.signal_id = s.id
where s.status = 'active'
  and s.schedule is not null
group by s.id
order by s.id
