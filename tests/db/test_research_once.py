"""Research is asked, and paid, for once: however a company is spelled, and whichever submission asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from prospecting.agents.parallel import ParallelClient, ParallelSettings
from prospecting.services.deep_research import Seen, Waiting
from prospecting.services.research import Providers, RunMover, RunSettings
from prospecting.services.runtime import Runtime
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


class Mover:
    """Moves the runs of a submission, all of them one step at a time, as mapped tasks would."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine = engine
        self.parallel: ParallelSettings = settings_for(url)

    def submit(self, operation: str, entities: list[dict[str, Any]], run: str = "run 1") -> UUID:
        with self.engine.begin() as connection:
            return submit(connection, [operation], [{**CLIENT, **entity} for entity in entities], run=run)

    def move(self, submission_id: UUID, **options: Any) -> list[str]:
        """How the runs ended: the status of their step, or why it was skipped."""
        with self.engine.connect() as connection:
            runs = run_ids(connection, submission_id)
        settings = RunSettings(claim=CLAIM, task_run_id="task", **options)
        providers = Providers(lambda: self.parallel, lambda scope: pytest.fail(scope))
        movers = [RunMover(Runtime(self.engine), run_id, settings, providers) for run_id in runs]
        waiting = [mover.start() for mover in movers]
        for mover, found in zip(movers, waiting, strict=True):
            while isinstance(found, Waiting):
                found = mover.go_on(self._seen(found))
        with self.engine.connect() as connection:
            (steps,) = zip(*(results(connection, run_id) for run_id in runs), strict=True)
        return [(step.output_payload or {}).get("skip_reason") or step.status for step in steps]

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
