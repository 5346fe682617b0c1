-- Which rights a login lacks to make and change the tables of the application database, or to verify them, as the
-- statements by which an administrator gives them.

-- name: server
-- Which server, database and login this is.
select current_setting('server_version_num')::integer as version_number,
    current_setting('server_version') as version,
    current_setting('server_encoding') as encoding,
    current_database() as database,
    current_user as login

-- name: missing_to_migrate
-- What an administrator has to run before this login can migrate.
with login as (
    select rolname, rolsuper or rolcreaterole as may_create_roles from pg_roles where rolname = current_user
),

needed (position, statement) as (
    select 1, format('grant create on schema %I to %I', current_schema(), rolname)
    from login where not has_schema_privilege(current_schema(), 'create')
    union all
    select 2, format('grant create on database %I to %I', current_database(), rolname)
    from login where to_regnamespace('intake') is null and not has_database_privilege(current_database(), 'create')
    union all
    select 3, format('create role %I nologin', role)
    from login, unnest(array['prospecting_app', 'prospecting_api', 'prospecting_reader']) as role
    where not may_create_roles and not exists (select from pg_roles where rolname = role)
    union all
    -- Tables of an earlier migration are their owner's to change.
    select distinct 4, format('grant %I to %I', pg_get_userbyid(c.relowner), rolname)
    from login, pg_class as c
    where c.oid in (to_regclass('alembic_version'), to_regclass('companies')) and not pg_has_role(c.relowner, 'usage')
)

select statement from needed order by position, statement

-- name: missing_to_verify
-- What an administrator has to run before this login can try out what the roles may.
with needed (position, statement) as (
    select 1, format('grant %I to %I', pg_get_userbyid(c.relowner), current_user)
    from pg_class as c
    where c.oid = to_regclass('alembic_version') and not pg_has_role(c.relowner, 'usage')
    union all
    select 2, format('grant temporary on database %I to %I', current_database(), current_user)
    where not has_database_privilege(current_database(), 'temporary')
    union all
    select 3, format('grant %I to %I', rolname, current_user)
    from pg_roles
    where rolname in ('prospecting_app', 'prospecting_api', 'prospecting_reader')
      and not pg_has_role(
          rolname, case when current_setting('server_version_num')::integer < 160000 then 'member' else 'set' end
      )
)

select statement from needed order by position, statement
