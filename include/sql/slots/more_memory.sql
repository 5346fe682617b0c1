-- Room for sorting and hashing a chunk in memory, for this transaction; the default of 4 MB would take it to disk.
select set_config('work_mem', '32MB', true)
where pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('32MB')
