"""Pairs in doubt: merged and undone, told apart and doubted again, put off, from pages."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlalchemy import Engine, text

from tests.db.factories import add_companies, add_person, content
from tests.web.test_overview import words

pytestmark = pytest.mark.airflow


def doubt(engine: Engine) -> tuple[int, int]:
    """Two companies that may be one, each with somebody."""
    with engine.begin() as connection:
        acme, other = add_companies(connection, "Smith & Sons", "Smith Industries")
        add_person(connection, acme, "Jane Roe", "CEO")
        add_person(connection, other, "John Doe", "CFO")
        connection.execute(
            text(
                "insert into merge_candidates (entity_type, left_id, right_id, reason, evidence) "
                "values ('company', :left, :right, 'same_name', '{}')"
            ),
            {"left": acme, "right": other},
        )
    return acme, other


def test_a_merge_is_previewed_made_and_undone(user: httpx.Client, viewer: httpx.Client, engine: Engine) -> None:
    acme, other = doubt(engine)
    said = words(viewer.get("/review"))
    assert "Smith &amp; Sons and Smith Industries" in said
    assert "They are two" not in said
    preview = words(user.get(f"/review/company/{acme}/{other}"))
    assert re.search(r"company person roles 1 0 0", preview), preview
    tables = ("companies", "company_person_roles", "persons", "merge_candidates")
    with engine.connect() as connection:
        before = content(connection, *tables)

    pair = {"entity_type": "company", "survivor_id": acme, "merged_id": other}
    assert viewer.post("/review/merge", data=pair, headers={"Origin": user.headers["Origin"]}).status_code == 403
    assert user.post("/review/merge", data={**pair, "survivor_id": other}).status_code == 409
    merged = user.post("/review/merge", data=pair)
    assert merged.status_code == 303
    with engine.connect() as connection:
        assert connection.execute(text("select merged_into_id from companies order by id")).scalars().all() == [
            None,
            acme,
        ]
        (merge_id,) = connection.execute(text("select id from merges")).scalars()
    shown = words(user.get("/review?said=merged"))
    assert f"company {other} into {acme}" in shown
    assert "No pair is in doubt" in shown

    assert user.post("/review/undo", data={"merge_id": merge_id}).status_code == 303
    with engine.connect() as connection:
        assert content(connection, *tables) == before
    again = user.post("/review/undo", data={"merge_id": merge_id})
    assert again.status_code == 409
    assert "Nothing was changed" in again.text


def test_a_judgement_stands_until_it_is_taken_back(user: httpx.Client, engine: Engine) -> None:
    acme, other = doubt(engine)
    pair = {"entity_type": "company", "one_id": acme, "other_id": other}

    def statuses() -> list[tuple[str, str | None]]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text("select status, decided_by from merge_candidates"))]

    for verdict, expected in (("later", "open"), ("distinct", "distinct")):
        assert user.post("/review/judge", data={**pair, "verdict": verdict}).status_code == 303
        assert statuses() == [(expected, "user")]
    refused = user.post("/review/merge", data={"entity_type": "company", "survivor_id": acme, "merged_id": other})
    assert refused.status_code == 409
    assert "In doubt again" in words(user.get("/review"))
    assert user.post("/review/judge", data={**pair, "verdict": "open"}).status_code == 303
    assert statuses() == [("open", None)]
    assert user.post("/review/judge", data={**pair, "verdict": "perhaps"}).status_code == 400
    assert user.get(f"/review/company/{acme}/{10**9}").status_code == 404
