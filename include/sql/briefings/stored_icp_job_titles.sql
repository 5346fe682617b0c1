-- One row of icp_job_titles, whole.
select * from icp_job_titles where id = :id
