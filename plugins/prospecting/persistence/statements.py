"""Loads the set-based SQL of ``include/sql``: ``statement("events/find_cities")`` is ``include/sql/events/find_cities.sql``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text

SQL_FOLDER = Path(__file__).resolve().parents[3] / "include" / "sql"


@cache
def statement(name: str) -> TextClause:
    """The statement in ``include/sql/<name>.sql``, with ``:named`` bind parameters. Values are never formatted in."""
    path = SQL_FOLDER / f"{name}.sql"
    if not path.is_file():
        raise FileNotFoundError(f"No SQL file {path}; statements are named <domain>/<file> below {SQL_FOLDER}")
    return text(path.read_text(encoding="utf-8"))
