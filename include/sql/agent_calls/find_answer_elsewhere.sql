-- The newest answer another scope paid for that has not expired and is younger than the asker's time-to-live.
select id, response, cost_usd
from agent_calls
where request_key = :request_key
  and scope <> :scope
  and status = 'succeeded'
  and expires_at > now()
  and finished_at > now() - make_interval(secs => :ttl_seconds)
order by finished_at desc, id desc
limit 1
