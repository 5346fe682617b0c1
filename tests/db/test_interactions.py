"""Interactions coming in: what is logged once, who may log it, and what is refused."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from prospecting.persistence import interactions
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.interactions import MAX_METADATA, log_interaction, log_interactions
from prospecting.persistence.statements import statement
from prospecting.scoring.engagement import INTERACTION_TYPES
from tests.clock import from_now
from tests.db.acting import ANN, BEA, act_as, batch, interaction, only, reset
from tests.db.factories import NASTY_TEXTS, at_once, count, hours, stored, versions


@pytest.mark.parametrize("interaction_type", INTERACTION_TYPES)
def test_an_interaction_is_logged(connection: Connection, role: str, interaction_type: str) -> None:
    logged = log_interaction(
        connection,
        user_id=str(ANN),
        account_domain="https://www.Acme.com/about",
        interaction_type=interaction_type,
        metadata={"where": "list", "rank": 3},
        created_at="2026-01-01T02:00:00+01:00",
    )
    reset(connection)
    row = only(connection, "user_interactions")
    assert (row["id"], row["user_id"], row["account_domain"]) == (logged, ANN, "acme.com")
    assert (row["interaction_type"], row["interaction_metadata"]) == (interaction_type, {"where": "list", "rank": 3})
    assert row["created_at"] == hours(1)
    assert stored(connection, "users", "id") == [{"id": ANN}]
    assert stored(connection, "account_changes", "account_domain, since") == [
        {"account_domain": "acme.com", "since": hours(1)}
    ]


def test_without_more_an_interaction_is_of_now_and_each_its_own(connection: Connection) -> None:
    began = datetime.now(UTC)
    arguments: dict[str, Any] = {"user_id": ANN, "account_domain": "acme.com", "interaction_type": "viewed"}
    assert log_interaction(connection, **arguments) != log_interaction(connection, **arguments)
    for row in stored(connection, "user_interactions"):
        assert began <= row["created_at"] <= datetime.now(UTC)
        assert row["interaction_metadata"] == {}


def test_an_interaction_with_an_id_is_logged_once(connection: Connection, role: str) -> None:
    arguments: dict[str, Any] = {
        "user_id": ANN, "account_domain": "acme.com", "interaction_type": "viewed", "interaction_id": uuid4(),
    }  # fmt: skip
    assert log_interaction(connection, **arguments) == arguments["interaction_id"]
    reset(connection)
    before = versions(connection)
    act_as(connection, role)
    again = {**arguments, "interaction_type": "contacted", "interaction_id": str(arguments["interaction_id"])}
    assert log_interaction(connection, **again) == arguments["interaction_id"]
    reset(connection)
    assert versions(connection) == before


def test_the_id_of_somebody_elses_interaction_is_refused(connection: Connection, role: str) -> None:
    reset(connection)
    log_interactions(connection, [interaction(1, user_id=BEA)])
    act_as(connection, role)
    with pytest.raises(ValueError, match="Another user's interaction has this id"):
        log_interaction(
            connection, user_id=ANN, account_domain="a.com", interaction_type="viewed", interaction_id=UUID(int=1)
        )
    reset(connection)
    assert only(connection, "user_interactions")["user_id"] == BEA


def test_nobody_logs_for_somebody_else(connection: Connection) -> None:
    log_interactions(connection, [interaction(1, user_id=ANN)])
    savepoint = connection.begin_nested()
    act_as(connection, "prospecting_api", BEA)
    with pytest.raises(DBAPIError, match="row-level security"):
        log_interaction(connection, user_id=ANN, account_domain="a.com", interaction_type="viewed")
    savepoint.rollback()
    assert count(connection, "user_interactions") == 1


UNUSABLE: list[tuple[dict[str, Any], str, str]] = [
    ({"user_id": "secret"}, "invalid_user_id", "user_id"),
    ({"user_id": None}, "invalid_user_id", "user_id"),
    ({"interaction_id": "secret"}, "invalid_interaction_id", "interaction_id"),
    ({"account_domain": ""}, "invalid_account_domain", "account_domain"),
    ({"account_domain": "secret@acme.com"}, "invalid_account_domain", "account_domain"),
    ({"account_domain": "github.com/secret"}, "invalid_account_domain", "account_domain"),
    ({"account_domain": None}, "invalid_account_domain", "account_domain"),
    ({"account_domain": "gmail.com"}, "invalid_account_domain", "not a company's own domain"),
    ({"account_domain": "https://mail.outlook.com/x"}, "invalid_account_domain", "not a company's own domain"),
    ({"account_domain": "web.de"}, "invalid_account_domain", "anybody can have a mailbox"),
    ({"interaction_type": "secret"}, "unknown_type", ", ".join(INTERACTION_TYPES)),
    ({"interaction_type": "Viewed"}, "unknown_type", ", ".join(INTERACTION_TYPES)),
    ({"interaction_type": None}, "unknown_type", ", ".join(INTERACTION_TYPES)),
    ({"interaction_type": ["viewed"]}, "unknown_type", ", ".join(INTERACTION_TYPES)),
    ({"metadata": ["secret"]}, "invalid_metadata", "metadata is not an object"),
    ({"metadata": "secret"}, "invalid_metadata", "metadata is not an object"),
    ({"metadata": {"a": "x" * MAX_METADATA}}, "invalid_metadata", "metadata takes more than"),
    ({"metadata": {"a": "ü" * (MAX_METADATA // 2)}}, "invalid_metadata", "metadata takes more than"),
    ({"metadata": json.loads('{"a":' * 900 + "1" + "}" * 900)}, "invalid_metadata", "nested too deeply"),
    ({"created_at": datetime(2026, 1, 1)}, "invalid_created_at", "created_at has no time zone"),  # noqa: DTZ001
    ({"created_at": "2026-01-01T00:00:00"}, "invalid_created_at", "created_at has no time zone"),
    ({"created_at": "secret"}, "invalid_created_at", "created_at is not a time"),
    ({"created_at": 1_700_000_000}, "invalid_created_at", "created_at is not a time"),
    ({"created_at": "0001-01-01T00:00:00+14:00"}, "invalid_created_at", "created_at is beyond"),
    ({"created_at": "1970-01-01T00:00:00Z"}, "invalid_created_at", "created_at lies before"),
    ({"created_at": timedelta(hours=1)}, "invalid_created_at", "created_at lies in the future"),
    ({"known_at": "secret"}, "invalid_known_at", "known_at is not a time"),
    ({"known_at": "2026-01-01T00:00:00Z"}, "invalid_known_at", "known_at lies before created_at"),
]


def test_an_import_says_since_when_an_interaction_was_known(connection: Connection) -> None:
    dated = {"user_id": ANN, "account_domain": "acme.com", "interaction_type": "viewed", "created_at": hours(1)}
    result = log_interactions(connection, [dated | {"known_at": hours(2)}, dated | {"known_at": hours(1)}, dated])
    assert (result.logged, result.rejected) == (3, [])
    rows = stored(connection, "user_interactions", "known_at, recorded_at", "known_at")
    assert [row["known_at"] for row in rows] == [hours(1), hours(2), rows[2]["recorded_at"]]
    assert rows[2]["recorded_at"] > hours(2)


@pytest.mark.parametrize(("fields", "reason", "named"), UNUSABLE)
def test_an_unusable_interaction_is_refused(
    connection: Connection, fields: dict[str, Any], reason: str, named: str
) -> None:
    arguments = {"user_id": ANN, "account_domain": "acme.com", "interaction_type": "viewed", **from_now(fields)}
    with pytest.raises(ValueError, match=named) as refused:
        log_interaction(connection, **arguments)
    assert "secret" not in str(refused.value)
    result = log_interactions(connection, [interaction(1), arguments, interaction(2)])
    assert (result.logged, result.known) == (2, 0)
    assert [(failure.position, failure.reason) for failure in result.rejected] == [(1, reason)]
    assert "secret" not in result.rejected[0].detail


def test_a_portal_is_the_account_of_the_company_that_runs_it(connection: Connection, role: str) -> None:
    reset(connection)
    upsert_companies(connection, [CompanyRow("Yahoo", "https://www.yahoo.com")], source_system="test")
    act_as(connection, role)
    result = log_interactions(
        connection, [interaction(1, account_domain="yahoo.com"), interaction(2, account_domain="gmx.de")]
    )
    assert (result.logged, [failure.position for failure in result.rejected]) == (1, [1])


def test_metadata_may_be_as_large_as_it_may_be(connection: Connection) -> None:
    empty_size = len('{"a":""}')
    log_interactions(connection, [interaction(1, metadata={"a": "x" * (MAX_METADATA - empty_size)})])
    assert len(only(connection, "user_interactions")["interaction_metadata"]["a"]) == MAX_METADATA - empty_size


@pytest.mark.parametrize("nasty", NASTY_TEXTS.values(), ids=NASTY_TEXTS)
def test_nasty_metadata(connection: Connection, nasty: str) -> None:
    result = log_interactions(connection, [interaction(1, metadata={nasty: [nasty, float("nan")]})])
    assert (result.logged, result.rejected) == (1, [])
    ((key, (value, nan)),) = only(connection, "user_interactions")["interaction_metadata"].items()
    assert key == value
    assert nan is None
    assert "\x00" not in value


def test_a_batch_with_everything(connection: Connection) -> None:
    log_interactions(connection, [interaction(7, user_id=BEA), interaction(8)])
    records: list[Any] = [
        interaction(1),
        {"user_id": str(BEA), "account_domain": "www.globex.com", "interaction_type": "viewed"},
        "secret",
        interaction(7),  # somebody else's
        interaction(8),  # known
        interaction(1),  # twice in the batch
        interaction(1, user_id=BEA),  # and by somebody else
        {"user_id": str(BEA), "account_domain": "globex.com"},
        {"user_id": str(BEA), "account_domain": "globex.com", "interaction_type": "viewed", "secret": 1},
        {},
        None,
        interaction(9, account_domain="secret"),
        interaction(2),
    ]
    result = log_interactions(connection, iter(records))
    assert (result.logged, result.known) == (3, 2)
    assert [(failure.position, failure.reason) for failure in result.rejected] == [
        (2, "invalid_record"),
        (3, "taken_interaction_id"),
        (6, "taken_interaction_id"),
        (7, "invalid_record"),
        (8, "invalid_record"),
        (9, "invalid_record"),
        (10, "invalid_record"),
        (11, "invalid_account_domain"),
    ]
    assert all("secret" not in failure.detail for failure in result.rejected)
    assert count(connection, "user_interactions") == 5
    assert log_interactions(connection, []).rejected == []


def test_a_large_batch_is_logged_once(connection: Connection) -> None:
    records = batch(5_000) + batch(5_000, user_id=BEA)[2_500:]
    random.Random(1).shuffle(records)
    result = log_interactions(connection, records)
    assert (result.logged, result.known, len(result.rejected)) == (5_000, 0, 2_500)
    before = versions(connection)
    rows = stored(connection, "user_interactions", "id, user_id")
    again = [interaction(row["id"].int, user_id=row["user_id"]) for row in rows]
    assert log_interactions(connection, again).known == 5_000
    assert versions(connection) == before


def test_half_of_a_batch_is_known(connection: Connection) -> None:
    log_interactions(connection, batch(10))
    result = log_interactions(connection, batch(20))
    assert (result.logged, result.known, result.rejected) == (10, 10, [])


def test_batches_at_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ids in any order: nobody waits for ever, everything is there once."""
    monkeypatch.setattr(interactions, "_INTERACTIONS_AT_ONCE", 100)

    def work(seed: int) -> Any:
        records = [
            interaction(number, user_id=UUID(int=number % 40 + 1), account_domain=f"site{number % 7}.com")
            for number in range(1, 3_001)
        ]
        random.Random(seed).shuffle(records)
        return lambda connection: log_interactions(connection, records)

    with engine.begin() as connection:  # nobody must wait for whoever adds the users
        connection.execute(statement("access/register_users"), {"user_ids": [UUID(int=n) for n in range(1, 41)]})
    found = at_once(engine, [work(seed) for seed in range(4)])
    assert sum(result.logged for result in found) == 3_000
    assert all(result.logged + result.known == 3_000 and not result.rejected for result in found)
    with engine.connect() as connection:
        assert (count(connection, "user_interactions"), count(connection, "users")) == (3_000, 40)


def test_new_users_at_once(engine: Engine) -> None:
    def work(seed: int) -> Any:
        users = random.Random(seed).sample(range(1, 400), 300)
        records = [interaction(1000 * seed + user, user_id=UUID(int=user)) for user in users]
        return lambda connection: log_interactions(connection, records)

    found = at_once(engine, [work(seed) for seed in range(1, 5)])
    assert [result.logged for result in found] == [300] * 4


def test_one_id_by_two_users_at_once(engine: Engine) -> None:
    batches = [[interaction(1, user_id=UUID(int=number))] for number in range(1, 5)]
    works = [lambda connection, batch=batch: log_interactions(connection, batch) for batch in batches]
    found = at_once(engine, works)
    assert sorted((result.logged, len(result.rejected)) for result in found) == [(0, 1), (0, 1), (0, 1), (1, 0)]
