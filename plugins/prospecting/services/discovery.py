"""Asks agents what an execution wants to know: events or companies by keyword, sponsors of events, people of companies.

A task can run twice: the ledger replays the answers of this execution, and saving again changes nothing. What was
planned (``execution_questions``) is saved in its turn, anything else at once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from prospecting.agents.errors import AgentError, NoSuchData, RequestRefused
from prospecting.agents.ledger import Ledger, LedgerAnswer
from prospecting.agents.searches import CompanySearch, EventSearch, PeopleSearch, Search, SponsorSearch
from prospecting.persistence import signals
from prospecting.persistence.execution_questions import Stage, note_answer, note_unanswered
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.services.answers import Origin
from prospecting.services.asking import AskingErrors
from prospecting.services.executions import Execution
from prospecting.services.findings import Unexpected, record_type, record_unexpected, save_finding, save_in_order
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import AgentFamily, SignalType
from prospecting.services.unexpected import concerns_one, log_unexpected

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Questions:
    """The questions of one task: counts what came of the answers, and notes what failed."""

    runtime: Runtime
    ledger: Ledger
    execution: Execution
    stage: Stage
    errors: AskingErrors = field(init=False)
    failures: list[RejectedRow] = field(default_factory=list)
    unexpected: list[Unexpected] = field(default_factory=list)
    asked: int = 0
    planned: int = 0
    found: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        self.errors = AskingErrors(is_last_try=self.runtime.is_last_try)

    def ask(self, search: Search, subject: str | int) -> None:
        """Ask a question; save what its answer holds, or note it when it is to be saved in its turn.

        An unexpected error costs this question alone. Raises what only a person can mend, and what concerns every
        question.
        """
        self.asked += 1
        source = self.stage.source(subject)
        answer = None
        try:
            answer = self._answer(search, source)
            if answer is not None:
                self._take(answer, source)
        except Exception as error:
            if not concerns_one(error):
                raise
            log_unexpected(source, error)
            self.unexpected.append(Unexpected(source, error, answer.call_id if answer else None))
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

    def _take(self, answer: LedgerAnswer, source: str) -> None:
        note = partial(note_answer, execution_id=self.execution.id, source=source, call_id=answer.call_id)
        if self.runtime.write(note):
            self.planned += 1
            return
        origin = Origin(self.execution.source_system, source, self.execution.id, answer.call_id)
        saved = save_finding(self.runtime, self.execution, self.stage, answer.content, origin)
        self.found += saved.records
        self.rejected += saved.rejected

    def finish(self) -> dict[str, int]:
        """The counts of what was saved; raises an error that was delayed, and an unexpected one when every question met
        one.
        """
        self._write_failures()
        if self.planned or self.failures or self.unexpected:
            saved = save_in_order(self.runtime, self.execution, self.stage)
            self.found += saved.found
            self.rejected += saved.rejected
        if self.errors.first is not None:
            raise self.errors.first
        if self._is_everybodys:
            raise self.unexpected[0].error
        return {"found": self.found, "rejected": self.rejected}

    def _note(self, error: AgentError, source: str) -> None:
        kind = record_type(self.stage, self.execution.configuration)
        self.failures.append(RejectedRow("agent", kind, error.kind, str(error), source=source))

    @property
    def _is_everybodys(self) -> bool:
        """True when no question went without an unexpected error: that is a bug, and no answer's fault."""
        return bool(self.unexpected) and len(self.unexpected) == self.asked

    def _write_failures(self) -> None:
        if self.failures or self.unexpected:
            self.runtime.write(self._record)

    def _record(self, connection: Connection) -> None:
        record_rejected(connection, self.execution.id, self.failures)
        is_answers_fault = not self._is_everybodys
        record_unexpected(connection, self.execution, self.stage, self.unexpected, is_answers_fault=is_answers_fault)
        unanswered = [row.source for row in self.failures if row.source]
        if is_answers_fault:
            unanswered += [one.source for one in self.unexpected]
        note_unanswered(connection, self.execution.id, unanswered)


def discover(runtime: Runtime, ledger: Ledger, execution: Execution, keyword: str) -> dict[str, int]:
    """Ask for events (for funding and hiring: companies) about one keyword; save those that fit. Returns counts."""
    configuration = execution.configuration
    questions = _Questions(runtime, ledger, execution, Stage.DISCOVER)
    search: Search
    if configuration.type is SignalType.conference:
        search = EventSearch(
            keyword=keyword,
            locations=tuple(configuration.locations),
            min_attendees=configuration.min_attendees,
            starts_from=configuration.date_from,
            starts_until=configuration.date_to,
            industries=tuple(configuration.industries),
            discovery_prompt=configuration.discovery_prompt,
            # More than the keyword's share: what another keyword leaves unused may be passed on to this one.
            limit=configuration.limits.max_events,
            # Live agents are told what day it is; a day in the question would keep answers from being used again.
            upcoming_from=execution.started_on if configuration.agents is AgentFamily.catalog else None,
        )
    else:
        search = CompanySearch(
            signal_type=configuration.type.value,
            keyword=keyword,
            locations=tuple(configuration.locations),
            industries=tuple(configuration.industries),
            starts_from=configuration.date_from,
            starts_until=configuration.date_to,
            discovery_prompt=configuration.discovery_prompt,
            limit=configuration.limits.max_companies,
        )
    questions.ask(search, keyword)
    return questions.finish()


def extract_sponsors(
    runtime: Runtime, ledger: Ledger, execution: Execution, event_ids: Sequence[int]
) -> dict[str, int]:
    """Ask who sponsors each of these events; save the companies, linked with their tiers. Returns counts."""
    questions = _Questions(runtime, ledger, execution, Stage.EXTRACT_SPONSORS)
    for event in runtime.read(lambda connection: signals.query_events(connection, execution.id, event_ids)):
        questions.ask(
            SponsorSearch(
                event_name=event["name"],
                website=event["website_url"],
                starts_on=event["start_dt"],
                city=event["city"],
                year=event["year"],
                is_upcoming=event["is_upcoming"],
            ),
            event["id"],
        )
    return questions.finish()


def find_people(runtime: Runtime, ledger: Ledger, execution: Execution, company_ids: Sequence[int]) -> dict[str, int]:
    """Ask for the decision makers of each of these companies; save those in a target function. Returns counts."""
    configuration = execution.configuration
    questions = _Questions(runtime, ledger, execution, Stage.FIND_PEOPLE)
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
            company["id"],
        )
    return questions.finish()
