"""Which faults of the services a live execution is tried with, for which types, services and questions in flight.

``make faults`` tries every combination. The tests take one of each fault, in turn of all the others.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.stand_in.anthropic_messages import LOW_CREDIT

TYPES = ("conference", "funding", "hiring", "product_launch", "acquisition")
IN_FLIGHT = (1, 8)
MODELS = ("llm", "anthropic")
SEARCHES = ("search", "brave")
SETTINGS: dict[str, dict[str, Any]] = {
    "llm": {},
    "anthropic": {"llm_api": "anthropic"},
    "search": {},
    "brave": {"search_api": "brave"},
}
"""The settings with which a contract of the stand-in is the one that is asked."""

EVERYTHING = os.environ.get("FAULTS") == "all"

PATIENCE = 3.0
"""Seconds within which an answer comes: little to wait for, and more than a busy machine needs for a good one."""

OF_MODELS: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "times": 3, "skip": 2},
    "429 in the middle of every conversation": {"status": 429, "retry_after": 0, "times": 1, "skip": 1},
    "500": {"status": 500, "times": 3, "skip": 3},
    "529": {"status": 529, "times": 1, "skip": 4},
    "timeout": {"delay": PATIENCE + 0.5, "times": 1, "skip": 3},
    "hangs up": {"drop": True, "times": 2, "skip": 2},
    "cut off": {"truncate": 60, "times": 2, "skip": 2},
    "half JSON": {"half": True, "times": 2, "skip": 1},
    "empty 200": {"body": "", "times": 2, "skip": 3},
    "200 without an answer": {"body": "{}", "times": 1, "skip": 3},
    "slow drip": {"drip": PATIENCE / 10 + 0.05, "times": 1, "skip": 2},
}
"""What passes by itself, by what is wrong with the model."""

OF_SEARCHES: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "times": 2, "skip": 1},
    "500": {"status": 500, "times": 2, "skip": 2},
    "timeout": {"delay": PATIENCE + 0.5, "times": 1, "skip": 1},
    "hangs up": {"drop": True, "times": 2, "skip": 1},
    "cut off": {"truncate": 60, "times": 2, "skip": 1},
    "half JSON": {"half": True, "times": 1, "skip": 2},
    "empty 200": {"body": "", "times": 2},
    "slow drip": {"drip": PATIENCE / 10 + 0.05, "times": 1, "skip": 1},
}

USED_UP: dict[str, dict[str, Any]] = {
    "llm": {"status": 429, "code": "insufficient_quota"},
    "search": {"status": 432},
    "anthropic": {"status": 400, "code": LOW_CREDIT},
    "brave": {"status": 429, "code": "QUOTA_LIMITED"},
}
"""How a service says that its plan is used up."""


@dataclass(frozen=True, slots=True)
class Combination:
    """A ``fault`` of one ``service``, a contract of the stand-in, in an execution of type ``kind``."""

    fault: str
    kind: str
    in_flight: int
    service: str

    def __str__(self) -> str:
        return f"{self.fault}, {self.kind}, {self.in_flight}, {self.service}"

    @property
    def model(self) -> str:
        return self.service if self.service in MODELS else "llm"


CHOSEN: list[Combination] = []
"""All that are tried."""


def combine(
    faults: Iterable[str],
    services: Sequence[str],
    *,
    kinds: Mapping[str, Sequence[str]] | None = None,
    in_flight: Sequence[int] = IN_FLIGHT,
    each: int = 1,
) -> pytest.MarkDecorator:
    """Parametrise a test by all combinations of its faults, or by so many of ``each``, others than of the fault before.

    ``kinds``: by fault the types that it makes sense for, where these are not all.
    """
    tried: list[Combination] = []
    for fault in faults:
        types = (kinds or {}).get(fault, TYPES)
        if EVERYTHING:
            chosen = [Combination(fault, *others) for others in itertools.product(types, in_flight, services)]
        else:
            turns = range(len(CHOSEN), len(CHOSEN) + each)
            chosen = [
                Combination(
                    fault,
                    types[turn % len(types)],
                    in_flight[turn % len(in_flight)],
                    services[turn // 2 % len(services)],
                )
                for turn in turns
            ]
        CHOSEN.extend(chosen)
        tried += chosen
    return pytest.mark.parametrize("combination", tried, ids=str)
