"""Secrets that programs prove who they are with: Airflow connections, asked for at most every few seconds."""

from __future__ import annotations

import time
from functools import lru_cache

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

_KEPT_SECONDS = 15
"""For how long a changed secret may go unnoticed."""


def find_connection(connection_id: str) -> Connection | None:
    """The Airflow connection of this id, or None when it is not defined."""
    return _find(connection_id, int(time.monotonic() / _KEPT_SECONDS))


@lru_cache(maxsize=32)
def _find(connection_id: str, _period: int) -> Connection | None:
    try:
        return BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        return None
