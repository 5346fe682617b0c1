"""Promotions: lists of people who may become contacts, the decision of a person about each list, and carrying it out.

A list is planned once, and checked again, person by person and under locks, when it is carried out. No statement here
makes a contact of anybody unless the promotion is approved and says by whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping

from prospecting.persistence.contact_queries import SENIORITY_LEVELS
from prospecting.persistence.database import to_json
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.promotion_candidates import (
    LEVELS,
    PromotionScope,
    judge,
    judge_again,
    prepare,
    stage,
)
from prospecting.persistence.statements import statement

SOURCE_SYSTEM = "account_promotion"
"""``contacts.source_system`` of those who became contacts here."""


class Promotion(BaseModel):
    """A row of ``contact_promotions``.

    ``status`` is ``running`` while somebody plans or promotes, ``planned`` while it waits for a decision, then
    ``completed``, ``rejected`` or ``failed``. ``decided_by`` is ``None`` when nobody answered in time.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    airflow_run_id: str
    params: dict[str, Any]
    status: str
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    proposed: int
    promoted: int
    error: str | None
    started_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many people, at how many companies, share a verdict, a status and a reason."""

    verdict: str
    status: str
    reason: str | None
    people: int
    companies: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A list in numbers. ``companies``: the ids of those with most people proposed, and how many that are.

    ``unconfirmed``: how many of those proposed are not known for certain to hold a role there today.
    """

    counts: tuple[Count, ...]
    companies: Page[tuple[int, int]]
    unconfirmed: int = 0

    def people(self, status: str) -> int:
        """How many people have this status."""
        return sum(count.people for count in self.counts if count.status == status)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a list. ``first_number`` counts, from 1, those who were still proposed when it was made."""

    first_position: int
    last_position: int
    first_number: int
    people: int


@dataclass(frozen=True, slots=True)
class Counters:
    """How many people were made contacts, and how many were refused when they were checked again."""

    promoted: int = 0
    refused: int = 0

    def __add__(self, other: Counters) -> Counters:
        return Counters(self.promoted + other.promoted, self.refused + other.refused)

    def as_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """How many contacts were deleted again, and how many were kept because somebody has worked with them."""

    withdrawn: int
    kept: int


# ------------------------------------------------------------------------------------------------ a promotion's life
def open_promotion(connection: Connection, *, airflow_run_id: str, params: Mapping[str, Any]) -> Promotion:
    """Open the promotion of an Airflow run. A run that starts over plans anew, unless somebody has decided already."""
    values = {"airflow_run_id": airflow_run_id, "params": to_json(dict(params))}
    connection.execute(statement("promotions/open_promotion"), values)
    found = connection.execute(statement("promotions/promotion_of_run"), {"airflow_run_id": airflow_run_id})
    return _promotion(found.mappings().one())


def find_promotion(connection: Connection, promotion_id: UUID) -> Promotion | None:
    """The stored promotion with this id, or ``None``."""
    return _find(connection, "promotions/find_promotion", {"promotion_id": promotion_id})


def find_promotion_of_run(connection: Connection, airflow_run_id: str) -> Promotion | None:
    """The promotion that an Airflow run planned, or ``None``."""
    return _find(connection, "promotions/promotion_of_run", {"airflow_run_id": airflow_run_id})


def record_decision(
    connection: Connection, promotion_id: UUID, decision: str, *, decided_by: str | None = None
) -> Promotion:
    """Record that a person approved or rejected a list (``decision``: ``approved``, ``rejected``).

    The first decision stands: returns the promotion as it is then, whose ``decision`` may be another one. An approved
    promotion that was not finished is open again. ``decided_by`` is needed to approve.

    Raises:
        LookupError: there is no such promotion.
        ValueError: an unknown decision, an approval by nobody, or a promotion that has no list to decide on.
    """
    if decision not in ("approved", "rejected"):
        raise ValueError("Unknown decision about a promotion; allowed: approved, rejected")
    decided_by = (decided_by or "").strip() or None
    if decision == "approved" and decided_by is None:
        raise ValueError("A promotion is approved by somebody: say by whom")
    known = _locked(connection, promotion_id)
    if known.decision is None and known.status != "planned":
        raise ValueError(
            f"The promotion {promotion_id} cannot be decided on: it is {known.status}. Only one that is planned waits "
            "for a decision; plan a new one"
        )
    values = {"promotion_id": promotion_id, "decision": decision, "decided_by": decided_by}
    connection.execute(statement("promotions/decide"), values)
    if decision == "approved":
        connection.execute(statement("promotions/reopen_approved"), {"promotion_id": promotion_id})
    return _existing(connection, promotion_id)


def finish_promotion(connection: Connection, promotion_id: UUID, *, error: str | None = None) -> Promotion:
    """Close a promotion, as failed when there is an ``error``, with how many people became contacts.

    A rejected one stays rejected. Raises ``LookupError`` when there is no such promotion.
    """
    known = _locked(connection, promotion_id)
    if known.status == "rejected":
        return known
    values = {"promotion_id": promotion_id, "status": "failed" if error else "completed", "error": error}
    connection.execute(statement("promotions/finish_promotion"), values)
    return _existing(connection, promotion_id)


def query_unknown_ids(connection: Connection, scope: PromotionScope) -> Sequence[RowMapping]:
    """Ids in the scope (``param``, ``id``) that are nothing, or a merged company (``merged_into_id``); at most 20."""
    values = {
        "signal_ids": list(scope.signal_ids),
        "execution_ids": list(scope.execution_ids),
        "company_ids": list(scope.company_ids),
    }
    return connection.execute(statement("promotions/unknown_ids"), values).mappings().all()


# ----------------------------------------------------------------------------------------------------------- the list
def plan_promotion(connection: Connection, promotion_id: UUID, scope: PromotionScope) -> Preview:
    """Make the list of a promotion: everybody in ``scope`` once, best first per company, with a verdict each.

    A list that is made already, or decided on, stays as it is. Returns the list in numbers. Raises ``LookupError`` when
    there is no such promotion.
    """
    known = _locked(connection, promotion_id)
    if known.decision is None and known.status in ("running", "failed"):
        prepare(connection)
        stage(connection, scope)
        judge(connection, require_channel=scope.require_channel, confirmed_only=scope.confirmed_only)
        target = {"promotion_id": promotion_id}
        connection.execute(statement("promotions/forget_items"), target)
        limit = {"max_per_company": scope.max_per_company}
        connection.execute(statement("promotions/write_items"), {**target, **limit, **LEVELS})
        connection.execute(statement("promotions/mark_planned"), target)
    return preview_promotion(connection, promotion_id)


def preview_promotion(connection: Connection, promotion_id: UUID, *, limit: int = 20) -> Preview:
    """A list in numbers, with the ``limit`` companies that most people are proposed of."""
    target = {"promotion_id": promotion_id}
    counts = connection.execute(statement("promotions/count_items"), target).mappings()
    found = connection.execute(statement("promotions/count_companies"), {**target, "limit": limit}).mappings().all()
    companies = Page(((row["company_id"], row["people"]) for row in found), total=found[0]["total"] if found else 0)
    unconfirmed = connection.execute(statement("promotions/count_unconfirmed"), target).scalar_one()
    return Preview(tuple(Count(**row) for row in counts), companies, unconfirmed)


def query_items(
    connection: Connection, promotion_id: UUID, *, status: str | None = None, limit: int = 100
) -> Page[dict[str, Any]]:
    """The list with names, of one status or all, for whoever decides on it; proposed people first."""
    values = {"promotion_id": promotion_id, "status": status, "limit": limit}
    return page_of(connection.execute(statement("promotions/query_items"), values).mappings().all())


def plan_chunks(connection: Connection, promotion_id: UUID, *, chunk_size: int) -> list[Chunk]:
    """Those still proposed, in chunks of ``chunk_size``."""
    values = {"promotion_id": promotion_id, "chunk_size": chunk_size}
    return [Chunk(**row) for row in connection.execute(statement("promotions/item_chunks"), values).mappings()]


# ---------------------------------------------------------------------------------------------------------- promoting
def promote_chunk(connection: Connection, promotion_id: UUID, *, first_position: int, last_position: int) -> Counters:
    """Make contacts of the people proposed in a part of an approved list, if nothing speaks against it by now.

    Each is checked again. Who left the company, asked for no mail, was erased, is doubtful, or is a contact already is
    refused, with the reason. A second call does what the first one has not done; several at once make one contact of
    each person.

    Raises:
        LookupError: there is no such promotion.
        ValueError: nobody has approved it.
    """
    shared = _find(connection, "promotions/share_promotion", {"promotion_id": promotion_id})
    approved = _or_complain(shared, promotion_id)
    _refuse_unapproved(approved)
    rules = {
        "require_channel": bool(approved.params.get("require_channel", True)),
        "confirmed_only": bool(approved.params.get("confirmed_only", False)),
    }
    part = {"promotion_id": promotion_id, "first_position": first_position, "last_position": last_position}
    for name in ("promotions/lock_item_companies", "promotions/lock_item_persons", "promotions/lock_item_contacts"):
        connection.execute(statement(name), part)
    prepare(connection)
    connection.execute(statement("promotions/stage_items"), {**part, **LEVELS})
    judge(connection, **rules)
    making = {
        "promotion_id": promotion_id,
        "contact_levels": [SENIORITY_LEVELS[seniority] for seniority in LEVELS["levels"]],
        "source_system": SOURCE_SYSTEM,
        **LEVELS,
    }
    for _ in range(2):
        made = connection.execute(statement("promotions/insert_contacts"), making).all()
        noted = {"contact_ids": [row.id for row in made], "person_ids": [row.person_id for row in made]}
        connection.execute(statement("promotions/note_contacts"), noted)
        # Somebody who takes no locks here was faster, for instance by hand.
        if not judge_again(connection, **rules):
            break
    statuses = connection.execute(statement("promotions/finish_items"), {"promotion_id": promotion_id}).scalars().all()
    return Counters(promoted=statuses.count("promoted"), refused=statuses.count("refused"))


def withdraw_promotion(connection: Connection, promotion_id: UUID) -> Withdrawal:
    """Delete the contacts that a promotion made, except those that somebody has worked with or changed since.

    Nobody else of its list becomes a contact any more. A second call finds nothing left to delete.

    Raises:
        LookupError: there is no such promotion.
        ValueError: nobody has approved it, so that it made no contacts.
    """
    _refuse_unapproved(_locked(connection, promotion_id))
    target = {"promotion_id": promotion_id}
    contact_ids = connection.execute(statement("promotions/promoted_contacts"), target).scalars().all()
    made = {"contact_ids": list(contact_ids)}
    for name in ("promotions/lock_promoted_companies", "promotions/lock_promoted_contacts"):
        connection.execute(statement(name), made)
    deleting = {**made, "source_system": SOURCE_SYSTEM}
    person_ids = connection.execute(statement("promotions/delete_contacts"), deleting).scalars().all()
    connection.execute(statement("promotions/withdraw_items"), {**target, "person_ids": list(person_ids)})
    connection.execute(statement("promotions/finish_promotion"), {**target, "status": "completed", "error": None})
    return Withdrawal(withdrawn=len(person_ids), kept=_existing(connection, promotion_id).promoted)


# ---------------------------------------------------------------------------------------------------------------- rows
def _promotion(row: RowMapping) -> Promotion:
    return Promotion.model_validate(dict(row))


def _find(connection: Connection, name: str, values: Mapping[str, Any]) -> Promotion | None:
    row = connection.execute(statement(name), values).mappings().one_or_none()
    return None if row is None else _promotion(row)


def _existing(connection: Connection, promotion_id: UUID) -> Promotion:
    return _or_complain(find_promotion(connection, promotion_id), promotion_id)


def _locked(connection: Connection, promotion_id: UUID) -> Promotion:
    return _or_complain(_find(connection, "promotions/lock_promotion", {"promotion_id": promotion_id}), promotion_id)


def _or_complain(found: Promotion | None, promotion_id: UUID) -> Promotion:
    if found is None:
        raise LookupError(f"No promotion {promotion_id} is stored; see the table contact_promotions")
    return found


def _refuse_unapproved(promotion: Promotion) -> None:
    if promotion.decision != "approved":
        state = "was rejected" if promotion.decision else "waits for the decision of a person"
        raise ValueError(f"Nobody has approved the promotion {promotion.id}: it {state}. Nobody became a contact")
