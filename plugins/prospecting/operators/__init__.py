"""Airflow operators that any team can use in its own DAGs, with their links, triggers and retry policy."""
