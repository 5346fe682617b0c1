"""Run one DAG to its end in this terminal, without a scheduler.

The terminal shows one line per task; everything Airflow and the tasks log goes to a file. The exit code says how it
ended: 0 success, 1 the run (or its start) failed, 2 it was asked for wrongly and nothing ran, 130 / 143 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import fcntl
import json
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from scripts import environment, local_postgres, migrate
from scripts.environment import Environment, SetupError

GRACE_SECONDS = 10  # how long an interrupted task may take to clean up


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


# ------------------------------------------------------------------ output


class Progress:
    """Writes one line per task event, and remembers what failed. Registered as an Airflow listener."""

    def __init__(self, out: TextIO, *, on_first_task: Callable[[], None] = lambda: None) -> None:
        self.out = out
        self.interrupted: int | None = None
        self.failures: dict[str, str] = {}  # task label: last line of its error
        self._on_first_task = on_first_task
        self._started: dict[Any, float] = {}
        self._seen_task = False

    def line(self, text: str) -> None:
        """One line on the terminal, stamped with the time of day."""
        with contextlib.suppress(BrokenPipeError):
            print(f"{datetime.now(UTC).astimezone():%H:%M:%S}  {text}", file=self.out, flush=True)

    def started(self, task: Any) -> None:
        """A try begins, or continues after having waited for a trigger."""
        if not self._seen_task:
            self._seen_task = True
            self._on_first_task()
        resumed = task.id in self._started
        self._started.setdefault(task.id, time.monotonic())
        again = f" (try {task.try_number})" if task.try_number > 1 and not resumed else ""
        self.line(f"{'resume' if resumed else 'start':<8} {label(task)}{again}")

    def ended(self, task: Any, state: str, error: object = None) -> None:
        """A try ended; with an error, its last line is shown below."""
        seconds = time.monotonic() - self._started.pop(task.id, time.monotonic())
        self.line(f"{state:<8} {label(task)}  {seconds:.1f} s")
        if error is not None and not self.interrupted:
            reason = last_line(error)
            self.line(f"{'':<8} {reason}")
            if state == "failed":
                self.failures[label(task)] = reason
        if self.interrupted:
            # The task runner turns an interruption into a failed try and would go on with the next task.
            raise KeyboardInterrupt


def label(task: Any) -> str:
    """`task_id`, with the rendered name of a mapped instance: `persist[TechCrunch Disrupt]`."""
    index = getattr(task, "map_index", -1)
    name = getattr(task, "rendered_map_index", None) or (str(index) if index is not None and index >= 0 else "")
    return f"{task.task_id}[{name}]" if name else str(task.task_id)


def last_line(error: object) -> str:
    """Returns what went wrong, on one line: type and first line of the message of an exception."""
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    message = lines[0] if lines else ""
    if isinstance(error, BaseException):
        return f"{type(error).__name__}: {message}"[:400] if message else type(error).__name__
    return message[:400]


def listener(progress: Progress) -> object:
    """The Airflow listener that feeds `progress`."""
    from airflow.listeners import hookimpl

    class Listener:
        @hookimpl
        def on_task_instance_running(self, task_instance: Any) -> None:
            progress.started(task_instance)

        @hookimpl
        def on_task_instance_success(self, task_instance: Any) -> None:
            progress.ended(task_instance, "success")

        @hookimpl
        def on_task_instance_skipped(self, task_instance: Any) -> None:
            progress.ended(task_instance, "skipped")

        @hookimpl
        def on_task_instance_failed(self, task_instance: Any, error: Any) -> None:
            state = str(getattr(task_instance.state, "value", task_instance.state))
            progress.ended(task_instance, "retry" if state == "up_for_retry" else "failed", error or "no error message")

    return Listener()


@contextlib.contextmanager
def logs_to(path: Path) -> Iterator[TextIO]:
    """Send everything written to stdout and stderr, by this process or its children, to `path`; yields the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with path.open("ab") as log, os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace") as terminal:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield terminal
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)
            os.close(kept[0])
            os.close(kept[1])


# ------------------------------------------------------------------ locks


class FileLock:
    """An advisory lock on a file that is released at the latest when the process ends."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = path.open("a")

    def acquire(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Take the lock; False when it is held elsewhere and `wait` is False."""
        try:
            fcntl.flock(self._handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        fcntl.flock(self._handle, fcntl.LOCK_UN)


def scheduler_lock(root: Path) -> FileLock:
    """Held exclusively by a running Airflow, shared by runs in a terminal.

    A scheduler takes every task in the metadata database for its own and would start the tasks of a terminal's run a
    second time, so the two never use one metadata database at the same time.
    """
    return FileLock(root / ".local" / "scheduler.lock")


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


def end_as_failed(dag_run: Any) -> None:
    """Mark an interrupted run and its unfinished tasks as failed, so that no scheduler takes them up later."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, State, TaskInstanceState
    from sqlalchemy import update

    dag_id, run_id = dag_run
    with create_session() as session:
        mine = (TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
        unfinished = TaskInstance.state.is_(None) | TaskInstance.state.in_([s for s in State.unfinished if s])
        session.execute(update(TaskInstance).where(*mine, unfinished).values(state=TaskInstanceState.FAILED))
        session.execute(
            update(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id).values(state=DagRunState.FAILED)
        )


def execute(prepared: Environment, dag_id: str, conf: dict[str, Any], progress: Progress) -> tuple[bool, str]:
    """Run the DAG; returns (True when it succeeded, the run's id).

    Raises:
        UsageError: no such DAG, or a configuration its params refuse.
        KeyboardInterrupt: interrupted; the run is marked failed.
    """
    from airflow.sdk.listener import get_listener_manager

    if dag_id:
        progress.line(f"{'load':<8} {dag_id}")
    dag = find_dag(prepared.root / "dags", dag_id)
    if unknown := check_params(dag, conf):
        progress.line(f"{'note':<8} {dag_id} has no param named {', '.join(unknown)}")
    current: list[tuple[str, str]] = []
    started = progress.started

    def remember(task: Any) -> None:
        current[:] = [(task.dag_id, task.run_id)]
        started(task)

    progress.started = remember  # type: ignore[method-assign]
    manager: Any = get_listener_manager()
    hook = listener(progress)
    manager.add_listener(hook)
    try:
        run = dag.test(run_conf=conf)
    except KeyboardInterrupt:
        if current:
            end_as_failed(current[0])
        raise
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


def handle_signals(progress: Progress) -> None:
    """Turn Ctrl-C and SIGTERM into one orderly end; a task that will not stop is cut off after a while.

    Airflow replaces the handler of SIGTERM with each task it runs, so a thread watches for that signal, whoever handles
    it, and passes it on as SIGINT.
    """
    caught: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if progress.interrupted is not None:
            return
        progress.interrupted = caught[0] if caught else number
        with contextlib.suppress(RuntimeError):  # the signal fell into the writing of another line
            progress.line(f"{'stop':<8} interrupted")
        timer = threading.Timer(GRACE_SECONDS, os._exit, (128 + progress.interrupted,))
        timer.daemon = True
        timer.start()
        raise KeyboardInterrupt

    def watch(arrivals: int) -> None:
        while True:
            if signal.SIGTERM in os.read(arrivals, 64) and not caught:
                caught.append(signal.SIGTERM)
                os.kill(os.getpid(), signal.SIGINT)

    arrivals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    threading.Thread(target=watch, args=(arrivals,), daemon=True, name="signals").start()


def log_path(root: Path, dag_id: str) -> Path:
    """A log file of its own for each run."""
    name = re.sub(r"[^\w.-]", "_", dag_id)[:80] or "run"
    return root / ".local" / "logs" / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}.log"


def run(root: Path, dag_id: str, conf: dict[str, Any]) -> int:
    """Prepare everything, run the DAG, report; returns the exit code."""
    path = log_path(root, dag_id)
    shown = path.relative_to(root)
    airflow_idle = scheduler_lock(root)
    # While Airflow is up, runs in a terminal keep their bookkeeping in a database of their own.
    metadata = "airflow" if airflow_idle.acquire(shared=True, wait=False) else "airflow_terminal"
    prepared = environment.prepare(root, metadata=metadata)
    start_up = FileLock(root / ".local" / "start-up.lock")
    with logs_to(path) as terminal:
        progress = Progress(terminal, on_first_task=start_up.release)
        handle_signals(progress)
        try:
            # Every start writes the bundle's DAGs to the metadata database: one at a time, until the first task runs.
            start_up.acquire()
            progress.line(f"{'prepare':<8} databases and Airflow")
            migrate.run(prepared)
            succeeded, run_id = execute(prepared, dag_id, conf, progress)
        except KeyboardInterrupt:
            progress.line(f"log: {shown}")
            return 128 + (progress.interrupted or signal.SIGINT)
        except (UsageError, SetupError, local_postgres.ServerError):
            raise
        except Exception as error:
            traceback.print_exc()
            progress.line(f"{'failed':<8} {last_line(error)}")
            progress.line(f"log: {shown}")
            return 1
        finally:
            start_up.release()
        progress.line(f"log: {shown}")
        signal.signal(signal.SIGINT, signal.default_int_handler)
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
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    # Threads of the in-process API may outlive the run; nothing of theirs is worth waiting for.
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
