"""Turns a provider's HTTP status into one of our errors: one table for language models and web search.

Error texts of providers are never passed on: they repeat parts of keys and prompts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from prospecting.agents.errors import (
    AgentError,
    AgentTimeout,
    AgentUnavailable,
    AuthenticationFailed,
    Misconfigured,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
    sensible_wait,
)

# 402: payment required. 432 and 433: the search provider's plan or pay-as-you-go limit.
_QUOTA_STATUSES = {402, 432, 433}
_NOWHERE_CODES = {"model_not_found", "invalid_model", "unknown_model", "deployment_not_found"}
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{0,20})?")
_QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}


def located(service: str, base_url: str, connection_id: str) -> str:
    """ "language model at api.example.com:8080 (connection prospecting_llm)": nothing else of the URL is told."""
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    where = f"{host}:{port}" if host and port else host
    return f"{service} at {where} (connection {connection_id})" if where else f"{service} (connection {connection_id})"


def unreachable(service: str, base_url: str, connection_id: str, kind: str) -> AgentUnavailable:
    """The error for a service that could not be reached; ``kind`` is the class of the failure."""
    return AgentUnavailable(
        f"The {located(service, base_url, connection_id)} cannot be reached ({kind}): check the host of the "
        "connection, and the network"
    )


def unanswered(service: str, base_url: str, connection_id: str, seconds: float) -> AgentTimeout:
    """The error for a service that did not answer in time."""
    return AgentTimeout(f"The {located(service, base_url, connection_id)} did not answer within {seconds:g} s")


def error_for_status(
    status: int, *, service: str, connection_id: str, code: str | None = None, retry_after: float | None = None
) -> AgentError:
    """The error for an HTTP status other than 2xx. ``code`` is the machine-readable code in the body, if any.

    ``connection_id`` is the Airflow connection a person has to fix.
    """
    if status in _QUOTA_STATUSES or code in _QUOTA_CODES:
        return QuotaExceeded(
            f"The plan of the {service} is used up (HTTP {status}): top it up, or change the key in {connection_id}",
            http_status=status,
        )
    if status in (401, 403):
        return AuthenticationFailed(
            f"The {service} refused the key (HTTP {status}): check the password of the connection {connection_id}",
            http_status=status,
        )
    if status == 404 or code in _NOWHERE_CODES:
        return Misconfigured(
            f"The {service} was not found (HTTP {status}): check base URL and model of the connection {connection_id}",
            http_status=status,
        )
    named = f"The {service} (connection {connection_id})"
    if status == 429:
        return RateLimited(f"{named} asks for fewer calls (HTTP 429)", http_status=status, retry_after=retry_after)
    if status == 408:
        return AgentTimeout(f"{named} gave up waiting (HTTP 408)", http_status=status, retry_after=retry_after)
    if status >= 500 or status in (409, 425):
        return AgentUnavailable(
            f"{named} is not available (HTTP {status})", http_status=status, retry_after=retry_after
        )
    return RequestRefused(
        f"The {service} refused the request (HTTP {status}): check the model and limits in the connection "
        f"{connection_id}; if they are right, the question is not acceptable to it",
        http_status=status,
    )


def retry_after_seconds(headers: Mapping[str, str] | None, *, now: datetime | None = None) -> float | None:
    """Seconds the other side asks us to wait: ``retry-after-ms``, or ``Retry-After`` as seconds or an HTTP date.

    ``None`` when it does not say, or says nothing sensible: no number and no date, a negative one, years.
    """
    lowered = {name.lower(): value for name, value in (headers or {}).items()}
    milliseconds = _number(lowered.get("retry-after-ms", ""))
    if milliseconds is not None:
        return sensible_wait(milliseconds / 1000)
    raw = lowered.get("retry-after", "")
    seconds = _number(raw)
    return sensible_wait(seconds if seconds is not None else _until(raw, now or datetime.now(UTC)))


def _until(raw: str, now: datetime) -> float | None:
    """Seconds from ``now`` to an HTTP date, 0 for the past; ``None`` when it is none, or none of any calendar."""
    try:
        moment = parsedate_to_datetime(raw)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, OverflowError):  # hours and offsets may have any number of digits
        return None


def _number(raw: str) -> float | None:
    return float(raw) if _NUMBER.fullmatch(raw.strip()) else None
