"""The distributed deployment as it is written down: compose file, image and settings fit together and fit the code."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.bootstrap import SUPPORTED
from scripts.environment import compute, connection_url, database_identity

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = "/opt/airflow/bundle"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BUILT = {name: service for name, service in SERVICES.items() if "build" in service}
AIRFLOW = {name: service for name, service in BUILT.items() if "AIRFLOW__CORE__EXECUTOR" in service["environment"]}
ONE_SHOT = {"airflow-init", "airflow-cli"}
ENV_EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?::(?P<operator>[-?])(?P<word>[^${}]*))?\}")
SUBCOMMANDS = {"api-server", "scheduler", "dag-processor", "triggerer", "celery worker", "version"}


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """Replace, as Compose does, `${NAME}`, `${NAME:-default}` (nested too) and `${NAME:?message}`."""
    while match := VARIABLE.search(text):
        value = values.get(match["name"], "")
        if not value and match["operator"] == "?":
            raise KeyError(match["word"])
        if not value and match["operator"] == "-":
            value = match["word"]
        text = text[: match.start()] + value + text[match.end() :]
    return text.replace("$$", "$")


def strings(node: Any) -> Iterator[str]:
    """Every string in a YAML tree."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


def set_in_example() -> dict[str, str]:
    """The variables .env.example sets; those it only offers stand behind a #."""
    return dict(re.findall(r"^(\w+)=(.*)$", ENV_EXAMPLE, flags=re.MULTILINE))


def used_variables() -> set[str]:
    return {match["name"] for text in strings(COMPOSE) for match in re.finditer(r"(?<!\$)\$\{(?P<name>\w+)", text)}


def required_variables() -> set[str]:
    return {name for text in strings(COMPOSE) for name in re.findall(r"(?<!\$)\$\{(\w+):\?", text)}


VALUES = {name: f"value-of-{name.lower()}" for name in required_variables()}


def environment(service: str, **more: str) -> dict[str, str]:
    return {name: interpolate(str(value), VALUES | more) for name, value in SERVICES[service]["environment"].items()}


def pinned_image(service: str) -> str:
    return interpolate(SERVICES[service]["image"], {})


def test_every_component_is_there() -> None:
    assert set(SERVICES) == {
        "airflow-postgres",
        "prospecting-postgres",
        "redis",
        "airflow-init",
        "airflow-apiserver",
        "airflow-scheduler",
        "airflow-dag-processor",
        "airflow-triggerer",
        "airflow-worker",
        "airflow-log-groomer",
        "airflow-flower",
        "airflow-cli",
    }
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"airflow-flower", "airflow-cli"}


@pytest.mark.parametrize("name", sorted(AIRFLOW))
def test_every_airflow_service_gets_the_same_code_settings_and_secrets(name: str) -> None:
    service, shared = AIRFLOW[name], COMPOSE["x-airflow"]
    assert service["image"] == shared["image"]
    assert service["build"] == shared["build"]
    assert service["volumes"] == shared["volumes"], "a mount over the code would be another version of it"
    assert service["environment"].items() >= shared["environment"].items()
    more = set(service["environment"]) - set(shared["environment"])
    assert more <= {"PROSPECTING_DB_URL", "ADMIN_USER", "ADMIN_EMAIL", "ADMIN_PASSWORD", "DUMB_INIT_SETSID"}


def test_code_is_laid_out_as_in_development() -> None:
    secrets = {"fernet_key": "f", "jwt_secret": "j", "api_secret_key": "a"}
    local = compute(Path(BUNDLE), {}, secrets).variables
    deployed = environment("airflow-triggerer")
    bundles = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
    assert json.loads(deployed[bundles]) == json.loads(local[bundles])
    for variable in (
        "AIRFLOW__CORE__DAGS_FOLDER",
        "AIRFLOW__CORE__PLUGINS_FOLDER",
        "AIRFLOW__CORE__LOAD_EXAMPLES",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION",
        "AIRFLOW__API__EXPOSE_CONFIG",
        "PYTHONPATH",
    ):
        assert deployed[variable] == local[variable], variable


def test_the_auth_manager_is_installed() -> None:
    manager = environment("airflow-apiserver")["AIRFLOW__CORE__AUTH_MANAGER"]
    assert manager.startswith("airflow.providers.fab."), "the simple auth manager is for development"
    pins = (ROOT / "requirements-image.txt").read_text(encoding="utf-8")
    assert re.search(r"^apache-airflow-providers-fab==[\d.]+ ", pins, re.MULTILINE)
    assert (
        "pip install --no-cache-dir --require-hashes --no-deps -r /opt/airflow/bundle/requirements-image.txt\n"
        in DOCKERFILE
    )


def test_secrets_all_components_must_share_are_there() -> None:
    shared = COMPOSE["x-airflow"]["environment"]
    for variable in ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY"):
        assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", shared[variable]), variable
    assert shared["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://airflow-apiserver:8080/execution/"


def test_application_database_is_not_the_metadata_database() -> None:
    deployed = environment("airflow-init")
    application = connection_url(deployed["AIRFLOW_CONN_PROSPECTING_DB"])
    metadata = deployed["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert database_identity(application) == ("prospecting-postgres", 5432, "prospecting")
    assert database_identity(metadata) == ("airflow-postgres", 5432, "airflow")
    assert deployed["AIRFLOW__CELERY__RESULT_BACKEND"] == f"db+{metadata}"
    assert deployed["PROSPECTING_DB_URL"] == application, "the migrated database must be the one that tasks use"


def test_own_database_is_migrated_and_used() -> None:
    own = "postgresql://someone:secret@db.example.com:5433/leads?sslmode=require"
    deployed = environment("airflow-init", PROSPECTING_DB_URL=own)
    assert deployed["PROSPECTING_DB_URL"] == deployed["AIRFLOW_CONN_PROSPECTING_DB"] == own
    assert environment("airflow-worker", PROSPECTING_DB_URL=own)["AIRFLOW_CONN_PROSPECTING_DB"] == own


def test_databases_are_recent_enough() -> None:
    for name in ("airflow-postgres", "prospecting-postgres"):
        major = int(pinned_image(name).removeprefix("postgres:").partition(".")[0])
        assert major >= 15  # NULLS NOT DISTINCT
        # From 18 on the image keeps a folder per major version below this one.
        assert SERVICES[name]["volumes"] == [f"{name}:/var/lib/postgresql"]
        assert major >= 18


def test_image_is_that_of_the_pinned_airflow_on_a_supported_python() -> None:
    base = re.search(
        r"^ARG AIRFLOW_IMAGE=apache/airflow:(?P<airflow>[\d.]+)-python(?P<python>[\d.]+)@sha256:[0-9a-f]{64}$",
        DOCKERFILE,
        re.MULTILINE,
    )
    assert base
    assert re.findall(r"^FROM (\S+)$", DOCKERFILE, re.MULTILINE) == ["${AIRFLOW_IMAGE}"]
    pinned = re.search(r"^apache-airflow==([\d.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned
    assert base["airflow"] == pinned[1]
    assert COMPOSE["x-airflow"]["image"].endswith(f":{pinned[1]}")
    assert SUPPORTED[0] <= tuple(map(int, base["python"].split("."))) < SUPPORTED[1]
    assert f"--python-version {base['python']} --python-platform linux requirements-image.in" in MAKEFILE


def test_image_holds_what_the_components_read_and_nothing_runs_as_root() -> None:
    copied = re.findall(r"^COPY --chown=airflow:root (\S+) (\S+)$", DOCKERFILE, re.MULTILINE)
    assert "WORKDIR /opt/airflow/bundle" in DOCKERFILE
    allowed = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(source for source, _ in copied) == sorted(allowed)
    code = {"alembic.ini", "migrations", "include", "plugins", "dags"}
    described_by = {
        "requirements-image.txt",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "NOTICE",
        "scripts/wheel_files.py",
    }
    assert code | described_by == set(allowed)
    assert all((ROOT / source).exists() for source, _ in copied)
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["airflow"]
    assert not any("user" in service for service in SERVICES.values())


def test_image_tells_airflow_the_package_entry_points(tmp_path: Path) -> None:
    assert re.search(
        r"^RUN pip install .*--no-deps --no-build-isolation --no-index --editable \.$", DOCKERFILE, re.MULTILINE
    )
    image = tmp_path / "bundle"
    for source, target in re.findall(r"^COPY --chown=airflow:root (\S+) (\./\S*)$", DOCKERFILE, re.MULTILINE):
        path = image / target / (Path(source).name if target.endswith("/") else "")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(ROOT / source)
    build = "import sys; from hatchling.build import build_editable; print(build_editable(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=image, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(tmp_path / done.stdout.strip()) as wheel:
        names = {Path(name).name: wheel.read(name).decode() for name in wheel.namelist()}
    assert "[apache_airflow_provider]" in names["entry_points.txt"]
    assert names["_prospecting_bundle.pth"].strip() == str(image / "plugins"), "a link, not another copy"


def test_init_prepares_both_databases_the_pools_and_the_first_user() -> None:
    init = SERVICES["airflow-init"]
    assert init["entrypoint"] == ["/bin/bash", "-c"]
    (script,) = init["command"]
    lines = interpolate(script, {}).replace("\\\n", " ").strip().splitlines()
    assert lines[:4] == [
        "set -euo pipefail",
        "airflow db migrate",
        "alembic upgrade head",
        "airflow pools import include/pools.json",
    ]
    assert len(lines) == 6
    assert " airflow users create " in lines[5]
    assert set(re.findall(r"\$(\w+)", lines[5])) <= set(init["environment"])


def test_everybody_waits_for_init_and_the_worker_for_the_api_server() -> None:
    for name in AIRFLOW.keys() - {"airflow-init"}:
        waits = {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
        assert waits.items() >= {"airflow-init": "service_completed_successfully", "redis": "service_healthy"}.items()
    assert SERVICES["airflow-worker"]["depends_on"]["airflow-apiserver"] == {"condition": "service_healthy"}
    databases = {"airflow-postgres": "service_healthy", "prospecting-postgres": "service_healthy"}
    init = SERVICES["airflow-init"]
    assert {name: how["condition"] for name, how in init["depends_on"].items()} == databases


def test_long_running_services_are_watched_and_come_back() -> None:
    for name in SERVICES.keys() - ONE_SHOT:
        if name != "airflow-log-groomer":  # a loop: it runs or it does not
            assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name
        assert SERVICES[name]["restart"] == "unless-stopped", name
    assert {SERVICES[name]["restart"] for name in ONE_SHOT} == {"no"}
    # The scheduler answers health checks only when told to.
    assert environment("airflow-scheduler")["AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK"] == "True"


def test_commands_are_subcommands_of_airflow() -> None:
    commands = {" ".join(service["command"]) for name, service in AIRFLOW.items() if name != "airflow-init"}
    assert commands == SUBCOMMANDS


def test_no_secret_is_written_into_the_files() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|KEY|AUTH$", variable):
                assert str(value).startswith("${"), f"{name}: {variable}"
    for text in strings(COMPOSE):
        for password in re.findall(r"://[^/@\s:]*:((?:\$\{[^}]*\}|[^@/\s])+)@", text):
            assert password.startswith("${"), text
    assert not any(set_in_example().values())
    assert not re.search(r"^ENV .*(PASSWORD|SECRET|KEY)", DOCKERFILE, re.MULTILINE)


def test_a_missing_secret_is_named() -> None:
    assert required_variables() == {
        "AIRFLOW_FERNET_KEY",
        "AIRFLOW_JWT_SECRET",
        "AIRFLOW_API_SECRET_KEY",
        "AIRFLOW_DB_PASSWORD",
        "PROSPECTING_DB_PASSWORD",
        "REDIS_PASSWORD",
        "AIRFLOW_ADMIN_PASSWORD",
    }
    for text in strings(COMPOSE):
        for name, message in re.findall(r"(?<!\$)\$\{(\w+):\?([^}]*)\}", text):
            assert name in message
            assert ".env.example" in message
    with pytest.raises(KeyError, match="AIRFLOW_JWT_SECRET"):
        interpolate(COMPOSE["x-airflow"]["environment"]["AIRFLOW__API_AUTH__JWT_SECRET"], {})


def test_example_settings_name_every_variable_and_no_other() -> None:
    assert set(set_in_example()) == required_variables()
    offered = set(re.findall(r"^# (\w+)=", ENV_EXAMPLE, re.MULTILINE))
    assert offered | set(set_in_example()) == used_variables()
    for name, connection in re.findall(r"^# AIRFLOW_CONN_(\w+)='(.*)'$", ENV_EXAMPLE, re.MULTILINE):
        assert json.loads(connection)["conn_type"] == name.lower()


def test_every_pool_of_the_dags_is_imported() -> None:
    defaults = ast.parse((ROOT / "plugins/prospecting/tasks/defaults.py").read_text(encoding="utf-8"))
    constants = {
        target.id: node.value.value
        for node in defaults.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    used = set()
    folders = (ROOT / "dags", ROOT / "plugins/prospecting/tasks", ROOT / "plugins/prospecting/operators")
    for path in (path for folder in folders for path in folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "pool":
                value = node.value
                used.add(constants[value.id] if isinstance(value, ast.Name) else ast.literal_eval(value))
    pools = json.loads((ROOT / "include" / "pools.json").read_text())
    assert used
    assert used <= set(pools)
    assert {name for constant, name in constants.items() if constant.startswith("POOL_")} == set(pools)
    assert all(pool["slots"] > 0 for pool in pools.values())


# ------------------------------------------------------------------ what outsiders and accidents can do
def test_images_are_pinned_by_digest_and_can_be_replaced() -> None:
    for name, series in (("airflow-postgres", "18"), ("prospecting-postgres", "18"), ("redis", "7.2")):
        assert re.fullmatch(rf"\w+:{re.escape(series)}\.\d+-\w+@sha256:[0-9a-f]{{64}}", pinned_image(name))
    assert interpolate(SERVICES["redis"]["image"], {"REDIS_IMAGE": "mirror/redis:7.2"}) == "mirror/redis:7.2"
    for tag, _ in (pinned_image(name).split("@") for name in ("redis", "airflow-postgres")):
        assert tag in (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8"), "how to compare the digest"


def test_every_container_is_bounded() -> None:
    for name, service in SERVICES.items():
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"].keys() >= {"max-size", "max-file"}, name
        assert re.fullmatch(r"\d+[mg]", interpolate(service["mem_limit"], {})), name
    assert all(service["cap_drop"] == ["ALL"] for service in BUILT.values())


def test_a_database_counts_as_ready_when_it_answers_from_outside() -> None:
    """At the first start, a server on the socket alone creates the database, and is stopped again."""
    for name in ("airflow-postgres", "prospecting-postgres"):
        command = SERVICES[name]["healthcheck"]["test"]
        assert command[command.index("-h") + 1] == "127.0.0.1"


@pytest.mark.parametrize("name", ["airflow-postgres", "prospecting-postgres"])
def test_databases_log_nothing_of_what_they_hold(name: str) -> None:
    program, *options = SERVICES[name]["command"].split()
    assert program == "postgres"
    assert dict(option.split("=") for option in options if option != "-c") == {
        "log_error_verbosity": "terse",
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_parameter_max_length_on_error": "0",
    }
    assert json.loads(environment("airflow-scheduler")["AIRFLOW__DATABASE__SQL_ALCHEMY_ENGINE_ARGS"]) == {
        "hide_parameters": True
    }


def recorded(folder: Path, *programs: str) -> None:
    """Programs that write down how they were called, and what they were given to read."""
    for program in programs:
        path = folder / program
        record = 'echo "$0 $*" >> calls; env >> "$(basename "$0").env"; cat > read'
        path.write_text(f"#!/bin/sh\ncd {folder}\n{record}\n")
        path.chmod(0o755)


def run_script(service: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a service's own script as its container would, with the recorded programs on its path."""
    shell = [*SERVICES[service].get("entrypoint", []), *SERVICES[service]["command"]]
    *shell, script = shell[shell.index("--") + 1 :] if "--" in shell else shell
    return subprocess.run(
        [*shell, interpolate(script, {})],
        env={"PATH": f"{folder}:/usr/bin:/bin", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_password_is_on_a_command_line(tmp_path: Path) -> None:
    recorded(tmp_path, "airflow", "alembic", "docker-entrypoint.sh", "celery")
    (tmp_path / "setsid").write_text('#!/bin/sh\nshift\nexec "$@"\n')  # of Linux only
    (tmp_path / "setsid").chmod(0o755)

    done = run_script("airflow-init", tmp_path, ADMIN_USER="ann", ADMIN_EMAIL="a@example.com", ADMIN_PASSWORD="hush1")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "read").read_text() == "hush1\nhush1\n"

    done = run_script("redis", tmp_path, REDIS_PASSWORD="hush2")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "read").read_text() == "requirepass hush2\n"

    done = run_script("airflow-flower", tmp_path, LOGIN_USER="ann", LOGIN_PASSWORD="hush3")
    assert (done.returncode, done.stderr) == (0, "")
    assert "FLOWER_BASIC_AUTH=ann:hush3\n" in (tmp_path / "celery.env").read_text()

    calls = (tmp_path / "calls").read_text()
    assert "users create --role Admin --username ann" in calls
    assert "docker-entrypoint.sh redis-server -\n" in calls
    assert "celery flower\n" in calls
    assert "hush" not in calls


def test_flower_asks_for_a_login_and_knows_no_other_secret(tmp_path: Path) -> None:
    recorded(tmp_path, "celery")
    refused = run_script("airflow-flower", tmp_path, LOGIN_USER="ann", LOGIN_PASSWORD="")
    assert refused.returncode != 0
    assert "set FLOWER_PASSWORD in .env" in refused.stderr
    assert not (tmp_path / "calls").exists()
    flower = SERVICES["airflow-flower"]
    assert set(flower["environment"]) == {"CELERY_BROKER_URL", "LOGIN_USER", "LOGIN_PASSWORD"}
    assert "volumes" not in flower
    assert flower["ports"] == ["127.0.0.1:5555:5555"]


def test_old_task_logs_are_removed_and_new_ones_are_kept(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    ages = {"dag_id=a/old.log": 40, "dag_id=a/new.log": 2, "dag_id=b/attempt=1.log": 31, "dag_id=c/running.log": 0}
    for name, days in ages.items():
        (logs / name).parent.mkdir(parents=True, exist_ok=True)
        (logs / name).write_text("a line\n")
        os.utime(logs / name, (time.time() - days * 86_400,) * 2)
    (logs / "dag_id=d").mkdir()
    os.utime(logs / "dag_id=d", (time.time() - 3 * 86_400,) * 2)
    (logs / "dag_id=e").mkdir()
    (script,) = SERVICES["airflow-log-groomer"]["command"]
    once = interpolate(script, {}).replace("/opt/airflow/logs", str(logs)).replace("sleep 1h", "exit")
    days = environment("airflow-log-groomer")["RETENTION_DAYS"]
    subprocess.run(["/bin/bash", "-c", once], env={"PATH": "/usr/bin:/bin", "RETENTION_DAYS": days}, check=True)
    found = {str(path.relative_to(logs)) for path in logs.rglob("*")}
    # A folder that was emptied just now may be about to be written to.
    assert found == {
        "dag_id=a", "dag_id=a/new.log", "dag_id=b", "dag_id=c", "dag_id=c/running.log", "dag_id=e"
    }  # fmt: skip
    assert set(SERVICES["airflow-log-groomer"]["environment"]) == {"RETENTION_DAYS"}


def execution_timeouts() -> list[timedelta]:
    folders = (ROOT / "dags", ROOT / "plugins/prospecting")
    text = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py"))
    found = re.findall(r"execution_timeout\W+timedelta\((\w+)=(\d+)\)", text)
    return [timedelta(**{unit: int(number)}) for unit, number in found]


def test_a_task_is_handed_out_once() -> None:
    """Redis hands out again what is not done within the visibility timeout: no task may take that long."""
    worker = environment("airflow-worker")
    limits = [timedelta(seconds=int(worker["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT"]))]
    assert limits[0] > 2 * max(execution_timeouts())
    assert worker["AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER"] == "1"
    assert worker["AIRFLOW__CELERY__TASK_ACKS_LATE"] == "True"


def test_workers_can_be_many() -> None:
    worker = SERVICES["airflow-worker"]
    assert interpolate(worker["deploy"]["replicas"], {"AIRFLOW_WORKERS": "3"}) == "3"
    # What would make two of them one: a name, a host name, a port of this machine.
    assert not {"container_name", "hostname", "ports"} & worker.keys()
    assert "airflow-logs:/opt/airflow/logs" in worker["volumes"]
