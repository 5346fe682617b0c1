"""Every SQL statement in the README and the runbooks works on the schema as it is: a runbook is read in a hurry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ANY_ID = "b0293785-aa7a-4234-8201-cc47305295f8"


def documented() -> list[tuple[str, str]]:
    """(page, statement), ids in the place of placeholders; without statements cut short with an ellipsis."""
    return [
        (page.name, statement)
        for page in PAGES
        for block in re.findall(r"^ *```sql\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        for found in re.split(r";\s*$", re.sub(r"'<[^'>]*>'", f"'{ANY_ID}'", block), flags=re.MULTILINE)
        if (statement := found.strip()) and "…" not in statement and "..." not in statement
    ]


@pytest.mark.parametrize(("page", "statement"), documented(), ids=lambda value: value[:60])
def test_a_documented_statement_works(connection: Connection, page: str, statement: str) -> None:
    # Planned, not run: names, types and functions are checked, nothing is changed.
    connection.execute(text("explain " + statement.replace(":", "\\:")))


def test_there_are_documented_statements() -> None:
    assert len(documented()) > 20
