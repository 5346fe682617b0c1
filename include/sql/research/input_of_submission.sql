-- What a submission was given.
select input_payload from submissions where id = :submission_id
