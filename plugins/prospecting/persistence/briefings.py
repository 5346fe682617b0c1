"""Deep research in tables of its own: briefings on companies, on persons, and the job titles that buy."""

from __future__ import annotations

from prospecting.persistence.briefing_queries import (
    query_company_intel_briefings,
    query_icp_job_titles,
    query_person_intel_briefings,
    query_title_counts,
)
from prospecting.persistence.briefing_sources import StepKey, find_step_results
from prospecting.persistence.briefing_writing import (
    FailedWrite,
    SaveCounts,
    query_failed_writes,
    record_failed_write,
    save_briefings,
    upsert_company_intel_briefing,
    upsert_icp_job_titles,
    upsert_person_intel_briefing,
)

# The domain's public door: what others import stays importable from here, wherever it lives.
__all__ = [
    "FailedWrite",
    "SaveCounts",
    "StepKey",
    "find_step_results",
    "query_company_intel_briefings",
    "query_failed_writes",
    "query_icp_job_titles",
    "query_person_intel_briefings",
    "query_title_counts",
    "record_failed_write",
    "save_briefings",
    "upsert_company_intel_briefing",
    "upsert_icp_job_titles",
    "upsert_person_intel_briefing",
]
