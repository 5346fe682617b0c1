"""Runs that refresh features: what they wrote, what became of the model, and the list of the day."""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import Connection

from prospecting.persistence.feature_refreshes import find_refresh_of_run
from prospecting.persistence.intent import query_intent
from prospecting.persistence.ml_models import History, find_newest, missing_history
from prospecting.persistence.recommendations import query_recommendations
from prospecting.services.reports.report import Column, Figures, Lines, Part, Report, table

_MOST_RECOMMENDED = 10_000


def refresh(connection: Connection, run_id: str, *, history: History | None, rows: int) -> Report:
    """Tells what the refresh of an Airflow run wrote, and the model and lists as they are now.

    ``history`` says how much there is to learn from, for those who may count what users did.
    """
    found = find_refresh_of_run(connection, run_id)
    if found is None:
        nothing = "The run did not get as far as opening a refresh; nothing was written."
        return Report("Feature refresh", parts=[Lines([nothing])])
    parts: list[Part] = [
        Figures(
            (
                ("accounts changed", found["accounts_changed"], "computed again"),
                ("signals written", found["signals_written"], "features now: account_signals"),
                ("snapshots written", found["snapshots_written"], "features by month: account_feature_snapshots"),
            )
        )
    ]
    model = find_newest(connection)
    if model:
        newest = f"Newest model: {model['name']} version {model['version']}, {model['status']}"
        parts += [Lines([newest], is_bold=True), Lines([model["verdict"]])]
    if found["not_trained_because"]:
        parts.append(Lines([f"No model was trained. {found['not_trained_because']}"]))
    elif not model:
        missing = missing_history(history) if history else None
        parts.append(Lines([f"No model yet. {missing or ''}".strip()]))
    parts.append(
        table(
            "rising",
            "More active than usual",
            (Column("account"), Column("level"), Column("why")),
            (
                (row["account_domain"], row["level"], "; ".join(row["reasons"]))
                for row in query_intent(connection, limit=rows)
            ),
        )
    )
    if found["not_recommended_because"]:
        parts.append(Lines([found["not_recommended_because"]]))
    recommended = query_recommendations(connection, on=found["as_of"].astimezone(UTC).date(), limit=_MOST_RECOMMENDED)
    parts.append(
        table(
            "recommended",
            "Recommended accounts",
            (Column("rank", "number"), Column("account"), Column("name"), Column("score", "decimal"), Column("why")),
            (
                (row["rank"], row["account_domain"], row["company_name"], row["score"], "; ".join(row["reasons"]))
                for row in recommended[:rows]
            ),
            len(recommended),
        )
    )
    return Report(
        "Feature refresh",
        about=f"refresh {found['id']} of {found['scope']}",
        status=found["status"],
        started_at=found["started_at"],
        completed_at=found["completed_at"],
        problem=found["error"],
        parts=parts,
    )
