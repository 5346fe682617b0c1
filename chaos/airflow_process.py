"""One process that carries a DAG run as far as it comes. Started as a copy of a process that has imported Airflow.

It takes a run up where another process has lost it, as Airflow does: what was running is tried again, with the next try
number, and what is done stays done.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.dags.driver import bundles

RETRIES = 3
DONE = ("success", "skipped", "removed", None)


def carry_out(request: dict[str, Any]) -> None:
    """Run; the reply goes to a file, which a killed process never writes."""
    os.setpgid(0, 0)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(request["variables"])
    try:
        reply = {"state": _run(request)}
    except BaseException:
        traceback.print_exc()
        reply = {"state": "error"}
    sys.stdout.flush()
    sys.stderr.flush()
    draft = Path(request["reply"]).with_suffix(".new")
    draft.write_text(json.dumps(reply), encoding="utf-8")
    draft.rename(request["reply"])
    # Threads of the in-process API may outlive the run; nothing of theirs is worth waiting for.
    os._exit(0)


def _run(request: dict[str, Any]) -> str:
    from airflow.dag_processing import dagbag
    from airflow.models import dagrun
    from airflow.models.dag import DagModel
    from airflow.serialization.definitions.dag import SerializedDAG

    # Read once, by the process this one is a copy of; known to Airflow since the first run.
    folder = bundles()["prospecting"]
    dag = dagbag.BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="prospecting").dags[request["dag_id"]]
    if DagModel.get_current(dag.dag_id) is not None:
        dagbag.sync_bag_to_db = lambda *_, **__: None
    for task in dag.tasks:
        task.retry_delay = timedelta(seconds=request["retry_delay"])
        task.retry_exponential_backoff = 0
    moment = datetime.fromisoformat(request["logical_date"])
    # dag.test begins by clearing the run of this date, and making it anew; here it goes on.
    SerializedDAG.clear_dags = lambda *_, **__: 0  # type: ignore[method-assign]
    dagrun.get_or_create_dagrun = _get_rather_than_replace(dagrun.get_or_create_dagrun)
    _leave_when_superseded(Path(request["baton"]), str(request["number"]))
    _take_up(dag, moment)
    return str(dag.test(run_conf=request["conf"], logical_date=moment, run_after=moment).state)


def _get_rather_than_replace(create: Callable[..., Any]) -> Callable[..., Any]:
    def get_or_create(**options: Any) -> Any:
        run = _find(options["session"], options["dag"].dag_id, options["logical_date"])
        if run is None:
            return create(**options)
        run.dag = options["dag"]
        return run

    return get_or_create


def _find(session: Any, dag_id: str, moment: datetime) -> Any:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    return session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.logical_date == moment))


def _leave_when_superseded(baton: Path, number: str) -> None:
    """A process that was held up ends its task, whatever comes of it, and begins no other."""
    from airflow.sdk.execution_time import supervisor

    run_task = supervisor.run_task_in_process

    def leave_if_superseded() -> None:
        if baton.read_text(encoding="utf-8") != number:
            sys.stdout.flush()
            os._exit(3)

    def run_unless_superseded(**options: Any) -> Any:
        leave_if_superseded()
        result = run_task(**options)
        leave_if_superseded()
        return result

    supervisor.run_task_in_process = run_unless_superseded  # type: ignore[assignment]


def _take_up(dag: Any, moment: datetime) -> None:
    """Do what a scheduler does about lost tasks, and a person about failed ones: clear them and what follows."""
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState

    with create_session() as session:
        run = _find(session, dag.dag_id, moment)
        if run is None:
            return
        instances = run.get_task_instances(session=session)
        failed = {i.task_id for i in instances if i.state in ("failed", "upstream_failed")}
        after = {task for task_id in failed for task in dag.get_task(task_id).get_flat_relative_ids(upstream=False)}
        for instance in instances:
            if instance.state in DONE and instance.task_id not in after:
                continue
            instance.state = None
            instance.next_method = instance.next_kwargs = None
            instance.max_tries = instance.try_number + RETRIES
        run.state = DagRunState.RUNNING
        run.end_date = None
