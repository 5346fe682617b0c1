"""The runs: data to begin with, params of a DAG, and agents that answer the same question in the same way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, text

from prospecting.parsing.webhooks import parse_touchpoint_events
from prospecting.persistence import signals
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.features import log_interaction
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.touchpoint_events import save_touchpoint_events
from tests.db.engaging import add_contact
from tests.db.factories import a_run, a_step, a_submission, an_org, evaluate, hours, ids, person_name, researched
from tests.generated_history import generate_history, load_history
from tests.made_up_outreach import PROVIDER, write_outreach

CLIENT = {"client_company_name": "SecurityPal", "client_company_description": "Answers security questionnaires."}
ORG = UUID("8d3f1f7e-0d0c-4c6a-9f0e-5a7a5f5d0c01")
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@dataclass(frozen=True)
class Scenario:
    """A DAG with its params. ``prepare`` fills an empty database, always with the same rows under the same ids.

    ``variant`` tells scenarios of one DAG apart.
    """

    dag_id: str
    conf: Mapping[str, Any]
    prepare: Callable[[Connection], None] = lambda _: None
    once_more: Mapping[str, Any] = field(default_factory=dict)
    """Params besides with which a person starts a run again whose tasks refuse to go on alone."""
    asks: tuple[str, ...] = ()
    """Whose answers are billed, and can fail: dials of the server that stands in."""
    triggers: bool = False
    """True when other runs are triggered; they are compared too."""
    variant: str = ""

    @property
    def name(self) -> str:
        return f"{self.dag_id}-{self.variant}" if self.variant else self.dag_id


# ------------------------------------------------------------------------------------------------------------ signals
SIGNAL = {
    "name": "Anvils and bolts",
    "type": "conference",
    "event_keywords": ["anvils", "bolts"],
    "locations": ["Berlin, Germany", "Paris, France"],
    "date_from": "2027-01-01",
    "target_functions": ["CEO", "CTO", "VP Sales"],
    # More than there are: a run that is triggered again passes over companies that were asked about, and takes others.
    "limits": {"max_events": 12, "max_companies": 30, "max_people_per_company": 3},
    "agents": "live",
}


def news(connection: Connection) -> None:
    """What a signal has found since the last digest, all of it before the first run."""
    found = upsert_companies(
        connection, [CompanyRow(f"{name} Works") for name in _NAMES[:3]], source_system="chaos"
    ).saved
    signal = signals.upsert_signal(connection, name="Anvils", type="conference", configuration={})
    execution = signals.start_execution(connection, signal_id=signal, configuration={}, airflow_run_id="before")
    signals.link_entities(connection, execution, "company", found)
    connection.execute(
        text(
            "update signal_executions set status = 'completed', completed_at = '2026-01-31 20:00:00+00', "
            'stats = \'{"newCompanies": 3, "newContacts": 4}\''
        )
    )
    connection.execute(
        text(
            "insert into digests (channel, since, until, airflow_run_id, sent_at) "
            "values ('slack', '2026-01-30 00:00:00+00', '2026-01-31 00:00:00+00', 'before', now())"
        )
    )


def live_signals() -> Iterator[Scenario]:
    """One of every type: sponsors are read on the events' sites, and where there is none a model is asked."""
    yield Scenario("signal_execution", SIGNAL, asks=("llm", "search", "pages"), variant="conference")
    for kind in ("funding", "hiring", "product_launch", "acquisition"):
        conf = {**SIGNAL, "name": f"Anvils and bolts: {kind}", "type": kind, "date_from": f"{YESTERDAY:%Y-%m-%d}"}
        yield Scenario("signal_execution", conf, asks=("llm", "search"), variant=kind)


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


# ----------------------------------------------------------------------------------------------------------- accounts
REPORTED = Path(__file__).resolve().parents[1] / ".local" / "chaos_events.jsonl"
"""What the mail provider of the made-up e-mails reports, the same in every database."""


def made_up_mails(connection: Connection) -> list[dict[str, Any]]:
    """Three e-mails to each of 90 contacts at 30 companies; returns the reports about them."""
    rows = [CompanyRow(f"{name} {kind}", f"{name}-{kind}.com".lower()) for name in _NAMES[:10] for kind in _KINDS[:3]]
    for number, company in enumerate(ids(upsert_companies(connection, rows, source_system="chaos").saved)):
        for turn in range(3):
            person = 3 * number + turn
            add_contact(connection, company, person_name(person), id=UUID(int=1 + person), is_decision_maker=turn == 0)
    return write_outreach(connection, today=YESTERDAY).events


def mails_to_be_reported_about(connection: Connection) -> None:
    """The reports are in a file."""
    events = made_up_mails(connection)
    REPORTED.parent.mkdir(exist_ok=True)
    REPORTED.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")


def accounts_with_news(connection: Connection) -> None:
    """The reports wait for their e-mails, and of each company the first contact is seen at the next one."""
    with connection.begin_nested() as unknown:
        events = made_up_mails(connection)
        unknown.rollback()
    given = parse_touchpoint_events(events, "plain", now=datetime.now(UTC)).items
    save_touchpoint_events(connection, PROVIDER, given)
    made_up_mails(connection)
    companies = list(connection.scalars(text("select id from companies order by id")))
    contacts = list(connection.execute(text("select person_id, company_id from contacts where is_decision_maker")))
    for person_id, company_id in contacts:
        profile = f"https://www.linkedin.com/in/chaos-{person_id}"
        name = connection.execute(
            text("update persons set linkedin_url = :url where id = :id returning full_name"),
            {"url": profile, "id": person_id},
        ).scalar_one()
        new = companies[(companies.index(company_id) + 1) % len(companies)]
        seen = ((company_id, "CFO", date(2024, 1, 1)), (new, "CEO", date(2026, 1, 1)))
        people = [PersonRow(name, company, title, profile, observed_on=on) for company, title, on in seen]
        upsert_persons(connection, people, source_system="chaos")


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        *live_signals(),
        Scenario("news_digest", {}, news, asks=("slack",)),
        Scenario("signal_schedule", {}, stored_signals, triggers=True),
        Scenario("slot_evaluation", {"batch_size": 60, "max_fill_rate_drop": 1}, companies_with_people),
        Scenario(
            "slot_backfill",
            {"providers": ["live"], "chunk_size": 15, "lease_seconds": 600},
            companies_with_requests,
            asks=("llm", "search"),
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
        Scenario(
            "account_events",
            {"path": str(REPORTED), "provider": PROVIDER, "chunk_size": 100},
            mails_to_be_reported_about,
        ),
        Scenario("account_refresh", {"chunk_size": 10}, accounts_with_news),
    )
}


def choose(wanted: Sequence[str]) -> list[str]:
    """Names of the scenarios that are wanted by name or by DAG, all when nothing is. Raises ``ValueError``."""
    known = {scenario.dag_id for scenario in SCENARIOS.values()} | SCENARIOS.keys()
    if unknown := sorted(set(wanted) - known):
        raise ValueError(f"no such scenario: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return [name for name, one in SCENARIOS.items() if not wanted or {name, one.dag_id} & set(wanted)]


def fill(engine: Engine, scenario: Scenario) -> None:
    """Prepare an empty database for the scenario."""
    with engine.begin() as connection:
        scenario.prepare(connection)
