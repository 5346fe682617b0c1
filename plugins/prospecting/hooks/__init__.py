"""From Airflow connections to engines, agents and settings."""
