-- A task that runs again asks again: what its earlier tries noted about failed calls does not count any more.
delete from rejected_records
where execution_id = :execution_id and stage = 'agent' and source = any(:sources)
