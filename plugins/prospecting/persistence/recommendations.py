"""Recommendations: each day's list of accounts, the accounts that are left alone, and what came of the lists.

A day's list is ranked, but some of its places are drawn at random from the other accounts: what is never tried is
never learned. Each place is stored with the chance the account had of getting it, so that ranking can be compared with
chance later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import floor
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.urls import company_domain
from prospecting.persistence.database import clean_text, lock_keys, to_json
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.portions import Row, rows_of
from prospecting.persistence.statements import statement
from prospecting.scoring.engagement import LOG_STRENGTHS
from prospecting.scoring.recommendations import Candidate, LeftOut, RecommendationOutcome, recommendation_reasons

PRIORITIES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Recommended:
    """A day's list: how many places, how many of them drawn at random, and how many rows changed."""

    count: int
    explored: int
    written: int
    removed: int


def recommend_accounts(
    connection: Connection,
    *,
    on: date,
    as_of: datetime,
    limit: int = 10,
    exploration_share: float = 0.2,
    quiet_days: int = 30,
    min_icp_score: int = 6,
    priority: str | None = None,
    seed: str | None = None,
) -> Recommended:
    """Make the list of the day ``on`` from what had happened before ``as_of``, in place of the day's earlier list.

    Eligible are accounts with an ICP score of at least ``min_icp_score`` or a score by the promoted model, and sponsors
    without an ICP score of whom more is known than that; of ``priority`` when given; unless they are suppressed, were
    won before, or were contacted, met or lost in the last ``quiet_days``. They are ranked by the model's probability;
    an account without one counts as the mean of the accounts with its ICP score, and without a model as a tenth of its
    ICP score, or 0 without that. Then by engagement, research and domain. While there is neither a model nor any
    interaction, accounts that hire engineers and have a score of 7 or more come first.

    ``exploration_share`` (0 to 1) of the places goes to accounts drawn evenly from the rest by ``seed`` (default: the
    day), at the end of the list; none when there is a place for every account. The same call again writes nothing.
    Raises ``ValueError`` for arguments out of range.
    """
    _check_parameters(limit, exploration_share, quiet_days, priority)
    until = _utc(as_of, "as_of")
    lock_keys(connection, "recommendation", [on.isoformat()])
    values = {
        "on": on,
        "as_of": until,
        "quiet_since": until - timedelta(days=quiet_days),
        "places": limit,
        "explored_places": floor(limit * exploration_share + 0.5),
        "min_icp_score": min_icp_score,
        "priority": priority,
        "seed": seed if seed is not None else on.isoformat(),
        **{f"{kind}_strength": strength for kind, strength in LOG_STRENGTHS.items()},
    }
    found = connection.execute(statement("recommendations/recommend_accounts"), values).mappings()
    candidates = [Candidate(**row) for row in found]
    rows = {"on": on, "rows": to_json([_row(candidate) for candidate in candidates])}
    removed = connection.execute(statement("recommendations/forget_recommendations"), rows).rowcount
    written = connection.execute(statement("recommendations/save_recommendations"), rows).rowcount
    explored = sum(candidate.is_exploration for candidate in candidates)
    return Recommended(count=len(candidates), explored=explored, written=written, removed=removed)


def find_why_nobody(
    connection: Connection,
    *,
    as_of: datetime,
    limit: int = 10,
    quiet_days: int = 30,
    min_icp_score: int = 6,
    priority: str | None = None,
) -> str:
    """Why a list that ``recommend_accounts`` made of the same arguments is empty: counts of accounts, in words."""
    until = _utc(as_of, "as_of")
    values = {
        "as_of": until,
        "quiet_since": until - timedelta(days=quiet_days),
        "min_icp_score": min_icp_score,
        "priority": priority,
    }
    found = LeftOut(**connection.execute(statement("recommendations/left_out"), values).mappings().one())
    return found.as_reason(min_icp_score=min_icp_score, quiet_days=quiet_days, places=limit)


def _check_parameters(limit: int, exploration_share: float, quiet_days: int, priority: str | None) -> None:
    if limit < 0 or quiet_days < 0:
        raise ValueError(f"limit and quiet_days are 0 or more, not {limit} and {quiet_days}")
    if not 0 <= exploration_share <= 1:
        raise ValueError(f"exploration_share is between 0 and 1, not {exploration_share}")
    if priority is not None and priority not in PRIORITIES:
        raise ValueError(f"priority is one of {', '.join(PRIORITIES)}, or left out")


def _row(candidate: Candidate) -> dict[str, Any]:
    return {
        "account_domain": candidate.account_domain,
        "rank": candidate.rank,
        "score": candidate.score,
        "is_exploration": candidate.is_exploration,
        "propensity": candidate.propensity,
        "reasons": recommendation_reasons(candidate),
        "model_id": candidate.model_id,
        "contact_id": candidate.contact_id,
    }


def query_recommendations(connection: Connection, *, on: date | None = None, limit: int = 50) -> Page[dict[str, Any]]:
    """The list of a day (without ``on``, the newest list) in its order, without accounts suppressed since.

    ``recommended_on``, ``rank``, ``account_domain``, ``company_name``, ``website_url``, ``icp_score``,
    ``priority_level``, ``score``, ``is_exploration``, ``reasons``, ``contact_id`` (whom to talk to there, ``None``
    while nobody is known who may be written to).
    """
    values = {"on": on, "limit": limit}
    return page_of(connection.execute(statement("recommendations/query_recommendations"), values).mappings().all())


def find_recommended_days(connection: Connection, *, limit: int = 60) -> list[Row]:
    """The days that have a list, the latest first: ``recommended_on`` and how many ``accounts``."""
    return rows_of(connection, "recommendations/recommended_days", {"limit": limit})


def find_recommended(connection: Connection, *, on: date, account_domain: str | None = None) -> list[Row]:
    """The list of a day as it was made, in its order, or what it says of one account.

    Beside the columns of ``query_recommendations``: ``company_id``, ``propensity``, the contact who is best to talk to
    (``contact_person_id``, ``contact_name``, ``contact_title``, ``contact_email``), and since when it was made
    ``is_suppressed``, ``suppressed_because``, ``suppressed_until``.
    """
    values = {"on": on, "account_domain": account_domain}
    return rows_of(connection, "recommendations/recommended_day", values)


def query_recommendation_outcomes(
    connection: Connection, *, since: date, as_of: datetime, outcome_days: int = 30
) -> list[RecommendationOutcome]:
    """The outcome of each recommendation since ``since`` whose ``outcome_days`` (from its day, UTC) are over."""
    values = {"since": since, "until": _utc(as_of, "as_of").date(), "outcome_days": outcome_days}
    found = connection.execute(statement("recommendations/recommendation_outcomes"), values).mappings()
    return [RecommendationOutcome(**row) for row in found]


# ------------------------------------------------------------------------------------------------------ suppressions
def suppress_account(
    connection: Connection, *, account_domain: str, reason: str, until: datetime | None = None
) -> bool:
    """Stop recommending the account, for good or until ``until``. Returns True when that changed something.

    ``account_domain`` may be any address of the company. A second call replaces reason and time. Raises ``ValueError``
    for an address that is not a company's, an empty reason, or a time without time zone.
    """
    given = clean_text(reason).strip()
    if not given:
        raise ValueError("The reason is empty: say why the account is suppressed")
    values = {
        "account_domain": _domain(account_domain),
        "reason": given,
        "suppressed_until": _utc(until, "until") if until else None,
    }
    return connection.execute(statement("recommendations/suppress_account"), values).rowcount > 0


def is_suppressed_for_good(connection: Connection, *, account_domain: str) -> bool:
    """True when the account is not recommended any more, without an end; nobody changes that until the transaction
    ends."""
    values = {"account_domain": _domain(account_domain)}
    return bool(connection.execute(statement("recommendations/is_suppressed_for_good"), values).scalar_one_or_none())


def unsuppress_account(connection: Connection, *, account_domain: str) -> bool:
    """Let the account be recommended again. Returns True when it was suppressed."""
    values = {"account_domain": _domain(account_domain)}
    return connection.execute(statement("recommendations/unsuppress_account"), values).rowcount > 0


def find_suppressions(connection: Connection, *, after: str | None = None, limit: int | None = None) -> list[Row]:
    """Accounts that are left alone now, by domain, after the domain ``after``: ``account_domain``, ``company_name``,
    ``company_id``, ``reason``, ``suppressed_until`` (``None``: for good), ``updated_at``."""
    values = {"after_domain": after, "limit": limit}
    return rows_of(connection, "recommendations/list_suppressions", values)


def _domain(address: str) -> str:
    domain = company_domain(address)
    if domain is None:
        raise ValueError("The account's domain is not a public address of a company: give one such as acme.com")
    return domain


def _utc(moment: datetime, name: str) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{name} has no time zone: give it one, for instance datetime.now(UTC)")
    return moment.astimezone(UTC)
