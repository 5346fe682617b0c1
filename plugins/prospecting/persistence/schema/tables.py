"""Every table of the application database: importing this module completes the metadata."""

from __future__ import annotations

from prospecting.persistence.schema import (
    account_runs,
    accounts,
    api,
    briefings,
    digests,
    facts,
    features,
    ledger,
    merging,
    privacy,
    provenance,
    research,
    seat_kpis,
    signal_metrics,
    signals,
    slots,
    spine,
)
from prospecting.persistence.schema.metadata import metadata

SUBJECTS = (
    provenance,
    spine,
    signals,
    slots,
    ledger,
    seat_kpis,
    signal_metrics,
    research,
    briefings,
    features,
    accounts,
    account_runs,
    privacy,
    merging,
    api,
    digests,
    facts,
)

__all__ = ["SUBJECTS", "metadata"]
