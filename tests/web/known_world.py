"""A small database for pages: six companies, of which one way or another something is known."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text

from prospecting.persistence import signals
from prospecting.persistence.batches import Saved
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import TaskAttempt, unit_of_work
from prospecting.persistence.events import upsert_event_sponsors
from prospecting.persistence.persons import PersonRow, upsert_persons
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import SPONSORS, evaluate, ids, new_execution, write_briefings, write_events
from tests.db.recommending import add_accounts, add_model, add_scores

COMPANIES = (
    ("Acme", "https://acme.com", "Software"),
    ("Ärzte Bund", None, "Software"),
    ("Zeta", "https://zeta.io", None),
    ("=1+1", None, "Software"),
    ("Globex", "https://globex.com", "Software"),
    ("Initech", None, None),
)


def fill(engine: Engine) -> dict[str, int]:
    """Write it as one try of a task. Returns ids by name, and that of the ``event``."""
    attempt = TaskAttempt("signal_execution", "manual__1", "save_people", 3, 2)
    with unit_of_work(engine, attempt) as connection:
        rows = [CompanyRow(name, website, primary_industry=industry) for name, website, industry in COMPANIES]
        saved = ids(upsert_companies(connection, rows, source_system="test").saved)
        known = dict(zip((name for name, *_ in COMPANIES), saved, strict=True))
        return {**known, **_people(connection, known), "event": _found(connection, known)}


def _people(connection: Connection, known: dict[str, int]) -> dict[str, int]:
    today = datetime.now(UTC).date()
    rows = [
        PersonRow("Jane Doe", known["Acme"], "CEO", "linkedin.com/in/jane-doe", "jane@acme.com", observed_on=today),
        PersonRow("John Roe", known["Globex"], "Head of HR", observed_on=today.replace(year=today.year - 2, day=1)),
        PersonRow("Zoë Quarx", known["Acme"], "VP Sales"),
    ]
    jane, john, zoe = ids(upsert_persons(connection, rows, source_system="test").saved)
    connection.execute(text("update persons set full_name = '@' || full_name where id = :id"), {"id": zoe})
    evaluate(connection)
    contact = add_contact(connection, known["Acme"], email="jane@acme.com", person_id=jane)
    conversation = add_conversation(connection, contact, known["Acme"])
    add_touchpoint(connection, conversation, sent_at=datetime.now(UTC), created_by_automation=True)
    return {"Jane Doe": jane, "John Roe": john, "Zoë": zoe}


def _found(connection: Connection, known: dict[str, int]) -> int:
    event = write_events(connection)[0]
    upsert_event_sponsors(connection, event, [(known["Acme"], SPONSORS[0])], source_system="test")
    execution = new_execution(connection, "manual__1")
    signals.link_entities(connection, execution, "company", [Saved(known["Zeta"], True)])
    facts = {"is_b2b_saas": True, "has_modern_stack": True}
    add_accounts(connection, "acme.com", icp_score=9, priority_level="high", **facts)
    add_accounts(connection, "zeta.io", icp_score=3, priority_level="low")
    add_scores(connection, add_model(connection), {"acme.com": 0.42}, "5 engineering roles open (+12 points)")
    write_briefings(connection)
    for name, changed in (
        ("Globex", "country = 'DE', account_tier = 'tier1'"),
        ("Initech", "created_at = '2020-01-01'"),
    ):
        connection.execute(text(f"update companies set {changed} where id = :id"), {"id": known[name]})
    return event
