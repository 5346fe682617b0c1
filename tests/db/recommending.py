"""What the tests of intent and recommendations share: accounts, what is known of them, what users did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from prospecting.persistence.database import to_json

NOW = datetime(2026, 6, 15, 4, 30, tzinfo=UTC)
USER, COLLEAGUE = UUID(int=1), UUID(int=2)


def days_ago(days: float) -> datetime:
    """This long before now."""
    return NOW - timedelta(days=days)


def add_accounts(connection: Connection, *domains: str, **features: Any) -> None:
    """Accounts with these features; an ICP score of 6 unless told otherwise."""
    names = {"icp_score": 6, "priority_level": "medium", **features}
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    connection.execute(
        text(
            "insert into accounts (account_domain, company_name) select d, d from unnest(cast(:d as text[])) as t (d)"
        ),
        {"d": list(domains)},
    )
    connection.execute(
        text(
            f"insert into account_signals (account_domain, company_name, {columns}) "
            f"select d, d, {values} from unnest(cast(:d as text[])) as t (d)"
        ),
        {"d": list(domains), **names},
    )


def interact(
    connection: Connection, domain: str, kind: str, *when: datetime, user: UUID = USER, times: int = 1
) -> None:
    """The user does this with the account, at each of these times."""
    connection.execute(text("insert into users (id) values (:id) on conflict do nothing"), {"id": user})
    connection.execute(
        text(
            "insert into user_interactions (user_id, account_domain, interaction_type, created_at) "
            "select :user, :domain, :kind, moment "
            "from unnest(cast(:moments as timestamptz[])) as t (moment), generate_series(1, :times)"
        ),
        {"user": user, "domain": domain, "kind": kind, "moments": list(when), "times": times},
    )


def research(connection: Connection, domain: str, *when: datetime, status: str = "success") -> None:
    """The account was researched, or somebody tried, at each of these times."""
    connection.execute(
        text(
            "insert into prospect_intelligence_runs (account_domain, website_url, run_status, created_at) "
            "select :domain, 'https://' || :domain, :status, moment "
            "from unnest(cast(:moments as timestamptz[])) as t (moment)"
        ),
        {"domain": domain, "status": status, "moments": list(when)},
    )


def add_model(connection: Connection, *, status: str = "promoted", name: str = "propensity", version: int = 1) -> int:
    """Store a model. Returns its id."""
    found: int = connection.execute(
        text(
            "insert into ml_models (name, version, status, fingerprint, feature_names, parameters, metrics, verdict, "
            "model_card, library_versions, training_rows, positive_rows, trained_until, artifact_path, "
            "artifact_sha256) "
            "values (:name, :version, :status, :version, '{}', '{}', '{}', 'better', 'card', '{}', 1, 1, '2026-01-01', "
            "'models/1', repeat('0', 64)) returning id"
        ),
        {"name": name, "version": version, "status": status},
    ).scalar_one()
    return found


def add_scores(connection: Connection, model_id: int, probabilities: dict[str, float], *reasons: str) -> None:
    """What the model says of accounts, all for these reasons."""
    rows = [{"domain": domain, "probability": value} for domain, value in probabilities.items()]
    connection.execute(
        text(
            "insert into account_scores (account_domain, model_id, probability, reasons) "
            "select domain, :model_id, probability, :reasons "
            "from json_to_recordset(cast(:rows as json)) as r (domain text, probability numeric)"
        ),
        {"model_id": model_id, "rows": to_json(rows), "reasons": list(reasons)},
    )
