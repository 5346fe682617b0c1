"""Saves what an execution has found out: the answers to its questions, in the order in which they were planned.

Tasks of a stage ask at the same time, and none waits for another. Of two answers that disagree the first stands, and
the first is the one planned first: what an execution leaves behind is the same whichever task was faster. An answer
that comes before its turn stays in the ledger; whoever brings the last one missing saves both, at the latest the task
after the stage.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from prospecting.agents.searches import EventSearch
from prospecting.parsing.records import EventRecord
from prospecting.persistence.agent_calls import find_answer_time, mark_unusable, query_answers
from prospecting.persistence.execution_questions import (
    Stage,
    WaitingAnswer,
    claim_answer,
    count_saved,
    find_next_answer,
    pass_over_unanswered,
)
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
from prospecting.services.company_fit import CompanyRules
from prospecting.services.event_shares import pass_on_shares
from prospecting.services.executions import Execution, find_execution
from prospecting.services.runtime import Runtime
from prospecting.services.signal_params import SignalParams, SignalType
from prospecting.services.signals import event_misfit, upcoming_first
from prospecting.services.unexpected import REASON, concerns_one, describe_unexpected, log_unexpected

log = logging.getLogger(__name__)


class AnswerTaken(Exception):
    """Another transaction has saved the answer."""


@dataclass(frozen=True, slots=True)
class Unexpected:
    """An error nobody expected, about one source, and the answer it came with, if there was one."""

    source: str
    error: Exception
    call_id: int | None


# ------------------------------------------------------------------------------------------------------ one answer
def record_type(stage: Stage, configuration: SignalParams) -> str:
    """The type of what a stage finds, as it is noted in ``rejected_records``."""
    if stage is Stage.DISCOVER:
        return "event" if configuration.type is SignalType.conference else "company"
    return "sponsor" if stage is Stage.EXTRACT_SPONSORS else "person"


def save_finding(runtime: Runtime, execution: Execution, stage: Stage, answer: bytes, origin: Origin) -> SavedRecords:
    """Save what an answer about ``origin.source`` holds, as far as the execution's configuration wants it."""
    configuration = execution.configuration
    limits = configuration.limits
    subject = stage.subject(origin.source)
    origin = replace(origin, answered_on=_day_of_answer(runtime, origin) or execution.started_on)
    if stage is Stage.FIND_PEOPLE:
        return save_people(
            runtime,
            answer,
            origin,
            company_id=int(subject),
            target_functions=configuration.target_functions,
            limit=limits.max_people_per_company,
            observed_on=origin.seen_on,
        )
    if stage is Stage.EXTRACT_SPONSORS:
        return save_companies(
            runtime,
            answer,
            origin,
            limit=limits.max_sponsors_per_event,
            per="event",
            event_id=int(subject),
            fallback_industry=configuration.fallback_industry,
            today=execution.started_on,
        )
    if configuration.type is not SignalType.conference:
        return save_companies(
            runtime,
            answer,
            origin,
            limit=limits.max_companies,
            per="keyword",
            fallback_industry=configuration.fallback_industry,
            rules=CompanyRules(configuration, execution.started_on),
        )
    events, rejected = _read_fitting(runtime, answer, origin, execution)
    share = events[: configuration.events_for(subject)]
    return save_event_records(runtime, share, rejected, origin, sponsors=_sponsor_rules(configuration))


def _day_of_answer(runtime: Runtime, origin: Origin) -> date | None:
    """The day (UTC) an answer was given: one from the ledger may be older than the execution that uses it."""
    if (call_id := origin.call_id) is None:
        return None
    answered = runtime.read(lambda connection: find_answer_time(connection, call_id))
    return answered.astimezone(UTC).date() if answered else None


def record_unexpected(
    connection: Connection, execution: Execution, stage: Stage, errors: Sequence[Unexpected], *, is_answers_fault: bool
) -> None:
    """Keep that these answers could not be saved; if that is their fault, nobody uses them again."""
    rows = [
        RejectedRow(
            "save",
            record_type(stage, execution.configuration),
            REASON,
            describe_unexpected(one.error),
            source=one.source,
        )
        for one in errors
    ]
    record_rejected(connection, execution.id, rows)
    if is_answers_fault:
        for one in errors:
            calls = [one.call_id] if one.call_id is not None else []
            mark_unusable(connection, calls, reason=REASON, detail=describe_unexpected(one.error))


# ------------------------------------------------------------------------------------------------------ in order
@dataclass(slots=True)
class Counts:
    """How many records were saved, and how many could not be used or were not wanted."""

    found: int = 0
    rejected: int = 0


def save_in_order(runtime: Runtime, execution: Execution, stage: Stage, *, is_last: bool = False) -> Counts:
    """Save the answers of a stage whose turn it is: those that no open question precedes. Returns counts.

    ``is_last``: nobody asks any more, so questions without an answer are passed over. An unexpected error costs one
    answer; unless ``is_last``, it is raised when no answer of the stage went without one: that is a bug.
    """
    counts = Counts()
    errors: list[Unexpected] = []
    while answer := runtime.read(
        partial(
            find_next_answer,
            execution_id=execution.id,
            stage=stage,
            skipped=[one.source for one in errors],
            is_last=is_last,
        )
    ):
        origin = Origin(
            execution.source_system, answer.source, execution.id, answer.call_id, partial(_claim, execution.id, answer)
        )
        try:
            saved = save_finding(runtime, execution, stage, answer.response, origin)
        except AnswerTaken:
            continue
        except Exception as error:
            if not concerns_one(error):
                raise
            log_unexpected(answer.source, error)
            errors.append(Unexpected(answer.source, error, answer.call_id))
            counts.rejected += 1
        else:
            counts.found += saved.records
            counts.rejected += saved.rejected
    if errors:
        _settle_errors(runtime, execution, stage, errors, is_last)
    if is_last:
        runtime.write(partial(pass_over_unanswered, execution_id=execution.id, stage=stage))
    return counts


def save_waiting(runtime: Runtime, execution_id: UUID | str, *stages: Stage) -> None:
    """Save the answers of stages that have ended, in order, as far as they are not saved: some never had their turn."""
    execution = runtime.read(partial(find_execution, execution_id=execution_id))
    for stage in stages:
        counts = save_in_order(runtime, execution, stage, is_last=True)
        if counts.found or counts.rejected:
            log.info("%s: saved %d records that had to wait, rejected %d", stage, counts.found, counts.rejected)


def _claim(execution_id: UUID, answer: WaitingAnswer, connection: Connection) -> None:
    if not claim_answer(connection, execution_id, answer):
        raise AnswerTaken


def _settle_errors(
    runtime: Runtime, execution: Execution, stage: Stage, errors: Sequence[Unexpected], is_last: bool
) -> None:
    def settle(connection: Connection) -> bool:
        is_answers_fault = count_saved(connection, execution.id, stage) > 0
        record_unexpected(connection, execution, stage, errors, is_answers_fault=is_answers_fault)
        if is_answers_fault:
            for one in errors:
                assert one.call_id is not None
                claim_answer(connection, execution.id, WaitingAnswer(one.source, one.call_id, b""))
        return is_answers_fault

    if not runtime.write(settle) and not is_last:
        raise errors[0].error


# ------------------------------------------------------------------------------------------- shares of the limit
def _read_fitting(
    runtime: Runtime, answer: bytes, origin: Origin, execution: Execution
) -> tuple[list[EventRecord], list[RejectedRow]]:
    """The events in an answer that are asked for, those to come first, and what was left out."""
    events, rejected = read_events(
        answer, origin, lambda event: event_misfit(event, execution.configuration), bounds=runtime.reading
    )
    return upcoming_first(events, execution.started_on), rejected


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
        keyword: Origin(
            execution.source_system, Stage.DISCOVER.source(keyword), execution.id, answered_on=execution.started_on
        )
        for keyword in configuration.event_keywords
    }
    fitting = {
        keyword: _read_fitting(runtime, response, origins[keyword], execution)[0]
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
