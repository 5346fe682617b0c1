"""Operations that somebody else runs: one HTTP service that executes any of them by its id.

It is asked through the ledger like any agent. ``read_operation_result`` reads what an operation found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from prospecting.agents.errors import AgentError, AgentUnavailable, RequestRefused
from prospecting.agents.provider_errors import error_for_status, retry_after_seconds, unanswered, unreachable
from prospecting.agents.searches import Answer, Search
from prospecting.agents.web_search import usable_key
from prospecting.persistence.database import clean_value, to_json

if TYPE_CHECKING:
    import httpx

    from prospecting.agents.steps import Steps

PROVIDER = "operations"
CONNECTION_ID = "prospecting_operations"
SERVICE = "operations service"
STATUSES = frozenset({"found", "not_found", "failed", "verified"})


@dataclass(frozen=True, slots=True)
class OperationSearch(Search):
    """One operation for one step of a pipeline run; ``operation_search`` makes it.

    ``input`` and ``options`` are JSON objects as canonical text. The run and the step make it a question of its own:
    two steps that ask for the same are executed twice.
    """

    agent: ClassVar[str] = "operation"

    operation_id: str
    entity_type: str
    input: str = field(repr=False)
    options: str
    pipeline_run_id: str
    step_position: int


def operation_search(
    operation_id: str,
    entity_type: str,
    input: Mapping[str, Any],
    options: Mapping[str, Any] | None = None,
    *,
    pipeline_run_id: str,
    step_position: int,
) -> OperationSearch:
    """The search for an operation; equal objects make equal searches, whatever the order of their keys."""
    return OperationSearch(
        operation_id, entity_type, _canonical(input), _canonical(options or {}), pipeline_run_id, step_position
    )


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(clean_value(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class OperationsSettings:
    """Where the service is (``base_url`` without ``/execute``) and what a call costs. The repr has no key."""

    base_url: str
    api_key: str = field(repr=False)
    timeout_seconds: float = 60.0
    connection_id: str = CONNECTION_ID
    usd_per_call: Decimal = Decimal(0)


class OperationsService:
    """``Agents`` for ``OperationSearch``. Answers are not reused by others: the world may have changed since."""

    provider = PROVIDER
    ttl_seconds = 0

    def __init__(self, settings: OperationsSettings) -> None:
        self._settings = settings

    def reserve_usd(self, search: Search) -> Decimal:
        """The price of one call, in US dollars."""
        return self._settings.usd_per_call

    def answer(self, search: Search, steps: Steps | None = None) -> Answer:
        """Execute an operation. Returns the service's answer as it came; it is a JSON object.

        Raises an ``AgentError`` of the matching kind, ``TypeError`` for any other search.
        """
        if not isinstance(search, OperationSearch):
            raise TypeError(f"Not an operation: {type(search).__name__}")
        response = self._post(
            {
                "operation_id": search.operation_id,
                "entity_type": search.entity_type,
                "input": json.loads(search.input),
                "options": json.loads(search.options),
            }
        )
        if not response.is_success:
            raise self._refusal(response)
        _json_object(response.content)
        return Answer(response.content, cost_usd=self._settings.usd_per_call)

    def check(self) -> None:
        """Ask for no operation at all: nothing is executed, and the service has to refuse that, not the key.

        Raises an ``AgentError`` of the matching kind.
        """
        response = self._post({})
        if response.status_code in (400, 422):
            return
        if not response.is_success:
            raise self._refusal(response)
        _json_object(response.content)

    def _post(self, body: Mapping[str, Any]) -> httpx.Response:
        import httpx

        settings = self._settings
        key = usable_key(settings.api_key, settings.connection_id)
        try:
            return httpx.post(
                f"{settings.base_url.rstrip('/')}/execute",
                content=to_json(body).encode(),
                headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
                timeout=settings.timeout_seconds,
            )
        except httpx.TimeoutException:
            raise unanswered(SERVICE, settings.base_url, settings.connection_id, settings.timeout_seconds) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(SERVICE, settings.base_url, settings.connection_id, type(error).__name__) from None

    def _refusal(self, response: httpx.Response) -> AgentError:
        return error_for_status(
            response.status_code,
            service=SERVICE,
            connection_id=self._settings.connection_id,
            retry_after=retry_after_seconds(response.headers),
        )


def read_operation_result(content: bytes) -> dict[str, Any]:
    """The result in an answer of the service: its own keys, and those of an operation result in any case.

    ``status`` is one of ``STATUSES``; ``output`` an object or ``None``; ``provider_attempts`` and ``missing_inputs``
    are lists. Raises ``AgentUnavailable`` when this is not a JSON object (some proxy's page, perhaps),
    ``RequestRefused`` when it is one and not an operation result.
    """
    result = _json_object(content)
    status, output = result.get("status"), result.get("output")
    if not isinstance(status, str) or status not in STATUSES:
        raise _refused("status", f"one of {', '.join(sorted(STATUSES))}")
    if output is not None and not isinstance(output, dict):
        raise _refused("output", "an object or null")
    lists = {}
    for name in ("provider_attempts", "missing_inputs"):
        value = result.get(name)
        if value is not None and not isinstance(value, list):
            raise _refused(name, "a list")
        lists[name] = value or []
    return {**result, "status": status, "output": output, **lists}


def _refused(key: str, expected: str) -> RequestRefused:
    return RequestRefused(
        f"The answer of the {SERVICE} is not an operation result: its {key} must be {expected}. Check that the service "
        f"speaks this contract, and the base URL of the connection {CONNECTION_ID}"
    )


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise AgentUnavailable(f"The {SERVICE} answered something that is not a JSON object")
    return value
