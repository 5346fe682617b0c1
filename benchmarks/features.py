"""Feature refresh of all accounts and of the changed ones, against a bare GROUP BY of the same interactions."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, text

from benchmarks.persistence import scratch_database
from benchmarks.results import Results, seconds
from prospecting.persistence.feature_refreshes import Counters, Refresh, plan_chunks, refresh_chunk, start_refresh

MONTHS = 12
CHUNK = 20_000
INTERACTIONS_PER_ACCOUNT = 5

# What nobody can do without: the counts of each account, written to a table.
_BARE = """
create temporary table bare on commit drop as
select account_domain,
       count(*) as interactions,
       count(*) filter (where interaction_type = 'viewed') as viewed,
       count(*) filter (where interaction_type = 'opened_research') as opened,
       count(*) filter (where interaction_type = 'contacted') as contacted,
       count(*) filter (where interaction_type = 'meeting_booked') as booked,
       count(*) filter (where interaction_type = 'deal_won') as won,
       count(*) filter (where interaction_type = 'deal_lost') as lost,
       count(*) filter (where created_at >= now() - interval '30 days') as within_30d,
       count(*) filter (where created_at >= now() - interval '90 days') as within_90d,
       max(created_at) as last_at
from user_interactions
group by account_domain
"""
# The same as of the start of each month.
_BARE_MONTHS = """
create temporary table bare_months on commit drop as
select account_domain, month,
       count(*) as interactions,
       count(*) filter (where interaction_type = 'viewed') as viewed,
       count(*) filter (where interaction_type = 'opened_research') as opened,
       count(*) filter (where interaction_type = 'contacted') as contacted,
       count(*) filter (where interaction_type = 'meeting_booked') as booked,
       count(*) filter (where interaction_type = 'deal_won') as won,
       count(*) filter (where interaction_type = 'deal_lost') as lost,
       count(*) filter (where created_at >= month - interval '30 days') as within_30d,
       count(*) filter (where created_at >= month - interval '90 days') as within_90d,
       max(created_at) as last_at
from user_interactions
join (
    select date_trunc('month', now(), 'UTC') - n * interval '1 month' as month
    from generate_series(0, 11) as n
) as months on created_at < month
group by account_domain, month
"""


def run(results: Results, *, rows: int) -> None:
    """``rows`` accounts with one research run each and five interactions in 400 days."""
    with scratch_database() as engine:
        _load(engine, rows)
        bare = seconds(lambda: _execute(engine, _BARE))
        bare_months = seconds(lambda: _execute(engine, _BARE_MONTHS))
        watermark: list[Refresh] = []
        new = seconds(lambda: _refresh(engine, "new", None, months=0))
        _execute(engine, "truncate account_signals")
        now_only = seconds(lambda: _refresh(engine, "now", None, months=0))
        _execute(engine, "truncate account_signals")
        memory: list[float] = []
        full = seconds(
            lambda: watermark.append(
                _refresh(engine, "full", None, after_chunk=lambda: memory.append(_peak_megabytes()))
            )
        )
        again = seconds(lambda: _refresh(engine, "again", None))
        _change(engine, rows // 100)
        counted: list[Counters] = []
        changed = seconds(lambda: _refresh(engine, "changed", watermark[-1], counted=counted))
        nothing = seconds(lambda: _refresh(engine, "nothing", _refresh(engine, "again changed", watermark[-1])))
    what = f"{rows:,} accounts, {rows * INTERACTIONS_PER_ACCOUNT:,} interactions"
    results.add(f"{what}, accounts and companies new", new, bare, "GROUP BY of the interactions", "")
    results.add(f"{what}, as of now", now_only, bare, "GROUP BY of the interactions", "")
    results.add(f"{what}, now and {MONTHS} months", full, bare + bare_months, "both as bare GROUP BYs", "")
    results.add("the same again (nothing differs)", again, full, "the first time", "")
    done = Counters.total(counters.as_dict() for counters in counted)
    results.add(
        f"{done.accounts_changed:,} accounts changed ({done.signals_written + done.snapshots_written:,} rows written)",
        changed,
        full,
        "all accounts",
        "<= 0.05",
    )
    results.add("nothing changed, twice", nothing, full, "all accounts", "")
    # In megabytes, not seconds; what counts is that it does not grow from chunk to chunk.
    results.add(f"peak MB after {len(memory)} chunks", memory[-1], memory[0], "peak MB after one", "~ 1")


def _refresh(
    engine: Engine,
    run_id: str,
    previous: Refresh | None,
    *,
    months: int = MONTHS,
    after_chunk: Callable[[], object] = lambda: None,
    counted: list[Counters] | None = None,
) -> Refresh:
    """As the DAG does it: one transaction starts, one plans, then one for every chunk."""
    stored = previous.watermark.as_dict() if previous else None
    with engine.begin() as connection:
        refresh = start_refresh(
            connection, airflow_run_id=run_id, params={}, watermark=stored, snapshot_months=months, full=not previous
        )
    with engine.begin() as connection:
        chunks = plan_chunks(connection, refresh, chunk_size=CHUNK)
    for chunk in chunks:
        with engine.begin() as connection:
            counters = refresh_chunk(connection, refresh, chunk)
        if counted is not None:
            counted.append(counters)
        after_chunk()
    return refresh


def _load(engine: Engine, accounts: int) -> None:
    with engine.begin() as connection:
        _insert(
            connection,
            "insert into users (id) select cast(lpad(to_hex(n), 32, '0') as uuid) from generate_series(1, 50) as n",
        )
        _insert(
            connection,
            """
            insert into prospect_intelligence_runs (account_domain, website_url, company_name, run_status, icp_score,
                is_b2b_saas, engineering_role_count, employees_min, created_at, known_at)
            select 'company-' || n || '.com', 'https://company-' || n || '.com', 'Company ' || n, 'success', 1 + n % 10,
                n % 3 = 0, n % 17, n % 900, ran_at, ran_at
            from generate_series(1, :accounts) as n
            cross join lateral (select now() - n * interval '400 days' / :accounts) as run (ran_at)
            """,
            accounts=accounts,
        )
        _insert(
            connection,
            """
            insert into user_interactions (user_id, account_domain, interaction_type, created_at, known_at)
            select cast(lpad(to_hex(1 + n * 7 % 50), 32, '0') as uuid), 'company-' || 1 + n % :accounts || '.com',
                (array['viewed', 'viewed', 'opened_research', 'contacted', 'viewed', 'meeting_booked', 'deal_lost',
                    'viewed', 'deal_won'])[1 + n % 9],
                done_at, done_at
            from generate_series(1, :interactions) as n
            cross join lateral (
                select now() - (cast(n as bigint) * 7919 % :interactions) * interval '400 days' / :interactions
            ) as done (done_at)
            """,
            accounts=accounts,
            interactions=accounts * INTERACTIONS_PER_ACCOUNT,
        )
    _analyze(engine)


def _change(engine: Engine, accounts: int) -> None:
    """A click now and a late-arriving one, for every hundredth account."""
    with engine.begin() as connection:
        _insert(
            connection,
            """
            insert into user_interactions (user_id, account_domain, interaction_type, created_at, known_at)
            select cast(lpad(to_hex(1), 32, '0') as uuid), 'company-' || 100 * n || '.com', 'opened_research',
                now() - late * interval '45 days', now() - late * interval '45 days'
            from generate_series(1, :accounts) as n, generate_series(0, 1) as late
            """,
            accounts=accounts,
        )


def _insert(connection: Connection, statement: str, **values: Any) -> None:
    connection.execute(text(statement), values)


def _execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def _analyze(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def _peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
