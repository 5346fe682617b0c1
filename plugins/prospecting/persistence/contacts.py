"""Contacts: the persons we engage at companies.

The work is in ``contact_queries`` (finding them) and ``contact_writing`` (creating and changing them, with
``contact_records``, what is handed over, and ``contact_persons``, the person behind a contact).
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
from prospecting.persistence.contact_records import ContactUpdate, NewContact
from prospecting.persistence.contact_writing import create_contact, make_primary_contact, update_contact

__all__ = [
    "Contact",
    "ContactUpdate",
    "NewContact",
    "create_contact",
    "find_contacts_by_company",
    "find_contacts_by_role",
    "find_decision_makers",
    "find_primary_contact",
    "get_contact_by_email",
    "get_contact_by_id",
    "make_primary_contact",
    "search_contacts",
    "update_contact",
]
