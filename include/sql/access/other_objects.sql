-- Functions and views, the roles with who belongs to them, what the roles may do with schemas, sequences, the database,
-- large objects, settings and the catalog, and what is decided ahead: grants on what is yet to be made, and settings that
-- sessions begin with. Of schemas that are not ours: only what runs with its owner's rights and so gets past the policies
-- of :tables, our tables, or past what the API's role may read, and where that role may make something.
with recursive
api as (select oid from pg_roles where rolname = 'prospecting_api'),
ours as (
    select c.oid, c.relname, c.relowner, c.relrowsecurity, has_table_privilege(api.oid, c.oid, 'select') as is_shared
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    left join api on true
    where case when n.nspname = 'public' then '' else n.nspname || '.' end || c.relname = any(cast(:tables as text[]))
),
reads as (
    select r.oid as rule_id, r.ev_class as view_id, d.refobjid as relation_id
    from pg_rewrite as r
    join pg_depend as d
        on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
        and d.refobjid <> r.ev_class
    where r.oid >= 16384  -- the first that initdb did not make
),
reached as (
    select view_id, relation_id from reads
    union
    select reached.view_id, reads.relation_id from reached join reads on reads.view_id = reached.relation_id
),
views as (
    select c.oid, c.relnamespace, c.relkind,
           case when n.nspname = 'public' then '' else quote_ident(n.nspname) || '.' end || quote_ident(c.relname)
           as name,
           c.relkind = 'v' and exists (
               select from pg_options_to_table(c.reloptions)
               where option_name = 'security_invoker' and option_value::boolean
           ) as is_invokers,
           has_any_column_privilege(api.oid, c.oid, 'select') as is_read,
           has_any_column_privilege(api.oid, c.oid, 'insert') or has_any_column_privilege(api.oid, c.oid, 'update')
           or has_table_privilege(api.oid, c.oid, 'delete') as is_written
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    left join api on true
    where c.relkind in ('v', 'm') and c.oid >= 16384
),
opened as (
    select v.oid,
           string_agg(o.relname, ', ' order by o.relname) filter (where o.relrowsecurity) as unprotected,
           string_agg(o.relname, ', ' order by o.relname)
           filter (where not o.relrowsecurity and (v.is_written or v.is_read and not o.is_shared)) as shown
    from views as v
    join reached as h on h.view_id = v.oid
    join ours as o on o.oid = h.relation_id
    where not v.is_invokers
    group by v.oid
),
members as (
    select m.member, m.admin_option as is_admin
    from pg_auth_members as m
    join api on api.oid = m.roleid
    union
    select m.member, false
    from pg_auth_members as m
    join members on members.member = m.roleid
)

select 'function' as kind, '' as table_name,
       case when n.nspname = 'public' then '' else quote_ident(n.nspname) || '.' end
       || format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) as name,
       format(
           'returns %s, %s, %s%s, body %s', coalesce(format_type(p.prorettype, null), 'nothing'), l.lanname,
           case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
           case when p.prosecdef then ', with its owner''s rights' else '' end
           || case when p.proisstrict then ', not called for null' else '' end
           || case when p.proleakproof then ', before the policies' else '' end
           || case when p.prosecdef and p.proowner <> all (select o.relowner from ours as o)
                   then ', of another owner than the tables' else '' end
           || case when has_function_privilege('public', p.oid, 'execute') then '' else ', not for everybody' end,
           left(encode(
               sha256(convert_to(p.prosrc || coalesce(array_to_string(p.proconfig, ','), ''), 'UTF8')), 'hex'
           ), 16)
       ) as definition
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
join pg_language as l on l.oid = p.prolang
where p.oid >= 16384 and p.prokind in ('f', 'p')
  and (p.pronamespace = any(cast(:schemas as oid[])) or p.prosecdef or p.proleakproof)
  and not exists (
      select from pg_depend as d
      where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )

union all
select 'view', '', v.name,
       case when v.relkind = 'm' then 'materialized'
            when v.is_invokers then 'with the reader''s rights'
            else 'with its owner''s rights' end
       || coalesce(', gets past the policies of ' || o.unprotected, '')
       || coalesce(', opens to prospecting_api ' || o.shown, '')
from views as v
left join opened as o on o.oid = v.oid
where v.relnamespace = any(cast(:schemas as oid[])) or o.unprotected is not null or o.shown is not null

-- What else happens when our tables are written, or a view of them.
union all
select 'rule', '', format('%I on %s', r.rulename, r.ev_class::regclass),
       regexp_replace(pg_get_ruledef(r.oid), '\s+', ' ', 'g')
from pg_rewrite as r
where r.oid >= 16384 and r.rulename <> '_RETURN'
  and exists (
      select from ours as o
      where o.oid = r.ev_class
         or o.oid in (select reads.relation_id from reads where reads.rule_id = r.oid)
         or o.oid in (select reached.relation_id from reached where reached.view_id = r.ev_class)
  )

-- Who may act for users; and who of them, in this role or another they may take, is bound by no policy, reads the files
-- of the server or all it writes, or may do more with our objects. The owner of the tables may become the role, and so may
-- who made it.
union all
select case when bypasses or more is not null then 'unbound member' else 'member' end, '',
       quote_ident(rolname) || ' of prospecting_api',
       coalesce(
           case when bypasses then 'not bound by row-level security' end,
           'may also use ' || more[1] || case when cardinality(more) > 1 then ' and others' else '' end,
           'acts for users'
       )
from (
    select m.rolname,
           m.rolsuper or exists (
               select from pg_roles as r
               where (
                   r.rolsuper or r.rolbypassrls or r.rolreplication
                   or r.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
               ) and (r.oid = m.oid or pg_has_role(m.oid, r.oid, 'member'))
           ) as bypasses,
           (
               select array_agg(distinct used.name order by used.name)
               from api
               join pg_roles as r on r.oid <> api.oid and pg_has_role(m.oid, r.oid, 'member')
               cross join lateral (
                   select o.relname as name
                   from ours as o
                   cross join unnest(
                       array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']
                   ) as w (privilege)
                   where has_table_privilege(r.oid, o.oid, w.privilege)
                     and not has_table_privilege(api.oid, o.oid, w.privilege)
                   union
                   select o.relname
                   from ours as o
                   join pg_attribute as a on a.attrelid = o.oid and a.attacl is not null
                   cross join unnest(array['select', 'insert', 'update', 'references']) as w (privilege)
                   where has_column_privilege(r.oid, o.oid, a.attnum, w.privilege)
                     and not has_column_privilege(api.oid, o.oid, a.attnum, w.privilege)
                   union
                   select 'view ' || v.name
                   from views as v
                   join reached as h on h.view_id = v.oid
                   join ours as o on o.oid = h.relation_id
                   where not v.is_invokers
                     and (
                         not v.is_read and has_any_column_privilege(r.oid, v.oid, 'select')
                         or not v.is_written and has_any_column_privilege(r.oid, v.oid, 'insert, update')
                     )
                   union
                   select 'function ' || p.proname
                   from pg_proc as p
                   where p.pronamespace = any(cast(:schemas as oid[])) and p.prosecdef
                     and has_function_privilege(r.oid, p.oid, 'execute')
                     and not has_function_privilege(api.oid, p.oid, 'execute')
                   union
                   select 'sequence ' || c.relname
                   from pg_class as c
                   where c.relnamespace = any(cast(:schemas as oid[]))
                     and case when c.relkind = 'S'
                              then has_sequence_privilege(r.oid, c.oid, 'select, usage, update')
                                   and not has_sequence_privilege(api.oid, c.oid, 'select, usage, update')
                         end
                   union
                   select 'schema ' || n.nspname
                   from pg_namespace as n
                   where n.oid = any(cast(:schemas as oid[])) and has_schema_privilege(r.oid, n.oid, 'create')
                     and not has_schema_privilege(api.oid, n.oid, 'create')
                   union
                   select 'database'
                   where has_database_privilege(r.oid, current_database(), 'create, temporary')
                     and not has_database_privilege(api.oid, current_database(), 'create, temporary')
               ) as used
               where not (m.rolcreaterole and is_admin)
           ) as more
    from (select member, bool_or(is_admin) as is_admin from members group by member) as found
    join pg_roles as m on m.oid = found.member
    where m.oid <> all (select o.relowner from ours as o)
) as judged

union all
select 'grant', 'view ' || c.relname, r.rolname, string_agg(w.privilege, ', ' order by w.number)
from pg_class as c
cross join pg_roles as r
cross join unnest(array['select', 'insert', 'update', 'delete']) with ordinality as w (privilege, number)
where c.relnamespace = any(cast(:schemas as oid[])) and c.relkind in ('v', 'm')
  and r.rolname in ('prospecting_app', 'prospecting_api', 'prospecting_reader') and has_table_privilege(r.oid, c.oid, w.privilege)
group by c.relname, r.rolname

-- Functions that not everybody may call.
union all
select 'grant', 'function ' || p.proname, r.rolname, 'execute'
from pg_proc as p
cross join pg_roles as r
where p.pronamespace = any(cast(:schemas as oid[])) and not has_function_privilege('public', p.oid, 'execute')
  and r.rolname in ('prospecting_app', 'prospecting_api', 'prospecting_reader') and has_function_privilege(r.oid, p.oid, 'execute')

union all
select 'role', '', r.rolname,
       case when r.rolsuper or r.rolbypassrls then 'not bound by row-level security'
            else 'bound by row-level security' end
       || case when r.rolcanlogin then ', logs in' else '' end
       || case when r.rolcreaterole then ', makes roles' else '' end
       || case when r.rolcreatedb then ', makes databases' else '' end
       || case when r.rolreplication then ', replicates' else '' end
       || coalesce(
           (
               select ', member of ' || string_agg(pg_get_userbyid(m.roleid), ', ' order by pg_get_userbyid(m.roleid))
               from pg_auth_members as m
               where m.member = r.oid
           ), ''
       )
from pg_roles as r
where r.rolname in ('prospecting_app', 'prospecting_api', 'prospecting_reader')

union all
select 'grant', 'schema ' || n.nspname, r.rolname, string_agg(w.privilege, ', ' order by w.privilege)
from pg_namespace as n
cross join pg_roles as r
cross join unnest(array['create', 'usage']) as w (privilege)
where n.oid = any(cast(:schemas as oid[])) and r.rolname in ('prospecting_app', 'prospecting_api', 'prospecting_reader')
  and has_schema_privilege(r.oid, n.oid, w.privilege)
group by n.nspname, r.rolname

union all
select 'grant', 'sequence ' || c.relname, r.rolname, string_agg(w.privilege, ', ' order by w.privilege)
from pg_class as c
cross join pg_roles as r
cross join unnest(array['select', 'update', 'usage']) as w (privilege)
where c.relnamespace = any(cast(:schemas as oid[])) and r.rolname = 'prospecting_app'
  and case when c.relkind = 'S' then has_sequence_privilege(r.oid, c.oid, w.privilege) end
group by c.relname, r.rolname

-- What nobody declares for the API's role: sequences, which tell how many rows there have been; schemas of others to make
-- things in; and settings that only an administrator changes.
union all
select 'grant', '', format('sequence %s to prospecting_api', c.oid::regclass),
       string_agg(w.privilege, ', ' order by w.privilege)
from pg_class as c
cross join api
cross join unnest(array['select', 'update', 'usage']) as w (privilege)
where c.relnamespace = any(cast(:schemas as oid[]))
  and case when c.relkind = 'S' then has_sequence_privilege(api.oid, c.oid, w.privilege) end
group by c.oid

union all
select 'grant', '', format('schema %I to prospecting_api', n.nspname), 'create'
from pg_namespace as n
cross join api
where n.oid >= 16384 and n.oid <> all(cast(:schemas as oid[])) and n.nspname !~ '^pg_(toast_)?temp_'
  and has_schema_privilege(api.oid, n.oid, 'create')

union all
select 'grant', '', format('parameter %s to prospecting_api', s.parname),
       string_agg(w.privilege, ', ' order by w.privilege)
from pg_parameter_acl as s
cross join api
cross join unnest(array['set', 'alter system']) as w (privilege)
where has_parameter_privilege(api.oid, s.parname, w.privilege)
group by s.parname

-- What it may read or call of the catalog that a new server keeps from everybody: statistics quote rows.
union all
select 'grant', '', format('%s to prospecting_api', c.name),
       string_agg(distinct lower(x.privilege_type) || coalesce(' (' || quote_ident(c.column_name) || ')', ''), ', ')
from (
    select 'table ' || oid::regclass as name, null as column_name, relacl as acl, 'pg_class'::regclass as class_id,
           oid as object_id, 0 as column_id, acldefault('r', relowner) as usual
    from pg_class
    where relnamespace = 'pg_catalog'::regnamespace
    union all
    select 'table ' || a.attrelid::regclass, a.attname, a.attacl, 'pg_class'::regclass, a.attrelid, a.attnum,
           acldefault('c', c.relowner)
    from pg_attribute as a
    join pg_class as c on c.oid = a.attrelid
    where c.relnamespace = 'pg_catalog'::regnamespace
    union all
    select 'function ' || oid::regprocedure, null, proacl, 'pg_proc'::regclass, oid, 0, acldefault('f', proowner)
    from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace and proname !~ '^lo_' and proname not in ('loread', 'lowrite')
) as c
cross join api
cross join aclexplode(c.acl) as x
left join pg_init_privs as i
    on (i.classoid, i.objoid, i.objsubid) = (c.class_id, c.object_id, c.column_id) and i.privtype = 'i'
where x.grantee in (0, api.oid)
  and not exists (
      select from aclexplode(coalesce(i.initprivs, c.usual)) as y
      where (y.grantee, y.privilege_type) = (x.grantee, x.privilege_type)
  )
group by c.name

-- What it will be able to do with what the owner of the tables makes from now on.
union all
select 'default grant', '',
       format('role %I', pg_get_userbyid(d.defaclrole)) || coalesce(' in schema ' || quote_ident(n.nspname), '') || ' on '
       || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
               when 'n' then 'schemas' when 'T' then 'types' else 'large objects' end,
       string_agg(distinct lower(x.privilege_type), ', ')
from pg_default_acl as d
left join pg_namespace as n on n.oid = d.defaclnamespace
cross join api
cross join aclexplode(d.defaclacl) as x
where d.defaclrole in (select o.relowner from ours as o)
  and (n.oid is null or n.oid = any(cast(:schemas as oid[])))
  and (x.grantee = api.oid or x.grantee = 0 and d.defaclobjtype not in ('f', 'T'))
group by d.defaclrole, n.nspname, d.defaclobjtype

-- Settings that sessions begin with: a user whom nobody named, triggers that do not fire.
union all
select 'setting', '',
       g.name || ' of '
       || case when s.setrole = 0 and s.setdatabase <> 0 then ''
               when s.setrole = 0 then 'role all'
               else format('role %I', pg_get_userbyid(s.setrole)) end
       || case when s.setrole <> 0 and s.setdatabase <> 0 then ' in ' else '' end
       || case when s.setdatabase <> 0 then format('database %I', current_database()) else '' end,
       'set'
from pg_db_role_setting as s
cross join unnest(s.setconfig) as c (given)
cross join lateral (select split_part(c.given, '=', 1) as name) as g
where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  and (
      g.name = 'session_replication_role'
      or g.name like 'prospecting.%' and g.name <> 'prospecting.unconfirmed_after_months'
  )

-- What sees our rows go by, or is told of changes of the layout: not ours to judge.
union all
select 'publication', '', quote_ident(pubname), 'there' from pg_publication
union all
select 'event trigger', '', quote_ident(evtname), evtevent from pg_event_trigger where oid >= 16384

union all
select 'grant', 'database', r.rolname, string_agg(w.privilege, ', ' order by w.privilege)
from pg_roles as r
cross join unnest(array['create', 'temporary']) as w (privilege)
where r.rolname in ('prospecting_app', 'prospecting_api')
  and has_database_privilege(r.oid, current_database(), w.privilege)
group by r.rolname

union all
select 'grant', '', 'large objects to prospecting_api', 'execute'
from api
where exists (
    select from pg_proc as p
    where p.pronamespace = 'pg_catalog'::regnamespace and (p.proname ~ '^lo_' or p.proname in ('loread', 'lowrite'))
      and has_function_privilege(api.oid, p.oid, 'execute')
)
