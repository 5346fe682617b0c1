"""The report of a feature refresh: what it wrote, the newest model, rising accounts, and the list of the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from rich.console import Console
from sqlalchemy import Connection, Engine

from prospecting.persistence.feature_refreshes import find_refresh_of_run
from prospecting.persistence.intent import query_intent
from prospecting.persistence.ml_models import count_history, find_newest, missing_history
from prospecting.persistence.recommendations import query_recommendations
from scripts.report.console import ROWS, print_heading, print_line, print_pairs, print_table, terminal


def print_run(engine: Engine, run_id: str, returned: Mapping[str, Any]) -> None:
    """Print the refresh of an Airflow run."""
    with engine.connect() as connection:
        print_refresh(connection, run_id)


def print_refresh(connection: Connection, run_id: str, console: Console | None = None) -> None:
    """Print what the refresh of an Airflow run wrote, and the model and lists as they are now."""
    out = console or terminal()
    refresh = find_refresh_of_run(connection, run_id)
    print_heading(out, "Feature refresh")
    if refresh is None:
        print_line(out, "The run did not get as far as opening a refresh; nothing was written.")
        return
    print_line(out, f"refresh {refresh['id']} of {refresh['scope']}   status ", (refresh["status"], "bold"))
    if refresh["error"]:
        print_line(out, refresh["error"], style="yellow")
    print_pairs(
        out,
        ("accounts changed", refresh["accounts_changed"], "computed again"),
        ("signals written", refresh["signals_written"], "features now: account_signals"),
        ("snapshots written", refresh["snapshots_written"], "features by month: account_feature_snapshots"),
    )
    if model := find_newest(connection):
        newest = f"Newest model: {model['name']} version {model['version']}, {model['status']}"
        print_line(out, newest, style="bold", before=1)
        print_line(out, model["verdict"])
    if refresh["not_trained_because"]:
        print_line(out, f"No model was trained. {refresh['not_trained_because']}", before=0 if model else 1)
    elif not model and (missing := missing_history(count_history(connection))):
        print_line(out, f"No model yet. {missing}", before=1)
    rising = query_intent(connection, limit=ROWS)
    print_table(
        out,
        "More active than usual",
        ("account", "level", "why"),
        ((row["account_domain"], row["level"], "; ".join(row["reasons"])) for row in rising),
    )
    if refresh["not_recommended_because"]:
        print_line(out, refresh["not_recommended_because"], before=1)
    print_table(
        out,
        "Recommended accounts",
        ("rank", "account", "name", "score", "why"),
        (
            (r["rank"], r["account_domain"], r["company_name"], f"{r['score']:.2f}", "; ".join(r["reasons"]))
            for r in query_recommendations(connection, on=refresh["as_of"].astimezone(UTC).date(), limit=10_000)
        ),
    )
