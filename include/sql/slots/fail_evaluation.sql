-- Marks a finished evaluation as failed; its numbers stay.
update slot_evaluations set status = 'failed', error = :error, written_by = default where id = :evaluation_id
