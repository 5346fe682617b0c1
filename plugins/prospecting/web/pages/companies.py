"""Companies: the list of them, as a page and as CSV, and all that is known of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from fastapi import APIRouter, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from prospecting.parsing.company_kinds import KINDS
from prospecting.persistence.company_facts import find_company_facts
from prospecting.persistence.company_lists import (
    SORT_KEYS,
    CompanyFilters,
    Sorting,
    find_companies,
    find_company_choices,
    read_companies,
)
from prospecting.persistence.company_profiles import Tier
from prospecting.scoring.propensity_reasons import points_of
from prospecting.scoring.seats import SEATS
from prospecting.web import filters
from prospecting.web.charts import draw
from prospecting.web.database import EXPORT_SECONDS, Database, reading
from prospecting.web.listing import ROWS, Column, Listed, after, csv_answer, cursor_of
from prospecting.web.rendering import page, root_of

router = APIRouter()

SEAT_STATES = ("filled", "open", "closed_missing")
TIERS = get_args(Tier)
SORTINGS = {"name": "Name", "newest": "Newest first", "icp_score": "ICP score"}
_KINDS: dict[str, list[type]] = {"name": [str, int], "newest": [datetime, int], "icp_score": [int, str]}

COLUMNS = (
    Column("company_unique_id", "Company id"),
    Column("name", "Name"),
    Column("domain", "Domain"),
    Column("country", "Country"),
    Column("industry", "Industry"),
    Column("kind", "Kind"),
    Column("employee_range", "Employees"),
    Column("account_tier", "Tier"),
    Column("icp_score", "ICP score"),
    Column("priority_level", "Priority"),
    Column("people", "People"),
    Column("events", "Events sponsored"),
    Column("ceo", "CEO seat"),
    Column("cfo", "CFO seat"),
    Column("hr", "HR seat"),
    Column("created_at", "Stored at"),
)


@router.get("/companies")
def show_list(request: Request, connection: Database) -> HTMLResponse:
    """A page of companies."""
    chosen, sorting = _chosen(request)
    key = after(request.query_params.get("after"), _KINDS[sorting])
    found = find_companies(connection, chosen, sorting=sorting, after=key, limit=ROWS)
    return page(
        request,
        "companies.html",
        listed=Listed(found.rows, cursor_of(found.next_key) if found.next_key else None),
        looked_at=found.looked_at,
        is_filtered=chosen != CompanyFilters(),
        choices=find_company_choices(connection),
        sortings=SORTINGS,
        tiers=TIERS,
        kinds=KINDS,
        seats=[f"{seat}-{state}" for seat in SEATS for state in SEAT_STATES],
        query=request.query_params,
    )


@router.get("/companies.csv")
def download(request: Request) -> Response:
    """All companies of the filters."""
    chosen, sorting = _chosen(request)
    return csv_answer(
        "companies",
        COLUMNS,
        lambda: reading(EXPORT_SECONDS),
        lambda connection: read_companies(connection, chosen, sorting=sorting),
    )


def _chosen(request: Request) -> tuple[CompanyFilters, Sorting]:
    seat = filters.choice(request, "seat", [f"{seat}-{state}" for seat in SEATS for state in SEAT_STATES])
    slot_type, _, slot_status = (seat or "").partition("-")
    people = filters.choice(request, "people", ("some", "none"))
    chosen = CompanyFilters(
        text=filters.text(request, "text"),
        country=filters.text(request, "country"),
        industry=filters.text(request, "industry"),
        kind=filters.choice(request, "kind", KINDS),
        tier=filters.choice(request, "tier", TIERS),
        signal_id=filters.uuid(request, "signal"),
        event_id=filters.whole(request, "event"),
        slot_type=slot_type or None,
        slot_status=slot_status or None,
        has_person=None if people is None else people == "some",
        least_icp=filters.whole(request, "icp_from", 1, 10),
        most_icp=filters.whole(request, "icp_to", 1, 10),
        since=filters.beginning_of(filters.day(request, "since")),
    )
    sorting: Any = filters.choice(request, "sort", SORT_KEYS) or "name"
    return chosen, sorting


@router.get("/companies/{company_id}", response_model=None)
def show(request: Request, connection: Database, company_id: int) -> Response:
    """All that is known of a company; one that was merged leads to the other."""
    facts = find_company_facts(connection, company_id) if 0 < company_id < 2**63 else None
    if facts is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such company; it may have been deleted")
    if facts.company["merged_into_id"] is not None:
        return RedirectResponse(
            f"{root_of(request)}/companies/{facts.company['merged_into_id']}", status.HTTP_301_MOVED_PERMANENTLY
        )
    activity = draw(
        "bars",
        "Messages sent, replies and signals that found it, per week",
        [f"{week['week']:%d %b}" for week in facts.weeks],
        {
            "Messages sent": [int(week["sent"]) for week in facts.weeks],
            "Replies": [int(week["replies"]) for week in facts.weeks],
            "Found by signals": [int(week["found"]) for week in facts.weeks],
        },
    )
    reasons = [points_of(reason) for reason in facts.company["score_reasons"] or ()]
    return page(request, "company.html", facts=facts, activity=activity, score_reasons=reasons)
