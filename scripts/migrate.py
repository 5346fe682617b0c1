"""Bring the application database and Airflow's metadata database to the version this checkout needs."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from scripts import environment, interruption, local_postgres
from scripts.environment import Environment, SetupError

ADVISORY_KEY = 7_316_224_801  # any constant: one migration of a database at a time, from whatever machine


@contextlib.contextmanager
def one_at_a_time(url: str) -> Iterator[None]:
    """Hold an advisory lock in the metadata database at `url` (libpq).

    Raises:
        SetupError: the database cannot be reached; the message carries no password.
    """
    import psycopg

    from prospecting.persistence.database import application_url
    from prospecting.persistence.database_rights import unreachable

    try:
        connection = psycopg.connect(url, connect_timeout=15, autocommit=True)
    except psycopg.Error as error:
        raise SetupError(f"Airflow's metadata: {unreachable(error, application_url(url))}") from None
    with connection:
        connection.execute("select pg_advisory_lock(%s)", (ADVISORY_KEY,))
        yield


def migrate_application(prepared: Environment) -> None:
    """Run Alembic's upgrade to head; a fraction of a second when the database is there already.

    Raises:
        SetupError: the database cannot be reached, or this login may not migrate it; the message names the remedy.
    """
    from prospecting.cli import CommandFailed, migrate

    try:
        migrate(prepared.application_url)
    except CommandFailed as error:
        raise SetupError(str(error)) from None


def metadata_stamp(prepared: Environment) -> dict[str, str]:
    """The versions a metadata database was migrated with; equal means there is nothing to do."""
    pools = (prepared.root / "include" / "pools.json").read_bytes()
    return {
        "airflow": importlib.metadata.version("apache-airflow-core"),
        "pools": hashlib.sha256(pools).hexdigest(),
        "database": hashlib.sha256(prepared.metadata_url.encode()).hexdigest(),
    }


def metadata_revision(prepared: Environment) -> str | None:
    """The schema version the metadata database says it has; None when empty or not Postgres."""
    import psycopg

    if not prepared.metadata_url.startswith("postgres"):
        return None
    with (
        contextlib.suppress(psycopg.Error),
        psycopg.connect(environment.plain_url(prepared.metadata_url)) as connection,
    ):
        row = connection.execute("select version_num from alembic_version").fetchone()
        return str(row[0]) if row else None
    return None


def migrate_metadata(prepared: Environment) -> bool:
    """Create or upgrade Airflow's metadata database and its pools; True when there was something to do.

    The environment must be in `os.environ` before Airflow is first imported. A stamp beside the secrets spares the
    import (seconds) when nothing changed; the database's own version is compared too, so a new database is noticed.
    """
    digest = hashlib.sha256(prepared.metadata_url.encode()).hexdigest()[:12]
    path = prepared.local / "airflow" / f"migrated-{digest}.json"
    stamp: dict[str, str | None] = {**metadata_stamp(prepared)}

    def done() -> bool:
        with contextlib.suppress(OSError, ValueError):
            revision = metadata_revision(prepared)
            return revision is not None and json.loads(path.read_text()) == {**stamp, "revision": revision}
        return False

    if done():
        return False
    postgres = prepared.metadata_url.startswith("postgres")
    lock = one_at_a_time(environment.plain_url(prepared.metadata_url)) if postgres else contextlib.nullcontext()
    with lock:
        if done():
            return False
        print("preparing Airflow's metadata database (up to a minute, once) ...", file=sys.stderr, flush=True)
        _initialise_metadata(prepared.root / "include" / "pools.json")
        path.write_text(json.dumps({**stamp, "revision": metadata_revision(prepared)}))
    return True


def _initialise_metadata(pools: Path) -> None:
    from airflow.models.pool import Pool
    from airflow.utils import db

    db.initdb()
    for name, pool in json.loads(pools.read_text()).items():
        Pool.create_or_update_pool(
            name=name,
            slots=pool["slots"],
            description=pool["description"],
            include_deferred=pool["include_deferred"],
        )


def run(prepared: Environment) -> None:
    """Put the environment into effect in this process and migrate both databases.

    Raises:
        SetupError: a database cannot be reached.
    """
    os.environ.update(prepared.variables)
    os.chdir(prepared.root)
    migrate_application(prepared)
    migrate_metadata(prepared)


def main() -> int:
    """`python -m scripts.migrate`."""
    started = time.monotonic()
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "WARNING")
    try:
        run(environment.prepare())
    except (SetupError, local_postgres.ServerError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"the databases are up to date ({time.monotonic() - started:.1f} s)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(interruption.run(main))
