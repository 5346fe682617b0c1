"""Which companies the identity gate holds back: the facts that decide, and what the rule says of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.names import person_key
from prospecting.persistence.erased_identities import Mention, find_erased
from prospecting.persistence.statements import statement
from prospecting.scoring.identity_gate import Identity, Verdict, judge


def query_identities(
    connection: Connection,
    company_ids: Sequence[int],
    *,
    execution_id: UUID | None = None,
    seen_since: date | None = None,
) -> list[Identity]:
    """The identities of companies, by id. ``people`` were seen on ``seen_since`` or later; nobody was without a day."""
    values = {"ids": list(company_ids), "execution_id": execution_id, "seen_since": seen_since}
    rows = connection.execute(statement("identity_gate/identities"), values).mappings().all()
    erased = find_erased(
        connection, (Mention(name_key=person_key(row["name"]) or None, company_id=row["id"]) for row in rows)
    )
    return [
        Identity(
            **{**row, "people": tuple((person_id, title) for person_id, title in row["people"])},
            is_erased=position in erased,
        )
        for position, row in enumerate(rows)
    ]


def judge_companies(
    connection: Connection,
    company_ids: Sequence[int],
    *,
    is_paid: bool,
    execution_id: UUID | None = None,
    target_functions: Sequence[str] = (),
    kinds: Collection[str] = (),
    fresh_days: int = 0,
    today: date | None = None,
) -> list[tuple[Identity, Verdict]]:
    """Companies nobody is asked about, each with the reason, by id.

    ``kinds`` as in ``judge``. Who was seen at most ``fresh_days`` before ``today`` is known; with 0 days, nobody is.
    """
    since = today - timedelta(days=fresh_days) if today and fresh_days and is_paid else None
    found = query_identities(connection, company_ids, execution_id=execution_id, seen_since=since)
    verdicts = (
        (company, judge(company, is_paid=is_paid, target_functions=target_functions, kinds=kinds)) for company in found
    )
    return [(company, verdict) for company, verdict in verdicts if verdict is not None]


def judge_for_seats(
    connection: Connection, company_ids: Sequence[int], *, is_paid: bool
) -> list[tuple[Identity, Verdict]]:
    """Companies whose seats nobody is asked about, each with the reason, by id.

    Evaluations make no requests for them, and backfills cancel those that are there: both by this rule. Agents that
    cost nothing answer about whoever has seats, whatever kind of organisation it is and whatever it is called.
    """
    judged = judge_companies(connection, company_ids, is_paid=is_paid)
    return [(company, verdict) for company, verdict in judged if is_paid or verdict is not Verdict.not_a_company]
