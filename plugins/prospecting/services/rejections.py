"""Keeps rejected records few enough to be looked at, and every one of them counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from prospecting.persistence.rejected_records import RejectedRow

MAX_ALIKE = 200
"""Rejected records of one answer and one reason that are kept one by one; the others are one record with a count."""


def abridged(rows: Sequence[RejectedRow]) -> list[RejectedRow]:
    """The first ``MAX_ALIKE`` rows of each reason, and one with the number of all others."""
    seen: Counter[tuple[str, str, str, str | None]] = Counter()
    kept = []
    for row in rows:
        alike = (row.stage, row.record_type, row.reason, row.source)
        seen[alike] += 1
        if seen[alike] <= MAX_ALIKE:
            kept.append(row)
    return kept + [
        RejectedRow(stage, record_type, reason, f"{count - MAX_ALIKE:,} more", {"count": count - MAX_ALIKE}, source)
        for (stage, record_type, reason, source), count in seen.items()
        if count > MAX_ALIKE
    ]
