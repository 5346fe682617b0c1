"""What waits for the decision of a person, answering it by Airflow's own API, and who decided what."""

from __future__ import annotations

import html
import re

import httpx
import psycopg
import pytest
from sqlalchemy import Engine, text

from prospecting.persistence import promotions
from prospecting.persistence.database import unit_of_work
from tests.dags.runs import libpq
from tests.db.promoting import add_people, add_sponsors, approve, plan, someone
from tests.web.airflow_rows import add_question, add_run, forget_runs
from tests.web.conftest import ApiServer

pytestmark = pytest.mark.airflow


def words(answer: httpx.Response) -> str:
    """The text of a page."""
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def test_nothing_waits(server: ApiServer, viewer: httpx.Client) -> None:
    forget_runs(server.metadata)
    said = words(viewer.get("/approvals"))
    assert "Nothing waits for an answer." in said
    assert "Nobody has decided about anything yet." in said


def test_a_question_is_answered_as_the_user_and_once(
    server: ApiServer, viewer: httpx.Client, user: httpx.Client, engine: Engine
) -> None:
    forget_runs(server.metadata)
    with unit_of_work(engine) as connection:
        sponsors = add_sponsors(connection, {"Acme": "gold"})
        add_people(connection, sponsors["Acme"], someone("Jane Doe"))
        asks, _ = plan(connection, "asks")
        nobody_asked, _ = plan(connection, "dry+run")
    add_run(server.metadata, "account_promotion", "asks", "running", {"approve_promotion": ["awaiting_input"]})
    add_run(server.metadata, "their_dag", "theirs", "running", {"their_question": ["awaiting_input"]})
    subject, body = "Make 1 person a contact?", f"Promotion `{asks}`, planned."
    add_question(server.metadata, "account_promotion", "asks", "approve_promotion", subject, body)
    add_question(server.metadata, "their_dag", "theirs", "their_question", "Theirs?", "")

    page = viewer.get("/approvals")
    said = words(page)
    assert subject in said
    assert re.search(r"without an answer by \S+ \S+ UTC it counts as Reject", said), said
    assert "Theirs?" not in said
    assert str(nobody_asked) in said.partition("nobody is asked")[2]
    assert str(asks) not in said.partition("nobody is asked")[2]
    assert "<form" not in page.text
    assert "/dags/account_promotion/runs/asks" in page.text
    overview = viewer.get("/?fresh=1")
    assert f"account_promotion asks: {subject}" in words(overview)
    assert "dry+run" not in overview.text

    form = {"dag_id": "account_promotion", "run_id": "asks", "task_id": "approve_promotion", "map_index": "-1"}
    assert viewer.post("/approvals", data={**form, "option": "Approve"}).status_code == 403
    assert 'value="Approve"' in user.get("/approvals").text
    for changed, code in (
        ({"option": "Perhaps"}, 400),
        ({"option": "Approve", "run_id": "gone"}, 404),
        ({"option": "Approve", "dag_id": "their_dag", "run_id": "theirs", "task_id": "their_question"}, 400),
    ):
        assert user.post("/approvals", data={**form, **changed}).status_code == code, changed
    answer = user.post("/approvals", data={**form, "option": "Approve"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/prospecting/approvals?answered=yes")
    with psycopg.connect(libpq(server.metadata)) as connection:
        found = connection.execute(
            "select h.chosen_options, h.responded_by ->> 'name', t.state from hitl_detail as h "
            "join task_instance as t on t.id = h.ti_id where t.run_id = 'asks'"
        ).fetchone()
        logged = connection.execute("select owner from log where run_id = 'asks' and event like '%hitl%'").fetchall()
    assert found == (["Approve"], "user", "scheduled")
    assert set(logged) == {("user",)}
    assert user.post("/approvals", data={**form, "option": "Reject"}).status_code == 409
    assert subject not in words(viewer.get("/approvals"))


def test_who_decided_what(viewer: httpx.Client, engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        sponsors = add_sponsors(connection, {"Acme": "gold"})
        add_people(connection, sponsors["Acme"], someone("Jane Doe"))
        approve(connection, plan(connection, "yes")[0])
        promotions.record_decision(connection, plan(connection, "no")[0], "rejected", decided_by=None)
        connection.execute(
            text(
                "insert into erasures (airflow_run_id, subject_hash, status, decision, decided_by, decided_at, counts) "
                "select 'gone ' || n, 'x', 'completed', 'approved', 'bob', now() - n * interval '1 day', "
                """'{"planned": {"persons": 1, "contacts": 2}, "erased": {"persons": 1}}' """
                "from generate_series(1, 60) as n"
            )
        )
    page = viewer.get("/approvals")
    said = words(page)
    assert "account_promotion approved ann" in said
    assert "account_promotion rejected nobody in time" in said
    assert re.search(r"person_erasure approved bob \S+ \S+ UTC 3 rows 1 rows completed", said), said
    following = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert following
    assert words(viewer.get("/approvals" + html.unescape(following[1]))).count("bob") == 12
