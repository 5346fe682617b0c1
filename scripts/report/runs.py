"""Which report a run gets: the module that is named like its DAG."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, NullPool

from prospecting.persistence.database import application_url, make_engine

REPORTED = (
    "account_events",
    "account_promotion",
    "account_refresh",
    "briefing_backfill",
    "ml_feature_refresh",
    "person_erasure",
    "research_pipeline",
    "signal_execution",
    "slot_backfill",
    "slot_evaluation",
)


def print_report(dag_id: str, run_id: str, url: str, returned: Mapping[str, Any]) -> None:
    """Print what the run did; DAGs without a report print nothing.

    ``returned`` has what the run's tasks returned, by task id; of a mapped task a list.
    """
    if dag_id in REPORTED:
        importlib.import_module(f"scripts.report.{dag_id}").print_run(engine_for(url), run_id, returned)


def engine_for(url: str) -> Engine:
    """The application database, connected to on demand."""
    return make_engine(application_url(url), poolclass=NullPool)
