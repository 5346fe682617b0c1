"""Who does not hold a seat, by decision: no answer completes the request for it, whatever it calls them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from sqlalchemy import Engine, text

from prospecting.agents.searches import Answer, Search
from prospecting.agents.steps import Steps
from tests.db.factories import add_companies, evaluate, holders, requests, stored
from tests.db.test_backfill_take_back import Everybody, backfill

EVA = {"name": "Eva Moe", "title": "CEO", "email": "eva@acme.com"}


class Fixed(Everybody):
    """A provider that always answers the same; another one for each number."""

    def __init__(self, people: Sequence[dict[str, str]], number: int) -> None:
        super().__init__()
        self.people, self.provider = people, f"llm{number}"

    def answer(self, search: Search, steps: Steps) -> Answer:
        return Answer(json.dumps({"contacts": self.people}).encode())


@pytest.mark.parametrize(
    "again",
    [
        EVA,
        {**EVA, "linkedin_url": "https://www.linkedin.com/in/eva-moe"},
        {**EVA, "email": "e.moe@acme.com"},
        {**EVA, "name": "Eva Moe-Smith"},
    ],
)
def test_a_refusal_holds_against_later_answers(engine: Engine, again: dict[str, str]) -> None:
    with engine.begin() as connection:
        (acme,) = add_companies(connection, "Acme")
        evaluate(connection, slot_types=("CEO",))
    assert backfill(engine, Fixed([EVA], 1), "run 1")["completed"] == 1
    with engine.begin() as connection:
        evaluate(connection, slot_types=("CEO",))
        connection.execute(
            text(
                "insert into seat_refusals (company_id, slot_type, person_id, refused_by) values (:c, 'CEO', :p, 'ann')"
            ),
            {"c": acme, "s": "CEO", "p": holders(connection, acme)["CEO"]},
        )
        evaluate(connection, slot_types=("CEO",))
    assert backfill(engine, Fixed([again], 2), "run 2") == {
        "completed": 0, "failed": 1, "waiting": 0, "lost": 0, "released": 0,
    }  # fmt: skip
    with engine.begin() as connection:
        evaluate(connection, slot_types=("CEO",))
        assert holders(connection, acme) == {}
        assert len(stored(connection, "persons")) == 1
        assert [row["status"] for row in requests(connection)] == ["completed", "failed", "queued"]
    bea = {"name": "Bea Roe", "title": "Interim CEO"}
    assert backfill(engine, Fixed([again, bea], 3), "run 3")["completed"] == 1
    with engine.begin() as connection:
        evaluate(connection, slot_types=("CEO",))
        assert holders(connection, acme)
