-- Users, and acting on behalf of one.

-- name: register_users
-- Stores users that are not known yet; the identity provider is elsewhere.
insert into users (id)
select user_id from unnest(cast(:user_ids as uuid[])) as given (user_id) order by user_id
on conflict (id) do nothing

-- name: act_as_user
-- Become the API's role on behalf of a user, until the transaction ends.
select set_config('prospecting.org_id', '', true), set_config('prospecting.user_id', cast(:user_id as text), true),
       set_config('role', 'prospecting_api', true)

-- name: act_for_org
-- Become the API's role on behalf of an org, and of no user, until the transaction ends.
select set_config('prospecting.org_id', cast(:org_id as text), true), set_config('prospecting.user_id', '', true),
       set_config('role', 'prospecting_api', true)

-- name: act_as_reader
-- Become the role of pages, on behalf of nobody, until the transaction ends.
select set_config('prospecting.org_id', '', true), set_config('prospecting.user_id', '', true),
       set_config('role', :role, true)

-- name: acting_user
-- Who logged in, the role the transaction acts in now, and on behalf of which user and org: none when they are empty.
select session_user as login, current_user as role,
       coalesce(current_setting('prospecting.user_id', true), '') as user_id,
       coalesce(current_setting('prospecting.org_id', true), '') as org_id

-- name: own_role
-- Act as nobody again: the role the connection logged in with, no user and no org.
select set_config('role', 'none', true), set_config('prospecting.user_id', '', true),
       set_config('prospecting.org_id', '', true)
