-- How many runs a submission has.
select count(*) from pipeline_runs where submission_id = :submission_id
