-- Rows of the former system on their way into the tables: the transaction's own list.

-- name: stage_table
-- ordinal: the order of the files. kind: the table. reason: why a row is not taken.
create temporary table if not exists imported_rows (
    ordinal bigint primary key,
    kind text not null,
    id uuid not null,
    org_id uuid,
    row jsonb not null,
    reason text
) on commit drop

-- name: stage_companies_table
-- Which company here each company of the former system is.
create temporary table if not exists imported_companies (
    id uuid primary key,
    company_id bigint not null
) on commit drop

-- name: stage_rows
-- Adds :rows, a JSON array of objects.
insert into imported_rows (ordinal, kind, id, org_id, row)
select ordinal, kind, id, org_id, row
from json_to_recordset(cast(:rows as json)) as r (ordinal bigint, kind text, id uuid, org_id uuid, row jsonb)

-- name: stage_companies
-- Adds :rows, a JSON array of objects.
insert into imported_companies (id, company_id)
select id, company_id
from json_to_recordset(cast(:rows as json)) as r (id uuid, company_id bigint)
on conflict (id) do nothing

-- name: analyze_stage
-- Row counts for the planner.
analyze imported_rows

-- name: leave_out_repeated
-- Of several rows with one id the newest counts, of one age the last. The others are no news.
update imported_rows as i
set reason = 'repeated'
from (
    select
        ordinal,
        row_number() over (
            partition by kind, id
            order by cast(row ->> 'updated_at' as timestamptz) desc nulls last, ordinal desc
        ) as place
    from imported_rows
) as n
where i.ordinal = n.ordinal and n.place > 1

-- name: rejected
-- What is not taken, and why, without what is repeated. In the order of the files.
select ordinal, kind, reason, row
from imported_rows
where reason <> 'repeated'
order by ordinal

-- name: count_rows
-- How many rows there are of each table: all, repeated ones, and those not taken for another reason.
select
    kind,
    count(*) as read,
    count(*) filter (where reason = 'repeated') as repeated,
    count(*) filter (where reason <> 'repeated') as rejected
from imported_rows
group by kind
