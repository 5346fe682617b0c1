"""Rows out of dumps: COPY, INSERT and JSON lines, whole, damaged and hostile."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.dumps import DumpError, DumpRow, read_dump
from prospecting.parsing.past_runs import TABLES, PastRow, read_past_row
from prospecting.parsing.records import Rejected
from tests.unit.parsing.bounded import bounded

NASTY = "it's \\ \"q\"\ttab\nline $$ -- ; ü \\n \\. ''"


def read(text: str, stem: str = "dump") -> list[DumpRow | DumpError]:
    return list(read_dump(text.splitlines(keepends=True), TABLES, stem))


def values(text: str, stem: str = "dump") -> list[dict[str, Any]]:
    found = read(text, stem)
    assert all(isinstance(row, DumpRow) for row in found), found
    return [row.values for row in found if isinstance(row, DumpRow)]


def errors(text: str, stem: str = "dump") -> list[tuple[int, str | None, str]]:
    return [(row.line, row.table, row.rejected.reason) for row in read(text, stem) if isinstance(row, DumpError)]


def copied(value: str | None) -> str:
    if value is None:
        return "\\N"
    for character, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(character, escape)
    return value


def quoted(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


TEXTS = st.none() | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\x85\x1c\x1d\x1e\x0b\x0c\u2028\u2029")
)


@given(rows=st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_what_is_written_in_any_form_is_read_as_it_was(rows: list[tuple[str | None, str | None]]) -> None:
    expected = [{"name": name, "slug": slug} for name, slug in rows]
    copy = "".join(f"{copied(name)}\t{copied(slug)}\n" for name, slug in rows)
    assert values(f"COPY public.orgs (name, slug) FROM stdin;\n{copy}\\.\n") == expected
    lists = [f"({quoted(name)}, {quoted(slug)})" for name, slug in rows]
    one_by_one = "".join(f"INSERT INTO public.orgs (name, slug) VALUES {each};\n" for each in lists)
    assert values("SET a = b;\n" + one_by_one) == expected
    if lists:
        assert values("INSERT INTO orgs (name, slug) VALUES\n\t" + ",\n\t".join(lists) + ";\n") == expected
    as_json = "".join(json.dumps({"table": "orgs", "row": row}) + "\n" for row in expected)
    assert values(as_json) == expected
    assert values("".join(json.dumps(row) + "\n" for row in expected), "orgs") == expected


@pytest.mark.parametrize(
    "statement",
    [
        """INSERT INTO "public"."orgs" ("id", "name") VALUES ('a', 'b');""",
        "insert into ORGS(id,name)values('a','b') on conflict do nothing;",
        "INSERT INTO ONLY public . orgs (id, name) OVERRIDING SYSTEM VALUE VALUES (E'\\x61', e'b');",
        "  INSERT INTO orgs\n(id,\n name)\nVALUES\n('a',\n 'b')\nON CONFLICT (id)\nDO NOTHING;",
        "INSERT INTO orgs (id, name) VALUES ('a', 'b'); INSERT INTO orgs (id, name) VALUES ('a', 'b') returning id;",
        "INSERT INTO orgs (id, name) VALUES ('a'::uuid, 'b'::character varying(5)), ('a'::public.\"x y\"[], 'b');",
    ],
)
def test_an_insert_is_read_in_any_of_its_spellings(statement: str) -> None:
    assert {tuple(row.items()) for row in values(statement)} == {(("id", "a"), ("name", "b"))}


def test_numbers_truth_and_nothing_are_texts_and_none() -> None:
    (row,) = values("INSERT INTO orgs (a, b, c, d, e) VALUES (-1.5e3, true, FALSE, NULL, E'a\\nb\\\\c\\u00fc\\'');")
    assert list(row.values()) == ["-1.5e3", "true", "false", None, "a\nb\\cü'"]


def test_lines_are_counted_and_what_is_not_asked_for_is_passed_over() -> None:
    text = f"""-- INSERT INTO orgs (id) VALUES ('comment'); $$
CREATE FUNCTION f() RETURNS trigger AS $_$ begin
INSERT INTO orgs (id) VALUES ('in a function');
COPY orgs (id) FROM stdin;
end $_$;
INSERT INTO other (id) VALUES ({quoted(NASTY)}
);
COPY public.other (id) FROM stdin;
INSERT INTO orgs (id) VALUES ('data of another table');
\\.
INSERT INTO orgs (id) VALUES
('a'),
({quoted(NASTY)}), ('c');
COPY orgs (id) FROM stdin;
{copied(NASTY)}
\\.
"""
    found = [(row.line, row.values["id"]) for row in read(text) if isinstance(row, DumpRow)]
    # The nasty text of the other table has a line break in it.
    assert found == [(13, "a"), (14, NASTY), (15, "c"), (17, NASTY)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("COPY orgs (id, name) FROM stdin;\na\n\\.\n", [(2, "orgs", "wrong_number_of_values")]),
        ("COPY orgs (id) FROM stdin;\na\n", [(2, "orgs", "cut_off")]),
        ("INSERT INTO orgs (id, name) VALUES ('a');\n", [(1, "orgs", "wrong_number_of_values")]),
        ("COPY orgs (id) FROM stdin WITH (FORMAT csv);\na\n\\.\n", [(1, "orgs", "no_columns")]),
        ("COPY orgs FROM stdin;\na\n\\.\n", [(1, "orgs", "no_columns")]),
        ("INSERT INTO orgs (id) SELECT 1;\n", [(1, "orgs", "unreadable_values")]),
        ("INSERT INTO orgs VALUES ('a');\n", [(1, "orgs", "no_columns")]),
        ("INSERT INTO orgs (id) VALUES (now());\n", [(1, "orgs", "unreadable_values")]),
        ("INSERT INTO orgs (id) VALUES ('a'\n", [(1, "orgs", "cut_off")]),
        ("INSERT INTO other (id) VALUES (now());\n", []),
        ('{"table": "orgs", "row": {}}\n{"table": "orgs"\n[]\n{}\n', [
            (2, None, "not_json"), (3, None, "not_an_object"), (4, None, "no_table"),
        ]),
        ('{"table": "entity_state", "row": {}}\n', []),
        ("", []),
        ("\n\nnothing at all\n", []),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_line(text: str, found: list[Any]) -> None:
    assert errors(text) == found


def test_a_large_value_takes_time_in_proportion() -> None:
    large = json.dumps({"a": "it's " * 200_000})
    with bounded():
        assert values(f"INSERT INTO orgs (id) VALUES ({quoted(large)});\n")[0]["id"] == large
        assert errors("INSERT INTO orgs (id) VALUES (" + "'a" + "''" * 200_000) == [(1, "orgs", "cut_off")]
        assert len(values("INSERT INTO orgs (id) VALUES\n" + "('a'),\n" * 20_000 + "('a');\n")) == 20_001


# ----------------------------------------------------------------------------------------------------------- the rows
ID = "b0293785-aa7a-4234-8201-cc47305295f8"
ORG = {"id": ID.upper(), "name": "Acme", "slug": "acme"}


def test_a_row_is_read_as_the_tables_take_it() -> None:
    row = read_past_row("orgs", {**ORG, "created_at": "2026-02-20 10:00:00.5+00", "plan": "gold", "note": None})
    assert row == PastRow(
        {"id": ID, "name": "Acme", "slug": "acme", "created_at": "2026-02-20T10:00:00.500000+00:00"},
        frozenset({"plan"}),
    )
    run = {"id": ID, "org_id": ID, "submission_id": ID, "status": "succeeded", "attempt": "2"}
    for snapshot in ('{"steps": []}', {"steps": []}):
        found = read_past_row("pipeline_runs", {**run, "blueprint_snapshot": snapshot})
        assert isinstance(found, PastRow)
        assert (found.values["attempt"], found.values["blueprint_snapshot"]) == (2, {"steps": []})


@pytest.mark.parametrize(
    ("change", "reason", "named"),
    [
        ({"id": "secret"}, "unusable_value", "id has to be a UUID"),
        ({"id": None}, "missing_value", "id must not be NULL"),
        ({"name": " "}, "unusable_value", "name has to be text that is not blank"),
        ({"slug": 7}, "unusable_value", "slug has to be text"),
        ({"created_at": "secret"}, "unusable_value", "created_at has to be a time"),
        ({"created_at": "2026-02-20 10:00:00"}, "unusable_value", "created_at has to be a time with a time zone"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why_without_its_values(
    change: dict[str, Any], reason: str, named: str
) -> None:
    rejected = read_past_row("orgs", {**ORG, **change})
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.detail) == (reason, named)
