"""The metrics of the bundle, sent through Airflow's own: StatsD, Datadog or OpenTelemetry, as ``[metrics]`` says.

Outcomes are part of the names, because plain StatsD has no tags; tags name what is open-ended. Gauges have none, so
that they mean the same everywhere. ``docs/observability.md`` lists all of them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from prospecting.agents.circuits import CircuitChange
    from prospecting.agents.ledger import SettledCall

log = logging.getLogger(__name__)

_PREFIX = "prospecting"


class Kind(StrEnum):
    """The kinds of metrics: something that happened, how things stand, how long something took."""

    COUNTER = "counter"
    GAUGE = "gauge"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. ``tags`` are the names of its tags; their values are no personal data, and few."""

    name: str
    kind: Kind
    unit: str
    tags: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """The name below the prefix that Airflow is configured with."""
        return f"{_PREFIX}.{self.name}"

    def record(self, value: float, **tags: str) -> None:
        """Send a value: what to add to a counter, how a gauge stands, the milliseconds that something took.

        Adding nothing to a counter sends nothing. Never fails: what is measured is worth more than its measure.
        Raises ``TypeError`` for other tags than the metric has.
        """
        if tags.keys() != set(self.tags):
            raise TypeError(f"{self.name} has the tags {self.tags}, not {tuple(tags)}")
        # A tag is sent within the line of its metric, where a colon ends the name.
        safe = {name: stats.normalize_name_for_stats(tags[name], log_warning=False) for name in self.tags}
        try:
            if self.kind is Kind.GAUGE:
                stats.gauge(self.full_name, value)
            elif self.kind is Kind.TIMER:
                stats.timing(self.full_name, timedelta(milliseconds=value), tags=safe)
            elif value:
                stats.incr(self.full_name, int(value), tags=safe)
        except Exception as error:
            log.warning("The metric %s could not be sent: %s", self.full_name, type(error).__name__)


def _counter(name: str, unit: str, *tags: str) -> Metric:
    return Metric(name, Kind.COUNTER, unit, tags)


def _gauge(name: str, unit: str) -> Metric:
    return Metric(name, Kind.GAUGE, unit)


AGENT_CALLS_SUCCEEDED = _counter("agent_calls.succeeded", "calls", "agent", "provider")
AGENT_CALLS_FAILED = _counter("agent_calls.failed", "calls", "agent", "provider", "error_kind")
AGENT_CALLS_REUSED = _counter("agent_calls.reused", "calls", "agent", "provider")
AGENT_CALLS_DURATION = Metric("agent_calls.duration", Kind.TIMER, "milliseconds", ("agent", "provider"))
AGENT_CALLS_INPUT_TOKENS = _counter("agent_calls.input_tokens", "tokens", "agent", "provider")
AGENT_CALLS_OUTPUT_TOKENS = _counter("agent_calls.output_tokens", "tokens", "agent", "provider")
AGENT_CALLS_COST = _counter("agent_calls.cost_micro_usd", "millionths of a US dollar", "agent", "provider")
CIRCUITS_OPENED = _counter("circuits.opened", "times", "provider")
CIRCUITS_CLOSED = _counter("circuits.closed", "times", "provider")

EVENTS_FOUND = _counter("events.found", "events", "dag_id")
EVENTS_NEW = _counter("events.new", "events", "dag_id")
COMPANIES_FOUND = _counter("companies.found", "companies", "dag_id")
COMPANIES_NEW = _counter("companies.new", "companies", "dag_id")
PEOPLE_FOUND = _counter("people.found", "people", "dag_id")
PEOPLE_NEW = _counter("people.new", "people", "dag_id")
RECORDS_REJECTED = _counter("records.rejected", "records", "dag_id")
RECORDS_FILTERED = _counter("records.filtered", "records", "dag_id")

SEATS_FILLED = _gauge("seats.filled", "seats")
SEATS_OPEN = _gauge("seats.open", "seats")
SEATS_CLOSED = _gauge("seats.closed_missing", "seats")
REQUESTS_QUEUED = _counter("requests.queued", "requests", "dag_id")
REQUESTS_COMPLETED = _counter("requests.completed", "requests", "dag_id")
REQUESTS_FAILED = _counter("requests.failed", "requests", "dag_id")
REQUESTS_WAITING = _gauge("requests.waiting", "requests")
REQUESTS_OLDEST = _gauge("requests.oldest_age", "seconds")
REQUESTS_STUCK = _gauge("requests.stuck", "requests")

BRIEFINGS_SAVED = _counter("briefings.saved", "briefings", "kind")
CONTACTS_PROMOTED = _counter("contacts.promoted", "contacts", "dag_id")
CONTACTS_REFUSED = _counter("contacts.refused", "people", "dag_id")
TOUCHPOINT_EVENTS_NEW = _counter("touchpoint_events.new", "events", "dag_id")
TOUCHPOINT_EVENTS_REJECTED = _counter("touchpoint_events.rejected", "events", "dag_id")

MODELS_PROMOTED = _counter("models.promoted", "models", "dag_id")
MODELS_REJECTED = _counter("models.rejected", "models", "dag_id")
ACCOUNTS_SCORED = _gauge("accounts.scored", "accounts")
ACCOUNTS_RISING = _gauge("accounts.rising", "accounts")
ACCOUNTS_SURGING = _gauge("accounts.surging", "accounts")
ACCOUNTS_RECOMMENDED = _gauge("accounts.recommended", "accounts")

GATES_FAILED = _counter("gates.failed", "checks", "dag_id")

METRICS = tuple(found for found in dict(globals()).values() if isinstance(found, Metric))
"""All metrics, in the order of this file."""


def count_call(call: SettledCall) -> None:
    """Count a call to an agent that has ended, with what it took. Called once for each, by the ledger."""
    tags = {"agent": call.agent, "provider": call.provider}
    if call.outcome == "reused":
        AGENT_CALLS_REUSED.record(1, **tags)
        return
    if call.outcome == "failed":
        AGENT_CALLS_FAILED.record(1, error_kind=call.error_kind or "error", **tags)
    else:
        AGENT_CALLS_SUCCEEDED.record(1, **tags)
    if call.latency_ms is not None:
        AGENT_CALLS_DURATION.record(call.latency_ms, **tags)
    AGENT_CALLS_INPUT_TOKENS.record(call.input_tokens or 0, **tags)
    AGENT_CALLS_OUTPUT_TOKENS.record(call.output_tokens or 0, **tags)
    AGENT_CALLS_COST.record(int((call.cost_usd or 0) * 1_000_000), **tags)


def count_circuit_change(change: CircuitChange) -> None:
    """Count that a provider is left alone from now on, or asked again. Called once for each, by the circuits."""
    if change.state == "open":
        CIRCUITS_OPENED.record(1, provider=change.provider)
    else:
        CIRCUITS_CLOSED.record(1, provider=change.provider)


def count_briefings(kind: str, count: int) -> None:
    """Count briefings of a kind that were written, as current ones or into the history."""
    BRIEFINGS_SAVED.record(count, kind=kind)
