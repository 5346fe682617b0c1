"""Recommended accounts: the list of a day, what people answer to it, and the accounts that are left alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Connection

from prospecting.persistence.recommendations import (
    find_recommended,
    find_recommended_days,
    find_suppressions,
    unsuppress_account,
)
from prospecting.services.recommendations import NOT_NOW, leave_alone, log_outreach
from prospecting.web import filters
from prospecting.web.database import EXPORT_SECONDS, Database, reading, writing
from prospecting.web.listing import ROWS, Column, after, csv_answer, listed
from prospecting.web.login import Writer
from prospecting.web.rendering import page, root_of

router = APIRouter()

Answer = Literal["contacted", "meeting_booked", "not_now", "never", "undo"]
SAID: dict[str, str] = {
    "contacted": "Logged that you contacted {}.",
    "meeting_booked": "Logged that you booked a meeting with {}.",
    "not_now": "{} is left alone for " + f"{NOT_NOW.days} days.",
    "never": "{} is not recommended any more.",
    "undo": "{} may be recommended again.",
}

COLUMNS = (
    Column("recommended_on", "Day"),
    Column("rank", "Rank"),
    Column("account_domain", "Domain"),
    Column("company_name", "Company"),
    Column("score", "Score"),
    Column("icp_score", "ICP score"),
    Column("priority_level", "Priority"),
    Column("is_exploration", "Drawn by chance"),
    Column("reasons", "Reasons"),
    Column("contact_name", "Best contact"),
    Column("contact_title", "Title"),
    Column("contact_email", "E-mail"),
    Column("suppressed_because", "Left alone because"),
    Column("suppressed_until", "Left alone until"),
)
SUPPRESSED_COLUMNS = (
    Column("account_domain", "Domain"),
    Column("company_name", "Company"),
    Column("reason", "Reason"),
    Column("suppressed_until", "Until"),
    Column("updated_at", "Since"),
)


@router.get("/recommended")
def show_day(request: Request, connection: Database) -> HTMLResponse:
    """The list of a day, or the newest."""
    days = find_recommended_days(connection)
    on = filters.day(request, "on") or (days[0]["recommended_on"] if days else None)
    done = filters.choice(request, "done", tuple(SAID))
    return page(
        request,
        "recommended.html",
        on=on,
        days=days,
        rows=find_recommended(connection, on=on) if on else [],
        said=SAID[done].format(filters.text(request, "account") or "The account") if done else None,
        not_now_days=NOT_NOW.days,
    )


@router.get("/recommended.csv")
def download_day(request: Request) -> Response:
    """The list of a day, or the newest."""
    on = filters.day(request, "on")

    def portions(connection: Connection) -> Iterator[Sequence[Any]]:
        days = [on] if on else [day["recommended_on"] for day in find_recommended_days(connection, limit=1)]
        for day in days:
            yield find_recommended(connection, on=day)

    return csv_answer("recommended-accounts", COLUMNS, lambda: reading(EXPORT_SECONDS), portions)


@router.post("/recommended/{on}/{account_domain}/{answer}", response_model=None)
def answer_recommendation(request: Request, person: Writer, on: date, account_domain: str, answer: Answer) -> Response:
    """Take somebody's answer: what they did with an account of a list, or that it is to be left alone."""
    with reading() as connection:
        if not find_recommended(connection, on=on, account_domain=account_domain):
            raise HTTPException(status.HTTP_404_NOT_FOUND, "The list of that day does not have this account")
    with writing() as connection:
        if answer == "contacted" or answer == "meeting_booked":
            log_outreach(connection, user_id=person.id, account_domain=account_domain, kind=answer, recommended_on=on)
        elif answer == "undo":
            unsuppress_account(connection, account_domain=account_domain)
        else:
            leave_alone(connection, account_domain=account_domain, by=person.name, is_for_good=answer == "never")
    query = urlencode({"on": on.isoformat(), "done": answer, "account": account_domain})
    return RedirectResponse(f"{root_of(request)}/recommended?{query}", status.HTTP_303_SEE_OTHER)


@router.get("/suppressed")
def show_suppressed(request: Request, connection: Database) -> HTMLResponse:
    """Accounts that are left alone."""
    key = after(request.query_params.get("after"), [str])
    rows = find_suppressions(connection, after=key[0] if key else None, limit=ROWS + 1)
    return page(request, "suppressed.html", listed=listed(rows, ["account_domain"]))


@router.get("/suppressed.csv")
def download_suppressed() -> Response:
    """All accounts that are left alone."""
    return csv_answer(
        "suppressed-accounts",
        SUPPRESSED_COLUMNS,
        lambda: reading(EXPORT_SECONDS),
        lambda connection: iter([find_suppressions(connection)]),
    )


@router.post("/suppressed/{account_domain}/undo", response_model=None)
def undo_suppression(request: Request, person: Writer, account_domain: str) -> Response:
    """Let an account be recommended again."""
    with writing() as connection:
        try:
            was_suppressed = unsuppress_account(connection, account_domain=account_domain)
        except ValueError as error:
            raise HTTPException(status.HTTP_400_BAD_REQUEST, str(error)) from None
        if not was_suppressed:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "This account is not left alone; somebody was faster")
    return RedirectResponse(f"{root_of(request)}/suppressed", status.HTTP_303_SEE_OTHER)
