"""Reports of runs for the person who started them in a terminal: one module per DAG."""
