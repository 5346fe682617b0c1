"""Tells another system of executions as they run: a webhook, when there is the Airflow connection for it.

Signed as Standard Webhooks are: ``webhook-signature`` is ``v1,`` and the base64 of HMAC-SHA256 over
``<webhook-id>.<webhook-timestamp>.<body>``. A delivery that fails is tried again, with the same ``webhook-id``.
It never fails a task, and takes bounded time: what is not delivered then is lost, and the execution's row knows it all
the same. Every try is noted in ``webhook_deliveries``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPException
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from prospecting.hooks.connection_extras import base_url
from prospecting.hooks.notifications import NotDelivered
from prospecting.persistence.database import TaskAttempt, run_in_transaction
from prospecting.persistence.webhook_deliveries import Delivery, ErrorKind, note_delivery

if TYPE_CHECKING:
    from prospecting.services.execution_progress import Progress

log = logging.getLogger(__name__)

WEBHOOK_CONNECTION_ID = "prospecting_webhook"
ANSWER_SECONDS = 5.0
"""The longest to wait for one answer of the receiver."""
PAUSES = (0.0, 1.0, 3.0)
"""Seconds before each try of a delivery."""
TELL_SECONDS = 15.0
"""The longest that a task waits for a delivery, all tries together."""
PROGRESS_SECONDS = 10.0
"""The pause between two deliveries of progress by one process."""
NOTE_SECONDS = 5.0
"""The longest that noting a try may take."""
_SECRET_PREFIX = "whsec_"
_MAY_PASS = {408, 425, 429}


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where deliveries go, and the key that signs them."""

    url: str
    key: bytes


def find_receiver() -> Receiver | None:
    """The receiver that the connection names, or ``None`` without one. Raises ``NotDelivered`` for an unusable one."""
    try:
        connection: Any = BaseHook.get_connection(WEBHOOK_CONNECTION_ID)
    except AirflowNotFoundException:
        return None
    if not connection.host:
        raise NotDelivered("the host is empty: it must be the URL of the receiver")
    url = base_url(connection)
    if not url.startswith(("https://", "http://")):
        raise NotDelivered("the host must be an https:// or http:// URL")
    return Receiver(url, _key(connection.password or ""))


def _key(secret: str) -> bytes:
    """The key in a secret: base64 behind ``whsec_``, as Standard Webhooks have it, else the bytes of the text."""
    if not secret:
        raise NotDelivered("the password is empty: it must be the secret that signs deliveries")
    if not secret.startswith(_SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise NotDelivered("the password begins with whsec_, and what follows is no base64") from None


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature`` of a delivery."""
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def message_id_of(event: str, data: Mapping[str, Any]) -> str:
    """The ``webhook-id`` of a message: the same whenever the same is said of the same execution, so that a receiver can
    tell a repeat.
    """
    said = json.dumps([event, data], sort_keys=True, ensure_ascii=False, default=str)
    return f"msg_{hashlib.sha256(said.encode()).hexdigest()[:32]}"


Note = Callable[[Delivery], None]
"""Told of every try of a delivery."""


class DeliveryNotes:
    """Notes tries of deliveries in the database, each in a transaction of its own; never fails."""

    def __init__(self, engine: Engine, attempt: TaskAttempt | None) -> None:
        self._engine = engine
        self._attempt = attempt

    def __call__(self, delivery: Delivery) -> None:
        try:
            run_in_transaction(
                partial(note_delivery, delivery=delivery), self._engine, self._attempt, timeout_seconds=NOTE_SECONDS
            )
        except SQLAlchemyError as error:
            log.warning("A delivery could not be noted (%s)", type(error).__name__)


def deliver(
    receiver: Receiver,
    event: str,
    data: Mapping[str, Any],
    *,
    pauses: Sequence[float] = PAUSES,
    note: Note | None = None,
) -> None:
    """Post one event, again after each pause until it is taken; ``note`` is told of each try.

    Raises ``NotDelivered``, without secrets.
    """
    happened = datetime.now(UTC)
    told = {"type": f"signal_execution.{event}", "timestamp": happened.isoformat(), "data": dict(data)}
    body = json.dumps(told, ensure_ascii=False, default=str).encode()
    message_id = message_id_of(event, data)
    reason = ""
    for number, pause in enumerate(pauses, 1):
        time.sleep(pause)
        attempted_at = datetime.now(UTC)
        timestamp = int(attempted_at.timestamp())
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(receiver.key, message_id, timestamp, body),
        }
        status: int | None = None
        try:
            status = _post(receiver.url, body, headers)
        except (OSError, HTTPException, ValueError) as error:
            # The type alone: texts may repeat the address, which may hold a secret.
            cause = getattr(error, "reason", None)
            found = cause if isinstance(cause, Exception) else error
            kind: ErrorKind | None = "timeout" if isinstance(found, TimeoutError) else "unreachable"
            reason = f"the receiver cannot be reached ({type(found).__name__})"
        else:
            kind = _why_not(status)
            reason = f"the receiver answers {status}"
        if note is not None:
            delivered_at = None if kind else datetime.now(UTC)
            execution_id = str(data["execution_id"])
            note(Delivery(execution_id, message_id, event, number, attempted_at, status, kind, delivered_at))
        if kind is None:
            return
        if kind in ("refused", "redirected"):
            break
    raise NotDelivered(f"{reason}: check the URL in the host of the connection")


def _why_not(status: int) -> ErrorKind | None:
    """The kind of failure that a status is; ``None`` when the delivery was taken."""
    if 200 <= status < 300:
        return None
    if status >= 500 or status in _MAY_PASS:
        return "unavailable"
    return "redirected" if 300 <= status < 400 else "refused"


class _NoRedirect(HTTPRedirectHandler):
    """Refuses redirects: a delivery that is signed for one address goes to no other."""

    def redirect_request(self, *args: Any, **options: Any) -> None:
        return None


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer. Unlike clients with more comfort, this one logs no address."""
    request = Request(url, data=body, headers=dict(headers), method="POST")
    try:
        with build_opener(_NoRedirect).open(request, timeout=ANSWER_SECONDS) as answer:
            return int(answer.status)
    except HTTPError as refused:
        refused.close()
        return refused.code


def tell(event: str, data: Mapping[str, Any], *, note: Note | None = None, wait_seconds: float = TELL_SECONDS) -> None:
    """Tell the receiver, if there is one, that an execution ``started``, makes ``progress`` or ``finished``.

    ``note`` is told of each try. Never fails, and never waits for longer than ``wait_seconds``; the delivery goes on
    beside the caller meanwhile.
    """
    try:
        receiver = find_receiver()
    except NotDelivered as problem:
        log.warning("Connection %s: nobody was told: %s", WEBHOOK_CONNECTION_ID, problem)
        return
    except Exception as error:
        log.warning("Nobody was told: Airflow does not say who is to be (%s)", type(error).__name__)
        return
    if receiver is None:
        return
    thread = Thread(target=_deliver, args=(receiver, event, data, note), name="webhook", daemon=True)
    thread.start()
    if wait_seconds > 0:
        thread.join(wait_seconds)
        if thread.is_alive():
            log.warning("Connection %s: the receiver has not taken %s in time", WEBHOOK_CONNECTION_ID, event)


def _deliver(receiver: Receiver, event: str, data: Mapping[str, Any], note: Note | None) -> None:
    try:
        deliver(receiver, event, data, note=note)
    except NotDelivered as problem:
        log.warning("Connection %s: %s was not delivered: %s", WEBHOOK_CONNECTION_ID, event, problem)
    except Exception as error:
        log.warning("Connection %s: %s was not delivered (%s)", WEBHOOK_CONNECTION_ID, event, type(error).__name__)


class ProgressTeller:
    """Tells the receiver of progress, at most every ``pause_seconds``; nobody waits for it."""

    def __init__(self, pause_seconds: float = PROGRESS_SECONDS) -> None:
        self._pause_seconds = pause_seconds
        self._told_at: float | None = None
        self._lock = Lock()

    def __call__(self, progress: Progress, note: Note | None = None) -> None:
        with self._lock:
            now = time.monotonic()
            if self._told_at is not None and now - self._told_at < self._pause_seconds:
                return
            self._told_at = now
        data = {
            "execution_id": str(progress.execution_id),
            "signal_name": progress.signal_name,
            "status": "running",
            "percent": progress.percent,
            "step": progress.step,
            "message": progress.message,
        }
        tell("progress", data, note=note, wait_seconds=0)


tell_progress = ProgressTeller()
"""The one of this process."""
