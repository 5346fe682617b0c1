-- Act as nobody again: the role the connection logged in with, and no user.
select set_config('role', 'none', true), set_config('prospecting.user_id', '', true)
