"""Tokens of the API. Only their SHA-256 is stored: whoever reads the table can use none of them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.database import clean_text
from prospecting.persistence.statements import statement
from prospecting.persistence.users import register_users

PREFIX = "prospecting_"
"""Tokens begin so: they are told from others at sight, and by programs that look for secrets in code."""
MAX_DAYS = 3_650
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token; ``token`` itself is stored nowhere. ``expires_at`` is None for one that does not end."""

    id: UUID
    token: str = field(repr=False)
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whose token it is: without ``org_id`` an administrator's, who may ask about every org.

    ``user_id``: for whom research and interactions are saved with it; None when it is nobody's.
    """

    token_id: UUID
    org_id: UUID | None
    user_id: UUID | None


def issue_token(
    connection: Connection, *, name: str, org_id: UUID | None, user_id: UUID | None = None, days: int | None = None
) -> IssuedToken:
    """Make a token for an org (None: for an administrator), and register its user.

    ``days`` is how long it is good for, for ever without. Raises ``ValueError`` for a name or number of days out of
    range, and ``IntegrityError`` for an unknown org.
    """
    given = clean_text(name).strip()
    if not 0 < len(given) <= MAX_NAME:
        raise ValueError(f"A token needs a name of at most {MAX_NAME} characters, that says whose it is")
    if days is not None and not 0 < days <= MAX_DAYS:
        raise ValueError(f"A token is good for 1 to {MAX_DAYS} days; leave the days out for one that does not end")
    if user_id is not None:
        register_users(connection, [user_id])
    token = PREFIX + secrets.token_urlsafe(32)
    values = {"org_id": org_id, "user_id": user_id, "name": given, "days": days, "token_hash": _hashed(token)}
    row = connection.execute(statement("api_tokens/add_token"), values).one()
    return IssuedToken(row.id, token, row.expires_at)


def find_token(connection: Connection, token: str) -> TokenHolder | None:
    """Whose token it is; None when nobody's, when it was revoked, and when its time is over. Notes that it is used."""
    row = connection.execute(statement("api_tokens/find_token"), {"token_hash": _hashed(token)}).one_or_none()
    if row is None:
        return None
    connection.execute(statement("api_tokens/mark_used"), {"id": row.id})
    return TokenHolder(row.id, row.org_id, row.user_id)


def list_tokens(connection: Connection) -> Sequence[RowMapping]:
    """All tokens, the newest first: id, name, org (its slug), org_id, user_id, and the times of their lives."""
    return connection.execute(statement("api_tokens/list_tokens")).mappings().all()


def revoke_token(connection: Connection, token_id: UUID) -> bool:
    """End a token at once, and for good. Returns False when there is none of this id."""
    return connection.execute(statement("api_tokens/revoke_token"), {"id": token_id}).one_or_none() is not None


def _hashed(token: str) -> str:
    # Tokens are 256 random bits: nobody finds one by trying, so a slow hash would protect nothing.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
