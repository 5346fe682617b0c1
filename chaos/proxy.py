"""A proxy between the product and PostgreSQL that knows every COMMIT, and can stop one where it hurts most.

It reads the wire protocol (https://www.postgresql.org/docs/current/protocol.html), so the product needs no hooks.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

Side = Literal["before", "after"]
"""Of a COMMIT: before the server has read it, or after it has answered and the client does not know yet."""

_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
_WRITTEN = re.compile(r"(?:insert into|(?<!for )(?<!do )update|delete from|merge into)\s+(?:only\s+)?([a-z_.]+)", re.I)


@dataclass(slots=True)
class Trap:
    """Springs once, at the COMMIT with this number (from 1): calls ``action`` and cuts the connection."""

    number: int
    side: Side
    action: Callable[[], None]
    sprung: str | None = None
    """The name of the commit it sprang at."""


@dataclass(slots=True, eq=False)
class _Link:
    """One connection of a client, and what its open transaction has written so far."""

    client: socket.socket
    server: socket.socket
    prepared: dict[bytes, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    trap: Trap | None = None

    def cut(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Proxy:
    """Listens on a port of its own and passes everything on to a server's Unix socket; a context manager."""

    def __init__(self, server_socket: Path, tables: Collection[str]) -> None:
        """``tables`` are those that commits are named after."""
        self._server_socket = server_socket
        self._tables = frozenset(tables)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._links: set[_Link] = set()
        self.commits: list[str] = []
        """Names of the tables that each COMMIT since ``watch`` had written to, or "nothing"."""
        self.busy = threading.Event()
        """Set once somebody has connected since ``watch``."""
        self._trap: Trap | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()

    def watch(self, trap: Trap | None = None) -> None:
        """Count commits from 0 again, with this trap or none."""
        with self._lock:
            self.commits = []
            self._trap = trap
            self.busy.clear()

    def cut_all(self) -> None:
        """End every connection, as a network that is gone does."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = _Link(client, server)
        try:
            server.connect(str(self._server_socket))
            self.busy.set()
            with self._lock:
                self._links.add(link)
            threading.Thread(target=self._pass_answers, args=(link,), daemon=True).start()
            self._pass_requests(link)
        except (OSError, EOFError):
            pass
        finally:
            link.cut()
            with self._lock:
                self._links.discard(link)
            client.close()
            server.close()

    def _pass_requests(self, link: _Link) -> None:
        with link.client.makefile("rb") as stream:
            _start_up(link, stream.read)
            for kind, body in _messages(stream.read):
                text = _statement(link, kind, body)
                if text is not None and text.strip().rstrip(";").upper() == "COMMIT":
                    if self._commit(link):
                        return
                elif text is not None:
                    link.written += (name.rpartition(".")[2] for name in _WRITTEN.findall(text.lower()))
                link.server.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def _commit(self, link: _Link) -> bool:
        """Count a COMMIT. Returns True when it must not reach the server."""
        with self._lock:
            name = ", ".join(sorted(self._tables.intersection(link.written))) or "nothing"
            self.commits.append(name)
            link.written.clear()
            trap = self._trap
            if trap is None or trap.sprung is not None or trap.number != len(self.commits):
                return False
            trap.sprung = name
        if trap.side == "after":
            link.trap = trap
            return False
        trap.action()
        return True

    def _pass_answers(self, link: _Link) -> None:
        held = b""
        with suppress(OSError):
            while data := link.server.recv(65536):
                if link.trap is None:
                    link.client.sendall(data)
                    continue
                # The answer to a COMMIT is short, and nothing follows it before the client asks again.
                held += data
                if b"COMMIT\x00" in held:
                    link.trap.action()
                    break
                if b"ROLLBACK\x00" in held:
                    link.trap = None
                    link.client.sendall(held)
                    held = b""
        link.cut()


def _start_up(link: _Link, read: Callable[[int], bytes]) -> None:
    """Pass on the first message, which alone has no type; encryption is declined."""
    while True:
        (length,) = struct.unpack("!i", _exactly(read, 4))
        body = _exactly(read, length - 4)
        if struct.unpack("!i", body[:4])[0] not in (_SSL_REQUEST, _GSS_REQUEST):
            link.server.sendall(struct.pack("!i", length) + body)
            return
        link.client.sendall(b"N")


def _messages(read: Callable[[int], bytes]) -> Iterator[tuple[bytes, bytes]]:
    while kind := read(1):
        (length,) = struct.unpack("!i", _exactly(read, 4))
        yield kind, _exactly(read, length - 4)


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = read(size)
    if len(data) < size:
        raise EOFError
    return data


def _statement(link: _Link, kind: bytes, body: bytes) -> str | None:
    """The statement that a message brings, or executes again by its name."""
    if kind == b"Q":
        return body.rstrip(b"\x00").decode("utf-8", "replace")
    if kind == b"P":
        name, text, *_ = body.split(b"\x00", 2)
        link.prepared[name] = text.decode("utf-8", "replace")
        return link.prepared[name]
    if kind == b"B":
        name = body.split(b"\x00", 2)[1]
        # An unnamed statement was just parsed, and counted then.
        return link.prepared.get(name) if name else None
    return None
