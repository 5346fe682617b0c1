"""The tasks of signal execution. They pass ids and counts; what they find goes to the database.

Every task can run twice: the ledger replays answers of this execution, upserts change nothing the second time, and
rejected records carry a fingerprint.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from prospecting.agents.errors import AgentError, NoSuchData, RequestRefused
from prospecting.agents.ledger import Ledger
from prospecting.agents.searches import CompanySearch, EventSearch, PeopleSearch, Search, SponsorSearch
from prospecting.hooks.agents import ledger_for
from prospecting.hooks.prospecting import in_transaction, is_last_try, show_as
from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.events import parse_events
from prospecting.parsing.locations import location_matches
from prospecting.parsing.records import ContactRecord, EventRecord, Location, Parsed, SponsorRecord
from prospecting.parsing.sponsors import parse_sponsors
from prospecting.parsing.titles import classify_title, matches_target, seniority_rank
from prospecting.persistence import signals as store
from prospecting.persistence.batches import Upserted
from prospecting.persistence.briefings import query_title_counts
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.events import upsert_event_sponsors, upsert_events
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.rejected_records import RejectedRow, forget_agent_failures, record_rejected
from prospecting.persistence.submissions import find_org
from prospecting.scoring.target_functions import suggest_target_functions
from prospecting.services.params import explain
from prospecting.services.signal_params import MAX_TARGET_FUNCTIONS, SignalParams, SignalType

log = logging.getLogger(__name__)
T = TypeVar("T")

EVENTS_PER_CHUNK = 10
COMPANIES_PER_CHUNK = 10


# ------------------------------------------------------------------------------------------------------ beginning
@task
def start_execution() -> str:
    """Validate the params, store the signal and open its execution. Answers the execution's id."""
    context: Any = get_current_context()
    try:
        params = SignalParams.model_validate(dict(context["params"]))
    except ValidationError as error:
        raise AirflowFailException(f"The params do not work together: {explain(error, SignalParams)}") from None
    run_id = context["ti"].run_id

    def work(connection: Connection) -> tuple[UUID, UUID]:
        signal_id, configuration = _stored_signal(connection, params)
        return signal_id, store.start_execution(
            connection,
            signal_id=signal_id,
            configuration=_with_suggestions(connection, configuration).stored_configuration(),
            airflow_run_id=run_id,
            scheduled_for=params.scheduled_for,
        )

    try:
        signal_id, execution_id = in_transaction(work)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", "") == "uq_signal_executions_scheduled_for":
            raise AirflowSkipException("Another run has executed this slot of the signal's schedule") from None
        raise
    log.info("Signal %s, execution %s", signal_id, execution_id)
    return str(execution_id)


def _stored_signal(connection: Connection, params: SignalParams) -> tuple[UUID, SignalParams]:
    if not params.signal_id:
        assert params.name  # the model insists on it
        schedule = params.schedule.model_dump(mode="json") if params.schedule else None
        signal_id = store.upsert_signal(
            connection,
            name=params.name,
            type=params.type,
            description=params.description,
            configuration=params.stored_configuration(),
            schedule=schedule,
        )
        return signal_id, params
    signal = store.find_signal(connection, UUID(params.signal_id))
    if signal is None:
        raise AirflowFailException(f"No signal {params.signal_id} is stored; see the table signals for those that are")
    if signal["status"] == "archived":
        raise AirflowFailException(f"The signal {params.signal_id} is archived; set its status to active to execute it")
    try:
        stored = SignalParams.model_validate(
            {**signal["configuration"], "name": signal["name"], "type": signal["type"]}
        )
    except ValidationError as error:
        raise AirflowFailException(
            f"The stored configuration does not work any more: {explain(error, SignalParams)}"
        ) from None
    return UUID(params.signal_id), stored


def _with_suggestions(connection: Connection, configuration: SignalParams) -> SignalParams:
    """The configuration of one execution: what an org's ICP research suggests is looked up each time anew."""
    org = configuration.target_functions_from
    if org is None:
        return configuration
    org_id = find_org(connection, org)
    if org_id is None:
        raise AirflowFailException("target_functions_from: no such org; give the id or slug of one in the table orgs")
    suggested = suggest_target_functions(query_title_counts(connection, org_id=org_id), most=MAX_TARGET_FUNCTIONS)
    given = configuration.target_functions
    added = [
        suggestion for suggestion in suggested if not any(matches_target(suggestion.title, target) for target in given)
    ][: MAX_TARGET_FUNCTIONS - len(given)]
    for suggestion in added:
        log.info("Target function %s: %s", suggestion.title, suggestion.reason)
    if not (given or added):
        raise AirflowFailException(
            "The ICP research of the org names no job titles yet: run research_pipeline with the operation "
            "company.derive.icp_job_titles first, or give target_functions"
        )
    if not suggested:
        log.warning("The ICP research of the org names no job titles yet; only the target functions given are used")
    return configuration.model_copy(update={"target_functions": [*given, *(suggestion.title for suggestion in added)]})


def _started(execution_id: str | None) -> str:
    """The execution's id, in tasks that run whatever happened before them; skips them when there is none."""
    if execution_id is None:
        raise AirflowSkipException("No execution was opened: see start_execution")
    return execution_id


def _configuration(connection: Connection, execution_id: str) -> SignalParams:
    return SignalParams.model_validate(store.find_execution(connection, execution_id)["configuration"])


def _open(execution_id: str, sources: Sequence[str]) -> tuple[SignalParams, Ledger]:
    """Configuration and ledger of an execution, for a task that is going to ask about ``sources``."""

    def work(connection: Connection) -> SignalParams:
        forget_agent_failures(connection, execution_id, sources)
        return _configuration(connection, execution_id)

    configuration = in_transaction(work)
    return configuration, ledger_for(f"signal_execution:{execution_id}", configuration.agents, configuration.budget)


# -------------------------------------------------------------------------------------------------------- asking
@dataclass(slots=True)
class _Chunk:
    """The questions of one mapped task: what was found, and what to do about calls that failed.

    A failure that may pass does not stop the rest of the chunk: it is raised at the end, so that the task is retried
    and the answers that did come are replayed at no cost. A failure that only a person can mend stops at once.
    """

    execution_id: str
    ledger: Ledger
    record_type: str
    delayed: AgentError | None = None
    found: int = 0
    rejected: int = 0
    failures: list[RejectedRow] = field(default_factory=list)

    def ask(self, search: Search, source: str) -> bytes | None:
        """The raw answer, or ``None`` when there is none (now)."""
        try:
            return self.ledger.ask(search).content
        except (RequestRefused, NoSuchData) as error:
            log.warning("%s: %s", source, error)
            self._note(error, source)
        except AgentError as error:
            log.warning("%s: %s: %s", source, error.kind, error)
            if not error.retryable:
                self._note(error, source)
                self.write_failures()
                raise
            self.delayed = self.delayed or error
            if is_last_try():
                self._note(error, source)
        return None

    def _note(self, error: AgentError, source: str) -> None:
        self.failures.append(RejectedRow("agent", self.record_type, error.kind, str(error), source=source))

    def write_failures(self) -> None:
        if self.failures:
            in_transaction(lambda connection: record_rejected(connection, self.execution_id, self.failures))

    def finish(self) -> dict[str, int]:
        """Counts for XCom; raises what was delayed."""
        self.write_failures()
        if self.delayed is not None:
            raise self.delayed
        return {"found": self.found, "rejected": self.rejected}


def _rejected_when_parsed(parsed: Parsed[Any], record_type: str, source: str) -> list[RejectedRow]:
    return [RejectedRow.from_parse(rejected, record_type, source) for rejected in parsed.rejected]


def _rejected_when_saved(
    upserted: Upserted, record_type: str, source: str, raw: Callable[[int], Any]
) -> list[RejectedRow]:
    return [
        RejectedRow("save", record_type, failure.reason, failure.detail, raw(failure.position), source)
        for failure in upserted.failures
    ]


def _chunks(execution_id: str, key: str, ids: Sequence[int], size: int, noun: str) -> list[dict[str, Any]]:
    """Mapped arguments: ids in chunks, each with a label for the UI."""
    return [
        {
            "execution_id": execution_id,
            key: list(ids[start : start + size]),
            "label": f"{noun} {start + 1}-{min(start + size, len(ids))} of {len(ids)}",
        }
        for start in range(0, len(ids), size)
    ]


# -------------------------------------------------------------------------------------------------------- events
@task
def plan_discovery(execution_id: str) -> list[dict[str, str]]:
    """One search per keyword."""
    configuration = in_transaction(lambda connection: _configuration(connection, execution_id))
    return [{"execution_id": execution_id, "keyword": keyword} for keyword in configuration.event_keywords]


@task
def discover(execution_id: str, keyword: str) -> dict[str, int]:
    """Ask for events (or, for funding and hiring, companies) about one keyword; save what fits the configuration."""
    show_as(keyword)
    source = f"keyword {keyword}"
    configuration, ledger = _open(execution_id, [source])
    search = _discover_events if configuration.type is SignalType.conference else _discover_companies
    return search(execution_id, keyword, source, configuration, ledger)


def _discover_events(
    execution_id: str, keyword: str, source: str, configuration: SignalParams, ledger: Ledger
) -> dict[str, int]:
    chunk = _Chunk(execution_id, ledger, "event")
    most = configuration.events_for(keyword)
    answer = chunk.ask(
        EventSearch(
            keyword=keyword,
            locations=tuple(configuration.locations),
            min_attendees=configuration.min_attendees,
            starts_from=configuration.date_from,
            starts_until=configuration.date_to,
            industries=tuple(configuration.industries),
            discovery_prompt=configuration.discovery_prompt,
            limit=most,
        ),
        source,
    )
    if answer is not None:
        parsed = parse_events(answer)
        rejected = _rejected_when_parsed(parsed, "event", source)
        wanted: list[EventRecord] = []
        for event in parsed.items:
            if misfit := event_misfit(event, configuration):
                rejected.append(RejectedRow("filter", "event", *misfit, _brief(event), source))
            elif len(wanted) < most:
                wanted.append(event)
            else:
                detail = f"Only {most} events of this keyword are kept"
                rejected.append(RejectedRow("filter", "event", "over_limit", detail, _brief(event), source))

        def save(connection: Connection) -> None:
            upserted = upsert_events(connection, wanted, source_system=_source(configuration))
            store.link_entities(connection, execution_id, "event", upserted.saved)
            rejected.extend(_rejected_when_saved(upserted, "event", source, lambda i: _brief(wanted[i])))
            record_rejected(connection, execution_id, rejected)

        in_transaction(save)
        chunk.found, chunk.rejected = len(wanted), len(rejected)
        log.info("%s: %d events saved, %d rejected or filtered", source, len(wanted), len(rejected))
    return chunk.finish()


def event_misfit(event: EventRecord, configuration: SignalParams) -> tuple[str, str] | None:
    """Why an event is not what was asked for, as (reason, sentence); ``None`` when it fits.

    What is unknown is no misfit: an event without a date, a place or a number of attendees is kept.
    """
    first, last = configuration.date_from, configuration.date_to
    start = event.start
    end = event.end if event.date_precision in ("month", "year") else event.start
    if first and end and end < first:
        return "too_early", f"It starts before {first}"
    if last and start and start > last:
        return "too_late", f"It starts after {last}"
    minimum = configuration.min_attendees
    if minimum is not None and event.attendees is not None and event.attendees < minimum:
        return "too_small", f"It has fewer than {minimum} attendees"
    where = event.location
    is_known = bool(where) or where.online
    if configuration.locations and is_known and not _lies_in(where, configuration.locations):
        return "elsewhere", f"It is not in {', '.join(configuration.locations)}"
    return None


def _lies_in(where: Location, locations: Iterable[str]) -> bool:
    return any(location_matches(where, wanted) for wanted in locations)


def _brief(event: EventRecord) -> dict[str, Any]:
    return {
        "name": event.name,
        "start": event.start.isoformat() if event.start else None,
        "location": event.location.text or event.location.city,
        "attendees": event.attendees,
    }


def _source(configuration: SignalParams) -> str:
    return f"signal_{configuration.agents}"


def _discover_companies(
    execution_id: str, keyword: str, source: str, configuration: SignalParams, ledger: Ledger
) -> dict[str, int]:
    chunk = _Chunk(execution_id, ledger, "company")
    answer = chunk.ask(
        CompanySearch(
            signal_type=configuration.type.value,
            keyword=keyword,
            locations=tuple(configuration.locations),
            industries=tuple(configuration.industries),
            starts_from=configuration.date_from,
            starts_until=configuration.date_to,
            discovery_prompt=configuration.discovery_prompt,
            limit=configuration.limits.max_companies,
        ),
        source,
    )
    if answer is not None:
        chunk.found, chunk.rejected = _save_companies(
            execution_id, parse_sponsors(answer), configuration, source, configuration.limits.max_companies
        )
    return chunk.finish()


def _save_companies(
    execution_id: str,
    parsed: Parsed[SponsorRecord],
    configuration: SignalParams,
    source: str,
    most: int,
    event_id: int | None = None,
) -> tuple[int, int]:
    """Save companies, and their sponsorship when they came with an event. Answers (saved, rejected)."""
    sponsors = parsed.items[:most]
    rejected = _rejected_when_parsed(parsed, "sponsor" if event_id else "company", source)
    rejected += [
        RejectedRow("filter", "sponsor", "over_limit", f"Only {most} per event are kept", {"name": s.name}, source)
        for s in parsed.items[most:]
    ]
    fallback_industry = configuration.industries[0] if configuration.industries else None
    rows = [CompanyRow.from_sponsor(sponsor, fallback_industry) for sponsor in sponsors]

    def save(connection: Connection) -> int:
        upserted = upsert_companies(connection, rows, source_system=_source(configuration))
        if event_id is not None:
            links = [
                (saved.id, sponsor)
                for saved, sponsor in zip(upserted.saved, sponsors, strict=True)
                if saved is not None
            ]
            upsert_event_sponsors(connection, event_id, links, source_system=_source(configuration))
        store.link_entities(connection, execution_id, "company", upserted.saved)
        failures = _rejected_when_saved(upserted, "company", source, lambda i: {"name": sponsors[i].name})
        record_rejected(connection, execution_id, rejected + failures)
        return len(failures)

    failed = in_transaction(save)
    log.info("%s: %d companies saved, %d rejected", source, len(sponsors) - failed, len(rejected) + failed)
    return len(sponsors) - failed, len(rejected) + failed


# ------------------------------------------------------------------------------------------------------ sponsors
@task
def plan_sponsors(execution_id: str | None) -> list[dict[str, Any]]:
    """The events found, in chunks; none when sponsors are not wanted."""
    execution_id = _started(execution_id)

    def work(connection: Connection) -> tuple[SignalParams, list[int]]:
        return _configuration(connection, execution_id), [
            event["id"] for event in store.query_events(connection, execution_id)
        ]

    configuration, ids = in_transaction(work)
    if configuration.type is not SignalType.conference or not configuration.extract_sponsors:
        return []
    return _chunks(execution_id, "event_ids", ids, EVENTS_PER_CHUNK, "events")


@task
def extract_sponsors(execution_id: str, event_ids: list[int], label: str) -> dict[str, int]:
    """Ask who sponsors each event; save the companies and link them with their tiers."""
    show_as(label)
    configuration, ledger = _open(execution_id, [f"event {event_id}" for event_id in event_ids])
    chunk = _Chunk(execution_id, ledger, "sponsor")
    events = in_transaction(lambda connection: store.query_events(connection, execution_id, event_ids))
    for event in events:
        source = f"event {event['id']}"
        answer = chunk.ask(
            SponsorSearch(
                event_name=event["name"],
                website=event["website_url"],
                starts_on=event["start_dt"],
                city=event["city"],
            ),
            source,
        )
        if answer is not None:
            saved, rejected = _save_companies(
                execution_id,
                parse_sponsors(answer),
                configuration,
                source,
                configuration.limits.max_sponsors_per_event,
                event["id"],
            )
            chunk.found += saved
            chunk.rejected += rejected
    return chunk.finish()


# -------------------------------------------------------------------------------------------------------- people
@task
def plan_people(execution_id: str | None) -> list[dict[str, Any]]:
    """The companies found, best sponsors first, in chunks."""
    execution_id = _started(execution_id)

    def work(connection: Connection) -> list[int]:
        most = _configuration(connection, execution_id).limits.max_companies
        return [company["id"] for company in store.query_companies(connection, execution_id, most=most)]

    return _chunks(execution_id, "company_ids", in_transaction(work), COMPANIES_PER_CHUNK, "companies")


@task
def find_people(execution_id: str, company_ids: list[int], label: str) -> dict[str, int]:
    """Ask for each company's decision makers; save those in a target function, the most senior first."""
    show_as(label)
    configuration, ledger = _open(execution_id, [f"company {company_id}" for company_id in company_ids])
    chunk = _Chunk(execution_id, ledger, "person")

    def read(connection: Connection) -> tuple[Any, date]:
        started: datetime = store.find_execution(connection, execution_id)["started_at"]
        return store.query_companies(connection, execution_id, company_ids), started.date()

    companies, asked_on = in_transaction(read)
    for company in companies:
        source = f"company {company['id']}"
        answer = chunk.ask(
            PeopleSearch(
                company_name=company["name"],
                domain=company["domain"],
                industry=company["primary_industry"],
                target_functions=tuple(configuration.target_functions),
                outreach_context=configuration.outreach_context,
                limit=configuration.limits.max_people_per_company,
            ),
            source,
        )
        if answer is not None:
            saved, rejected = _save_people(
                execution_id, parse_contacts(answer), configuration, source, company["id"], asked_on
            )
            chunk.found += saved
            chunk.rejected += rejected
    return chunk.finish()


def choose_people(
    contacts: Iterable[ContactRecord], target_functions: Sequence[str], most: int
) -> tuple[list[ContactRecord], list[tuple[ContactRecord, str, str]]]:
    """Those in a target function, most senior first, at most ``most``; and the others with (reason, sentence)."""
    chosen, others = [], []
    for contact in contacts:
        if contact.title and any(matches_target(contact.title, target) for target in target_functions):
            chosen.append(contact)
        else:
            others.append((contact, "other_function", f"The title is none of {', '.join(target_functions)}"))
    chosen.sort(key=lambda contact: seniority_rank(classify_title(contact.title).seniority))
    others += [(contact, "over_limit", f"Only {most} people per company are kept") for contact in chosen[most:]]
    return chosen[:most], others


def _save_people(
    execution_id: str,
    parsed: Parsed[ContactRecord],
    configuration: SignalParams,
    source: str,
    company_id: int,
    asked_on: date,
) -> tuple[int, int]:
    chosen, others = choose_people(
        parsed.items, configuration.target_functions, configuration.limits.max_people_per_company
    )
    rejected = _rejected_when_parsed(parsed, "person", source)
    rejected += [
        RejectedRow("filter", "person", reason, detail, {"name": contact.full_name, "title": contact.title}, source)
        for contact, reason, detail in others
    ]
    rows = [PersonRow.from_contact(contact, company_id=company_id, observed_on=asked_on) for contact in chosen]

    def save(connection: Connection) -> int:
        upserted = upsert_persons(connection, rows, source_system=_source(configuration))
        store.link_entities(connection, execution_id, "person", upserted.saved)
        failures = _rejected_when_saved(upserted, "person", source, lambda i: {"name": chosen[i].full_name})
        record_rejected(connection, execution_id, rejected + failures)
        return len(failures)

    if not rows and not rejected:
        return 0, 0
    failed = in_transaction(save)
    return len(rows) - failed, len(rejected) + failed


# ----------------------------------------------------------------------------------------------------------- end
@task
def summarize_execution(execution_id: str | None) -> dict[str, Any]:
    """Write results with entity ids, stats and status; fail the run when too little of what was found was usable."""
    context: Any = get_current_context()
    ti = context["ti"]
    if execution_id is None and _state_of_start(ti) != "skipped":
        # The run's state is this task's: a start that failed shall not look like success.
        raise AirflowFailException("No execution was opened: see the log of start_execution")
    execution_id = _started(execution_id)
    failed_tasks = ti.get_ti_count(dag_id=ti.dag_id, run_ids=[ti.run_id], states=["failed", "upstream_failed"])

    def work(connection: Connection) -> tuple[str, dict[str, Any], bool]:
        configuration = _configuration(connection, execution_id)
        counts = dict(store.query_execution_counts(connection, execution_id))
        reason = store.find_main_reason(connection, execution_id)
        status, error = execution_status(counts, failed_tasks, configuration.max_error_share, reason)
        stats = {
            "eventsDiscovered": counts["events"],
            "companiesFound": counts["companies"],
            "contactsDiscovered": counts["persons"],
            "messagesGenerated": 0,
            "messagesSent": 0,
            "newEvents": counts["new_events"],
            "newCompanies": counts["new_companies"],
            "newContacts": counts["new_persons"],
            "rejectedRecords": counts["rejected"],
            "filteredRecords": counts["filtered"],
        }
        written = store.finish_execution(connection, execution_id, status=status, stats=stats, error=error)
        return status, stats | {"error": (error or {}).get("message")}, written

    status, summary, written = in_transaction(work)
    if not written:
        raise AirflowFailException("The execution was cancelled meanwhile; its results stay as they are")
    log.info("Execution %s: %s %s", execution_id, status, summary)
    if status == "failed":
        raise AirflowFailException(f"The execution failed: {summary['error']}")
    return {"status": status, **{key: value for key, value in summary.items() if key != "error"}}


def _state_of_start(ti: Any) -> str | None:
    states = ti.get_task_states(dag_id=ti.dag_id, task_ids=["start_execution"], run_ids=[ti.run_id])
    state: str | None = states.get(ti.run_id, {}).get("start_execution")
    return state


def execution_status(
    counts: dict[str, int], failed_tasks: int, max_error_share: float, reason: str | None = None
) -> tuple[str, dict[str, Any] | None]:
    """(status, error) from what was saved and what went wrong; ``reason`` is the most frequent one, for people.

    ``completed`` without any error; ``failed`` when nothing was saved because of failures, or when errors are more
    than ``max_error_share`` of everything found; ``completed_with_errors`` in between.
    """
    saved = counts["events"] + counts["companies"] + counts["persons"]
    errors = counts["rejected"]
    if not errors and not failed_tasks:
        return "completed", None
    parts = []
    if failed_tasks:
        parts.append(f"{failed_tasks} tasks failed")
    if errors:
        most_often = f"; most often: {reason}" if reason else ""
        parts.append(f"{errors} records or calls could not be used (see rejected_records){most_often}")
    error = {
        "message": ", ".join(parts),
        "failed_tasks": failed_tasks,
        "rejected_records": errors,
        "agent_failures": counts["agent_failures"],
    }
    # An agent that cannot know this kind of thing says so; that is an answer, not a failure.
    failures = errors - counts["unanswerable"]
    nothing_for_failures = not saved and (failed_tasks or counts["agent_failures"])
    too_many = failures > max_error_share * (failures + saved)
    return ("failed" if nothing_for_failures or too_many else "completed_with_errors"), error
