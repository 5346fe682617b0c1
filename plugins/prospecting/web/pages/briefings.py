"""Briefings: the list of each kind, as a page and as CSV, and one of them with what it said before."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse

from prospecting.parsing.briefings import Kind
from prospecting.persistence.briefing_lists import (
    BriefingFilters,
    find_briefing,
    find_briefings,
    find_orgs,
    read_briefings,
)
from prospecting.web import filters
from prospecting.web.database import EXPORT_SECONDS, Database, reading
from prospecting.web.documents import differences, rendered
from prospecting.web.listing import ROWS, Column, Listed, after, csv_answer, cursor_of
from prospecting.web.rendering import page

router = APIRouter()

KINDS: dict[Kind, str] = {
    "company": "Companies",
    "person": "People",
    "icp_job_titles": "Job titles that buy",
}
COLUMNS = (
    Column("id", "Briefing id"),
    Column("org", "Org"),
    Column("subject", "About"),
    Column("company_domain", "Domain"),
    Column("person_title", "Title"),
    Column("company_name", "Company"),
    Column("client_company_name", "For"),
    Column("processor", "Processor"),
    Column("researched_at", "Researched at"),
)


@router.get("/briefings")
def show_list(request: Request, connection: Database) -> HTMLResponse:
    """A page of briefings of one kind."""
    kind, chosen = _chosen(request)
    key: Any = after(request.query_params.get("after"), [datetime, UUID])
    found = find_briefings(connection, kind, chosen, after=key, limit=ROWS)
    return page(
        request,
        "briefings.html",
        kind=kind,
        kinds=KINDS,
        listed=Listed(found.rows, cursor_of(found.next_key) if found.next_key else None),
        looked_at=found.looked_at,
        is_filtered=chosen != BriefingFilters(),
        orgs=find_orgs(connection),
        query=request.query_params,
    )


@router.get("/briefings.csv")
def download(request: Request) -> Response:
    """All briefings of the filters."""
    kind, chosen = _chosen(request)
    return csv_answer(
        f"briefings-{kind}",
        COLUMNS,
        lambda: reading(EXPORT_SECONDS),
        lambda connection: read_briefings(connection, kind, chosen),
    )


def _chosen(request: Request) -> tuple[Kind, BriefingFilters]:
    kind: Any = filters.choice(request, "kind", KINDS) or "company"
    return kind, BriefingFilters(
        text=filters.text(request, "text"),
        client=filters.text(request, "client"),
        org_id=filters.uuid(request, "org"),
    )


@router.get("/briefings/{kind}/{briefing_id}")
def show(request: Request, connection: Database, kind: Kind, briefing_id: UUID) -> HTMLResponse:
    """A briefing as people read it, as it came, and what changed since an older version (``older``, its number)."""
    briefing = find_briefing(connection, kind, briefing_id)
    if briefing is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such briefing; it may have been deleted")
    number = filters.whole(request, "older")
    older = next((one for one in briefing.history if one["id"] == number), None)
    if number is None and briefing.history:
        older = briefing.history[0]
    content = briefing.row["raw_parallel_output"]
    return page(
        request,
        "briefing.html",
        briefing=briefing,
        kinds=KINDS,
        content=rendered(content),
        older=older,
        changes=differences(older["record"].get("raw_parallel_output"), content) if older else [],
    )
