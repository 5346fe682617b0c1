"""The result of a DAG run: what it found or changed, what it left out and why, what it asked and what that cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from prospecting.persistence import signals as stored_signals
from prospecting.persistence.agent_calls import query_spending
from prospecting.persistence.ledger_browsing import CallFilter, query_calls, query_calls_of_scope
from prospecting.persistence.rejected_records import query_reasons_of_run
from prospecting.persistence.slot_requests import count_closed_by_run
from prospecting.services.executions import cancel_execution
from prospecting.services.reports import signals
from prospecting.services.reports.calls import calls as calls_by_agent
from prospecting.services.reports.report import Column, Report, Table, table
from prospecting.services.reports.runs import REPORTED, report_of_run
from prospecting.services.runtime import Runtime
from prospecting.services.signal_outcome import closing_line
from prospecting.services.slots import reopen_seats
from prospecting.web import filters, listing
from prospecting.web.airflow_runs import AirflowRefusal, RunState, cause_in_log, find_run, returned_values, trigger
from prospecting.web.database import EXPORT_SECONDS, Database, in_words, reading, runtime, task_engine
from prospecting.web.listing import ROWS, after, csv_answer, listed
from prospecting.web.login import Person, Writer, reads_dag
from prospecting.web.rendering import page, root_of

router = APIRouter()

DagReader = Annotated[Person, Depends(reads_dag())]

_MOST_ROWS = 50_000
"""Rows of a downloaded table of a report."""
_PORTION = 20_000
"""Rows of an execution that a download reads at a time; each time all of them are put in order."""
_MOST_PAGES = 20
"""Pages of a table of a report: each is read together with those before it."""
_TABS = {**signals.LISTS, "left_out": "Left out", "calls": "Calls"}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed: the first task that did, and its error, where it is known."""

    task_id: str
    map_index: int
    cause: str | None


@router.get("/runs/{dag_id}/{run_id:path}", response_model=None)
def show(request: Request, dag_id: str, run_id: str, person: DagReader, connection: Database) -> Response:
    """The result of a run. ``?table=`` downloads one of its tables as CSV."""
    run = find_run(dag_id, run_id)
    if run is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Airflow has no such run; it may have been deleted")
    if wanted := request.query_params.get("table"):
        return _download(dag_id, run_id, wanted)
    values: dict[str, Any] = {"run": run, "dag_id": dag_id, "run_id": run_id, "tabs": {}, "scope": None}
    if dag_id not in REPORTED:
        return page(request, "run.html", **values, **_of_other_dag(connection, run), **_failure(person, run, None))
    execution_id = stored_signals.find_execution_of_run(connection, run_id) if dag_id == "signal_execution" else None
    if execution_id:
        found = dict(stored_signals.find_execution(connection, execution_id))
        result = _of_execution(request, connection, found, is_over=run.is_over)
        values |= result
        problem = found["error"].get("message") if found["error"] else None
    else:
        returned = returned_values(dag_id, run_id)
        report, number = _report(request, connection, dag_id, run_id, returned)
        values |= {
            "report": report,
            **_spent(connection, dag_id, run_id, returned),
            "reopenable": _reopenable(connection, dag_id, run_id),
            "page_number": number,
            "most_rows": _MOST_ROWS,
        }
        problem = report.problem
    return page(request, "run.html", **values, **_failure(person, run, problem))


def _failure(person: Person, run: RunState, problem: str | None) -> dict[str, Any]:
    """The task that failed first in a run, and why: what the product has noted, else what the log says."""
    stage = run.first_failure
    if stage is None:
        return {"failure": None}
    cause = cause_in_log(run.dag_id, run.run_id, stage) if person.may_read_logs(run.dag_id) else None
    return {"failure": Failure(stage.task_id, stage.failed_index or 0, cause if cause != problem else None)}


# ------------------------------------------------------------------------------------------------------------- signals
def _of_execution(
    request: Request, connection: Connection, found: Mapping[str, Any], *, is_over: bool
) -> dict[str, Any]:
    execution_id, scope = found["id"], f"signal_execution:{found['id']}"
    tab = request.query_params.get("tab", "events")
    if tab not in _TABS:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "There is no such tab; open the page anew")
    signal = stored_signals.find_signal(connection, found["signal_id"])
    configuration = signals.configuration_of(found)
    shown: dict[str, Any] = {"list": None, "calls": None, "by_agent": None}
    if tab in signals.LISTS:
        key = after(request.query_params.get("after"), [int])
        rows = signals.listed(connection, execution_id, tab, rows=ROWS, after=key[0] if key else 0)
        shown["list"] = rows
        shown["next"] = listing.cursor_of([rows.after]) if rows.after else None
    elif tab == "left_out":
        shown["list"] = signals.left_out(connection, execution_id)
    else:
        key = after(request.query_params.get("after"), [int])
        shown["by_agent"] = calls_by_agent(connection, scope)
        made = query_calls_of_scope(connection, scope, after_id=key[0] if key else None, limit=ROWS + 1)
        shown["calls"] = listed(made, ["id"])
    return {
        "report": Report(
            signal["name"] if signal else "Signal execution",
            about=signals.about(found),
            status=found["status"],
            started_at=found["started_at"],
            completed_at=found["completed_at"],
            problem=found["error"].get("message") if found["error"] else None,
        ),
        "reopenable": {},
        "tiles": signals.found_and_why(connection, found, is_over=is_over),
        "labels": signals.LISTS,
        "tabs": _TABS,
        "tab": tab,
        "spending": query_spending(connection, scope),
        "budget": configuration.budget if configuration else None,
        "closing": closing_line(found["stats"]) if found["stats"] else None,
        "execution": found,
        **shown,
    }


# ------------------------------------------------------------------------------------------------------------ reports
def _report(
    request: Request, connection: Connection, dag_id: str, run_id: str, returned: Mapping[str, Any]
) -> tuple[Report, int]:
    """The report of a run with a page of each table: the first one, and of that which ``?part=`` names the page
    ``?page=``. Returns that number as well."""
    part, number = filters.text(request, "part"), filters.whole(request, "page", 1, _MOST_PAGES) or 1
    report = report_of_run(connection, dag_id, run_id, returned, rows=ROWS * number)
    assert report
    parts = [_page_of(each, number if each.name == part else 1) if isinstance(each, Table) else each
             for each in report.parts]  # fmt: skip
    return replace(report, parts=parts), number


def _spent(connection: Connection, dag_id: str, run_id: str, returned: Mapping[str, Any]) -> dict[str, Any]:
    """The money and calls that a run which asks agents has spent, and its budget."""
    if dag_id == "slot_backfill":
        shares = returned.get("plan_backfill") or [{}]
        scope, budget = f"slot_backfill:{run_id}", shares[0]
    elif dag_id == "research_pipeline" and (started := returned.get("start_submission")):
        scope, budget = f"research:{started['submission_id']}", started
    else:
        return {}
    return {
        "spending": query_spending(connection, scope),
        "budget": {name: budget.get(name) for name in ("max_usd", "max_calls")},
    }


def _page_of(found: Table, number: int) -> Table:
    rows = found.rows[ROWS * (number - 1) : ROWS * number]
    return replace(found, rows=rows, after=ROWS * number if found.total > ROWS * number else None)


# ---------------------------------------------------------------------------------------------------------- other DAGs
def _of_other_dag(connection: Connection, run: RunState) -> dict[str, Any]:
    """The deeds of this bundle's operators in a DAG of somebody else: calls, and what could not be used."""
    made = query_calls(
        connection,
        CallFilter(since=run.started_at, until=run.ended_at, dag_id=run.dag_id, run_id=run.run_id),
        limit=ROWS + 1,
    )
    reasons = query_reasons_of_run(connection, run.dag_id, run.run_id)
    unused = table(
        "unused",
        "Could not be used",
        (
            Column("records", "number"),
            Column("what", "words"),
            Column("stage"),
            Column("reason"),
            Column("in words"),
            Column("e.g. in"),
        ),
        ((r["records"], r["record_type"], r["stage"], r["reason"], r["detail"], r["source"]) for r in reasons),
    )
    return {"report": None, "reopenable": {}, "calls": listed(made, ["started_at", "id"]), "unused": unused}


# ----------------------------------------------------------------------------------------------------------- downloads
def _download(dag_id: str, run_id: str, wanted: str) -> Response:
    """One table of a run as CSV. Every row is read anew, also when the page shows a part of them."""
    with reading() as connection:
        execution_id = (
            stored_signals.find_execution_of_run(connection, run_id) if dag_id == "signal_execution" else None
        )
        first = _table(connection, dag_id, run_id, execution_id, wanted, rows=1)
    if first is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "The run has no such table")
    columns = [
        listing.Column(f"{number}{part}", f"{column.title} id" if part else column.title)
        for number, column in enumerate(first.columns)
        for part in (("", "id") if column.kind in ("company", "person") else ("",))
    ]

    def portions(connection: Connection) -> Iterator[Sequence[Mapping[str, Any]]]:
        position: int | None = 0
        while position is not None:
            found = _table(
                connection, dag_id, run_id, execution_id, wanted, rows=_PORTION if execution_id else _MOST_ROWS,
                position=position,
            )  # fmt: skip
            if found is None:
                return
            yield [_cells(row, found.columns) for row in found.rows]
            position = found.after

    return csv_answer(f"{dag_id}-{wanted}", columns, lambda: reading(EXPORT_SECONDS), portions)


def _table(
    connection: Connection,
    dag_id: str,
    run_id: str,
    execution_id: object,
    wanted: str,
    *,
    rows: int,
    position: int = 0,
) -> Table | None:
    if execution_id and wanted in signals.LISTS:
        return signals.listed(connection, str(execution_id), wanted, rows=rows, after=position)
    report = report_of_run(connection, dag_id, run_id, returned_values(dag_id, run_id), rows=rows)
    return report.table(wanted) if report else None


def _cells(row: Sequence[Any], columns: Sequence[Column]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for number, (value, column) in enumerate(zip(row, columns, strict=True)):
        if column.kind in ("company", "person"):
            cells[f"{number}id"], cells[str(number)] = value or (None, None)
        else:
            cells[str(number)] = value
    return cells


# ----------------------------------------------------------------------------------------- cancelling and going on
@router.post("/executions/{execution_id}/cancel")
def cancel(request: Request, execution_id: UUID, person: Writer) -> Response:
    """Cancel an execution while it runs: nothing more is asked, and what it has found is kept."""
    if not person.may_write("signal_execution"):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role in Airflow may not cancel executions")
    with in_words(), _refused():
        cancel_execution(runtime(), execution_id)
        with reading() as connection:
            run_id = stored_signals.find_execution(connection, execution_id)["airflow_run_id"]
    return _to_run(request, run_id)


@router.post("/executions/{execution_id}/resume")
def resume(request: Request, execution_id: UUID, person: Writer) -> Response:
    """Go on with an execution that has ended, in a new run: its answers are not paid for again."""
    if not person.may_trigger("signal_execution"):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role in Airflow may not trigger signal_execution")
    with reading() as connection, _refused():
        if stored_signals.find_execution(connection, execution_id)["status"] == "running":
            raise HTTPException(status.HTTP_409_CONFLICT, "The execution is under way: cancel it first")
    try:
        run_id = trigger("signal_execution", {"resume_execution": str(execution_id)}, person.name)
    except AirflowRefusal as refusal:
        raise HTTPException(status.HTTP_409_CONFLICT, str(refusal)) from None
    return _to_run(request, run_id)


@contextmanager
def _refused() -> Iterator[None]:
    """Turns what a service refuses into an answer."""
    try:
        yield
    except LookupError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(error)) from None
    except ValueError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from None


def _to_run(request: Request, run_id: str | None) -> RedirectResponse:
    where = f"/runs/signal_execution/{quote(run_id, safe='')}" if run_id else "/signals"
    return RedirectResponse(f"{root_of(request)}{where}", status.HTTP_303_SEE_OTHER)


# ----------------------------------------------------------------------------------------------------------- reopening
def _reopenable(connection: Connection, dag_id: str, run_id: str) -> dict[str | None, int]:
    return count_closed_by_run(connection, run_id) if dag_id == "slot_backfill" else {}


@router.post("/reopen-seats/{run_id:path}")
def reopen(request: Request, run_id: str, person: Writer, reason: Annotated[str | None, Form()] = None) -> Response:
    """Open the closed seats for which a backfill found nobody; the next evaluation asks for them again."""
    if not person.may_write("slot_backfill"):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role in Airflow may not change seats")
    with in_words():
        reopen_seats(Runtime(task_engine(), timeout_seconds=60), run_id, reason=reason or None)
    where = f"{root_of(request)}/runs/slot_backfill/{quote(run_id, safe='')}"
    return RedirectResponse(where, status.HTTP_303_SEE_OTHER)
