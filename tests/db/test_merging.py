"""Two companies or two persons are one from then on, and two as before when that is undone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from prospecting import cli
from prospecting.parsing.records import CompanySignalRecord, Source, SponsorRecord
from prospecting.persistence import account_counters, merge_undoing, merging
from prospecting.persistence.batches import Saved
from prospecting.persistence.companies import CompanyRow, find_current_company, upsert_companies
from prospecting.persistence.company_signals import CompanySignalRow, upsert_company_signals
from prospecting.persistence.contacts import get_contact_by_email, get_contact_by_id, search_contacts
from prospecting.persistence.erasure import erase_person
from prospecting.persistence.events import upsert_event_sponsors
from prospecting.persistence.merging import EntityType
from prospecting.persistence.observations import Sourced, Subject, record_observations
from prospecting.persistence.persons import PersonRow, query_people_of_company, upsert_persons
from prospecting.persistence.schema.merging import NOTED
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.signals import link_entities
from prospecting.services.merging import (
    CannotBeJudged,
    CannotBeMerged,
    CannotBeUndone,
    Merged,
    describe_merged,
    describe_preview,
    describe_undone,
    judge_distinct,
    judge_later,
    merge_companies,
    merge_persons,
    preview_merge,
    undo_judgement,
    undo_merge,
)
from prospecting.services.runtime import Runtime
from tests.db.engaging import add_conversation, add_relationship, add_touchpoint
from tests.db.erasing import approved, target_of, traces
from tests.db.factories import add_companies, add_person, evaluate, holders, ids
from tests.db.researching import insert

NEVER_AS_BEFORE = {"task_attempts", "merges", "account_changes", "seat_changes"}
"""Who did what, and notes of what is to be looked at again."""

WRITTEN = {
    "company": set(NOTED)
    - {"contact_channels", "persons", "relationships", "touchpoint_participants"}
    - {"account_recommendations"},
    "person": set(NOTED) - {"accounts", "campaign_domains", "event_sponsors", "company_signals"},
}
"""The tables that a merge of companies or of persons changes here."""

COUNTED_ONLY: dict[str, set[str]] = {"company": set(), "person": {"companies"}}
"""Tables of which only columns change that triggers count."""

OLD, NEW = date(2025, 1, 1), date(2026, 1, 1)


@dataclass
class Filled:
    """Two companies, ``acme`` and ``acmes``, and two persons at them, ``jane`` and ``janes``, with everything."""

    acme: int
    acmes: int
    other: int
    jane: int
    janes: int
    bo: int
    contact: UUID
    others_contact: UUID


def everything(engine: Engine) -> dict[str, list[str]]:
    """Every column of every row."""
    with engine.connect() as connection:
        return {
            name: list(connection.execute(text(f"select t::text from {name} as t order by 1")).scalars())
            for name in metadata.tables
            if name not in NEVER_AS_BEFORE
        }


def rows(engine: Engine, query: str, **values: Any) -> list[tuple[Any, ...]]:
    with engine.begin() as connection:
        found = connection.execute(text(query), values)
        return [tuple(row) for row in found] if found.returns_rows else []


@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    """What services get, as the role that tasks have."""
    as_app = create_engine(engine.url, poolclass=NullPool, connect_args={"options": "-c role=prospecting_app"})
    return Runtime(as_app)


@pytest.fixture
def filled(engine: Engine) -> Filled:
    with engine.begin() as connection:
        return fill(connection)


def fill(connection: Connection) -> Filled:
    """Every table that a merge writes to has rows that move, and rows of which both have one."""
    acme, acmes, other = ids(
        upsert_companies(
            connection,
            [
                CompanyRow("Acme"),
                CompanyRow("Acme Systems", "acmesystems.com", primary_industry="Rockets", description="Rockets"),
                CompanyRow("Hooli", "hooli.com"),
            ],
            source_system="test",
        ).saved
    )
    run = connection.execute
    jane, bo = ids(
        upsert_persons(
            connection,
            [
                PersonRow("Jane Doe", acme, "CEO", email="jane@acme.com", phone="+1 555 0100", observed_on=OLD),
                PersonRow("Bo Poe", acme, "CFO", email="bo@acme.com", observed_on=OLD),
            ],
            source_system="test",
        ).saved
    )
    (janes,) = ids(
        upsert_persons(
            connection,
            [PersonRow("Janet Doe", acmes, "CEO", "linkedin.com/in/janet-doe", "janet@x.com", observed_on=NEW)],
            source_system="test",
        ).saved
    )
    run(
        text(
            "insert into company_person_roles "
            "(company_id, person_id, role_title, role_key, role_category, observed_on, source_system, is_current) "
            "values (:acmes, :jane, 'CEO', 'ceo', 'c_level', :new, 't', true), "
            "(:acmes, :jane, 'Founder', 'founder', 'other', null, 't', true), "
            "(:acme, :janes, 'CEO', 'ceo', 'c_level', :old, 't', false), "
            "(:acmes, :bo, 'Treasurer', 'treasurer', 'other', null, 't', true), "
            "(:other, :jane, 'Board member', 'board member', 'other', :new, 't', true), "
            "(:other, :janes, 'Board member', 'board member', 'other', :old, 't', true)"
        ),
        {"acme": acme, "acmes": acmes, "other": other, "jane": jane, "janes": janes, "bo": bo, "old": OLD, "new": NEW},
    )
    run(
        text(
            "insert into job_changes (person_id, from_role_id, to_role_id, observed_on, status, decided_at) "
            "select f.person_id, f.id, t.id, :new, 'confirmed', now() "
            "from company_person_roles as f join company_person_roles as t using (person_id) "
            "where f.id <> t.id and f.company_id <> t.company_id"
        ),
        {"new": NEW},
    )
    run(
        text(
            "insert into contact_channels (person_id, channel_type, value, value_key, is_identity, validation_status) "
            "values (:janes, 'email', 'jane@acme.com', 'jane@acme.com', false, 'valid'), "
            "(:janes, 'phone', '+1 555 0100', '15550100', false, 'unverified')"
        ),
        {"janes": janes},
    )
    events = [
        run(
            text("insert into events (name, name_key, source_system) values (:name, :name, 't') returning id"),
            {"name": name},
        ).scalar_one()
        for name in ("one", "two")
    ]
    run(
        text(
            "insert into event_sponsors (event_id, company_id, sponsor_tier, tier_rank, tier_labels, source_system) "
            "values (:one, :acme, 'silver', 3, '{Silver}', 't'), (:one, :acmes, 'gold', 2, '{Gold}', 't'), "
            "(:two, :acmes, null, null, '{}', 't')"
        ),
        {"one": events[0], "two": events[1], "acme": acme, "acmes": acmes},
    )
    signal = insert(connection, "signals", name="s", name_key="s", type="hiring", configuration="{}")
    for number, found in enumerate(((acme, acmes), (acmes,))):
        execution = insert(connection, "signal_executions", signal_id=signal, configuration="{}", status="completed")
        for kind, each in (("company", found), ("person", (jane, janes) if number == 0 else (janes,))):
            for entity in each:
                run(
                    text(
                        "insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new) "
                        "values (:execution, :kind, :entity, :is_new)"
                    ),
                    {"execution": execution, "kind": kind, "entity": entity, "is_new": entity in (acmes, janes)},
                )
    for company, person in ((acme, bo), (acmes, bo), (acmes, jane), (acmes, janes), (other, jane), (other, janes)):
        run(
            text(
                "insert into seat_refusals (company_id, slot_type, person_id, refused_by) values (:c, 'HR', :p, 'ann') "
            ),
            {"c": company, "p": person},
        )
    for kind, one, two, status in (
        ("company", acme, acmes, "open"),
        ("company", acme, other, "open"),
        ("company", acmes, other, "distinct"),
        ("person", jane, bo, "open"),
        ("person", bo, janes, "distinct"),
    ):
        run(
            text(
                "insert into merge_candidates (entity_type, left_id, right_id, reason, evidence, status) "
                "values (:kind, least(:one, :two), greatest(:one, :two), 'same_name', '{}', :status)"
            ),
            {"kind": kind, "one": one, "two": two, "status": status},
        )
    run(
        text(
            "insert into campaign_domains (domain, stem, name_key, company_id) values "
            "('acmesystems.com', 'acme', 'acme', :acmes), ('acmejobs.com', 'acme', 'acme', :acmes)"
        ),
        {"acmes": acmes},
    )
    run(
        text("insert into accounts (account_domain, company_name, company_id) values ('acmesystems.com', 'A', :acmes)"),
        {"acmes": acmes},
    )
    contact = insert(connection, "contacts", person_id=jane, company_id=acme, is_primary_contact=True, role="Boss")
    others = insert(
        connection,
        "contacts",
        person_id=janes,
        company_id=acmes,
        email="janet@x.com",
        is_primary_contact=True,
        is_decision_maker=True,
        role="Chief",
        department="Top",
        status="unsubscribed",
    )
    bos = insert(connection, "contacts", person_id=bo, company_id=acmes, email="bo@acme.com")
    add_relationship(connection, contact, bos)
    add_relationship(connection, bos, others, context="met")
    add_relationship(connection, contact, others)
    third = insert(
        connection,
        "contacts",
        person_id=ids(upsert_persons(connection, [PersonRow("Cy Roe", other, "CTO")], source_system="t").saved)[0],
        company_id=other,
    )
    add_relationship(connection, others, third, "reports_to")
    talk = add_conversation(connection, others, acmes, status="active")
    add_touchpoint(connection, talk, sent_at=datetime(2026, 1, 5, tzinfo=UTC))
    won = add_conversation(connection, bos, acmes, status="won", closed_at=datetime(2026, 1, 6, tzinfo=UTC))
    for present in ((contact, others), (others,)):
        meeting = add_touchpoint(connection, won, channel="meeting", sent_at=datetime(2026, 1, 7, tzinfo=UTC))
        for each_contact in present:
            run(
                text("insert into touchpoint_participants (touchpoint_id, contact_id) values (:m, :c)"),
                {"m": meeting, "c": each_contact},
            )
    for number, listed in enumerate(((jane, janes), (janes,))):
        promotion = insert(connection, "contact_promotions", airflow_run_id=f"p{number}", params="{}")
        for place, person in enumerate(listed):
            run(
                text(
                    "insert into contact_promotion_items "
                    "(promotion_id, person_id, company_id, position, source, verdict, status, contact_id) values "
                    "(:promotion, :person, :acmes, :place, 'seat', 'new', 'promoted', :contact)"
                ),
                {"promotion": promotion, "person": person, "acmes": acmes, "place": place, "contact": others},
            )
    run(
        text(
            "insert into account_recommendations (recommended_on, account_domain, rank, score, is_exploration, "
            "propensity, reasons, contact_id) values (:day, 'acmesystems.com', 1, 0.5, false, 1, '{}', :contact)"
        ),
        {"day": NEW, "contact": others},
    )
    run(
        text(
            "update companies set research_data = '{\"a\": 1}', account_status = 'engaged', size = 'small' "
            "where id = :c"
        ),
        {"c": acmes},
    )
    run(text('update companies set research_data = \'{"a": 2, "b": 1}\' where id = :c'), {"c": acme})
    add_facts(connection, {"company": (acme, acmes), "person": (jane, janes)})
    evaluate(connection)
    return Filled(acme, acmes, other, jane, janes, bo, contact, others)


def add_facts(connection: Connection, pairs: dict[Subject, tuple[int, int]]) -> None:
    """Company signals, and observations of everything: some of the same thing, others of one side alone."""
    acme, acmes = pairs["company"]
    round_b = CompanySignalRecord(round="Series B", occurred_on=NEW, date_precision="day")
    named = replace(round_b, amount=Decimal(12_000_000), currency="USD", investors=("Accel",))
    for company, record, kind in (
        (acme, round_b, "funding"),
        (acmes, named, "funding"),
        (acmes, CompanySignalRecord(position="CISO"), "hiring"),
    ):
        row = CompanySignalRow(company, record)
        upsert_company_signals(connection, kind, [row], source_system="test")
    twins = connection.execute(
        text("select id, company_id from company_signals where type = 'funding' order by company_id = :acmes"),
        {"acmes": acmes},
    )
    by_company = {company: signal for signal, company in twins}
    pairs = pairs | {"company_signal": (by_company[acme], by_company[acmes])}
    source, other = Source("https://news.example/a"), Source("https://news.example/b")
    for subject, (survivor, merged) in pairs.items():
        seen = [(survivor, source), (merged, source), (merged, other)]
        found = [Sourced(subject, each, {"said": "x"}, of) for each, of in seen]
        record_observations(connection, found, seen_on=NEW)
    executions = connection.execute(text("select id from signal_executions order by started_at, id")).scalars().all()
    for execution, found in zip(executions, ([*by_company.values()], [by_company[acmes]]), strict=True):
        link_entities(connection, execution, "company_signal", [Saved(each, True) for each in found])


def merge(runtime: Runtime, kind: EntityType, survivor: int, merged: int) -> Merged:
    one = merge_companies if kind == "company" else merge_persons
    return one(runtime, survivor, merged, decided_by="ann")


@pytest.mark.parametrize(
    ("kind", "survivor", "merged"),
    [
        ("company", "acme", "acmes"),
        ("company", "acmes", "acme"),
        ("person", "jane", "janes"),
        ("person", "janes", "jane"),
        ("person", "janes", "bo"),
    ],
)
def test_undone_everything_is_as_before(
    engine: Engine, runtime: Runtime, filled: Filled, kind: EntityType, survivor: str, merged: str
) -> None:
    pair = getattr(filled, survivor), getattr(filled, merged)
    if merged == "bo":
        undo_judgement(runtime, kind, *pair)
    before = everything(engine)
    preview = preview_merge(runtime, kind, *pair)
    assert everything(engine) == before, "a preview changes nothing"
    assert preview.refusal is None
    assert preview.suggested_survivor_id == getattr(filled, {"company": "acmes", "person": "janes"}[kind])

    done = merge(runtime, kind, *pair)
    assert done.is_new
    assert done.dependants == preview.dependants
    between = everything(engine)
    changed = {name for name in before if before[name] != between[name]} - {"merge_changes"}
    assert changed <= set(NOTED), "whatever changes is noted"
    if (survivor, merged) in (("acme", "acmes"), ("jane", "janes")):
        assert changed == WRITTEN[kind], "each of them is tried"
    once_more = merge(runtime, kind, *pair)
    assert (once_more.merge, once_more.is_new) == (done.merge, False)
    assert everything(engine) == between, "once more changes nothing"

    undone = undo_merge(runtime, done.merge.id, undone_by="bea")
    after = everything(engine)
    assert {name: set(before[name]) ^ set(after[name]) for name in before if before[name] != after[name]} == {}
    assert undone.kept == []
    assert set(undone.restored) == changed - COUNTED_ONLY[kind]
    said = [*describe_preview(preview), *describe_merged(done), *describe_undone(done.merge.id, undone)]
    assert not any(name in line for line in said for name in ("Acme", "Doe")), "numbers, no names"
    with pytest.raises(CannotBeUndone, match="undone already"):
        undo_merge(runtime, done.merge.id, undone_by="bea")


def test_the_survivor_has_what_both_had_and_each_once(engine: Engine, runtime: Runtime, filled: Filled) -> None:
    acme, acmes, jane, janes = filled.acme, filled.acmes, filled.jane, filled.janes
    merge(runtime, "company", acme, acmes)
    assert rows(
        engine,
        "select domain, website_url, primary_industry, size, account_status, research_data, total_contacts, "
        "active_conversations, name from companies where id = :id",
        id=acme,
    ) == [("acmesystems.com", "https://acmesystems.com", "Rockets", "small", "engaged", {"a": 2, "b": 1}, 3, 1, "Acme")]
    assert rows(
        engine,
        "select e.name, sponsor_tier, tier_rank, tier_labels, s.company_id from event_sponsors as s "
        "join events as e on e.id = s.event_id order by 1",
    ) == [("one", "gold", 2, ["Gold", "Silver"], acme), ("two", None, None, [], acme)]
    ceo = "select observed_on, is_current from company_person_roles where company_id = :c and person_id = :p and "
    assert rows(engine, ceo + "role_key = 'ceo'", c=acme, p=jane) == [(NEW, True)], "newer evidence"
    assert rows(engine, "select id from contacts where company_id = :c and is_primary_contact", c=acme) == [
        (filled.contact,)
    ]
    assert rows(engine, "select status, decided_by from merge_candidates where entity_type = 'company' order by 1") == [
        ("distinct", None),
        ("merged", "ann"),
    ], "who is not the one is not the other"
    for table, column in (("company_person_roles", "company_id"), ("event_sponsors", "company_id")):
        assert rows(engine, f"select 1 from {table} where {column} = :id", id=acmes) == []
    assert rows(engine, "select distinct from_status, status, company_id from conversation_transitions order by 2") == [
        (None, "active", acmes),
        (None, "won", acmes),
    ], "that a conversation moves is no news of it"

    merge(runtime, "person", jane, janes)
    assert rows(
        engine,
        "select email, role, department, status, is_decision_maker, is_primary_contact, total_touchpoints "
        "from contacts where person_id = :p",
        p=jane,
    ) == [("janet@x.com", "Boss", "Top", "unsubscribed", True, True, 1)], "who wants no mail gets none"
    assert rows(
        engine,
        "select value_key, is_identity, validation_status from contact_channels where person_id = :p order by 1",
        p=jane,
    ) == [
        ("15550100", False, "unverified"),
        ("jane@acme.com", True, "valid"),
        ("janet@x.com", True, "unverified"),
    ]
    profile = "select linkedin_url from persons where id = any(:ids) order by linkedin_url is null"
    assert rows(engine, profile, ids=[jane, janes]) == [("https://www.linkedin.com/in/janet-doe",), (None,)]
    with engine.begin() as connection:
        assert len(account_counters.find_mismatches(connection)) == 0
        old, new = (get_contact_by_id(connection, id) for id in (filled.others_contact, filled.contact))
        assert old == new
        assert new is not None
        assert new == get_contact_by_email(connection, "janet@x.com")
        assert [found.id for found in search_contacts(connection, "Janet Doe")] == [filled.contact]


def test_seats_follow_with_the_next_evaluation(engine: Engine, runtime: Runtime, filled: Filled) -> None:
    merge(runtime, "company", filled.acmes, filled.acme)
    merge(runtime, "person", filled.janes, filled.jane)
    with engine.begin() as connection:
        evaluate(connection)
        assert holders(connection, filled.acme) == {}
        assert holders(connection, filled.acmes) == {"CEO": filled.janes, "CFO": filled.bo}
        again = evaluate(connection)
        assert (again.slots_created, again.slots_updated) == (0, 0)
    assert rows(engine, "select company_unique_id, slot_type from company_slot group by 1, 2 having count(*) > 1") == []


def test_whatever_led_to_the_one_leads_to_the_other(engine: Engine, runtime: Runtime, filled: Filled) -> None:
    acme, acmes, jane, janes = filled.acme, filled.acmes, filled.jane, filled.janes
    merge(runtime, "company", acmes, acme)
    merge(runtime, "person", jane, janes)
    counted = "select (select count(*) from companies), (select count(*) from persons)"
    before = rows(engine, counted)
    with engine.begin() as connection:
        named = [
            CompanyRow("Acme"),
            CompanyRow("ACME, Inc."),
            CompanyRow("Acme Systems"),
            CompanyRow("Acme", "acmesystems.com"),
            CompanyRow("Acme", "acmejobs.com"),
        ]
        found = upsert_companies(connection, named, source_system="test")
        assert ids(found.saved) == [acmes] * len(named)
        people = [
            PersonRow("Janet Doe", acme, "CEO"),
            PersonRow("Janet Doe", acmes, "CEO", email="janet@x.com"),
            PersonRow("Jane Doe", acme, "CEO", email="jane@acme.com"),
            PersonRow("J. Doe", None, None, "linkedin.com/in/janet-doe"),
        ]
        assert ids(upsert_persons(connection, people, source_system="test").saved) == [jane] * len(people)
        assert find_current_company(connection, acme) == acmes
        event = connection.execute(text("select id from events where name = 'two'")).scalar_one()
        upsert_event_sponsors(connection, event, [(acme, SponsorRecord("Acme", "gold"))], source_system="test")
        assert {row["person_id"] for row in query_people_of_company(connection, "acmesystems.com")} >= {jane, filled.bo}
    assert rows(engine, counted) == before
    for table in ("company_person_roles", "event_sponsors"):
        assert rows(engine, f"select 1 from {table} where company_id = :c", c=acme) == []
    open_pairs = "select 1 from merge_candidates where status = 'open' and (:a in (left_id, right_id))"
    assert rows(engine, open_pairs + " and entity_type = 'company'", a=acme) == []


def test_chains_lead_to_the_end_and_are_undone_from_there(engine: Engine, runtime: Runtime, filled: Filled) -> None:
    before = everything(engine)
    first = merge(runtime, "company", filled.acme, filled.acmes).merge.id
    with pytest.raises(CannotBeMerged, match="distinct"):
        merge(runtime, "company", filled.other, filled.acme)
    undo_judgement(runtime, "company", filled.acme, filled.other)
    second = merge(runtime, "company", filled.other, filled.acme).merge.id
    leads = "select distinct merged_into_id from companies where id = any(:ids)"
    assert rows(engine, leads, ids=[filled.acme, filled.acmes]) == [(filled.other,)], "in one step"
    with pytest.raises(CannotBeUndone, match=f"undo {second} first"):
        undo_merge(runtime, first, undone_by="ann")
    undo_merge(runtime, second, undone_by="ann")
    assert rows(engine, leads, ids=[filled.acmes]) == [(filled.acme,)]
    judge_distinct(runtime, "company", filled.acme, filled.other, decided_by="ann")
    undo_merge(runtime, first, undone_by="ann")
    after = everything(engine)
    assert {name for name in before if before[name] != after[name]} == {"merge_candidates"}, "judged anew"

    one, two = (merge(runtime, "company", filled.other, each).merge.id for each in _fresh(engine, "Umbra", "Vehement"))
    assert undo_merge(runtime, one, undone_by="ann").restored == {"companies": 1}, "they have nothing in common"
    assert undo_merge(runtime, two, undone_by="ann").restored == {"companies": 1}


def _fresh(engine: Engine, *names: str) -> list[int]:
    with engine.begin() as connection:
        return add_companies(connection, *names)


def test_what_others_did_since_stays(engine: Engine, runtime: Runtime, filled: Filled) -> None:
    done = merge(runtime, "company", filled.acme, filled.acmes).merge
    with engine.begin() as connection:
        run = connection.execute
        run(text("update companies set size = 'large', domain = 'acme.io' where id = :id"), {"id": filled.acme})
        upsert_event_sponsors(
            connection,
            run(text("select id from events where name = 'two'")).scalar_one(),
            [(filled.acme, SponsorRecord("Acme", "gold"))],
            source_system="test",
        )
        run(text("delete from accounts where company_id = :id"), {"id": filled.acme})
        run(text("delete from events where name = 'one'"))
        add_person(connection, filled.acme, "New Comer", "CTO", NEW)
        run(text("update conversations set status = 'lost' where status = 'active'"))
    undone = undo_merge(runtime, done.id, undone_by="ann")
    assert {(kept.table_name, kept.reason) for kept in undone.kept} == {
        ("companies", "changed"),
        ("event_sponsors", "changed"),
        ("event_sponsors", "lost"),
        ("event_sponsors", "gone"),
        ("accounts", "gone"),
    }
    assert rows(
        engine,
        "select id, domain, size, description from companies where id in (:a, :b) order by id",
        a=filled.acme,
        b=filled.acmes,
    ) == sorted([(filled.acme, "acme.io", "large", None), (filled.acmes, "acmesystems.com", "small", "Rockets")])
    assert rows(
        engine,
        "select company_id, from_status, status from conversation_transitions order by id desc limit 3",
    )[::-1] == [(filled.acme, "active", "lost"), (filled.acme, "lost", None), (filled.acmes, "lost", "lost")]


def test_a_name_that_is_anothers_by_now_is_not_given_back(engine: Engine, runtime: Runtime, filled: Filled) -> None:
    done = merge(runtime, "company", filled.acme, filled.acmes).merge
    with engine.begin() as connection:
        connection.execute(text("update companies set domain = 'acme.io' where id = :id"), {"id": filled.acme})
        connection.execute(text("update companies set domain = 'acmesystems.com' where id = :id"), {"id": filled.other})
    before = everything(engine)
    with pytest.raises(CannotBeUndone, match="another company has the name, domain or profile"):
        undo_merge(runtime, done.id, undone_by="ann")
    rows(engine, "update companies set merged_into_id = null where id = :id", id=filled.acmes)
    with pytest.raises(CannotBeUndone, match="does not lead to"):
        undo_merge(runtime, done.id, undone_by="ann")
    rows(engine, "update companies set merged_into_id = :to where id = :id", id=filled.acmes, to=filled.acme)
    assert everything(engine) == before


def test_what_is_not_two_is_refused(engine: Engine, runtime: Runtime, filled: Filled) -> None:
    acme, acmes, other = filled.acme, filled.acmes, filled.other
    before = everything(engine)
    for pair, reason in (
        ((acme, acme), "into itself"),
        ((acme, 999), "no company 999 is stored"),
        ((acmes, other), "distinct"),
    ):
        assert reason in (preview_merge(runtime, "company", *pair).refusal or "")
        with pytest.raises(CannotBeMerged, match=reason):
            merge(runtime, "company", *pair)
    with pytest.raises(ValueError, match="decided_by"):
        merge_companies(runtime, acme, acmes, decided_by=" ")
    assert everything(engine) == before
    merge(runtime, "company", acme, acmes)
    (fresh,) = _fresh(engine, "Umbra")
    for pair, reason in (((acmes, acme), "one already"), ((fresh, acmes), f"was merged into {acme} already")):
        with pytest.raises(CannotBeMerged, match=reason):
            merge(runtime, "company", *pair)
    with pytest.raises(CannotBeUndone, match="no merge 99 is on record"):
        undo_merge(runtime, 99, undone_by="ann")


@pytest.mark.parametrize("is_crossed", [False, True])
def test_of_two_merges_at_once_one_is_made(engine: Engine, runtime: Runtime, filled: Filled, is_crossed: bool) -> None:
    pairs = [(filled.jane, filled.janes), (filled.janes, filled.jane) if is_crossed else (filled.jane, filled.janes)]
    barrier = threading.Barrier(2)

    def work(pair: tuple[int, int]) -> bool | str:
        barrier.wait(timeout=30)
        try:
            return merge(runtime, "person", *pair).is_new
        except CannotBeMerged as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(work, pairs))
    assert said.count(True) == 1
    assert len(rows(engine, "select from merges")) == 1
    assert any("one already" in str(each) for each in said) == is_crossed
    assert len(rows(engine, "select from persons where merged_into_id is not null")) == 1


def test_half_a_merge_is_none(
    engine: Engine, runtime: Runtime, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise InterruptedError

    before = everything(engine)
    monkeypatch.setattr(merging, "settle_roles_of", stop)
    with pytest.raises(InterruptedError):
        merge(runtime, "person", filled.jane, filled.janes)
    monkeypatch.undo()
    assert everything(engine) == before
    assert rows(engine, "select from merges") == []
    done = merge(runtime, "person", filled.jane, filled.janes).merge
    between = everything(engine)
    monkeypatch.setattr(merge_undoing, "settle_roles_of", stop)
    with pytest.raises(InterruptedError):
        undo_merge(runtime, done.id, undone_by="ann")
    assert everything(engine) == between


def test_a_judgement_survives_every_import(engine: Engine, runtime: Runtime) -> None:
    def doubtful() -> list[tuple[Any, ...]]:
        with engine.begin() as connection:
            for domain in ("umbra.com", "umbra.io"):
                upsert_companies(connection, [CompanyRow("Umbra", domain)], source_system="test")
        return rows(engine, "select left_id, right_id, status, decided_by from merge_candidates order by id")

    ((one, two, *status),) = doubtful()
    assert status == ["open", None]
    judged = judge_distinct(runtime, "company", two, one, decided_by="ann")
    assert judge_distinct(runtime, "company", one, two, decided_by="ann") == judged, "once more changes nothing"
    assert doubtful() == [(one, two, "distinct", "ann")]
    with pytest.raises(CannotBeJudged, match="told apart by ann"):
        judge_later(runtime, "company", one, two, decided_by="bea")
    assert doubtful() == [(one, two, "distinct", "ann")], "put off on a page from before"
    undo_judgement(runtime, "company", one, two)
    assert doubtful() == [(one, two, "open", None)]
    judge_later(runtime, "company", one, two, decided_by="bea")
    assert doubtful() == [(one, two, "open", "bea")], "still in doubt"
    (third,) = _fresh(engine, "Vehement")
    assert judge_distinct(runtime, "company", one, third, decided_by="ann").status == "distinct", "noted by nobody"
    merge(runtime, "company", one, two)
    assert doubtful()[0] == (one, two, "merged", "ann")
    for judge in (judge_distinct, judge_later):
        with pytest.raises(CannotBeJudged, match="was merged into"):
            judge(runtime, "company", one, two, decided_by="ann")
    with pytest.raises(CannotBeJudged, match="undo the merge"):
        undo_judgement(runtime, "company", one, two)
    with pytest.raises(CannotBeJudged, match="nobody has judged"):
        undo_judgement(runtime, "company", two, third)
    with pytest.raises(CannotBeJudged, match="not two that are stored"):
        judge_distinct(runtime, "company", one, one, decided_by="ann")


def test_nobody_who_was_forgotten_comes_back(engine: Engine, runtime: Runtime, filled: Filled) -> None:
    of_companies = merge(runtime, "company", filled.acme, filled.acmes).merge
    of_persons = merge(runtime, "person", filled.jane, filled.janes).merge
    with engine.begin() as connection:
        target = target_of(connection, filled.jane)
        erase_person(connection, target, erasure_id=approved(connection, target), dry_run=False)
        assert traces(connection, "janet", "jane@") == {}
    with pytest.raises(CannotBeUndone, match="no merge"):
        undo_merge(runtime, of_persons.id, undone_by="ann")
    undo_merge(runtime, of_companies.id, undone_by="ann")
    with engine.begin() as connection:
        assert traces(connection, "janet", "jane@") == {}
    gone = "select from company_person_roles where person_id = any(:ids)"
    assert rows(engine, gone, ids=[filled.jane, filled.janes]) == []


def test_the_commands_say_what_they_do(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = _fresh(engine, "Umbra", "Vehement")
    url = ["--db-url", engine.url.render_as_string(hide_password=False)]

    def run(*arguments: object) -> tuple[int, str]:
        code = cli.main([*map(str, arguments), *url])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    pair = ("merge", "company", one, two)
    assert run("undo-merge") == (0, "nothing has been merged\n")
    code, said = run(*pair)
    assert code == 0
    assert "Nothing was changed" in said
    assert run(*pair, "--apply") == (1, "error: --by: say who decides; it is stored with the merge\n")
    assert rows(engine, "select from merges") == []
    assert run(*pair, "--apply", "--by", "ann") == (0, f"company {two} is merged into {one} (merge 1).\n")
    assert run(*pair)[0] == 1
    code, said = run("undo-merge")
    assert said.startswith(f"merge 1: company {two} into {one}, ")
    assert run("undo-merge", 1, "--by", "bea") == (0, "The merge 1 is undone.\n  companies: 1 as before\n")
    code, said = run("undo-merge", 1, "--by", "bea")
    assert code == 1
    assert "undone already" in said
    assert "by bea" in run("undo-merge")[1]
