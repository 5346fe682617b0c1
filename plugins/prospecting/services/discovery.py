"""Asks agents what an execution wants to know: events or companies by keyword, sponsors of events, people of companies.

A task can run twice: the ledger replays the answers of this execution, and saving again changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from prospecting.agents.errors import AgentError, NoSuchData, RequestRefused
from prospecting.agents.ledger import Ledger, LedgerAnswer
from prospecting.agents.searches import CompanySearch, EventSearch, PeopleSearch, Search, SponsorSearch
from prospecting.parsing.records import EventRecord
from prospecting.persistence import signals
from prospecting.persistence.agent_calls import mark_unusable, query_answers
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.services.answers import (
    Origin,
    SavedRecords,
    SponsorRules,
    over_limit,
    read_events,
    save_companies,
    save_event_records,
    save_people,
)
from prospecting.services.asking import AskingErrors
from prospecting.services.event_shares import pass_on_shares
from prospecting.services.executions import Execution, find_execution
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import SignalParams, SignalType
from prospecting.services.signals import event_misfit
from prospecting.services.unexpected import REASON, concerns_one, describe_unexpected, log_unexpected

log = logging.getLogger(__name__)


Save = Callable[[bytes, Origin], SavedRecords]


@dataclass(frozen=True, slots=True)
class _Unexpected:
    """An error nobody expected, about one source, and the answer it came with, if there was one."""

    source: str
    error: Exception
    call_id: int | None


@dataclass(slots=True)
class _Questions:
    """The questions of one task: counts what came of the answers, and notes what failed."""

    runtime: Runtime
    ledger: Ledger
    execution: Execution
    record_type: str
    errors: AskingErrors = field(init=False)
    failures: list[RejectedRow] = field(default_factory=list)
    unexpected: list[_Unexpected] = field(default_factory=list)
    asked: int = 0
    found: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        self.errors = AskingErrors(is_last_try=self.runtime.is_last_try)

    def ask(self, search: Search, source: str, save: Save) -> None:
        """Ask a question and save what its answer holds. An unexpected error costs this question alone.

        Raises what only a person can mend, and what concerns every question.
        """
        self.asked += 1
        answer = None
        try:
            answer = self._answer(search, source)
            if answer is not None:
                origin = Origin(self.execution.source_system, source, self.execution.id, answer.call_id)
                saved = save(answer.content, origin)
                self.found += saved.records
                self.rejected += saved.rejected
        except Exception as error:
            if not concerns_one(error):
                raise
            log_unexpected(source, error)
            self.unexpected.append(_Unexpected(source, error, answer.call_id if answer else None))
            self.rejected += 1

    def _answer(self, search: Search, source: str) -> LedgerAnswer | None:
        """The answer, or ``None`` when there is none (now)."""
        try:
            return self.ledger.ask(search)
        except (RequestRefused, NoSuchData) as error:
            log.warning("%s: %s", source, error)
            self._note(error, source)
        except AgentError as error:
            log.warning("%s: %s: %s", source, error.kind, error)
            if self.errors.add(error):
                self._note(error, source)
            if self.errors.stopped_by is not None:
                self._write_failures()
                raise
        return None

    def finish(self) -> dict[str, int]:
        """The counts; raises an error that was delayed, and an unexpected one when every question met one."""
        self._write_failures()
        if self.errors.first is not None:
            raise self.errors.first
        if self._is_everybodys:
            raise self.unexpected[0].error
        return {"found": self.found, "rejected": self.rejected}

    def _note(self, error: AgentError, source: str) -> None:
        self.failures.append(RejectedRow("agent", self.record_type, error.kind, str(error), source=source))

    @property
    def _is_everybodys(self) -> bool:
        """True when no question went without an unexpected error: that is a bug, and no answer's fault."""
        return bool(self.unexpected) and len(self.unexpected) == self.asked

    def _write_failures(self) -> None:
        if self.failures or self.unexpected:
            self.runtime.write(self._record)

    def _record(self, connection: Connection) -> None:
        rows = [
            RejectedRow("save", self.record_type, REASON, describe_unexpected(one.error), source=one.source)
            for one in self.unexpected
        ]
        record_rejected(connection, self.execution.id, [*self.failures, *rows])
        if not self._is_everybodys:
            for one in self.unexpected:
                calls = [one.call_id] if one.call_id is not None else []
                mark_unusable(connection, calls, reason=REASON, detail=describe_unexpected(one.error))


def keyword_source(keyword: str) -> str:
    """The name of a keyword as the source of rejected records."""
    return f"keyword {keyword}"


def event_source(event_id: int) -> str:
    """The name of an event as the source of rejected records."""
    return f"event {event_id}"


def company_source(company_id: int) -> str:
    """The name of a company as the source of rejected records."""
    return f"company {company_id}"


def discover(runtime: Runtime, ledger: Ledger, execution: Execution, keyword: str) -> dict[str, int]:
    """Ask for events (for funding and hiring: companies) about one keyword; save those that fit. Returns counts."""
    if execution.configuration.type is SignalType.conference:
        return _discover_events(runtime, ledger, execution, keyword)
    return _discover_companies(runtime, ledger, execution, keyword)


def _discover_events(runtime: Runtime, ledger: Ledger, execution: Execution, keyword: str) -> dict[str, int]:
    configuration = execution.configuration
    questions = _Questions(runtime, ledger, execution, "event")

    def save(answer: bytes, origin: Origin) -> SavedRecords:
        events, rejected = _read_fitting(runtime, answer, origin, configuration)
        share = events[: configuration.events_for(keyword)]
        return save_event_records(runtime, share, rejected, origin, sponsors=_sponsor_rules(configuration))

    questions.ask(
        EventSearch(
            keyword=keyword,
            locations=tuple(configuration.locations),
            min_attendees=configuration.min_attendees,
            starts_from=configuration.date_from,
            starts_until=configuration.date_to,
            industries=tuple(configuration.industries),
            discovery_prompt=configuration.discovery_prompt,
            # More than the keyword's share: what another keyword leaves unused may be passed on to this one.
            limit=configuration.limits.max_events,
        ),
        keyword_source(keyword),
        save,
    )
    return questions.finish()


def _read_fitting(
    runtime: Runtime, answer: bytes, origin: Origin, configuration: SignalParams
) -> tuple[list[EventRecord], list[RejectedRow]]:
    """The events in an answer that are asked for, and what was left out."""
    return read_events(answer, origin, lambda event: event_misfit(event, configuration), bounds=runtime.reading)


def _sponsor_rules(configuration: SignalParams) -> SponsorRules | None:
    """How sponsors named with events are saved; ``None`` when an execution does not want sponsors."""
    if not configuration.extract_sponsors:
        return None
    limits = configuration.limits
    return SponsorRules(
        limits.max_sponsors_per_event, limits.enough_sponsors_per_event, configuration.fallback_industry
    )


def pass_on_unused_shares(runtime: Runtime, execution_id: UUID | str) -> int:
    """Save events beyond some keywords' shares where others left theirs unused. Returns how many there were.

    Runs once every keyword was searched, on the answers in the ledger: nothing is asked. Events for which there is no
    room are kept in ``rejected_records``. Doing it twice changes nothing.
    """
    execution = runtime.read(lambda connection: find_execution(connection, execution_id))
    configuration = execution.configuration
    if configuration.type is not SignalType.conference:
        return 0
    answers = runtime.read(lambda connection: query_answers(connection, scope=execution.scope, agent=EventSearch.agent))
    origins = {
        keyword: Origin(execution.source_system, keyword_source(keyword), execution.id)
        for keyword in configuration.event_keywords
    }
    fitting = {
        keyword: _read_fitting(runtime, response, origins[keyword], configuration)[0]
        for request, response in answers
        if (keyword := request["keyword"]) in origins
    }
    passed_on = 0
    detail = f"Only {configuration.limits.max_events} events per execution are kept (limits.max_events)"
    for keyword, allotment in pass_on_shares(fitting, configuration).items():
        origin = origins[keyword]
        left = over_limit(allotment.left, detail, origin)
        if allotment.kept or left:
            passed_on += _pass_on(runtime, allotment.kept, left, origin, configuration)
    if passed_on:
        log.info("%d events more: some keywords did not use their share of limits.max_events", passed_on)
    return passed_on


def _pass_on(
    runtime: Runtime,
    events: Sequence[EventRecord],
    left: Sequence[RejectedRow],
    origin: Origin,
    configuration: SignalParams,
) -> int:
    """Save one keyword's further events; returns how many. An unexpected error costs these alone: what every keyword
    brought at first is saved, and has to be worked on.
    """
    try:
        return save_event_records(runtime, events, left, origin, sponsors=_sponsor_rules(configuration)).records
    except Exception as error:
        if not concerns_one(error):
            raise
        log_unexpected(origin.source, error)
        row = RejectedRow("save", "event", REASON, describe_unexpected(error), source=origin.source)
        runtime.write(lambda connection: record_rejected(connection, origin.execution_id, [row]))
        return 0


def _discover_companies(runtime: Runtime, ledger: Ledger, execution: Execution, keyword: str) -> dict[str, int]:
    configuration = execution.configuration
    questions = _Questions(runtime, ledger, execution, "company")
    limit = configuration.limits.max_companies
    questions.ask(
        CompanySearch(
            signal_type=configuration.type.value,
            keyword=keyword,
            locations=tuple(configuration.locations),
            industries=tuple(configuration.industries),
            starts_from=configuration.date_from,
            starts_until=configuration.date_to,
            discovery_prompt=configuration.discovery_prompt,
            limit=limit,
        ),
        keyword_source(keyword),
        partial(save_companies, runtime, limit=limit, per="keyword", fallback_industry=configuration.fallback_industry),
    )
    return questions.finish()


def extract_sponsors(
    runtime: Runtime, ledger: Ledger, execution: Execution, event_ids: Sequence[int]
) -> dict[str, int]:
    """Ask who sponsors each of these events; save the companies, linked with their tiers. Returns counts."""
    configuration = execution.configuration
    questions = _Questions(runtime, ledger, execution, "sponsor")
    for event in runtime.read(lambda connection: signals.query_events(connection, execution.id, event_ids)):
        questions.ask(
            SponsorSearch(
                event_name=event["name"],
                website=event["website_url"],
                starts_on=event["start_dt"],
                city=event["city"],
                year=event["year"],
            ),
            event_source(event["id"]),
            partial(
                save_companies,
                runtime,
                limit=configuration.limits.max_sponsors_per_event,
                per="event",
                event_id=event["id"],
                fallback_industry=configuration.fallback_industry,
            ),
        )
    return questions.finish()


def find_people(runtime: Runtime, ledger: Ledger, execution: Execution, company_ids: Sequence[int]) -> dict[str, int]:
    """Ask for the decision makers of each of these companies; save those in a target function. Returns counts."""
    configuration = execution.configuration
    questions = _Questions(runtime, ledger, execution, "person")
    for company in runtime.read(lambda connection: signals.query_companies(connection, execution.id, company_ids)):
        questions.ask(
            PeopleSearch(
                company_name=company["name"],
                domain=company["domain"],
                industry=company["primary_industry"],
                target_functions=tuple(configuration.target_functions),
                outreach_context=configuration.outreach_context,
                limit=configuration.limits.max_people_per_company,
            ),
            company_source(company["id"]),
            partial(
                save_people,
                runtime,
                company_id=company["id"],
                target_functions=configuration.target_functions,
                limit=configuration.limits.max_people_per_company,
                observed_on=execution.started_on,
            ),
        )
    return questions.finish()
