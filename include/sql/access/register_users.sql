-- Users are known from their first research or interaction on; the identity provider is elsewhere.
insert into users (id)
select user_id from unnest(cast(:user_ids as uuid[])) as given (user_id) order by user_id
on conflict (id) do nothing
