"""After a merge: old ids lead to the survivor, who was left alone still is, and merges are undone in their order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from prospecting.persistence import merge_undoing, merging
from prospecting.persistence.account_graph import find_expansion_targets, get_conversation_context
from prospecting.persistence.briefings import upsert_company_intel_briefing
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.company_facts import find_company_facts
from prospecting.persistence.contacts import get_contact_by_id, make_primary_contact, update_contact
from prospecting.persistence.conversations import (
    create_conversation,
    get_active_conversations,
    get_conversations_by_company,
    get_conversations_by_contact,
    update_conversation,
)
from prospecting.persistence.merging import EntityType
from prospecting.persistence.recommendations import (
    find_recommended,
    find_suppressions,
    find_why_nobody,
    query_recommendations,
    recommend_accounts,
    suppress_account,
    unsuppress_account,
)
from prospecting.persistence.relationships import (
    create_relationship,
    get_colleagues,
    get_contact_relationships,
    get_relationship,
)
from prospecting.persistence.suppressions import Suppression, suppress_addresses
from prospecting.persistence.touchpoints import add_participants
from tests.db.engaging import add_contact, add_conversation, add_relationship, add_touchpoint
from tests.db.factories import an_org, ids, stored
from tests.db.promoting import add_people, add_sponsors, items, plan, someone
from tests.db.recommending import NOW, add_accounts, days_ago, interact

TODAY = NOW.date()


def merge(connection: Connection, kind: EntityType, survivor: int, merged: int) -> int:
    """Merge, as the service does; the number of the merge."""
    merging.lock_pair(connection, kind, survivor, merged)
    assert merging.why_not(connection, kind, survivor, merged) is None
    return merging.merge(connection, kind, survivor, merged, decided_by="ann").id


def undo(connection: Connection, merge_id: int) -> None:
    found = merging.find_merge(connection, merge_id)
    assert found is not None
    assert merge_undoing.find_later_merge(connection, merge_id) is None
    assert merge_undoing.plan_undoing(connection, found)
    assert merge_undoing.apply_undoing(connection, found, undone_by="bea").kept == []


def person_of(connection: Connection, contact_id: UUID) -> int:
    found: int = connection.execute(
        text("select person_id from contacts where id = :id"), {"id": contact_id}
    ).scalar_one()
    return found


def two_companies(connection: Connection) -> tuple[int, int]:
    """Acme at acme.com, and the company at initech.com that turns out to be the same."""
    rows = [CompanyRow("Acme", "acme.com"), CompanyRow("Initech", "initech.com")]
    one, other = ids(upsert_companies(connection, rows, source_system="test").saved)
    add_accounts(connection, "acme.com", "initech.com", icp_score=9)
    connection.execute(
        text("update accounts as a set company_id = c.id from companies as c where c.domain = a.account_domain")
    )
    return one, other


def ranked(connection: Connection, **values: Any) -> list[str]:
    recommend_accounts(connection, on=TODAY, as_of=NOW, exploration_share=0, **values)
    return [row["account_domain"] for row in stored(connection, "account_recommendations", order="rank")]


# ------------------------------------------------------------------------------------------------- who is left alone
@pytest.mark.parametrize(("survivor", "left_alone"), [(0, 1), (1, 0), (0, 0)])
def test_whoever_was_left_alone_still_is(connection: Connection, survivor: int, left_alone: int) -> None:
    companies, domains = two_companies(connection), ("acme.com", "initech.com")
    contact = add_contact(connection, companies[survivor], email="ada@elsewhere.com", is_primary_contact=True)
    colleague = add_contact(connection, companies[survivor], "Bo Poe", title="CFO")
    add_relationship(connection, contact, colleague, strength="strong")
    assert len(find_expansion_targets(connection, contact)) == 1
    assert ranked(connection) == ["acme.com", "initech.com"]
    suppress_account(connection, account_domain=domains[left_alone], reason="never")
    made = merge(connection, "company", companies[survivor], companies[1 - survivor])

    assert query_recommendations(connection, on=TODAY).total == 0, "a list that was made before"
    assert [row["suppressed_because"] for row in find_recommended(connection, on=TODAY)] == ["never", "never"]
    assert ranked(connection) == []
    assert "2 suppressed" in find_why_nobody(connection, as_of=NOW)
    assert get_conversation_context(connection, contact).reason == "the account is suppressed"
    assert find_expansion_targets(connection, contact) == []
    assert [row["company_id"] for row in find_suppressions(connection)] == [companies[survivor]]

    unsuppress_account(connection, account_domain=domains[left_alone])
    suppress_account(connection, account_domain=domains[left_alone], reason="later", until=NOW - timedelta(days=1))
    assert ranked(connection) == ["acme.com"], "one company has one place"
    suppress_account(connection, account_domain=domains[left_alone], reason="never")
    undo(connection, made)
    assert ranked(connection) == [domains[1 - left_alone]]


@pytest.mark.parametrize(("kind", "days"), [("deal_won", 400), ("contacted", 1)])
def test_whoever_was_won_or_touched_under_the_other_domain_is_not_recommended(
    connection: Connection, kind: str, days: float
) -> None:
    one, other = two_companies(connection)
    interact(connection, "initech.com", kind, days_ago(days))
    assert ranked(connection) == ["acme.com"]
    merge(connection, "company", one, other)
    assert ranked(connection) == []
    assert ("2 won" if kind == "deal_won" else "2 ") in find_why_nobody(connection, as_of=NOW)


@pytest.mark.parametrize("kind", ["account", "domain"])
def test_nobody_becomes_a_contact_at_a_company_that_is_left_alone(connection: Connection, kind: str) -> None:
    companies = add_sponsors(connection, {"Acme": "gold", "Initech": "gold"})
    add_people(connection, companies["Acme"], someone("Ada Acme"))
    if kind == "account":
        suppress_account(connection, account_domain="initech.com", reason="never")
    else:
        suppress_addresses(connection, [Suppression("domain", "initech.com", "requested")])
    assert items(connection, plan(connection, "before")[0])["Ada Acme"][:2] == ("new", "proposed")
    merge(connection, "company", companies["Acme"], companies["Initech"])
    promotion, _ = plan(connection, "after")
    assert items(connection, promotion) == {"Ada Acme": ("suppressed", "left_out", f"{kind}_suppressed")}


# ------------------------------------------------------------------------------------------------------- old ids
def test_research_on_either_domain_is_shown_for_the_company(connection: Connection) -> None:
    one, other = two_companies(connection)
    org = an_org(connection)
    for domain in ("acme.com", "initech.com", "hooli.com"):
        upsert_company_intel_briefing(connection, org_id=org, company_domain=domain, raw_parallel_output={"a": 1})
    merge(connection, "company", one, other)
    facts = find_company_facts(connection, one)
    assert facts is not None
    assert [found["kind"] for found in facts.briefings] == ["company", "company"]


def test_the_id_of_a_merged_contact_leads_to_the_survivors(connection: Connection) -> None:
    one, other = two_companies(connection)
    kept = add_contact(connection, one, "Ada Lovelace", email="ada@acme.com")
    old = add_contact(connection, other, "Ada King", email="ada@initech.com")
    bo = add_contact(connection, one, "Bo Poe")
    merge(connection, "person", person_of(connection, kept), person_of(connection, old))
    merge(connection, "company", one, other)

    talk = create_conversation(connection, old, other)
    assert (talk.contact_id, talk.company_id) == (kept, one)
    assert update_conversation(connection, talk.id, {"contact_id": old, "company_id": other}) == talk
    assert [found.id for found in get_conversations_by_contact(connection, old)] == [talk.id]
    assert [found.id for found in get_conversations_by_company(connection, other)] == [talk.id]
    assert [found.conversation_id for found in get_active_conversations(connection, other)] == [talk.id]
    meeting = add_touchpoint(connection, add_conversation(connection, bo, one), channel="meeting", sent_at=NOW)
    assert [add_participants(connection, meeting, named) for named in ([old], [kept])] == [1, 0]

    related = create_relationship(connection, old, bo, "colleagues", "strong")
    assert related.contact_id_1 == kept
    assert create_relationship(connection, kept, bo, "colleagues", "strong") == related
    assert get_relationship(connection, bo, old) == related
    assert get_contact_relationships(connection, old) == [related]
    assert [found["colleague_id"] for found in get_colleagues(connection, old)] == [bo]
    assert [target.contact.id for target in find_expansion_targets(connection, old)] == [bo]
    context = get_conversation_context(connection, old)
    assert context == get_conversation_context(connection, kept)
    assert [found.id for found in context.conversations.active] == [talk.id]
    with pytest.raises(ValueError, match="one since a merge"):
        create_relationship(connection, old, kept, "colleagues")

    assert make_primary_contact(connection, old).id == kept
    assert update_contact(connection, old, {"status": "unsubscribed"}).id == kept
    now = get_contact_by_id(connection, kept)
    assert now is not None
    assert (now.status, now.is_primary_contact) == ("unsubscribed", True), "who says so under the old id is heard"


# ---------------------------------------------------------------------------------------------------------- in order
def test_rows_that_would_come_back_to_somebody_merged_since_wait_for_that_to_be_undone(connection: Connection) -> None:
    """The first merge drops what both have; a later one merges whom that is about, and touches no row of the first."""
    rows = [CompanyRow(name, f"{name.lower()}.com") for name in ("Acme", "Initech", "Hooli", "Umbra")]
    acme, initech, hooli, umbra = ids(upsert_companies(connection, rows, source_system="test").saved)
    ada = add_people(connection, acme, someone("Ada Lovelace"))[0]
    connection.execute(
        text(
            "insert into company_person_roles (company_id, person_id, role_title, role_key, role_category, observed_on,"
            " source_system, is_current) select :initech, person_id, role_title, role_key, role_category, observed_on, "
            "source_system, is_current from company_person_roles"
        ),
        {"initech": initech},
    )
    twin = add_people(connection, hooli, someone("Ada King"))[0]
    connection.execute(
        text(
            "insert into merge_candidates (entity_type, left_id, right_id, reason, evidence) values "
            "('company', :one, :hooli, 'same_name', '{}'), ('company', :other, :hooli, 'same_name', '{}')"
        ),
        {"one": acme, "other": initech, "hooli": hooli},
    )
    before = everything(connection)
    first = merge(connection, "company", acme, initech)
    for kind, survivor, merged in (("person", twin, ada), ("company", umbra, hooli)):
        between = everything(connection)
        later = merge(connection, kind, survivor, merged)  # type: ignore[arg-type]
        assert merge_undoing.find_later_merge(connection, first) == later
        undo(connection, later)
        assert everything(connection) == between
    undo(connection, first)
    assert everything(connection) == before

    # Whom a dropped relationship leads to.
    contacts = [add_contact(connection, acme, name) for name in ("Cy Roe", "Di Roe", "Ed Roe", "Flo Roe")]
    cy, di, ed, flo = (person_of(connection, contact) for contact in contacts)
    add_relationship(connection, contacts[0], contacts[2])
    add_relationship(connection, contacts[1], contacts[2])
    first = merge(connection, "person", cy, di)
    later = merge(connection, "person", flo, ed)
    assert merge_undoing.find_later_merge(connection, first) == later


def everything(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """What the merges here write to, row by row."""
    tables = ("companies", "persons", "company_person_roles", "merge_candidates", "contacts")
    return {table: stored(connection, table) for table in tables}
