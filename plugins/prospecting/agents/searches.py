"""The searches agents can be asked, and what they answer.

A search is plain data: its JSON form is the ledger's request, its key decides whether an earlier answer can be used
again. Every agent - the shipped catalog as well as live search - answers the same searches with raw text, which the
parsers in ``prospecting.parsing`` read. So a first run without any key takes the same path as a paid one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from prospecting.agents.steps import Steps


@dataclass(frozen=True, slots=True)
class Search:
    """Base of all searches. ``agent`` names the agent that answers it."""

    agent: ClassVar[str]

    def to_request(self) -> dict[str, Any]:
        """The search as JSON-ready values; dates as ISO strings."""
        return {
            name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    def key(self, provider: str) -> str:
        """SHA-256 over provider, agent and request: equal for equal questions."""
        canonical = json.dumps([provider, self.agent, self.to_request()], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class EventSearch(Search):
    """Events about one keyword. Empty ``locations`` or dates mean: anywhere, any time."""

    agent: ClassVar[str] = "event_discovery"

    keyword: str
    locations: tuple[str, ...] = ()
    min_attendees: int | None = None
    starts_from: date | None = None
    starts_until: date | None = None
    industries: tuple[str, ...] = ()
    discovery_prompt: str | None = None
    limit: int = 25


@dataclass(frozen=True, slots=True)
class SponsorSearch(Search):
    """Sponsors of one event. ``year`` is given when the first day is not known."""

    agent: ClassVar[str] = "sponsor_extraction"

    event_name: str
    website: str | None = None
    starts_on: date | None = None
    city: str | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class CompanySearch(Search):
    """Companies showing a signal that is not an event: fresh funding, or hiring."""

    agent: ClassVar[str] = "company_discovery"

    signal_type: str
    keyword: str
    locations: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    starts_from: date | None = None
    starts_until: date | None = None
    discovery_prompt: str | None = None
    limit: int = 25


@dataclass(frozen=True, slots=True)
class PeopleSearch(Search):
    """Decision makers of one company."""

    agent: ClassVar[str] = "people"

    company_name: str
    domain: str | None = None
    industry: str | None = None
    target_functions: tuple[str, ...] = ()
    outreach_context: str | None = None
    limit: int = 5


@dataclass(frozen=True, slots=True)
class SeatSearch(PeopleSearch):
    """Who holds certain seats of one company now; ``target_functions`` are the seats (CEO, CFO, HR).

    ``attempt`` 2 means that an earlier search found nobody. That makes it another question: the ledger does not
    answer it with the first one's answer.
    """

    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """An agent's answer, unparsed, and its cost. ``content`` is raw bytes, normally UTF-8 text.

    ``cost_usd`` is ``None`` when the price is not known. Tokens and cost are those of this time: steps that were
    replayed cost nothing. ``truncated``: the answer was cut off at the limit of tokens.
    """

    content: bytes
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: Decimal | None = Decimal(0)
    truncated: bool = False


class Agents(Protocol):
    """A family of agents behind one provider.

    ``provider`` names the rate-limit bucket and appears in the ledger. ``reserve_usd`` is the most one call of an
    agent is expected to cost; the budget is checked against it before the call. ``ttl_seconds`` says how long
    other executions may reuse an answer (0: never).
    """

    provider: str
    ttl_seconds: int

    def reserve_usd(self, search: Search) -> Decimal: ...

    def answer(self, search: Search, steps: Steps) -> Answer:
        """Ask, with every request outside as one of ``steps``, so that an answer can be taken up again in the middle.

        Raises an ``AgentError`` of the right kind; never anything else for outside failures.
        """
        ...
