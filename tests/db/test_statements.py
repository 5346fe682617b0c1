"""Every SQL file says what it is for, takes values as bind parameters only, is used, and is valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from prospecting.persistence.statements import SQL_FOLDER, domain_statements, split_statements, statement

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(SQL_FOLDER.rglob("*"))
NAMES = sorted(
    f"{folder.name}/{name}"
    for folder in SQL_FOLDER.iterdir()
    if folder.is_dir()
    for name in domain_statements(folder.name)
)


def code() -> str:
    return "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("plugins", "dags", "scripts")
        for path in sorted((ROOT / folder).rglob("*.py"))
    )


def without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", sql)


def is_a(name: str, *verbs: str) -> bool:
    """True when the statement begins with one of these words."""
    return without_comments(statement(name).text).split()[0] in verbs


def test_files_lie_in_one_folder_per_domain() -> None:
    assert NAMES
    for path in FILES:
        assert path.is_dir() or (path.suffix == ".sql" and path.parent.parent == SQL_FOLDER), path


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_is_commented_and_plain_text(name: str) -> None:
    sql = statement(name).text
    header = sql.splitlines()[0]
    assert re.match(r"-- \S.{15,}", header), "the first line says what the statement is for"
    assert sql.endswith("\n")
    assert "\t" not in sql
    body = without_comments(sql)
    assert body.strip(), "comments alone are no statement"
    # Values are never formatted in: no placeholders but :named ones.
    assert not re.search(r"%\(|%s|\{|\$\d|;", re.sub(r"'[^']*'", "", body)), "one statement, :named parameters only"


def test_every_statement_is_used() -> None:
    """By its name, or through a name put together in the code: ``statement(f"signals/report_{part}")``."""
    found = code()
    named = set(re.findall(r"\"([a-z_]+/[a-z_0-9]+)\"", found))
    prefixes = tuple(re.findall(r"(?:statement\(|rows_of\(connection, )f\"([a-z_]+/[a-z_]+)\{", found))
    orphans = [name for name in NAMES if name not in named and not (prefixes and name.startswith(prefixes))]
    assert orphans == []


def test_every_name_in_the_code_has_a_statement() -> None:
    named = set(re.findall(r"(?<!`)statement\(\s*\"([^\"]+)\"", code()))
    assert len(named) > 30
    assert named - set(NAMES) == set()


def test_a_statement_is_read_once() -> None:
    assert statement("provenance/lock_keys") is statement("provenance/lock_keys")


@pytest.mark.parametrize("name", ["companies/nothing", "nothing", "", "companies", "companies/match_by_domain.sql"])
def test_a_missing_statement_is_named(name: str) -> None:
    with pytest.raises(FileNotFoundError, match="statements are named <domain>/<name>, below"):
        statement(name)


def test_a_file_can_hold_several_named_statements() -> None:
    content = "-- What these are for.\n\n-- name: first_one\n-- Says one.\nselect 1\n\n-- name: second\nselect 2\n"
    assert list(split_statements("numbers", content)) == [
        ("first_one", "-- Says one.\nselect 1\n"),
        ("second", "select 2\n"),
    ]
    assert list(split_statements("numbers", "-- Says three.\nselect 3\n")) == [
        ("numbers", "-- Says three.\nselect 3\n")
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("select 1\n-- name: one\nselect 1\n", "before the first line"),
        ("-- name: One\nselect 1\n", "lower case"),
        ("-- name: one\n-- nothing\n-- name: two\nselect 2\n", "one is empty"),
    ],
)
def test_a_file_that_is_not_well_formed_is_refused(content: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        list(split_statements("numbers", content))


def test_every_statement_is_valid(shared_engine: Engine) -> None:
    """PostgreSQL plans each of them, with NULL for every parameter."""
    with shared_engine.connect() as connection:
        # Temporary tables first, which other statements are about.
        for name in sorted(NAMES, key=lambda name: not is_a(name, "create")):
            clause = statement(name)
            if is_a(name, "create", "analyze", "truncate"):
                with connection.begin_nested():
                    connection.execute(clause)
                continue
            with connection.begin_nested() as savepoint:
                connection.execute(text(f"explain (costs off) {clause.text}"), dict.fromkeys(clause._bindparams))
                savepoint.rollback()
