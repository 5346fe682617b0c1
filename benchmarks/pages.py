"""Pages of lists and their CSV, at many rows, against a bare read of as many rows from an index.

What there is, says ``page_rows``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from benchmarks import page_rows
from benchmarks.persistence import scratch_database
from benchmarks.results import Results, median_seconds, seconds
from prospecting.persistence import ml_models, overview, recommendations, signals
from prospecting.persistence.access import act_as_reader
from prospecting.persistence.agent_calls import query_call_summary, query_spending
from prospecting.persistence.briefing_lists import BriefingFilters, find_briefings, read_briefings
from prospecting.persistence.company_facts import find_company_facts
from prospecting.persistence.company_lists import (
    CompanyFilters,
    Sorting,
    find_companies,
    find_company_choices,
    read_companies,
)
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.ledger_browsing import CallFilter, query_calls, query_calls_of_scope, query_cost_by_day
from prospecting.persistence.merge_judgements import query_judged_pairs, query_open_pairs
from prospecting.persistence.person_lists import PersonFilters, find_persons, read_persons
from prospecting.persistence.rejected_records import query_reasons_of_execution

SHOWN = 50
BUDGET = "page <= 0.3 s"
KEPT = "kept for a minute"
EXECUTION = "00000000-0000-4000-8000-000000000001"
"""The one that found very much."""
SCOPE = f"signal_execution:{EXECUTION}"
ORG = UUID("00000000-0000-4000-8000-000000000002")

Page = tuple[str, Callable[[Connection], object]]
_BARE_PAGE = text("select id, name, domain from companies where id > :after order by id limit 51")
_BARE_ALL = text("select company_unique_id, name, domain, country, primary_industry from companies order by id")


def run(results: Results, *, rows: int) -> None:
    """``rows`` companies, five times as many roles."""
    with scratch_database() as engine:
        page_rows.load(engine, rows)
        measure(engine, results, rows)


def measure(engine: Engine, results: Results, rows: int) -> None:
    """Every page and download of a database that ``page_rows`` has filled."""
    with _as_a_page(engine) as connection:
        bare = median_seconds(lambda: connection.execute(_BARE_PAGE, {"after": rows // 2}).all())
        signal_id = connection.execute(text("select id from signals where name = 'Signal 1'")).scalar_one()
    for budget, pages in (
        (BUDGET, (*_companies(signal_id), *_persons(signal_id), *_briefings(), *_signals(signal_id), *_others(rows))),
        (KEPT, _kept()),
    ):
        for what, work in pages:
            with _as_a_page(engine) as connection:
                measured = median_seconds(partial(work, connection), 3)
            results.add(f"{rows:,}: {what}", measured, bare, "51 rows by primary key", budget)
    with _as_a_page(engine) as connection:
        _downloads(connection, results, rows)


@contextmanager
def _as_a_page(engine: Engine) -> Iterator[Connection]:
    """A transaction as pages have one."""
    with unit_of_work(engine, read_only=True) as connection:
        act_as_reader(connection)
        yield connection


# ------------------------------------------------------------------ pages
def _companies(signal_id: UUID) -> Iterable[Page]:
    lately = datetime.now(UTC) - timedelta(hours=1)
    lists: tuple[tuple[str, CompanyFilters, Sorting], ...] = (
        ("by name", CompanyFilters(), "name"),
        ("newest", CompanyFilters(), "newest"),
        ("by ICP score", CompanyFilters(), "icp_score"),
        ("whose name begins so", CompanyFilters(text="Company 7f"), "name"),
        ("whose name or domain is so", CompanyFilters(text="company-7.com"), "name"),
        ("of a country", CompanyFilters(country="DE"), "name"),
        ("of a country, newest", CompanyFilters(country="DE"), "newest"),
        ("of a country and an industry", CompanyFilters(country="DE", industry="Industry 21"), "name"),
        ("of two that never meet", CompanyFilters(country="DE", industry="Industry 20"), "name"),
        ("of two that never meet, newest", CompanyFilters(country="DE", industry="Industry 20"), "newest"),
        ("of two that never meet, by ICP score", CompanyFilters(country="DE", industry="Industry 20"), "icp_score"),
        ("of a country and a tier that never meet", CompanyFilters(country="DE", tier="tier1"), "name"),
        ("of a country and a tier that never meet, newest", CompanyFilters(country="DE", tier="tier1"), "newest"),
        ("of an industry and a score that never meet", CompanyFilters(industry="Industry 7", least_icp=1, most_icp=1),
         "icp_score"),
        ("of an industry by ICP score", CompanyFilters(industry="Industry 7"), "icp_score"),
        ("of a tier, newest", CompanyFilters(tier="tier1"), "newest"),
        ("of a tier, by ICP score", CompanyFilters(tier="tier1"), "icp_score"),
        ("of an event", CompanyFilters(event_id=1), "name"),
        ("of an event, newest", CompanyFilters(event_id=1), "newest"),
        ("of a signal that found a tenth", CompanyFilters(signal_id=signal_id), "name"),
        ("of a signal that found a tenth, by ICP score", CompanyFilters(signal_id=signal_id), "icp_score"),
        ("new since an hour", CompanyFilters(since=lately), "name"),
        ("new since an hour, of a tier", CompanyFilters(since=lately, country="DE", tier="tier1"), "name"),
        ("with a seat open", CompanyFilters(slot_type="CEO", slot_status="open"), "name"),
        ("with a seat that none has", CompanyFilters(slot_type="CEO", slot_status="closed_missing"), "name"),
        ("without people: few", CompanyFilters(has_person=False), "name"),
        ("of one ICP score", CompanyFilters(least_icp=10, most_icp=10), "name"),
    )  # fmt: skip
    for what, filters, sorting in lists:
        yield f"companies {what}", _list(find_companies, filters=filters, sorting=sorting)
    yield "companies by name, the last", _list(find_companies, filters=CompanyFilters(), after=["companyfffff", 1])
    yield "filters of companies", find_company_choices
    yield "all of one company", lambda connection: find_company_facts(connection, 9)
    yield "all of a company of many people", lambda connection: find_company_facts(connection, 2)


def _persons(signal_id: UUID) -> Iterable[Page]:
    since = datetime.now(UTC).date() - timedelta(days=365)
    for what, filters in (
        ("by name", PersonFilters()),
        ("whose name begins so", PersonFilters(text="Jane 7f")),
        ("whose address is so", PersonFilters(text="jane@acme.com")),
        ("of a company", PersonFilters(company_id=7)),
        ("of a company of many", PersonFilters(company_id=2)),
        ("of a signal that found a tenth", PersonFilters(signal_id=signal_id)),
        ("who all have the title", PersonFilters(title="technology")),
        ("nobody has the title", PersonFilters(title="gardener")),
        ("of another country", PersonFilters(country="IT")),
        ("seen since a year", PersonFilters(seen_since=since)),
    ):
        yield f"people {what}", _list(find_persons, filters=filters)
    yield (
        "people newest, of a signal",
        _list(find_persons, filters=PersonFilters(signal_id=signal_id), sorting="newest"),
    )


def _briefings() -> Iterable[Page]:
    for what, filters in (
        ("latest", BriefingFilters()),
        ("of an org", BriefingFilters(org_id=ORG)),
        ("of an org without any", BriefingFilters(org_id=UUID(int=0))),
        ("of a domain", BriefingFilters(text="company-7.com")),
        ("on names that begin so", BriefingFilters(text="Company 7")),
        ("on a name that none has", BriefingFilters(text="Nobody")),
        ("for a client", BriefingFilters(client="Client 7")),
        ("for no such client", BriefingFilters(client="Nobody")),
    ):
        yield (
            f"briefings {what}",
            partial(find_briefings, kind="company", filters=filters, limit=SHOWN),
        )


def _signals(signal_id: UUID) -> Iterable[Page]:
    yield "signals", signals.query_signals
    yield "executions of all signals", signals.query_executions
    yield "executions of a signal", lambda connection: signals.query_executions(connection, signal_id=signal_id)
    for kind in ("events", "companies", "persons"):
        yield (
            f"result: {kind}",
            partial(signals.query_found, execution_id=EXECUTION, kind=kind, limit=SHOWN),
        )
        yield (
            f"result: {kind}, later",
            partial(signals.query_found, execution_id=EXECUTION, kind=kind, after=5_000, limit=SHOWN),
        )
    yield "result: counts", lambda connection: signals.query_execution_counts(connection, EXECUTION)
    yield "result: left out", lambda connection: query_reasons_of_execution(connection, EXECUTION)
    yield "result: calls", lambda connection: query_calls_of_scope(connection, SCOPE, limit=SHOWN + 1)
    yield "result: calls by agent", lambda connection: query_call_summary(connection, SCOPE)
    yield "result: spending", lambda connection: query_spending(connection, SCOPE)


def _others(rows: int) -> Iterable[Page]:
    now = datetime.now(UTC)
    for what, wanted in (
        ("latest", CallFilter()),
        ("of a day", CallFilter(since=now - timedelta(days=2), until=now - timedelta(days=1))),
        ("of a provider that failed", CallFilter(provider="gemini", status="failed")),
        ("of no such status", CallFilter(status="abandoned")),
        ("of no such provider", CallFilter(provider="nobody")),
        ("of a run", CallFilter(dag_id="slot_backfill", run_id="run 1")),
        ("of no such run", CallFilter(dag_id="slot_backfill", run_id="none")),
    ):
        yield (
            f"ledger: calls {what}",
            partial(query_calls, wanted=wanted, limit=SHOWN + 1),
        )
    yield "review", query_open_pairs
    yield "review: of persons", lambda connection: query_open_pairs(connection, entity_type="person")
    yield "review: later", lambda connection: query_open_pairs(connection, after=(True, rows // 20))
    yield "review: judged", query_judged_pairs
    yield "recommended: days", recommendations.find_recommended_days
    yield "recommended: a day", lambda connection: recommendations.find_recommended(connection, on=now.date())
    yield "accounts left alone", lambda connection: recommendations.find_suppressions(connection, limit=SHOWN + 1)
    yield "models", ml_models.query_models
    yield "overview: latest executions", overview.query_last_executions
    yield "overview: what needs somebody", overview.query_attention


def _kept() -> Iterable[Page]:
    today = datetime.now(UTC).date()
    yield "ledger: cost of 30 days", lambda connection: query_cost_by_day(connection, today - timedelta(days=29))
    yield "overview: figures", lambda connection: overview.query_figures(connection, today)


def _list(find: Callable[..., object], **options: Any) -> Callable[[Connection], object]:
    return partial(find, limit=SHOWN, **options)


# ------------------------------------------------------------------ downloads
def _downloads(connection: Connection, results: Results, rows: int) -> None:
    bare = seconds(lambda: connection.execute(_BARE_ALL).all())
    for what, portions in (
        ("companies", read_companies(connection, CompanyFilters())),
        ("people", read_persons(connection, PersonFilters())),
        ("briefings", read_briefings(connection, "company", BriefingFilters())),
    ):
        measured = seconds(partial(_read, portions))
        results.add(f"{rows:,}: CSV of all {what}, read", measured, bare, "five columns of all companies", "<= 20")


def _read(portions: Iterable[Sequence[object]]) -> int:
    return sum(len(portion) for portion in portions)
