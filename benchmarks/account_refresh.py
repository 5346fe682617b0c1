"""Engagement and health of all accounts, against a bare GROUP BY of the same rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, text

from benchmarks.persistence import scratch_database
from benchmarks.results import Results, seconds
from prospecting.persistence.account_refreshes import (
    Counters,
    add_counts,
    find_refresh,
    plan_chunks,
    record_health,
    start_refresh,
)
from prospecting.persistence.contact_engagement import refresh_engagement

CHUNK = 50_000
CONTACTS_PER_ACCOUNT = 2
TOUCHPOINTS_PER_CONTACT = 3
AS_OF = datetime.now(UTC)

# What nobody can do without: what each contact did and each account has, written to a table.
_BARE_CONTACTS = """
create temporary table bare_contacts on commit drop as
select v.contact_id,
       count(*) as touchpoints,
       count(t.opened_at) as opened,
       count(t.clicked_at) as clicked,
       count(t.replied_at) as replied,
       count(*) filter (where t.direction = 'inbound') as inbound,
       count(*) filter (where t.channel = 'call' and t.call_duration_seconds > 0) as calls,
       count(*) filter (where t.channel = 'meeting') as meetings,
       max(t.sent_at) as last_at
from touchpoints as t
join conversations as v on v.id = t.conversation_id
group by v.contact_id
"""
_BARE_ACCOUNTS = """
create temporary table bare_accounts on commit drop as
select c.company_id, count(*) as contacts, sum(c.engagement_score) as engagement,
       count(*) filter (where c.is_decision_maker) as decision_makers, max(v.conversations) as conversations,
       max(r.relationships) as relationships
from contacts as c
left join (
    select company_id, count(*) as conversations from conversations where status = 'active' group by company_id
) as v using (company_id)
left join (
    select c.company_id, count(*) as relationships
    from relationships as r
    join contacts as c on c.id = r.contact_id_1
    group by c.company_id
) as r using (company_id)
where c.status = 'active'
group by c.company_id
"""


# And put where it belongs, by statements that ask nothing.
_WRITE_CONTACTS = """
update contacts as c set engagement_score = 1 + b.touchpoints % 90 from bare_contacts as b where b.contact_id = c.id
"""
_WRITE_ACCOUNTS = """
insert into account_health_history (company_id, observed_on, total_score, engagement, conversations, relationships,
                                    decision_makers, health_status, contacts, active_conversations)
select company_id, current_date, 0, 0, 0, 0, 0, 'poor', contacts, coalesce(conversations, 0) from bare_accounts
"""


def run(results: Results, *, rows: int) -> None:
    """``rows`` accounts with two contacts each, who know each other, and three touchpoints with each of them."""
    with scratch_database() as engine:
        _load(engine, rows)
        written = seconds(lambda: _undo(engine, _BARE_CONTACTS, _WRITE_CONTACTS, _BARE_ACCOUNTS, _WRITE_ACCOUNTS))
        _vacuum(engine, "full")  # as if that had not been
        _vacuum(engine, "analyze")
        done: list[Counters] = []
        first = seconds(lambda: done.append(_refresh(engine, "first")))
        _vacuum(engine, "analyze")
        bare = seconds(lambda: _execute(engine, _BARE_CONTACTS, _BARE_ACCOUNTS))
        again = seconds(lambda: done.append(_refresh(engine, "again")))
    assert done[1] == Counters(), "nothing was news"
    what = f"{rows:,} accounts, {rows * CONTACTS_PER_ACCOUNT * TOUCHPOINTS_PER_CONTACT:,} touchpoints"
    wrote = f"{done[0].scores_changed:,} scores, {done[0].healths_written:,} healths"
    results.add(f"{what}: {wrote}", first, written, "bare GROUP BYs, written", "<= 3")
    results.add("the same again (nothing differs)", again, bare, "bare GROUP BYs", "<= 3")


def _refresh(engine: Engine, run_id: str) -> Counters:
    """As the DAG does it: one transaction starts, one plans, then one for every chunk."""
    with engine.begin() as connection:
        refresh = start_refresh(connection, airflow_run_id=run_id, params={}, as_of=AS_OF)
    with engine.begin() as connection:
        chunks = plan_chunks(connection, refresh, chunk_size=CHUNK)
    for chunk in chunks:
        with engine.begin() as connection:
            scores = refresh_engagement(connection, as_of=refresh.as_of, first_id=chunk.first_id, last_id=chunk.last_id)
            healths = record_health(connection, chunk, observed_on=refresh.today)
            add_counts(connection, refresh.id, "accounts", Counters(scores, healths).as_dict())
    with engine.connect() as connection:
        return Counters(**find_refresh(connection, refresh.id).counts["accounts"])


def _load(engine: Engine, accounts: int) -> None:
    contacts = accounts * CONTACTS_PER_ACCOUNT
    _execute(
        engine,
        """
        insert into companies (name, name_key, source_system)
        select 'Company ' || n, 'company ' || n, 'bench' from generate_series(1, :accounts) as n
        """,
        """
        insert into persons (full_name, name_key, source_system)
        select 'Ann Poe', 'ann poe', 'bench' from generate_series(1, :contacts) as n
        """,
        """
        insert into contacts (person_id, company_id, is_decision_maker, status)
        select p.id, c.id, p.number % 5 = 0, case when p.number % 9 = 0 then 'unsubscribed' else 'active' end
        from (select id, row_number() over (order by id) as number from persons) as p
        join (select id, row_number() over (order by id) as number from companies) as c
            on c.number = 1 + p.number % :accounts
        """,
        """
        insert into relationships (contact_id_1, contact_id_2, relationship_type)
        select ids[1], ids[2], 'colleagues'
        from (select array_agg(id) as ids from contacts group by company_id) as known
        """,
        """
        insert into conversations (contact_id, company_id, status)
        select id, company_id, case when random() < 0.6 then 'active' else 'paused' end from contacts
        """,
        """
        insert into touchpoints (conversation_id, channel, direction, sent_at, opened_at, clicked_at, replied_at,
                                 call_duration_seconds)
        select v.id,
               (array['email', 'email', 'email', 'email', 'call', 'meeting'])[1 + floor(chance * 6)::integer],
               case when chance < 0.2 then 'inbound' else 'outbound' end,
               at, case when chance < 0.5 then at + interval '1 hour' end,
               case when chance < 0.3 then at + interval '2 hours' end,
               case when chance < 0.1 then at + interval '1 day' end, floor(chance * 60)
        from conversations as v, generate_series(1, :each) as n,
             lateral (
                 select random() as chance, now() - interval '2 days' - random() * interval '400 days' as at
                 where v.id is not null and n > 0
             ) as r
        """,
        accounts=accounts,
        contacts=contacts,
        each=TOUCHPOINTS_PER_CONTACT,
    )
    _vacuum(engine, "analyze")


def _vacuum(engine: Engine, how: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"vacuum ({how})"))


def _undo(engine: Engine, *statements: str) -> None:
    """Execute statements in a transaction that is rolled back."""
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
        connection.rollback()


def _execute(engine: Engine, *statements: str, **values: Any) -> None:
    with engine.begin() as connection:
        for statement in statements:
            wanted = text(statement)
            connection.execute(wanted, {name: values[name] for name in wanted._bindparams})
