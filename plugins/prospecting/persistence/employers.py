"""Companies where people are said to work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class Employer:
    """A stored company under one of its names: ``id`` is the one it was merged into, if it was."""

    id: int
    name: str
    name_key: str
    domain: str | None


def find_employer(connection: Connection, company_id: int) -> Employer:
    """The company of an id. Raises ``LookupError`` when there is none."""
    found = connection.execute(statement("persons/find_employer"), {"company_id": company_id}).one_or_none()
    if found is None:
        raise LookupError(f"company_id: no company {company_id} is stored; see the table companies")
    return Employer(*found)


def find_employers(connection: Connection, name_keys: Collection[str], domains: Collection[str]) -> list[Employer]:
    """The companies known by one of these name keys or domains."""
    if not name_keys and not domains:
        return []
    values = {"name_keys": list(name_keys), "domains": list(domains)}
    return [Employer(*row) for row in connection.execute(statement("persons/find_employers"), values)]
