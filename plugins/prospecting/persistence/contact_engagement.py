"""The engagement of contacts, ``contacts.engagement_score``: kept by refreshes, from touchpoints.

What somebody did is read from the times of touchpoints, each act for itself: a message that was opened, clicked and
answered is three.

- Of our own messages: ``opened_at``, ``clicked_at``, ``replied_at``. An answer that is a touchpoint of its own, with
  ``in_reply_to_id``, in the same conversation, counts as that and not twice.
- Calls of ours that lasted longer than 0 seconds were answered.
- Whatever came from them is inbound, when it came: ``sent_at``, else ``delivered_at``, ``replied_at``, or when it was
  noted.
- A meeting counts once, whoever asked for it, for everybody who took part; from ``sent_at`` on, but not before it was
  ``scheduled_for``. One that failed or was never confirmed by a ``sent_at`` is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from prospecting.persistence.statements import statement
from prospecting.scoring.contact_engagement import HALF_LIFE_DAYS, NOISE_PLACES, WEIGHTS

_SCORING = {
    **{kind: weight for kind, weight in WEIGHTS.items() if weight},
    "half_life_days": HALF_LIFE_DAYS,
    "noise_places": NOISE_PLACES,
}


def refresh_engagement(
    connection: Connection,
    *,
    as_of: datetime,
    first_id: int,
    last_id: int,
    company_ids: Sequence[int] | None = None,
) -> int:
    """Score the contacts of the companies from ``first_id`` to ``last_id``, as of a moment. Returns how many changed.

    ``first_id`` 0 includes contacts without a company; ``company_ids`` narrows it to these companies. The scores are
    those of ``scoring.contact_engagement`` at the start (UTC) of the day of ``as_of``, with what happened on that day
    until ``as_of`` as if it had happened then: so scores do not move twice a day by themselves. Raises ``ValueError``
    when ``as_of`` has no time zone.
    """
    values = {
        **_SCORING,
        "as_of": as_of,
        "day_began_at": day_of(as_of),
        "first_id": first_id,
        "last_id": last_id,
        "company_ids": None if company_ids is None else list(company_ids),
    }
    connection.execute(statement("account_refreshes/more_memory"))
    return connection.execute(statement("contact_engagement/refresh_engagement"), values).rowcount


def day_of(as_of: datetime) -> datetime:
    """The start (UTC) of the day of ``as_of``. Raises ``ValueError`` when that has no time zone."""
    if as_of.utcoffset() is None:
        raise ValueError("as_of has no time zone: give it one, for instance datetime.now(UTC)")
    return as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
