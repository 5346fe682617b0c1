"""Touchpoints, meetings and deals as interactions: what was done with an account is known in one place.

An interaction's id follows from what it is about, so each is logged once, however often this is called:
``account_refresh`` does every night, before features are refreshed. It belongs to the user who created the touchpoint,
and to ``SYSTEM_USER`` where that is nobody the product knows.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence.statements import statement
from prospecting.persistence.users import register_users

SYSTEM_USER = UUID("00000000-0000-4000-8000-000000000001")
"""Whose interactions are those of automations, of programs, and of people who are no users."""


def log_touchpoint_interactions(
    connection: Connection, *, conversation_ids: Collection[UUID] | None = None, since: datetime | None = None
) -> int:
    """Log what happened in conversations; returns how many interactions are new.

    An outbound touchpoint that was sent is ``contacted``, a meeting ``meeting_booked``, a conversation that was won or
    lost ``deal_won`` or ``deal_lost``. What is scheduled, failed or bounced is none, and nothing at a company without
    a domain is. ``interaction_metadata`` has the id, and ``automated``: intent looks past those. With
    ``conversation_ids``, only of these; with ``since``, only what changed from then on.
    """
    if conversation_ids is not None and not conversation_ids:
        return 0
    register_users(connection, [SYSTEM_USER])
    values = {
        "conversation_ids": sorted(conversation_ids) if conversation_ids is not None else None,
        "since": since,
        "system_user": SYSTEM_USER,
    }
    return connection.execute(
        statement("account_interactions/log_touchpoint_interactions"),
        values,
        execution_options={"preserve_rowcount": True},
    ).rowcount
