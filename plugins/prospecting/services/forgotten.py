"""Keeps people who asked to be forgotten out of what agents' answers leave behind.

``upsert_persons`` refuses them in any case. Here they are set apart before anything is chosen or noted, since those who
are not chosen are noted, too; and the answer itself, which the ledger keeps, is rid of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.records import ContactRecord
from prospecting.parsing.redaction import Redactor
from prospecting.parsing.subjects import Subject, people_described
from prospecting.persistence.batches import Failure
from prospecting.persistence.erased_identities import (
    DETAIL,
    REASON,
    Mention,
    erased_among,
    find_erased,
    has_erased,
    redact_answers,
)
from prospecting.persistence.rejected_records import RejectedRow

_NAME_END = re.compile(r"\s*[,;|:(\n]|\s[-–—]\s")


def find_forgotten(connection: Connection, contacts: Sequence[ContactRecord], company_id: int) -> list[ContactRecord]:
    """Those of the people named for a company who were forgotten."""
    mentions = (
        Mention.of(one.full_name, linkedin_url=one.linkedin_url, email=one.email, company_id=company_id)
        for one in contacts
    )
    return [contacts[position] for position in sorted(find_erased(connection, mentions))]


def without_forgotten(
    connection: Connection,
    rejected: Sequence[RejectedRow],
    forgotten: Sequence[ContactRecord],
    *,
    company_id: int,
    source: str,
    call_ids: Sequence[int],
) -> list[RejectedRow]:
    """The notes on an answer about a company, without those who were forgotten, and one row without a name for each of
    them. The answers of ``call_ids`` lose them, too.
    """
    if not has_erased(connection):
        return list(rejected)
    named = [described for row in rejected for described in people_described(_with_name(row.raw))]
    unreadable = erased_among(connection, named, company_ids=[company_id])
    people = {*map(_subject, forgotten), *(described.subject for described in unreadable)}
    redact_answers(connection, call_ids, people)
    rows = list(rejected)
    for redactor in map(Redactor, people):
        rows = [replace(row, raw=redactor.value(row.raw)) for row in rows]
    return [*rows, *(RejectedRow("filter", "person", REASON, DETAIL, None, source) for _ in forgotten)]


def _with_name(raw: Any) -> Any:
    """A line of text begins with the name: "Jane Doe, former CEO"."""
    return {"name": _NAME_END.split(raw, maxsplit=1)[0], "title": raw} if isinstance(raw, str) else raw


def unsaved_row(failure: Failure, record_type: str, raw: object, source: str) -> RejectedRow:
    """A record that was not saved; of somebody who was forgotten, only that there was one."""
    if failure.reason == REASON:
        return RejectedRow("filter", record_type, REASON, DETAIL, None, source)
    return RejectedRow("save", record_type, failure.reason, failure.detail, raw, source)


def _subject(contact: ContactRecord) -> Subject:
    mention = Mention.of(contact.full_name, linkedin_url=contact.linkedin_url, email=contact.email)
    return Subject(
        frozenset({contact.full_name}),
        frozenset({mention.email} - {None}),  # type: ignore[arg-type]
        frozenset({mention.linkedin_url} - {None}),  # type: ignore[arg-type]
    )
