"""Tables that refuse rows, and quote them in all that PostgreSQL lets them say: nothing of that leaves the database."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from prospecting.operators.briefings import SaveBriefingOperator
from prospecting.operators.features import DetectIntentOperator, RecommendAccountsOperator, RefreshFeaturesOperator
from prospecting.operators.signals import SaveContactsOperator, SaveEventsOperator, SaveSponsorsOperator
from prospecting.operators.slots import EvaluateSlotsOperator, FillSlotsOperator
from prospecting.persistence.database import engine_for
from prospecting.persistence.features import log_interaction, record_research_failure, save_prospect_research
from prospecting.persistence.recommendations import suppress_account
from tests.dags.runs import Airflow, TaskCaller, libpq
from tests.db.factories import an_org
from tests.db.test_database_errors import as_logged
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.airflow

NAME, EMAIL, DOMAIN = "Quirina Leckstein", "quirina@leckstein-bank.example", "leckstein-bank.com"
PROFILE = "linkedin.com/in/quirina-leckstein"
MARKED = ("quirina", "leckstein")
"""Each of them has one of these in it; nothing else has."""

ANN = UUID("5f1c77aa-30e1-4b6c-9d57-0a4f6b1f2c11")

# The first row of a table is refused with an error that fails the task, the second as a bad record.
REFUSALS = f"""
create schema refusals;
create function refusals.refuse() returns trigger language plpgsql as $$
declare
    about text := format('%s: {NAME} <{EMAIL}> %s', tg_table_name, new);
    turn bigint := nextval(format('refusals.%I', tg_table_schema || '.' || tg_table_name));
begin
    if turn > tg_argv[0]::bigint then return new; end if;
    raise warning '%', about;
    if turn % 2 = 0 then
        raise exception '%', about using detail = about, hint = about, errcode = 'check_violation',
            schema = tg_table_schema, table = tg_table_name, constraint = 'ck_refused';
    end if;
    raise exception '%', about using detail = about, hint = about;
end $$;
"""


class Refusals:
    """Makes tables of a database refuse rows, and knows which have done so."""

    def __init__(self, engine: Engine) -> None:
        self._url = libpq(engine.url)
        with self._connect() as connection:
            connection.execute(REFUSALS)
            self.tables: list[tuple[str, str]] = connection.execute(
                "select schemaname, tablename from pg_tables where schemaname in ('public', 'intake') "
                "and tablename <> 'alembic_version' order by 1, 2"
            ).fetchall()

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url)

    def of(self, *tables: str, rows: int = 2) -> None:
        """Begin to refuse the first ``rows`` of these tables, or of all."""
        with self._connect() as connection:
            for schema, table in self.tables:
                if tables and table not in tables:
                    continue
                sequence = sql.Identifier("refusals", f"{schema}.{table}")
                connection.execute(sql.SQL("create sequence {}").format(sequence))
                # Before any other trigger of the table.
                connection.execute(
                    sql.SQL("create trigger a_refuse before insert on {} for each row execute function {}({})").format(
                        sql.Identifier(schema, table), sql.Identifier("refusals", "refuse"), sql.Literal(rows)
                    )
                )

    def counts(self) -> dict[str, int]:
        """How many rows each table has refused, by its name, those without left out."""
        with self._connect() as connection:
            return dict(
                connection.execute(
                    "select split_part(sequencename, '.', 2), least(last_value, 2) from pg_sequences "
                    "where schemaname = 'refusals' and last_value is not null"
                ).fetchall()
            )


@pytest.fixture
def refusals(engine: Engine) -> Refusals:
    return Refusals(engine)


def given_away(*texts: str) -> list[str]:
    """Lines with something of the markers."""
    return [line for told in texts for line in told.splitlines() if any(part in line.lower() for part in MARKED)]


# ---------------------------------------------------------------------------------------------------------- each table
def test_no_table_gives_its_rows_away(refusals: Refusals, database_url: str) -> None:
    """The tables are those of the catalog: a new one is looked at without being named here."""
    refusals.of()
    engine = engine_for(make_url(database_url))
    for schema, table in refusals.tables:
        for expected in ("SQLSTATE P0001", f"SQLSTATE 23514, table {schema}.{table}, constraint ck_refused"):
            with pytest.raises(DBAPIError) as refused, engine.begin() as connection:
                connection.execute(text(f'insert into "{schema}"."{table}" default values'))
            assert expected in str(refused.value)
            assert given_away(as_logged(refused.value)) == []
    engine.dispose()
    assert set(refusals.counts().values()) == {2}
    assert len(refusals.tables) > 40


# ---------------------------------------------------------------------------------------------------------- each writer
EVENTS = {
    "events": [{"name": "Ledger Days", "start_date": "2027-03-15", "location": "Berlin, Germany", "venue": "City Cube"}]
}
SPONSORS = {"sponsors": [{"name": "Acme Bank", "tier": "Gold", "website": DOMAIN}]}
PEOPLE = {"contacts": [{"name": NAME, "title": "Chief Executive Officer", "linkedinUrl": PROFILE, "email": EMAIL}]}
BRIEFING = {"target_business_summary": f"{NAME} lends money"}
TITLES = {"titles": [{"title": "CFO", "buyerRole": "decision_maker"}]}
WRITTEN = {
    *("task_attempts", "agent_calls", "rejected_records"),
    *("events", "venues", "cities", "event_sponsors", "companies"),
    *("persons", "company_person_roles", "contact_channels", "title_seats"),
    *("slot_evaluations", "company_slot", "slot_transitions", "people_raw_intake", "agent_routing_log"),
    *("company_intel_briefings", "person_intel_briefings", "icp_job_titles", "extracted_icp_job_title_details"),
    *("users", "prospect_intelligence", "prospect_intelligence_runs", "user_interactions"),
    *("feature_refreshes", "accounts", "account_changes", "account_signals", "account_suppressions"),
}
"""Tables that these writers write; each has refused a row."""


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """All that is logged meanwhile, with tracebacks."""
    lines: list[str] = []
    handler = logging.Handler()
    formatter = logging.Formatter("%(name)s %(message)s")
    handler.emit = lambda record: lines.append(formatter.format(record))  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield lines
    finally:
        root.removeHandler(handler)


def test_no_writer_gives_rows_away(call: TaskCaller, engine: Engine, refusals: Refusals, database_url: str) -> None:
    with engine.begin() as connection:
        org = an_org(connection)
    refusals.of()
    product = engine_for(make_url(database_url))

    def only(query: str) -> Any:
        with engine.connect() as connection:
            return connection.execute(text(query)).scalar_one()

    def directly(write: Callable[..., Any], **values: Any) -> Callable[[], Any]:
        def work() -> None:
            with product.begin() as connection:
                write(connection, **values)

        return work

    def task(make: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: call.execute(make(), dag_id="their_dag")

    def briefing(kind: str, answer: Any, **more: Any) -> Callable[[], Any]:
        return task(lambda: SaveBriefingOperator(task_id="save", kind=kind, answer=answer, org_id=org, **more))

    source = {"source_system": "ours"}
    work: dict[str, Callable[[], Any]] = {
        "events": task(lambda: SaveEventsOperator(task_id="events", answer=EVENTS, **source)),
        "sponsors": task(
            lambda: SaveSponsorsOperator(
                task_id="sponsors", answer=SPONSORS, event_id=only("select min(id) from events"), **source
            )
        ),
        "people": task(
            lambda: SaveContactsOperator(
                task_id="people", answer=PEOPLE, company_id=only("select min(id) from companies"), **source
            )
        ),
        "seats": task(lambda: EvaluateSlotsOperator(task_id="seats")),
        "requests": task(lambda: FillSlotsOperator(task_id="requests")),
        "company briefing": briefing("company", BRIEFING, company_domain=DOMAIN),
        "person briefing": briefing("person", BRIEFING, person_full_name=NAME, person_linkedin_url=PROFILE),
        "job titles": briefing("icp_job_titles", TITLES, company_domain=DOMAIN),
        "research": directly(
            save_prospect_research, user_id=ANN, website_url=f"https://{DOMAIN}", data={"companyName": NAME}
        ),
        "interaction": directly(
            log_interaction, user_id=ANN, account_domain=DOMAIN, interaction_type="opened_research"
        ),
        "failed research": directly(
            record_research_failure, user_id=ANN, website_url=f"https://{DOMAIN}", error_message=f"{NAME} is away"
        ),
        "features": task(lambda: RefreshFeaturesOperator(task_id="features", snapshot_months=2)),
        "intent": task(lambda: DetectIntentOperator(task_id="intent")),
        "recommendations": task(lambda: RecommendAccountsOperator(task_id="recommend")),
        "suppression": directly(suppress_account, account_domain=DOMAIN, reason=f"{NAME} asked for it"),
    }
    results: list[str] = []
    with everything_logged() as lines:
        for step in work.values():
            for _ in range(80):
                before = refusals.counts()
                try:
                    results.append(json.dumps(step(), default=str))
                except Exception as error:
                    lines.append(as_logged(error))
                    continue
                if refusals.counts() == before:
                    break
    product.dispose()
    assert refusals.counts().keys() >= WRITTEN
    assert "SQLSTATE P0001" in "\n".join(lines)
    assert given_away(*lines, *results) == []


# ---------------------------------------------------------------------------------------------------------- whole runs
SIGNAL = {
    "name": "Fintech in Europe",
    "event_keywords": ["fintech"],
    "date_from": "2027-01-01",
    "date_to": "2027-12-31",
    "target_functions": ["CEO"],
    "agents": "live",
}


def metadata_of(airflow: Airflow) -> str:
    """Everything that Airflow's metadata database has."""
    with psycopg.connect(libpq(airflow.metadata)) as connection:
        names = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        return "\n".join(
            row
            for (name,) in names
            for (row,) in connection.execute(sql.SQL("select t::text from {} as t").format(sql.Identifier(name)))
        )


def log_files(airflow: Airflow) -> str:
    folder = Path(airflow.drivers.variables["AIRFLOW__LOGGING__BASE_LOG_FOLDER"])
    return "\n".join(path.read_text(errors="replace") for path in folder.rglob("*.log"))


def test_no_run_gives_rows_away(airflow: Airflow, engine: Engine, stand_in: StandIn, refusals: Refusals) -> None:
    stand_in.script(
        "llm",
        {"contains": '"keyword"', "reply": json.dumps(EVENTS)},
        {"contains": '"event_name"', "reply": json.dumps(SPONSORS)},
        {"contains": '"company_name"', "reply": json.dumps(PEOPLE)},
    )
    refusals.of("persons", rows=1000)
    run = airflow.run(SIGNAL)
    assert refusals.counts()["persons"] > 0
    assert "SQLSTATE P0001" in run.log
    assert given_away(run.log, log_files(airflow), metadata_of(airflow)) == []
