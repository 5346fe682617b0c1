-- Become the API's role on behalf of a user, until the transaction ends.
select set_config('prospecting.user_id', cast(:user_id as text), true), set_config('role', 'prospecting_api', true)
