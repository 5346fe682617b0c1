"""Events and who sponsors them.

An event's identity is its name key (without the year), its first day and its city. Dates that are unknown stay NULL
and the event is kept; a later, more precise mention of the same edition completes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.records import EventRecord, SponsorRecord
from prospecting.parsing.tiers import tier_rank
from prospecting.parsing.urls import normalize_website
from prospecting.persistence.batches import (
    LARGE,
    Failure,
    Saved,
    Upserted,
    correct_statistics,
    save_isolating,
    without_nones,
)
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.places import city_key, place_key, upsert_cities, upsert_venues
from prospecting.persistence.statements import statement

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def event_key(name: str) -> str:
    """The name without case, accents, punctuation and year: "RubyConf 2025" and "rubyconf" are one series.

    A name that is nothing but a year keeps it.
    """
    folded = place_key(name)
    return " ".join(_YEAR.sub(" ", folded).split()) or folded


def upsert_events(connection: Connection, records: Sequence[EventRecord], *, source_system: str) -> Upserted:
    """Find or create every event, with its city and venue; fill what was unknown, never erase.

    Safe for any number of writers at once. One bad record costs only itself (``Upserted.failures``). At most one
    call per transaction, before companies and persons (lock order).
    """
    result = Upserted(saved=[None] * len(records))
    cities = upsert_cities(connection, (record.location for record in records))
    city_ids = [cities.get(place) if (place := city_key(record.location)) else None for record in records]
    venues = upsert_venues(
        connection, ((r.venue, city_id) for r, city_id in zip(records, city_ids, strict=True) if r.venue)
    )
    keys = [event_key(record.name) for record in records]
    lock_keys(connection, "event", (key for key in keys if key))
    connection.execute(statement("events/stage_table"))

    def staged(position: int) -> dict[str, Any]:
        record, city_id = records[position], city_ids[position]
        return {
            "ordinal": position,
            "name": record.name.strip(),
            "name_key": keys[position],
            "start_dt": record.start.isoformat() if record.start else None,
            "end_dt": record.end.isoformat() if record.start and record.end else None,
            "date_precision": (record.date_precision or "day") if record.start else None,
            "city_id": city_id,
            "venue_id": venues.get((place_key(record.venue), city_id)) if record.venue else None,
            "is_online": record.location.online,
            "website_url": normalize_website(record.website),
            "attendees": record.attendees,
            "event_type": record.event_type,
            "industry": record.industry,
            "description": record.description,
        }

    def save(positions: Sequence[int]) -> dict[int, Saved]:
        batch = [staged(position) for position in positions]
        source = {"source_system": source_system}
        connection.execute(statement("events/clear_stage"))
        connection.execute(statement("events/stage_rows"), {"rows": to_json(without_nones(batch))})
        is_large = len(batch) > LARGE
        if is_large:
            connection.execute(statement("events/analyze_stage"))
        unmatched = len(batch)
        while unmatched:
            if is_large:
                correct_statistics(connection, "events")
            _match(connection)
            left = _unmatched(connection)
            # Looking again helps as long as somebody was found; then the rest is new, the best known first.
            if left == unmatched:
                connection.execute(statement("events/insert_new"), source)
                left = _unmatched(connection)
            unmatched = left
        found = connection.execute(statement("events/staged_result"))
        return {ordinal: Saved(event_id, is_new) for ordinal, event_id, is_new in found}

    for position, key in enumerate(keys):
        if not key:
            result.failures.append(Failure(position, "missing_name", "The event has no usable name"))
    save_isolating(connection, [position for position, key in enumerate(keys) if key], save, result)
    return result


def _unmatched(connection: Connection) -> int:
    count: int = connection.execute(statement("events/unmatched")).scalar_one()
    return count


def _match(connection: Connection) -> None:
    """Exact first; then complete rough events, and look again with what has become known."""
    connection.execute(statement("events/match_exact"))
    connection.execute(statement("events/match_compatible"))
    connection.execute(statement("events/fill_gaps"))


def upsert_event_sponsors(
    connection: Connection,
    event_id: int,
    sponsors: Sequence[tuple[int, SponsorRecord]],
    *,
    source_system: str,
) -> None:
    """Link companies, given as (company id, record), to the event they sponsor. A company may sponsor many events.

    They take over from the sponsors of earlier editions. The event is locked before: ``lock_events``, ``find_website``.
    """
    rows = [
        {
            "ordinal": ordinal,
            "event_id": event_id,
            "company_id": company_id,
            "tier": sponsor.tier,
            "tier_rank": tier_rank(sponsor.tier) if sponsor.tier else None,
            "tier_label": sponsor.tier_label or sponsor.tier,
        }
        for ordinal, (company_id, sponsor) in enumerate(sponsors)
    ]
    if rows:
        connection.execute(statement("events/drop_past_sponsors"), {"event_id": event_id})
        connection.execute(statement("events/upsert_sponsors"), {"rows": to_json(rows), "source_system": source_system})


def find_website(connection: Connection, event_id: int) -> str | None:
    """The website of an event, if it is known. Locks the event, as ``lock_events`` does.

    Raises ``LookupError`` when the event does not exist.
    """
    found = connection.execute(statement("events/find_website"), {"event_id": event_id}).one_or_none()
    if found is None:
        raise LookupError(f"event_id: no event {event_id} is stored; see the table events")
    website: str | None = found.website_url
    return website


# ------------------------------------------------------------------------------------------------- earlier editions
def lock_events(connection: Connection, event_ids: Sequence[int]) -> None:
    """Have others who write the sponsors of these events wait for the transaction; before any company is locked."""
    if event_ids:
        connection.execute(statement("events/lock_events"), {"ids": list(event_ids)})


def query_without_sponsors(connection: Connection, execution_id: UUID | str, today: date) -> list[dict[str, Any]]:
    """Events of an execution that are not over and have no sponsors of their own.

    id, name_key, website_url, start_dt, city_id; by id.
    """
    values = {"execution_id": UUID(str(execution_id)), "today": today}
    return [dict(row) for row in connection.execute(statement("events/without_sponsors"), values).mappings()]


def query_possible_editions(
    connection: Connection, name_keys: Sequence[str], sites: Sequence[str], *, since: date
) -> list[dict[str, Any]]:
    """Events begun on ``since`` or later that have one of these names, or a website on one of these domains.

    As ``query_without_sponsors``, and ``has_sponsors``: it has sponsors of its own.
    """
    websites = [f"http%://{place}{site}{end}" for site in sites for place in ("", "%.") for end in ("", "/%")]
    values = {"name_keys": list(name_keys), "websites": websites, "since": since}
    return [dict(row) for row in connection.execute(statement("events/possible_editions"), values).mappings()]


def query_sponsors_of(connection: Connection, event_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Who sponsored these events themselves: event_id, company_id, year, tier, tier_rank, tier_label."""
    values = {"event_ids": list(event_ids)}
    return [dict(row) for row in connection.execute(statement("events/sponsors_of"), values).mappings()]


def may_have_past_sponsors(connection: Connection, event_id: int, today: date) -> bool:
    """True when the event is not over and has no sponsors of its own."""
    values = {"event_id": event_id, "today": today}
    found: bool = connection.execute(statement("events/may_have_past_sponsors"), values).scalar_one()
    return found


def upsert_past_sponsors(
    connection: Connection,
    event_id: int,
    sponsors: Sequence[RowMapping | Mapping[str, Any]],
    *,
    today: date,
    source_system: str,
) -> list[int]:
    """Link sponsors of earlier editions to an event that is not over and has no sponsors of its own; else nothing.

    ``sponsors``: company_id, year, tier, tier_rank, tier_label. Of a company the latest edition counts. The event is
    locked before. Returns the companies that are new as such, or whose edition is.
    """
    if not sponsors:
        return []
    names = ("company_id", "year", "tier", "tier_rank", "tier_label")
    rows = [{"ordinal": ordinal, **{name: sponsor[name] for name in names}} for ordinal, sponsor in enumerate(sponsors)]
    values = {"event_id": event_id, "rows": to_json(rows), "today": today, "source_system": source_system}
    return list(connection.execute(statement("events/upsert_past_sponsors"), values).scalars())


def link_past_sponsors(connection: Connection, execution_id: UUID | str) -> None:
    """Count the sponsors of earlier editions of its events among the companies that an execution found."""
    connection.execute(statement("events/link_past_sponsors"), {"execution_id": UUID(str(execution_id))})
