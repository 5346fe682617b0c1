"""Tries out who sees and changes what: the API for two users made up for it, the API without a user, and whoever runs
this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from prospecting.persistence.access import API_ROLE, act_as_user, act_for_org
from prospecting.persistence.schema.access import GRANTS
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.statements import statement

REFUSED = {"42501", "23001"}
"""insufficient_privilege: by a missing grant or a policy; restrict_violation: by a trigger."""


class Trial(NamedTuple):
    """One thing somebody does, and how it should end: ``refused``, or this many rows seen or changed.

    who: ``user A``, ``user B``, ``org A`` (the API on their behalf), ``nobody`` (the API without a user) or ``login``.
    """

    who: str
    what: str
    expected: str
    sql: str


_RESEARCH = """
    select from save_own_research(jsonb_build_object(
        'user_id', cast({user} as uuid), 'account_domain', 'verify.invalid', 'website_url', 'https://verify.invalid',
        'company_name', 'x', 'data', cast('{{}}' as jsonb), 'icp_score', 5, 'priority_level', 'medium',
        'extracted_at', now(), 'extraction_duration_ms', 0
    ))"""
_INTERACTION = """
    select from log_own_interactions(json_build_array(json_build_object(
        'position', 1, 'id', gen_random_uuid(), 'user_id', cast({user} as uuid), 'account_domain', 'verify.invalid',
        'interaction_type', 'viewed', 'interaction_metadata', cast('{{}}' as json), 'created_at', now()
    )))"""
_FAILURE = """
    select from record_own_failure(jsonb_build_object(
        'user_id', cast({user} as uuid), 'account_domain', 'verify.invalid', 'website_url', 'https://verify.invalid',
        'run_status', 'error', 'created_at', now()
    ))"""
_DELETE = "select from prospect_intelligence where delete_own_research(id)"
_ADDED = (
    "insert into user_interactions (user_id, account_domain, interaction_type, recorded_at) "
    "values (:a, 'verify.invalid', 'viewed', now() - interval '1 year')"
)
_TOUCHPOINTS = """
    with m as (
        insert into companies (name, name_key, source_system)
        values (cast(:other as text), cast(:other as text), 'verify') returning id
    ),
    p as (
        insert into persons (full_name, name_key, source_system) values ('Nobody', cast(:other as text), 'verify')
        returning id
    ),
    c as (insert into contacts (person_id, company_id) select p.id, m.id from p, m returning id, company_id),
    v as (insert into conversations (contact_id, company_id) select id, company_id from c returning id)
    insert into touchpoints (conversation_id, channel, direction, created_by_user_id)
    select v.id, 'email', 'outbound', u.id from v, unnest(array[cast(:a as uuid), cast(:b as uuid)]) as u (id)"""
_BRIEFINGS = ("icp_job_titles", "company_intel_briefings", "person_intel_briefings")
_TWO_ORGS = """
    with o as (
        insert into orgs (id, name, slug)
        select u.id, 'verify', u.id::text from unnest(array[cast(:a as uuid), cast(:b as uuid)]) as u (id) returning id
    ),
    i as (
        insert into icp_job_titles (org_id, company_domain, raw_parallel_output)
        select id, 'verify.invalid', cast('{}' as jsonb) from o
    ),
    c as (
        insert into company_intel_briefings (org_id, company_domain, raw_parallel_output)
        select id, 'verify.invalid', cast('{}' as jsonb) from o
    )
    insert into person_intel_briefings (org_id, person_full_name, raw_parallel_output)
    select id, 'Nobody', cast('{}' as jsonb) from o"""
_TRIALS = (
    ("login", "stores a touchpoint of A and one of B", "2 rows", _TOUCHPOINTS),
    ("login", "stores briefings of orgs A and B", "2 rows", _TWO_ORGS),
    *(
        ("org A", f"reads {table} of A and B", "1 row", f"select from {table} where org_id in (:a, :b)")
        for table in _BRIEFINGS
    ),
    ("user A", "saves research", "1 row", _RESEARCH.format(user=":a")),
    ("user A", "saves a research run that failed", "1 row", _FAILURE.format(user=":a")),
    ("user A", "logs an interaction", "1 row", _INTERACTION.format(user=":a")),
    ("user B", "saves research", "1 row", _RESEARCH.format(user=":b")),
    ("user B", "saves a research run that failed", "1 row", _FAILURE.format(user=":b")),
    ("user B", "logs an interaction", "1 row", _INTERACTION.format(user=":b")),
    ("user A", "reads users", "1 row", "select from users limit 2"),
    ("user A", "reads research of A and B", "1 row", "select from prospect_intelligence where user_id in (:a, :b)"),
    ("user A", "reads research of B", "0 rows", "select from prospect_intelligence where user_id = :b"),
    ("user A", "reads interactions of A and B", "1 row", "select from user_interactions where user_id in (:a, :b)"),
    ("user A", "reads interactions of B", "0 rows", "select from user_interactions where user_id = :b"),
    ("user A", "reads what B alone did", "0 rows", "select from account_activity(array['verify.invalid'])"),
    ("user A", "reads counts of what users did", "refused", "select interaction_count from account_signals limit 1"),
    ("user A", "reads research runs", "refused", "select id from prospect_intelligence_runs limit 1"),
    ("user A", "saves research as B", "refused", _RESEARCH.format(user=":b")),
    ("user A", "saves a research run as B", "refused", _FAILURE.format(user=":b")),
    ("user A", "saves a research run of nobody", "refused", _FAILURE.format(user="null")),
    ("user A", "logs an interaction as B", "refused", _INTERACTION.format(user=":b")),
    ("user A", "registers B", "refused", "insert into users (id) values (:other)"),
    ("user A", "adds research as a row", "refused", "insert into prospect_intelligence (user_id) values (:a)"),
    ("user A", "changes own research as a row", "refused", "update prospect_intelligence set icp_score = 6"),
    ("user A", "adds an interaction recorded long ago", "refused", _ADDED),
    ("user A", "adds a research run", "refused", "insert into prospect_intelligence_runs (user_id) values (null)"),
    ("user A", "reads briefings, for no org", "0 rows", "select from company_intel_briefings limit 1"),
    ("user A", "changes a briefing", "refused", "update company_intel_briefings set processor = 'x' where false"),
    ("user A", "changes an account", "refused", "update accounts set company_name = 'x' where false"),
    ("user A", "adds an account", "refused", "insert into accounts (account_domain) values ('verify.invalid')"),
    ("user A", "changes features of an account", "refused", "update account_signals set icp_score = 1 where false"),
    ("user A", "adds features of an account", "refused", "insert into account_signals (icp_score) values (1)"),
    ("user A", "notes a change of an account", "refused", "insert into account_changes (since) values (now())"),
    ("user A", "changes own interaction", "refused", "update user_interactions set account_domain = 'x'"),
    ("user A", "deletes own interaction", "refused", "delete from user_interactions"),
    ("user A", "empties interactions", "refused", "truncate user_interactions"),
    ("user A", "deletes B", "refused", "delete from users where id = :b"),
    ("user A", "locks accounts", "refused", "lock table accounts in access exclusive mode"),
    ("user A", "locks own research", "refused", "lock table prospect_intelligence in row exclusive mode"),
    ("user A", "locks an account", "refused", "select from accounts limit 1 for key share"),
    ("user A", "deletes own research", "1 row", _DELETE),
    ("user A", "has no research", "0 rows", "select from prospect_intelligence"),
    ("user A", "reads touchpoints of A and B", "1 row", "select from touchpoints where created_by_user_id in (:a, :b)"),
    ("user A", "changes own touchpoint", "refused", "update touchpoints set subject = 'x' where false"),
    ("user A", "adds a contact", "refused", "insert into contacts (person_id) values (0)"),
    ("user A", "tries out a keyed hash", "refused", "select keyed_hash('email', 'a@verify.invalid')"),
    ("nobody", "reads touchpoints", "0 rows", "select from touchpoints where created_by_user_id in (:a, :b)"),
    ("nobody", "reads users", "0 rows", "select from users limit 1"),
    ("nobody", "reads briefings", "0 rows", "select from person_intel_briefings limit 1"),
    ("nobody", "reads research", "0 rows", "select from prospect_intelligence limit 1"),
    ("nobody", "reads interactions", "0 rows", "select from user_interactions limit 1"),
    ("nobody", "saves research as A", "refused", _RESEARCH.format(user=":a")),
    ("nobody", "saves a research run as A", "refused", _FAILURE.format(user=":a")),
    ("nobody", "saves a research run of nobody", "refused", _FAILURE.format(user="null")),
    ("nobody", "logs an interaction as A", "refused", _INTERACTION.format(user=":a")),
    ("nobody", "asks what users did", "refused", "select from account_activity(array['verify.invalid'])"),
    ("login", "reads research of B", "1 row", "select from prospect_intelligence where user_id = :b"),
    ("login", "changes an interaction", "refused", "update user_interactions set account_domain = 'x' where false"),
    ("login", "deletes an interaction", "refused", "delete from user_interactions where false"),
)


def trials() -> Iterator[Trial]:
    """All trials, in the order in which they build on each other; the last are the tables the API must not read."""
    for trial in _TRIALS:
        yield Trial(*trial)
    granted = {grant.table for grant in GRANTS if grant.role == API_ROLE}
    for table in metadata.tables:
        if table not in granted:
            yield Trial("user A", f"reads {table}", "refused", f"select from {table} limit 1")


def try_out(connection: Connection, tried: Iterable[Trial]) -> list[tuple[Trial, str]]:
    """Each trial with how it ended. Their writes stay until the caller rolls the transaction back.

    Raises ``AccessError`` when the login may not become the API's role.
    """
    ids = {name: uuid4() for name in ("a", "b", "other")}
    return [(trial, _outcome(connection, trial, ids)) for trial in tried]


def _outcome(connection: Connection, trial: Trial, ids: Mapping[str, UUID]) -> str:
    savepoint = connection.begin_nested()
    try:
        with _acting(connection, trial.who, ids):
            rows = connection.execute(text(trial.sql), ids).rowcount
        savepoint.commit()
    except DBAPIError as error:
        savepoint.rollback()
        state = getattr(error.orig, "sqlstate", None)
        return "refused" if state in REFUSED else f"error {state}"
    return f"{rows} row{'' if rows == 1 else 's'}"


@contextmanager
def _acting(connection: Connection, who: str, ids: Mapping[str, UUID]) -> Iterator[None]:
    """Act in the role of somebody. Rolling back to a savepoint before this ends the role as well."""
    if who.startswith("user "):
        act_as_user(connection, ids[who[-1].lower()])
    elif who.startswith("org "):
        act_for_org(connection, ids[who[-1].lower()])
    elif who == "nobody":
        connection.execute(text("select set_config('role', :role, true)"), {"role": API_ROLE})
    yield
    connection.execute(statement("access/own_role"))
