"""Why a database cannot be used, in one line with the remedy: it is unreachable, or the login has too few rights."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from prospecting.persistence.statements import statement

OLDEST_SERVER = 150_000
_PREFIX = re.compile(r"^.*?\bfailed: (?:FATAL|ERROR):\s+|^(?:FATAL|ERROR):\s+|^connection failed: ", re.DOTALL)

# What libpq says, and what helps. Servers in other languages say it in theirs: then only the reason is shown.
_REMEDIES = (
    (
        r"password authentication failed|no password supplied",
        "check user and password; special characters of a password are percent-encoded in a URL (@ is %40, / is %2F)",
    ),
    (r'role "[^"]*" does not exist', "have an administrator create it: create role {login} login password '…'"),
    (r'database "[^"]*" does not exist', "have an administrator create it: create database {database} owner {login}"),
    (
        r"no pg_hba\.conf entry|authentication failed for user",
        "have an administrator let this login in from this machine (pg_hba.conf)",
    ),
    (r"SSL", "check sslmode and the certificates in the options of the URL"),
    (r"too many (?:clients|connections)|connection slots", "wait, or have an administrator raise max_connections"),
    (r"starting up|shutting down|recovery mode", "try again in a moment"),
    (
        r"refused|timeout|timed out|could not translate|resolve|Name or service|No route|unreachable|No such file",
        "check host and port, that the server runs, and that nothing between keeps this machine out",
    ),
    (r"permission denied for database", "have an administrator run: grant connect on database {database} to {login}"),
)


class DatabaseUnusable(Exception):
    """The database is not one that can be worked on; the message names the remedy and holds no password."""


def unreachable(error: BaseException | None, url: URL) -> str:
    """Why no connection came about, on one line, from the driver's error. The password of ``url`` is not in it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    # Of several addresses of a host, each has a line of its own.
    failed = next((line for line in lines if "failed:" in line or "FATAL" in line), lines[0])
    reason = _PREFIX.sub("", failed)
    if url.password:
        reason = reason.replace(str(url.password), "…")
    text = "\n".join(lines)
    named = {"login": url.username or "the login", "database": url.database or "the database"}
    remedy = next((advice.format(**named) for said, advice in _REMEDIES if re.search(said, text)), "")
    return f"the database cannot be reached: {reason}{f'; {remedy}' if remedy else ''}"


def check_may_migrate(connection: Connection) -> None:
    """Raise ``DatabaseUnusable`` for a server that is too old, or a login that may not make or change the tables."""
    server = connection.execute(statement("access/server")).one()
    if server.version_number < OLDEST_SERVER:
        raise DatabaseUnusable(f"PostgreSQL 15 or newer is needed, and this server has {server.version}: upgrade it")
    if server.encoding != "UTF8":
        raise DatabaseUnusable(
            f"the database {server.database} stores text as {server.encoding}, where not every name fits: make one by "
            f"create database {server.database}_utf8 encoding 'UTF8' template template0"
        )
    missing = connection.execute(statement("access/missing_to_migrate")).scalars().all()
    if missing:
        raise DatabaseUnusable(
            f"the login {server.login} may not migrate the database {server.database}. Have an administrator run, "
            f"connected to that database: {'; '.join(missing)}"
        )


def missing_to_verify(connection: Connection) -> Sequence[str]:
    """Statements by which an administrator lets this login verify the database; none if it may."""
    return connection.execute(statement("access/missing_to_verify")).scalars().all()
