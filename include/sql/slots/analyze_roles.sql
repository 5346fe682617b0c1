-- Statistics of the roles; without them titles are looked for role by role.
analyze held_roles
