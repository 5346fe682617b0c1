-- Whether there is an org of this id.
select exists (select from orgs where id = :org_id)
