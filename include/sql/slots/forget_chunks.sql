-- An evaluation that starts over counts afresh.
delete from slot_evaluation_chunks where evaluation_id = :evaluation_id
