"""Seats over time: only news is looked at, fresh evidence wins, filled and closed seats are asked about again."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import Connection, text

from prospecting.parsing.names import person_key
from prospecting.persistence import slot_evaluations
from prospecting.persistence.seats import Scope, evaluate_slots
from prospecting.persistence.slot_evaluations import Counters
from prospecting.persistence.slot_quality import find_quality_problems
from prospecting.persistence.slot_requests import query_holding, query_refused, query_refused_among, release_requests
from prospecting.scoring.seats import SeatPolicy
from tests.clock import date_ago, today
from tests.db.evaluating import assert_no_news, busy_world, delete, merge, unique_ids
from tests.db.factories import (
    add_companies,
    add_person,
    claim,
    close,
    count,
    end_roles,
    evaluate,
    from_outside,
    holders,
    nobody_found,
    person_name,
    preview,
    requests,
    seats,
    states,
    stored,
)

EVENTS = (
    "slots_created",
    "slots_updated",
    "backfill_triggered",
    "verifications_triggered",
    "requests_cancelled",
    "unnoted_changes",
)


def catch_up(connection: Connection) -> Counters:
    """Evaluate what changed; an evaluation of everything has nothing to add."""
    found = evaluate(connection, only_changed=True)
    everything = evaluate(connection)
    assert {name: getattr(everything, name) for name in EVENTS} == dict.fromkeys(EVENTS, 0)
    assert count(connection, "seat_changes") == 0
    return found


def refuse(connection: Connection, company: int, slot_type: str, person: int) -> None:
    connection.execute(
        text("insert into seat_refusals (company_id, slot_type, person_id, refused_by) values (:c, :s, :p, 'ann')"),
        {"c": company, "s": slot_type, "p": person},
    )


def by_hand(connection: Connection, change: str, **values: object) -> None:
    connection.execute(text(change), values)


# ------------------------------------------------------------------ only what changed
def test_without_news_nothing_is_looked_at(connection: Connection) -> None:
    busy_world(connection)
    evaluate(connection)
    assert evaluate(connection, only_changed=True) == Counters()
    assert_no_news(connection)


NEWS: dict[str, Callable[[Connection, int, int], object]] = {
    "somebody is hired": lambda c, acme, ann: add_person(c, acme, "Bea Poe", "CFO"),
    "a role ends": lambda c, acme, ann: end_roles(c, ann),
    "a title changes": lambda c, acme, ann: by_hand(c, "update company_person_roles set role_title = 'CFO'"),
    "a holder is seen again": lambda c, acme, ann: add_person(c, acme, "Ann Poe", "CEO", today()),
    "a person is deleted": lambda c, acme, ann: delete(c, "persons", ann),
    "a person turns out to be another": lambda c, acme, ann: merge(
        c, "persons", ann, add_person(c, add_companies(c, "Far")[0], "Ann Q. Poe", "Nurse")
    ),
    "a company is merged into another": lambda c, acme, ann: merge(c, "companies", acme, add_companies(c, "New")[0]),
    "a request ends": lambda c, acme, ann: from_outside(c, "failed"),
    "a request is withdrawn": lambda c, acme, ann: from_outside(c, "cancelled"),
    "a seat is emptied by hand": lambda c, acme, ann: by_hand(c, "update company_slot set person_unique_id = null"),
    "attempts are taken back": lambda c, acme, ann: by_hand(c, "update company_slot set enrichment_attempts = 2"),
    "seats are deleted": lambda c, acme, ann: by_hand(c, "delete from company_slot"),
    "the holder is not meant": lambda c, acme, ann: refuse(c, acme, "CEO", ann),
    "an answer comes from outside": lambda c, acme, ann: by_hand(
        c, "update intake.people_raw_intake set full_name = 'Eva Moe', title = 'CFO', validated = true "
        "where slot_type = 'CFO'"
    ),
    "a day has come": lambda c, acme, ann: by_hand(c, "update company_slot set due_on = current_date - 1"),
}  # fmt: skip


@pytest.mark.parametrize("news", NEWS)
def test_what_changed_is_looked_at_and_nothing_else_would_have_been_found(connection: Connection, news: str) -> None:
    acme, *_ = add_companies(connection, "Acme", "Globex", "Initech")
    ann = add_person(connection, acme, "Ann Poe", "CEO", date_ago(400))
    evaluate(connection)
    NEWS[news](connection, acme, ann)
    found = catch_up(connection)
    assert found.slots_created + found.slots_updated + found.backfill_triggered > 0
    changed_everywhere = news in ("a request ends", "a request is withdrawn", "attempts are taken back",
        "seats are deleted", "a day has come", "an answer comes from outside", "a seat is emptied by hand")  # fmt: skip
    assert 1 <= found.companies_processed <= (3 if changed_everywhere else 2)


MANUAL_REQUEST = (
    "insert into intake.people_raw_intake (company_unique_id, source_system, slot_type, backfill_source) "
    "select company_unique_id, 'slot_backfill', 'CEO', 'manual' from companies where name = 'Acme'",
    "insert into agent_routing_log (record_type, record_id, garage_bay, status) "
    "select 'person_slot_backfill', max(id)::text, 'bay_a', 'queued' from intake.people_raw_intake",
)
ROLLBACK = (
    "delete from agent_routing_log where record_type = 'person_slot_backfill'",
    "delete from intake.people_raw_intake where source_system = 'slot_backfill'",
)
ASK_ONCE_MORE = (
    "insert into agent_routing_log (record_type, record_id, garage_bay, status) "
    "select 'person_slot_backfill', i.id::text, 'bay_a', 'queued' from intake.people_raw_intake as i where not exists "
    "(select from agent_routing_log as r where r.record_id = i.id::text and r.settled_at is null) limit 1"
)
OTHERS: dict[str, tuple[str, ...]] = {
    "requests are deleted": ROLLBACK,
    "and their intake rows first": ROLLBACK[::-1],
    "routing rows are deleted": ROLLBACK[:1],
    "intake rows are deleted": ROLLBACK[1:],
    "somebody asks about a filled seat": MANUAL_REQUEST,
    "a request becomes an evaluation's": (
        *MANUAL_REQUEST,
        "delete from seat_changes",
        "update company_slot set due_on = null where is_filled",
        "delete from seat_changes",
        "update intake.people_raw_intake set backfill_source = 'slot_evaluation' where backfill_source = 'manual'",
    ),
    "another seat is meant": ("update seat_refusals set slot_type = 'CEO'",),
}


@pytest.mark.parametrize("change", OTHERS)
def test_what_others_do_to_requests_and_refusals_is_news(connection: Connection, change: str) -> None:
    acme, *_ = add_companies(connection, "Acme", "Globex")
    ann = add_person(connection, acme, "Ann Poe", "CEO", date_ago(10))
    refuse(connection, acme, "HR", ann)
    evaluate(connection)
    for statement in OTHERS[change]:
        by_hand(connection, statement)
    found = catch_up(connection)
    assert found.slots_updated + found.backfill_triggered + found.requests_cancelled > 0


def test_a_request_that_is_put_back_or_pointless_by_now_is_news(connection: Connection) -> None:
    """Its seat was filled while somebody worked on it."""
    acme, globex = add_companies(connection, "Acme", "Globex")
    evaluate(connection)
    claim(connection)
    for company in (acme, globex):
        add_person(connection, company, f"Ann {company}oe", "CEO", date_ago(10))
    catch_up(connection)
    release_requests(connection, claimed_by="worker", reason="Put back: killed")
    assert catch_up(connection).requests_cancelled == 2
    due = [seats(connection, company)["CEO"]["due_on"] for company in (acme, globex)]
    assert due == [date_ago(10) + timedelta(days=365)] * 2
    # The same for one that the next worker finds to be pointless.
    by_hand(
        connection,
        "insert into agent_routing_log (record_type, record_id, garage_bay, status) "
        "select 'person_slot_backfill', min(record_id), 'bay_a', 'queued' from agent_routing_log "
        "where settled_at is not null",
    )
    by_hand(connection, "delete from seat_changes")
    assert claim(connection, slot_types=("CEO",)) == []
    assert count(connection, "seat_changes") == 1


def test_who_is_refused_is_refused_as_everybody_they_turn_out_to_be(connection: Connection) -> None:
    acme, far = add_companies(connection, "Acme", "Far")
    rob = add_person(connection, acme, "Rob Roe", "CEO", date_ago(10))
    quin, pat = (add_person(connection, far, name, "Nurse", date_ago(10)) for name in ("Quin Roe", "Pat Roe"))
    merge(connection, "persons", rob, quin)
    refuse(connection, acme, "CEO", pat)
    evaluate(connection)
    assert holders(connection, acme) == {"CEO": quin}
    merge(connection, "persons", pat, quin)
    catch_up(connection)
    assert holders(connection, acme) == {}


def test_the_day_of_a_new_holder_is_not_that_of_the_one_before(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    evaluate(connection)
    by_hand(connection, "update company_slot set filled_at = now() - interval '200 days' where is_filled")
    catch_up(connection)
    assert seats(connection, acme)["CEO"]["due_on"] == date_ago(200) + timedelta(days=365)
    end_roles(connection, ann)
    add_person(connection, acme, "Bea Poe", "CEO")
    catch_up(connection)
    assert seats(connection, acme)["CEO"]["due_on"] == today() + timedelta(days=365)


TITLES = ("CEO", "Interim CEO", "CFO & HR Manager", "HR Intern", "Nurse", "Former CEO")


def hire(connection: Connection, chance: random.Random, company: int, person: int) -> None:
    seen = chance.choice((None, date_ago(chance.randrange(2000))))
    add_person(connection, company, person_name(chance.randrange(30)), chance.choice(TITLES), seen)


def refuse_once(connection: Connection, chance: random.Random, company: int, person: int) -> None:
    if person and not count(connection, f"seat_refusals where person_id = {person} and company_id = {company}"):
        refuse(connection, company, "CEO", person)


def merge_or_not(connection: Connection, chance: random.Random, company: int, person: int) -> None:
    first = stored(connection, "companies", "id")[0]["id"]
    if company == first:
        return
    merge(connection, "companies", company, first)
    if chance.random() < 0.7:
        by_hand(connection, "update companies set merged_into_id = null where id = :id", id=company)


ACTS: tuple[Callable[[Connection, random.Random, int, int], object], ...] = (
    hire,
    hire,
    hire,
    hire,
    lambda c, chance, company, person: end_roles(c, person),
    lambda c, chance, company, person: delete(c, "persons", person),
    lambda c, chance, company, person: nobody_found(c, company_unique_ids=unique_ids(c, company)),
    lambda c, chance, company, person: from_outside(c, chance.choice(("failed", "completed", "cancelled"))),
    refuse_once,
    lambda c, chance, company, person: by_hand(c, "delete from seat_refusals where company_id = :id", id=company),
    merge_or_not,
    lambda c, chance, company, person: by_hand(c, "update company_slot set due_on = due_on - 300"),
    lambda c, chance, company, person: claim(c, limit=chance.randrange(4), company_unique_ids=unique_ids(c, company)),
    lambda c, chance, company, person: release_requests(c, claimed_by="worker", reason="Put back: killed"),
    lambda c, chance, company, person: by_hand(c, chance.choice(ROLLBACK)),
    lambda c, chance, company, person: by_hand(c, ASK_ONCE_MORE),
    lambda c, chance, company, person: by_hand(
        c, "update intake.people_raw_intake set full_name = 'Zed Zoe', title = 'CFO', validated = true "
        "where id = (select min(id) from intake.people_raw_intake where not validated)"
    ),
)  # fmt: skip


@pytest.mark.parametrize("number", [7, 99_999, 100_000, 12_345_678])
def test_a_seat_written_by_others_is_noted_by_the_number_of_its_company(connection: Connection, number: int) -> None:
    connection.execute(
        text("""
        insert into companies (id, name, name_key, source_system) overriding system value
        values (:number, 'Acme', 'acme', 'test')
        """),
        {"number": number},
    )
    evaluate(connection)
    for change in ("update company_slot set enrichment_attempts = 2", "delete from company_slot"):
        by_hand(connection, change)
        assert connection.execute(text("select company_id from seat_changes")).scalars().all() == [number]
        by_hand(connection, "truncate seat_changes")


def test_whatever_happens_in_whatever_order_news_are_enough(connection: Connection) -> None:
    """Two hundred random changes, with an evaluation of what changed now and then."""
    chance = random.Random(7)
    companies = add_companies(connection, *[f"Company {i}" for i in range(6)])
    add_person(connection, companies[0], "Ann Poe", "CEO")
    for number in range(200):
        people = [row["id"] for row in stored(connection, "persons", "id")] or [0]
        chance.choice(ACTS)(connection, chance, chance.choice(companies), chance.choice(people))
        if number % 8 == 0:
            catch_up(connection)
    catch_up(connection)
    assert count(connection, "company_slot where person_unique_id is not null") > 3, "something must have come of it"


def test_a_change_that_nobody_noted_breaks_the_gate(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    policy = SeatPolicy().as_dict()

    def evaluation(run: str, company_ids: tuple[int, ...] | None = None) -> list[str]:
        evaluation_id = slot_evaluations.start_evaluation(
            connection, airflow_run_id=run, params={}, policy=policy, is_full=True
        )
        slot_evaluations.record_chunk(connection, evaluation_id, 1, evaluate(connection))
        slot_evaluations.finish_evaluation(connection, evaluation_id, status="completed")
        return [
            problem.what for problem in find_quality_problems(connection, evaluation_id, Scope(), max_fill_rate_drop=1)
        ]

    assert evaluation("first") == []
    connection.execute(text("set local session_replication_role = replica"))  # no trigger notes anything
    add_person(connection, acme, "Ann Poe", "CEO & CFO")
    connection.execute(text("set local session_replication_role = origin"))
    (problem,) = evaluation("second")
    assert problem.startswith("2 seats changed although nothing was noted")
    assert evaluation("third") == []


def test_what_failed_by_other_rules_is_looked_at_again(connection: Connection) -> None:
    """It has evaluated companies, and taken their notes, before it failed."""
    (acme,) = add_companies(connection, "Acme")
    add_person(connection, acme, "Ann Poe", "President", date_ago(10))

    def evaluation(run: str, status: str, policy: SeatPolicy) -> list[str]:
        evaluation_id = slot_evaluations.start_evaluation(
            connection, airflow_run_id=run, params={}, policy=policy.as_dict(), is_full=True
        )
        counters = evaluate_slots(connection, Scope(policy=policy, evaluation_id=evaluation_id, number=1))
        slot_evaluations.record_chunk(connection, evaluation_id, 1, counters)
        slot_evaluations.finish_evaluation(connection, evaluation_id, status=status)
        found = find_quality_problems(connection, evaluation_id, Scope(), max_fill_rate_drop=1)
        return [problem.what for problem in found]

    def is_disturbed() -> bool:
        standing = slot_evaluations.find_standing(connection, "next")
        assert standing is not None
        return standing.is_disturbed

    evaluation("first", "completed", SeatPolicy())
    assert not is_disturbed()
    evaluation("second", "failed", SeatPolicy(also_ceo=True))
    assert len(holders(connection, acme)) == 1
    assert is_disturbed()
    assert evaluation("third", "completed", SeatPolicy()) == [], "nobody had to note anything"
    assert not is_disturbed()
    assert holders(connection, acme) == {}


def test_an_evaluation_of_a_range_of_companies_leaves_the_notes(connection: Connection) -> None:
    """It may go by rules of its own."""
    (acme,) = add_companies(connection, "Acme")
    evaluate(connection)
    add_person(connection, acme, "Ann Poe", "President", date_ago(10))
    evaluation_id = slot_evaluations.start_evaluation(connection, airflow_run_id="part", params={}, is_full=False)
    scope = Scope(first_id=acme, last_id=acme, evaluation_id=evaluation_id, number=1, policy=SeatPolicy(also_ceo=True))
    assert evaluate_slots(connection, scope).slots_filled == 1
    assert evaluate(connection, only_changed=True).slots_filled == 0


def test_a_chunk_that_runs_again_evaluates_the_same_companies(connection: Connection) -> None:
    """Its notes are taken already: Airflow may not know that its transaction went through."""
    add_companies(connection, "Acme", "Globex", "Initech")
    evaluate(connection)
    evaluation_id = slot_evaluations.start_evaluation(
        connection, airflow_run_id="run", params={}, is_full=True, is_incremental=True
    )
    add_person(connection, stored(connection, "companies", "id")[1]["id"], "Ann Poe", "CEO")
    scope = Scope(only_changed=True, evaluation_id=evaluation_id, number=1)
    for _ in range(2):
        counters = evaluate_slots(connection, scope)
        ids = connection.execute(text("select array_agg(company_id) from evaluated_companies")).scalar_one()
        slot_evaluations.record_chunk(connection, evaluation_id, 1, counters, ids)
    total = slot_evaluations.finish_evaluation(connection, evaluation_id, status="completed")
    assert (total.companies_processed, total.slots_updated, total.requests_cancelled) == (1, 1, 1)
    assert (total.slots_filled, total.slots_open, total.slots) == (1, 8, 9), "of all companies"


# ------------------------------------------------------------------ fresh evidence
@pytest.mark.parametrize(
    ("first", "second", "holder"),
    [
        (("CEO", 5000), ("CEO", 30), "second"),
        (("CEO", 700), ("CEO", 30), "second"),
        (("CEO", 100), ("CEO", 30), "first"),
        (("HR Director", 300), ("HR Director", 30), "first"),
        (("HR Director", 500), ("HR Director", 30), "second"),
        (("CHRO", 5000), ("HR Director", 30), "first"),
        (("CEO", 5000), ("Interim CEO", 30), "second"),
        (("CEO", 300), ("Interim CEO", 30), "first"),
        (("CEO", 5000), ("Deputy CEO", 30), "first"),
        (("CFO", 5000), ("VP Finance", 30), "first"),
        (("CHRO", 5000), ("HR Intern", 30), "first"),
        (("CEO", None), ("CEO", 30), "first"),
        (("CEO", 30), ("CEO", None), "first"),
        (("Interim CEO", 5000), ("CEO", 30), "second"),
    ],
)
def test_who_was_seen_long_before_somebody_in_office_gives_way(
    connection: Connection, first: tuple[str, int | None], second: tuple[str, int | None], holder: str
) -> None:
    """People are seen so many days ago."""
    (acme,) = add_companies(connection, "Acme")

    def seen(name: str, title: str, days: int | None) -> int:
        return add_person(connection, acme, name, title, None if days is None else date_ago(days))

    people = {"first": seen("Ann Poe", *first)}
    evaluate(connection)
    people["second"] = seen("Bea Poe", *second)
    catch_up(connection)
    (held_by,) = holders(connection, acme).values()
    assert held_by == people[holder]


def test_how_much_newer_is_for_the_params_to_say(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    add_person(connection, acme, "Ann Poe", "CEO", date_ago(100))
    evaluate(connection)
    bea = add_person(connection, acme, "Bea Poe", "CEO", date_ago(30))
    evaluate(connection, policy=SeatPolicy(newer_by_days=60))
    assert holders(connection, acme) == {"CEO": bea}


# ------------------------------------------------------------------ asked about again
def test_a_holder_of_2020_is_asked_about_and_gives_way_to_one_answer(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    ann = add_person(connection, acme, "Ann Poe", "CEO", date(2020, 2, 1))
    first = evaluate(connection)
    assert (first.backfill_triggered, first.verifications_triggered) == (2, 1)
    (verification,) = [row for row in requests(connection) if row["slot_type"] == "CEO"]
    assert (verification["backfill_source"], verification["status"]) == ("slot_verification", "queued")
    assert holders(connection, acme) == {"CEO": ann}, "meanwhile"
    assert_no_news(connection)
    claimed = claim(connection, slot_types=("CEO",), limit=1)
    assert [request.slot_type for request in claimed] == ["CEO"], "a filled seat is no reason not to ask"
    bea = add_person(connection, acme, "Bea Poe", "CEO", today())
    close(connection, claimed, full_name="Bea Poe", title="CEO")
    catch_up(connection)
    assert holders(connection, acme) == {"CEO": bea}
    assert_no_news(connection)
    history = stored(connection, "slot_transitions", "id, slot_type, transition, status, person_unique_id")
    told = [(row["transition"], row["status"]) for row in history if row["slot_type"] == "CEO"]
    assert told == [("filled", "filled"), ("requested", "filled"), ("filled", "filled")]
    assert len({row["person_unique_id"] for row in history if row["slot_type"] == "CEO"}) == 2


def test_a_verification_that_finds_nobody_costs_nothing_but_the_next_year(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    ann = add_person(connection, acme, "Ann Poe", "CEO", date(2020, 2, 1))
    evaluate(connection)
    close(connection, claim(connection, slot_types=("CEO",)))
    catch_up(connection)
    seat = seats(connection, acme)["CEO"]
    assert (holders(connection, acme), seat["enrichment_attempts"], seat["status"]) == ({"CEO": ann}, 0, "filled")
    assert seat["due_on"] == today() + timedelta(days=365)
    by_hand(connection, "update company_slot set last_asked_at = now() - interval '366 days' where due_on is not null")
    assert catch_up(connection).verifications_triggered == 1


def test_a_holder_is_asked_about_at_once_when_doubts_come_after_the_last_question(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    evaluate(connection)
    ann = add_person(connection, acme, "Ann Poe", "CEO", date_ago(30))
    # The answer of 30 days ago is used again: nobody was asked today.
    asked_at = datetime.combine(date_ago(30), time(12), UTC)
    close(connection, claim(connection, slot_types=("CEO",)), full_name="Ann Poe", title="CEO", asked_at=asked_at)
    assert catch_up(connection).verifications_triggered == 0
    assert seats(connection, acme)["CEO"]["last_asked_at"] == asked_at
    add_person(connection, acme, "Bea Poe", "CEO", date_ago(5))
    assert catch_up(connection).verifications_triggered == 1
    assert holders(connection, acme) == {"CEO": ann}, "meanwhile"
    close(connection, claim(connection, slot_types=("CEO",)), full_name="Ann Poe", title="CEO", asked_at=asked_at)
    assert catch_up(connection).verifications_triggered == 1, "still nobody was asked"
    close(connection, claim(connection, slot_types=("CEO",)))
    assert catch_up(connection).verifications_triggered == 0, "nobody found anything"
    assert seats(connection, acme)["CEO"]["due_on"] == today() + timedelta(days=365)


def test_never_is_never(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    add_person(connection, acme, "Ann Poe", "CEO", date(2020, 2, 1))
    assert evaluate(connection, policy=SeatPolicy(reverify_after_days=0)).verifications_triggered == 0
    assert seats(connection, acme)["CEO"]["due_on"] is None


def test_a_request_that_somebody_made_by_hand_is_not_cancelled(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    evaluate(connection)
    by_hand(connection, "update intake.people_raw_intake set backfill_source = 'manual' where slot_type = 'CEO'")
    add_person(connection, acme, "Ann Poe", "CEO & CFO", today())
    assert evaluate(connection).requests_cancelled == 1
    assert {row["slot_type"]: row["status"] for row in requests(connection)} == {
        "CEO": "queued", "CFO": "cancelled", "HR": "queued",
    }  # fmt: skip
    assert {request.slot_type for request in claim(connection)} == {"CEO", "HR"}
    assert_no_news(connection)


# ------------------------------------------------------------------ attempts
def test_a_closed_seat_opens_again_after_a_while(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    evaluate(connection)
    for _ in range(2):
        nobody_found(connection)
        catch_up(connection)
    seat = seats(connection, acme)["CEO"]
    assert (seat["status"], seat["due_on"]) == ("closed_missing", today() + timedelta(days=180))
    by_hand(connection, "update company_slot set due_on = current_date where slot_type = 'CEO'")
    assert catch_up(connection).backfill_triggered == 1
    assert states(connection, acme) == {
        "CEO": ("open", 0), "CFO": ("closed_missing", 2), "HR": ("closed_missing", 2),
    }  # fmt: skip


def test_a_closed_seat_opens_again_for_a_provider_that_never_answered_for_it(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    evaluate(connection)
    for _ in range(2):
        close(connection, claim(connection), error="Nobody", answered_by=("live", "catalog@1"))
        evaluate(connection)
    assert states(connection, acme) == dict.fromkeys(("CEO", "CFO", "HR"), ("closed_missing", 2))
    assert seats(connection, acme)["HR"]["answered_by"] == ["catalog@1", "live"]
    assert evaluate(connection, policy=SeatPolicy(providers=("live",))).backfill_triggered == 0
    assert evaluate(connection, policy=SeatPolicy(providers=("live", "live:other"))).backfill_triggered == 3
    assert states(connection, acme) == dict.fromkeys(("CEO", "CFO", "HR"), ("open", 0))


def test_who_always_answers_the_same_is_asked_once_and_costs_no_attempt(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    evaluate(connection)
    claimed = claim(connection, only_static=("catalog@1",))
    assert len(claimed) == 3
    close(connection, claimed, error="Waits", is_waiting=True, is_live=False, answered_by=("catalog@1",))
    for _ in range(2):
        catch_up(connection)
        assert states(connection, acme) == dict.fromkeys(("CEO", "CFO", "HR"), ("open", 0))
        assert claim(connection, only_static=("catalog@1",)) == []
    assert [row["status"] for row in requests(connection)] == ["queued"] * 3
    ann = add_person(connection, acme, "Ann Poe", "CEO", date(2020, 2, 1))
    catch_up(connection)
    assert holders(connection, acme) == {"CEO": ann}
    assert [row["slot_type"] for row in requests(connection, "queued")] == ["CFO", "HR", "CEO"], "to be verified"
    assert len(claim(connection, "newer", only_static=("catalog@2",))) == 3, "another catalog may know more"


# ------------------------------------------------------------------ answers of outside agents
def answer(connection: Connection, slot_type: str, **columns: object) -> None:
    """An outside agent fills a row in, in plain SQL."""
    names = ", ".join(f"{name} = :{name}" for name in columns)
    connection.execute(
        text(f"update intake.people_raw_intake set {names}, validated = true where slot_type = :slot_type"),
        columns | {"slot_type": slot_type},
    )


@pytest.mark.parametrize("status", ["completed", "queued"])
def test_an_answer_in_the_intake_queue_ends_in_a_filled_seat(connection: Connection, status: str) -> None:
    (acme,) = add_companies(connection, "Acme")
    evaluate(connection)
    answer(connection, "CEO", first_name="Eva", last_name="Moe", title="Chief Executive Officer", email="eva@acme.com")
    answer(connection, "HR", full_name="Ben Roe", title="CHRO", linkedin_url="https://www.linkedin.com/in/ben-roe/")
    if status == "completed":
        from_outside(connection, "completed", "status = 'queued' and record_id in "
            "(select id::text from intake.people_raw_intake where validated)")  # fmt: skip
    assert {request.slot_type for request in claim(connection, "busy")} == {"CFO"}, "nobody is asked again"
    catch_up(connection)
    assert states(connection, acme) == {"CEO": ("filled", 0), "CFO": ("open", 0), "HR": ("filled", 0)}
    assert {row["full_name"] for row in stored(connection, "persons", "full_name")} == {"Eva Moe", "Ben Roe"}
    assert {row["slot_type"]: row["status"] for row in requests(connection)} == {
        "CEO": "completed", "CFO": "running", "HR": "completed",
    }  # fmt: skip
    assert count(connection, "rejected_records") == 0
    assert_no_news(connection)


@pytest.mark.parametrize(
    ("columns", "persons", "rejected"),
    [
        ({"full_name": "Eva Moe", "title": "Nurse"}, 1, 0),
        ({"full_name": "n/a", "title": "CEO"}, 0, 1),
        ({"title": "CEO"}, 0, 1),
    ],
)
@pytest.mark.parametrize("status", ["queued", "completed"])
def test_an_answer_of_no_use_is_an_attempt(
    connection: Connection, columns: dict[str, str], persons: int, rejected: int, status: str
) -> None:
    (acme,) = add_companies(connection, "Acme")
    evaluate(connection, slot_types=("CEO",))
    answer(connection, "CEO", **columns)
    from_outside(connection, status)
    evaluate(connection, slot_types=("CEO",))
    assert states(connection, acme)["CEO"] == ("open", 1)
    assert (count(connection, "persons"), count(connection, "rejected_records")) == (persons, rejected)
    first, second = requests(connection)
    assert (first["status"], second["status"], second["enrichment_attempt"]) == ("failed", "queued", 2)
    evaluate(connection, slot_types=("CEO",))
    assert states(connection, acme)["CEO"] == ("open", 1)


def test_an_answer_that_was_not_read_yet_is_no_attempt(connection: Connection) -> None:
    """A dry run promotes nobody; and an answer may come while an evaluation plans."""
    add_companies(connection, "Acme")
    evaluate(connection, slot_types=("CEO",))
    answer(connection, "CEO", full_name="Eva Moe", title="CEO")
    from_outside(connection, "completed")
    counters, changes = preview(connection, slot_types=("CEO",))
    assert (list(changes), counters.requests_to_make, counters.slots_open) == ([], 0, 1)
    assert evaluate(connection, slot_types=("CEO",)).slots_filled == 1


def test_a_request_is_completed_only_by_somebody_who_can_be_seated(connection: Connection) -> None:
    """Whether the answer comes from outside or not."""
    (acme,) = add_companies(connection, "Acme")
    ann = add_person(connection, acme, "Ann Poe", "Nurse", date_ago(10))
    refuse(connection, acme, "CFO", ann)
    evaluate(connection)
    answer(connection, "CEO", full_name="Pat Roe", title="President")
    answer(connection, "CFO", full_name="Ann Poe", title="CFO")
    answer(connection, "HR", full_name="Ian Roe", title="HR Intern")
    for policy, ceo in (
        (SeatPolicy(), "failed"),
        (SeatPolicy(also_ceo=True, min_confidence=(0, 0.4, 0.7)), "completed"),
    ):
        with connection.begin_nested() as tried:
            evaluate(connection, policy=policy)
            ended = {row["slot_type"]: row["status"] for row in requests(connection) if row["status"] != "queued"}
            assert ended == {"CEO": ceo, "CFO": "failed", "HR": "failed"}
            assert ("CEO" in holders(connection, acme)) == (ceo == "completed")
            assert "CFO" not in holders(connection, acme)
            tried.rollback()


def test_evidence_from_outside_is_of_the_day_it_was_validated(connection: Connection) -> None:
    """The row may have waited for long, and our own providers may have been asked before."""
    add_companies(connection, "Acme")
    evaluate(connection)
    close(connection, claim(connection), error="Waits", is_waiting=True, is_live=False, answered_by=("catalog@1",))
    by_hand(
        connection,
        "update intake.people_raw_intake set created_at = now() - interval '300 days', "
        "updated_at = now() - interval '300 days'",
    )
    answer(connection, "CEO", full_name="Eva Moe", title="CEO")
    catch_up(connection)
    (role,) = stored(connection, "company_person_roles", "observed_on")
    assert role["observed_on"] == today()


# ------------------------------------------------------------------ not this person, and not sure enough
def test_not_this_person_for_this_seat(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    ann = add_person(connection, acme, "Ann Poe", "CEO & CFO", today())
    evaluate(connection)
    refuse(connection, acme, "CEO", ann)
    catch_up(connection)
    assert holders(connection, acme) == {"CFO": ann}
    assert states(connection, acme)["CEO"] == ("open", 0)
    assert [row["enrichment_attempt"] for row in requests(connection) if row["slot_type"] == "CEO"] == [1]
    add_person(connection, acme, "Ann Poe", "CEO & CFO", today())
    bea = add_person(connection, acme, "Bea Poe", "Interim CEO", today())
    catch_up(connection)
    assert holders(connection, acme) == {"CEO": bea, "CFO": ann}
    assert query_refused(connection, acme) == {"CEO": [(None, person_key("Ann Poe"))]}
    assert query_holding(connection, acme, [ann, bea, 0]) == {ann, bea}
    assert query_refused_among(connection, acme, [ann, bea, 0]) == {("CEO", ann)}
    known = add_person(connection, acme, "Annabel Poe", "Nurse")
    merge(connection, "persons", ann, known)
    end_roles(connection, bea)
    catch_up(connection)
    assert holders(connection, acme) == {"CFO": known}, "whoever they turn out to be"


def test_the_search_goes_on_behind_a_weak_holder(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    evaluate(connection)
    ian = add_person(connection, acme, "Ian Poe", "HR Intern", today())
    counters = catch_up(connection)
    seat = seats(connection, acme)["HR"]
    assert (seat["person"], seat["status"], seat["is_weak"]) == (ian, "filled", True)
    assert (counters.slots_weak, counters.requests_cancelled) == (1, 0)
    close(connection, claim(connection, slot_types=("HR",)))
    assert catch_up(connection).backfill_triggered == 1
    close(connection, claim(connection, slot_types=("HR",)))
    assert catch_up(connection).backfill_triggered == 0
    seat = seats(connection, acme)["HR"]
    assert (seat["enrichment_attempts"], seat["person"], seat["due_on"]) == (2, ian, today() + timedelta(days=180))
    bea = add_person(connection, acme, "Bea Poe", "HR Director", today())
    catch_up(connection)
    seat = seats(connection, acme)["HR"]
    assert (seat["person"], seat["is_weak"], seat["enrichment_attempts"]) == (bea, False, 0)


def test_how_sure_a_holder_must_be_is_for_the_params_to_say(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    add_person(connection, acme, "Ann Poe", "Interim CEO", today())
    assert evaluate(connection).slots_weak == 0
    assert evaluate(connection, policy=SeatPolicy(min_confidence=(0.9, 0.0, 0.0))).slots_weak == 1
    assert seats(connection, acme)["CEO"]["is_weak"]


def test_owners_and_presidents_sit_as_ceo_if_so_wanted(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    ann = add_person(connection, acme, "Ann Poe", "President", today())
    evaluate(connection)
    assert holders(connection, acme) == {}
    evaluate(connection, policy=SeatPolicy(also_ceo=True))
    assert holders(connection, acme) == {"CEO": ann}
    bea = add_person(connection, acme, "Bea Poe", "Interim CEO", today())
    evaluate(connection, policy=SeatPolicy(also_ceo=True))
    assert holders(connection, acme) == {"CEO": bea}
