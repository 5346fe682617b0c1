"""A live execution ends in the same rows, and is billed for the same questions, whatever the services do meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from chaos import comparison
from tests.conftest import SharedDatabase
from tests.db.executing import Carrier, settings_for
from tests.stand_in.server import StandIn

CONFIGURATION: dict[str, Any] = {
    "event_keywords": ["anvils"],
    "locations": ["Berlin, Germany"],
    "target_functions": ["CEO", "VP Sales"],
    "limits": {"max_events": 3, "max_companies": 8, "max_people_per_company": 2},
    "agents": "live",
}
TYPES = ("conference", "funding", "hiring")
LIKE_FUNDING = ("product_launch", "acquisition")
ASIDE = {"agent_calls", "agent_steps", "rejected_records", "signal_executions", "execution_questions"}
"""Tables that tell the story of a run, which has more chapters when something happened on the way."""


def configuration(kind: str) -> dict[str, Any]:
    return {"name": f"A {kind}", "type": kind, **CONFIGURATION}


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


class Faults:
    """Executions in an empty database each; what the quiet one of a type wrote is kept."""

    def __init__(self, database: SharedDatabase, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.engine: Engine = database.engine
        self._database = database
        self._quiet: dict[str, comparison.Contents] = {}

    def begin(self) -> None:
        """Empty everything."""
        self.stand_in.reset()
        self._database.clean()
        self._database.restart_ids()

    def contents(self) -> comparison.Contents:
        with self.engine.connect() as connection:
            return comparison.read(connection)

    def quiet(self, kind: str) -> comparison.Contents:
        """What an execution of this type writes when nothing happens. Leaves an empty database."""
        if kind not in self._quiet:
            self.begin()
            summary = self.carrier().carry_out(configuration(kind))
            assert summary.status == "completed", summary
            self.check_bill()
            self._quiet[kind] = self.contents()
            assert self._quiet[kind]["persons"].total() > 3
        self.begin()
        return self._quiet[kind]

    def carrier(self, **settings: Any) -> Carrier:
        return Carrier(self.engine, settings_for(self.stand_in.url, **settings))

    def check_same(self, kind: str) -> None:
        found, quiet = self.contents(), self._quiet[kind]
        lost = comparison.difference(quiet, found, leave_out=ASIDE)
        added = comparison.difference(found, quiet, leave_out=ASIDE)
        assert (lost, added) == ({}, {})

    def check_bill(self) -> None:
        """No request to the model was paid for twice."""
        asked = Counter(json.dumps(each["body"], sort_keys=True) for each in self.stand_in.billed("llm"))
        assert asked
        assert [question for question, times in asked.items() if times > 1] == []


@pytest.fixture(scope="module")
def faults(shared_database: SharedDatabase, stand_in: StandIn) -> Iterator[Faults]:
    faults = Faults(shared_database, stand_in)
    yield faults
    faults.begin()


PASSING = {
    "429": {"status": 429, "times": 3, "skip": 2},
    "429 in the middle of every conversation": {"status": 429, "retry_after": 0, "times": 1, "skip": 1},
    "500": {"status": 500, "times": 3, "skip": 3},
    "529": {"status": 529, "times": 1, "skip": 4},
    "timeout": {"delay": 2.5, "times": 1, "skip": 3},
    "hangs up": {"drop": True, "times": 2, "skip": 2},
    "cut off": {"truncate": 60, "times": 2, "skip": 2},
    "half JSON": {"half": True, "times": 2, "skip": 1},
    "empty 200": {"body": "", "times": 2, "skip": 3},
    "200 without choices": {"body": "{}", "times": 1, "skip": 3},
    "slow drip": {"drip": 0.3, "times": 1, "skip": 2},
}
"""What passes by itself, by what is wrong with the model."""


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        *((fault, kind) for kind in TYPES for fault in PASSING),
        *((fault, kind) for kind in LIKE_FUNDING for fault in ("429 in the middle of every conversation", "cut off")),
    ],
)
def test_faults_of_the_model_that_pass_change_nothing(faults: Faults, kind: str, fault: str) -> None:
    faults.quiet(kind)
    faults.stand_in.dial("llm", **PASSING[fault])
    slow = PASSING[fault].keys() & {"delay", "drip"}
    carrier = faults.carrier(**({"timeout_seconds": 2.0} if slow else {}))
    summary = carrier.carry_out(configuration(kind))
    assert carrier.errors, "the fault did not strike"
    assert summary.status == "completed", summary
    faults.check_same(kind)
    faults.check_bill()


@pytest.mark.parametrize("fault", ["429", "500", "cut off", "empty 200"])
def test_faults_of_the_search_that_pass_change_nothing(faults: Faults, fault: str) -> None:
    faults.quiet("conference")
    faults.stand_in.dial("search", **PASSING[fault])
    carrier = faults.carrier()
    summary = carrier.carry_out(configuration("conference"))
    assert carrier.errors, "the fault did not strike"
    assert summary.status == "completed", summary
    faults.check_same("conference")
    faults.check_bill()


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("skip", [0, 1, 5])
def test_a_plan_that_is_used_up_and_topped_up_again_costs_nothing_twice(faults: Faults, kind: str, skip: int) -> None:
    faults.quiet(kind)
    faults.stand_in.dial("llm", status=429, code="insufficient_quota", skip=skip)
    carrier = faults.carrier()
    summary = carrier.carry_out(configuration(kind))
    assert summary.status in ("failed", "completed_with_errors"), summary
    assert {error.kind for error in carrier.errors} == {"quota"}
    refused = len(faults.stand_in.requests("llm")) - len(faults.stand_in.billed("llm"))
    # Each task that asks learns it once, at most once for each question it has in flight.
    assert refused <= 8 * carrier.failed_tasks
    faults.stand_in.dial("llm")
    summary = carrier.carry_out(configuration(kind))
    assert summary.status == "completed", summary
    faults.check_same(kind)
    faults.check_bill()


def test_a_refusal_is_final_and_costs_its_question_alone(faults: Faults) -> None:
    quiet = faults.quiet("conference")
    company = next(iter(json.loads(row)["name"] for row in quiet["companies"]))
    faults.stand_in.script("llm", {"contains": f'"company_name":"{company}"', "refusal": "I cannot help with that."})
    for _ in range(2):
        faults.carrier().carry_out(configuration("conference"))
        faults.check_bill()
    found = faults.contents()
    # What an execution found is labelled by the execution, whose results are others.
    aside = {*ASIDE, "signal_execution_entities"}
    assert comparison.difference(found, quiet, leave_out=aside) == {}
    assert set(comparison.difference(quiet, found, leave_out=aside)) >= {"persons", "company_person_roles"}
    assert found["companies"] == quiet["companies"]


def test_a_truncated_answer_is_used_as_far_as_it_goes(faults: Faults) -> None:
    """What was cut in the middle is nobody's name, and what stands before it is as good as ever."""
    quiet = faults.quiet("conference")
    whole = '{"contacts": [{"name": "Ada Moreau", "title": "CEO"}, {"name": "Grace Okafor", "title": "VP Sales"}]}'
    company = next(iter(json.loads(row)["name"] for row in quiet["companies"]))
    about = f'"company_name":"{company}"'
    people = set()
    for length in range(20, len(whole), 13):
        faults.begin()
        faults.stand_in.script("llm", {"contains": about, "reply": whole[:length], "finish_reason": "length"})
        faults.carrier().carry_out(configuration("conference"))
        faults.check_bill()
        found = {json.loads(row)["full_name"] for row in faults.contents()["persons"]}
        people |= found - {json.loads(row)["full_name"] for row in quiet["persons"]}
    assert people <= {"Ada Moreau", "Grace Okafor"}


@pytest.mark.parametrize("kind", TYPES)
def test_a_killed_process_is_billed_for_nothing_twice(faults: Faults, kind: str) -> None:
    """Killed at several moments of one execution, each in the middle of a request, and started again."""
    faults.quiet(kind)
    database_url = faults.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.db.executing", database_url, faults.stand_in.url]
    command.append(json.dumps(configuration(kind)))
    for moment in range(1, 11 if kind == "conference" else 4):
        before = len(faults.stand_in.requests())
        faults.stand_in.dial("llm", delay=0.2)
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while len(faults.stand_in.requests()) < before + moment % 4 + 1 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    faults.stand_in.dial("llm")
    summary = faults.carrier().carry_out(configuration(kind))
    assert summary.status == "completed", summary
    faults.check_same(kind)
    faults.check_bill()
