"""The public door of the domain: what other programs save and ask about prospects and what users do with accounts."""

from __future__ import annotations

# Importable from here for programs outside; inside the product everything is imported from where it lives.
from prospecting.persistence.interactions import (
    MAX_METADATA,
    Interaction,
    LoggedInteractions,
    log_interaction,
    log_interactions,
)
from prospecting.persistence.prospect_research import (
    FAILURE_STATUSES,
    SavedResearch,
    find_research,
    query_research,
    record_research_failure,
    save_prospect_research,
)

__all__ = [
    "FAILURE_STATUSES",
    "MAX_METADATA",
    "Interaction",
    "LoggedInteractions",
    "SavedResearch",
    "find_research",
    "log_interaction",
    "log_interactions",
    "query_research",
    "record_research_failure",
    "save_prospect_research",
]
