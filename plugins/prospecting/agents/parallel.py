"""Deep research over Parallel's Task API: create a run, look at it until it ends, fetch its result.

A run is paid for when it is created and takes minutes to hours, so creating and waiting are separate: whoever creates a
run writes its id down before anything else, and waits for it somewhere that costs nothing. The API has no idempotency
key. A POST whose answer was lost may have created a run; such a failure says so (``may_have_been_sent``) and nothing
here sends it a second time.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from prospecting.agents.errors import AgentError, AuthenticationFailed
from prospecting.agents.provider_errors import error_for_status, retry_after_seconds, unanswered, unreachable
from prospecting.agents.web_search import usable_key
from prospecting.persistence.database import to_json

if TYPE_CHECKING:
    import httpx

PROVIDER = "parallel"
BASE_URL = "https://api.parallel.ai"
RUN_PAGE = "https://platform.parallel.ai/play/deep-research"
"""Where the provider shows a run to people, below it by its id."""

CONNECTION_ID = "prospecting_parallel"
SERVICE = "deep research"
# The provider's own limits.
MAX_INPUT_CHARS = 25_000
_MAX_METADATA_KEY, _MAX_METADATA_VALUE = 16, 512

# Published durations go up to 1, 2, 5, 10, 10, 25, 50, 90 and 120 minutes; we wait longer than that before giving up.
DEFAULT_WAIT_CAPS: Mapping[str, float] = MappingProxyType(
    {
        "lite": 300.0,
        "base": 600.0,
        "core": 900.0,
        "core2x": 1800.0,
        "pro": 1800.0,
        "ultra": 2700.0,
        "ultra2x": 5400.0,
        "ultra4x": 9000.0,
        "ultra8x": 12_600.0,
    }
)
# The published price list, US dollars per run. Fast variants cost what their parents cost.
DEFAULT_USD_PER_RUN: Mapping[str, Decimal] = MappingProxyType(
    {
        "lite": Decimal("0.005"),
        "base": Decimal("0.01"),
        "core": Decimal("0.025"),
        "core2x": Decimal("0.05"),
        "pro": Decimal("0.1"),
        "ultra": Decimal("0.3"),
        "ultra2x": Decimal("0.6"),
        "ultra4x": Decimal("1.2"),
        "ultra8x": Decimal("2.4"),
    }
)
DEFAULT_POLL_DELAYS = (5.0, 10.0, 15.0, 30.0, 60.0)

_NO_RUN = "trun_connection_test"
_ENDED = frozenset({"completed", "failed", "cancelled"})
# A gateway gave up on an answer that may still have been made.
_ANSWER_LOST_STATUSES = frozenset({408, 504, 524})

Sleep = Callable[[float], Awaitable[None]]


class ResearchPhase(StrEnum):
    """The step of a deep research run in which something failed."""

    CONFIG = "config"
    CREATE = "create"
    STATUS = "status"
    RESULT = "result"
    VALIDATION = "validation"


class DeepResearchError(AgentError):
    """A deep research run failed. ``code`` says why, in words that stay the same; the message is for people.

    ``may_have_been_sent`` is only true in the phase ``create``: a run may exist and may have been billed although
    nobody knows its id.
    """

    def __init__(
        self,
        message: str,
        *,
        phase: ResearchPhase,
        code: str,
        kind: str = "error",
        retryable: bool = False,
        http_status: int | None = None,
        retry_after: float | None = None,
        may_have_been_sent: bool = False,
    ) -> None:
        super().__init__(message, http_status=http_status, retry_after=retry_after)
        self.phase = phase
        self.code = code
        self.kind = kind
        self.retryable = retryable
        self.may_have_been_sent = may_have_been_sent


@dataclass(frozen=True, slots=True)
class ParallelSettings:
    """Where the API is, and what its processors cost and how long they may take. The key is not part of the repr.

    ``timeout_seconds`` bounds one request. ``poll_delays`` are the seconds before each look at a run; the last one
    repeats. ``wait_caps`` (seconds) and ``usd_per_run`` are by processor; a ``-fast`` variant without an entry of its
    own has its parent's.
    """

    api_key: str = field(repr=False)
    base_url: str = BASE_URL
    timeout_seconds: float = 30.0
    connection_id: str = CONNECTION_ID
    poll_delays: tuple[float, ...] = DEFAULT_POLL_DELAYS
    wait_caps: Mapping[str, float] = field(default_factory=lambda: DEFAULT_WAIT_CAPS)
    usd_per_run: Mapping[str, Decimal] = field(default_factory=lambda: DEFAULT_USD_PER_RUN)

    def usd_for(self, processor: str) -> Decimal:
        """The price of a run. Raises ``DeepResearchError`` for a processor whose price is not known."""
        price = self.usd_per_run.get(processor, self.usd_per_run.get(processor.removesuffix("-fast")))
        if price is None:
            raise DeepResearchError(
                f"Unknown processor: {json.dumps(processor)}; allowed: {', '.join(self.usd_per_run)}, each also with "
                f"-fast. The price of a new one goes into the extra usd_per_run of the connection {self.connection_id}",
                phase=ResearchPhase.CONFIG,
                code="unknown_processor",
                kind="configuration",
            )
        return price

    def cap_for(self, processor: str) -> float:
        """Seconds to wait for a run: as long as the slowest processor may take when this one has no entry."""
        cap = self.wait_caps.get(processor, self.wait_caps.get(processor.removesuffix("-fast")))
        return max(self.wait_caps.values(), default=0.0) if cap is None else cap

    def run_page(self, run_id: str) -> str:
        """The URL of a run: the provider's page of it, or the run at the API when that is not the provider's own."""
        if self.base_url.rstrip("/") == BASE_URL:
            return f"{RUN_PAGE}/{quote(run_id, safe='')}"
        return _url(self, run_id)


@dataclass(frozen=True, slots=True)
class TaskRun:
    """A run as the API shows it. ``is_active`` is the API's own word; a run that waits for somebody is not active."""

    run_id: str
    status: str
    is_active: bool

    @property
    def has_ended(self) -> bool:
        """True when nothing will happen any more: completed, failed or cancelled."""
        return self.status in _ENDED


class ParallelClient:
    """One request per method, none of them repeated. Every failure is a ``DeepResearchError``."""

    def __init__(self, settings: ParallelSettings) -> None:
        self._settings = settings

    def create(self, input: str, processor: str, metadata: Mapping[str, str]) -> TaskRun:
        """Create a run, and pay for it.

        ``metadata`` comes back with the run: at most 16 characters per key and 512 per value. Raises with
        ``may_have_been_sent`` when the request went out and no readable answer came back.
        """
        import httpx

        settings = self._settings
        headers = _headers(settings, ResearchPhase.CREATE)
        _check_limits(input, metadata)
        content = to_json({"input": input, "processor": processor, "metadata": dict(metadata)}).encode()
        try:
            response = httpx.post(
                _url(settings),
                content=content,
                headers={**headers, "Content-Type": "application/json"},
                timeout=settings.timeout_seconds,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _not_created(error, settings) from None
        if not response.is_success:
            raise _refusal(response, settings, ResearchPhase.CREATE, processor)
        run = _task_run(response.content)
        if run is None:
            raise _lost_answer("answered something that is not a run")
        return run

    def status(self, run_id: str) -> TaskRun:
        """Look at a run once. Looking is free."""
        return _task_run_of(self._get(run_id, ResearchPhase.STATUS))

    def result(self, run_id: str) -> bytes:
        """The raw answer of ``/result`` of a completed run, a JSON object.

        HTTP 408 (still active) is retryable, 404 (failed, or never heard of) is not.
        """
        content = self._get(run_id, ResearchPhase.RESULT).content
        if _json_object(content) is None:
            raise _unreadable(ResearchPhase.RESULT)
        return content

    def check(self) -> None:
        """Look at a run that cannot exist: the API has to say so in its own words, and not refuse the key. Free."""
        response = self._send(_NO_RUN, ResearchPhase.STATUS)
        error = (_json_object(response.content) or {}).get("error")
        if response.status_code in (404, 422) and isinstance(error, dict):
            return
        if response.status_code == 404 or response.is_success:
            raise DeepResearchError(
                _is_not_the_api(self._settings, f"HTTP {response.status_code}"),
                phase=ResearchPhase.CONFIG,
                code="invalid_base_url",
                kind="configuration",
            )
        raise _refusal(response, self._settings, ResearchPhase.STATUS)

    def _get(self, run_id: str, phase: ResearchPhase) -> httpx.Response:
        response = self._send(run_id, phase)
        if not response.is_success:
            raise _refusal(response, self._settings, phase)
        return response

    def _send(self, run_id: str, phase: ResearchPhase) -> httpx.Response:
        import httpx

        settings = self._settings
        # The API holds back the result of an active run; it should answer before we stop listening.
        params = {"timeout": max(1, int(settings.timeout_seconds / 2))} if phase is ResearchPhase.RESULT else None
        headers = _headers(settings, phase)
        try:
            return httpx.get(
                _url(settings, run_id, phase), params=params, headers=headers, timeout=settings.timeout_seconds
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(error, settings, phase) from None


async def wait_for_end(
    settings: ParallelSettings, run_id: str, processor_or_cap: str | float, *, sleep: Sleep = asyncio.sleep
) -> TaskRun:
    """Look at a run, less and less often, until it has ended. Returns the run; its ``status`` says how it ended.

    ``processor_or_cap`` is the processor, for its cap in the settings, or seconds. Failures that may pass do not end
    the wait; others are raised at once. Raises ``poll_timeout`` instead of sleeping past the cap: the run is paid for
    and may still end. A cap below the first delay allows one look, without any sleep.
    """
    import httpx

    headers = _headers(settings, ResearchPhase.STATUS)
    cap = settings.cap_for(processor_or_cap) if isinstance(processor_or_cap, str) else float(processor_or_cap)
    started, slept, looks = time.monotonic(), 0.0, 0
    asked_to_wait, last_seen = 0.0, "nothing yet"
    async with httpx.AsyncClient(headers=headers, timeout=settings.timeout_seconds) as client:
        while True:
            delay = max(settings.poll_delays[min(looks, len(settings.poll_delays) - 1)], asked_to_wait)
            waited = max(slept, time.monotonic() - started)
            if waited + delay <= cap:
                await sleep(delay)
                slept += delay
            elif looks:
                raise _poll_timeout(settings, run_id, cap, last_seen)
            looks += 1
            try:
                run = await _look(client, settings, run_id)
            except DeepResearchError as error:
                if not error.retryable:
                    raise
                asked_to_wait = error.retry_after or 0.0
                last_seen = error.kind if error.http_status is None else f"HTTP {error.http_status}"
            else:
                if run.has_ended:
                    return run
                asked_to_wait, last_seen = 0.0, run.status


def require_completed(run: TaskRun) -> None:
    """Raise ``DeepResearchError`` unless the run has completed and so has a result."""
    if run.status == "completed":
        return
    if not run.has_ended:
        raise DeepResearchError(
            f"Run {run.run_id} of the {SERVICE} has not ended yet: wait for it",
            phase=ResearchPhase.STATUS,
            code="run_still_active",
            kind="unavailable",
            retryable=True,
        )
    how = "was cancelled" if run.status == "cancelled" else "failed"
    raise DeepResearchError(
        f"Run {run.run_id} of the {SERVICE} {how}; the reason is in the provider's console. Run the step again to pay "
        "for a new one",
        phase=ResearchPhase.STATUS,
        code="parallel_task_failed" if run.status == "failed" else "parallel_task_cancelled",
        kind="failed",
    )


def _poll_timeout(settings: ParallelSettings, run_id: str, cap: float, last_seen: str) -> DeepResearchError:
    return DeepResearchError(
        f"Run {run_id} of the {SERVICE} has not ended within {cap:g} s (last seen: {last_seen}). It is paid for and "
        "may still end: run the step again to pick it up, or give it more time with the extra wait_caps of the "
        f"connection {settings.connection_id} or max_poll_attempts of the step",
        phase=ResearchPhase.STATUS,
        code="poll_timeout",
        kind="timeout",
    )


async def _look(client: httpx.AsyncClient, settings: ParallelSettings, run_id: str) -> TaskRun:
    import httpx

    try:
        async with asyncio.timeout(settings.timeout_seconds):  # The client's own bounds every read, not their sum.
            response = await client.get(_url(settings, run_id))
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unreachable(error, settings, ResearchPhase.STATUS) from None
    if not response.is_success:
        raise _refusal(response, settings, ResearchPhase.STATUS)
    return _task_run_of(response)


def _headers(settings: ParallelSettings, phase: ResearchPhase) -> dict[str, str]:
    if not settings.api_key.strip():
        raise missing_key(settings.connection_id)
    try:
        return {"x-api-key": usable_key(settings.api_key, settings.connection_id)}
    except AuthenticationFailed as error:
        raise DeepResearchError(
            str(error), phase=ResearchPhase.CONFIG, code="invalid_parallel_api_key", kind=error.kind
        ) from None


def missing_key(connection_id: str = CONNECTION_ID) -> DeepResearchError:
    """The error when there is no connection, or none with a key."""
    return DeepResearchError(
        f"The {SERVICE} needs the Airflow connection {connection_id} (host: base URL or empty, password: API key): "
        "create it",
        phase=ResearchPhase.CONFIG,
        code="missing_parallel_api_key",
        kind=AuthenticationFailed.kind,
    )


def _check_limits(input: str, metadata: Mapping[str, str]) -> None:
    """Raise instead of sending a request that the API would refuse."""
    problem = None
    if len(input) > MAX_INPUT_CHARS:
        problem, code = f"the input has {len(input):,} characters, at most {MAX_INPUT_CHARS:,} are", "input_too_long"
    elif any(len(key) > _MAX_METADATA_KEY or len(value) > _MAX_METADATA_VALUE for key, value in metadata.items()):
        problem, code = "metadata beyond 16 characters per key and 512 per value is not", "invalid_metadata"
    if problem:
        raise DeepResearchError(
            f"The {SERVICE} was not asked: {problem} accepted",
            phase=ResearchPhase.CONFIG,
            code=code,
            kind="refused",
        )


def _url(settings: ParallelSettings, run_id: str | None = None, phase: ResearchPhase = ResearchPhase.STATUS) -> str:
    url = f"{settings.base_url.rstrip('/')}/v1/tasks/runs"
    if run_id is not None:
        url += f"/{quote(run_id, safe='')}"
    return f"{url}/result" if phase is ResearchPhase.RESULT else url


def _code(phase: ResearchPhase, what: str) -> str:
    """``task_creation_failed``, ``status_fetch_exception`` and so on."""
    names = {ResearchPhase.CREATE: "task_creation", ResearchPhase.RESULT: "result_fetch"}
    return f"{names.get(phase, 'status_fetch')}_{what}"


def _not_created(error: Exception, settings: ParallelSettings) -> DeepResearchError:
    """The error for a POST without an answer: it never left, or nobody knows."""
    import httpx

    never_left = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    nonsense = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
    if isinstance(error, (*never_left, *nonsense)):
        return _unreachable(error, settings, ResearchPhase.CREATE)
    return _lost_answer(
        f"did not answer within {settings.timeout_seconds:g} s"
        if isinstance(error, httpx.TimeoutException)
        else f"broke off its answer ({type(error).__name__})",
        kind="timeout" if isinstance(error, httpx.TimeoutException) else "unavailable",
    )


def _lost_answer(what: str, *, kind: str = "unavailable", http_status: int | None = None) -> DeepResearchError:
    return DeepResearchError(
        f"The {SERVICE} {what}: a run may have been created and billed. It is not asked again by itself: look for the "
        "run in the provider's console by its metadata, and write its id into agent_calls.external_id of the row "
        "metadata.call_id; or trigger with resubmit_lost to pay for another one",
        phase=ResearchPhase.CREATE,
        code=_code(ResearchPhase.CREATE, "exception" if http_status is None else "failed"),
        kind=kind,
        http_status=http_status,
        may_have_been_sent=True,
    )


def _unreachable(error: Exception, settings: ParallelSettings, phase: ResearchPhase) -> DeepResearchError:
    """The error for a request that changed nothing and got no answer."""
    import httpx

    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
        return DeepResearchError(
            f"The host of the connection {settings.connection_id} is not a base URL: correct it, or leave it empty",
            phase=ResearchPhase.CONFIG,
            code="invalid_base_url",
            kind="configuration",
        )
    timed_out = isinstance(error, TimeoutError | httpx.TimeoutException)
    where = SERVICE, settings.base_url, settings.connection_id
    known = unanswered(*where, settings.timeout_seconds) if timed_out else unreachable(*where, type(error).__name__)
    return DeepResearchError(
        str(known),
        phase=phase,
        code=_code(phase, "exception"),
        kind=known.kind,
        retryable=True,
    )


def _refusal(
    response: httpx.Response, settings: ParallelSettings, phase: ResearchPhase, processor: str | None = None
) -> DeepResearchError:
    """The error for a status other than 2xx. The provider's own words are not repeated."""
    status = response.status_code
    if phase is ResearchPhase.CREATE and status in _ANSWER_LOST_STATUSES:
        return _lost_answer(f"gave up waiting (HTTP {status})", kind="timeout", http_status=status)
    known = error_for_status(
        status,
        service=SERVICE,
        connection_id=settings.connection_id,
        retry_after=retry_after_seconds(response.headers),
    )
    message, kind = str(known), known.kind
    if status < 400:
        message, kind = _is_not_the_api(settings, f"HTTP {status}"), "configuration"
    elif status == 403 and processor is not None:
        message = (
            f"The {SERVICE} refused the key or the processor {json.dumps(processor)} (HTTP 403): check the processor "
            f"of the step, and the password of the connection {settings.connection_id}"
        )
    elif status == 404:
        message = {
            ResearchPhase.CREATE: _is_not_the_api(settings, "HTTP 404"),
            ResearchPhase.RESULT: f"The {SERVICE} has no result of this run (HTTP 404): it failed, or belongs to "
            f"another key than that of the connection {settings.connection_id}",
        }.get(
            phase,
            f"The {SERVICE} knows no such run (HTTP 404): it belongs to another key or base URL than those of the "
            f"connection {settings.connection_id}",
        )
    elif status == 408:
        message = f"The run of the {SERVICE} is still active (HTTP 408)"
    return DeepResearchError(
        message,
        phase=phase,
        code=_code(phase, "failed"),
        kind=kind,
        retryable=known.retryable,
        http_status=status,
        retry_after=known.retry_after,
    )


def _is_not_the_api(settings: ParallelSettings, what: str) -> str:
    return (
        f"The host of connection {settings.connection_id} is not the {SERVICE} ({what}): correct it, or leave it empty"
    )


def _unreadable(phase: ResearchPhase) -> DeepResearchError:
    return DeepResearchError(
        f"The {SERVICE} answered something that is not the JSON it promises",
        phase=phase,
        code=_code(phase, "exception"),
        kind="unavailable",
        retryable=True,
    )


def _task_run_of(response: httpx.Response) -> TaskRun:
    run = _task_run(response.content)
    if run is None:
        raise _unreadable(ResearchPhase.STATUS)
    return run


def _task_run(content: bytes) -> TaskRun | None:
    """The run in an answer; ``None`` when there is none."""
    body = _json_object(content) or {}
    run_id, status = body.get("run_id"), body.get("status")
    if not isinstance(run_id, str) or not run_id.strip() or not isinstance(status, str):
        return None
    is_active = body.get("is_active")
    return TaskRun(run_id, status, is_active if isinstance(is_active, bool) else status not in _ENDED)


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
