"""What an evaluation asks for, and how requests that ended count."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from tests.db.evaluating import (
    NOTHING_HELD,
    PENDING,
    assert_no_news,
    pending_per_seat,
    unique_ids,
)
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
    requests,
    seats,
    states,
)


# ------------------------------------------------------------------ requests
def test_every_empty_seat_is_asked_for_once(connection: Connection, acme: int) -> None:
    add_person(connection, acme, "Ann Poe", "CFO")
    assert evaluate(connection).backfill_triggered == 2
    (acme_id,) = unique_ids(connection, acme)
    for slot, row in zip(("CEO", "HR"), requests(connection), strict=True):
        assert row["record_id"] == str(row["id"])
        wanted = {
            "source_system": "slot_backfill", "backfill_source": "slot_evaluation", "validated": False,
            "company_name": "Acme", "company_unique_id": acme_id, "slot_type": slot, "enrichment_attempt": 1,
            "record_type": "person_slot_backfill", "garage_bay": "bay_a", "agent_name": "b2_enrichment_agent",
            "routing_reason": f"slot_backfill_{slot}_attempt_1", "status": "queued", "settled_at": None,
            "claimed_by": None, "full_name": None, "email": None, "garage_run_id": None,
        }  # fmt: skip
        assert wanted.items() <= row.items()


def test_the_companys_name_is_asked_for_as_it_is(connection: Connection) -> None:
    names = ["Café Ünïön", "تعلم للأبد", "Ærø & Søn", "Юнион", "100% O'Brien's \"Best\" _x_; drop table", "東京"]
    add_companies(connection, *names)
    evaluate(connection)
    assert Counter(row["company_name"] for row in requests(connection)) == dict.fromkeys(names, 3)


def test_a_name_of_the_longest_kind_is_no_obstacle(connection: Connection, acme: int) -> None:
    connection.execute(text("update companies set name = repeat('é', 500) where id = :id"), {"id": acme})
    assert evaluate(connection).backfill_triggered == 3


@pytest.mark.parametrize("state", ["queued", "running", "assigned"])
def test_a_seat_lost_again_is_not_asked_for_twice(connection: Connection, acme: int, state: str) -> None:
    """Filled while it was being asked for, then lost: whatever became of the first request, one is pending."""
    evaluate(connection)
    if state == "running":
        claim(connection)
    else:
        from_outside(connection, state)
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    cancelled = evaluate(connection).requests_cancelled
    assert cancelled == (state == "queued")
    assert_no_news(connection)
    end_roles(connection, ann)
    evaluate(connection)
    assert set(pending_per_seat(connection).values()) == {1}
    assert len(pending_per_seat(connection)) == 3
    assert len({row["id"] for row in requests(connection)}) == 3, "the intake row is the same"
    assert_no_news(connection)


def test_a_filled_seat_takes_its_waiting_request_back(connection: Connection, acme: int) -> None:
    evaluate(connection)
    add_person(connection, acme, "Ann Poe", "CEO & CFO")
    counters = evaluate(connection)
    assert (counters.requests_cancelled, counters.slots_updated, counters.backfill_triggered) == (2, 2, 0)
    cancelled = requests(connection, "cancelled")
    assert [row["slot_type"] for row in cancelled] == ["CEO", "CFO"]
    assert all(row["completed_at"] and row["settled_at"] and row["error_message"] for row in cancelled)
    assert [row["slot_type"] for row in requests(connection, "queued")] == ["HR"]


def test_a_request_made_elsewhere_is_respected(connection: Connection, acme: int) -> None:
    (acme_id,) = unique_ids(connection, acme)
    intake = connection.execute(
        text(
            "insert into intake.people_raw_intake (company_unique_id, company_name, source_system, slot_type) "
            "values (:id, 'Acme', 'slot_backfill', 'CEO'), (:id, 'Acme', 'slot_backfill', 'CFO') returning id"
        ),
        {"id": acme_id},
    ).scalars()
    connection.execute(
        text(
            "insert into agent_routing_log (record_type, record_id, garage_bay) "
            "values ('person_slot_backfill', :id, 'bay_a')"
        ),
        {"id": str(next(intake))},
    )
    assert evaluate(connection).backfill_triggered == 2, "one has a routing row of its own, one lacks it"
    assert set(pending_per_seat(connection).values()) == {1}
    assert count(connection, "intake.people_raw_intake") == 3


def test_other_peoples_intake_and_routing_rows_mean_nothing(connection: Connection, acme: int) -> None:
    (acme_id,) = unique_ids(connection, acme)
    evaluate(connection)
    connection.execute(
        text(
            "insert into intake.people_raw_intake (company_unique_id, company_name, source_system, slot_type) "
            "values (:id, 'Acme', 'import', 'CEO')"
        ),
        {"id": acme_id},
    )
    for record_type, record_id, status in (
        ("person", "1", "failed"), ("company", "abc", "completed"), ("person", "99999999999999999999", "queued"),
        ("person_slot_backfill", "abc", "failed"), ("person_slot_backfill", "", "queued"),
    ):  # fmt: skip
        connection.execute(
            text(
                "insert into agent_routing_log (record_type, record_id, garage_bay, status) "
                "values (:t, :i, 'bay_b', :s)"
            ),
            {"t": record_type, "i": record_id, "s": status},
        )
    assert_no_news(connection)
    assert states(connection, acme) == NOTHING_HELD


@pytest.mark.parametrize(
    ("columns", "values", "sqlstate"),
    [
        ("company_unique_id, slot_type, source_system, validated", "'x', 'CEO', 'slot_backfill', null", "23502"),
        ("company_unique_id, slot_type, source_system", "null, 'CEO', 'slot_backfill'", "23514"),
        ("company_unique_id, slot_type, source_system", "'x', null, 'slot_backfill'", "23514"),
        ("company_unique_id, slot_type, source_system", "'x', 'CTO', 'slot_backfill'", "23514"),
        ("company_unique_id, slot_type, source_system", "'x', 'CEO', null", "23502"),
        (
            "company_unique_id, slot_type, source_system",
            "'x', 'CEO', 'slot_backfill'), ('x', 'CEO', 'slot_backfill'",
            "23505",
        ),
    ],
)  # fmt: skip
def test_a_request_says_whom_it_is_about_and_only_once(
    connection: Connection, columns: str, values: str, sqlstate: str
) -> None:
    with pytest.raises(IntegrityError) as refused:
        connection.execute(text(f"insert into intake.people_raw_intake ({columns}) values ({values})"))
    assert getattr(refused.value.orig, "sqlstate", None) == sqlstate


def test_intake_rows_of_other_kinds_need_no_company(connection: Connection) -> None:
    statement = "insert into intake.people_raw_intake (full_name, source_system) values ('Ann Poe', 'import')"
    for _ in range(2):
        connection.execute(text(statement))
    assert count(connection, "intake.people_raw_intake") == 2


# ------------------------------------------------------------------ attempts
@pytest.mark.parametrize("how", ["backfill", "failed", "completed"])
def test_every_request_that_ends_without_a_person_is_one_attempt(connection: Connection, acme: int, how: str) -> None:
    """Two of them close a seat, whoever says that they have ended."""
    evaluate(connection)
    for attempt in (1, 2):
        assert {row["enrichment_attempt"] for row in requests(connection, "queued")} == {attempt}
        assert {row["routing_reason"] for row in requests(connection, "queued")} == {
            f"slot_backfill_{slot}_attempt_{attempt}" for slot in ("CEO", "CFO", "HR")
        }
        if how == "backfill":
            assert {request.attempt for request in nobody_found(connection)} == {attempt}
        else:
            assert from_outside(connection, how) == 3
        counters = evaluate(connection)
        status = "open" if attempt == 1 else "closed_missing"
        assert states(connection, acme) == dict.fromkeys(("CEO", "CFO", "HR"), (status, attempt))
        assert counters.backfill_triggered == (3 if attempt == 1 else 0)
        assert counters.slots_closed_missing == (0 if attempt == 1 else 3)
        assert_no_news(connection)
    assert len(requests(connection)) == 6
    assert requests(connection, *PENDING) == []
    assert count(connection, "intake.people_raw_intake") == 3, "one row per seat, for all attempts"


def test_two_attempts_between_two_evaluations_are_two(connection: Connection, acme: int) -> None:
    """A program from outside asks again by itself, with a new routing row."""
    evaluate(connection)
    from_outside(connection, "failed")
    connection.execute(text("update agent_routing_log set settled_at = now()"))
    connection.execute(text("update company_slot set enrichment_attempts = enrichment_attempts + 1"))
    connection.execute(
        text(
            "insert into agent_routing_log (record_type, record_id, garage_bay, status) "
            "select record_type, record_id, garage_bay, 'failed' from agent_routing_log"
        )
    )
    assert evaluate(connection).slots_closed_missing == 3
    assert set(states(connection, acme).values()) == {("closed_missing", 2)}


@pytest.mark.parametrize("claimed", [False, True])
def test_a_cancelled_request_is_no_attempt(connection: Connection, acme: int, claimed: bool) -> None:
    evaluate(connection)
    if claimed:
        claim(connection)
    from_outside(connection, "cancelled", "status in ('queued', 'running')")
    counters = evaluate(connection)
    assert states(connection, acme) == NOTHING_HELD
    assert counters.backfill_triggered == 3
    assert {row["enrichment_attempt"] for row in requests(connection, "queued")} == {1}
    assert_no_news(connection)


@pytest.mark.parametrize("by", ["backfill", "outside"])
def test_a_request_that_brought_somebody_fills_the_seat(connection: Connection, acme: int, by: str) -> None:
    evaluate(connection)
    ann = add_person(connection, acme, "Ann Poe", "CEO", source="agent")
    if by == "backfill":
        close(connection, claim(connection, slot_types=("CEO",)), full_name="Ann Poe", title="CEO", score=100)
    else:
        connection.execute(text("update intake.people_raw_intake set validated = true where slot_type = 'CEO'"))
        assert from_outside(connection, "completed", "routing_reason like '%_CEO_%'") == 1
    counters = evaluate(connection)
    assert (holders(connection, acme), states(connection, acme)["CEO"]) == ({"CEO": ann}, ("filled", 0))
    assert (counters.slots_updated, counters.backfill_triggered, counters.requests_cancelled) == (1, 0, 0)
    assert seats(connection, acme)["CEO"]["filled_by"] == "agent"
    assert all(row["settled_at"] for row in requests(connection, "completed"))
    assert_no_news(connection)
    # Whoever leaves leaves a seat that is asked for again: the first request has had its answer.
    end_roles(connection, ann)
    evaluate(connection)
    assert [row["validated"] for row in requests(connection) if row["slot_type"] == "CEO"] == [True, False]
    assert states(connection, acme)["CEO"] == ("open", 0)


def test_a_request_that_brought_the_wrong_person_is_an_attempt(connection: Connection, acme: int) -> None:
    evaluate(connection)
    for _ in range(2):
        add_person(connection, acme, "Ann Poe", "Assistant to the CEO")
        close(connection, claim(connection, slot_types=("CEO",)), full_name="Ann Poe", title="Assistant to the CEO")
        evaluate(connection)
        assert_no_news(connection)
    assert states(connection, acme)["CEO"] == ("closed_missing", 2)


def test_a_closed_seat_fills_when_somebody_fits(connection: Connection, acme: int) -> None:
    evaluate(connection)
    for _ in range(2):
        nobody_found(connection)
        evaluate(connection)
    ann = add_person(connection, acme, "Ann Poe", "Interim CFO")
    counters = evaluate(connection)
    assert states(connection, acme) == {"CEO": ("closed_missing", 2), "CFO": ("filled", 0), "HR": ("closed_missing", 2)}
    assert holders(connection, acme) == {"CFO": ann}
    assert (counters.slots_closed_missing, counters.slots_filled, counters.slots_updated) == (2, 1, 1)
    end_roles(connection, ann)
    evaluate(connection)
    assert states(connection, acme)["CFO"] == ("open", 0)
    assert [(row["slot_type"], row["enrichment_attempt"]) for row in requests(connection, "queued")] == [("CFO", 1)]


def test_an_attempt_that_ends_after_its_seat_was_filled_and_lost_counts_for_the_new_vacancy(
    connection: Connection, acme: int
) -> None:
    evaluate(connection)
    claimed = claim(connection, slot_types=("CEO",))
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    evaluate(connection)
    end_roles(connection, ann)
    evaluate(connection)
    assert states(connection, acme)["CEO"] == ("open", 0)
    close(connection, claimed)
    evaluate(connection)
    assert states(connection, acme)["CEO"] == ("open", 1)
    assert set(pending_per_seat(connection).values()) == {1}
