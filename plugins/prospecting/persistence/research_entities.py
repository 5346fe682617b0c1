"""The latest that pipeline runs found out about an entity: a step can be skipped while that is fresh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.identity_tokens import identity_tokens
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.erased_identities import screen
from prospecting.persistence.statements import statement


def find_fresh_entity(
    connection: Connection, *, org_id: UUID, entity_type: str, context: Mapping[str, Any], wanted: Any
) -> RowMapping | None:
    """Returns what is known of an entity (id, payload, refreshed_at) if it is as fresh as ``wanted``, else ``None``.

    ``wanted`` is the step's ``{"max_age_hours": number, "identity_fields": [fields of the context]}``. Anything else
    asks for no step to be skipped.
    """
    if not isinstance(wanted, Mapping):
        return None
    hours = wanted.get("max_age_hours")
    if not isinstance(hours, (int, float)) or isinstance(hours, bool) or not 0 < hours < 1_000_000:
        return None
    named = wanted.get("identity_fields")
    fields = (
        {name: context[name] for name in named if isinstance(name, str) and name in context}
        if isinstance(named, list) and named
        else context
    )
    tokens = identity_tokens(entity_type, fields)
    if not tokens:
        return None
    return (
        connection.execute(
            statement("research/find_fresh_entity"),
            {
                "org_id": org_id,
                "entity_type": entity_type,
                "tokens": list(tokens),
                "max_age_seconds": hours * 3600,
            },
        )
        .mappings()
        .one_or_none()
    )


def remember_entity(
    connection: Connection, *, org_id: UUID, run_id: UUID, entity_type: str, context: Mapping[str, Any]
) -> None:
    """Keep what a run found out, for later runs. A blank erases nothing; an entity without an identity is not kept, nor
    is somebody who asked to be forgotten.
    """
    context = screen(connection, context)
    tokens = identity_tokens(entity_type, context)
    if not tokens:
        return
    lock_keys(connection, "research_entity", [f"{org_id}|{token}" for token in tokens])
    known = (
        connection.execute(
            statement("research/lock_known_entities"),
            {"org_id": org_id, "entity_type": entity_type, "tokens": list(tokens)},
        )
        .mappings()
        .first()
    )
    found_out = {name: value for name, value in context.items() if value not in (None, "")}
    parameters: dict[str, Any] = {"payload": to_json(found_out), "run_id": run_id}
    if known is None:
        connection.execute(
            statement("research/insert_entity"),
            {**parameters, "org_id": org_id, "entity_type": entity_type, "tokens": list(tokens)},
        )
    else:
        connection.execute(
            statement("research/update_entity"),
            {**parameters, "id": known["id"], "tokens": sorted({*known["tokens"], *tokens})},
        )
