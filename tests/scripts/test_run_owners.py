"""Which runs a coming scheduler may resume: not those of a terminal, and none on another application database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from scripts import environment, local_postgres, run_owners

ELSEWHERE = "postgresql://somebody:secret@elsewhere.example:5433/other"
RUNS = """
insert into dag_run (dag_id, run_id, run_type, triggered_by, state, clear_number, run_after)
values
    ('tiny', 'of a terminal', 'manual', 'TEST', 'running', 0, now()),
    ('tiny', 'of a terminal, cleared by somebody', 'manual', 'TEST', 'running', 1, now()),
    ('tiny', 'scheduled', 'scheduled', 'TIMETABLE', 'running', 0, now()),
    ('tiny', 'by hand', 'manual', 'REST_API', 'queued', 0, now()),
    ('tiny', 'over', 'manual', 'REST_API', 'success', 0, now())
"""


def python(root: Path, *arguments: str, **variables: str) -> str:
    """What a Python with these arguments prints in the checkout."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PROSPECTING"))}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env=clean | variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout


def unfinished(root: Path) -> list[str]:
    with psycopg.connect(local_postgres.url(root / ".local" / "postgres", "airflow")) as connection:
        query = "select run_id from dag_run where state in ('queued', 'running') and end_date is null order by id"
        return [run_id for (run_id,) in connection.execute(query)]


@pytest.fixture
def checkout(tiny_checkout: Path) -> Iterator[Path]:
    """A checkout with a migrated metadata database; it forgets whose runs it holds before and after."""
    python(tiny_checkout, "-m", "scripts.migrate")
    forget(tiny_checkout)
    yield tiny_checkout
    forget(tiny_checkout)


def forget(root: Path) -> None:
    for path in (root / ".local" / "airflow").glob("serves-*"):
        path.unlink()
    with psycopg.connect(local_postgres.url(root / ".local" / "postgres", "airflow")) as connection:
        connection.execute("delete from dag_run")


@pytest.mark.airflow
def test_what_a_scheduler_may_not_resume_is_closed_before_it_starts(checkout: Path) -> None:
    start = ("-m", "scripts.run_owners")
    assert python(checkout, *start) == ""
    with psycopg.connect(local_postgres.url(checkout / ".local" / "postgres", "airflow")) as connection:
        connection.execute(RUNS)
    assert python(checkout, *start, PROSPECTING_DB_URL=ELSEWHERE).splitlines() == [
        "closed 1 run that a killed terminal left: tiny of a terminal",
        "closed 3 runs that began on another database (the embedded database): "
        "tiny of a terminal, cleared by somebody, tiny scheduled, tiny by hand",
    ]
    assert unfinished(checkout) == []
    (noted,) = (checkout / ".local" / "airflow").glob("serves-*")
    assert noted.read_text() == "elsewhere.example:5433/other"


def test_a_database_is_the_same_by_any_of_its_names(tmp_path: Path) -> None:
    keys = {"fernet_key": "f", "jwt_secret": "j", "api_secret_key": "a"}

    def named(url: str) -> str:
        return run_owners.application(environment.compute(tmp_path, {"PROSPECTING_DB_URL": url}, keys))

    assert named("") == "the embedded database"
    assert named(local_postgres.url(tmp_path / ".local" / "postgres", "prospecting")) == "the embedded database"
    assert named("postgresql://a:secret@127.0.0.1/x") == named("postgres://b@localhost:5432/x") == "localhost:5432/x"
    assert named("postgresql://localhost/x") != named("postgresql://localhost/y")


PREPARE = """
from scripts import environment, run_dag
from scripts.locks import scheduler_lock
lock = scheduler_lock(environment.ROOT)
prepared = run_dag.prepare(environment.ROOT, lock)
held = not scheduler_lock(environment.ROOT).acquire(wait=False)
print(environment.database_identity(prepared.metadata_url)[2], held)
"""


@pytest.mark.airflow
def test_a_run_on_another_database_is_kept_where_no_scheduler_finds_it(checkout: Path) -> None:
    assert python(checkout, "-c", PREPARE) == "airflow True\n"
    assert python(checkout, "-c", PREPARE, PROSPECTING_DB_URL=ELSEWHERE) == "airflow_terminal False\n"
    assert python(checkout, "-c", PREPARE) == "airflow True\n"
