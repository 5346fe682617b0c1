"""How long a provider asks us to wait, whatever its headers say, and how errors name a service."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.agents.errors import LONGEST_WAIT, RateLimited
from prospecting.agents.provider_errors import error_for_status, located, retry_after_seconds


@pytest.mark.parametrize(
    "absurd",
    [
        "", "-1", "nan", "-inf", "1e400", "10" * 400, str(10**30), "2678401", "1_000", "٣", "0x10", "soon", "\x00",
        "Fri, 31 Dec 99999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 2027 23:59:59 +9999",
        "Wed, 21 Oct 2026 99999999999999999999:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 -99999999999999999999",
        "Wed, 21 Oct 2026 25:61:61 GMT", "21 21 21", "x" * 100_000,
    ],
)  # fmt: skip
def test_an_absurd_wait_is_none(absurd: str) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert retry_after_seconds({"Retry-After": absurd}, now=now) is None
    assert retry_after_seconds({"Retry-After-Ms": absurd + "000" if absurd.isdecimal() else absurd}, now=now) is None


@given(st.text() | st.integers().map(str) | st.floats().map(str))
def test_whatever_a_header_says_is_read_as_seconds_or_not_at_all(said: str) -> None:
    for name in ("retry-after", "retry-after-ms"):
        seconds = retry_after_seconds({name: said})
        assert seconds is None or 0 <= seconds <= LONGEST_WAIT


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf"), 1e30])
def test_no_error_asks_for_an_absurd_wait(seconds: float) -> None:
    assert RateLimited("Later", retry_after=seconds).retry_after is None
    assert RateLimited("Later", retry_after=1.5).retry_after == 1.5


@pytest.mark.parametrize(
    ("base_url", "said"),
    [
        ("https://api.example.com/v1", "the model at api.example.com (connection c)"),
        ("http://ann:secret@10.0.0.7:8080/secret?key=secret#secret", "the model at 10.0.0.7:8080 (connection c)"),
        ("http://[::1]:9/v1", "the model at ::1:9 (connection c)"),
        ("api.example.com", "the model (connection c)"),
        ("https://host:secret/", "the model (connection c)"),
        ("", "the model (connection c)"),
    ],
)
def test_a_service_is_named_by_host_and_connection_and_nothing_else(base_url: str, said: str) -> None:
    assert located("the model", base_url, "c") == said


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 409, 422, 429, 432, 500, 503])
def test_every_error_names_the_connection(status: int) -> None:
    assert "prospecting_llm" in str(error_for_status(status, service="model", connection_id="prospecting_llm"))
