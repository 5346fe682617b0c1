"""The work itself, without Airflow: ask, read, save, reject."""
