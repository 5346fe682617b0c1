"""Chooses the companies that a signal asks for: by what they are like and, except for conferences, by what they did and
when.

What is not known is not held against a company. Of several things that it did, those that fit are kept.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from prospecting.parsing.company_signals import stage_of
from prospecting.parsing.locations import location_matches, parse_location
from prospecting.parsing.prospect_research import EmployeeRange, parse_employee_range
from prospecting.parsing.records import CompanySignalRecord, Location, SponsorRecord
from prospecting.parsing.titles import classify_title, target_match
from prospecting.services.signal_criteria import as_number, size_named
from prospecting.services.signal_params import SignalParams, SignalType

Reason = tuple[str, str]
"""A code and a sentence."""


@dataclass(frozen=True, slots=True)
class CompanyRules:
    """The demands on companies of an execution that started on ``started_on``."""

    configuration: SignalParams
    started_on: date

    @property
    def type(self) -> SignalType:
        return self.configuration.type

    def fitting(self, company: SponsorRecord) -> SponsorRecord | Reason:
        """The company with what it did that fits, or the reason why it is not what was asked for."""
        if reason := self._company_misfit(company):
            return reason
        found = [(signal, self._signal_misfit(signal)) for signal in company.signals if says_enough(self.type, signal)]
        fitting = tuple(signal for signal, reason in found if reason is None)
        if found and not fitting:
            return next(reason for _, reason in found if reason)
        return replace(company, signals=fitting)

    def misfit(self, company: Mapping[str, Any]) -> Reason | None:
        """The reason why a stored company is not what was asked for: ``employee_range``, ``size``, ``seat`` and
        ``technologies``, as far as they are known.
        """
        wanted, known = self.configuration.criteria.technologies, company["technologies"]
        size = parse_employee_range(company["employee_range"]) or size_named(company["size"] or "")
        if reason := self._misfit(size, company["seat"]):
            return reason
        if wanted and known and not _share_words(wanted, known):
            return "other_technology", f"It uses none of {', '.join(wanted)}"
        return None

    def _company_misfit(self, company: SponsorRecord) -> Reason | None:
        return self._misfit(parse_employee_range(company.employee_range), company.headquarters)

    def _misfit(self, size: EmployeeRange | None, seat_named: str | None) -> Reason | None:
        criteria = self.configuration.criteria
        if criteria.company_size and size and not any(_overlap(size, wanted) for wanted in criteria.sizes()):
            return "other_size", f"Its size is none of {', '.join(criteria.company_size)}"
        seat = parse_location(seat_named) if seat_named else None
        if criteria.geographies and seat and not any(_may_be_in(seat, place) for place in criteria.geographies):
            return "elsewhere", f"Its seat is not in {', '.join(criteria.geographies)}"
        return None

    def _signal_misfit(self, signal: CompanySignalRecord) -> Reason | None:
        first, last = window_of(self.configuration, self.started_on)
        if first and (until := _last_day(signal)) and until < first:
            return "too_early", f"It is from before {first}"
        if last and signal.occurred_on and signal.occurred_on > last:
            return "too_late", f"It is from after {last}"
        if self.type is SignalType.funding and (reason := self._stage_misfit(signal)):
            return reason
        if self.type is SignalType.hiring and (reason := self._position_misfit(signal)):
            return reason
        criteria = self.configuration.criteria
        if self.type in (SignalType.funding, SignalType.acquisition) and (reason := self._amount_misfit(signal)):
            return reason
        if (
            criteria.technologies
            and signal.technologies
            and not _share_words(criteria.technologies, signal.technologies)
        ):
            return "other_technology", f"It names none of {', '.join(criteria.technologies)}"
        return None

    def _stage_misfit(self, signal: CompanySignalRecord) -> Reason | None:
        wanted, stage = self.configuration.criteria.stages(), stage_of(signal.round)
        if wanted and stage and stage not in wanted:
            return "other_stage", f"The round is none of {', '.join(self.configuration.criteria.funding_stage)}"
        return None

    def _amount_misfit(self, signal: CompanySignalRecord) -> Reason | None:
        criteria, amount = self.configuration.criteria, signal.amount
        if amount is None or signal.currency != criteria.amount_currency:
            return None
        if criteria.min_amount is not None and amount < criteria.min_amount:
            return "too_small", f"The amount is less than {criteria.min_amount:,f} {criteria.amount_currency}"
        if criteria.max_amount is not None and amount > criteria.max_amount:
            return "too_large", f"The amount is more than {criteria.max_amount:,f} {criteria.amount_currency}"
        return None

    def _position_misfit(self, signal: CompanySignalRecord) -> Reason | None:
        criteria, position = self.configuration.criteria, signal.position
        if position:
            if criteria.positions and not any(_is_position(position, wanted) for wanted in criteria.positions):
                return "other_position", f"The position is none of {', '.join(criteria.positions)}"
            if criteria.seniority and classify_title(position).seniority not in criteria.seniority:
                return "other_seniority", f"The seniority is none of {', '.join(criteria.seniority)}"
        if criteria.departments and (signal.department or position):
            named = [signal.department] if signal.department else []
            functions = sorted(classify_title(position).functions) if position else []
            if (named or functions) and not _share_words(criteria.departments, [*named, *functions]):
                return "other_department", f"The department is none of {', '.join(criteria.departments)}"
        return None


def window_of(configuration: SignalParams, started_on: date) -> tuple[date | None, date | None]:
    """The first and the last day that what a company did may be from; ``None``: open."""
    criteria = configuration.criteria
    days = {
        SignalType.funding: criteria.days_since_funding,
        SignalType.hiring: criteria.days_since_posted,
    }.get(configuration.type)
    since = None if days is None else started_on - timedelta(days=days)
    firsts = [day for day in (configuration.date_from, since) if day]
    return (max(firsts) if firsts else None), configuration.date_to


def asked_criteria(configuration: SignalParams) -> dict[str, Any]:
    """The criteria that are part of a question about companies, as fields of ``CompanySearch``."""
    criteria, type = configuration.criteria, configuration.type
    asked: dict[str, Any] = {
        "company_sizes": tuple(criteria.company_size),
        "geographies": tuple(criteria.geographies),
        "technologies": tuple(criteria.technologies),
    }
    if type is SignalType.funding:
        asked["funding_stages"] = tuple(criteria.funding_stage)
    if type is SignalType.hiring:
        asked |= {name: tuple(getattr(criteria, name)) for name in ("positions", "seniority", "departments")}
    if type in (SignalType.funding, SignalType.acquisition):
        amounts = {"min_amount": as_number(criteria.min_amount), "max_amount": as_number(criteria.max_amount)}
        if any(amount is not None for amount in amounts.values()):
            asked |= {**amounts, "amount_currency": criteria.amount_currency}
    return asked


def dated(signal: CompanySignalRecord, type: SignalType, seen_on: date) -> CompanySignalRecord:
    """The record without a day that cannot be: what was announced or posted was so before somebody found it.

    Launches may be announced for a day to come.
    """
    if type is SignalType.product_launch or signal.occurred_on is None or signal.occurred_on <= seen_on:
        return signal
    return replace(signal, occurred_on=None, date_precision=None)


def says_enough(type: SignalType, signal: CompanySignalRecord) -> bool:
    """True when a record says what makes a signal of this type: an open position without a title is none."""
    if type is SignalType.funding:
        return bool(signal.round or signal.amount or signal.investors or _is_bare(signal))
    if type is SignalType.hiring:
        return signal.position is not None
    if type is SignalType.product_launch:
        return signal.product is not None
    return bool(signal.target or signal.acquirer)


def _is_bare(signal: CompanySignalRecord) -> bool:
    """True when only a day is known."""
    return signal.occurred_on is not None and not (
        signal.position or signal.product or signal.target or signal.acquirer
    )


def _last_day(signal: CompanySignalRecord) -> date | None:
    day = signal.occurred_on
    if day is None or signal.date_precision not in ("month", "year"):
        return day
    month = 12 if signal.date_precision == "year" else day.month
    return date(day.year, month, calendar.monthrange(day.year, month)[1])


def _may_be_in(seat: Location, wanted: str) -> bool:
    """True also when too little is known: of a seat in the USA nobody knows whether it is in Boston."""
    if location_matches(seat, wanted):
        return True
    place = parse_location(wanted)
    return (
        place.country_code == seat.country_code
        and (place.city is not None or place.region is not None)
        and seat.city is None
        and (seat.region is None or (seat.region == place.region and place.city is not None))
    )


def _overlap(one: EmployeeRange, other: EmployeeRange) -> bool:
    return (one.min or 0) <= (other.max if other.max is not None else 10**12) and (other.min or 0) <= (
        one.max if one.max is not None else 10**12
    )


def _is_position(position: str, wanted: str) -> bool:
    return wanted.casefold() in position.casefold() or target_match(position, wanted) is not None


def _share_words(wanted: list[str], said: Any) -> bool:
    """True when one of the wanted names is one of those said, or occurs in it as a word."""
    texts = [f" {' '.join(text.casefold().replace('/', ' ').replace(',', ' ').split())} " for text in said]
    return any(f" {' '.join(name.casefold().split())} " in text for name in wanted for text in texts)
