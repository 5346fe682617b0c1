"""A made-up history of accounts: research runs, what users did, and outcomes that follow a planted rule, or none.

The rule (``planted``): a period of interest, in which several users open the research, ends in a meeting or a deal far
more often at a funded company of 51 to 500 people with five or more engineering roles. The ICP formula sees
roles and size, but neither funding nor interest. With rule ``none`` outcomes happen to anybody at any time; with rule
``lots`` some accounts, drawn by lot, meet users again and again, and the others hardly ever.

    python -m tests.generated_history --accounts 500

stores one in the application database, to try things on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from prospecting.scoring.propensity_features import COLUMNS, Examples, feature_matrix

DAY = 86_400.0
USERS = 12
TYPES = ("viewed", "opened_research", "contacted", "deal_lost", "meeting_booked", "deal_won")
OUTCOMES = (TYPES.index("meeting_booked"), TYPES.index("deal_won"))
SIZES: tuple[tuple[int | None, int | None], ...] = (
    (1, 10), (11, 50), (51, 200), (201, 500), (501, 1000), (1001, 5000), (5001, None), (None, None),
)  # fmt: skip
RESEARCHED = (
    "icp_score", "priority_level", "is_b2b_saas", "has_modern_stack", "technology_count", "has_open_engineering_roles",
    "engineering_role_count", "total_open_roles", "has_engineering_blog", "employees_min", "employees_max",
    "has_funding",
)  # fmt: skip
COUNTED = {name for name in COLUMNS if "_count" in name or name.startswith("slots_")}
"""Columns that are 0, not unknown, when nothing happened."""

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class History:
    """Runs and interactions in the order of time; ``*_at`` in seconds since 1970, accounts and users by number."""

    accounts: int
    month_starts: tuple[date, ...]
    until: date
    run_account: Numbers
    run_at: Floats
    run_succeeded: NDArray[np.bool_]
    research: list[tuple[Any, ...]]
    interaction_account: Numbers
    interaction_user: Numbers
    interaction_type: Numbers
    interaction_at: Floats

    def domain(self, account: int) -> str:
        """The domain of an account; alphabetical order is the order of numbers."""
        return f"account-{account:06}.com"

    def snapshot(self, as_of: date) -> list[dict[str, Any]]:
        """Every account's feature columns as of a day, computed from what had happened."""
        now = _seconds(as_of)
        by_account: dict[str, Sequence[Any]] = {}

        def count(mask: NDArray[np.bool_], of: Numbers) -> list[int]:
            return np.bincount(of[mask], minlength=self.accounts).tolist()

        runs, events = self.run_at < now, self.interaction_at < now
        latest = np.full(self.accounts, -1)
        known = np.flatnonzero(runs & self.run_succeeded)
        latest[self.run_account[known]] = known
        research = [self.research[run] if run >= 0 else (None,) * len(RESEARCHED) for run in latest]
        by_account |= dict(zip(RESEARCHED, zip(*research, strict=True), strict=True))
        by_account["last_research_at"] = [_moment(self.run_at[run]) if run >= 0 else None for run in latest]
        by_account["research_run_count"] = count(runs & self.run_succeeded, self.run_account)
        by_account["failed_run_count"] = count(runs & ~self.run_succeeded, self.run_account)
        for number, name in enumerate(TYPES):
            by_account[f"{name}_count"] = count(events & (self.interaction_type == number), self.interaction_account)
        by_account["interaction_count"] = count(events, self.interaction_account)
        for days in (30, 90):
            recent = events & (self.interaction_at >= now - days * DAY)
            by_account[f"interaction_count_{days}d"] = count(recent, self.interaction_account)
        pairs = np.unique(self.interaction_account[events] * USERS + self.interaction_user[events])
        by_account["engaged_user_count"] = np.bincount(pairs // USERS, minlength=self.accounts).tolist()
        weights = np.array([0.1, 0.3, 0.7, 0.2, 0.9, 1.0])[self.interaction_type[events]]
        total = np.bincount(self.interaction_account[events], weights, minlength=self.accounts)
        by_account["engagement_score"] = np.round(total / np.maximum(by_account["interaction_count"], 1), 3).tolist()
        contact = events & (self.interaction_type >= 2)
        for name, mask in (("last_interaction_at", events), ("last_contacted_at", contact)):
            at = np.full(self.accounts, np.nan)
            at[self.interaction_account[mask]] = self.interaction_at[mask]
            by_account[name] = [None if np.isnan(value) else _moment(value) for value in at]
        return [dict(zip(by_account, row, strict=True)) for row in zip(*by_account.values(), strict=True)]

    def exchange_outcomes(self, seed: int) -> History:
        """The same history, with all meetings and deals of an account given to another one."""
        outcomes = np.isin(self.interaction_type, OUTCOMES)
        others = np.random.default_rng(seed).permutation(self.accounts)
        accounts = np.where(outcomes, others[self.interaction_account], self.interaction_account)
        return replace(self, interaction_account=accounts)

    def labels(self, as_of: date, horizon_days: int) -> NDArray[np.bool_]:
        """Which accounts had an outcome in the days from ``as_of`` on."""
        now = _seconds(as_of)
        within = (self.interaction_at >= now) & (self.interaction_at < now + horizon_days * DAY)
        outcomes = within & np.isin(self.interaction_type, OUTCOMES)
        found: NDArray[np.bool_] = np.bincount(self.interaction_account[outcomes], minlength=self.accounts) > 0
        return found

    def examples(self, horizon_days: int = 90) -> Examples:
        """What there is to learn from: snapshots whose outcomes are known, of accounts not won before."""
        rows: list[tuple[int, date, bool, list[Any]]] = []
        for as_of in self.month_starts:
            if as_of + timedelta(days=horizon_days) <= self.until:
                labels = self.labels(as_of, horizon_days)
                for account, columns in enumerate(self.snapshot(as_of)):
                    if not columns["deal_won_count"]:
                        values = [columns.get(name, 0 if name in COUNTED else None) for name in COLUMNS]
                        rows.append((account, as_of, bool(labels[account]), values))
        rows.sort(key=lambda row: row[:2])
        return Examples(
            features=feature_matrix([row[3] for row in rows], [row[1] for row in rows]),
            labels=np.array([row[2] for row in rows], dtype=np.bool_),
            accounts=np.array([row[0] for row in rows], dtype=np.int32),
            as_of=np.array([row[1] for row in rows], dtype="datetime64[D]"),
        )


def generate_history(
    *,
    accounts: int,
    months: int,
    seed: int,
    rule: Literal["planted", "none", "lots"] = "planted",
    until: date = date(2026, 10, 1),
) -> History:
    """The ``months`` before ``until``; the same arguments make the same history."""
    random = np.random.default_rng(seed)
    month_starts = _month_starts(until, months)
    start, end = _seconds(month_starts[0]), _seconds(until)
    saas, modern, blog = (random.random(accounts) < share for share in (0.5, 0.45, 0.4))
    funded = random.random(accounts) < 0.65
    size = random.choice(len(SIZES), accounts, p=[0.06, 0.1, 0.36, 0.35, 0.05, 0.03, 0.02, 0.03])
    roles = random.negative_binomial(1.5, 0.18, accounts)
    fits = funded & (roles >= 5) & np.isin(size, (2, 3))

    # Everybody is researched early, and some again later.
    again = np.repeat(np.arange(accounts), random.poisson(months / 5, accounts))
    run_account = np.concatenate([np.arange(accounts), again])
    run_at = np.concatenate(
        [start + random.random(accounts) ** 3 * (end - start), random.uniform(start, end, again.size)]
    )
    order = np.argsort(run_at, kind="stable")
    run_account, run_at = run_account[order], np.floor(run_at[order])
    run_succeeded = random.random(run_account.size) >= 0.12
    seen_roles = np.maximum(roles[run_account] + random.integers(-1, 2, run_account.size), 0)
    seen_roles = np.where(roles[run_account] >= 5, np.maximum(seen_roles, 5), np.minimum(seen_roles, 4))
    unknown = random.random((run_account.size, 5)) < 0.06
    technologies = random.poisson(6, run_account.size)
    others = random.poisson(10, run_account.size)
    research = [
        _research(
            None if unknown[run, 0] else bool(saas[account]),
            None if unknown[run, 1] else bool(modern[account]),
            int(technologies[run]),
            None if unknown[run, 2] else int(seen_roles[run]),
            int(seen_roles[run] + others[run]),
            None if unknown[run, 3] else bool(blog[account]),
            SIZES[size[account]],
            None if unknown[run, 4] else bool(funded[account]),
        )
        for run, account in enumerate(run_account)
    ]

    # Clicks now and then, and periods of interest with more of them.
    idle = np.repeat(np.arange(accounts), random.poisson(0.3 * months, accounts))
    events = [(idle, random.choice(4, idle.size, p=[0.5, 0.25, 0.2, 0.05]), random.uniform(start, end, idle.size))]
    interest = np.repeat(np.arange(accounts), random.poisson(months / 4, accounts))
    interest_at = random.uniform(start, end, interest.size)
    clicks = 5 + random.poisson(3, interest.size)
    clicked, clicked_at = np.repeat(interest, clicks), np.repeat(interest_at, clicks)
    events.append(
        (clicked, random.choice(2, clicked.size, p=[0.4, 0.6]), clicked_at + random.uniform(0, 15 * DAY, clicked.size))
    )
    rate: Any = 0.01 if rule == "planted" else 0.06
    if rule == "lots":
        rate = np.where(random.random(accounts) < 0.3, 0.5, 0.02)
    by_chance = np.repeat(np.arange(accounts), random.poisson(rate * months, accounts))
    events.append((by_chance, _outcomes(random, by_chance.size), random.uniform(start, end, by_chance.size)))
    if rule == "planted":
        ends_well = random.random(interest.size) < np.where(fits[interest], 0.9, 0.02)
        lucky, lucky_at = interest[ends_well], interest_at[ends_well]
        events.append((lucky, _outcomes(random, lucky.size), lucky_at + random.uniform(25 * DAY, 85 * DAY, lucky.size)))
    account, kind, at = (np.concatenate(parts) for parts in zip(*events, strict=True))
    user = random.integers(0, USERS, account.size)
    order = np.argsort(at, kind="stable")
    order = order[at[order] < end]
    return History(
        accounts, month_starts, until, run_account, run_at, run_succeeded, research,
        account[order], user[order], kind[order], np.floor(at[order]),
    )  # fmt: skip


def load_history(connection: Connection, history: History) -> None:
    """Store users, runs and interactions, each known when it happened; accounts and features are made by a refresh."""
    connection.execute(
        text("insert into users (id) select unnest(cast(:ids as uuid[])) on conflict do nothing"),
        {"ids": [str(UUID(int=number + 1)) for number in range(USERS)]},
    )
    copy_rows(
        connection,
        "prospect_intelligence_runs",
        (
            *("user_id", "account_domain", "website_url", "company_name", "run_status", "run_key"),
            *("created_at", "known_at"),
            *RESEARCHED,
        ),
        (
            (
                UUID(int=run % USERS + 1), history.domain(account), f"https://{history.domain(account)}",
                f"Account {account}", "success" if succeeded else "timeout", f"generated {run}", _moment(at),
                _moment(at), *(research if succeeded else (None,) * len(RESEARCHED)),
            )
            for run, (account, succeeded, at, research) in enumerate(
                zip(history.run_account.tolist(), history.run_succeeded, history.run_at, history.research, strict=True)
            )
        ),
    )  # fmt: skip
    copy_rows(
        connection,
        "user_interactions",
        ("user_id", "account_domain", "interaction_type", "created_at", "known_at"),
        (
            (UUID(int=user + 1), history.domain(account), TYPES[kind], _moment(at), _moment(at))
            for account, user, kind, at in zip(
                history.interaction_account.tolist(),
                history.interaction_user.tolist(),
                history.interaction_type.tolist(),
                history.interaction_at,
                strict=True,
            )
        ),
    )


def load_snapshots(connection: Connection, history: History, moments: Iterable[date] | None = None) -> None:
    """Store accounts, their features at the end of history, and as of every month (or ``moments``)."""
    accounts = range(history.accounts)
    copy_rows(
        connection,
        "accounts",
        ("account_domain", "company_name"),
        ((history.domain(account), f"Account {account}") for account in accounts),
    )
    now = history.snapshot(history.until)
    copy_rows(
        connection,
        "account_signals",
        ("account_domain", "company_name", *now[0]),
        ((history.domain(account), f"Account {account}", *now[account].values()) for account in accounts),
    )
    for as_of in moments or history.month_starts:
        then = history.snapshot(as_of)
        copy_rows(
            connection,
            "account_feature_snapshots",
            ("account_domain", "as_of", *then[0]),
            ((history.domain(account), as_of, *then[account].values()) for account in accounts),
        )


def _research(
    saas: bool | None,
    modern: bool | None,
    technologies: int,
    roles: int | None,
    total_roles: int,
    blog: bool | None,
    size: tuple[int | None, int | None],
    funded: bool | None,
) -> tuple[Any, ...]:
    score = 5 + (2 if saas else -1) + 2 * bool(modern) + bool(roles) + ((roles or 0) >= 5) + bool(blog)
    score = min(max(score + (50 <= (size[0] or 0) <= 500), 1), 10)
    priority = "high" if score >= 8 else "low" if score <= 4 else "medium"
    has_roles = None if roles is None else roles > 0
    return (score, priority, saas, modern, technologies, has_roles, roles, total_roles, blog, *size, funded)


def _outcomes(random: np.random.Generator, number: int) -> Numbers:
    return random.choice(OUTCOMES, number, p=[0.85, 0.15])


def _month_starts(until: date, months: int) -> tuple[date, ...]:
    last = until.year * 12 + until.month - 1
    return tuple(date(month // 12, month % 12 + 1, 1) for month in range(last - months, last))


def _seconds(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY by way of a temporary table: row-level security refuses it on the table itself."""
    names = ", ".join(columns)
    connection.execute(text(f"create temporary table generated as select {names} from {table} limit 0"))
    with connection.connection.cursor() as cursor, cursor.copy(f"copy generated ({names}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute(text(f"insert into {table} ({names}) select {names} from generated"))
    connection.execute(text("drop table generated"))


def main() -> int:
    """Store a made-up history in the application database: users, research runs, interactions."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import IntegrityError

    from prospecting.persistence.database import application_url
    from scripts import environment

    parser = argparse.ArgumentParser(prog="tests.generated_history", description=main.__doc__)
    parser.add_argument("--accounts", type=int, default=500, help="how many (default 500)")
    parser.add_argument("--months", type=int, default=18, help="until today (default 18)")
    parser.add_argument(
        "--rule", choices=("planted", "none", "lots"), default="planted", help="whether there is one to find"
    )
    parser.add_argument("--seed", type=int, default=1, help="another one makes another history (default 1)")
    given = parser.parse_args()
    today = datetime.now(UTC).date()
    history = generate_history(
        accounts=given.accounts, months=given.months, seed=given.seed, rule=given.rule, until=today
    )
    engine = create_engine(application_url(environment.prepare().application_url), hide_parameters=True)
    try:
        with engine.begin() as connection:
            load_history(connection, history)
    except IntegrityError:
        sys.stderr.write("error: a made-up history is stored already; nothing was added\n")
        return 1
    sys.stdout.write(f"stored {history.run_at.size} research runs and {history.interaction_at.size} interactions\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
