"""The environment of a checkout, and every spelling of a database URL."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg.conninfo
import pytest

from scripts import environment, local_postgres
from scripts.environment import SetupError, compute

SECRETS = {"fernet_key": "F" * 43 + "=", "jwt_secret": "j", "api_secret_key": "a"}
ROOT = Path("/srv/bundle")


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://ann:p%40ss@db.example:5433/app?sslmode=require",
        "postgres://ann:p%40ss@db.example:5433/app?sslmode=require",
        "postgresql+psycopg://ann:p%40ss@db.example:5433/app?sslmode=require",
        "  postgresql+psycopg2://ann:p%40ss@db.example:5433/app?sslmode=require\n",
    ],
)
def test_every_url_spelling_reaches_libpq_and_airflow_alike(given: str) -> None:
    result = compute(ROOT, {"PROSPECTING_DB_URL": given}, SECRETS)
    assert result.application_url == "postgresql://ann:p%40ss@db.example:5433/app?sslmode=require"
    assert psycopg.conninfo.conninfo_to_dict(result.application_url)["password"] == "p@ss"
    connection = json.loads(result.variables["AIRFLOW_CONN_PROSPECTING_DB"])
    assert (connection["host"], connection["port"], connection["login"], connection["password"]) == (
        "db.example",
        5433,
        "ann",
        "p@ss",
    )
    assert connection["schema"] == "app"
    assert connection["extra"]["sslmode"] == "require"
    assert result.variables["PROSPECTING_DB_URL"] == result.application_url
    assert not result.application_is_local
    assert result.needs_server, "Airflow's metadata still lives in the embedded server"


@pytest.mark.parametrize(
    "connection",
    [
        "postgres://ann:p%40ss@db.example:5433/app?sslmode=require",
        "postgresql://ann:p%40ss@db.example:5433/app?sslmode=require&cursor=dictcursor",
        json.dumps(
            {
                "conn_type": "postgres",
                "host": "db.example",
                "port": 5433,
                "login": "ann",
                "password": "p@ss",
                "schema": "app",
                "extra": {"sslmode": "require", "sqlalchemy_scheme": "postgresql+psycopg"},
            }
        ),
    ],
)
def test_the_airflow_connection_names_the_application_database(connection: str) -> None:
    result = compute(ROOT, {"AIRFLOW_CONN_PROSPECTING_DB": connection}, SECRETS)
    assert result.application_url == "postgresql://ann:p%40ss@db.example:5433/app?sslmode=require"
    assert result.variables["AIRFLOW_CONN_PROSPECTING_DB"] == connection


def test_a_connection_over_a_socket_keeps_its_directory() -> None:
    connection = json.dumps(
        {"conn_type": "postgres", "host": "/run/pg", "login": "ann", "schema": "app", "extra": "{}"}
    )
    url = compute(ROOT, {"AIRFLOW_CONN_PROSPECTING_DB": connection}, SECRETS).application_url
    parsed = psycopg.conninfo.conninfo_to_dict(url)
    assert (parsed["host"], parsed["user"], parsed["dbname"]) == ("/run/pg", "ann", "app")


def test_a_connection_of_another_kind_is_refused() -> None:
    for connection in ("mysql://u:hunter2@h/app", '{"conn_type": "mysql", "password": "hunter2"}', '{"conn_type":'):
        with pytest.raises(SetupError) as refusal:
            compute(ROOT, {"AIRFLOW_CONN_PROSPECTING_DB": connection}, SECRETS)
        assert "hunter2" not in str(refusal.value)


def test_the_url_outranks_the_connection() -> None:
    given = {
        "PROSPECTING_DB_URL": "postgresql://u@one/app",
        "AIRFLOW_CONN_PROSPECTING_DB": "postgres://u@two/app",
    }
    result = compute(ROOT, given, SECRETS)
    assert "one" in result.application_url
    assert json.loads(result.variables["AIRFLOW_CONN_PROSPECTING_DB"])["host"] == "one"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hunter2@h/app",
        "sqlite:///x.db",
        "postgres+psycopg://u:hunter2@h/app",
        "postgresql://u:hunter2@h",
        "x",
    ],
)
def test_an_unusable_url_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(SetupError) as refusal:
        compute(ROOT, {"PROSPECTING_DB_URL": url}, SECRETS)
    assert "hunter2" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("application", "metadata"),
    [
        ("postgresql://a@localhost/airflow", "postgresql+psycopg2://b:x@127.0.0.1:5432/airflow"),
        ("postgres://db.example:5432/one", "postgresql://DB.example/one"),
        ("postgresql:///one?host=/run/pg", "postgresql+psycopg2://u@/one?host=/run/pg"),
    ],
)
def test_application_and_metadata_in_one_database_is_refused(application: str, metadata: str) -> None:
    given = {"PROSPECTING_DB_URL": application, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata}
    with pytest.raises(SetupError, match="metadata database"):
        compute(ROOT, given, SECRETS)


def test_the_embedded_metadata_database_is_refused_too() -> None:
    url = local_postgres.url(ROOT / ".local" / "postgres", "airflow")
    with pytest.raises(SetupError, match="metadata database"):
        compute(ROOT, {"PROSPECTING_DB_URL": url}, SECRETS)


def test_two_databases_of_one_server_are_fine() -> None:
    given = {
        "PROSPECTING_DB_URL": "postgresql://u@h/app",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://u@h/airflow",
    }
    result = compute(ROOT, given, SECRETS)
    assert not result.needs_server
    assert result.metadata_url == "postgresql+psycopg2://u@h/airflow"


def test_defaults_point_into_the_checkout() -> None:
    root = Path("/srv/with space/bundle")
    result = compute(root, {"PATH": "/bin", "PYTHONPATH": "/elsewhere"}, SECRETS, port=8123)
    variables = result.variables
    bundle = json.loads(variables["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert [(entry["name"], entry["kwargs"]) for entry in bundle] == [
        ("prospecting", {"path": f"{root}/dags", "refresh_interval": 30})
    ]
    assert variables["PYTHONPATH"] == f"{root}/plugins:/elsewhere"
    assert variables["AIRFLOW_HOME"] == f"{root}/.local/airflow"
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert variables["AIRFLOW__API__PORT"] == "8123"
    assert ":8123/" in variables["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    assert variables["AIRFLOW__CORE__FERNET_KEY"] == SECRETS["fernet_key"]
    assert json.loads(variables["AIRFLOW__DATABASE__SQL_ALCHEMY_ENGINE_ARGS"]) == {"hide_parameters": True}
    assert result.application_is_local
    assert psycopg.conninfo.conninfo_to_dict(result.application_url)["dbname"] == "prospecting"
    assert psycopg.conninfo.conninfo_to_dict(environment.plain_url(result.metadata_url))["dbname"] == "airflow"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("", "Enabled"),
        ("127.0.0.1", "Enabled"),
        ("::1", "Enabled"),
        ("0.0.0.0", "Disabled"),
        ("box.example", "Disabled"),
    ],
)
def test_connections_are_tried_out_by_people_of_this_machine_alone(host: str, expected: str) -> None:
    variables = compute(ROOT, {"AIRFLOW__API__HOST": host}, SECRETS).variables
    assert variables["AIRFLOW__CORE__TEST_CONNECTION"] == expected
    given = {"AIRFLOW__API__HOST": host, "AIRFLOW__CORE__TEST_CONNECTION": "Hidden"}
    assert compute(ROOT, given, SECRETS).variables["AIRFLOW__CORE__TEST_CONNECTION"] == "Hidden"


def test_what_the_user_set_wins() -> None:
    given = {"AIRFLOW__CORE__PARALLELISM": "9", "AIRFLOW_HOME": "/mine", "AIRFLOW__CORE__LOAD_EXAMPLES": ""}
    variables = compute(ROOT, given, SECRETS).variables
    assert variables["AIRFLOW__CORE__PARALLELISM"] == "9"
    assert variables["AIRFLOW_HOME"] == "/mine"
    assert variables["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False", "empty means not set"


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    first = environment.local_secrets(tmp_path / "airflow")
    assert environment.local_secrets(tmp_path / "airflow") == first
    assert environment.local_secrets(tmp_path / "other") != first
    files = list((tmp_path / "airflow").iterdir())
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600]


def test_whatever_is_written_is_for_this_user_alone(tmp_path: Path) -> None:
    """In a process of its own: the umask is the process's."""
    local = tmp_path / ".local"
    for folder in (local, local / "logs"):
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)  # as an earlier version left them
    given = {
        "PROSPECTING_DB_URL": "postgresql://u@h/app",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://u@h/airflow",
        "PATH": os.defpath,
    }
    program = f"""
import subprocess, sys
from pathlib import Path
from scripts import environment
prepared = environment.prepare(Path({str(tmp_path)!r}), {given!r})
(prepared.local / "logs" / "mine").write_text("")
subprocess.run([sys.executable, "-c", "open('theirs', 'w')"], cwd=prepared.local / "airflow", check=True)
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(environment.__file__).parents[1])
    modes = {str(path.relative_to(local)): stat.S_IMODE(path.stat().st_mode) for path in [local, *local.rglob("*")]}
    assert modes == {
        # As root, the embedded server's user passes through to its own folder.
        ".": 0o700 if os.geteuid() else 0o711,
        "airflow": 0o700,
        "airflow/secrets.json": 0o600,
        "airflow/theirs": 0o600,
        "logs": 0o700,
        "logs/mine": 0o600,
    }


def test_airflow_is_asked_under_its_own_names(tmp_path: Path) -> None:
    plain = compute(tmp_path, {}, SECRETS).variables
    assert plain["PROSPECTING_ALLOWED_HOSTS"] == "localhost,127.0.0.1,[::1]"
    behind_a_proxy = {
        "AIRFLOW__API__BASE_URL": "https://Airflow.example.com/ui",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://[fe80::7]:8080/execution/",
    }
    names = compute(tmp_path, behind_a_proxy, SECRETS).variables["PROSPECTING_ALLOWED_HOSTS"]
    assert names == "localhost,127.0.0.1,[::1],airflow.example.com,[fe80::7]"
    own = compute(tmp_path, {"PROSPECTING_ALLOWED_HOSTS": "*"}, SECRETS).variables
    assert own["PROSPECTING_ALLOWED_HOSTS"] == "*"


def test_the_password_is_kept_from_the_argument_list() -> None:
    assert environment.without_password("postgresql://ann:p%40ss@h:1/app?a=b") == (
        "postgresql://ann@h:1/app?a=b",
        "p@ss",
    )
    assert environment.without_password("postgresql:///app?host=/run") == ("postgresql:///app?host=/run", "")


def test_a_long_or_odd_path_gets_a_short_socket_folder(tmp_path: Path) -> None:
    plain = Path("/srv/bundle/.local/postgres")
    assert local_postgres.socket_dir(plain) == plain
    for odd in (Path("/srv/" + "deep/" * 30 + ".local/postgres"), Path("/srv/with space/.local/postgres")):
        chosen = local_postgres.socket_dir(odd)
        assert chosen != odd
        assert chosen == local_postgres.socket_dir(odd)
        assert len(str(chosen / local_postgres.SOCKET_NAME)) < 100
    assert local_postgres.socket_dir(Path("/a b/1")) != local_postgres.socket_dir(Path("/a b/2"))
