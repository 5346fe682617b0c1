"""Names by which alone companies are found, and the companies they mean: the same whichever was known first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement


def settle_names(
    connection: Connection, names: Collection[str], recruiting: Mapping[str, str], *, ceded: Sequence[int]
) -> dict[int, int]:
    """Let what was found by names alone follow the companies that the names mean now.

    ``recruiting`` maps names with a word for recruiting to the names they are made from; ``ceded`` are companies that
    have lost their domain. A company known by a name alone is merged into the one that came with that name and its own
    domain; returns the ids of both.
    """
    wanted = {*names, *recruiting, *recruiting.values()}
    if ceded:
        wanted.update(connection.execute(statement("companies/names_of"), {"ids": list(ceded)}).scalars())
    if not wanted:
        return {}
    meant = {
        name_key: company_id
        for name_key, company_id, is_merged, has_domain in connection.execute(
            statement("companies/known_names"), {"name_keys": sorted(wanted)}
        )
        if has_domain and not is_merged
    }
    for key, name_key in recruiting.items():
        if key not in meant and name_key in meant:
            meant[key] = meant[name_key]
    if not meant:
        return {}
    rows = to_json([{"name_key": key, "company_id": company_id} for key, company_id in sorted(meant.items())])
    merged = {
        row.id: row.merged_into_id for row in connection.execute(statement("companies/merge_nameless"), {"rows": rows})
    }
    moved = [{"company_id": company_id, "target_id": target, "event_id": None} for company_id, target in merged.items()]
    if moved:
        connection.execute(statement("companies/lead_on"), {"rows": to_json(moved)})
    if taken := connection.execute(statement("companies/take_sponsorships"), {"rows": rows}).mappings().all():
        links = [dict(row) for row in taken]
        connection.execute(statement("companies/give_sponsorships"), {"rows": to_json(links)})
        moved += links
    if moved:
        connection.execute(statement("companies/link_entities"), {"rows": to_json(moved)})
    return merged
