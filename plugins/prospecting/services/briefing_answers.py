"""Saves what somebody's agent found about one company or person as a briefing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.briefings import FIELDS, BriefingAnswer, BriefingFields, Kind
from prospecting.parsing.records import Rejected
from prospecting.persistence.agent_calls import mark_unusable
from prospecting.persistence.briefing_writing import REMEDIES, find_source, save_briefing
from prospecting.persistence.erased_identities import DETAIL, REASON
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.submissions import find_org
from prospecting.services import reading
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """The outcome of saving one answer: the row it is about, how many rows are new, how many answers were rejected."""

    ids: list[str]
    new: int
    rejected: int


def save_answer(
    runtime: Runtime,
    answer: Any,
    *,
    kind: Kind,
    org_id: UUID | str,
    known: Mapping[str, str],
    researched_at: datetime,
    source_system: str | None = None,
    place: str | None = None,
    call_id: int | None = None,
) -> SavedAnswer:
    """Save an answer in the table of its kind, as research of ``researched_at`` for the org with this id or slug.

    ``known`` are columns that the asker knows, which take precedence over what the answer says. ``source_system``
    is who did the research, unless the answer names a processor. What cannot be stored goes to ``rejected_records``
    with that and ``place``, where the answer is kept; ``call_id`` is its row in the ledger, if it has one. Saving an
    answer twice changes nothing, and older research never replaces newer. Raises ``LookupError`` for an unknown org,
    ``ValueError`` for a column that the kind does not have.
    """
    if foreign := sorted(set(known) - set(FIELDS[kind])):
        raise ValueError(f"{', '.join(foreign)}: a {kind} briefing has no such field; leave it empty")
    read = reading.read_briefing(kind, answer, known, runtime.reading)
    source = ": ".join(part for part in (source_system, place) if part) or "an answer"

    def save(connection: Connection) -> SavedAnswer:
        org = find_org(connection, org_id) if isinstance(org_id, str) else org_id
        if org is None:
            raise LookupError(f"org_id: there is no org {org_id}; see the table orgs")
        whose = find_source(connection, org, researched_at=researched_at)
        if isinstance(read, BriefingAnswer):
            fields = BriefingFields(
                {**read.fields.values, "processor": read.fields.values["processor"] or source_system}
            )
            saved = save_briefing(connection, kind, fields, read.raw, whose)
            if not isinstance(saved, Rejected):
                return SavedAnswer([str(saved.id)], int(saved.is_new), 0)
            stage, why = "save", saved
        else:
            stage, why = "parse", read
        if why.reason == REASON:
            row = RejectedRow("filter", "briefing", REASON, DETAIL, None, source)
        else:
            row = RejectedRow(stage, "briefing", why.reason, REMEDIES.get(why.reason, why.detail), answer, source)
        record_rejected(connection, None, [row])
        if why.reason in reading.UNREADABLE and call_id is not None:
            mark_unusable(connection, [call_id], reason=why.reason, detail=why.detail)
        return SavedAnswer([], 0, 1)

    saved = runtime.write(save)
    runtime.saved_briefings(kind, saved.new)
    log.info("%s: %d briefings saved, %d new, %d rejected", source, len(saved.ids), saved.new, saved.rejected)
    return saved
