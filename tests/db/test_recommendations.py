"""A day's list: which accounts are left alone, come first, or are drawn at random; repeating changes nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.parsing.records import EventRecord, SponsorRecord
from prospecting.persistence import recommendations
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.events import upsert_event_sponsors, upsert_events
from prospecting.persistence.intent import detect_intent
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.recommendations import (
    Recommended,
    find_why_nobody,
    query_recommendation_outcomes,
    query_recommendations,
    suppress_account,
    unsuppress_account,
)
from prospecting.scoring.engagement import engagement_strength
from prospecting.scoring.recommendations import RecommendationOutcome, evaluate_policy
from tests.db.factories import NASTY_TEXTS, at_once, count, ids, stored, versions
from tests.db.recommending import NOW, add_accounts, add_model, add_scores, days_ago, interact, research

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)


def recommend(connection: Connection, *, on: date = TODAY, as_of: datetime = NOW, **values: Any) -> Recommended:
    return recommendations.recommend_accounts(connection, on=on, as_of=as_of, **values)


def listed(connection: Connection, on: date = TODAY) -> list[dict[str, Any]]:
    rows = stored(connection, "account_recommendations", order="recommended_on, rank")
    return [row for row in rows if row["recommended_on"] == on]


def ranked(connection: Connection, **values: Any) -> list[str]:
    """The domains on the list, in its order; nothing is explored unless told otherwise."""
    recommend(connection, **{"exploration_share": 0, **values})
    rows = listed(connection, values.get("on", TODAY))
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    return [row["account_domain"] for row in rows]


# -------------------------------------------------------------------------------------------------- who is left out
def test_who_is_left_out_is_left_out_before_the_list_is_cut(connection: Connection) -> None:
    best = [f"best{number:03}.com" for number in range(200)]
    add_accounts(connection, *best, icp_score=10)
    add_accounts(connection, "acme.com", "globex.com")
    for domain in best[:100]:
        interact(connection, domain, "contacted", days_ago(1))
    for domain in best[100:]:
        suppress_account(connection, account_domain=domain, reason="Asked for it")
    assert ranked(connection, limit=2) == ["acme.com", "globex.com"]


@pytest.mark.parametrize(
    ("kind", "days", "is_listed"),
    [
        ("contacted", 1, False),
        ("contacted", 30, False),
        ("contacted", 31, True),
        ("meeting_booked", 29, False),
        ("meeting_booked", 31, True),
        ("deal_lost", 29, False),
        ("deal_lost", 31, True),
        ("deal_won", 1, False),
        ("deal_won", 3_000, False),
        ("viewed", 1, True),
        ("opened_research", 1, True),
        ("contacted", -1, True),  # has not happened yet
        ("deal_won", 0, True),
    ],
)
def test_who_was_touched_lately_is_left_alone(connection: Connection, kind: str, days: float, is_listed: bool) -> None:
    """As users did it, whatever the features say, which are as old as their last refresh."""
    add_accounts(connection, "acme.com")
    interact(connection, "acme.com", kind, days_ago(days))
    assert ranked(connection) == (["acme.com"] if is_listed else [])


def test_how_long_they_are_left_alone_is_a_parameter(connection: Connection) -> None:
    add_accounts(connection, "acme.com")
    interact(connection, "acme.com", "contacted", days_ago(5))
    assert ranked(connection, quiet_days=5) == []
    assert ranked(connection, quiet_days=4) == ["acme.com"]
    assert ranked(connection, quiet_days=0) == ["acme.com"]


def test_who_is_suppressed_is_left_out_until_then(connection: Connection) -> None:
    add_accounts(connection, "ever.com", "later.com", "now.com", "passed.com")
    for domain, until in {
        "ever.com": None,
        "later.com": NOW + timedelta(seconds=1),
        "now.com": NOW,
        "passed.com": days_ago(1),
    }.items():
        suppress_account(connection, account_domain=domain, reason="Asked for it", until=until)
    assert ranked(connection) == ["now.com", "passed.com"]
    assert unsuppress_account(connection, account_domain="ever.com")
    assert ranked(connection) == ["ever.com", "now.com", "passed.com"]


def test_who_scores_too_little_is_left_out_unless_the_model_knows_better(connection: Connection) -> None:
    add_accounts(connection, "five.com", "scored.com", icp_score=5)
    add_accounts(connection, "six.com")
    add_accounts(connection, "unknown.com", "learned.com", icp_score=None, priority_level=None)
    assert ranked(connection) == ["six.com"]
    assert ranked(connection, min_icp_score=5) == ["six.com", "five.com", "scored.com"]
    add_scores(connection, add_model(connection), {"scored.com": 0.3, "learned.com": 0.2, "six.com": 0.1})
    assert ranked(connection) == ["scored.com", "learned.com", "six.com"]


def test_sponsors_nobody_researched_are_listed_once_more_is_known_of_them(connection: Connection) -> None:
    """After everybody with a score, without a model; with one, where it puts them."""
    of_an_event = {"icp_score": None, "priority_level": None, "sponsored_event_count": 1}
    add_accounts(connection, "nothing.com", "people.com", **of_an_event)
    add_accounts(connection, "contact.com", contact_count=1, **of_an_event)
    add_accounts(connection, "seat.com", slots_filled=1, **of_an_event)
    add_accounts(connection, "briefed.com", company_briefing_count=1, **of_an_event)
    add_accounts(connection, "no-sponsor.com", **{**of_an_event, "sponsored_event_count": 0}, contact_count=1)
    add_accounts(connection, "six.com")
    assert ranked(connection) == ["six.com", "briefed.com", "contact.com", "seat.com"]
    (company,) = ids(upsert_companies(connection, [CompanyRow("People", "people.com")], source_system="test").saved)
    upsert_persons(connection, [PersonRow("Jane Doe", company, "CEO")], source_system="test")
    connection.execute(
        text("update accounts set company_id = :id where account_domain = 'people.com'"), {"id": company}
    )
    assert ranked(connection)[3:] == ["people.com", "seat.com"]
    row = listed(connection)[1]
    assert (row["score"], row["reasons"]) == (0, ["No score yet: not researched", "Sponsored 1 event"])
    assert "1 executive known" in listed(connection)[4]["reasons"]


def test_who_is_left_out_is_counted_by_the_reason(connection: Connection) -> None:
    add_accounts(connection, "five.com", icp_score=5)
    add_accounts(connection, "unknown.com", "sponsor.com", icp_score=None, priority_level=None)
    connection.execute(
        text("update account_signals set sponsored_event_count = 1 where account_domain = 'sponsor.com'")
    )
    add_accounts(connection, "low.com", priority_level="low")
    add_accounts(connection, "suppressed.com", "won.com", "met.com", "lost.com")
    suppress_account(connection, account_domain="suppressed.com", reason="Asked for it")
    for domain, kind in {"won.com": "deal_won", "met.com": "meeting_booked", "lost.com": "deal_lost"}.items():
        interact(connection, domain, kind, days_ago(1))
    assert ranked(connection, priority="medium") == []
    why = find_why_nobody(connection, as_of=NOW, priority="medium")
    assert why == (
        "Nobody is recommended. 8 accounts: 2 without an ICP score, of which too little else is known; 1 with an ICP "
        "score below 6; 1 of another priority; 1 suppressed; 1 won before; 2 contacted, met or lost in the last 30 days"
    )
    add_scores(connection, add_model(connection), {"five.com": 0.3})
    assert ranked(connection, priority="medium") == ["five.com"]
    assert "below 6" not in find_why_nobody(connection, as_of=NOW, priority="medium")


def test_only_accounts_of_the_wanted_priority(connection: Connection) -> None:
    add_accounts(connection, "high.com", icp_score=8, priority_level="high")
    add_accounts(connection, "medium.com")
    assert ranked(connection, priority="medium") == ["medium.com"]
    assert ranked(connection, priority="low") == []
    assert ranked(connection) == ["high.com", "medium.com"]


# ------------------------------------------------------------------------------------------------- who comes first
def test_score_then_engagement_then_research_then_domain(connection: Connection) -> None:
    recent, long_ago = days_ago(2), days_ago(200)
    add_accounts(connection, "e.com", icp_score=9)
    add_accounts(connection, "d.com", meeting_booked_count=1)
    add_accounts(connection, "c.com", viewed_count=5)
    add_accounts(connection, "h.com", viewed_count=1, last_research_at=recent)
    add_accounts(connection, "g.com", viewed_count=1, last_research_at=long_ago)
    add_accounts(connection, "f.com", viewed_count=1)
    add_accounts(connection, "B.com".lower(), "a-b.com", "ab.com", "a.com", engineering_role_count=9)
    add_accounts(connection, "i.com", engineering_role_count=50)
    interact(connection, "elsewhere.com", "viewed", days_ago(1))
    assert ranked(connection, limit=20) == [
        *("e.com", "d.com", "c.com", "h.com", "g.com", "f.com"),
        *("a-b.com", "a.com", "ab.com", "b.com", "i.com"),
    ]


def test_engagement_ranks_by_its_strength(connection: Connection) -> None:
    random = Random(5)
    kinds = ("viewed", "opened_research", "contacted", "meeting_booked", "deal_lost")
    strengths = {}
    for number in range(30):
        counts = {kind: random.randrange(4) for kind in kinds}
        add_accounts(connection, f"{number:02}.com", **{f"{kind}_count": times for kind, times in counts.items()})
        strengths[f"{number:02}.com"] = round(engagement_strength(counts), 12)
    assert ranked(connection, limit=30) == sorted(strengths, key=lambda domain: (-strengths[domain], domain))


def test_engagement_of_any_size_can_be_ranked(connection: Connection) -> None:
    """A product of a million factors below 1 is not a number that can be computed."""
    add_accounts(connection, "busy.com", viewed_count=1_000_000)
    add_accounts(connection, "busier.com", viewed_count=1_000_001)
    assert ranked(connection) == ["busier.com", "busy.com"]


def test_in_the_beginning_those_who_hire_come_first(connection: Connection) -> None:
    add_accounts(connection, "ten.com", icp_score=10, has_open_engineering_roles=False)
    add_accounts(connection, "six.com", has_open_engineering_roles=True, engineering_role_count=99)
    for domain, score, roles in [("a.com", 7, 3), ("b.com", 7, 12), ("c.com", 7, None), ("d.com", 9, 1)]:
        add_accounts(connection, domain, icp_score=score, has_open_engineering_roles=True, engineering_role_count=roles)
    assert ranked(connection) == ["d.com", "b.com", "a.com", "c.com", "ten.com", "six.com"]
    interact(connection, "elsewhere.com", "viewed", days_ago(1))
    assert ranked(connection) == ["ten.com", "d.com", "a.com", "b.com", "c.com", "six.com"]


def test_the_promoted_models_word_counts(connection: Connection) -> None:
    add_accounts(connection, "a.com", "b.com", "c.com", icp_score=6, has_open_engineering_roles=True)
    add_accounts(connection, "ten.com", icp_score=10)
    model = add_model(connection)
    add_scores(connection, model, {"a.com": 0.1, "b.com": 0.4, "c.com": 0.2, "ten.com": 0.05}, "Funding (+3 points)")
    assert ranked(connection) == ["b.com", "c.com", "a.com", "ten.com"]
    first = listed(connection)[0]
    assert (first["score"], first["model_id"]) == (Decimal("0.40000"), model)
    assert first["reasons"][0] == "Funding (+3 points)"


@pytest.mark.parametrize("status", ["rejected", "retired"])
def test_the_word_of_a_model_that_is_not_promoted_does_not(connection: Connection, status: str) -> None:
    add_accounts(connection, "a.com", "b.com")
    add_accounts(connection, "ten.com", icp_score=10)
    add_scores(connection, add_model(connection, status=status), {"a.com": 0.1, "b.com": 0.4, "ten.com": 0.05}, "Old")
    assert ranked(connection) == ["ten.com", "a.com", "b.com"]
    assert {(row["model_id"], "Old" in row["reasons"]) for row in listed(connection)} == {(None, False)}
    assert [row["score"] for row in listed(connection)] == [1, Decimal("0.6"), Decimal("0.6")]


def test_an_account_the_model_does_not_know_counts_as_the_mean_of_its_kind(connection: Connection) -> None:
    """A tenth of its ICP score would put it before everybody the model knows."""
    add_accounts(connection, "a.com", "b.com", "new.com")
    add_accounts(connection, "eight.com", icp_score=8)
    add_accounts(connection, "nine.com", icp_score=9)
    add_scores(connection, add_model(connection), {"a.com": 0.4, "b.com": 0.2, "eight.com": 0.45})
    assert ranked(connection) == ["eight.com", "a.com", "nine.com", "new.com", "b.com"]
    assert {row["account_domain"]: (row["score"], row["model_id"] is None) for row in listed(connection)} == {
        "eight.com": (Decimal("0.45"), False),
        "a.com": (Decimal("0.4"), False),
        "nine.com": (Decimal("0.35"), True),
        "new.com": (Decimal("0.3"), True),
        "b.com": (Decimal("0.2"), False),
    }


# -------------------------------------------------------------------------------------------------------- reasons
def test_reasons_in_words(connection: Connection) -> None:
    add_accounts(
        connection,
        "acme.com",
        icp_score=9,
        priority_level="high",
        has_open_engineering_roles=True,
        engineering_role_count=5,
        last_research_at=days_ago(3),
        engagement_score=Decimal("0.6"),
        sponsored_event_count=2,
        best_sponsor_tier_rank=20,
    )
    (event,) = ids(upsert_events(connection, [EventRecord("RubyConf")], source_system="test").saved)
    (company,) = ids(upsert_companies(connection, [CompanyRow("Acme", "acme.com")], source_system="test").saved)
    upsert_event_sponsors(
        connection, event, [(company, SponsorRecord("Acme", "gold", tier_label="Gold"))], source_system="test"
    )
    connection.execute(text("update accounts set company_id = (select id from companies)"))
    connection.execute(
        text("update account_signals set best_sponsor_tier_rank = (select tier_rank from event_sponsors)")
    )
    interact(connection, "acme.com", "viewed", days_ago(1), times=9)
    detect_intent(connection, as_of=NOW)
    recommend(connection)
    (row,) = listed(connection)
    assert row["reasons"] == [
        "High ICP score (9)",
        "Active engineering hiring (5 roles)",
        "Recently researched (3 days ago)",
        "High user engagement",
        "Activity is surging: 9 actions in 14 days, none in the 12 weeks before",
        "Sponsored 2 events, best tier gold",
    ]


def test_what_went_wrong_is_said_as_what_it_is(connection: Connection) -> None:
    add_accounts(connection, "acme.com", icp_score=7, last_research_at=days_ago(40))
    interact(connection, "acme.com", "deal_lost", days_ago(45), days_ago(90), days_ago(-1))
    research(connection, "acme.com", days_ago(50), days_ago(3), days_ago(2), days_ago(-1), status="timeout")
    research(connection, "acme.com", days_ago(40))
    recommend(connection)
    (row,) = listed(connection)
    assert row["reasons"] == [
        "ICP score 7",
        "Against it: 2 deals lost, the last 45 days ago",
        "Our research of it failed 2 times since it last succeeded",
    ]


# ---------------------------------------------------------------------------------------------------- exploration
def many(connection: Connection, number: int) -> list[str]:
    """Accounts that rank in this order."""
    domains = [f"account{place:03}.com" for place in range(number)]
    add_accounts(connection, *domains)
    return domains


def test_some_places_are_drawn_from_the_rest(connection: Connection) -> None:
    domains = many(connection, 50)
    assert recommend(connection, limit=10) == Recommended(count=10, explored=2, written=10, removed=0)
    rows = listed(connection)
    assert [row["rank"] for row in rows] == list(range(1, 11))
    assert [row["account_domain"] for row in rows[:8]] == domains[:8]
    assert {row["account_domain"] for row in rows[8:]} <= set(domains[8:])
    assert [(row["is_exploration"], row["propensity"]) for row in rows] == [(False, 1)] * 8 + [
        (True, Decimal("0.04761905"))
    ] * 2
    assert all(
        (row["reasons"][0] == "Explored: drawn by chance to learn from") == row["is_exploration"] for row in rows
    )


def test_the_rest_is_drawn_from_evenly(connection: Connection) -> None:
    """4 of 40 a day, over 200 days: each is drawn 20 times, give or take what chance gives and takes."""
    domains = many(connection, 45)
    for day in range(200):
        recommend(connection, on=TODAY + timedelta(days=day), limit=9, exploration_share=0.45)
    explored = [row for row in stored(connection, "account_recommendations") if row["is_exploration"]]
    assert set(Counter(row["recommended_on"] for row in explored).values()) == {4}
    assert {row["propensity"] for row in explored} == {Decimal("0.1")}
    drawn = Counter(row["account_domain"] for row in explored)
    assert set(drawn) == set(domains[5:])
    # 39 degrees of freedom, and a little less than chi-square: without replacement. 1 in 1000 is beyond 72.
    assert sum((times - 20) ** 2 / 20 for times in drawn.values()) < 72


def test_the_seed_decides_and_the_day_is_the_seed(connection: Connection) -> None:
    many(connection, 100)

    def explored(**values: Any) -> list[str]:
        recommend(connection, **{"exploration_share": 1, **values})
        return [row["account_domain"] for row in listed(connection, values.get("on", TODAY))]

    assert explored() == explored(seed=TODAY.isoformat())
    assert explored(seed="a") != explored(seed="b")
    assert explored(on=YESTERDAY) != explored()
    assert explored(on=YESTERDAY, seed="a") == explored(seed="a")


@pytest.mark.parametrize(
    ("limit", "share", "accounts", "ranked_places", "explored"),
    [
        (10, 0.2, 0, 0, 0),
        (10, 0.2, 3, 3, 0),
        (10, 0.2, 10, 10, 0),
        (10, 0.2, 11, 8, 2),
        (10, 0, 20, 10, 0),
        (10, 1, 20, 0, 10),
        (10, 1, 10, 10, 0),
        (0, 0.2, 5, 0, 0),
        (0, 1, 5, 0, 0),
        (1, 0.2, 5, 1, 0),
        (1, 0.5, 5, 0, 1),
        (1, 1, 5, 0, 1),
        (5, 0.5, 9, 2, 3),
        (3, 0.2, 9, 2, 1),
    ],
)
def test_how_many_places_go_to_whom(
    connection: Connection, limit: int, share: float, accounts: int, ranked_places: int, explored: int
) -> None:
    many(connection, accounts)
    expected = Recommended(ranked_places + explored, explored, written=ranked_places + explored, removed=0)
    assert recommend(connection, limit=limit, exploration_share=share) == expected
    rows = listed(connection)
    assert len({row["account_domain"] for row in rows}) == len(rows) == ranked_places + explored
    chances = [row["propensity"] for row in rows if row["is_exploration"]]
    assert chances == [round(Decimal(explored) / max(accounts - ranked_places, 1), 8)] * explored


# ----------------------------------------------------------------------------------------------- again and at once
def test_again_writes_nothing(connection: Connection) -> None:
    many(connection, 30)
    connection.execute(text("update account_signals set last_research_at = :then"), {"then": days_ago(3)})
    add_scores(connection, add_model(connection), {"account001.com": 0.123456, "account002.com": 1 / 3})
    assert recommend(connection).written == 10
    before = versions(connection)
    assert recommend(connection) == Recommended(count=10, explored=2, written=0, removed=0)
    # Later on the same day the same is said in the same words.
    assert recommend(connection, as_of=NOW + timedelta(hours=15)) == Recommended(10, 2, 0, 0)
    assert recommend(connection, as_of=NOW.astimezone(timezone(timedelta(hours=9)))) == Recommended(10, 2, 0, 0)
    assert versions(connection) == before


def test_news_replace_the_list_and_leave_what_stays_as_it_is(connection: Connection) -> None:
    domains = many(connection, 6)
    assert ranked(connection, limit=4) == domains[:4]
    before = versions(connection)["account_recommendations"]
    connection.execute(
        text("update account_signals set icp_score = 7 where account_domain = :last"), {"last": domains[1]}
    )
    # Two change places, which no order of updates could do.
    assert recommend(connection, limit=4, exploration_share=0) == Recommended(4, 0, written=2, removed=2)
    assert [row["account_domain"] for row in listed(connection)] == [domains[1], domains[0], *domains[2:4]]
    assert len(versions(connection)["account_recommendations"] & before) == 2
    suppress_account(connection, account_domain=domains[3], reason="Asked for it")
    assert recommend(connection, limit=4, exploration_share=0) == Recommended(4, 0, written=1, removed=1)
    assert recommend(connection, limit=1, exploration_share=0) == Recommended(1, 0, written=0, removed=3)
    assert recommend(connection, limit=0) == Recommended(0, 0, written=0, removed=1)


def test_other_days_keep_their_lists(connection: Connection) -> None:
    domains = many(connection, 3)
    assert ranked(connection, on=YESTERDAY) == domains
    interact(connection, domains[0], "contacted", days_ago(0.1))
    assert ranked(connection) == domains[1:]
    assert [row["account_domain"] for row in listed(connection, YESTERDAY)] == domains


def test_two_at_once_make_one_list(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        many(connection, 200)
    found = at_once(engine, [lambda connection: recommend(connection, limit=100)] * 3)
    assert sorted(counts.written for counts in found) == [0, 0, 100]
    with engine.connect() as connection:
        assert count(connection, "account_recommendations") == 100


def test_two_at_once_that_disagree_leave_the_list_of_one(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        many(connection, 60)
    at_once(engine, [lambda connection, seed=seed: recommend(connection, limit=20, seed=seed) for seed in "abc"])
    with engine.connect() as connection:
        found = listed(connection)
        assert [row["rank"] for row in found] == list(range(1, 21))
        domains = [row["account_domain"] for row in found]
        assert domains in [ranked(connection, limit=20, seed=seed, exploration_share=0.2) for seed in "abc"]


def test_a_list_killed_midway_leaves_the_one_before(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        domains = many(connection, 5)
        assert ranked(connection) == domains
        before = versions(connection)
        suppress_account(connection, account_domain=domains[0], reason="Asked for it")
    with engine.connect() as connection, engine.connect() as killer:
        assert recommend(connection).removed == 5
        pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
        killer.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        connection.invalidate()
    with unit_of_work(engine) as connection:
        assert versions(connection)["account_recommendations"] == before["account_recommendations"]
        assert ranked(connection) == domains[1:]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"limit": -1}, "limit and quiet_days are 0 or more, not -1 and 30"),
        ({"quiet_days": -1}, "limit and quiet_days are 0 or more, not 10 and -1"),
        ({"exploration_share": 1.1}, "exploration_share is between 0 and 1, not 1.1"),
        ({"exploration_share": -0.1}, "between 0 and 1"),
        ({"exploration_share": float("nan")}, "between 0 and 1"),
        ({"priority": "urgent"}, "priority is one of high, medium, low, or left out"),
        ({"as_of": datetime(2026, 6, 15)}, "as_of has no time zone: give it one"),  # noqa: DTZ001
    ],
)
def test_parameters_that_make_no_sense_are_refused(
    connection: Connection, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        recommend(connection, **values)


# -------------------------------------------------------------------------------------------------------- reading
def test_the_newest_list_is_read_unless_another_is_wanted(connection: Connection) -> None:
    assert query_recommendations(connection) == []
    add_accounts(connection, "acme.com", icp_score=9, priority_level="high")
    add_accounts(connection, "globex.com")
    recommend(connection, on=YESTERDAY, limit=1)
    recommend(connection)
    assert [row["account_domain"] for row in query_recommendations(connection)] == ["acme.com", "globex.com"]
    head = query_recommendations(connection, limit=1)
    assert ([row["account_domain"] for row in head], head.total) == (["acme.com"], 2)
    assert query_recommendations(connection, on=TODAY + timedelta(days=1)) == []
    assert [dict(row) for row in query_recommendations(connection, on=YESTERDAY)] == [
        {
            "recommended_on": YESTERDAY,
            "rank": 1,
            "account_domain": "acme.com",
            "company_name": "acme.com",
            "website_url": None,
            "icp_score": 9,
            "priority_level": "high",
            "score": Decimal("0.9"),
            "is_exploration": False,
            "reasons": ["High ICP score (9)"],
            "contact_id": None,
        }
    ]


def test_who_was_suppressed_since_is_not_shown(connection: Connection) -> None:
    domains = many(connection, 4)
    recommend(connection)
    now = datetime.now(UTC)
    suppress_account(connection, account_domain=domains[3], reason="On holiday", until=now + timedelta(days=1))
    suppress_account(connection, account_domain=domains[0], reason="Asked for it")
    suppress_account(connection, account_domain=domains[1], reason="On holiday", until=now - timedelta(days=1))
    assert [(row["rank"], row["account_domain"]) for row in query_recommendations(connection)] == [
        (2, domains[1]),
        (3, domains[2]),
    ]
    assert len(listed(connection)) == 4


# --------------------------------------------------------------------------------------------------- suppressions
def test_suppressing_again_is_no_news(connection: Connection) -> None:
    until = NOW + timedelta(days=90)
    assert suppress_account(connection, account_domain="https://www.Acme.com/about", reason=" Asked  ", until=until)
    (row,) = stored(connection, "account_suppressions")
    assert (row["account_domain"], row["reason"], row["suppressed_until"]) == ("acme.com", "Asked", until)
    before = versions(connection)
    assert not suppress_account(
        connection, account_domain="acme.com", reason="Asked", until=until.astimezone(timezone(timedelta(hours=2)))
    )
    assert versions(connection) == before
    assert suppress_account(connection, account_domain="acme.com", reason="Asked again", until=until)
    assert suppress_account(connection, account_domain="acme.com", reason="Asked again")
    (row,) = stored(connection, "account_suppressions")
    assert (row["reason"], row["suppressed_until"]) == ("Asked again", None)


def test_unsuppressing_again_is_no_news(connection: Connection) -> None:
    suppress_account(connection, account_domain="acme.com", reason="Asked")
    assert unsuppress_account(connection, account_domain="www.acme.com")
    assert not unsuppress_account(connection, account_domain="acme.com")
    assert count(connection, "account_suppressions") == 0


def test_two_at_once_suppress_once(engine: Engine) -> None:
    found = at_once(
        engine, [lambda connection: suppress_account(connection, account_domain="acme.com", reason="Asked")] * 4
    )
    assert sorted(found) == [False, False, False, True]


@pytest.mark.parametrize("reason", NASTY_TEXTS.values(), ids=NASTY_TEXTS)
def test_any_reason_can_be_stored(connection: Connection, reason: str) -> None:
    assert suppress_account(connection, account_domain="acme.com", reason=reason)
    assert not suppress_account(connection, account_domain="acme.com", reason=reason)


@pytest.mark.parametrize("domain", ["", "localhost:3000", "jane@acme.com", "github.com/jane", "com"])
def test_what_is_no_companys_address_is_refused_without_repeating_it(connection: Connection, domain: str) -> None:
    message = r"not a public address of a company: give one such as acme\.com"
    for act in (
        lambda: suppress_account(connection, account_domain=domain, reason="Asked"),
        lambda: unsuppress_account(connection, account_domain=domain),
    ):
        with pytest.raises(ValueError, match=message) as refused:
            act()
        assert "jane" not in str(refused.value)


def test_a_suppression_without_reason_or_time_zone_is_refused(connection: Connection) -> None:
    with pytest.raises(ValueError, match="The reason is empty"):
        suppress_account(connection, account_domain="acme.com", reason=" \n")
    with pytest.raises(ValueError, match="until has no time zone"):
        suppress_account(connection, account_domain="acme.com", reason="Asked", until=datetime(2026, 1, 1))  # noqa: DTZ001


# ------------------------------------------------------------------------------------------------------- outcomes
def test_what_came_of_each_place(connection: Connection) -> None:
    """Within 30 days from the start of the list's day, and only for lists about which that can be said."""
    on = TODAY - timedelta(days=60)
    midnight = datetime(on.year, on.month, on.day, tzinfo=UTC)
    instant = timedelta(microseconds=1)
    domains = many(connection, 6)
    ranked(connection, on=on, as_of=midnight)
    interact(connection, domains[0], "meeting_booked", midnight)
    interact(connection, domains[1], "deal_won", midnight + timedelta(days=30) - instant)
    interact(connection, domains[2], "meeting_booked", midnight + timedelta(days=30), midnight - instant)
    interact(connection, domains[3], "contacted", midnight + timedelta(days=3))
    interact(connection, domains[4], "deal_won", midnight + timedelta(days=1), midnight + timedelta(days=2))
    expected = [
        RecommendationOutcome(on, domain, False, 1.0, domain in (domains[0], domains[1], domains[4]))
        for domain in domains
    ]
    connection.execute(text("set local timezone = 'America/New_York'"))
    assert query_recommendation_outcomes(connection, since=on, as_of=NOW) == expected
    assert query_recommendation_outcomes(connection, since=on, as_of=midnight + timedelta(days=30)) == expected
    assert query_recommendation_outcomes(connection, since=on, as_of=midnight + timedelta(days=30) - instant) == []
    assert query_recommendation_outcomes(connection, since=on + timedelta(days=1), as_of=NOW) == []
    assert sum(
        outcome.is_success for outcome in query_recommendation_outcomes(connection, since=on, as_of=NOW, outcome_days=2)
    ) == 2  # fmt: skip


def test_chance_is_judged_by_what_it_was_drawn_from(connection: Connection) -> None:
    """Ranking puts those first who book a meeting; of the rest every fourth does."""
    domains = many(connection, 48)
    on = TODAY - timedelta(days=200)
    for day in range(100):
        recommend(connection, on=on + timedelta(days=day), as_of=NOW - timedelta(days=300), exploration_share=0.2)
    for domain in [*domains[:8], *domains[8::4]]:
        interact(connection, domain, "meeting_booked", *[NOW - timedelta(days=200 - day) for day in range(0, 131, 10)])
    found = evaluate_policy(query_recommendation_outcomes(connection, since=on, as_of=NOW))
    assert found.ranked is not None
    assert (found.ranked.value, found.ranked.places) == (1.0, 800)
    assert found.explored is not None
    assert found.explored.standard_error is not None
    assert found.explored.places == 200
    assert abs(found.explored.value - 0.25) < 3 * found.explored.standard_error < 0.25
    assert found.gain is not None
    assert found.gain.value == pytest.approx(1 - found.explored.value)
