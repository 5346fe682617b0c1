"""The assets that connect the DAGs: whoever changes one of these tables says so, whoever depends on it may listen."""

from __future__ import annotations

from airflow.sdk import Asset

COMPANIES = Asset(name="prospecting_companies", uri="x-prospecting://companies")
PERSONS = Asset(name="prospecting_persons", uri="x-prospecting://persons")
