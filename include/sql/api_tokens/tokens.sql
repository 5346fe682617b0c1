-- Tokens of the API: issued, found by their hash, listed, revoked.

-- name: add_token
-- Stores a token by its hash; without an org it is an administrator's.
insert into api_tokens (org_id, user_id, name, token_hash, expires_at)
values (
    cast(:org_id as uuid), cast(:user_id as uuid), :name, :token_hash,
    now() + make_interval(days => cast(:days as integer))
)
returning id, expires_at

-- name: find_token
-- The token with this hash, if it was neither revoked nor is over.
select id, org_id, user_id
from api_tokens
where token_hash = :token_hash and revoked_at is null and (expires_at is null or expires_at > now())

-- name: mark_used
-- Notes that a token is in use, once a minute: a row that every request writes would be a queue.
update api_tokens
set last_used_at = now()
where id = :id and (last_used_at is null or last_used_at < now() - interval '1 minute')

-- name: list_tokens
-- All tokens, the newest first.
select t.id, t.name, o.slug as org, t.org_id, t.user_id, t.created_at, t.expires_at, t.last_used_at, t.revoked_at
from api_tokens as t
left join orgs as o on o.id = t.org_id
order by t.created_at desc, t.id

-- name: revoke_token
-- Revokes a token, for good; one that is revoked already stays as it is.
update api_tokens set revoked_at = coalesce(revoked_at, now()) where id = :id returning id
