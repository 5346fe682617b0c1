"""Runs about accounts: refreshed, promoted into contacts, and what mail providers reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence import account_refreshes, promotions
from prospecting.persistence.account_graph import find_expansion_targets, get_account_health_score
from prospecting.persistence.account_refreshes import Findings, Refresh, query_healths
from prospecting.persistence.companies import get_company_by_id
from prospecting.persistence.conversations import get_conversations_needing_followup
from prospecting.persistence.job_changes import query_job_changes
from prospecting.persistence.promotions import Promotion
from prospecting.persistence.rejected_records import query_reasons_of_run
from prospecting.services.account_refresh_params import StoredAccountParams
from prospecting.services.promotions import LIST_QUERY, preview_lines
from prospecting.services.reports.report import (
    Column,
    Figures,
    Lines,
    NextStep,
    Part,
    Report,
    Table,
    company,
    decided,
    table,
)
from prospecting.services.touchpoint_events import Recorded

_TARGETS_EACH = 3
"""Colleagues shown of one primary contact; the priorities of several cannot be compared."""
_EVENT_RECORDS = ("touchpoint_event", "touchpoint_events")


# ---------------------------------------------------------------------------------------------------------- refreshes
def refresh(connection: Connection, run_id: str, *, rows: int) -> Report:
    """Tells what the refresh of an Airflow run did, the health of its day, and what is due now."""
    row = account_refreshes.find_refresh_of_run(connection, run_id)
    if row is None:
        nothing = "The run did not get as far as opening a refresh; nothing was written."
        return Report("Account refresh", parts=[Lines([nothing])])
    opened = Refresh(row["id"], row["as_of"], row["params"])
    since = opened.as_of - timedelta(days=StoredAccountParams.model_validate(opened.params).stale_after_days)
    found = account_refreshes.find_out(connection, opened, stale_since=since, limit=rows)
    done = {name: value for name, value in row["counts"].items() if isinstance(value, dict)}
    stale = account_refreshes.query_stale_accounts(connection, since=since, limit=rows)
    return Report(
        "Account refresh",
        about=f"refresh {row['id']} of {opened.today}",
        status=row["status"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        problem=row["error"],
        parts=[
            Figures(
                (
                    ("events applied", _count(done, "events", "applied"), "of mail providers, waiting for a message"),
                    ("job changes", _count(done, "job_changes", "confirmed"), "confirmed: the contact went along"),
                    ("scores changed", _count(done, "accounts", "scores_changed"), "contacts.engagement_score"),
                    ("healths written", _count(done, "accounts", "healths_written"), "account_health_history"),
                )
            ),
            *_healths(connection, opened, found, rows),
            *_due(connection, found, stale, rows),
        ],
    )


def _count(done: Mapping[str, Mapping[str, int]], step: str, name: str) -> object:
    return done.get(step, {}).get(name, "-")


def _healths(connection: Connection, opened: Refresh, found: Findings, rows: int) -> Iterator[Part]:
    if not found.healths:
        yield Lines(["No account has an active contact."])
        return
    healths = ", ".join(f"{accounts} {status}" for status, accounts in found.healths.items())
    yield Lines([f"Health of accounts: {healths}"])
    total = sum(found.healths.values())
    worst = query_healths(connection, observed_on=opened.today, limit=rows)
    yield _health_table("worst", "Least healthy accounts", connection, worst, total)
    if total > rows:
        best = query_healths(connection, observed_on=opened.today, best_first=True, limit=rows)
        yield _health_table("best", "Healthiest accounts", connection, best, total)


def _health_table(
    name: str, title: str, connection: Connection, rows: Iterable[Mapping[str, Any]], total: int
) -> Table:
    return table(
        name,
        title,
        (Column("account", "company"), Column("score", "decimal"), Column("health"), Column("what would help")),
        (
            (
                company(row),
                row["total_score"],
                row["health_status"],
                "; ".join(get_account_health_score(connection, row["company_id"]).recommendations)
                or "nothing in particular",
            )
            for row in rows
        ),
        total,
    )


def _due(connection: Connection, found: Findings, stale: Sequence[Mapping[str, Any]], rows: int) -> Iterator[Table]:
    yield table(
        "follow_ups",
        "Follow-ups due",
        (Column("contact"), Column("account"), Column("days overdue", "number"), Column("conversation")),
        (
            (due.contact_name, due.company_name, due.days_overdue, str(due.conversation_id))
            for due in get_conversations_needing_followup(connection, limit=rows)
        ),
        found.follow_ups.total,
    )
    yield table(
        "stale",
        "Stale accounts",
        (Column("account", "company"), Column("last in touch", "day"), Column("active conversations", "number")),
        (((row["id"], row["company"]), row["last_at"], row["active_conversations"]) for row in stale),
        found.stale.total,
    )
    yield table(
        "colleagues",
        "Colleagues to talk to next",
        (
            Column("account", "company"),
            *(Column(name) for name in ("knows them", "colleague", "title", "strength")),
            Column("priority", "decimal"),
        ),
        _targets(connection, found.primary),
        found.targets,
    )
    changes = query_job_changes(connection, status="proposed", limit=rows)
    yield table(
        "job_changes",
        "Job changes to decide about",
        (
            Column("person"),
            Column("from"),
            Column("to"),
            Column("seen", "day"),
            Column("why ask", "words"),
            Column("job change"),
        ),
        (
            (
                change["full_name"],
                f"{change['from_title'] or '?'}, {change['from_company']}",
                f"{change['to_title'] or '?'}, {change['to_company']}",
                change["observed_on"],
                change["reason"] or "clear by itself",
                str(change["id"]),
            )
            for change in changes
        ),
        changes.total,
    )


def _targets(connection: Connection, primary_ids: Iterable[UUID]) -> Iterator[Sequence[Any]]:
    for primary_id in primary_ids:
        for target in find_expansion_targets(connection, primary_id, limit=_TARGETS_EACH):
            contact, known = target.contact, target.relationship_to_primary
            at = get_company_by_id(connection, contact.company_id) if contact.company_id else None
            yield (
                (at.id, at.name) if at else None,
                known.primary_contact.name,
                contact.full_name,
                contact.title,
                known.strength,
                target.priority_score,
            )


# --------------------------------------------------------------------------------------------------------- promotions
def promotion(connection: Connection, run_id: str, promotion_id: UUID | None, *, rows: int) -> Report:
    """The promotion that an Airflow run worked on: its own, or the one it went on with (``promotion_id``)."""
    found = (
        promotions.find_promotion(connection, promotion_id)
        if promotion_id
        else promotions.find_promotion_of_run(connection, run_id)
    )
    if found is None:
        nothing = "The run opened no promotion; nobody became a contact."
        return Report("Account promotion", parts=[Lines([nothing])])
    return of_promotion(connection, found, rows=rows)


def of_promotion(connection: Connection, found: Promotion, *, rows: int) -> Report:
    """A promotion with the people on its list."""
    parts: list[Part] = [Lines(list(preview_lines(promotions.preview_promotion(connection, found.id))))]
    is_cut = False
    for title, status in (("Proposed", "proposed"), ("Became contacts", "promoted"), ("Refused", "refused")):
        people = promotions.query_items(connection, found.id, status=status, limit=rows)
        is_cut = is_cut or people.total > rows
        why = (Column("why", "words"),) if status == "refused" else ()
        parts.append(
            table(
                status,
                title,
                (
                    Column("company", "company"),
                    Column("person"),
                    Column("title"),
                    Column("seen", "month"),
                    Column("standing"),
                    *why,
                ),
                (
                    (
                        company(person),
                        person["full_name"],
                        person["title"],
                        person["seen_on"],
                        person["standing"],
                        *((person["reason"],) if why else ()),
                    )
                    for person in people
                ),
                people.total,
            )
        )
    if is_cut:
        query = LIST_QUERY.format(promotion_id=found.id).splitlines()
        lines = ["To see all of them, open the database with `make psql`, and ask:", *query]
        parts.append(Lines(lines, for_terminals=True))
    if found.status == "planned":
        parts.append(
            NextStep(
                "Nobody has become a contact yet. To make contacts of those proposed:",
                "account_promotion",
                {"promotion_id": str(found.id), "approved_by": "<your name>"},
            )
        )
    return Report(
        "Account promotion",
        about=f"promotion {found.id}",
        status=found.status,
        started_at=found.started_at,
        completed_at=found.completed_at,
        decided=decided(found.decision, found.decided_by),
        problem=found.error,
        parts=parts,
    )


# ------------------------------------------------------------------------------------------------------------- events
def recorded_events(connection: Connection, run_id: str, summary: Mapping[str, Any] | None) -> Report:
    """Tells what became of the events that an Airflow run recorded, by what its last task returned."""
    if not summary:
        return Report("Account events", parts=[Lines(["The run recorded nothing."])])
    counts = {name: count for name, count in summary.items() if name != "error_share"}
    unused = query_reasons_of_run(connection, "account_events", run_id, record_types=_EVENT_RECORDS)
    return Report(
        "Account events",
        parts=[
            Lines(Recorded(**counts).lines()),
            table(
                "unused",
                "Could not be used (table rejected_records)",
                (Column("reason"), Column("records", "number")),
                ((row["reason"], row["records"]) for row in unused),
            ),
        ],
    )
