"""Running one DAG in a terminal: what is shown, how it ends, and what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from scripts import local_postgres, run_dag
from scripts.locks import scheduler_lock
from scripts.run_dag import UsageError, read_conf
from scripts.terminal import last_line
from tests.scripts.conftest import IN_A_TERMINAL


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PROSPECTING"))}


def command(root: Path, dag_id: str, conf: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.run_dag", dag_id, "--conf", conf],
        cwd=root,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


@pytest.mark.parametrize("text", ["{", "{'a': 1}", "nonsense"])
def test_broken_json_is_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="CONF is not valid JSON") as refusal:
        read_conf(text)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["[1]", '"a"', "3", "null"])
def test_json_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="must be a JSON object"):
        read_conf(text)


def test_no_configuration_is_an_empty_one() -> None:
    assert read_conf("  ") == {}
    assert read_conf('{"a": {"b": [1]}}') == {"a": {"b": [1]}}


@pytest.mark.parametrize(("dag_id", "conf"), [("x", "{"), ("x", "[]")])
def test_wrong_usage_exits_2_before_anything_starts(dag_id: str, conf: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_dag.main([dag_id, "--conf", conf]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: CONF")
    assert captured.err.count("\n") == 1


def test_an_error_is_shown_as_its_first_line() -> None:
    assert last_line(ValueError("one\ntwo")) == "ValueError: one"
    assert last_line(KeyError()) == "KeyError"
    assert len(last_line(ValueError("x" * 9999))) <= 400


def test_terminal_runs_share_what_a_scheduler_needs_alone(tmp_path: Path) -> None:
    one, two, scheduler = (scheduler_lock(tmp_path) for _ in range(3))
    assert one.acquire(shared=True, wait=False)
    assert two.acquire(shared=True, wait=False)
    assert not scheduler.acquire(wait=False)
    one.release()
    two.release()
    assert scheduler.acquire(wait=False)
    assert not one.acquire(shared=True, wait=False)


@pytest.mark.airflow
def test_two_runs_at_once_from_nothing_end_as_each_would_alone(tiny_checkout: Path) -> None:
    runs = [command(tiny_checkout, "tiny", conf) for conf in ('{"mood": "flaky", "n": 2}', '{"mood": "bad", "n": 1}')]
    (code, shown, _), (other_code, other_shown, _) = [finish(run) for run in runs]
    assert (code, other_code) == (0, 1), shown + other_shown
    lines = [re.sub(r"^\S+ +|  [\d.]+ s$", "", line) for line in shown.splitlines()]
    assert "retry    square[number 1]" in lines
    assert "ValueError: it does not want to" in lines
    assert "start    square[1] (try 2)" in lines
    assert "success  square[number 1]" in lines
    assert "done     tiny success: 4 success" in lines
    assert "noise" not in shown
    log = tiny_checkout / shown.strip().splitlines()[-1].partition("log: ")[2]
    assert "and here is why, at length" in log.read_text()

    assert "failed   square[number 0]: ValueError: it does not want to" in other_shown
    assert "done     tiny failed: " in other_shown

    # The task `database` returns nothing, and a failed one neither.
    assert sorted(returned_values(tiny_checkout)[-2:]) == [
        '{"numbers": [0, 1], "square": [0, 1]}',
        '{"numbers": [0]}',
    ]


@pytest.mark.airflow
@pytest.mark.parametrize(
    ("dag_id", "conf", "message"),
    [("nope", "", "there is no DAG 'nope'; known: tiny"), ("tiny", '{"n": 0}', "CONF is refused by tiny: ")],
)
def test_what_cannot_run_exits_2_and_leaves_no_run(tiny_checkout: Path, dag_id: str, conf: str, message: str) -> None:
    before = run_states(tiny_checkout)
    code, _, error = finish(command(tiny_checkout, dag_id, conf))
    assert code == 2
    assert error.startswith(f"error: {message}")
    assert error.count("\n") == 1
    assert run_states(tiny_checkout) == before


def at_work(root: Path, conf: dict[str, object]) -> tuple[subprocess.Popen[str], str]:
    """A run that is in its first task, and what it has shown."""
    process = command(root, "tiny", json.dumps(conf))
    assert process.stdout is not None
    shown = ""
    for line in process.stdout:
        shown += line
        if "start    numbers" in line:
            break
    time.sleep(0.5)  # into the task's own code, where Airflow has put a handler of its own
    return process, shown


@pytest.mark.airflow
def test_runs_end_with_their_processes_and_what_they_leave_is_closed_by_the_next(
    tiny_checkout: Path, tmp_path: Path
) -> None:
    before = len(run_states(tiny_checkout))
    terminated, killed = (at_work(tiny_checkout, {"sleep": 600})[0] for _ in range(2))
    killed.kill()
    killed.communicate()
    assert run_states(tiny_checkout)[before:] == ["running", "running"]

    loses_database, shown = at_work(tiny_checkout, {"wait_for": str(tmp_path / "go on")})
    assert f"closed 1 run that a killed terminal left: tiny {run_ids(tiny_checkout)[before + 1]}\n" in shown
    assert run_states(tiny_checkout)[before:] == ["running", "failed", "running"]

    terminated.send_signal(signal.SIGTERM)
    code, shown, _ = finish(terminated)
    assert code == 128 + signal.SIGTERM, shown
    assert run_states(tiny_checkout)[before:] == ["failed", "failed", "running"]

    local_postgres.stop(tiny_checkout / ".local" / "postgres")
    (tmp_path / "go on").touch()
    code, shown, _ = finish(loses_database)
    assert code == 1
    assert "failed   a database of this run does not answer any more: OperationalError: " in shown
    assert "note     start the same command again: what is saved stays, and what was paid for is not" in shown
    assert run_states(tiny_checkout)[before:] == ["failed", "failed", "running"]

    done = subprocess.run(
        [sys.executable, "-m", "scripts.run_owners"],
        cwd=tiny_checkout,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stdout == f"closed 1 run that a killed terminal left: tiny {run_ids(tiny_checkout)[before + 2]}\n"
    assert run_states(tiny_checkout)[before:] == ["failed", "failed", "failed"]
    assert unfinished_tasks(tiny_checkout) == 0
    assert list((tiny_checkout / ".local" / "terminal-runs").iterdir()) == []


WAITING = """
import sys, time
from scripts.run_dag import handle_signals
from scripts.terminal import Progress
progress = Progress(sys.stdout)
handle_signals(progress)
try:
    print("ready", flush=True)
    time.sleep(sys.argv[1:] and 0.5 or 300)
except KeyboardInterrupt:
    sys.exit(128 + progress.interrupted)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_that_ends_a_terminal_is_an_interruption(number: int) -> None:
    # These tests may themselves run under nohup.
    code = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n{WAITING}"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert "interrupted" in process.communicate(timeout=60)[0]
    assert process.returncode == 128 + number


def test_a_run_ends_with_its_terminal_also_when_nobody_tells_it(tmp_path: Path) -> None:
    """The shell that owns the terminal is told of its end, and this one keeps that to itself."""
    terminal, slave = os.openpty()
    script = 'trap "" HUP; "$@"; echo $? > "$0"'
    shell = subprocess.Popen(
        [
            sys.executable,
            "-c",
            IN_A_TERMINAL,
            "/bin/sh",
            "-c",
            script,
            str(tmp_path / "ended"),
            sys.executable,
            "-c",
            WAITING,
        ],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    while b"ready\r\n" not in shown:
        shown += os.read(terminal, 4096)
    os.close(terminal)
    shell.wait(timeout=60)
    assert (tmp_path / "ended").read_text().strip() == str(128 + signal.SIGHUP)


def test_a_run_under_nohup_outlives_its_terminal() -> None:
    process = subprocess.Popen(
        ["nohup", sys.executable, "-c", WAITING, "briefly"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=60) == 0


RETURNED_VALUES = """
import json, os, sys
from scripts import environment
os.environ.update(environment.prepare().variables)
from prospecting.web.airflow_runs import returned_values  # Airflow reads the environment when it is imported
for run_id in sys.argv[1:]:
    print("returned", json.dumps(returned_values("tiny", run_id), sort_keys=True))
"""


def returned_values(root: Path) -> list[str]:
    """What the tasks of each run of the tiny DAG returned, by task id, as JSON; the oldest run first."""
    done = subprocess.run(
        [sys.executable, "-c", RETURNED_VALUES, *run_ids(root)],
        cwd=root,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    lines = done.stdout.splitlines()
    return [line.removeprefix("returned ") for line in lines if line.startswith("returned ")]


def run_states(root: Path) -> list[str]:
    data_dir = root / ".local" / "postgres"
    local_postgres.start(data_dir, databases=("prospecting", "airflow"))
    with psycopg.connect(local_postgres.url(data_dir, "airflow")) as connection:
        known = connection.execute("select to_regclass('dag_run')").fetchone()
        if known is None or known[0] is None:
            return []
        return [state for (state,) in connection.execute("select state from dag_run order by id")]


def run_ids(root: Path) -> list[str]:
    with psycopg.connect(local_postgres.url(root / ".local" / "postgres", "airflow")) as connection:
        return [run_id for (run_id,) in connection.execute("select run_id from dag_run order by id")]


def unfinished_tasks(root: Path) -> int:
    """How many task instances have not ended, or not been given the time of their end."""
    with psycopg.connect(local_postgres.url(root / ".local" / "postgres", "airflow")) as connection:
        row = connection.execute(
            "select count(*) from task_instance where state in ('running', 'queued', 'scheduled', 'deferred') "
            "or state is null or end_date is null"
        ).fetchone()
        assert row is not None
        return int(row[0])
