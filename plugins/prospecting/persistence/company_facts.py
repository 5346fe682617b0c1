"""The facts that are known about companies: what mentions add, and which other names companies go by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.ownership import campaign_stem
from prospecting.persistence.company_mentions import Mention
from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement
from prospecting.scoring.company_facts import better_name, merge_facts

Known = dict[str, Any]
Told = Sequence[tuple[Mention, dict[str, Any]]]
"""Mentions of one company, each with what it says about it."""

_NAME = ("name", "name_key")


@dataclass(slots=True)
class Naming:
    """Name keys that companies were not known by, and these companies."""

    new_keys: set[str] = field(default_factory=set)
    newly_called: set[int] = field(default_factory=set)


def add_facts(
    connection: Connection,
    told: Mapping[int, Told],
    created: Mapping[int, Sequence[Mention]],
    *,
    adopting: Collection[int],
) -> Naming:
    """Add what mentions tell about companies, by id; ``created`` are new, and hold what they were made from.

    What stands is chosen by ``prospecting.scoring.company_facts``. A company with a domain is shown by a name that came
    with it; those in ``adopting`` have just got theirs. Only companies that change are written.
    """
    naming = Naming()
    several = [id for id, mentions in created.items() if len({mention.name_key for mention in mentions}) > 1]
    if not told and not several:
        return naming
    known = _read(connection, "companies/facts", [*told, *several])
    if changing := [id for id, mentions in told.items() if _added(known[id], mentions, id in adopting)]:
        locked = _read(connection, "companies/facts_to_change", changing)
        changed = {id: row for id in changing if (row := _added(locked[id], told[id], id in adopting))}
        if changed:
            connection.execute(statement("companies/write_facts"), {"rows": to_json(list(changed.values()))})
        known |= locked
    else:
        changed = {}
    _add_names(connection, known, changed, told, {id: created[id] for id in several}, naming)
    if renamed := [id for id, row in changed.items() if row["name"] != known[id]["name"]]:
        connection.execute(statement("companies/refresh_evidence"), {"ids": renamed})
    return naming


def _read(connection: Connection, name: str, ids: Iterable[int]) -> dict[int, Known]:
    rows = connection.execute(statement(name), {"ids": to_json(list(ids))}).mappings()
    return {row["id"]: dict(row) for row in rows}


def _added(known: Known, told: Told, is_adopting: bool) -> Known | None:
    """The facts known after these mentions; ``None`` when that is nothing new."""
    statements = [said if _is_called_so(known, mention) else _nameless(said) for mention, said in told]
    if all(value == known[column] for said in statements for column, value in said.items()):
        return None
    before = {column: value for column, value in known.items() if not is_adopting or column not in _NAME}
    merged = merge_facts([before, *statements], known["domain"])
    return None if merged == known else merged


def _nameless(said: dict[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in said.items() if column not in _NAME}


def _is_called_so(known: Known, mention: Mention) -> bool:
    """True when the mention's name is one of the company's: it came with its domain, or that of its campaign.

    Names that came alone may mean another company tomorrow, or mean one that was merged into this one.
    """
    domain = known["domain"]
    if not domain:
        return bool(mention.name_key == known["name_key"])
    if not mention.domain:
        return False
    if mention.stem:
        return mention.stem in (domain.partition(".")[0].replace("-", ""), campaign_stem(domain))
    return bool(mention.domain == domain)


def _add_names(
    connection: Connection,
    known: Mapping[int, Known],
    changed: Mapping[int, Known],
    told: Mapping[int, Told],
    several: Mapping[int, Sequence[Mention]],
    naming: Naming,
) -> None:
    """Note the names that companies go by besides the one they are shown by."""
    named = _names(known, changed, told, several)
    if not any(named.values()):
        return
    stored: dict[tuple[int, str], str] = {}
    for company_id, key, name in connection.execute(statement("companies/other_names"), {"ids": list(named)}):
        stored[company_id, key] = name
    rows = []
    for company_id, names in named.items():
        before = known[company_id]
        shown = changed.get(company_id, before)["name_key"]
        for key, name in names.items():
            other = stored.get((company_id, key))
            if other is None and key != before["name_key"]:
                naming.new_keys.add(key)
                naming.newly_called.add(company_id)
            best = better_name(other, name, before["domain"]) if other else name
            if key != shown and best != other:
                rows.append({"company_id": company_id, "name_key": key, "name": best})
    if rows:
        connection.execute(statement("companies/add_names"), {"rows": to_json(rows)})


def _names(
    known: Mapping[int, Known],
    changed: Mapping[int, Known],
    told: Mapping[int, Told],
    several: Mapping[int, Sequence[Mention]],
) -> dict[int, dict[str, str]]:
    """Names by their keys that came with the companies' domains, and those that they were shown by until now."""
    found: list[tuple[int, str, str]] = [
        (company_id, mention.name_key, mention.name)
        for company_id, mentions in told.items()
        for mention, _ in mentions
        if mention.domain and _is_called_so(known[company_id], mention)
    ]
    found += [(id, mention.name_key, mention.name) for id, mentions in several.items() for mention in mentions]
    found += [(id, known[id]["name_key"], known[id]["name"]) for id in changed]
    named: dict[int, dict[str, str]] = {}
    for company_id, key, name in found:
        row = changed.get(company_id, known[company_id])
        if key in (row["name_key"], known[company_id]["name_key"]) and row["name_key"] == known[company_id]["name_key"]:
            continue
        names = named.setdefault(company_id, {})
        names[key] = better_name(names[key], name, row["domain"]) if key in names else name
    return named
