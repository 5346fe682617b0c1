"""Mail to people, from the Airflow connection that switches it on."""

from __future__ import annotations

import re
from typing import Any

from airflow.providers.smtp.hooks.smtp import SmtpHook

from prospecting.hooks.connection_extras import extras
from prospecting.hooks.connection_trials import try_out
from prospecting.hooks.notifications import (
    MAIL_CONNECTION_ID,
    TEST_MESSAGE,
    WAIT_SECONDS,
    NotDelivered,
    within_seconds,
)
from prospecting.services.notifications import Message, as_html

_SECURITIES = ("starttls", "ssl", "none")
_PORTS = {"starttls": 587, "ssl": 465, "none": 25}


class MailHook(SmtpHook):
    """Sends messages by SMTP: one attempt, and a few seconds for each answer of the server.

    A connection of the type ``smtp`` does as well, with the extra ``to``.

    :param smtp_conn_id: Connection with the server as host, user and password if it wants them. Extras: ``to``
        (addresses), ``from_email`` (the user when left out), ``security`` (``starttls``, ``ssl`` or ``none``).
    """

    conn_name_attr = "smtp_conn_id"
    default_conn_name = MAIL_CONNECTION_ID
    conn_type = "prospecting_smtp"
    hook_name = "Prospecting: mail"

    def __init__(self, smtp_conn_id: str = default_conn_name) -> None:
        super().__init__(smtp_conn_id=smtp_conn_id)

    def deliver(self, message: Message, *, message_id: str | None = None) -> None:
        """Send the message; ``message_id`` lets mail programs recognise it when it comes twice.

        Raises ``NotDelivered`` when the connection cannot be used, else whatever ``smtplib`` raises.
        """
        connection = self.get_connection(self.smtp_conn_id)
        to, sender = recipients(connection), sender_of(connection)
        headers = {"Auto-Submitted": "auto-generated"} | ({"Message-ID": f"<{message_id}>"} if message_id else {})
        try:
            self.get_conn()
            self.send_email_smtp(
                to=to,
                from_email=sender,
                subject=message.title,
                html_content=as_html(message),
                custom_headers=headers,
            )
        finally:
            if self._smtp_client is not None:
                self._smtp_client.close()
                self._smtp_client = None

    def test_connection(self) -> tuple[bool, str]:
        """Send a message that says it is a test, as the button *Test* of the form does."""
        return try_out(self, self.smtp_conn_id, self._try_out)

    def _try_out(self, connection: Any) -> str:
        try:
            within_seconds(lambda: self.deliver(TEST_MESSAGE))
        except NotDelivered as error:
            raise ValueError(str(error)) from None
        count = len(recipients(connection))
        return f"The server took a message for {count} {'address' if count == 1 else 'addresses'}"

    # What follows takes the place of settings that the provider reads from other extras.
    @property
    def smtp_retry_limit(self) -> int:
        """No second attempt: the message may have been taken."""
        return 0

    @property
    def timeout(self) -> int:
        """Seconds to wait for each answer."""
        return WAIT_SECONDS

    @property
    def use_ssl(self) -> bool:
        """True when the connection is encrypted from the beginning."""
        return security_of(self.conn) == "ssl"

    @property
    def smtp_starttls(self) -> bool:
        """True when the connection becomes encrypted before anything is said."""
        return security_of(self.conn) == "starttls"

    @property
    def port(self) -> int:
        """The connection's port, else the usual one."""
        return int(self.conn.port or _PORTS[security_of(self.conn)])


def security_of(connection: Any) -> str:
    """How the connection to the server is encrypted. Raises ``NotDelivered`` for a word that is none of the three.

    The extras of the type ``smtp``, ``disable_ssl`` and ``disable_tls``, count where ``security`` is not given.
    """
    given = extras(connection)
    if (security := given.get("security")) is not None:
        word = str(security).strip().lower()
        if word not in _SECURITIES:
            raise NotDelivered("extra security must be starttls, ssl or none")
        return word
    if given.get("disable_tls"):
        return "none" if given.get("disable_ssl") else "ssl"
    return "ssl" if connection.port == _PORTS["ssl"] else "starttls"


def recipients(connection: Any) -> list[str]:
    """The addresses of extra ``to``: a list, or separated by commas. Raises ``NotDelivered``."""
    given = extras(connection).get("to") or ""
    words = given if isinstance(given, list) else [given]
    found = [address for word in words for address in re.split(r"[,;\s]+", str(word)) if address]
    if not found:
        raise NotDelivered("extra to is empty: give it the addresses that messages go to")
    return [_address(each, "to") for each in found]


def sender_of(connection: Any) -> str:
    """The address messages come from: extra ``from_email``, else the user. Raises ``NotDelivered``."""
    given = str(extras(connection).get("from_email") or "").strip()
    if not given and "@" not in (connection.login or ""):
        raise NotDelivered("extra from_email is empty: give it the address that messages come from")
    return _address(given or connection.login.strip(), "from_email")


def _address(value: str, extra: str) -> str:
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
        raise NotDelivered(f"extra {extra} holds something that is no mail address, such as ops@example.com")
    return value
