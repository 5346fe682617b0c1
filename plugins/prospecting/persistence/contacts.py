"""Contacts: the persons we engage at companies.

The work is in ``contact_queries`` (finding them) and ``contact_writing`` (creating and changing them).
"""

from __future__ import annotations

# The public door of the domain: these names stay importable from here.
from prospecting.persistence.contact_queries import (
    Contact,
    find_contacts_by_company,
    find_contacts_by_role,
    find_decision_makers,
    find_primary_contact,
    get_contact_by_email,
    get_contact_by_id,
    search_contacts,
)

__all__ = [
    "Contact",
    "find_contacts_by_company",
    "find_contacts_by_role",
    "find_decision_makers",
    "find_primary_contact",
    "get_contact_by_email",
    "get_contact_by_id",
    "search_contacts",
]
