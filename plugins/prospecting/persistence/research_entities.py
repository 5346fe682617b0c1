"""The latest that pipeline runs found out about an entity: a step can be skipped while that is fresh."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.identity_tokens import identity_tokens
from prospecting.parsing.research_inputs import client_key
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.erased_identities import screen
from prospecting.persistence.statements import statement


def max_age_of(wanted: Any) -> float | None:
    """The seconds for which a step's ``skip_if_fresh`` lets an answer stand; ``None`` when it says nothing usable.

    ``wanted`` is ``{"max_age_hours": number, "identity_fields": [fields of the context]}``.
    """
    hours = wanted.get("max_age_hours") if isinstance(wanted, Mapping) else None
    if not isinstance(hours, (int, float)) or isinstance(hours, bool) or not 0 <= hours < 1_000_000:
        return None
    return hours * 3600


def briefing_age_of(step_config: Mapping[str, Any], max_age_days: float) -> float:
    """The seconds for which a briefing stands for a step: its own ``skip_if_fresh`` comes before ``max_age_days``."""
    own = max_age_of(step_config.get("skip_if_fresh"))
    return max_age_days * 86_400 if own is None else own


def find_fresh_entity(
    connection: Connection,
    *,
    org_id: UUID,
    entity_type: str,
    operation_id: str,
    context: Mapping[str, Any],
    wanted: Any,
) -> RowMapping | None:
    """Returns what is known of an entity (id, payload, refreshed_at, answered_at) when the operation was answered for
    it, and for the client in ``context`` if it depends on one, as lately as ``wanted``; else ``None``.

    ``wanted`` is the step's ``skip_if_fresh``, see ``max_age_of``. Anything else asks for no step to be skipped.
    """
    max_age_seconds = max_age_of(wanted)
    if not max_age_seconds:
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
                "what": _what(operation_id, context),
                "max_age_seconds": max_age_seconds,
            },
        )
        .mappings()
        .one_or_none()
    )


def _what(operation_id: str, context: Mapping[str, Any]) -> str:
    """The key of ``research_entities.answered`` for an operation that was asked with ``context``."""
    return f"{operation_id}|{client_key(operation_id, context) or ''}"


def remember_entity(
    connection: Connection,
    *,
    org_id: UUID,
    run_id: UUID,
    entity_type: str,
    context: Mapping[str, Any],
    answered: Mapping[str, datetime],
) -> None:
    """Keep what a run found out, for later runs; ``answered``: the operations it has an answer of, and since when.

    A blank erases nothing; an entity without an identity is not kept, nor is somebody who asked to be forgotten.
    """
    times = {_what(operation_id, context): at for operation_id, at in answered.items()}
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
    parameters: dict[str, Any] = {"payload": to_json(found_out), "answered": to_json(times), "run_id": run_id}
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
