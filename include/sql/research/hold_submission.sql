-- Makes those who tell a submission's status wait for each other until the transaction ends.
select id from submissions where id = :submission_id for no key update
