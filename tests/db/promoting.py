"""People who may become contacts, for tests: sponsors that an execution found, and those who work there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from prospecting.parsing.records import EventRecord, SponsorRecord
from prospecting.persistence import promotions, signals
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.events import upsert_event_sponsors, upsert_events
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.promotion_candidates import PromotionScope
from prospecting.persistence.promotions import Counters, Preview
from tests.db.factories import ids, new_execution

SEEN = date(2026, 3, 1)


def add_sponsors(connection: Connection, tiers: Mapping[str, str | None], *, run: str = "found it") -> dict[str, int]:
    """Companies that an execution of its own found at an event of its own, ``Acme`` at acme.com; their ids by name."""
    execution = new_execution(connection, run)
    events = upsert_events(connection, [EventRecord(f"Conference of {run}", SEEN)], source_system="test").saved
    rows = [CompanyRow(name, f"{name.lower()}.com") for name in tiers]
    saved = upsert_companies(connection, rows, source_system="test").saved
    companies = dict(zip(tiers, ids(saved), strict=True))
    sponsors = [(companies[name], SponsorRecord(name, tier)) for name, tier in tiers.items() if tier]
    upsert_event_sponsors(connection, ids(events)[0], sponsors, source_system="test")
    signals.link_entities(connection, execution, "event", events)
    signals.link_entities(connection, execution, "company", saved)
    return companies


def execution_of(connection: Connection, run: str = "found it") -> UUID:
    """The id of the execution that ``add_sponsors`` made."""
    found = signals.find_execution_of_run(connection, run)
    assert found is not None
    return found


def add_people(connection: Connection, company_id: int, *people: PersonRow) -> list[int]:
    """People with a current role at the company; their ids."""
    rows = [
        PersonRow(
            person.full_name,
            company_id,
            person.title,
            linkedin_url=person.linkedin_url,
            email=person.email,
            observed_on=person.observed_on or SEEN,
        )
        for person in people
    ]
    return ids(upsert_persons(connection, rows, source_system="test").saved)


def someone(name: str, title: str | None = "CEO", **fields: Any) -> PersonRow:
    """A person with a profile of their own."""
    return PersonRow(
        name, title=title, **{"linkedin_url": f"linkedin.com/in/{name.replace(' ', '-').lower()}", **fields}
    )


def plan(connection: Connection, run: str = "a run", **scope: Any) -> tuple[UUID, Preview]:
    """A promotion of that run with its list; its id, and the list in numbers."""
    opened = promotions.open_promotion(connection, airflow_run_id=run, params={})
    return opened.id, promotions.plan_promotion(connection, opened.id, PromotionScope(**scope))


def approve(connection: Connection, promotion_id: UUID) -> None:
    promotions.record_decision(connection, promotion_id, "approved", decided_by="ann")


def promote(connection: Connection, promotion_id: UUID) -> Counters:
    """All of an approved list."""
    return promotions.promote_chunk(connection, promotion_id, first_position=1, last_position=1_000_000)


def items(connection: Connection, promotion_id: UUID) -> dict[str, tuple[str, str, str | None]]:
    """Verdict, status and reason of everybody on a list, in its order, by name."""
    found = connection.execute(
        text(
            "select p.full_name, i.verdict, i.status, i.reason from contact_promotion_items as i "
            "join persons as p on p.id = i.person_id where i.promotion_id = :id order by i.position"
        ),
        {"id": promotion_id},
    )
    return {name: (verdict, status, reason) for name, verdict, status, reason in found}


def proposed(connection: Connection, promotion_id: UUID) -> list[str]:
    """Who is proposed, in the order of the list."""
    return [name for name, (_, status, _) in items(connection, promotion_id).items() if status == "proposed"]


def contact_names(connection: Connection) -> list[str]:
    """The names of all contacts."""
    found = connection.execute(text("select full_name from contact_profiles order by full_name"))
    return list(found.scalars())
