"""Name keys of stored companies and persons, made again when the rules that make them have changed.

A key that older rules made would not be found by the same mention, which then would become a second row. Nothing is
merged here: who may be the same by the new keys is recorded in ``merge_candidates``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.name.legal_forms import all_forms
from prospecting.parsing.names import (
    COMPANY_KEY_RULES,
    PERSON_KEY_RULES,
    clean_company_name,
    company_key,
    person_key,
)
from prospecting.persistence.database import lock_all_keys, read_in_portions, to_json
from prospecting.persistence.statements import statement

log = logging.getLogger(__name__)
_PORTION = 20_000

Change = dict[str, Any]


def refresh_company_keys(connection: Connection) -> int:
    """Make the name keys of all companies again if older rules made them. Returns how many have changed.

    Two companies without a domain cannot share a key: the one known longer gets it, the other keeps its old key. They,
    and others that share a key now, are recorded as doubtful pairs. Writers of companies wait meanwhile. At most one
    call per transaction; when that is rolled back, the next call begins anew.
    """

    def write() -> int:
        while connection.execute(statement("name_keys/keep_taken")).rowcount:
            pass
        connection.execute(statement("name_keys/free_keys"))
        return _written(connection, "name_keys/write_companies", "name_keys/record_doubtful_companies")

    columns = ("id", "name", "name_key", "domain")
    return _refresh(
        connection, "company", COMPANY_KEY_RULES, "name_keys/company_names", columns, _company_change, write
    )


def refresh_person_keys(connection: Connection) -> int:
    """Make the name keys of all persons again if older rules made them. Returns how many have changed.

    Those who share a name at a company now are recorded as doubtful pairs. Writers of persons wait meanwhile. At most
    one call per transaction, after companies (lock order); when that is rolled back, the next call begins anew.
    """

    def write() -> int:
        return _written(connection, "name_keys/write_persons", "name_keys/record_doubtful_persons")

    columns = ("id", "full_name", "name_key")
    return _refresh(connection, "person", PERSON_KEY_RULES, "name_keys/person_names", columns, _person_change, write)


def _refresh(
    connection: Connection,
    entity_type: str,
    rules: int,
    names: str,
    columns: Sequence[str],
    change: Callable[..., Change | None],
    write: Callable[[], int],
) -> int:
    if _is_current(connection, entity_type, rules):
        return 0
    # Not a lock on the table: a writer would have looked for the old keys before it waits.
    lock_all_keys(connection, entity_type)
    if _is_current(connection, entity_type, rules):
        return 0
    connection.execute(statement("name_keys/stage_table"))
    connection.execute(statement("name_keys/clear_stage"))
    seen = staged = 0
    for portion in read_in_portions(connection, names, {}, columns, portion_size=_PORTION):
        changes = [found for row in portion if (found := change(*row))]
        if changes:
            connection.execute(statement("name_keys/stage_rows"), {"rows": to_json(changes)})
        seen += len(portion)
        staged += len(changes)
        log.info("Name keys (%s): %d names read, %d keys to change", entity_type, seen, staged)
    changed = 0
    if staged:
        connection.execute(statement("name_keys/analyze_stage"))
        changed = write()
        log.info("Name keys (%s): %d changed, %d are another one's already", entity_type, changed, staged - changed)
    connection.execute(statement("name_keys/save_rules"), {"entity_type": entity_type, "rules": rules})
    return changed


def _is_current(connection: Connection, entity_type: str, rules: int) -> bool:
    stored = connection.execute(statement("name_keys/stored_rules"), {"entity_type": entity_type}).scalar_one_or_none()
    return stored is not None and stored >= rules


def _written(connection: Connection, write: str, record: str) -> int:
    changed = connection.execute(statement(write)).rowcount
    connection.execute(statement(record))
    return changed


def _company_change(company_id: int, name: str, old_key: str, domain: str | None) -> Change | None:
    key = company_key(clean_company_name(name) or name)
    if not key or key == old_key or (domain and not _is_of_name(old_key, key, name, domain)):
        return None
    return {"id": company_id, "old_key": old_key, "new_key": key, "is_unique": domain is None}


def _is_of_name(old_key: str, key: str, name: str, domain: str) -> bool:
    """False when a company was first called something else than its ``name``, which is the one that its domain spells.

    Its key is that of the first name, and stays.
    """
    spelled = _letters(name)
    if spelled != _letters(domain.partition(".")[0]) or old_key in spelled or old_key == _letters(domain):
        return True
    before, found, behind = old_key.partition(key)
    return bool(found) and {before, behind} <= _dropped()


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


@cache
def _dropped() -> frozenset[str]:
    """Words that keys leave out, as they stand in keys of rules that did not know them or only the last; also none."""
    forms = all_forms()
    beginnings = (form[:size] for form in forms for size in range(2, len(form)))
    return frozenset({"", "the", *map("".join, forms), *map("".join, beginnings)})


def _person_change(person_id: int, name: str, old_key: str) -> Change | None:
    key = person_key(name)
    if not key or key == old_key:
        return None
    return {"id": person_id, "old_key": old_key, "new_key": key, "is_unique": False}
