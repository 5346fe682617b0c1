"""Backfilling briefings from step results against a bare INSERT ... SELECT of the same JSON."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, text

from benchmarks.persistence import scratch_database
from benchmarks.results import Results, seconds
from prospecting.persistence.briefings import find_step_results, save_briefings

PAGE = 500
PAYLOAD = 20_000
"""Bytes of each research, as text."""


def run(results: Results, *, rows: int) -> None:
    """``rows`` step results, a company each, with 20 KB of research that compresses about as prose does."""
    with scratch_database() as engine:
        org, submission = _load(engine, rows)
        memory: list[float] = []
        first = seconds(lambda: _backfill(engine, org, submission, lambda: memory.append(_peak_megabytes())))
        before = _scalar(engine, "select pg_current_xact_id()::text::bigint % (2 ^ 32)::bigint")
        again = seconds(lambda: _backfill(engine, org, submission))
        written = sum(
            _scalar(engine, f"select count(*) from {table} where xmin::text::bigint > {before}")
            for table in ("company_intel_briefings", "company_intel_briefings_history", "briefing_writes")
        )
        stored = _scalar(engine, "select count(*) from company_intel_briefings")
        _forget(engine)
        bare = seconds(lambda: _insert_bare(engine))
        what = f"{rows:,} step results of {PAYLOAD // 1000} KB"
        results.add(
            f"{what} to {stored:,} briefings, {rows / first:,.0f} a second",
            first,
            bare,
            "INSERT ... SELECT of the same JSON",
            "",
        )
        results.add(f"{what} again ({written} rows written)", again, first, "the first time", "0 rows")
        # In megabytes, not seconds; what counts is that it does not grow from page to page.
        results.add(f"peak MB after {len(memory)} pages", memory[-1], memory[0], "peak MB after one", "~ 1")


def _backfill(engine: Engine, org: UUID, submission: UUID, after_page: Callable[[], object] = lambda: None) -> None:
    """As the DAG does it: a transaction for every page."""
    after: tuple[datetime, UUID] | None = None
    while True:
        with engine.begin() as connection:
            page = find_step_results(
                connection, kind="company", org_id=org, submission_id=submission, after=after, limit=PAGE
            )
            save_briefings(connection, "company", [step.id for step in page])
        after_page()
        if len(page) < PAGE:
            return
        after = (page[-1].ended_at, page[-1].id)


def _load(engine: Engine, rows: int) -> tuple[UUID, UUID]:
    with engine.begin() as connection:
        org: UUID = connection.execute(
            text("insert into orgs (name, slug) values ('Bench', 'bench') returning id")
        ).scalar_one()
        submission: UUID = connection.execute(
            text("insert into submissions (org_id, input_payload) values (:org, '{}') returning id"), {"org": org}
        ).scalar_one()
        connection.execute(
            text("""
            insert into pipeline_runs (org_id, submission_id, status, entity_index)
            select :org, :submission, 'succeeded', n from generate_series(1, :rows) as n
            """),
            {"org": org, "submission": submission, "rows": rows},
        )
        # Sentences of random words out of a thousand: compresses by half, as prose does.
        connection.execute(
            text("""
            insert into step_results
                (org_id, submission_id, pipeline_run_id, step_position, status, finished_at, output_payload)
            select r.org_id, r.submission_id, r.id, 1, 'succeeded',
                timestamptz '2026-01-01' + make_interval(secs => r.entity_index),
                jsonb_build_object('operation_result', jsonb_build_object(
                    'operation_id', 'company.derive.intel_briefing', 'status', 'found', 'output', jsonb_build_object(
                        'domain', 'company-' || r.entity_index || '.com', 'company_name', 'Company ' || r.entity_index,
                        'client_company_name', 'Client', 'parallel_run_id', 'trun_' || r.entity_index,
                        'processor', 'ultra', 'parallel_raw_response', jsonb_build_object(
                            'run', jsonb_build_object('run_id', 'trun_' || r.entity_index),
                            'output', jsonb_build_object('type', 'json', 'content', jsonb_build_object(
                                'target_business_summary', prose.text,
                                'competitor_profiles', jsonb_build_array('A', 'B')
                            ))))))
            from pipeline_runs as r
            cross join lateral (
                select left(string_agg(md5(((n * 7919 + r.entity_index) % 1000)::text), ' '), :bytes) as text
                from generate_series(1, :bytes / 33 + 1) as n
            ) as prose
            """),
            {"bytes": PAYLOAD},
        )
    _settle(engine)
    return org, submission


def _insert_bare(engine: Engine) -> None:
    """The statement of somebody who knows that nothing is there yet and every result is good."""
    with engine.begin() as connection:
        connection.execute(
            text("""
            insert into company_intel_briefings (
                org_id, company_domain, company_name, client_company_name, raw_parallel_output, parallel_run_id,
                processor, source_submission_id, source_pipeline_run_id
            )
            select
                org_id, output ->> 'domain', output ->> 'company_name', output ->> 'client_company_name',
                output #> '{parallel_raw_response,output,content}', output ->> 'parallel_run_id',
                output ->> 'processor', submission_id, pipeline_run_id
            from (
                select *, output_payload #> '{operation_result,output}' as output from step_results offset 0
            ) as results
            """)
        )


def _forget(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("truncate company_intel_briefings, company_intel_briefings_history, briefing_writes"))
    _settle(engine)


def _settle(engine: Engine) -> None:
    """Do what autovacuum and the checkpointer do in time, so that they do not do it while something is measured."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze pipeline_runs, step_results"))
        connection.execute(text("checkpoint"))


def _scalar(engine: Engine, query: str) -> int:
    with engine.begin() as connection:
        value: int = connection.execute(text(query)).scalar_one()
    return value


def _peak_megabytes() -> float:
    """Peak resident memory of this process so far; ``ru_maxrss`` is in KiB, on macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
