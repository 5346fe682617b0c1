"""The run that nothing happens to: what it writes is what every other run has to write."""

from __future__ import annotations

import time
from dataclasses import dataclass

from chaos import comparison, left_behind
from chaos.place import Place
from chaos.scenarios import Scenario


@dataclass(frozen=True)
class Quiet:
    """Rows by natural keys, names of commits in their order, seconds from the first query to the end."""

    contents: comparison.Contents
    commits: list[str]
    seconds: float
    unfinished: dict[str, int]
    triggered: list[tuple[str, str]]


def run_quietly(place: Place, scenario: Scenario) -> Quiet:
    """Raises ``RuntimeError`` when the run fails although nothing is done to it."""
    place.begin(scenario)
    attempt = place.new_run(scenario).go_on()
    place.proxy.busy.wait(60)
    began = time.monotonic()
    attempt.wait(300)
    if attempt.state != "success":
        tail = attempt.log.read_text(encoding="utf-8", errors="replace")[-6000:]
        raise RuntimeError(f"{scenario.name} ended as {attempt.state} without any fault\n{tail}")
    seconds = time.monotonic() - began
    with place.connection() as connection:
        return Quiet(
            comparison.read(connection),
            list(place.proxy.commits),
            seconds,
            left_behind.unfinished_rows(connection),
            place.triggered_runs() if scenario.triggers else [],
        )
