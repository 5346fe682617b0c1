"""The first page: how much is known, what it cost, and what needs somebody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Form, HTTPException, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse

from prospecting.persistence.approvals import ASKING
from prospecting.persistence.overview import Figures, query_attention, query_figures, query_last_executions
from prospecting.services.reports.runs import REPORTED
from prospecting.web.airflow_runs import find_latest_failures, find_questions, paused_dags, switch_on
from prospecting.web.charts import Chart, draw
from prospecting.web.database import Database
from prospecting.web.kept import Kept
from prospecting.web.login import Reader, Writer
from prospecting.web.rendering import page, root_of, run_path

router = APIRouter()

SCHEDULED = (
    "account_refresh",
    "ml_feature_refresh",
    "news_digest",
    "signal_schedule",
    "slot_backfill",
    "slot_evaluation",
)
"""DAGs that a schedule or an asset starts. They come paused."""
_OTHER_DAGS = tuple(dag_id for dag_id in REPORTED if dag_id != "signal_execution")
"""DAGs of which one run that failed is worth a look; signals are looked at one by one."""
_DAYS, _WEEKS = 30, 12
_MOST_SERIES = 5


kept: Kept[Figures] = Kept()


@router.get("/")
def show_overview(request: Request, person: Reader, connection: Database, fresh: bool = False) -> HTMLResponse:
    """The overview; ``fresh`` counts again."""
    now = datetime.now(UTC)
    if fresh:
        kept.forget()
    figures = kept.result(now.date(), lambda: query_figures(connection, now.date(), days=_DAYS, weeks=_WEEKS))
    attention = query_attention(connection)
    return page(
        request,
        "overview.html",
        figures=figures,
        charts=list(_charts(figures, now.date())),
        attention=attention,
        questions=find_questions([dag_id for dag_id in ASKING if person.may_read_questions(dag_id)]),
        failures=find_latest_failures([dag_id for dag_id in _OTHER_DAGS if person.may_read(dag_id)]),
        queue_is_stuck=attention.queue_is_stuck(now),
        executions=query_last_executions(connection),
        paused=paused_dags(SCHEDULED),
        run_path=run_path,
        fill_change=_fill_change(figures, now.date()),
    )


@router.post("/schedules")
def switch_schedule_on(request: Request, person: Writer, dag_id: str = Form()) -> RedirectResponse:
    """Take a scheduled DAG out of its pause."""
    if dag_id not in SCHEDULED:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "This DAG is none that a schedule starts")
    if not person.may_write(dag_id):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role in Airflow may not change this DAG")
    switch_on(dag_id)
    return RedirectResponse(f"{root_of(request)}/", status.HTTP_303_SEE_OTHER)


def _fill_change(figures: Figures, today: date) -> dict[str, float | None]:
    """By how many percent points the fill rate of each kind of seat has changed in seven days."""
    return {
        row["slot_type"]: _difference(
            float(row["fill_rate"]) if row["fill_rate"] is not None else None,
            figures.fill_rates.get((today - timedelta(weeks=1), row["slot_type"])),
        )
        for row in figures.seats
    }


def _difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else round(now - before, 1)


# ------------------------------------------------------------------ charts
def _charts(figures: Figures, today: date) -> Iterable[Chart]:
    monday = today - timedelta(days=today.weekday())
    weeks = [monday - timedelta(weeks=back) for back in reversed(range(_WEEKS))]
    for column, title in (
        ("companies", "New companies per week, by signal"),
        ("people", "New people per week, by signal"),
    ):
        found = [(row["week"], row["signal"], float(row[column])) for row in figures.found_by_week]
        title = f"New {column} per week, by signal"
        yield from _drawn("bars", title, [f"{week:%d %b}" for week in weeks], _by_name(found, weeks))
    days = [today - timedelta(weeks=back) for back in reversed(range(_WEEKS))]
    rates = {
        row["slot_type"]: [figures.fill_rates.get((day, row["slot_type"])) for day in days] for row in figures.seats
    }
    yield from _drawn(
        "lines",
        "Seats filled, percent",
        [f"{day:%d %b}" for day in days],
        rates,
        formatter="{:.1f} %".format,
        largest=100,
    )
    last_days = [today - timedelta(days=back) for back in reversed(range(_DAYS))]
    spent = [(row["day"], row["provider"], float(row["usd"])) for row in figures.spending_by_day]
    labels, as_usd = [f"{day:%d %b}" for day in last_days], "${:,.2f}".format
    yield from _drawn("bars", "US dollars per day, by provider", labels, _by_name(spent, last_days), formatter=as_usd)
    budgets = {row["day"]: float(row["usd"]) for row in figures.budgets_by_day}
    of_signals = {row["day"]: float(row["usd"]) for row in figures.signal_spending_by_day}
    compared = {
        name: [usd_by_day.get(day, 0.0) for day in last_days]
        for name, usd_by_day in (("budget", budgets), ("spent", of_signals))
    }
    title = "US dollars of the signals that began on a day: their budgets, and what they spent"
    yield from _drawn("lines", title, labels, compared, formatter=as_usd)


def _drawn(
    kind: str, title: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]], **options: Any
) -> Iterable[Chart]:
    if chart := draw(kind, title, labels, series, **options):
        yield chart


def _by_name(found: Sequence[tuple[date, str, float]], dates: Sequence[date]) -> dict[str, list[float]]:
    """A series for each of those that add up to most; the rest is one together."""
    totals: dict[str, float] = {}
    for _, name, value in found:
        totals[name] = totals.get(name, 0) + value
    named = sorted((name for name in totals if totals[name]), key=lambda name: (-totals[name], name))
    shown = named[:_MOST_SERIES]
    series = {name: [0.0] * len(dates) for name in (*shown, *(("others",) if len(named) > len(shown) else ()))}
    position = {day: number for number, day in enumerate(dates)}
    for day, name, value in found:
        if day in position and totals[name]:
            series[name if name in shown else "others"][position[day]] += value
    return series
