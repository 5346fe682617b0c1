"""The API does what its OpenAPI description says, whatever it is sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from sqlalchemy import Engine

from tests.web.calling import INTERNAL_KEY, add_org, issue, program, with_token
from tests.web.conftest import ApiServer

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

EXAMPLES = 4
"""For each operation, as many that fit its description as do not."""
load_all_checks()
# A domain that is nobody's is text like any other, to a schema.
CHECKED = [check for check in CHECKS.get_all() if check.__name__ != "positive_data_acceptance"]
assert len(CHECKED) > 10


def test_the_api_is_as_it_is_described(server: ApiServer, engine: Engine) -> None:
    org = add_org(engine, "acme")
    administrator = issue(engine, user_id=UUID(int=1))
    described = with_token(server, administrator.token).get("/openapi.json")
    assert program(server).get("/openapi.json").status_code == 401
    assert server.as_user("viewer").get("api/openapi.json").json() == described.json()
    reference = server.as_user("viewer").get("api/docs")
    assert all(path in reference.text for path in described.json()["paths"])
    schema = schemathesis.openapi.from_dict(described.json())
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 15
    for operation in operations:
        if operation.path.startswith("/events/"):
            continue  # What is signed cannot be made up.
        headers = {"Authorization": f"Bearer {issue(engine, user_id=UUID(int=1)).token}"}
        if operation.path.startswith("/internal/"):
            headers = {"Authorization": f"Bearer {INTERNAL_KEY}", "x-internal-org-id": str(org)}
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try_out(operation, mode, str(program(server).base_url), headers)


def try_out(operation: APIOperation[Any, Any, Any], mode: GenerationMode, url: str, headers: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers(case: Case) -> None:
        case.call_and_validate(base_url=url, headers=headers, checks=CHECKED)

    answers()
