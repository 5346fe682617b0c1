"""The environment every Airflow process and every command of this checkout runs in, computed in one place.

What the user has set always wins. Everything else is derived from where the checkout lies, so that two checkouts on one
machine never share a database, a secret or a log.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from prospecting.persistence.database_urls import EXPECTED, encoded_url
from scripts import local_postgres
from scripts.private_files import PRIVATE, private_folder, write_once

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = "prospecting"
USERS = {"admin": "admin", "viewer": "viewer"}  # name: role; their passwords: scripts/local_users.py


class SetupError(Exception):
    """A command cannot run as asked; the message is one line that names cause and remedy."""


# ------------------------------------------------------------------ database URLs


def plain_url(url: str) -> str:
    """A URL libpq understands, from any common spelling of a Postgres URL.

    `postgres://`, `postgresql://` and SQLAlchemy's `postgresql+driver://` all become `postgresql://`.

    Raises:
        SetupError: not a Postgres URL, or no database named. The message does not repeat the URL: it holds a password.
    """
    try:
        parts = urlsplit(encoded_url(url))
        _ = parts.port
    except ValueError as error:
        reason = error if EXPECTED in str(error) else f"the database URL cannot be read; {EXPECTED}"
        raise SetupError(str(reason)) from None
    scheme, _, driver = parts.scheme.partition("+")
    if scheme not in ("postgres", "postgresql") or (driver and scheme != "postgresql"):
        raise SetupError(f"the application database must be PostgreSQL, not {parts.scheme or 'an empty URL'!r}")
    if not parts.path.strip("/") and not dict(parse_qsl(parts.query)).get("dbname"):
        raise SetupError(f"the database URL names no database; {EXPECTED}")
    return _joined(parts)


def _joined(parts: SplitResult) -> str:
    """The URL again; `urlunsplit` would drop the slashes of one without a host."""
    return f"postgresql://{parts.netloc}{parts.path}{'?' if parts.query else ''}{parts.query}"


def sqlalchemy_url(url: str, driver: str) -> str:
    """The same URL for SQLAlchemy with the given driver, such as `psycopg2`."""
    return f"postgresql+{driver}:{plain_url(url).partition(':')[2]}"


def without_password(url: str) -> tuple[str, str]:
    """(the URL without its password, the password or "")."""
    parts = urlsplit(plain_url(url))
    password = unquote(parts.password or "")
    if not password:
        return plain_url(url), ""
    user, _, host = parts.netloc.rpartition("@")
    return _joined(parts._replace(netloc=f"{user.partition(':')[0]}@{host}")), password


def connection_url(connection: str) -> str:
    """The libpq URL of an Airflow connection, given as a URI or as JSON (the two forms of `AIRFLOW_CONN_*`)."""
    if not connection.lstrip().startswith("{"):
        parts = urlsplit(plain_url(connection) if connection.startswith("postgres") else connection)
        kept = [(key, value) for key, value in parse_qsl(parts.query) if key not in _AIRFLOW_ONLY_EXTRAS]
        if parts.scheme not in ("postgres", "postgresql"):
            raise SetupError("AIRFLOW_CONN_PROSPECTING_DB must be a connection of type postgres")
        return plain_url(_joined(parts._replace(query=urlencode(kept, quote_via=quote, safe="/"))))
    try:
        fields = json.loads(connection)
        extra = fields.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
    except ValueError:
        raise SetupError("AIRFLOW_CONN_PROSPECTING_DB is neither a connection URI nor valid JSON") from None
    if fields.get("conn_type") not in ("postgres", "postgresql"):
        raise SetupError("AIRFLOW_CONN_PROSPECTING_DB must be a connection of type postgres")
    user = quote(str(fields.get("login") or ""), safe="")
    if password := fields.get("password"):
        user += ":" + quote(str(password), safe="")
    host = str(fields.get("host") or "")
    query = {key: str(value) for key, value in extra.items() if key not in _AIRFLOW_ONLY_EXTRAS}
    if host.startswith("/"):  # a socket directory cannot be the host part of a URL
        query.setdefault("host", host)
        host = ""
    port = f":{fields['port']}" if fields.get("port") and host else ""
    where = f"{user}@{host}{port}" if user else f"{host}{port}"
    tail = f"?{urlencode(query, quote_via=quote, safe='/')}" if query else ""
    return plain_url(f"postgresql://{where}/{quote(str(fields.get('schema') or ''), safe='')}{tail}")


_AIRFLOW_ONLY_EXTRAS = frozenset({"__extra__", "sqlalchemy_query", "sqlalchemy_scheme", "cursor", "iam", "aws_conn_id"})


def airflow_connection(url: str) -> str:
    """The Airflow connection (JSON) of a libpq URL; `extra` is for the driver, `sqlalchemy_query` in it for engines."""
    parts = urlsplit(plain_url(url))
    extra: dict[str, object] = dict(parse_qsl(parts.query))
    if extra:
        extra["sqlalchemy_query"] = dict(extra)
    return json.dumps(
        {
            "conn_type": "postgres",
            "host": parts.hostname or "",
            "login": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "schema": unquote(parts.path.lstrip("/")),
            **({"port": parts.port} if parts.port else {}),
            "extra": extra,
        }
    )


def database_identity(url: str) -> tuple[str, int, str]:
    """(host, port, database), defaults filled in, spellings of this machine folded: equal means the same database."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    host = (query.get("host") or unquote(parts.hostname or "") or "localhost").lower()
    if not host.startswith("/"):
        host = "localhost" if host in ("127.0.0.1", "::1") else host
    port = int(query.get("port") or parts.port or 5432)
    return host, port, query.get("dbname") or unquote(parts.path.lstrip("/")) or unquote(parts.username or "")


# ------------------------------------------------------------------ the environment


@dataclass(frozen=True)
class Environment:
    """Where this checkout keeps its things, and the variables that tell Airflow so."""

    root: Path
    variables: dict[str, str]
    application_url: str
    """libpq URL of the application database"""
    metadata_url: str
    """SQLAlchemy URL of Airflow's own database"""
    needs_server: bool
    """True when the application or the metadata database lives in the embedded server"""
    application_is_local: bool

    @property
    def local(self) -> Path:
        """Everything this checkout creates at run time."""
        return self.root / ".local"


def compute(
    root: Path,
    environ: Mapping[str, str],
    secret_values: Mapping[str, str],
    *,
    metadata: str = "airflow",
    port: int = 8080,
) -> Environment:
    """The environment of a checkout at `root`, on top of `environ`; touches no disk and no database.

    `metadata` is the database in the embedded server that holds Airflow's metadata; `port` is the UI's.

    Raises:
        SetupError: an unusable database URL, or application and metadata database are the same one.
    """
    airflow_home = root / ".local" / "airflow"
    data_dir = root / ".local" / "postgres"
    given_url = environ.get("PROSPECTING_DB_URL", "").strip()
    given_connection = environ.get("AIRFLOW_CONN_PROSPECTING_DB", "").strip()
    if given_url:
        application_url = plain_url(given_url)
    elif given_connection:
        application_url = connection_url(given_connection)
    else:
        application_url = local_postgres.url(data_dir, "prospecting")
    application_is_local = not given_url and not given_connection
    own_metadata = environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "").strip()
    metadata_url = own_metadata or sqlalchemy_url(local_postgres.url(data_dir, metadata), "psycopg2")
    if metadata_url.startswith("postgres") and database_identity(metadata_url) == database_identity(application_url):
        raise SetupError(
            "the application database is Airflow's metadata database; "
            "give PROSPECTING_DB_URL (or AIRFLOW__DATABASE__SQL_ALCHEMY_CONN) a database of its own"
        )
    plugins = str(root / "plugins")
    listens_to = environ.get("AIRFLOW__API__HOST", "").strip() or "127.0.0.1"
    bundle = {
        "name": BUNDLE,
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(root / "dags"), "refresh_interval": 30},
    }
    defaults = {
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": plugins,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # The button Test in the form of a connection lets whoever may edit connections have this machine call any
        # address: fine for the users of this machine, and for nobody else.
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled" if is_loopback(listens_to) else "Disabled",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(airflow_home / "passwords.json"),
        "AIRFLOW__CORE__FERNET_KEY": secret_values["fernet_key"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": secret_values["jwt_secret"],
        "AIRFLOW__API__SECRET_KEY": secret_values["api_secret_key"],
        "AIRFLOW__API__HOST": listens_to,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata_url,
        # Airflow's errors would show what users typed, in the logs of its components.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_ENGINE_ARGS": '{"hide_parameters": true}',
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(airflow_home / "logs"),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_NO_ANALYTICS": "true",
        "DO_NOT_TRACK": "1",
        "AIRFLOW_CONN_PROSPECTING_DB": airflow_connection(application_url),
        # A forked child that asks macOS for its proxies crashes; Airflow forks for every task.
        **({"no_proxy": environ.get("no_proxy", "*")} if sys.platform == "darwin" else {}),
    }
    variables = dict(environ)
    for name, value in defaults.items():
        if not variables.get(name):
            variables[name] = value
    if given_url:  # it names the application database; a connection set beside it must not name another one
        variables["AIRFLOW_CONN_PROSPECTING_DB"] = defaults["AIRFLOW_CONN_PROSPECTING_DB"]
    variables["PROSPECTING_DB_URL"] = application_url
    variables["PROSPECTING_ALLOWED_HOSTS"] = environ.get("PROSPECTING_ALLOWED_HOSTS", "").strip() or ",".join(
        own_hosts(variables)
    )
    on_path = [path for path in environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != plugins]
    variables["PYTHONPATH"] = os.pathsep.join([plugins, *on_path])
    variables["PATH"] = os.pathsep.join([str(root / ".venv" / "bin"), environ.get("PATH", os.defpath)])
    return Environment(
        root=root,
        variables=variables,
        application_url=application_url,
        metadata_url=metadata_url,
        needs_server=application_is_local or not own_metadata,
        application_is_local=application_is_local,
    )


def is_loopback(host: str) -> bool:
    """True when whoever reaches this address or name is on this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def own_hosts(variables: Mapping[str, str]) -> list[str]:
    """The names under which the API server is asked: those of this machine, and those it is configured to have."""
    hosts = dict.fromkeys(("localhost", "127.0.0.1", "[::1]"))
    for name in ("AIRFLOW__API__BASE_URL", "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"):
        with contextlib.suppress(ValueError):
            if host := urlsplit(variables[name]).hostname:
                hosts[f"[{host}]" if ":" in host else host] = None
    return list(hosts)


# ------------------------------------------------------------------ what lies on disk


def local_secrets(airflow_home: Path) -> dict[str, str]:
    """This checkout's own random keys: without them, components started apart cannot talk to each other."""
    fresh = {
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "jwt_secret": secrets.token_urlsafe(48),
        "api_secret_key": secrets.token_urlsafe(32),
    }
    values: dict[str, str] = json.loads(write_once(airflow_home / "secrets.json", json.dumps(fresh, indent=1)))
    return values


def prepare(
    root: Path = ROOT, environ: Mapping[str, str] | None = None, *, metadata: str = "airflow", port: int = 8080
) -> Environment:
    """Compute the environment and make sure that the files and databases it names exist (starts the embedded server).

    From here on, what this process and its children write is for this user alone.

    Raises:
        SetupError: unusable settings.
        local_postgres.ServerError: the embedded server does not start.
    """
    given = os.environ if environ is None else environ
    os.umask(PRIVATE)
    local = root / ".local"
    # The embedded server does not run as root; its user has to get to its folder.
    private_folder(local, passable=os.geteuid() == 0)
    for name in ("airflow", "logs"):
        private_folder(local / name)
    environment = compute(root, given, local_secrets(local / "airflow"), metadata=metadata, port=port)
    if environment.needs_server:
        local_postgres.start(environment.local / "postgres", databases=("prospecting", metadata))
    return environment
