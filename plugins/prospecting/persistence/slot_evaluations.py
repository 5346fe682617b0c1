"""Seats: who holds a company's CEO, CFO and HR seat, evaluated for many companies at once.

An evaluation is a short series of statements over temporary tables: choose companies, conclude (``slot_plan``), write
what differs. What is concluded is the same whether it is written or only shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from prospecting.parsing.titles import RULES, classify_title
from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement
from prospecting.scoring.seats import SEATS

_TITLES_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Scope:
    """Which companies and seats are evaluated; everything left out means all of them."""

    slot_types: tuple[str, ...] = SEATS
    company_ids: tuple[int, ...] | None = None
    name_contains: str | None = None
    industry: str | None = None
    source_system: str | None = None

    @property
    def is_full(self) -> bool:
        """Whether nothing is left out."""
        return self == Scope()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Companies with ids from ``first_id`` to ``last_id``; ``first_number`` counts companies in scope from 1."""

    first_id: int
    last_id: int
    first_number: int
    companies: int


@dataclass(frozen=True, slots=True)
class Counters:
    """What an evaluation found and changed. Slots filled, open and closed are states, the rest are events."""

    companies_processed: int = 0
    slots_created: int = 0
    slots_updated: int = 0
    slots_filled: int = 0
    slots_open: int = 0
    slots_closed_missing: int = 0
    compound_matches: int = 0
    multiple_candidates: int = 0
    backfill_triggered: int = 0
    requests_cancelled: int = 0

    @property
    def slots(self) -> int:
        """All seats of the companies processed."""
        return self.slots_filled + self.slots_open + self.slots_closed_missing

    @property
    def fill_rate(self) -> float:
        """Filled seats in per cent of all; 0 when there are none."""
        return 100 * self.slots_filled / self.slots if self.slots else 0.0

    def as_dict(self) -> dict[str, int]:
        """For XCom."""
        return asdict(self)

    @classmethod
    def of(cls, row: RowMapping) -> Counters:
        """The counters among the columns of a stored evaluation."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})

    @classmethod
    def total(cls, counters: Sequence[Mapping[str, int]]) -> Counters:
        """The sum over chunks."""
        return cls(**{field.name: sum(chunk[field.name] for chunk in counters) for field in fields(cls)})


def summary_lines(counters: Counters, *, is_dry_run: bool) -> list[str]:
    """An evaluation's summary as a person reads it."""
    not_counted = "  (dry-run mode, not counted)" if is_dry_run else ""
    return [
        f"Mode: {'DRY RUN (nothing was written)' if is_dry_run else 'LIVE'}",
        f"Companies Processed: {counters.companies_processed}",
        f"Slots Created: {counters.slots_created}",
        f"Slots Updated: {counters.slots_updated}",
        "Slot Status Distribution:",
        f"  Filled: {counters.slots_filled}",
        f"  Open (< 2 attempts): {counters.slots_open}",
        f"  Closed Missing (>= 2 attempts): {counters.slots_closed_missing}",
        "Data Quality Metrics:",
        f"  Compound Matches (1 person = multiple slots): {counters.compound_matches}",
        f"  Multiple Candidates (>1 person per slot): {counters.multiple_candidates}",
        "Enrichment Backfill:",
        f"  Slot Backfill Requests Triggered: {counters.backfill_triggered}{not_counted}",
        f"  Slot Backfill Requests Cancelled: {counters.requests_cancelled}",
        f"Overall Fill Rate: {counters.fill_rate:.1f}% ({counters.slots_filled}/{counters.slots})",
    ]


def query_unknown_companies(connection: Connection, company_ids: Sequence[int]) -> Sequence[RowMapping]:
    """Those of ``company_ids`` that are no company (``merged_into_id`` NULL) or were merged; at most 20."""
    return connection.execute(statement("slots/unknown_companies"), {"company_ids": list(company_ids)}).mappings().all()


# ------------------------------------------------------------------------------------------------------ evaluating
def plan_chunks(connection: Connection, scope: Scope, *, batch_size: int) -> list[Chunk]:
    """The companies in scope, in chunks of ``batch_size``."""
    _choose_companies(connection, scope)
    found = connection.execute(statement("slots/chunk_boundaries"), {"batch_size": batch_size})
    return [Chunk(**row) for row in found.mappings()]


def classify_new_titles(connection: Connection, scope: Scope) -> int:
    """Read every title held in scope that was not read before, once, and remember it. Answers how many there were."""
    _choose_companies(connection, scope)
    _stage_roles(connection)
    return _classify_titles(connection, "slots/save_titles")


def evaluate_slots(connection: Connection, scope: Scope, chunk: Chunk | None = None) -> Counters:
    """Evaluate the companies of a chunk (all in scope without one) and write what is news; queue requests.

    A second call with no news writes nothing. Concurrent evaluations of the same companies wait for each other.
    """
    _conclude(connection, scope, chunk)
    planned = _count_plan(connection)
    created = updated = requested = cancelled = 0
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
    return Counters(
        **_states(planned),
        slots_created=created,
        slots_updated=updated,
        backfill_triggered=requested,
        requests_cancelled=cancelled,
    )


def preview_slots(
    connection: Connection, scope: Scope, chunk: Chunk | None = None, *, most: int
) -> tuple[Counters, Sequence[RowMapping]]:
    """What ``evaluate_slots`` would do: counters, and the first ``most`` changes.

    A change has ``number`` (of the company, from 1), ``company_unique_id``, ``name``, ``slot_type``, ``change``
    (fill, replace, reopen, close, request), ``person_unique_id``, and ``total``: how many changes there are in all.
    The transaction is made read-only, so that a dry run cannot write: PostgreSQL itself sees to it.
    """
    _conclude(connection, scope, chunk, is_preview=True)
    planned = _count_plan(connection)
    changes = connection.execute(statement("slots/planned_changes"), {"most": most}).mappings().all()
    return Counters(**_states(planned)), changes


def _choose_companies(connection: Connection, scope: Scope, chunk: Chunk | None = None) -> None:
    connection.execute(statement("slots/more_memory"))
    connection.execute(statement("slots/company_table"))
    connection.execute(statement("slots/role_table"))
    connection.execute(statement("slots/title_table"))
    connection.execute(statement("slots/clear_companies"))
    connection.execute(
        statement("slots/choose_companies"),
        {
            "first_id": chunk.first_id if chunk else None,
            "last_id": chunk.last_id if chunk else None,
            "company_ids": list(scope.company_ids) if scope.company_ids is not None else None,
            "name_contains": scope.name_contains,
            "industry": scope.industry,
            "source_system": scope.source_system,
        },
    )
    connection.execute(statement("slots/analyze_companies"))


def _conclude(connection: Connection, scope: Scope, chunk: Chunk | None, *, is_preview: bool = False) -> None:
    connection.execute(statement("slots/plan_table"))
    connection.execute(statement("slots/clear_plan"))
    _choose_companies(connection, scope, chunk)
    if is_preview:
        # From here on nothing but temporary tables can be written.
        connection.execute(text("set transaction read only"))
    else:
        connection.execute(statement("slots/lock_blocks"))
    _stage_roles(connection)
    _classify_titles(connection, "slots/stage_titles")
    connection.execute(statement("slots/plan_slots"), {"rules": RULES, "slot_types": list(scope.slot_types)})
    connection.execute(statement("slots/analyze_plan"))


def _stage_roles(connection: Connection) -> None:
    connection.execute(statement("slots/stage_roles"))
    connection.execute(statement("slots/analyze_roles"))


def _count_plan(connection: Connection) -> RowMapping:
    return connection.execute(statement("slots/count_plan")).mappings().one()


def _states(planned: RowMapping) -> dict[str, int]:
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
    values = {"rules": RULES, "most": _TITLES_AT_ONCE}
    return connection.execute(statement("slots/unclassified_titles"), values).scalars().all()


def _ranks(title: str) -> dict[str, int | None]:
    slots = classify_title(title).slots
    return {f"{seat.lower()}_rank": slots.get(seat) for seat in SEATS}


# --------------------------------------------------------------------------------------------- runs and their summary
def start_evaluation(connection: Connection, *, airflow_run_id: str, params: Mapping[str, Any], is_full: bool) -> int:
    """Open the evaluation of an Airflow run; opening it again starts it over. Answers its id."""
    evaluation_id: int = connection.execute(
        statement("slots/start_evaluation"),
        {"airflow_run_id": airflow_run_id, "params": to_json(dict(params)), "is_full": is_full},
    ).scalar_one()
    connection.execute(statement("slots/forget_chunks"), {"evaluation_id": evaluation_id})
    return evaluation_id


def record_chunk(connection: Connection, evaluation_id: int, chunk: int, counters: Counters) -> None:
    """Note what a chunk did, in its own transaction; a chunk that runs again adds to it."""
    values = {"evaluation_id": evaluation_id, "chunk": chunk, **counters.as_dict()}
    connection.execute(statement("slots/record_chunk"), values)


def finish_evaluation(connection: Connection, evaluation_id: int, *, status: str, error: str | None = None) -> Counters:
    """Close an evaluation with the sums of its chunks; answers them."""
    values = {"evaluation_id": evaluation_id, "status": status, "error": error}
    found = connection.execute(statement("slots/finish_evaluation"), values).mappings().one()
    return Counters(**found)


def find_evaluation(connection: Connection, evaluation_id: int) -> RowMapping:
    """The stored row. Raises ``LookupError`` when there is none."""
    found = connection.execute(statement("slots/find_evaluation"), {"evaluation_id": evaluation_id}).mappings().first()
    if found is None:
        raise LookupError(f"No slot evaluation {evaluation_id} is stored; see the table slot_evaluations")
    return found


def fail_evaluation(connection: Connection, evaluation_id: int, error: str) -> None:
    """Mark a finished evaluation as failed: later ones are not compared with it."""
    connection.execute(statement("slots/fail_evaluation"), {"evaluation_id": evaluation_id, "error": error})


# ------------------------------------------------------------------------------------------------------ quality gate
# Fewer filled seats than this say nothing about a collapse.
_FEWEST_TO_COMPARE = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an evaluation may not leave behind: in words, how often, and the first 20 offending ids."""

    what: str
    count: int
    ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(self.ids)
        more = f" and {self.count - len(self.ids)} more" if self.count > len(self.ids) else ""
        return f"{self.what}: {shown}{more}" if shown else self.what


def find_quality_problems(
    connection: Connection, evaluation_id: int, scope: Scope, *, max_fill_rate_drop: float
) -> list[Problem]:
    """What is wrong with the seats in scope after a finished evaluation; empty when nothing is.

    Every company has every seat; open, filled and closed seats make up all; whoever holds a seat has a current role at the
    company; filled seats and fill rate did not both fall by more than ``max_fill_rate_drop`` since the last good
    evaluation of everything. What changes while an evaluation runs is left to the next one.
    """
    evaluation = find_evaluation(connection, evaluation_id)
    _choose_companies(connection, scope)
    values = {"started_at": evaluation["started_at"]}
    problems = [
        *_offenders(connection, "companies without all seats", "slots/seats_missing", values | _slot_types(scope)),
        *_offenders(
            connection,
            "seats held by somebody without a current role at the company",
            "slots/holders_without_role",
            values | _slot_types(scope),
        ),
    ]
    counters = Counters.of(evaluation)
    expected = counters.companies_processed * len(scope.slot_types)
    if counters.slots != expected:
        states = f"{counters.slots_filled} filled, {counters.slots_open} open, {counters.slots_closed_missing} closed"
        problems.append(Problem(f"the seats do not add up: {states}, but there are {expected}", 1))
    if evaluation["is_full"]:
        problems += _collapse(connection, evaluation_id, counters, max_fill_rate_drop)
    return problems


def _slot_types(scope: Scope) -> dict[str, list[str]]:
    return {"slot_types": list(scope.slot_types)}


def _offenders(connection: Connection, what: str, name: str, values: Mapping[str, Any]) -> list[Problem]:
    found = connection.execute(statement(name), values).mappings().all()
    if not found:
        return []
    return [Problem(f"{found[0]['total']} {what}", found[0]["total"], tuple(row["id"] for row in found))]


def _collapse(connection: Connection, evaluation_id: int, now: Counters, most: float) -> list[Problem]:
    before = (
        connection.execute(statement("slots/last_good_evaluation"), {"evaluation_id": evaluation_id}).mappings().first()
    )
    if before is None or before["slots_filled"] < _FEWEST_TO_COMPARE:
        return []
    # More companies alone lower the rate, fewer companies alone the number: a collapse lowers both.
    kept = 1 - most
    if now.slots_filled >= kept * before["slots_filled"] or now.fill_rate >= kept * float(before["fill_rate"]):
        return []
    what = (
        f"the fill rate collapsed from {before['fill_rate']:.1f} % ({before['slots_filled']} filled) in evaluation "
        f"{before['id']} to {now.fill_rate:.1f} % ({now.slots_filled} filled)"
    )
    lost = _offenders(connection, "seats lost their holder", "slots/seats_lost", {"since": before["started_at"]})
    return [
        Problem(f"{what}; {lost[0].what}" if lost else what, lost[0].count if lost else 1, lost[0].ids if lost else ())
    ]


# ---------------------------------------------------------------------------------------------------------- history
def query_states_at(
    connection: Connection, at: datetime, company_unique_ids: Sequence[str] | None = None
) -> Iterator[RowMapping]:
    """Every seat as it was at ``at`` (aware), rebuilt from ``slot_transitions``."""
    values = {"at": at, "company_unique_ids": list(company_unique_ids) if company_unique_ids is not None else None}
    return iter(connection.execute(statement("slots/state_at"), values).mappings())


# ----------------------------------------------------------------------------------------------------------- report
def find_evaluation_of_run(connection: Connection, airflow_run_id: str) -> RowMapping | None:
    """The stored row of an Airflow run's evaluation; ``None`` when there is none, as after a dry run."""
    values = {"airflow_run_id": airflow_run_id}
    return connection.execute(statement("slots/evaluation_of_run"), values).mappings().first()


def query_changes_of_run(
    connection: Connection, *, dag_id: str, run_id: str, transition: str, most: int
) -> Sequence[RowMapping]:
    """Seats whose last change by an Airflow run was ``transition`` (filled, reopened, closed), with names; by company.

    A row has ``company_unique_id``, ``company_id``, ``company``, ``slot_type``, ``full_name``, ``title``,
    ``observed_on``, ``enrichment_attempts``, and ``total``: how many there are in all.
    """
    values = {"dag_id": dag_id, "run_id": run_id, "transition": transition, "most": most}
    return connection.execute(statement("slots/changes_of_run"), values).mappings().all()
