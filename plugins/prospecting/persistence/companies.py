"""Companies: one row per real company, whichever system found it.

The work is in ``company_upserts`` (finding and creating many, with ``company_mentions``, what is said about them) and
``company_profiles`` (companies as accounts: one at a time, by id, by domain, by what they are called).
"""

from __future__ import annotations

# The public door of the domain: these names stay importable from here.
from prospecting.persistence.company_mentions import CompanyRow
from prospecting.persistence.company_profiles import (
    Company,
    CompanyUpdate,
    NewCompany,
    create_company,
    find_current_company,
    get_company_by_domain,
    get_company_by_id,
    list_companies,
    search_companies,
    update_company,
)
from prospecting.persistence.company_upserts import upsert_companies

__all__ = [
    "Company",
    "CompanyRow",
    "CompanyUpdate",
    "NewCompany",
    "create_company",
    "find_current_company",
    "get_company_by_domain",
    "get_company_by_id",
    "list_companies",
    "search_companies",
    "update_company",
    "upsert_companies",
]
