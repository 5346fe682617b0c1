"""A process that carries out trials one after the other, at a place of its own."""

from __future__ import annotations

import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from chaos import whole_airflow
from chaos.airflow_runs import import_airflow
from chaos.disk import unmount
from chaos.faults import FAULTS
from chaos.place import Place
from chaos.servers import ApplicationServer
from chaos.trials import Trials, plan
from prospecting.persistence.database import application_url
from scripts import local_postgres
from tests.conftest import DATA_DIR, lose_data
from tests.dags.runs import airflow_template, airflow_variables, fresh_metadata


@dataclass(frozen=True, slots=True)
class Work:
    """All that turns the number of a trial into its plan."""

    seed: int
    scenarios: list[str]
    faults: list[str]


UP = "up"
"""Instead of a number: the trial with a whole running Airflow."""


def worker(folder: Path, work: Work, numbers: Any, outcomes: Any) -> None:
    """Trials by their numbers until ``None`` comes; each is answered with its outcome, or with a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with open_place(folder) as place:
            trials = Trials(place)
            faults = [name for name in work.faults if place.disk is not None or not FAULTS[name].needs_disk]
            while (number := numbers.get()) is not None:
                if number == UP:
                    with fresh_metadata(*_airflow_server(folder)) as metadata:
                        outcomes.put(whole_airflow.carry_out(trials, place, metadata, work.seed))
                    continue
                outcomes.put(trials.carry_out(plan(number, work.seed, work.scenarios, faults)))
    except BaseException:
        outcomes.put(traceback.format_exc())
        raise


@contextmanager
def open_place(folder: Path) -> Iterator[Place]:
    """A place whose Airflow shares the server of the tests, and whose application has one of its own."""
    # What an earlier time has left, even if it was killed.
    local_postgres.stop(folder / "postgres")
    unmount(folder / "disk")
    shutil.rmtree(folder, ignore_errors=True)
    with fresh_metadata(*_airflow_server(folder)) as metadata:
        variables = airflow_variables(folder / "home", metadata)
        import_airflow(variables)
        with Place(folder, variables, metadata, ApplicationServer(folder / "postgres")) as place:
            yield place


def _airflow_server(folder: Path) -> tuple[URL, str]:
    """The server of the tests, and its template of a metadata database."""
    local_postgres.start(DATA_DIR)
    steady = application_url(local_postgres.url(DATA_DIR, "postgres"))
    lose_data(steady)
    return steady, airflow_template(steady, folder / "template")
