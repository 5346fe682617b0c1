"""Airflow operators, tasks and retry policy: the only floor that knows Airflow."""
