"""Runs DAGs in a process of its own: Airflow reads its environment once, when it is first imported.

Answers each request that comes through a pipe with a reply. Everything Airflow and the tasks print goes to the log
file of the request.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch


def check_schemas_once() -> None:
    """Airflow checks the schema of every param each time a value is read: a third of the time of a run."""
    from jsonschema import Draft202012Validator

    check, checked = Draft202012Validator.check_schema, set[str]()

    def check_once(schema: Any, **options: Any) -> None:
        key = json.dumps([schema, sorted(options)], sort_keys=True, default=repr)
        if key not in checked:
            check(schema, **options)
            checked.add(key)

    Draft202012Validator.check_schema = check_once


def read_bundles_once() -> None:
    """``dag.test`` reads and stores every DAG of the bundle before each run; they stay as they are while tests run.

    What one driver has stored the next one finds: all drivers of one home have one metadata database.
    """
    from airflow.dag_processing import dagbag
    from airflow.serialization.serialized_objects import LazyDeserializedDAG

    read = dagbag.BundleDagBag
    sync = dagbag.sync_bag_to_db
    bags = {name: read(dag_folder=path, bundle_path=path, bundle_name=name) for name, path in bundles().items()}
    for bag in bags.values():
        for dag in bag.dags.values():
            LazyDeserializedDAG.from_dag(dag)  # the first time loads plugins and much else

    def read_once(*, dag_folder: Any, bundle_path: Path, bundle_name: str) -> Any:
        if bundle_path == Path(dag_folder):
            return bags[bundle_name]
        return read(dag_folder=dag_folder, bundle_path=bundle_path, bundle_name=bundle_name)

    def sync_once(bag: Any, bundle_name: str, version: str | None) -> None:
        stored = Path(os.environ["AIRFLOW_HOME"]) / f"{bundle_name}-stored"
        if not stored.exists():
            sync(bag, bundle_name, version)
            stored.touch()

    dagbag.BundleDagBag = read_once
    dagbag.sync_bag_to_db = sync_once


def bundles() -> dict[str, Path]:
    """The folders of the bundles, by name."""
    given = json.loads(os.environ["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    return {bundle["name"]: Path(bundle["kwargs"]["path"]) for bundle in given}


def look_again_soon() -> None:
    """``dag.test`` sleeps for a second whenever nothing can run: before tasks are mapped, and between two tries."""
    sleep = time.sleep

    def sleep_less(seconds: float) -> None:
        caller = sys._getframe(1).f_globals["__name__"]
        sleep(min(seconds, 0.1) if caller == "airflow.sdk.definitions.dag" else seconds)

    time.sleep = sleep_less


def load(dag_id: str, bundle: str) -> Any:
    """The DAG from the folder of a bundle, as a DAG processor reads it."""
    from airflow.dag_processing.dagbag import BundleDagBag

    folder = bundles()[bundle]
    bag = BundleDagBag(dag_folder=folder / f"{dag_id}.py", bundle_path=folder, bundle_name=bundle)
    assert not bag.import_errors, bag.import_errors
    return bag.dags[dag_id]


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run one DAG to its end, with ``variables`` in its environment; ``retry_delay`` (seconds) replaces that of every
    task.
    """
    with patch.dict(os.environ, request["variables"]):
        return _run(request)


def _run(request: dict[str, Any]) -> dict[str, Any]:
    dag = load(request["dag_id"], request["bundle"])
    for task in dag.tasks:
        task.retry_delay = timedelta(seconds=request["retry_delay"])
        task.retry_exponential_backoff = 0
    moment = datetime.fromisoformat(request["logical_date"])
    run = dag.test(run_conf=request["conf"], logical_date=moment, run_after=moment)
    return {
        "dag_id": run.dag_id,
        "state": str(run.state),
        "run_id": run.run_id,
        "tasks": [
            {
                "task_id": ti.task_id,
                "map_index": ti.map_index,
                "label": ti.rendered_map_index,
                "state": str(ti.state),
                "tries": ti.try_number,
            }
            for ti in run.get_task_instances()
        ],
    }


def work(pipe: Connection) -> None:
    """Answer requests until nobody is left to ask."""
    with suppress(EOFError):
        while True:
            request = pipe.recv()
            log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.close(log)
            try:
                reply = answer(request)
            except Exception as error:
                reply = {"error": f"{type(error).__name__}: {error}"}
            sys.stdout.flush()
            sys.stderr.flush()
            pipe.send(reply)
    # Threads of the in-process API may outlive the last run; nothing of theirs is worth waiting for.
    os._exit(0)
