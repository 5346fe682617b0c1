"""Collects measurements and prints them as one table of ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median_seconds(work: Callable[[], object], repeat: int = 5) -> float:
    """Median wall time of several calls."""
    return statistics.median(seconds(work) for _ in range(repeat))


@dataclass(frozen=True, slots=True)
class Ratio:
    what: str
    measured: float
    baseline: float
    against: str
    budget: str
    unit: str = "s"

    @property
    def value(self) -> float:
        return self.measured / self.baseline if self.baseline else float("inf")


@dataclass(slots=True)
class Results:
    ratios: list[Ratio] = field(default_factory=list)

    def add(self, what: str, measured: float, baseline: float, against: str, budget: str) -> None:
        self.ratios.append(Ratio(what, measured, baseline, against, budget))

    def print(self) -> None:
        from rich.console import Console
        from rich.table import Table

        table = Table(title="Ratios of this run", title_justify="left", box=None, pad_edge=False)
        for column in ("what", "seconds", "against", "baseline", "ratio", "budget"):
            table.add_column(column, justify="right" if column in ("seconds", "baseline", "ratio") else "left")
        for r in self.ratios:
            table.add_row(r.what, f"{r.measured:.4f}", r.against, f"{r.baseline:.4f}", f"{r.value:.2f} x", r.budget)
        Console(width=140, highlight=False).print(table)
