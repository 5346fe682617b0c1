"""Refreshing features: open a refresh, compute its accounts chunk by chunk, close it; detect intent; sum a run up.

How far changes were read is its caller's to keep: the nightly DAG has a watermark of its own, which a refresh that
somebody else runs does not move.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from prospecting.persistence import feature_refreshes, intent, recommendations
from prospecting.persistence.feature_refreshes import Chunk, Counters, DomainRange, Refresh
from prospecting.persistence.intent import IntentCounts
from prospecting.scoring.recommendations import PolicyValue, evaluate_policy
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.feature_params import RefreshArguments, StoredRefreshParams
from prospecting.services.progress import log_progress
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

# Lists are judged by what came of them within a month, in the last half year.
_OUTCOME_DAYS = 30
_POLICY_DAYS = 180
_ACCOUNTS_SHOWN = 20


class NotDone(Exception):
    """There was nothing to do, and nothing was done; the message says why."""


# --------------------------------------------------------------------------------------------------------- refreshes
@dataclass(frozen=True, slots=True)
class Basis:
    """The start of work on features: the moment it is done for, and what its refresh was started with."""

    as_of: datetime
    params: StoredRefreshParams

    @property
    def today(self) -> date:
        """The day (UTC) of ``as_of``."""
        return self.as_of.astimezone(UTC).date()


def basis_of(runtime: Runtime, refresh_id: int | None) -> Basis:
    """The basis a refresh gives; without one: now, and the defaults. Raises ``LookupError`` for an unknown refresh."""
    if refresh_id is None:
        return Basis(datetime.now(UTC), StoredRefreshParams())
    refresh = _find(runtime, refresh_id)
    return Basis(refresh.as_of, StoredRefreshParams.model_validate(refresh.params))


def _find(runtime: Runtime, refresh_id: int) -> Refresh:
    return runtime.read(lambda connection: feature_refreshes.find_refresh(connection, refresh_id))


def start_refresh(runtime: Runtime, *, airflow_run_id: str, params: StoredRefreshParams, watermark: object) -> Refresh:
    """Open the refresh of an Airflow run; ``watermark`` is how far the previous one of the same DAG came."""
    refresh = runtime.write(
        lambda connection: feature_refreshes.start_refresh(
            connection,
            airflow_run_id=airflow_run_id,
            params=params.model_dump(mode="json"),
            watermark=watermark,
            snapshot_months=params.snapshot_months,
            full=params.full,
        )
    )
    close_abandoned_runs(runtime)
    log.info("Refresh %d of %s", refresh.id, refresh.scope)
    return refresh


def plan_chunks(runtime: Runtime, refresh_id: int, *, chunk_size: int, part: DomainRange | None = None) -> list[Chunk]:
    """Create the accounts that are new. Returns the accounts to look at (of ``part``), in chunks of ``chunk_size``."""
    refresh = _find(runtime, refresh_id)
    return runtime.write(
        lambda connection: feature_refreshes.plan_chunks(connection, refresh, chunk_size=chunk_size, part=part)
    )


def label_of(chunk: Chunk, total: int) -> str:
    """The name of a chunk in the UI and in logs."""
    return f"accounts {chunk.first_number}-{chunk.first_number + chunk.accounts - 1} of {total}"


def refresh_chunk(runtime: Runtime, refresh_id: int, part: DomainRange) -> Counters:
    """Refresh the accounts of one chunk in one transaction."""
    refresh = _find(runtime, refresh_id)
    counters = runtime.write(lambda connection: feature_refreshes.refresh_chunk(connection, refresh, part))
    if counters.companies_failed:
        log.warning("%d accounts have a name that no company can be saved under", counters.companies_failed)
    return counters


def finish_refresh(
    runtime: Runtime, refresh_id: int, chunks: Iterable[Mapping[str, int]]
) -> tuple[Counters, dict[str, Any]]:
    """Close a refresh with what its chunks did. Returns their sum, and the watermark the next refresh starts from."""
    counters = Counters.total(chunks)
    refresh = _find(runtime, refresh_id)
    _close(runtime, refresh_id, counters)
    return counters, refresh.watermark.as_dict()


def _close(runtime: Runtime, refresh_id: int, counters: Counters, *, error: str | None = None) -> None:
    runtime.write(
        lambda connection: feature_refreshes.finish_refresh(
            connection, refresh_id, counters, status="failed" if error else "completed", error=error
        )
    )


def refresh_features(runtime: Runtime, arguments: RefreshArguments) -> tuple[int, Counters]:
    """Refresh what ``arguments`` ask for. Returns the refresh's id, and what was done.

    A refresh that is given is worked on: the accounts between the two domains in one transaction, or all of its
    accounts chunk by chunk; whoever opened it closes it. Otherwise one is opened and closed: of the accounts that
    changed since the newest refresh of everything, whoever ran that. Changes the nightly DAG has not read stay.
    """
    part = None
    if arguments.first_domain is not None and arguments.last_domain is not None:
        part = DomainRange(arguments.first_domain, arguments.last_domain)
    if arguments.refresh_id is None:
        return _refresh_alone(runtime, arguments, part)
    if part is not None:
        return arguments.refresh_id, refresh_chunk(runtime, arguments.refresh_id, part)
    chunks: list[Counters] = []
    _refresh_all(runtime, arguments.refresh_id, arguments.chunk_size, None, chunks)
    return arguments.refresh_id, _sum(chunks)


def _refresh_alone(runtime: Runtime, arguments: RefreshArguments, part: DomainRange | None) -> tuple[int, Counters]:
    def open_refresh(connection: Connection) -> Refresh:
        return feature_refreshes.start_refresh(
            connection,
            airflow_run_id=_run_key(runtime),
            params=arguments.model_dump(mode="json", exclude={"refresh_id"}),
            watermark=feature_refreshes.find_last_watermark(connection),
            snapshot_months=arguments.snapshot_months,
            full=arguments.full,
            is_nightly=False,
        )

    refresh = runtime.write(open_refresh)
    close_abandoned_runs(runtime)
    log.info("Refresh %d of %s", refresh.id, refresh.scope)
    chunks: list[Counters] = []
    try:
        _refresh_all(runtime, refresh.id, arguments.chunk_size, part, chunks)
    except Exception as error:
        with suppress(SQLAlchemyError):  # the failure itself says more
            _close(runtime, refresh.id, _sum(chunks), error=type(error).__name__)
        raise
    _close(runtime, refresh.id, _sum(chunks))
    return refresh.id, _sum(chunks)


def _run_key(runtime: Runtime) -> str:
    """The key that the refresh of an operator is stored under: the same for all tries of its task."""
    if (attempt := runtime.attempt) is None:
        return f"by hand {uuid4()}"
    return f"{attempt.dag_id}/{attempt.task_id}/{attempt.map_index}/{attempt.run_id}"


def _refresh_all(
    runtime: Runtime, refresh_id: int, chunk_size: int, part: DomainRange | None, done: list[Counters]
) -> None:
    """Refresh all accounts (of ``part``), adding what each chunk did to ``done``."""
    planned = plan_chunks(runtime, refresh_id, chunk_size=chunk_size, part=part)
    total = sum(chunk.accounts for chunk in planned)
    for chunk in planned:
        done.append(refresh_chunk(runtime, refresh_id, chunk))
        last = chunk.first_number + chunk.accounts - 1
        log_progress(log, last, total, label_of(chunk, total), done[-1].as_dict())


def _sum(chunks: Iterable[Counters]) -> Counters:
    return Counters.total(counters.as_dict() for counters in chunks)


# ------------------------------------------------------------------------------------------------------------ intent
def detect_intent(runtime: Runtime, refresh_id: int | None) -> IntentCounts:
    """Store the accounts that are more active than their history predicts."""
    as_of = basis_of(runtime, refresh_id).as_of
    counts = runtime.write(lambda connection: intent.detect_intent(connection, as_of=as_of))
    log.info("%s", counts)
    return counts


# ----------------------------------------------------------------------------------------------------------- summary
@dataclass(frozen=True, slots=True)
class RefreshSummary:
    """The sum of a run: ``results`` of its tasks by name, ``None`` where one did nothing; and what came of lists.

    ``accounts``: the head of the day's list, a line for each. ``reasons``: why a task did nothing, by its name.
    """

    refresh_id: int
    scope: str
    results: Mapping[str, Mapping[str, Any] | None]
    policy: PolicyValue
    accounts: list[str]
    reasons: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The summary for people."""
        return [
            f"Refreshed {self.scope}",
            *(
                f"{name.capitalize()}: {'not done' if result is None else _in_words(result)}{self._because(name)}"
                for name, result in self.results.items()
            ),
            f"Meetings and deals within {_OUTCOME_DAYS} days of a recommendation, for the lists of the last "
            f"{_POLICY_DAYS} days: {self.policy}",
            *self.accounts,
        ]

    def _because(self, name: str) -> str:
        return f". {self.reasons[name]}" if name in self.reasons else ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON: what each task did under its name, and all else that ``lines`` say."""
        return {
            "refresh_id": self.refresh_id,
            "scope": self.scope,
            **{name: dict(result) for name, result in self.results.items() if result is not None},
            "policy": str(self.policy),
            "accounts": self.accounts,
            **({"reasons": dict(self.reasons)} if self.reasons else {}),
        }


def summarize_refresh(
    runtime: Runtime, refresh_id: int, results: Mapping[str, Mapping[str, Any] | None], *, error: str | None = None
) -> RefreshSummary:
    """Sum a run up. With an ``error``, a refresh that did not get to its end is closed as failed."""
    if error and results.get("features") is None:
        _close(runtime, refresh_id, Counters(), error=error)
    refresh = _find(runtime, refresh_id)
    policy, accounts = runtime.read(lambda connection: _lists(connection, refresh.as_of))
    reasons = {"model": refresh.not_trained_because, "recommendations": refresh.not_recommended_because}
    told = {name: why for name, why in reasons.items() if why}
    return RefreshSummary(refresh_id, refresh.scope, results, policy, accounts, told)


def _in_words(result: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in result.items())


def _lists(connection: Connection, as_of: datetime) -> tuple[PolicyValue, list[str]]:
    """Returns what came of earlier lists, and the head of today's."""
    today = as_of.astimezone(UTC).date()
    outcomes = recommendations.query_recommendation_outcomes(
        connection, since=today - timedelta(days=_POLICY_DAYS), as_of=as_of, outcome_days=_OUTCOME_DAYS
    )
    found = recommendations.query_recommendations(connection, on=today, limit=_ACCOUNTS_SHOWN)
    return evaluate_policy(outcomes), [
        f"{row['rank']}. {row['company_name']} ({row['account_domain']}): {'; '.join(row['reasons'])}" for row in found
    ]
