"""A checkout of its own for the commands: a tiny bundle beside the real package, migrations and scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import local_postgres

ROOT = Path(__file__).resolve().parents[2]

TINY = '''
"""Squares numbers."""
import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Param, get_current_context, task

with DAG(
    "tiny",
    schedule=None,
    params={
        "n": Param(2, type="integer", minimum=1),
        "mood": Param("good", enum=["good", "flaky", "bad"]),
        "sleep": Param(0, type="integer"),
        "wait_for": Param(None, type=["null", "string"], description="a file"),
    },
):

    @task
    def numbers(params=None):
        time.sleep(params["sleep"])
        while params["wait_for"] and not Path(params["wait_for"]).exists():
            time.sleep(0.05)
        return list(range(params["n"]))

    @task(map_index_template="{{ label }}", retries=1, retry_delay=timedelta(seconds=0))
    def square(x, params=None):
        context = get_current_context()
        context["label"] = f"number {x}"
        print("a lot of noise")
        if params["mood"] == "bad" or (params["mood"] == "flaky" and context["ti"].try_number == 1):
            raise ValueError("it does not want to\\nand here is why, at length")
        return x * x

    @task
    def database():
        from airflow.providers.postgres.hooks.postgres import PostgresHook
        from sqlalchemy import text

        hook = PostgresHook("prospecting_db")
        with hook.get_sqlalchemy_engine().connect() as connection:
            by_engine = connection.execute(text("select current_database()")).scalar()
        if (by_engine, hook.get_first("select current_database()")[0]) != ("prospecting", "prospecting"):
            raise RuntimeError("the connection leads elsewhere")

    square.expand(x=numbers()) >> database()
'''

# Makes the terminal on its standard input its own, as a login shell does, and becomes the command.
IN_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture(scope="session")
def tiny_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout with one DAG named `tiny`, in a folder with a space; its server is stopped at the end."""
    root = tmp_path_factory.mktemp("tiny bundle")
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "dags").mkdir()
    (root / "dags" / "tiny.py").write_text(TINY)
    for name in ("plugins", "migrations", "include", "alembic.ini"):
        (root / name).symlink_to(ROOT / name)
    yield root
    local_postgres.stop(root / ".local" / "postgres")
