"""A whole execution on answers of the kind language models really give: what they say is saved, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.dags.runs import Airflow
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.airflow

SIGNAL = {
    "name": "Anvils",
    "event_keywords": ["anvils", "bolts"],
    "target_functions": ["CEO", "CTO", "VP Sales"],
    "industries": ["Metal"],
    "limits": {"max_events": 5, "max_companies": 5, "max_people_per_company": 2},
    "max_error_share": 0.9,
    "agents": "live",
}
EVENTS = """Here are the events I found【2†source】:
```json
{"events": [
  {"name": "AnvilConf 2027【4†source】", "start_date": "2027-03-15", "location": "Berlin, Germany",
   "website": "https://www.anvilconf.io", "has_sponsors": true, "sponsors": []},
  {"name": "Bolt Summit", "date": "2027", "location": "Paris, France", "website": "https://boltsummit.org",
   "has_sponsors": true, "sponsors": [
     {"name": "Dynamo [1]", "tier": "Gold [1]", "website": "https://dynamo-power.com"},
     {"name": "Egret Labs", "tier": "Silver", "website": "https://boltsummit.org/sponsors/egret"},
     {"name": "Fathom GmbH", "tier": "Silver", "website": null}, {"name": "and 12 more"}]},
  {"name": "Quiet Anvil Days", "start_date": "2027-05-01", "location": "Vienna, Austria", "has_sponsors": false},
  {"name": "Rivet Forum", "start_date": "2027-06-01", "location": "Rome, Italy", "website": "https://rivetforum.com"},
  {"name": "[Event Name]", "start_date": "2027-07-01"},
  {"name": "Overflow Expo", "start_date": "2027-08-01", "location": "Oslo, Norway", "has_sponsors": false},
  {"name": "Surplus Expo", "start_date": "2027-09-01", "location": "Oslo, Norway"}
]}
```"""
SPONSORS = """{"sponsors": [
  {"name": "Ajax", "tier": "Platinum", "website": "https://anvilconf.io/sponsors/ajax"},
  {"name": "Boreal", "tier": "Gold", "website": "https://www.anvilconf.io/sponsors/boreal"},
  {"name": "Cobalt", "tier": "Silver", "website": "https://techcrunch.com/2027/01/02/cobalt-raises-100m/"},
  {"name": "Grand Hotel Berlin", "tier": "Venue Partner"},
  {"name": "Over 50 sponsors"}, {"name": "Unable to verify", "tier": "Gold"]}"""  # a closer is missing
REFUSAL = """I couldn't find a confirmed sponsor list for this event. You could check:
- The official website
- The organizer's LinkedIn page
- Last year's press releases"""
AJAX = {
    "contacts": [
        {"name": "Jane Doe", "title": "CEO【3†source】", "email": "email_not_unlocked@domain.com",
         "source_url": "https://ajax-board.org/team", "evidence": "Jane Doe has been CEO of Ajax since 2019"},
        {"name": "John Roe", "title": "CTO [2]", "email": "email_not_unlocked@domain.com",
         "source_url": "https://ajax-board.org/team", "evidence": "John Roe is CTO of Ajax"},
        {"name": "Carl Past", "title": "CTO (until 2021)"},
        {"name": "Position vacant", "title": "VP Sales"},
    ]
}  # fmt: skip
TEAM = "<h1>Team</h1><p>Jane Doe has been <b>CEO</b> of Ajax since 2019.</p><p>John Roe left.</p>"
BOREAL = {
    "contacts": [
        {"name": "Globa Exeter", "title": "CTO", "company": "Initech Corporation", "email": "globa@initech.com"},
        {"name": "Dina Moore", "title": "CEO", "company": "Egret Labs", "email": "dina [at] egret-labs [dot] com"},
    ]
}
THREE_OF_ONE_FUNCTION = {
    "contacts": [
        {"name": "Tom First", "title": "CTO"},
        {"name": "Tim Second", "title": "Chief Technology Officer"},
        {"name": "Sally Sellers", "title": "VP of Sales"},
    ]
}
NOBODY = "No decision makers could be identified. Try:\n- LinkedIn Sales Navigator\n- The company's website"


def script(stand_in: StandIn) -> None:
    def people(company: str, reply: Any) -> dict[str, Any]:
        reply = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
        return {"contains": f'"company_name":"{company}"', "searches": [], "reply": reply}

    stand_in.script(
        "llm",
        {"contains": '"keyword":"anvils"', "searches": [], "reply": EVENTS},
        {"contains": '"keyword":"bolts"', "searches": [], "reply": '{"events": []}\n\nLast year\'s were:\n- BoltCon'},
        {"contains": '"event_name":"AnvilConf', "searches": [], "reply": SPONSORS},
        {"contains": '"event_name"', "searches": [], "reply": REFUSAL},
        {**people("Ajax", AJAX), "searches": ["who leads Ajax"], "reads": ["https://ajax-board.org/team"]},
        people("Boreal", BOREAL),
        people("Dynamo", THREE_OF_ONE_FUNCTION),
        {"contains": '"company_name"', "searches": [], "reply": NOBODY},
    )
    result = {"title": "The board of Ajax", "url": "https://ajax-board.org/team", "content": "Who leads the company."}
    stand_in.script("search", {"contains": "who leads Ajax", "results": [result]})
    stand_in.script("pages", {"host": "ajax-board.org", "path": "/team", "html": TEAM})


def test_what_models_say_ends_in_the_right_rows(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    script(stand_in)
    run = airflow.run(SIGNAL)
    assert run.state == "success"

    with engine.connect() as connection:

        def rows(query: str) -> set[tuple[Any, ...]]:
            return {tuple(row) for row in connection.execute(text(query))}

        # Events: five of six, since one keyword did not use its share; placeholders are none.
        assert rows("select name, date_precision from events") == {
            ("AnvilConf 2027", "day"),
            ("Bolt Summit", "year"),
            ("Quiet Anvil Days", "day"),
            ("Rivet Forum", "day"),
            ("Overflow Expo", "day"),
        }
        # Companies: a page of the event, of a magazine or of the venue identifies none of them.
        assert rows("select name, domain from companies") == {
            ("Ajax", None),
            ("Boreal", None),
            ("Cobalt", None),
            ("Dynamo", "dynamo-power.com"),
            ("Egret Labs", None),
            ("Fathom GmbH", None),
        }
        assert rows("select primary_industry, industry_is_guess from companies") == {("Metal", True)}
        assert rows(
            "select e.name, c.name, s.sponsor_tier from event_sponsors as s "
            "join events as e on e.id = s.event_id join companies as c on c.id = s.company_id"
        ) == {
            ("AnvilConf 2027", "Ajax", "platinum"),
            ("AnvilConf 2027", "Boreal", "gold"),
            ("AnvilConf 2027", "Cobalt", "silver"),
            ("Bolt Summit", "Dynamo", "gold"),
            ("Bolt Summit", "Egret Labs", "silver"),
            ("Bolt Summit", "Fathom GmbH", "silver"),
        }
        # People: a locked address is nobody's, somebody of another company is there or nowhere.
        assert rows(
            "select p.full_name, r.role_title, c.name, r.target_function, r.target_match "
            "from company_person_roles as r "
            "join persons as p on p.id = r.person_id join companies as c on c.id = r.company_id"
        ) == {
            ("Jane Doe", "CEO", "Ajax", "CEO", "exact"),
            ("John Roe", "CTO", "Ajax", "CTO", "exact"),
            ("Dina Moore", "CEO", "Egret Labs", "CEO", "exact"),
            ("Tom First", "CTO", "Dynamo", "CTO", "exact"),
            ("Sally Sellers", "VP of Sales", "Dynamo", "VP Sales", "exact"),
        }
        assert rows("select value from contact_channels where channel_type = 'email'") == {("dina@egret-labs.com",)}

        # A page that was found and read is a step between rounds, and what it does not say is not verified.
        assert list(
            connection.execute(
                text(
                    "select s.kind, coalesce(s.request ->> 'query', s.request ->> 'url') from agent_steps as s "
                    "where s.call_id in (select call_id from agent_steps where kind = 'search') order by s.sequence"
                )
            )
        ) == [
            ("model", None),
            ("search", "who leads Ajax"),
            ("model", None),
            ("page", "https://ajax-board.org/team"),
            ("model", None),
        ]
        assert rows(
            "select p.full_name, o.source_url, o.is_verified from observations as o "
            "join persons as p on p.id = o.person_id where o.field = 'role_title' and o.source_url is not null"
        ) == {
            ("Jane Doe", "https://ajax-board.org/team", True),
            ("John Roe", "https://ajax-board.org/team", False),
        }

        # Everything that was left out has a reason.
        left_out = rows("select record_type, stage, reason from rejected_records")
        assert left_out >= {
            ("event", "parse", "placeholder"),  # [Event Name]
            ("event", "filter", "over_limit"),  # Surplus Expo
            ("sponsor", "parse", "placeholder"),  # and 12 more; Over 50 sponsors; Unable to verify
            ("sponsor", "filter", "venue"),
            ("sponsor", "filter", "no_data"),  # the refusal
            ("company", "filter", "over_limit"),  # the sixth company
            ("person", "parse", "placeholder"),  # Position vacant
            ("person", "filter", "past_role"),
            ("person", "filter", "other_company"),
            ("person", "filter", "over_limit"),  # the second CTO
            ("person", "filter", "no_data"),
        }
        assert ("sponsor", "parse", "truncated") not in left_out
        (execution,) = connection.execute(text("select status, stats, results from signal_executions")).mappings()

    # Nobody is asked twice: not about sponsors that were named, nor about an event that has none.
    questions = [
        json.loads(message["content"])["request"]
        for request in stand_in.requests("llm")
        if not any(message["role"] == "tool" for message in request["body"]["messages"])
        for message in request["body"]["messages"]
        if message["role"] == "user"
    ]
    assert {question["event_name"] for question in questions if "event_name" in question} == {
        "AnvilConf 2027",
        "Rivet Forum",
    }
    assert len([question for question in questions if "company_name" in question]) == 5
    assert execution["status"] == "completed_with_errors"
    stats = execution["stats"]
    assert (stats["eventsAsked"], stats["eventsNotAsked"]) == (2, 3)
    assert (stats["companiesFound"], stats["companiesAsked"], stats["companiesNotAsked"]) == (6, 5, 1)
    assert stats["contactsDiscovered"] == 5
    assert execution["results"]["notes"] == [
        "1 event not asked about: enough sponsors were named with the event.",
        "2 events not asked about: said to have no sponsors.",
        "1 more event left out: limits.max_events is 5.",
        "6 companies found, 5 of them chosen to ask about: limits.max_companies is 5.",
    ]
