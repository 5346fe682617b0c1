"""Accounts: whom to look at next, an account as a whole, how it does, whom to talk to, what to know before writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Path, Query, status
from pydantic import Field

from prospecting.persistence.account_graph import (
    CONTACTS_LISTED,
    find_expansion_targets,
    get_account_health_score,
    get_account_overview,
    get_conversation_context,
)
from prospecting.persistence.account_graph_models import AccountOverview, ConversationContext, ExpansionTarget
from prospecting.persistence.company_profiles import (
    AccountStatus,
    Company,
    Tier,
    get_company_by_domain,
    list_companies,
)
from prospecting.persistence.recommendations import query_recommendations
from prospecting.scoring.health import AccountHealth
from prospecting.web.api.callers import team_only
from prospecting.web.api.models import MISSING, Told
from prospecting.web.database import Database

router = APIRouter(prefix="/v1", tags=["Accounts"], dependencies=[Depends(team_only)])

CompanyId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=1000)]


class Recommendation(Told):
    """A place on the day's list; ``is_exploration``: it was drawn, so that what is never tried can be learned."""

    recommended_on: date
    rank: int
    account_domain: str
    company_name: str
    website_url: str | None
    icp_score: int | None
    priority_level: str | None
    score: float
    is_exploration: bool
    reasons: list[str]
    contact_id: UUID | None = Field(description="Whom to talk to there; null while nobody is known")


class Recommendations(Told):
    """The list in its order, and how long it is."""

    data: list[Recommendation]
    total: int


class Accounts(Told):
    """Companies as accounts, by id. ``next`` is the ``after`` of the list's next part, null at its end."""

    data: list[Company]
    next: int | None


class ExpansionTargets(Told):
    """Colleagues to talk to next, the highest priority first."""

    data: list[ExpansionTarget]


@contextmanager
def _missing_in_words() -> Iterator[None]:
    try:
        yield
    except LookupError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(error)) from None


@router.get("/recommendations")
def list_recommendations(
    connection: Database,
    on: Annotated[date | None, Query(description="The day of the list; the newest by default")] = None,
    limit: Limit = 50,
) -> Recommendations:
    """The accounts recommended on a day, without those suppressed since."""
    found = query_recommendations(connection, on=on, limit=limit)
    return Recommendations.model_validate({"data": list(found), "total": found.total})


@router.get("/accounts")
def list_accounts(
    connection: Database,
    domain: Annotated[
        str | None, Query(max_length=2_000, description="Any address of the website: that account")
    ] = None,
    account_tier: Tier | None = None,
    account_status: AccountStatus | None = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Limit = 100,
) -> Accounts:
    """Companies as accounts, by id; one of them by its domain."""
    if domain is not None:
        found = get_company_by_domain(connection, domain)
        return Accounts(data=[found] if found else [], next=None)
    data = list_companies(connection, account_tier, account_status, limit, after_id=after)
    return Accounts(data=data, next=data[-1].id if len(data) == limit else None)


@router.get("/accounts/{company_id}", responses=MISSING)
def show_account(
    connection: Database,
    company_id: CompanyId,
    contact_limit: Annotated[int, Query(ge=0, le=CONTACTS_LISTED)] = 100,
    contact_offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    org_id: UUID | None = None,
) -> AccountOverview:
    """An account as a whole: its active contacts, their conversations, how they are connected, and counts of all."""
    with _missing_in_words():
        return get_account_overview(
            connection, company_id, contact_limit=contact_limit, contact_offset=contact_offset, org_id=org_id
        )


@router.get("/accounts/{company_id}/health", responses=MISSING)
def show_health(connection: Database, company_id: CompanyId) -> AccountHealth:
    """How an account does, part by part, and what to do about it."""
    with _missing_in_words():
        return get_account_health_score(connection, company_id)


@router.get("/contacts/{contact_id}/expansion-targets", responses=MISSING)
def list_expansion_targets(
    connection: Database,
    contact_id: UUID,
    min_relationship_strength: Literal["weak", "medium", "strong"] = "medium",
    limit: Limit = 50,
) -> ExpansionTargets:
    """Colleagues of a contact whom they know at least that well; nobody who must not be approached."""
    with _missing_in_words():
        data = find_expansion_targets(connection, contact_id, min_relationship_strength, limit)
    return ExpansionTargets(data=data)


@router.get("/contacts/{contact_id}/context", responses=MISSING)
def show_context(
    connection: Database,
    contact_id: UUID,
    include_company: bool = True,
    include_relationships: bool = True,
    org_id: UUID | None = None,
) -> ConversationContext:
    """All to know before writing to a contact, and whether they may be written to."""
    with _missing_in_words():
        return get_conversation_context(connection, contact_id, include_company, include_relationships, org_id=org_id)
