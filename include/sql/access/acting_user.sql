-- Who logged in, the role the transaction acts in now, and on behalf of which user: none when it is empty.
select session_user as login, current_user as role, coalesce(current_setting('prospecting.user_id', true), '') as user_id
