"""Asks one question of several providers, one after the other, until an answer is good enough.

A provider that has nothing to say is passed over for good. One that could not be asked (it is down, over its limit, its
key is wrong, the budget is spent) is passed over for now: when nobody else knew enough either, nobody can say
that the question was answered, and the caller asks again later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from prospecting.agents.errors import AgentError, NoSuchData, RequestRefused
from prospecting.agents.ledger import Ledger, LedgerAnswer
from prospecting.agents.metering import SpentBeforeFailure
from prospecting.agents.searches import Search

log = logging.getLogger(__name__)


@dataclass(slots=True)
class WaterfallResult:
    """The answers and errors by provider, in the order asked.

    ``answers`` and ``errors`` exclude each other; a provider in neither was not asked any more. ``answered_by`` is
    the provider with whose answer it was enough, always the last of ``answers``; ``None`` when no answer was.
    """

    answers: dict[str, LedgerAnswer] = field(default_factory=dict)
    errors: dict[str, AgentError] = field(default_factory=dict)
    answered_by: str | None = None

    @property
    def cost_usd(self) -> Decimal:
        """US dollars this question cost now, failed tries included as far as their cost is known; 0 for replays."""
        causes = (error.__cause__ for error in self.errors.values())
        failed = (cause.cost_usd or Decimal(0) for cause in causes if isinstance(cause, SpentBeforeFailure))
        return sum((answer.cost_usd for answer in self.answers.values()), Decimal(0)) + sum(failed, Decimal(0))

    @property
    def unsettled(self) -> AgentError | None:
        """Why the question is still open: some provider might know, but could not be asked.

        The first error that may pass by itself, else the first that somebody has to mend. ``None`` when an answer
        was enough, and when every provider was asked and none knew.
        """
        if self.answered_by is not None:
            return None
        open_ones = [e for e in self.errors.values() if not isinstance(e, RequestRefused | NoSuchData)]
        return next((error for error in open_ones if error.retryable), next(iter(open_ones), None))


def ask_in_order(
    providers: Iterable[str],
    open_ledger: Callable[[str], Ledger],
    search: Search,
    is_enough: Callable[[bytes], bool],
) -> WaterfallResult:
    """Ask ``providers`` for ``search``, each once, until ``is_enough`` accepts the content of an answer.

    ``open_ledger`` makes a provider's ledger when its turn comes, so that one without connections costs nothing as
    long as those before it know enough; an ``AgentError`` it raises is that provider's. ``is_enough`` sees every
    answer once, in order: it may add up what several of them know. Never raises an ``AgentError``.
    """
    result = WaterfallResult()
    for provider in dict.fromkeys(providers):
        try:
            answer = open_ledger(provider).ask(search)
        except AgentError as error:
            log.warning("%s: %s: %s", provider, error.kind, error)
            result.errors[provider] = error
            continue
        result.answers[provider] = answer
        if is_enough(answer.content):
            result.answered_by = provider
            break
    return result
