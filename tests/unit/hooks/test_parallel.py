"""Where deep research is asked, from its connection."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from prospecting.agents.parallel import DeepResearchError, ParallelSettings, ResearchPhase
from prospecting.hooks.parallel import ParallelHook, parallel_settings_from


def connection(**fields: Any) -> Connection:
    extra = fields.pop("extra", {})
    return Connection(**{"conn_id": "x", "conn_type": "generic", **fields}, extra=json.dumps(extra))


def test_settings_of_deep_research_come_from_the_connection() -> None:
    settings = parallel_settings_from(
        connection(
            conn_id="prospecting_parallel",
            host="research.example",
            schema="http",
            port=8080,
            password="research-key",
            extra={
                "timeout_seconds": 12,
                "poll_delays": [1, 2.5],
                "wait_caps": {"pro": 60, "mega": 90},
                "usd_per_run": {"pro": "0.2", "mega": 5},
            },
        )
    )
    assert settings.base_url == "http://research.example:8080"
    assert (settings.timeout_seconds, settings.poll_delays) == (12.0, (1.0, 2.5))
    assert (settings.cap_for("pro"), settings.cap_for("mega"), settings.cap_for("ultra")) == (60, 90, 2700)
    assert [str(settings.usd_for(name)) for name in ("pro", "mega", "ultra")] == ["0.2", "5", "0.3"]
    assert settings.connection_id == "prospecting_parallel"
    assert "research-key" not in repr(settings)


def test_a_key_is_all_deep_research_needs() -> None:
    settings = parallel_settings_from(connection(conn_id="prospecting_parallel", password="key"))
    assert settings == ParallelSettings("key")
    empty = dict.fromkeys(("timeout_seconds", "poll_delays", "wait_caps", "usd_per_run"))  # as a form stores them
    assert parallel_settings_from(connection(conn_id="prospecting_parallel", password="key", extra=empty)) == settings


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ({"timeout_seconds": "soon"}, "timeout_seconds"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": True}, "timeout_seconds"),
        ({"poll_delays": 5}, "poll_delays"),
        ({"poll_delays": []}, "poll_delays"),
        ({"poll_delays": [5, -1]}, "poll_delays"),
        ({"poll_delays": [None]}, "poll_delays"),
        ({"wait_caps": [60]}, "wait_caps"),
        ({"wait_caps": {"pro": "long"}}, "wait_caps"),
        ({"usd_per_run": 0.1}, "usd_per_run"),
        ({"usd_per_run": {"pro": "cheap"}}, "pro"),
        ({"usd_per_run": {"pro": "NaN"}}, "pro"),
        ({"usd_per_run": {"pro": -1}}, "pro"),
    ],
)
def test_wrong_extras_of_deep_research_are_named(extra: dict[str, Any], named: str) -> None:
    with pytest.raises(
        DeepResearchError, match=rf"connection prospecting_parallel is wrong: Extra {named} "
    ) as failure:
        parallel_settings_from(connection(conn_id="prospecting_parallel", password="key", extra=extra))
    error = failure.value
    assert (error.phase, error.code, error.retryable) == (ResearchPhase.CONFIG, "invalid_connection", False)


def test_deep_research_without_a_connection_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(connection_id: str) -> Connection:
        raise AirflowNotFoundException(connection_id)

    monkeypatch.setattr(BaseHook, "get_connection", staticmethod(look_up))
    with pytest.raises(DeepResearchError, match="needs the Airflow connection prospecting_parallel ") as failure:
        _ = ParallelHook().settings
    error = failure.value
    assert (error.phase, error.code, error.kind) == (
        ResearchPhase.CONFIG,
        "missing_parallel_api_key",
        "authentication",
    )


def test_a_connection_without_a_key_is_as_good_as_none() -> None:
    with pytest.raises(DeepResearchError, match="prospecting_parallel_2") as failure:
        parallel_settings_from(connection(conn_id="prospecting_parallel_2", host="https://x.example"))
    assert failure.value.code == "missing_parallel_api_key"
