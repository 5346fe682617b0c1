-- Rows of icp_job_titles as they are now, with the research to read titles from.
select id, raw_parallel_output from icp_job_titles where id = any(cast(:ids as uuid[])) order by id
