"""Contacts, conversations and touchpoints for tests, written by plain SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from prospecting.persistence.database import to_json


def _insert(connection: Connection, table: str, values: dict[str, Any]) -> UUID:
    columns = ", ".join(values)
    given = ", ".join(
        f"cast(:{name} as jsonb)" if isinstance(values[name], (dict, list)) else f":{name}" for name in values
    )
    row = {name: to_json(value) if isinstance(value, (dict, list)) else value for name, value in values.items()}
    found: UUID = connection.execute(
        text(f"insert into {table} ({columns}) values ({given}) returning id"), row
    ).scalar_one()
    return found


def add_person(connection: Connection, name: str, *, title: str | None = None, linkedin_url: str | None = None) -> int:
    """A person of that name, without role or channel; returns the id."""
    first, _, last = name.partition(" ")
    found: int = connection.execute(
        text(
            "insert into persons (full_name, name_key, first_name, last_name, current_title, linkedin_url, "
            "source_system) values (:name, lower(:name), :first, nullif(:last, ''), :title, :url, 'tests') returning id"
        ),
        {"name": name, "first": first, "last": last, "title": title, "url": linkedin_url},
    ).scalar_one()
    return found


def add_contact(
    connection: Connection,
    company_id: int | None,
    name: str = "Ada Lovelace",
    *,
    email: str | None = None,
    title: str | None = None,
    **columns: Any,
) -> UUID:
    """A contact with a person of its own; further columns of ``contacts`` by name."""
    person = add_person(connection, name, title=title)
    return _insert(connection, "contacts", {"person_id": person, "company_id": company_id, "email": email, **columns})


def add_relationship(
    connection: Connection, one: UUID, other: UUID, relationship_type: str = "colleagues", **columns: Any
) -> UUID:
    values = {"contact_id_1": one, "contact_id_2": other, "relationship_type": relationship_type, **columns}
    return _insert(connection, "relationships", values)


def add_conversation(connection: Connection, contact_id: UUID, company_id: int, **columns: Any) -> UUID:
    return _insert(connection, "conversations", {"contact_id": contact_id, "company_id": company_id, **columns})


def add_touchpoint(
    connection: Connection,
    conversation_id: UUID,
    *,
    channel: str = "email",
    direction: str = "outbound",
    sent_at: datetime | None = None,
    **columns: Any,
) -> UUID:
    values = {
        "conversation_id": conversation_id,
        "channel": channel,
        "direction": direction,
        "sent_at": sent_at,
        **columns,
    }
    return _insert(connection, "touchpoints", values)
