"""Who owns the runs in Airflow's metadata, and the end of those whose owner is gone.

A run in a terminal is worked on by that process alone. When the process dies without a word, Airflow goes on counting
the run as running: it holds places in pools and among a DAG's active runs, and a scheduler would resume it. So each
such run is noted in a file that its process keeps locked, and whoever starts next ends the runs whose file is not
locked any more. Runs of a scheduler are left to the next one, unless that one serves another application database.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from scripts import environment, local_postgres
from scripts.environment import Environment
from scripts.locks import FileLock
from scripts.private_files import replace_private, write_once

# ------------------------------------------------------------------ which application database


def application(prepared: Environment) -> str:
    """The application database as text that can be compared and shown: no user, no password."""
    identity = environment.database_identity(prepared.application_url)
    if identity == environment.database_identity(local_postgres.url(prepared.local / "postgres", "prospecting")):
        return "the embedded database"  # wherever the checkout has been moved to
    host, port, database = identity
    return f"{host}:{port}/{database}"


def _digest(prepared: Environment) -> str:
    return hashlib.sha256(prepared.metadata_url.encode()).hexdigest()[:12]


def _served(prepared: Environment) -> Path:
    """The file that says which application database the runs in this metadata database work on."""
    return prepared.local / "airflow" / f"serves-{_digest(prepared)}.txt"


def serves_another(prepared: Environment) -> bool:
    """True when the runs in this metadata database work on another application database. The first to ask decides."""
    return write_once(_served(prepared), application(prepared)) != application(prepared)


# ------------------------------------------------------------------ claims


@contextlib.contextmanager
def claimed(prepared: Environment, dag_id: str, logical_date: datetime) -> Iterator[None]:
    """Own the run of this DAG and logical date. Whatever is raised inside ends the run as failed."""
    name = f"{dag_id}-{logical_date:%Y%m%dT%H%M%S.%f}-{os.getpid()}"
    path = _claims(prepared) / f"{name}.json"
    draft = path.with_suffix(".new")
    lock = FileLock(draft)
    lock.acquire()
    note = {"metadata": _digest(prepared), "dag_id": dag_id, "logical_date": logical_date.isoformat()}
    draft.write_text(json.dumps(note))
    draft.rename(path)  # locked from the moment it can be seen
    try:
        yield
    except BaseException:
        # The metadata database itself may be what is lost; then the note stays, for whoever starts next.
        with contextlib.suppress(Exception):
            end_as_failed(*_of_claim(note))
            path.unlink()
        raise
    path.unlink()


def _claims(prepared: Environment) -> Path:
    return prepared.local / "terminal-runs"


def _of_claim(note: dict[str, str]) -> tuple[Any, ...]:
    """Conditions that only the noted run meets; once it is cleared, it is the scheduler's."""
    from airflow.models.dagrun import DagRun

    return (
        DagRun.dag_id == note["dag_id"],
        DagRun.logical_date == datetime.fromisoformat(note["logical_date"]),
        DagRun.clear_number == 0,
    )


def end_abandoned(prepared: Environment) -> list[str]:
    """End the runs in this metadata database that a terminal began and nobody works on; returns their names."""
    ended = []
    for path in sorted(_claims(prepared).glob("*.json")):
        with contextlib.suppress(FileNotFoundError), path.open("r+") as note_file:
            try:
                fcntl.flock(note_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            note = json.load(note_file)
            if note["metadata"] == _digest(prepared):
                ended += end_as_failed(*_of_claim(note))
                path.unlink()
    return ended


# ------------------------------------------------------------------ ending runs


def end_as_failed(*which: Any) -> list[str]:
    """Mark the unfinished runs that meet the conditions as failed, and their unfinished tasks; returns their names."""
    from airflow import settings
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, State, TaskInstanceState
    from sqlalchemy import select

    if settings.Session is not None:
        settings.Session.remove()  # an interrupted run has a transaction open in it that may hold these rows
    with create_session(scoped=False) as session:
        unfinished = DagRun.state.in_(State.unfinished_dr_states)
        runs = session.scalars(select(DagRun).where(unfinished, *which).order_by(DagRun.id)).all()
        for run in runs:
            tasks = select(TaskInstance).where(
                TaskInstance.dag_id == run.dag_id,
                TaskInstance.run_id == run.run_id,
                TaskInstance.state.is_(None) | TaskInstance.state.in_([state for state in State.unfinished if state]),
            )
            for task in session.scalars(tasks).all():
                task.set_state(TaskInstanceState.FAILED, session=session)
            run.set_state(DagRunState.FAILED)
        return [f"{run.dag_id} {run.run_id}" for run in runs]


def told(ended: list[str], why: str) -> list[str]:
    """The line that says which runs were ended and why; none when there were none."""
    if not ended:
        return []
    return [f"closed {len(ended)} {'run' if len(ended) == 1 else 'runs'} {why}: {', '.join(ended)}"]


LEFT = "that a killed terminal left"


# ------------------------------------------------------------------ before a scheduler starts


def _has_unfinished_runs(prepared: Environment) -> bool:
    """False when there is nothing to end: importing Airflow to find that out would take seconds."""
    import psycopg

    if not prepared.metadata_url.startswith("postgres"):
        return True
    with psycopg.connect(environment.plain_url(prepared.metadata_url)) as connection:
        row = connection.execute("select exists (select from dag_run where state in ('queued', 'running'))").fetchone()
        return bool(row and row[0])


def _is_own(prepared: Environment) -> bool:
    """True when no other checkout uses this metadata database: it lies in the embedded server."""
    local = local_postgres.url(prepared.local / "postgres", "airflow")
    return prepared.metadata_url.startswith("postgres") and (
        environment.database_identity(prepared.metadata_url) == environment.database_identity(local)
    )


def take_over(prepared: Environment) -> list[str]:
    """End what the coming scheduler must not resume; returns lines that say what was ended.

    The caller holds the scheduler's lock, so no terminal works on a run of this metadata database.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.types import DagRunTriggeredByType

    ended = end_abandoned(prepared)
    if _is_own(prepared):
        # Also those without a note, of versions that made none.
        ended += end_as_failed(DagRun.triggered_by == DagRunTriggeredByType.TEST, DagRun.clear_number == 0)
    lines = told(ended, LEFT)
    if serves_another(prepared):
        before = _served(prepared).read_text()
        lines += told(end_as_failed(), f"that began on another database ({before})")
    return lines


def main() -> int:
    """`python -m scripts.run_owners`, before a scheduler starts; both databases are migrated."""
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "WARNING")
    prepared = environment.prepare()
    os.environ.update(prepared.variables)
    if _has_unfinished_runs(prepared):
        for line in take_over(prepared):
            print(line, flush=True)
    replace_private(_served(prepared), application(prepared))
    return 0


if __name__ == "__main__":
    sys.exit(main())
