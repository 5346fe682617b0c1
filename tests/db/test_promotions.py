"""Promotions: who is proposed and why not, the decision of a person, carrying it out whatever happens meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from prospecting.persistence import promotions
from prospecting.persistence.database import TaskAttempt, run_in_transaction, unit_of_work
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.promotion_candidates import PromotionScope
from prospecting.persistence.promotions import Counters, Withdrawal
from prospecting.persistence.recommendations import suppress_account
from prospecting.persistence.statements import statement
from prospecting.persistence.suppressions import Suppression, suppress_addresses
from prospecting.services import promotions as service
from prospecting.services.abandoned_runs import SILENT_MINUTES, close_abandoned_runs
from prospecting.services.promotion_params import ScopeFields
from prospecting.services.runtime import Runtime
from tests.db.engaging import add_conversation
from tests.db.factories import at_once, be_silent, count, end_roles, evaluate, stored, versions, wait_for_blocked
from tests.db.promoting import (
    add_people,
    add_sponsors,
    approve,
    contact_names,
    execution_of,
    items,
    plan,
    promote,
    proposed,
    someone,
)


def write(connection: Connection, sql: str, **values: Any) -> Any:
    return connection.execute(text(sql), values)


def make_contact(connection: Connection, person_id: int, **columns: Any) -> UUID:
    """The person is a contact already."""
    names = ["person_id", *columns]
    sql = f"insert into contacts ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)}) returning id"
    found: UUID = write(connection, sql, person_id=person_id, **columns).scalar_one()
    return found


def erase(connection: Connection, kind: str, value: str) -> None:
    """Somebody with this identity asked to be forgotten."""
    erasure = write(
        connection,
        "insert into erasures (airflow_run_id, subject_hash) values (:run, 'h') returning id",
        run=str(uuid4()),
    ).scalar_one()
    sql = "insert into erased_identities (kind, value_hash, erasure_id) values (:kind, keyed_hash(:kind, :value), :by)"
    write(connection, sql, kind=kind, value=value, by=erasure)


def doubt(connection: Connection, entity_type: str, one: int, other: int, status: str = "open") -> None:
    write(
        connection,
        "insert into merge_candidates (entity_type, left_id, right_id, reason, evidence, status) "
        "values (:type, least(:one, :other), greatest(:one, :other), 'tests', '{}', :status)",
        type=entity_type,
        one=one,
        other=other,
        status=status,
    )


def suppress(connection: Connection, kind: str, value: str, reason: str) -> None:
    suppress_addresses(connection, [Suppression(kind, value, reason)])


# ------------------------------------------------------------------------------------------------------------- verdicts
def test_everybody_is_on_the_list_once_with_a_verdict(connection: Connection) -> None:
    companies = add_sponsors(
        connection, {"Acme": "gold", "Globex": "silver", "Initech": "bronze", "Hooli": "sponsor", "Umbrella": "partner"}
    )
    acme = companies["Acme"]
    people = {
        "Nora New": someone("Nora New", email="nora@acme.com"),
        "Ned Known": someone("Ned Known"),
        "Ina Inactive": someone("Ina Inactive"),
        "Don Notme": someone("Don Notme"),
        "Una Unsubscribed": someone("Una Unsubscribed", email="una@acme.com"),
        "Bo Bounced": someone("Bo Bounced", email="bo@acme.com"),
        "Eve Erased": someone("Eve Erased"),
        "Eli Emailed": PersonRow("Eli Emailed", title="CTO", email="eli@acme.com"),
        "Nat Named": someone("Nat Named"),
        "Dot Double": someone("Dot Double"),
        "Ole Other": someone("Ole Other"),
        "Nick Nochannel": PersonRow("Nick Nochannel", title="CFO"),
        "Sue Shared": PersonRow("Sue Shared", title="CFO", email="info@acme.com"),
    }
    person = dict(zip(people, add_people(connection, acme, *people.values()), strict=True))
    # Bo has an address that works as well, and Una's word holds for all of hers.
    add_people(
        connection, acme, someone("Bea Bounced", email="old@acme.com"), someone("Bea Bounced", email="bea@acme.com")
    )
    add_people(connection, acme, someone("Una Unsubscribed", email="una.u@acme.com"))
    make_contact(connection, person["Ned Known"])
    make_contact(connection, person["Ina Inactive"], status="inactive")
    make_contact(connection, person["Don Notme"], communication_preferences='{"do_not_contact": "true"}')
    suppress(connection, "email", "una@acme.com", "unsubscribed")
    suppress(connection, "email", "bo@acme.com", "bounced")
    suppress(connection, "email", "old@acme.com", "bounced")
    erase(connection, "linkedin", "https://www.linkedin.com/in/eve-erased")
    erase(connection, "email", "eli@acme.com")
    (name_key,) = write(connection, "select name_key from persons where full_name = 'Nat Named'").scalars()
    erase(connection, "name_at_company", f"{name_key}@{acme}")
    doubt(connection, "person", person["Dot Double"], person["Nora New"] + 100_000)
    doubt(connection, "person", person["Ole Other"], person["Nora New"], status="distinct")

    add_people(connection, companies["Globex"], someone("Gil Globex"))
    doubt(connection, "company", companies["Globex"], companies["Hooli"] + 100_000)
    add_people(connection, companies["Initech"], someone("Ian Initech"))
    suppress_account(connection, account_domain="initech.com", reason="a customer of our parent")
    add_people(connection, companies["Hooli"], someone("Hal Hooli", email="hal@gmail.com"))
    suppress(connection, "domain", "hooli.com", "requested")
    # Until yesterday.
    add_people(connection, companies["Umbrella"], someone("Uma Umbrella"))
    suppress_account(
        connection,
        account_domain="umbrella.com",
        reason="quiet",
        until=datetime.now(UTC) - timedelta(days=1),
    )

    promotion, preview = plan(connection, max_per_company=50)
    new = ("new", "proposed", None)
    assert items(connection, promotion) == {
        "Nora New": new,
        "Bea Bounced": new,
        "Ole Other": new,
        "Uma Umbrella": new,
        "Ned Known": ("known", "left_out", "known"),
        "Ina Inactive": ("suppressed", "left_out", "contact_inactive"),
        "Don Notme": ("suppressed", "left_out", "do_not_contact"),
        "Una Unsubscribed": ("suppressed", "left_out", "address_suppressed"),
        "Bo Bounced": ("suppressed", "left_out", "address_suppressed"),
        "Eve Erased": ("erased", "left_out", "erased"),
        "Eli Emailed": ("erased", "left_out", "erased"),
        "Nat Named": ("erased", "left_out", "erased"),
        "Dot Double": ("doubtful", "left_out", "person_doubtful"),
        "Nick Nochannel": ("no_channel", "left_out", "no_channel"),
        "Sue Shared": ("no_channel", "left_out", "no_channel"),
        "Gil Globex": ("doubtful", "left_out", "company_doubtful"),
        "Ian Initech": ("suppressed", "left_out", "account_suppressed"),
        "Hal Hooli": ("suppressed", "left_out", "domain_suppressed"),
    }
    assert (preview.people("proposed"), preview.people("left_out")) == (4, 14)
    assert list(preview.companies) == [(acme, 3), (companies["Umbrella"], 1)]
    assert count(connection, "contacts") == 3, "a list makes nobody a contact"

    stands = promotions.find_promotion(connection, promotion)
    assert stands is not None
    assert (stands.status, stands.proposed, stands.decision) == ("planned", 4, None)
    subject, body = service.question(stands, preview)
    assert subject == "Make 4 people contacts?"
    assert str(promotion) in body
    assert "Left out, because they have an address that must not be written to: 2" in body
    for name in items(connection, promotion):
        assert name not in body


# ---------------------------------------------------------------------------------------------------------------- scope
def test_whom_a_promotion_looks_at(connection: Connection) -> None:
    companies = add_sponsors(connection, {"Acme": "gold", "Globex": "silver", "Initech": None})
    others = add_sponsors(connection, {"Hooli": "bronze", "Globex": "platinum"}, run="another")
    assert others["Globex"] == companies["Globex"]
    add_people(connection, companies["Acme"], someone("Ann Ceo", "CEO"), someone("Ada Sales", "VP of Sales"))
    add_people(connection, companies["Globex"], someone("Bob Manager", "Sales Manager"), someone("Bea Blank", None))
    add_people(connection, companies["Initech"], someone("Cid Chief", "Chief Revenue Officer"))
    add_people(connection, others["Hooli"], someone("Dee Director", "Director of Engineering"))
    (seated,) = add_sponsors(connection, {"Unfound": None}, run="forgotten").values()
    write(connection, "delete from signal_executions where airflow_run_id = 'forgotten'")
    add_people(connection, seated, someone("Eva Chief", "CFO"), someone("Eve Else", "Accountant"))
    evaluate(connection)
    first, second = execution_of(connection), execution_of(connection, "another")
    (signal,) = write(connection, "select id from signals").scalars()
    everybody = {"Ann Ceo", "Ada Sales", "Bob Manager", "Bea Blank", "Cid Chief", "Dee Director"}

    def found(**scope: Any) -> set[str]:
        return set(proposed(connection, plan(connection, str(uuid4()), **scope)[0]))

    assert found() == {*everybody, "Eva Chief"}, "seat holders also of companies that no execution found"
    assert found(include_seats=False) == everybody
    assert found(signal_ids=(signal,)) == everybody, "seat holders at the companies that are meant"
    assert found(execution_ids=(second,)) == {"Bob Manager", "Bea Blank", "Dee Director"}
    assert found(worst_rank=5) == {"Ann Ceo", "Ada Sales", "Bob Manager", "Bea Blank"}, "the best tier of each counts"
    assert found(worst_rank=5, execution_ids=(first,)) == {"Ann Ceo", "Ada Sales"}, "at events of these executions"
    assert found(company_ids=(seated, others["Hooli"])) == {"Eva Chief", "Dee Director"}
    assert found(seniorities=("vp", "director"), include_seats=False) == {"Ada Sales", "Dee Director"}
    assert found(functions=("VP Sales",), include_seats=False) == {"Ada Sales", "Cid Chief"}
    assert found(functions=("VP Sales",), execution_ids=(first,)) == {"Ada Sales", "Cid Chief", "Ann Ceo"}, (
        "seats as well"
    )
    assert found(seniorities=("manager",), functions=("Engineering",), include_seats=False) == set()

    unknown = PromotionScope(
        signal_ids=(UUID(int=1),), execution_ids=(first, UUID(int=2)), company_ids=(companies["Acme"], 999_999)
    )
    assert [(row["param"], row["id"]) for row in promotions.query_unknown_ids(connection, unknown)] == [
        ("company_ids", "999999"),
        ("execution_ids", str(UUID(int=2))),
        ("signal_ids", str(UUID(int=1))),
    ]


def test_the_best_of_each_company_come_first_and_not_too_many(connection: Connection) -> None:
    companies = add_sponsors(connection, {"Acme": "silver", "Globex": "gold"})
    long_ago, lately = date(2024, 1, 1), date(2026, 2, 1)
    add_people(
        connection,
        companies["Acme"],
        someone("Ed Engineer", "Software Engineer", observed_on=lately),
        someone("Ola Elder", "COO", observed_on=long_ago),
        someone("Nia Young", "CEO", observed_on=lately),
        someone("Vic President", "VP Marketing", observed_on=lately),
        PersonRow("Noe Reached", title="CEO", observed_on=lately),
    )
    # At two companies: the better sponsor, of roles of one level.
    add_people(connection, companies["Acme"], someone("Two Places", "CTO"))
    add_people(connection, companies["Globex"], someone("Two Places", "CTO"), someone("Gus Globex", "Engineer"))
    promotion, _ = plan(connection, max_per_company=2)
    assert proposed(connection, promotion) == ["Two Places", "Gus Globex", "Nia Young", "Ola Elder"]
    listed = items(connection, promotion)
    assert listed["Vic President"] == listed["Ed Engineer"] == ("new", "left_out", "over_limit")
    assert listed["Noe Reached"][0] == "no_channel", "takes nobody's place"

    # The same list once more: those who are contacts keep their places.
    approve(connection, promotion)
    assert promote(connection, promotion) == Counters(promoted=4)
    again, preview = plan(connection, "the next run", max_per_company=2)
    assert preview.people("proposed") == 0
    more, _ = plan(connection, "one with more", max_per_company=3)
    assert proposed(connection, more) == ["Vic President"]
    assert again != more


def test_roles_that_are_old_are_shown_and_doubted_ones_left_out(connection: Connection) -> None:
    companies = add_sponsors(connection, {"Acme": "gold", "Globex": None})
    today = datetime.now(UTC).date()
    add_people(
        connection,
        companies["Acme"],
        someone("Ann Now", "CTO", observed_on=today),
        someone("Bob Then", "VP Sales", observed_on=date(2020, 2, 1)),
        someone("Cy Gone", "VP Marketing", observed_on=date(2020, 2, 1)),
        PersonRow("Di Maybe", title="CMO", email="di@mail.example", observed_on=date(2020, 2, 1)),
    )
    add_people(connection, companies["Globex"], someone("Cy Gone", "Engineer", observed_on=today))
    elsewhere = PersonRow("Di Maybe", companies["Globex"], "Engineer", email="di@mail.example", observed_on=today)
    upsert_persons(connection, [elsewhere], source_system="test")
    only_acme = {"company_ids": (companies["Acme"],)}
    promotion, preview = plan(connection, **only_acme)
    assert items(connection, promotion) == {
        "Ann Now": ("new", "proposed", None),
        "Bob Then": ("new", "proposed", None),
        "Di Maybe": ("doubtful", "left_out", "role_doubted"),
    }
    assert preview.unconfirmed == 1
    shown = {
        row["full_name"]: (row["seen_on"], row["standing"]) for row in promotions.query_items(connection, promotion)
    }
    assert shown == {
        "Ann Now": (today, "current"),
        "Bob Then": (date(2020, 2, 1), "unconfirmed"),
        "Di Maybe": (date(2020, 2, 1), "doubted"),
    }
    strict, preview = plan(connection, "only who is confirmed", confirmed_only=True, **only_acme)
    assert items(connection, strict)["Bob Then"] == ("doubtful", "left_out", "role_unconfirmed")
    assert (proposed(connection, strict), preview.unconfirmed) == (["Ann Now"], 0)


def test_who_was_merged_is_proposed_as_who_they_are(connection: Connection) -> None:
    companies = add_sponsors(connection, {"Acme": "gold", "Globex": None})
    one, other = add_people(
        connection, companies["Globex"], someone("Ann Doe", email="ann@acme.com"), someone("Anne Doe", "Analyst")
    )
    write(
        connection,
        "update companies set merged_into_id = :into where id = :id",
        id=companies["Globex"],
        into=companies["Acme"],
    )
    write(connection, "update persons set merged_into_id = :into where id = :id", id=one, into=other)
    promotion, _ = plan(connection)
    assert items(connection, promotion) == {"Anne Doe": ("new", "proposed", None)}
    approve(connection, promotion)
    assert promote(connection, promotion).promoted == 1
    (contact,) = stored(connection, "contacts")
    assert (contact["person_id"], contact["company_id"]) == (other, companies["Acme"])
    assert (contact["email"], contact["seniority_level"]) == ("ann@acme.com", "c-level")
    suppress(connection, "email", "ann@acme.com", "unsubscribed")
    write(connection, "delete from contacts")
    assert items(connection, plan(connection, "later")[0])["Anne Doe"][2] == "address_suppressed"
    write(connection, "delete from suppressed_addresses")
    make_contact(connection, one)
    assert items(connection, plan(connection, "later still")[0])["Anne Doe"][2] == "known"


# ------------------------------------------------------------------------------------------------------ carrying it out
def two_people(connection: Connection) -> dict[str, int]:
    companies = add_sponsors(connection, {"Acme": "gold"})
    people = (
        someone("Ann Doe", "VP of Sales", email="ann@acme.com"),
        someone("Bob Roe", "Software Engineer", email="bob@gmail.com"),
    )
    found = add_people(connection, companies["Acme"], *people)
    return {"Ann Doe": found[0], "Bob Roe": found[1], "Acme": companies["Acme"]}


def test_nobody_becomes_a_contact_before_somebody_approved(connection: Connection) -> None:
    two_people(connection)
    promotion, _ = plan(connection)
    for decide in (None, "rejected"):
        if decide:
            promotions.record_decision(connection, promotion, decide, decided_by="bob")
        before = versions(connection)
        with pytest.raises(ValueError, match="Nobody has approved"):
            promote(connection, promotion)
        with pytest.raises(ValueError, match="Nobody has approved"):
            promotions.withdraw_promotion(connection, promotion)
        assert versions(connection) == before
    # The statement itself does nothing without the approval, whoever calls it.
    part = {"promotion_id": promotion, "first_position": 1, "last_position": 9}
    levels = {"levels": ["VP"], "contact_levels": ["vp"]}
    connection.execute(statement("promotions/stage_items"), {**part, **levels})
    write(connection, "update promotion_candidates set verdict = 'new'")
    making = {"promotion_id": promotion, "source_system": "tests", **levels}
    assert connection.execute(statement("promotions/insert_contacts"), making).all() == []
    with pytest.raises(IntegrityError, match="approved_by"), connection.begin_nested():
        write(connection, "update contact_promotions set decision = 'approved', decided_by = ' ', decided_at = now()")
    assert count(connection, "contacts") == 0


def test_contacts_are_what_is_known_of_the_people(engine: Engine) -> None:
    attempt = TaskAttempt("account_promotion", "a run", "promote_chunk", 0)
    with engine.begin() as connection:
        found = two_people(connection)
        promotion, _ = plan(connection)
        approve(connection, promotion)
    with unit_of_work(engine, attempt) as connection:
        assert promote(connection, promotion) == Counters(promoted=2, refused=0)
    with engine.connect() as connection:
        rows = {row["person_id"]: row for row in stored(connection, "contacts")}
        ann, bob = rows[found["Ann Doe"]], rows[found["Bob Roe"]]
        assert {ann["company_id"], bob["company_id"]} == {found["Acme"]}
        assert (ann["email"], ann["seniority_level"], ann["is_decision_maker"]) == ("ann@acme.com", "vp", True)
        assert (bob["email"], bob["seniority_level"], bob["is_decision_maker"]) == (
            "bob@gmail.com",
            "individual_contributor",
            False,
        )
        assert {(row["status"], row["source_system"]) for row in rows.values()} == {("active", "account_promotion")}
        (writer,) = {row["written_by"] for row in rows.values()}
        tasks = {row["id"]: row["task_id"] for row in stored(connection, "task_attempts")}
        assert tasks[writer] == "promote_chunk"
        assert items(connection, promotion)["Ann Doe"] == ("new", "promoted", None)
        contacts = {row["person_id"]: row["contact_id"] for row in stored(connection, "contact_promotion_items")}
        assert contacts == {person: row["id"] for person, row in rows.items()}
        total = text("select total_contacts from companies where id = :id")
        assert connection.execute(total, {"id": found["Acme"]}).scalar_one() == 2
    with engine.begin() as connection:
        assert promotions.finish_promotion(connection, promotion).promoted == 2
        before = versions(connection)
        assert promote(connection, promotion) == Counters()
        assert versions(connection) == before, "twice writes nothing"


def test_everybody_is_checked_again(connection: Connection) -> None:
    companies = add_sponsors(connection, {"Acme": "gold", "Globex": "gold"})
    names = (
        "Ok Still", "Sub Pressed", "Era Sed", "Dou Btful", "Left Company", "By Hand", "Was Merged", "Mail Taken",
        "Only Mail", "Just Deleted",
    )  # fmt: skip
    rows = [
        someone(
            name, email=f"{name.split()[0].lower()}@acme.com", **({"linkedin_url": None} if name == "Only Mail" else {})
        )
        for name in names
    ]
    person = dict(zip(names, add_people(connection, companies["Acme"], *rows), strict=True))
    (globex,) = add_people(connection, companies["Globex"], someone("Glo Bex"))
    promotion, preview = plan(connection, max_per_company=20)
    assert preview.people("proposed") == 11
    approve(connection, promotion)

    suppress(connection, "email", "sub@acme.com", "complained")
    erase(connection, "email", "era@acme.com")
    doubt(connection, "person", person["Dou Btful"], 10**9)
    end_roles(connection, person["Left Company"])
    by_hand = make_contact(connection, person["By Hand"])
    write(connection, "update persons set merged_into_id = :into where id = :id", id=person["Was Merged"], into=globex)
    suppress_account(connection, account_domain="globex.com", reason="asked us")
    for taken in ("mail@acme.com", "only@acme.com"):
        (stranger,) = add_people(connection, companies["Globex"], someone(f"Taker {taken[:4].title()}"))
        make_contact(connection, stranger, email=taken)
    write(connection, "delete from persons where id = :id", id=person["Just Deleted"])

    assert promote(connection, promotion) == Counters(promoted=2, refused=8)
    found = {name: (status, reason) for name, (_, status, reason) in items(connection, promotion).items()}
    assert found == {
        "Ok Still": ("promoted", None),
        "Mail Taken": ("promoted", None),
        "Only Mail": ("refused", "no_channel"),
        "Sub Pressed": ("refused", "address_suppressed"),
        "Era Sed": ("refused", "erased"),
        "Dou Btful": ("refused", "person_doubtful"),
        "Left Company": ("refused", "role_ended"),
        "By Hand": ("refused", "known"),
        "Was Merged": ("refused", "person_merged"),
        "Glo Bex": ("refused", "account_suppressed"),
    }
    contact = {row["person_id"]: row for row in stored(connection, "contacts")}
    assert contact[person["Mail Taken"]]["email"] is None, "an address is one contact's"
    assert contact[person["By Hand"]]["id"] == by_hand
    (item,) = [row for row in stored(connection, "contact_promotion_items") if row["person_id"] == person["By Hand"]]
    assert item["contact_id"] == by_hand


def test_who_cannot_be_reached_becomes_a_contact_only_where_that_is_asked_for(connection: Connection) -> None:
    companies = add_sponsors(connection, {"Acme": "gold"})
    add_people(connection, companies["Acme"], PersonRow("Nick Nochannel", title="CFO"))
    assert proposed(connection, plan(connection)[0]) == []
    params = ScopeFields.model_validate({"require_channel": False})
    opened = promotions.open_promotion(connection, airflow_run_id="x", params=params.model_dump(mode="json"))
    promotions.plan_promotion(connection, opened.id, params.scope())
    approve(connection, opened.id)
    assert promote(connection, opened.id) == Counters(promoted=1)
    assert [(row["full_name"], row["email"]) for row in stored(connection, "contact_profiles")] == [
        ("Nick Nochannel", None)
    ]


def test_a_killed_task_has_done_nothing_and_the_next_try_does_it(engine: Engine) -> None:
    with engine.begin() as connection:
        two_people(connection)
        promotion, _ = plan(connection)
        approve(connection, promotion)
        (first, second) = promotions.plan_chunks(connection, promotion, chunk_size=1)
        assert (first.first_number, first.people, second.first_number) == (1, 1, 2)
        before = versions(connection)
        part = {"first_position": first.first_position, "last_position": first.last_position}

    def die() -> None:
        with unit_of_work(engine) as connection:
            assert promotions.promote_chunk(connection, promotion, **part) == Counters(promoted=1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    with engine.begin() as connection:
        assert versions(connection) == before
        assert promotions.promote_chunk(connection, promotion, **part) == Counters(promoted=1)
        assert contact_names(connection) == ["Ann Doe"]
        left = promotions.plan_chunks(connection, promotion, chunk_size=5)
        assert [(chunk.first_position, chunk.people) for chunk in left] == [(second.first_position, 1)]


def test_promotions_at_once_make_one_contact_of_each(engine: Engine) -> None:
    with engine.begin() as connection:
        companies = add_sponsors(connection, {"Acme": "gold", "Globex": "gold", "Initech": "gold"})
        for company in companies.values():
            add_people(connection, company, *(someone(f"Per Son{company}x{'abcdefgh'[n]}") for n in range(8)))
        ids = [plan(connection, f"run {number}", max_per_company=9)[0] for number in range(3)]
        for promotion in ids:
            approve(connection, promotion)

    def work(promotion: UUID, of: slice) -> Any:
        def promote_part(connection: Connection) -> Counters:
            chunk = promotions.plan_chunks(connection, promotion, chunk_size=12)[of][0]
            return promotions.promote_chunk(
                connection, promotion, first_position=chunk.first_position, last_position=chunk.last_position
            )

        return promote_part

    halves = (slice(0, 1), slice(1, 2))
    done = at_once(engine, [work(promotion, of) for promotion in (*ids, ids[0]) for of in halves])
    assert sum(counters.promoted for counters in done) == 24
    with engine.connect() as connection:
        assert count(connection, "contacts") == 24
        statuses = [row["status"] for row in stored(connection, "contact_promotion_items")]
        assert sorted(set(statuses)) == ["promoted", "refused"]
        assert statuses.count("promoted") == 24
        totals = text("select total_contacts from companies where total_contacts > 0")
        assert list(connection.execute(totals).scalars()) == [8, 8, 8]


@pytest.mark.parametrize("first", ["suppressed", "promoted"])
def test_whoever_asks_for_no_mail_meanwhile_gets_none(engine: Engine, first: str) -> None:
    """One of the two transactions waits for the other, whichever comes first."""
    with engine.begin() as connection:
        two_people(connection)
        promotion, _ = plan(connection)
        approve(connection, promotion)

    def suppressed(connection: Connection) -> None:
        suppress(connection, "email", "ann@acme.com", "unsubscribed")

    def promoted(connection: Connection) -> None:
        promote(connection, promotion)

    works = [suppressed, promoted] if first == "suppressed" else [promoted, suppressed]
    with ThreadPoolExecutor(1) as pool, engine.connect() as watching:
        with unit_of_work(engine) as connection:
            works[0](connection)
            waiting = pool.submit(run_in_transaction, works[1], engine)
            wait_for_blocked(watching, 1)
        waiting.result(timeout=60)
    with engine.connect() as connection:
        found = {row["full_name"]: row["status"] for row in stored(connection, "contact_profiles")}
    assert found == {"Bob Roe": "active"} | ({} if first == "suppressed" else {"Ann Doe": "unsubscribed"})


# --------------------------------------------------------------------------------------------------------- the decision
def test_the_first_decision_stands(connection: Connection) -> None:
    two_people(connection)
    promotion, _ = plan(connection)
    for decided_by in (None, "", "  "):
        with pytest.raises(ValueError, match="say by whom"):
            promotions.record_decision(connection, promotion, "approved", decided_by=decided_by)
    with pytest.raises(ValueError, match="allowed: approved, rejected"):
        promotions.record_decision(connection, promotion, "perhaps", decided_by="ann")
    with pytest.raises(LookupError, match="contact_promotions"):
        promotions.record_decision(connection, UUID(int=1), "approved", decided_by="ann")

    approved = promotions.record_decision(connection, promotion, "approved", decided_by=" ann ")
    assert (approved.status, approved.decision, approved.decided_by) == ("running", "approved", "ann")
    later = promotions.record_decision(connection, promotion, "rejected", decided_by="bob")
    assert (later.decision, later.decided_by) == ("approved", "ann")
    # Neither the run that starts over nor planning again touches a list that was decided on.
    before = stored(connection, "contact_promotion_items")
    assert plan(connection) == (promotion, promotions.preview_promotion(connection, promotion))
    assert stored(connection, "contact_promotion_items") == before

    unanswered, _ = plan(connection, "another run")
    rejected = promotions.record_decision(connection, unanswered, "rejected")
    assert (rejected.status, rejected.decided_by) == ("rejected", None)
    assert rejected.completed_at is not None
    assert promotions.record_decision(connection, unanswered, "approved", decided_by="ann").decision == "rejected"
    assert promotions.finish_promotion(connection, unanswered).status == "rejected"
    unplanned = promotions.open_promotion(connection, airflow_run_id="a third run", params={})
    with pytest.raises(ValueError, match="it is running"):
        promotions.record_decision(connection, unplanned.id, "approved", decided_by="ann")


def test_a_run_that_starts_over_makes_its_list_anew(connection: Connection) -> None:
    companies = add_sponsors(connection, {"Acme": "gold"})
    add_people(connection, companies["Acme"], someone("Ann Doe"))
    promotion, _ = plan(connection)
    # A try that comes late finds the list made.
    before = versions(connection)
    promotions.plan_promotion(connection, promotion, PromotionScope(include_seats=False))
    assert versions(connection) == before
    add_people(connection, companies["Acme"], someone("Bob Roe"))
    assert plan(connection)[0] == promotion
    assert set(items(connection, promotion)) == {"Ann Doe", "Bob Roe"}


def test_a_list_waits_for_a_person_without_being_taken_for_dead(engine: Engine) -> None:
    runtime = Runtime(engine, TaskAttempt("account_promotion", "a run", "plan_people"))
    with engine.begin() as connection:
        two_people(connection)
    opened = service.open_promotion(runtime, airflow_run_id="a run", params=ScopeFields.model_validate({}).model_dump())
    service.plan_promotion(runtime, opened.id)

    def be_silent_and_close() -> int:
        with engine.begin() as connection:
            be_silent(connection, SILENT_MINUTES + 1)
        return close_abandoned_runs(Runtime(engine)).contact_promotions

    assert be_silent_and_close() == 0
    # Somebody approves a week later, in another run, which dies.
    approving = Runtime(engine, TaskAttempt("account_promotion", "another run", "start_promotion"))
    service.resume_promotion(approving, opened.id, approved_by="ann")
    assert close_abandoned_runs(Runtime(engine)).contact_promotions == 0
    assert be_silent_and_close() == 1
    assert service.find_promotion(runtime, opened.id).status == "failed"
    assert service.WholePromotion(approving, opened.id, approved_by="ann").run() == Counters(promoted=2)
    ended = service.find_promotion(runtime, opened.id)
    assert (ended.status, ended.promoted, ended.error) == ("completed", 2, None)
    assert service.WholePromotion(approving, opened.id, approved_by="bob").run() == Counters()
    assert service.find_promotion(runtime, opened.id).decided_by == "ann"


# ---------------------------------------------------------------------------------------------------------- taking back
def test_contacts_nobody_has_worked_with_can_be_taken_back(engine: Engine) -> None:
    names = ("Un Touched", "Has Talked", "Was Edited", "Still Proposed")
    with engine.begin() as connection:
        companies = add_sponsors(connection, {"Acme": "gold"})
        person = dict(zip(names, add_people(connection, companies["Acme"], *map(someone, names)), strict=True))
        promotion, _ = plan(connection)
        approve(connection, promotion)
        last = promotions.plan_chunks(connection, promotion, chunk_size=3)[0].last_position
        assert promotions.promote_chunk(connection, promotion, first_position=1, last_position=last).promoted == 3
    with engine.begin() as connection:
        contact = {row["person_id"]: row["id"] for row in stored(connection, "contacts")}
        add_conversation(connection, contact[person["Has Talked"]], companies["Acme"])
        write(connection, "update contacts set role = 'champion' where id = :id", id=contact[person["Was Edited"]])
        # A score is computed; nobody has worked with whoever has one.
        write(connection, "update contacts set engagement_score = 7")
    with engine.begin() as connection:
        assert promotions.withdraw_promotion(connection, promotion) == Withdrawal(withdrawn=1, kept=2)
        assert contact_names(connection) == ["Has Talked", "Was Edited"]
        found = {name: (status, reason) for name, (_, status, reason) in items(connection, promotion).items()}
        assert found["Un Touched"] == found["Still Proposed"] == ("refused", "withdrawn")
        assert list(service.preview_lines(promotions.preview_promotion(connection, promotion))) == [
            "Proposed: 0 (companies: 0)",
            "Became contacts: 2",
            "Withdrawn: 2",
        ]
        ended = promotions.find_promotion(connection, promotion)
        assert ended is not None
        assert (ended.status, ended.promoted) == ("completed", 2)
        assert promotions.withdraw_promotion(connection, promotion) == Withdrawal(withdrawn=0, kept=2)
        assert promote(connection, promotion) == Counters()
        with pytest.raises(LookupError):
            promotions.withdraw_promotion(connection, UUID(int=1))
        # In another list they may come again.
        assert proposed(connection, plan(connection, "later")[0]) == ["Un Touched", "Still Proposed"]


def test_a_list_is_shown_with_names_to_whoever_decides(connection: Connection) -> None:
    two_people(connection)
    promotion, _ = plan(connection, max_per_company=1)
    page = promotions.query_items(connection, promotion, limit=1)
    assert page.total == 2
    assert (page[0]["full_name"], page[0]["company"], page[0]["title"]) == ("Ann Doe", "Acme", "VP of Sales")
    # As it is printed for psql, too.
    shown = write(connection, service.LIST_QUERY.format(promotion_id=promotion)).mappings().all()
    assert [(row["full_name"], row["status"]) for row in shown] == [("Ann Doe", "proposed"), ("Bob Roe", "left_out")]
