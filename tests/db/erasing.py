"""A person who is everywhere, for the tests of erasure: seeding her, and looking for her in every column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from prospecting.parsing.records import CompanySignalRecord, Source
from prospecting.parsing.subjects import Subject
from prospecting.persistence import (
    account_refreshes,
    agent_calls,
    agent_steps,
    erasures,
    rejected_records,
    signals,
    slot_evaluations,
)
from prospecting.persistence.briefings import save_briefings
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.company_signals import CompanySignalRow, upsert_company_signals
from prospecting.persistence.database import to_json
from prospecting.persistence.erasure import Target, find_target
from prospecting.persistence.erasure_columns import EMPTIED, SEARCHED
from prospecting.persistence.features import log_interactions, record_research_failure, save_prospect_research
from prospecting.persistence.merging import merge
from prospecting.persistence.observations import Sourced, record_observations
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.recommendations import suppress_account
from prospecting.persistence.research import StepToRun
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.seats import Scope, classify_new_titles
from prospecting.persistence.suppressions import Suppression, suppress_addresses
from prospecting.persistence.web_pages import StoredPage, keep_page
from tests.db.acting import ANN, interaction
from tests.db.engaging import add_conversation, add_relationship, add_touchpoint
from tests.db.factories import (
    a_run,
    a_step,
    a_submission,
    an_org,
    claim,
    close,
    evaluate,
    hours,
    ids,
    researched,
    write_backfill,
    write_briefings,
    write_refresh,
    write_results,
)
from tests.db.researching import ACME, COMPANY, PERSON, insert, result, run_ids, submit, work

NAME = "Zoë Quandt"
EMAIL = "zoe.quandt@acme.com"
PROFILE = "https://www.linkedin.com/in/zoe-quandt-4711"
PHONE = "+49 171 5550123"
TRACES = ("quandt", "zoe-quandt-4711", "491715550123", "171 555")
"""What is left of her, if anything is; searched without regard to case."""

ZOE = PersonRow(NAME, None, "CFO", PROFILE, EMAIL, PHONE, "Berlin", "Zoë Quandt counts.", date(2026, 3, 1))
PEOPLE_ANSWER = {
    "people": [
        {"name": NAME, "title": "CFO", "linkedin_url": PROFILE, "email": EMAIL, "phone": PHONE},
        {"name": "Bo Boateng", "title": "CEO"},
    ]
}
ESCAPED = b'{"people": [{"name": "Zo\\u00eb Quandt", "title": "CFO"}, {"name": "Bo Boateng", "title": "CEO"}]}'
PROSE = (
    "Here is what I found:\n```json\n"
    + to_json(PEOPLE_ANSWER)
    + "\n```\nZOË QUANDT (zoe.quandt [at] acme.com) joined in 2020."
).encode()


@dataclass(frozen=True)
class Seeded:
    """Ids of what was seeded."""

    acme: int
    zoe: int
    bo: int
    execution: UUID
    contact: UUID
    bos_contact: UUID
    submission: UUID
    steps: Mapping[str, UUID]


def seed(connection: Connection) -> Seeded:
    """Everything our writers write, about her and about others who mention her."""
    connection.execute(text("select set_config('prospecting.journal', 'on', true)"))
    for write in (write_results, write_backfill, write_briefings, write_refresh):
        write(connection)
    acme, hooli = ids(
        upsert_companies(
            connection,
            [CompanyRow("Acme Rockets", "acme-rockets.com", description=f"Led by {NAME}"), CompanyRow("Hooli")],
            source_system="test",
        ).saved
    )
    zoe, bo = ids(
        upsert_persons(
            connection,
            [
                PersonRow(**{**_fields(ZOE), "company_id": acme}),
                PersonRow("Bo Boateng", acme, "CEO", bio=f"Hired by {NAME}.", observed_on=date(2026, 3, 1)),
            ],
            source_system="test",
        ).saved
    )
    # The same address under an unlike name is a doubtful pair, and a channel of both.
    upsert_persons(connection, [PersonRow("Ivo Unlike", hooli, email=EMAIL)], source_system="test")
    for row in (PersonRow(NAME, hooli, "Board member", PROFILE), PersonRow("Bo Boateng", acme, "Founder")):
        upsert_persons(connection, [row], source_system="test")
    upsert_persons(connection, [PersonRow("Al Assist", acme, f"Assistant to {NAME}")], source_system="test")
    execution = _signals(connection, acme, zoe, bo)
    _facts(connection, acme, zoe, bo)
    _seats(connection, acme)
    connection.execute(text("select set_config('prospecting.journal', 'off', true)"))
    (old_hooli,) = ids(upsert_companies(connection, [CompanyRow("Hooli Old")], source_system="test").saved)
    upsert_persons(
        connection,
        [PersonRow(NAME, old_hooli, "Board member", PROFILE), PersonRow("Di Director", old_hooli, "Director")],
        source_system="test",
    )
    merge(connection, "company", hooli, old_hooli, decided_by="ann")
    contact, bos_contact = _engagement(connection, acme, zoe, bo)
    submission, steps = _research(connection)
    _notes(connection)
    return Seeded(acme, zoe, bo, execution, contact, bos_contact, submission, steps)


def _fields(row: PersonRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PersonRow.__slots__}


def _facts(connection: Connection, acme: int, zoe: int, bo: int) -> None:
    hired = CompanySignalRecord(
        position=f"Assistant to {NAME}", investors=(NAME, "Accel"), source=Source("https://news.example/a")
    )
    signal = upsert_company_signals(connection, "hiring", [CompanySignalRow(acme, hired)], source_system="test")
    said = Source(PROFILE, None, f"{NAME} is CFO of Acme Rockets")
    found = [
        Sourced("person", zoe, {"role_title": "CFO", "email": EMAIL}, said),
        Sourced("person", bo, {"role_title": "CEO"}, said),
        Sourced("company", acme, {"description": f"Led by {NAME}"}, said),
        Sourced("company_signal", ids(signal.saved)[0], {"position": hired.position}, said),
    ]
    record_observations(connection, found, seen_on=date(2026, 3, 1))


def _signals(connection: Connection, acme: int, zoe: int, bo: int) -> UUID:
    signal = signals.upsert_signal(
        connection, name="Finance", type="funding", configuration={"discovery_prompt": f"Like where {NAME} works"}
    )
    execution = signals.start_execution(connection, signal_id=signal, configuration={}, airflow_run_id="run of zoe")
    found = upsert_persons(
        connection,
        [PersonRow(NAME, acme, "CFO", PROFILE), PersonRow("Bo Boateng", acme, "CEO")],
        source_system="test",
    )
    assert ids(found.saved) == [zoe, bo]
    signals.link_entities(connection, execution, "person", found.saved)
    rejected = rejected_records.RejectedRow
    rejected_records.record_rejected(
        connection,
        execution,
        [
            rejected("filter", "person", "other_function", "Not wanted", {"name": NAME, "title": "CFO"}, "company 1"),
            rejected("parse", "person", "past_role", "Left", f"{NAME}, former CTO", "company 1"),
            rejected("parse", "person", "unparseable", "No JSON", {"line": "Bo Boateng"}, "company 1"),
        ],
    )
    assert signals.finish_execution(connection, execution, status="completed", stats={"contactsDiscovered": 2})
    for number, content in enumerate((to_json(PEOPLE_ANSWER).encode(), ESCAPED, PROSE, b"nobody")):
        call = ask(connection, f"signal_execution:{execution}", f"key {number}", {"company_name": "Acme"}, content)
        _add_step(connection, call, content)
        page = StoredPage(f"https://pages.example.org/{number}", 200, "text/html", content)
        keep_page(connection, page.url, page, ttl_seconds=3600)
    return execution


def _add_step(connection: Connection, call: int, content: bytes) -> None:
    """The search that an answer rests on."""
    step = agent_steps.open_step(
        connection, call_id=call, sequence=1, kind="search", step_key="key", request={"query": "Acme"}
    )
    agent_steps.finish_step(
        connection, step, response=content, latency_ms=1, input_tokens=None, output_tokens=None, cost_usd=Decimal(0)
    )


def ask(
    connection: Connection, scope: str, key: str, request: dict[str, Any], content: bytes, agent: str = "people"
) -> int:
    """A question in the ledger, answered for 25 cents."""
    call = agent_calls.open_call(
        connection,
        scope=scope,
        agent=agent,
        provider="llm",
        request_key=key,
        request=request,
        reserved_usd=Decimal("0.25"),
    )
    assert agent_calls.finish_call(
        connection,
        call,
        response=content,
        latency_ms=1,
        input_tokens=1,
        output_tokens=1,
        cost_usd=Decimal("0.25"),
        ttl_seconds=1000,
    )
    return call


def _seats(connection: Connection, acme: int) -> None:
    connection.execute(text("update company_person_roles set is_current = false where company_id = :id"), {"id": acme})
    evaluate(connection)
    mine = [
        request for request in claim(connection, "zoe") if request.company_id == acme and request.slot_type == "CFO"
    ]
    close(
        connection,
        mine,
        "zoe",
        full_name=NAME,
        first_name="Zoë",
        last_name="Quandt",
        title="CFO",
        email=EMAIL,
        phone=PHONE,
        linkedin_url=PROFILE,
        bio=f"{NAME} counts",
        score=90,
        provider="test",
    )
    connection.execute(text("update company_person_roles set is_current = true where company_id = :id"), {"id": acme})
    classify_new_titles(connection, Scope())
    evaluate(connection)


def _engagement(connection: Connection, acme: int, zoe: int, bo: int) -> tuple[UUID, UUID]:
    contact = insert(connection, "contacts", person_id=zoe, company_id=acme, email=EMAIL, twitter_url="x.com/quandt")
    bos = insert(connection, "contacts", person_id=bo, company_id=acme, email="bo@acme-rockets.com")
    add_relationship(connection, contact, bos, context="colleagues")
    talk = add_conversation(connection, contact, acme)
    mail = add_touchpoint(connection, talk, content=f"Dear {NAME}", provider="ses", email_message_id="<1@ses>")
    bos_talk = add_conversation(connection, bos, acme, outcome_notes=f"Ask {NAME}")
    meeting = add_touchpoint(
        connection, bos_talk, channel="meeting", subject=f"With Zoe Quandt and {EMAIL}", content="Fine", response="Yes"
    )
    connection.execute(
        text("insert into touchpoint_participants (touchpoint_id, contact_id) values (:meeting, :contact)"),
        {"meeting": meeting, "contact": contact},
    )
    connection.execute(
        text(
            "insert into touchpoint_events (provider, provider_event_id, touchpoint_id, applied_at, message_id, kind, "
            "occurred_at, recipient_hash, reason) values "
            "('ses', 'e1', :mail, now(), '<1@ses>', 'bounced', now(), null, '550 zoe.quandt'), "
            "('ses', 'e2', null, null, '<2@ses>', 'opened', now(), keyed_hash('email', :email), null), "
            "('ses', 'e3', null, null, '<3@ses>', 'failed', now(), null, :reason)"
        ),
        {"mail": mail, "email": EMAIL, "reason": f"<{EMAIL}> is unknown"},
    )
    connection.execute(
        text(
            "insert into job_changes (person_id, from_role_id, to_role_id, observed_on) "
            "select person_id, min(id), max(id), '2026-03-01' from company_person_roles "
            "where person_id in (:zoe, :bo) group by person_id"
        ),
        {"zoe": zoe, "bo": bo},
    )
    promotion = insert(connection, "contact_promotions", airflow_run_id="promotion of zoe", params="{}")
    connection.execute(
        text(
            "insert into contact_promotion_items "
            "(promotion_id, person_id, company_id, position, source, verdict, status) values "
            "(:promotion, :zoe, :acme, 1, 'seat', 'new', 'proposed'), "
            "(:promotion, :bo, :acme, 2, 'seat', 'new', 'proposed')"
        ),
        {"promotion": promotion, "zoe": zoe, "bo": bo, "acme": acme},
    )
    return contact, bos


def _research(connection: Connection) -> tuple[UUID, dict[str, UUID]]:
    """Research about her and about the company, through the pipeline and into the briefings, older and newer."""
    zoe = {"full_name": NAME, "linkedin_url": PROFILE, "person_current_company_name": "Acme Rockets"}
    about_zoe = submit(connection, [PERSON], [zoe, {"full_name": "Bo Boateng", "linkedin_url": "linkedin.com/in/bo-9"}])
    content = {"summary": f"{NAME} was born in Bochum, and she likes cats", "background": "x" * 90}
    for run in run_ids(connection, about_zoe):
        work(connection, run, {PERSON: lambda step: result(PERSON, _researched(step, content))})
    about_acme = submit(connection, [COMPANY], [{**ACME, "domain": "acme-rockets.com"}])
    briefing = {"leadership": f"{NAME}, the CFO, and others " + "x" * 90, "people": [{"name": NAME, "title": "CFO"}]}
    work(connection, run_ids(connection, about_acme)[0], {COMPANY: researched("company", "acme-rockets.com", briefing)})
    org = an_org(connection)
    run = a_run(connection, a_submission(connection, org), finished_at=hours(90))
    later = {
        "person": researched("person", NAME, {"summary": f"Later, {NAME}: " + "y" * 90}, linkedin_url=PROFILE),
        "company": researched("company", "acme-rockets.com", {"leadership": f"Still {NAME} " + "y" * 90}),
        "icp_job_titles": researched(
            "icp_job_titles", "acme-rockets.com", {"titles": [{"title": "CFO", "reasoning": f"As {NAME} is"}]}
        ),
    }
    steps = {}
    first = researched("icp_job_titles", "acme-rockets.com", {"titles": [{"title": "CTO", "reasoning": NAME}]})
    save_briefings(
        connection, "icp_job_titles", [a_step(connection, run, first, kind="icp_job_titles", finished_at=hours(80))]
    )
    for number, (kind, output) in enumerate(later.items()):
        steps[kind] = a_step(connection, run, output, kind=kind, finished_at=hours(90 + number))  # type: ignore[arg-type]
        save_briefings(connection, kind, [steps[kind]])  # type: ignore[arg-type]
        found = connection.execute(
            text("select id from step_results where result_operation_id = :id"),
            {"id": {"person": PERSON, "company": COMPANY}.get(kind, "")},
        )
        save_briefings(connection, kind, list(found.scalars()))  # type: ignore[arg-type]
    request = {"operation_id": PERSON, "input": f"Who is {NAME}?", "subject": to_json(zoe)}
    ask(connection, f"research:{about_zoe}", "deep", request, to_json(content).encode(), agent=PERSON)
    return about_zoe, steps


def _researched(step: StepToRun, content: dict[str, str]) -> dict[str, Any]:
    name, profile = step.context["full_name"], step.context["linkedin_url"]
    about = content if name == NAME else {"summary": f"{name} was hired by {NAME} " + "z" * 90}
    return researched("person", name, about, linkedin_url=profile)


def _notes(connection: Connection) -> None:
    save_prospect_research(
        connection,
        ANN,
        "https://www.acme-rockets.com",
        {"companyName": "Acme Rockets", "keyPeople": [{"name": NAME, "role": "CFO"}, {"name": "Bo Boateng"}]},
        extracted_at=hours(2),
    )
    record_research_failure(
        connection, user_id=ANN, website_url="acme-rockets.com", status="error", error_message=f"About {NAME}: none"
    )
    log_interactions(connection, [interaction(700, metadata={"note": f"Called {NAME}"}), interaction(701)])
    suppress_account(connection, account_domain="hooli.com", reason=f"{NAME} asked us to")
    suppress_addresses(connection, [Suppression("email", "bo@acme-rockets.com", "bounced", "ses")])
    slot_evaluations.start_evaluation(connection, airflow_run_id="run 1", params={}, is_full=True)
    account_refreshes.start_refresh(connection, airflow_run_id="run 1", params={})
    erasures.open_erasure(connection, Target("email:bo@hooli.com", Subject()), airflow_run_id="erasure 0")


# ---------------------------------------------------------------------------------------------------- in every column
def seed_columns(connection: Connection, seeded: Seeded) -> None:
    """Mention her in every column that is searched, in a row that is not hers."""
    connection.execute(text("set local session_replication_role = replica"))
    for name in {**SEARCHED, **EMPTIED}:
        table = metadata.tables[name]
        columns = (*SEARCHED.get(name, ()), *EMPTIED.get(name, ()))
        values = {column: _mention(table.c[column]) for column in columns}
        assignments = ", ".join(f"{column} = {_given(table.c[column])}" for column in columns)
        keys = ", ".join(key.name for key in table.primary_key)
        changed = connection.execute(
            text(
                f"update {name} set {assignments} where ({keys}) in "
                f"(select {keys} from {name} where {_not_hers(name)} order by {keys} limit 1)"
            ),
            {**values, "zoe": seeded.zoe, "contact": seeded.contact},
        )
        assert changed.rowcount == 1, f"{name}: seed a row of somebody else"
    connection.execute(text("set local session_replication_role = origin"))


def _not_hers(table: str) -> str:
    if table == "persons":
        return "id <> :zoe"
    if "person_id" in metadata.tables[table].c:
        return "person_id <> :zoe"
    return {
        "relationships": "true",
        "conversations": "contact_id <> :contact",
        "touchpoints": "conversation_id in (select id from conversations where contact_id <> :contact)",
        "touchpoint_events": "touchpoint_id is null and recipient_hash is null",
    }.get(table, "true")


def _mention(column: Any) -> Any:
    if isinstance(column.type, JSONB):
        return to_json([f"about {NAME}"] if column.name == "interests" else {"note": f"about {NAME}"})
    if isinstance(column.type, ARRAY):
        return [f"about {NAME}"]
    return f"about {NAME}".encode() if isinstance(column.type, LargeBinary) else f"about {NAME}"


def _given(column: Any) -> str:
    return f"cast(:{column.name} as jsonb)" if isinstance(column.type, JSONB) else f":{column.name}"


# ------------------------------------------------------------------------------------------------------------- traces
COLUMNS = """
select n.nspname || '.' || c.relname as relation, a.attname as name, format_type(a.atttypid, null) as type
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname in ('public', 'intake') and c.relkind in ('r', 'p', 'm') and c.relname <> 'alembic_version'
  and format_type(a.atttypid, null) in (
      'text', 'text[]', 'character varying', 'character varying[]', 'character', 'json', 'jsonb', 'bytea', 'name', 'xml'
  )"""


def columns_of_catalog(connection: Connection) -> list[tuple[str, str, str]]:
    """Every column that can hold words: relation, name, type."""
    return [tuple(row) for row in connection.execute(text(COLUMNS))]


def traces(connection: Connection, *words: str) -> dict[str, int]:
    """The columns that mention any of the words, with the number of rows."""
    found = {}
    for relation, name, kind in columns_of_catalog(connection):
        value = f"encode({name}, 'escape')" if kind == "bytea" else f"{name}::text"
        rows = connection.execute(
            text(f"select count(*) from {relation} where {value} ~* :words"), {"words": "|".join(words or TRACES)}
        ).scalar_one()
        if rows:
            found[f"{relation}.{name}"] = rows
    return found


# ------------------------------------------------------------------------------------------------------------ erasing
def approved(connection: Connection, target: Target, run: str = "erasure 1") -> UUID:
    """An erasure that was planned, and that somebody approved."""
    erasure = erasures.open_erasure(connection, target, airflow_run_id=run)
    erasures.note_plan(connection, erasure.id, {})
    erasures.decide(connection, erasure.id, is_approved=True, decided_by="ann")
    return erasure.id


def target_of(connection: Connection, person_id: int) -> Target:
    return find_target(connection, person_id=person_id)
