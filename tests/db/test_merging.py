"""Two companies or two persons are one from then on, and two as before when that is undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.schema.merging import NOTED
from prospecting.persistence.schema.tables import metadata
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
from tests.db.factories import add_companies, evaluate, ids
from tests.db.researching import insert

NEVER_AS_BEFORE = {"task_attempts", "merges", "account_changes", "seat_changes"}
"""Who did what, and notes of what is to be looked at again."""

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
def runtime(engine: Engine) -> Iterator[Runtime]:
    """What services get, as the role that tasks have."""
    as_app = create_engine(engine.url, poolclass=NullPool, connect_args={"options": "-c role=prospecting_app"})
    yield Runtime(as_app)


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
            "insert into company_person_roles (company_id, person_id, role_title, role_key, role_category, observed_on, "
            "source_system, is_current) values (:acmes, :jane, 'CEO', 'ceo', 'c_level', :new, 't', true), "
            "(:acmes, :jane, 'Founder', 'founder', 'other', null, 't', true), "
            "(:acme, :janes, 'CEO', 'ceo', 'c_level', :old, 't', false), "
            "(:acmes, :bo, 'Treasurer', 'treasurer', 'other', :old, 't', true), "
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
        text("insert into campaign_domains (domain, stem, name_key, company_id) values "
             "('acmesystems.com', 'acme', 'acme', :acmes), ('acmejobs.com', 'acme', 'acme', :acmes)"),
        {"acmes": acmes},
    )
    run(
        text("insert into accounts (account_domain, company_name, company_id) values ('acmesystems.com', 'A', :acmes)"),
        {"acmes": acmes},
    )
    contact = insert(
        connection, "contacts", person_id=jane, company_id=acme, is_primary_contact=True, role="Boss"
    )
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
    for who in ((contact, others), (others,)):
        meeting = add_touchpoint(connection, won, channel="meeting", sent_at=datetime(2026, 1, 7, tzinfo=UTC))
        for each in who:
            run(
                text("insert into touchpoint_participants (touchpoint_id, contact_id) values (:m, :c)"),
                {"m": meeting, "c": each},
            )
    for number, listed in enumerate(((jane, janes), (janes,))):
        promotion = insert(connection, "contact_promotions", airflow_run_id=f"p{number}", params="{}")
        for place, person in enumerate(listed):
            run(
                text(
                    "insert into contact_promotion_items (promotion_id, person_id, company_id, position, source, verdict, "
                    "status, contact_id) values (:promotion, :person, :acmes, :place, 'seat', 'new', 'promoted', :contact)"
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
    run(text("update companies set research_data = '{\"a\": 1}', account_status = 'engaged', size = 'small' where id = :c"),
        {"c": acmes})
    run(text("update companies set research_data = '{\"a\": 2, \"b\": 1}' where id = :c"), {"c": acme})
    evaluate(connection)
    return Filled(acme, acmes, other, jane, janes, bo, contact, others)


def merge(runtime: Runtime, kind: str, survivor: int, merged: int) -> Merged:
    one = merge_companies if kind == "company" else merge_persons
    return one(runtime, survivor, merged, decided_by="ann")


@pytest.mark.parametrize("kind", ["company", "person"])
@pytest.mark.parametrize("is_turned", [False, True])
def test_undone_everything_is_as_before(
    engine: Engine, runtime: Runtime, filled: Filled, kind: str, is_turned: bool
) -> None:
    pair = (filled.acme, filled.acmes) if kind == "company" else (filled.jane, filled.janes)
    survivor, merged = pair[::-1] if is_turned else pair
    before = everything(engine)
    preview = preview_merge(runtime, kind, survivor, merged)
    assert everything(engine) == before, "a preview changes nothing"
    assert preview.refusal is None and preview.suggested_survivor_id == pair[1]

    done = merge(runtime, kind, survivor, merged)
    assert done.is_new and done.dependants == preview.dependants
    between = everything(engine)
    changed = {name for name in before if before[name] != between[name]} - {"merge_changes"}
    print(kind, is_turned, set(NOTED) - changed, changed - set(NOTED))
    print("\n".join(describe_preview(preview)), "\n".join(describe_merged(done)))
    once_more = merge(runtime, kind, survivor, merged)
    assert (once_more.merge, once_more.is_new) == (done.merge, False)
    assert everything(engine) == between

    undone = undo_merge(runtime, done.merge.id, undone_by="bea")
    print("\n".join(describe_undone(done.merge.id, undone)))
    after = everything(engine)
    assert {name: (set(before[name]) ^ set(after[name])) for name in before if before[name] != after[name]} == {}
    assert undone.kept == []
    with pytest.raises(CannotBeUndone, match="undone already"):
        undo_merge(runtime, done.merge.id, undone_by="bea")
