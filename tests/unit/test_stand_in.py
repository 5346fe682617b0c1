"""The stand-in keeps the contracts it stands in for, where the bundle relies on them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.stand_in.server import StandIn

RUNS = "/v1/tasks/runs"
QUESTION = {"processor": "pro", "input": "Who?"}


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture
def http(stand_in: StandIn) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stand_in.url, headers={"x-api-key": "any"}, timeout=10) as client:
        yield client


def create(http: httpx.Client, **changes: Any) -> httpx.Response:
    return http.post(RUNS, json={**QUESTION, **changes})


def test_a_research_task_from_beginning_to_end(http: httpx.Client, stand_in: StandIn) -> None:
    response = create(http, metadata={"step": "1"})
    assert response.status_code == 202
    run = response.json()
    assert run["run_id"].startswith("trun_")
    assert (run["status"], run["is_active"], run["metadata"]) == ("queued", True, {"step": "1"})
    path = f"{RUNS}/{run['run_id']}"
    assert http.get(f"{path}/result").status_code == 408
    seen = [http.get(path).json() for _ in range(3)]
    assert [(each["status"], each["is_active"]) for each in seen] == [
        ("running", True),
        ("completed", False),
        ("completed", False),
    ]
    assert http.get(f"{path}/input").json()["input"] == "Who?"
    result = http.get(f"{path}/result").json()
    assert result["run"]["run_id"] == run["run_id"]
    assert (result["output"]["type"], type(result["output"]["content"])) == ("text", str)
    assert [(each["run_id"], each["status"]) for each in stand_in.tasks()] == [(run["run_id"], "completed")]
    assert http.get("/_tasks").json() == stand_in.tasks()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"processor": None}, 422),
        ({"input": None}, 422),
        ({"input": ""}, 422),
        ({"input": "x" * 25_001}, 422),
        ({"metadata": {"k" * 17: "v"}}, 422),
        ({"metadata": {"k": "v" * 513}}, 422),
        ({"processor": "gigantic"}, 403),
        ({"processor": "ultra8x-fast"}, 202),
        ({"input": {"company": "Acme"}}, 202),
    ],
)
def test_research_tasks_are_checked(body: dict[str, Any], status: int, http: httpx.Client, stand_in: StandIn) -> None:
    response = create(http, **body)
    assert response.status_code == status
    assert len(stand_in.tasks()) == (status == 202)
    if status != 202:
        assert response.json()["type"] == "error"
        assert response.json()["error"].keys() == {"ref_id", "message", "detail"}


def test_nobody_is_answered_without_a_key(stand_in: StandIn) -> None:
    for method, path in (("POST", RUNS), ("GET", f"{RUNS}/trun_1"), ("GET", f"{RUNS}/trun_1/result")):
        assert httpx.request(method, stand_in.url + path, json=QUESTION).status_code == 401
    assert httpx.post(f"{stand_in.url}/v1/execute", json={}).status_code == 401
    assert stand_in.tasks() == []


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_failed_tasks_have_no_result(status: str, http: httpx.Client, stand_in: StandIn) -> None:
    stand_in.script("parallel", {"status": status, "polls": 1})
    path = f"{RUNS}/{create(http).json()['run_id']}"
    run = http.get(path).json()
    assert (run["status"], run["is_active"], run["error"] is not None) == (status, False, status == "failed")
    assert http.get(f"{path}/result").status_code == 404
    assert http.get(f"{RUNS}/trun_unknown").status_code == http.get(f"{RUNS}/trun_unknown/result").status_code == 404


def test_scripts_of_research_tasks(http: httpx.Client, stand_in: StandIn) -> None:
    stand_in.script(
        "parallel",
        {"contains": "broke", "create_status": 402},
        {"contains": "null", "polls": 0, "output": None},
        {"contains": "object", "polls": 0, "content": {"a": 1}},
        {"contains": "slow", "statuses": ["queued", "action_required"]},
    )
    assert create(http, input="broke").status_code == 402
    null, an_object = create(http, input="null").json(), create(http, input="object").json()
    assert null["status"] == "completed"
    assert http.get(f"{RUNS}/{null['run_id']}/result").json()["output"] is None
    output = http.get(f"{RUNS}/{an_object['run_id']}/result").json()["output"]
    assert (output["type"], output["content"], output["basis"][0]["field"]) == ("json", {"a": 1}, "a")
    path = f"{RUNS}/{create(http, input='slow').json()['run_id']}"
    assert [http.get(path).json()["status"] for _ in range(3)] == ["queued", "action_required", "completed"]
    assert len(stand_in.tasks()) == 3


def test_a_result_is_waited_for_as_long_as_allowed(http: httpx.Client, stand_in: StandIn) -> None:
    stand_in.script("parallel", {"polls": 1, "seconds": 0.3, "max_block": 5})
    path = f"{RUNS}/{create(http).json()['run_id']}"
    assert http.get(path).json()["status"] == "queued", "looked at often enough, and not yet old enough"
    assert http.get(f"{path}/result", params={"timeout": 0}).status_code == 408
    started = time.monotonic()
    assert http.get(f"{path}/result", params={"timeout": 5}).status_code == 200
    assert time.monotonic() - started < 5


def test_every_phase_of_a_task_has_a_dial_of_its_own(http: httpx.Client, stand_in: StandIn) -> None:
    path = f"{RUNS}/{create(http).json()['run_id']}"
    for dial, ask in (
        ("parallel_create", lambda: create(http)),
        ("parallel_status", lambda: http.get(path)),
        ("parallel_result", lambda: http.get(f"{path}/result")),
    ):
        stand_in.dial(dial, status=503, retry_after=2, times=1)
        refused = ask()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert ask().status_code != 503
    assert len(stand_in.tasks()) == 2, "the refused one was not created"


def test_a_lost_answer_does_not_undo_the_task(http: httpx.Client, stand_in: StandIn) -> None:
    stand_in.dial("parallel_create", drop=True, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        create(http)
    stand_in.dial("parallel_create", delay=0.5)
    with pytest.raises(httpx.ReadTimeout):
        http.post(RUNS, json=QUESTION, timeout=0.1)
    given_up = time.monotonic() + 10
    while len(stand_in.tasks()) < 2 and time.monotonic() < given_up:
        time.sleep(0.01)  # whoever asked is gone before the server has read the question, on a slow machine
    assert len(stand_in.tasks()) == 2
    stand_in.reset()
    assert stand_in.tasks() == []


def test_operations_find_something(stand_in: StandIn) -> None:
    body = {"operation_id": "company.find.people", "entity_type": "company", "input": {"company_name": "Acme"}}
    url, headers = f"{stand_in.url}/v1/execute", {"Authorization": "Bearer any"}
    answer = httpx.post(url, json=body, headers=headers).json()
    assert answer.keys() == {"run_id", "operation_id", "status", "output", "provider_attempts", "missing_inputs"}
    assert {person["current_company_name"] for person in answer["output"]["results"]} == {"Acme"}
    companies = httpx.post(url, json={**body, "operation_id": "company.search"}, headers=headers).json()
    assert all(company["domain"] for company in companies["output"]["results"])
    assert httpx.post(url, json={**body, "input": None}, headers=headers).status_code == 422


def test_whether_a_fault_has_met_a_request_is_known(http: httpx.Client, stand_in: StandIn) -> None:
    def search() -> int:
        return http.post("/search", json={"query": "it"}, headers={"Authorization": "Bearer key"}).status_code

    stand_in.dial("search", status=503, times=1, skip=1)
    assert (search(), stand_in.dials.has_struck("search")) == (200, False)
    assert (search(), stand_in.dials.has_struck("search")) == (503, True)
    stand_in.dial("search")
    assert (search(), stand_in.dials.has_struck("search")) == (200, False)
