"""Refreshing accounts: their health day by day, contents that are kept long enough, and what is worth knowing of all.

Ages count back from the moment a refresh was opened (``as_of``); the health of its day (UTC) is that of the day's last
refresh. An account is a company with contacts; contacts without a company are in account 0, which has no health.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Date, RowMapping, column, exists, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from prospecting.persistence.account_graph import HEALTH_VALUES
from prospecting.persistence.database import to_json
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.schema.account_runs import account_health_history
from prospecting.persistence.statements import statement
from prospecting.scoring.expansion import STRENGTH_POINTS, at_least
from prospecting.scoring.health import STATUS_FROM

ENOUGH_STRENGTH = "medium"
"""How well a primary contact has to know colleagues for these to be counted as targets."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh: the moment it is done for, what it was started with, and what its steps have done (``add_counts``)."""

    id: int
    as_of: datetime
    params: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day (UTC) of ``as_of``."""
        return self.as_of.astimezone(UTC).date()


@dataclass(frozen=True, slots=True)
class AccountRange:
    """Accounts from ``first_id`` to ``last_id``, both included; 0 are the contacts without a company."""

    first_id: int
    last_id: int


@dataclass(frozen=True, slots=True)
class Chunk(AccountRange):
    """A part of a refresh. ``first_number``: the number of its first account, counting from 1."""

    first_number: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Counters:
    """The numbers of what a refresh wrote; rows that were right already are not written again."""

    scores_changed: int = 0
    healths_written: int = 0
    contents_cleared: int = 0

    def as_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


# ------------------------------------------------------------------------------------------------- runs of refreshes
def start_refresh(
    connection: Connection, *, airflow_run_id: str, params: Mapping[str, Any], as_of: datetime | None = None
) -> Refresh:
    """Open the refresh of an Airflow run, as of now unless told otherwise; opening it again starts it over."""
    values = {"airflow_run_id": airflow_run_id, "params": to_json(dict(params)), "as_of": as_of}
    opened = connection.execute(statement("account_refreshes/start_refresh"), values).one()
    return Refresh(opened.id, opened.as_of, params)


def find_refresh(connection: Connection, refresh_id: int) -> Refresh:
    """The stored refresh with this id. Raises ``LookupError`` when there is none."""
    row = connection.execute(statement("account_refreshes/find_refresh"), {"refresh_id": refresh_id}).mappings().first()
    if row is None:
        raise LookupError(f"No account refresh {refresh_id} is stored; see the table account_refreshes")
    return Refresh(**row)


def find_refresh_of_run(connection: Connection, airflow_run_id: str) -> RowMapping | None:
    """The row of an Airflow run's refresh, or ``None``."""
    values = {"airflow_run_id": airflow_run_id}
    return connection.execute(statement("account_refreshes/find_refresh_of_run"), values).mappings().first()


def add_counts(connection: Connection, refresh_id: int, step: str, counts: Mapping[str, int]) -> None:
    """Add to the numbers kept for a step of a refresh, in the transaction that does what they count.

    A task can lose the result of what it has committed, and its next try then finds nothing left to do.
    """
    values = {"refresh_id": refresh_id, "step": step, "counts": to_json(dict(counts))}
    connection.execute(statement("account_refreshes/add_counts"), values)


def finish_refresh(
    connection: Connection, refresh_id: int, findings: Mapping[str, Any], *, status: str, error: str | None = None
) -> None:
    """Close a refresh with what it found, beside what it did; ``status`` is ``completed`` or ``failed``."""
    values = {"refresh_id": refresh_id, "findings": to_json(dict(findings)), "status": status, "error": error}
    connection.execute(statement("account_refreshes/finish_refresh"), values)


# --------------------------------------------------------------------------------------------------------- refreshing
def plan_chunks(
    connection: Connection, refresh: Refresh, *, chunk_size: int, company_ids: Sequence[int] | None = None
) -> list[Chunk]:
    """The accounts to refresh (of ``company_ids``), in chunks of ``chunk_size``.

    Those that have lost their last active contact since an earlier refresh of the day lose the health of the day.
    """
    chosen = {"company_ids": None if company_ids is None else list(company_ids)}
    connection.execute(statement("account_refreshes/forget_health"), {**chosen, "observed_on": refresh.today})
    values = {**chosen, "chunk_size": chunk_size}
    chunks = connection.execute(statement("account_refreshes/account_chunks"), values).mappings()
    return [Chunk(**chunk) for chunk in chunks]


_HISTORY = {
    "total_score": "total_score",
    "engagement": "engagement_points",
    "conversations": "conversation_points",
    "relationships": "relationship_points",
    "decision_makers": "decision_maker_points",
    "health_status": "health_status",
    "contacts": "contacts",
    "active_conversations": "active_conversations",
}
"""What is kept of an account's health, and what it is called by the statement that computes it."""


def record_health(
    connection: Connection, part: AccountRange, *, observed_on: date, company_ids: Sequence[int] | None = None
) -> int:
    """Store the health of accounts with active contacts, as it is, as that of a day. Returns how many rows that were.

    Recording again without news writes nothing.
    """
    connection.execute(statement("account_refreshes/more_memory"))
    computed = statement("account_graph/account_health").columns(*map(column, ["company_id", *_HISTORY.values()]))
    found = computed.subquery("computed")
    target = account_health_history
    is_known = exists().where(
        target.c.company_id == found.c.company_id,
        target.c.observed_on == observed_on,
        tuple_(*(target.c[name] for name in _HISTORY)).is_not_distinct_from(
            tuple_(*(found.c[name] for name in _HISTORY.values()))
        ),
    )
    # What is known is not even tried: a conflict locks its row, and costs as much as writing it.
    rows = select(found.c.company_id, literal(observed_on, Date), *(found.c[name] for name in _HISTORY.values())).where(
        ~is_known
    )
    stored = insert(target).from_select(["company_id", "observed_on", *_HISTORY], rows)
    new = stored.excluded
    differs = tuple_(*(target.c[name] for name in _HISTORY)).is_distinct_from(tuple_(*(new[name] for name in _HISTORY)))
    write = stored.on_conflict_do_update(
        index_elements=["company_id", "observed_on"],
        set_={name: new[name] for name in [*_HISTORY, "written_by"]} | {"updated_at": func.now()},
        where=differs,
    )
    values = {**HEALTH_VALUES, **_chosen(part, company_ids)}
    return connection.execute(write, values, execution_options={"preserve_rowcount": True}).rowcount


def clear_contents(
    connection: Connection, part: AccountRange, *, before: datetime, company_ids: Sequence[int] | None = None
) -> int:
    """Clear what was written and said with the contacts of accounts before a moment. Returns of how many touchpoints.

    Subjects, contents, answers, transcripts and links to recordings go; that there was something, when, and how far it
    got stays.
    """
    values = {**_chosen(part, company_ids), "before": before}
    return connection.execute(statement("account_refreshes/clear_contents"), values).rowcount


def _chosen(part: AccountRange, company_ids: Sequence[int] | None) -> dict[str, Any]:
    return {
        "first_id": part.first_id,
        "last_id": part.last_id,
        "company_ids": None if company_ids is None else list(company_ids),
    }


def refresh_overview(connection: Connection) -> None:
    """Bring the view ``account_overview`` up to date; who reads it meanwhile sees the one before."""
    connection.execute(statement("account_refreshes/refresh_overview"))


# ------------------------------------------------------------------------------------------------ what is worth knowing
@dataclass(frozen=True, slots=True)
class Findings:
    """All accounts after a refresh, in ids and numbers; of ids the most urgent first, with how many there are.

    ``follow_ups``: active conversations whose next touchpoint is due. ``stale``: accounts with active conversations
    and too long without a touchpoint. ``undecided``: job changes that a person has to decide about. ``primary``: the
    primary contacts with colleagues to talk to next, most of them first; their ``accounts``, and all those ``targets``.
    ``healths``: accounts by health status, the best first.
    """

    follow_ups: Page[UUID]
    stale: Page[int]
    undecided: Page[UUID]
    primary: Page[UUID]
    targets: int
    healths: Mapping[str, int]


def find_out(connection: Connection, refresh: Refresh, *, stale_since: datetime, limit: int) -> Findings:
    """Find out what is worth knowing of all accounts; at most ``limit`` ids of each kind.

    ``stale_since``: an account is stale that nobody has been in touch with since then.
    """
    expansion = connection.execute(
        statement("account_refreshes/expansion"),
        {"strengths": [name for name in STRENGTH_POINTS if at_least(name, ENOUGH_STRENGTH)], "limit": limit},
    ).all()
    healths = connection.execute(
        statement("account_refreshes/health_distribution"), {"observed_on": refresh.today}
    ).all()
    return Findings(
        follow_ups=_ids(connection, "account_refreshes/follow_ups_due", as_of=refresh.as_of, limit=limit),
        stale=_ids(connection, "account_refreshes/stale_accounts", since=stale_since, limit=limit),
        undecided=_ids(connection, "account_refreshes/undecided_job_changes", limit=limit),
        primary=Page((row.id for row in expansion), total=expansion[0].total if expansion else 0),
        targets=expansion[0].targets if expansion else 0,
        healths={status: accounts for status in STATUS_FROM for found, accounts in healths if found == status},
    )


def _ids(connection: Connection, name: str, **values: Any) -> Page[Any]:
    rows = connection.execute(statement(name), values).all()
    return Page((row.id for row in rows), total=rows[0].total if rows else 0)


def query_stale_accounts(connection: Connection, *, since: datetime, limit: int = 100) -> Page[dict[str, Any]]:
    """Accounts that are stale, the longest silent first: ``id``, ``company``, ``last_at``, ``active_conversations``."""
    values = {"since": since, "limit": limit}
    return page_of(connection.execute(statement("account_refreshes/stale_accounts"), values).mappings().all())


def query_healths(
    connection: Connection, *, observed_on: date, best_first: bool = False, limit: int = 100
) -> Page[dict[str, Any]]:
    """Accounts with the name of their company, and their health of a day; the least healthy first unless told."""
    values = {"observed_on": observed_on, "is_best": best_first, "limit": limit}
    return page_of(connection.execute(statement("account_refreshes/healths"), values).mappings().all())
