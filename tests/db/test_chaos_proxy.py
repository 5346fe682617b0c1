"""The proxy of `make chaos` knows every COMMIT, and stops the right one on the right side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text

from chaos.proxy import Proxy, Trap
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import engine_for, unit_of_work
from scripts.local_postgres import SOCKET_NAME


@pytest.fixture
def proxy(engine: Engine) -> Iterator[Proxy]:
    folder = engine.url.query.get("host")
    if not isinstance(folder, str):
        pytest.skip("the proxy leads to a Unix socket")
    with Proxy(Path(folder) / SOCKET_NAME, {"companies", "signals"}) as proxy:
        yield proxy


@pytest.fixture
def through(proxy: Proxy, engine: Engine) -> Iterator[Engine]:
    """An engine of the product whose sessions go through the proxy."""
    url = engine.url.set(host="127.0.0.1", port=proxy.port, query={"sslmode": "disable"})
    engine = engine_for(url)
    yield engine
    engine.dispose()


def save(engine: Engine, name: str) -> None:
    with unit_of_work(engine) as connection:
        upsert_companies(connection, [CompanyRow(name)], source_system="test")


def names(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("select name from companies order by 1")).scalars())


def test_commits_are_counted_and_named(proxy: Proxy, through: Engine, engine: Engine) -> None:
    proxy.watch()
    for number in range(8):  # from the sixth time on the driver sends names of prepared statements only
        save(through, f"Alder {number} Works")
    with unit_of_work(through) as connection:
        connection.execute(text("select count(*) from companies"))
    assert proxy.commits == ["companies"] * 8 + ["nothing"]
    assert proxy.busy.is_set()
    assert len(names(engine)) == 8


@pytest.mark.parametrize(("side", "stored"), [("before", ["Alder"]), ("after", ["Alder", "Birch"])])
def test_the_chosen_commit_is_stopped(
    proxy: Proxy, through: Engine, engine: Engine, side: str, stored: list[str]
) -> None:
    sprung: list[list[str]] = []
    trap = Trap(2, side, lambda: sprung.append(names(engine)))  # type: ignore[arg-type]
    proxy.watch(trap)
    save(through, "Alder")
    with pytest.raises(Exception, match="server closed the connection"):
        save(through, "Birch")
    assert trap.sprung == "companies"
    assert sprung == [stored]
    assert names(engine) == stored
    save(through, "Cedar")  # once only
    assert names(engine) == [*stored, "Cedar"]


def test_everything_can_be_cut(proxy: Proxy, through: Engine) -> None:
    with through.connect() as connection:
        connection.execute(text("select 1"))
        proxy.cut_all()
        with pytest.raises(Exception, match="closed") as cut:
            connection.execute(text("select 1"))
    assert isinstance(cut.value.__cause__, psycopg.OperationalError)
