"""Loads the set-based SQL of ``include/sql``: ``statement("events/find_cities")`` is one of the domain ``events``.

It is in ``include/sql/events/find_cities.sql``, or in any file of that folder, below the line
``-- name: find_cities``. A file holds one statement without such a line, or several with one each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from sqlalchemy import TextClause, text

from prospecting.resources import resource_folder

SQL_FOLDER = resource_folder("sql")
_NAME = re.compile(r"^-- name: *(\S+) *$", re.MULTILINE)


@cache
def statement(name: str) -> TextClause:
    """The statement ``<domain>/<name>``, with ``:named`` bind parameters. Values are never formatted in.

    Raises ``FileNotFoundError`` when there is none, ``ValueError`` when the domain's files are not well formed.
    """
    domain, _, short = name.partition("/")
    found = domain_statements(domain).get(short) if re.fullmatch(r"[a-z_]+", domain) else None
    if found is None:
        raise FileNotFoundError(f"No SQL statement {name}; statements are named <domain>/<name>, below {SQL_FOLDER}")
    return text(found)


@cache
def domain_statements(domain: str) -> dict[str, str]:
    """All statements of a domain by name, comments included. Raises ``ValueError`` for a malformed file."""
    statements: dict[str, str] = {}
    for path in sorted((SQL_FOLDER / domain).glob("*.sql")):
        for name, sql in split_statements(path.stem, path.read_text(encoding="utf-8")):
            if name in statements:
                raise ValueError(f"{path}: there is another statement {domain}/{name}")
            statements[name] = sql
    return statements


def split_statements(stem: str, content: str) -> Iterator[tuple[str, str]]:
    """(name, SQL) of each statement in a file named ``<stem>.sql``. Raises ``ValueError``.

    The text before the first ``-- name:`` is the file's header: comments only.
    """
    parts = _NAME.split(content)
    if len(parts) == 1:
        yield stem, content
        return
    header, *named = parts
    if re.sub(r"--[^\n]*", "", header).strip():
        raise ValueError(f"{stem}.sql: there is SQL before the first line -- name: <statement>")
    for name, sql in zip(named[::2], named[1::2], strict=True):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise ValueError(f"{stem}.sql: a statement is named in lower case and underscores, not {name!r}")
        if not re.sub(r"--[^\n]*", "", sql).strip():
            raise ValueError(f"{stem}.sql: the statement {name} is empty")
        yield name, f"{sql.strip()}\n"
