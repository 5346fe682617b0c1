"""``prospecting import-runs``: runs of the former system, which a backfill then makes briefings of.

``past_runs.sql`` is a dump as ``pg_dump --data-only`` writes it, with four submissions, a fan-out and a failed try.
"""

from __future__ import annotations

import gzip
import io
import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from prospecting import cli
from prospecting.parsing.dumps import DumpRow, read_dump
from prospecting.parsing.past_runs import TABLES
from prospecting.persistence import run_imports
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.erased_identities import Identity, record_identities
from prospecting.persistence.run_imports import TableCounts
from prospecting.services import briefings
from prospecting.services.run_imports import DumpFile, RunImport, import_runs, summary_lines
from prospecting.services.runtime import Runtime
from tests.db.erasing import traces
from tests.db.factories import an_org, at_once, count, stored, versions

DUMP = Path(__file__).with_name("past_runs.sql")
ORG = UUID("b0293785-aa7a-4234-8201-cc47305295f8")
COREWEAVE = UUID("b8001673-d0a4-4c4f-824a-9904964d8400")
ELASTIC = UUID("5d1cb2b3-bbf9-4582-a29f-3167d22dec51")
LATER = "2027-01-01T00:00:00+00:00"


def rows_of_dump() -> list[DumpRow]:
    with DUMP.open(encoding="utf-8", newline="\n") as lines:
        return [row for row in read_dump(lines, TABLES, "") if isinstance(row, DumpRow)]


def as_json_lines(*changes: tuple[str, dict[str, Any]], only: str | None = None) -> str:
    """The rows of the dump as JSON lines, and more of them: each a copy of the first row of a table with changes."""
    rows = [(row.table, row.values) for row in rows_of_dump() if only in (None, row.table)]
    first = {row.table: row.values for row in reversed(rows_of_dump())}
    rows += [(table, {**first[table], **change}) for table, change in changes]
    return "".join(json.dumps({"table": table, "row": values}) + "\n" for table, values in rows)


def in_memory(content: str, name: str = "dump") -> DumpFile:
    def opened() -> AbstractContextManager[TextIO]:
        return io.StringIO(content)

    return DumpFile(name, name, opened)


def imported(engine: Engine, content: str | None = None, **options: Any) -> RunImport:
    return import_runs(Runtime(engine), [in_memory(content or DUMP.read_text(encoding="utf-8"))], **options)


def new(*numbers: int) -> dict[str, TableCounts]:
    return {table: TableCounts(number, new=number) for table, number in zip(TABLES, numbers, strict=False) if number}


def rows(engine: Engine, table: str, order: str = "1") -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return stored(connection, table, order=order)


# ------------------------------------------------------------------------------------------------- all of it, and again
def test_past_runs_come_in_once_and_a_backfill_makes_briefings_of_them(
    engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    compressed = tmp_path / "dump.sql.gz"
    compressed.write_bytes(gzip.compress(DUMP.read_bytes()))
    with engine.connect() as connection:
        empty = versions(connection)
    said = []
    for arguments in (["--dry-run", str(DUMP)], [str(DUMP)], [str(compressed)]):
        assert cli.main(["import-runs", "--db-url", database_url, *arguments]) == 0
        said.append(capsys.readouterr().out.splitlines())
        with engine.connect() as connection:
            if "--dry-run" in arguments:
                assert versions(connection) == empty
            elif arguments == [str(DUMP)]:
                before = versions(connection)
            else:
                assert versions(connection) == before, "twice changes nothing"
    assert said[1] == [
        "orgs: 1 read: 1 new",
        "companies: 1 read: 1 new",
        "submissions: 4 read: 4 new",
        "pipeline_runs: 5 read: 5 new",
        "step_results: 6 read: 6 new",
    ]
    assert said[0] == [*said[1], "dry run: nothing was written"]
    assert said[2] == [line.replace("new", "unchanged") for line in said[1]]

    (company,) = rows(engine, "companies")
    assert (company["domain"], company["source_system"]) == ("securitypalhq.com", "import-runs")
    for table in ("submissions", "pipeline_runs", "step_results"):
        assert {(row["org_id"], row["company_id"]) for row in rows(engine, table)} == {(ORG, company["id"])}
    stored_rows = {
        (table, str(row["id"])): row for table in TABLES if table != "companies" for row in rows(engine, table)
    }
    for row in rows_of_dump():
        if row.table == "companies":
            continue
        kept = stored_rows[row.table, str(row.values["id"])]
        for column, value in row.values.items():
            if column == "company_id":
                continue
            found = kept[column]
            if isinstance(found, (dict, list)):
                assert found == json.loads(value or ""), column
            elif column.endswith("_at"):
                assert value is None or found.isoformat(sep=" ").startswith(value[:19]), column
            else:
                assert (None if found is None else str(found)) == value, column

    runtime = Runtime(engine)
    org_id = briefings.check_scope(runtime, "revenue-activation", [COREWEAVE])
    for kind, written in (("company", 3), ("person", 1)):
        job = briefings.Backfill(kind, org_id)  # type: ignore[arg-type]
        counts = briefings.backfill(runtime, job, briefings.find_submissions(runtime, kind, org_id))  # type: ignore[arg-type]
        assert (counts["processed"], counts["upserted"], counts["skipped"]) == (written, written, {})
    shown = rows(engine, "company_intel_briefings", "company_domain")
    assert [(row["company_domain"], row["client_company_name"]) for row in shown] == [
        ("coreweave.com", "SecurityPal"),
        ("elastic.co", "SecurityPal"),
        ("hellofresh.com", "WithCoverage"),
    ]
    assert shown[0]["source_submission_id"] == COREWEAVE
    (person,) = rows(engine, "person_intel_briefings")
    assert (person["person_full_name"], person["person_current_company_name"]) == ("Jim Higgins", "CoreWeave")
    assert person["researched_at"].isoformat() == "2026-02-23T10:48:00.500000+00:00"


def test_the_order_and_form_of_the_files_make_no_difference(engine: Engine) -> None:
    reversed_lines = "".join(reversed(as_json_lines().splitlines(keepends=True)))
    assert imported(engine, reversed_lines).counts == new(1, 1, 4, 5, 6)
    children = [row for row in rows(engine, "pipeline_runs") if row["parent_pipeline_run_id"]]
    assert [child["submission_id"] for child in children] == [ELASTIC]
    again = imported(engine)
    assert all(counts.unchanged == counts.read for counts in again.counts.values())


def test_two_imports_at_once_take_everything_once(engine: Engine) -> None:
    at_once(engine, [lambda connection: imported(engine)] * 2)
    assert [len(rows(engine, table)) for table in TABLES] == [1, 1, 4, 5, 6]


def test_in_parts_without_companies_the_former_company_is_kept_by_its_id(engine: Engine) -> None:
    parts = [in_memory(as_json_lines(only=table)) for table in ("orgs", "submissions", "pipeline_runs", "step_results")]
    runtime = Runtime(engine)
    for part in parts:
        import_runs(runtime, [part])
    assert [len(rows(engine, table)) for table in TABLES] == [1, 0, 4, 5, 6]
    assert {row["metadata"]["imported_company_id"] for row in rows(engine, "submissions")} == {
        "7c1f5a52-2c57-4f0e-9a3e-0d6f1f6f2a11"
    }


# --------------------------------------------------------------------------------------------------------- newer states
def test_a_newer_state_replaces_an_older_one_and_nothing_that_has_changed_here(engine: Engine) -> None:
    imported(engine)
    newer = {"status": "failed", "error_message": "x", "updated_at": LATER}
    result = imported(engine, as_json_lines(("submissions", newer), ("pipeline_runs", newer), only="orgs"))
    assert (result.counts["submissions"].updated, result.counts["pipeline_runs"].updated) == (1, 1)
    assert rows(engine, "submissions", "updated_at desc")[0]["status"] == "failed"
    older = imported(engine)
    assert (older.counts["submissions"].updated, older.counts["pipeline_runs"].updated) == (0, 0)
    run_id = rows(engine, "pipeline_runs", "updated_at desc")[0]["id"]
    with engine.begin() as connection:
        connection.execute(
            text("update pipeline_runs set status = 'canceled', updated_at = '2028-01-01' where id = :id"),
            {"id": run_id},
        )
    changed = {"id": str(run_id), "status": "running", "updated_at": LATER}
    assert imported(engine, as_json_lines(("pipeline_runs", changed), only="orgs")).counts["pipeline_runs"].unchanged
    undated = {"status": "queued", "updated_at": None}
    assert imported(engine, as_json_lines(("submissions", undated), only="orgs")).counts["submissions"].unchanged


# ---------------------------------------------------------------------------------------------------------- bad lines
UNKNOWN = "00000000-0000-0000-0000-00000000dead"
OTHER = {"id": "00000000-0000-0000-0000-00000000beef"}


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        ("orgs", {**OTHER, "name": "Other"}, "slug_taken"),
        ("submissions", {**OTHER, "org_id": UNKNOWN}, "unknown_org"),
        ("submissions", {**OTHER, "status": "done"}, "unusable_value"),
        ("pipeline_runs", {**OTHER, "submission_id": UNKNOWN}, "unknown_submission"),
        ("pipeline_runs", {**OTHER, "attempt": 3}, "trigger_run_id_taken"),
        ("pipeline_runs", {**OTHER, "trigger_run_id": "x", "blueprint_snapshot": "{"}, "unusable_value"),
        ("step_results", {**OTHER, "pipeline_run_id": UNKNOWN}, "unknown_run"),
        ("step_results", {**OTHER, "submission_id": str(ELASTIC), "attempt": 9}, "other_submission"),
        ("step_results", OTHER, "attempt_taken"),
        ("companies", {**OTHER, "name": "---"}, "missing_name"),
        # A database would refuse all rows for one of these.
        ("orgs", {**OTHER, "slug": "".join(map(chr, range(0x4E00, 0x5E00)))}, "unusable_value"),
        ("pipeline_runs", {**OTHER, "trigger_run_id": "".join(map(chr, range(0x4E00, 0x5E00)))}, "unusable_value"),
        ("submissions", {**OTHER, "input_payload": "null"}, "missing_value"),
        ("step_results", {**OTHER, "attempt": 9, "output_payload": '{"a":' * 600 + "1" + "}" * 600}, "unusable_value"),
    ],
)
def test_a_bad_line_is_left_out_alone_with_its_reason_and_line(
    engine: Engine, table: str, change: dict[str, Any], reason: str
) -> None:
    content = as_json_lines((table, change))
    result = imported(engine, content)
    (line,) = result.rejected
    assert (line.file, line.line, line.table, line.reason) == ("dump", 18, table, reason)
    assert [len(rows(engine, each)) for each in TABLES] == [1, 1, 4, 5, 6]
    assert result.counts[table].rejected == 1
    (kept,) = rows(engine, "rejected_records")
    assert (kept["record_type"], kept["reason"], kept["source"]) == (table, reason, "import-runs dump, line 18")
    assert kept["raw"]["id"] == OTHER["id"]
    assert any(said.startswith(f"not taken: dump, line 18: {table}, {reason}: ") for said in summary_lines(result))
    with engine.connect() as connection:
        before = versions(connection)
    imported(engine, content)
    with engine.connect() as connection:
        assert versions(connection) == before


def test_a_row_that_nests_without_end_is_left_out_of_json_lines_too(engine: Engine) -> None:
    nested = '{"table": "orgs", "row": {"id": ' + "[" * 600 + "]" * 600 + "}}\n"
    result = imported(engine, as_json_lines() + nested)
    assert [(line.line, line.reason) for line in result.rejected] == [(18, "unusable_value")]
    assert len(rows(engine, "step_results")) == 6


def test_rows_too_large_to_come_together_come_one_after_the_other(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_imports, "_STAGED_CHARACTERS", 1000)
    assert imported(engine).counts == new(1, 1, 4, 5, 6)


def test_dollars_in_a_comment_quote_nothing(engine: Engine) -> None:
    comment = "COMMENT ON COLUMN public.orgs.name IS 'it''s worth $$';"
    assert imported(engine, f"{comment}\n{DUMP.read_text(encoding='utf-8')}").counts == new(1, 1, 4, 5, 6)


def test_what_belongs_to_another_org_stays_its_own(engine: Engine) -> None:
    with engine.begin() as connection:
        stranger = str(an_org(connection, "stranger"))
    imported(engine)
    moved = [
        ("submissions", {"org_id": stranger, "updated_at": LATER}),
        ("pipeline_runs", {"org_id": stranger, "updated_at": LATER}),
        ("step_results", {"org_id": stranger, "updated_at": LATER}),
    ]
    result = imported(engine, as_json_lines(*moved, only="orgs"))
    assert [line.reason for line in result.rejected] == ["other_org"] * 3
    assert {row["org_id"] for row in rows(engine, "submissions")} == {ORG}


def test_columns_nobody_knows_here_are_named_and_repeated_rows_count_once(engine: Engine) -> None:
    more = {"id": str(COREWEAVE), "priority": 5, "updated_at": LATER, "source": "newest"}
    result = imported(engine, as_json_lines(("submissions", more)))
    assert result.unknown_columns == {"submissions": ["priority"]}
    assert (result.counts["submissions"].new, result.counts["submissions"].repeated) == (4, 1)
    assert "left out of submissions: priority" in summary_lines(result)
    with engine.connect() as connection:
        found = connection.execute(text("select source from submissions where id = :id"), {"id": COREWEAVE})
        assert found.scalar_one() == "newest"


def test_who_asked_to_be_forgotten_does_not_come_in(engine: Engine) -> None:
    with engine.begin() as connection:
        (coreweave,) = upsert_companies(
            connection, [CompanyRow("CoreWeave", "coreweave.com")], source_system="test"
        ).saved
        assert coreweave is not None
        erasure = connection.execute(
            text("insert into erasures (airflow_run_id, subject_hash) values ('run 1', 'x') returning id")
        ).scalar_one()
        record_identities(connection, erasure, [Identity("name_at_company", f"jim higgins@{coreweave.id}")])
    jim = {"full_name": "Jim Higgins", "company_name": "CoreWeave"}
    bad = {"id": UNKNOWN, "status": "done", "input_payload": jim}
    result = imported(engine, as_json_lines(("submissions", bad)))
    assert (result.counts["submissions"].new, result.counts["submissions"].rejected) == (4, 1)
    with engine.connect() as connection:
        assert traces(connection, "Higgins") == {}


def test_an_import_that_is_cut_off_leaves_nothing(engine: Engine) -> None:
    def opened() -> AbstractContextManager[TextIO]:
        raise OSError("gone")

    files = [in_memory(DUMP.read_text(encoding="utf-8")), DumpFile("b", "b", opened)]
    with pytest.raises(OSError, match="gone"):
        import_runs(Runtime(engine), files)
    with engine.connect() as connection:
        assert count(connection, "orgs") == 0


def test_a_file_that_is_not_there_or_not_whole_is_refused_in_a_sentence(
    engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["import-runs", "--db-url", database_url, "/nowhere/dump.sql"]) == 1
    assert capsys.readouterr().err == "error: a file cannot be read: No such file or directory\n"
    whole = gzip.compress(DUMP.read_bytes())
    for content in (whole[: len(whole) // 2], whole[:200] + b"\0\1\2" + whole[203:], DUMP.read_bytes()):
        (tmp_path / "dump.sql.gz").write_bytes(content)
        assert cli.main(["import-runs", "--db-url", database_url, str(tmp_path / "dump.sql.gz")]) == 1
        assert capsys.readouterr().err.startswith("error: a file cannot be read: ")
    assert rows(engine, "orgs") == []
