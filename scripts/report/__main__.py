"""Print a run again.

    python -m scripts.report [ID]

prints the latest signal execution, or the one with this id, or the promotion with this id, or the slot evaluation,
backfill, feature refresh or account refresh of the Airflow run with this id. Names of people appear here because
whoever runs this may read the database anyway; they appear in no log.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence import account_refreshes, feature_refreshes, promotions
from prospecting.persistence.slots import find_evaluation_of_run
from prospecting.services.reports import accounts, signals, slots
from scripts import environment
from scripts.report.console import ROWS, print_report, terminal
from scripts.report.runs import engine_for, find_latest, print_stored


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a run again."""
    parser = argparse.ArgumentParser(prog="report", description=main.__doc__)
    parser.add_argument(
        "id",
        nargs="?",
        help="of a signal execution or a promotion, or of an Airflow run of slot_evaluation, slot_backfill, "
        "ml_feature_refresh or account_refresh; default: the latest signal execution",
    )
    given = parser.parse_args(arguments).id
    with engine_for(environment.prepare().application_url).connect() as connection:
        try:
            execution_id = UUID(given) if given else find_latest(connection)
        except ValueError:
            return _print_run(connection, given)
        if execution_id is None:
            print("error: nothing was executed yet; run `make run`", file=sys.stderr)
            return 1
        if promotion := promotions.find_promotion(connection, execution_id):
            print_report(terminal(), accounts.of_promotion(connection, promotion, rows=ROWS))
            return 0
        try:
            print_report(terminal(), signals.execution(connection, execution_id, rows=ROWS))
        except LookupError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return 0


def _print_run(connection: Connection, run_id: str) -> int:
    """The evaluation, backfill and refreshes of an Airflow run; several DAGs may well have runs of one id."""
    known = False
    for is_there, dag_id in (
        (find_evaluation_of_run(connection, run_id) is not None, "slot_evaluation"),
        (slots.took_on_any(connection, run_id), "slot_backfill"),
        (feature_refreshes.find_refresh_of_run(connection, run_id) is not None, "ml_feature_refresh"),
        (account_refreshes.find_refresh_of_run(connection, run_id) is not None, "account_refresh"),
    ):
        if is_there:
            print_stored(connection, dag_id, run_id)
            known = True
    if known:
        return 0
    print(
        f"error: {run_id} is neither an execution id (those are UUIDs) nor an Airflow run that evaluated or "
        "filled seats or refreshed features or accounts",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
