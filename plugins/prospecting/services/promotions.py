"""Promotions: a list of people who may become contacts is planned, a person decides about it, and it is carried out.

Texts made here name companies by id and nobody by name: whoever decides looks at the list in the database.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from prospecting.persistence import promotions
from prospecting.persistence.promotions import Chunk, Counters, Preview, Promotion, Withdrawal
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.interruption import Interrupted
from prospecting.services.progress import log_progress
from prospecting.services.promotion_params import ScopeFields, StoredScope
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

LIST_QUERY = """\
select i.position, c.name as company, p.full_name, p.current_title, p.title_observed_on as seen_on, i.source, i.verdict,
       i.status, i.reason
from contact_promotion_items as i
join persons as p on p.id = i.person_id
join companies as c on c.id = i.company_id
where i.promotion_id = '{promotion_id}'
order by i.status <> 'proposed', i.position"""
"""The list with names, for ``psql``."""

_IN_WORDS = {
    "known": "are contacts already",
    "address_suppressed": "have an address that must not be written to",
    "domain_suppressed": "work at a domain that must not be written to",
    "contact_inactive": "are contacts that are not active",
    "do_not_contact": "are contacts who asked not to be contacted",
    "account_suppressed": "work at a suppressed account",
    "erased": "asked to be forgotten",
    "person_doubtful": "may be somebody else: an open row of merge_candidates",
    "company_doubtful": "work at a company that may be another one: an open row of merge_candidates",
    "role_doubted": "may have left: newer evidence speaks against their role",
    "role_unconfirmed": "were seen in their role too long ago",
    "no_channel": "have neither e-mail nor LinkedIn profile",
    "over_limit": "come after the most allowed of their company",
    "role_ended": "do not hold a role at the company any more",
    "person_merged": "turned out to be somebody else",
}


# ------------------------------------------------------------------------------------------------------------ the list
def open_promotion(runtime: Runtime, *, airflow_run_id: str, params: dict[str, Any]) -> Promotion:
    """Open the promotion of an Airflow run; ``params`` say whom it looks at.

    Raises ``ValueError`` when they name signals, executions or companies that are none.
    """
    scope = StoredScope.model_validate(params).scope()
    unknown = runtime.read(lambda connection: promotions.query_unknown_ids(connection, scope))
    if unknown:
        found = "; ".join(
            f"{row['param']}: {row['id']}"
            + (f" (merged into {row['merged_into_id']})" if row["merged_into_id"] else "")
            for row in unknown
        )
        raise ValueError(f"There are no such signals, executions or companies: {found}")
    opened = runtime.write(
        lambda connection: promotions.open_promotion(connection, airflow_run_id=airflow_run_id, params=params)
    )
    close_abandoned_runs(runtime)
    log.info("Promotion %s", opened.id)
    return opened


def find_promotion(runtime: Runtime, promotion_id: UUID) -> Promotion:
    """The stored promotion. Raises ``LookupError`` when there is none."""
    found = runtime.read(lambda connection: promotions.find_promotion(connection, promotion_id))
    if found is None:
        raise LookupError(f"promotion_id: no promotion {promotion_id} is stored; see the table contact_promotions")
    return found


def resume_promotion(runtime: Runtime, promotion_id: UUID, *, approved_by: str | None = None) -> Promotion:
    """Go on with a promotion whose list is made; with ``approved_by`` it is approved by that person.

    One that is completed stays so. Raises ``LookupError`` when there is none, and ``ValueError`` when it cannot go on:
    it was rejected, has no list yet, or failed before it had one.
    """
    found = find_promotion(runtime, promotion_id)
    if found.decision == "rejected":
        raise ValueError(_rejected(found))
    if found.decision is None and found.status in ("running", "failed"):
        state = "is being planned" if found.status == "running" else "failed before its list was made"
        raise ValueError(f"promotion_id: the promotion {promotion_id} {state}; see its run {found.airflow_run_id}")
    if approved_by is None or found.status == "completed":
        return found
    return approve(runtime, promotion_id, approved_by)


def plan_promotion(runtime: Runtime, promotion_id: UUID) -> Preview:
    """Make the list of an open promotion, in one transaction; one that is made already stays as it is."""

    def work(connection: Connection) -> Preview:
        stored = promotions.find_promotion(connection, promotion_id)
        if stored is None:
            raise LookupError(f"No promotion {promotion_id} is stored; see the table contact_promotions")
        return promotions.plan_promotion(connection, promotion_id, StoredScope.model_validate(stored.params).scope())

    preview = runtime.write(work)
    for line in preview_lines(preview):
        log.info("%s", line)
    return preview


def preview_promotion(runtime: Runtime, promotion_id: UUID) -> Preview:
    """The list in numbers, as it is now."""
    return runtime.read(lambda connection: promotions.preview_promotion(connection, promotion_id))


def plan_alone(runtime: Runtime, arguments: ScopeFields) -> tuple[Promotion, Preview]:
    """Open a promotion that belongs to one task, whatever its tries, and make its list."""
    params = arguments.model_dump(mode="json")
    opened = open_promotion(runtime, airflow_run_id=_run_key(runtime), params=params)
    preview = plan_promotion(runtime, opened.id)
    return find_promotion(runtime, opened.id), preview


def _run_key(runtime: Runtime) -> str:
    if (attempt := runtime.attempt) is None:
        return f"by hand {uuid4()}"
    return f"{attempt.dag_id}/{attempt.task_id}/{attempt.map_index}/{attempt.run_id}"


# -------------------------------------------------------------------------------------------------------- the decision
def approve(runtime: Runtime, promotion_id: UUID, approved_by: str) -> Promotion:
    """Record who approved. Raises ``ValueError`` when the promotion was rejected before, or has no list."""
    decided = runtime.write(
        lambda connection: promotions.record_decision(connection, promotion_id, "approved", decided_by=approved_by)
    )
    if decided.decision != "approved":
        raise ValueError(_rejected(decided))
    return decided


def reject(runtime: Runtime, promotion_id: UUID, rejected_by: str | None) -> Promotion:
    """Record who rejected, or that nobody answered (``None``); an approval that was recorded before stands."""
    return runtime.write(
        lambda connection: promotions.record_decision(connection, promotion_id, "rejected", decided_by=rejected_by)
    )


def _rejected(found: Promotion) -> str:
    return f"The promotion {found.id} was rejected on {found.decided_at:%Y-%m-%d}; that stands. Plan a new one"


# ------------------------------------------------------------------------------------------------------ carrying it out
def plan_chunks(runtime: Runtime, promotion_id: UUID, *, chunk_size: int) -> list[Chunk]:
    """Those still proposed, in chunks. Raises ``ValueError`` when nobody has approved the promotion."""
    found = find_promotion(runtime, promotion_id)
    if found.decision != "approved":
        raise ValueError(f"Nobody has approved the promotion {promotion_id}; nobody becomes a contact")
    return runtime.read(lambda connection: promotions.plan_chunks(connection, promotion_id, chunk_size=chunk_size))


def label_of(chunk: Chunk, total: int) -> str:
    """The name of a chunk in the UI and in logs."""
    return f"people {chunk.first_number}-{chunk.first_number + chunk.people - 1} of {total}"


def promote_chunk(runtime: Runtime, promotion_id: UUID, first_position: int, last_position: int) -> Counters:
    """Carry out a part of an approved list in one transaction."""
    return runtime.write(
        lambda connection: promotions.promote_chunk(
            connection, promotion_id, first_position=first_position, last_position=last_position
        )
    )


@dataclass(slots=True)
class WholePromotion:
    """An approved promotion carried out from beginning to end, a transaction for each chunk."""

    runtime: Runtime
    promotion_id: UUID
    approved_by: str | None = None
    chunk_size: int = 500
    is_stopped: bool = False

    def run(self) -> Counters:
        """Approve it if ``approved_by`` does, promote, and close it. Raises ``ValueError`` when nobody approved it."""
        if resume_promotion(self.runtime, self.promotion_id, approved_by=self.approved_by).status == "completed":
            return Counters()
        chunks = plan_chunks(self.runtime, self.promotion_id, chunk_size=self.chunk_size)
        total, done = sum(chunk.people for chunk in chunks), Counters()
        for number, chunk in enumerate(chunks, 1):
            if self.is_stopped:
                raise Interrupted(f"The task was killed after {number - 1} of {len(chunks)} chunks")
            counters = promote_chunk(self.runtime, self.promotion_id, chunk.first_position, chunk.last_position)
            last = chunk.first_number + chunk.people - 1
            log_progress(log, last, total, label_of(chunk, total), counters.as_dict())
            done += counters
        finish_promotion(self.runtime, self.promotion_id)
        return done

    def stop(self) -> None:
        """Begin no other chunk; safe in a signal handler. Another try does the rest."""
        self.is_stopped = True


def finish_promotion(runtime: Runtime, promotion_id: UUID, *, error: str | None = None) -> Promotion:
    """Close what is done: an approved promotion, or a list that proposes nobody. With an ``error``, as failed.

    A list that waits for a decision goes on waiting.
    """
    found = find_promotion(runtime, promotion_id)
    waits = found.status == "planned" and (found.proposed > 0 or error is not None)
    if waits or found.status in ("completed", "rejected"):
        return found
    return runtime.write(lambda connection: promotions.finish_promotion(connection, promotion_id, error=error))


def withdraw_promotion(runtime: Runtime, promotion_id: UUID) -> Withdrawal:
    """Delete the contacts that a promotion made, except those that somebody has worked with since."""
    withdrawal = runtime.write(lambda connection: promotions.withdraw_promotion(connection, promotion_id))
    log.info("%d contacts were deleted, %d kept", withdrawal.withdrawn, withdrawal.kept)
    return withdrawal


# ----------------------------------------------------------------------------------------------------------- for people
def preview_lines(preview: Preview) -> Iterator[str]:
    """A list in words, without names: how many people are proposed, and why the others are left out."""
    companies = sum(count.companies for count in preview.counts if count.status == "proposed")
    yield f"Proposed: {preview.people('proposed')} (companies: {companies})"
    if preview.unconfirmed:
        yield f"Unconfirmed among them, as it is long that they were seen in the role: {preview.unconfirmed}"
    if promoted := preview.people("promoted"):
        yield f"Became contacts: {promoted}"
    if withdrawn := sum(count.people for count in preview.counts if count.reason == "withdrawn"):
        yield f"Withdrawn: {withdrawn}"
    for status, what in (("left_out", "Left out"), ("refused", "Refused when they were checked again")):
        for count in preview.counts:
            if count.status == status and count.reason != "withdrawn":
                yield f"{what}, because they {_IN_WORDS.get(count.reason or '', count.reason)}: {count.people}"


def question(promotion: Promotion, preview: Preview) -> tuple[str, str]:
    """Subject and text (Markdown) of the question to whoever decides about a list."""
    proposed = preview.people("proposed")
    subject = "Make 1 person a contact?" if proposed == 1 else f"Make {proposed} people contacts?"
    lines = [f"- {line}" for line in preview_lines(preview)]
    if preview.companies:
        most = ", ".join(f"{company_id} ({people})" for company_id, people in preview.companies)
        rest = preview.companies.total - len(preview.companies)
        lines.append(f"- Companies by id (people): {most}" + (f" and {rest} more" if rest else ""))
    body = "\n".join(
        [
            f"Promotion `{promotion.id}`, planned {promotion.started_at:%Y-%m-%d %H:%M} UTC.",
            "",
            *lines,
            "",
            "Names stay in the database. To see whom this is about, open it (`make psql`) and ask:",
            "",
            "```sql",
            LIST_QUERY.format(promotion_id=promotion.id) + ";",
            "```",
            "",
            "**Approve** makes contacts of them; everybody is checked once more. **Reject** makes contacts of nobody, "
            "and so does leaving this unanswered.",
        ]
    )
    return subject, body


def summary_lines(promotion: Promotion, preview: Preview) -> Iterator[str]:
    """A promotion in words: how it stands, its list in numbers, and what can be done next."""
    yield f"Promotion {promotion.id}: {promotion.status}"
    yield from preview_lines(preview)
    if promotion.status == "planned":
        yield (
            "Nobody has become a contact. To go on, look at the list, and trigger account_promotion with "
            f'{{"promotion_id": "{promotion.id}", "approved_by": "<your name>"}}'
        )
    elif promotion.status == "rejected" and promotion.decided_by is None:
        yield "Nobody answered in time, which counts as a rejection; nobody has become a contact"
    elif promotion.status == "rejected":
        yield "It was rejected; nobody has become a contact"
