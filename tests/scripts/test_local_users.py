"""Who gets into an Airflow on this machine, and from where."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from scripts.environment import Environment, SetupError, compute
from scripts.local_users import check_address, make_users, passwords_file

SECRETS = {"fernet_key": "F" * 43 + "=", "jwt_secret": "j", "api_secret_key": "a"}
USERS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"
FILE = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
ALL_ADMINS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"
MANAGER = "AIRFLOW__CORE__AUTH_MANAGER"
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
HOST = "AIRFLOW__API__HOST"


def checkout(root: Path, **given: str) -> Environment:
    return compute(root, given, SECRETS)


def passwords(root: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(passwords_file(root).read_text())
    return found


def test_passwords_are_made_once_told_once_and_private(tmp_path: Path) -> None:
    told = "\n".join(make_users(checkout(tmp_path)))
    made = passwords(tmp_path)
    assert set(made) == {"admin", "viewer"}
    assert len(set(made.values())) == 2
    assert all(len(password) >= 16 for password in made.values())
    assert f"admin / {made['admin']} (may do everything)" in told
    assert f"viewer / {made['viewer']} (may look)" in told
    assert stat.S_IMODE(passwords_file(tmp_path).stat().st_mode) == 0o600

    again = "\n".join(make_users(checkout(tmp_path)))
    assert passwords(tmp_path) == made
    assert not [password for password in made.values() if password in again]
    assert ".local/airflow/passwords.json" in again
    make_users(checkout(tmp_path / "other"))
    assert passwords(tmp_path / "other") != made


def test_names_as_passwords_are_replaced_and_others_kept(tmp_path: Path) -> None:
    path = passwords_file(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"admin": "admin", "viewer": "of my own"}))
    path.chmod(0o644)
    told = "\n".join(make_users(checkout(tmp_path)))
    assert passwords(tmp_path)["viewer"] == "of my own"
    assert passwords(tmp_path)["admin"] not in ("admin", "")
    assert "the password of admin was the name itself; it has been replaced" in told
    assert "of my own" not in told
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_users_of_ones_own_get_passwords_too(tmp_path: Path) -> None:
    told = make_users(checkout(tmp_path, **{USERS: "ann:op, bob:viewer:team"}))
    assert set(passwords(tmp_path)) == {"ann", "bob"}
    assert "may run and configure" in told[0]


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    passwords_file(tmp_path).parent.mkdir(parents=True)
    for text in ("{", "[]"):
        passwords_file(tmp_path).write_text(text)
        with pytest.raises(SetupError, match="remove it to get new ones"):
            make_users(checkout(tmp_path))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({MANAGER: FAB}, "those of the configured auth manager"),
        ({ALL_ADMINS: "True"}, "no login"),
        ({FILE: "/elsewhere/passwords"}, "passwords: /elsewhere/passwords"),
    ],
)
def test_what_the_user_configured_is_left_alone(tmp_path: Path, given: dict[str, str], told: str) -> None:
    assert told in make_users(checkout(tmp_path, **given))[0]
    assert not passwords_file(tmp_path).exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.53"])
def test_this_machine_may_always_come_in(tmp_path: Path, host: str) -> None:
    assert check_address(checkout(tmp_path, **{HOST: host})) is None
    assert check_address(checkout(tmp_path, **{HOST: host, ALL_ADMINS: "True"})) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "airflow.example.com"])
@pytest.mark.parametrize(
    "given", [{}, {ALL_ADMINS: "true"}, {ALL_ADMINS: "true", FILE: "/elsewhere"}, {USERS: "ann:admin"}]
)
def test_other_machines_may_not_as_users_of_this_one(tmp_path: Path, host: str, given: dict[str, str]) -> None:
    with pytest.raises(SetupError) as refused:
        check_address(checkout(tmp_path, **{HOST: host, **given}))
    for remedy in (host, "unset it", "ssh -L", FILE, "docs/deployment.md"):
        assert remedy in str(refused.value)


def test_other_machines_may_as_users_of_their_own(tmp_path: Path) -> None:
    for given in ({FILE: "/elsewhere/passwords"}, {MANAGER: FAB}, {MANAGER: FAB, ALL_ADMINS: "true"}):
        warning = check_address(checkout(tmp_path, **{HOST: "0.0.0.0", **given}))
        assert warning is not None
        assert "without TLS" in warning
