"""Signals of companies: funding rounds, open positions, launches and acquisitions, each once.

Two mentions are of one signal when they are of one company, of the same thing (``signal_key``), and of days that are
not far apart; a day or a thing that one of them does not name speaks against nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.company_signals import stage_of
from prospecting.parsing.names import company_key
from prospecting.parsing.records import CompanySignalRecord
from prospecting.persistence.batches import Saved, Upserted, save_isolating
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.places import place_key
from prospecting.persistence.statements import statement

_APART = {"funding": 90, "hiring": 60, "product_launch": 180, "acquisition": 180}
"""Days between two mentions of one signal: a round is announced again when it is closed, an advertisement renewed."""
_COLUMNS = (
    "round", "amount", "currency", "investors", "position", "department", "location", "product", "acquirer", "target",
    "occurred_on", "date_precision",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CompanySignalRow:
    """Something that the company ``company_id`` did."""

    company_id: int
    record: CompanySignalRecord


def signal_key(type: str, record: CompanySignalRecord) -> str:
    """The key that two mentions of one signal share, besides their company and about their day; "" when unknown."""
    if type == "funding":
        return stage_of(record.round) or place_key(record.round or "")
    if type == "hiring":
        return "|".join((place_key(record.position or ""), place_key(record.location or ""))).strip("|")
    if type == "product_launch":
        return place_key(record.product or "")
    # The company that is named with an acquisition is one of the two; the other one tells it from others.
    return "|".join((company_key(record.acquirer or ""), company_key(record.target or ""))).strip("|")


def upsert_company_signals(
    connection: Connection, type: str, rows: Sequence[CompanySignalRow], *, source_system: str
) -> Upserted:
    """Find or create every signal in ``rows``; fill what was unknown, never erase, never swap what is known.

    Safe for any number of writers at once. At most one call per transaction, after the one for companies (lock order).
    """
    result = Upserted(saved=[None] * len(rows))
    company_ids = sorted({row.company_id for row in rows})
    lock_keys(connection, "company_signal", map(str, company_ids))

    def save(positions: Sequence[int]) -> dict[int, Saved]:
        batch = _Batch(connection, type, company_ids)
        for position in positions:
            batch.add(position, rows[position])
        return batch.write(source_system)

    save_isolating(connection, list(range(len(rows))), save, result)
    return result


def query_company_signals(
    connection: Connection, execution_id: UUID | str, company_ids: Sequence[int] | None = None
) -> Sequence[RowMapping]:
    """The signals of companies that an execution found, the latest first, with ``source_url`` and ``is_verified``."""
    ids = None if company_ids is None else list(company_ids)
    values = {"execution_id": UUID(str(execution_id)), "company_ids": ids}
    return connection.execute(statement("company_signals/of_execution"), values).mappings().all()


class _Batch:
    """Signals of some companies: those that are stored, and those that are going to be."""

    def __init__(self, connection: Connection, type: str, company_ids: Sequence[int]) -> None:
        self._connection = connection
        self._type = type
        self._by_company: dict[int, list[dict[str, Any]]] = {}
        values = {"type": type, "company_ids": list(company_ids)}
        for stored in connection.execute(statement("company_signals/known"), values).mappings():
            self._by_company.setdefault(stored["company_id"], []).append({**stored, "is_changed": False})
        self._of_position: dict[int, dict[str, Any]] = {}

    def add(self, position: int, row: CompanySignalRow) -> None:
        said = {name: getattr(row.record, name) for name in _COLUMNS}
        said["signal_key"] = signal_key(self._type, row.record)
        known = self._by_company.setdefault(row.company_id, [])
        alike = [one for one in known if _are_one(self._type, one, said)]
        if not alike:
            known.append({"id": None, "company_id": row.company_id, "is_changed": True, **said})
            self._of_position[position] = known[-1]
            return
        best = min(alike, key=lambda one: (one["signal_key"] != said["signal_key"], _days_apart(one, said)))
        self._of_position[position] = best
        # Another currency does not go with the amount that is known.
        kept = {"currency"} if best["amount"] is not None else set()
        kept |= {"date_precision"} if best["occurred_on"] else set()
        missing = {
            name: said[name] for name in ("signal_key", *_COLUMNS) if name not in kept and not best[name] and said[name]
        }
        if missing and not self._is_taken(known, best, {**best, **missing}):
            best.update(missing, is_changed=True)

    def _is_taken(self, known: Sequence[dict[str, Any]], one: dict[str, Any], wanted: dict[str, Any]) -> bool:
        key = (wanted["signal_key"], wanted["occurred_on"])
        return any(other is not one and (other["signal_key"], other["occurred_on"]) == key for other in known)

    def write(self, source_system: str) -> dict[int, Saved]:
        changed = [one for signals in self._by_company.values() for one in signals if one["is_changed"]]
        new = {number: one for number, one in enumerate(changed) if one["id"] is None}
        filled = [one for one in changed if one["id"] is not None]
        values = {"type": self._type, "source_system": source_system}
        if filled:
            rows = [_as_json(one, id=one["id"]) for one in sorted(filled, key=lambda one: int(one["id"]))]
            self._connection.execute(statement("company_signals/fill_gaps"), {"rows": to_json(rows)})
        created = set()
        if new:
            rows = [_as_json(one, ordinal=number, company_id=one["company_id"]) for number, one in new.items()]
            inserted = self._connection.execute(statement("company_signals/insert"), {**values, "rows": to_json(rows)})
            for ordinal, signal_id in inserted.all():
                new[ordinal]["id"] = signal_id
                created.add(signal_id)
        return {position: Saved(one["id"], one["id"] in created) for position, one in self._of_position.items()}


def _are_one(type: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    keys = (one["signal_key"], other["signal_key"])
    if type in ("hiring", "product_launch") or all(keys):
        are_alike = keys[0] == keys[1]
    else:
        are_alike = True
    return are_alike and _days_apart(one, other) <= _APART[type]


def _days_apart(one: dict[str, Any], other: dict[str, Any]) -> int:
    first: date | None = one["occurred_on"]
    second: date | None = other["occurred_on"]
    return abs((first - second) // timedelta(days=1)) if first and second else 0


def _as_json(one: dict[str, Any], **more: Any) -> dict[str, Any]:
    row = {**more, "signal_key": one["signal_key"]}
    for name in _COLUMNS:
        value = one[name]
        if isinstance(value, Decimal):
            value = f"{value:f}"
        elif isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, tuple):
            value = list(value)
        if value:
            row[name] = value
    return row
