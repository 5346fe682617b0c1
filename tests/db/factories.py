"""Shared by the database tests: reading what is stored, comparing it, and doing things at once or half.

``python -m tests.db.factories DATABASE_URL WRITER`` writes one batch in a transaction, says so, and waits to be killed.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from prospecting.parsing.briefings import OPERATION_IDS, Kind
from prospecting.parsing.records import EventRecord, Location, SponsorRecord
from prospecting.persistence import feature_refreshes, rejected_records, signals
from prospecting.persistence.batches import Saved
from prospecting.persistence.briefings import save_briefings
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import application_url, to_json, unit_of_work
from prospecting.persistence.events import upsert_event_sponsors, upsert_events
from prospecting.persistence.features import (
    Interaction,
    log_interactions,
    record_research_failure,
    save_prospect_research,
)
from prospecting.persistence.intent import detect_intent
from prospecting.persistence.pages import Page
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.recommendations import recommend_accounts, suppress_account
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.seats import Chunk, Scope, evaluate_slots, preview_slots
from prospecting.persistence.slot_evaluations import Counters
from prospecting.persistence.slot_requests import Outcome, Queue, Request, claim_requests, close_requests
from tests import clock
from tests.clock import date_ago

R = TypeVar("R")

NASTY_TEXTS = {
    "nul": "a\x00b",
    "lone_surrogate": "x\ud800y",
    "swapped_surrogates": "x\udc00\ud800y",
    "emoji": "👩🏽‍🚀 rocket 🚀",
    "long": "x" * 10_000,
    "long_random": "".join(chr(0x4E00 + (i * i * 7919 + i * 31) % 20_000) for i in range(10_000)),
    "quotes": """'; drop table persons; -- " \\ %s :name {x} \u2028""",
    "right_to_left": "\u202eشركة\u202c",
    "combining": "e\u0301" * 50,
}
"""Texts an agent may return anywhere."""


def stored(connection: Connection, table: str, columns: str = "*", order: str = "1") -> list[dict[str, Any]]:
    """Rows of a table, in a stable order."""
    return [dict(row) for row in connection.execute(text(f"select {columns} from {table} order by {order}")).mappings()]


def count(connection: Connection, table: str) -> int:
    found: int = connection.execute(text(f"select count(*) from {table}")).scalar_one()
    return found


_VERSIONS = " union all ".join(
    f"select '{name}', ctid::text, xmin::text::bigint, t::text from {name} as t" for name in metadata.tables
)


def versions(connection: Connection) -> dict[str, set[tuple[str, int, str]]]:
    """Every row version of every table: equal before and after means that nothing was written."""
    found: dict[str, set[tuple[str, int, str]]] = {name: set() for name in metadata.tables}
    for name, *version in connection.execute(text(_VERSIONS)):
        found[name].add(tuple(version))
    return found


_ALL_BUT_IDS = (
    "to_jsonb(t) - array['id', 'last_prospect_intelligence_id', 'company_id', 'created_at', 'updated_at', "
    "'recorded_at', 'known_at', 'written_by']"
)
CONTENT = {
    "companies": "select name, name_key, domain, website_url, primary_industry, description from companies",
    "campaign_domains": """select d.domain, d.stem, d.name_key, c.name_key as company
        from campaign_domains as d join companies as c on c.id = d.company_id""",
    "persons": """select full_name, name_key, linkedin_url, current_title, seniority, title_observed_on, bio
        from persons""",
    "contact_channels": """select p.full_name, p.linkedin_url, c.channel_type, c.value_key, c.is_identity
        from contact_channels as c join persons as p on p.id = c.person_id""",
    "company_person_roles": """select c.name_key, p.full_name, p.linkedin_url, r.role_key, r.is_current, r.observed_on
        from company_person_roles as r join persons as p on p.id = r.person_id
        join companies as c on c.id = r.company_id""",
    "events": """select e.name_key, e.start_dt, e.end_dt, e.date_precision, c.name as city, v.name as venue,
        e.is_online, e.website_url, e.attendees from events as e
        left join cities as c on c.id = e.city_id left join venues as v on v.id = e.venue_id""",
    "event_sponsors": """select e.name_key, c.name_key as company, s.sponsor_tier, s.tier_rank, s.tier_labels
        from event_sponsors as s join events as e on e.id = s.event_id join companies as c on c.id = s.company_id""",
    "cities": "select name_key, region, country_code from cities",
    "venues": "select v.name_key, c.name_key as city from venues as v left join cities as c on c.id = v.city_id",
    "merge_candidates": "select entity_type, reason from merge_candidates",
    "signals": "select name, type, configuration::text from signals",
    "signal_executions": "select status, results::text, stats::text, airflow_run_id from signal_executions",
    "signal_execution_entities": "select entity_type, entity_id, is_new from signal_execution_entities",
    "rejected_records": "select stage, record_type, reason, raw::text, source from rejected_records",
    "company_slot": """select c.name_key, s.slot_type, p.full_name, s.status, s.enrichment_attempts, s.confidence_score,
        s.filled_by, s.source_system, s.filled_at is not null as has_day from company_slot as s
        join companies as c using (company_unique_id) left join persons as p using (person_unique_id)""",
    "slot_transitions": """select c.name_key, t.slot_type, t.transition, t.status, p.full_name, t.enrichment_attempts
        from slot_transitions as t left join companies as c using (company_unique_id)
        left join persons as p using (person_unique_id)""",
    "intake.people_raw_intake": """select company_name, slot_type, source_system, backfill_source, enrichment_attempt,
        validated, validated_by, validation_notes, enriched_by, full_name, title from intake.people_raw_intake""",
    "agent_routing_log": """select i.company_name, i.slot_type, r.record_type, r.garage_bay, r.agent_name,
        r.routing_reason, r.status, r.claimed_by, r.error_message, r.cost_credits,
        r.settled_at is not null as is_settled
        from agent_routing_log as r left join intake.people_raw_intake as i on i.id::text = r.record_id""",
    "title_seats": "select title, ceo_rank, cfo_rank, hr_rank from title_seats",
    "slot_evaluations": """select airflow_run_id, params::text, is_full, status, companies_processed, slots_filled,
        slots_open, slots_closed_missing, fill_rate, error from slot_evaluations""",
    "slot_evaluation_chunks": """select chunk, companies_processed, slots_created, slots_updated, slots_filled,
        slots_open, slots_closed_missing, compound_matches, multiple_candidates, backfill_triggered, requests_cancelled
        from slot_evaluation_chunks""",
    "orgs": "select name, slug from orgs",
    "submissions": "select source, input_payload::text, blueprint::text, status, metadata::text from submissions",
    "pipeline_runs": """select entity_index, status, attempt, blueprint_snapshot::text,
        parent_pipeline_run_id is not null as is_child, error_message from pipeline_runs""",
    "step_results": """select step_position, attempt, status, result_operation_id, result_status, output_payload::text,
        error_message from step_results""",
    "research_entities": "select entity_type, tokens, payload::text, version from research_entities",
    "company_intel_briefings": """select company_domain, company_name, client_company_name, client_company_description,
        raw_parallel_output::text, parallel_run_id, processor, researched_at,
        source_submission_id is not null as has_source,
        source_pipeline_run_id is not null as has_run from company_intel_briefings""",
    "person_intel_briefings": """select person_full_name, person_linkedin_url, person_current_company_name,
        person_current_job_title, client_company_name, client_company_description, customer_company_name,
        raw_parallel_output::text, parallel_run_id, processor, researched_at,
        source_submission_id is not null as has_source,
        source_pipeline_run_id is not null as has_run from person_intel_briefings""",
    "icp_job_titles": """select company_domain, company_name, company_description, raw_parallel_output::text,
        extracted_titles::text, parallel_run_id, processor, researched_at,
        source_submission_id is not null as has_source,
        source_pipeline_run_id is not null as has_run from icp_job_titles""",
    **{
        f"{table}_history": f"""select (record -> 'raw_parallel_output')::text, researched_at, digest
            from {table}_history"""
        for table in ("company_intel_briefings", "person_intel_briefings", "icp_job_titles")
    },
    "extracted_icp_job_title_details": """select company_domain, company_name, title, title_normalized, buyer_role,
        reasoning from extracted_icp_job_title_details""",
    "briefing_writes": """select s.step_position, s.attempt, w.kind, w.status, w.reason, w.detail, w.attempts
        from briefing_writes as w join step_results as s on s.id = w.step_result_id""",
    "users": "select id from users",
    "prospect_intelligence": f"select {_ALL_BUT_IDS} from prospect_intelligence as t",
    "prospect_intelligence_runs": f"select {_ALL_BUT_IDS} from prospect_intelligence_runs as t",
    "user_interactions": "select id, user_id, account_domain, interaction_type, created_at from user_interactions",
    "accounts": f"""select {_ALL_BUT_IDS}, p.user_id, p.website_url, c.name_key from accounts as t
        left join prospect_intelligence as p on p.id = t.last_prospect_intelligence_id
        left join companies as c on c.id = t.company_id""",
    "account_changes": "select account_domain from account_changes",
    "feature_refreshes": "select airflow_run_id, params::text, scope, status, error from feature_refreshes",
    **{
        table: f"select {_ALL_BUT_IDS} from {table} as t"
        for table in (
            "account_signals",
            "account_feature_snapshots",
            "account_intent",
            "account_suppressions",
            "account_recommendations",
        )
    },
}


def content(connection: Connection, *tables: str) -> dict[str, list[str]]:
    """The rows of the tables, without ids and times, which differ between two runs that did the same."""
    return {
        table: sorted(str(tuple(row)) for row in connection.execute(text(CONTENT[table])))
        for table in tables or tuple(CONTENT)
    }


def at_once(engine: Engine, works: Sequence[Callable[[Connection], R]]) -> list[R]:
    """Every work in a thread, a connection and a transaction of its own, all started at the same moment.

    An error in any of them is raised: a deadlock is a failure, not something to repeat.
    """
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[Connection], R]) -> R:
        with unit_of_work(engine, timeout_seconds=60) as connection:
            barrier.wait(timeout=30)
            return work(connection)

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(timeout=120) for future in [pool.submit(run, work) for work in works]]


def wait_for_blocked(connection: Connection, number: int) -> None:
    """Until so many sessions of this database wait for a lock."""
    deadline = time.monotonic() + 60
    blocked = 0
    while blocked < number:
        assert time.monotonic() < deadline, f"{blocked} sessions wait, not {number}"
        connection.execute(text("select pg_stat_clear_snapshot()"))
        blocked = connection.execute(
            text(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
        ).scalar_one()
        time.sleep(0.02)


# No triggers: history may not be deleted. Faster than truncate, which syncs a new file for each table and index.
EMPTY = "; ".join(
    [
        "set local session_replication_role = replica",
        *(f"delete from {table.fullname}" for table in reversed(metadata.sorted_tables) if table.name != "hash_keys"),
    ]
)
"""Removes all rows, in a transaction."""


def empty(engine: Engine) -> None:
    """Remove all rows, so that one database serves many rounds."""
    with engine.begin() as connection:
        connection.exec_driver_sql(EMPTY, execution_options={"no_parameters": True})


KEPT = "kept by the tests"
"""The name of sessions on a test's database that are no test's own."""

OTHER_SESSIONS = f"""
    select pid, state, xact_start from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name <> '{KEPT}'"""


# ------------------------------------------------------------------ signs of life
def be_silent(connection: Connection, minutes: float, *, run_id: str | None = None) -> None:
    """Move all signs of life into the past (of one Airflow run), as if nothing had happened for so long."""
    values = {"by": timedelta(minutes=minutes), "run_id": run_id}
    for table, columns in (
        ("signal_executions", ("started_at", "updated_at")),
        ("slot_evaluations", ("started_at",)),
        ("feature_refreshes", ("started_at",)),
        ("account_refreshes", ("started_at",)),
        ("contact_promotions", ("started_at", "decided_at")),
        ("erasures", ("started_at", "decided_at")),
        ("agent_calls", ("started_at",)),
        ("task_attempts", ("heartbeat_at",)),
    ):
        moved = ", ".join(f"{column} = {column} - :by" for column in columns)
        attempt = {"task_attempts": "id", "agent_calls": "written_by"}.get(table, "opened_by")
        of_run = f"{attempt} in (select id from task_attempts where run_id = :run_id)"
        where = of_run if run_id else "true"
        connection.execute(text(f"update {table} set {moved} where {where}"), values)


# ------------------------------------------------------------------ seats and who holds them
def add_companies(connection: Connection, *names: str, industry: str | None = None, source: str = "test") -> list[int]:
    """Companies of these names, without a website."""
    rows = [CompanyRow(name, primary_industry=industry) for name in names]
    return ids(upsert_companies(connection, rows, source_system=source).saved)


def add_companies_with_ids(connection: Connection, *company_ids: int) -> None:
    """Companies whose ids matter."""
    connection.execute(
        text(
            "insert into companies (id, name, name_key, source_system) overriding system value "
            "values (:id, :name, :name, 'test')"
        ),
        [{"id": company_id, "name": f"company {company_id}"} for company_id in company_ids],
    )


def add_person(
    connection: Connection,
    company_id: int,
    name: str,
    title: str | None,
    observed_on: date | None = None,
    source: str = "test",
) -> int:
    """Somebody with a role at the company."""
    row = PersonRow(name, company_id, title, observed_on=observed_on)
    return ids(upsert_persons(connection, [row], source_system=source).saved)[0]


def person_name(number: int) -> str:
    """A name of letters, another for each number below 676."""
    return f"Ann {chr(65 + number // 26)}o{chr(97 + number % 26)}e"


def end_roles(connection: Connection, person_id: int) -> None:
    """The person works nowhere any more."""
    connection.execute(
        text("update company_person_roles set is_current = false where person_id = :id"), {"id": person_id}
    )


def evaluate(connection: Connection, chunk: Chunk | None = None, **scope: Any) -> Counters:
    """Evaluate the companies in scope; all of them without one."""
    return evaluate_slots(connection, Scope(**scope), chunk)


def preview(
    connection: Connection, chunk: Chunk | None = None, *, limit: int = 1000, **scope: Any
) -> tuple[Counters, Page[dict[str, Any]]]:
    """The changes ``evaluate`` would make. A preview makes its transaction read-only; this one only a part of it."""
    savepoint = connection.begin_nested()
    counters, changes, _ = preview_slots(connection, Scope(**scope), chunk, limit=limit)
    savepoint.rollback()
    return counters, changes


def seats(connection: Connection, company_id: int) -> dict[str, dict[str, Any]]:
    """The company's seats by slot type, as stored; ``person`` is the holder's id."""
    found = connection.execute(
        text(
            "select s.*, p.id as person from company_slot as s join companies as c using (company_unique_id) "
            "left join persons as p using (person_unique_id) where c.id = :id order by slot_type"
        ),
        {"id": company_id},
    )
    return {row["slot_type"]: dict(row) for row in found.mappings()}


def holders(connection: Connection, company_id: int) -> dict[str, int]:
    """Who holds which seat of the company; empty seats are left out."""
    return {slot: row["person"] for slot, row in seats(connection, company_id).items() if row["person"] is not None}


def states(connection: Connection, company_id: int) -> dict[str, tuple[str, int]]:
    """Status and attempts of the company's seats."""
    return {slot: (row["status"], row["enrichment_attempts"]) for slot, row in seats(connection, company_id).items()}


def requests(connection: Connection, *statuses: str) -> list[dict[str, Any]]:
    """Requests in the order they were made, routing and intake row in one; of these statuses, or all."""
    found = connection.execute(
        text(
            "select i.*, r.*, c.id as company_id from agent_routing_log as r "
            "join intake.people_raw_intake as i on i.id::text = r.record_id "
            "left join companies as c using (company_unique_id) order by r.routing_id"
        )
    )
    return [dict(row) for row in found.mappings() if not statuses or row["status"] in statuses]


def claim(
    connection: Connection, claimed_by: str = "worker", *, limit: int = 1000, lease_seconds: float = 60, **queue: Any
) -> list[Request]:
    """Claim requests of the queue, all of them unless told otherwise."""
    return claim_requests(connection, Queue(**queue), claimed_by=claimed_by, limit=limit, lease_seconds=lease_seconds)


def close(
    connection: Connection, claimed: Iterable[Request], claimed_by: str = "worker", **outcome: Any
) -> list[Outcome]:
    """End all of these requests in the same way; with an error unless told otherwise."""
    outcomes = [Outcome(request.routing_id, **(outcome or {"error": "Nobody was found"})) for request in claimed]
    close_requests(connection, outcomes, claimed_by=claimed_by)
    return outcomes


def nobody_found(connection: Connection, **queue: Any) -> list[Request]:
    """A round of backfill in which nobody finds anybody."""
    claimed = claim(connection, **queue)
    close(connection, claimed)
    return claimed


def from_outside(connection: Connection, status: str, where: str = "status = 'queued'") -> int:
    """Another program ends requests, in plain SQL."""
    return connection.execute(
        text(f"update public.agent_routing_log set status = :status where {where}"), {"status": status}
    ).rowcount


# ------------------------------------------------------------------ research and what it found
RESEARCH_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def hours(number: float) -> datetime:
    """This many hours after research began."""
    return RESEARCH_BEGAN + timedelta(hours=number)


def _insert(connection: Connection, table: str, **values: Any) -> UUID:
    columns, names = ", ".join(values), ", ".join(f":{name}" for name in values)
    found = connection.execute(
        text(f"insert into {table} ({columns}) values ({names}) on conflict do nothing returning id"), values
    ).scalar_one_or_none()
    return values["id"] if found is None else found


def an_org(connection: Connection, slug: str = "acme") -> UUID:
    """The org of this slug, new or not."""
    connection.execute(
        text("insert into orgs (name, slug) values (:slug, :slug) on conflict do nothing"), {"slug": slug}
    )
    found: UUID = connection.execute(text("select id from orgs where slug = :slug"), {"slug": slug}).scalar_one()
    return found


def a_submission(connection: Connection, org_id: UUID, **columns: Any) -> UUID:
    """A submission of the org. Given an ``id`` that is there already, nothing is added."""
    return _insert(
        connection, "submissions", **{"org_id": org_id, "input_payload": "{}", "status": "completed", **columns}
    )


def a_run(connection: Connection, submission_id: UUID, **columns: Any) -> UUID:
    """A pipeline run of the submission; it succeeded unless told otherwise."""
    org_id = connection.execute(
        text("select org_id from submissions where id = :id"), {"id": submission_id}
    ).scalar_one()
    return _insert(
        connection,
        "pipeline_runs",
        **{"org_id": org_id, "submission_id": submission_id, "status": "succeeded", **columns},
    )


def a_step(
    connection: Connection,
    run_id: UUID,
    output: Any = None,
    *,
    kind: Kind = "company",
    operation_id: str | None = None,
    result_status: str | None = "found",
    **columns: Any,
) -> UUID:
    """The next step of the run, with what its operation answered; it succeeded unless told otherwise."""
    owner = dict(
        connection.execute(
            text(
                "select r.org_id, r.submission_id, coalesce(max(s.step_position), 0) + 1 as step_position "
                "from pipeline_runs as r left join step_results as s on s.pipeline_run_id = r.id "
                "where r.id = :id group by r.id"
            ),
            {"id": run_id},
        )
        .mappings()
        .one()
    )
    result = {
        "run_id": str(run_id),
        "operation_id": operation_id or OPERATION_IDS[kind],
        "status": result_status,
        "output": output,
        "provider_attempts": [],
        "missing_inputs": [],
    }
    payload = to_json({"operation_result": result, "cumulative_context": {}})
    return _insert(
        connection,
        "step_results",
        **{**owner, "pipeline_run_id": run_id, "status": "succeeded", "output_payload": payload, **columns},
    )


def researched(kind: Kind, who: str, content: Any, **fields: Any) -> dict[str, Any]:
    """The result of deep research about a domain or a person's name; ``content`` in the provider's envelope."""
    return {
        "parallel_run_id": "trun_1",
        "processor": "pro",
        "full_name" if kind == "person" else "domain": who,
        "parallel_raw_response": {
            "run": {"run_id": "trun_1"},
            "output": {"type": "json", "basis": [], "content": content},
        },
        **fields,
    }


# ------------------------------------------------------------------ a batch of everything, by writer
COMPANIES = [
    CompanyRow("Acme, Inc.", "https://www.acme.com/about", primary_industry="Rockets"),
    CompanyRow("Globex"),
    CompanyRow("Initech", "initech.com"),
    CompanyRow("ACME"),
]
EVENTS = [
    EventRecord(
        "RubyConf 2025",
        date(2025, 11, 18),
        date(2025, 11, 20),
        Location("San Diego", "California", "US"),
        website="rubyconf.org",
        date_precision="day",
        venue="Town and Country",
    ),
    EventRecord("JSConf", location=Location("Berlin", None, "DE")),
]
SPONSORS = [SponsorRecord("Acme", "gold", tier_label="Gold"), SponsorRecord("Globex", "silver", tier_label="Silver+")]
REJECTED = [
    rejected_records.RejectedRow(
        "parse", "event", "missing_name", "The event has no name", {"date": "TBD"}, "keyword ruby"
    ),
    rejected_records.RejectedRow(
        "filter", "event", "too_small", "It has fewer than 500 attendees", None, "keyword ruby"
    ),
]


def write_companies(connection: Connection) -> list[int]:
    return ids(upsert_companies(connection, COMPANIES, source_system="test").saved)


def write_events(connection: Connection) -> list[int]:
    return ids(upsert_events(connection, EVENTS, source_system="test").saved)


def write_persons(connection: Connection) -> list[int]:
    acme, globex, *_ = write_companies(connection)
    rows = [
        PersonRow("Jane Doe", acme, "CEO", "linkedin.com/in/jane-doe", "jane@acme.com", observed_on=date_ago(30)),
        PersonRow("John Roe", acme, "CFO", email="john.roe@acme.com", phone="+1 555 0100"),
        PersonRow("Ann Poe", globex, "Head of HR"),
        PersonRow("Ann Poe", globex, "Head of HR", email="info@globex.com"),
    ]
    return ids(upsert_persons(connection, rows, source_system="test").saved)


def write_sponsors(connection: Connection) -> None:
    event, _ = write_events(connection)
    acme, globex, *_ = write_companies(connection)
    upsert_event_sponsors(connection, event, list(zip((acme, globex), SPONSORS, strict=True)), source_system="test")


def write_signal(connection: Connection) -> UUID:
    return signals.upsert_signal(connection, name="Ruby", type="conference", configuration={"keywords": ["ruby"]})


def write_execution(connection: Connection) -> UUID:
    return signals.start_execution(
        connection, signal_id=write_signal(connection), configuration={"a": 1}, airflow_run_id="run 1"
    )


def write_results(connection: Connection) -> UUID:
    """All there is to an execution, from opening to closing it."""
    execution = write_execution(connection)
    events = upsert_events(connection, EVENTS, source_system="test")
    companies = upsert_companies(connection, COMPANIES, source_system="test")
    signals.link_entities(connection, execution, "event", events.saved)
    signals.link_entities(connection, execution, "company", companies.saved)
    rejected_records.record_rejected(connection, execution, REJECTED)
    assert signals.finish_execution(connection, execution, status="completed", stats={"events": 2})
    return execution


def write_slots(connection: Connection) -> None:
    write_persons(connection)
    evaluate(connection)


def write_backfill(connection: Connection) -> None:
    """A round of backfill, from the evaluation before it to the one after; the worker takes on no second one."""
    write_slots(connection)
    claimed = claim(connection, limit=5)
    close(connection, claimed[:2], full_name="Eva Moe", title="CHRO", score=90, provider="test")
    close(connection, claimed[2:])
    evaluate(connection)


def write_briefings(connection: Connection) -> list[UUID]:
    """One run with research of each kind, older and newer, and some that cannot be saved."""
    submission = a_submission(connection, an_org(connection), id=UUID(int=1))
    run = a_run(connection, submission, id=UUID(int=2), finished_at=hours(9))
    outputs: list[tuple[Kind, Any]] = [
        ("company", researched("company", "acme.com", {"summary": "new"}, client_company_name="Globex")),
        ("company", researched("company", "www.ACME.com", {"summary": "old"}, client_company_name=" globex ")),
        ("company", researched("company", "n/a", {"summary": "whose?"})),
        ("person", researched("person", "Jane Doe", {"summary": "first"}, person_current_company_name="Acme")),
        ("icp_job_titles", researched("icp_job_titles", "acme.com", {"titles": [{"title": "CISO"}, {"title": "CTO"}]})),
    ]
    steps = []
    for number, (kind, output) in enumerate(outputs, 1):
        columns = {"id": UUID(int=100 + number), "step_position": number, "finished_at": hours(9 - number)}
        steps.append(a_step(connection, run, output, kind=kind, **columns))
    for kind in OPERATION_IDS:
        save_briefings(connection, kind, [step for step, (of, _) in zip(steps, outputs, strict=True) if of == kind])
    return steps


def write_features(connection: Connection) -> list[UUID]:
    """Research of two users, older and newer, one that failed, and what they do with accounts."""
    ann, bob = UUID(int=1), UUID(int=2)
    document = {
        "companyName": "Acme, Inc.",
        "isB2BSaaS": True,
        "techStack": {"primaryFramework": "Rails", "isModernStack": True},
        "hiring": {"hasOpenEngineeringRoles": True, "engineeringRoleCount": 7},
    }
    researched = [
        save_prospect_research(connection, ann, "https://www.acme.com", document, extracted_at=hours(2)),
        save_prospect_research(connection, bob, "acme.com/about", {"isB2BSaaS": False}, extracted_at=hours(1)),
        save_prospect_research(connection, bob, "globex.com", {"companyName": "Globex"}, extracted_at=hours(3)),
    ]
    failure = record_research_failure(
        connection, user_id=ann, website_url="initech.com", status="timeout", ran_at=hours(4)
    )
    clicks = [
        Interaction(user, domain, kind, created_at=hours(number), interaction_id=UUID(int=100 + number))
        for number, (user, domain, kind) in enumerate(
            [(ann, "acme.com", "viewed"), (bob, "acme.com", "opened_research"), (ann, "hooli.com", "contacted")] * 4
        )
    ]
    log_interactions(connection, clicks)
    return [*(saved.id for saved in researched), failure]


def write_refresh(connection: Connection) -> int:
    """Everything about accounts that is known, refreshed, and who is recommended."""
    write_features(connection)
    suppress_account(connection, account_domain="globex.com", reason="A customer of our parent company")
    opened = feature_refreshes.start_refresh(
        connection, airflow_run_id="run 1", params={}, watermark=None, snapshot_months=3
    )
    chunks = feature_refreshes.plan_chunks(connection, opened, chunk_size=2)
    done = [feature_refreshes.refresh_chunk(connection, opened, chunk).as_dict() for chunk in chunks]
    counters = feature_refreshes.Counters.total(done)
    feature_refreshes.finish_refresh(connection, opened.id, counters, status="completed")
    detect_intent(connection, as_of=hours(24))
    recommend_accounts(connection, on=hours(24).date(), as_of=hours(24), min_icp_score=1)
    return opened.id


WRITERS: dict[str, Callable[[Connection], Any]] = {
    "companies": write_companies,
    "persons": write_persons,
    "events": write_events,
    "sponsors": write_sponsors,
    "signal": write_signal,
    "execution": write_execution,
    "results": write_results,
    "slots": write_slots,
    "backfill": write_backfill,
    "briefings": write_briefings,
    "features": write_features,
    "refresh": write_refresh,
}


def ids(saved: Iterable[Saved | None]) -> list[int]:
    records = list(saved)
    found = [record.id for record in records if record]
    assert len(found) == len(records), "every record of this batch is good"
    return found


def new_execution(connection: Connection, run: str = "run 1") -> UUID:
    signal = signals.upsert_signal(connection, name="Any", type="conference", configuration={})
    return signals.start_execution(connection, signal_id=signal, configuration={}, airflow_run_id=run)


def killed_midway(url: str, writer: str) -> None:
    """Run a writer in a process of its own and kill that when everything is written and nothing committed."""
    worker = subprocess.Popen([sys.executable, "-m", "tests.db.factories", url, writer], stdout=subprocess.PIPE)
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"written\n"
    finally:
        worker.kill()
        worker.wait()
        if worker.stdout:
            worker.stdout.close()


def main() -> None:
    url, writer = sys.argv[1:]
    clock.begin()
    engine = create_engine(application_url(url), poolclass=NullPool, json_serializer=to_json)
    with unit_of_work(engine) as connection:
        WRITERS[writer](connection)
        sys.stdout.write("written\n")
        sys.stdout.flush()
        time.sleep(60)


if __name__ == "__main__":
    main()
