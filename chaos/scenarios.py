"""The runs: for each DAG data to begin with, params, and agents that answer the same question in the same way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.features import log_interaction
from prospecting.persistence.persons import PersonRow, upsert_persons
from tests.db.factories import a_run, a_step, a_submission, an_org, evaluate, hours, ids, person_name, researched
from tests.generated_history import generate_history, load_history

CLIENT = {"client_company_name": "SecurityPal", "client_company_description": "Answers security questionnaires."}
ORG = UUID("8d3f1f7e-0d0c-4c6a-9f0e-5a7a5f5d0c01")
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@dataclass(frozen=True)
class Scenario:
    """A DAG with its params. ``prepare`` fills an empty database, always with the same rows under the same ids."""

    dag_id: str
    conf: Mapping[str, Any]
    prepare: Callable[[Connection], None] = lambda _: None
    once_more: Mapping[str, Any] = field(default_factory=dict)
    """Params besides with which a person starts a run again whose tasks refuse to go on alone."""
    asks: tuple[str, ...] = ()
    """Whose answers are billed, and can fail: dials of the server that stands in."""
    triggers: bool = False
    """True when other runs are triggered; they are compared too."""


# ------------------------------------------------------------------------------------------------------------ signals
SIGNAL = {
    "name": "Anvils and bolts",
    "type": "conference",
    "event_keywords": ["anvils", "bolts", "cranes", "drills"],
    "locations": ["Berlin, Germany", "Paris, France"],
    "date_from": "2027-01-01",
    "target_functions": ["CEO", "CTO", "VP Sales"],
    "limits": {"max_events": 12, "max_companies": 8, "max_people_per_company": 3},
    "agents": "live",
}


def stored_signals(connection: Connection) -> None:
    """Three signals with schedules, one of which is not due."""
    for number, frequency in enumerate(("daily", "weekly", "on-demand"), 1):
        name = f"Signal {number}"
        connection.execute(
            text(
                "insert into signals (id, name, name_key, type, configuration, schedule, created_at) "
                "values (:id, :name, :key, 'conference', cast(:conf as jsonb), cast(:schedule as jsonb), :created_at)"
            ),
            {
                "id": UUID(int=number),
                "name": name,
                "key": name.lower(),
                "conf": json.dumps({**SIGNAL, "name": name}),
                "schedule": json.dumps({"frequency": frequency, "time": "06:00", "timezone": "UTC"}),
                "created_at": YESTERDAY - timedelta(days=60),
            },
        )


# -------------------------------------------------------------------------------------------------------------- slots
def companies_with_requests(connection: Connection, companies: int = 14) -> None:
    """Companies without people, evaluated: three requests each."""
    rows = [CompanyRow(f"{name} Works", f"{name.lower()}-works.com") for name in _NAMES[:companies]]
    upsert_companies(connection, rows, source_system="chaos")
    evaluate(connection)


def companies_with_people(connection: Connection) -> None:
    """300 companies; seats with a holder, with several candidates, without anybody."""
    rows = [CompanyRow(f"{name} {kind}") for name in _NAMES for kind in _KINDS]
    found = ids(upsert_companies(connection, rows, source_system="chaos").saved)
    titles = ("Chief Executive Officer", "Interim CFO", "VP Human Resources", "CFO", "Deputy CEO", "Plant Manager")
    people = [
        PersonRow(person_name(number % 600), company, titles[(number + turn) % len(titles)])
        for number, company in enumerate(found)
        for turn in range(number % 4)
    ]
    upsert_persons(connection, people, source_system="chaos")


_NAMES = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ironbark", "Juniper", "Kapok", "Larch",
    "Maple", "Nutmeg", "Oak", "Pine", "Quince", "Rowan", "Spruce", "Teak",
)  # fmt: skip
_KINDS = (
    "Works", "Castings", "Freight", "Robotics", "Tools", "Textiles", "Foods", "Glass", "Paper", "Metals", "Optics",
    "Plastics", "Motors", "Pumps", "Cranes",
)  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- research
def researched_before(connection: Connection) -> None:
    """20 results of past research, of which one company was researched twice; one org."""
    connection.execute(text("insert into orgs (id, name, slug) values (:id, 'Acme', 'acme')"), {"id": ORG})
    org_id = an_org(connection)
    about = {"company_name": "Acme", **CLIENT}
    for number in range(20):
        submission_id = a_submission(connection, org_id, id=UUID(int=1000 + number // 5), created_at=hours(number // 5))
        run_id = a_run(connection, submission_id, id=UUID(int=2000 + number))
        domain = f"firm-{number % 19}.com"
        output = researched("company", domain, {"target_business_summary": f"finding {number}"}, **about)
        a_step(connection, run_id, output, id=UUID(int=3000 + number), finished_at=hours(number + 1))


def acquaintances(connection: Connection) -> None:
    """A company with two people that a fan-out finds."""
    (company,) = ids(upsert_companies(connection, [CompanyRow("Acme", "acme.com")], source_system="chaos").saved)
    people = [
        PersonRow("Jane Doe", company, "Chief Financial Officer", "linkedin.com/in/jane-doe"),
        PersonRow("John Roe", company, "VP Sales", "linkedin.com/in/john-roe"),
    ]
    upsert_persons(connection, people, source_system="chaos")


RESEARCH = {
    "org": "acme",
    **CLIENT,
    "entities": [
        {"company_name": "Acme", "domain": "acme.com"},
        {"company_name": "CoreWeave", "domain": "coreweave.com"},
        {"company_name": "Elastic", "domain": "elastic.co"},
    ],
    "steps": [
        {"operation_id": "company.derive.icp_job_titles"},
        {"operation_id": "company.list.people", "fan_out": True, "step_config": {"target_functions": ["CFO"]}},
        {"operation_id": "person.derive.intel_briefing"},
    ],
}


# ----------------------------------------------------------------------------------------------------------- features
def a_history(connection: Connection) -> None:
    """300 accounts over a year and a half: enough to learn from."""
    until = datetime.now(UTC).date().replace(day=1)
    history = generate_history(accounts=300, months=12, seed=1, until=until)
    history = replace(history, run_at=_settled(history.run_at), interaction_at=_settled(history.interaction_at))
    load_history(connection, history)
    log_interaction(connection, user_id=UUID(int=1), account_domain=history.domain(1), interaction_type="contacted")


def _settled(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moments, in seconds since 1970, of which none gets a day older within the next hours: trials are compared with a
    quiet run before them."""
    quarter = 86_400 / 4
    is_about_to = (time.time() - at) % (4 * quarter) >= 3 * quarter
    return at - quarter * is_about_to


SCENARIOS = {
    scenario.dag_id: scenario
    for scenario in (
        Scenario("signal_execution", SIGNAL, asks=("llm",)),
        Scenario("signal_schedule", {}, stored_signals, triggers=True),
        Scenario("slot_evaluation", {"batch_size": 60, "max_fill_rate_drop": 1}, companies_with_people),
        Scenario(
            "slot_backfill",
            {"providers": ["live"], "chunk_size": 15, "lease_seconds": 600},
            companies_with_requests,
            asks=("llm",),
        ),
        Scenario(
            "research_pipeline",
            RESEARCH,
            acquaintances,
            once_more={"resubmit_lost": True},
            asks=("parallel_create", "parallel_status", "parallel_result"),
        ),
        Scenario("briefing_backfill", {"kind": "company", "org_id": str(ORG)}, researched_before),
        Scenario("ml_feature_refresh", {"snapshot_months": 13, "chunk_size": 100}, a_history),
    )
}


def fill(engine: Engine, scenario: Scenario) -> None:
    """Prepare an empty database for the scenario."""
    with engine.begin() as connection:
        scenario.prepare(connection)
