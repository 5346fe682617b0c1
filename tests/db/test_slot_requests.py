"""The queue of backfill requests: who holds one, for how long, and what its end does to the seat."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence import slot_requests
from prospecting.persistence.database import TaskAttempt, unit_of_work
from prospecting.persistence.slot_requests import BatchSummary, ClaimLost, Outcome, Queue, Request
from tests.db.factories import (
    add_companies,
    add_person,
    claim,
    close,
    end_roles,
    evaluate,
    from_outside,
    holders,
    requests,
    states,
    stored,
    versions,
)
from tests.db.queueing import ask_again, asked, let_expire, route, routing_ids, tally

EXPIRED = -1.0
"""A lease of this many seconds has run out as soon as it is given."""


@pytest.fixture
def companies(connection: Connection) -> list[int]:
    """Three companies with nothing but empty seats, each asked for."""
    found = add_companies(connection, "Acme", "Globex", "Initech")
    evaluate(connection)
    return found


# ------------------------------------------------------------------ claiming
def test_a_claim_says_all_there_is_to_ask(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Café Ünïön", industry="Food")
    connection.execute(text("update companies set domain = 'acme.com'"))
    add_person(connection, acme, "Ann Poe", "CEO & CFO")
    evaluate(connection)
    (request,) = claim(connection, "worker", lease_seconds=60)
    (row,) = requests(connection)
    assert request == Request(
        row["routing_id"], row["id"], acme, row["company_unique_id"], "Café Ünïön", "acme.com", "Food", "HR", 1,
        row["assigned_at"],
    )  # fmt: skip
    assert (row["status"], row["claimed_by"]) == ("running", "worker")
    lease = row["lease_expires_at"] - row["assigned_at"]
    assert lease.total_seconds() == 60


def test_the_oldest_come_first_and_their_company_comes_along(connection: Connection, companies: list[int]) -> None:
    """One company is asked about once, for all of its seats."""
    assert asked(claim(connection, "a", limit=1)) == [("Acme", "CEO"), ("Acme", "CFO"), ("Acme", "HR")]
    second = claim(connection, "b", limit=4)
    assert asked(second) == list(itertools.product(["Globex", "Initech"], ["CEO", "CFO", "HR"]))
    assert claim(connection, "c") == []
    assert slot_requests.count_claimable(connection, Queue()) == 0
    assert slot_requests.count_pending(connection) == 9


def test_the_company_comes_along_whatever_the_age_of_its_requests(connection: Connection, companies: list[int]) -> None:
    first = claim(connection, "a", slot_types=("CEO",), limit=1)
    close(connection, first, "a")
    evaluate(connection)
    assert asked(claim(connection, "b", limit=2)) == [("Acme", "CEO"), ("Acme", "CFO"), ("Acme", "HR")]


@pytest.mark.parametrize("limit", [0, -1])
def test_nothing_wanted_is_nothing_claimed(connection: Connection, companies: list[int], limit: int) -> None:
    before = versions(connection)
    assert claim(connection, limit=limit) == []
    assert versions(connection) == before


def test_only_requests_in_the_queue_are_claimed(connection: Connection, companies: list[int]) -> None:
    _, globex, _ = (row["company_unique_id"] for row in stored(connection, "companies"))
    assert slot_requests.count_claimable(connection, Queue(("CFO",))) == 3
    assert slot_requests.count_claimable(connection, Queue(("CFO", "HR"), (globex,))) == 2
    assert slot_requests.count_claimable(connection, Queue((), (globex,))) == 0
    assert slot_requests.count_claimable(connection, Queue(None, ())) == 0
    assert asked(claim(connection, "a", limit=1, slot_types=("CFO", "HR"), company_unique_ids=(globex,))) == [
        ("Globex", "CFO"), ("Globex", "HR"),
    ]  # fmt: skip
    assert asked(claim(connection, "b", slot_types=("HR",))) == [("Acme", "HR"), ("Initech", "HR")]
    assert claim(connection, "c", company_unique_ids=()) == []
    assert slot_requests.count_claimable(connection, Queue()) == 5


def test_requests_of_every_waiting_kind_are_claimed(connection: Connection, companies: list[int]) -> None:
    from_outside(connection, "pending", "routing_reason like '%CEO%'")
    from_outside(connection, "assigned", "routing_reason like '%CFO%'")
    assert asked(claim(connection, slot_types=("CFO",))) == [], "assigned to somebody without a lease"
    assert len(claim(connection)) == 6


def test_who_claims_again_finds_what_it_holds_and_no_more_than_it_may(
    connection: Connection, companies: list[int]
) -> None:
    """A task that is tried again goes on where it was killed, and takes on no second batch."""
    first = claim(connection, "worker", limit=3)
    assert claim(connection, "worker", limit=3) == first
    assert len(claim(connection, "worker", limit=4)) == 6
    close(connection, first[:2], "worker")
    assert first[2] in claim(connection, "worker", limit=6)
    close(connection, claim(connection, "worker", limit=6), "worker")
    before = versions(connection)
    assert claim(connection, "worker", limit=6) == []
    assert versions(connection) == before
    assert len(claim(connection, "worker", limit=7)) == 3


def test_attempts_are_numbered(connection: Connection, companies: list[int]) -> None:
    assert {request.attempt for request in claim(connection)} == {1}
    close(connection, claim(connection, limit=9))
    evaluate(connection)
    assert {request.attempt for request in claim(connection, "another")} == {2}


# ------------------------------------------------------------------ leases
def test_a_lease_keeps_others_away_until_it_runs_out(connection: Connection, companies: list[int]) -> None:
    first = claim(connection, "killed", limit=3)
    assert not routing_ids(first) & routing_ids(claim(connection, "other", limit=3))
    let_expire(connection)
    assert slot_requests.count_claimable(connection, Queue()) == 9
    second = claim(connection, "next", limit=1)
    assert routing_ids(second) == routing_ids(first)
    assert {row["claimed_by"] for row in requests(connection) if row["routing_id"] in routing_ids(first)} == {"next"}


def test_a_renewed_lease_does_not_run_out(connection: Connection, companies: list[int]) -> None:
    claimed = claim(connection, "worker", limit=3, lease_seconds=EXPIRED)
    assert slot_requests.renew_lease(connection, claimed_by="worker", lease_seconds=60) == 3
    assert slot_requests.count_claimable(connection, Queue()) == 6
    assert not routing_ids(claimed) & routing_ids(claim(connection, "other"))
    assert slot_requests.renew_lease(connection, claimed_by="nobody", lease_seconds=60) == 0


def test_a_lease_lost_to_another_cannot_be_renewed_or_released(connection: Connection, companies: list[int]) -> None:
    claim(connection, "slow", limit=3, lease_seconds=EXPIRED)
    taken = claim(connection, "quick", limit=3)
    assert slot_requests.renew_lease(connection, claimed_by="slow", lease_seconds=60) == 0
    assert slot_requests.release_requests(connection, claimed_by="slow", reason="Too late") == 0
    assert claim(connection, "quick", limit=3) == taken


@pytest.mark.parametrize("lost", [3, 1])
def test_who_lost_a_request_writes_nothing_for_any(engine: Engine, lost: int) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme")
        evaluate(connection)
        claimed = claim(connection, "slow")
        connection.execute(
            text(
                "update agent_routing_log set lease_expires_at = now() - interval '1 second' "
                "where routing_id = any(:ids)"
            ),
            {"ids": [request.routing_id for request in claimed[:lost]]},
        )
        assert len(claim(connection, "quick")) == lost
        before = versions(connection)
    with pytest.raises(ClaimLost, match=f"{lost} of 3"), unit_of_work(engine) as connection:
        close(connection, claimed, "slow", full_name="Ann Poe", title="CEO")
    with unit_of_work(engine) as connection:
        assert versions(connection) == before


def test_a_lease_that_ran_out_unnoticed_is_no_loss(connection: Connection, companies: list[int]) -> None:
    claimed = claim(connection, "slow", limit=3, lease_seconds=EXPIRED)
    close(connection, claimed, "slow")
    assert tally(connection) == {"failed": 3, "queued": 6}


@pytest.mark.parametrize("ended", ["failed", "completed", "cancelled"])
def test_what_has_ended_cannot_be_closed_again(connection: Connection, companies: list[int], ended: str) -> None:
    claimed = claim(connection, limit=3)
    if ended == "failed":
        close(connection, claimed)
    else:
        from_outside(connection, ended, "status = 'running'")
    savepoint = connection.begin_nested()
    with pytest.raises(ClaimLost):
        close(connection, claimed)
    savepoint.rollback()
    assert tally(connection) == {ended: 3, "queued": 6}
    assert states(connection, companies[0])["CEO"] == ("open", 1 if ended == "failed" else 0)


def test_released_requests_wait_again_and_cost_no_attempt(connection: Connection, companies: list[int]) -> None:
    claimed = claim(connection, "worker", limit=3)
    close(connection, claimed[:1], "worker")
    assert slot_requests.release_requests(connection, claimed_by="worker", reason="The budget is spent") == 2
    released = [row for row in requests(connection, "queued") if row["error_message"]]
    assert [row["slot_type"] for row in released] == ["CFO", "HR"]
    for row in released:
        assert row["error_message"] == "The budget is spent"
        assert [row[name] for name in ("claimed_by", "lease_expires_at", "assigned_at", "settled_at")] == [None] * 4
    evaluate(connection)
    assert states(connection, companies[0]) == {"CEO": ("open", 1), "CFO": ("open", 0), "HR": ("open", 0)}
    assert routing_ids(claimed[1:]) < routing_ids(claim(connection, "other", limit=1))


# ------------------------------------------------------------------ nothing to ask for any more
@pytest.mark.parametrize("why", ["deleted", "merged", "filled"])
def test_requests_without_a_point_are_cancelled_on_the_way(
    connection: Connection, companies: list[int], why: str
) -> None:
    acme, globex, _ = companies
    if why == "deleted":
        connection.execute(text("delete from companies where id = :id"), {"id": acme})
    elif why == "merged":
        connection.execute(text("update companies set merged_into_id = :to where id = :id"), {"id": acme, "to": globex})
    else:
        ann = add_person(connection, acme, "Ann Poe", "Nurse")
        connection.execute(
            text(
                "update company_slot as s set person_unique_id = p.person_unique_id from persons as p, companies as c "
                "where p.id = :ann and c.id = :acme and c.company_unique_id = s.company_unique_id"
            ),
            {"ann": ann, "acme": acme},
        )
    assert asked(claim(connection, "worker", limit=4)) == list(itertools.product(["Globex"], ["CEO", "CFO", "HR"]))
    cancelled = requests(connection, "cancelled")
    assert len(cancelled) == 3
    reason = {"deleted": "not known", "merged": "merged", "filled": "filled before"}[why]
    for row in cancelled:
        assert reason in row["error_message"]
        assert row["completed_at"]
        assert row["settled_at"]
        assert row["lease_expires_at"] is None
    if why != "filled":  # by hand, with nobody who fits: the next evaluation opens that seat again
        evaluate(connection)
    assert tally(connection) == {"cancelled": 3, "running": 3, "queued": 3}
    assert slot_requests.summarize_batch(connection, ["worker"]) == BatchSummary(0, 0, 3, 3, Decimal(0))


def test_a_seat_filled_while_it_is_asked_for_stays_with_its_worker(
    connection: Connection, companies: list[int]
) -> None:
    """Cancelled is only what nobody has started; the answer that still comes harms nobody."""
    claimed = claim(connection, limit=3)
    ann = add_person(connection, companies[0], "Ann Poe", "CEO")
    assert evaluate(connection).requests_cancelled == 0
    close(connection, claimed)
    evaluate(connection)
    assert holders(connection, companies[0]) == {"CEO": ann}
    assert states(connection, companies[0]) == {"CEO": ("filled", 0), "CFO": ("open", 1), "HR": ("open", 1)}


# ------------------------------------------------------------------ closing
def test_a_request_that_found_somebody(connection: Connection, companies: list[int]) -> None:
    request, *_ = claim(connection, limit=1)
    outcome = Outcome(
        request.routing_id, cost_usd=Decimal("0.0125"), duration_ms=1500, score=80, provider="catalog",
        first_name="Zoë", last_name="Poe\x00", full_name="Zoë Poe", email="zoe@acme.com",
        phone="+1 555 0100 " + "x" * 90, title="CEO" * 300,
        seniority="C-Suite", linkedin_url="https://www.linkedin.com/in/zoe", bio="b" * 5000,
    )  # fmt: skip
    slot_requests.close_requests(connection, [outcome], claimed_by="worker")
    (row,) = requests(connection, "completed")
    expected = {
        "cost_credits": Decimal("0.0125"), "duration_ms": 1500, "data_quality_score": 80, "error_message": None,
        "settled_at": None, "lease_expires_at": None, "claimed_by": "worker", "first_name": "Zoë",
        "last_name": "Poe\ufffd", "full_name": "Zoë Poe", "email": "zoe@acme.com",
        "title": ("CEO" * 300)[:500], "seniority": "C-Suite",
        "linkedin_url": "https://www.linkedin.com/in/zoe", "bio": "b" * 5000, "validated": True,
        "validated_by": "slot_backfill", "validation_notes": None, "enriched_by": "catalog", "enrichment_attempt": 1,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["work_phone"].startswith("+1 555 0100")
    assert row["completed_at"]
    assert row["validated_at"]
    assert row["last_enriched_at"]
    assert states(connection, companies[0])["CEO"] == ("open", 0), "seated by the next evaluation"


def test_a_request_that_found_nobody(connection: Connection, companies: list[int]) -> None:
    request, *_ = claim(connection, limit=1)
    outcome = Outcome(
        request.routing_id, error="Nobody was named", cost_usd=Decimal("0.01"), provider="live", duration_ms=7
    )
    slot_requests.close_requests(connection, [outcome], claimed_by="worker")
    (row,) = requests(connection, "failed")
    expected = {
        "cost_credits": Decimal("0.01"), "duration_ms": 7, "data_quality_score": None,
        "error_message": "Nobody was named",
        "lease_expires_at": None, "full_name": None, "validated": False, "validated_at": None, "validated_by": None,
        "validation_notes": "Nobody was named", "enriched_by": "live", "enrichment_attempt": 1,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["settled_at"]
    assert row["completed_at"]
    assert states(connection, companies[0])["CEO"] == ("open", 1), "counted at once, and only once"
    evaluate(connection)
    assert states(connection, companies[0])["CEO"] == ("open", 1)


def test_some_found_and_some_not(connection: Connection, companies: list[int]) -> None:
    claimed = claim(connection, limit=5)
    ann = add_person(connection, companies[0], "Ann Poe", "CEO")
    found = Outcome(claimed[0].routing_id, full_name="Ann Poe", title="CEO", cost_usd=Decimal("0.5"))
    nobody = [Outcome(request.routing_id, error="Nobody", cost_usd=Decimal("0.25")) for request in claimed[1:4]]
    slot_requests.close_requests(connection, [nobody[2], found, *nobody[:2]], claimed_by="worker")
    assert slot_requests.summarize_batch(connection, ["worker"]) == BatchSummary(1, 3, 0, 2, Decimal("1.25"))
    counters = evaluate(connection)
    assert holders(connection, companies[0]) == {"CEO": ann}
    assert states(connection, companies[0]) == {"CEO": ("filled", 0), "CFO": ("open", 1), "HR": ("open", 1)}
    assert states(connection, companies[1]) == {"CEO": ("open", 1), "CFO": ("open", 0), "HR": ("open", 0)}
    assert (counters.slots_filled, counters.backfill_triggered) == (1, 3)
    assert slot_requests.summarize_batch(connection, ["worker", "another"]).running == 2
    assert slot_requests.summarize_batch(connection, []) == BatchSummary(0, 0, 0, 0, Decimal(0))


def test_closing_nothing_writes_nothing(connection: Connection, companies: list[int]) -> None:
    before = versions(connection)
    slot_requests.close_requests(connection, [], claimed_by="worker")
    assert versions(connection) == before


def test_nobody_found_for_a_seat_filled_meanwhile_is_no_attempt(connection: Connection, companies: list[int]) -> None:
    claimed = claim(connection, limit=3)
    ann = add_person(connection, companies[0], "Ann Poe", "CEO")
    evaluate(connection)
    close(connection, claimed)
    assert states(connection, companies[0])["CEO"] == ("filled", 0)
    end_roles(connection, ann)
    evaluate(connection)
    assert states(connection, companies[0])["CEO"] == ("open", 0)


def test_a_company_that_is_gone_meanwhile_is_no_obstacle(connection: Connection, companies: list[int]) -> None:
    claimed = claim(connection, limit=3)
    connection.execute(text("delete from companies where id = :id"), {"id": companies[0]})
    close(connection, claimed)
    assert tally(connection) == {"failed": 3, "queued": 6}


def test_who_closed_it_is_on_record(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme")
        evaluate(connection)
    with unit_of_work(engine, TaskAttempt("slot_backfill", "run 1", "ask", 3)) as connection:
        close(connection, claim(connection))
        (attempt,) = stored(connection, "task_attempts")
        for table in ("company_slot", "agent_routing_log", "intake.people_raw_intake"):
            assert {row["written_by"] for row in stored(connection, table)} == {attempt["id"]}


# ------------------------------------------------------------------ what others write
@pytest.mark.parametrize(
    "record_id", ["abc", "", " 1", "1.5", "-1", "99999999999999999999", "9" * 18, "9" * 255, "0", "1; drop", "٣"]
)
def test_nonsense_in_the_queue_stops_nobody(connection: Connection, companies: list[int], record_id: str) -> None:
    nonsense = route(connection, record_id)
    assert slot_requests.count_claimable(connection, Queue()) == 9
    assert evaluate(connection).backfill_triggered == 0
    claimed = claim(connection)
    assert (len(claimed), nonsense in routing_ids(claimed)) == (9, False)
    assert claim(connection, "other") == []
    close(connection, claimed)
    assert len({row["routing_id"] for row in stored(connection, "agent_routing_log") if row["status"] == "failed"}) == 9
    assert evaluate(connection).backfill_triggered == 9


def test_a_request_that_waits_beside_one_that_ended_goes_on_waiting(connection: Connection) -> None:
    (acme,) = add_companies(connection, "Acme")
    evaluate(connection, slot_types=("CEO",))
    close(connection, claim(connection), full_name="Ann Poe", title="Nurse")
    waiting = ask_again(connection)
    counters = evaluate(connection)
    assert (states(connection, acme)["CEO"], counters.backfill_triggered) == (("open", 1), 2)
    assert [row["settled_at"] for row in requests(connection) if row["routing_id"] == waiting] == [None]
    assert evaluate(connection).backfill_triggered == 0
    assert waiting in routing_ids(claim(connection, "another"))


def test_work_of_other_agents_is_left_to_them(connection: Connection, companies: list[int]) -> None:
    connection.execute(text("delete from agent_routing_log"))
    for row in stored(connection, "intake.people_raw_intake", order="id"):
        route(connection, str(row["id"]), record_type="person")
    assert slot_requests.count_pending(connection) == slot_requests.count_claimable(connection, Queue()) == 0
    assert claim(connection) == []
    assert evaluate(connection).backfill_triggered == 9


def test_a_request_about_somebody_elses_intake_row_is_not_asked(connection: Connection, companies: list[int]) -> None:
    """It names no seat: what is found would overwrite a person who came in another way."""
    intake: int = connection.execute(
        text(
            "insert into intake.people_raw_intake (full_name, company_unique_id, source_system) "
            "select 'Ann Poe', company_unique_id, 'import' from companies where id = :id returning id"
        ),
        {"id": companies[0]},
    ).scalar_one()
    route(connection, str(intake))
    assert all(request.slot_type for request in claim(connection))


def test_a_request_for_a_company_nobody_knows_is_cancelled(connection: Connection, companies: list[int]) -> None:
    intake: int = connection.execute(
        text(
            "insert into intake.people_raw_intake (company_unique_id, source_system, slot_type) "
            "values ('04.04.01.99.99999.999', 'slot_backfill', 'CEO') returning id"
        )
    ).scalar_one()
    unknown = route(connection, str(intake))
    assert unknown not in routing_ids(claim(connection))
    assert [row["routing_id"] for row in requests(connection, "cancelled")] == [unknown]
