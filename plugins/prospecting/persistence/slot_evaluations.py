"""Evaluations of seats on record: opened, chunk by chunk, closed; their counters and their summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.database import to_json
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.statements import statement
from prospecting.scoring.identity_gate import SEAT_VERDICTS, Verdict
from prospecting.scoring.seats import SEATS, SeatPolicy


@dataclass(frozen=True, slots=True)
class Counters:
    """The numbers of an evaluation. Slots filled (of these, weakly), open and closed are states, the rest are events.

    ``held_back_…``: companies with seats to ask about that the identity gate holds back, by its verdict.
    ``unnoted_changes``: seats that an evaluation of everything changed though nothing had been noted about them.
    ``requests_to_make``: how many requests an evaluation would add; known of a dry run alone.
    """

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
    slots_weak: int = 0
    verifications_triggered: int = 0
    unnoted_changes: int = 0
    held_back_suppressed: int = 0
    held_back_erased: int = 0
    held_back_not_a_company: int = 0
    held_back_domain_in_doubt: int = 0
    requests_to_make: int | None = None

    @property
    def slots(self) -> int:
        """All seats of the companies processed."""
        return self.slots_filled + self.slots_open + self.slots_closed_missing

    @property
    def fill_rate(self) -> float:
        """Filled seats in per cent of all; 0 when there are none."""
        return 100 * self.slots_filled / self.slots if self.slots else 0.0

    @property
    def held_back(self) -> dict[Verdict, int]:
        """How many companies the identity gate holds back, by its verdict; those that do not occur are left out."""
        counts = ((verdict, getattr(self, f"held_back_{verdict}")) for verdict in SEAT_VERDICTS)
        return {verdict: count for verdict, count in counts if count}

    def as_dict(self) -> dict[str, int]:
        """For XCom, and for storing: what is known."""
        return {name: count for name, count in asdict(self).items() if count is not None}

    @classmethod
    def of(cls, row: Mapping[str, Any] | RowMapping) -> Counters:
        """The counters among the columns of a stored evaluation, or among what a task returned."""
        return cls(**{name: row[name] for name in _COUNTED}, requests_to_make=row.get("requests_to_make"))

    @classmethod
    def total(cls, counters: Sequence[Mapping[str, int]]) -> Counters:
        """The sum over chunks."""
        planned = [chunk["requests_to_make"] for chunk in counters if "requests_to_make" in chunk]
        return cls(
            **{name: sum(chunk[name] for chunk in counters) for name in _COUNTED},
            requests_to_make=sum(planned) if planned else None,
        )


_COUNTED = tuple(field.name for field in fields(Counters) if field.default == 0)


def summary_lines(counters: Counters, *, is_dry_run: bool) -> list[str]:
    """An evaluation's summary as a person reads it."""
    not_counted = "  (dry-run mode, not counted)" if is_dry_run else ""
    to_make = [f"  Requests an Evaluation Would Make: {counters.requests_to_make or 0}"] if is_dry_run else []
    reasons = ", ".join(f"{count} {verdict}" for verdict, count in counters.held_back.items())
    held_back = [f"  Companies Held Back: {sum(counters.held_back.values())} ({reasons})"] if reasons else []
    return [
        f"Mode: {'DRY RUN (nothing was written)' if is_dry_run else 'LIVE'}",
        f"Companies Processed: {counters.companies_processed}",
        f"Slots Created: {counters.slots_created}",
        f"Slots Updated: {counters.slots_updated}",
        "Slot Status Distribution:",
        f"  Filled: {counters.slots_filled}"
        + (f" ({counters.slots_weak} weakly: the search goes on)" if counters.slots_weak else ""),
        f"  Open (< 2 attempts): {counters.slots_open}",
        f"  Closed Missing (>= 2 attempts): {counters.slots_closed_missing}",
        "Data Quality Metrics:",
        f"  Compound Matches (1 person = multiple slots): {counters.compound_matches}",
        f"  Multiple Candidates (>1 person per slot): {counters.multiple_candidates}",
        "Enrichment Backfill:",
        f"  Slot Backfill Requests Triggered: {counters.backfill_triggered}{not_counted}",
        f"  Slot Verification Requests Triggered: {counters.verifications_triggered}{not_counted}",
        *to_make,
        f"  Slot Backfill Requests Cancelled: {counters.requests_cancelled}",
        *held_back,
        f"Overall Fill Rate: {counters.fill_rate:.1f}% ({counters.slots_filled}/{counters.slots})",
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """The last good evaluation of everything: its rules, and since when each company was looked at by them.

    ``is_disturbed``: one by other rules has begun since, and may have changed seats.
    """

    id: int
    policy: Mapping[str, Any]
    full_at: datetime | None
    is_disturbed: bool


def find_standing(connection: Connection, airflow_run_id: str) -> Standing | None:
    """The last good evaluation of everything beside that of ``airflow_run_id``."""
    values = {"airflow_run_id": airflow_run_id}
    found = connection.execute(statement("slots/standing_evaluation"), values).mappings().first()
    return Standing(**found) if found else None


def find_policy(connection: Connection) -> SeatPolicy:
    """The rules that the last good evaluation of everything went by; the defaults when there was none."""
    standing = find_standing(connection, "")
    if standing is None:
        return SeatPolicy()
    return SeatPolicy.of({name: value for name, value in standing.policy.items() if name not in ("rules", "gate")})


def start_evaluation(
    connection: Connection,
    *,
    airflow_run_id: str,
    params: Mapping[str, Any],
    is_full: bool,
    policy: Mapping[str, Any] | None = None,
    is_incremental: bool = False,
) -> int:
    """Open the evaluation of an Airflow run; opening it again starts it over. Returns its id.

    Only one that says by which ``policy`` it goes is an example to later ones.
    """
    evaluation_id: int = connection.execute(
        statement("slots/start_evaluation"),
        {
            "airflow_run_id": airflow_run_id,
            "params": to_json(dict(params)),
            "policy": None if policy is None else to_json(dict(policy)),
            "is_full": is_full,
            "is_incremental": is_incremental,
        },
    ).scalar_one()
    connection.execute(statement("slots/forget_chunks"), {"evaluation_id": evaluation_id})
    return evaluation_id


def record_chunk(
    connection: Connection, evaluation_id: int, chunk: int, counters: Counters, company_ids: Sequence[int] | None = None
) -> None:
    """Note what a chunk did, in its own transaction; a chunk that runs again adds to it.

    ``company_ids``: the companies it evaluated, when these were not all of its range.
    """
    ids = None if company_ids is None else list(company_ids)
    values = {"evaluation_id": evaluation_id, "chunk": chunk, "company_ids": ids, **counters.as_dict()}
    connection.execute(statement("slots/record_chunk"), values)


def finish_evaluation(connection: Connection, evaluation_id: int, *, status: str, error: str | None = None) -> Counters:
    """Close an evaluation with the sums of its chunks. Returns them."""
    values = {"evaluation_id": evaluation_id, "status": status, "error": error}
    found = connection.execute(statement("slots/finish_evaluation"), values).mappings().one()
    return Counters(**found)


def fail_evaluation(connection: Connection, evaluation_id: int, error: str) -> None:
    """Mark a finished evaluation as failed: later ones are not compared with it."""
    connection.execute(statement("slots/fail_evaluation"), {"evaluation_id": evaluation_id, "error": error})


def find_evaluation(connection: Connection, evaluation_id: int) -> RowMapping:
    """The stored row. Raises ``LookupError`` when there is none."""
    found = connection.execute(statement("slots/find_evaluation"), {"evaluation_id": evaluation_id}).mappings().first()
    if found is None:
        raise LookupError(f"No slot evaluation {evaluation_id} is stored; see the table slot_evaluations")
    return found


def find_evaluation_of_run(connection: Connection, airflow_run_id: str) -> RowMapping | None:
    """The stored row of an Airflow run's evaluation; ``None`` when there is none, as after a dry run."""
    values = {"airflow_run_id": airflow_run_id}
    return connection.execute(statement("slots/evaluation_of_run"), values).mappings().first()


# ---------------------------------------------------------------------------------------------------------- history
def query_changes_of_run(
    connection: Connection, *, dag_id: str, run_id: str, transition: str, limit: int
) -> Page[dict[str, Any]]:
    """Seats whose last change by an Airflow run was ``transition`` (filled, reopened, closed), with names; by company.

    A row has ``company_unique_id``, ``company_id``, ``company``, ``slot_type``, ``full_name``, ``title``,
    ``observed_on`` and ``enrichment_attempts``.
    """
    values = {"dag_id": dag_id, "run_id": run_id, "transition": transition, "seats": list(SEATS), "limit": limit}
    return page_of(connection.execute(statement("slots/changes_of_run"), values).mappings().all())


def query_states_at(
    connection: Connection, at: datetime, company_unique_ids: Sequence[str] | None = None
) -> Sequence[RowMapping]:
    """Every seat as it was at ``at`` (aware), rebuilt from ``slot_transitions``."""
    values = {
        "at": at,
        "company_unique_ids": list(company_unique_ids) if company_unique_ids is not None else None,
        "seats": list(SEATS),
    }
    return connection.execute(statement("slots/state_at"), values).mappings().all()
