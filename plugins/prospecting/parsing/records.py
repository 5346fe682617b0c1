"""The typed records every parser returns, and the container that keeps what could not be read.

Parsers never raise on content: whatever an agent said ends up either in ``Parsed.items`` or in
``Parsed.rejected`` with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rejected:
    """One thing an agent returned that could not become a record.

    ``reason`` is a short stable code (``missing_name``, ``unparseable``, ``not_an_object`` ...), ``detail`` a
    sentence for people that never repeats personal data, ``raw`` the item as it came.
    """

    reason: str
    detail: str
    raw: Any = None


@dataclass(slots=True)
class Parsed(Generic[T]):
    """The records that could be read (``items``, in the agent's order) and what could not be (``rejected``)."""

    items: list[T] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Location:
    """A place read from free text. Falsy when nothing was recognised.

    ``city`` is the usual English spelling, ``region`` a state or province name, ``country_code`` ISO 3166-1 alpha-2.
    ``text`` is the input as given; ``online`` is true for events without a place.
    """

    city: str | None = None
    region: str | None = None
    country_code: str | None = None
    text: str | None = None
    online: bool = False

    def __bool__(self) -> bool:
        return bool(self.city or self.region or self.country_code)


@dataclass(frozen=True, slots=True)
class DateRange:
    """First and last day, both inclusive; both ``None`` when unknown. Falsy when unknown.

    ``precision`` is ``day``, ``month`` or ``year``: "2025" is 2025-01-01..2025-12-31 with precision ``year``.
    """

    start: date | None = None
    end: date | None = None
    precision: str | None = None

    def __bool__(self) -> bool:
        return self.start is not None


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a fact: the page's address, the day that the page gives itself, and a quote from it."""

    url: str | None = None
    published_on: date | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class CompanySignalRecord:
    """Something a company did that makes it worth a call; what is not known is ``None`` or empty.

    Of a funding round: ``round`` as given ("Series B"), ``amount`` with its ISO 4217 ``currency``, ``investors``. Of an
    open position: ``position``, ``department``, ``location``. Of a launch: ``product``. Of an acquisition:
    ``acquirer``, ``target``, ``amount``. ``occurred_on`` is the day it was announced, posted or launched; with a
    ``date_precision`` of ``month`` or ``year`` the first day of one.
    """

    round: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    investors: tuple[str, ...] = ()
    position: str | None = None
    department: str | None = None
    location: str | None = None
    product: str | None = None
    acquirer: str | None = None
    target: str | None = None
    occurred_on: date | None = None
    date_precision: str | None = None
    technologies: tuple[str, ...] = ()
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class SponsorRecord:
    """A company named as a sponsor, or for a signal.

    ``tier`` is the canonical lower-case tier ("platinum", "gold", "level 5"), ``tier_label`` the words as given.
    ``website`` is an absolute URL without tracking parameters, or ``None``. ``headquarters`` is where the company has
    its seat, as given. ``signals`` are the rounds, positions, launches and acquisitions named with it.
    """

    name: str
    tier: str | None = None
    website: str | None = None
    tier_label: str | None = None
    linkedin_url: str | None = None
    industry: str | None = None
    employee_range: str | None = None
    description: str | None = None
    headquarters: str | None = None
    signals: tuple[CompanySignalRecord, ...] = ()
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event. Unknown dates stay ``None`` and the event is kept.

    ``has_sponsors`` is what the answer says about it, ``None`` when it says nothing.
    """

    name: str
    start: date | None = None
    end: date | None = None
    location: Location = Location()
    website: str | None = None
    attendees: int | None = None
    sponsors: tuple[SponsorRecord, ...] = ()
    date_precision: str | None = None
    venue: str | None = None
    event_type: str | None = None
    industry: str | None = None
    description: str | None = None
    rejected_sponsors: tuple[Rejected, ...] = ()
    has_sponsors: bool | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A person at a company. ``linkedin_url`` and ``email`` are normalised or ``None``.

    ``observed_on`` is the day that the answer gives for it, else that of its source.
    """

    full_name: str
    title: str | None = None
    linkedin_url: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    phone: str | None = None
    location: str | None = None
    bio: str | None = None
    observed_on: date | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class TitleClass:
    """The meaning of a job title.

    ``seniority`` is one of ``C-Suite``, ``VP``, ``Director``, ``Manager``, ``Individual Contributor``.
    ``functions`` are business functions ("marketing", "sales", "engineering" ...), ``slots`` maps each seat the
    title can fill (``CEO``, ``CFO``, ``HR``) to its rank: 1 is the plain holder, higher numbers are weaker.
    ``category`` is the coarse role category: ``c_level``, ``marketing``, ``sales``, ``partnerships`` or ``other``.
    ``is_past`` is true when every role it names is over or ending ("Former CEO", "CTO (until 2021)").
    ``also_ceo`` is the CEO rank of titles that may stand beside a chief executive (president, managing director,
    owner), for who wants to count them; such a title is not in ``slots``.
    """

    seniority: str = "Individual Contributor"
    functions: frozenset[str] = frozenset()
    slots: dict[str, int] = field(default_factory=dict)
    category: str = "other"
    is_decision_maker: bool = False
    is_past: bool = False
    also_ceo: int | None = None
