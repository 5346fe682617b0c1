"""Airflow's own command line in the environment of this checkout: its home, its metadata database, its connections."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from typing import NoReturn

from scripts import environment, interruption, local_postgres, migrate
from scripts.environment import SetupError


def become_airflow(words: Sequence[str]) -> NoReturn:
    """Replace this process by Airflow's command."""
    os.execve(sys.executable, [sys.executable, "-m", "airflow", *words], os.environ)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m scripts.airflow_command [ARGUMENT ...]`, or the words of ARGS, quoted as in a shell."""
    try:
        words = sys.argv[1:] if arguments is None else list(arguments)
        words = words or shlex.split(os.environ.get("ARGS", ""))
    except ValueError as error:
        print(f"error: ARGS cannot be split into words: {error}", file=sys.stderr)
        return 2
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "WARNING")
    try:
        prepared = environment.prepare()
        os.environ.update(prepared.variables)
        migrate.migrate_metadata(prepared)
    except (SetupError, local_postgres.ServerError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    become_airflow(words)


if __name__ == "__main__":
    sys.exit(interruption.run(main))
