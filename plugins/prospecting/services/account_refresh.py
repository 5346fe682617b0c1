"""Refreshing accounts, step by step: waiting events, job changes, scores and health in chunks, counters, a summary.

Every step is a transaction or a series of them, and doing one again without news writes nothing. Logs and results have
ids and numbers; names are for the person at the terminal.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from prospecting.persistence import (
    account_counters,
    account_interactions,
    account_refreshes,
    contact_engagement,
    job_changes,
)
from prospecting.persistence.account_counters import Mismatch
from prospecting.persistence.account_refreshes import AccountRange, Chunk, Counters, Findings, Refresh, add_counts
from prospecting.persistence.pages import Page
from prospecting.persistence.seats import Scope
from prospecting.persistence.touchpoint_events import SavedEvents, apply_waiting_events
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.account_refresh_params import RefreshAccountsArguments, StoredAccountParams
from prospecting.services.progress import log_progress
from prospecting.services.runtime import Runtime
from prospecting.services.slots import refuse_unknown_companies

log = logging.getLogger(__name__)

DECIDED_BY = "account_refresh"
"""Who confirms job changes that are clear."""
IDS_KEPT = 20
"""Ids of each kind in logs, results and errors; the rest is counted."""
_CHANGES_AT_ONCE = 500


class CountersWrong(Exception):
    """Counters differ from what is counted; the text names them with the ids of their rows."""


# --------------------------------------------------------------------------------------------------------- refreshes
def start_refresh(runtime: Runtime, *, airflow_run_id: str, params: StoredAccountParams) -> Refresh:
    """Open the refresh of an Airflow run. Raises ``LookupError`` when it is to be of companies that are none."""
    refuse_unknown_companies(runtime, Scope(company_ids=tuple(params.company_ids) or None))
    refresh = runtime.write(
        lambda connection: account_refreshes.start_refresh(
            connection, airflow_run_id=airflow_run_id, params=params.model_dump(mode="json")
        )
    )
    close_abandoned_runs(runtime)
    log.info("Account refresh %d", refresh.id)
    return refresh


def _find(runtime: Runtime, refresh_id: int) -> tuple[Refresh, StoredAccountParams]:
    refresh = runtime.read(lambda connection: account_refreshes.find_refresh(connection, refresh_id))
    return refresh, StoredAccountParams.model_validate(refresh.params)


def params_of(runtime: Runtime, refresh_id: int) -> StoredAccountParams:
    """The params a refresh was opened with. Raises ``LookupError`` for an unknown refresh."""
    return _find(runtime, refresh_id)[1]


def apply_events(runtime: Runtime, refresh_id: int) -> dict[str, int]:
    """Apply what mail providers told about messages that are known since. Returns ``applied`` and ``refused``."""

    def apply(connection: Connection) -> SavedEvents:
        done = apply_waiting_events(connection)
        add_counts(connection, refresh_id, "events", {"applied": done.applied, "refused": done.refused})
        return done

    total = SavedEvents()
    while (done := runtime.write(apply)).applied or done.refused:
        total += done
    return {"applied": total.applied, "refused": total.refused}


def follow_job_changes(runtime: Runtime, refresh_id: int) -> dict[str, int]:
    """Find job changes, and let follow what follows from those that are clear.

    Returns ``proposed``, ``withdrawn``, ``settled`` and ``confirmed``.
    """
    params = params_of(runtime, refresh_id)

    def find(connection: Connection) -> dict[str, int]:
        found = {**job_changes.find_job_changes(connection).as_dict(), "confirmed": 0}
        add_counts(connection, refresh_id, "job_changes", found)
        return found

    def confirm(connection: Connection) -> int:
        confirmed = job_changes.confirm_evident(connection, decided_by=DECIDED_BY, limit=_CHANGES_AT_ONCE)
        add_counts(connection, refresh_id, "job_changes", {"confirmed": confirmed})
        return confirmed

    counts = runtime.write(find)
    while params.confirm_job_changes and (done := runtime.write(confirm)):
        counts["confirmed"] += done
    return counts


# ------------------------------------------------------------------------------------------------------------- chunks
def plan_chunks(runtime: Runtime, refresh_id: int, *, chunk_size: int) -> list[Chunk]:
    """The accounts of a refresh, in chunks of ``chunk_size``."""
    refresh, params = _find(runtime, refresh_id)
    return runtime.write(
        lambda connection: account_refreshes.plan_chunks(
            connection, refresh, chunk_size=chunk_size, company_ids=params.chosen()
        )
    )


def label_of(chunk: Chunk, total: int) -> str:
    """The name of a chunk in the UI and in logs."""
    return f"accounts {chunk.first_number}-{chunk.first_number + chunk.accounts - 1} of {total}"


def refresh_chunk(runtime: Runtime, refresh_id: int, part: AccountRange) -> Counters:
    """Refresh the accounts of one chunk: scores and health in one transaction, contents that are too old in another."""
    return _refresh_chunk(runtime, *_find(runtime, refresh_id), part)


def _refresh_chunk(runtime: Runtime, refresh: Refresh, params: StoredAccountParams, part: AccountRange) -> Counters:
    chosen = params.chosen()

    def score(connection: Connection) -> Counters:
        scores = contact_engagement.refresh_engagement(
            connection, as_of=refresh.as_of, first_id=part.first_id, last_id=part.last_id, company_ids=chosen
        )
        healths = account_refreshes.record_health(connection, part, observed_on=refresh.today, company_ids=chosen)
        return count(connection, Counters(scores_changed=scores, healths_written=healths))

    def clear(connection: Connection) -> Counters:
        cleared = account_refreshes.clear_contents(connection, part, before=before, company_ids=chosen)
        return count(connection, Counters(contents_cleared=cleared))

    def count(connection: Connection, counters: Counters) -> Counters:
        add_counts(connection, refresh.id, "accounts", counters.as_dict())
        return counters

    counters = runtime.write(score)
    if params.keep_contents_days is None:
        return counters
    before = refresh.as_of - timedelta(days=params.keep_contents_days)
    # In a transaction of its own: whoever writes touchpoints locks them after contacts, and these are locked now.
    return replace(counters, contents_cleared=runtime.write(clear).contents_cleared)


def refresh_accounts(runtime: Runtime, arguments: RefreshAccountsArguments) -> tuple[int, dict[str, int]]:
    """Refresh what ``arguments`` ask for. Returns the refresh's id, and what was done: the numbers of ``Counters``.

    A refresh that is given is worked on: a part of it, whose numbers are returned, or all of it chunk by chunk; whoever
    opened it closes it. Otherwise one is opened, worked through and closed.
    """
    if arguments.refresh_id is None:
        return _refresh_alone(runtime, arguments)
    if arguments.first_id is not None and arguments.last_id is not None:
        part = AccountRange(arguments.first_id, arguments.last_id)
        return arguments.refresh_id, refresh_chunk(runtime, arguments.refresh_id, part).as_dict()
    _refresh_all(runtime, arguments.refresh_id, arguments.chunk_size)
    return arguments.refresh_id, _done(runtime, arguments.refresh_id)


def _refresh_alone(runtime: Runtime, arguments: RefreshAccountsArguments) -> tuple[int, dict[str, int]]:
    params = StoredAccountParams(
        company_ids=arguments.company_ids or [],
        keep_contents_days=arguments.keep_contents_days,
        chunk_size=arguments.chunk_size,
    )
    refresh = start_refresh(runtime, airflow_run_id=_run_key(runtime), params=params)
    try:
        if arguments.company_ids != []:
            _refresh_all(runtime, refresh.id, arguments.chunk_size)
    except Exception as error:
        with suppress(SQLAlchemyError):  # the failure itself says more
            _close(runtime, refresh.id, error=type(error).__name__)
        raise
    _close(runtime, refresh.id)
    return refresh.id, _done(runtime, refresh.id)


def _run_key(runtime: Runtime) -> str:
    """The key that the refresh of an operator is stored under: the same for all tries of its task."""
    if (attempt := runtime.attempt) is None:
        return f"by hand {uuid4()}"
    return f"{attempt.dag_id}/{attempt.task_id}/{attempt.map_index}/{attempt.run_id}"


def _refresh_all(runtime: Runtime, refresh_id: int, chunk_size: int) -> None:
    planned = plan_chunks(runtime, refresh_id, chunk_size=chunk_size)
    total = sum(chunk.accounts for chunk in planned)
    for chunk in planned:
        done = refresh_chunk(runtime, refresh_id, chunk)
        last = chunk.first_number + chunk.accounts - 1
        log_progress(log, last, total, label_of(chunk, total), done.as_dict())


def _done(runtime: Runtime, refresh_id: int) -> dict[str, int]:
    """The counts of the work on accounts, over all tries."""
    refresh, _ = _find(runtime, refresh_id)
    return {**Counters().as_dict(), **refresh.counts.get("accounts", {})}


def _close(
    runtime: Runtime, refresh_id: int, findings: Mapping[str, Any] | None = None, *, error: str | None = None
) -> None:
    runtime.write(
        lambda connection: account_refreshes.finish_refresh(
            connection, refresh_id, findings or {}, status="failed" if error else "completed", error=error
        )
    )


def log_interactions(runtime: Runtime, refresh_id: int) -> int:
    """Log what was done in conversations as interactions with their accounts. Returns how many are new."""

    def log_them(connection: Connection) -> int:
        logged = account_interactions.log_touchpoint_interactions(connection)
        add_counts(connection, refresh_id, "interactions", {"logged": logged})
        return logged

    return runtime.write(log_them)


# ----------------------------------------------------------------------------------------------------------- counters
def reconcile(runtime: Runtime, refresh_id: int) -> int:
    """Compare all counters with what is counted. Returns how many were set right, if the refresh is to do that.

    Raises ``CountersWrong`` when some are wrong and stay so.
    """

    def repair(connection: Connection) -> int:
        repaired = account_counters.repair(connection)
        add_counts(connection, refresh_id, "counters", {"repaired": repaired})
        return repaired

    if params_of(runtime, refresh_id).repair:
        repaired = runtime.write(repair)
        log.log(logging.WARNING if repaired else logging.INFO, "%d counters were set right", repaired)
        return repaired
    wrong = runtime.read(account_counters.find_mismatches)
    if wrong:
        raise CountersWrong(
            f"{len(wrong)} or more counters differ from what is counted: {_listed(wrong)}. The param repair sets them "
            "right; see docs/runbooks/accounts.md, A counter does not fit"
        )
    runtime.write(lambda connection: add_counts(connection, refresh_id, "counters", {"repaired": 0}))
    return 0


def _listed(wrong: list[Mismatch]) -> str:
    named = [
        f"{row.table_name} {row.id} {row.column_name} is {row.stored}, counted {row.counted}"
        for row in wrong[:IDS_KEPT]
    ]
    more = len(wrong) - len(named)
    return "; ".join([*named, *([f"and {more} more"] if more else [])])


def refresh_overview(runtime: Runtime) -> None:
    """Bring the overview of all accounts up to date."""
    runtime.write(account_refreshes.refresh_overview)


# ------------------------------------------------------------------------------------------------------------ summary
STEPS = ("events", "job_changes", "accounts", "interactions", "counters")
"""What the steps of a refresh count, each under its name."""


@dataclass(frozen=True, slots=True)
class RefreshSummary:
    """The sum of a run: what was ``done`` in all tries, by step, without the steps that did not get to their end; and
    what is worth knowing of all accounts."""

    refresh_id: int
    done: Mapping[str, Mapping[str, int]]
    findings: Findings
    stale_after_days: int

    def lines(self) -> list[str]:
        """The summary for people: numbers and ids."""
        found = self.findings
        healths = ", ".join(f"{accounts} {status}" for status, accounts in found.healths.items())
        return [
            *(f"{step.replace('_', ' ').capitalize()}: {_in_words(self.done.get(step))}" for step in STEPS),
            f"Health: {healths}" if healths else "Health: no account has an active contact",
            _line("Follow-ups due", "conversations", found.follow_ups),
            _line(f"Stale for {self.stale_after_days} days", "accounts", found.stale),
            _line("Job changes to decide about", "job changes", found.undecided),
            f"{found.targets} colleagues of {found.primary.total} primary contacts could be talked to next",
        ]

    def as_dict(self) -> dict[str, Any]:
        """As JSON: what each step did under its name, and all else that ``lines`` say."""
        return {"refresh_id": self.refresh_id, **self.done, **self.found()}

    def found(self) -> dict[str, Any]:
        """The findings, as JSON."""
        found = self.findings
        return {
            "healths": dict(found.healths),
            "follow_ups_due": found.follow_ups.total,
            "follow_up_ids": [str(each) for each in found.follow_ups],
            "stale_accounts": found.stale.total,
            "stale_account_ids": list(found.stale),
            "undecided_job_changes": found.undecided.total,
            "undecided_job_change_ids": [str(each) for each in found.undecided],
            "expansion_targets": found.targets,
            "expansion_contacts": found.primary.total,
            "expansion_contact_ids": [str(each) for each in found.primary],
        }


def summarize_refresh(runtime: Runtime, refresh_id: int, *, error: str | None = None) -> RefreshSummary:
    """Sum a run up, and close its refresh; as failed when there is an ``error``."""
    refresh, params = _find(runtime, refresh_id)
    since = refresh.as_of - timedelta(days=params.stale_after_days)
    findings = runtime.read(
        lambda connection: account_refreshes.find_out(connection, refresh, stale_since=since, limit=IDS_KEPT)
    )
    done = {step: refresh.counts[step] for step in STEPS if step in refresh.counts}
    summary = RefreshSummary(refresh_id, done, findings, params.stale_after_days)
    _close(runtime, refresh_id, summary.found(), error=error)
    return summary


def _line(what: str, of: str, ids: Page[Any]) -> str:
    if not ids.total:
        return f"{what}: none"
    more = f" and {ids.total - len(ids)} more" if ids.total > len(ids) else ""
    return f"{what}: {ids.total} ({of} {', '.join(map(str, ids))}{more})"


def _in_words(done: Mapping[str, int] | None) -> str:
    if done is None:
        return "not done"
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in done.items())
