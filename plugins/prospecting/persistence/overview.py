"""The figures of the first page, and what needs somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of what is known, found and spent.

    totals: ``companies``, ``new_companies``, ``people``, ``new_people`` (new: of the last seven days).
    spending: US dollars as ``this_month``, ``last_days`` (seven), ``days_before`` (the seven before); ``unpriced``: how
    many calls of this month had a price that is not known.
    seats: by kind ``slot_type``, ``seats``, ``filled``, ``weak``, ``fill_rate`` and ``target`` (percent), ``is_met``.
    fill_rates: percent by (day, kind of seat), once a week.
    spending_by_day: ``day``, ``provider``, ``usd``, ``calls``. budgets_by_day and signal_spending_by_day: ``day``,
    ``usd`` that the signal executions that began on it were allowed to spend, and have spent.
    found_by_week: ``week`` (its Monday), ``signal``, ``companies``, ``people``.
    """

    totals: RowMapping
    spending: RowMapping
    seats: Sequence[RowMapping]
    fill_rates: Mapping[tuple[date, str], float]
    spending_by_day: Sequence[RowMapping]
    budgets_by_day: Sequence[RowMapping]
    signal_spending_by_day: Sequence[RowMapping]
    found_by_week: Sequence[RowMapping]


def query_figures(connection: Connection, today: date, *, days: int = 30, weeks: int = 12) -> Figures:
    """The figures of the last ``days`` and ``weeks``. Reads whole tables: keep the answer for a minute."""
    dates = [today - timedelta(weeks=back) for back in range(weeks)]
    rates = connection.execute(statement("slots/fill_rates_on"), {"days": dates}).mappings()
    return Figures(
        totals=connection.execute(statement("overview/totals")).mappings().one(),
        spending=connection.execute(statement("overview/spending")).mappings().one(),
        seats=connection.execute(statement("slots/fill_rates")).mappings().all(),
        fill_rates={(row["day"], row["slot_type"]): float(row["fill_rate"] or 0) for row in rates},
        spending_by_day=_rows(connection, "overview/spending_by_day", days=days),
        budgets_by_day=_rows(connection, "overview/budgets_by_day", days=days),
        signal_spending_by_day=_rows(connection, "overview/signal_spending_by_day", days=days),
        found_by_week=_rows(connection, "overview/found_by_week", weeks=weeks),
    )


@dataclass(frozen=True, slots=True)
class Attention:
    """The things that need somebody, but for the questions of tasks and for runs that failed, which Airflow has.

    failing_signals: ``id``, ``name``, ``airflow_run_id``, ``started_at``, ``failures`` in a row.
    queue: ``waiting``, ``oldest``, ``stuck`` requests.
    pairs: open ones of ``companies`` and of ``people``.
    """

    failing_signals: Sequence[RowMapping]
    queue: RowMapping
    pairs: RowMapping

    def queue_is_stuck(self, now: datetime) -> bool:
        """True when requests have waited for more than a day, or a worker that holds some has gone."""
        oldest = self.queue["oldest"]
        return bool(self.queue["stuck"]) or (oldest is not None and now - oldest > timedelta(days=1))


def query_queue(connection: Connection) -> RowMapping:
    """The queue of requests: how many are ``waiting``, since when the ``oldest`` is, and how many are ``stuck``."""
    return connection.execute(statement("overview/queue")).mappings().one()


def query_attention(connection: Connection) -> Attention:
    """The things that need somebody now."""
    return Attention(
        failing_signals=_rows(connection, "overview/failing_signals"),
        queue=query_queue(connection),
        pairs=connection.execute(statement("overview/open_pairs")).mappings().one(),
    )


def query_last_executions(connection: Connection, *, limit: int = 15) -> Sequence[RowMapping]:
    """The latest execution of each of the signals that ran last, with its cost and budget in US dollars."""
    return _rows(connection, "overview/last_executions", limit=limit)


def _rows(connection: Connection, name: str, **values: Any) -> Sequence[RowMapping]:
    return connection.execute(statement(name), values).mappings().all()
