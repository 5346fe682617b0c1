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
    criteria: ClassVar[frozenset[str]] = frozenset()
    """Fields that are no part of the question unless they are set: questions without them keep their key."""

    def to_request(self) -> dict[str, Any]:
        """The search as JSON-ready values; dates as ISO strings."""
        return {
            name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if name not in self.criteria or not (value is None or value is False or value == ())
        }

    def key(self, provider: str, version: str = "") -> str:
        """SHA-256 over provider, agent and request, and the version of the agents, if they have one: equal for equal
        questions.
        """
        asked = [provider, self.agent, self.to_request(), *([version] if version else [])]
        canonical = json.dumps(asked, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class EventSearch(Search):
    """Events about one keyword. Empty ``locations`` or dates mean: anywhere, any time.

    Events that end on ``upcoming_from`` or later come first; for agents who do not know what day it is.
    """

    agent: ClassVar[str] = "event_discovery"
    criteria: ClassVar[frozenset[str]] = frozenset({"event_type", "max_attendees", "upcoming_from"})

    keyword: str
    locations: tuple[str, ...] = ()
    min_attendees: int | None = None
    starts_from: date | None = None
    starts_until: date | None = None
    industries: tuple[str, ...] = ()
    discovery_prompt: str | None = None
    limit: int = 25
    event_type: str | None = None
    max_attendees: int | None = None
    upcoming_from: date | None = None


@dataclass(frozen=True, slots=True)
class SponsorSearch(Search):
    """Sponsors of one event. ``year`` is given when the first day is not known.

    ``is_upcoming``: as long as this edition has no list, the sponsors of earlier editions are wanted, apart.
    """

    agent: ClassVar[str] = "sponsor_extraction"
    criteria: ClassVar[frozenset[str]] = frozenset({"is_upcoming"})

    event_name: str
    website: str | None = None
    starts_on: date | None = None
    city: str | None = None
    year: int | None = None
    is_upcoming: bool = False


@dataclass(frozen=True, slots=True)
class CompanySearch(Search):
    """Companies showing a signal that is not an event: fresh funding, hiring, a product launch, an acquisition.

    Amounts are in ``amount_currency``.
    """

    agent: ClassVar[str] = "company_discovery"
    criteria: ClassVar[frozenset[str]] = frozenset(
        {
            "funding_stages", "min_amount", "max_amount", "amount_currency", "positions", "seniority", "departments",
            "company_sizes", "geographies", "technologies",
        }
    )  # fmt: skip

    signal_type: str
    keyword: str
    locations: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    starts_from: date | None = None
    starts_until: date | None = None
    discovery_prompt: str | None = None
    limit: int = 25
    funding_stages: tuple[str, ...] = ()
    min_amount: float | None = None
    max_amount: float | None = None
    amount_currency: str | None = None
    positions: tuple[str, ...] = ()
    seniority: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    company_sizes: tuple[str, ...] = ()
    geographies: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()


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

    Agents that may change have a method ``version(search)`` as well, see ``version_of``.
    """

    provider: str
    ttl_seconds: int

    def reserve_usd(self, search: Search) -> Decimal: ...

    def answer(self, search: Search, steps: Steps) -> Answer:
        """Ask, with every request outside as one of ``steps``, so that an answer can be taken up again in the middle.

        Raises an ``AgentError`` of the right kind; never anything else for outside failures.
        """
        ...


def version_of(agents: Agents, search: Search) -> str:
    """The version of the agents that answer a search: model, instructions and tools, or the data they look into.

    Asked of another version, it is another question. Empty for agents without a method ``version(search)``.
    """
    version = getattr(agents, "version", None)
    return str(version(search)) if version is not None else ""
