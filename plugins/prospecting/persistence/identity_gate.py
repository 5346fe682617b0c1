"""Facts about companies that decide whether anybody is asked about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.names import person_key
from prospecting.persistence.erased_identities import Mention, find_erased
from prospecting.persistence.statements import statement


@dataclass(frozen=True, slots=True)
class Identity:
    """A company, and what is known of who it is.

    ``kind``: the kind of organisation, where it is known. ``is_in_doubt``: it is part of an open pair that may be one
    company. ``is_ambiguous``: it has no domain, and shares its name. ``is_suppressed``: its domain is, or one above.
    ``is_erased``: it has the name of somebody at it who asked to be forgotten. ``was_asked``: the execution has an
    answer about it. ``people``: (person id, title) of those in current roles that were seen lately, the latest first.
    """

    id: int
    name: str
    domain: str | None = None
    kind: str | None = None
    is_in_doubt: bool = False
    is_ambiguous: bool = False
    is_suppressed: bool = False
    is_erased: bool = False
    was_asked: bool = False
    people: tuple[tuple[int, str], ...] = ()


def query_identities(
    connection: Connection,
    company_ids: Sequence[int],
    *,
    execution_id: UUID | None = None,
    seen_since: date | None = None,
) -> list[Identity]:
    """The identities of companies, by id. ``people`` were seen on ``seen_since`` or later; nobody was without a day."""
    values = {"ids": list(company_ids), "execution_id": execution_id, "seen_since": seen_since}
    rows = connection.execute(statement("identity_gate/identities"), values).mappings().all()
    erased = find_erased(
        connection, (Mention(name_key=person_key(row["name"]) or None, company_id=row["id"]) for row in rows)
    )
    return [
        Identity(
            **{**row, "people": tuple((person_id, title) for person_id, title in row["people"])},
            is_erased=position in erased,
        )
        for position, row in enumerate(rows)
    ]
