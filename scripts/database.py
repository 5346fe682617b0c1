"""The application database on the command line: print its URL, or open psql on it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from scripts import environment, interruption, local_postgres


def psql_program() -> str:
    """The psql of the embedded PostgreSQL, else the machine's own.

    Raises:
        SetupError: there is neither.
    """
    try:
        bundled = local_postgres.binaries() / "psql"
    except local_postgres.ServerError:
        bundled = Path("missing")
    program = str(bundled) if os.access(bundled, os.X_OK) else shutil.which("psql")
    if program is None:
        raise environment.SetupError("psql is not installed; use any client on the URL that `make db-url` prints")
    return program


def open_psql(program: str, url: str, statement: str) -> NoReturn:
    """Become psql on the database at `url`, running `statement` when there is one."""
    options = ["-X", "-v", "ON_ERROR_STOP=1", "-c", statement] if statement.strip() else []
    # Anyone can read a process's arguments: the password goes in by the environment.
    address, password = environment.without_password(url)
    variables = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    os.execve(program, [program, *options, address], variables)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m scripts.database url|psql`; psql runs one statement when the variable SQL holds one."""
    parser = argparse.ArgumentParser(prog="database", description=main.__doc__)
    parser.add_argument("command", choices=("url", "psql"))
    command = parser.parse_args(arguments).command
    try:
        prepared = environment.prepare()
        if command == "url":
            print(prepared.application_url)
            return 0
        program = psql_program()
    except (environment.SetupError, local_postgres.ServerError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    open_psql(program, prepared.application_url, os.environ.get("SQL", ""))


if __name__ == "__main__":
    sys.exit(interruption.run(main))
