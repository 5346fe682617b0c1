"""The identity gate: companies that nobody is asked about, because the answer would be of no use or must not be kept.

Agents that cost nothing are kept from what must not be kept, and from what is no company. Paid ones are not asked,
either, when nobody can say which company an answer would be about, or when the answer is known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.hosts import kinds_of_host
from prospecting.parsing.ownership import read_website
from prospecting.parsing.placeholders import stands_for_nothing
from prospecting.parsing.titles import matches_target
from prospecting.persistence.identity_gate import Identity, query_identities


class Verdict(StrEnum):
    """Reasons why nobody is asked about a company; the first that holds counts."""

    suppressed = "suppressed"
    erased = "erased"
    not_a_company = "not_a_company"
    domain_in_doubt = "domain_in_doubt"
    already_known = "already_known"


IN_WORDS = {
    Verdict.suppressed: "Its domain is suppressed: nobody there wants to be written to",
    Verdict.erased: "It has the name of a person who asked to be forgotten",
    Verdict.not_a_company: "It is no company: a placeholder, a host of others, an authority, a venue or a person",
    Verdict.domain_in_doubt: "Which company it is, is in doubt: another one may be the same, or has its name, and its "
    "domain is not known; decide about the pair, or give it a domain",
    Verdict.already_known: "Everybody wanted is known there, and was seen lately (fresh_days)",
}
NO_COMPANIES = frozenset({"government", "venue", "person"})
"""Kinds that are no companies."""


def judge(
    company: Identity, *, is_paid: bool, target_functions: Sequence[str] = (), kinds: Collection[str] = ()
) -> Verdict | None:
    """The reason why nobody is asked about a company, or ``None``.

    ``is_paid``: the agents cost something. Without ``target_functions`` nobody is known well enough. ``kinds`` are
    wanted although they are no companies, such as ``government``.
    """
    if company.is_suppressed:
        return Verdict.suppressed
    if company.is_erased:
        return Verdict.erased
    if company.was_asked:  # asked again, it is answered from the ledger
        return None
    if _is_no_company(company, kinds):
        return Verdict.not_a_company
    if not is_paid:
        return None
    if company.is_in_doubt or company.is_ambiguous:
        return Verdict.domain_in_doubt
    if target_functions and all(_holders(company, target) for target in target_functions):
        return Verdict.already_known
    return None


def known_people(company: Identity, target_functions: Sequence[str], limit: int) -> list[int]:
    """The ids of at most ``limit`` people in the target functions, which take turns, those seen last first."""
    queues = [_holders(company, target) for target in target_functions]
    turns = (queue[turn] for turn in range(len(company.people)) for queue in queues if turn < len(queue))
    return list(dict.fromkeys(turns))[:limit]


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


def _is_no_company(company: Identity, wanted: Collection[str]) -> bool:
    if company.kind in NO_COMPANIES.difference(wanted) or stands_for_nothing(company.name):
        return True
    domain = company.domain
    return domain is not None and bool(kinds_of_host(domain)) and read_website(domain, company.name).domain != domain


def _holders(company: Identity, target: str) -> list[int]:
    return list(dict.fromkeys(person_id for person_id, title in company.people if matches_target(title, target)))
