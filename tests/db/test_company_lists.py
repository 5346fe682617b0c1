"""Lists of companies: pages, and how far a page looks."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, text

from prospecting.persistence import company_lists, portions
from prospecting.persistence.companies import CompanyRow, upsert_companies
from tests.db.factories import evaluate
from tests.db.recommending import add_accounts


@pytest.mark.parametrize("sorting", ["name", "newest", "icp_score"])
@pytest.mark.parametrize("chosen", [{}, {"slot_type": "CEO", "slot_status": "open"}], ids=["all", "asked of each"])
def test_pages_end_where_the_next_begin(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, sorting: Any, chosen: dict[str, str]
) -> None:
    """However few companies are looked at for a page, all of them together are the list, each once."""
    monkeypatch.setattr(portions, "LOOKED_AT", 4)
    monkeypatch.setattr(portions, "PORTION", 2)
    rows = [CompanyRow(f"Company {number // 2}", website_url=f"https://c{number}.com") for number in range(23)]
    upsert_companies(connection, rows, source_system="test")
    add_accounts(connection, *(f"c{number}.com" for number in range(23)))
    connection.execute(text("update account_signals set icp_score = 1 + length(account_domain) % 3"))
    evaluate(connection)
    stored = list(connection.execute(text("select id from companies order by id")).scalars())
    filters = company_lists.CompanyFilters(**chosen)  # type: ignore[arg-type]
    listed = [
        row["id"] for portion in company_lists.read_companies(connection, filters, sorting=sorting) for row in portion
    ]
    assert sorted(listed) == stored
    paged: list[int] = []
    after = None
    for _ in range(30):
        found = company_lists.find_companies(connection, filters, sorting=sorting, after=after, limit=3)
        paged += [row["id"] for row in found.rows]
        if (after := found.next_key) is None:
            break
    assert paged == listed


def test_a_page_says_how_far_it_looked(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "LOOKED_AT", 4)
    monkeypatch.setattr(portions, "PORTION", 2)
    upsert_companies(connection, [CompanyRow(f"Company {number}") for number in range(9)], source_system="test")
    found = company_lists.find_companies(connection, company_lists.CompanyFilters(has_person=True))
    assert (found.rows, found.looked_at) == ([], 4)
    assert found.next_key is not None
