-- Logging what users do with accounts.

-- name: known_domains
-- Which of :domains belong to a company or an account.
select domain from companies where domain = any(cast(:domains as text[]))
union
select account_domain from accounts where account_domain = any(cast(:domains as text[]))

-- name: log_interactions
-- Adds the interactions in :rows, a JSON array; ids that are there already are left alone.
insert into user_interactions (
    id, user_id, account_domain, interaction_type, interaction_metadata, created_at, known_at
)
select id, user_id, account_domain, interaction_type, interaction_metadata, created_at, known_at
from json_to_recordset(cast(:rows as json)) as r (
    position integer, id uuid, user_id uuid, account_domain text, interaction_type text, interaction_metadata jsonb,
    created_at timestamptz, known_at timestamptz
)
order by id, position
on conflict (id) do nothing

-- name: log_own_interactions
-- The same as the API's role, which may not insert: rows of the user it acts for only.
select logged, taken from log_own_interactions(cast(:rows as json))

-- name: foreign_interactions
-- Which of :rows, a JSON array, carry the id of somebody else's interaction.
select r.position
from json_to_recordset(cast(:rows as json)) as r (position integer, id uuid, user_id uuid)
left join user_interactions as i on i.id = r.id and i.user_id = r.user_id
where i.id is null
order by r.position
