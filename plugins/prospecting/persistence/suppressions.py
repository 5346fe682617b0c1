"""Addresses that must not be written to: because mail bounced, or because somebody does not want any.

Kept as keyed hashes of the normalised values, whether or not a contact has them. A suppressed domain covers every
address at it and below it: acme.com also jane@mail.acme.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from prospecting.parsing.emails import normalize_email
from prospecting.parsing.urls import normalize_domain
from prospecting.persistence.database import clean_text, lock_keys, to_json
from prospecting.persistence.statements import statement

KINDS = ("email", "domain")

REASONS = ("bounced", "unsubscribed", "complained", "requested", "erased")
"""From the weakest to the strongest: who asked for no mail outweighs an address that does not work."""

STATUS_OF_REASON = {
    "bounced": "bounced",
    "unsubscribed": "unsubscribed",
    "complained": "unsubscribed",
    "requested": "unsubscribed",
    "erased": "unsubscribed",
}
"""The status of a contact whose address is suppressed for a reason."""

_NAMESPACE = "suppression"
_NORMALISED = {"email": normalize_email, "domain": normalize_domain}
_LACKING = {
    "email": "The value to suppress is not an e-mail address; give one like name@acme.com",
    "domain": "The value to suppress is not a domain; give one like acme.com",
}


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address (``kind`` ``email``) or a domain that must not be written to; ``source`` says who told."""

    kind: str
    value: str
    reason: str
    source: str | None = None


def reasons(connection: Connection, emails: Sequence[str]) -> dict[str, str]:
    """Why each of these normalised addresses is suppressed, itself or by its domain; the others are left out.

    Of several reasons the strongest counts. Until the transaction ends nobody suppresses any of the addresses, so that
    a contact written with what this says is not missed by a suppression that comes meanwhile. Call it after locking
    persons and contacts.
    """
    addresses = list(dict.fromkeys(emails))
    if not addresses:
        return {}
    lock_keys(connection, _NAMESPACE, _keys(pair for address in addresses for pair in _covering(address)), shared=True)
    return _find_reasons(connection, addresses)


def suppress_addresses(connection: Connection, suppressions: Iterable[Suppression]) -> int:
    """Suppress addresses and domains, and mark the contacts that have them. Returns how many are new or stronger now.

    The first reason stays unless the new one is stronger (``REASONS``). Contacts take the status of the reason
    (``STATUS_OF_REASON``): ``unsubscribed`` whatever theirs was, ``bounced`` only if they were active. Doing it again
    writes nothing. Locks contacts first, and then the addresses.

    Raises ``ValueError``, which repeats no value, for an unknown kind or reason, and for what is no address or domain.
    """
    strongest: dict[tuple[str, str], Suppression] = {}
    for given in map(_checked, suppressions):
        known = strongest.setdefault((given.kind, given.value), given)
        if _strength(given.reason) > _strength(known.reason):
            strongest[given.kind, given.value] = given
    if not strongest:
        return 0
    _lock(connection, strongest)
    rows = [
        {"kind": one.kind, "value": one.value, "reason": one.reason, "source": one.source} for one in strongest.values()
    ]
    values = {"rows": to_json(rows), "reasons": list(REASONS)}
    written: int = connection.execute(statement("suppressions/save_suppressions"), values).rowcount
    found = _find_reasons(connection, _addresses(connection, strongest))
    marks = {"emails": list(found), "statuses": [STATUS_OF_REASON[reason] for reason in found.values()]}
    connection.execute(statement("suppressions/mark_contacts"), marks)
    return written


def lift(connection: Connection, kind: str, value: str) -> bool:
    """Let an address or a domain be written to again, because a person says so. ``False`` if it was not suppressed.

    Contacts that have the status of the suppression are active again, unless another suppression covers their address:
    then they have its status. Raises ``ValueError`` like ``suppress_addresses``.
    """
    key = (kind, _normalised(kind, value))
    _lock(connection, [key])
    values = {"kind": kind, "value": key[1]}
    reason = connection.execute(statement("suppressions/delete_suppression"), values).scalar_one_or_none()
    if reason is None:
        return False
    addresses = _addresses(connection, [key])
    left = _find_reasons(connection, addresses)
    statuses = [STATUS_OF_REASON[left[address]] if address in left else "active" for address in addresses]
    marks = {"emails": addresses, "statuses": statuses, "status": STATUS_OF_REASON[reason]}
    connection.execute(statement("suppressions/unmark_contacts"), marks)
    return True


def _checked(given: Suppression) -> Suppression:
    value = _normalised(given.kind, given.value)
    if given.reason not in REASONS:
        raise ValueError(f"Unknown reason to suppress an address; allowed: {', '.join(REASONS)}")
    source = None if given.source is None else clean_text(given.source)
    return Suppression(given.kind, value, given.reason, source)


def _normalised(kind: str, value: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"Unknown kind of address to suppress; allowed: {', '.join(KINDS)}")
    normalised = _NORMALISED[kind](value)
    if normalised is None:
        raise ValueError(_LACKING[kind])
    return normalised


def _strength(reason: str) -> int:
    return REASONS.index(reason)


def _covering(address: str) -> Iterator[tuple[str, str]]:
    """The suppressions that would cover an address: its own, and those of its domain and of every one above."""
    yield "email", address
    domain = address.rpartition("@")[2]
    while "." in domain:
        yield "domain", domain
        domain = domain.partition(".")[2]


def _find_reasons(connection: Connection, addresses: Sequence[str]) -> dict[str, str]:
    covering = {address: list(_covering(address)) for address in addresses}
    pairs = sorted({pair for found in covering.values() for pair in found})
    values = {"kinds": [kind for kind, _ in pairs], "values": [value for _, value in pairs]}
    found = connection.execute(statement("suppressions/find_suppressed"), values)
    suppressed: dict[tuple[str, str], str] = {(kind, value): reason for kind, value, reason in found}
    strongest = {
        address: max((suppressed[pair] for pair in pairs if pair in suppressed), key=_strength, default=None)
        for address, pairs in covering.items()
    }
    return {address: reason for address, reason in strongest.items() if reason is not None}


def _keys(pairs: Iterable[tuple[str, str]]) -> set[str]:
    return {f"{kind}:{value}" for kind, value in pairs}


def _lock(connection: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    pairs = list(pairs)
    connection.execute(statement("suppressions/lock_contacts"), {"emails": _addresses(connection, pairs)})
    lock_keys(connection, _NAMESPACE, _keys(pairs))


def _addresses(connection: Connection, pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The addresses that are suppressed themselves, and those of contacts at suppressed domains."""
    pairs = list(pairs)
    addresses = [value for kind, value in pairs if kind == "email"]
    domains = [value for kind, value in pairs if kind == "domain"]
    if domains:
        at_domains = connection.execute(statement("suppressions/contacts_at_domains"), {"domains": domains})
        addresses += at_domains.scalars().all()
    return list(dict.fromkeys(addresses))
