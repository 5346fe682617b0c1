"""Shared by the tests of research: submitting, working through runs without asking anybody, reading what is stored.

``python -m tests.db.researching DATABASE_URL STAND_IN_URL SCOPE`` starts one deep research run through the ledger: a
worker to be killed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from prospecting.agents.ledger import Budget
from prospecting.agents.parallel import ParallelClient, ParallelSettings, TaskRun
from prospecting.agents.research_ledger import DeepResearchAgents, ResearchLedger, ResearchSearch, StartedResearch
from prospecting.parsing.briefings import OPERATION_IDS
from prospecting.persistence import research, submissions
from prospecting.persistence.database import application_url, engine_for
from prospecting.persistence.research import RunEnd, StepToRun

COMPANY, PERSON, ICP = OPERATION_IDS["company"], OPERATION_IDS["person"], OPERATION_IDS["icp_job_titles"]
LIST_PEOPLE = "company.list.people"
CLAIM, AGAIN = "research_pipeline run 1", "research_pipeline run 2"
ACME = {"company_name": "Acme", "domain": "acme.com"}

Answers = Mapping[str, Mapping[str, Any] | Callable[[StepToRun], dict[str, Any]] | None]

FIND, READ, RATE = "company.find.site", "company.read.site", "company.rate.site"
ANSWERS: Answers = {FIND: {"site": "acme.com"}, READ: {"pages": 7}, RATE: {"rating": "A"}}


# --------------------------------------------------------------------------------------------------- submissions
def insert(connection: Connection, table: str, **values: Any) -> UUID:
    """Add a row with these values. Returns its id."""
    columns = ", ".join(values)
    found: UUID = connection.execute(
        text(f"insert into {table} ({columns}) values ({', '.join(f':{name}' for name in values)}) returning id"),
        values,
    ).scalar_one()
    return found


def step(operation_id: str | None, **more: Any) -> dict[str, Any]:
    return {"operation_id": operation_id, **more}


def submit(
    connection: Connection,
    steps: Sequence[Any],
    entities: Sequence[Mapping[str, Any]] = (ACME,),
    *,
    org: str = "acme",
    run: str = "run 1",
) -> UUID:
    """Store a submission with its runs; a step may be just its operation. Returns its id."""
    blueprint = [each if isinstance(each, dict) else step(each) for each in steps]
    submission_id = submissions.create_submission(
        connection,
        org_id=submissions.ensure_org(connection, org),
        entities=entities,
        steps=blueprint,
        entity_type=submissions.entity_type_of(blueprint),
        request_key=run,
    )
    submissions.open_submission(connection, submission_id)
    return submission_id


def run_ids(connection: Connection, submission_id: UUID, parent: UUID | None = None) -> list[UUID]:
    """Runs of the submission's own entities, or the children of a run; by entity and attempt."""
    rows = connection.execute(
        text(
            "select id from pipeline_runs where submission_id = :submission_id "
            "and parent_pipeline_run_id is not distinct from :parent order by entity_index, attempt"
        ),
        {"submission_id": submission_id, "parent": parent},
    )
    return list(rows.scalars())


def only(connection: Connection, submission_id: UUID) -> UUID:
    """The one run of a submission."""
    (run_id,) = run_ids(connection, submission_id)
    return run_id


def run_of(connection: Connection, run_id: UUID) -> Any:
    return connection.execute(text("select * from pipeline_runs where id = :id"), {"id": run_id}).one()


def status_of(connection: Connection, submission_id: UUID) -> str:
    found: str = connection.execute(
        text("select status from submissions where id = :id"), {"id": submission_id}
    ).scalar_one()
    return found


def results(connection: Connection, run_id: UUID) -> list[Any]:
    """Every try of every step of a run, in order."""
    return list(
        connection.execute(
            text("select * from step_results where pipeline_run_id = :id order by step_position, attempt"),
            {"id": run_id},
        )
    )


def stands(connection: Connection, run_id: UUID) -> list[tuple[int, int, str]]:
    """Position, attempt, and status (of what was skipped: why) of every try of every step of a run."""
    return [
        (row.step_position, row.attempt, (row.output_payload or {}).get("skip_reason") or row.status)
        for row in results(connection, run_id)
    ]


# -------------------------------------------------------------------------------------------------------- work
def result(operation_id: str, output: Mapping[str, Any] | None, status: str = "found", **more: Any) -> dict[str, Any]:
    return {
        "run_id": "any",
        "operation_id": operation_id,
        "status": status,
        "output": output,
        "provider_attempts": [],
        "missing_inputs": [],
        **more,
    }


def begin(connection: Connection, run_id: UUID, *, claim: str = CLAIM, force_fresh: bool = False) -> StepToRun | RunEnd:
    """Claim a run and say what comes first."""
    end = research.claim_run(connection, run_id, claim=claim, force_fresh=force_fresh)
    return end or research.advance(connection, run_id, claim=claim, task_run_id=claim, force_fresh=force_fresh)


def begun(connection: Connection, run_id: UUID, **options: Any) -> StepToRun:
    """The step that comes first; there is one."""
    found = begin(connection, run_id, **options)
    assert isinstance(found, StepToRun), found
    return found


def work(
    connection: Connection, run_id: UUID, answers: Answers, *, claim: str = CLAIM, force_fresh: bool = False
) -> tuple[str, list[StepToRun]]:
    """Work on a run to its end; how it ended, and the steps that were run. ``answers``: outputs by operation."""
    asked: list[StepToRun] = []
    found = begin(connection, run_id, claim=claim, force_fresh=force_fresh)
    while isinstance(found, StepToRun):
        asked.append(found)
        answer = answers[found.operation_id]
        answered = answer(found) if callable(answer) else result(found.operation_id, answer)
        assert research.finish_step(connection, found, answered)
        found = research.advance(connection, run_id, claim=claim, task_run_id=claim, force_fresh=force_fresh)
    return found.status, asked


def failing(code: str = "parallel_task_failed") -> Callable[[StepToRun], dict[str, Any]]:
    """An answer that fails its step."""
    return lambda step: result(step.operation_id, None, "failed", provider_attempts=[{"error": code}])


# ------------------------------------------------------------------------------------------------------ ledger
KEY = "parallel-key-9d21c4"
MARKER = "ada.marker@private.example"
SCOPE = "research:a"
PRICE = Decimal("0.1")
QUESTION = ResearchSearch(operation_id=COMPANY, processor="pro", input=f"Who leads Acme Rockets? Ask {MARKER}.")


def settings_for(url: str, **more: Any) -> ParallelSettings:
    return ParallelSettings(KEY, base_url=url, **{"timeout_seconds": 20.0, **more})


class Researcher:
    """Starts deep research at the stand-in, as the service does."""

    def __init__(self, engine: Engine, settings: ParallelSettings, scope: str = SCOPE, **options: Any) -> None:
        self.client = ParallelClient(settings)
        self.ledger = ResearchLedger(engine, DeepResearchAgents(settings.usd_for), scope, **options)

    def start(self, search: ResearchSearch = QUESTION, *, resubmit_lost: bool = False) -> StartedResearch:
        def create(call_id: int) -> TaskRun:
            return self.client.create(search.input, search.processor, {"call_id": str(call_id)})

        return self.ledger.start(search, create, resubmit_lost=resubmit_lost)


if __name__ == "__main__":
    database_url, stand_in_url, scope = sys.argv[1:]
    Researcher(
        engine_for(application_url(database_url)), settings_for(stand_in_url), scope, budget=Budget(Decimal(1))
    ).start()
