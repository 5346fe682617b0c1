-- Changes that a finished refresh has read.
delete from account_changes where changed_in < :transaction
