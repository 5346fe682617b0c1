"""A refresh of what changed comes to the same as one of everything, whatever changed."""

from __future__ import annotations

import itertools
import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from prospecting.persistence.feature_refreshes import Counters, Refresh, plan_chunks, refresh_chunk
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.statements import statement
from tests.clock import days_ago
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import evaluate, write_companies, write_events, write_persons
from tests.db.refreshing import (
    briefing,
    click,
    grow_older,
    icp_title,
    person_briefing,
    refresh,
    research,
    settle,
    signal,
    sponsor,
    start,
)

JANE = "https://www.linkedin.com/in/jane-doe"
ACME, UMBRELLA = (f"(select id from companies where domain = '{name}.com')" for name in ("acme", "umbrella"))
LATER = "now() - interval '20 days'"
KEPT = "(select id from companies where name = 'Kept')"
_BRIEFING = "org_id, client_company_name, raw_parallel_output, created_at"

# Each changes what is known of an account. :at is a day that months have begun after.
CHANGES: dict[str, list[str]] = {
    "prospect_intelligence_runs": [
        "insert into prospect_intelligence_runs (account_domain, website_url, run_status, icp_score, created_at, "
        "known_at) values ('acme.com', 'https://acme.com', 'success', 3, :at, :at)",
        "update prospect_intelligence_runs set icp_score = 1 where account_domain = 'acme.com'",
        "update prospect_intelligence_runs set account_domain = 'umbrella.com' where account_domain = 'acme.com'",
        "update prospect_intelligence_runs set known_at = now() where account_domain = 'acme.com'",
        "delete from prospect_intelligence_runs",
    ],
    "user_interactions": [
        "insert into user_interactions (user_id, account_domain, interaction_type, created_at) "
        "select id, 'umbrella.com', 'viewed', :at from users limit 1",
        "insert into user_interactions (user_id, account_domain, interaction_type, created_at, known_at) "
        "select id, 'new.com', 'deal_won', :at, :at from users limit 1",
        "delete from users",
    ],
    "events": [
        "update events set start_dt = start_dt + 9, end_dt = null",
        "update events set start_dt = null, end_dt = null",
        f"update events set dates_recorded_at = {LATER}",
        "delete from events",
    ],
    "event_sponsors": [
        "insert into event_sponsors (event_id, company_id, source_system, created_at) "
        f"select id, {UMBRELLA}, 'tests', :at from events where id = (select min(id) from events)",
        f"delete from event_sponsors where company_id = {KEPT}",
        "update event_sponsors set tier_rank = 1",
        f"update event_sponsors set company_id = {UMBRELLA} where company_id = {ACME}",
        "delete from event_sponsors",
    ],
    "signals": ["update signals set type = 'funding'", "update signals set type = 'conference'", "delete from signals"],
    "signal_executions": [
        "with other as (insert into signals (name, name_key, type, configuration) values ('O', 'o', 'funding', '{}') "
        "returning id) update signal_executions set signal_id = other.id from other",
        "delete from signal_executions",
    ],
    "signal_execution_entities": [
        "insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new, created_at) "
        f"select id, 'company', {UMBRELLA}, false, :at from signal_executions",
        f"update signal_execution_entities set entity_id = {KEPT} where entity_type = 'company'",
        "delete from signal_execution_entities",
    ],
    "slot_transitions": [
        "update company_slot set person_unique_id = null, filled_at = null, filled_by = null, confidence_score = null",
        "delete from company_slot",
    ],
    "company_intel_briefings": [
        f"insert into company_intel_briefings (company_domain, source_pipeline_run_id, {_BRIEFING}) "
        "select 'umbrella.com', source_pipeline_run_id, org_id, 'Other', '{}', :at from company_intel_briefings",
        "update company_intel_briefings set company_domain = 'umbrella.com'",
        "delete from company_intel_briefings",
    ],
    "company_person_roles": [
        "insert into company_person_roles (company_id, person_id, role_category, source_system, created_at) "
        f"select {KEPT}, id, 'other', 'tests', :at from persons where linkedin_url = '{JANE}'",
        "update company_person_roles set is_current = false",
        f"update company_person_roles set company_id = {KEPT} where company_id = {ACME}",
        f"update company_person_roles set created_at = {LATER}",
        "delete from company_person_roles",
    ],
    "persons": [
        f"update persons set linkedin_url = linkedin_url || '-2' where linkedin_url = '{JANE}'",
        "with gone as (update persons set linkedin_url = null where linkedin_url is not null returning id) "
        "select count(*) from gone",
        f"update persons set linkedin_recorded_at = {LATER}",
        f"delete from persons where linkedin_url = '{JANE}'",
    ],
    "person_intel_briefings": [
        f"insert into person_intel_briefings (person_full_name, person_linkedin_url, {_BRIEFING}) "
        f"select 'Jane Doe', '{JANE}', org_id, 'Other', '{{}}', :at from person_intel_briefings limit 1",
        "update person_intel_briefings set person_linkedin_url = person_linkedin_url || '-2'",
        f"update person_intel_briefings set person_linkedin_url = '{JANE}'",
        "delete from person_intel_briefings",
    ],
    "extracted_icp_job_title_details": [
        "insert into extracted_icp_job_title_details (org_id, source_icp_job_titles_id, company_domain, title, "
        "created_at) select org_id, source_icp_job_titles_id, company_domain, 'CTO', :at "
        "from extracted_icp_job_title_details",
        "update extracted_icp_job_title_details set company_domain = 'umbrella.com'",
        "delete from extracted_icp_job_title_details",
    ],
    "contacts": [
        f"insert into contacts (person_id, company_id) select id, {KEPT} from persons where linkedin_url = '{JANE}'",
        f"update contacts set company_id = {UMBRELLA}",
        f"update contacts set company_id = {KEPT}",
        "update contacts set is_decision_maker = not is_decision_maker",
        "delete from contacts",
        "delete from contacts where id not in (select contact_id from conversations)",
    ],
    "conversations": [
        f"update conversations set company_id = {UMBRELLA}",
        "delete from conversations",
    ],
    "conversation_transitions": ["update conversations set status = 'won'"],
    "touchpoints": [
        "insert into touchpoints (conversation_id, channel, direction, sent_at, created_at) "
        "select id, 'email', 'outbound', :at, :at from conversations",
        "update touchpoints set replied_at = :at",
        "update touchpoints set replied_at = null",
        "update touchpoints set sent_at = :at",
        "update touchpoints set sent_at = null",
        f"update touchpoints set created_at = {LATER}",
        f"update touchpoints set sent_recorded_at = {LATER}",
        "delete from touchpoints",
    ],
    "companies": [
        "update companies set domain = 'moved.com' where domain = 'acme.com'",
        f"update companies set merged_into_id = {KEPT} where domain = 'acme.com'",
        "update companies set merged_into_id = null where domain = 'old.com'",
        "update companies set name = 'Nameless, named' where domain = 'nameless.com'",
        "insert into companies (name, name_key, domain, source_system) values ('New', 'new', 'new.com', 'tests')",
        "insert into companies (name, name_key, domain, merged_into_id, source_system) "
        f"values ('New', 'new', 'new.com', {ACME}, 'tests')",
        "delete from companies where domain = 'acme.com'",
        "delete from companies where domain = 'old.com'",
    ],
}


@pytest.fixture
def previous(engine: Engine) -> Refresh:
    """Accounts with something from every source, known for months, and the refresh that has read all of it."""
    with engine.begin() as connection:
        acme, *_ = write_companies(connection)
        write_persons(connection)
        evaluate(connection)
        for domain, name in (
            ("umbrella.com", "Umbrella"),
            ("old.com", "Old"),
            (None, "Kept"),
            ("nameless.com", "nameless.com"),
        ):
            values = {"domain": domain, "name": name, "key": name.lower()}
            connection.execute(
                text(
                    "insert into companies (name, name_key, domain, source_system) "
                    "values (:name, :key, :domain, 'tests')"
                ),
                values,
            )
        connection.execute(text(f"update companies set merged_into_id = {KEPT} where domain = 'old.com'"))
        kept = connection.execute(text(f"select {KEPT}")).scalar_one()
        for number, event in enumerate(write_events(connection)):
            sponsor(connection, acme, event, days_ago(1), tier_rank=number + 2)
            sponsor(connection, kept, event, days_ago(1), tier_rank=number + 2)
        signal(connection, acme, "hiring", days_ago(1))
        for domain in ("acme.com", "old.com", "nameless.com", "new.com"):
            click(connection, domain, when=days_ago(1))
        research(connection, "acme.com", days_ago(1), icp_score=8)
        briefing(connection, "acme.com", days_ago(1))
        for profile in (JANE, "https://www.linkedin.com/in/somebody-else"):
            person_briefing(connection, profile, days_ago(1))
        icp_title(connection, "acme.com", days_ago(1))
        add_contact(connection, acme, "Grace Hopper")
        conversation = add_conversation(connection, add_contact(connection, acme, is_decision_maker=True), acme)
        add_touchpoint(connection, conversation, sent_at=days_ago(1), replied_at=days_ago(1))
    with engine.begin() as connection:
        grow_older(connection, 70, CHANGES)
    with engine.connect() as connection:
        previous, _ = refresh(connection)
        settle(connection)
    return previous


def tables_read() -> set[str]:
    """The tables that the statements about features name."""
    named = set()
    for name in ("compute_features", "target_signals", "target_snapshots"):
        found = statement(f"feature_refreshes/{name}").text
        named |= set(re.findall(r"\b(?:from|join)\s+([a-z_]+)", re.sub(r"--.*", "", found)))
    return named & set(metadata.tables)


def test_every_table_that_features_are_made_of_is_changed_here() -> None:
    assert tables_read() - {"accounts", "account_signals"} == set(CHANGES)


def apart(engine: Engine, previous: Refresh, changes: list[str], at: float) -> Counters:
    """What the incremental refresh wrote, after which the full one has nothing to write. All of it is undone."""
    with engine.connect() as connection:
        for change in changes:
            # What a constraint refuses after other changes has not happened.
            with suppress(IntegrityError), connection.begin_nested():
                connection.execute(text(change), {"at": days_ago(at)} if ":at" in change else {})
        written = refresh_later(connection, previous)
        shown = accounts(connection)
        again = refresh_later(connection, None)
        assert (again.signals_written, again.snapshots_written) == (0, 0), changes
        assert accounts(connection) == shown, changes
        connection.rollback()
        return written


def refresh_later(connection: Connection, previous: Refresh | None) -> Counters:
    """An hour from now, when what is written within this transaction lies in the past."""
    started = start(connection, previous.watermark.as_dict() if previous else None)
    later = started.watermark.as_of + timedelta(hours=1)
    started = replace(started, watermark=replace(started.watermark, as_of=later))
    chunks = plan_chunks(connection, started, chunk_size=1000)
    return Counters.total(refresh_chunk(connection, started, chunk).as_dict() for chunk in chunks)


def accounts(connection: Connection) -> list[Any]:
    known = "account_domain, company_id, company_name, last_research_at, last_icp_score"
    return list(connection.execute(text(f"select {known} from accounts order by account_domain")))


def test_a_change_of_any_source_is_refreshed_as_if_everything_were(engine: Engine, previous: Refresh) -> None:
    for change in itertools.chain.from_iterable(CHANGES.values()):
        written = apart(engine, previous, [change], 65)
        assert written.signals_written + written.snapshots_written, change


def test_changes_of_all_kinds_at_once_are_too(engine: Engine, previous: Refresh) -> None:
    random = Random(1)
    every = list(itertools.chain.from_iterable(CHANGES.values()))
    for _ in range(5):
        apart(engine, previous, random.sample(every, 6), random.uniform(0, 100))
