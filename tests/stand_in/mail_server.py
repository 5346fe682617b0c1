"""A mail server that keeps what it takes: SMTP, with the login and the encryption a test wants."""

from __future__ import annotations

import socket
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

OF_THE_SERVER = ("mail.log", "asyncio")
"""Loggers of the server, which is in the process of the test."""


class MailServer:
    """A server on a port of its own; a context manager for tests.

    ``users`` has the passwords of those who may send, ``None`` lets everybody. ``refused`` are addresses whose mail is
    not taken. ``tls`` offers STARTTLS.
    """

    def __init__(
        self, *, users: dict[str, str] | None = None, refused: tuple[str, ...] = (), tls: ssl.SSLContext | None = None
    ) -> None:
        self.messages: list[EmailMessage] = []
        self._users = users or {}
        self._refused = refused
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            tls_context=tls,
            auth_required=users is not None,
            auth_require_tls=False,
            authenticator=self._authenticate,
        )

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._controller.stop()

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and self._users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=known, handled=False)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self._refused:
            return f"550 no mailbox of {address} here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        message["X-Envelope"] = ",".join(envelope.rcpt_tos)
        self.messages.append(message)
        return "250 taken"
