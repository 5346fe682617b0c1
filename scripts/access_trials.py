"""Tries out who sees and changes what: the API for two users made up for it, the API without a user, and whoever runs
this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from prospecting.persistence.access import API_ROLE, act_as_user
from prospecting.persistence.schema.objects import GRANTS
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.statements import statement

REFUSED = {"42501", "23001"}
"""insufficient_privilege: by a missing grant or a policy; restrict_violation: by a trigger."""


class Trial(NamedTuple):
    """One thing somebody does, and how it should end: ``refused``, or this many rows seen or changed.

    who: ``user A``, ``user B`` (the API on their behalf), ``nobody`` (the API without a user) or ``login``.
    """

    who: str
    what: str
    expected: str
    sql: str


_USER = "insert into users (id) values (:{})"
_RESEARCH = (
    "insert into prospect_intelligence (user_id, website_url, company_name, data, icp_score, priority_level, "
    "extracted_at, extraction_duration_ms) values (:{}, 'https://verify.invalid', 'x', '{{}}', 5, 'medium', now(), 0)"
)
_INTERACTION = (
    "insert into user_interactions (user_id, account_domain, interaction_type) values (:{}, 'verify.invalid', 'viewed')"
)
_RUN = (
    "insert into prospect_intelligence_runs (user_id, account_domain, website_url, run_status, run_key) "
    "values ({}, 'verify.invalid', 'https://verify.invalid', 'error', cast(:{} as text))"
)
_ONCE = " on conflict (run_key) do nothing"
_RUNS = "select id from prospect_intelligence_runs where run_key = any(array[{}])"
_RUN_A, _RUN_B, _RUN_OF_NOBODY = "cast(:a as text)", "cast(:b as text)", "cast(:nobody as text)"
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
_TRIALS = (
    ("login", "stores a touchpoint of A and one of B", "2 rows", _TOUCHPOINTS),
    ("user A", "registers", "1 row", _USER.format("a")),
    ("user A", "registers B", "refused", _USER.format("b")),
    ("user A", "saves research", "1 row", _RESEARCH.format("a")),
    ("user A", "saves a research run", "1 row", _RUN.format(":a", "a") + _ONCE),
    ("user A", "saves the research run again", "0 rows", _RUN.format(":a", "a") + _ONCE),
    ("user A", "saves a research run of nobody", "1 row", _RUN.format("null", "nobody") + _ONCE),
    ("user A", "logs an interaction", "1 row", _INTERACTION.format("a")),
    ("user B", "registers", "1 row", _USER.format("b")),
    ("user B", "saves research", "1 row", _RESEARCH.format("b")),
    ("user B", "saves a research run", "1 row", _RUN.format(":b", "b")),
    ("user B", "logs an interaction", "1 row", _INTERACTION.format("b")),
    ("user A", "reads users", "1 row", "select from users limit 2"),
    ("user A", "reads research of A and B", "1 row", "select from prospect_intelligence where user_id in (:a, :b)"),
    ("user A", "reads research of B", "0 rows", "select from prospect_intelligence where user_id = :b"),
    ("user A", "reads interactions of A and B", "1 row", "select from user_interactions where user_id in (:a, :b)"),
    ("user A", "reads interactions of B", "0 rows", "select from user_interactions where user_id = :b"),
    ("user A", "finds research runs of A and B", "1 row", _RUNS.format(f"{_RUN_A}, {_RUN_B}")),
    ("user A", "finds the research run of B", "0 rows", _RUNS.format(_RUN_B)),
    ("user A", "finds the research run of nobody", "1 row", _RUNS.format(_RUN_OF_NOBODY)),
    ("user A", "reads research runs", "refused", "select website_url from prospect_intelligence_runs limit 1"),
    ("user A", "saves a research run as B", "refused", _RUN.format(":b", "other")),
    ("user A", "saves research as B", "refused", _RESEARCH.format("b")),
    ("user A", "changes own research", "1 row", "update prospect_intelligence set icp_score = 6"),
    ("user A", "hands own research to B", "refused", "update prospect_intelligence set user_id = :b"),
    ("user A", "changes research of B", "0 rows", "update prospect_intelligence set icp_score = 7 where user_id = :b"),
    ("user A", "deletes research of B", "0 rows", "delete from prospect_intelligence where user_id = :b"),
    ("user A", "deletes own research", "1 row", "delete from prospect_intelligence"),
    ("user A", "logs an interaction as B", "refused", _INTERACTION.format("b")),
    ("user A", "changes own interaction", "refused", "update user_interactions set account_domain = 'x'"),
    ("user A", "deletes own interaction", "refused", "delete from user_interactions"),
    ("user A", "empties interactions", "refused", "truncate user_interactions"),
    ("user A", "deletes B", "refused", "delete from users where id = :b"),
    ("user A", "reads touchpoints of A and B", "1 row", "select from touchpoints where created_by_user_id in (:a, :b)"),
    ("user A", "changes own touchpoint", "refused", "update touchpoints set subject = 'x' where false"),
    ("user A", "adds a contact", "refused", "insert into contacts (person_id) values (0)"),
    ("user A", "tries out a keyed hash", "refused", "select keyed_hash('email', 'a@verify.invalid')"),
    ("nobody", "reads touchpoints", "0 rows", "select from touchpoints where created_by_user_id in (:a, :b)"),
    ("nobody", "reads users", "0 rows", "select from users limit 1"),
    ("nobody", "reads research", "0 rows", "select from prospect_intelligence limit 1"),
    ("nobody", "reads interactions", "0 rows", "select from user_interactions limit 1"),
    ("nobody", "finds the research run of A", "0 rows", _RUNS.format(_RUN_A)),
    ("nobody", "saves research as A", "refused", _RESEARCH.format("a")),
    ("nobody", "saves a research run as A", "refused", _RUN.format(":a", "other")),
    ("nobody", "logs an interaction as A", "refused", _INTERACTION.format("a")),
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
    ids = {name: uuid4() for name in ("a", "b", "nobody", "other")}
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
    elif who == "nobody":
        connection.execute(text("select set_config('role', :role, true)"), {"role": API_ROLE})
    yield
    connection.execute(statement("access/own_role"))
