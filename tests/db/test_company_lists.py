"""Lists of companies and persons: pages, how they are read, and how far a page looks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from prospecting.persistence import company_lists, person_lists, portions
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.portions import Found
from tests.db.factories import evaluate
from tests.db.recommending import add_accounts

SIGNAL = "00000000-0000-4000-8000-000000000001"
FOUND = """
insert into events (id, name, name_key, source_system) overriding system value values (1, 'Expo', 'expo', 'test');
insert into event_sponsors (event_id, company_id, source_system) select 1, id, 'test' from companies where id % 3 = 1;
insert into signals (id, name, name_key, type, configuration) values (:signal, 'Signal', 'signal', 'funding', '{}');
insert into signal_executions (signal_id, configuration) values (:signal, '{}'), (:signal, '{}');
insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new)
select x.id, 'company', c.id, false from signal_executions as x cross join companies as c where c.id % 2 = 0;
insert into persons (full_name, name_key, source_system)
select 'Jane ' || row_number() over (order by id), 'jane ' || row_number() over (order by id), 'test' from companies;
insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new)
select x.id, 'person', p.id, false from signal_executions as x cross join persons as p where p.id % 2 = 0;
insert into company_person_roles (company_id, person_id, role_category, source_system)
select (select min(id) from companies), id, 'c_level', 'test' from persons where id % 5 = 0
"""


@pytest.fixture
def listed(connection: Connection) -> Connection:
    rows = [CompanyRow(f"Company {number // 2}", website_url=f"https://c{number}.com") for number in range(23)]
    upsert_companies(connection, rows, source_system="test")
    add_accounts(connection, *(f"c{number}.com" for number in range(23)))
    connection.execute(text("update account_signals set icp_score = 1 + length(account_domain) % 3"))
    connection.execute(
        text(
            "update companies set country = (array['DE', 'FR'])[1 + id % 2], primary_industry = 'Industry ' || id % 3, "
            "account_tier = case when id % 4 = 0 then 'tier1' end, kind = (array['venue', 'company'])[1 + id % 4]"
        )
    )
    evaluate(connection)
    for sql in FOUND.replace(":signal", f"'{SIGNAL}'").split(";"):
        connection.execute(text(sql))
    return connection


def pages(find: Any, filters: Any, connection: Connection, sorting: Any) -> list[int]:
    """The ids of all pages, one after the other."""
    paged: list[int] = []
    after = None
    for _ in range(30):
        found: Found = find(connection, filters, sorting=sorting, after=after, limit=3)
        paged += [row["id"] for row in found.rows]
        if (after := found.next_key) is None:
            return paged
    raise AssertionError("pages without end")


@pytest.mark.parametrize("few", [1, 8, 20_000], ids=["walked", "either", "few"])
@pytest.mark.parametrize("sorting", ["name", "newest", "icp_score"])
def test_pages_end_where_the_next_begin(
    listed: Connection, monkeypatch: pytest.MonkeyPatch, sorting: Any, few: int
) -> None:
    """However few companies are looked at for a page, all of them together are the list, each once."""
    monkeypatch.setattr(portions, "LOOKED_AT", 4)
    monkeypatch.setattr(portions, "PORTION", 2)
    monkeypatch.setattr(portions, "FEW", few)
    stored = listed.execute(text("select count(*) from companies")).scalar_one()
    for number, chosen in (
        (stored, {}),
        (stored, {"slot_type": "CEO", "slot_status": "open"}),
        (stored, {"text": "Company"}),
        (1, {"text": "c7.com"}),
        (None, {"country": "DE"}),
        (None, {"country": "DE", "industry": "Industry 1"}),
        (None, {"industry": "Industry 1", "tier": "tier1", "text": "Company"}),
        (None, {"tier": "tier1", "has_person": False}),
        (None, {"kind": "venue"}),
        (None, {"kind": "company", "country": "DE"}),
        (0, {"kind": "person"}),
        (stored, {"since": datetime(2026, 1, 1, tzinfo=UTC)}),
        (0, {"since": datetime(2226, 1, 1, tzinfo=UTC), "country": "DE"}),
        (None, {"event_id": 1}),
        (None, {"signal_id": SIGNAL, "country": "DE"}),
        (0, {"signal_id": SIGNAL, "event_id": 2}),
    ):
        filters = company_lists.CompanyFilters(**chosen)  # type: ignore[arg-type]
        whole = [
            row["id"] for portion in company_lists.read_companies(listed, filters, sorting=sorting) for row in portion
        ]
        assert number is None or len(whole) == number, chosen
        assert number == 0 or whole, chosen
        assert pages(company_lists.find_companies, filters, listed, sorting) == whole, chosen


@pytest.mark.parametrize("few", [0, 20_000], ids=["walked", "few"])
@pytest.mark.parametrize("sorting", ["name", "newest"])
def test_pages_of_persons_end_where_the_next_begin(
    listed: Connection, monkeypatch: pytest.MonkeyPatch, sorting: Any, few: int
) -> None:
    monkeypatch.setattr(portions, "LOOKED_AT", 4)
    monkeypatch.setattr(portions, "PORTION", 2)
    monkeypatch.setattr(portions, "FEW", few)
    company = listed.execute(text("select min(id) from companies")).scalar_one()
    for chosen in (
        {},
        {"text": "Jane"},
        {"signal_id": SIGNAL},
        {"signal_id": SIGNAL, "text": "Jane 1", "company_id": company},
        {"company_id": company},
    ):
        filters = person_lists.PersonFilters(**chosen)
        whole = [
            row["id"] for portion in person_lists.read_persons(listed, filters, sorting=sorting) for row in portion
        ]
        assert whole, chosen
        assert pages(person_lists.find_persons, filters, listed, sorting) == whole, chosen


def test_a_page_says_how_far_it_looked(listed: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "LOOKED_AT", 4)
    monkeypatch.setattr(portions, "PORTION", 2)
    monkeypatch.setattr(portions, "FEW", 3)
    for chosen, looked_at in (
        ({"has_person": True}, 4),
        ({"has_person": True, "text": "Company 9"}, None),  # how a name begins is in the index of the order
        ({"country": "DE", "tier": "tier2"}, None),  # few are of this tier
        ({"tier": "tier1"}, 4),
    ):
        found = company_lists.find_companies(listed, company_lists.CompanyFilters(**chosen))  # type: ignore[arg-type]
        assert found.looked_at == looked_at, chosen
        assert (found.next_key is not None) == (looked_at is not None)
    monkeypatch.setattr(portions, "FEW", 20_000)
    found = company_lists.find_companies(listed, company_lists.CompanyFilters(tier="tier1"))
    assert found.looked_at is None
    assert len(found.rows) > 4
