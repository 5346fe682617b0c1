"""Runs in Airflow's metadata database, as if they had happened."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy.engine import URL

from tests.dags.runs import libpq


def add_run(
    metadata: URL,
    dag_id: str,
    run_id: str,
    state: str,
    tasks: Mapping[str, Sequence[str | None]] | None = None,
    returned: Mapping[str, Any] | None = None,
    left: Mapping[str, Any] | None = None,
) -> None:
    """A DAG run with the states of its tasks' instances, in the order in which they began.

    ``returned``: what tasks returned, by task; ``left``: what a task left besides, by key.
    """
    began = datetime.now(UTC) - timedelta(minutes=10)
    ended = datetime.now(UTC) + timedelta(seconds=1) if state in ("success", "failed") else None
    with psycopg.connect(libpq(metadata)) as connection:
        # The DAG, its version and the pool are not there, and nobody asks for them.
        connection.execute("set session_replication_role = replica")
        number = connection.execute(
            "insert into dag_run (dag_id, run_id, run_type, run_after, clear_number, span_status, state, start_date, "
            "end_date, log_template_id) values (%s, %s, 'manual', now(), 0, 'not_started', %s, %s, %s, "
            "(select max(id) from log_template)) returning id",
            [dag_id, run_id, state, began, ended],
        ).fetchone()
        assert number
        for place, (task_id, states) in enumerate((tasks or {}).items()):
            for index, one in enumerate(states):
                connection.execute(
                    "insert into task_instance (id, task_id, dag_id, run_id, map_index, try_number, max_tries, pool, "
                    "pool_slots, span_status, state, start_date) "
                    "values (%s, %s, %s, %s, %s, 1, 0, 'default_pool', 1, 'not_started', %s, %s)",
                    [
                        uuid.uuid4(), task_id, dag_id, run_id, index if len(states) > 1 else -1, one,
                        began + timedelta(seconds=place) if one else None,
                    ],
                )  # fmt: skip
        pushed = [(task_id, "return_value", value) for task_id, value in (returned or {}).items()]
        pushed += [("a_task", key, value) for key, value in (left or {}).items()]
        for task_id, key, value in pushed:
            connection.execute(
                "insert into xcom (dag_run_id, task_id, map_index, key, dag_id, run_id, value, timestamp) "
                "values (%s, %s, -1, %s, %s, %s, %s, now())",
                [number[0], task_id, key, dag_id, run_id, json.dumps(value)],
            )


def add_question(metadata: URL, dag_id: str, run_id: str, task_id: str, subject: str, body: str) -> None:
    """The question with which a task of a run waits for a week."""
    with psycopg.connect(libpq(metadata)) as connection:
        connection.execute(
            "update task_instance set trigger_timeout = now() + interval '7 days', next_method = 'execute_complete' "
            "where dag_id = %s and run_id = %s and task_id = %s",
            [dag_id, run_id, task_id],
        )
        connection.execute(
            "insert into hitl_detail (ti_id, options, subject, body, defaults, multiple, params, params_input, "
            "created_at) select id, '[\"Approve\", \"Reject\"]', %s, %s, '[\"Reject\"]', false, '{}', '{}', now() "
            "from task_instance where dag_id = %s and run_id = %s and task_id = %s",
            [subject, body, dag_id, run_id, task_id],
        )


def forget_runs(metadata: URL) -> None:
    """Delete all runs, with what belongs to them."""
    with psycopg.connect(libpq(metadata)) as connection:
        connection.execute("truncate dag_run cascade")
