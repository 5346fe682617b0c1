"""Questions about a large account against asking contact by contact; the overview of all accounts against a GROUP BY.

One account has ``rows`` contacts, as many conversations, twice as many relationships and ten times as many touchpoints;
ten times as many other accounts have two contacts each. One contact of the large account knows all others.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from benchmarks.persistence import scratch_database
from benchmarks.results import Results, median_seconds, seconds
from prospecting.persistence.account_graph import (
    CONTACTS_LISTED,
    HEALTH_VALUES,
    find_expansion_targets,
    get_account_health_score,
    get_account_overview,
    get_conversation_context,
)
from prospecting.persistence.company_profiles import get_company_by_id
from prospecting.persistence.contacts import get_contact_by_id
from prospecting.persistence.conversations import get_conversations_by_contact
from prospecting.persistence.relationships import get_colleagues, get_contact_relationships
from prospecting.persistence.statements import statement
from prospecting.persistence.touchpoints import get_engagement_metrics, get_touchpoints

OTHERS = 10
"""Other accounts per contact of the large one."""
PATIENCE = 20
"""Seconds that the join of everything with everything may take."""
LARGE = 1

_LOAD = (
    """
    insert into companies (name, name_key, domain, source_system)
    select 'Company ' || n, 'company ' || n, 'company-' || n || '.com', 'bench'
    from generate_series(1, 1 + :others) as n
    """,
    """
    insert into persons (full_name, name_key, first_name, last_name, current_title, linkedin_url, source_system)
    select 'Jane Number' || n, 'jane number' || n, 'Jane', 'Number' || n, 'Chief Technology Officer',
        'https://www.linkedin.com/in/jane-' || n, 'bench'
    from generate_series(1, :all) as n
    """,
    """
    insert into contact_channels (person_id, channel_type, value, value_key)
    select n, 'phone', '+1555' || n, '1555' || n
    from generate_series(1, :all, 2) as n
    """,
    """
    insert into contacts (id, person_id, company_id, email, role, seniority_level, interests, research_data,
        is_decision_maker, engagement_score)
    select cast(lpad(to_hex(n), 32, '0') as uuid), n,
        case when n <= :contacts then 1 else 2 + (n - :contacts - 1) / 2 end,
        'jane' || n || '@example.com', 'executive', 'vp', '["AI", "Data"]', '{"bio": "Builds things"}', n % 10 = 0,
        n % 100
    from generate_series(1, :all) as n
    """,
    # The first knows all others, and each of these the next one.
    """
    insert into relationships (contact_id_1, contact_id_2, relationship_type, strength)
    select cast(lpad(to_hex(known), 32, '0') as uuid), cast(lpad(to_hex(n), 32, '0') as uuid), 'colleagues', 'strong'
    from generate_series(2, :contacts) as n
    cross join lateral (values (1), (n - 1)) as known_by (known)
    where n > 2 or known = 1
    on conflict do nothing
    """,
    """
    insert into relationships (contact_id_1, contact_id_2, relationship_type)
    select cast(lpad(to_hex(n), 32, '0') as uuid), cast(lpad(to_hex(n + 1), 32, '0') as uuid), 'colleagues'
    from generate_series(:contacts + 1, :all, 2) as n
    """,
    """
    insert into conversations (id, contact_id, company_id, status, qualification_tier, context)
    select cast(lpad(to_hex(n), 32, '0') as uuid), c.id, c.company_id,
        (array['active', 'paused', 'won'])[1 + n % 3], 'warm', '{"topics_discussed": ["prices"]}'
    from generate_series(1, :all) as n
    join contacts as c on c.id = cast(lpad(to_hex(n), 32, '0') as uuid)
    where n <= :contacts or n % 2 = 0
    """,
    """
    insert into touchpoints (conversation_id, channel, direction, subject, content, sent_at, opened_at)
    select v.id, 'email', 'outbound', 'Hello', repeat('word ', 50), now() - n * interval '1 day', now()
    from conversations as v
    cross join lateral generate_series(1, case v.company_id when 1 then 10 else 1 end) as n
    """,
)

# One number of each kind of row, for each company: nobody can do with less.
_BARE = """
create temporary table bare on commit drop as
select company_id, count(*) from (
    select company_id from contacts
    union all
    select company_id from conversations
    union all
    select v.company_id from touchpoints as t join conversations as v on v.id = t.conversation_id
    union all
    select c.company_id
    from relationships as r
    cross join lateral (values (r.contact_id_1), (r.contact_id_2)) as ends (contact_id)
    join contacts as c on c.id = ends.contact_id
) as counted
group by company_id
"""
# All of it side by side, and then each once.
_JOINED = """
create temporary table joined on commit drop as
select m.id, count(distinct c.id) as contacts, count(distinct c.id) filter (where c.is_primary_contact) as primary_ones,
       count(distinct c.id) filter (where c.is_decision_maker) as decision_makers,
       count(distinct v.id) as conversations, count(distinct v.id) filter (where v.status = 'active') as active,
       count(distinct t.id) as touchpoints, count(distinct t.id) filter (where t.replied_at is not null) as replies,
       max(t.sent_at) as last_at, count(distinct r.id) as relationships
from companies as m
left join contacts as c on c.company_id = m.id
left join conversations as v on v.company_id = m.id
left join touchpoints as t on t.conversation_id = v.id
left join relationships as r on c.id in (r.contact_id_1, r.contact_id_2)
group by m.id
"""


def run(results: Results, *, rows: int) -> None:
    """``rows`` contacts of the large account."""
    with scratch_database() as engine:
        _load(engine, rows)
        with engine.connect() as connection:
            _questions(connection, results, rows)
        _overview_of_all(engine, results, rows)


def _questions(connection: Connection, results: Results, contacts: int) -> None:
    first = UUID(int=1)
    known = [UUID(int=number) for number in range(2, 202)]
    listed = median_seconds(lambda: get_account_overview(connection, LARGE))
    all_listed = seconds(lambda: get_account_overview(connection, LARGE, contact_limit=None))
    health = median_seconds(lambda: get_account_health_score(connection, LARGE))
    best = median_seconds(lambda: find_expansion_targets(connection, first, limit=100))
    targets = seconds(lambda: find_expansion_targets(connection, first))
    context = median_seconds(lambda: get_conversation_context(connection, UUID(int=7)))
    one_by_one = seconds(lambda: _overview_one_by_one(connection, known)) * contacts / len(known)
    colleagues = seconds(lambda: _targets_one_by_one(connection, known)) * contacts / len(known)
    single = median_seconds(lambda: _context_by_single_questions(connection, UUID(int=7)))
    what = f"account of {contacts:,} contacts"
    measured = f"contact by contact ({len(known)} measured)"
    results.add(f"{what}: overview, {CONTACTS_LISTED} listed (<= 0.2 s)", listed, one_by_one, measured, "<= 0.05")
    results.add(f"{what}: overview, all listed", all_listed, one_by_one, measured, "<= 1")
    results.add(f"{what}: health", health, listed, "the overview", "<= 1")
    results.add(f"{what}: 100 best targets among all", best, colleagues, measured, "<= 0.1")
    results.add(f"{what}: all as targets", targets, colleagues, measured, "<= 0.5")
    results.add(f"{what}: context of a contact", context, single, "the same by single questions", "<= 1.2")


def _overview_one_by_one(connection: Connection, contact_ids: Sequence[UUID]) -> None:
    """A statement per contact, and its relationships."""
    for contact_id in contact_ids:
        get_contact_by_id(connection, contact_id)
        get_contact_relationships(connection, contact_id)
        get_conversations_by_contact(connection, contact_id)


def _targets_one_by_one(connection: Connection, contact_ids: Sequence[UUID]) -> None:
    for contact_id in contact_ids:
        get_contact_by_id(connection, contact_id)
        get_conversations_by_contact(connection, contact_id, "active")


def _context_by_single_questions(connection: Connection, contact_id: UUID) -> None:
    contact = get_contact_by_id(connection, contact_id)
    assert contact is not None
    assert contact.company_id is not None
    get_company_by_id(connection, contact.company_id)
    for conversation in get_conversations_by_contact(connection, contact_id):
        get_touchpoints(connection, conversation.id, 10)
        get_engagement_metrics(connection, conversation.id)
    get_contact_relationships(connection, contact_id)
    get_colleagues(connection, contact_id)


def _overview_of_all(engine: Engine, results: Results, contacts: int) -> None:
    with engine.connect() as connection:
        definition = connection.execute(text("select pg_get_viewdef('account_overview'::regclass)")).scalar_one()
    bare = median_seconds(lambda: _execute(engine, _BARE), 3)
    own = median_seconds(lambda: _execute(engine, f"create temporary table own on commit drop as {definition}"), 3)
    refreshed = median_seconds(lambda: _execute(engine, "select refresh_account_overview()"), 3)
    health = median_seconds(lambda: _healths(engine), 3)
    joined, ending = _with_patience(engine)
    accounts = f"{1 + OTHERS * contacts:,} accounts"
    results.add(f"{accounts}: overview refreshed, while others read it", refreshed, bare, "bare GROUP BY", "<= 3")
    results.add(f"{accounts}: overview computed", own, bare, "bare GROUP BY", "<= 2")
    results.add(f"{accounts}: health", health, bare, "bare GROUP BY", "<= 3")
    results.add(f"{accounts}: all tables joined{ending}", joined, own, "overview computed", "")


def _healths(engine: Engine) -> None:
    with engine.begin() as connection:
        values = {**HEALTH_VALUES, "first_id": 0, "last_id": 2**63 - 1, "company_ids": None}
        health = statement("account_graph/account_health").text
        connection.execute(text(f"create temporary table healths on commit drop as {health}"), values)


def _with_patience(engine: Engine) -> tuple[float, str]:
    """Seconds that joining all tables took, and how it ended when not by itself."""
    ending: list[str] = []

    def join() -> None:
        with engine.begin() as connection:
            connection.execute(text(f"set local statement_timeout = '{PATIENCE}s'"))
            try:
                connection.execute(text(_JOINED))
            except OperationalError:
                ending.append(f" (cancelled after {PATIENCE} s)")
                connection.rollback()

    return seconds(join), "".join(ending)


def _load(engine: Engine, contacts: int) -> None:
    values = {"contacts": contacts, "others": OTHERS * contacts, "all": (1 + 2 * OTHERS) * contacts}
    for name, sql in enumerate(_LOAD, 1):
        print(f"  loading, {name} of {len(_LOAD)} ...", file=sys.stderr, flush=True)
        wanted: dict[str, Any] = {key: value for key, value in values.items() if f":{key}" in sql}
        with engine.begin() as connection:
            connection.execute(text(sql), wanted)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def _execute(engine: Engine, sql: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(sql))
