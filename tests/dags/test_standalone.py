"""The whole of Airflow as `make up` starts it: scheduler, workers, API with users, and the DAGs in it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
from playwright.sync_api import FrameLocator, Page, expect
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from scripts.components import COMPONENTS
from scripts.local_users import passwords_file
from scripts.locks import scheduler_lock
from tests.conftest import SharedDatabase
from tests.dags.filling import OTHERS, asked_about, holds_nothing, promoted, queue, queued, wait_for, was_put_back
from tests.dags.runs import ROOT, clean_environment, connection_variables, fresh_metadata, libpq
from tests.db.factories import content
from tests.db.promoting import add_people, add_sponsors, contact_names, someone
from tests.scripts.conftest import IN_A_TERMINAL
from tests.stand_in.server import StandIn
from tests.web.browser import chromium, needs_browser, tab_of

pytestmark = pytest.mark.airflow

DAG_IDS = ("account_promotion", "signal_execution", "slot_backfill", "slot_evaluation")
CONF = {
    "name": "Who sponsors Rails World",
    "event_keywords": ["Rails World"],
    "date_from": "2024-01-01",
    "date_to": "2024-12-31",
    "limits": {"max_companies": 3},
}


class Api:
    """Airflow's REST API; without a token until ``log_in``, under the name ``host`` if given."""

    def __init__(self, port: int, *, host: str = "") -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._headers = {"Content-Type": "application/json", **({"Host": host} if host else {})}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def log_in(self, user: str, root: Path) -> None:
        password = json.loads(passwords_file(root).read_text())[user]
        status, answer = self.call("POST", "/auth/token", {"username": user, "password": password})
        assert status == 201
        self._headers["Authorization"] = f"Bearer {answer['access_token']}"

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """(status, JSON); what is no JSON as bytes."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, self._headers, method=method)
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            told = error.read()
            return error.code, json.loads(told) if error.headers.get_content_type() == "application/json" else told

    def wait_for(self, path: str, field: str, values: set[str], seconds: float) -> Any:
        """The answer of ``path`` once ``field`` is one of ``values``."""
        deadline = time.monotonic() + seconds
        while True:
            status, answer = self.call("GET", path)
            if status == 200 and answer.get(field) in values:
                return answer
            assert time.monotonic() < deadline, f"{path}: {status} {answer}"
            time.sleep(0.5)

    def finish(self, run: str, seconds: float) -> str:
        """The state of the run at the path ``run`` once it is over; says what its tasks were doing if it never is."""
        deadline = time.monotonic() + seconds
        while (state := self.call("GET", run)[1]["state"]) not in {"success", "failed"}:
            if time.monotonic() >= deadline:
                tasks = self.call("GET", f"{run}/taskInstances")[1]["task_instances"]
                states = {task["task_id"]: (task["state"], task["try_number"]) for task in tasks}
                raise AssertionError(f"{run} is {state} after {seconds} s: {states}")
            time.sleep(0.5)
        return state


class Up(NamedTuple):
    """A running Airflow: the checkout it was started in, the port of its API, and its first process."""

    root: Path
    port: int
    process: psutil.Process


@contextmanager
def airflow_up(root: Path, variables: dict[str, str]) -> Iterator[Up]:
    """All of Airflow on a free port, in a terminal that is closed at the end. It must leave no process behind."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    terminal, slave = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, sys.executable, "-u", "-m", "scripts.up", "--port", str(port)],
        cwd=root,
        env=variables,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    watchdog = threading.Timer(600, process.kill)
    watchdog.start()
    shown = ""
    try:
        while "Ctrl-C stops it" not in shown:
            shown += os.read(terminal, 4096).decode()
        assert f"Airflow is up: http://localhost:{port}" in shown, shown
        yield Up(root, port, psutil.Process(process.pid))
        family = psutil.Process(process.pid).children(recursive=True)
    finally:
        os.close(terminal)
        try:
            process.wait(timeout=60)
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
    assert process.returncode == 128 + signal.SIGHUP
    assert scheduler_lock(root).acquire(wait=False)
    assert len(family) >= len(COMPONENTS)
    assert [process for process in family if process.is_running()] == []
    assert not [process for process in psutil.process_iter() if _works_in(process, root)]


def _works_in(process: psutil.Process, root: Path) -> bool:
    """True when a process of this user was started for the checkout at ``root``."""
    try:
        return bool(process.pid != os.getpid() and process.cwd() == str(root))
    except (psutil.Error, OSError):
        return False


def _connections(process: psutil.Process) -> list[Any]:
    """The TCP connections of a process; none of one that has ended since it was listed."""
    try:
        return list(process.net_connections("tcp"))
    except psutil.NoSuchProcess:
        return []


@pytest.fixture(scope="module")
def metadata(server_url: URL, metadata_template: str) -> Iterator[URL]:
    """Airflow's own database."""
    with fresh_metadata(server_url, metadata_template) as url:
        yield url


@pytest.fixture(scope="module")
def up(
    tmp_path_factory: pytest.TempPathFactory, metadata: URL, shared_database: SharedDatabase, stand_in_server: StandIn
) -> Iterator[Up]:
    """An Airflow that works on the tests' database, with the agents that stand in."""
    root = tmp_path_factory.mktemp("bundle")
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    # As few as will do: each takes seconds to read.
    (root / "dags").mkdir()
    for dag_id in DAG_IDS:
        shutil.copy(ROOT / "dags" / f"{dag_id}.py", root / "dags")
    for name in ("plugins", "migrations", "include", "alembic.ini"):
        (root / name).symlink_to(ROOT / name)
    variables = {
        **clean_environment(),
        **connection_variables(stand_in_server.url),
        "AIRFLOW_CONN_PROSPECTING_SLACK": json.dumps(
            {"conn_type": "prospecting_slack", "password": f"{stand_in_server.url}/services/T/B/ops"}
        ),
        "PROSPECTING_DB_URL": libpq(shared_database.engine.url),
        # The files stay as they are: reading them again each half minute would be a large part of all the work.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata.set(drivername="postgresql+psycopg2").render_as_string(
            hide_password=False
        ),
    }
    with airflow_up(root, variables) as running:
        yield running


@pytest.fixture(scope="module")
def port(up: Up) -> int:
    """The port of its API."""
    return up.port


@pytest.fixture
def api(up: Up) -> Api:
    """Airflow's REST API for an administrator, once Airflow has read the DAGs."""
    api = Api(up.port)
    api.log_in("admin", up.root)
    for dag_id in DAG_IDS:
        api.wait_for(f"/api/v2/dags/{dag_id}/details", "dag_id", {dag_id}, 60)
    return api


def test_it_is_there_for_this_machine_alone(up: Up) -> None:
    listening = {
        connection.laddr.ip
        for member in up.process.children(recursive=True)
        for connection in _connections(member)
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_runs_in_a_terminal_keep_apart_from_it(up: Up) -> None:
    assert not scheduler_lock(up.root).acquire(shared=True, wait=False)


def test_nobody_gets_in_without_a_token(port: int) -> None:
    stranger = Api(port)
    assert stranger.call("POST", "/auth/token", {"username": "admin", "password": "admin"})[0] == 401
    assert stranger.call("GET", "/api/v2/dags")[0] == 401
    assert stranger.call("POST", "/api/v2/dags/signal_execution/dagRuns", {"conf": CONF})[0] == 401
    assert stranger.call("POST", "/auth/token", {"username": "admin", "password": "wrong"})[0] == 401


def test_it_listens_to_its_own_names_only(port: int) -> None:
    """A page of somebody else's can give this machine's address a name of its own."""
    for name in ("localhost", f"localhost:{port}", "127.0.0.1", f"[::1]:{port}"):
        assert Api(port, host=name).call("GET", "/api/v2/monitor/health")[0] == 200
    for name in ("evil.example", f"evil.example:{port}", "localhost.evil.example", "127.0.0.1.nip.io", "[::2]"):
        for path in ("/", "/api/v2/monitor/health", "/auth/token", "/execution/health"):
            assert Api(port, host=name).call("GET", path) == (400, b"Invalid host header")


def test_nobody_else_reads_what_it_writes(api: Api, up: Up) -> None:
    local = up.root / ".local"
    for folder in (local / "airflow", local / "logs"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    open_to_others = [
        path.relative_to(local)
        for path in [local, *local.rglob("*")]
        if path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and not path.is_symlink()
    ]
    # As root, the embedded server's user has to pass through; these tests have a server of their own.
    assert [str(path) for path in open_to_others if str(path) != "." or os.geteuid()] == []


def test_dags_are_there_to_be_triggered(api: Api) -> None:
    details = api.call("GET", "/api/v2/dags/signal_execution/details")[1]
    assert details["is_paused"] is False
    assert details["params"]["event_keywords"]["schema"]["items"]["type"] == "string"
    assert details["params"]["name"]["schema"]["title"] == "Name"
    assert details["doc_md"].strip().startswith("### Signal execution")
    assert api.call("GET", "/api/v2/importErrors")[1]["total_entries"] == 0
    # Whatever Airflow is told about other new DAGs; slot_backfill is paused, too, until another test switches it on.
    assert api.call("GET", "/api/v2/dags/slot_evaluation/details")[1]["is_paused"] is True
    for kind in ("scheduled", "asset_triggered"):
        assert api.call("GET", f"/api/v2/dags/~/dagRuns?run_type={kind}")[1]["total_entries"] == 0
    pools = {pool["name"] for pool in api.call("GET", "/api/v2/pools")[1]["pools"]}
    assert pools >= {"agents", "database"}


def test_triggering_a_dag_in_a_running_airflow(api: Api, up: Up, engine: Engine) -> None:
    runs = "/api/v2/dags/signal_execution/dagRuns"
    trigger = {"dag_run_id": "by_hand", "logical_date": None, "conf": CONF}
    viewer = Api(up.port)
    viewer.log_in("viewer", up.root)
    assert viewer.call("POST", runs, trigger)[0] == 403
    status, refusal = api.call("POST", runs, trigger | {"conf": CONF | {"min_attendees": -1}})
    assert status == 400
    assert "min_attendees" in str(refusal) or "-1" in str(refusal)
    assert api.call("GET", f"{runs}/by_hand")[0] == 404

    assert api.call("POST", runs, trigger)[0] == 200
    run = api.wait_for(f"{runs}/by_hand", "state", {"success", "failed"}, 180)
    tasks = api.call("GET", f"{runs}/by_hand/taskInstances")[1]["task_instances"]
    assert run["state"] == "success", [(task["task_id"], task["state"]) for task in tasks]
    labels = {task["task_id"]: task["rendered_map_index"] for task in tasks if task["map_index"] >= 0}
    assert labels == {
        "discover": "Rails World",
        "extract_sponsors": "events 1-1 of 1",
        "find_people": "companies 1-3 of 3",
    }

    with engine.connect() as connection:
        (execution,) = connection.execute(text("select status, airflow_run_id, stats from signal_executions"))
        assert (execution.status, execution.airflow_run_id) == ("completed", "by_hand")
        assert (
            execution.stats["companiesFound"] == connection.execute(text("select count(*) from companies")).scalar_one()
        )
        tries = connection.execute(text("select distinct task_id from task_attempts")).scalars().all()
        assert {"start_execution", "discover", "extract_sponsors"} <= set(tries)


def told_of(stand_in: StandIn, run_id: str) -> list[str]:
    """The messages in Slack that lead to a run; they come after what they are about."""
    wanted = f"/runs/{run_id}/"
    posted = [each["body"]["text"] for each in stand_in.requests("slack")]
    return [text for text in posted if wanted in text]


def test_an_empty_form_leaves_one_red_task(api: Api, up: Up, stand_in_server: StandIn) -> None:
    runs = "/api/v2/dags/signal_execution/dagRuns"
    empty = {"dag_run_id": "empty", "logical_date": None, "conf": {}}
    assert api.call("POST", runs, empty)[0] == 200
    assert api.finish(f"{runs}/empty", 180) == "failed"
    tasks = api.call("GET", f"{runs}/empty/taskInstances")[1]["task_instances"]
    states = {task["task_id"]: (task["state"], task["try_number"]) for task in tasks}
    assert (states.pop("start_execution"), states.pop("params_accepted")) == (("failed", 1), ("upstream_failed", 0))
    assert set(states.values()) == {("skipped", 0)}
    wait_for(lambda: told_of(stand_in_server, "empty"), "somebody is told of the failed run")
    (message,) = told_of(stand_in_server, "empty")
    about, cause, result, log = message.splitlines()
    assert about == "*Signal execution failed*"
    assert cause.startswith("start_execution: The params do not work together: ")
    run = f"http://localhost:{up.port}/dags/signal_execution/runs/empty"
    assert result == f"<{run}/plugin/prospecting-result|What the run has to show>"
    assert log == f"<{run}/tasks/start_execution|The log of start_execution>"


def test_marked_as_failed_a_task_that_fills_seats_holds_nothing(
    api: Api, engine: Engine, stand_in_server: StandIn
) -> None:
    """Scheduler, worker and supervisor are real: a person marks the task as failed, and Airflow does the rest."""
    queue(engine, *OTHERS[:2])
    stand_in_server.reset()
    stand_in_server.dial("llm", skip=2, delay=600)
    conf = {"providers": ["live"], "lease_seconds": 600}
    runs = "/api/v2/dags/slot_backfill/dagRuns"
    assert api.call("POST", runs, {"dag_run_id": "first", "logical_date": None, "conf": conf})[0] == 200
    assert api.call("GET", f"{runs}/first")[1]["state"] == "queued", "as long as the DAG is paused"
    assert api.call("PATCH", "/api/v2/dags/slot_backfill", {"is_paused": False})[0] == 200
    wait_for(lambda: len(asked_about(stand_in_server)) == 2, "the second company is asked about")
    assert len(queued(engine, "running")) == 3
    task = f"{runs}/first/taskInstances/work_requests/0"
    assert api.call("PATCH", task, {"new_state": "failed"})[0] == 200
    wait_for(lambda: holds_nothing(engine), "the requests are put back")
    was_put_back(engine, companies=1)
    assert api.finish(f"{runs}/first", 90) == "failed"

    stand_in_server.dial("llm")
    assert api.call("POST", runs, {"dag_run_id": "second", "logical_date": None, "conf": conf})[0] == 200
    assert api.finish(f"{runs}/second", 90) == "success"
    promoted(engine, 2)


def answer_in_vain(metadata: URL, run_id: str, option: str) -> None:
    """Airflow stores an answer and loses the try that was to carry it on, as it does when the answer comes at once."""
    answered = """
        update hitl_detail
        set responded_at = now(), chosen_options = cast(%s as json), responded_by = '{"id": "admin", "name": "admin"}'
        from task_instance as task
        where task.id = hitl_detail.ti_id and task.run_id = %s
    """
    with psycopg.connect(libpq(metadata), autocommit=True) as connection:
        assert connection.execute(answered, (json.dumps([option]), run_id)).rowcount == 1


def test_nobody_becomes_a_contact_before_a_person_approves(
    api: Api, up: Up, metadata: URL, engine: Engine, stand_in_server: StandIn
) -> None:
    name = "Zelda Marker"
    with engine.begin() as connection:
        (company,) = add_sponsors(connection, {"Acme": "gold"}).values()
        add_people(connection, company, someone(name))
    viewer = Api(up.port)
    viewer.log_in("viewer", up.root)
    runs = "/api/v2/dags/account_promotion/dagRuns"
    answers = {"lost": "Reject", "approved": "Approve"}
    for run_id in answers:
        trigger = {"dag_run_id": run_id, "logical_date": None, "conf": {"best_tier": "silver"}}
        assert api.call("POST", runs, trigger)[0] == 200
    for run_id, option in answers.items():
        api.wait_for(f"{runs}/{run_id}/taskInstances/approve_promotion", "state", {"awaiting_input"}, 120)
        question = f"{runs}/{run_id}/taskInstances/approve_promotion/-1/hitlDetails"
        asked = api.call("GET", question)[1]
        assert asked["subject"] == "Make 1 person a contact?"
        (told,) = told_of(stand_in_server, run_id)
        assert told.startswith("*Account promotion waits for your decision*\nMake 1 person a contact?\n")
        assert f"/runs/{run_id}/tasks/approve_promotion/required_actions|" in told
        assert name not in f"{asked} {told}"
        answer = {"chosen_options": [option], "params_input": {}}
        assert viewer.call("PATCH", question, answer)[0] == 403
        with engine.connect() as connection:
            assert contact_names(connection) == []
        if run_id == "lost":
            answer_in_vain(metadata, run_id, option)
            again = {"dry_run": False, "dag_run_id": run_id, "task_ids": ["approve_promotion"], "only_failed": False}
            assert api.call("POST", "/api/v2/dags/account_promotion/clearTaskInstances", again)[0] == 200
        else:
            assert api.call("PATCH", question, answer)[0] == 200
    for run_id in answers:
        assert api.finish(f"{runs}/{run_id}", 120) == "success"
    with engine.connect() as connection:
        assert contact_names(connection) == [name]
        decided = text("select airflow_run_id, status, decision, decided_by from contact_promotions")
        assert sorted(tuple(row) for row in connection.execute(decided)) == [
            ("approved", "completed", "approved", "admin"),
            ("lost", "rejected", "rejected", "admin"),
        ]


@pytest.fixture
def tab(up: Up) -> Iterator[Page]:
    """A browser of the administrator."""
    password = json.loads(passwords_file(up.root).read_text())["admin"]
    with chromium() as browser, tab_of(browser, f"http://localhost:{up.port}/", "admin", password) as page:
        yield page


@contextmanager
def closed_pool(api: Api, name: str) -> Iterator[None]:
    """No task of a pool starts meanwhile, however fast the machine."""
    path = f"/api/v2/pools/{name}"
    pool = {"pool": name, "include_deferred": False, "slots": api.call("GET", path)[1]["slots"]}
    assert api.call("PATCH", path, pool | {"slots": 0})[0] == 200
    try:
        yield
    finally:
        assert api.call("PATCH", path, pool)[0] == 200


def trigger_from_the_form(tab: Page, origin: str, dag_id: str, **fields: str) -> str:
    """Fill in the trigger form of a DAG as people do; returns the address of the run to which Airflow then leads."""
    tab.goto(f"{origin}/dags/{dag_id}")
    tab.get_by_role("button", name="Trigger").first.click()
    form = tab.get_by_role("dialog")
    for name, value in fields.items():
        form.locator(f"[name=element_{name}]").fill(value)
    form.get_by_role("button", name="Trigger", exact=True).click()
    tab.wait_for_url(f"**/dags/{dag_id}/runs/**")
    return tab.url


def bar(ours: FrameLocator, stage: str, percent: int) -> None:
    expect(ours.get_by_role("progressbar", name=stage, exact=True)).to_have_attribute("aria-valuenow", str(percent))


@needs_browser
def test_without_sql_from_the_form_to_names_and_decisions(api: Api, up: Up, engine: Engine, tab: Page) -> None:
    """One walk through everything that people do in a browser, in a running Airflow."""
    origin = f"http://localhost:{up.port}"
    with engine.begin() as connection:
        acme, one, other = add_sponsors(connection, {"Acme": "gold", "Smith": None, "Smithson": None}).values()
        for company, name in ((acme, "Zelda Marker"), (one, "Jane Roe"), (other, "John Doe")):
            add_people(connection, company, someone(name))
        connection.execute(
            text(
                "insert into merge_candidates (entity_type, left_id, right_id, reason, evidence) "
                "values ('company', :one, :other, 'same_name', '{}')"
            ),
            {"one": one, "other": other},
        )
    promotion = {"dag_run_id": "asked", "logical_date": None, "conf": {"best_tier": "silver"}}
    assert api.call("POST", "/api/v2/dags/account_promotion/dagRuns", promotion)[0] == 200
    ours = tab.frame_locator("iframe")

    # While a run works, its tab shows how far each stage is; then what it found.
    with closed_pool(api, "agents"):
        asked = {"name": CONF["name"], "event_keywords": "Rails World", "date_from": CONF["date_from"]}
        run = trigger_from_the_form(tab, origin, "signal_execution", **asked, date_to=CONF["date_to"])
        tab.get_by_role("link", name="Result").click()
        bar(ours, "start execution", 100)
        bar(ours, "discover", 0)
        stages = [each.get_attribute("aria-label") for each in ours.get_by_role("progressbar").all()]
        assert stages.index("plan people") < stages.index("find people")
    expect(ours.get_by_role("heading", name=CONF["name"])).to_contain_text("completed", timeout=180_000)
    assert tab.url.startswith(run)
    ours.get_by_role("link", name="Companies (").click()
    found = ours.get_by_role("row").nth(1).get_by_role("link").first
    name = found.inner_text()
    found.click()
    expect(ours.get_by_role("heading", name=name, level=1)).to_be_visible()

    # A list, filtered, and the same as a file.
    ours.get_by_role("navigation", name="Prospecting").get_by_role("link", name="Companies").click()
    ours.get_by_label("Name or domain").fill("smith")
    ours.get_by_role("button", name="Show").click()
    expect(ours.get_by_role("row")).to_have_count(3)
    with tab.expect_download() as download:
        ours.get_by_role("link", name="CSV", exact=True).click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        assert [row["Name"] for row in csv.DictReader(file)] == ["Smith", "Smithson"]

    # From the overview to what waits for a decision.
    gate = "/api/v2/dags/account_promotion/dagRuns/asked/taskInstances/approve_promotion"
    api.wait_for(gate, "state", {"awaiting_input"}, 120)
    ours.get_by_role("link", name="Overview").click()
    ours.get_by_role("link", name="Count again").click()
    ours.get_by_role("link", name="decide").click()
    question = ours.get_by_role("article").filter(has_text="Make 1 person a contact?")
    question.get_by_role("button", name="Approve", exact=True).click()
    question.get_by_role("button", name="Really approve?").click()
    expect(ours.get_by_text("The answer is given.")).to_be_visible()
    assert api.finish("/api/v2/dags/account_promotion/dagRuns/asked", 120) == "success"
    with engine.connect() as connection:
        assert contact_names(connection) == ["Zelda Marker"]

    # Two companies become one, and two again.
    tables = ("companies", "company_person_roles", "persons", "merge_candidates")
    with engine.connect() as connection:
        before = content(connection, *tables)
    tab.get_by_text("Prospecting").first.click()
    ours.get_by_role("link", name="Review", exact=True).click()
    ours.get_by_role("link", name="Merge …").click()
    expect(ours.get_by_role("row", name="company person roles 1")).to_be_visible()
    ours.get_by_role("button", name="Merge", exact=True).click()
    expect(ours.get_by_text(f"company {other} into {one}")).to_be_visible()
    with engine.connect() as connection:
        assert content(connection, *tables) != before
    ours.get_by_role("button", name="Undo").click()
    ours.get_by_role("button", name="Really undo?").click()
    expect(ours.get_by_text("undone by admin")).to_be_visible()
    with engine.connect() as connection:
        assert content(connection, *tables) == before
