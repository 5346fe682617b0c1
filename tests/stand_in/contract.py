"""What a contract is to the server: which requests are its own, and what it answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. ``body`` is the parsed JSON, ``None`` when there was none or it was not JSON.

    ``query`` holds the parameters after the question mark, the last one of a name; ``raw`` the body as it came.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""

    @property
    def bearer(self) -> str | None:
        """The key of an ``Authorization: Bearer`` header."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() or None if scheme.lower() == "bearer" else None


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply; ``body`` is sent as it is."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


class Contract(Protocol):
    """One outside API. ``name`` is what its dials and its scripts are called."""

    name: str

    def owns(self, request: Request) -> bool:
        """Whether the request is for this API."""
        ...

    def answer(self, request: Request) -> Reply:
        """The answer when no dial says otherwise."""
        ...

    def error(self, status: int, code: str | None) -> Reply:
        """An error in this API's own envelope."""
        ...

    def script(self, rules: list[dict[str, Any]]) -> None:
        """Replace the scripted answers; their form is the contract's own."""
        ...


@runtime_checkable
class DialledByRequest(Protocol):
    """A contract whose requests have dials of their own, so that one of them can fail while the others work."""

    def dial_name(self, request: Request) -> str:
        """What the dial of this request is called."""
        ...
