"""CSV: every list has one, no cell of it is a formula, and whoever goes away leaves nothing open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import HTTPException
from sqlalchemy import Engine, text

from prospecting.web.listing import Column, cell, csv_answer
from tests.web.conftest import ApiServer

pytestmark = pytest.mark.airflow


@pytest.mark.parametrize(
    "start",
    [
        "",
        " ",
        "\t",
        "\r",
        "\n",
        "\v",
        "\u00a0",
        "\u3000",
        "\ufeff",
        "\u200b",
        "\u202e",
        "\u2066",
        "\u00ad",
        " \n\u200f",
    ],
)
def test_a_text_that_a_spreadsheet_takes_for_a_formula_is_led_by_an_apostrophe(start: str) -> None:
    for sign in "=+-@\uff1d\uff0b\uff0d\uff20":
        value = f"{start}{sign}HYPERLINK(1)"
        assert cell(value) == f"'{value}", repr(value)
    assert cell(["=1", "2"]) == "'=1; 2"


def test_other_values_stay_as_they_are() -> None:
    for value in ("Ärzte", "a=b", "1+1", "", "\u2013", " a", "\u202eabc", -5, Decimal("-0.5"), 1.5):
        assert cell(value) == value, repr(value)
    assert [cell(value) for value in (None, True, False, date(2027, 1, 2))] == ["", "yes", "no", "2027-01-02"]
    for value in ("\tx", "\rx", "\nx"):
        assert cell(value) == f"'{value}"


def test_a_download_begins_when_the_database_has_answered() -> None:
    opened: list[str] = []

    @contextmanager
    def database() -> Iterator[Any]:
        opened.append("open")
        try:
            yield None
        finally:
            opened.append("closed")

    def refused(connection: Any) -> Iterator[Any]:
        raise HTTPException(503, "does not answer")

    columns = [Column("name", "Name")]
    with pytest.raises(HTTPException, match="does not answer"):
        csv_answer("x", columns, database, refused)
    assert opened == ["open", "closed"]
    answer = csv_answer("x", columns, database, lambda connection: iter([[{"name": "a"}], [{"name": "b"}]]))
    assert opened[2:] == ["open"]
    del answer  # nobody reads on
    assert opened[2:] == ["open", "closed"]


def test_every_list_has_its_download_and_leaves_nothing_open(
    viewer: httpx.Client, server: ApiServer, engine: Engine, world: dict[str, int]
) -> None:
    with engine.begin() as connection:
        for other, by in (("=1+1", None), ("Zeta", "=ann")):
            connection.execute(
                text(
                    "insert into merge_candidates (entity_type, left_id, right_id, reason, evidence, decided_by, "
                    "decided_at) values ('company', :left, :right, 'same_name', '{}', cast(:by as text), "
                    "case when cast(:by as text) is not null then now() end)"
                ),
                {"left": world["Acme"], "right": world[other], "by": by},
            )
        connection.execute(
            text("insert into companies (name, name_key, source_system) "
                 "select 'Bulk ' || n, 'bulk ' || n, 'test' from generate_series(1, 4000) as n")
        )  # fmt: skip
    for path, rows in (
        ("/companies.csv?text=Acme", 1), ("/people.csv", 3), ("/briefings.csv", 1), ("/recommended.csv", 0),
        ("/suppressed.csv", 0), ("/ledger.csv", 0), ("/signals.csv", 1), ("/models.csv", 1), ("/review.csv", 2),
        ("/review.csv?entity_type=person", 0), ("/companies.csv?text=nobody", 0),
    ):  # fmt: skip
        answer = viewer.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), path
        lines = answer.text.splitlines()
        assert len(lines) >= rows + 1 if rows else len(lines) == 1, (path, lines)
        assert lines[0].startswith("\ufeff"), path
    pairs = viewer.get("/review.csv").text.splitlines()
    assert pairs[1].split(",")[:5] == ["company", str(world["Acme"]), "Acme", str(world["=1+1"]), "'=1+1"]
    assert "'=ann" in pairs[2]

    for _ in range(20):
        with viewer.stream("GET", "/companies.csv") as answer:
            next(answer.iter_raw())
    # A pool of 15 would have nothing left for this.
    assert viewer.get("/companies").status_code == 200
