"""Research is asked, and paid, for once: however a company is spelled, and whichever submission asks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from prospecting.agents.parallel import ParallelClient, ParallelSettings
from prospecting.persistence.agent_calls import query_spending
from prospecting.persistence.research import RunEnd
from prospecting.persistence.submissions import query_results
from prospecting.services.deep_research import Seen, Waiting
from prospecting.services.research import Providers, RunMover, RunSettings
from prospecting.services.runtime import Runtime
from prospecting.services.submissions import scope_of
from tests.db.factories import count, stored
from tests.db.researching import CLAIM, COMPANY, ICP, PERSON, results, run_ids, settings_for, submit
from tests.stand_in.server import StandIn

CLIENT = {"client_company_name": "SecurityPal", "client_company_description": "Answers security questionnaires."}
SPELLINGS = [
    {"company_name": "CoreWeave", "domain": "coreweave.com"},
    {"company_name": "CoreWeave", "website": "https://www.CoreWeave.com/about?utm_source=x"},
    {"company_name": "Core Weave, Inc.", "domain": "http://coreweave.com:80/"},
    {"company_name": "COREWEAVE", "domain": "WWW.coreweave.com.", "description": "A cloud of GPUs"},
]


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def provider(server: StandIn) -> StandIn:
    server.reset()
    return server


Started = list[tuple[RunMover, RunEnd | Waiting]]


class Mover:
    """Moves the runs of a submission, all of them one step at a time, as mapped tasks would."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine = engine
        self.parallel: ParallelSettings = settings_for(url)

    def submit(
        self, operation: str, entities: list[dict[str, Any]] = SPELLINGS[:1], run: str = "run 1", org: str = "acme"
    ) -> UUID:
        with self.engine.begin() as connection:
            return submit(connection, [operation], [{**CLIENT, **entity} for entity in entities], run=run, org=org)

    def move(self, submission_id: UUID, **options: Any) -> list[str]:
        """How the runs ended: the status of their step, or why it was skipped."""
        self.go_on(self.start(submission_id, **options))
        return self.ends(submission_id)

    def start(self, submission_id: UUID, **options: Any) -> Started:
        """Start the runs; each goes as far as it comes without waiting."""
        with self.engine.connect() as connection:
            runs = run_ids(connection, submission_id)
        settings = RunSettings(claim=CLAIM, task_run_id="task", **options)
        providers = Providers(lambda: self.parallel, lambda scope: pytest.fail(scope))
        movers = [RunMover(Runtime(self.engine), run_id, settings, providers) for run_id in runs]
        return [(mover, mover.start()) for mover in movers]

    def go_on(self, started: Started) -> None:
        for mover, found in started:
            while isinstance(found, Waiting):
                found = mover.go_on(self._seen(found))

    def ends(self, submission_id: UUID) -> list[str]:
        with self.engine.connect() as connection:
            runs = run_ids(connection, submission_id)
            (steps,) = zip(*(results(connection, run_id) for run_id in runs), strict=True)
        return [(step.output_payload or {}).get("skip_reason") or step.status for step in steps]

    def costs(self, submission_id: UUID) -> Decimal:
        with self.engine.connect() as connection:
            return query_spending(connection, scope_of(submission_id)).spent_usd

    def shows(self, submission_id: UUID) -> int:
        with self.engine.connect() as connection:
            return len(query_results(connection, submission_id, limit=10))

    def _seen(self, waiting: Waiting) -> Seen:
        client = ParallelClient(self.parallel)
        while not (run := client.status(waiting.external_id)).has_ended:
            pass
        return Seen(run.run_id, run.status)


@pytest.fixture
def mover(engine: Engine, provider: StandIn) -> Mover:
    return Mover(engine, provider.url)


@pytest.mark.parametrize(
    ("operation", "entities"),
    [
        (COMPANY, SPELLINGS),
        (ICP, [*SPELLINGS, {**SPELLINGS[0], "client_company_name": "WithCoverage"}]),
        (
            PERSON,
            [
                {"full_name": "Jim Higgins", "company_name": "CoreWeave", "linkedin_url": "linkedin.com/in/jim"},
                {
                    "full_name": " JIM HIGGINS",
                    "company_name": "coreweave",
                    "linkedin_url": "https://uk.linkedin.com/in/Jim/?trk=x",
                    "client_company_name": "securitypal",
                },
            ],
        ),
    ],
    ids=["company", "job titles, whoever the client is", "person"],
)
def test_spellings_of_one_in_a_submission_are_one_research_and_one_bill(
    engine: Engine, provider: StandIn, mover: Mover, operation: str, entities: list[dict[str, Any]]
) -> None:
    submission_id = mover.submit(operation, entities)
    assert mover.move(submission_id, max_age_days=30) == ["succeeded"] * len(entities)
    assert len(provider.tasks()) == 1
    table = {COMPANY: "company_intel_briefings", ICP: "icp_job_titles", PERSON: "person_intel_briefings"}[operation]
    with engine.connect() as connection:
        assert count(connection, "agent_calls") == count(connection, table) == 1
        assert count(connection, f"{table}_history") == 0, "what they bring is the same research"
        assert [row["status"] for row in stored(connection, "briefing_writes")] == ["written"] * len(entities)


def test_another_client_another_namesake_and_another_company_are_asked_about(provider: StandIn, mover: Mover) -> None:
    company = SPELLINGS[0]
    others = [{**company, "client_company_name": "WithCoverage"}, {**company, "domain": "coreweave.org"}]
    assert mover.move(mover.submit(COMPANY, [company, *others]), max_age_days=0) == ["succeeded"] * 3
    assert len(provider.tasks()) == 3
    jim = {"full_name": "Jim Higgins", "company_name": "CoreWeave"}
    namesakes = [{**jim, "linkedin_url": f"linkedin.com/in/jim-{number}"} for number in (1, 2)]
    assert mover.move(mover.submit(PERSON, namesakes, run="run 2"), max_age_days=0) == ["succeeded"] * 2
    assert len(provider.tasks()) == 5


def test_a_later_submission_uses_what_there_is_unless_it_is_too_old(
    engine: Engine, provider: StandIn, mover: Mover
) -> None:
    mover.move(mover.submit(COMPANY, SPELLINGS[:1]), max_age_days=30)
    again = mover.submit(COMPANY, SPELLINGS[1:], run="run 2")
    assert mover.move(again, max_age_days=30) == ["briefing_fresh"] * 3
    assert len(provider.tasks()) == 1
    with engine.begin() as connection:
        connection.execute(
            text("update company_intel_briefings set researched_at = researched_at - interval '31 days'")
        )
    assert mover.move(mover.submit(COMPANY, SPELLINGS, run="run 3"), max_age_days=30) == ["succeeded"] * 4
    assert len(provider.tasks()) == 2


# --------------------------------------------------------------------------------------------- at the same moment
@pytest.mark.parametrize(("operation", "entity"), [(COMPANY, SPELLINGS[3]), (ICP, SPELLINGS[1])])
@pytest.mark.parametrize("who_first", [0, 1], ids=["who pays is first", "who waits is first"])
def test_submissions_that_ask_at_the_same_moment_share_one_research(
    engine: Engine, provider: StandIn, mover: Mover, operation: str, entity: dict[str, Any], who_first: int
) -> None:
    payer, other = (mover.submit(operation, [asked], run=f"run {asked}") for asked in (SPELLINGS[0], entity))
    started = [mover.start(payer, max_age_days=30), mover.start(other, max_age_days=30)]
    for runs in started if who_first == 0 else reversed(started):
        mover.go_on(runs)
    assert [mover.ends(each) for each in (payer, other)] == [["succeeded"]] * 2
    assert len(provider.tasks()) == 1
    assert (mover.costs(payer) > 0, mover.costs(other) > 0) == (True, False)
    assert (mover.shows(payer), mover.shows(other)) == (1, 1)
    table = "icp_job_titles" if operation == ICP else "company_intel_briefings"
    with engine.connect() as connection:
        assert (count(connection, table), count(connection, f"{table}_history")) == (1, 0)
        assert [row["status"] for row in stored(connection, "agent_calls")] == ["succeeded", "reused"]


def test_submissions_that_start_in_many_workers_share_one_research(provider: StandIn, mover: Mover) -> None:
    asked = [mover.submit(COMPANY, run=f"run {number}") for number in range(5)]
    with ThreadPoolExecutor(5) as pool:
        started = list(pool.map(lambda each: mover.start(each, max_age_days=30), asked))
        list(pool.map(mover.go_on, started))
    assert len(provider.tasks()) == 1
    assert sorted(mover.costs(each) > 0 for each in asked) == [False] * 4 + [True]
    assert [mover.ends(each) for each in asked] == [["succeeded"]] * 5


def test_what_is_under_way_is_not_shared_with_everybody(provider: StandIn, mover: Mover) -> None:
    mover.start(mover.submit(COMPANY), max_age_days=30)
    others: list[tuple[UUID, dict[str, Any]]] = [
        (mover.submit(COMPANY, run="another org", org="globex"), {"max_age_days": 30}),
        (mover.submit(COMPANY, run="for everything"), {"max_age_days": 0}),
        (mover.submit(COMPANY, run="afresh"), {"max_age_days": 30, "force_fresh": True}),
        (mover.submit(COMPANY, [{**SPELLINGS[0], "client_company_name": "WithCoverage"}], "x"), {"max_age_days": 30}),
    ]
    for number, (other, options) in enumerate(others, 2):
        mover.start(other, **options)
        assert len(provider.tasks()) == number


def test_research_goes_on_without_the_submission_that_pays_for_it(provider: StandIn, mover: Mover) -> None:
    payer, other, late = (mover.submit(COMPANY, run=f"run {number}") for number in range(3))
    killed = mover.start(payer, max_age_days=30)
    mover.move(other, max_age_days=30)
    assert mover.move(late, max_age_days=30) == ["briefing_fresh"]
    mover.go_on(killed)
    assert (mover.ends(payer), mover.ends(other), len(provider.tasks())) == (["succeeded"], ["succeeded"], 1)
    assert (mover.costs(payer) > 0, mover.costs(other) > 0) == (True, False)


def test_an_answer_on_its_way_into_the_table_is_used(engine: Engine, provider: StandIn, mover: Mover) -> None:
    payer, other, late = (mover.submit(COMPANY, run=f"run {number}") for number in range(3))
    ahead, waiting = mover.start(payer, max_age_days=30), mover.start(other, max_age_days=30)
    for runs in (ahead, waiting):
        mover.go_on(runs)
        with engine.begin() as connection:
            connection.execute(text("delete from company_intel_briefings"))
    mover.move(late, max_age_days=30)
    assert [mover.ends(each) for each in (payer, other, late)] == [["succeeded"]] * 3
    assert len(provider.tasks()) == 1


def test_a_shared_research_that_fails_is_asked_for_again_by_whoever_waited(
    engine: Engine, provider: StandIn, mover: Mover
) -> None:
    provider.script("parallel", {"after": 1}, {"status": "failed"})
    payer, other = mover.submit(COMPANY), mover.submit(COMPANY, run="run 2")
    started = [mover.start(each, max_age_days=30) for each in (payer, other)]
    for runs in reversed(started):
        mover.go_on(runs)
    assert (mover.ends(payer), mover.ends(other), len(provider.tasks())) == (["failed"], ["succeeded"], 2)
    with engine.connect() as connection:
        assert [row["status"] for row in stored(connection, "agent_calls")] == ["failed", "succeeded"]


def test_what_nobody_knows_the_number_of_is_not_waited_for(engine: Engine, provider: StandIn, mover: Mover) -> None:
    mover.start(mover.submit(COMPANY), max_age_days=30)
    with engine.begin() as connection:
        connection.execute(text("update agent_calls set external_id = null"))
    assert mover.move(mover.submit(COMPANY, run="run 2"), max_age_days=30) == ["succeeded"]
    with engine.begin() as connection:
        connection.execute(
            text(
                "update agent_calls set started_at = now() - interval '2 days', external_id = 'x'"
                " where status = 'started'"
            )
        )
        connection.execute(text("delete from company_intel_briefings"))
        connection.execute(
            text("update agent_calls set finished_at = now() - interval '2 hours' where status = 'succeeded'")
        )
    assert mover.move(mover.submit(COMPANY, run="run 3"), max_age_days=30) == ["succeeded"]
    assert len(provider.tasks()) == 3
