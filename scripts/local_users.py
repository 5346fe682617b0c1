"""Who may log in to an Airflow on this machine: users with passwords made for this checkout, and from where.

What the user has configured is left alone: another auth manager, a file of passwords, logins switched off.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from scripts.environment import Environment, SetupError, is_loopback
from scripts.private_files import replace_private

RIGHTS = {"admin": "may do everything", "op": "may run and configure", "user": "may run DAGs", "viewer": "may look"}
_SETTING = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER"


def passwords_file(root: Path) -> Path:
    """Where the passwords of this checkout's users are: a JSON object, from name to password."""
    return root / ".local" / "airflow" / "passwords.json"


def everybody_is_admin(variables: Mapping[str, str]) -> bool:
    """True when logins are switched off."""
    return variables.get(f"{_SETTING}_ALL_ADMINS", "").strip().lower() in ("1", "t", "true")


def has_own_manager(variables: Mapping[str, str]) -> bool:
    """True when users come from an auth manager that the user has chosen."""
    return not variables["AIRFLOW__CORE__AUTH_MANAGER"].endswith(".SimpleAuthManager")


def has_own_passwords(prepared: Environment) -> bool:
    """True when the user has brought a file of passwords."""
    return Path(prepared.variables[f"{_SETTING}_PASSWORDS_FILE"]) != passwords_file(prepared.root)


def check_address(prepared: Environment) -> str | None:
    """Refuse to let other machines in with users made for this one; returns a warning for users of their own.

    Raises:
        SetupError: Airflow is told to listen on more than this machine, and nobody but this checkout made its users.
    """
    variables = prepared.variables
    host = variables["AIRFLOW__API__HOST"].strip()
    if is_loopback(host):
        return None
    if not has_own_manager(variables) and (everybody_is_admin(variables) or not has_own_passwords(prepared)):
        raise SetupError(
            f"AIRFLOW__API__HOST={host} opens Airflow to other machines, but its users are made for this one: unset it "
            "and come in through an SSH tunnel (ssh -L 8080:localhost:8080 …), or bring users of your own "
            f"({_SETTING}_PASSWORDS_FILE, or AIRFLOW__CORE__AUTH_MANAGER); docs/deployment.md shows how to serve others"
        )
    return f"warning: Airflow listens on {host}, without TLS and any limit to failed logins: put a proxy before it"


def make_users(prepared: Environment) -> list[str]:
    """Give every configured user a password, where it is ours to give; returns what to tell the user, line by line.

    New passwords are told once. A password that equals its name, as those of earlier versions did, is replaced.

    Raises:
        SetupError: the file of passwords cannot be read.
    """
    variables = prepared.variables
    roles = configured_users(variables)
    if has_own_manager(variables):
        return ["users: those of the configured auth manager"]
    if everybody_is_admin(variables):
        return [f"no login: {_SETTING}_ALL_ADMINS lets everybody on this machine do everything"]
    if has_own_passwords(prepared):
        return [f"users: {', '.join(roles)} (passwords: {variables[f'{_SETTING}_PASSWORDS_FILE']})"]
    path = passwords_file(prepared.root)
    passwords = _read(path)
    new = {name: secrets.token_urlsafe(12) for name in roles if passwords.get(name, name) == name}
    known = [name for name in new if name in passwords]
    replace_private(path, json.dumps(passwords | new))
    shown = path.relative_to(prepared.root)
    lines = [
        f"user:  {name}{f' / {new[name]}' if name in new else ''} ({RIGHTS.get(role.lower(), role)})"
        for name, role in roles.items()
    ]
    if known:
        lines.append(f"note:  the password of {' and '.join(known)} was the name itself; it has been replaced")
    lines.append(f"passwords are kept in {shown}" + (" and not shown again" if new else ""))
    return lines


def configured_users(variables: Mapping[str, str]) -> dict[str, str]:
    """Role by user name, from Airflow's list of `name:role` or `name:role:team`."""
    entries = (entry.strip().split(":") for entry in variables[f"{_SETTING}_USERS"].split(",") if entry.strip())
    return {entry[0]: entry[1] if len(entry) > 1 else "" for entry in entries}


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text() or "{}")
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SetupError(f"{path} is no JSON object of names and passwords; correct it, or remove it to get new ones")
    return {str(name): str(password) for name, password in found.items()}
