"""The quality gate: finds what an evaluation of seats must not leave behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.pages import page_of
from prospecting.persistence.seats import Scope, choose_companies
from prospecting.persistence.slot_evaluations import Counters, find_evaluation, find_standing
from prospecting.persistence.statements import statement

# Fewer filled seats than this say nothing about a collapse.
_FEWEST_TO_COMPARE = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an evaluation must not leave behind: in words, how often, and the first 20 offending ids."""

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
    """The problems with the seats in scope after a finished evaluation; empty when all is well.

    Every company has every seat; open, filled and closed seats make up all; whoever holds a seat has a current role at
    the company; an evaluation of all companies finds nothing that one of the changed ones would have missed; filled
    seats and fill rate did not both fall by more than ``max_fill_rate_drop`` since the last good evaluation of
    everything. What changes while an evaluation runs is left to the next one.
    """
    evaluation = find_evaluation(connection, evaluation_id)
    if evaluation["is_incremental"]:
        evaluated = connection.execute(
            statement("slots/evaluated_companies_of"), {"evaluation_id": evaluation_id}
        ).scalar_one()
        scope = replace(scope, company_ids=tuple(evaluated or ()), only_changed=False)
    choose_companies(connection, scope)
    values = {"started_at": evaluation["started_at"], "slot_types": list(scope.slot_types)}
    problems = [
        *_offenders(connection, "companies without all seats", "slots/seats_missing", values),
        *_offenders(
            connection,
            "seats held by somebody without a current role at the company",
            "slots/holders_without_role",
            values,
        ),
    ]
    counters = Counters.of(evaluation)
    found = counters
    if evaluation["is_incremental"]:  # whose states are those of all seats
        sums = connection.execute(statement("slots/chunk_sums"), {"evaluation_id": evaluation_id}).mappings().one()
        found = Counters(**sums)
    expected = found.companies_processed * len(scope.slot_types)
    if found.slots != expected:
        states = f"{found.slots_filled} filled, {found.slots_open} open, {found.slots_closed_missing} closed"
        problems.append(Problem(f"the seats do not add up: {states}, but there are {expected}", 1))
    if counters.unnoted_changes and _had_the_same_rules(connection, evaluation):
        what = (
            f"{counters.unnoted_changes} seats changed although nothing was noted about their companies: "
            "evaluations of what changed have missed them"
        )
        problems.append(Problem(what, counters.unnoted_changes))
    if evaluation["is_full"]:
        problems += _collapse(connection, evaluation_id, counters, max_fill_rate_drop)
    return problems


def _had_the_same_rules(connection: Connection, evaluation: RowMapping) -> bool:
    """True when the last good evaluation of everything before went by the same rules: only news changes seats."""
    before = find_standing(connection, evaluation["airflow_run_id"])
    return (
        before is not None
        and before.id < evaluation["id"]
        and before.policy == evaluation["policy"]
        and not before.is_disturbed
    )


def _offenders(connection: Connection, what: str, name: str, values: Mapping[str, Any]) -> list[Problem]:
    found = page_of(connection.execute(statement(name), values).mappings().all())
    if not found:
        return []
    return [Problem(f"{found.total} {what}", found.total, tuple(row["id"] for row in found))]


def _collapse(connection: Connection, evaluation_id: int, now: Counters, max_drop: float) -> list[Problem]:
    before = (
        connection.execute(statement("slots/last_good_evaluation"), {"evaluation_id": evaluation_id}).mappings().first()
    )
    if before is None or before["slots_filled"] < _FEWEST_TO_COMPARE:
        return []
    # More companies alone lower the rate, fewer companies alone the number: a collapse lowers both.
    kept = 1 - max_drop
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
