"""The report of an account refresh: what it did, how accounts do and what would help, and what is due, with names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from rich.console import Console
from sqlalchemy import Connection, Engine

from prospecting.persistence.account_graph import find_expansion_targets, get_account_health_score
from prospecting.persistence.account_refreshes import (
    Findings,
    Refresh,
    find_out,
    find_refresh_of_run,
    query_healths,
    query_stale_accounts,
)
from prospecting.persistence.companies import get_company_by_id
from prospecting.persistence.conversations import get_conversations_needing_followup
from prospecting.persistence.job_changes import query_job_changes
from prospecting.services.account_refresh_params import StoredAccountParams
from scripts.report.console import ROWS, duration, print_heading, print_line, print_pairs, print_table, terminal

_TARGETS_EACH = 3
"""Colleagues shown of one primary contact; the priorities of several cannot be compared."""


def print_run(engine: Engine, run_id: str, returned: Mapping[str, Any]) -> None:
    """Print the refresh of an Airflow run."""
    with engine.connect() as connection:
        print_refresh(connection, run_id)


def print_refresh(connection: Connection, run_id: str, console: Console | None = None) -> None:
    """Print what the refresh of an Airflow run did, the health of its day, and what is due now."""
    out = console or terminal()
    row = find_refresh_of_run(connection, run_id)
    print_heading(out, "Account refresh")
    if row is None:
        print_line(out, "The run did not get as far as opening a refresh; nothing was written.")
        return
    refresh = Refresh(row["id"], row["as_of"], row["params"])
    since = refresh.as_of - timedelta(days=StoredAccountParams.model_validate(refresh.params).stale_after_days)
    found = find_out(connection, refresh, stale_since=since, limit=ROWS)
    print_line(out, f"refresh {row['id']} of {refresh.today}   status ", (row["status"], "bold"), f"   {duration(row)}")
    if row["error"]:
        print_line(out, row["error"], style="yellow")
    done = {name: value for name, value in row["counts"].items() if isinstance(value, dict)}
    print_pairs(
        out,
        ("events applied", _count(done, "events", "applied"), "of mail providers, that had waited for their message"),
        ("job changes", _count(done, "job_changes", "confirmed"), "confirmed: the contact went along"),
        ("scores changed", _count(done, "accounts", "scores_changed"), "contacts.engagement_score"),
        ("healths written", _count(done, "accounts", "healths_written"), "account_health_history"),
    )
    _print_healths(connection, out, refresh, found)
    _print_due(connection, out, found, stale=query_stale_accounts(connection, since=since, limit=ROWS))


def _count(done: Mapping[str, Mapping[str, int]], step: str, name: str) -> object:
    return done.get(step, {}).get(name, "-")


def _print_healths(connection: Connection, out: Console, refresh: Refresh, found: Findings) -> None:
    if not found.healths:
        print_line(out, "No account has an active contact.", before=1)
        return
    healths = ", ".join(f"{accounts} {status}" for status, accounts in found.healths.items())
    print_line(out, f"Health of accounts: {healths}", before=1)
    total = sum(found.healths.values())
    worst = query_healths(connection, observed_on=refresh.today, limit=ROWS)
    print_table(out, "Least healthy accounts", _HEALTH, _healths(connection, worst), total=total)
    if total > ROWS:
        best = query_healths(connection, observed_on=refresh.today, best_first=True, limit=ROWS)
        print_table(out, "Healthiest accounts", _HEALTH, _healths(connection, best), total=total)


_HEALTH = ("account", "score", "health", "what would help")


def _healths(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[Any]]:
    for row in rows:
        helpful = get_account_health_score(connection, row["company_id"]).recommendations
        name = f"{row['company']} ({row['company_id']})"
        yield name, row["total_score"], row["health_status"], "; ".join(helpful) or "nothing in particular"


def _print_due(connection: Connection, out: Console, found: Findings, *, stale: Sequence[Mapping[str, Any]]) -> None:
    print_table(
        out,
        "Follow-ups due",
        ("contact", "account", "days overdue", "conversation"),
        (
            (due.contact_name, due.company_name, due.days_overdue, due.conversation_id)
            for due in get_conversations_needing_followup(connection, limit=ROWS)
        ),
        total=found.follow_ups.total,
    )
    print_table(
        out,
        "Stale accounts",
        ("account", "last in touch", "active conversations"),
        (
            (f"{row['company']} ({row['id']})", f"{row['last_at']:%Y-%m-%d}", row["active_conversations"])
            for row in stale
        ),
        total=found.stale.total,
    )
    print_table(
        out,
        "Colleagues to talk to next",
        ("account", "knows them", "colleague", "title", "strength", "priority"),
        _targets(connection, found.primary),
        total=found.targets,
    )
    changes = query_job_changes(connection, status="proposed", limit=ROWS)
    print_table(
        out,
        "Job changes to decide about",
        ("person", "from", "to", "seen", "why ask", "job change"),
        (
            (
                change["full_name"],
                f"{change['from_title'] or '?'}, {change['from_company']}",
                f"{change['to_title'] or '?'}, {change['to_company']}",
                change["observed_on"],
                (change["reason"] or "clear by itself").replace("_", " "),
                change["id"],
            )
            for change in changes
        ),
        total=changes.total,
    )


def _targets(connection: Connection, primary_ids: Iterable[UUID]) -> Iterator[Sequence[Any]]:
    for primary_id in primary_ids:
        for target in find_expansion_targets(connection, primary_id, limit=_TARGETS_EACH):
            contact, known = target.contact, target.relationship_to_primary
            company = get_company_by_id(connection, contact.company_id) if contact.company_id else None
            yield (
                f"{company.name} ({company.id})" if company else "",
                known.primary_contact.name,
                contact.full_name,
                contact.title or "",
                known.strength,
                f"{target.priority_score:.2f}",
            )
