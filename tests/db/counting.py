"""Changes of all kinds to a few companies, contacts, conversations and touchpoints, made by several processes at once.

Plain SQL, of the kinds that somebody might write by hand, statements that change a table in several ways at once
included. A change that lost a race is made again.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
from hypothesis import strategies as st
from psycopg import errors

# %(a)s, %(b)s: numbers that choose rows; a row of a table is the one whose place in the order of ids is that number,
# modulo how many there are.
_PICK = "(select id from {0} order by id offset %({1})s %% greatest((select count(*) from {0}), 1) limit 1)"
_COMPANY, _OTHER_COMPANY = _PICK.format("companies", "a"), _PICK.format("companies", "b")
_CONTACT, _OTHER_CONTACT = _PICK.format("contacts", "a"), _PICK.format("contacts", "b")
_TALK, _OTHER_TALK = _PICK.format("conversations", "a"), _PICK.format("conversations", "b")
_TOUCHPOINT, _OTHER_TOUCHPOINT = _PICK.format("touchpoints", "a"), _PICK.format("touchpoints", "b")
_STATUS = "(array['active', 'paused', 'nurturing', 'closed', 'won', 'lost'])[1 + %({})s %% 6]"
_TIME = "nullif(timestamptz '2026-01-01' + %({0})s * interval '1 hour', timestamptz '2026-01-01')"
_DIRECTION = "(array['outbound', 'inbound'])[1 + %(a)s %% 2]"
_VALUES = f"'email', {_DIRECTION}, {_TIME.format('b')}, {_TIME.format('c')}"
_COLUMNS = "channel, direction, sent_at, replied_at"

CHANGES = {
    "add a contact": f"""
        with person as (
            insert into persons (full_name, name_key, source_system) values ('Ann Poe', 'ann poe', 'tests') returning id
        )
        insert into contacts (person_id, company_id) select id, {_COMPANY} from person""",
    "move a contact": f"update contacts set company_id = {_OTHER_COMPANY} where id = {_CONTACT}",
    "a contact without company": f"update contacts set company_id = null where id = {_CONTACT}",
    "contacts change places": "update contacts set company_id = case when %(c)s > 12 then company_id end, role = 'x'",
    "delete a contact": f"delete from contacts where id = {_CONTACT} and (select count(*) from contacts) > 2",
    "delete a person": f"""delete from persons where id = (select person_id from contacts where id = {_CONTACT})
        and (select count(*) from contacts) > 2""",
    "begin a conversation": f"""insert into conversations (contact_id, company_id, status)
        select k.id, m.id, {_STATUS.format("c")} from contacts as k, companies as m
        where k.id = {_CONTACT} and m.id = {_OTHER_COMPANY}""",
    "change a status": f"update conversations set status = {_STATUS.format('b')} where id = {_TALK}",
    "change all statuses": f"update conversations set status = {_STATUS.format('b')}",
    "move a conversation": f"""update conversations set contact_id = {_CONTACT}, company_id = {_OTHER_COMPANY}
        where id = {_TALK}""",
    "delete a conversation": f"""delete from conversations
        where id = {_TALK} and (select count(*) from conversations) > 2""",
    "add a touchpoint": f"""insert into touchpoints (conversation_id, {_COLUMNS})
        select id, {_VALUES} from conversations where id = {_TALK}""",
    "add many": f"insert into touchpoints (conversation_id, {_COLUMNS}) select id, {_VALUES} from conversations",
    "answer one": f"""update touchpoints set replied_at = {_TIME.format("b")}, direction = {_DIRECTION}
        where id = {_TOUCHPOINT}""",
    "send all": f"update touchpoints set sent_at = {_TIME.format('b')} where sent_at is null or %(c)s > 20",
    "link": f"update touchpoints set in_reply_to_id = nullif({_OTHER_TOUCHPOINT}, id) where id = {_TOUCHPOINT}",
    "move a touchpoint": f"update touchpoints set conversation_id = {_OTHER_TALK} where id = {_TOUCHPOINT}",
    "delete a touchpoint": f"delete from touchpoints where id = {_TOUCHPOINT}",
    "delete many": f"delete from touchpoints where conversation_id = {_TALK}",
    "delete and add at once": f"""
        with gone as (delete from touchpoints where id = {_TOUCHPOINT} returning *)
        insert into touchpoints (conversation_id, {_COLUMNS}) select {_OTHER_TALK}, {_COLUMNS} from gone""",
    "add and change at once": f"""
        with added as (
            insert into touchpoints (conversation_id, {_COLUMNS})
            select id, {_VALUES} from conversations where id = {_TALK}
            returning replied_at
        )
        update touchpoints set replied_at = {_TIME.format("b")} where id = {_TOUCHPOINT}""",
    "add or change": f"""
        insert into touchpoints (id, conversation_id, {_COLUMNS})
        select case when chosen.old then {_TOUCHPOINT} else gen_random_uuid() end, {_TALK}, {_VALUES}
        from (values (true), (false)) as chosen (old)
        where exists (select from conversations) and exists (select from touchpoints)
        on conflict (id) do update set sent_at = excluded.sent_at, replied_at = excluded.replied_at""",
}
Change = tuple[str, int, int, int]

_LOST_RACE = (
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.ForeignKeyViolation,
    errors.NotNullViolation,
    errors.UniqueViolation,
)


def changes(size: int) -> st.SearchStrategy[list[list[Change]]]:
    """Transactions of one to three changes."""
    number = st.integers(0, 30)
    change = st.tuples(st.sampled_from(sorted(CHANGES)), number, number, number)
    return st.lists(st.lists(change, min_size=1, max_size=3), min_size=size, max_size=size)


def make_changes(url: str, transactions: Sequence[Sequence[Change]]) -> int:
    """Make them one after the other; returns how often one had to be made again."""
    again = 0
    with psycopg.connect(url, options="-c jit=off -c deadlock_timeout=20ms") as connection:
        for transaction in transactions:
            for _ in range(100):
                try:
                    with connection.transaction():
                        for name, a, b, c in transaction:
                            connection.execute(CHANGES[name].encode(), {"a": a, "b": b, "c": c})
                    break
                except _LOST_RACE:
                    again += 1
            else:
                raise AssertionError(f"lost a hundred races: {transaction}")
    return again


@contextmanager
def processes(number: int) -> Iterator[Callable[[str, Sequence[Any]], int]]:
    """Lets each of so many processes make its changes to the database of a URL."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(number, mp_context=context) as pool:
        yield lambda url, lists: sum(pool.map(make_changes, [url] * len(lists), lists))
