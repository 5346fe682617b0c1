"""An execution's page says how far it is, cancels it while it runs, and goes on with it later."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import Engine, text

from prospecting.persistence.database import unit_of_work
from tests.web.airflow_rows import add_run
from tests.web.conftest import ApiServer
from tests.web.test_runs import attempt_of, execute, said

pytestmark = pytest.mark.airflow


def test_whoever_may_edit_the_dag_cancels_an_execution_and_goes_on_with_it(
    viewer: httpx.Client, user: httpx.Client, server: ApiServer, engine: Engine
) -> None:
    with unit_of_work(engine, attempt_of("signal_execution", "late")) as connection:
        execution = execute(connection, "late")
        connection.execute(
            text(
                "update signal_executions set progress_percent = 42, progress_step = 'extract_sponsors',"
                " progress_message = '3 of 9 events asked about'"
            )
        )
    add_run(server.metadata, "signal_execution", "late", "running", {"discover": ("running", 1)}, {})
    page, cancel = "/runs/signal_execution/late", f"/executions/{execution}/cancel"
    assert "42 %, extract sponsors: 3 of 9 events asked about" in said(viewer.get(page))
    assert "<form method" not in viewer.get(page).text
    assert "Nothing more is asked then" in said(user.get(page))
    assert viewer.post(cancel).status_code == 403
    assert user.post(f"/executions/{execution}/resume").status_code == 409, "it is under way"
    for _ in range(2):
        answer = user.post(cancel)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/prospecting{page}")
    with engine.connect() as connection:
        assert connection.execute(text("select status from signal_executions")).scalar_one() == "cancelled"
    assert "It was cancelled while it ran; what it had found is kept" in said(user.get(page))

    with unit_of_work(engine) as connection:
        connection.execute(text("update signal_executions set status = 'completed'"))
    refused = user.post(cancel)
    assert refused.status_code == 409
    assert "has ended (completed)" in refused.text
    assert user.post("/executions/00000000-0000-0000-0000-000000000000/cancel").status_code == 404
    assert viewer.post(f"/executions/{execution}/resume").status_code == 403
    # Airflow here has read no DAGs: what it refuses is told.
    going_on = user.post(f"/executions/{execution}/resume")
    assert going_on.status_code == 409
    assert "does not start signal_execution" in going_on.text
