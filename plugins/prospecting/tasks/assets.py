"""The assets that connect the DAGs: whoever changes one of these tables says so, whoever depends on it may listen."""

from __future__ import annotations

from airflow.sdk import Asset

COMPANIES = Asset(name="prospecting_companies", uri="x-prospecting://companies")
PERSONS = Asset(name="prospecting_persons", uri="x-prospecting://persons")
SLOTS = Asset(name="prospecting_slots", uri="x-prospecting://slots")
BACKFILL_QUEUE = Asset(name="prospecting_backfill_queue", uri="x-prospecting://backfill-queue")
BRIEFINGS = Asset(name="prospecting_briefings", uri="x-prospecting://briefings")
ACCOUNTS = Asset(name="prospecting_accounts", uri="x-prospecting://accounts")
FEATURES = Asset(name="prospecting_features", uri="x-prospecting://features")
