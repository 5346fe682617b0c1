-- Doubtful pairs (:left_id < :right_id), and what somebody has said of them.

-- name: find
-- A pair, if it is on record.
select id, status, decided_by, decided_at
from merge_candidates
where entity_type = :entity_type and left_id = :left_id and right_id = :right_id

-- name: judge
-- Stores what somebody (:decided_by) says of a pair: that it is two (distinct), or that they decide later (open). A pair
-- that nobody has noted yet is on record from then on. Saying the same again changes nothing, and a pair that is told
-- apart stays so until that is taken back.
insert into merge_candidates as c (entity_type, left_id, right_id, reason, evidence, status, decided_by, decided_at)
values (:entity_type, :left_id, :right_id, 'judged', '{}', :status, :decided_by, now())
on conflict (entity_type, left_id, right_id) do update
set status = excluded.status, decided_by = excluded.decided_by, decided_at = now(), written_by = excluded.written_by
where c.status <> 'merged' and not (c.status = 'distinct' and excluded.status = 'open')
  and (c.status <> excluded.status or c.decided_by is distinct from excluded.decided_by)

-- name: undo_judgement
-- The pair is doubtful again.
update merge_candidates
set status = 'open', decided_by = null, decided_at = null, written_by = default
where entity_type = :entity_type and left_id = :left_id and right_id = :right_id and status <> 'merged'
  and (status <> 'open' or decided_by is not null)

-- name: pair_table
-- Pairs with the one that is merged, and the pair that each becomes: the survivor with the other. A judgement counts for
-- both, distinct before open.
create temporary table if not exists moved_pairs (
    id bigint primary key,
    other_id bigint not null,
    twin_id bigint
) on commit drop

-- name: clear_pairs
-- Empties the list.
delete from moved_pairs

-- name: find_pairs
-- Lists the pairs with whoever is merged.
insert into moved_pairs (id, other_id, twin_id)
select c.id, other.id, twin.id
from merge_candidates as c
cross join lateral (select case when c.left_id = :merged_id then c.right_id else c.left_id end as id) as other
left join merge_candidates as twin
    on twin.entity_type = c.entity_type
    and twin.left_id = least(other.id, cast(:survivor_id as bigint))
    and twin.right_id = greatest(other.id, cast(:survivor_id as bigint))
where c.entity_type = :entity_type and :merged_id in (c.left_id, c.right_id)
  and other.id <> :survivor_id and c.status <> 'merged'

-- name: settle_pair
-- The pair itself is merged.
update merge_candidates
set status = 'merged', decided_by = :decided_by, decided_at = now(), written_by = default
where entity_type = :entity_type
  and left_id = least(cast(:merged_id as bigint), :survivor_id)
  and right_id = greatest(cast(:merged_id as bigint), :survivor_id)

-- name: combine_pairs
-- Whoever is not the one is not the other.
update merge_candidates as k
set status = d.status, decided_by = d.decided_by, decided_at = d.decided_at, written_by = default
from moved_pairs as m
join merge_candidates as d on d.id = m.id
where k.id = m.twin_id and d.status = 'distinct' and k.status = 'open'

-- name: drop_pairs
-- Pairs that are there already go.
delete from merge_candidates where id in (select id from moved_pairs where twin_id is not null)

-- name: move_pairs
-- The others are pairs with the survivor.
update merge_candidates as c
set left_id = least(m.other_id, cast(:survivor_id as bigint)),
    right_id = greatest(m.other_id, cast(:survivor_id as bigint))
from moved_pairs as m
where c.id = m.id and m.twin_id is null
