"""Digests of what is new: which time each of them is about, and what happened in it.

A digest is claimed before it is sent and closed afterwards. One that was not closed is sent again, about the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.statements import statement

NAMES = 5
"""Names of companies in each group of news."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest that is to be sent by a channel, about the time from ``since`` to before ``until``."""

    id: int
    channel: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class News:
    """The news of a time.

    found: by signal ``id``, ``name``, new ``events``, ``companies``, ``people``, and ``names`` of companies.
    filled: by kind ``slot_type``, ``seats``, ``names`` of companies.
    recommended: ``recommended_on``, ``account_domain``, ``name``.
    """

    found: Sequence[RowMapping]
    filled: Sequence[RowMapping]
    recommended: Sequence[RowMapping]

    @property
    def counts(self) -> dict[str, int]:
        """How much is new, by kind; kinds without news are left out."""
        counts = {
            "events": sum(row["events"] for row in self.found),
            "companies": sum(row["companies"] for row in self.found),
            "people": sum(row["people"] for row in self.found),
            "seats": sum(row["seats"] for row in self.filled),
            "accounts": len(self.recommended),
        }
        return {kind: count for kind, count in counts.items() if count}


def claim_digest(connection: Connection, *, channel: str, airflow_run_id: str, until: datetime) -> Digest | None:
    """The digest that the run is to send next by the channel, or ``None``: nothing is new, or another run sends it.

    A digest that was not sent comes first, once more; another run's, when nothing was heard of it for ten minutes.
    """
    lock_keys(connection, "digest", [channel])
    unsent = connection.execute(statement("digests/unsent"), {"channel": channel}).mappings().one_or_none()
    if unsent is not None:
        if unsent["airflow_run_id"] != airflow_run_id and not unsent["is_lost"]:
            return None
        connection.execute(statement("digests/reclaim"), {"id": unsent["id"], "airflow_run_id": airflow_run_id})
        return Digest(unsent["id"], channel, unsent["since"], unsent["until"])
    asked = {"channel": channel, "until": until}
    since, until = connection.execute(statement("digests/next_window"), asked).one()
    if since >= until or not query_news(connection, since=since, until=until).counts:
        return None
    values = {"channel": channel, "since": since, "until": until, "airflow_run_id": airflow_run_id}
    return Digest(connection.execute(statement("digests/claim"), values).scalar_one(), channel, since, until)


def close_digest(connection: Connection, digest_id: int, *, counts: dict[str, int]) -> None:
    """Note that a digest was sent, and how much was in it."""
    connection.execute(statement("digests/close"), {"id": digest_id, "counts": to_json(counts)})


def query_news(connection: Connection, *, since: datetime, until: datetime) -> News:
    """What is new in a time. Counts people, and names none."""
    time = {"since": since, "until": until}
    named = {**time, "names": NAMES}
    return News(
        found=connection.execute(statement("digests/found"), named).mappings().all(),
        filled=connection.execute(statement("digests/filled"), named).mappings().all(),
        recommended=connection.execute(statement("digests/recommended"), time).mappings().all(),
    )
