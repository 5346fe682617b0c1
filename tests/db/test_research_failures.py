"""Research that failed: what is recorded of it, and what it must not change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from prospecting.persistence.prospect_research import FAILURE_STATUSES, record_research_failure
from tests.clock import from_now
from tests.db.acting import ANN, BEA, only, reset
from tests.db.factories import NASTY_TEXTS, count, hours, stored, versions
from tests.db.incoming_research import FACTS, refreshed, save, shown


@pytest.mark.parametrize("status", FAILURE_STATUSES)
def test_a_failed_research_is_a_run(connection: Connection, role: str, status: str) -> None:
    run_id = record_research_failure(
        connection,
        user_id=ANN,
        website_url="WWW.Acme.com",
        status=status,
        error_type="Timeout",
        error_message=" The site\x00did not answer ",
        ran_at=hours(1),
    )
    reset(connection)
    run = only(connection, "prospect_intelligence_runs")
    assert (run["id"], run["user_id"], run["account_domain"]) == (run_id, ANN, "acme.com")
    assert (run["run_status"], run["error_type"], run["created_at"]) == (status, "Timeout", hours(1))
    assert (run["error_message"], run["company_name"]) == ("The site\ufffddid not answer", None)
    assert {name: run[name] for name in FACTS.split(", ")} == dict.fromkeys(FACTS.split(", "))
    assert [row["account_domain"] for row in stored(connection, "account_changes")] == ["acme.com"]
    assert (count(connection, "accounts"), count(connection, "prospect_intelligence")) == (0, 0)


def test_the_same_failure_again_is_not_added(connection: Connection) -> None:
    def fail(**arguments: Any) -> UUID:
        values = {"user_id": ANN, "website_url": "acme.com", "status": "timeout", "ran_at": hours(1), **arguments}
        return record_research_failure(connection, **values)

    first = fail()
    before = versions(connection)
    assert fail(error_message="Told otherwise") == first
    assert versions(connection) == before
    others = [
        fail(ran_at=hours(2)),
        fail(status="error"),
        fail(user_id=BEA),
        fail(user_id=None),
        fail(website_url="b.com"),
    ]
    assert len({first, *others}) == 6


def test_a_failure_of_nobody_at_no_given_time(connection: Connection) -> None:
    record_research_failure(connection, user_id=None, website_url="acme.com", status="quota", company_name="Acme")
    run = only(connection, "prospect_intelligence_runs")
    assert (run["user_id"], run["company_name"], run["error_type"], run["error_message"]) == (None, "Acme", None, None)
    assert count(connection, "users") == 0


def test_a_failure_does_not_change_what_the_account_shows(connection: Connection) -> None:
    save(connection, 1)
    record_research_failure(connection, user_id=ANN, website_url="acme.com", status="error", ran_at=hours(2))
    assert shown(connection) == (10, "high", hours(1))
    assert refreshed(connection)["last_research_at"] == hours(1)


@pytest.mark.parametrize("nasty", NASTY_TEXTS.values(), ids=NASTY_TEXTS)
def test_failures_tell_nasty_texts(connection: Connection, nasty: str) -> None:
    record_research_failure(
        connection,
        user_id=None,
        website_url="a.com",
        status="error",
        error_type=nasty,
        error_message=nasty,
        company_name=nasty,
    )
    run = only(connection, "prospect_intelligence_runs")
    assert 0 < len(run["error_type"]) <= 200
    assert 0 < len(run["error_message"]) <= 2000


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"status": "success"}, ", ".join(FAILURE_STATUSES)),
        ({"status": "secret"}, ", ".join(FAILURE_STATUSES)),
        ({"website_url": "secret"}, "website_url"),
        ({"user_id": "secret"}, "user_id"),
        ({"ran_at": datetime(2026, 1, 1)}, "ran_at has no time zone"),  # noqa: DTZ001
        ({"ran_at": timedelta(days=2)}, "ran_at lies in the future"),
    ],
)
def test_an_unusable_failure_is_refused(connection: Connection, arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named) as refused:
        record_research_failure(
            connection, **{"user_id": ANN, "website_url": "acme.com", "status": "error", **from_now(arguments)}
        )
    assert "secret" not in str(refused.value)
