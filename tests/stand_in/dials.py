"""Faults that can be dialled in per contract while the server runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(slots=True)
class Dial:
    """What goes wrong with a contract.

    ``skip`` requests pass first, then the fault holds for ``times`` requests (``None``: until changed).
    ``status`` answers with an error of that status (``code`` is the provider's error code, ``retry_after`` and
    ``retry_after_ms`` become headers). ``delay`` waits that many seconds before answering. ``truncate`` sends only
    that many bytes of the body and closes the connection; ``drop`` closes it without an answer. ``body`` replaces
    the body of a successful answer; ``half`` leaves out its second half, as if it were whole. ``drip`` sends the body
    in ten pieces, with that many seconds before each.
    """

    status: int | None = None
    code: str | None = None
    retry_after: float | str | None = None
    retry_after_ms: float | None = None
    delay: float = 0.0
    truncate: int | None = None
    drop: bool = False
    body: str | None = None
    half: bool = False
    drip: float = 0.0
    times: int | None = None
    skip: int = 0


def patience(dial: Mapping[str, Any]) -> float:
    """Seconds to wait for an answer under this dial: half its delay; without one, more than a slow machine takes."""
    return dial["delay"] / 2 if "delay" in dial else 20.0


class Dials:
    """The dials of all contracts; every request takes its fault from here."""

    def __init__(self) -> None:
        self._dials: dict[str, Dial] = {}
        self._struck: set[str] = set()
        self._lock = threading.Lock()

    def turn(self, settings: dict[str, dict[str, Any] | None]) -> None:
        """Set dials by contract name; ``None`` sets one back. Raises ``ValueError`` for a dial that does not exist."""
        known = {field.name for field in fields(Dial)}
        for name, values in settings.items():
            if unknown := set(values or {}) - known:
                raise ValueError(f"No such dial: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
            with self._lock:
                self._dials[name] = Dial(**values) if values else Dial()
                self._struck.discard(name)

    def reset(self) -> None:
        with self._lock:
            self._dials.clear()
            self._struck.clear()

    def take(self, name: str) -> Dial:
        """The fault for one request of the contract ``name``, counted down."""
        with self._lock:
            dial = self._dials.get(name, Dial())
            if dial.skip > 0:
                dial.skip -= 1
                return Dial()
            if dial.times is not None:
                if dial.times <= 0:
                    return Dial()
                dial.times -= 1
            if dial != Dial():
                self._struck.add(name)
            return dial

    def has_struck(self, name: str) -> bool:
        """True when the fault that is dialled in has met a request."""
        with self._lock:
            return name in self._struck
