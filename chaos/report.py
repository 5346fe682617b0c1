"""The results: a table by scenario, one by fault, and every trial that did not end well."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from chaos.trials import Outcome

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_SHOWN = 3
_COLUMNS = (
    "trials", "faults that hit", "went on alone", "cleared by a person", "started over", "rows lost", "rows doubled",
    "billed again", "calls in flight", "left behind",
)  # fmt: skip


@dataclass
class Report:
    """Outcomes as they come, and texts of workers that gave up."""

    seed: int
    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def hits(self) -> int:
        return sum(len(outcome.hits) for outcome in self.outcomes)

    @property
    def is_good(self) -> bool:
        return not self.failures and all(outcome.is_good for outcome in self.outcomes)

    def add(self, outcome: Outcome | str) -> None:
        """Take an outcome in, and say so on stderr; a text says why a worker gave up."""
        if isinstance(outcome, str):
            self.failures.append(outcome)
            print(outcome, file=sys.stderr, flush=True)
            return
        self.outcomes.append(outcome)
        print("\n".join(_lines(outcome)), file=sys.stderr, flush=True)

    def text(self) -> str:
        """The tables, what went wrong, and the bound that follows."""
        wrong = [line for outcome in self.outcomes if not outcome.is_good for line in _lines(outcome)]
        return "\n".join(["", *self._tables(), "", *wrong, *self._bound()])

    def write(self, path: Path) -> None:
        """Put the figures between the marks of a Markdown file."""
        head, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
        tail = rest.partition(END)[2]
        body = "\n".join([*self._tables(), "", *self._bound()])
        path.write_text(f"{head}{BEGIN}\n{body}\n{END}{tail}", encoding="utf-8")

    def _tables(self) -> Iterable[str]:
        by_scenario: dict[str, list[Outcome]] = defaultdict(list)
        by_fault: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in sorted(self.outcomes, key=lambda outcome: (outcome.plan.scenario, outcome.plan.fault)):
            by_scenario[outcome.plan.scenario].append(outcome)
            by_fault[outcome.plan.fault].append(outcome)
        by_scenario["together"] = self.outcomes
        yield from _table("scenario", by_scenario)
        yield ""
        yield from _table("fault", by_fault)

    def _bound(self) -> Iterable[str]:
        kinds = Counter(outcome.plan.fault for outcome in self.outcomes for _ in outcome.hits)
        listed = ", ".join(f"{number} × {name}" for name, number in kinds.most_common())
        yield f"{self.hits} faults in {len(self.outcomes)} trials, seed {self.seed}: {listed or 'none'}."
        bad = sum(not outcome.is_good for outcome in self.outcomes)
        if bad:
            yield f"{bad} of {len(self.outcomes)} trials did not end as the quiet run did."
        elif self.hits:
            # With 0 of n, the upper 95 % confidence limit of a rate is about 3 / n.
            yield (
                f"None of {self.hits} did harm: with 95 % confidence, fewer than {min(1, 3 / self.hits):.1%} "
                "of such faults do (rule of three)."
            )


def _table(first: str, groups: dict[str, list[Outcome]]) -> Iterable[str]:
    """Markdown that can be read as it is."""
    rows = [(first, *_COLUMNS), *((name, *map(str, _figures(outcomes))) for name, outcomes in groups.items())]
    head, *numbers = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = [
        " | ".join([row[0].ljust(head), *(cell.rjust(width) for cell, width in zip(row[1:], numbers, strict=True))])
        for row in rows
    ]
    rule = " | ".join(["-" * head, *("-" * (width - 1) + ":" for width in numbers)])
    yield from (f"| {line} |" for line in (lines[0], rule, *lines[1:]))


def _figures(outcomes: list[Outcome]) -> list[int]:
    return [
        len(outcomes),
        sum(len(outcome.hits) for outcome in outcomes),
        sum(not outcome.asked_a_person and not outcome.problem for outcome in outcomes),
        sum(bool(outcome.asked_a_person) for outcome in outcomes),
        sum(outcome.is_started_over for outcome in outcomes),
        sum(len(rows) for outcome in outcomes for rows in outcome.lost.values()),
        sum(len(rows) for outcome in outcomes for rows in outcome.doubled.values()),
        sum(outcome.bill.again for outcome in outcomes),
        sum(outcome.in_flight for outcome in outcomes),
        sum(len(outcome.left) for outcome in outcomes),
    ]


def _lines(outcome: Outcome) -> Iterable[str]:
    """The trial in one line, and what is wrong with its end in more."""
    plan = outcome.plan
    verdict = "as quiet" if outcome.is_good else "NOT AS QUIET"
    again = ", triggered again" if plan.triggers_again else ""
    hits = "; ".join(outcome.hits) or "nothing hit"
    yield f"{plan.number:>4} {plan.scenario:<31} {verdict:<12} {outcome.seconds:5.1f} s  {plan.fault}{again}: {hits}"
    if outcome.problem:
        yield f"     {outcome.problem}, log {outcome.log}"
    for table in sorted({*outcome.lost, *outcome.doubled}):
        lost, doubled = outcome.lost.get(table, []), outcome.doubled.get(table, [])
        yield f"     {table}: {len(lost)} lost, {len(doubled)} doubled"
        if len(lost) == len(doubled):
            pairs = list(zip(lost, doubled, strict=True))[:_SHOWN]
            yield from (f"       {line}" for pair in pairs for line in _changed(*pair))
        else:
            yield from (f"       lost {row[:400]}" for row in lost[:_SHOWN])
            yield from (f"       doubled {row[:400]}" for row in doubled[:_SHOWN])
    if outcome.left:
        yield f"     left behind: {'; '.join(outcome.left)}"
    if bill := outcome.bill.again:
        yield f"     billed again: {bill} (of {outcome.bill.calls} for {outcome.bill.questions} different ones)"


def _changed(lost: str, doubled: str) -> Iterable[str]:
    """The columns in which a row is not as it should be."""
    try:
        one, other = json.loads(lost), json.loads(doubled)
    except ValueError:
        return [f"{lost} became {doubled}"]
    names = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    return [f"{name}: {str(one.get(name))[:300]} became {str(other.get(name))[:300]}" for name in names]
