"""Events of mail providers: each kept once, and applied to the touchpoint it is about, however late and often it comes.

Providers deliver events late, twice and in any order. So an event is kept under the provider's id for it; times only
move back to the earliest that was told; and an event whose message is not known yet waits until it is.

Whoever can send events can make them up. An event touches a touchpoint only if that was sent by the same provider and,
where the event names a recipient, to that one. Others are refused: all that is kept is a row in ``rejected_records``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row

from prospecting.parsing.emails import normalize_email
from prospecting.parsing.webhooks import EventKind, TouchpointEvent
from prospecting.persistence.database import clean_text, to_json
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.statements import statement
from prospecting.persistence.suppressions import Suppression, suppress_addresses

MAX_PROVIDER = 100
"""Characters of a provider's name."""

RECORD_TYPE = "touchpoint_event"
"""How events are called in ``rejected_records``."""

_APPLIED_AT_ONCE = 1_000
_NEWEST = 2_000
"""Waiting events that every batch looks at again; mostly the touchpoint comes a moment later, or never."""
_REASONS = {
    EventKind.BOUNCED: "bounced",
    EventKind.UNSUBSCRIBED: "unsubscribed",
    EventKind.COMPLAINED: "complained",
}
"""Why an address is suppressed after an event of this kind."""
_UNWANTED = {EventKind.UNSUBSCRIBED, EventKind.COMPLAINED}
_REFUSALS = {
    "other_provider": "The touchpoint it names was sent by another provider; see which source the events are from",
    "not_sent": "It is about a message that was received; only those that were sent have events",
    "other_recipient": "Its recipient has never been an address of the contact that the message went to",
    "no_message": "A reply that names no message could answer any of ours; give message_id or touchpoint_id",
}


@dataclass(frozen=True, slots=True)
class SavedEvents:
    """The outcome of a batch. Each event that was given is ``new``, ``known`` or ``refused``; one given twice is known.

    ``applied``: how many found their touchpoint or, being about an address alone, that; also those that had waited.
    ``waiting``: how many of those given go on waiting for their message.
    """

    new: int = 0
    known: int = 0
    applied: int = 0
    waiting: int = 0
    refused: int = 0

    def __add__(self, other: SavedEvents) -> SavedEvents:
        return SavedEvents(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def as_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


def save_touchpoint_events(
    connection: Connection, provider: str, events: Iterable[TouchpointEvent], *, source: str | None = None
) -> SavedEvents:
    """Keep the events of a batch that are new, and apply those whose message is known; also what waited lately for one.

    ``provider`` is the source the batch really came from, by the name that touchpoints have for it; never what the
    batch says of itself. ``source`` is noted with events that are refused; default: the provider.

    A bounce, a complaint and an unsubscription suppress their recipient, or without one the contact's address; who does
    not want mail gets none at their present address either. That does not wait for the message: mail goes out in more
    ways than are recorded here, and what somebody made up costs no more than mail that is not sent.

    Saving the same again writes nothing. At most one batch per transaction; some thousand events are a batch. Raises
    ``ValueError`` for a provider without a name.
    """
    provider, given = _checked_provider(provider), list(events)
    batch = _batch(connection, given)
    unusable = [one for one in batch.values() if one.is_about_nothing]
    kept = _keep(connection, provider, {key: one for key, one in batch.items() if not one.is_about_nothing})
    told = {
        id_: (one.recipient, _REASONS[one.kind])
        for id_, one in kept.new.items()
        if one.recipient is not None and one.kind in _REASONS
    }

    ids = sorted({*kept.waiting, *_applicable(connection, newest=_NEWEST)})
    outcome = _apply(connection, ids, [email for email, _ in told.values()])

    refused = {row.id for row in outcome.refused if row.id in kept.ids}
    suppressions = [
        Suppression("email", email, reason, provider) for id_, (email, reason) in told.items() if id_ not in refused
    ]
    suppress_addresses(connection, suppressions + outcome.suppressions)
    rejected = [_rejection(one.event_id, one.kind, "no_message", source or provider) for one in unusable]
    sources = dict.fromkeys(kept.ids, source or provider)
    record_rejected(connection, None, rejected + outcome.rejections(sources))
    is_new, is_refused = len(kept.new.keys() - refused), len(refused) + len(unusable)
    return SavedEvents(
        new=is_new,
        known=len(given) - is_new - is_refused,
        applied=len(outcome.applied) + sum(one.is_about_address for one in kept.new.values()),
        waiting=len(kept.waiting.difference(outcome.applied, refused)),
        refused=is_refused,
    )


def apply_waiting_events(connection: Connection, *, limit: int = _APPLIED_AT_ONCE) -> SavedEvents:
    """Apply up to ``limit`` events whose touchpoint has come since; how many were ``applied``, how many ``refused``.

    None of both means that none is left. For the nightly refresh, chunk by chunk; a batch looks at the newest alone.
    """
    outcome = _apply(connection, _applicable(connection, limit=limit), [])
    suppress_addresses(connection, outcome.suppressions)
    record_rejected(connection, None, outcome.rejections({}))
    return SavedEvents(applied=len(outcome.applied), refused=len(outcome.refused))


# ----------------------------------------------------------------------------------------------------------- applying
@dataclass(frozen=True, slots=True)
class _Outcome:
    """Ids of the events that were applied, rows of those that were refused, and the addresses that follow."""

    applied: Sequence[int]
    refused: Sequence[Row[Any]]
    suppressions: list[Suppression]

    def rejections(self, sources: Mapping[int, str]) -> list[RejectedRow]:
        """With their sources by id; those that had waited have their provider."""
        return [
            _rejection(row.provider_event_id, row.kind, row.refusal, sources.get(row.id, row.provider))
            for row in self.refused
        ]


def _apply(connection: Connection, ids: Sequence[int], emails: Sequence[str]) -> _Outcome:
    """Apply the events with these ids that have a touchpoint, and drop those that must not touch it.

    Contacts with one of ``emails`` are locked together with those of the touchpoints.
    """
    matched = connection.execute(statement("touchpoint_events/match_events"), {"ids": list(ids)}).all()
    contacts = {"ids": _column(matched, "contact_id"), "emails": list(emails)}
    connection.execute(statement("touchpoint_events/lock_contacts"), contacts)
    conversations = {"ids": _column(matched, "conversation_id")}
    connection.execute(statement("touchpoint_events/lock_conversations"), conversations)
    connection.execute(statement("touchpoint_events/lock_touchpoints"), {"ids": _column(matched, "touchpoint_id")})
    # Judged again under the locks: somebody may have applied the same events meanwhile, or deleted a touchpoint.
    judged = connection.execute(statement("touchpoint_events/judge_events"), _pairs(matched)).all()
    accepted = [row for row in judged if row.refusal is None]
    refused = [row for row in judged if row.refusal is not None]
    pairs = _pairs(accepted)
    if accepted:
        connection.execute(statement("touchpoint_events/mark_applied"), pairs)
        connection.execute(statement("touchpoint_events/update_touchpoints"), {"event_ids": pairs["event_ids"]})
    if refused:
        connection.execute(statement("touchpoint_events/forget_events"), {"ids": [row.id for row in refused]})
    suppressions = [
        Suppression("email", row.email, _REASONS[EventKind(row.kind)], row.provider)
        for row in accepted
        if row.kind in _REASONS
        and (row.kind in _UNWANTED or not row.names_recipient)
        and normalize_email(row.email) is not None
    ]
    return _Outcome(pairs["event_ids"], refused, suppressions)


def _applicable(connection: Connection, *, newest: int | None = None, limit: int = _APPLIED_AT_ONCE) -> Sequence[int]:
    """Ids of events that waited for a touchpoint that is there now; with ``newest``, of so many that wait."""
    values = {"newest": newest, "limit": limit}
    return connection.execute(statement("touchpoint_events/find_applicable"), values).scalars().all()


def _column(rows: Sequence[Row[Any]], name: str) -> list[Any]:
    return list({getattr(row, name): None for row in rows})


def _pairs(rows: Sequence[Row[Any]]) -> dict[str, list[Any]]:
    return {"event_ids": [row.id for row in rows], "touchpoint_ids": [row.touchpoint_id for row in rows]}


# ------------------------------------------------------------------------------------------------------------- events
def _checked_provider(provider: str) -> str:
    provider = clean_text(provider).strip()
    if not 0 < len(provider) <= MAX_PROVIDER:
        raise ValueError(f"Which provider are the events from? Give its name, of at most {MAX_PROVIDER} characters")
    return provider


@dataclass(frozen=True, slots=True)
class _Given:
    """An event as it is stored, with the address that the row has the hash of."""

    event_id: str
    kind: EventKind
    recipient: str | None
    row: dict[str, Any]

    @property
    def is_about_address(self) -> bool:
        """True when it names neither message nor touchpoint, but an address that it says something of."""
        return self._names_no_message and self.kind in _REASONS and self.recipient is not None

    @property
    def is_about_nothing(self) -> bool:
        """True when it names neither message nor touchpoint, and says nothing of an address."""
        return self._names_no_message and not self.is_about_address

    @property
    def _names_no_message(self) -> bool:
        return self.row["message_id"] is None and self.row["touchpoint_id"] is None


def _batch(connection: Connection, events: Sequence[TouchpointEvent]) -> dict[tuple[str, str | None], _Given]:
    """The events by id and hash of the recipient, each once.

    Both together: an event without an id of its provider has one that several recipients of a message may share.
    """
    recipients = [normalize_email(event.recipient) for event in events]
    addresses = {"addresses": list({address for address in recipients if address is not None})}
    found = connection.execute(statement("touchpoint_events/hash_addresses"), addresses).all()
    hashes: dict[str | None, str] = {row.address: row.hash for row in found}
    batch: dict[tuple[str, str | None], _Given] = {}
    for event, recipient in zip(events, recipients, strict=True):
        hashed = hashes.get(recipient)
        row = event.model_dump(mode="json", exclude={"recipient"}) | {"recipient_hash": hashed}
        row = {name: clean_text(value) if isinstance(value, str) else value for name, value in row.items()}
        batch.setdefault((row["event_id"], hashed), _Given(row["event_id"], event.kind, recipient, row))
    return batch


@dataclass(frozen=True, slots=True)
class _Kept:
    """The ids of a batch's events, with the events of those that are new, and which of them wait."""

    ids: frozenset[int]
    new: dict[int, _Given]
    waiting: set[int]


def _keep(connection: Connection, provider: str, batch: Mapping[tuple[str, str | None], _Given]) -> _Kept:
    """Store the events that are not known yet."""
    rows = {"provider": provider, "rows": to_json([one.row for one in batch.values()])}
    new = set(connection.execute(statement("touchpoint_events/save_events"), rows).scalars())
    named = {"provider": provider, "event_ids": list({event_id for event_id, _ in batch})}
    # The statement that stores does not see what others stored meanwhile; this one does.
    found = connection.execute(statement("touchpoint_events/find_events"), named).all()
    kept = {row.id: batch[key] for row in found if (key := (row.provider_event_id, row.recipient_hash)) in batch}
    waiting = {row.id for row in found if row.is_waiting and row.id in kept}
    return _Kept(frozenset(kept), {id_: kept[id_] for id_ in new}, waiting)


def _rejection(event_id: str, kind: str, reason: str, source: str) -> RejectedRow:
    # Whoever made the id up may have put an address into it.
    raw = {"event_id": None if "@" in event_id else event_id, "kind": str(kind)}
    return RejectedRow("save", RECORD_TYPE, reason, _REFUSALS[reason], raw, source)
