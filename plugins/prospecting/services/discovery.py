"""Asks agents what an execution wants to know: events or companies by keyword, sponsors of events, people of companies.

A task can run twice: the ledger replays the answers of this execution, and saving again changes nothing. What was
planned (``execution_questions``) is saved in its turn, anything else at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection, RowMapping

from prospecting.agents.errors import AgentError, BudgetExceeded, Cancelled, NoSuchData, RequestRefused
from prospecting.agents.ledger import Ledger, LedgerAnswer
from prospecting.agents.searches import CompanySearch, EventSearch, PeopleSearch, Search, SponsorSearch
from prospecting.persistence import signals
from prospecting.persistence.execution_questions import Stage, note_answer, note_unanswered
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.services.answers import Origin
from prospecting.services.asking import Asked, AskedAtOnce, AskingErrors
from prospecting.services.company_fit import asked_criteria, window_of
from prospecting.services.execution_progress import ProgressNotes
from prospecting.services.executions import Execution
from prospecting.services.findings import Unexpected, record_type, record_unexpected, save_finding, save_in_order
from prospecting.services.interruption import Interrupted
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import AgentFamily, SignalParams, SignalType
from prospecting.services.unexpected import concerns_one, log_unexpected

log = logging.getLogger(__name__)


OVER_BUDGET = "over_budget"
"""The reason in ``rejected_records`` of a question that was not asked because the budget is used up."""

_Question = tuple[Search, str | int]


def _nobody_kills() -> bool:
    return False


def _is_unanswerable(error: BaseException | None) -> bool:
    """True for what says nothing about the next question: nobody answers this one."""
    return isinstance(error, RequestRefused | NoSuchData)


def _stops(asked: Asked[_Question, LedgerAnswer]) -> bool:
    """True of an outcome after which no other question needs to be asked: it would end the same way."""
    error = asked.error
    if isinstance(error, AgentError):
        return not (error.retryable or _is_unanswerable(error))
    return isinstance(error, Exception) and not concerns_one(error)


@dataclass(slots=True)
class _Questions:
    """The questions of one task: counts what came of the answers, and notes what failed."""

    runtime: Runtime
    ledger: Ledger
    execution: Execution
    stage: Stage
    is_killed: Callable[[], bool]
    errors: AskingErrors = field(init=False)
    progress: ProgressNotes = field(init=False)
    failures: list[RejectedRow] = field(default_factory=list)
    unexpected: list[Unexpected] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    asked: int = 0
    planned: int = 0
    found: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        self.errors = AskingErrors(is_last_try=self.runtime.is_last_try)
        self.progress = ProgressNotes(self.runtime, self.execution.id)

    def ask(self, questions: Sequence[_Question], max_in_flight: int | None) -> dict[str, int]:
        """Ask the questions, several at once; save what each answer holds, or note it when it is to be saved in its
        turn. Returns the counts of what was saved.

        An unexpected error costs one question alone. What only a person can mend, and what concerns every question,
        ends the asking; it is raised once what was answered by then is kept.
        """
        with AskedAtOnce(
            questions,
            lambda question: self.ledger.ask(question[0]),
            max_in_flight=max_in_flight or self.execution.configuration.max_in_flight,
            stops=_stops,
            is_halted=self.is_killed,
        ) as all_asked:
            for asked in all_asked:
                self._settle(asked)
        return self._finish()

    def _settle(self, asked: Asked[_Question, LedgerAnswer]) -> None:
        source = self.stage.source(asked.item[1])
        is_one_of_many = isinstance(asked.error, BudgetExceeded) and isinstance(self.errors.stopped_by, BudgetExceeded)
        if asked.is_left_out or is_one_of_many:
            self.left_out.append(source)
            return
        self.asked += 1
        if isinstance(asked.error, AgentError):
            self._note_failure(asked.error, source)
            return
        try:
            if asked.error is not None:
                raise asked.error
            assert asked.result is not None
            self._take(asked.result, source)
        except Exception as error:
            if not concerns_one(error):
                raise
            log_unexpected(source, error)
            self.unexpected.append(Unexpected(source, error, asked.result.call_id if asked.result else None))
            self.rejected += 1
        self.progress.note()

    def _note_failure(self, error: AgentError, source: str) -> None:
        log.warning("%s: %s: %s", source, error.kind, error)
        if (_is_unanswerable(error) or self.errors.add(error)) and not isinstance(error, Cancelled):
            kind = record_type(self.stage, self.execution.configuration)
            self.failures.append(RejectedRow("agent", kind, error.kind, str(error), source=source))

    def _take(self, answer: LedgerAnswer, source: str) -> None:
        note = partial(note_answer, execution_id=self.execution.id, source=source, call_id=answer.call_id)
        if self.runtime.write(note):
            self.planned += 1
            return
        origin = Origin(self.execution.source_system, source, self.execution.id, answer.call_id)
        saved = save_finding(self.runtime, self.execution, self.stage, answer.content, origin)
        self.found += saved.records
        self.rejected += saved.rejected

    def _finish(self) -> dict[str, int]:
        """The counts of what was saved; raises what stopped the asking or was delayed, and an unexpected error when
        every question met one.
        """
        if self.left_out and self.is_killed():
            raise Interrupted(f"The task was killed; {len(self.left_out)} of its questions were not asked")
        self._write_failures()
        if self.planned or self.failures or self.unexpected:
            saved = save_in_order(self.runtime, self.execution, self.stage)
            self.found += saved.found
            self.rejected += saved.rejected
        if self.left_out:
            log.warning("%d questions were not asked any more", len(self.left_out))
        if self.errors.first is not None:
            raise self.errors.first
        if self._is_everybodys:
            raise self.unexpected[0].error
        return {"found": self.found, "rejected": self.rejected}

    @property
    def _is_everybodys(self) -> bool:
        """True when no question went without an unexpected error: that is a bug, and no answer's fault."""
        return bool(self.unexpected) and len(self.unexpected) == self.asked

    def _write_failures(self) -> None:
        if self.failures or self.unexpected:
            self.runtime.write(self._record)

    def _record(self, connection: Connection) -> None:
        record_rejected(connection, self.execution.id, [*self.failures, *self._over_budget()])
        is_answers_fault = not self._is_everybodys
        record_unexpected(connection, self.execution, self.stage, self.unexpected, is_answers_fault=is_answers_fault)
        unanswered = [row.source for row in self.failures if row.source]
        if is_answers_fault:
            unanswered += [one.source for one in self.unexpected]
        note_unanswered(connection, self.execution.id, unanswered)

    def _over_budget(self) -> list[RejectedRow]:
        """The questions that were not asked because the budget is used up: no errors, but nothing that was answered."""
        if not isinstance(self.errors.stopped_by, BudgetExceeded):
            return []
        kind = record_type(self.stage, self.execution.configuration)
        detail = "Not asked: the budget is used up. Run again with a larger one; what was answered is reused"
        return [RejectedRow("filter", kind, OVER_BUDGET, detail, source=source) for source in self.left_out]


def discover(runtime: Runtime, ledger: Ledger, execution: Execution, keyword: str) -> dict[str, int]:
    """Ask for events (for other types: companies) about one keyword; save those that fit. Returns counts."""
    questions = searches_about(runtime, execution, Stage.DISCOVER, [keyword])
    return _Questions(runtime, ledger, execution, Stage.DISCOVER, _nobody_kills).ask(questions, max_in_flight=1)


def extract_sponsors(
    runtime: Runtime,
    ledger: Ledger,
    execution: Execution,
    event_ids: Sequence[int],
    *,
    max_in_flight: int | None = None,
    is_killed: Callable[[], bool] = _nobody_kills,
) -> dict[str, int]:
    """Ask who sponsors each of these events; save the companies, linked with their tiers. Returns counts.

    Asks ``max_in_flight`` questions at once (``None``: as many as the execution says), and none any more once
    ``is_killed``.
    """
    questions = searches_about(runtime, execution, Stage.EXTRACT_SPONSORS, event_ids)
    return _Questions(runtime, ledger, execution, Stage.EXTRACT_SPONSORS, is_killed).ask(questions, max_in_flight)


def find_people(
    runtime: Runtime,
    ledger: Ledger,
    execution: Execution,
    company_ids: Sequence[int],
    *,
    max_in_flight: int | None = None,
    is_killed: Callable[[], bool] = _nobody_kills,
) -> dict[str, int]:
    """Ask for the decision makers of each of these companies; save those in a target function. Returns counts.

    ``max_in_flight`` and ``is_killed`` as above.
    """
    questions = searches_about(runtime, execution, Stage.FIND_PEOPLE, company_ids)
    return _Questions(runtime, ledger, execution, Stage.FIND_PEOPLE, is_killed).ask(questions, max_in_flight)


# --------------------------------------------------------------------------------------------------- the questions
def searches_about(
    runtime: Runtime, execution: Execution, stage: Stage, subjects: Sequence[str] | Sequence[int]
) -> list[tuple[Search, str | int]]:
    """The questions of a stage about keywords, or about events or companies of the execution by id; each with its
    subject.
    """
    configuration = execution.configuration
    ids = [int(subject) for subject in subjects] if stage is not Stage.DISCOVER else []
    if stage is Stage.DISCOVER:
        return [(_about_keyword(execution, str(keyword)), keyword) for keyword in subjects]
    if stage is Stage.EXTRACT_SPONSORS:
        events = runtime.read(lambda connection: signals.query_events(connection, execution.id, ids))
        return [(_about_event(event), event["id"]) for event in events]
    companies = runtime.read(lambda connection: signals.query_companies(connection, execution.id, ids))
    return [(_about_company(configuration, company), company["id"]) for company in companies]


def _about_keyword(execution: Execution, keyword: str) -> Search:
    configuration = execution.configuration
    if configuration.type is SignalType.conference:
        return EventSearch(
            keyword=keyword,
            locations=tuple(configuration.locations),
            min_attendees=configuration.min_attendees,
            starts_from=configuration.date_from,
            starts_until=configuration.date_to,
            industries=tuple(configuration.industries),
            discovery_prompt=configuration.discovery_prompt,
            # More than the keyword's share: what another keyword leaves unused may be passed on to this one.
            limit=configuration.limits.max_events,
            event_type=configuration.criteria.event_type,
            max_attendees=configuration.criteria.max_attendees,
            # Live agents are told what day it is; a day in the question would keep answers from being used again.
            upcoming_from=execution.started_on if configuration.agents is AgentFamily.catalog else None,
        )
    return CompanySearch(
        signal_type=configuration.type.value,
        keyword=keyword,
        locations=tuple(configuration.locations),
        industries=tuple(configuration.industries),
        starts_from=window_of(configuration, execution.started_on)[0],
        starts_until=configuration.date_to,
        discovery_prompt=configuration.discovery_prompt,
        limit=configuration.limits.max_companies,
        **asked_criteria(configuration),
    )


def _about_event(event: RowMapping) -> Search:
    return SponsorSearch(
        event_name=event["name"],
        website=event["website_url"],
        starts_on=event["start_dt"],
        city=event["city"],
        year=event["year"],
        is_upcoming=event["is_upcoming"],
    )


def _about_company(configuration: SignalParams, company: RowMapping) -> Search:
    return PeopleSearch(
        company_name=company["name"],
        domain=company["domain"],
        industry=company["primary_industry"],
        target_functions=tuple(configuration.target_functions),
        outreach_context=configuration.outreach_context,
        limit=configuration.limits.max_people_per_company,
    )
