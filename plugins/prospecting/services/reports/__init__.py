"""Reports of runs, for people to read: the same in a terminal and on the page of the run, one module per domain."""
