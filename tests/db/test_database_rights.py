"""Databases of somebody's own: what the login may, why it does not get in, and which statement helps."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from rich.console import Console
from sqlalchemy import URL, Connection, text

from prospecting import cli
from prospecting.persistence.database import application_url
from prospecting.persistence.database_rights import DatabaseUnusable, check_may_migrate, missing_to_verify, unreachable
from prospecting.persistence.database_urls import encoded_url
from scripts import environment, migrate, verify_db
from scripts.environment import Environment, SetupError

PASSWORD = "p@ss:/w?o#r%d's ünd 1"


@pytest.fixture
def guest(server_url: URL) -> Iterator[URL]:
    """URL of an empty database of somebody else's, for a login that may only connect to it."""
    # Roles belong to the server, which tests of other processes use as well.
    name = f"guest_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_libpq(server_url), autocommit=True) as administrator:
        administrator.execute(f"create role {name} login")
        administrator.execute(f"create database {name} template template0")
        try:
            yield server_url.set(username=name, database=name)
        finally:
            administrator.execute(f"drop database {name} with (force)")
            administrator.execute(f"drop role {name}")


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def prepared_for(url: URL) -> Environment:
    given = {"PROSPECTING_DB_URL": _libpq(url)}
    return environment.compute(environment.ROOT, given, {"fernet_key": "k", "jwt_secret": "j", "api_secret_key": "a"})


def test_a_login_without_rights_is_told_all_it_needs_and_nothing_is_made(guest: URL, server_url: URL) -> None:
    prepared, name = prepared_for(guest), guest.database
    with pytest.raises(SetupError) as refused:
        migrate.migrate_application(prepared)
    message = str(refused.value)
    assert "\n" not in message
    head, _, statements = message.partition(": ")
    assert head.startswith(f"the login {name} may not migrate the database {name}. Have an administrator run")
    assert statements == (f"grant create on schema public to {name}; grant create on database {name} to {name}"), (
        "the roles are there: the tests' own databases are on this server"
    )
    with psycopg.connect(_libpq(server_url.set(database=name)), autocommit=True) as administrator:
        assert administrator.execute("select to_regclass('alembic_version')").fetchone() == (None,)
        administrator.execute(statements)  # word for word
    migrate.migrate_application(prepared)
    migrate.migrate_application(prepared)

    screen = Console(width=160)
    with screen.capture() as shown:
        assert not verify_db.run(prepared.application_url, screen)
    assert f"{name} may not become prospecting_api" in shown.get()


def test_tables_are_their_owners_to_change(connection: Connection) -> None:
    connection.execute(text("create role newcomer; grant create on schema public to newcomer"))
    owner = connection.execute(text("select current_user")).scalar_one()
    connection.execute(text("set local role newcomer"))
    with pytest.raises(DatabaseUnusable, match=f"run, connected to that database: grant {owner} to newcomer$"):
        check_may_migrate(connection)
    assert list(missing_to_verify(connection)) == [
        f"grant {owner} to newcomer",
        f"grant temporary on database {connection.engine.url.database} to newcomer",
        "grant prospecting_api to newcomer",
        "grant prospecting_app to newcomer",
        "grant prospecting_reader to newcomer",
    ]
    connection.execute(text("reset role"))
    check_may_migrate(connection)
    assert list(missing_to_verify(connection)) == []


def test_roles_that_are_missing_and_may_not_be_made(connection: Connection) -> None:
    connection.execute(text("alter role prospecting_api rename to other_api; create role newcomer"))
    connection.execute(text("grant create on schema public to newcomer; set local role newcomer"))
    with pytest.raises(DatabaseUnusable, match="create role prospecting_api nologin; grant"):
        check_may_migrate(connection)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("version_number", "140009", "PostgreSQL 15 or newer is needed, and this server has 14.9: upgrade it"),
        ("encoding", "'LATIN1'", "stores text as LATIN1, .*create database .*_utf8 encoding 'UTF8' template template0"),
    ],
)
def test_a_server_that_will_not_do_is_named(
    setting: str, value: str, said: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"version_number": "180000", "version": "'14.9'", "encoding": "'UTF8'", "database": "'x'", "login": "'y'"}
    row = text("select " + ", ".join(f"{fact} as {name}" for name, fact in (facts | {setting: value}).items()))
    monkeypatch.setattr("prospecting.persistence.database_rights.statement", lambda _: row)
    with pytest.raises(DatabaseUnusable, match=said):
        check_may_migrate(connection)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": "nobody_here"}, "create role nobody_here login password"),
        ({"database": "no_such_one"}, "create database no_such_one owner"),
        ({"query": {"host": "/nowhere"}}, "check host and port"),
    ],
)
def test_no_way_in_is_one_line_with_what_helps(
    change: dict[str, object], said: str, server_url: URL, capsys: pytest.CaptureFixture[str]
) -> None:
    url = server_url.set(password=PASSWORD, **change)  # type: ignore[arg-type]
    assert cli.main(["migrate", "--db-url", _libpq(url)]) == 1
    by_package = capsys.readouterr().err
    with pytest.raises(SetupError) as refused:
        migrate.migrate_application(prepared_for(url))
    with pytest.raises(SetupError) as unverified:
        verify_db.run(_libpq(url), Console())
    for message in (by_package.removeprefix("error: ").rstrip("\n"), str(refused.value), str(unverified.value)):
        assert message.startswith("the database cannot be reached: ")
        assert said in message
        assert "\n" not in message
        assert PASSWORD not in message


@pytest.mark.parametrize(
    ("text_of_libpq", "said"),
    [
        (
            'connection failed: connection to server at "10.1.2.3", port 5432 failed: '
            'FATAL:  password authentication failed for user "ann"',
            'password authentication failed for user "ann"; check user and password; special characters',
        ),
        (
            'connection failed: connection to server at "10.1.2.3", port 5432 failed: FATAL:  no pg_hba.conf entry for '
            'host "10.9.9.9", user "ann", database "leads", no encryption',
            "have an administrator let this login in from this machine",
        ),
        ("connection timeout expired", "connection timeout expired; check host and port"),
        ("[Errno -2] Name or service not known", "Name or service not known; check host and port"),
        ("FATAL:  sorry, too many clients already", "sorry, too many clients already; wait"),
        (
            "Multiple connection attempts failed. All failures were:\n- host: 'a', port: None, hostaddr: '::1': "
            "connection failed: Connection refused\n- host: 'a', port: None, hostaddr: '127.0.0.1': no",
            "Connection refused; check host and port",
        ),
        ("FATAL:  Passwort-Authentifizierung fehlgeschlagen", "reached: Passwort-Authentifizierung fehlgeschlagen"),
        ("the password hunter2 in some text", "the password … in some text"),
    ],
)
def test_what_libpq_says_becomes_one_line(text_of_libpq: str, said: str) -> None:
    message = unreachable(psycopg.OperationalError(text_of_libpq), application_url("postgresql://ann:hunter2@h/leads"))
    assert said in message
    assert "\n" not in message


# ------------------------------------------------------------------ passwords in URLs
# Which leaves blanks as they are.
BY_SQLALCHEMY = URL.create("postgresql", "ann", PASSWORD, "h", 5432, "d").render_as_string(hide_password=False)


@pytest.mark.parametrize(
    ("password", "given"),
    [
        (PASSWORD, BY_SQLALCHEMY.removeprefix("postgresql")),
        ("p@ss", "://ann:p@ss@h:5432/d"),
        ("p/ss", "://ann:p/ss@h:5432/d"),
        ("12/x", "://ann:12/x@h:5432/d"),
        ("p:#?s s'", "://ann:p:#?s s'@h:5432/d"),
        ("100%", "://ann:100%@h:5432/d"),
        ("a@b/c", "://ann:a@b/c@h:5432/d?sslmode=disable"),
        ("ü", "://ann:ü@h:5432/d"),
        ("p@ss", "://ann:p%40ss@h:5432/d"),
        ("a:b@", "://ann:a:b%40@h:5432/d"),
        ("p", "://ann:p@h:5432/d?application_name=a@b"),
    ],
)
def test_a_password_arrives_as_it_is(password: str, given: str) -> None:
    for scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        url = f"{scheme}{given}"
        read = application_url(url)
        assert (read.username, read.password, read.host, read.port, read.database) == ("ann", password, "h", 5432, "d")
        plain = environment.plain_url(url)
        assert psycopg.conninfo.conninfo_to_dict(plain)["password"] == password
        assert environment.plain_url(plain) == plain, "once encoded, it stays"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hunter2%40@x@h/d",  # encoded in part
        "postgresql://ann:hunter2%40%@h/d",
        "postgresql://ann:hunter2@h:many/d",
        "postgresql://ann:hunter2 x@h /d",
    ],
)
def test_a_password_that_could_be_another_is_refused(url: str) -> None:
    for read in (encoded_url, application_url, environment.plain_url):
        with pytest.raises((ValueError, SetupError)) as refused:
            read(url)
        assert "@ is %40" in str(refused.value)
        assert "hunter2" not in str(refused.value)


def test_a_login_with_such_a_password_gets_in(guest: URL) -> None:
    """The server of the tests asks for none; what is sent is what was meant."""
    with psycopg.connect(environment.plain_url(_libpq(guest.set(password=PASSWORD)))) as connected:
        assert connected.info.password == PASSWORD
