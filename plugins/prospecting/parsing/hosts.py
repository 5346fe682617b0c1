"""Hosts that say nothing about who a company is: what is found there belongs to others, or is about others.

The hosts are data, ``include/catalog/hosts.jsonl``, with the kind and the source of each.
"""

from __future__ import annotations

import json
from functools import lru_cache

from prospecting.resources import resource_folder

MAIL = "mail"
PORTAL = "portal"
TENANT = "tenant"
ABOUT_OTHERS = frozenset({"news", "wire", "directory", "review", "data_vendor", "exhibitor_list", "regulator", PORTAL})
"""Kinds whose pages, on any sub-domain, are written about somebody else, or by anybody."""

NEVER_THEIRS = ABOUT_OTHERS | {MAIL}
"""Kinds on which nobody has a page of their own. On the others a page is by whom it is about: theirs, though not their
domain."""

LISTS_MANY = NEVER_THEIRS | {"event_platform", "link_shortener"}
"""Kinds of which the bare host, too, is often given for somebody else."""

_NONE: frozenset[str] = frozenset()


@lru_cache(maxsize=1)
def _kinds() -> dict[str, frozenset[str]]:
    kinds: dict[str, set[str]] = {}
    for line in (resource_folder("catalog") / "hosts.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        kinds.setdefault(row["host"], set()).add(row["kind"])
    return {host: frozenset(found) for host, found in kinds.items()}


def kinds_of_host(host: str) -> frozenset[str]:
    """The kinds of exactly this host; empty for one that is not listed. ``host`` is lower-case, without ``www.``."""
    return _kinds().get(host, _NONE)


def is_mail_host(domain: str) -> bool:
    """True when anybody can have an address at this domain (gmail.com, gmx.de): it says nothing about an employer."""
    return not kinds_of_host(domain).isdisjoint({MAIL, PORTAL})


@lru_cache(maxsize=2)
def hosts_of(kind: str) -> tuple[str, ...]:
    """The listed hosts of one kind, in order."""
    return tuple(sorted(host for host, kinds in _kinds().items() if kind in kinds))
