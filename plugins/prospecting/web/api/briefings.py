"""Briefings: programs of the pipeline save them, tenants ask for those of their org."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import APIRouter, HTTPException, status
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from prospecting.persistence import briefings
from prospecting.persistence.briefing_queries import TooLarge
from prospecting.persistence.pages import Page
from prospecting.web.api.bodies import JsonRoute
from prospecting.web.api.callers import AnyCaller, Caller
from prospecting.web.api.models import Asked, JsonObject, Told, Whole
from prospecting.web.database import in_words, reading_for_org, runtime

MAX_ANSWER_BYTES = 32_000_000
"""Of the research in one answer: a thousand briefings of usual length. All of it is in memory at once."""

internal = APIRouter(prefix="/internal", tags=["Saving briefings"], route_class=JsonRoute)
queries = APIRouter(prefix="/v1", tags=["Asking for briefings"], route_class=JsonRoute)

_DOMAIN = {"examples": ["coreweave.com"]}
_CLIENT = {"examples": ["SecurityPal"]}


# ------------------------------------------------------------------ saving
class _Research(Asked):
    # Runners send more than is stored here; all of the research is in its raw output.
    model_config = ConfigDict(extra="ignore")

    raw_parallel_output: Annotated[JsonObject, Field(min_length=1, examples=[{"summary": "What was found"}])]
    parallel_run_id: str | None = None
    processor: Annotated[str | None, Field(examples=["ultra"])] = None
    source_submission_id: UUID | None = None
    source_pipeline_run_id: UUID | None = None


class IcpJobTitlesUpsert(_Research):
    """The job titles that buy at a company. ``company_domain`` is any address of its website."""

    company_domain: Annotated[str, Field(**_DOMAIN)]
    company_name: str | None = None
    company_description: str | None = None


class CompanyIntelBriefingUpsert(_Research):
    """Research on a company, as seen from a client."""

    company_domain: Annotated[str, Field(**_DOMAIN)]
    company_name: str | None = None
    client_company_name: Annotated[str | None, Field(**_CLIENT)] = None
    client_company_description: str | None = None


class PersonIntelBriefingUpsert(_Research):
    """Research on a person at a company, as seen from a client."""

    person_full_name: Annotated[str, Field(examples=["Jim Higgins"])]
    person_linkedin_url: str | None = None
    person_current_company_name: Annotated[str | None, Field(examples=["CoreWeave"])] = None
    person_current_job_title: str | None = None
    client_company_name: Annotated[str | None, Field(**_CLIENT)] = None
    client_company_description: str | None = None
    customer_company_name: str | None = None


# ------------------------------------------------------------------ as they are stored
class _Briefing(Told):
    id: UUID
    org_id: UUID
    # What is saved here is an object. Rows that came otherwise may say anything, and are answered as well.
    raw_parallel_output: Any
    parallel_run_id: str | None
    processor: str | None
    source_submission_id: UUID | None
    source_pipeline_run_id: UUID | None
    researched_at: datetime
    created_at: datetime
    updated_at: datetime


class IcpJobTitles(_Briefing):
    """The job titles that buy at a company; ``extracted_titles`` are those read from the research."""

    company_domain: str
    company_name: str | None
    company_description: str | None
    extracted_titles: Any


class CompanyIntelBriefing(_Briefing):
    """The briefing on a company for a client."""

    company_domain: str
    company_name: str | None
    client_company_name: str | None
    client_company_description: str | None


class PersonIntelBriefing(_Briefing):
    """The briefing on a person for a client."""

    person_full_name: str
    person_linkedin_url: str | None
    person_current_company_name: str | None
    person_current_job_title: str | None
    client_company_name: str | None
    client_company_description: str | None
    customer_company_name: str | None


B = TypeVar("B", bound=_Briefing)


class Saved(Told, Generic[B]):
    """The row as it is now."""

    data: B


class Found(Told, Generic[B]):
    """Rows, the latest created first, and how many there are whatever ``limit`` and ``offset`` are."""

    data: list[B]
    total: int


Upsert = Callable[..., dict[str, Any]]


def _save(caller: Caller, upsert: Upsert, body: _Research) -> Mapping[str, Any]:
    """Through the function that the pipeline's own results go through, repeated when it lost a race."""

    def work(connection: Connection) -> dict[str, Any]:
        return upsert(connection, org_id=caller.org_id, **body.model_dump())

    try:
        with in_words():
            return {"data": runtime().write(work)}
    except LookupError as error:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, str(error)) from None
    except ValueError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from None


@internal.post("/icp-job-titles/upsert")
def upsert_icp_job_titles(body: IcpJobTitlesUpsert, caller: AnyCaller) -> Saved[IcpJobTitles]:
    """Save which job titles buy at a company. Saving the same again changes nothing."""
    return Saved[IcpJobTitles].model_validate(_save(caller, briefings.upsert_icp_job_titles, body))


@internal.post("/company-intel-briefings/upsert")
def upsert_company_intel_briefing(body: CompanyIntelBriefingUpsert, caller: AnyCaller) -> Saved[CompanyIntelBriefing]:
    """Save the briefing on a company for a client. Newer research replaces the older, which is kept as history."""
    saved = _save(caller, briefings.upsert_company_intel_briefing, body)
    return Saved[CompanyIntelBriefing].model_validate(saved)


@internal.post("/person-intel-briefings/upsert")
def upsert_person_intel_briefing(body: PersonIntelBriefingUpsert, caller: AnyCaller) -> Saved[PersonIntelBriefing]:
    """Save the briefing on a person at a company for a client; 422 for somebody who asked to be forgotten."""
    return Saved[PersonIntelBriefing].model_validate(_save(caller, briefings.upsert_person_intel_briefing, body))


# ------------------------------------------------------------------ asking
class _Query(Asked):
    """``limit`` is kept within 1 to 1000, ``offset`` at 0 or above; a blank filter is none."""

    org_id: str | None = Field(
        None,
        description="Whose briefings, by the org's id: needed from administrators; a tenant always gets its own org's, "
        "whatever this says",
        json_schema_extra={"format": "uuid"},
    )
    limit: Whole = Field(100, description="At most so many rows; kept within 1 to 1000")
    offset: Whole = Field(0, le=1_000_000_000, description="So many rows are left out; kept at 0 or above")


class IcpJobTitlesQuery(_Query):
    """Filters of job titles."""

    company_domain: Annotated[str | None, Field(**_DOMAIN)] = None


class CompanyIntelBriefingsQuery(_Query):
    """Filters of company briefings."""

    company_domain: Annotated[str | None, Field(**_DOMAIN)] = None
    client_company_name: Annotated[str | None, Field(**_CLIENT)] = None


class PersonIntelBriefingsQuery(_Query):
    """Filters of person briefings."""

    person_linkedin_url: Annotated[str | None, Field(examples=["https://www.linkedin.com/in/someone"])] = None
    person_current_company_name: str | None = None
    client_company_name: Annotated[str | None, Field(**_CLIENT)] = None


def _query(caller: Caller, query: Callable[..., Page[dict[str, Any]]], body: _Query) -> Mapping[str, Any]:
    """As the API's role, which row-level security shows the rows of one org."""
    org_id = caller.org_id or _org_asked_for(body.org_id)
    filters = body.model_dump(exclude={"org_id"})
    try:
        with reading_for_org(org_id) as connection:
            found = query(connection, org_id=org_id, max_bytes=MAX_ANSWER_BYTES, **filters)
    except TooLarge as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from None
    return {"data": list(found), "total": found.total}


def _org_asked_for(given: str | None) -> UUID:
    if given is None or not given.strip():
        raise HTTPException(
            status.HTTP_400_BAD_REQUEST, "org_id is missing: administrators say whose briefings they ask for"
        )
    try:
        return UUID(given.strip())
    except ValueError:
        raise HTTPException(
            status.HTTP_422_UNPROCESSABLE_CONTENT, "org_id is not a UUID; give the id of an org"
        ) from None


@queries.post("/icp-job-titles/query")
def query_icp_job_titles(body: IcpJobTitlesQuery, caller: AnyCaller) -> Found[IcpJobTitles]:
    """The job titles that buy, of all companies or of one."""
    return Found[IcpJobTitles].model_validate(_query(caller, briefings.query_icp_job_titles, body))


@queries.post("/company-intel-briefings/query")
def query_company_intel_briefings(body: CompanyIntelBriefingsQuery, caller: AnyCaller) -> Found[CompanyIntelBriefing]:
    """Briefings on companies: of one, for a client, or both."""
    found = _query(caller, briefings.query_company_intel_briefings, body)
    return Found[CompanyIntelBriefing].model_validate(found)


@queries.post("/person-intel-briefings/query")
def query_person_intel_briefings(body: PersonIntelBriefingsQuery, caller: AnyCaller) -> Found[PersonIntelBriefing]:
    """Briefings on people: on one, on those at a company, for a client, or all of it."""
    found = _query(caller, briefings.query_person_intel_briefings, body)
    return Found[PersonIntelBriefing].model_validate(found)
