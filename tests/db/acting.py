"""What tests of research and interactions share: two users, acting as a role for one of them, what was stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from prospecting.persistence.interactions import Interaction
from prospecting.scoring.engagement import INTERACTION_TYPES
from tests.db.factories import hours, stored

ANN, BEA = UUID(int=1), UUID(int=2)


def only(connection: Connection, table: str, columns: str = "*") -> dict[str, Any]:
    (row,) = stored(connection, table, columns)
    return row


@contextmanager
def as_api(connection: Connection, user: UUID | None) -> Iterator[None]:
    """As the API's role, for a user, under row-level security."""
    act_as(connection, "prospecting_api", user)
    yield
    reset(connection)


def act_as(connection: Connection, role: str, user: UUID | None = ANN) -> None:
    """From here on this role, for a user; the owner is whoever logged in."""
    connection.execute(text("select set_config('prospecting.user_id', :user, true)"), {"user": str(user or "")})
    if role != "owner":
        connection.execute(text(f"set local role {role}"))


def reset(connection: Connection) -> None:
    connection.execute(text("reset role"))


def interaction(number: int = 1, **fields: Any) -> Interaction:
    return Interaction(
        **{
            "user_id": ANN,
            "account_domain": "acme.com",
            "interaction_type": INTERACTION_TYPES[number % 6],
            "created_at": hours(number / 100),
            "interaction_id": UUID(int=number),
            **fields,
        }
    )


def batch(size: int, **fields: Any) -> list[Interaction]:
    return [interaction(number, **fields) for number in range(1, size + 1)]
