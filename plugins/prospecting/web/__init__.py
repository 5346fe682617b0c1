"""Pages and API: one FastAPI application, mounted in Airflow's API server by ``plugins/prospecting_plugin.py``."""
