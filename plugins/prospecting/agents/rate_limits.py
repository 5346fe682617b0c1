"""Waits for a provider's turn: token buckets in the database, so that a rate holds across all workers."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from prospecting.agents.errors import RateLimited
from prospecting.persistence.agent_calls import take_token

# Waiters of one bucket spread by up to this share of their wait, so that they do not all ask again at once.
_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class RateLimit:
    """``capacity`` calls at once (at least 1), then ``refill_per_second``; callers wait up to ``max_wait_seconds``."""

    capacity: float
    refill_per_second: float
    max_wait_seconds: float = 120.0


class RateLimiter:
    """Token buckets by provider. A provider without a limit never waits."""

    def __init__(self, engine: Engine, limits: Mapping[str, RateLimit]) -> None:
        self._engine = engine
        self._limits = dict(limits)

    def is_limited(self, provider: str) -> bool:
        """True when the provider may have to be waited for."""
        return provider in self._limits

    def wait(self, provider: str) -> None:
        """Return when the provider may be called.

        Sleeps outside transactions. Raises ``RateLimited`` with the seconds still missing as soon as it is clear
        that its turn does not come within ``max_wait_seconds``: the worker's time is better spent elsewhere.
        """
        limit = self._limits.get(provider)
        if limit is None:
            return
        deadline = time.monotonic() + limit.max_wait_seconds
        while True:
            with self._engine.begin() as connection:
                seconds = take_token(
                    connection,
                    provider=provider,
                    capacity=limit.capacity,
                    refill_per_second=limit.refill_per_second,
                )
            if seconds == 0:
                return
            if time.monotonic() + seconds > deadline:
                raise RateLimited(
                    f"No free turn for {provider} within {limit.max_wait_seconds:g} s: too many workers share its rate "
                    f"limit of {limit.refill_per_second:g} calls per second",
                    retry_after=seconds,
                )
            time.sleep(seconds * random.uniform(1, 1 + _SPREAD))
