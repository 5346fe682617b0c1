"""Limits on what agents are asked and cost: of an execution, of a provider within it, of a day.

What is in flight counts with its reservation. It may come to less: a call that fits only without it waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from prospecting.agents.errors import BudgetExceeded
from prospecting.agents.parallel import PROVIDER as DEEP_RESEARCH
from prospecting.persistence import agent_calls
from prospecting.persistence.agent_calls import Spending

OUTLASTING = (DEEP_RESEARCH,)
"""Providers that work for an hour: nobody waits for a reservation of theirs."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one scope in dollars and calls; ``None``: no limit.

    A failed call counts as a call if it was billed, or may have been.
    """

    max_usd: Decimal | None = None
    max_calls: int | None = None

    @property
    def is_unlimited(self) -> bool:
        return self.max_usd is None and self.max_calls is None


@dataclass(frozen=True, slots=True)
class Limit:
    """A budget beside that of the scope, and ``where`` a person can raise it.

    ``provider``: calls to it alone count. ``is_daily``: those of all scopes since midnight (UTC) count, else those of
    the scope.
    """

    budget: Budget
    where: str
    provider: str | None = None
    is_daily: bool = False

    @property
    def name(self) -> str:
        """ "The budget of a day for llm"."""
        return f"The budget{' of a day' if self.is_daily else ''}{f' for {self.provider}' if self.provider else ''}"


@dataclass(frozen=True, slots=True)
class Wallet:
    """Everything that limits one scope's calls: its own budget first, then ``limits``."""

    scope: str
    limits: Sequence[Limit]

    def lock(self, connection: Connection) -> None:
        """Make decisions on these limits wait for each other until the transaction ends."""
        agent_calls.lock_scope(connection, self.scope)
        if any(limit.is_daily for limit in self.limits):
            agent_calls.lock_scope(connection, "of a day")

    def shortage(self, connection: Connection, reserve: Decimal) -> str | None:
        """Why a call that reserves so many dollars has to wait for others to end; ``None`` when there is room now.

        Raises ``BudgetExceeded`` when there would be none even if all that is in flight cost nothing.
        """
        reasons = [
            reason
            for limit in self.limits
            if not limit.budget.is_unlimited and (reason := self._shortage(connection, limit, reserve))
        ]
        return reasons[0] if reasons else None

    def _shortage(self, connection: Connection, limit: Limit, reserve: Decimal) -> str | None:
        used = self._used(connection, limit)
        allowed, dollars = limit.budget.max_calls, limit.budget.max_usd
        calls = used.calls - used.unbilled
        settled_calls, settled_usd = calls - used.in_flight, used.spent_usd - used.in_flight_usd
        if allowed is not None and settled_calls >= allowed:
            raise BudgetExceeded(
                f"{limit.name} allows {allowed} agent calls and {settled_calls} were made; raise {limit.where} or "
                "narrow what is looked for"
            )
        if dollars is not None and settled_usd + reserve > dollars:
            raise BudgetExceeded(
                f"{limit.name} is {dollars} USD, {settled_usd:.6f} USD are spent, and the next call may cost "
                f"{reserve:.6f} USD; raise {limit.where} or narrow what is looked for"
            )
        if allowed is not None and calls >= allowed:
            return f"{limit.name} allows {allowed} agent calls, {used.in_flight} of them in flight"
        if dollars is not None and used.spent_usd + reserve > dollars:
            return f"{limit.name} is {dollars} USD, {used.in_flight_usd:.6f} USD of it reserved for calls in flight"
        return None

    def _used(self, connection: Connection, limit: Limit) -> Spending:
        if limit.is_daily:
            return agent_calls.query_spending_today(connection, provider=limit.provider, outlasting=OUTLASTING)
        return agent_calls.query_spending(connection, self.scope, provider=limit.provider, outlasting=OUTLASTING)
