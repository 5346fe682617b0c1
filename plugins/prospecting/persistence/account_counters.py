"""Counters of companies, contacts and conversations: triggers keep them, this proves it, and sets right what is wrong.

They go wrong when rows are written while triggers are off, as some tools do that load backups.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from prospecting.persistence.checked_fields import STORED
from prospecting.persistence.statements import statement

CountedTable = Literal["companies", "contacts", "conversations"]
_TABLES: tuple[CountedTable, ...] = get_args(CountedTable)


class Mismatch(BaseModel):
    """A counter that differs from what is counted: both as PostgreSQL writes them, ``None`` for a time nobody knows."""

    model_config = STORED

    table_name: CountedTable
    id: str
    column_name: str
    stored: str | None
    counted: str | None


def find_mismatches(connection: Connection, limit: int = 100) -> list[Mismatch]:
    """Counters that are wrong, at most ``limit`` of each table, one statement each; none while the triggers do.

    Each statement reads everything that there is to count, as of one moment.
    """
    if limit < 0:
        raise ValueError("limit is negative; give how many are wanted at most of each table")
    return [found for table in _TABLES for found in _mismatches(connection, table, limit)]


def repair(connection: Connection) -> int:
    """Set every wrong counter right. Returns how many there were.

    Only what is wrong is locked, in the order in which everybody locks, so that others go on; what they write
    meanwhile is counted.
    """
    found = [row for table in _TABLES for row in _mismatches(connection, table, None)]
    if not found:
        return 0
    conversation_ids = {UUID(row.id) for row in found if row.table_name == "conversations"}
    contact_ids = {UUID(row.id) for row in found if row.table_name == "contacts"}
    # Recounting a conversation recounts its contact.
    contact_ids |= _contacts_of(connection, conversation_ids)
    company_ids = {int(row.id) for row in found if row.table_name == "companies"}
    connection.execute(statement("conversations/lock_companies"), {"company_ids": list(company_ids)})
    connection.execute(statement("contacts/lock_contacts"), {"ids": list(contact_ids)})
    connection.execute(statement("conversations/lock_conversations"), {"conversation_ids": list(conversation_ids)})
    connection.execute(statement("account_counters/recount_conversations"), {"ids": list(conversation_ids)})
    connection.execute(statement("account_counters/recount_contacts"), {"ids": list(contact_ids)})
    connection.execute(statement("account_counters/recount_companies"), {"ids": list(company_ids)})
    return len(found)


def _mismatches(connection: Connection, table: CountedTable, limit: int | None) -> Iterable[Mismatch]:
    found = connection.execute(statement(f"account_counters/mismatches_of_{table}"), {"limit": limit})
    return [Mismatch.model_construct(**row) for row in found.mappings()]


def _contacts_of(connection: Connection, conversation_ids: set[UUID]) -> set[UUID]:
    values = {"conversation_ids": list(conversation_ids)}
    whose = connection.execute(statement("conversations/whose_conversations"), values)
    return {row.contact_id for row in whose}
