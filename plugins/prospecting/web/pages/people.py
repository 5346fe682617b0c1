"""People: the list of them, as a page and as CSV, and all that is known of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from prospecting.parsing.title.ranks import SENIORITIES
from prospecting.persistence.company_facts import find_current_company
from prospecting.persistence.company_lists import find_company_choices
from prospecting.persistence.person_facts import find_person_facts
from prospecting.persistence.person_lists import SORT_KEYS, PersonFilters, Sorting, find_persons, read_persons
from prospecting.scoring.seats import SEATS
from prospecting.web import filters
from prospecting.web.database import EXPORT_SECONDS, Database, reading
from prospecting.web.listing import ROWS, Column, Listed, after, csv_answer, cursor_of
from prospecting.web.rendering import here, page, root_of

router = APIRouter()

SORTINGS = {"name": "Name", "newest": "Newest first"}
_KINDS: dict[str, list[type]] = {"name": [str, int], "newest": [datetime, int]}

COLUMNS = (
    Column("person_unique_id", "Person id"),
    Column("full_name", "Name"),
    Column("current_title", "Title"),
    Column("seniority", "Seniority"),
    Column("company", "Company"),
    Column("domain", "Company domain"),
    Column("country", "Country"),
    Column("role_title", "Role there"),
    Column("standing", "Standing"),
    Column("observed_on", "Seen on"),
    Column("seats", "Seats"),
    Column("email", "E-mail"),
    Column("email_status", "E-mail status"),
    Column("phone", "Phone"),
    Column("linkedin_url", "LinkedIn"),
    Column("created_at", "Stored at"),
)


@router.get("/people", response_model=None)
def show_list(request: Request, connection: Database) -> HTMLResponse | RedirectResponse:
    """A page of people; those of a company that was merged are at the other."""
    chosen, sorting = _chosen(request)
    company = find_current_company(connection, chosen.company_id) if chosen.company_id else None
    if company and company[0] != chosen.company_id:
        return RedirectResponse(f"{root_of(request)}/people{here(request, company=company[0], after=None)}")
    key = after(request.query_params.get("after"), _KINDS[sorting])
    found = find_persons(connection, chosen, sorting=sorting, after=key, limit=ROWS)
    return page(
        request,
        "people.html",
        listed=Listed(found.rows, cursor_of(found.next_key) if found.next_key else None),
        looked_at=found.looked_at,
        is_filtered=chosen != PersonFilters(),
        company=company[1] if company else None,
        choices=find_company_choices(connection),
        sortings=SORTINGS,
        seniorities=SENIORITIES,
        seats=SEATS,
        query=request.query_params,
    )


@router.get("/people.csv")
def download(request: Request) -> Response:
    """All people of the filters."""
    chosen, sorting = _chosen(request)
    return csv_answer(
        "people",
        COLUMNS,
        lambda: reading(EXPORT_SECONDS),
        lambda connection: read_persons(connection, chosen, sorting=sorting),
    )


def _chosen(request: Request) -> tuple[PersonFilters, Sorting]:
    chosen = PersonFilters(
        text=filters.text(request, "text"),
        title=filters.text(request, "title"),
        seniority=filters.choice(request, "seniority", SENIORITIES),
        slot_type=filters.choice(request, "seat", SEATS),
        company_id=filters.whole(request, "company"),
        signal_id=filters.uuid(request, "signal"),
        seen_since=filters.day(request, "seen_since"),
        country=filters.text(request, "country"),
    )
    sorting: Any = filters.choice(request, "sort", SORT_KEYS) or "name"
    return chosen, sorting


@router.get("/people/{person_id}", response_model=None)
def show(request: Request, connection: Database, person_id: int) -> Response:
    """All that is known of a person; one who was merged leads to the other."""
    facts = find_person_facts(connection, person_id) if 0 < person_id < 2**63 else None
    if facts is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such person; they may have been deleted")
    if facts.person["merged_into_id"] is not None:
        address = f"{root_of(request)}/people/{facts.person['merged_into_id']}"
        return RedirectResponse(address, status.HTTP_301_MOVED_PERMANENTLY)
    return page(request, "person.html", facts=facts)
