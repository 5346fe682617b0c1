"""Pages of the web that were read lately. Functions take a connection and never commit."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from prospecting.persistence.database import clean_text
from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page as it came: ``url`` is where redirects led, ``status`` that of HTTP, ``media_type`` without parameters."""

    url: str
    status: int
    media_type: str
    content: bytes


def find_page(connection: Connection, url: str) -> StoredPage | None:
    """The page kept for an address; ``None`` when there is none, or it has expired."""
    row = connection.execute(statement("web_pages/find_page"), {"url": url}).one_or_none()
    return None if row is None else StoredPage(row.final_url, row.status, row.media_type, bytes(row.content))


def keep_page(connection: Connection, url: str, page: StoredPage, *, ttl_seconds: float) -> None:
    """Keep a page for ``ttl_seconds`` under the address it was asked for at; pages that have expired go."""
    connection.execute(statement("web_pages/forget_expired"))
    connection.execute(
        statement("web_pages/keep_page"),
        {
            "url": url,
            "final_url": page.url,
            "status": page.status,
            "media_type": clean_text(page.media_type),
            "content": page.content,
            "ttl_seconds": ttl_seconds,
        },
    )
