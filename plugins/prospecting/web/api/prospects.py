"""Research on prospects, and what users did with accounts: the user's own rows, under row-level security."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, HTTPException, Query, status
from pydantic import AliasChoices, AliasGenerator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from prospecting.persistence.features import (
    Interaction,
    find_research,
    log_interaction,
    log_interactions,
    query_research,
    save_prospect_research,
)
from prospecting.scoring.engagement import INTERACTION_TYPES
from prospecting.web.api.bodies import JsonRoute
from prospecting.web.api.callers import OwnUser, WritingUser
from prospecting.web.api.models import MISSING, Asked, JsonObject, Moment, Told, Whole
from prospecting.web.database import acting_as

PREFIX = "/v1/prospect-intelligence"
router = APIRouter(prefix=PREFIX, tags=["Research and interactions"], route_class=JsonRoute)

MAX_RESEARCH = 50
MAX_INTERACTIONS = 1_000


class _Done(Told):
    success: Literal[True] = True
    requestId: UUID = Field(default_factory=uuid4, description="Another one for every request")


@contextmanager
def _refused_in_words() -> Iterator[None]:
    """400 for what the functions that save refuse; their errors repeat no value."""
    try:
        yield
    except ValueError as error:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, str(error)) from None


class _Prospect(Asked):
    # As in the service that these routes come from, names may be in camel case: accountDomain.
    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=lambda name: AliasChoices(name, to_camel(name)))
    )


# ------------------------------------------------------------------ research
class ProspectResearch(_Prospect):
    """Research that was done. ``data`` is its document; the address of the website is taken from there when missing."""

    data: Annotated[JsonObject, Field(examples=[{"companyName": "Acme", "companyWebsite": "https://acme.com"}])]
    website_url: Annotated[str | None, Field(examples=["https://acme.com"])] = None
    company_name: str | None = None
    extracted_at: Moment | None = Field(None, description="When it was done, with a time zone; now by default")
    extraction_duration_ms: Whole | None = None


class ProspectResearchBatch(Asked):
    """Several of them, each saved by itself."""

    research: list[ProspectResearch] = Field(min_length=1, max_length=MAX_RESEARCH)


class StoredResearch(Told):
    """Where research is stored. ``is_stored``: it is what is kept of the address; ``is_newest``: of the account too."""

    id: UUID
    account_domain: str
    icp_score: int
    priority_level: str
    extracted_at: datetime
    is_new: bool
    is_stored: bool
    is_newest: bool


class ResearchSaved(_Done):
    """The research was saved, or was known."""

    research: StoredResearch


class ResearchOutcome(Told):
    """The outcome for one of a batch: it was saved, or refused for this reason."""

    position: int
    research: StoredResearch | None = None
    error: str | None = None


class ResearchBatchSaved(_Done):
    """The outcome for each, in their order."""

    results: list[ResearchOutcome]


def _save(user_id: UUID, given: ProspectResearch) -> StoredResearch:
    with _refused_in_words(), acting_as(user_id) as connection:
        saved = save_prospect_research(connection, user_id, **given.model_dump())
    return StoredResearch.model_validate(saved)


@router.post("/research")
def save_research(body: ProspectResearch, user_id: WritingUser) -> ResearchSaved:
    """Save research on a prospect. Older research never replaces newer; saving the same again changes nothing."""
    return ResearchSaved(research=_save(user_id, body))


@router.post("/research/batch")
def save_research_batch(body: ProspectResearchBatch, user_id: WritingUser) -> ResearchBatchSaved:
    """Save research on several prospects. What is refused costs only itself."""
    results = []
    for position, given in enumerate(body.research):
        try:
            results.append(ResearchOutcome(position=position, research=_save(user_id, given)))
        except HTTPException as error:
            if error.status_code != status.HTTP_400_BAD_REQUEST:
                raise
            results.append(ResearchOutcome(position=position, error=str(error.detail)))
    return ResearchBatchSaved(results=results)


class OwnResearch(Told):
    """Research of the user, without its document."""

    id: UUID
    website_url: str
    company_name: str
    icp_score: int
    priority_level: str
    extracted_at: datetime
    created_at: datetime
    updated_at: datetime


class OwnResearchList(Told):
    """The user's research, the newest first."""

    data: list[OwnResearch]


class OwnResearchDocument(OwnResearch):
    """Research of the user with its document."""

    data: Any


@router.get("/research")
def list_research(user_id: OwnUser, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> OwnResearchList:
    """The user's own research, the newest first."""
    with acting_as(user_id) as connection:
        found = query_research(connection, user_id=user_id, limit=limit)
    return OwnResearchList.model_validate({"data": found})


@router.get("/research/{research_id}", responses=MISSING)
def show_research(research_id: UUID, user_id: OwnUser) -> OwnResearchDocument:
    """Research of the user with its document; 404 also for that of somebody else."""
    with acting_as(user_id) as connection:
        found = find_research(connection, research_id, user_id=user_id)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "You have no research of this id")
    return OwnResearchDocument.model_validate(found)


# ------------------------------------------------------------------ interactions
class OwnInteraction(_Prospect):
    """Something the user did with an account. With an ``interaction_id``, sending it again changes nothing."""

    account_domain: Annotated[str, Field(examples=["acme.com"], description="Any address of the company's website")]
    interaction_type: str = Field(
        examples=list(INTERACTION_TYPES), description=f"One of {', '.join(INTERACTION_TYPES)}"
    )
    metadata: JsonObject | None = None
    created_at: Moment | None = Field(None, description="When it happened, with a time zone; now by default")
    interaction_id: UUID | None = None


class OwnInteractions(Asked):
    """Several of them."""

    interactions: list[OwnInteraction] = Field(min_length=1, max_length=MAX_INTERACTIONS)


class InteractionLogged(_Done):
    """The interaction was logged, or was known."""

    id: UUID


class RefusedInteraction(Told):
    """One of a batch that was refused, and why."""

    position: int
    reason: str
    detail: str


class InteractionsLogged(_Done):
    """How many are new, how many were known already, and which were refused."""

    logged: int
    known: int
    rejected: list[RefusedInteraction]


@router.post("/interaction")
def log_one(body: OwnInteraction, user_id: WritingUser) -> InteractionLogged:
    """Log what the user did with an account."""
    with _refused_in_words(), acting_as(user_id) as connection:
        logged = log_interaction(connection, user_id, **body.model_dump())
    return InteractionLogged(id=logged)


@router.post("/interactions")
def log_batch(body: OwnInteractions, user_id: WritingUser) -> InteractionsLogged:
    """Log several at once. One that is refused costs only itself."""
    given = [Interaction(user_id, **one.model_dump()) for one in body.interactions]
    with acting_as(user_id) as connection:
        logged = log_interactions(connection, given)
    rejected = [RefusedInteraction.model_validate(one) for one in logged.rejected]
    return InteractionsLogged(logged=logged.logged, known=logged.known, rejected=rejected)
