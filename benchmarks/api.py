"""Requests to the API, one after the other through the whole application, against the same work without HTTP."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import Engine, text

from benchmarks.persistence import scratch_database
from benchmarks.results import Results, seconds
from prospecting.persistence import briefings
from prospecting.persistence.api_tokens import issue_token

KEY = "the internal key"
RESEARCH = {"summary": "What was found. " * 125}
"""2 KB."""
BODIES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "icp-job-titles": (briefings.upsert_icp_job_titles, {}),
    "company-intel-briefings": (briefings.upsert_company_intel_briefing, {"client_company_name": "Client"}),
    "person-intel-briefings": (
        briefings.upsert_person_intel_briefing,
        {"person_current_company_name": "Acme", "client_company_name": "Client"},
    ),
}
_ONE = text(
    "select * from company_intel_briefings where org_id = :org_id and company_domain = :company_domain "
    "order by created_at desc limit 100"
)
_HUNDRED = text("select * from company_intel_briefings where org_id = :org_id order by created_at desc limit 100")
_A_TOKENS_BURST = 100


def run(results: Results, *, rows: int) -> None:
    """``rows`` requests of each kind."""
    with scratch_database() as engine:
        with engine.begin() as connection:
            org: UUID = connection.execute(
                text("insert into orgs (name, slug) values ('Bench', 'bench') returning id")
            ).scalar_one()
        asyncio.run(_measure(engine, org, results, rows))


async def _measure(engine: Engine, org: UUID, results: Results, rows: int) -> None:
    transport = httpx.ASGITransport(app=_application(engine))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        program = {"Authorization": f"Bearer {KEY}", "x-internal-org-id": str(org)}
        await _ask(
            client, "/internal/icp-job-titles/upsert", [_body("icp-job-titles", 0, "warm")], itertools.repeat(program)
        )
        for kind, (upsert, _) in BODIES.items():
            bodies = [_body(kind, number, "http") for number in range(rows)]
            measured = await _ask(client, f"/internal/{kind}/upsert", bodies, itertools.repeat(program))
            bare = seconds(partial(_upsert, engine, org, kind, upsert, rows))
            _add(results, f"upsert of {kind}", rows, measured, bare, "the function, in a transaction")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("vacuum analyze"))
        queries: tuple[tuple[str, Any, Sequence[dict[str, Any]]], ...] = (
            ("query of one briefing", _ONE, [{"company_domain": f"http-{number}.com"} for number in range(rows)]),
            ("query of a hundred", _HUNDRED, [{} for _ in range(max(rows // 10, 1))]),
        )
        for what, query, asked in queries:
            measured = await _ask(client, "/v1/company-intel-briefings/query", asked, _tenants(engine, org))
            bare = seconds(partial(_select, engine, org, query, asked))
            _add(results, what, len(asked), measured, bare, "its SELECT")


def _application(engine: Engine) -> Any:
    """The API as Airflow's API server has it, on this database."""
    from scripts import environment

    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    os.environ.update(environment.prepare().variables)
    os.environ["AIRFLOW_CONN_PROSPECTING_DB"] = environment.airflow_connection(url)
    os.environ["AIRFLOW_CONN_PROSPECTING_INTERNAL_API"] = json.dumps({"conn_type": "generic", "password": KEY})
    from prospecting.web.api.app import create_api  # reads Airflow's configuration

    return create_api()


async def _ask(client: httpx.AsyncClient, path: str, bodies: Sequence[Any], headers: Iterator[dict[str, str]]) -> float:
    loop = asyncio.get_running_loop()
    started = loop.time()
    for body in bodies:
        answer = await client.post(path, json=body, headers=next(headers))
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:500]}")
    return loop.time() - started


def _tenants(engine: Engine, org: UUID) -> Iterator[dict[str, str]]:
    """A token answers so many requests at once, and then twenty a second."""
    while True:
        with engine.begin() as connection:
            token = issue_token(connection, name="bench", org_id=org).token
        yield from itertools.repeat({"Authorization": f"Bearer {token}"}, _A_TOKENS_BURST)


def _body(kind: str, number: int, prefix: str) -> dict[str, Any]:
    name = (
        {"person_full_name": f"Jane {prefix} {number}"}
        if kind.startswith("person")
        else {"company_domain": f"{prefix}-{number}.com"}
    )
    return {**BODIES[kind][1], **name, "raw_parallel_output": RESEARCH}


def _upsert(engine: Engine, org: UUID, kind: str, upsert: Callable[..., Any], rows: int) -> None:
    for number in range(rows):
        with engine.begin() as connection:
            upsert(connection, org_id=org, **_body(kind, number, "bare"))


def _select(engine: Engine, org: UUID, query: Any, bodies: Sequence[dict[str, Any]]) -> None:
    for body in bodies:
        with engine.begin() as connection:
            connection.execute(query, {"org_id": org, **body}).all()


def _add(results: Results, what: str, number: int, measured: float, bare: float, against: str) -> None:
    results.add(f"API: {what}, {number / measured:,.0f} a second", measured / number, bare / number, against, "")
