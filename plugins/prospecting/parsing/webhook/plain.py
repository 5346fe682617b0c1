"""Reads reports in our own format, for programs that bring them from anywhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prospecting.parsing.webhook.records import EventKind, Reader, Refused, Report
from prospecting.parsing.webhook.values import identifier, uuid_in

_KINDS = {kind.value: kind for kind in EventKind}


def _read(item: Mapping[str, Any]) -> Report:
    name = item.get("kind")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise Refused("no_kind", f"The event's 'kind' is none of these: {', '.join(_KINDS)}.")
    own = item.get("touchpoint_id")
    touchpoint_id = uuid_in(own)
    if own is not None and touchpoint_id is None:
        raise Refused(
            "bad_touchpoint_id", "The event's 'touchpoint_id' is no UUID; leave it out or give the right one."
        )
    return Report(
        kind=kind,
        times=(item.get("occurred_at"),),
        event_id=identifier(item.get("event_id")),
        message_id=identifier(item.get("message_id")),
        touchpoint_id=touchpoint_id,
        recipient=item.get("recipient"),
        url=item.get("url"),
        reason=item.get("reason"),
    )


READER = Reader(
    fields=frozenset({"event_id", "message_id", "touchpoint_id", "kind", "occurred_at", "recipient", "url", "reason"}),
    name=lambda item: item.get("kind"),
    read=_read,
)
