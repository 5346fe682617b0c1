"""Touchpoints, meetings and deals as interactions: what was done with an account is known in one place.

An interaction's id follows from what it is about, so each is logged once, however often this is called:
``account_refresh`` does every night, before features are refreshed. It belongs to the user who created the touchpoint,
and to ``SYSTEM_USER`` where that is nobody the product knows.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence.statements import statement
from prospecting.persistence.users import register_users

SYSTEM_USER = UUID("00000000-0000-4000-8000-000000000001")
"""Whose interactions are those of automations, of programs, and of people who are no users."""


def log_touchpoint_interactions(connection: Connection) -> int:
    """Log what happened in conversations; returns how many interactions are new.

    An outbound touchpoint that was sent is ``contacted``, a meeting ``meeting_booked``, a conversation that was won or
    lost ``deal_won`` or ``deal_lost``. What is scheduled, failed or bounced is none, and nothing at a company without
    a domain is. ``interaction_metadata`` has the id, and ``automated``: intent looks past those.
    """
    register_users(connection, [SYSTEM_USER])
    return connection.execute(
        statement("account_interactions/log_touchpoint_interactions"),
        {"system_user": SYSTEM_USER},
        execution_options={"preserve_rowcount": True},
    ).rowcount
