"""Deep research in tables of its own: briefings on companies, on persons, and the job titles that buy.

A row is what is known of one company or person as seen from one client, and holds the newest research; what that
replaced, and what came in late, is in ``<table>_history``. Researches are ordered by (``researched_at``, pipeline run),
so a backfill ends with the same rows in whatever order it comes. What is no news is not written.

Saving takes two steps under key locks: plan, which only reads and decides; write, which does as planned. The research
itself, which is large, goes from ``step_results`` to its table inside the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.briefings import FIELDS, OPERATION_IDS, Kind, read_fields, read_raw
from prospecting.parsing.icp_titles import parse_icp_titles
from prospecting.parsing.names import fold
from prospecting.parsing.records import Rejected
from prospecting.parsing.urls import linkedin_kind, normalize_linkedin_url
from prospecting.persistence.batches import Upserted, save_isolating, without_nones
from prospecting.persistence.database import clean_text, lock_keys, to_json
from prospecting.persistence.pages import Page
from prospecting.persistence.statements import statement
from prospecting.scoring.target_functions import TitleCount

_MOST_ROWS = 1000
_MOST_TITLES_AT_ONCE = 100

_REMEDIES = {
    "no_domain": "company_domain has to be a company's own domain, such as acme.com",
    "no_name": "person_full_name has to name a person",
}


class StepKey(NamedTuple):
    """Where a step result stands among those of its submission, oldest first."""

    ended_at: datetime
    id: UUID


class FailedWrite(NamedTuple):
    """A step result that did not reach the table of its kind."""

    step_result_id: UUID
    kind: Kind


@dataclass(frozen=True, slots=True)
class SaveCounts:
    """What became of step results: every one processed is upserted, unchanged or skipped.

    ``upserted``: a row was written, be it a line of history; ``skipped``: how many, by reason (``wrong_operation``,
    ``not_found``, ``gone``: there is nothing to save; ``failed``: the database refused it; else why it cannot be saved).
    """

    processed: int = 0
    upserted: int = 0
    unchanged: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: SaveCounts) -> SaveCounts:
        return SaveCounts(
            self.processed + other.processed,
            self.upserted + other.upserted,
            self.unchanged + other.unchanged,
            dict(Counter(self.skipped) + Counter(other.skipped)),
        )

    def as_dict(self) -> dict[str, Any]:
        """For XCom: numbers and reason codes only."""
        return {
            "processed": self.processed,
            "upserted": self.upserted,
            "unchanged": self.unchanged,
            "skipped": dict(self.skipped),
        }


# ------------------------------------------------------------------------------------------------- one at a time
def upsert_company_intel_briefing(
    connection: Connection,
    *,
    org_id: UUID | str,
    company_domain: str,
    company_name: str | None = None,
    client_company_name: str | None = None,
    client_company_description: str | None = None,
    raw_parallel_output: dict[str, Any],
    parallel_run_id: str | None = None,
    processor: str | None = None,
    source_submission_id: UUID | str | None = None,
    source_pipeline_run_id: UUID | str | None = None,
    researched_at: datetime | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Save the briefing of ``company_domain`` (any spelling) as seen from ``client_company_name``; the row as it is now.

    Newer research replaces the row's, and a field it leaves out stays; older only fills what is unknown, and is kept in
    the history. ``researched_at`` (aware) is by default when the run finished, else now; ``force`` replaces whatever is
    there. Raises ``ValueError`` for what cannot be stored, ``LookupError`` for an unknown org, or a submission or run
    that is not the org's. At most one call per transaction, after companies and persons (lock order).
    """
    output = {
        "domain": company_domain,
        "company_name": company_name,
        "client_company_name": client_company_name,
        "client_company_description": client_company_description,
        "parallel_run_id": parallel_run_id,
        "processor": processor,
    }
    origin = _origin(connection, org_id, source_submission_id, source_pipeline_run_id, researched_at)
    return _upsert(connection, "company", output, raw_parallel_output, origin, force=force)


def upsert_person_intel_briefing(
    connection: Connection,
    *,
    org_id: UUID | str,
    person_full_name: str,
    person_linkedin_url: str | None = None,
    person_current_company_name: str | None = None,
    person_current_job_title: str | None = None,
    client_company_name: str | None = None,
    client_company_description: str | None = None,
    customer_company_name: str | None = None,
    raw_parallel_output: dict[str, Any],
    parallel_run_id: str | None = None,
    processor: str | None = None,
    source_submission_id: UUID | str | None = None,
    source_pipeline_run_id: UUID | str | None = None,
    researched_at: datetime | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Save the briefing of a person at a company as seen from a client; the row as it is now.

    Names are compared without case and outer blanks, and keep their first spelling. Everything else is as in
    ``upsert_company_intel_briefing``.
    """
    output = {
        "full_name": person_full_name,
        "linkedin_url": person_linkedin_url,
        "person_current_company_name": person_current_company_name,
        "title": person_current_job_title,
        "client_company_name": client_company_name,
        "client_company_description": client_company_description,
        "customer_company_name": customer_company_name,
        "parallel_run_id": parallel_run_id,
        "processor": processor,
    }
    origin = _origin(connection, org_id, source_submission_id, source_pipeline_run_id, researched_at)
    return _upsert(connection, "person", output, raw_parallel_output, origin, force=force)


def upsert_icp_job_titles(
    connection: Connection,
    *,
    org_id: UUID | str,
    company_domain: str,
    company_name: str | None = None,
    company_description: str | None = None,
    raw_parallel_output: dict[str, Any],
    parallel_run_id: str | None = None,
    processor: str | None = None,
    source_submission_id: UUID | str | None = None,
    source_pipeline_run_id: UUID | str | None = None,
    researched_at: datetime | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Save which job titles buy at a company, and the single titles read from that; the row as it is now.

    Everything else is as in ``upsert_company_intel_briefing``.
    """
    output = {
        "domain": company_domain,
        "company_name": company_name,
        "company_description": company_description,
        "parallel_run_id": parallel_run_id,
        "processor": processor,
    }
    origin = _origin(connection, org_id, source_submission_id, source_pipeline_run_id, researched_at)
    return _upsert(connection, "icp_job_titles", output, raw_parallel_output, origin, force=force)


def _origin(
    connection: Connection,
    org_id: UUID | str,
    submission_id: UUID | str | None,
    run_id: UUID | str | None,
    researched_at: datetime | None,
) -> dict[str, Any]:
    """Whose research it is, where it comes from and how old it is, checked against what is stored."""
    org = _uuid(org_id, "org_id")
    submission = None if submission_id is None else _uuid(submission_id, "source_submission_id")
    run = None if run_id is None else _uuid(run_id, "source_pipeline_run_id")
    if researched_at is not None and researched_at.utcoffset() is None:
        raise ValueError("researched_at has no time zone; give an aware datetime")
    values = {"org_id": org, "submission_id": submission, "pipeline_run_id": run}
    found = connection.execute(statement("briefings/find_source"), values).mappings().one()
    if not found["has_org"]:
        raise LookupError(f"No org {org} is stored; see the table orgs")
    if submission is not None and found["submission_org_id"] != org:
        raise LookupError(f"No submission {submission} of the org is stored; see the table submissions")
    if run is not None and found["run_org_id"] != org:
        raise LookupError(f"No pipeline run {run} of the org is stored; see the table pipeline_runs")
    if run is not None and submission not in (None, found["run_submission_id"]):
        raise LookupError(f"The pipeline run {run} is not one of the submission {submission}; leave out one of the two")
    return {
        "org_id": org,
        "source_submission_id": submission or found["run_submission_id"],
        "source_pipeline_run_id": run,
        "researched_at": researched_at or found["run_finished_at"],
    }


def _upsert(
    connection: Connection,
    kind: Kind,
    output: Mapping[str, Any],
    raw: dict[str, Any],
    origin: Mapping[str, Any],
    *,
    force: bool,
) -> dict[str, Any]:
    if not isinstance(raw, dict) or not raw:
        raise ValueError("raw_parallel_output has to be an object with something in it: the content of the research")
    fields = read_fields(kind, output)
    if isinstance(fields, Rejected):
        raise ValueError(_REMEDIES[fields.reason])
    row = {"ordinal": 0, "source": "given", "raw": raw, **fields.values, **origin}
    lock_keys(connection, "briefing", [_lock_key(kind, row)])
    ids: list[UUID] = []

    def save(_: Sequence[int]) -> dict[int, Any]:
        done = _merge(connection, kind, [row], force=force, is_replay=False)
        ids.extend(done.ids[0:1])
        return {}

    result = Upserted(saved=[None])
    save_isolating(connection, [0], save, result)
    if result.failures:
        raise ValueError(result.failures[0].detail)
    return dict(connection.execute(statement(f"briefings/stored_{kind}"), {"id": ids[0]}).mappings().one())


def _uuid(value: UUID | str, name: str) -> UUID:
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"{name} is not a UUID; give the id of a stored row") from None


def _lock_key(kind: Kind, row: Mapping[str, Any]) -> str:
    """At least as coarse as the key of the table: names are folded further than the database does, blanks removed."""
    key = "".join(fold(row["person_full_name"]).split()) if kind == "person" else row["company_domain"]
    return f"{kind}:{row['org_id']}:{key}"


# --------------------------------------------------------------------------------------------------- many at once
def find_step_results(
    connection: Connection,
    *,
    kind: Kind,
    org_id: UUID | str,
    submission_id: UUID | str,
    after: tuple[datetime, UUID] | None = None,
    most: int,
) -> list[StepKey]:
    """The next ``most`` step results of a submission that ``save_briefings`` is for, oldest first, behind ``after``.

    Those of runs that succeeded; and those whose write failed before, whatever became of the run.
    """
    values = {
        "org_id": _uuid(org_id, "org_id"),
        "submission_id": _uuid(submission_id, "submission_id"),
        "operation_id": OPERATION_IDS[kind],
        "after_time": after[0] if after else None,
        "after_id": after[1] if after else None,
        "most": most,
    }
    return [StepKey(*row) for row in connection.execute(statement("briefings/find_step_results"), values)]


def save_briefings(
    connection: Connection,
    kind: Kind,
    step_result_ids: Sequence[UUID],
    *,
    force: bool = False,
    dry_run: bool = False,
) -> SaveCounts:
    """Save what these step results say into the table of ``kind``, as upserting them one by one, oldest first, would.

    What the research pipeline and the backfill both call. What cannot be saved is left out alone, and noted in
    ``briefing_writes`` with the reason. ``force``: of these results the newest about each company or person replaces
    whatever is stored. ``dry_run`` only counts: it reads, locks nothing, and judges every result by what is stored now.
    At most one call per transaction, after companies and persons (lock order).
    """
    asked = list(dict.fromkeys(step_result_ids))
    if not asked:
        return SaveCounts()
    skipped: dict[UUID, Rejected | str] = dict.fromkeys(asked, "gone")
    rows = []
    for found in connection.execute(statement("briefings/read_results"), {"step_result_ids": asked}).mappings():
        row = _read(kind, found)
        if isinstance(row, dict):
            rows.append(row)
            del skipped[found["step_result_id"]]
        else:
            skipped[found["step_result_id"]] = row
    rows.sort(key=_age)
    for ordinal, row in enumerate(rows):
        row["ordinal"] = ordinal
    counts = SaveCounts(len(skipped), skipped=dict(Counter(map(_reason, skipped.values()))))
    if dry_run:
        planned = _plan(connection, kind, rows, force=force, is_replay=True, every=True)
        return counts + _counted([_is_news(plan) for plan in planned])
    return counts + _save(connection, kind, rows, skipped, force=force)


def _read(kind: Kind, found: RowMapping) -> dict[str, Any] | Rejected | str:
    """A step result as a row to merge; or why there is none, in words when it should have given one."""
    if found["result_operation_id"] != OPERATION_IDS[kind]:
        return "wrong_operation"
    if found["result_status"] != "found":
        return "not_found"
    if found["output"] is None:
        return Rejected("no_output", "The result was found but has no output; run the step again.")
    row = {key: found[key] for key in ("step_result_id", "source", *_ORIGIN)}
    if found["source"] is None:
        raw = read_raw(found["response"])
        if isinstance(raw, Rejected):
            return raw
        row |= {"source": "given", "raw": raw}
    fields = read_fields(kind, found["output"])
    if isinstance(fields, Rejected):
        return fields
    return {**row, **fields.values, "position": (found["step_position"], found["attempt"])}


_Note = tuple[str, str | None, str | None]  # status, reason, detail
_ORIGIN = ("org_id", "source_submission_id", "source_pipeline_run_id", "researched_at")


def _age(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row["researched_at"], str(row["source_pipeline_run_id"]), row["position"], str(row["step_result_id"]))


def _reason(skipped: Rejected | str) -> str:
    return skipped if isinstance(skipped, str) else skipped.reason


def _save(
    connection: Connection,
    kind: Kind,
    rows: Sequence[dict[str, Any]],
    skipped: Mapping[UUID, Rejected | str],
    *,
    force: bool,
) -> SaveCounts:
    lock_keys(connection, "briefing", (_lock_key(kind, row) for row in rows))
    news: dict[int, bool] = {}

    def save(positions: Sequence[int]) -> dict[int, Any]:
        # Halves of a batch follow each other, so what is older still comes first.
        done = _merge(connection, kind, [rows[position] for position in positions], force=force, is_replay=True)
        news.update(done.news)
        return {}

    result = Upserted(saved=[None] * len(rows))
    save_isolating(connection, range(len(rows)), save, result)
    notes: dict[UUID, _Note] = {row["step_result_id"]: ("written", None, None) for row in rows}
    for step_result_id, why in skipped.items():
        if isinstance(why, Rejected):
            notes[step_result_id] = ("rejected", why.reason, why.detail)
    for failure in result.failures:
        notes[rows[failure.position]["step_result_id"]] = ("failed", failure.reason, failure.detail)
    _note(connection, kind, notes)
    if without := [
        step_result_id for step_result_id, why in skipped.items() if why in ("wrong_operation", "not_found")
    ]:
        connection.execute(statement("briefings/forget_writes"), {"step_result_ids": without, "kind": kind})
    failed = len(result.failures)
    return _counted(news.values()) + SaveCounts(failed, skipped={"failed": failed} if failed else {})


def _counted(news: Iterable[bool]) -> SaveCounts:
    counts = Counter(news)
    return SaveCounts(counts.total(), upserted=counts[True], unchanged=counts[False])


def _note(connection: Connection, kind: Kind, notes: Mapping[UUID, _Note]) -> None:
    rows = [
        {"step_result_id": step_result_id, "kind": kind, "status": status, "reason": reason, "detail": detail}
        for step_result_id, (status, reason, detail) in notes.items()
    ]
    if rows:
        connection.execute(statement("briefings/record_writes"), {"rows": to_json(rows)})


def record_failed_write(connection: Connection, *, step_result_id: UUID, kind: Kind, reason: str, detail: str) -> None:
    """Note that a step result did not reach its table, one attempt more; ``detail`` is a sentence without its values."""
    values = {
        "step_result_id": step_result_id,
        "kind": kind,
        "reason": clean_text(reason),
        "detail": clean_text(detail),
    }
    connection.execute(statement("briefings/record_failed_write"), values)


def query_failed_writes(connection: Connection, *, submission_id: UUID | str) -> list[FailedWrite]:
    """The step results of a submission that did not reach their tables and may at another try, oldest first."""
    values = {"submission_id": _uuid(submission_id, "submission_id")}
    return [FailedWrite(*row) for row in connection.execute(statement("briefings/failed_writes"), values)]


# --------------------------------------------------------------------------------------------------------- merging
@dataclass(slots=True)
class _Merged:
    """Per ordinal whether a row was news, and which rows of the table they are about, in the order of merging."""

    news: dict[int, bool] = field(default_factory=dict)
    ids: list[UUID] = field(default_factory=list)


def _merge(
    connection: Connection, kind: Kind, rows: Sequence[dict[str, Any]], *, force: bool, is_replay: bool
) -> _Merged:
    """Bring rows, oldest first, into the table of ``kind``. The key locks are held."""
    merged = _Merged()
    titles: set[UUID] = set()
    left = {row["ordinal"]: row for row in rows}
    while left:
        # Of rows about the same company or person the first; most of the time that is all of them.
        planned = _plan(connection, kind, list(left.values()), force=force, is_replay=is_replay)
        written = _write(connection, kind, planned, left)
        titles.update(written)
        known = [plan["briefing_id"] for plan in planned if plan["briefing_id"]]
        merged.ids += [*written, *known]
        for plan in planned:
            merged.news[plan["ordinal"]] = _is_news(plan)
            del left[plan["ordinal"]]
    if kind == "icp_job_titles":
        _sync_titles(connection, sorted(titles))
    return merged


def _is_news(plan: RowMapping) -> bool:
    return bool(plan["verdict"] != "unchanged" or plan["keeps"])


def _plan(
    connection: Connection,
    kind: Kind,
    rows: Sequence[Mapping[str, Any]],
    *,
    force: bool,
    is_replay: bool,
    every: bool = False,
) -> Sequence[RowMapping]:
    """What each row means for the table; reads only."""
    if not rows:
        return []
    given = [{key: value for key, value in row.items() if key != "position"} for row in rows]
    values = {"rows": to_json(without_nones(given)), "force": force, "is_replay": is_replay, "every": every}
    return connection.execute(statement(f"briefings/plan_{kind}"), values).mappings().all()


def _write(
    connection: Connection, kind: Kind, planned: Sequence[RowMapping], rows: Mapping[int, dict[str, Any]]
) -> list[UUID]:
    """Do as planned; answers the rows of the table that were inserted or updated."""
    changes = []
    for plan in planned:
        row = rows[plan["ordinal"]]
        decided = {key: plan[key] for key in ("briefing_id", "replaces", "researched_at")}
        if plan["keeps"]:
            changes.append({**row, **decided, "verdict": "keep"})
        if plan["verdict"] != "unchanged":
            merged = {key: plan[key] for key in plan if key in FIELDS[kind] or key in _ORIGIN}
            changes.append({**row, **merged, **decided, "verdict": plan["verdict"]})
    if not changes:
        return []
    for change in changes:
        change.pop("position", None)
    written = connection.execute(
        statement(f"briefings/write_{kind}"), {"rows": to_json(without_nones(changes))}
    ).scalars()
    ids = list(written)
    redated = [
        {key: plan[key] for key in ("briefing_id", "researched_at")}
        for plan in planned
        if plan["redates"] and plan["verdict"] == "update"
    ]
    if redated:
        connection.execute(statement(f"briefings/redate_{kind}"), {"rows": to_json(redated)})
    return ids


def _sync_titles(connection: Connection, ids: Sequence[UUID]) -> None:
    """Read the single titles of these rows of ``icp_job_titles`` anew."""
    for start in range(0, len(ids), _MOST_TITLES_AT_ONCE):
        values = {"ids": list(ids[start : start + _MOST_TITLES_AT_ONCE])}
        rows = [
            {
                "id": briefing_id,
                "titles": [
                    {"title": title.title, "buyer_role": title.buyer_role, "reasoning": title.reasoning}
                    for title in parse_icp_titles(raw).items
                ],
            }
            for briefing_id, raw in connection.execute(statement("briefings/written_titles"), values)
        ]
        connection.execute(statement("briefings/sync_titles"), {"rows": to_json(rows)})


# --------------------------------------------------------------------------------------------------------- queries
def query_company_intel_briefings(
    connection: Connection,
    *,
    org_id: UUID | str,
    company_domain: str | None = None,
    client_company_name: str | None = None,
    limit: int | None = 100,
    offset: int | None = 0,
) -> Page[dict[str, Any]]:
    """Briefings of an org, the latest created first; of a company (its domain in any spelling), for a client, or both.

    A blank filter is none; a domain that is no domain finds nothing. ``limit`` is kept within 1 to 1000, ``offset``
    at 0 or above.
    """
    filters = {"company_domain": company_domain, "client_company_name": client_company_name}
    return _query(connection, "company", org_id, filters, limit, offset)


def query_person_intel_briefings(
    connection: Connection,
    *,
    org_id: UUID | str,
    person_linkedin_url: str | None = None,
    person_current_company_name: str | None = None,
    client_company_name: str | None = None,
    limit: int | None = 100,
    offset: int | None = 0,
) -> Page[dict[str, Any]]:
    """Briefings of an org, the latest created first; of a person (their LinkedIn address in any spelling), of those at a
    company, for a client, or all of it. Filters and limits as in ``query_company_intel_briefings``.
    """
    filters = {
        "person_linkedin_url": person_linkedin_url,
        "person_current_company_name": person_current_company_name,
        "client_company_name": client_company_name,
    }
    return _query(connection, "person", org_id, filters, limit, offset)


def query_icp_job_titles(
    connection: Connection,
    *,
    org_id: UUID | str,
    company_domain: str | None = None,
    limit: int | None = 100,
    offset: int | None = 0,
) -> Page[dict[str, Any]]:
    """The job titles that buy, of an org, the latest created first; of a company. As ``query_company_intel_briefings``."""
    return _query(connection, "icp_job_titles", org_id, {"company_domain": company_domain}, limit, offset)


def _query(
    connection: Connection,
    kind: Kind,
    org_id: UUID | str,
    filters: Mapping[str, str | None],
    limit: int | None,
    offset: int | None,
) -> Page[dict[str, Any]]:
    values: dict[str, Any] = {
        "org_id": _uuid(org_id, "org_id"),
        "limit": min(max(100 if limit is None else limit, 1), _MOST_ROWS),
        "offset": max(offset or 0, 0),
    }
    for name, given in filters.items():
        if given is None or not given.strip():
            values[name] = None
        elif (usable := _filter_value(name, given)) is None:
            return Page()
        else:
            values[name] = usable
    total, rows = 0, []
    for found in connection.execute(statement(f"briefings/query_{kind}"), values).mappings():
        row = dict(found)
        total = row.pop("total")
        if row["id"] is not None:
            rows.append(row)
    return Page(rows, total=total)


def _filter_value(name: str, given: str) -> str | None:
    """As it is stored, or ``None`` for what is never stored."""
    if name == "company_domain":
        fields = read_fields("icp_job_titles", {"domain": given})
        return None if isinstance(fields, Rejected) else fields.values["company_domain"]
    if name == "person_linkedin_url":
        return normalize_linkedin_url(given) if linkedin_kind(given) == "person" else None
    return clean_text(given)


def query_title_counts(
    connection: Connection, *, org_id: UUID | str, domains: Sequence[str] | None = None
) -> list[TitleCount]:
    """For how many companies of an org research names each title, and as which buyer role; the most named first.

    ``domains`` (in any spelling) narrows it to these companies.
    """
    usable = (
        None if domains is None else [found for given in domains if (found := _filter_value("company_domain", given))]
    )
    values = {"org_id": _uuid(org_id, "org_id"), "domains": usable}
    return [TitleCount(**row) for row in connection.execute(statement("briefings/title_counts"), values).mappings()]
