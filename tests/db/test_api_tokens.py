"""Tokens of the API on the command line, and whose briefings the API's role sees."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from prospecting import cli
from prospecting.persistence.access import AccessError, act_as_user, act_for_org
from prospecting.persistence.api_tokens import find_token
from prospecting.persistence.database import make_engine, unit_of_work
from tests.db.acting import ANN
from tests.db.briefing_rows import TABLES, UPSERTS
from tests.db.factories import an_org, count, stored


def test_a_token_is_printed_once_found_by_its_hash_and_revoked(
    engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with engine.begin() as connection:
        acme = an_org(connection, "acme")

    def run(*arguments: str) -> str:
        assert cli.main(["token", *arguments, "--db-url", database_url]) == 0
        return capsys.readouterr().out.strip()

    token = run("issue", "--org", "ACME", "--name", "nightly export", "--days", "30", "--user", str(ANN))
    run("issue", "--super")
    with engine.begin() as connection:
        holder = find_token(connection, token)
        assert holder is not None
        assert (holder.org_id, holder.user_id) == (acme, ANN)
        assert find_token(connection, token + "x") is None
        assert token not in str(stored(connection, "api_tokens"))
    listed = run("list").splitlines()
    assert len(listed) == 2
    assert "administrator" in listed[0]
    assert str(holder.token_id) in listed[1]
    assert f"nightly export  org acme, user {ANN}" in listed[1]
    assert token not in listed[1]
    for _ in range(2):
        assert run("revoke", str(holder.token_id)) == f"{holder.token_id} is revoked"
    with engine.begin() as connection:
        assert find_token(connection, token) is None
        connection.execute(text("update api_tokens set revoked_at = null, expires_at = now() - interval '1 second'"))
        assert find_token(connection, token) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["issue", "--org", "nobody"], "there is no org"),
        (["issue", "--super", "--days", "0"], "1 to 3650 days"),
        (["issue", "--super", "--name", " "], "needs a name"),
        (["issue", "--super", "--user", "ann"], "UUID"),
        (["revoke", str(UUID(int=9))], "no token of this id"),
    ],
)
def test_what_no_token_can_be_issued_for(
    engine: Engine, database_url: str, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert cli.main(["token", *arguments, "--db-url", database_url]) == 1
    assert said in capsys.readouterr().err
    with engine.connect() as connection:
        assert count(connection, "api_tokens") == 0


def test_the_role_of_the_api_sees_the_briefings_of_one_org_and_changes_none(connection: Connection) -> None:
    orgs = [an_org(connection, slug) for slug in ("acme", "globex")]
    for org in orgs:
        for table in TABLES:
            UPSERTS[table](connection, org)
    connection.execute(text("set local role prospecting_api"))
    for table in TABLES:
        assert count(connection, table) == 0, "on behalf of nobody"
    connection.execute(text("reset role"))
    with connection.begin_nested() as acting:
        act_for_org(connection, orgs[0])
        for table in TABLES:
            assert [row["org_id"] for row in stored(connection, table, "org_id")] == [orgs[0]]
            for change in (f"delete from {table}", f"update {table} set processor = 'x'", f"lock table {table}"):
                with pytest.raises(DBAPIError) as raised, connection.begin_nested():
                    connection.execute(text(change))
                assert raised.value.orig.sqlstate == "42501"  # type: ignore[union-attr]
        for other in ("submissions", "icp_job_titles_history", "extracted_icp_job_title_details", "api_tokens", "orgs"):
            with pytest.raises(DBAPIError), connection.begin_nested():
                count(connection, other)
        with pytest.raises(AccessError):
            act_for_org(connection, orgs[1])
        with pytest.raises(AccessError):
            act_as_user(connection, ANN)
        acting.rollback()
    act_as_user(connection, ANN)
    for table in TABLES:
        assert count(connection, table) == 0, "a user is no org"


def test_a_connection_serves_one_org_after_the_other(engine: Engine) -> None:
    with engine.begin() as connection:
        orgs = [an_org(connection, slug) for slug in ("acme", "globex")]
        for org in orgs:
            UPSERTS["icp_job_titles"](connection, org)
    pooled = make_engine(engine.url, pool_size=1, max_overflow=0)
    # More often than the driver waits before it prepares a statement on the server.
    for org in orgs * 8:
        with unit_of_work(pooled, read_only=True) as connection:
            act_for_org(connection, org)
            assert [row["org_id"] for row in stored(connection, "icp_job_titles", "org_id")] == [org]
    pooled.dispose()
