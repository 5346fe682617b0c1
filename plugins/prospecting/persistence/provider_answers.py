"""How good the answers of providers about seats were, and their cost: the order of providers is learned from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement
from prospecting.scoring.provider_order import ANY, Segment, TrackRecord


def note_provider_answers(
    connection: Connection, answers: Mapping[str, tuple[int, bool]], *, company_size: str | None, country: str | None
) -> None:
    """Record whether the answer of each provider (its call, was it enough?) about one company was enough."""
    if not answers:
        return
    rows = [
        {"provider": provider, "call_id": call_id, "was_enough": was_enough}
        for provider, (call_id, was_enough) in answers.items()
    ]
    values = {"answers": to_json(rows), "company_size": company_size, "country": country}
    connection.execute(statement("agent_calls/note_provider_answers"), values)


def query_track_records(
    connection: Connection, providers: Sequence[str], *, days: int
) -> dict[Segment, dict[str, TrackRecord]]:
    """The track records of ``providers`` in the last ``days``, by segment and provider."""
    found: dict[Segment, dict[str, TrackRecord]] = {}
    values = {"providers": list(providers), "days": days}
    for row in connection.execute(statement("agent_calls/provider_records"), values):
        segment = Segment(row.company_size if row.by_size else ANY, row.country if row.by_country else ANY)
        usd = None if row.usd_per_answer is None else float(row.usd_per_answer)
        found.setdefault(segment, {})[row.provider] = TrackRecord(row.asked, row.enough, usd)
    return found
