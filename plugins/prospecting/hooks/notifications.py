"""Tells people: by mail and in Slack, wherever there is an Airflow connection for it. Without one nobody is told.

``prospecting_smtp`` and ``prospecting_slack`` are for messages of every kind; a connection with the kind at its end,
such as ``prospecting_slack_failure``, takes their place for that kind.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

from prospecting.services.notifications import Kind, Line, Message

log = logging.getLogger(__name__)

MAIL_CONNECTION_ID = "prospecting_smtp"
SLACK_CONNECTION_ID = "prospecting_slack"
WAIT_SECONDS = 10
"""The longest to wait for one answer of a server."""
TELL_SECONDS = 15.0
"""The longest to wait for a message to be taken, by all channels together."""
TEST_MESSAGE = Message(
    Kind.failure,
    "A test of the prospecting bundle's notifications",
    [Line("Somebody pressed Test on a connection in Airflow. Whoever reads this will be told.")],
)


class Channel(StrEnum):
    """The ways to reach people."""

    mail = "mail"
    slack = "slack"


_CONNECTIONS = {Channel.mail: MAIL_CONNECTION_ID, Channel.slack: SLACK_CONNECTION_ID}


class NotDelivered(Exception):
    """A message was not taken. The text says why, and what to do; it has neither secrets nor addresses."""


def connection_for(channel: Channel, kind: Kind) -> str | None:
    """The id of the connection by which messages of a kind go out, or ``None``: nobody is told that way."""
    for connection_id in (f"{_CONNECTIONS[channel]}_{kind}", _CONNECTIONS[channel]):
        try:
            BaseHook.get_connection(connection_id)
        except AirflowNotFoundException:
            continue
        return connection_id
    return None


def channels_for(kind: Kind) -> list[Channel]:
    """The ways in which somebody is told messages of a kind."""
    return [channel for channel in Channel if connection_for(channel, kind)]


def tell(message: Message) -> list[Channel]:
    """Send the message by all channels that have a connection, side by side. Returns those that took it.

    Nothing is raised, and nobody waits for longer than ``TELL_SECONDS``: what goes wrong is a warning in the log.
    """
    try:
        found = {channel: connection_for(channel, message.kind) for channel in Channel}
    except Exception as error:
        log.warning("Nobody was told: Airflow does not say who is to be (%s)", type(error).__name__)
        return []
    until = monotonic() + TELL_SECONDS
    begun = {
        channel: _Attempt(partial(_deliver, channel, connection_id, message))
        for channel, connection_id in found.items()
        if connection_id
    }
    told = []
    for channel, attempt in begun.items():
        try:
            attempt.wait(until - monotonic())
            told.append(channel)
        except NotDelivered as error:
            log.warning("Connection %s: the message (%s) was not sent: %s", found[channel], message.kind, error)
    return told


def send(channel: Channel, message: Message, *, message_id: str | None = None) -> None:
    """Send the message by one channel. ``message_id`` lets mail programs recognise it when it comes twice.

    Raises ``NotDelivered``, after ``TELL_SECONDS`` at the latest.
    """
    connection_id = connection_for(channel, message.kind)
    if connection_id is None:
        raise NotDelivered(f"there is no connection {_CONNECTIONS[channel]}")
    try:
        within_seconds(partial(_deliver, channel, connection_id, message, message_id))
    except NotDelivered as error:
        raise NotDelivered(f"Connection {connection_id}: {error}") from None


def within_seconds(work: Callable[[], None], seconds: float = TELL_SECONDS) -> None:
    """Do something that may take no longer. Raises ``NotDelivered``, without secrets, for whatever goes wrong."""
    _Attempt(work).wait(seconds)


def _deliver(channel: Channel, connection_id: str, message: Message, message_id: str | None = None) -> None:
    # Importing them costs more than reading a DAG file does.
    if channel is Channel.mail:
        from prospecting.hooks.mail import MailHook

        MailHook(connection_id).deliver(message, message_id=message_id)
    else:
        from prospecting.hooks.slack import SlackHook

        SlackHook(slack_webhook_conn_id=connection_id).deliver(message, message_id=message_id)


class _Attempt:
    """Something that goes on beside its caller, who stops waiting at some time: servers may answer drop by drop."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._ended: SimpleQueue[Exception | None] = SimpleQueue()
        self._work = work
        Thread(target=self._run, name="notification", daemon=True).start()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self._ended.put(error)
        else:
            self._ended.put(None)

    def wait(self, seconds: float) -> None:
        """Raises ``NotDelivered`` when it went wrong, or has not ended in time."""
        try:
            error = self._ended.get(timeout=max(seconds, 0.0))
        except Empty:
            raise NotDelivered("the server did not take it in time: check host and port") from None
        if error is not None:
            raise NotDelivered(_explained(error)) from None


def _explained(error: Exception) -> str:
    """The reason in words. Texts of exceptions are left out, which may repeat addresses, answers and secrets."""
    match error:
        case NotDelivered():
            return str(error)
        case AirflowException() if isinstance(error.__context__, OSError):
            return _explained(error.__context__)
        case ModuleNotFoundError():
            return f"the package of {error.name} is not installed"
        case smtplib.SMTPAuthenticationError():
            return f"the server refuses user and password ({error.smtp_code}): check login and password"
        case smtplib.SMTPRecipientsRefused():
            codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
            return f"the server refuses all recipients ({codes}): check the extra to"
        case smtplib.SMTPSenderRefused():
            return f"the server refuses the sender ({error.smtp_code}): check the extra from_email"
        case smtplib.SMTPNotSupportedError():
            return "the server offers no STARTTLS, or no login: check the extra security"
        case smtplib.SMTPResponseException():
            return f"the server refuses the message ({error.smtp_code})"
        case ssl.SSLError():
            return "no encrypted connection comes about: check port, the extra security, and the server's certificate"
        case TimeoutError():
            return "the server does not answer: check host and port"
        case OSError():
            return f"the server cannot be reached ({type(error).__name__}): check host and port"
        case _:
            return f"{type(error).__name__}"
