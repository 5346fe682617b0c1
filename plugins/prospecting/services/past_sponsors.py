"""Sponsors of earlier editions, for events to come whose own sponsors nobody has published yet.

Editions of one series have one name without the year. Where that took place in several cities in one year (a series of
local events), only those of the same city do. Under another name an event is an edition when it is on the same website
and one of the names has all words of the other: "PyCon DE" is one of "PyCon DE & PyData".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.urls import listed_host, site_of
from prospecting.persistence import events
from prospecting.persistence.database import lock_keys

YEARS = 5
"""So many years back, an edition says something about the next one."""

Row = RowMapping | Mapping[str, Any]


def add_past_sponsors(
    connection: Connection, execution_id: UUID, *, today: date, limit: int, source_system: str
) -> int:
    """Let the sponsors of earlier editions count for the events of an execution that have none and are to come.

    At most ``limit`` of an event, of the latest editions first, the best tiers first. They belong to what the execution
    found. Once an event has sponsors of its own, these stand alone. Doing it twice changes nothing. Returns how many
    events there were.
    """
    waiting = events.query_without_sponsors(connection, execution_id, today)
    if not waiting:
        return 0
    # Other writers of these events and of their sponsors come before, or after.
    lock_keys(connection, "event", {event["name_key"] for event in waiting})
    events.lock_events(connection, [event["id"] for event in waiting])
    known = events.query_possible_editions(
        connection,
        [event["name_key"] for event in waiting],
        sorted({site for event in waiting if (site := _own_site(event))}),
        since=_years_before(min(event["start_dt"] for event in waiting)),
    )
    editions = {event["id"]: earlier_editions(event, known) for event in waiting}
    sponsors = defaultdict(list)
    for row in events.query_sponsors_of(connection, sorted({id for ids in editions.values() for id in ids})):
        sponsors[row["event_id"]].append(row)
    for event_id, ids in editions.items():
        rows = [row for edition in ids for row in sponsors[edition]]
        events.upsert_past_sponsors(
            connection, event_id, _each_once(rows)[:limit], today=today, source_system=source_system
        )
    events.link_past_sponsors(connection, execution_id)
    return sum(bool(ids) for ids in editions.values())


def earlier_editions(event: Row, known: Sequence[Row]) -> list[int]:
    """The ids of those ``known`` events that are editions of ``event`` before it, with sponsors; the latest first.

    Events have ``id``, ``name_key``, ``website_url``, ``start_dt``, ``city_id``; known ones ``has_sponsors``, too.
    """
    namesakes = [other for other in known if other["name_key"] == event["name_key"]]
    cities: dict[int, set[int]] = defaultdict(set)
    for other in (*namesakes, event):
        if other["start_dt"] and other["city_id"] is not None:
            cities[other["start_dt"].year].add(other["city_id"])
    is_local = any(len(found) > 1 for found in cities.values())
    site = _own_site(event)
    found = [
        other
        for other in known
        if other["has_sponsors"]
        and _years_before(event["start_dt"]) <= other["start_dt"] < event["start_dt"]
        and (
            (other["name_key"] == event["name_key"] and (not is_local or other["city_id"] == event["city_id"]))
            or (site is not None and site == _own_site(other) and _contain(event["name_key"], other["name_key"]))
        )
    ]
    return [other["id"] for other in sorted(found, key=lambda other: (other["start_dt"], other["id"]), reverse=True)]


def _contain(one: str, other: str) -> bool:
    first, second = set(one.split()), set(other.split())
    return one != other and bool(first and second) and (first <= second or second <= first)


def _own_site(event: Row) -> str | None:
    """The registered domain of an event's website; ``None`` when it is on a host of many."""
    site = site_of(event["website_url"])
    return None if site is None or listed_host(site).host else site.registered or site.host


def _years_before(day: date) -> date:
    year = max(day.year - YEARS, 1)
    return day.replace(year=year, day=min(day.day, 28))


def _each_once(rows: Sequence[Row]) -> list[Row]:
    found: dict[int, Row] = {}
    for row in rows:
        found.setdefault(row["company_id"], row)
    return list(found.values())
