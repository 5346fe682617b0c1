"""`prospecting migrate` on real databases: empty, migrated, and of somebody else."""

from __future__ import annotations

import psycopg
import pytest
from alembic.script import ScriptDirectory

from prospecting import cli
from prospecting.resources import bundle_folder

HEAD = ScriptDirectory(str(bundle_folder() / "migrations")).get_current_head()


def test_an_empty_database_gets_every_table_and_a_second_time_changes_nothing(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROSPECTING_DB_URL", empty_database)
    assert cli.main(["migrate"]) == 0
    assert capsys.readouterr().out.endswith(f" migrated from empty to {HEAD}\n")
    with psycopg.connect(empty_database) as connection:
        tables = connection.execute("select to_regclass('companies'), to_regclass('agent_calls')").fetchone()
        assert tables == ("companies", "agent_calls")
        connection.execute("insert into orgs (name, slug) values ('kept', 'kept')")
    assert cli.main(["migrate"]) == 0
    assert capsys.readouterr().out.endswith(f" is at version {HEAD} already\n")
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select count(*) from orgs where name = 'kept'").fetchone() == (1,)


def test_a_database_of_something_else_is_left_alone(empty_database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Airflow's own database has a table of that name, too."""
    with psycopg.connect(empty_database) as connection:
        connection.execute("create table alembic_version (version_num text)")
        connection.execute("insert into alembic_version values ('a1b2c3d4e5f6')")
    assert cli.main(["migrate", "--db-url", empty_database]) == 1
    assert "one of its own" in capsys.readouterr().err
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select to_regclass('companies')").fetchone() == (None,)
