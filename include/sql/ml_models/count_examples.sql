-- How many snapshots are old enough for their outcome to be known by :until.
select count(*) from account_feature_snapshots where as_of + cast(:horizon_days as integer) <= cast(:until as date)
