"""Intent: the accounts that are more active than their history predicts, as stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from prospecting.persistence.database import lock_keys, read_in_portions, to_json
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.statements import statement
from prospecting.scoring.intent import ACTIVITY_DAYS, BASELINE_DAYS, assess_intent

_ACCOUNTS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class IntentCounts:
    """Accounts found at each level, how many rows that changed, and how many accounts calmed down."""

    rising: int
    surging: int
    written: int
    cleared: int


def detect_intent(connection: Connection, *, as_of: datetime) -> IntentCounts:
    """Find the accounts whose activity before ``as_of`` rises, and store them in place of those found earlier.

    Activity is what users did, except losing a deal, and every research run that succeeded. Only accounts with activity
    in the latest window are read, in portions. ``observed_on`` is the day (UTC) since which the numbers are these.
    Raises ``ValueError`` when ``as_of`` has no time zone.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of has no time zone: give it one, for instance datetime.now(UTC)")
    until = as_of.astimezone(UTC)
    window_start = until - timedelta(days=ACTIVITY_DAYS)
    window = {"since": window_start - timedelta(days=BASELINE_DAYS), "window_start": window_start, "until": until}
    # Two transactions at once would not see each other's rows.
    lock_keys(connection, "intent", ["account_intent"])
    rows: list[dict[str, Any]] = []
    portions = read_in_portions(
        connection,
        "intent/count_activity",
        window,
        ("account_domain", "activity", "baseline"),
        portion_size=_ACCOUNTS_AT_ONCE,
    )
    for account_domain, activity, baseline in chain.from_iterable(portions):
        if intent := assess_intent(activity, baseline):
            rows.append(
                {
                    "account_domain": account_domain,
                    "level": intent.level,
                    "activity": intent.activity,
                    "expected": intent.expected,
                    "lift": intent.lift,
                    "reasons": intent.reasons,
                }
            )
    written = connection.execute(
        statement("intent/save_intent"), {"rows": to_json(rows), "observed_on": until.date()}
    ).rowcount
    found = {"account_domains": [row["account_domain"] for row in rows]}
    cleared = connection.execute(statement("intent/forget_intent"), found).rowcount
    surging = sum(row["level"] == "surging" for row in rows)
    return IntentCounts(rising=len(rows) - surging, surging=surging, written=written, cleared=cleared)


def query_intent(connection: Connection, *, limit: int = 50) -> Page[dict[str, Any]]:
    """Accounts that are more active than expected: surging before rising, then by lift.

    ``account_domain``, ``level``, ``activity``, ``expected``, ``lift``, ``reasons``, ``observed_on``.
    """
    return page_of(connection.execute(statement("intent/query_intent"), {"limit": limit}).mappings().all())
