"""Reads hosts and extras of Airflow connections; errors name the extra and never repeat a secret."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prospecting.agents.budgets import Limit


def base_url(connection: Any) -> str:
    """The URL of a connection with a host; ``https`` unless the host or the schema says otherwise."""
    host = connection.host if "://" in connection.host else f"{connection.schema or 'https'}://{connection.host}"
    return f"{host}:{connection.port}" if connection.port else str(host)


def extras(connection: Any) -> dict[str, Any]:
    """The extras of a connection that have a value; forms store an empty field as ``null``."""
    return {name: value for name, value in connection.extra_dejson.items() if value is not None}


def price(options: dict[str, Any], name: str) -> Decimal:
    """An extra in US dollars, 0 or more. Raises ``ValueError``."""
    try:
        found = Decimal(str(options[name]))
    except InvalidOperation:
        found = Decimal("NaN")
    if not (found.is_finite() and found >= 0):
        raise ValueError(f"Extra {name} must be a number of US dollars, not {json.dumps(options[name])}")
    return found


def chosen(options: dict[str, Any], name: str, allowed: Sequence[str]) -> str:
    """An extra that is one of ``allowed``, the first of them when it is empty. Raises ``ValueError``."""
    found = str(options.get(name) or allowed[0]).strip()
    if found not in allowed:
        raise ValueError(f"Extra {name} must be one of {', '.join(allowed)}, not {json.dumps(options[name])}")
    return found


def number(name: str, value: Any) -> float:
    """A number of seconds above 0. Raises ``ValueError``."""
    try:
        found = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        found = math.nan
    if not 0 < found < math.inf:
        raise ValueError(f"Extra {name} must hold seconds above 0, not {json.dumps(value)}")
    return found


def whole(name: str, value: Any, least: int) -> int:
    """A whole number, ``least`` or more. Raises ``ValueError``."""
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,18}(?:\.0+)?", text) or int(text.partition(".")[0]) < least:
        raise ValueError(f"Extra {name} must be a whole number from {least} on, not {json.dumps(value)}")
    return int(text.partition(".")[0])


def listed(options: dict[str, Any], name: str) -> list[Any]:
    """An extra that is a list of seconds. Raises ``ValueError``."""
    value = options[name]
    if not isinstance(value, list) or not value:
        raise ValueError(f"Extra {name} must be a list of seconds, such as [5, 10, 60], not {json.dumps(value)}")
    return value


def mapping(options: dict[str, Any], name: str) -> dict[str, Any]:
    """An extra that is an object by processor. Raises ``ValueError``."""
    value = options[name]
    if not isinstance(value, dict):
        raise ValueError(f'Extra {name} must be an object by processor, such as {{"pro": 1}}, not {json.dumps(value)}')
    return value


def provider_limits(connection: Any, provider: str) -> list[Limit]:
    """Extras ``max_usd_per_run``, ``max_calls_per_run``, ``max_usd_per_day``, ``max_calls_per_day`` of a connection, as
    limits on what ``provider`` is asked. Raises ``ValueError``.
    """
    from prospecting.agents.budgets import Budget, Limit

    options = extras(connection)
    limits = []
    for usd, calls, is_daily in (
        ("max_usd_per_run", "max_calls_per_run", False),
        ("max_usd_per_day", "max_calls_per_day", True),
    ):
        budget = Budget(
            max_usd=price(options, usd) if usd in options else None,
            max_calls=whole(calls, options[calls], 0) if calls in options else None,
        )
        if not budget.is_unlimited:
            where = f"the extras {usd} and {calls} of the connection {connection.conn_id}"
            limits.append(Limit(budget, where, provider=provider, is_daily=is_daily))
    return limits


def switch(name: str, value: Any) -> bool:
    """True or false. Raises ``ValueError``."""
    text = str(value).strip().lower()
    if text not in ("true", "false"):
        raise ValueError(f"Extra {name} must be true or false, not {json.dumps(value)}")
    return text == "true"


def header_text(name: str, value: Any) -> str:
    """A line that can be sent as a header: printable ASCII. Raises ``ValueError``."""
    text = str(value).strip()
    if not text or not text.isascii() or not text.isprintable() or len(text) > 300:
        raise ValueError(f"Extra {name} must be a line of at most 300 plain letters, not {json.dumps(value)}")
    return text


def hosts(name: str, value: Any) -> dict[str, str]:
    """An object of host names (``*``: all) with the address and port they are led to. Raises ``ValueError``."""
    if isinstance(value, dict) and all(
        isinstance(host, str) and re.fullmatch(r"[\w.-]+:\d{1,5}", str(target)) for host, target in value.items()
    ):
        return {host.lower(): str(target) for host, target in value.items()}
    raise ValueError(f'Extra {name} must be an object such as {{"*": "127.0.0.1:8765"}}, not {json.dumps(value)}')


def rate_limit(connection: Any) -> Any:
    """Extra ``calls_per_minute`` of a connection as a ``RateLimit``. Raises ``ValueError``."""
    from prospecting.agents.rate_limits import RateLimit

    given = extras(connection).get("calls_per_minute", 60)
    try:
        per_minute = float(given)
    except (TypeError, ValueError):
        per_minute = math.nan
    if not 0 < per_minute < math.inf:
        raise ValueError(f"Extra calls_per_minute must be a number above 0, not {json.dumps(given)}")
    return RateLimit(capacity=max(1.0, per_minute / 6), refill_per_second=per_minute / 60)
