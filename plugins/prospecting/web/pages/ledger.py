"""The ledger: every call to an agent, what it cost, and what it said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse

from prospecting.persistence.agent_steps import query_steps
from prospecting.persistence.ledger_browsing import (
    STATUSES,
    CallFilter,
    find_call,
    query_calls,
    query_cost_by_day,
)
from prospecting.services.reports.runs import REPORTED
from prospecting.web.charts import Chart, draw
from prospecting.web.database import EXPORT_SECONDS, Database, reading
from prospecting.web.kept import Kept
from prospecting.web.listing import ROWS, Column, after, csv_answer, listed
from prospecting.web.login import Reader
from prospecting.web.rendering import page, usd

router = APIRouter()

_DAYS = 30
_MOST_DAYS = 366
_PORTION = 2_000
_LONGEST_ANSWER = 200_000
"""Characters of an answer that a page shows."""

COLUMNS = (
    Column("id", "Call"),
    Column("started_at", "Asked at"),
    Column("dag_id", "DAG"),
    Column("run_id", "Run"),
    Column("task_id", "Task"),
    Column("agent", "Agent"),
    Column("provider", "Provider"),
    Column("status", "Status"),
    Column("error_kind", "Kind of error"),
    Column("error_message", "Error"),
    Column("latency_ms", "Milliseconds"),
    Column("input_tokens", "Tokens in"),
    Column("output_tokens", "Tokens out"),
    Column("cost_usd", "USD"),
    Column("reserved_usd", "USD reserved"),
    Column("reused_from_id", "Reused from call"),
    Column("scope", "Scope"),
)


kept_costs: Kept[list[dict[str, Any]]] = Kept()


@router.get("/ledger")
def show(request: Request, connection: Database, fresh: bool = False) -> HTMLResponse:
    """Calls of a period, and what each day cost; ``fresh`` adds that up again."""
    wanted, first = _wanted(request), _first_day(request)
    if fresh:
        kept_costs.forget()
    key = after(request.query_params.get("after"), [datetime, int])
    costs = kept_costs.result(first, lambda: query_cost_by_day(connection, first))
    calls = query_calls(connection, wanted, after=key, limit=ROWS + 1)
    return page(
        request,
        "ledger.html",
        listed=listed(calls, ["started_at", "id"]),
        costs=[row for row in costs if wanted.until is None or _midnight(row["day"]) < wanted.until],
        chart=_chart(costs, first),
        providers=sorted({row["provider"] for row in costs} | {wanted.provider or ""} - {""}),
        statuses=STATUSES,
        dag_ids=sorted({*REPORTED, wanted.dag_id or ""} - {""}),
        wanted=wanted,
        first=first,
        query=request.query_params,
    )


@router.get("/ledger.csv")
def download(request: Request) -> Response:
    """All calls of the filters, without requests and answers."""
    wanted = _wanted(request)

    def portions(connection: Any) -> Any:
        key: Sequence[Any] | None = None
        while rows := query_calls(connection, wanted, after=key, limit=_PORTION):
            yield rows
            key = (rows[-1]["started_at"], rows[-1]["id"])

    return csv_answer("ledger", COLUMNS, lambda: reading(EXPORT_SECONDS), portions)


@router.get("/ledger/{call_id}")
def show_call(request: Request, call_id: int, person: Reader, connection: Database) -> HTMLResponse:
    """One call. What was asked and said word for word is for those who may change something: it names people."""
    call = find_call(connection, call_id) if 0 < call_id < 2**63 else None
    if call is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such call in the ledger")
    may_see = person.may_write(call["dag_id"])
    answer = call["response"]
    return page(
        request,
        "ledger_call.html",
        call=call,
        steps=query_steps(connection, call_id),
        may_see=may_see,
        answer=_readable(bytes(answer)) if may_see and answer is not None else None,
        has_answer=answer is not None,
    )


def _readable(answer: bytes) -> str:
    """An answer as text: JSON indented, all else as it is, and cut when it is very long."""
    text = answer.decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    left = len(text) - _LONGEST_ANSWER
    return text if left <= 0 else f"{text[:_LONGEST_ANSWER]}\n… and {left:,} characters more"


def _wanted(request: Request) -> CallFilter:
    query = request.query_params
    last = _day(query.get("to"), "to")
    found = query.get("status") or None
    if found and found not in STATUSES:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, f"status: one of {', '.join(STATUSES)}")
    dag_id = query.get("dag_id") or None
    return CallFilter(
        since=_midnight(_first_day(request)),
        until=_midnight(last + timedelta(days=1)) if last else None,
        provider=query.get("provider") or None,
        status=found,
        dag_id=dag_id,
        run_id=(query.get("run_id") or None) if dag_id else None,
    )


def _first_day(request: Request) -> date:
    return _day(request.query_params.get("from"), "from") or datetime.now(UTC).date() - timedelta(days=_DAYS - 1)


def _day(value: str | None, name: str) -> date | None:
    if not value:
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = date.min
    if not date(1970, 1, 1) <= day <= date(9000, 1, 1):
        raise HTTPException(status.HTTP_400_BAD_REQUEST, f"{name}: not a day; write it as 2027-03-15")
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _chart(costs: Sequence[Mapping[str, Any]], first: date) -> Chart | None:
    """The cost of each day, by provider; reserved is what it may have cost where that is not known."""
    if not costs:
        return None
    last = max(row["day"] for row in costs)
    first = max(first, last - timedelta(days=_MOST_DAYS - 1))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    by_key = {(row["provider"], row["day"]): float(row["cost_usd"] + row["reserved_usd"]) for row in costs}
    providers = sorted({row["provider"] for row in costs})
    return draw(
        "bars",
        "US dollars per day, by provider",
        [f"{day:%d %b}" for day in days],
        {provider: [by_key.get((provider, day), 0.0) for day in days] for provider in providers},
        formatter=usd,
    )
