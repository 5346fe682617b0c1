-- Functions of some schemas, the roles, and what the roles may do with schemas, sequences and the database.
select 'function' as kind, '' as table_name, format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) as name,
       format(
           'returns %s, %s, %s%s', format_type(p.prorettype, null), l.lanname,
           case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
           case when p.prosecdef then ', with its owner''s rights' else '' end
           || case when has_function_privilege('public', p.oid, 'execute') then '' else ', not for everybody' end
       ) as definition
from pg_proc as p
join pg_language as l on l.oid = p.prolang
where p.pronamespace = any(cast(:schemas as oid[])) and p.prokind = 'f'
  and not exists (
      select from pg_depend as d
      where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )

union all
select 'view', '', c.relname,
       case when c.relkind = 'm' then 'materialized'
            when c.reloptions @> array['security_invoker=true'] then 'with the reader''s rights'
            else 'with its owner''s rights' end
from pg_class as c
where c.relnamespace = any(cast(:schemas as oid[])) and c.relkind in ('v', 'm')

union all
select 'grant', 'view ' || c.relname, r.rolname, string_agg(w.privilege, ', ' order by w.number)
from pg_class as c
cross join pg_roles as r
cross join unnest(array['select', 'insert', 'update', 'delete']) with ordinality as w (privilege, number)
where c.relnamespace = any(cast(:schemas as oid[])) and c.relkind in ('v', 'm')
  and r.rolname in ('prospecting_app', 'prospecting_api') and has_table_privilege(r.oid, c.oid, w.privilege)
group by c.relname, r.rolname

-- Functions that not everybody may call.
union all
select 'grant', 'function ' || p.proname, r.rolname, 'execute'
from pg_proc as p
cross join pg_roles as r
where p.pronamespace = any(cast(:schemas as oid[])) and not has_function_privilege('public', p.oid, 'execute')
  and r.rolname in ('prospecting_app', 'prospecting_api') and has_function_privilege(r.oid, p.oid, 'execute')

union all
select 'role', '', r.rolname,
       case when r.rolsuper or r.rolbypassrls then 'not bound by row-level security'
            else 'bound by row-level security' end
       || coalesce(
           (
               select ', member of ' || string_agg(pg_get_userbyid(m.roleid), ', ' order by pg_get_userbyid(m.roleid))
               from pg_auth_members as m
               where m.member = r.oid
           ), ''
       )
from pg_roles as r
where r.rolname in ('prospecting_app', 'prospecting_api')

union all
select 'grant', 'schema ' || n.nspname, r.rolname, string_agg(w.privilege, ', ' order by w.privilege)
from pg_namespace as n
cross join pg_roles as r
cross join unnest(array['create', 'usage']) as w (privilege)
where n.oid = any(cast(:schemas as oid[])) and r.rolname in ('prospecting_app', 'prospecting_api')
  and has_schema_privilege(r.oid, n.oid, w.privilege)
group by n.nspname, r.rolname

union all
select 'grant', 'sequence ' || c.relname, r.rolname, 'usage'
from pg_class as c
cross join pg_roles as r
where c.relnamespace = any(cast(:schemas as oid[])) and c.relkind = 'S'
  and r.rolname in ('prospecting_app', 'prospecting_api') and has_sequence_privilege(r.oid, c.oid, 'usage')

union all
select 'grant', 'database', r.rolname, 'temporary'
from pg_roles as r
where r.rolname = 'prospecting_app' and has_database_privilege(r.oid, current_database(), 'temporary')
