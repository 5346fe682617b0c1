-- Refreshing accounts: which, and in what parts.

-- name: more_memory
-- Room for sorting and hashing a chunk in memory, for this transaction; the default of 4 MB would take it to disk.
select set_config('work_mem', '32MB', true)
where pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('32MB')

-- name: account_chunks
-- Accounts with contacts, in chunks of :chunk_size: first and last id, and where each chunk starts. Contacts without a
-- company are together in account 0.
select min(company_id) as first_id, max(company_id) as last_id, min(number) as first_number, count(*) as accounts
from (
    select company_id, row_number() over (order by company_id) as number
    from (
        select distinct coalesce(company_id, 0) as company_id
        from contacts
        where cast(:company_ids as bigint[]) is null or company_id = any(cast(:company_ids as bigint[]))
    ) as account
) as numbered
group by (number - 1) / cast(:chunk_size as integer)
order by first_number

-- name: forget_health
-- Removes the health of a day of accounts without an active contact: those have none.
delete from account_health_history as h
where h.observed_on = :observed_on
  and (cast(:company_ids as bigint[]) is null or h.company_id = any(cast(:company_ids as bigint[])))
  and not exists (select from contacts as c where c.company_id = h.company_id and c.status = 'active')

-- name: clear_contents
-- Clears what was written and said with the contacts of a chunk of accounts before :before, where there is anything
-- left; that it was, and when, stays.
update touchpoints as t
set subject = null, content = null, response = null, call_transcript = null, call_recording_url = null,
    written_by = default
from conversations as v, contacts as c
where v.id = t.conversation_id
  and c.id = v.contact_id
  and (c.company_id between :first_id and :last_id or (cast(:first_id as bigint) <= 0 and c.company_id is null))
  and (cast(:company_ids as bigint[]) is null or c.company_id = any(cast(:company_ids as bigint[])))
  -- What is still to be sent has its time before it; what has no time is as old as its record.
  and coalesce(greatest(t.sent_at, t.replied_at, t.scheduled_for), t.created_at) < :before
  and num_nonnulls(t.subject, t.content, t.response, t.call_transcript, t.call_recording_url) > 0
