"""What an execution says about itself when it found little, or did not ask about everything."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from prospecting.services.signal_outcome import explain_outcome, explain_standings
from prospecting.services.signal_params import SignalParams

NOTHING = dict.fromkeys(
    (
        "events", "companies", "persons", "events_asked", "events_named", "events_without", "companies_asked",
        "companies_over_limit",
    ),
    0,
)  # fmt: skip


def notes(found: dict[str, int], filtered: dict[tuple[str, str], int] | None = None, **fields: Any) -> list[str]:
    configuration = SignalParams.model_validate({"name": "x", "event_keywords": ["ruby"], **fields})
    return explain_outcome(configuration, {**NOTHING, **found}, filtered or {})


def test_nothing_is_said_when_everything_was_found_and_asked() -> None:
    everything = {"events": 3, "events_asked": 3, "companies": 9, "companies_asked": 9, "persons": 4}
    assert notes(everything) == []
    assert notes(everything, {("person", "other_function"): 20, ("event", "too_early"): 4}) == []


@pytest.mark.parametrize(
    ("found", "filtered", "fields", "expected"),
    [
        (
            {"events": 10, "events_asked": 10}, {}, {},
            ["10 events, none with sponsors in the catalog; live agents would look outside."],
        ),
        (
            {"events": 1, "events_asked": 1}, {("sponsor", "no_data"): 1}, {"agents": "live"},
            ["1 event, and no sponsor of any was found; left out: 1 answers without any."],
        ),
        ({}, {}, {}, ["No events were found for 1 keyword; live agents would look outside the catalog."]),
        (
            {}, {("event", "elsewhere"): 8, ("event", "too_small"): 4},
            {"agents": "live", "event_keywords": ["a", "b"]},
            ["No events were found for 2 keywords; left out: 8 in another place, 4 too small."],
        ),
        ({}, {}, {"type": "funding", "agents": "live"}, ["No companies were found for 1 keyword."]),
        ({"events": 4}, {}, {"extract_sponsors": False}, []),
        (
            {"events": 9, "events_asked": 4, "events_named": 3, "events_without": 1, "companies": 9, "persons": 2,
             "companies_asked": 9},
            {}, {"agents": "live"},
            [
                "3 events not asked about: enough sponsors were named with the event.",
                "1 event not asked about: said to have no sponsors.",
                "1 event left without an answer about sponsors; see the agents' failures.",
            ],
        ),
        (
            {"events": 5, "events_asked": 5, "companies": 85, "companies_over_limit": 80, "companies_asked": 5,
             "persons": 3},
            {("event", "over_limit"): 7}, {"limits": {"max_companies": 5, "max_events": 5}},
            [
                "7 more events left out: limits.max_events is 5.",
                "85 companies found, 5 of them chosen to ask about: limits.max_companies is 5.",
            ],
        ),
        (
            {"events": 1, "events_asked": 1, "companies": 3, "companies_asked": 2},
            {("person", "other_function"): 6, ("person", "past_role"): 1},
            {"agents": "live", "target_functions": ["CFO"]},
            [
                "1 company left without an answer about people; see the agents' failures.",
                "2 companies asked about, and nobody found who is CFO; "
                "left out: 6 in another function, 1 in a role of the past.",
            ],
        ),
        (
            {"events": 1, "events_asked": 1, "companies": 86, "companies_asked": 86}, {}, {"target_functions": ["CTO"]},
            [
                "86 companies asked about, and nobody found who is CTO; the catalog knows chief executives of large US "
                "companies in 2020, live agents would look outside."
            ],
        ),
    ],
)  # fmt: skip
def test_little_is_explained(
    found: dict[str, int], filtered: dict[tuple[str, str], int], fields: dict[str, Any], expected: list[str]
) -> None:
    assert notes(found, filtered, **fields) == expected


def test_how_sure_the_roles_of_people_are() -> None:
    def row(standing: str, people: int, first: date | None, last: date | None) -> dict[str, Any]:
        return {"standing": standing, "people": people, "first_seen": first, "last_seen": last}

    old, new = date(2019, 11, 1), date(2020, 2, 1)
    standings = [
        row("current", 3, new, new),
        row("doubted", 1, old, new),
        row("ended", 2, None, None),
        row("unconfirmed", 14, new, new),
    ]
    assert explain_standings(standings) == [
        "14 people unconfirmed: what says so is old; seen 2020-02.",
        "1 person doubted: there is newer evidence of something else; seen 2019-11 to 2020-02.",
        "2 people in a role that is over since; seen on an unknown day.",
    ]
    assert explain_standings(standings[:1]) == []
