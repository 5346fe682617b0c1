"""Objects in params, and their members as params of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from prospecting.services.params import explain
from prospecting.services.research_params import ResearchParams
from prospecting.services.signal_params import SignalParams
from prospecting.services.slot_params import SlotBackfillParams, SlotEvaluationParams

SIGNAL = {"name": "Ruby", "event_keywords": ["ruby"]}
RESEARCH = {"org": "acme", "entities": [{"domain": "acme.com"}], "operations": ["a.b"]}


@pytest.mark.parametrize(
    ("model", "by_member", "by_object"),
    [
        (SignalParams, {"max_events": 3}, {"limits": {"max_events": 3}}),
        (SignalParams, {"max_events": 3, "limits": {"max_events": 3}}, {"limits": 3}),
        # Left as the form opens, a member gives way.
        (SignalParams, {"max_events": 25, "limits": {"max_events": 3}}, {"limits": 3}),
        (
            SignalParams,
            {"max_events": 3, "limits": {"max_companies": 9}},
            {"limits": {"max_events": 3, "max_companies": 9}},
        ),
        (SignalParams, {"max_events": None, "limits": None}, {}),
        (SignalParams, {"max_usd": 0.5, "max_calls": 7}, {"budget": {"max_usd": 0.5, "max_calls": 7}}),
        (SignalParams, {"max_usd": None}, {"budget": {"max_usd": None}}),
        (SignalParams, {"max_usd": 5.0, "budget": 2}, {"budget": {"max_usd": 2}}),
        (SignalParams, {"schedule_frequency": None, "schedule_weekday": 0, "schedule_time": "06:00"}, {}),
        (SignalParams, {"schedule_frequency": "daily"}, {"schedule": {"frequency": "daily"}}),
        (
            SignalParams,
            {"schedule_frequency": "weekly", "schedule_weekday": 6, "schedule_time": "7:30", "schedule_enabled": False},
            {"schedule": {"frequency": "weekly", "weekday": "Sunday", "time": "07:30", "enabled": False}},
        ),
        (SignalParams, {"schedule": {"weekday": "tue"}}, {"schedule": {"weekday": 1}}),
        (SlotBackfillParams, {"max_usd": 1}, {"budget": {"max_usd": 1}}),
        (SlotBackfillParams, {"max_usd": 1}, {"budget": {"max_usd": 1, "max_calls": 9_000}}),
        (ResearchParams, {"max_calls": 5}, {"budget": {"max_usd": 100, "max_calls": 5}}),
        (SlotEvaluationParams, {"min_confidence_HR": 0.5}, {"min_confidence": {"HR": 0.5}}),
        (SlotEvaluationParams, {"min_confidence_CEO": 0.8, "min_confidence": 0.1}, {"min_confidence": 0.1}),
    ],
)
def test_members_and_object_mean_the_same(
    model: type[BaseModel], by_member: dict[str, Any], by_object: dict[str, Any]
) -> None:
    rest = {SignalParams: SIGNAL, ResearchParams: RESEARCH}.get(model, {})  # type: ignore[call-overload]
    given = dict(by_member)
    assert model.model_validate(rest | given) == model.model_validate(rest | by_object)
    assert given == by_member, "what was given is not changed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_events": 3, "limits": {"max_events": 4}}, "max_events and limits.max_events say different things: "),
        ({"max_usd": 3, "budget": 4}, "max_usd and budget.max_usd say different things: give one of them"),
        ({"limits": "many", "max_events": 3}, "give limits or max_events, not both"),
        (
            {"schedule_weekday": 2, "schedule_day": 9},
            "schedule_weekday, schedule_day: choose schedule_frequency as well",
        ),
        ({"max_events": 0}, "limits.max_events: "),
        ({"schedule_frequency": "weekly", "schedule_time": "noon"}, "schedule.time: write the time of day as"),
        ({"schedule": {"weekday": "Someday"}}, "schedule.weekday: write a day as one of Monday, "),
        ({"limits": {"max_evnts": 3}}, "limits.max_evnts: unknown parameter; allowed: max_events, "),
        ({"max_evnts": 3}, "max_evnts: unknown parameter; allowed: signal_id, "),
    ],
)
def test_what_contradicts_itself_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        SignalParams.model_validate(SIGNAL | given)
    assert explain(refusal.value, SignalParams).startswith(said)


def test_amounts_are_numbers_in_the_form() -> None:
    assert {member.param: member.default for member in SignalParams.members("budget")} == {
        "max_usd": 5.0,
        "max_calls": 1000,
    }
    assert SignalParams.model_validate(SIGNAL).budget.max_usd == Decimal(5)
