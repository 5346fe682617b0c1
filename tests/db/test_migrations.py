"""Migrations build exactly what the table definitions say, from anywhere, back again, and by several at once."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import URL

from prospecting.persistence.schema import tables
from prospecting.persistence.schema.tables import metadata
from tests.conftest import migrate

ROOT = Path(__file__).resolve().parents[2]

CATALOG = {
    "tables": """
        select c.oid::regclass::text as name, c.relkind::text, c.relpersistence::text, c.relrowsecurity,
               c.relforcerowsecurity, c.reloptions::text, obj_description(c.oid, 'pg_class') as comment
        from pg_class as c where c.relnamespace = any(:schemas) and c.relkind not in ('i', 'I', 't')""",
    "columns": """
        select c.oid::regclass::text as table_name, a.attname::text as name,
               format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, a.attidentity::text, a.attgenerated::text,
               a.attcollation::regcollation::text as collation,
               pg_get_expr(d.adbin, d.adrelid) as default, col_description(c.oid, a.attnum) as comment
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = any(:schemas) and c.relkind in ('r', 'p', 'v', 'm')""",
    "constraints": """
        select conrelid::regclass::text as table_name, conname::text as name, contype::text, condeferrable,
               condeferred, convalidated, pg_get_constraintdef(oid) as definition
        from pg_constraint where connamespace = any(:schemas) and contype <> 'n'""",
    "indexes": """
        select i.indrelid::regclass::text as table_name, i.indexrelid::regclass::text as name, i.indisunique,
               i.indnullsnotdistinct, i.indisvalid, pg_get_indexdef(i.indexrelid) as definition,
               pg_get_expr(i.indpred, i.indrelid) as predicate
        from pg_index as i join pg_class as c on c.oid = i.indexrelid where c.relnamespace = any(:schemas)""",
    "functions": """
        select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition
        from pg_proc as p where p.pronamespace = any(:schemas) and p.prokind <> 'a'""",
    "triggers": """
        select tgrelid::regclass::text as table_name, tgname::text as name, pg_get_triggerdef(t.oid) as definition
        from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
        where c.relnamespace = any(:schemas) and not tgisinternal""",
    "policies": """
        select polrelid::regclass::text as table_name, polname::text as name, polcmd::text,
               pg_get_expr(polqual, polrelid) as using, pg_get_expr(polwithcheck, polrelid) as with_check
        from pg_policy as p join pg_class as c on c.oid = p.polrelid where c.relnamespace = any(:schemas)""",
    "types": """
        select t.oid::regtype::text as name, t.typtype::text from pg_type as t
        where t.typnamespace = any(:schemas) and t.typtype in ('e', 'd')""",
    "sequences": """
        select c.oid::regclass::text as name, format_type(s.seqtypid, null) as type, s.seqstart, s.seqincrement,
               s.seqmax, s.seqcycle
        from pg_sequence as s join pg_class as c on c.oid = s.seqrelid where c.relnamespace = any(:schemas)""",
}


def catalog(connection: Connection) -> dict[str, set[tuple[object, ...]]]:
    """Everything in the database's own schemas but Alembic's table, as PostgreSQL sees it."""
    schemas = (
        connection.execute(
            text("select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'")
        )
        .scalars()
        .all()
    )
    return {
        kind: {
            tuple(row)
            for row in connection.execute(text(query), {"schemas": list(schemas)})
            if not any("alembic_version" in str(value) for value in row[:2])
        }
        for kind, query in CATALOG.items()
    }


def look(url: URL) -> dict[str, set[tuple[object, ...]]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return catalog(connection)


def config(url: URL) -> Config:
    found = Config(ROOT / "alembic.ini")
    found.cmd_opts = type("Options", (), {"x": [f"url={url.render_as_string(hide_password=False)}"]})()
    return found


def test_there_is_one_line_of_migrations() -> None:
    script = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    revisions = list(script.walk_revisions())
    assert all(re.match(rf"{re.escape(found.revision)}_[a-z0-9_]+\.py$", Path(found.path).name) for found in revisions)
    assert len(revisions) == len(list((ROOT / "migrations" / "versions").glob("*.py")))
    assert all(found.doc.strip() for found in revisions)


def test_every_module_of_tables_is_part_of_the_metadata() -> None:
    folder = Path(tables.__file__).parent
    # These declare no tables.
    beside_tables = {"access", "declared", "function_digests", "objects", "triggers"}
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "metadata", "tables"} - beside_tables
    assert {subject.__name__.rpartition(".")[2] for subject in tables.SUBJECTS} == modules


def test_migrations_build_what_the_tables_say(empty_url: URL, database_url: str) -> None:
    engine = create_engine(empty_url, poolclass=NullPool)
    with engine.begin() as connection:
        for schema in {table.schema for table in metadata.tables.values() if table.schema}:
            connection.execute(text(f'create schema if not exists "{schema}"'))
        metadata.create_all(connection)
    declared, migrated = (
        look(empty_url),
        look(engine.url.set(database=database_url.rsplit("/", 1)[1].partition("?")[0])),
    )
    # Triggers and policies are declared as well; tests/scripts/test_verify_db.py compares them.
    for kind in ("tables", "columns", "constraints", "indexes", "sequences", "types"):
        assert migrated[kind] - declared[kind] == set(), f"{kind}: only in the migrations"
        assert declared[kind] - migrated[kind] == set(), f"{kind}: only in the table definitions"
    # Of the functions only those that columns and indexes call.
    assert declared["functions"] - migrated["functions"] == set()
    assert len(declared["functions"]) == 2
    assert len(migrated["columns"]) > 100
    assert len(migrated["indexes"]) > 30


def test_the_comparison_sees_what_it_is_meant_to_see(connection: Connection) -> None:
    before = catalog(connection)
    for change, kind in (
        ("alter table persons alter column bio set default 'x'", "columns"),
        ("alter table persons alter column bio set not null", "columns"),
        ("alter table persons alter column bio type varchar(9)", "columns"),
        ("alter table persons drop constraint ck_persons_seniority", "constraints"),
        ("comment on table persons is 'x'", "tables"),
        ("drop index uq_companies_domain; create unique index uq_companies_domain on companies (domain)", "indexes"),
        (
            "alter table cities drop constraint uq_cities_name_key_region_country_code; alter table cities add "
            "constraint uq_cities_name_key_region_country_code unique (name_key, region, country_code)",
            "constraints",
        ),
    ):
        with connection.begin_nested() as savepoint:
            connection.execute(text(change))
            changed = {name for name, found in catalog(connection).items() if found != before[name]}
            assert kind in changed, change
            savepoint.rollback()
    assert catalog(connection) == before


def test_every_single_step_can_be_undone_and_done_again(empty_url: URL) -> None:
    script = ScriptDirectory.from_config(config(empty_url))
    steps = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    found = [look(empty_url)]
    for revision in steps:
        command.upgrade(config(empty_url), revision)
        found.append(look(empty_url))
    migrate(empty_url)
    assert look(empty_url) == found[-1]
    for revision, before in zip(reversed(steps), found[-2::-1], strict=True):
        command.downgrade(config(empty_url), "-1")
        assert look(empty_url) == before, f"{revision} leaves something behind"
    migrate(empty_url)
    assert look(empty_url) == found[-1]


def test_research_that_is_there_keeps_the_newest_of_each_page_and_what_was_answered(empty_url: URL) -> None:
    command.upgrade(config(empty_url), "0021")
    command.downgrade(config(empty_url), "-1")
    engine = create_engine(empty_url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in _RESEARCH_BEFORE:
            connection.exec_driver_sql(statement)
    command.upgrade(config(empty_url), "0021")
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("select website_url, right(id::text, 1) from prospect_intelligence")
        assert sorted(map(tuple, pages)) == [("https://acme.com", "b"), ("https://acme.com/about", "d")]
        shown = connection.exec_driver_sql("select right(last_prospect_intelligence_id::text, 1) from accounts")
        assert shown.scalars().all() == ["b"], "whose older research was shown shows the newer one"
        (answered,) = connection.exec_driver_sql("select answered from research_entities").scalars()
        assert list(answered) == ["company.derive.intel_briefing|securitypal"]
        assert answered["company.derive.intel_briefing|securitypal"].startswith("2026-01-05")


_RESEARCH_BEFORE = (
    "insert into users (id) values ('00000000-0000-0000-0000-000000000001')",
    """
    insert into prospect_intelligence (
        id, user_id, website_url, company_name, data, icp_score, priority_level, extracted_at, extraction_duration_ms
    )
    select cast('00000000-0000-0000-0000-00000000000' || r.id as uuid), '00000000-0000-0000-0000-000000000001', r.url,
        'Acme', '{}', 5, 'low', r.at, 0
    from (values
        ('a', 'http://acme.com', timestamptz '2026-01-01'),
        ('b', 'http://acme.com/?lang=de', timestamptz '2026-01-03'),
        ('c', 'https://acme.com', timestamptz '2026-01-02'),
        ('d', 'http://acme.com/about', timestamptz '2026-01-02')
    ) as r (id, url, at)""",
    """
    insert into accounts (account_domain, company_name, last_prospect_intelligence_id)
    values ('acme.com', 'Acme', '00000000-0000-0000-0000-00000000000c')""",
    "insert into orgs (id, name, slug) values ('00000000-0000-0000-0000-000000000002', 'Acme', 'acme')",
    """
    insert into submissions (id, org_id, input_payload)
    values ('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000002', '{}')""",
    """
    insert into pipeline_runs (id, org_id, submission_id)
    select '00000000-0000-0000-0000-000000000004', org_id, id from submissions""",
    """
    insert into step_results (
        org_id, submission_id, pipeline_run_id, step_position, status, finished_at, output_payload
    )
    select org_id, submission_id, id, 1, 'succeeded', timestamptz '2026-01-05 UTC',
        '{"operation_result": {"operation_id": "company.derive.intel_briefing", "status": "found",
          "output": {"client_company_name": " SecurityPal "}}}'
    from pipeline_runs""",
    """
    insert into research_entities (org_id, entity_type, tokens, payload, refreshed_at, source_pipeline_run_id)
    select org_id, 'company', array['company:domain:acme.com'], '{}', now(), id from pipeline_runs""",
)


def test_alembic_finds_nothing_to_add(server_url: URL, database_url: str) -> None:
    command.check(config(server_url.set(database=database_url.rsplit("/", 1)[1].partition("?")[0])))


def test_several_migrate_at_once(empty_url: URL) -> None:
    url = empty_url.render_as_string(hide_password=False)
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "alembic", "-x", f"url={url}", "upgrade", "head"],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for worker in workers:
        _, errors = worker.communicate(timeout=60)
        assert worker.returncode == 0, errors[-2000:]
    engine = create_engine(empty_url, poolclass=NullPool)
    with engine.connect() as connection:
        head = ScriptDirectory.from_config(config(empty_url)).get_current_head()
        assert connection.execute(text("select version_num from alembic_version")).scalars().all() == [head]
        assert "companies" in {row[0] for row in catalog(connection)["tables"]}


def test_without_a_database_the_reason_is_said() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "PROSPECTING_DB_URL" in done.stderr


def test_another_products_tables_are_left_alone(empty_url: URL) -> None:
    engine = create_engine(empty_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("create table somebody_elses (id integer)"))
    migrate(empty_url)
    command.check(config(empty_url))
    migrate(empty_url, "base")
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from somebody_elses")).scalar_one() == 0


# ------------------------------------------------------------------ conventions every table keeps
def test_unique_keys_are_never_defeated_by_null(connection: Connection) -> None:
    loose = connection.execute(
        text(
            """
            select i.indexrelid::regclass::text
            from pg_index as i
            join pg_class as c
                on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace and c.relkind <> 'm'
            where i.indisunique and not i.indnullsnotdistinct and exists (
                select from unnest(i.indkey::smallint[]) as key (number)
                join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = key.number
                where not a.attnotnull and a.attgenerated = ''
                  and coalesce(pg_get_expr(i.indpred, i.indrelid), '') !~ (a.attname || ' IS (NOT )?NULL')
            )
            """
        )
    ).scalars()
    assert list(loose) == []


def test_times_have_a_zone_and_keys_are_named_and_indexed(connection: Connection) -> None:
    without_zone = connection.execute(
        text(
            "select table_name || '.' || column_name from information_schema.columns "
            "where table_schema = 'public' and data_type = 'timestamp without time zone'"
        )
    ).scalars()
    assert list(without_zone) == []
    names = {row[1] for row in catalog(connection)["constraints"]}
    assert all(re.match(r"(pk|uq|fk|ck)_", str(name)) for name in names)
