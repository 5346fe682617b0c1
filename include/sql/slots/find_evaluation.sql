-- One evaluation, as it is stored.
select * from slot_evaluations where id = :evaluation_id
