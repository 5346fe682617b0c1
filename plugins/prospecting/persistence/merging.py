"""Merging two companies, or two persons: everything that refers to the one by its id becomes the survivor's.

What the survivor does not know is filled from the other, what it knows stays. Of two rows that say the same (a role, a
sponsorship, an address) the survivor's stays and takes what only the other one says. The row of the merged one remains,
with what identifies it, and leads to the survivor (``merged_into_id``). What is kept by a domain or a public id
(research, seats and requests for them, histories) stays where it is and is found through the redirect.

While rows move, triggers note each of them in ``merge_changes``, so that ``merge_undoing`` can put it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from prospecting.persistence.database import lock_all_keys, to_json
from prospecting.persistence.merge_judgements import find_judgement, move_judgements
from prospecting.persistence.roles import settle_roles_of
from prospecting.persistence.statements import statement

EntityType = Literal["company", "person"]

COUNTED = {
    "companies": ("total_contacts", "active_conversations"),
    "contacts": ("total_touchpoints", "last_engaged_at"),
}
"""Columns that triggers count anew whenever rows move."""

# Statements that differ between companies and persons.
_FIND = {"company": "company_merging/find", "person": "person_merging/find"}
_COUNT_DEPENDANTS = {"company": "company_merging/count_dependants", "person": "person_merging/count_dependants"}
_GAPS = {"company": "company_merging/gaps", "person": "person_merging/gaps"}
_SURVIVOR_VALUES = {"company": "company_merging/survivor_values", "person": "person_merging/survivor_values"}
_REDIRECT = {"company": "company_merging/redirect", "person": "person_merging/redirect"}
_FILL_SURVIVOR = {"company": "company_merging/fill_survivor", "person": "person_merging/fill_survivor"}


@dataclass(frozen=True, slots=True)
class Side:
    """One of two: ``known_by`` is a company's domain or a person's LinkedIn profile, if it has one."""

    id: int
    name: str
    known_by: str | None
    merged_into_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Dependants:
    """The rows of one table that refer to whoever is merged.

    ``moved`` become the survivor's; ``combined`` go, because the survivor has the same; ``kept`` stay where they are
    and are found through the redirect.
    """

    table_name: str
    moved: int
    combined: int
    kept: int


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge: ``merged_id`` leads to ``survivor_id`` unless it was undone."""

    id: int
    entity_type: EntityType
    survivor_id: int
    merged_id: int
    decided_by: str
    merged_at: datetime
    undone_by: str | None
    undone_at: datetime | None


def find_sides(connection: Connection, entity_type: EntityType, ids: Sequence[int]) -> dict[int, Side]:
    """Those of these companies or persons that are stored, by id."""
    found = connection.execute(statement(_FIND[entity_type]), {"ids": list(ids)}).mappings()
    return {row["id"]: Side(**row) for row in found}


def find_merge(connection: Connection, merge_id: int, *, is_locking: bool = False) -> Merge | None:
    """A merge by its id; with ``is_locking`` nobody else can undo it until the transaction ends."""
    if is_locking:
        connection.execute(statement("merging/lock"), {"merge_id": merge_id})
    return _merge(connection, "merging/find", {"merge_id": merge_id})


def find_standing_merge(connection: Connection, entity_type: EntityType, merged_id: int) -> Merge | None:
    """The merge by which a company or person leads to another one; ``None`` when none is on record."""
    return _merge(connection, "merging/standing", {"entity_type": entity_type, "merged_id": merged_id})


def query_merges(connection: Connection, entity_type: EntityType | None = None, *, limit: int = 50) -> list[Merge]:
    """The latest merges, those that were undone among them."""
    found = connection.execute(statement("merging/latest"), {"entity_type": entity_type, "limit": limit})
    return [Merge(**row) for row in found.mappings()]


def why_not(connection: Connection, entity_type: EntityType, survivor_id: int, merged_id: int) -> str | None:
    """The reason why two cannot be merged, with what to do; ``None`` when they can."""
    if survivor_id == merged_id:
        return f"{entity_type} {merged_id} cannot be merged into itself; name two"
    sides = find_sides(connection, entity_type, (survivor_id, merged_id))
    for wanted in (survivor_id, merged_id):
        if wanted not in sides:
            return f"no {entity_type} {wanted} is stored: it was deleted or forgotten, or the number is another thing's"
        current = sides[wanted].merged_into_id
        if current in (survivor_id, merged_id):
            return f"the two are one already: {entity_type} {wanted} was merged into {current}"
        if current is not None:
            return f"{entity_type} {wanted} was merged into {current} already: name {current}, or undo that merge first"
    judgement = find_judgement(connection, entity_type, survivor_id, merged_id)
    if judgement is not None and judgement.status == "distinct":
        return (
            f"somebody has judged {entity_type} {survivor_id} and {entity_type} {merged_id} to be distinct; "
            "take that judgement back first"
        )
    return None


def query_dependants(
    connection: Connection, entity_type: EntityType, survivor_id: int, merged_id: int
) -> list[Dependants]:
    """The effect a merge would have on the rows of each table that has any."""
    found = connection.execute(
        statement(_COUNT_DEPENDANTS[entity_type]),
        {"survivor_id": survivor_id, "merged_id": merged_id},
    )
    return [Dependants(*row) for row in found if row.moved or row.combined or row.kept]


def query_filled_columns(
    connection: Connection, entity_type: EntityType, survivor_id: int, merged_id: int
) -> list[str]:
    """The columns that the survivor does not know and would take from the other."""
    values = {"survivor_id": survivor_id, "merged_id": merged_id}
    return list(connection.execute(statement(_GAPS[entity_type]), values).scalars())


def lock_pair(connection: Connection, entity_type: EntityType, survivor_id: int, merged_id: int) -> None:
    """Lock two and everybody who is about to find or create anything that may be theirs.

    Imports that are being saved are waited for; later ones find the survivor.
    """
    ids = {"ids": [survivor_id, merged_id]}
    if entity_type == "company":
        lock_all_keys(connection, "company")
        connection.execute(statement("company_merging/lock"), ids)
        lock_all_keys(connection, "person")
    else:
        connection.execute(statement("person_merging/lock_companies"), ids)
        lock_all_keys(connection, "person")
        connection.execute(statement("person_merging/lock"), ids)


def merge(
    connection: Connection, entity_type: EntityType, survivor_id: int, merged_id: int, *, decided_by: str
) -> Merge:
    """Merge two that ``lock_pair`` has locked and ``why_not`` has no objection to."""
    values = {
        "entity_type": entity_type,
        "survivor_id": survivor_id,
        "merged_id": merged_id,
        "decided_by": decided_by,
    }
    opened = _merge(connection, "merging/open", values)
    assert opened is not None
    connection.execute(statement("merging/note_changes"), {"merge_id": opened.id})
    connection.execute(statement("merging/begin_moving"))
    move_judgements(connection, values)
    _move_roles(connection, values)
    for name in ("merging/combine_entities", "merging/drop_entities", "merging/move_entities"):
        connection.execute(statement(name), values)
    (_move_company if entity_type == "company" else _move_person)(connection, values)
    connection.execute(statement("merging/end_moving"))
    people = connection.execute(statement("merging/people_to_settle"), {**values, "merge_id": opened.id})
    settle_roles_of(connection, people.scalars().all())
    connection.execute(statement("merging/end_notes"))
    _keep_changes(connection, opened)
    return opened


def _merge(connection: Connection, name: str, values: dict[str, Any]) -> Merge | None:
    row = connection.execute(statement(name), values).mappings().one_or_none()
    return None if row is None else Merge(**row)


def _move_roles(connection: Connection, values: dict[str, Any]) -> None:
    for name in (
        "merging/twin_table",
        "merging/clear_twins",
        "merging/find_twins",
        "merging/combine_roles",
        "merging/drop_job_changes",
        "merging/move_job_changes",
        "merging/drop_twins",
        "merging/move_roles",
    ):
        connection.execute(statement(name), values)


def _move_company(connection: Connection, values: dict[str, Any]) -> None:
    for name in (
        "company_merging/combine_sponsors",
        "company_merging/drop_sponsors",
        "company_merging/move_sponsors",
        "company_merging/drop_refusals",
        "company_merging/move_refusals",
        "company_merging/demote_primary",
        "company_merging/move_contacts",
        "company_merging/move_conversations",
        "company_merging/move_promotion_items",
        "company_merging/move_accounts",
        "company_merging/move_campaign_domain",
        "company_merging/drop_twin_observations",
        "company_merging/move_twin_observations",
        "company_merging/combine_company_signals",
        "company_merging/drop_signal_entities",
        "company_merging/move_signal_entities",
        "company_merging/drop_company_signals",
        "company_merging/move_company_signals",
        "company_merging/drop_observations",
        "company_merging/move_observations",
    ):
        connection.execute(statement(name), values)
    _redirect(connection, values)


def _move_person(connection: Connection, values: dict[str, Any]) -> None:
    dropped = connection.execute(statement("person_merging/drop_channels"), values).mappings().all()
    for row in sorted(dropped, key=lambda row: row["id"]):
        connection.execute(statement("person_merging/combine_channel"), dict(row))
    for name in (
        "person_merging/move_channels",
        "person_merging/drop_refusals",
        "person_merging/move_refusals",
        "person_merging/drop_promotion_items",
        "person_merging/move_promotion_items",
        "person_merging/move_job_changes",
        "person_merging/drop_observations",
        "person_merging/move_observations",
    ):
        connection.execute(statement(name), values)
    _move_contact(connection, values)
    _redirect(connection, values)


def _move_contact(connection: Connection, values: dict[str, Any]) -> None:
    both = dict(connection.execute(statement("contact_merging/of_persons"), values).mappings().one())
    if both["merged_contact"] is None:
        return
    ids = [contact_id for contact_id in both.values() if contact_id is not None]
    connection.execute(statement("contact_merging/lock"), {"ids": ids})
    if both["survivor_contact"] is None:
        connection.execute(statement("contact_merging/move_contact"), values)
        return
    for name in (
        "contact_merging/move_conversations",
        "contact_merging/drop_relationships",
        "contact_merging/move_relationships",
        "contact_merging/drop_participants",
        "contact_merging/move_participants",
        "contact_merging/move_promotion_items",
        "contact_merging/move_recommendations",
    ):
        connection.execute(statement(name), both)
    known = connection.execute(statement("contact_merging/survivor_values"), both).scalar_one()
    connection.execute(statement("contact_merging/empty_merged"), both)
    connection.execute(statement("contact_merging/fill_survivor"), {**both, "values": to_json(known)})


def _redirect(connection: Connection, values: dict[str, Any]) -> None:
    """Let the merged one lead to the survivor, and fill this; what both would be known by is given up first."""
    entity_type = values["entity_type"]
    known = connection.execute(statement(_SURVIVOR_VALUES[entity_type]), values).scalar_one()
    connection.execute(statement(_REDIRECT[entity_type]), values)
    connection.execute(statement(_FILL_SURVIVOR[entity_type]), {**values, "values": to_json(known)})


def _keep_changes(connection: Connection, opened: Merge) -> None:
    values = {
        "merge_id": opened.id,
        "person_id": opened.survivor_id if opened.entity_type == "person" else None,
        "counted": to_json(COUNTED),
    }
    for name in ("merging/say_whom", "merging/forget_unchanged", "merging/keep_differences"):
        connection.execute(statement(name), values)
