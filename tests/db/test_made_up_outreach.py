"""The made-up sequence that the README shows: the same again adds nothing, and the reports fit its messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, text

from prospecting.parsing.webhooks import parse_touchpoint_events
from prospecting.persistence.account_counters import find_mismatches
from prospecting.persistence.touchpoint_events import save_touchpoint_events
from tests.db.engaging import add_contact
from tests.db.factories import count, stored, versions, write_companies
from tests.made_up_outreach import PROVIDER, write_outreach


def test_the_sequence_and_its_reports(connection: Connection) -> None:
    acme = write_companies(connection)[0]
    # What somebody does with their mails follows from the id of the contact.
    for number, name in enumerate(("Ann One", "Bob Two", "Cid Three", "Dan Four", "Eve Five")):
        add_contact(connection, acme, name, id=UUID(int=number))
    add_contact(connection, acme, "Fay Six", status="unsubscribed")
    add_contact(connection, None, "Gus Seven")
    written = write_outreach(connection)
    assert (written.contacts, written.new) == (5, 15)
    assert (count(connection, "conversations"), count(connection, "relationships")) == (5, 4)

    lines = "\n".join(map(json.dumps, written.events))
    parsed = parse_touchpoint_events(lines, "plain", now=datetime.now(UTC))
    assert parsed.rejected == []
    saved = save_touchpoint_events(connection, PROVIDER, parsed.items)
    assert (saved.new, saved.waiting, saved.refused) == (len(written.events), 0, 0)
    outcomes = {row["outcome"] for row in stored(connection, "touchpoints")}
    assert outcomes == {"delivered", "opened", "clicked", "replied"}
    assert connection.execute(text("select sum(response_count) from conversations")).scalar_one() > 0
    assert find_mismatches(connection) == []

    before = versions(connection)
    again = write_outreach(connection)
    assert (again.contacts, again.new, again.events) == (5, 0, written.events)
    assert versions(connection) == before
