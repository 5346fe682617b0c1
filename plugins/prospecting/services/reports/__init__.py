"""What a run did, for people to read: the same for the terminal and for the page of the run, one module per domain."""
