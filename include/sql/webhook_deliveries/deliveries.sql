-- Tries to tell another system of an execution.

-- name: note_delivery
-- Notes one try, unless the execution is gone by now.
insert into webhook_deliveries (
    execution_id, message_id, event, attempt, status_code, error_kind, attempted_at, delivered_at
)
select id, :message_id, :event, :attempt, :status_code, :error_kind, :attempted_at, :delivered_at
from signal_executions
where id = cast(:execution_id as uuid)

-- name: deliveries_of
-- The latest tries of an execution, at most :limit, and how many there are.
select event, message_id, attempt, status_code, error_kind, attempted_at, delivered_at, count(*) over () as total
from webhook_deliveries
where execution_id = cast(:execution_id as uuid)
order by id desc
limit :limit
