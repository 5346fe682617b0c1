-- The company of an id: the one it was merged into, if it was.
select coalesce(merged_into_id, id) from companies where id = :company_id
