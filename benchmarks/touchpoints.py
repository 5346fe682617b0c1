"""Touchpoints in bulk with their counters against the same insert without triggers, and many writers against one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from benchmarks.persistence import scratch_database
from benchmarks.results import Results, seconds
from prospecting.persistence.account_counters import find_mismatches
from prospecting.persistence.database import make_engine, to_json
from prospecting.persistence.statements import statement
from prospecting.persistence.touchpoints import create_touchpoints, record_email_sent

TOUCHPOINTS_PER_CONVERSATION = 20
CONTACTS_PER_COMPANY = 10
AT_ONCE = 5_000
WRITERS = 8
MESSAGES_PER_WRITER = 100

_PERSONS = """
insert into persons (full_name, name_key, source_system)
select 'Person ' || n, 'person ' || n, 'bench' from generate_series(1, :contacts) as n
"""
_COMPANIES = """
insert into companies (name, name_key, domain, source_system)
select 'Company ' || n, 'company ' || n, 'company-' || n || '.com', 'bench' from generate_series(1, :companies) as n
"""
_CONTACTS = """
insert into contacts (person_id, company_id)
select p.id, c.id
from (select id, row_number() over (order by id) as n from persons) as p
join (select id, row_number() over (order by id) as n from companies) as c on c.n = 1 + p.n % :companies
"""
_CONVERSATIONS = """
insert into conversations (contact_id, company_id)
select id, company_id from contacts, generate_series(1, 2)
"""


def run(results: Results, *, rows: int) -> None:
    """``rows`` touchpoints in conversations of twenty, two to a contact, ten contacts to a company."""
    with scratch_database() as engine:
        conversations = _load(engine, rows)
        records = list(_records(conversations, rows))
        by_conversation = sorted(records, key=lambda record: str(record["conversation_id"]))  # as they are created
        chunks = [to_json(by_conversation[start : start + AT_ONCE]) for start in range(0, rows, AT_ONCE)]
        bare, counted, everything = _measure(engine, chunks, ("user",), ("note_insert", "date_response"), ())
        saved = seconds(lambda: _save(engine, records))
        again = seconds(lambda: _save(engine, records))
        with engine.begin() as connection:
            wrong = len(find_mismatches(connection))
        one, others, together = _writers(engine, conversations)
    results.add(
        f"{rows:,} touchpoints, counted ({wrong} wrong)", counted, bare, "the same insert, no triggers", "<= 1.5"
    )
    results.add(f"{rows:,} touchpoints, all triggers", everything, bare, "the same insert, no triggers", "")
    results.add(f"{rows:,} touchpoints, checked and created", saved, bare, "the same insert, no triggers", "")
    results.add(f"{rows:,} touchpoints again (nothing new)", again, saved, "the first time", "")
    messages = WRITERS * MESSAGES_PER_WRITER
    results.add(f"{messages} messages by {WRITERS} writers, one conversation", together, one, "by one writer", "")
    results.add(f"{messages} messages by {WRITERS} writers, each its own", others, one, "by one writer", "")


def _load(engine: Engine, rows: int) -> Sequence[UUID]:
    contacts = max(1, rows // TOUCHPOINTS_PER_CONVERSATION // 2)
    companies = max(1, contacts // CONTACTS_PER_COMPANY)
    with engine.begin() as connection:
        connection.execute(text(_PERSONS), {"contacts": contacts})
        connection.execute(text(_COMPANIES), {"companies": companies})
        connection.execute(text(_CONTACTS), {"companies": companies})
        connection.execute(text(_CONVERSATIONS))
        found = connection.execute(text("select id from conversations order by contact_id, id")).scalars().all()
    _vacuum(engine)
    return found


def _records(conversations: Sequence[UUID], rows: int) -> Iterator[dict[str, Any]]:
    """A fifth of them answered, spread over all conversations."""
    began = datetime.now(UTC) - timedelta(days=400)
    for number in range(rows):
        sent_at = began + timedelta(minutes=5 * number)
        yield {
            "id": UUID(int=number + 1),
            "conversation_id": conversations[number % len(conversations)],
            "channel": "email",
            "direction": "outbound",
            "subject": f"Message {number}",
            "content": "Dear Ada, " + "we should talk. " * 20,
            "sent_at": sent_at,
            "replied_at": sent_at + timedelta(hours=3) if number % 5 == 0 else None,
            "provider": "bench",
            "email_message_id": f"message-{number}",
            "metadata": {"step": number % 7},
            "created_by_automation": True,
            "visibility": "own",
        }


@contextmanager
def _disabled(engine: Engine, *triggers: str) -> Iterator[None]:
    """Without these triggers of touchpoints; ``user`` is all but those of foreign keys."""
    for change in ("disable", "enable"):
        with engine.begin() as connection:
            for trigger in triggers:
                connection.execute(text(f"alter table touchpoints {change} trigger {trigger}"))
        if change == "disable":
            yield


def _measure(engine: Engine, chunks: Sequence[str], *disabled: Sequence[str]) -> list[float]:
    """The least of five times without these triggers, in turns: what else the machine does is in all of them."""
    measured: list[list[float]] = [[] for _ in disabled]
    for _ in range(5):
        for triggers, times in zip(disabled, measured, strict=True):
            _empty(engine)
            with _disabled(engine, *triggers):
                times.append(seconds(lambda: _insert(engine, chunks)))
    _empty(engine)
    return [min(times) for times in measured]


def _insert(engine: Engine, chunks: Sequence[str]) -> None:
    with engine.begin() as connection:
        for chunk in chunks:
            connection.execute(statement("touchpoints/create_touchpoints"), {"rows": chunk})


def _save(engine: Engine, records: Sequence[dict[str, Any]]) -> None:
    with engine.begin() as connection:
        create_touchpoints(connection, records)


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("truncate touchpoints cascade"))
    _vacuum(engine)


def _vacuum(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze companies, contacts, conversations, touchpoints"))


def _writers(engine: Engine, conversations: Sequence[UUID]) -> tuple[float, float, float]:
    """Seconds for as many messages: by one writer, by eight into a conversation each, by eight into the same."""
    pooled = make_engine(engine.url, pool_size=WRITERS)

    def write(conversation: UUID, messages: int) -> None:
        for _ in range(messages):
            with pooled.begin() as connection:
                record_email_sent(connection, conversation, "Hello", "Dear Ada")

    def at_once(to: Sequence[UUID]) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write, to, [MESSAGES_PER_WRITER] * WRITERS))

    write(conversations[0], 10)
    one = seconds(lambda: write(conversations[1], WRITERS * MESSAGES_PER_WRITER))
    others = seconds(lambda: at_once(conversations[2 : 2 + 2 * WRITERS : 2]))
    together = seconds(lambda: at_once([conversations[0]] * WRITERS))
    pooled.dispose()
    return one, others, together
