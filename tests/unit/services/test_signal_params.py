"""What can be configured, and how plainly a wrong configuration is refused."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from prospecting.services.signal_params import AgentFamily, Frequency, Schedule, SignalParams, SignalType


def params(**given: Any) -> SignalParams:
    return SignalParams.model_validate({"name": "Ruby", "event_keywords": ["ruby"], **given})


def test_a_name_and_a_keyword_are_enough() -> None:
    least = params()
    assert (least.type, least.agents) == (SignalType.conference, AgentFamily.catalog)
    assert least.target_functions == ["CEO", "CTO", "CMO"]
    assert least.extract_sponsors
    assert least.limits.max_people_per_company == 5
    assert least.schedule is None


def test_what_is_ignored_beside_a_stored_signal_is_named() -> None:
    given = {"signal_id": "b8001673-d0a4-4c4f-824a-9904964d8400", "schedule_frequency": "daily"}
    assert SignalParams.model_validate(given).ignored() == []
    assert SignalParams.model_validate(given | {"event_keywords": "a", "type": "hiring", "max_usd": 1}).ignored() == [
        "type", "event_keywords"
    ]  # fmt: skip


def test_a_stored_signal_needs_nothing_else() -> None:
    signal_id = str(uuid4())
    assert SignalParams.model_validate({"signal_id": signal_id}).signal_id == signal_id
    empty_form = {"signal_id": signal_id, "name": " ", "date_from": "", "event_keywords": []}
    assert SignalParams.model_validate(empty_form).name is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["ruby", " Ruby ", "", "  ", "RUBY"], ["ruby"]),
        ("ruby, python ,, ruby", ["ruby", "python"]),
        (["C++", "c#"], ["C++", "c#"]),
        (["machine   learning"], ["machine learning"]),
        (("b", "a"), ["b", "a"]),
        (["Straße", "STRASSE"], ["Straße"]),
    ],
)
def test_words_are_tidied(given: Any, kept: list[str]) -> None:
    assert params(event_keywords=given).event_keywords == kept


def test_what_the_form_leaves_empty_is_absent() -> None:
    empty = params(
        description="", discovery_prompt="  ", date_from="", date_to=None, min_attendees=None, budget=None, limits=None
    )
    assert (empty.description, empty.discovery_prompt, empty.date_from, empty.date_to) == (None, None, None, None)
    assert empty.budget.max_usd == Decimal(5)
    assert empty.limits.max_events == 25


def test_nested_and_short_forms_mean_the_same() -> None:
    flat = params(date_from="2026-01-01", date_to="2026-12-31", budget={"max_usd": 2}, limits={"max_events": 3})
    nested = SignalParams.model_validate(
        {
            "name": "Ruby",
            "configuration": {
                "event_keywords": "ruby",
                "date_range": {"start": "2026-01-01", "end": "2026-12-31"},
                "budget": 2,
                "limits": 3,
            },
        }
    )
    assert nested == flat


@pytest.mark.parametrize(
    "given",
    [
        {"name": None},
        {"name": "x" * 201},
        {"event_keywords": []},
        {"event_keywords": [" "]},
        {"event_keywords": ["x"] * 5 + [f"k{n}" for n in range(20)]},
        {"event_keywords": ["x" * 201]},
        {"event_keywords": {"ruby": 1}},
        {"event_keywords": [None]},
        {"target_functions": []},
        {"type": "rumour"},
        {"agents": "human"},
        {"date_from": "2026-02-30"},
        {"date_from": "2026-02-02", "date_to": "2026-02-01"},
        {"min_attendees": -1},
        {"min_attendees": "many"},
        {"max_error_share": 1.01},
        {"limits": {"max_events": 0}},
        {"limits": {"max_evnts": 5}},
        {"limits": True},
        {"budget": -1},
        {"budget": {"max_usd": "a lot"}},
        {"signal_id": "17"},
        {"schedule": {"frequency": "hourly"}},
        {"surprise": 1},
        {"date_range": {"start": "2026-02-02", "end": "2026-02-01"}},
    ],
    ids=str,
)
def test_wrong_configurations_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        params(**given)


@pytest.mark.parametrize("place", ["Brelin", "Nowhereland", "x", "17", "Somewhere nice", "EMAE"])
def test_a_place_nobody_knows_is_refused(place: str) -> None:
    with pytest.raises(ValidationError, match="not a place we know; write a city"):
        params(locations=["Berlin", place])


@pytest.mark.parametrize(
    "place", ["San Francisco", "Germany", "Europe", "Online", "EMEA", "Bavaria", "US", "Kraków", "Eefde, Netherlands"]
)
def test_places_of_every_size_are_known(place: str) -> None:
    assert params(locations=[place]).locations == [place]


def test_one_day_is_a_window() -> None:
    assert params(date_from="2026-02-01", date_to="2026-02-01").date_to == date(2026, 2, 1)


def test_what_is_stored_can_be_read_back() -> None:
    configured = params(
        locations=["Europe", "Online"], date_from="2026-01-01", min_attendees=5, budget=2.5,
        schedule={"frequency": "weekly"}, scheduled_for="2026-01-01T00:00:00Z",
    )  # fmt: skip
    stored = configured.stored_configuration()
    assert not {"signal_id", "schedule", "scheduled_for"} & set(stored)
    assert stored["date_from"] == "2026-01-01"
    restored = SignalParams.model_validate(stored)
    assert restored == configured.model_copy(update={"schedule": None, "scheduled_for": None})


# --------------------------------------------------------------------------------------------------------- schedule
@pytest.mark.parametrize(
    ("given", "expected"),
    [("06:00", time(6)), ("6:30", time(6, 30)), ("23:59:30", time(23, 59, 30)), (time(7), time(7))],
)
def test_times_of_day(given: Any, expected: time) -> None:
    assert Schedule(time=given).time == expected


@pytest.mark.parametrize("given", [6, 7.5, "6", "25:00", "06:00Z", "06:00+02:00", "noon", ""])
def test_a_time_that_could_mean_something_else_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        Schedule(time=given)


@pytest.mark.parametrize("given", ["", "Mars", "CET+1", "europe/berlin ", "../etc/passwd"])
def test_a_timezone_must_be_known(given: str) -> None:
    with pytest.raises(ValidationError, match="is not an IANA timezone"):
        Schedule(timezone=given)


@pytest.mark.parametrize("given", [{"weekday": 7}, {"weekday": -1}, {"day": 0}, {"day": 32}, {"minute": 5}])
def test_days_must_exist(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Schedule(**given)


def test_a_schedule_survives_json() -> None:
    schedule = Schedule(frequency=Frequency.monthly, day=31, time=time(23, 15), timezone="Asia/Tokyo")
    assert Schedule.model_validate(schedule.model_dump(mode="json")) == schedule


# ------------------------------------------------------------------------------------------------------- the limits
@pytest.mark.parametrize(
    ("limit", "keywords", "shares"),
    [(25, ["a"], [25]), (60, ["a", "b"], [30, 30]), (5, ["a", "b"], [3, 2]), (2, ["a", "b", "c"], [1, 1, 1])],
)
def test_events_are_shared_between_keywords(limit: int, keywords: list[str], shares: list[int]) -> None:
    given = SignalParams.model_validate({"name": "x", "event_keywords": keywords, "limits": {"max_events": limit}})
    assert [given.events_for(keyword) for keyword in keywords] == shares
