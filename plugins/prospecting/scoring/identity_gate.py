"""The identity gate: companies that nobody is asked about, because the answer would be of no use or must not be kept.

Agents that cost nothing are kept from what must not be kept, and from what is no company. Paid ones are not asked,
either, when nobody can say which company an answer would be about, or when the answer is known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from prospecting.parsing.hosts import kinds_of_host
from prospecting.parsing.ownership import read_website
from prospecting.parsing.placeholders import stands_for_nothing
from prospecting.parsing.titles import matches_target


@dataclass(frozen=True, slots=True)
class Identity:
    """A company, and what is known of who it is.

    ``kind``: the kind of organisation, where it is known. ``is_in_doubt``: it is part of an open pair that may be one
    company. ``is_ambiguous``: it has no domain, and shares its name. ``is_suppressed``: its domain is, or one above.
    ``is_erased``: it has the name of somebody at it who asked to be forgotten. ``was_asked``: the execution has an
    answer about it. ``people``: (person id, title) of those in current roles that were seen lately, the latest first.
    """

    id: int
    name: str
    domain: str | None = None
    kind: str | None = None
    is_in_doubt: bool = False
    is_ambiguous: bool = False
    is_suppressed: bool = False
    is_erased: bool = False
    was_asked: bool = False
    people: tuple[tuple[int, str], ...] = ()


class Verdict(StrEnum):
    """Reasons why nobody is asked about a company; the first that holds counts."""

    suppressed = "suppressed"
    erased = "erased"
    not_a_company = "not_a_company"
    domain_in_doubt = "domain_in_doubt"
    already_known = "already_known"


SEAT_VERDICTS = (Verdict.suppressed, Verdict.erased, Verdict.not_a_company, Verdict.domain_in_doubt)
"""The verdicts about seats, in their order: who holds a seat is for evaluations to say."""

RULES = 1
"""The version of the rule: an evaluation by another one looks at every company. Change it with what ``judge`` says."""

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


def _is_no_company(company: Identity, wanted: Collection[str]) -> bool:
    if company.kind in NO_COMPANIES.difference(wanted) or stands_for_nothing(company.name):
        return True
    domain = company.domain
    return domain is not None and bool(kinds_of_host(domain)) and read_website(domain, company.name).domain != domain


def _holders(company: Identity, target: str) -> list[int]:
    return list(dict.fromkeys(person_id for person_id, title in company.people if matches_target(title, target)))
