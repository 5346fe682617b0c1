"""Companies: one row per real company, whichever system found it.

The work is in ``company_upserts`` (finding and creating many; ``company_mentions`` reads what is said about them) and
``company_profiles`` (companies as accounts, one at a time).
"""

from __future__ import annotations

# The public door of the domain: these names stay importable from here.
from prospecting.persistence.company_mentions import CompanyRow
from prospecting.persistence.company_profiles import find_current_company
from prospecting.persistence.company_upserts import upsert_companies

__all__ = ["CompanyRow", "find_current_company", "upsert_companies"]
