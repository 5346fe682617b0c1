"""One trial: a run of a DAG that one kind of fault hits, carried to its end, and everything wrong with that end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from sqlalchemy import Connection

from chaos import comparison, left_behind
from chaos.airflow_runs import DagRun
from chaos.billing import Bill, bill
from chaos.faults import FAULTS, Story
from chaos.place import Place
from chaos.quiet import Quiet, run_quietly
from chaos.scenarios import SCENARIOS, Scenario

PATIENCE = 300.0
"""Seconds for a run that nothing disturbs any more."""
ENDINGS = 3
"""How often a person clears what failed before the run counts as lost."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A trial that can be repeated: the same seed and number make the same choices.

    ``triggers_again``: nobody goes on with the run that was hit; the DAG is triggered once more.
    """

    number: int
    seed: int
    scenario: str
    fault: str
    triggers_again: bool

    @property
    def random(self) -> Random:
        return Random(f"{self.seed}/{self.number}")


@dataclass(slots=True)
class Outcome:
    """The end of a trial; ``lost``, ``doubled`` and ``left`` name what is wrong, by table."""

    plan: Plan
    hits: list[str] = field(default_factory=list)
    lost: dict[str, list[str]] = field(default_factory=dict)
    doubled: dict[str, list[str]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    bill: Bill = field(default_factory=lambda: Bill(0, 0, 0))
    in_flight: int = 0
    asked_a_person: int = 0
    """How often what failed was cleared, or triggered with other params."""
    is_started_over: bool = False
    """A run stopped, as it must, because nobody can know whether a research was created; a person said to go on."""
    seconds: float = 0.0
    problem: str = ""
    """Why the run did not end well."""
    log: str = ""

    @property
    def is_good(self) -> bool:
        return not (self.problem or self.lost or self.doubled or self.left or self.bill.again)


def plan(number: int, seed: int, scenarios: list[str], faults: list[str]) -> Plan:
    """The trial of this number: every scenario in turn, a fault by weight."""
    random = Random(f"plan {seed}/{number}")
    name = scenarios[number % len(scenarios)]
    possible = [each for each in faults if SCENARIOS[name].asks or not FAULTS[each].needs_agents]
    fault = random.choices(possible, [FAULTS[each].weight for each in possible])[0]
    return Plan(number, seed, name, fault, fault.startswith("SIGKILL") and random.random() < 0.25)


class Trials:
    """Carries out plans at one place; the quiet runs they are compared with are made once."""

    def __init__(self, place: Place, scenarios: Mapping[str, Scenario] = SCENARIOS) -> None:
        self._place = place
        self._scenarios = scenarios
        self._quiet: dict[str, Quiet] = {}

    def quiet(self, scenario: Scenario) -> Quiet:
        if scenario.name not in self._quiet:
            self._quiet[scenario.name] = run_quietly(self._place, scenario)
        return self._quiet[scenario.name]

    def carry_out(self, plan: Plan) -> Outcome:
        """Never raises for what the product does: that is in the outcome."""
        scenario, fault = self._scenarios[plan.scenario], FAULTS[plan.fault]
        quiet = self.quiet(scenario)
        began, random = time.monotonic(), plan.random
        self._place.begin(scenario, on_small_disk=fault.needs_disk)
        story = Story(self._place, quiet, self._place.new_run(scenario), random, scenario.asks)
        for _ in range(random.randint(1, fault.times)):
            if story.run.attempts and story.run.attempts[-1].state == "success":
                break
            fault.strike(story)
        outcome = Outcome(plan, story.hits)
        runs = [story.run]
        if plan.triggers_again and story.hits:
            self._place.let_time_pass()
            runs.append(self._place.new_run(scenario))
        self._end(outcome, scenario, runs)
        self.judge(outcome, story, scenario, runs)
        outcome.seconds = time.monotonic() - began
        return outcome

    def _end(self, outcome: Outcome, scenario: Scenario, runs: list[DagRun]) -> None:
        """Nothing happens any more: carry the last run to its end, clearing what has failed."""
        self._place.proxy.watch()
        run = runs[-1]
        for ending in range(ENDINGS + 1):
            if run.attempts and run.attempts[-1].state == "success":
                break
            if ending == ENDINGS - 1 and scenario.once_more:
                run = self._place.new_run(scenario, **scenario.once_more)
                runs.append(run)
                outcome.asked_a_person += 1
                outcome.is_started_over = True
            attempt = run.go_on()
            attempt.wait(PATIENCE)
            attempt.kill()
        else:
            state = run.attempts[-1].state if run.attempts else None
            outcome.problem = "" if state == "success" else f"the run ended as {state}"
        outcome.asked_a_person += sum(each.cleared for each in runs)
        outcome.log = str(run.attempts[-1].log)

    def judge(self, outcome: Outcome, story: Story, scenario: Scenario, runs: list[DagRun]) -> None:
        """Compare the end with that of the quiet run, and look for what is left behind."""
        place, quiet = self._place, story.quiet
        processes = [child for run in runs for attempt in run.attempts for child in attempt.children()]
        with place.connection() as connection:
            outcome.left = processes + left_behind.sessions(connection)
            outcome.left += left_behind.files(place.folder / "temporary")
            outcome.left += _beyond(left_behind.unfinished_rows(connection), quiet.unfinished)
            self._compare(connection, outcome, quiet, more_than_one=len(runs) > 1)
        outcome.in_flight = len(story.lost_calls) + story.refused
        outcome.bill = bill(place.stand_in, len(runs), outcome.in_flight)
        if scenario.triggers and (triggered := place.triggered_runs()) != quiet.triggered:
            outcome.lost["dag_run"] = [str(run) for run in set(quiet.triggered) - set(triggered)]
            outcome.doubled["dag_run"] = [str(run) for run in set(triggered) - set(quiet.triggered)]

    def _compare(self, connection: Connection, outcome: Outcome, quiet: Quiet, *, more_than_one: bool) -> None:
        found = comparison.read(connection)
        leave_out = comparison.ONE_A_RUN if more_than_one else set()
        if outcome.is_started_over:
            leave_out = leave_out | comparison.STARTED_OVER
        for target, one, other in (
            (outcome.lost, quiet.contents, found), (outcome.doubled, found, quiet.contents)
        ):  # fmt: skip
            missing = comparison.difference(one, other, leave_out=leave_out)
            target.update({table: list(rows.elements()) for table, rows in missing.items()})


def _beyond(found: dict[str, int], quiet: dict[str, int]) -> list[str]:
    return [f"{number} rows: {name}" for name, number in found.items() if number > quiet.get(name, 0)]
