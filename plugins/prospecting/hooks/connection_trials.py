"""The button *Test* of a connection's form: one call to the service, and its outcome in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from prospecting.agents.errors import AgentError

TEST_SECONDS = 20.0
"""The longest that somebody who looks at a form should wait, in seconds."""


def try_out(hook: BaseHook, connection_id: str, ask: Callable[[Any], str]) -> tuple[bool, str]:
    """True and what ``ask`` says about the connection, else False and what is wrong, with its remedy and no secret.

    Airflow tests what a form holds under a made-up id, which means nothing to whoever reads the message.
    """
    try:
        connection = hook.get_connection(connection_id)
    except AirflowNotFoundException:
        return False, f"There is no connection {connection_id}"
    try:
        return True, _about_this(ask(connection), connection_id)
    except (AgentError, ValueError) as error:
        message = _about_this(str(error), connection_id)
        return False, f"{message}{_asked(connection, message)}"
    except Exception as error:
        # The text of any other exception may repeat a key; its type does not.
        return False, f"The test broke off ({type(error).__name__}){_asked(connection, '')}"


def _about_this(message: str, connection_id: str) -> str:
    named = rf"(?:the )?(?:Airflow )?(?:connection )?{re.escape(connection_id)}"
    return re.sub(named, "this connection", message)


def _asked(connection: Any, message: str) -> str:
    """Where it was asked, unless ``message`` says so, without credentials that may be part of the URL."""
    host = connection.host or ""
    try:
        where = urlsplit(host if "://" in host else f"//{host}").netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return f" (host: {where})" if where and where not in message else ""
