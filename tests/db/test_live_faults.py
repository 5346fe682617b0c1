"""A live execution ends in the same rows, and is billed for the same questions, whatever the services do meanwhile.

``make faults`` tries every combination of ``fault_matrix.py``, the tests a part of them.
"""

from __future__ import annotations

import fcntl
import json
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from chaos import comparison
from prospecting.agents.circuits import CircuitRules
from prospecting.agents.web_search import WebSearch
from prospecting.persistence.database import engine_for
from prospecting.services.executions import Summary
from tests.conftest import SharedDatabase
from tests.db import fault_matrix
from tests.db.executing import Carrier, settings_for
from tests.db.fault_matrix import (
    IN_FLIGHT,
    MODELS,
    OF_MODELS,
    OF_SEARCHES,
    PATIENCE,
    SEARCHES,
    SETTINGS,
    TYPES,
    USED_UP,
    Combination,
    combine,
)
from tests.db.killing import MortalExecutions
from tests.stand_in.server import StandIn
from tests.unit.agents.injections import CANARY, HIDDEN, PLANTED, VISIBLE

ASIDE = {"agent_calls", "agent_steps", "rejected_records", "signal_executions", "execution_questions"}
"""Tables that tell the story of a run, which has more chapters when something happened on the way."""

ROUND = Decimal("0.002")
"""US dollars that a round of the stand-in's model costs."""


def configuration(kind: str, *, is_large: bool) -> dict[str, Any]:
    """A signal with about as many companies as can be in flight, or with three, which is as good for one at a time."""
    many = ["anvils", "hammers", "tongs"] if kind != "conference" else ["anvils"]
    return {
        "name": f"A {kind}",
        "type": kind,
        "event_keywords": many if is_large else ["anvils"],
        "locations": ["Berlin, Germany"],
        "target_functions": ["CEO", "VP Sales"],
        "limits": {
            "max_events": 3 if is_large else 1,
            "max_companies": 9 if is_large else 3,
            "max_people_per_company": 2,
        },
        # Of every call that was in flight at a kill, all that it could have cost stays reserved.
        "budget": {"max_usd": 100},
        "agents": "live",
    }


@dataclass
class Quiet:
    """An execution to which nothing happened: its rows, and what each round of the model was about."""

    contents: comparison.Contents
    rounds: list[dict[str, Any]]

    def subjects(self, field_name: str) -> list[str]:
        """The keywords, events or companies that were asked about, in their order."""
        return list(dict.fromkeys(asked[field_name] for asked in self.rounds if field_name in asked))

    def first_round(self, field_name: str) -> int:
        return next(number for number, asked in enumerate(self.rounds) if field_name in asked)


class Faults:
    """Executions in an empty database each; what quiet ones wrote is kept, for all processes of the tests."""

    def __init__(self, database: SharedDatabase, stand_in: StandIn, folder: Path) -> None:
        self.stand_in = stand_in
        self.engine: Engine = engine_for(database.engine.url)
        self._database = database
        self._folder = folder

    def begin(self) -> None:
        """Empty everything."""
        self.engine.dispose()
        self.stand_in.reset()
        self._database.clean()
        self._database.restart_ids()

    def contents(self) -> comparison.Contents:
        with self.engine.connect() as connection:
            return comparison.read(connection)

    def trial(self, combination: Combination, *, is_large: bool | None = None) -> Trial:
        """An execution about to begin; large when many questions are in flight."""
        is_large = combination.in_flight > 1 if is_large is None else is_large
        quiet = self._quiet(combination.kind, is_large)
        self.begin()
        return Trial(self, combination, configuration(combination.kind, is_large=is_large), quiet)

    def _quiet(self, kind: str, is_large: bool) -> Quiet:
        # Facts bear the day they were learned on.
        path = self._folder / f"quiet-{kind}-{is_large}-{datetime.now(UTC).date()}.json"
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                self.begin()
                trial = Trial(
                    self, Combination("", kind, 8 if is_large else 1, "llm"), configuration(kind, is_large=is_large)
                )
                trial.finish()
                trial.check_bill()
                rounds = [_question(each["body"]) for each in self.stand_in.requests("llm")]
                path.write_text(json.dumps([self.contents(), rounds]), encoding="utf-8")
        contents, rounds = json.loads(path.read_text(encoding="utf-8"))
        assert len(contents["persons"]) > 3
        return Quiet({table: Counter(rows) for table, rows in contents.items()}, rounds)


def _question(body: dict[str, Any]) -> dict[str, Any]:
    question: dict[str, Any] = json.loads(body["messages"][1]["content"])["request"]
    return question


@dataclass
class Trial:
    """One execution under a combination, and what it is compared with."""

    faults: Faults
    combination: Combination
    configuration: dict[str, Any]
    quiet: Quiet = field(default_factory=lambda: Quiet({}, []))
    settings: dict[str, Any] = field(default_factory=dict)
    rules: CircuitRules | None = None
    before_retry: Callable[[], None] = lambda: None
    carrier: Carrier = field(init=False)

    def __post_init__(self) -> None:
        self.settings |= SETTINGS[self.combination.service]

    @property
    def stand_in(self) -> StandIn:
        return self.faults.stand_in

    def dial(self, **fault: Any) -> None:
        if fault.keys() & {"delay", "drip"}:
            self.settings |= {"timeout_seconds": PATIENCE}
        self.stand_in.dial(self.combination.service, **fault)

    def carry_out(self) -> Summary:
        settings = settings_for(self.stand_in.url, **self.settings)
        self.carrier = Carrier(self.faults.engine, settings, self.combination.in_flight, self.rules, self.before_retry)
        return self.carrier.carry_out(self.configuration)

    def finish(self) -> None:
        summary = self.carry_out()
        assert summary.status == "completed", summary

    def check_same(self) -> None:
        found = self.faults.contents()
        lost = comparison.difference(self.quiet.contents, found, leave_out=ASIDE)
        added = comparison.difference(found, self.quiet.contents, leave_out=ASIDE)
        assert (lost, added) == ({}, {})

    def check_bill(self, *, lost_searches: int = 0) -> None:
        """No round of the model was paid for twice, and no search but those ``lost_searches`` whose answers got lost.

        The ledger knows all that was billed.
        """
        billed = self.stand_in.billed(self.combination.model)
        asked = Counter(json.dumps(each["body"], sort_keys=True) for each in billed)
        assert asked
        assert [question for question, times in asked.items() if times > 1] == []
        with self.faults.engine.begin() as connection:
            rows = connection.execute(
                text(
                    "select s.kind, count(*) as steps, count(distinct (c.request_key, s.step_key)) as different,"
                    " sum(s.cost_usd) as usd from agent_steps as s join agent_calls as c on c.id = s.call_id"
                    " where s.status = 'succeeded' group by s.kind"
                )
            )
            known = {row.kind: row for row in rows}
        assert (known["model"].steps, known["model"].different) == (len(billed), len(billed))
        assert known["model"].usd == len(billed) * ROUND
        searches = sum(len(self.stand_in.billed(contract)) for contract in SEARCHES)
        assert known["search"].steps == known["search"].different
        assert 0 <= searches - known["search"].steps <= lost_searches


@pytest.fixture(scope="module")
def faults(shared_database: SharedDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faults]:
    folder = tmp_path_factory.getbasetemp()
    with StandIn() as stand_in:
        # Processes of one run of the tests have folders beside each other.
        faults = Faults(shared_database, stand_in, folder.parent if "popen-gw" in folder.name else folder)
        yield faults
        faults.begin()
        faults.engine.dispose()


# ---------------------------------------------------------------------------------------------- faults that pass
@combine(OF_MODELS, MODELS)
def test_faults_of_the_model_that_pass_change_nothing(faults: Faults, combination: Combination) -> None:
    trial = faults.trial(combination)
    trial.dial(**OF_MODELS[combination.fault])
    trial.finish()
    assert trial.carrier.errors, "the fault did not strike"
    trial.check_same()
    trial.check_bill()


@combine([str(number) for number in range(10)] if fault_matrix.EVERYTHING else ["6"], ["llm"], in_flight=[1])
def test_a_timeout_of_any_round_changes_nothing(faults: Faults, combination: Combination) -> None:
    trial = faults.trial(combination)
    number = min(int(combination.fault), len(trial.quiet.rounds) - 1)
    trial.dial(delay=PATIENCE + 0.5, times=1, skip=number)
    trial.finish()
    assert [error.kind for error in trial.carrier.errors] == ["timeout"]
    trial.check_same()
    trial.check_bill()


@combine(OF_SEARCHES, SEARCHES)
def test_faults_of_the_search_that_pass_change_nothing(faults: Faults, combination: Combination) -> None:
    """An answer that got lost is paid for once more: nobody can tell a search that it was made before."""
    trial = faults.trial(combination)
    fault = OF_SEARCHES[combination.fault]
    trial.dial(**fault)
    trial.finish()
    assert trial.carrier.errors, "the fault did not strike"
    trial.check_same()
    trial.check_bill(lost_searches=0 if "status" in fault else fault["times"])


@combine(["429", "500", "hangs up", "timeout"], SEARCHES)
def test_a_search_that_is_down_is_another_ones_to_answer(faults: Faults, combination: Combination) -> None:
    trial = faults.trial(combination)
    other = next(contract for contract in SEARCHES if contract != combination.service)
    trial.settings |= {
        "search_timeout_seconds": 1.0,
        "fallback_search": WebSearch(
            "any",
            base_url=faults.stand_in.url,
            api={"search": "tavily"}.get(other, other),
            provider="web_search_fallback",
        ),
    }
    fault = {name: value for name, value in OF_SEARCHES[combination.fault].items() if name not in ("times", "skip")}
    trial.stand_in.dial(combination.service, **fault)
    trial.rules = CircuitRules(first_pause=600)
    trial.finish()
    assert trial.carrier.errors == []
    trial.check_same()
    asked = len(trial.stand_in.requests(combination.service))
    if combination.fault == "429":
        trial.check_bill()
    else:
        # What is in flight when the circuit opens is too late to be kept back.
        assert asked <= CircuitRules().threshold + combination.in_flight - 1
        trial.check_bill(lost_searches=asked)


@combine(["0", "1", "5"], list(USED_UP))
def test_a_plan_that_is_used_up_and_topped_up_again_costs_nothing_twice(
    faults: Faults, combination: Combination
) -> None:
    """``fault``: how many requests are good before."""
    trial = faults.trial(combination)
    trial.dial(**USED_UP[combination.service], skip=min(int(combination.fault), 3 if combination.in_flight == 1 else 5))
    summary = trial.carry_out()
    assert summary.status in ("failed", "completed_with_errors"), summary
    assert {error.kind for error in trial.carrier.errors} == {"quota"}
    refused = len(trial.stand_in.requests(combination.service)) - len(trial.stand_in.billed(combination.service))
    # Each task that asks learns it once, at most once for each question it has in flight.
    assert refused <= combination.in_flight * trial.carrier.failed_tasks
    trial.dial()
    trial.finish()
    trial.check_same()
    trial.check_bill()


@combine(["an outage"], MODELS, each=2)
def test_a_circuit_that_opens_in_the_middle_keeps_the_outage_short(faults: Faults, combination: Combination) -> None:
    """Of the companies only the first is answered, until the task is tried for the third time."""
    trial = faults.trial(combination)
    trial.rules = CircuitRules(threshold=2, first_pause=600)
    trial.dial(status=500, skip=trial.quiet.first_round("company_name") + 2)
    retries = iter([lambda: None, trial.dial])
    trial.before_retry = lambda: next(retries, lambda: None)()
    trial.finish()
    refused = len(trial.stand_in.requests(combination.model)) - len(trial.stand_in.billed(combination.model))
    # Two open it, when others may be on their way; then one finds out that nothing has changed.
    assert 2 + 1 <= refused <= 2 + (combination.in_flight - 1) + 1
    assert {error.kind for error in trial.carrier.errors} == {"unavailable"}
    trial.check_same()
    trial.check_bill()


# ------------------------------------------------------------------------------------------ refused, and cut off
def script(trial: Trial, *rules: dict[str, Any]) -> None:
    """Script the model; rules are those of ``chat_completions.py``."""
    if trial.combination.model == "anthropic":
        rules = tuple({"stop_reason": "refusal" if "refusal" in rule else "max_tokens", **rule} for rule in rules)
    trial.stand_in.script(trial.combination.model, *rules)


@combine(["refusal"], MODELS, each=3)
def test_a_refusal_is_final_and_costs_its_question_alone(faults: Faults, combination: Combination) -> None:
    trial = faults.trial(combination)
    company = trial.quiet.subjects("company_name")[0]
    script(trial, {"contains": f'"company_name":{json.dumps(company)}', "refusal": "I cannot help with that."})
    asked = []
    for _ in range(2):
        trial.carry_out()
        trial.check_bill()
        asked.append(len(trial.stand_in.requests()))
    assert asked[0] == asked[1]
    found, quiet = faults.contents(), trial.quiet.contents
    # What an execution found is labelled by the execution, whose results are others.
    aside = {*ASIDE, "signal_execution_entities"}
    assert comparison.difference(found, quiet, leave_out=aside) == {}
    assert set(comparison.difference(quiet, found, leave_out=aside)) >= {"persons", "company_person_roles"}
    assert found["companies"] == quiet["companies"]


def names(faults: Faults, table: str) -> set[str]:
    return {str(row.get("full_name") or row["name"]) for row in map(json.loads, faults.contents()[table])}


def _two(kind: str, **fields: str) -> str:
    """An answer with two records, whose names nobody else has."""
    return json.dumps({kind: [{"name": f"{name} Moreau", **fields} for name in ("Quince", "Medlar")]})


CUT_OFF = {
    "events": ("keyword", "events", _two("events", start_date="2031-05-06", location="Berlin, Germany")),
    "companies": ("keyword", "companies", _two("companies", evidence="It did so last month.")),
    "sponsors": ("event_name", "companies", _two("sponsors", tier="Gold")),
    "people": ("company_name", "persons", _two("contacts", title="CEO")),
}
"""By stage: what it asks about, the table of what it finds, and a whole answer."""


@combine(CUT_OFF, MODELS, kinds={"events": ["conference"], "sponsors": ["conference"], "companies": TYPES[1:]})
def test_an_answer_that_was_cut_off_is_used_as_far_as_it_goes(faults: Faults, combination: Combination) -> None:
    """What was cut in the middle is nobody's name, and what stands before it is as good as ever.

    ``fault`` is the stage whose answers are cut off: one after the first name, one in the middle of the second.
    """
    asked_about, table, whole = CUT_OFF[combination.fault]
    trial = faults.trial(combination)
    after, middle = whole.index("}") + 1, whole.index("Medlar") + 3
    for length in (after, middle):
        faults.begin()
        # Sites that list nothing, so that the model is asked.
        faults.stand_in.script("pages", {"status": 404})
        script(trial, {"contains": f'"{asked_about}":', "reply": whole[:length], "finish_reason": "length"})
        summary = trial.carry_out()
        assert summary.status == "completed_with_errors", summary
        assert trial.carrier.errors == []
        trial.check_bill()
        found = names(faults, table)
        assert "Quince Moreau" in found
        assert not any("Med" in name for name in found)
        with faults.engine.begin() as connection:
            asked, cut, rejected = connection.execute(
                text(
                    "select (select count(*) from agent_calls where request ? :asked_about),"
                    " (select count(*) from agent_calls where truncated),"
                    " (select count(*) from rejected_records where reason = 'truncated')"
                ),
                {"asked_about": asked_about},
            ).one()
        assert (cut, rejected > 0) == (asked, True)


# --------------------------------------------------------------------------------------------------- injected pages
SITE, PAGES = "anvils-days.example.org", "pages.example.org"
INJECTED = {
    # That a model repeats what it saw is no effect outside: it is the same as a page that says so.
    "visible": "".join(each for name, each in VISIBLE.items() if not name.startswith("the answer")),
    "hidden": "".join(HIDDEN.values()),
}
INJECTED["all"] = INJECTED["visible"] + INJECTED["hidden"]
ON_ITS_SITE = {"all": ["conference"], "visible": TYPES[1:], "hidden": TYPES[1:]}
"""Events have sites of their own; for other types there are the results and pages that a model reads."""


def publish(trial: Trial, injection: str) -> None:
    """The sites and search results of a trial, with an injection everywhere, and a model that reads them."""
    logos = "".join(
        f'<a href="https://{n}.example"><img alt="{n.title()} Ltd" src="/{n}.svg"></a>' for n in ("ash", "elm", "oak")
    )
    body = f"<h1>Our sponsors</h1>{injection}<h2>Gold sponsors</h2>{logos}{injection}"
    trial.stand_in.script(
        "pages",
        {"path": "/robots.txt", "status": 404},
        {"host": SITE, "path": "/", "html": f'<title>Anvils</title>{injection}<a href="/sponsors">Sponsors</a>'},
        {"host": SITE, "path": "/sponsors", "html": f"<title>Sponsors</title>{body}"},
        {"host": PAGES, "html": f"<title>Team</title><h1>Team</h1>{injection}<p>Nobody is named here.</p>"},
        {"status": 404},
    )
    content = re.sub(r"<[^>]+>", " ", injection) or "Nothing."
    result = {"title": "A page", "url": f"https://{PAGES}/1", "content": content, "description": content}
    for contract in SEARCHES:
        trial.stand_in.script(contract, {"results": [result]})


def found_event() -> str:
    event = {
        "name": "Anvils Days",
        "start_date": "2031-05-06",
        "location": "Berlin, Germany",
        "website": f"https://{SITE}",
        "attendees": 500,
    }
    return json.dumps({"events": [event]})


def check_nothing_happened_outside(trial: Trial) -> None:
    requests = trial.stand_in.requests()
    assert {each["contract"] for each in requests} <= {"llm", *SEARCHES, "pages"}
    read = [each for each in requests if each["contract"] == "pages"]
    assert {each["headers"]["host"].partition(":")[0] for each in read} <= {SITE, PAGES}
    assert {each["path"] for each in read} <= {"/", "/1", "/sponsors", "/robots.txt"}
    assert [each["query"] for each in read if each["query"]] == []
    assert read
    assert not any(CANARY in str(each["headers"]) for each in read)
    assert not any(PLANTED in name for name in names(trial.faults, "companies") | names(trial.faults, "persons"))


@combine(INJECTED, SEARCHES, kinds=ON_ITS_SITE)
def test_injected_pages_change_nothing(faults: Faults, combination: Combination) -> None:
    trial = faults.trial(combination)
    contents = []
    for injection in ("", INJECTED[combination.fault]):
        faults.begin()
        publish(trial, injection)
        rules = [{"contains": '"company_name"', "reads": [f"https://{PAGES}/1"]}]
        if combination.kind == "conference":
            rules.append({"contains": '"keyword"', "reply": found_event()})
        trial.stand_in.script("llm", *rules)
        trial.finish()
        trial.check_bill()
        check_nothing_happened_outside(trial)
        contents.append(faults.contents())
    clean, injected = contents
    assert comparison.difference(clean, injected, leave_out=ASIDE) == {}
    assert comparison.difference(injected, clean, leave_out=ASIDE) == {}
    assert len(clean["persons"]) > 3


@combine(INJECTED, SEARCHES, kinds=ON_ITS_SITE)
def test_a_model_that_obeys_injected_pages_does_nothing_outside(faults: Faults, combination: Combination) -> None:
    trial = faults.trial(combination)
    trial.settings["read_sponsor_pages"] = False
    publish(trial, INJECTED[combination.fault])
    rules: list[dict[str, Any]] = [
        {"contains": f'"{asked}"', "gullible": True} for asked in ("event_name", "company_name")
    ]
    if combination.kind == "conference":
        rules.append({"contains": '"keyword"', "reply": found_event()})
    trial.stand_in.script("llm", *rules)
    trial.finish()
    trial.check_bill()
    check_nothing_happened_outside(trial)


# ------------------------------------------------------------------------------------------------------------ killed
MOMENTS: list[tuple[str, int]] = [
    ("llm", 1), ("commit", 12), ("search", 1), ("commit", 30), ("llm", 3),
    ("commit", 45), ("search", 2), ("commit", 60), ("llm", 2), ("commit", 75),
]  # fmt: skip
"""When a process is killed: while it waits for that many of its own requests, or before that many of its commits."""

TRIED_MOMENTS = MOMENTS if fault_matrix.EVERYTHING else MOMENTS[:4]


@combine(["kill -9"], MODELS, each=2)
def test_killed_processes_are_billed_for_nothing_twice(faults: Faults, combination: Combination) -> None:
    """Killed at several moments of one execution, and started again each time."""
    # A small one would have ended before the last of ten moments.
    trial = faults.trial(combination, is_large=fault_matrix.EVERYTHING or None)
    exits = []
    with MortalExecutions() as executions:
        for what, number in TRIED_MOMENTS:
            commit = number if what == "commit" else None
            contract = combination.model if what == "llm" else what
            before = len(faults.stand_in.requests(contract))
            if commit is None:
                faults.stand_in.dial(contract, delay=0.5)
            executions.start(
                faults.engine.url.render_as_string(hide_password=False),
                faults.stand_in.url,
                trial.settings,
                trial.configuration,
                combination.in_flight,
                commit,
            )
            if commit is None:
                while executions.is_running() and len(faults.stand_in.requests(contract)) < before + number:
                    time.sleep(0.01)
                executions.kill()
            exits.append(executions.wait())
            faults.stand_in.dials.reset()
    assert exits == [-signal.SIGKILL] * len(TRIED_MOMENTS)
    trial.finish()
    trial.check_same()
    trial.check_bill(lost_searches=len(TRIED_MOMENTS) * combination.in_flight)


def test_a_part_has_something_of_everything() -> None:
    chosen = fault_matrix.CHOSEN
    assert {each.kind: True for each in chosen} == dict.fromkeys(TYPES, True)
    assert min(Counter(each.kind for each in chosen).values()) >= 3
    assert min(Counter(each.in_flight for each in chosen)[number] for number in IN_FLIGHT) >= 10
    assert min(Counter(each.service for each in chosen)[service] for service in SETTINGS) >= 3
