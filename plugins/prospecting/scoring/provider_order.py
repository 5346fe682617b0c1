"""In which order to ask providers, by what their answers have cost and how often one was enough.

Asked until one knows, providers cost least in the order of cost per answer that is enough. That order is only chosen
where enough is known of all of them; elsewhere the order that somebody gave stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

ANY: Final = "*"
"""Stands for every size, or every country, in a segment."""


class Segment(NamedTuple):
    """Companies of a size in a country; ``None`` where it is not known, ``ANY`` where it does not matter."""

    company_size: str | None = ANY
    country: str | None = ANY

    def widened(self) -> Iterator[Segment]:
        """This segment, then ever wider ones around it: the size says more than the country."""
        yield from dict.fromkeys((self, Segment(self.company_size, ANY), Segment(ANY, self.country), Segment()))


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """How often a provider was ``asked``, how often that was ``enough``, and US dollars per answer.

    ``usd_per_answer`` is ``None`` when the price is not known.
    """

    asked: int
    enough: int
    usd_per_answer: float | None

    @property
    def hit_rate(self) -> float:
        """The chance that the next answer is enough, 0..1, drawn a little to one half while little is known."""
        return (self.enough + 1) / (self.asked + 2)


@dataclass(frozen=True, slots=True)
class Choice:
    """An order of providers, where it comes from, and US dollars per company in it and in the order that was given.

    Without records of all of them (``basis`` ``given``) neither figure is known.
    """

    order: tuple[str, ...]
    basis: Literal["learned", "given"]
    segment: Segment | None = None
    expected_usd: float | None = None
    given_usd: float | None = None


def expected_usd(order: Sequence[str], records: Mapping[str, TrackRecord]) -> float:
    """US dollars that a company costs on average when ``order`` is asked until somebody knows.

    Raises ``KeyError`` for a provider without a record, ``ValueError`` for one whose price is not known.
    """
    total, still_open = 0.0, 1.0
    for provider in order:
        record = records[provider]
        if record.usd_per_answer is None:
            raise ValueError(f"The price of {provider} is not known")
        total += still_open * record.usd_per_answer
        still_open *= 1 - record.hit_rate
    return total


def choose_order(
    given: Sequence[str],
    records: Mapping[Segment, Mapping[str, TrackRecord]],
    segment: Segment,
    *,
    min_observations: int,
) -> Choice:
    """The cheapest order of the ``given`` providers for a company of ``segment``; never another provider.

    It comes from the narrowest segment around it in which each of them was asked ``min_observations`` times at a known
    price; without one, the given order stands. Of two that cost the same per success, the one given first is first.
    """
    providers = tuple(dict.fromkeys(given))
    for around in segment.widened():
        known = records.get(around, {})
        usable = [
            record.usd_per_answer is not None and record.asked >= max(1, min_observations)
            for record in (known.get(provider) for provider in providers)
            if record is not None
        ]
        if len(usable) == len(providers) and all(usable):
            order = tuple(sorted(providers, key=lambda provider: _usd_per_success(known[provider])))
            return Choice(order, "learned", around, expected_usd(order, known), expected_usd(providers, known))
    return Choice(providers, "given")


def _usd_per_success(record: TrackRecord) -> float:
    return (record.usd_per_answer or 0.0) / record.hit_rate
