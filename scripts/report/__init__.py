"""What a run did, for the person who started it in a terminal: one module per DAG."""
