"""Lineage: the tables of the application database that operators and tasks read and write.

Each operator and each task that writes tables declares them, beside its code. Whoever collects lineage is told when it
ends: operators tell the OpenLineage provider, with counts; tasks tell Airflow, which passes it on. Without a collector
nothing happens, and the OpenLineage provider need not be installed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from sqlalchemy.engine import URL

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

OF_EVERY_TASK = frozenset(
    {
        "account_changes",
        "account_refreshes",
        "agent_calls",
        "agent_steps",
        "backfill_journal",
        "contact_promotions",
        "erasures",
        "execution_questions",
        "feature_refreshes",
        "provider_answers",
        "provider_circuits",
        "rate_limits",
        "seat_changes",
        "signal_executions",
        "slot_evaluation_chunks",
        "slot_evaluations",
        "task_attempts",
        "web_pages",
        "webhook_deliveries",
    }
)
"""Tables that say who works on what, and what changed since: whatever a task does leaves traces there."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables that something reads and writes; those of another schema than public with it: ``intake.x``.

    ``writes`` are all that it may change, whatever it changes in one run, so that the graph of lineage is the same
    every night. ``OF_EVERY_TASK`` need not be named.
    ``rows``: by table, under which name ``execute`` returns how many rows of it were written.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    rows: Mapping[str, str] = field(default_factory=dict)


def _server(url: URL) -> str:
    """Host and port. A local socket, which has neither, is told as OpenLineage tells a server of this machine."""
    return f"{url.host or 'localhost'}:{url.port or 5432}"


def _place(url: URL, table: str) -> tuple[str, str, str]:
    """Database, schema and table."""
    schema, _, name = table.rpartition(".")
    return url.database or url.username or "", schema or "public", name


def operator_lineage(tables: Tables, url: URL, result: Mapping[str, Any]) -> OperatorLineage[Any, Any]:
    """The lineage of an operator, as the OpenLineage provider takes it; ``result`` is what ``execute`` returned.

    Counts in the result become a facet of the run, those of written rows also one of their table.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage
    from attr import define
    from openlineage.client.event_v2 import InputDataset, OutputDataset
    from openlineage.client.facet_v2 import RunFacet, output_statistics_output_dataset

    @define
    class CountsRunFacet(RunFacet):  # type: ignore[misc, unused-ignore]  # Any where the provider is not installed
        """The numbers that say what a task has done."""

        counts: dict[str, int]

    namespace = f"postgres://{_server(url)}"

    def name_of(table: str) -> str:
        return ".".join(_place(url, table))

    def statistics(table: str) -> dict[str, Any]:
        rows = result.get(tables.rows.get(table, ""))
        if rows is None:
            return {}
        facet = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rows)
        return {"outputFacets": {"outputStatistics": facet}}

    counts = {
        name: value
        for name, value in result.items()
        if isinstance(value, int) and not isinstance(value, bool) and not name.endswith("_id")
    }
    return OperatorLineage(
        inputs=[InputDataset(namespace, name_of(table)) for table in tables.reads],
        outputs=[OutputDataset(namespace, name_of(table), **statistics(table)) for table in tables.writes],
        run_facets={"prospecting_counts": CountsRunFacet(counts)} if counts else {},
    )


def lineage(tables: Tables) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates the function of a task, below ``@task``: tells Airflow which tables it reads and writes."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def with_lineage(*args: P.args, **options: P.kwargs) -> R:
            try:
                return function(*args, **options)
            finally:
                collect(tables)

        with_lineage.tables = tables  # type: ignore[attr-defined]
        return with_lineage

    return decorate


def collect(tables: Tables) -> None:
    """Tell Airflow's collector that this task reads and writes the tables, if anybody reads what it collects.

    Never fails: a task is worth more than what is known about it.
    """
    from airflow.sdk import plugins_manager

    # Without a reader, Airflow would load all providers to make a collector that does nothing.
    if not plugins_manager.get_hook_lineage_readers_plugins():
        return
    from airflow.sdk.lineage import get_hook_lineage_collector

    from prospecting.hooks.prospecting import ProspectingHook

    try:
        hook = ProspectingHook()
        url, collector = hook.engine.url, get_hook_lineage_collector()
        for names, add in ((tables.reads, collector.add_input_asset), (tables.writes, collector.add_output_asset)):
            for table in names:
                # The form of an address that providers agree on (AIP-60); the postgres provider translates it.
                add(hook, uri=f"postgres://{_server(url)}/{'/'.join(_place(url, table))}")
    except Exception as error:
        log.warning("The tables of this task are missing in its lineage: %s", type(error).__name__)
