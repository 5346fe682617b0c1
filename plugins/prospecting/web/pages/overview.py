"""The first page: how much is known, what it cost, and what needs somebody."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from prospecting.web.database import Database
from prospecting.web.rendering import page

router = APIRouter()


@router.get("/")
def show(request: Request, connection: Database) -> HTMLResponse:
    """The overview."""
    return page(request, "overview.html")
