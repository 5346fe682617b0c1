"""Forgetting a person: everywhere, for good, whatever runs again, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from prospecting.agents.model_rounds import as_bytes, from_bytes
from prospecting.parsing.redaction_patterns import MARKS, search_pattern
from prospecting.parsing.subjects import Subject
from prospecting.persistence import agent_calls, agent_steps, erasures, research
from prospecting.persistence.briefings import (
    save_briefings,
    upsert_company_intel_briefing,
    upsert_person_intel_briefing,
)
from prospecting.persistence.erased_identities import Mention, find_erased
from prospecting.persistence.erasure import (
    PARTS,
    Target,
    begun_at,
    erase_part,
    erase_person,
    fence,
    find_target,
    search_for,
)
from prospecting.persistence.erasure_columns import EMPTIED, HASHED, NOT_PERSONAL, OWN, SEARCHED
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.research_entities import remember_entity
from prospecting.persistence.seats import Scope, classify_new_titles
from prospecting.persistence.submissions import create_submission
from prospecting.services import erasure as service
from prospecting.services.answers import Origin, save_people
from prospecting.services.erasure_params import PersonErasureParams
from prospecting.services.runtime import Runtime
from tests.db.acting import act_as, interaction, reset
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.erasing import (
    EMAIL,
    ESCAPED,
    NAME,
    PEOPLE_ANSWER,
    PHONE,
    PROFILE,
    PROSE,
    approved,
    ask,
    columns_of_catalog,
    seed,
    seed_columns,
    target_of,
    traces,
)
from tests.db.factories import an_org, at_once, evaluate, states, stored, versions, wait_for_blocked
from tests.db.person_rows import companies, merge, save
from tests.db.researching import LIST_PEOPLE, PERSON, begun, only, result, submit
from tests.unit.parsing.test_redaction import JOSE, SPELLINGS


def erase(connection: Connection, run: str = "erasure 1", **subject: Any) -> dict[str, int]:
    """Erase whoever that is, in one transaction."""
    target = find_target(connection, **subject)
    return erase_person(connection, target, erasure_id=approved(connection, target, run), dry_run=False)


def reasons(connection: Connection, *rows: PersonRow) -> list[str | None]:
    """Why each of the rows is not stored; ``None``: it is."""
    upserted = upsert_persons(connection, rows, source_system="test")
    found = {failure.position: failure.reason for failure in upserted.failures}
    return [found.get(position) for position in range(len(rows))]


def rows_of(connection: Connection, query: str, **values: Any) -> list[Any]:
    return [tuple(row) for row in connection.execute(text(query), values)]


# -------------------------------------------------------------------------------------------------------- everywhere
def test_every_column_is_accounted_for(connection: Connection) -> None:
    """A new column of words is searched, or somebody says why it cannot hold personal data: erasure_columns.py."""
    accounted = [
        (f"{'' if '.' in table else 'public.'}{table}", column)
        for columns in (SEARCHED, EMPTIED, OWN, HASHED, *NOT_PERSONAL.values())
        for table, names in columns.items()
        for column in names
    ]
    views = ("public.account_overview",)
    found = {(relation, name) for relation, name, _ in columns_of_catalog(connection) if relation not in views}
    assert sorted(found - {*accounted}) == []
    assert sorted({*accounted} - found) == []
    assert len(accounted) == len({*accounted}), "one reason is enough"


def test_a_person_is_gone_from_every_column_and_nobody_else_is(connection: Connection) -> None:
    seeded = seed(connection)
    spent = rows_of(connection, "select sum(cost_usd), count(*) from agent_calls")
    seed_columns(connection, seeded)
    before = versions(connection)
    assert len(traces(connection)) > 100, "she is everywhere"
    target = target_of(connection, seeded.zoe)
    planned = erase_person(connection, target)
    assert versions(connection) == before, "a plan changes nothing"
    erasure_id = approved(connection, target)
    assert erase_person(connection, target, erasure_id=erasure_id, dry_run=False) == planned
    assert traces(connection) == {}
    assert rows_of(connection, "select sum(cost_usd), count(*) from agent_calls") == spent, "what was paid stays"
    identities = rows_of(connection, "select kind, count(*), bool_and(profile_known) from erased_identities group by 1")
    assert sorted(identities) == [("email", 1, False), ("linkedin", 1, False), ("name_at_company", 2, True)]
    reason = "select reason from suppressed_addresses where value_hash = keyed_hash('email', :email)"
    assert rows_of(connection, reason, email=EMAIL) == [("erased",)]
    assert states(connection, seeded.acme)["CFO"] == ("open", 0), "her seat is to be filled again"
    ((seat,),) = rows_of(
        connection,
        "select num_nonnulls(person_unique_id, confidence_score, filled_at, filled_by) from company_slot as s "
        "join companies as c using (company_unique_id) where c.id = :acme and s.slot_type = 'CFO'",
        acme=seeded.acme,
    )
    assert seat == 0
    refer = "select count(*) from merge_candidates where entity_type = 'person' and :zoe in (left_id, right_id)"
    assert rows_of(connection, refer, zoe=seeded.zoe) == [(0,)]
    found = "select count(*) from signal_execution_entities where entity_type = 'person' and entity_id = :zoe"
    assert rows_of(connection, found, zoe=seeded.zoe) == [(0,)]
    history = "select transition, person_unique_id is null from slot_transitions where slot_type = 'CFO' order by id"
    assert rows_of(connection, history)[-1] == ("reopened", True)
    for table, where in (("persons", "id"), ("contacts", "person_id")):
        assert rows_of(connection, f"select count(*) from {table} where {where} = :bo", bo=seeded.bo) == [(1,)]
    assert rows_of(connection, "select total_contacts from companies where id = :id", id=seeded.acme) == [(1,)]
    with pytest.raises(LookupError, match="person: nobody of this id is stored"):
        target_of(connection, seeded.zoe)
    again = find_target(connection, email=EMAIL, linkedin_url=PROFILE)
    assert erase_person(connection, again, erasure_id=approved(connection, again, "erasure 2"), dry_run=False) == {}


def test_what_is_said_of_others_stays(connection: Connection) -> None:
    seeded = seed(connection)
    dated = "select researched_at, updated_at from company_intel_briefings where company_domain = 'acme-rockets.com'"
    ((researched_at, _),) = rows_of(connection, dated)
    history = rows_of(connection, "select id, briefing_id from company_intel_briefings_history order by id")
    erase(connection, person_id=seeded.zoe)
    assert traces(connection) == {}
    scope = {"scope": f"signal_execution:{seeded.execution}"}
    answers = rows_of(connection, "select response, status from agent_calls where scope = :scope order by id", **scope)
    assert [status for _, status in answers] == ["succeeded"] * 4
    assert [b"Bo Boateng" in bytes(answer) for answer, _ in answers] == [True, True, True, False]
    assert json.loads(bytes(answers[0][0])) == {"people": [{"name": "Bo Boateng", "title": "CEO"}]}
    assert json.loads(bytes(answers[1][0])) == {"people": [{"name": "Bo Boateng", "title": "CEO"}]}
    assert bytes(answers[2][0]).endswith(b"```\n[redacted] ([redacted]) joined in 2020.")
    steps = rows_of(connection, "select response from agent_steps order by id")
    assert steps == [(b"nobody",)], "steps that mention her are made anew when they are needed"
    asked = "select status, response, error_kind, cost_usd, request::text from agent_calls where agent = :agent"
    assert [tuple(map(str, row)) for row in rows_of(connection, asked, agent=PERSON)] == [
        ("failed", "b''", "erased", "0.250000", "{}")
    ]
    (results,) = rows_of(
        connection, "select results -> 'contacts' from signal_executions where id = :id", id=seeded.execution
    )
    assert [contact["name"] for contact in results[0]] == ["Bo Boateng"]
    talk = "select t.subject, t.response from touchpoints as t join conversations as c on c.id = t.conversation_id"
    assert rows_of(connection, talk) == [("With [redacted] and [redacted]", "Yes")]
    assert rows_of(connection, "select bio from persons where id = :id", id=seeded.bo) == [("Hired by [redacted].",)]
    assert rows_of(connection, dated)[0][0] == researched_at, "research that loses a person is no newer research"
    assert rows_of(connection, "select id, briefing_id from company_intel_briefings_history order by id") == history
    briefing = "select raw_parallel_output from company_intel_briefings where company_domain = 'acme-rockets.com'"
    assert rows_of(connection, briefing)[0][0]["leadership"].startswith("Still [redacted] yyy")
    about = "select person_full_name, raw_parallel_output ->> 'summary' from person_intel_briefings"
    assert dict(rows_of(connection, about))["Bo Boateng"].startswith("Bo Boateng was hired by [redacted] zzz")
    runs = "select r.status, s.output_payload is null from pipeline_runs as r join step_results as s "
    runs += "on s.pipeline_run_id = r.id where r.submission_id = :id order by r.entity_index"
    assert rows_of(connection, runs, id=seeded.submission) == [("succeeded", True), ("succeeded", False)]
    kept = "select input_payload -> 'entities', request_key from submissions where id = :id"
    ((entities, request_key),) = rows_of(connection, kept, id=seeded.submission)
    assert ([entity["full_name"] for entity in entities], request_key) == (["Bo Boateng"], None)


@pytest.mark.parametrize("whose", ["profile", "domain", "company"])
def test_a_namesake_stays(connection: Connection, whose: str) -> None:
    """Another profile, an address elsewhere, or another company: somebody else of that name."""
    acme, hooli = companies(connection, "Acme", "Hooli")
    person = {
        "profile": PersonRow(NAME, acme, "CTO", "linkedin.com/in/zoe-the-other", bio=f"{NAME} codes."),
        "domain": PersonRow(NAME, hooli, "CTO", email="zq@hooli.com"),
        "company": PersonRow(NAME, hooli, "CTO"),
    }[whose]
    zoe, other = save(connection, PersonRow(NAME, acme, "CFO", PROFILE, EMAIL), person)
    contact = add_contact(connection, hooli, "Any One")
    connection.execute(text("update contacts set person_id = :other where id = :id"), {"other": other, "id": contact})
    mail = add_touchpoint(connection, add_conversation(connection, contact, hooli), content=f"Dear {NAME}, not {EMAIL}")
    mine = {"name": NAME, "linkedin_url": "linkedin.com/in/zoe-the-other"}
    ask(connection, "a", "k", {}, json.dumps([mine, {"name": NAME, "linkedin_url": PROFILE}]).encode())
    erase(connection, person_id=zoe)
    assert [row["id"] for row in stored(connection, "persons")][:1] == [other]
    assert rows_of(connection, "select full_name, bio from persons where id = :id", id=other) == [(NAME, person.bio)]
    content = "select content from touchpoints where id = :id"
    assert rows_of(connection, content, id=mail) == [(f"Dear {NAME}, not [redacted]",)]
    assert json.loads(bytes(rows_of(connection, "select response from agent_calls")[0][0])) == [mine]
    assert reasons(connection, person) == [None], "the namesake can be seen again"


def test_the_database_finds_every_spelling(connection: Connection) -> None:
    """What it does not find, nobody looks at closely."""
    pattern = search_pattern(JOSE)
    found = connection.execute(
        text(
            "select given, regexp_replace(given, :marks, '~', 'gi') ~* :pattern as is_found, "
            "regexp_replace(encode(convert_to(given, 'UTF8'), 'escape'), :marks, '~', 'gi') ~* :pattern as in_bytes, "
            "regexp_replace(jsonb_build_object('a', given)::text, :marks, '~', 'gi') ~* :pattern as in_json "
            "from unnest(cast(:spellings as text[])) as s (given)"
        ),
        {"marks": MARKS, "pattern": pattern, "spellings": [f"Ask {spelling}." for spelling in SPELLINGS]},
    ).all()
    assert [row.given for row in found if not (row.is_found and row.in_bytes and row.in_json)] == []
    others = "select count(*) from unnest(cast(:others as text[])) as s (given) where given ~* :pattern"
    assert rows_of(connection, others, others=["Jane Doe", "info@acme.com", "4711"], pattern=pattern) == [(0,)]


# ------------------------------------------------------------------------------------------------------ never again
@pytest.mark.parametrize(
    ("mention", "is_refused"),
    [
        (PersonRow(NAME, None, linkedin_url="de.linkedin.com/in/zoe-quandt-4711/"), True),
        (PersonRow("Z. Q.", None, email="Zoe.Quandt@ACME.com"), True),
        (PersonRow("Dr. Zoe Quandt", 1), True),
        (PersonRow(NAME, 1, email="zq@acme.com"), True),
        (PersonRow(NAME, 1, linkedin_url="linkedin.com/in/zoe-the-other"), False),
        (PersonRow(NAME, 2), False),
        (PersonRow("Zoë Quant", 1), False),
        (PersonRow("Bo Boateng", 1, email="info@acme.com"), False),
    ],
)
def test_who_is_refused(connection: Connection, mention: PersonRow, is_refused: bool) -> None:
    acme, hooli = companies(connection, "Acme", "Hooli")
    (zoe,) = save(connection, PersonRow(NAME, acme, "CFO", PROFILE, EMAIL))
    erase(connection, person_id=zoe)
    mention = replace(mention, company_id={1: acme, 2: hooli, None: None}[mention.company_id])
    assert reasons(connection, PersonRow("Bo Boateng", acme), mention) == [None, "erased" if is_refused else None]


def test_a_name_alone_stands_for_whoever_had_no_profile(connection: Connection) -> None:
    """As upserts would: they take a profile at the company for the person without one."""
    acme, merged, hooli = companies(connection, "Acme", "Acme Rockets", "Hooli")
    (zoe,) = save(connection, PersonRow(NAME, acme, "CFO"))
    erase(connection, person_id=zoe)
    assert reasons(connection, PersonRow(NAME, acme, linkedin_url=PROFILE)) == ["erased"]
    connection.execute(text("update companies set merged_into_id = :b where id = :a"), {"a": acme, "b": merged})
    assert reasons(connection, PersonRow(NAME, merged), PersonRow(NAME, hooli)) == ["erased", None]


@pytest.mark.parametrize(
    "given", [{"email": EMAIL}, {"linkedin_url": PROFILE}, {"email": EMAIL, "linkedin_url": PROFILE}]
)
def test_somebody_unknown_is_kept_out(connection: Connection, given: dict[str, Any]) -> None:
    acme, *_ = companies(connection, "Acme")
    target = find_target(connection, **given)
    assert target.person_ids == ()
    assert erase_person(connection, target) == {}
    assert erase(connection, **given) == {}
    whole = PersonRow(NAME, acme, "CFO", given.get("linkedin_url"), given.get("email"))
    assert reasons(connection, whole) == ["erased"]
    assert traces(connection) == {}


def test_somebody_known_to_research_alone_is_gone_from_it(connection: Connection) -> None:
    upsert_person_intel_briefing(
        connection,
        org_id=an_org(connection),
        person_full_name=NAME,
        person_linkedin_url=PROFILE,
        raw_parallel_output={"summary": f"{NAME} likes cats"},
    )
    ask(connection, "a", "k", {}, json.dumps({"people": [{"name": NAME, "title": "CFO"}]}).encode())
    assert erase(connection, linkedin_url=PROFILE) == {"agent_calls": 1, "person_intel_briefings": 1}
    assert traces(connection) == {}


@pytest.mark.parametrize(
    "part",
    [
        TextPart(json.dumps({"contacts": [{"name": NAME, "company": "Acme", "title": "CFO"}, {"name": "Bo Boateng"}]})),
        TextPart(f"Sure:\n```json\n{json.dumps([{'name': NAME, 'company': 'Acme', 'url': PROFILE}])}\n```"),
        TextPart(PROFILE),
        ToolCallPart("search_web", json.dumps({"query": f"{PROFILE} {EMAIL}"}), "call_1"),
    ],
    ids=["names", "fenced", "profile", "query"],
)
def test_a_round_of_a_model_is_kept_without_who_was_forgotten(
    connection: Connection, part: TextPart | ToolCallPart
) -> None:
    (acme,) = companies(connection, "Acme")
    (zoe,) = save(connection, PersonRow(NAME, acme, "CFO", PROFILE, EMAIL))
    erase(connection, person_id=zoe)
    call = agent_calls.open_call(
        connection, scope="a", agent="people", provider="llm", request_key="k", request={}, reserved_usd=Decimal(0)
    )
    step = agent_steps.open_step(connection, call_id=call, sequence=1, kind="model", step_key="k", request={})
    kept = agent_steps.finish_step(
        connection,
        step,
        response=as_bytes(ModelResponse([part])),
        latency_ms=1,
        input_tokens=1,
        output_tokens=1,
        cost_usd=Decimal(0),
    )
    assert traces(connection) == {}
    assert agent_steps.query_tries(connection, call, "k")[0].content == kept
    assert ("Bo Boateng" in kept.decode()) == ("Boateng" in str(part))
    from_bytes(kept)


def test_whatever_runs_again_brings_nobody_back(connection: Connection, engine: Engine) -> None:
    """Every road into the database, with what was stored before and with what comes from outside anew."""
    with engine.begin() as other:
        seeded = seed(other)
    runtime = Runtime(engine)
    params = PersonErasureParams(person=seeded.zoe)
    planned = service.plan_erasure(runtime, params, airflow_run_id="run 1")
    service.approve(runtime, planned.id, "ann")
    done = service.erase_person(runtime, params.subject(), planned.id)
    assert (done.status, dict(done.erased)) == ("completed", dict(planned.planned))
    people = {row["id"] for row in stored(connection, "persons")}

    # The ledger's own answers, and what the same agent answers tomorrow.
    answers = rows_of(connection, "select id, response from agent_calls where agent = 'people' order by id")
    fresh = [json.dumps(PEOPLE_ANSWER).encode(), ESCAPED, PROSE, f"{NAME}, former CFO\nBo Boateng, CEO".encode()]
    with engine.begin() as other:
        asked = [ask(other, "tomorrow", str(number), {}, content) for number, content in enumerate(fresh)]
        speaker = f"Keynote by {NAME} <{EMAIL}>, {PROFILE}"
        ask(other, "tomorrow", "event", {}, json.dumps([{"name": NAME, "url": PROFILE}, EMAIL]).encode(), "events")
        ask(other, "tomorrow", "text", {}, speaker.replace(NAME, "her").encode(), "events")
    for call, content in [*answers, *zip(asked, fresh, strict=True), (None, PEOPLE_ANSWER)]:
        save_people(
            runtime,
            content if isinstance(content, dict) else bytes(content),
            Origin("test", f"answer {call}", seeded.execution, call),
            company_id=seeded.acme,
            target_functions=["CEO"],
            limit=5,
            observed_on=date(2026, 4, 1),
        )
    kept = "select stage, reason, raw::text from rejected_records where reason = 'erased'"
    with engine.begin() as other:
        assert set(rows_of(other, kept)) == {("filter", "erased", None)}
        # Briefings from all results there are, and from research that somebody has at hand.
        for kind in ("company", "person", "icp_job_titles"):
            save_briefings(other, kind, [row["id"] for row in stored(other, "step_results")], force=True)
        with pytest.raises(ValueError, match="asked to be forgotten"):
            upsert_person_intel_briefing(
                other,
                org_id=an_org(other),
                person_full_name=NAME,
                person_current_company_name="Acme Rockets",
                raw_parallel_output={"summary": NAME},
            )
        upsert_company_intel_briefing(
            other,
            org_id=an_org(other),
            company_domain="acme-rockets.com",
            raw_parallel_output={"people": [{"name": NAME, "title": "CFO"}, {"name": "Bo Boateng"}]},
        )
        record_rejected(other, None, [RejectedRow("parse", "event", "no_date", "No date", {"speaker": f"Ask {EMAIL}"})])
        # Research about her is not begun; of research about the company she is left out.
        for entity in ({"full_name": "Z Q", "linkedin_url": PROFILE}, {"name": NAME, "company_name": "Acme Rockets"}):
            with pytest.raises(ValueError, match="those at 2 "):
                create_submission(
                    other, org_id=an_org(other), entities=[{"name": "Bo"}, entity], steps=[], entity_type="person"
                )
        steps = [{"operation_id": LIST_PEOPLE, "fan_out": True}, PERSON]
        listing = submit(other, steps, [{"company_name": "Acme Rockets", "domain": "acme-rockets.com"}])
        step = begun(other, only(other, listing))
        found = {"results": [{"full_name": NAME, "title": "CFO"}, {"full_name": "Bo Boateng", "title": "CEO"}]}
        research.finish_step(other, step, result(LIST_PEOPLE, found))
        children = "select blueprint_snapshot #>> '{entity,input,full_name}' from pipeline_runs "
        assert rows_of(other, children + "where parent_pipeline_run_id is not null") == [("Bo Boateng",)]
        classify_new_titles(other, Scope())
        evaluate(other)
        assert states(other, seeded.acme)["CFO"] == ("open", 0)
    with engine.connect() as other:
        assert traces(other) == {}
        assert {row["id"] for row in stored(other, "persons")} == people


# ------------------------------------------------------------------------------------------------------ who is meant
def test_everything_that_is_given_leads_to_one_person(connection: Connection) -> None:
    acme, hooli = companies(connection, "Acme", "Hooli")
    zoe, twin, bo = save(
        connection,
        PersonRow(NAME, acme, "CFO", PROFILE, EMAIL, PHONE),
        PersonRow("Zoe M Quandt", hooli, email="zoe@quandt.example.org", phone="+1 555 0100 200"),
        PersonRow("Bo Boateng", acme, email="bo@acme.com", phone="+1 555 0100 200"),
    )
    merge(connection, twin, zoe)
    (contact,) = [
        row[0]
        for row in rows_of(
            connection,
            "insert into contacts (person_id, company_id) values (:id, :acme) returning id",
            id=twin,
            acme=acme,
        )
    ]
    whole = find_target(connection, person_id=zoe, contact_id=contact, email=EMAIL.upper(), linkedin_url=PROFILE)
    for given in ({"person_id": twin}, {"contact_id": contact}, {"email": EMAIL}, {"linkedin_url": f"{PROFILE}/en"}):
        assert find_target(connection, **given) == whole
    assert set(whole.person_ids) == {zoe, twin}
    assert whole.subject.phones == {"491715550123"}, "a phone that others have too is not hers"
    assert (set(whole.company_ids), whole.name_keys) == ({acme, hooli}, ("zoe quandt",))
    more = find_target(connection, person_id=bo, email="bo.new@acme.com")
    assert more.subject.emails == {"bo@acme.com", "bo.new@acme.com"}
    refused: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({}, ValueError, "Who is meant"),
        ({"person_id": 999}, LookupError, "person: nobody"),
        ({"contact_id": UUID(int=9), "email": EMAIL}, LookupError, "contact: nobody"),
        (
            {"person_id": bo, "email": EMAIL},
            ValueError,
            f"different people: email to person {zoe}, person to person {bo}",
        ),
        ({"person_id": zoe, "linkedin_url": "linkedin.com/in/somebody-else"}, ValueError, "has another profile"),
        ({"email": "info@acme.com"}, ValueError, "shared mailbox"),
        ({"email": "nobody"}, ValueError, "not an e-mail address"),
        ({"linkedin_url": "linkedin.com/company/acme"}, ValueError, "not the address of a person's profile"),
    ]
    for given, error, message in refused:
        with pytest.raises(error, match=message):
            find_target(connection, **given)


def test_nothing_is_looked_for_as_long_as_nobody_was_forgotten(connection: Connection) -> None:
    statements: list[str] = []
    mentions = (statements.append("read") or Mention("l") for _ in range(2))  # type: ignore[func-returns-value]
    assert find_erased(connection, mentions) == set()
    assert statements == [], "the mentions are not even looked at"


# ---------------------------------------------------------------------------------------------------------- the request
def test_an_erasure_is_decided_once_and_names_nobody(connection: Connection) -> None:
    (zoe, bo) = save(connection, *(PersonRow(name, companies(connection, "Acme")[0]) for name in (NAME, "Bo Boateng")))
    target, other = target_of(connection, zoe), target_of(connection, bo)
    opened = erasures.open_erasure(connection, target, airflow_run_id="run 1")
    assert opened == erasures.open_erasure(connection, target, airflow_run_id="run 1")
    with pytest.raises(ValueError, match="about another person"):
        erasures.open_erasure(connection, other, airflow_run_id="run 1")
    with pytest.raises(ValueError, match="has no plan yet"):
        erasures.decide(connection, opened.id, is_approved=True, decided_by="ann")
    with pytest.raises(ValueError, match="nobody has approved"):
        erasures.resume(connection, opened.id)
    erasures.note_plan(connection, opened.id, {"persons": 1})
    with pytest.raises(ValueError, match="about somebody else"):
        erasures.find_erasure(connection, opened.id, other)
    decided = erasures.decide(connection, opened.id, is_approved=False, decided_by=None)
    assert (decided.status, decided.decided_by, decided.planned) == ("rejected", None, {"persons": 1})
    assert erasures.decide(connection, opened.id, is_approved=False, decided_by="bob") == decided
    with pytest.raises(ValueError, match="was rejected; that stands"):
        erasures.decide(connection, opened.id, is_approved=True, decided_by="ann")
    with pytest.raises(LookupError, match="no erasure"):
        erasures.find_erasure(connection, UUID(int=9))
    with pytest.raises(ValueError, match="within an erasure"):
        erase_person(connection, target, dry_run=False)
    assert traces(connection, "zo[eë]") == {
        f"public.persons.{column}": 1 for column in ("full_name", "name_key", "first_name")
    }


def test_an_erasure_that_was_cut_off_goes_on(engine: Engine) -> None:
    """After each part there is a moment at which the process may die; the last one has deleted who was meant."""
    with engine.begin() as connection:
        seeded = seed(connection)
    runtime = Runtime(engine)
    params = PersonErasureParams(person=seeded.zoe)
    planned = service.plan_erasure(runtime, params, airflow_run_id="run 1")
    service.approve(runtime, planned.id, "ann")
    names = list(PARTS)
    for stop in ("fence", names[2], names[-1]):
        with engine.begin() as connection:
            erasures.resume(connection, planned.id)
            target = target_of(connection, seeded.zoe)
            fence(connection, target, planned.id)
            search = search_for(connection, target)
            for name in names[: 0 if stop == "fence" else names.index(stop) + 1]:
                erasures.add_counts(connection, planned.id, erase_part(connection, search, name, planned.id))
    again = service.erase_person(runtime, params.subject(), planned.id)
    assert (again.status, dict(again.erased)) == ("completed", dict(planned.planned))
    assert service.erase_person(runtime, params.subject(), planned.id) == again
    assert service.plan_erasure(runtime, params, airflow_run_id="run 1") == again
    with engine.connect() as connection:
        assert traces(connection) == {}


def test_whom_another_erasure_has_erased_is_erased(engine: Engine) -> None:
    with engine.begin() as connection:
        zoe, bo = save(
            connection, *(PersonRow(name, companies(connection, "Acme")[0]) for name in (NAME, "Bo Boateng"))
        )
    runtime = Runtime(engine)
    params = PersonErasureParams(person=zoe)
    first, second = (service.plan_erasure(runtime, params, airflow_run_id=f"run {number}") for number in range(2))
    for planned, erased in ((first, {"company_person_roles": 1, "persons": 1}), (second, {})):
        service.approve(runtime, planned.id, "ann")
        done = service.erase_person(runtime, params.subject(), planned.id)
        assert (done.status, done.erased) == ("completed", erased)
    third = service.plan_erasure(runtime, PersonErasureParams(person=bo), airflow_run_id="run 3")
    service.approve(runtime, third.id, "ann")
    with pytest.raises(LookupError, match="nobody of this id"):
        service.erase_person(runtime, params.subject(), third.id)


def test_research_that_was_under_way_leaves_nothing(connection: Connection) -> None:
    """Its worker has read the context before, and brings an answer, or an error, after."""
    zoe = {"full_name": NAME, "linkedin_url": PROFILE}
    runs = [only(connection, submit(connection, [PERSON], [{**zoe, "number": number}])) for number in range(3)]
    found, failing, late = (begun(connection, run) for run in runs)
    erase(connection, linkedin_url=PROFILE)
    assert traces(connection) == {}
    assert not research.finish_step(connection, found, result(PERSON, {**zoe, "summary": f"{NAME} likes cats"}))
    assert not research.fail_step(connection, failing, message="Failed")
    ended = "select r.status, s.status from pipeline_runs as r join step_results as s on s.pipeline_run_id = r.id"
    assert set(rows_of(connection, ended)) == {("canceled", "skipped")}
    # Somebody takes it up again all the same.
    connection.execute(text("update pipeline_runs set status = 'running' where id = :id"), {"id": runs[2]})
    connection.execute(text("update step_results set status = 'running' where id = :id"), {"id": late.step_result_id})
    assert research.finish_step(connection, late, result(PERSON, {**zoe, "summary": f"{NAME} likes cats"}))
    remember_entity(
        connection,
        org_id=late.org_id,
        run_id=late.run_id,
        entity_type="person",
        context={**zoe, "role": "CFO"},
        answered={},
    )
    assert traces(connection) == {}


def test_what_others_wrote_meanwhile_is_looked_through_once_more(engine: Engine) -> None:
    """Somebody had read her before the hashes were there, and writes after her table had its turn."""
    row = RejectedRow("filter", "person", "other_function", "Not wanted", {"name": NAME}, "before")
    with engine.begin() as connection:
        save(connection, PersonRow(NAME, companies(connection, "Acme")[0], "CFO"))
        record_rejected(connection, None, [row])
    with engine.connect() as late, engine.connect() as connection:
        record_rejected(late, None, [replace(row, source="open at that moment")])
        since = begun_at(connection)
        late.commit()
        record_rejected(connection, None, [replace(row, source="after it")])
        target = target_of(connection, 1)
        # Transactions in other databases of the server decide as well how far back that is: the first may count, too.
        written = "select source from rejected_records where cast(cast(xmin as text) as bigint) >= :since"
        again = {source for (source,) in connection.execute(text(written), {"since": int(since)})}
        assert again - {"before"} == {"open at that moment", "after it"}
        for limit, rows in ((None, 3), (since, len(again))):
            search = search_for(connection, target, dry_run=True, since=limit)
            assert erase_part(connection, search, "rejected_records") == {"rejected_records": rows}


def test_two_at_once_and_while_others_save_her(engine: Engine) -> None:
    with engine.begin() as connection:
        acme, *_ = companies(connection, "Acme")
        (zoe,) = save(connection, PersonRow(NAME, acme, "CFO", PROFILE, EMAIL))
        target = target_of(connection, zoe)
        runs = [approved(connection, target, f"erasure {number}") for number in range(2)]
    works: list[Callable[[Connection], Any]] = [
        *(lambda other, run=run: erase_person(other, target, erasure_id=run, dry_run=False) for run in runs),
        *(lambda other: reasons(other, PersonRow(NAME, acme, "CFO", PROFILE, EMAIL)) for _ in range(2)),
    ]
    at_once(engine, works)
    with engine.connect() as connection:
        assert traces(connection) == {}, "whoever saved her first was waited for, whoever came later was refused"


def test_whoever_is_saving_her_is_waited_for(engine: Engine) -> None:
    with engine.begin() as connection:
        acme, *_ = companies(connection, "Acme")
    new = PersonRow(NAME, acme, "CFO", PROFILE, EMAIL)
    target = Target("any", Subject(frozenset({NAME}), frozenset({EMAIL}), frozenset({PROFILE})))
    with engine.connect() as saving, engine.connect() as watching, ThreadPoolExecutor(1) as pool:
        assert reasons(saving, new) == [None]

        def forget() -> list[str | None]:
            with engine.begin() as connection:
                fence(connection, target, approved(connection, target))
                return [found.full_name for found in connection.execute(text("select full_name from persons"))]

        fencing = pool.submit(forget)
        wait_for_blocked(watching, 1)
        saving.commit()
        assert fencing.result(60) == [NAME], "then she is seen, and can be erased"
    with engine.begin() as connection:
        assert reasons(connection, new) == ["erased"]


# --------------------------------------------------------------------------------------------------------- the rights
def test_tasks_may_erase_and_nobody_may_change_interactions_otherwise(connection: Connection) -> None:
    seeded = seed(connection)
    act_as(connection, "prospecting_app")
    target = target_of(connection, seeded.zoe)
    rows = [{"id": str(interaction(700).interaction_id), "interaction_metadata": {}}]
    change = "select redact_interactions(:erasure, cast(:rows as jsonb))"
    waiting = erasures.open_erasure(connection, target, airflow_run_id="waits").id
    for refused in (
        (change, {"erasure": UUID(int=1), "rows": json.dumps(rows)}),
        (change, {"erasure": waiting, "rows": json.dumps(rows)}),
        ("update user_interactions set interaction_metadata = '{}'", {}),
        (
            "select set_config('prospecting.erasing', 'on', true); update user_interactions set account_domain = 'a.b'",
            {},
        ),
    ):
        with pytest.raises(DBAPIError, match=r"approved, and nowhere|permission denied"), connection.begin_nested():
            connection.execute(text(refused[0]), refused[1])
    assert erase_person(connection, target, erasure_id=approved(connection, target), dry_run=False)["persons"] > 1
    reset(connection)
    assert traces(connection) == {}
    act_as(connection, "prospecting_api")
    with pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(change), {"erasure": UUID(int=1), "rows": "[]"})
