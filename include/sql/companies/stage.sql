-- The transaction's own list of companies to find or create: what they are found by, and which they are.

-- name: stage_table
-- The list. A mention that is waiting has a campaign domain, whose own domain others of the list may bring.
create temporary table if not exists staged_companies (
    ordinal integer not null,
    name_key text not null,
    domain text,
    shared_domain text,
    stem text,
    stem_key text,
    is_waiting boolean not null,
    company_id bigint
) on commit drop

-- name: clear_stage
-- Empties the list: a batch is staged again in halves when one of its records does not save.
delete from staged_companies

-- name: stage_rows
-- Stages :rows, a JSON array of objects.
insert into staged_companies (ordinal, name_key, domain, shared_domain, stem, stem_key, is_waiting)
select ordinal, name_key, domain, shared_domain, stem, stem_key, stem is not null
from json_to_recordset(cast(:rows as json)) as r (
    ordinal integer, name_key text, domain text, shared_domain text, stem text, stem_key text
)

-- name: analyze_stage
-- Row counts for the planner; worth it for bulk loads only.
analyze staged_companies

-- name: note_found
-- Which companies were found or made otherwise: :rows, a JSON array of objects.
update staged_companies as s
set company_id = r.company_id
from json_to_recordset(cast(:rows as json)) as r (ordinal integer, company_id bigint)
where s.ordinal = r.ordinal and s.company_id is null

-- name: matched
-- The companies that were found.
select ordinal, company_id from staged_companies where company_id is not null

-- name: unmatched_domains
-- Mentions whose domain nobody knows, in the order in which they were made.
select ordinal
from staged_companies
where company_id is null and domain is not null and not is_waiting
order by ordinal
