-- How contacts are connected: at most one relationship per pair, whichever of them is named first.

-- name: insert_relationship
-- Connects two contacts, unless they are connected already.
insert into relationships (contact_id_1, contact_id_2, relationship_type, strength, context, metadata)
values (:contact_id_1, :contact_id_2, :relationship_type, :strength, :context, cast(:metadata as jsonb))
on conflict (least(contact_id_1, contact_id_2), greatest(contact_id_1, contact_id_2)) do nothing
returning *

-- name: find_pair
-- The relationship of two contacts, in either direction.
select *
from relationships
where least(contact_id_1, contact_id_2) = least(cast(:contact_id_1 as uuid), cast(:contact_id_2 as uuid))
  and greatest(contact_id_1, contact_id_2) = greatest(cast(:contact_id_1 as uuid), cast(:contact_id_2 as uuid))

-- name: find_of_contact
-- All relationships of a contact, in either direction, the oldest first.
select * from relationships where :contact_id in (contact_id_1, contact_id_2) order by created_at, id

-- name: find_colleagues
-- Colleagues of a contact at the same company.
select colleague_id, colleague_name, colleague_title, relationship_strength from get_colleagues(:contact_id)

-- name: lock_relationship
-- A relationship, for whoever changes it.
select * from relationships where id = :id for no key update

-- name: update_relationship
-- Gives columns of a relationship new values: :changes, a JSON object.
update relationships as r
set relationship_type = n.relationship_type, strength = n.strength, context = n.context, metadata = n.metadata,
    is_verified = n.is_verified, confidence_score = n.confidence_score, last_verified_at = n.last_verified_at,
    discovered_at = n.discovered_at, written_by = default
from relationships as o
cross join lateral jsonb_populate_record(o, cast(:changes as jsonb)) as n
where o.id = :id and r.id = o.id and o.* is distinct from n.*
returning r.*

-- name: delete_relationship
-- Two contacts are not connected any more.
delete from relationships where id = :id
