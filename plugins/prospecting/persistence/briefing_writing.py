"""Writing briefings: one at a time, and what steps of research have found.

Both ways end in ``briefing_merging``, so both store the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.briefings import OPERATION_IDS, BriefingFields, Kind, read_fields, read_raw
from prospecting.parsing.records import Rejected
from prospecting.parsing.subjects import Described, Subject
from prospecting.persistence.batches import Upserted, save_isolating
from prospecting.persistence.briefing_merging import Merged, Research, Source, is_news, lock_briefings, merge, plan
from prospecting.persistence.briefing_sources import as_uuid
from prospecting.persistence.database import clean_text, to_json
from prospecting.persistence.erased_identities import DETAIL, REASON, companies_of, erased_among, screen
from prospecting.persistence.statements import statement

REMEDIES = {
    "no_domain": "company_domain has to be a company's own domain, such as acme.com",
    "no_name": "person_full_name has to name a person",
}
"""What to do about a key that cannot be read, by reason."""


class FailedWrite(NamedTuple):
    """A step result that did not reach the table of its kind."""

    step_result_id: UUID
    kind: Kind


@dataclass(frozen=True, slots=True)
class SaveCounts:
    """The outcome for step results: every one processed is upserted, unchanged or skipped.

    ``upserted``: a row was written, be it a line of history. ``skipped``: how many, by reason (``wrong_operation``,
    ``not_found``, ``gone``: there is nothing to save; ``failed``: the database refused it; else why it cannot be
    saved).
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
    """Save the briefing of ``company_domain`` (any spelling) as seen from ``client_company_name``. Returns the row.

    Newer research replaces the row's, says how the client is spelled and where it comes from (nothing of that stays);
    what else it leaves out stays. Older research is kept in the history, and fills what is unknown of the company.
    ``researched_at`` (aware) is by default when the run finished, else now; ``force`` replaces
    whatever is there. Raises ``ValueError`` for what cannot be stored, ``LookupError`` for an unknown org, or a
    submission or run that is not the org's. At most one call per transaction, after companies and persons (lock order).
    """
    output = {
        "domain": company_domain,
        "company_name": company_name,
        "client_company_name": client_company_name,
        "client_company_description": client_company_description,
        "parallel_run_id": parallel_run_id,
        "processor": processor,
    }
    source = find_source(connection, org_id, source_submission_id, source_pipeline_run_id, researched_at)
    return _upsert(connection, "company", output, raw_parallel_output, source, force=force)


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
    """Save the briefing of a person at a company as seen from a client. Returns the row as it is now.

    Names are compared without case and outer blanks; those of the person and the company keep their first spelling.
    Everything else is as in ``upsert_company_intel_briefing``.
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
    source = find_source(connection, org_id, source_submission_id, source_pipeline_run_id, researched_at)
    return _upsert(connection, "person", output, raw_parallel_output, source, force=force)


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
    """Save which job titles buy at a company, and the single titles read from that. Returns the row as it is now.

    Everything else is as in ``upsert_company_intel_briefing``.
    """
    output = {
        "domain": company_domain,
        "company_name": company_name,
        "company_description": company_description,
        "parallel_run_id": parallel_run_id,
        "processor": processor,
    }
    source = find_source(connection, org_id, source_submission_id, source_pipeline_run_id, researched_at)
    return _upsert(connection, "icp_job_titles", output, raw_parallel_output, source, force=force)


def find_source(
    connection: Connection,
    org_id: UUID | str,
    submission_id: UUID | str | None = None,
    run_id: UUID | str | None = None,
    researched_at: datetime | None = None,
) -> Source:
    """Whose research it is, where it comes from and how old it is, checked against what is stored.

    Raises ``ValueError`` for what is not an id or a date, ``LookupError`` for what is not stored or not the org's.
    """
    org = as_uuid(org_id, "org_id")
    submission = None if submission_id is None else as_uuid(submission_id, "source_submission_id")
    run = None if run_id is None else as_uuid(run_id, "source_pipeline_run_id")
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
    return Source(org, submission or found["run_submission_id"], run, researched_at or found["run_finished_at"])


def _upsert(
    connection: Connection,
    kind: Kind,
    output: Mapping[str, Any],
    raw: dict[str, Any],
    source: Source,
    *,
    force: bool,
) -> dict[str, Any]:
    if not isinstance(raw, dict) or not raw:
        raise ValueError("raw_parallel_output has to be an object with something in it: the content of the research")
    fields = read_fields(kind, output)
    if isinstance(fields, Rejected):
        raise ValueError(REMEDIES[fields.reason])
    saved = _save_one(connection, kind, Research(fields.values, source, raw), force=force, is_replay=False)
    if isinstance(saved, Rejected):
        raise ValueError(saved.detail)
    rows = connection.execute(statement(f"briefings/rows_{kind}"), {"ids": [saved.ids[0]]})
    return dict(rows.mappings().one())


@dataclass(frozen=True, slots=True)
class SavedBriefing:
    """The row that research is about. ``is_new``: it was not there before; ``is_news``: something was written."""

    id: UUID
    is_new: bool
    is_news: bool


def save_briefing(
    connection: Connection, kind: Kind, fields: BriefingFields, raw: dict[str, Any], source: Source
) -> SavedBriefing | Rejected:
    """Save one research run that has been read; the same again changes nothing, also what newer research has replaced.

    Returns ``Rejected`` when the database refuses it. At most one call per transaction, after companies and persons
    (lock order).
    """
    saved = _save_one(connection, kind, Research(fields.values, source, raw), force=False, is_replay=True)
    if isinstance(saved, Rejected):
        return saved
    return SavedBriefing(saved.ids[0], bool(saved.created), saved.news[0])


def _forgotten(connection: Connection, kind: Kind, rows: Sequence[Research]) -> list[Research]:
    """Research about people who asked to be forgotten."""
    if kind != "person":
        return []
    people = [_described(row.fields) for row in rows]
    erased = erased_among(connection, people)
    return [row for row, person in zip(rows, people, strict=True) if any(person is one for one in erased)]


def _described(fields: Mapping[str, str | None]) -> Described:
    name, profile = fields["person_full_name"], fields["person_linkedin_url"]
    subject = Subject(frozenset([name] if name else []), profiles=frozenset([profile] if profile else []))
    return Described(subject, fields["person_current_company_name"])


def _save_one(connection: Connection, kind: Kind, row: Research, *, force: bool, is_replay: bool) -> Merged | Rejected:
    if _forgotten(connection, kind, [row]):
        return Rejected(REASON, DETAIL)
    companies = companies_of(connection, row.fields.get("company_name"), row.fields.get("company_domain"))
    row = replace(row, raw=screen(connection, row.raw, company_ids=companies))
    lock_briefings(connection, kind, [row])
    merged: list[Merged] = []

    def save(positions: Sequence[int]) -> dict[int, Any]:
        merged.append(merge(connection, kind, [row], positions, force=force, is_replay=is_replay))
        return {}

    result = Upserted(saved=[None])
    save_isolating(connection, [0], save, result)
    if result.failures:
        return Rejected(result.failures[0].reason, result.failures[0].detail)
    return merged[0]


# --------------------------------------------------------------------------------------------------- many at once
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
    found = []
    for result in connection.execute(statement("briefings/read_results"), {"step_result_ids": asked}).mappings():
        row = _read(kind, result)
        if isinstance(row, Research):
            found.append((_age(result), row))
            del skipped[result["step_result_id"]]
        else:
            skipped[result["step_result_id"]] = row
    rows = [row for _, row in sorted(found, key=lambda aged: aged[0])]
    for row in _forgotten(connection, kind, rows):
        rows.remove(row)
        assert row.step_result_id is not None
        skipped[row.step_result_id] = Rejected(REASON, DETAIL)
    counts = SaveCounts(len(skipped), skipped=dict(Counter(map(_reason, skipped.values()))))
    if dry_run:
        planned = plan(connection, kind, rows, range(len(rows)), force=force, is_replay=True, every=True)
        return counts + _counted([is_news(decision) for decision in planned])
    return counts + _save(connection, kind, rows, skipped, force=force)


def _read(kind: Kind, found: RowMapping) -> Research | Rejected | str:
    """A step result as research to merge; or why there is none, in words when it should have given some."""
    if found["result_operation_id"] != OPERATION_IDS[kind]:
        return "wrong_operation"
    if found["result_status"] != "found":
        return "not_found"
    if found["output"] is None:
        return Rejected("no_output", "The result was found but has no output; run the step again.")
    raw = read_raw(found["response"]) if found["path"] is None else None
    if isinstance(raw, Rejected):
        return raw
    fields = read_fields(kind, found["output"])
    if isinstance(fields, Rejected):
        return fields
    source = Source(
        found["org_id"], found["source_submission_id"], found["source_pipeline_run_id"], found["researched_at"]
    )
    return Research(fields.values, source, raw, found["step_result_id"], found["path"])


_Note = tuple[str, str | None, str | None]  # status, reason, detail


def _age(found: RowMapping) -> tuple[Any, ...]:
    return (
        found["researched_at"],
        str(found["source_pipeline_run_id"]),
        (found["step_position"], found["attempt"]),
        str(found["step_result_id"]),
    )


def _reason(skipped: Rejected | str) -> str:
    return skipped if isinstance(skipped, str) else skipped.reason


def _save(
    connection: Connection,
    kind: Kind,
    rows: Sequence[Research],
    skipped: Mapping[UUID, Rejected | str],
    *,
    force: bool,
) -> SaveCounts:
    lock_briefings(connection, kind, rows)
    news: dict[int, bool] = {}

    def save(positions: Sequence[int]) -> dict[int, Any]:
        # Halves of a batch follow each other, so what is older still comes first.
        news.update(merge(connection, kind, rows, positions, force=force, is_replay=True).news)
        return {}

    result = Upserted(saved=[None] * len(rows))
    save_isolating(connection, range(len(rows)), save, result)
    notes: dict[UUID | None, _Note] = {row.step_result_id: ("written", None, None) for row in rows}
    for step_result_id, why in skipped.items():
        if isinstance(why, Rejected):
            notes[step_result_id] = ("rejected", why.reason, why.detail)
    for failure in result.failures:
        notes[rows[failure.position].step_result_id] = ("failed", failure.reason, failure.detail)
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


def _note(connection: Connection, kind: Kind, notes: Mapping[UUID | None, _Note]) -> None:
    rows = [
        {"step_result_id": step_result_id, "kind": kind, "status": status, "reason": reason, "detail": detail}
        for step_result_id, (status, reason, detail) in notes.items()
    ]
    if rows:
        connection.execute(statement("briefings/record_writes"), {"rows": to_json(rows)})


def record_failed_write(connection: Connection, *, step_result_id: UUID, kind: Kind, reason: str, detail: str) -> None:
    """Note that a step result did not reach its table, one attempt more. ``detail`` must not repeat its values."""
    values = {
        "step_result_id": step_result_id,
        "kind": kind,
        "reason": clean_text(reason),
        "detail": clean_text(detail),
    }
    connection.execute(statement("briefings/record_failed_write"), values)


def query_failed_writes(connection: Connection, *, submission_id: UUID | str) -> list[FailedWrite]:
    """The step results of a submission that did not reach their tables and may at another try, oldest first."""
    values = {"submission_id": as_uuid(submission_id, "submission_id")}
    return [FailedWrite(*row) for row in connection.execute(statement("briefings/failed_writes"), values)]
