"""People named by outside agents: those whom somebody has written into the intake queue by hand or by plain SQL.

A row that is filled in and ``validated`` becomes a person with a role, by the same rules as everybody else; whoever
cannot be read or saved is kept in ``rejected_records``. A request that still waits is completed when the person can be
seated; otherwise it counts as one that found nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.records import ContactRecord, Rejected
from prospecting.persistence.database import to_json
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.statements import statement
from prospecting.scoring.seats import SeatPolicy, confidence, is_weak, seat_ranks

SOURCE_SYSTEM = "slot_backfill"
_READ = ("full_name", "title", "linkedin_url", "email", "phone", "bio")


def promote_answers(connection: Connection, policy: SeatPolicy) -> int:
    """Promote what was answered for the companies this transaction evaluates. Returns how many rows were read.

    ``policy`` says who is sure enough. A request that still waits is ended with its answer. Promoting twice changes
    nothing.
    """
    rows = [dict(row) for row in connection.execute(statement("slots/unpromoted_answers")).mappings()]
    if not rows:
        return 0
    notes: dict[int, str | None] = {}
    rejected: list[RejectedRow] = []
    people: list[tuple[Mapping[str, Any], ContactRecord]] = []
    for row in rows:
        contact = _read(row)
        if isinstance(contact, ContactRecord):
            people.append((row, contact))
            notes[row["id"]] = _misfit(contact, row["slot_type"], policy)
        else:
            notes[row["id"]] = f"The answer could not be used: {contact.detail}"
            rejected.append(RejectedRow.from_parse(contact, "person", _source(row)))
    upserted = upsert_persons(
        connection,
        [
            PersonRow.from_contact(contact, company_id=row["company_id"], observed_on=row["observed_on"])
            for row, contact in people
        ],
        source_system=SOURCE_SYSTEM,
    )
    for failure in upserted.failures:
        about = people[failure.position][0]
        notes[about["id"]] = f"The answer could not be saved: {failure.detail}"
        rejected.append(RejectedRow("save", "person", failure.reason, failure.detail, source=_source(about)))
    record_rejected(connection, None, rejected)
    saved = [
        {"id": row["id"], "company_id": row["company_id"], "slot_type": row["slot_type"], "person_id": found.id}
        for (row, _), found in zip(people, upserted.saved, strict=True)
        if found is not None
    ]
    for row_id, reason in connection.execute(statement("slots/unseated_answers"), {"rows": to_json(saved)}):
        notes[row_id] = notes[row_id] or _UNSEATED[reason]
    values = {"rows": to_json([{"id": id_, "note": note} for id_, note in notes.items()])}
    connection.execute(statement("slots/mark_promoted"), values)
    connection.execute(statement("slots/close_answered"), values)
    return len(rows)


def _source(row: Mapping[str, Any]) -> str:
    return f"intake row {row['id']}"


def _read(row: Mapping[str, Any]) -> ContactRecord | Rejected:
    """The person in a row of the intake queue, read as an agent's answer is."""
    parsed = parse_contacts([{name: row[name] for name in _READ if row[name]}])
    if parsed.items:
        return parsed.items[0]
    return parsed.rejected[0] if parsed.rejected else Rejected("no_data", "The row names nobody", None)


_UNSEATED = {
    "refused": "It was decided that this person does not hold the seat",
    "no_role": "What is known already says that the role is over",
}


def _misfit(contact: ContactRecord, seat: str, policy: SeatPolicy) -> str | None:
    """Why a person, saved all the same, does not end the search for a seat."""
    rank = seat_ranks(contact.title, also_ceo=policy.also_ceo).get(seat)
    if rank is None:
        return f"The title fills no {seat} seat" if contact.title else "Without a title nobody knows which seat it is"
    if is_weak(seat, rank, policy.minimum):
        return f"Not sure enough to be the {seat}: confidence {confidence(rank):.2f}, wanted {policy.minimum[seat]:.2f}"
    return None
