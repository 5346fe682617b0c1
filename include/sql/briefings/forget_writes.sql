-- Nothing is to be written for these results any more: there is no briefing in them.
delete from briefing_writes
where step_result_id = any(cast(:step_result_ids as uuid[])) and kind = :kind
