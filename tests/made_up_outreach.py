"""A made-up sequence of e-mails to the contacts of a database, and the mail provider's reports about them.

    python -m tests.made_up_outreach

gives every active contact at a company a conversation with three e-mails of the last three weeks, sent by automation,
and colleagues at one company a relationship. No mail is sent, and nothing of it happened. What the contacts would have
done with the mails, and the provider reported, is written to ``.local/made_up_events.jsonl``, in the plain format of
``account_events``. The same contacts, day and seed give the same sequence; doing it again adds nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection, create_engine, text

from prospecting.persistence.conversations import create_conversation
from prospecting.persistence.database import application_url
from prospecting.persistence.relationships import create_relationship
from prospecting.persistence.touchpoints import create_touchpoints
from scripts import environment

PROVIDER = "made-up"
EVENTS_FILE = environment.ROOT / ".local" / "made_up_events.jsonl"
DAYS_AGO = (20, 13, 6)
SUBJECTS = ("Meeting at the conference", "What others do about it", "Shall we talk?")
CHANCES = {"opened": 0.6, "clicked": 0.35, "replied": 0.3}
"""How likely a contact does this with a mail they got, each given the one before."""


@dataclass(frozen=True, slots=True)
class Written:
    """To how many contacts; how many touchpoints are ``new``; what the provider would have reported."""

    contacts: int
    new: int
    events: list[dict[str, Any]]


def write_outreach(connection: Connection, *, seed: int = 1, today: datetime | None = None) -> Written:
    """Store the sequence, and return it with the reports about it."""
    today = (today or datetime.now(UTC)).replace(hour=9, minute=0, second=0, microsecond=0)
    at_company: dict[int, list[UUID]] = defaultdict(list)
    for contact_id, company_id in connection.execute(
        text(
            "select id, company_id from contacts where company_id is not null and status = 'active' "
            "order by company_id, person_id"
        )
    ):
        at_company[company_id].append(contact_id)
    rows: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for company_id, contacts in at_company.items():
        for one, other in pairwise(contacts):
            create_relationship(connection, one, other, "colleagues", context="Made up")
        for contact_id in contacts:
            conversation_id = _conversation(connection, contact_id, company_id)
            for row in _sequence(contact_id, conversation_id, today):
                rows.append(row)
                events += _reports(row, Random(f"{seed} {row['email_message_id']}"))
    created = create_touchpoints(connection, rows)
    return Written(sum(map(len, at_company.values())), created.created, events)


def _conversation(connection: Connection, contact_id: UUID, company_id: int) -> UUID:
    conversation = create_conversation(
        connection,
        contact_id,
        company_id,
        qualification_tier="warm",
        conversation_id=uuid5(NAMESPACE_URL, f"made-up-outreach/{contact_id}"),
        campaign_name="Made-up outreach",
    )
    return conversation.id


def _sequence(contact_id: UUID, conversation_id: UUID, today: datetime) -> Iterator[dict[str, Any]]:
    for step, (days, subject) in enumerate(zip(DAYS_AGO, SUBJECTS, strict=True), start=1):
        yield {
            "id": uuid5(NAMESPACE_URL, f"made-up-outreach/{contact_id}/{step}"),
            "conversation_id": conversation_id,
            "channel": "email",
            "direction": "outbound",
            "subject": subject,
            "content": "Made up.",
            "sent_at": today - timedelta(days=days),
            "is_history": True,
            "email_message_id": f"{contact_id}-{step}@made-up.invalid",
            "provider": PROVIDER,
            "created_by_automation": True,
        }


def _reports(row: dict[str, Any], random: Random) -> Iterator[dict[str, Any]]:
    at = row["sent_at"] + timedelta(minutes=1)
    kinds = ["delivered"]
    for kind, chance in CHANCES.items():
        if random.random() >= chance:
            break
        kinds.append(kind)
    for kind in kinds:
        yield {
            "event_id": f"{row['email_message_id']}/{kind}",
            "message_id": row["email_message_id"],
            "kind": kind,
            "occurred_at": at.isoformat(),
        }
        at += timedelta(hours=random.randint(1, 20))


def main() -> int:
    """Store made-up e-mails to the contacts of the application database, and write the reports about them to a file."""
    parser = argparse.ArgumentParser(prog="tests.made_up_outreach", description=main.__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another one makes other reactions (default 1)")
    parser.add_argument("--events", type=Path, default=EVENTS_FILE, help="where the reports go (default %(default)s)")
    given = parser.parse_args()
    engine = create_engine(application_url(environment.prepare().application_url), hide_parameters=True)
    with engine.begin() as connection:
        written = write_outreach(connection, seed=given.seed)
    if not written.contacts:
        sys.stderr.write(
            "error: no active contact at a company; promote people first (make dag DAG=account_promotion)\n"
        )
        return 1
    given.events.parent.mkdir(parents=True, exist_ok=True)
    given.events.write_text("".join(json.dumps(event) + "\n" for event in written.events), encoding="utf-8")
    sys.stdout.write(
        f"stored {written.new} made-up e-mails to {written.contacts} contacts; {len(written.events)} reports about "
        f"them are in {given.events}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
