"""Seats of companies that the identity gate would refuse: no request is made for them until the reason is gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.agents.ledger import Ledger
from prospecting.parsing.names import company_key
from prospecting.persistence import slot_evaluations
from prospecting.persistence.slot_evaluations import Counters, summary_lines
from prospecting.persistence.slot_requests import Queue
from prospecting.persistence.suppressions import Suppression, lift, suppress_addresses
from prospecting.scoring.seats import SeatPolicy
from prospecting.services import slots
from prospecting.services.runtime import Runtime
from prospecting.services.slot_backfill import Backfill
from tests.db.evaluating import KnowsNobody, merge, unique_ids
from tests.db.factories import (
    at_once,
    claim,
    evaluate,
    nobody_found,
    requests,
    seats,
    versions,
)

PAID = SeatPolicy(providers=("live",))


def a_company(connection: Connection, name: str, domain: str | None) -> int:
    found: int = connection.execute(
        text(
            "insert into companies (name, name_key, domain, source_system) values (:name, :key, :domain, 'test') "
            "returning id"
        ),
        {"name": name, "key": company_key(name), "domain": domain},
    ).scalar_one()
    return found


def by_hand(change: str) -> Callable[[Connection, int], object]:
    return lambda connection, acme: connection.execute(text(change), {"acme": acme})


def suppress(connection: Connection, acme: int, domain: str = "acme.com") -> None:
    suppress_addresses(connection, [Suppression("domain", domain, "unsubscribed")])


def doubt(connection: Connection, acme: int) -> None:
    values = {"left": acme, "right": a_company(connection, "Acme Group", "acme.io")}
    connection.execute(
        text(
            "insert into merge_candidates (entity_type, left_id, right_id, reason, evidence) "
            "values ('company', :left, :right, 'same_name_different_domain', '{}')"
        ),
        values,
    )


def twin(connection: Connection, acme: int) -> None:
    connection.execute(text("update companies set domain = null where id = :acme"), {"acme": acme})
    a_company(connection, "Acme", "acme.io")


Change = Callable[[Connection, int], object]
TWIN = "from companies where domain = 'acme.io'"
REASONS: dict[str, tuple[str, Change, Change]] = {
    "a suppressed domain": ("suppressed", suppress, lambda c, _: lift(c, "domain", "acme.com")),
    "one below a suppressed domain": (
        "suppressed",
        lambda c, acme: (
            c.execute(text("update companies set domain = 'shop.acme.com' where id = :acme"), {"acme": acme}),
            suppress(c, acme),
        ),
        by_hand("delete from suppressed_addresses"),
    ),
    "a suppressed domain that is no longer its own": (
        "suppressed",
        suppress,
        by_hand("update companies set domain = 'acme.net' where id = :acme"),
    ),
    "a pair in doubt, two companies": (
        "domain_in_doubt",
        doubt,
        by_hand("update merge_candidates set status = 'distinct'"),
    ),
    "a pair in doubt, withdrawn": ("domain_in_doubt", doubt, by_hand("delete from merge_candidates")),
    "a name of two, given a domain": (
        "domain_in_doubt",
        twin,
        by_hand("update companies set domain = 'acme.org' where id = :acme"),
    ),
    "a name of two, one renamed": (
        "domain_in_doubt",
        twin,
        by_hand("update companies set name_key = 'x' where domain = 'acme.io'"),
    ),
    "a name of two, one deleted": ("domain_in_doubt", twin, by_hand(f"delete {TWIN}")),
    "a name of two, merged": (
        "domain_in_doubt",
        twin,
        lambda c, acme: merge(c, "companies", c.execute(text(f"select id {TWIN}")).scalar_one(), acme),
    ),
    "an authority": (
        "not_a_company",
        by_hand("update companies set kind = 'government' where id = :acme"),
        by_hand("update companies set kind = null where id = :acme"),
    ),
    "a placeholder": (
        "not_a_company",
        by_hand("update companies set name = 'TBD' where id = :acme"),
        by_hand("update companies set name = 'Acme' where id = :acme"),
    ),
    "a host of others": (
        "not_a_company",
        by_hand("update companies set domain = 'eventbrite.com' where id = :acme"),
        by_hand("update companies set domain = 'acme.com' where id = :acme"),
    ),
}


def news(connection: Connection) -> Counters:
    """Evaluate what changed; an evaluation of every company finds nothing that this has missed."""
    found = evaluate(connection, only_changed=True, policy=PAID)
    before = versions(connection)
    everything = evaluate(connection, policy=PAID)
    assert versions(connection) | {"seat_changes": before["seat_changes"]} == before
    assert everything.unnoted_changes == 0
    return found


def asked_about(connection: Connection, acme: int) -> int:
    return sum(row["company_unique_id"] == unique_ids(connection, acme)[0] for row in requests(connection))


@pytest.mark.parametrize("reason", REASONS)
def test_no_request_is_made_until_the_reason_is_gone(connection: Connection, reason: str) -> None:
    verdict, begin, end = REASONS[reason]
    acme, fine = a_company(connection, "Acme", "acme.com"), a_company(connection, "Fine", "fine.com")
    begin(connection, acme)
    first = news(connection)
    assert (asked_about(connection, acme), asked_about(connection, fine)) == (0, 3)
    assert first.held_back.keys() == {verdict}
    assert {seat["status"] for seat in seats(connection, acme).values()} == {"open"}

    end(connection, acme)
    again = news(connection)
    assert (asked_about(connection, acme), asked_about(connection, fine)) == (3, 3)
    assert (again.backfill_triggered, again.held_back) == (6 if "pair" in reason else 3, {})


@pytest.mark.parametrize("reason", REASONS)
def test_a_request_that_is_open_when_the_reason_begins_stays(connection: Connection, reason: str) -> None:
    _, begin, end = REASONS[reason]
    acme = a_company(connection, "Acme", "acme.com")
    news(connection)
    begin(connection, acme)
    news(connection)
    assert (asked_about(connection, acme), len(requests(connection, "cancelled"))) == (3, 0)
    # One that ends meanwhile is an attempt, and the last one for now.
    nobody_found(connection, slot_types=("CEO",), company_unique_ids=unique_ids(connection, acme))
    news(connection)
    assert (asked_about(connection, acme), seats(connection, acme)["CEO"]["enrichment_attempts"]) == (3, 1)
    end(connection, acme)
    news(connection)
    assert asked_about(connection, acme) == 4


def test_free_agents_answer_about_whoever_has_seats(connection: Connection) -> None:
    domains = {"Ministry": "ministry.gov", "Doubt": "doubt.com", "Suppressed": "acme.com", "TBD": "tbd.org"}
    known = {name: a_company(connection, name, domain) for name, domain in domains.items()}
    connection.execute(text("update companies set kind = 'government' where name = 'Ministry'"))
    doubt(connection, known["Doubt"])
    suppress(connection, 0)
    counters = evaluate(connection)
    assert counters.held_back == {"suppressed": 1}
    assert {name: asked_about(connection, company) for name, company in known.items()} == {
        "Ministry": 3, "Doubt": 3, "Suppressed": 0, "TBD": 3,
    }  # fmt: skip


def test_one_night_cancels_and_the_next_ones_ask_nobody(engine: Engine) -> None:
    """A request that was open is cancelled once, with its reason; afterwards there are no rows that come and go."""
    runtime, agent = Runtime(engine), KnowsNobody()
    with engine.begin() as connection:
        acme = a_company(connection, "Acme", "acme.com")
    scope = slots.Scope(policy=PAID)

    def night(number: int) -> Counters:
        evaluation = slots.WholeEvaluation(
            runtime, f"night {number}", {"providers": ["live"]}, scope, batch_size=10, max_fill_rate_drop=0.25
        ).run()
        Backfill(
            runtime,
            claimed_by=f"night {number}/1",
            queue=Queue(),
            limit=100,
            lease_seconds=60,
            providers=["llm"],
            open_ledger=lambda _: Ledger(engine, agent, f"slot_backfill:night {number}"),
        ).run()
        return evaluation

    with engine.begin() as connection:
        news(connection)
        suppress(connection, acme)
    assert night(1).held_back == {}
    with engine.connect() as connection:
        (reason,) = {row["error_message"] for row in requests(connection, "cancelled")}
    assert "suppressed" in reason
    found = night(2)
    assert found.held_back == {"suppressed": 1}
    assert "  Companies Held Back: 1 (1 suppressed)" in summary_lines(found, is_dry_run=False)
    assert (night(3).companies_processed, night(4).companies_processed) == (0, 0)
    with engine.begin() as connection:
        assert (asked_about(connection, acme), agent.asked) == (3, [])
        rows = connection.execute(text("select held_back_suppressed from slot_evaluations order by id")).scalars().all()
        assert list(rows) == [0, 1, 0, 0]
        assert slot_evaluations.find_policy(connection) == PAID
        lift(connection, "domain", "acme.com")
    assert (night(5).backfill_triggered, agent.asked) == (3, ["Acme"])


def test_a_reason_that_goes_while_an_evaluation_reads_it_is_news_to_the_next(engine: Engine) -> None:
    with engine.begin() as connection:
        acme = a_company(connection, "Acme", "acme.com")
        suppress(connection, acme)
    with engine.connect() as lifting:
        lift(lifting, "domain", "acme.com")
        with engine.begin() as connection:
            assert evaluate(connection, only_changed=True, policy=PAID).held_back == {"suppressed": 1}
        lifting.commit()
    with engine.begin() as connection:
        assert news(connection).backfill_triggered == 3

    # Two at once: the second waits for the first, and has nothing to add.
    with engine.begin() as connection:
        suppress(connection, acme)
        claim(connection, "night 1/1")
        connection.execute(text("update agent_routing_log set status = 'cancelled', settled_at = now()"))
    found = at_once(engine, [lambda connection: evaluate(connection, policy=PAID)] * 2)
    assert [one.held_back for one in found] == [{"suppressed": 1}] * 2
    with engine.begin() as connection:
        lift(connection, "domain", "acme.com")
    found = at_once(engine, [lambda connection: evaluate(connection, only_changed=True, policy=PAID)] * 2)
    assert sorted(one.backfill_triggered for one in found) == [0, 3]
