"""Companies as accounts, one at a time: by id, by domain, by what they are called."""

from __future__ import annotations

from sqlalchemy import Connection

from prospecting.persistence.statements import statement


def find_current_company(connection: Connection, company_id: int) -> int | None:
    """The id of a company, or of the one it was merged into; ``None`` when it does not exist."""
    found: int | None = connection.execute(
        statement("companies/find_current"), {"company_id": company_id}
    ).scalar_one_or_none()
    return found
