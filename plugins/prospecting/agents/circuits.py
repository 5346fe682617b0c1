"""Leaves a provider that is down alone: a circuit per provider in the database, shared by all workers.

Closed, it lets every call through. Failures in a row open it: calls then fail at once, without a row in the ledger and
without counting as calls. After a pause one caller at a time tries again; its success closes the circuit, its failure
opens it for twice as long. Whoever dies during such a trial holds it no longer than its lease.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from prospecting.agents.errors import AgentError, AgentTimeout, AgentUnavailable, CircuitOpen
from prospecting.persistence import provider_circuits

log = logging.getLogger(__name__)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class CircuitRules:
    """When a circuit opens and how long it stays open.

    ``threshold`` failures in a row, none longer than ``window_seconds`` after the one before, open it for
    ``first_pause`` seconds; each failed trial doubles the pause, up to ``longest_pause``. ``trial_seconds`` is how long
    a trial keeps others from trying: more than a call takes.
    """

    threshold: int = 5
    window_seconds: float = 600.0
    first_pause: float = 10.0
    longest_pause: float = 600.0
    trial_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class CircuitChange:
    """A provider's circuit opened or closed, for those who measure."""

    provider: str
    state: Literal["open", "closed"]


class Circuits:
    """The circuits of the providers, for one task. Safe to use from several threads and processes at once."""

    def __init__(
        self,
        engine: Engine,
        rules: CircuitRules | None = None,
        *,
        needs: Mapping[str, Sequence[str]] | None = None,
        on_change: Callable[[CircuitChange], None] | None = None,
    ) -> None:
        """``needs``: by provider the others of whom one has to answer as well, or asking it is money lost.

        ``on_change`` is called after a change was committed; it must not raise.
        """
        self._engine = engine
        self._rules = rules or CircuitRules()
        self._needs = dict(needs or {})
        self._on_change = on_change

    @contextmanager
    def calling(self, provider: str) -> Iterator[None]:
        """Ask the provider in this block. Raises ``CircuitOpen`` before it while the provider is left alone.

        An outage or a timeout that leaves the block counts as a failure, any answer, a refusal too, as a success. An
        error before anybody was asked, or that another provider's block has counted, is neither.
        """
        self._refuse_without(self._needs.get(provider, ()))
        with self._engine.begin() as connection:
            permission = provider_circuits.ask_circuit(connection, provider, lease_seconds=self._rules.trial_seconds)
        if permission.state == "open":
            raise _left_alone(provider, permission.wait_seconds)
        if permission.state == "trial":
            log.info("%s is tried again", provider)
        try:
            yield
        except BaseException as error:
            self._ended_with(error, provider, permission.trial_until)
            raise
        self._succeeded(provider)

    def _refuse_without(self, needed: Sequence[str]) -> None:
        if not needed:
            return
        with self._engine.begin() as connection:
            shut = provider_circuits.query_shut_providers(connection, needed)
        if len(shut) == len(set(needed)):
            soonest = min(shut, key=lambda provider: shut[provider])
            raise _left_alone(soonest, shut[soonest])

    def _ended_with(self, error: BaseException, provider: str, trial_until: datetime | None) -> None:
        if isinstance(error, AgentError) and error.provider in (None, provider):
            error.provider = provider
            if error.kind in (AgentUnavailable.kind, AgentTimeout.kind):
                self._failed(provider, error.kind, trial_until)
                return
            if error.http_status is not None:
                self._succeeded(provider)
                return
        if trial_until is not None:
            self._write(lambda connection: provider_circuits.return_trial(connection, provider, trial_until))

    def _failed(self, provider: str, kind: str, trial_until: datetime | None) -> None:
        rules = self._rules
        counted = self._write(
            lambda connection: provider_circuits.note_failure(
                connection,
                provider,
                error_kind=kind,
                trial_until=trial_until,
                threshold=rules.threshold,
                window_seconds=rules.window_seconds,
                first_pause=rules.first_pause,
                longest_pause=rules.longest_pause,
            )
        )
        if counted is not None and counted.opened:
            log.warning(
                "%s has failed %d times in a row, now with %s: it is not asked for %.0f s",
                provider,
                counted.failures,
                kind,
                counted.pause_seconds or 0,
            )
            self._changed(CircuitChange(provider, "open"))

    def _succeeded(self, provider: str) -> None:
        if self._write(lambda connection: provider_circuits.note_success(connection, provider)):
            log.info("%s answers again", provider)
            self._changed(CircuitChange(provider, "closed"))

    def _changed(self, change: CircuitChange) -> None:
        if self._on_change is not None:
            self._on_change(change)

    def _write(self, note: Callable[[Connection], R]) -> R | None:
        """Write an outcome down. Never costs an answer, or hides the error it came with."""
        try:
            with self._engine.begin() as connection:
                return note(connection)
        except (InterfaceError, OperationalError) as failure:
            log.warning("The outcome of a call is not in its provider's circuit (%s)", type(failure).__name__)
            return None


def _left_alone(provider: str, seconds: float) -> CircuitOpen:
    """The error for a provider that must not be asked now."""
    error = CircuitOpen(
        f"{provider} has failed several times in a row and is not asked for another {seconds:.0f} s: try again then, "
        "and check its connection and its status page if that goes on; provider_circuits says since when",
        retry_after=seconds,
    )
    error.provider = provider
    return error
