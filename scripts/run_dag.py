"""Run one DAG to its end in this terminal, without a scheduler.

The terminal shows one line per task; everything Airflow and the tasks log goes to a file. The exit code says how it
ended: 0 success, 1 the run (or its start) failed, 2 it was asked for wrongly and nothing ran, 130 / 143 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import os
import re
import select
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from scripts import environment, interruption, local_postgres, migrate, run_owners
from scripts.environment import Environment, SetupError
from scripts.locks import FileLock, scheduler_lock
from scripts.terminal import Progress, ending_signals, hang_up_watch, last_line, listener, logs_to

GRACE_SECONDS = 10  # how long an interrupted task may take to clean up
REMEDY = "start the same command again: what is saved stays, and what was paid for is not paid again"


class UsageError(Exception):
    """The command was given something it cannot run; nothing was run."""


# ------------------------------------------------------------------ input


def read_conf(text: str) -> dict[str, Any]:
    """The run's configuration from JSON text; empty text is an empty configuration.

    Raises:
        UsageError: not JSON, or not an object.
    """
    if not text.strip():
        return {}
    try:
        conf = json.loads(text)
    except ValueError as error:
        raise UsageError(f"CONF is not valid JSON: {error}") from None
    if not isinstance(conf, dict):
        raise UsageError(f"CONF must be a JSON object such as '{{\"dry_run\": true}}', not {type(conf).__name__}")
    return conf


# ------------------------------------------------------------------ the run


def find_dag(dags: Path, dag_id: str) -> Any:
    """The DAG with this id from the bundle folder.

    Raises:
        UsageError: there is none; the message lists those there are.
        SetupError: its file cannot be imported.
    """
    from airflow.dag_processing.dagbag import BundleDagBag

    # Files are named after their DAG; only a miss costs reading all of them.
    for folder in (dags / f"{dag_id}.py", dags):
        if not folder.exists() or not re.fullmatch(r"[\w.-]+", dag_id):
            continue
        bag = BundleDagBag(dag_folder=folder, bundle_path=dags, bundle_name=environment.BUNDLE)
        if dag_id in bag.dags:
            return bag.dags[dag_id]
        if folder.is_file() and bag.import_errors:
            error = next(iter(bag.import_errors.values())).strip().splitlines()[-1]
            raise SetupError(f"{folder.name} cannot be imported: {error}")
    bag = BundleDagBag(dag_folder=dags, bundle_path=dags, bundle_name=environment.BUNDLE)
    known = ", ".join(sorted(bag.dags)) or "none"
    asked = f"there is no DAG {dag_id!r}" if dag_id else "which DAG? give DAG=<dag_id>"
    broken = (
        f" (not readable: {', '.join(sorted(Path(path).name for path in bag.import_errors))})"
        if bag.import_errors
        else ""
    )
    raise UsageError(f"{asked}; known: {known}{broken}")


def check_params(dag: Any, conf: dict[str, Any]) -> list[str]:
    """Check a configuration against the DAG's params as the UI does; returns the keys no param is named after.

    Raises:
        UsageError: a param is missing or refused.
    """
    from airflow.sdk.exceptions import ParamValidationError

    params = copy.deepcopy(dag.params)
    unknown = sorted(set(conf) - set(params)) if params else []
    try:
        params.update(conf)
        params.validate()
    except (ParamValidationError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise UsageError(f"CONF is refused by {dag.dag_id}: {lines[0] if lines else type(error).__name__}") from None
    return unknown


def execute(prepared: Environment, dag_id: str, conf: dict[str, Any], progress: Progress) -> tuple[bool, str]:
    """Run the DAG; returns (True when it succeeded, the run's id).

    Raises:
        UsageError: no such DAG, or a configuration its params refuse.
        KeyboardInterrupt: interrupted; the run is marked failed, as it is after any other exception.
    """
    from airflow.sdk.listener import get_listener_manager

    if dag_id:
        progress.line(f"{'load':<8} {dag_id} and Airflow, some seconds")
    dag = find_dag(prepared.root / "dags", dag_id)
    if unknown := check_params(dag, conf):
        progress.line(f"{'note':<8} {dag_id} has no param named {', '.join(unknown)}")
    manager: Any = get_listener_manager()
    hook = listener(progress)
    manager.add_listener(hook)
    began = datetime.now(UTC)
    try:
        with run_owners.claimed(prepared, dag_id, began):
            run = dag.test(logical_date=began, run_conf=conf)
    finally:
        manager.pm.unregister(hook)
    summarise(run, progress)
    return str(getattr(run.state, "value", run.state)) == "success", str(run.run_id)


def summarise(run: Any, progress: Progress) -> None:
    """One closing line with the run's state and how many task instances ended how."""
    counts: dict[str, int] = {}
    for task in run.get_task_instances():
        state = str(getattr(task.state, "value", task.state) or "none")
        counts[state] = counts.get(state, 0) + 1
    tally = ", ".join(f"{number} {state}" for state, number in sorted(counts.items(), key=lambda item: -item[1]))
    progress.line(f"{'done':<8} {run.dag_id} {getattr(run.state, 'value', run.state)}: {tally}")
    for name, reason in progress.failures.items():
        progress.line(f"{'failed':<8} {name}: {reason}")


def returned_values(dag_id: str, run_id: str) -> dict[str, Any]:
    """Returns what the tasks of a run returned, by task id; of a mapped task a list, in the order of its instances.

    Tasks that failed, and those that return nothing, are not in it.
    """
    from airflow.models.xcom import XComModel
    from airflow.sdk.execution_time.xcom import XCom
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = (
        select(XComModel)
        .where(XComModel.dag_id == dag_id, XComModel.run_id == run_id, XComModel.key == "return_value")
        .order_by(XComModel.task_id, XComModel.map_index)
    )
    returned: dict[str, Any] = {}
    with create_session() as session:
        for row in session.scalars(query):
            value = XCom.deserialize_value(row)
            if row.map_index < 0:
                returned[row.task_id] = value
            else:
                returned.setdefault(row.task_id, []).append(value)
    return returned


def report(dag_id: str, run_id: str, url: str) -> None:
    """Print what the run found, for the DAGs that have something to show."""
    from scripts.report.runs import print_report

    print_report(dag_id, run_id, url, returned_values(dag_id, run_id))


def is_database_lost(prepared: Environment) -> bool:
    """True when the application database or Airflow's metadata does not answer."""
    import psycopg

    for url in (prepared.application_url, prepared.metadata_url):
        if url.startswith("postgres"):
            try:
                psycopg.connect(environment.plain_url(url), connect_timeout=5).close()
            except psycopg.Error:
                return True
    return False


def handle_signals(progress: Progress) -> None:
    """Turn Ctrl-C, SIGTERM and a closed terminal into one orderly end; a task that will not stop is cut off in a while.

    Airflow replaces the handler of SIGTERM with each task it runs, so a thread watches for that signal, whoever handles
    it, and passes it on as SIGINT.
    """

    def cut_off(code: int) -> None:
        os._exit(interruption.exit_code() if code == interruption.INTERRUPTED else code)

    caught: list[int] = []
    hung_up = hang_up_watch(progress.out)
    ends = [number for number in ending_signals(progress.out) if number != signal.SIGINT]

    def interrupt(number: int, frame: FrameType | None) -> None:
        if progress.interrupted is not None:
            return
        progress.interrupted = caught[0] if caught else number
        with contextlib.suppress(RuntimeError):  # the signal fell into the writing of another line
            progress.line(f"{'stop':<8} interrupted")
        timer = threading.Timer(GRACE_SECONDS, cut_off, (128 + progress.interrupted,))
        timer.daemon = True
        timer.start()
        raise KeyboardInterrupt

    def watch(arrivals: int) -> None:
        while True:
            arrived = os.read(arrivals, 64) if select.select([arrivals], [], [], 1)[0] else b""
            number = next((end for end in ends if end in arrived), signal.SIGHUP if hung_up() else None)
            if number and not caught:
                caught.append(number)
                os.kill(os.getpid(), signal.SIGINT)

    arrivals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.signal(signal.SIGINT, interrupt)
    for number in ends:
        signal.signal(number, lambda number, frame: None)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    threading.Thread(target=watch, args=(arrivals,), daemon=True, name="signals").start()


def log_path(root: Path, dag_id: str) -> Path:
    """A log file of its own for each run."""
    name = re.sub(r"[^\w.-]", "_", dag_id)[:80] or "run"
    return root / ".local" / "logs" / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}.log"


def prepare(root: Path, airflow_idle: FileLock) -> Environment:
    """The environment of a run in a terminal; the lock is held if the run is kept where a scheduler would take it up.

    While Airflow is up, or when it works on another application database, the run is kept in metadata of its own:
    that scheduler must neither start its tasks a second time nor pick up what it leaves queued.
    """
    prepared = environment.prepare(root)
    idle = airflow_idle.acquire(shared=True, wait=False)
    if idle and not run_owners.serves_another(prepared):
        return prepared
    apart = environment.prepare(root, metadata="airflow_terminal")
    if apart.metadata_url != prepared.metadata_url:  # the same where the user has set it
        airflow_idle.release()
    return apart


def run(root: Path, dag_id: str, conf: dict[str, Any]) -> int:
    """Prepare everything, run the DAG, report; returns the exit code."""
    path = log_path(root, dag_id)
    shown = path.relative_to(root)
    airflow_idle = scheduler_lock(root)
    prepared = prepare(root, airflow_idle)
    start_up = FileLock(root / ".local" / "start-up.lock")
    with logs_to(path) as terminal:
        progress = Progress(terminal, on_first_task=start_up.release)
        handle_signals(progress)
        try:
            # Every start writes the bundle's DAGs to the metadata database: one at a time, until the first task runs.
            start_up.acquire()
            first = "" if list(prepared.local.glob("airflow/migrated-*.json")) else ", up to a minute the first time"
            progress.line(f"{'prepare':<8} databases and Airflow{first}")
            migrate.run(prepared)
            for line in run_owners.told(run_owners.end_abandoned(prepared), run_owners.LEFT):
                progress.line(f"{'note':<8} {line}")
            succeeded, run_id = execute(prepared, dag_id, conf, progress)
        except KeyboardInterrupt:
            progress.line(f"log: {shown}")
            return 128 + (progress.interrupted or signal.SIGINT)
        except (UsageError, SetupError, local_postgres.ServerError):
            raise
        except Exception as error:
            traceback.print_exc()
            lost = "a database of this run does not answer any more: " if is_database_lost(prepared) else ""
            progress.line(f"{'failed':<8} {lost}{last_line(error)}")
            progress.line(f"{'note':<8} {REMEDY}")
            progress.line(f"log: {shown}")
            return 1
        finally:
            start_up.release()
        lost_meanwhile = not succeeded and is_database_lost(prepared)
        if lost_meanwhile:
            progress.line(f"{'note':<8} a database of this run does not answer any more; {REMEDY}")
        progress.line(f"log: {shown}")
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if lost_meanwhile:
        return 1
    # Of a failed run as well: what it did find, and why it failed.
    report(dag_id, run_id, prepared.application_url)
    return 0 if succeeded else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m scripts.run_dag [DAG_ID] [--conf JSON | --conf-file FILE]`, or DAG and CONF of the environment."""
    parser = argparse.ArgumentParser(prog="run_dag", description=main.__doc__)
    parser.add_argument("dag_id", nargs="?", default=os.environ.get("DAG", ""))
    parser.add_argument("--conf", default=os.environ.get("CONF", ""))
    parser.add_argument("--conf-file", type=Path)
    options = parser.parse_args(arguments)
    try:
        text = options.conf_file.read_text(encoding="utf-8") if options.conf_file else options.conf
        return run(environment.ROOT, options.dag_id.strip(), read_conf(text))
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (SetupError, local_postgres.ServerError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    # Threads of the in-process API may outlive the run; nothing of theirs is worth waiting for.
    code = interruption.run(main)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
