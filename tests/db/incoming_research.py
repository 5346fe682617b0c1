"""Research coming in, for its tests: the document, saving it, and what the account shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from prospecting.persistence.feature_refreshes import compute_features, prepare_targets
from prospecting.persistence.prospect_research import SavedResearch, save_prospect_research
from tests.db.acting import ANN, only
from tests.db.factories import hours

FACTS = (
    "icp_score, priority_level, is_b2b_saas, has_modern_stack, technology_count, has_open_engineering_roles, "
    "engineering_role_count, total_open_roles, has_engineering_blog, employees_min, employees_max, has_funding"
)
RESEARCH_TABLES = (
    "users", "prospect_intelligence", "prospect_intelligence_runs", "accounts", "account_signals", "account_changes",
)  # fmt: skip


def document(**sections: Any) -> dict[str, Any]:
    """A research of Acme that knows everything, unless told otherwise."""
    return {
        "companyName": "Acme, Inc.",
        "isB2BSaaS": True,
        "techStack": {"primaryFramework": "Next.js", "languages": ["TypeScript"], "isModernStack": True},
        "hiring": {"hasOpenEngineeringRoles": True, "engineeringRoleCount": 7, "totalOpenRoles": 20},
        "engineeringCulture": {"hasEngineeringBlog": True},
        "companySize": {"estimatedEmployeeRange": "100-250", "fundingInfo": "Series B"},
        "extractionDurationMs": 4000,
        **sections,
    }


def save(connection: Connection, hour: float | None = 1, user: UUID = ANN, **arguments: Any) -> SavedResearch:
    """Save research made this many hours after research began."""
    return save_prospect_research(
        connection,
        **{
            "user_id": user,
            "website_url": "https://www.acme.com/",
            "data": document(),
            "extracted_at": None if hour is None else hours(hour),
            **arguments,
        },
    )


def scored(score: int) -> dict[str, Any]:
    return document(icpScore={"overallScore": score})


def shown(connection: Connection) -> tuple[int, str, datetime]:
    """What the one account shows, which its signals show too."""
    account = only(connection, "accounts", "last_icp_score, last_priority_level, last_research_at")
    signals = only(connection, "account_signals", "icp_score, priority_level, last_research_at")
    assert tuple(account.values()) == tuple(signals.values())
    return tuple(account.values())  # type: ignore[return-value]


def refreshed(connection: Connection) -> dict[str, Any]:
    """The research part of the account's features, computed again from the runs."""
    prepare_targets(connection)
    connection.execute(
        text(
            "insert into feature_targets (account_domain, as_of, company_name) "
            "select account_domain, now(), company_name from accounts"
        )
    )
    compute_features(connection)
    return only(connection, "computed_features", f"{FACTS}, last_research_at, company_name")
