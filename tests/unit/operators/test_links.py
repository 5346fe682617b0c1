"""Links lead somewhere real, also where Airflow is served below a path."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from prospecting.operators import links
from prospecting.operators.links import LedgerCallsLink, ProviderRunLink, RunPageLink
from prospecting.plugin import ProspectingPlugin
from prospecting.tasks.result_link import ResultLink

TASK: Any = SimpleNamespace(dag_id="slot backfill", run_id="manual__2026-01-01T00:00:00+00:00/1", task_id="t")
RUN = "/dags/slot%20backfill/runs/manual__2026-01-01T00%3A00%3A00%2B00%3A00%2F1/plugin/prospecting-result"


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [("", RUN), ("https://airflow.example", f"https://airflow.example{RUN}"), ("http://x/air/", f"http://x/air{RUN}")],
    ids=["unset", "host", "path"],
)
def test_a_run_is_linked_below_the_base_url(monkeypatch: pytest.MonkeyPatch, base_url: str, expected: str) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base_url)
    assert LedgerCallsLink().get_link(SimpleNamespace(), ti_key=TASK) == expected  # type: ignore[arg-type]


def test_the_tab_of_the_links_is_the_one_that_the_plugin_registers() -> None:
    routes = [view["url_route"] for view in ProspectingPlugin.external_views if view["destination"] == "dag_run"]
    assert [f"/plugin/{route}" for route in routes] == [RunPageLink.page]


def test_a_provider_run_is_linked_once_it_is_known() -> None:
    operator: Any = SimpleNamespace(provider_run_url="https://provider.example/runs/trun_1")
    assert ProviderRunLink().get_link(operator, ti_key=TASK) == "https://provider.example/runs/trun_1"
    assert ProviderRunLink().get_link(SimpleNamespace(provider_run_url=None), ti_key=TASK) == ""  # type: ignore[arg-type]


def test_every_link_has_a_name_of_its_own() -> None:
    kinds = [item for item in vars(links).values() if isinstance(item, type) and item.__module__ == links.__name__]
    assert len({kind().name for kind in kinds}) == len(kinds) == 13


def test_tasks_without_a_link_of_their_own_lead_to_the_result_and_those_of_others_do_not() -> None:
    (link,) = ProspectingPlugin.global_operator_extra_links
    assert isinstance(link, ResultLink)
    for operator, has_one in (
        (SimpleNamespace(owner="prospecting", operator_extra_links=()), True),
        (SimpleNamespace(owner="prospecting", operator_extra_links=(LedgerCallsLink(),)), False),
        (SimpleNamespace(owner="airflow", operator_extra_links=()), False),
    ):
        assert link.get_link(operator, ti_key=TASK).endswith(RUN) is has_one  # type: ignore[arg-type]
