-- What the tables of some schemas are made of, one row per object. The same text means the same object, so that two
-- sets of tables can be compared: names are as the search path shows them, and a table's owner is called owner.
with tables as (
    select c.oid, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relowner,
           case when n.nspname = 'public' or n.oid = pg_my_temp_schema() then '' else n.nspname || '.' end
           || c.relname as name,
           (
               select k.relowner
               from pg_class as k
               where k.relnamespace = any(cast(:schemas as oid[])) and k.relkind in ('r', 'p')
               group by k.relowner
               order by count(*) desc, k.relowner
               limit 1
           ) as usual_owner
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.oid = any(cast(:schemas as oid[])) and c.relkind in ('r', 'p', 'f')
)

select 'table' as kind, name as table_name, '' as name,
       case when relkind = 'f' then 'foreign' when relpersistence = 'u' then 'unlogged, lost in a crash' else 'there' end
       || case when relowner = usual_owner then '' else ', of another owner than most' end as definition
from tables

union all
select 'column', t.name, a.attname,
       format_type(a.atttypid, a.atttypmod)
       || case when a.attnotnull then ' not null' else '' end
       || case when a.attidentity <> '' then ' identity' else '' end
       || case when d.oid is null then ''
               when a.attgenerated <> '' then ' generated ' || pg_get_expr(d.adbin, d.adrelid, true)
               else ' default ' || pg_get_expr(d.adbin, d.adrelid, true) end
from tables as t
join pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = t.oid and d.adnum = a.attnum

union all
select 'constraint', t.name, c.conname,
       pg_get_constraintdef(c.oid, true)
       || case when exists (select from pg_trigger as g where g.tgconstraint = c.oid and g.tgenabled <> 'O')
               then ' (disabled)' else '' end
from tables as t
join pg_constraint as c on c.conrelid = t.oid and c.contype in ('p', 'u', 'f', 'c', 'x')

union all
select 'index', t.name, c.relname,
       regexp_replace(pg_get_indexdef(i.indexrelid, 0, true), '^CREATE (UNIQUE )?INDEX .+ ON .+ USING ', '\1')
       || case when i.indisvalid then '' else ' (invalid)' end
from tables as t
join pg_index as i on i.indrelid = t.oid
join pg_class as c on c.oid = i.indexrelid
where not exists (
    select from pg_constraint as k where k.conrelid = t.oid and k.conindid = i.indexrelid and k.contype <> 'f'
)

union all
select 'trigger', t.name, g.tgname,
       regexp_replace(pg_get_triggerdef(g.oid, true), '^CREATE TRIGGER \S+ (.+) ON \S+ (REFERENCING|FOR) ', '\1 \2 ')
       || case when g.tgenabled = 'O' then '' else ' (disabled)' end
from tables as t
join pg_trigger as g on g.tgrelid = t.oid and not g.tgisinternal

union all
select 'row security', t.name, '',
       case when t.relrowsecurity then 'enabled' else 'off' end
       || case when t.relforcerowsecurity then ', forced on the owner' else '' end
from tables as t

union all
select 'policy', t.name, p.polname,
       case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
                     else 'all' end
       || case when p.polpermissive then '' else ' (restrictive)' end || ' to '
       || (
           select string_agg(
               case r.id when t.relowner then 'owner' when 0 then 'public' else pg_get_userbyid(r.id) end, ', '
               order by r.id = t.relowner, pg_get_userbyid(r.id)
           )
           from unnest(p.polroles) as r (id)
       )
       || coalesce(' using ' || pg_get_expr(p.polqual, p.polrelid, true), '')
       || coalesce(' with check ' || pg_get_expr(p.polwithcheck, p.polrelid, true), '')
from tables as t
join pg_policy as p on p.polrelid = t.oid

-- What a role may do, granted to itself, to everybody or to a role it belongs to.
union all
select 'grant', t.name, r.rolname, string_agg(g.privilege, ', ' order by g.number)
from tables as t
cross join pg_roles as r
cross join lateral (
    select w.number,
           case when has_table_privilege(r.oid, t.oid, w.privilege) then w.privilege
                else (
                    select w.privilege || ' (' || string_agg(a.attname, ', ' order by a.attname) || ')'
                    from pg_attribute as a
                    where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
                      and w.privilege in ('select', 'insert', 'update', 'references')
                      and has_column_privilege(
                          r.oid, t.oid, a.attnum,
                          case when w.privilege in ('select', 'insert', 'update', 'references') then w.privilege
                               else 'select' end
                      )
                    having count(*) > 0
                ) end as privilege
    from unnest(
        array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']
        || case when current_setting('server_version_num')::integer >= 170000 then array['maintain'] else '{}' end
    ) with ordinality as w (privilege, number)
) as g
where r.rolname in ('prospecting_app', 'prospecting_api', 'prospecting_reader') and g.privilege is not null
group by t.name, r.rolname
