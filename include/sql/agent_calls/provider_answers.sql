-- How good the answers of providers about seats were: what their order is learned from.

-- name: note_provider_answers
-- Records whether answers about the seats of a company were enough (:answers, a JSON array).
insert into provider_answers (call_id, provider, company_size, country, was_enough)
select call_id, provider, left(:company_size, 100), left(:country, 100), was_enough
from json_to_recordset(cast(:answers as json)) as a (call_id bigint, provider text, was_enough boolean)
on conflict (call_id) do update
set was_enough = excluded.was_enough
where provider_answers.was_enough <> excluded.was_enough

-- name: provider_records
-- How often each of the :providers was asked in the last :days, how often that was enough, and what an answer cost, by
-- size and country of the company, by each of them, and altogether. by_size and by_country: the columns that are meant. A
-- cost that is not known counts as none. Copies of other runs' answers say nothing new, and what was taken back nothing.
select a.provider,
       grouping(a.company_size) = 0 as by_size,
       grouping(a.country) = 0 as by_country,
       a.company_size,
       a.country,
       count(*) as asked,
       count(*) filter (where a.was_enough) as enough,
       avg(c.cost_usd) as usd_per_answer
from provider_answers as a
join agent_calls as c on c.id = a.call_id
where a.answered_at > now() - make_interval(days => :days)
  and a.provider = any(cast(:providers as text[]))
  and c.status = 'succeeded'
  and c.error_kind is distinct from 'taken_back'
group by a.provider, grouping sets ((a.company_size, a.country), (a.company_size), (a.country), ())
order by asked desc, a.provider, a.company_size, a.country
