"""Executions of signals: opened with a resolved configuration, read by every later step, closed with their results."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping
from sqlalchemy.exc import IntegrityError

from prospecting.agents.errors import Cancelled
from prospecting.agents.ledger import Budget
from prospecting.parsing.titles import matches_target
from prospecting.persistence import signals
from prospecting.persistence.agent_calls import is_cancelled as is_cancelled_scope
from prospecting.persistence.batches import Saved
from prospecting.persistence.briefings import query_title_counts
from prospecting.persistence.execution_questions import Stage, plan_again, plan_questions
from prospecting.persistence.identity_gate import judge_companies
from prospecting.persistence.rejected_records import RejectedRow, forget_agent_failures, replace_rejected
from prospecting.persistence.submissions import find_org
from prospecting.scoring.identity_gate import IN_WORDS, Identity, Verdict, known_people
from prospecting.scoring.sponsorship import Sponsorship, company_priority
from prospecting.scoring.target_functions import Suggestion, suggest_target_functions
from prospecting.services.abandoned_runs import close_abandoned_runs
from prospecting.services.company_fit import CompanyRules
from prospecting.services.execution_progress import ProgressNotes
from prospecting.services.past_sponsors import add_past_sponsors
from prospecting.services.runtime import Runtime
from prospecting.services.signal_outcome import closing_line, explain_outcome, explain_standings
from prospecting.services.signal_params import MAX_TARGET_FUNCTIONS, AgentFamily, SignalParams, SignalType
from prospecting.services.signals import execution_status
from prospecting.services.stored_signals import ToExecute, explain_version, store_signal

log = logging.getLogger(__name__)


CANCELLED = "It was cancelled while it ran; what it had found is kept. make resume, or the button of its page, goes on"


class DueTimeTaken(Exception):
    """Another run executes the signal for this due time."""


class SignalPaused(Exception):
    """The signal was paused after its schedule had started the run."""


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution that was opened, with the configuration it was opened with."""

    id: UUID
    configuration: SignalParams
    started_on: date

    @property
    def scope(self) -> str:
        """The scope that pays for the execution's questions in the ledger."""
        return f"signal_execution:{self.id}"

    @property
    def budget(self) -> Budget:
        """The most the execution may spend and ask."""
        limits = self.configuration.budget
        return Budget(max_usd=limits.max_usd, max_calls=limits.max_calls)

    @property
    def source_system(self) -> str:
        """The source noted with new rows."""
        return f"signal_{self.configuration.agents}"


# -------------------------------------------------------------------------------------------------------- opening
def start_execution(runtime: Runtime, params: SignalParams, *, airflow_run_id: str) -> UUID:
    """Store the signal, or find the stored one, and open its execution; or take over the one to go on with. Returns
    the execution's id.

    The same Airflow run always gets the same execution, with the version and the days it was opened with. Raises
    ``DueTimeTaken``; ``SignalPaused``; ``LookupError`` when the signal, its version or the org it refers to does not
    exist; ``ValueError`` when it cannot be executed as it is, or another one with a schedule has its name.
    """

    if params.resume_execution:
        return _go_on(runtime, UUID(params.resume_execution), airflow_run_id)

    def start(connection: Connection) -> tuple[ToExecute, UUID, list[Suggestion]]:
        opened = signals.find_execution_of_run(connection, airflow_run_id)
        before = signals.find_execution(connection, opened) if opened else None
        signal = store_signal(connection, params, version=before["signal_version"] if before else None)
        if signal.status == "paused" and params.scheduled_for is not None and before is None:
            raise SignalPaused("The signal is paused: its schedule starts nothing until it is resumed")
        now = before["started_at"] if before else datetime.now(UTC)
        configuration = signal.configuration.in_window(now.astimezone(ZoneInfo(signal.timezone)).date())
        suggested = _suggestions(connection, configuration)
        titles = [*configuration.target_functions, *(suggestion.title for suggestion in suggested)]
        execution_id = signals.start_execution(
            connection,
            signal_id=signal.signal_id,
            configuration=configuration.model_copy(update={"target_functions": titles}).stored_configuration(),
            airflow_run_id=airflow_run_id,
            scheduled_for=params.scheduled_for,
            signal_version=signal.version,
            overrides=signal.overrides,
        )
        return signal, execution_id, suggested

    try:
        signal, execution_id, suggested = runtime.write(start)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", "") == "uq_signal_executions_scheduled_for":
            raise DueTimeTaken("Another run has executed the signal for this due time") from None
        raise
    close_abandoned_runs(runtime)
    for suggestion in suggested:
        log.info("Target function %s: %s", suggestion.title, suggestion.reason)
    log.info("Signal %s, version %s, execution %s", signal.signal_id, signal.version, execution_id)
    if signal.status == "paused":
        log.warning("The signal is paused: this run goes on, its schedule starts nothing until it is resumed")
    if signal.is_trial:
        log.warning("A trial: version %s runs, and version %s is published", signal.version, signal.published)
    if signal.overrides:
        log.info("In this run alone: %s", ", ".join(signal.overrides))
    return execution_id


def _go_on(runtime: Runtime, execution_id: UUID, airflow_run_id: str) -> UUID:
    """Open an execution that has ended again, for another run. Returns its id."""
    runtime.write(lambda connection: _take_over(connection, execution_id, airflow_run_id))
    close_abandoned_runs(runtime)
    log.info("Execution %s goes on", execution_id)
    return execution_id


def _take_over(connection: Connection, execution_id: UUID, airflow_run_id: str) -> None:
    signals.find_execution(connection, execution_id)
    if not signals.take_over_execution(connection, execution_id, airflow_run_id=airflow_run_id):
        raise ValueError(
            f"The execution {execution_id} is under way in another run: cancel it first, or wait until it has ended; "
            "one whose process died is closed some minutes later by the DAG signal_schedule"
        )


def agents_of_execution(runtime: Runtime, execution_id: UUID | str) -> AgentFamily:
    """The agents that an execution asks. Raises ``LookupError`` when there is none."""
    return runtime.read(lambda connection: find_execution(connection, execution_id)).configuration.agents


def cancel_execution(runtime: Runtime, execution_id: UUID | str) -> None:
    """Cancel an execution while it runs: its tasks ask nothing more, and what is there stays. Again changes nothing.

    Raises ``LookupError`` when there is none, ``ValueError`` when it has ended.
    """

    def cancel(connection: Connection) -> str:
        found = signals.find_execution(connection, execution_id)
        is_cancelled = signals.cancel_execution(connection, found["id"], message=CANCELLED)
        return "cancelled" if is_cancelled else str(found["status"])

    status = runtime.write(cancel)
    if status != "cancelled":
        raise ValueError(f"The execution has ended ({status.replace('_', ' ')}): there is nothing to cancel")
    log.info("Execution %s is cancelled", execution_id)


def is_cancelled(runtime: Runtime, execution_id: UUID | str) -> bool:
    """True when somebody has cancelled the execution. Raises ``LookupError`` when there is none."""
    found = runtime.read(lambda connection: signals.find_execution(connection, execution_id))
    return bool(found["status"] == "cancelled")


def _suggestions(connection: Connection, configuration: SignalParams) -> list[Suggestion]:
    """The target functions that an org's ICP research adds; looked up for each execution."""
    org = configuration.target_functions_from
    if org is None:
        return []
    org_id = find_org(connection, org)
    if org_id is None:
        raise LookupError("target_functions_from: no such org; give the id or slug of one in the table orgs")
    suggested = suggest_target_functions(query_title_counts(connection, org_id=org_id), MAX_TARGET_FUNCTIONS)
    given = configuration.target_functions
    added = [
        suggestion for suggestion in suggested if not any(matches_target(suggestion.title, target) for target in given)
    ][: MAX_TARGET_FUNCTIONS - len(given)]
    if not (given or added):
        raise ValueError(
            "The ICP research of the org names no job titles yet: run research_pipeline with the operation "
            "company.derive.icp_job_titles first, or give target_functions"
        )
    if not suggested:
        log.warning("The ICP research of the org names no job titles yet; only the target functions given are used")
    return added


# -------------------------------------------------------------------------------------------------------- going on
def find_execution(connection: Connection, execution_id: UUID | str) -> Execution:
    """The execution as it was opened. Raises ``LookupError`` when there is none."""
    row = signals.find_execution(connection, execution_id)
    return Execution(row["id"], SignalParams.model_validate(row["configuration"]), row["started_at"].date())


def resume_execution(runtime: Runtime, execution_id: UUID | str, sources: Sequence[str]) -> Execution:
    """The execution, for a task that is about to ask about ``sources``: what failed about them before is forgotten.

    Raises ``LookupError`` when there is none, ``Cancelled`` when somebody has cancelled it.
    """

    def resume(connection: Connection) -> Execution:
        execution = find_execution(connection, execution_id)
        if is_cancelled_scope(connection, execution.scope):
            raise Cancelled("The execution was cancelled: nothing more is asked, and what it had found is kept")
        forget_agent_failures(connection, execution.id, sources)
        plan_again(connection, execution.id, sources)
        return execution

    return runtime.write(resume)


def keywords_to_search(runtime: Runtime, execution_id: UUID | str) -> list[str]:
    """Plan to ask about the keywords of an execution, and return them."""

    def plan(connection: Connection) -> list[str]:
        keywords = find_execution(connection, execution_id).configuration.event_keywords
        plan_questions(connection, execution_id, Stage.DISCOVER, keywords)
        return keywords

    planned = runtime.write(plan)
    ProgressNotes(runtime, UUID(str(execution_id)), pause_seconds=0.0).note()
    return planned


def events_to_ask_about(runtime: Runtime, execution_id: UUID | str) -> list[int]:
    """Plan to ask who sponsors the events of an execution, and return these, latest first; none when sponsors are not
    wanted.

    An event is not asked about when enough of its sponsors were named with it, or when it has none.
    """

    def plan(connection: Connection) -> list[int]:
        configuration = find_execution(connection, execution_id).configuration
        if configuration.type is not SignalType.conference or not configuration.extract_sponsors:
            return []
        events = signals.query_events(connection, execution_id)
        ids = [event["id"] for event in events if event["skip_reason"] is None]
        plan_questions(connection, execution_id, Stage.EXTRACT_SPONSORS, ids)
        return ids

    planned = runtime.write(plan)
    ProgressNotes(runtime, UUID(str(execution_id)), pause_seconds=0.0).note()
    return planned


def companies_to_ask_about(runtime: Runtime, execution_id: UUID | str) -> list[int]:
    """Plan to ask about the companies an execution has found, best sponsors first, as many as its limits allow.

    Returns their ids. The others are noted: each is in ``rejected_records``, and counted. Before, the sponsors of
    earlier editions are added to events to come that have none yet. Those that the identity gate holds back leave their
    place to others; who is known of them is part of what the execution found.
    """

    def choose(connection: Connection) -> list[int]:
        execution = find_execution(connection, execution_id)
        configuration = execution.configuration
        limit = configuration.limits.max_companies
        if configuration.type is SignalType.conference and configuration.extract_sponsors:
            add_past_sponsors(
                connection,
                execution.id,
                today=execution.started_on,
                limit=configuration.limits.max_sponsors_per_event,
                source_system=execution.source_system,
            )
        _rank_companies(connection, execution)
        found = signals.query_companies(connection, execution_id)
        kinds = configuration.company_kinds
        others = {company["id"]: "other_kind" for company in found if company["kind"] not in kinds}
        _note_other_kinds(connection, execution, found)
        others |= _note_unfit(connection, execution, [each for each in found if each["id"] not in others])
        held_back = judge_companies(
            connection,
            [company["id"] for company in found if company["id"] not in others],
            is_paid=configuration.agents is not AgentFamily.catalog,
            execution_id=execution.id,
            target_functions=configuration.target_functions,
            kinds=kinds,
            fresh_days=configuration.fresh_days,
            today=execution.started_on,
        )
        _note_held_back(connection, execution, held_back)
        verdicts = {company.id: verdict for company, verdict in held_back}
        companies = [company for company in found if company["id"] not in {**others, **verdicts}]
        beyond = companies[limit:]
        over_limit = {company["id"]: "over_limit" for company in beyond}
        signals.skip_companies(connection, execution_id, {**others, **verdicts, **over_limit})
        detail = f"Only {limit} companies per execution are asked about (limits.max_companies)"
        replace_rejected(
            connection,
            execution.id,
            "limits.max_companies",
            [
                RejectedRow("filter", "company", "over_limit", detail, {"id": company["id"], "name": company["name"]})
                for company in beyond
            ],
        )
        if beyond:
            log.info("%d companies found, %d of them are asked about: limits.max_companies", len(found), limit)
        ids = [company["id"] for company in companies[:limit]]
        plan_questions(connection, execution_id, Stage.FIND_PEOPLE, ids)
        return ids

    planned = runtime.write(choose)
    ProgressNotes(runtime, UUID(str(execution_id)), pause_seconds=0.0).note()
    return planned


def _note_held_back(
    connection: Connection, execution: Execution, held_back: Sequence[tuple[Identity, Verdict]]
) -> None:
    """Note whom the gate holds back, and link the people it holds somebody back for."""
    rows = [
        # A name is no name to keep when it is that of somebody who was forgotten.
        RejectedRow("filter", "company", verdict, IN_WORDS[verdict], {"id": company.id, "name": company.name})
        if verdict is not Verdict.erased
        else RejectedRow("filter", "company", verdict, IN_WORDS[verdict], {"id": company.id})
        for company, verdict in held_back
    ]
    replace_rejected(connection, execution.id, "identity gate", rows)
    configuration = execution.configuration
    known = [
        Saved(person_id, is_new=False)
        for company, verdict in held_back
        if verdict is Verdict.already_known
        for person_id in known_people(
            company, configuration.target_functions, configuration.limits.max_people_per_company
        )
    ]
    signals.link_entities(connection, execution.id, "person", known)
    if held_back:
        counts = Counter(verdict.value for _, verdict in held_back)
        log.info("Not asked about: %s", ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items())))


def _rank_companies(connection: Connection, execution: Execution) -> None:
    """Note which companies of an execution to ask about first (``scoring.sponsorship``)."""
    sponsorships: dict[int, list[Sponsorship]] = defaultdict(list)
    for row in signals.query_sponsorships(connection, execution.id):
        sponsorships[row["company_id"]].append(Sponsorship(row["tier_rank"], row["last_day"]))
    priorities = {
        company_id: company_priority(found, execution.started_on) for company_id, found in sponsorships.items()
    }
    signals.set_priorities(connection, execution.id, priorities)


def _note_other_kinds(connection: Connection, execution: Execution, found: Sequence[RowMapping]) -> None:
    """Note whom an execution does not ask about because it wants other kinds (``company_kinds``)."""
    wanted = execution.configuration.company_kinds
    rows = [
        RejectedRow(
            "filter",
            "company",
            "other_kind",
            f"Its kind is {company['kind']}; asked about: {', '.join(wanted)} (company_kinds)",
            {"id": company["id"], "name": company["name"]},
        )
        for company in found
        if company["kind"] not in wanted
    ]
    replace_rejected(connection, execution.id, "company_kinds", rows)


def _note_unfit(connection: Connection, execution: Execution, found: Sequence[RowMapping]) -> dict[int, str]:
    """Note whom an execution does not ask about because of what is known of them; returns the reasons, by id."""
    rules = CompanyRules(execution.configuration, execution.started_on)
    unfit = [(company, reason) for company in found if (reason := rules.misfit(dict(company)))]
    rows = [
        RejectedRow("filter", "company", *reason, {"id": company["id"], "name": company["name"]})
        for company, reason in unfit
    ]
    replace_rejected(connection, execution.id, "criteria", rows)
    return {company["id"]: code for company, (code, _) in unfit}


# -------------------------------------------------------------------------------------------------------- closing
@dataclass(frozen=True, slots=True)
class Summary:
    """The end of an execution: status, counts, what came of it in words, and what went wrong, if anything did."""

    status: str
    stats: Mapping[str, int]
    notes: Sequence[str]
    error: str | None


def summarize_execution(runtime: Runtime, execution_id: UUID | str, *, failed_tasks: int) -> Summary:
    """Write results with entity ids, stats and status.

    Raises ``ValueError`` when the execution was cancelled: then nothing changes.
    """

    def finish(connection: Connection) -> tuple[Summary, bool]:
        configuration = find_execution(connection, execution_id).configuration
        counts = dict(signals.query_execution_counts(connection, execution_id))
        standings = signals.query_standing_counts(connection, execution_id)
        reason = signals.find_main_reason(connection, execution_id)
        first = signals.find_first_cause(connection, execution_id)
        cause = None
        if first is not None:
            cause = {name: first[name] for name in ("stage", "record_type")}
            cause |= {"kind": first["reason"], "message": first["detail"]}
        status, error = execution_status(counts, failed_tasks, configuration.max_error_share, reason, cause)
        stats = {
            "eventsDiscovered": counts["events"],
            "companiesFound": counts["companies"],
            "contactsDiscovered": counts["persons"],
            "contactsConfirmed": sum(row["people"] for row in standings if row["standing"] == "current"),
            "messagesGenerated": 0,  # part of the documented shape: nothing here generates messages
            "messagesSent": 0,
            "newEvents": counts["new_events"],
            "newCompanies": counts["new_companies"],
            "newContacts": counts["new_persons"],
            "rejectedRecords": counts["rejected"],
            "filteredRecords": counts["filtered"],
            "eventsAsked": counts["events_asked"],
            "eventsNotAsked": counts["events"] - counts["events_asked"],
            "companiesAsked": counts["companies_asked"],
            "companiesNotAsked": counts["companies"] - counts["companies_asked"],
            "questionsOverBudget": counts["over_budget"],
        }
        filtered = signals.query_filter_counts(connection, execution_id)
        notes = [*explain_outcome(configuration, counts, filtered), *explain_standings(map(dict, standings))]
        notes += explain_version(connection, signals.find_execution(connection, execution_id))
        not_asked = signals.query_skipped_companies(connection, execution_id)
        is_written = signals.finish_execution(
            connection, execution_id, status=status, stats=stats, notes=notes, not_asked=not_asked, error=error
        )
        return Summary(status, stats, notes, (error or {}).get("message")), is_written

    summary, is_written = runtime.write(finish)
    if not is_written:
        raise ValueError("The execution was cancelled meanwhile; its results stay as they are")
    log.info("Execution %s: %s %s", execution_id, summary.status, {**summary.stats, "error": summary.error})
    for note in summary.notes:
        log.info(note)
    return summary


def facts_of(runtime: Runtime, execution_id: UUID | str) -> dict[str, Any]:
    """The facts of an execution that other systems are told: ids, signal_name, status, moments, error and counts; no
    personal data.
    """

    def read(connection: Connection) -> dict[str, Any]:
        found = signals.find_execution(connection, execution_id)
        signal = signals.find_signal(connection, found["signal_id"])
        return {
            "execution_id": str(found["id"]),
            "signal_id": str(found["signal_id"]),
            "signal_name": signal["name"] if signal else None,
            "status": found["status"],
            "started_at": found["started_at"].isoformat(),
            "completed_at": found["completed_at"].isoformat() if found["completed_at"] else None,
            "percent": found["progress_percent"],
            "error": (found["error"] or {}).get("message"),
            "counts": found["stats"] or {},
        }

    return runtime.read(read)


def note_of(runtime: Runtime, execution_id: UUID | str) -> str:
    """The name of the signal, and in one line what its execution found, for the lists of runs that Airflow shows."""

    def read(connection: Connection) -> str:
        found = signals.find_execution(connection, execution_id)
        signal = signals.find_signal(connection, found["signal_id"])
        outcome = "cancelled" if found["status"] == "cancelled" else closing_line(found["stats"] or {})
        return f"{signal['name'] if signal else 'Signal'}: {outcome}"

    return runtime.read(read)
