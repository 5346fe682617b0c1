"""The time of tests: one moment for each, none in between, and no test that runs over midnight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests import clock
from tests.conftest import pytest_runtest_protocol

MIDNIGHT = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "length", "waited"),
    [
        (timedelta(hours=23, minutes=59), timedelta(minutes=1), []),
        (timedelta(seconds=60), timedelta(minutes=1), []),
        (timedelta(seconds=59), timedelta(minutes=1), [59.0, 1e-4]),
        (timedelta(seconds=59), timedelta(minutes=3), [59.0, 1e-4]),
        (timedelta(0), timedelta(minutes=3), []),
    ],
    ids=str,
)
def test_what_would_run_over_midnight_waits_until_it_is_past(
    before: timedelta, length: timedelta, waited: list[float]
) -> None:
    at, sleeps, said = MIDNIGHT - before, list[float](), list[str]()

    def sleep(seconds: float) -> None:
        """Wakes up a little early the first time, as clocks that are set right do."""
        nonlocal at
        at += timedelta(seconds=seconds) - timedelta(seconds=0 if sleeps else 1e-4)
        sleeps.append(seconds)

    clock.wait_past_midnight(length, said.append, clock=lambda: at, sleep=sleep)
    assert sleeps == pytest.approx(waited)
    assert said == (["Midnight UTC is near: tests wait for 59 s"] if waited else [])
    assert at == (MIDNIGHT if waited else MIDNIGHT - before)


@pytest.fixture
def lengths(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """For how long midnight must be away, as asked for; what is done to the clock is undone."""
    found: list[timedelta] = []
    monkeypatch.setattr(clock, "_moments", [])
    monkeypatch.setattr(clock, "wait_past_midnight", lambda length, _: found.append(length))
    return found


@pytest.mark.parametrize(("markers", "minutes"), [((), 1), (("airflow",), 3), (("slow",), 3)], ids=str)
def test_each_test_has_a_moment_of_its_own(lengths: list[timedelta], markers: tuple[str, ...], minutes: int) -> None:
    item = SimpleNamespace(get_closest_marker=lambda name: name in markers or None)
    moments = []
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no test runs"):
            clock.today()
        running = pytest_runtest_protocol(item)  # type: ignore[arg-type]
        next(running)
        moments += [clock.now(), clock.days_ago(0), clock.hours_ago(0)]
        assert clock.today() == clock.date_ago(0) == clock.now().date()
        assert clock.from_now({"at": timedelta(hours=1), "name": "Acme"}) == {"at": clock.hours_ago(-1), "name": "Acme"}
        with pytest.raises(StopIteration):
            running.send(True)
    assert lengths == [timedelta(minutes=minutes)] * 2
    assert len(set(moments[:3])) == len(set(moments[3:])) == 1
    assert moments[0] < moments[3]
