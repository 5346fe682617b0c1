"""Seats: who holds a company's CEO, CFO and HR seat, evaluated for many companies at once.

An evaluation is a short series of statements over temporary tables: choose companies, plan (``slot_plan``), write what
differs. The plan is the same whether it is written or only shown.

Triggers note in ``seat_changes`` which companies an evaluation would see otherwise than the last one did. An evaluation
of everything takes these notes, and may leave out all other companies (``Scope.only_changed``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from prospecting.parsing.titles import RULES, classify_title
from prospecting.persistence.database import to_json
from prospecting.persistence.identity_gate import judge_for_seats
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.slot_answers import promote_answers
from prospecting.persistence.slot_evaluations import Counters, find_evaluation
from prospecting.persistence.statements import statement
from prospecting.scoring.identity_gate import SEAT_VERDICTS
from prospecting.scoring.seats import IN_OFFICE, LEAST_SURE, LESS_SURE_PER_RANK, MOST_SURE, SEATS, Seat, SeatPolicy

_TITLES_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Scope:
    """The companies and seats to evaluate; everything left out means all of them.

    Empty ``company_ids`` mean no company at all. ``first_id`` and ``last_id`` are given together. ``only_changed``: of
    all companies those that something was noted about, or whose day has come; ``evaluation_id`` and ``number`` then
    name the chunk that is evaluated, maybe once more.
    """

    slot_types: tuple[str, ...] = SEATS
    company_ids: tuple[int, ...] | None = None
    name_contains: str | None = None
    industry: str | None = None
    source_system: str | None = None
    first_id: int | None = None
    last_id: int | None = None
    policy: SeatPolicy = field(default_factory=SeatPolicy)
    only_changed: bool = False
    evaluation_id: int | None = None
    number: int | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Scope:
        """The scope that ``asdict`` has made a dictionary of."""
        lists = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
        policy = SeatPolicy.of(stored["policy"]) if "policy" in stored else SeatPolicy()
        return cls(**{**stored, **lists, "policy": policy})

    @property
    def is_full(self) -> bool:
        """True when nothing is left out but what has not changed."""
        return self.covers_seats and self.first_id is None

    @property
    def covers_seats(self) -> bool:
        """True when nothing is left out of the companies between ``first_id`` and ``last_id``."""
        return Scope() == replace(
            self,
            first_id=None,
            last_id=None,
            policy=SeatPolicy(),
            only_changed=False,
            evaluation_id=None,
            number=None,
        )


@dataclass(frozen=True, slots=True)
class Chunk:
    """Companies with ids from ``first_id`` to ``last_id``; ``first_number`` counts companies in scope from 1."""

    first_id: int
    last_id: int
    first_number: int
    companies: int


def query_unknown_companies(connection: Connection, company_ids: Sequence[int]) -> Sequence[RowMapping]:
    """Those of ``company_ids`` that are not companies (``merged_into_id`` NULL) or were merged; at most 20."""
    return connection.execute(statement("slots/unknown_companies"), {"company_ids": list(company_ids)}).mappings().all()


def _filters(scope: Scope) -> dict[str, Any]:
    """Bind parameters of what narrows the companies."""
    return {
        "company_ids": list(scope.company_ids) if scope.company_ids is not None else None,
        "name_contains": scope.name_contains,
        "industry": scope.industry,
        "source_system": scope.source_system,
    }


def has_companies(connection: Connection, scope: Scope) -> bool:
    """True when the filters of the scope (not its range of ids) leave a company to evaluate."""
    found: bool = connection.execute(statement("slots/any_company_fits"), _filters(scope)).scalar_one()
    return found


def open_work_tables(connection: Connection) -> None:
    """Make the temporary tables an evaluation works with, or empty them when this transaction has them already.

    A read-only transaction cannot make them, but it can use those that were made before it became read-only.
    """
    connection.execute(statement("slots/more_memory"))
    if connection.execute(statement("slots/has_work_tables")).scalar_one():
        connection.execute(statement("slots/clear_work_tables"))
        return
    for table in (
        "slots/company_table",
        "slots/role_table",
        "slots/noted_table",
        "slots/title_table",
        "slots/plan_table",
    ):
        connection.execute(statement(table))


def choose_companies(connection: Connection, scope: Scope, chunk: Chunk | None = None) -> None:
    """List the companies in scope (of a chunk, if one is given) in the temporary table ``evaluated_companies``."""
    open_work_tables(connection)
    within = chunk or scope
    bounds = {"first_id": within.first_id, "last_id": within.last_id}
    if scope.only_changed:
        connection.execute(
            statement("slots/choose_changed"),
            {**bounds, "evaluation_id": scope.evaluation_id, "chunk": scope.number},
        )
        connection.execute(statement("slots/analyze_companies"))
        return
    connection.execute(
        statement("slots/choose_companies"),
        {
            **bounds,
            **_filters(scope),
        },
    )
    connection.execute(statement("slots/analyze_companies"))


def plan_chunks(connection: Connection, scope: Scope, *, batch_size: int) -> list[Chunk]:
    """The companies in scope, in chunks of ``batch_size``."""
    choose_companies(connection, scope)
    found = connection.execute(statement("slots/chunk_boundaries"), {"batch_size": batch_size})
    return [Chunk(**row) for row in found.mappings()]


def classify_new_titles(connection: Connection, scope: Scope) -> int:
    """Read every title held in scope that was not read before, once, and remember it. Returns how many there were."""
    choose_companies(connection, scope)
    _stage_roles(connection)
    return _classify_titles(connection, "slots/save_titles")


def evaluate_slots(connection: Connection, scope: Scope, chunk: Chunk | None = None) -> Counters:
    """Evaluate the companies of a chunk (all in scope without one) and write what is news; queue requests.

    Answers that outside agents have left in the intake queue are promoted first. A second call with no news writes
    nothing. Concurrent evaluations of the same companies wait for each other.
    """
    choose_companies(connection, scope, chunk)
    connection.execute(statement("slots/lock_blocks"))
    takes_notes = _takes_notes(connection, scope)
    if takes_notes:
        connection.execute(statement("slots/take_notes"))
    promote_answers(connection, scope.policy)
    planned = _plan(connection, scope)
    unnoted = 0
    if takes_notes and not scope.only_changed:
        unnoted = connection.execute(statement("slots/count_unnoted")).scalar_one()
    created = updated = requested = cancelled = 0
    connection.execute(statement("slots/say_who_writes"), {"drops_notes": takes_notes})
    if planned["to_create"]:
        created = connection.execute(statement("slots/insert_slots")).rowcount
    if planned["to_update"]:
        updated = connection.execute(statement("slots/update_slots")).rowcount
    if planned["to_settle"]:
        connection.execute(statement("slots/settle_requests"))
    if planned["to_cancel"]:
        cancelled = connection.execute(statement("slots/cancel_requests")).rowcount
    if planned["to_request"]:
        requested = connection.execute(statement("slots/queue_requests")).rowcount
    connection.execute(statement("slots/remove_merged"))
    connection.execute(statement("slots/say_who_writes"), {"drops_notes": False})
    if takes_notes:
        connection.execute(statement("slots/drop_own_notes"))
    return Counters(
        **_states(planned),
        slots_created=created,
        slots_updated=updated,
        backfill_triggered=requested - (planned["to_verify"] if requested else 0),
        verifications_triggered=planned["to_verify"] if requested else 0,
        requests_cancelled=cancelled,
        unnoted_changes=unnoted,
    )


def _takes_notes(connection: Connection, scope: Scope) -> bool:
    """True when nothing is left out, so that later evaluations need not look at these companies again.

    An evaluation of some companies may have rules of its own, also when a range of ids is all that it leaves out.
    """
    if scope.evaluation_id is None:
        return scope.covers_seats
    return scope.covers_seats and bool(find_evaluation(connection, scope.evaluation_id)["is_full"])


def query_evaluated_ids(connection: Connection) -> list[int]:
    """The companies that this transaction has evaluated."""
    return connection.execute(statement("slots/evaluated_ids")).scalar_one() or []


def preview_slots(
    connection: Connection, scope: Scope, chunk: Chunk | None = None, *, limit: int
) -> tuple[Counters, Page[dict[str, Any]], list[dict[str, Any]]]:
    """Preview what ``evaluate_slots`` would do. Returns counters, the first ``limit`` changes, and how many there are
    of each kind (``seat``, ``change``, ``seats``).

    A change has ``number`` (of the company, from 1), ``company_unique_id``, ``name``, ``slot_type``, ``change``
    (fill, replace, reopen, close, request, verify) and ``person_unique_id``.
    The transaction is made read-only, so that a dry run cannot write: PostgreSQL itself sees to it.
    """
    choose_companies(connection, scope, chunk)
    # From here on nothing but temporary tables can be written.
    connection.execute(text("set transaction read only"))
    planned = _plan(connection, scope)
    changes = page_of(connection.execute(statement("slots/planned_changes"), {"limit": limit}).mappings().all())
    by_seat = [change.pop("by_seat") for change in changes]
    return Counters(**_states(planned), requests_to_make=planned["to_request"]), changes, by_seat[0] if by_seat else []


def _plan(connection: Connection, scope: Scope) -> dict[str, Any]:
    """Fill ``slot_plan`` for the chosen companies. Returns it in numbers."""
    _stage_roles(connection)
    _classify_titles(connection, "slots/stage_titles")
    connection.execute(
        statement("slots/plan_slots"),
        {
            "rules": RULES,
            "seats": list(SEATS),
            "slot_types": list(scope.slot_types),
            "most_sure": MOST_SURE,
            "less_sure_per_rank": LESS_SURE_PER_RANK,
            "least_sure": LEAST_SURE,
            "in_office": IN_OFFICE,
            "led": Seat.HR.value,
            "min_confidence": [float(least) for least in scope.policy.min_confidence],
            "newer_by_days": scope.policy.newer_by_days,
            "reverify_after_days": scope.policy.reverify_after_days,
            "reopen_after_days": scope.policy.reopen_after_days,
            "also_ceo": scope.policy.also_ceo,
            "providers": list(scope.policy.providers),
        },
    )
    connection.execute(statement("slots/analyze_plan"))
    held_back = _hold_back(connection, is_paid=bool(scope.policy.providers))
    return {**connection.execute(statement("slots/count_plan")).mappings().one(), **held_back}


def _hold_back(connection: Connection, *, is_paid: bool) -> dict[str, int]:
    """Plan no request that the identity gate would refuse. Returns how many companies it holds back, by verdict."""
    asked_about = connection.execute(statement("slots/companies_to_ask_about")).scalar_one()
    held_back = judge_for_seats(connection, asked_about, is_paid=is_paid) if asked_about else []
    if held_back:
        values = {"company_ids": [company.id for company, _ in held_back]}
        connection.execute(statement("slots/hold_back"), values)
    counts = Counter(verdict for _, verdict in held_back)
    return {f"held_back_{verdict}": counts[verdict] for verdict in SEAT_VERDICTS}


def _stage_roles(connection: Connection) -> None:
    connection.execute(statement("slots/stage_roles"))
    connection.execute(statement("slots/analyze_roles"))


def _states(planned: Mapping[str, Any]) -> dict[str, int]:
    return {field.name: planned[field.name] for field in fields(Counters) if field.name in planned}


def _classify_titles(connection: Connection, write: str) -> int:
    """Classify what no earlier evaluation has; ``write`` says where it is kept. A bounded number at a time."""
    count = 0
    while titles := _unclassified(connection):
        rows = [{"title": title, **_ranks(title)} for title in titles]
        values: dict[str, Any] = {"rows": to_json(rows)}
        connection.execute(statement(write), values | ({"rules": RULES} if write == "slots/save_titles" else {}))
        count += len(titles)
    return count


def _unclassified(connection: Connection) -> Sequence[str]:
    values = {"rules": RULES, "limit": _TITLES_AT_ONCE}
    return connection.execute(statement("slots/unclassified_titles"), values).scalars().all()


def _ranks(title: str) -> dict[str, int | None]:
    kind = classify_title(title)
    return {f"{seat.lower()}_rank": kind.slots.get(seat) for seat in SEATS} | {"also_ceo_rank": kind.also_ceo}
