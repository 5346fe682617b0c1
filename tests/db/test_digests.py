"""Which digest comes next: once about each time, nothing left out, nobody in each other's way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence import signals
from prospecting.persistence.database import to_json
from prospecting.persistence.digests import Digest, claim_digest, close_digest, query_news
from tests.db.acting import act_as, reset
from tests.db.factories import add_companies, add_person, at_once, count, evaluate, stored
from tests.db.recommending import add_accounts

NIGHT = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
WEEK = timedelta(days=7)


def found(connection: Connection, at: datetime, *, status: str = "completed", **stats: int) -> None:
    """An execution of a signal that ended at a time, and what it found."""
    signal = signals.upsert_signal(connection, name="Ruby", type="conference", configuration={})
    connection.execute(
        text(
            "insert into signal_executions (signal_id, status, configuration, stats, completed_at) "
            "values (:signal, :status, '{}', cast(:stats as jsonb), :at)"
        ),
        {"signal": signal, "status": status, "stats": to_json(stats), "at": at},
    )


def claim(connection: Connection, run: str = "first", *, channel: str = "mail", until: datetime = NIGHT) -> Any:
    return claim_digest(connection, channel=channel, airflow_run_id=run, until=until)


@pytest.mark.parametrize("role", ["owner", "prospecting_app"], indirect=True)
def test_each_time_is_told_once(connection: Connection, role: str) -> None:
    assert claim(connection) is None, "nothing is new"
    reset(connection)
    found(connection, NIGHT - timedelta(hours=1), newCompanies=3)
    act_as(connection, role)
    digest = claim(connection)
    assert (digest.since, digest.until) == (NIGHT - WEEK, NIGHT)
    # Another try sends the same; another run does not, unless the first one has gone.
    assert claim(connection, until=NIGHT + timedelta(hours=1)) == digest
    assert claim(connection, "second") is None
    connection.execute(text("update digests set claimed_at = now() - interval '11 minutes'"))
    assert claim(connection, "second") == digest
    assert claim(connection, channel="slack").id != digest.id, "each channel has its own"
    close_digest(connection, digest.id, counts={"companies": 3})
    assert claim(connection, "third") is None
    assert claim(connection, "earlier", until=NIGHT - timedelta(days=1)) is None
    reset(connection)
    found(connection, NIGHT, newPeople=0, newContacts=1)
    act_as(connection, role)
    following = claim(connection, "third", until=NIGHT + timedelta(days=3))
    assert (following.since, following.until) == (NIGHT, NIGHT + timedelta(days=3))
    assert query_news(connection, since=following.since, until=following.until).counts == {"people": 1}
    reset(connection)
    (closed,) = stored(connection, "digests", "airflow_run_id, counts, sent_at is null as open", "id")[:1]
    assert dict(closed) == {"airflow_run_id": "second", "counts": {"companies": 3}, "open": False}


def test_two_at_once_send_one_digest(engine: Engine) -> None:
    with engine.begin() as connection:
        found(connection, NIGHT - timedelta(hours=1), newCompanies=1)

    def of(run: str) -> Callable[[Connection], Digest | None]:
        return lambda connection: claim(connection, run)

    claimed = at_once(engine, [of(run) for run in ("a", "b", "c")])
    assert sum(digest is not None for digest in claimed) == 1
    with engine.connect() as connection:
        assert count(connection, "digests") == 1


def test_what_is_committed_late_is_in_the_next_digest(engine: Engine) -> None:
    with engine.connect() as slow, engine.connect() as connection:
        began = slow.execute(text("select now()")).scalar_one()
        found(connection, began - timedelta(seconds=1), newCompanies=1)
        connection.commit()
        found(slow, began, newEvents=1)
        later = began + timedelta(hours=1)
        digest = claim(connection, until=later)
        assert digest.until == began
        close_digest(connection, digest.id, counts={})
        connection.commit()
        slow.commit()
        following = claim(connection, "second", until=later)
        assert query_news(connection, since=following.since, until=following.until).counts == {"events": 1}


def test_news_are_what_is_new_and_still_so(connection: Connection) -> None:
    acme, bolt, _ = add_companies(connection, "Acme", "Bolt", "Cisco")
    add_person(connection, bolt, "John Doe", "CEO")
    evaluate(connection)
    since = connection.execute(text("select clock_timestamp()")).scalar_one()
    night = since + WEEK
    add_person(connection, acme, "Jane Roe", "CEO")
    evaluate(connection)
    found(connection, night - timedelta(days=1), newEvents=1, newCompanies=2)
    found(connection, night - timedelta(days=2), newCompanies=1, status="completed_with_errors")
    found(connection, night - timedelta(days=2), newCompanies=50, status="failed")
    connection.execute(
        text(
            "insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new) "
            "select e.id, 'company', c.id, c.name <> 'Acme' from signal_executions as e, companies as c "
            'where e.stats = \'{"newEvents": 1, "newCompanies": 2}\''
        )
    )
    add_accounts(connection, "acme.com", "bolt.com", "cold.com")
    connection.execute(
        text(
            "insert into account_recommendations (recommended_on, account_domain, rank, score, is_exploration, "
            "propensity, reasons, created_at) "
            "select cast(r.at as date), r.domain, r.rank, 0.5, false, 1, '{}', r.at "
            "from (values (cast(:night as timestamptz) - interval '10 days', 'bolt.com', 1), "
            "             (cast(:night as timestamptz) - interval '1 hour', 'bolt.com', 1), "
            "             (cast(:night as timestamptz) - interval '1 hour', 'acme.com', 2), "
            "             (cast(:night as timestamptz) - interval '1 hour', 'cold.com', 3)) as r (at, domain, rank)"
        ),
        {"night": night},
    )
    connection.execute(text("insert into account_suppressions (account_domain, reason) values ('cold.com', 'no')"))
    news = query_news(connection, since=since, until=night)
    assert news.counts == {"events": 1, "companies": 3, "seats": 1, "accounts": 1}
    (ruby,) = news.found
    assert (ruby["name"], ruby["names"]) == ("Ruby", ["Bolt", "Cisco"])
    (seat,) = news.filled
    assert (seat["slot_type"], seat["names"]) == ("CEO", ["Acme"])
    assert [row["name"] for row in news.recommended] == ["acme.com"]
    assert query_news(connection, since=night, until=night + WEEK).counts == {}
    assert count(connection, "digests") == 0
