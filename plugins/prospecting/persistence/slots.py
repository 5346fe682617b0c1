"""Seats of companies: evaluating them, and what is stored of evaluations.

The work is in ``seats`` (planning, evaluating), ``slot_evaluations`` (records, history) and ``slot_quality`` (the
gate).
"""

from __future__ import annotations

# The public door of the domain: these names stay importable from here.
from prospecting.persistence.seats import evaluate_slots, query_unknown_companies
from prospecting.persistence.slot_evaluations import (
    find_evaluation,
    find_evaluation_of_run,
    query_changes_of_run,
    query_states_at,
)
from prospecting.persistence.slot_quality import find_quality_problems

__all__ = [
    "evaluate_slots",
    "find_evaluation",
    "find_evaluation_of_run",
    "find_quality_problems",
    "query_changes_of_run",
    "query_states_at",
    "query_unknown_companies",
]
