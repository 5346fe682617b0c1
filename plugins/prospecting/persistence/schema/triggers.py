"""Every trigger as declared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prospecting.persistence.schema.declared import Trigger
from prospecting.persistence.schema.merging import NOTED
from prospecting.persistence.schema.slots import JOURNALLED
from prospecting.persistence.schema.tables import metadata


def _note_changes(table: str) -> Iterator[Trigger]:
    for name, change, rows in (
        ("note_insert", "insert", "new"),
        ("note_update_from", "update", "old"),
        ("note_update_to", "update", "new"),
        ("note_delete", "delete", "old"),
    ):
        action = f"referencing {rows} table as changed for each statement execute function note_account_changes()"
        yield Trigger(table, name, f"after {change}", action)


_NOT_ERASING = "current_setting('prospecting.erasing', true) is distinct from 'on'"


def _keep_research(table: str) -> Iterator[Trigger]:
    changed = f"for each row when (old.raw_parallel_output is distinct from new.raw_parallel_output and {_NOT_ERASING})"
    stamp = "for each row execute function update_updated_at_column()"
    yield Trigger(table, f"update_{table}_updated_at", "before update", stamp)
    yield Trigger(table, "date_research", "before update", f"{changed} execute function date_research()")
    yield Trigger(
        table, "keep_replaced_briefing", "after update", f"{changed} execute function keep_replaced_briefing()"
    )


def _journal(table: str, columns: Sequence[str]) -> Trigger:
    """Whatever is written while a backfill run says so; everybody else pays for looking at the setting."""
    arguments = ", ".join(f"'{column}'" for column in columns)
    return Trigger(
        table,
        "journal_change",
        "after insert or update or delete",
        "for each row when (current_setting('prospecting.journal', true) = 'on') "
        f"execute function journal_change({arguments})",
    )


def _note_merge(table: str, key: Sequence[str]) -> Trigger:
    """Whatever is written while two companies or persons are merged, so that it can be undone."""
    arguments = ", ".join(f"'{column}'" for column in key)
    return Trigger(
        table,
        "note_merge",
        "after insert or update or delete",
        "for each row when (coalesce(current_setting('prospecting.merge', true), '') <> '') "
        f"execute function note_merge_change({arguments})",
    )


# What moves to another company or person by a merge, and back, says the same as before: that has no history, no other
# day, and changes nothing of when it was last updated.
_NOT_MOVED = "current_setting('prospecting.moves', true) is distinct from 'on'"


def _refuse(table: str, name: str, when: str, why: str, condition: str = "") -> Trigger:
    return Trigger(table, name, when, f"for each statement {condition} execute function refuse_change('{why}')")


def _differs(*columns: str) -> str:
    """The condition of a trigger that is for rows with another value of one of these columns."""
    return f"({', '.join(f'old.{c}' for c in columns)}) is distinct from ({', '.join(f'new.{c}' for c in columns)})"


def _note_changed_fact(table: str, *columns: str) -> Trigger:
    action = f"for each row when ({_differs(*columns)}) execute function note_changed_fact()"
    return Trigger(table, "note_changed_fact", f"after update of {', '.join(columns)}", action)


def _date_recording(table: str, column: str, moment: str = "before") -> Trigger:
    condition = f"old.{column} is distinct from new.{column}"
    if table in NOTED:
        condition += f" and {_NOT_MOVED}"
    action = f"for each row when ({condition}) execute function date_recording()"
    return Trigger(table, "date_recording", f"{moment} update of {column}", action)


_CHANGED_ROWS = {
    "insert": "new table as new_rows",
    "update": "old table as old_rows new table as new_rows",
    "delete": "old table as old_rows",
}


def _note_seats(table: str, *changes: str) -> Iterator[Trigger]:
    """The triggers that note changes of anything an evaluation of seats reads, in ``seat_changes``."""
    new, old = "new table as new_rows", "old table as old_rows"
    rows = {"insert": new, "update": f"{old} {new}", "delete": old}
    for change in changes:
        action = f"referencing {rows[change]} for each statement execute function note_seat_changes()"
        yield Trigger(table, f"note_seats_{change}", f"after {change}", action)


def _note_identities() -> Iterator[Trigger]:
    """The triggers that note what tells the identity gate who a company is."""
    noting = "execute function note_seats_of_identity()"
    columns = ("domain", "kind", "name", "name_key", "merged_into_id")
    identity = f"for each row when ({_differs(*columns)}) {noting}"
    yield Trigger("companies", "note_seats_identity", f"after update of {', '.join(columns)}", identity)
    yield Trigger("companies", "note_seats_gone", "after delete", f"for each row {noting}")
    table, open_pair = "merge_candidates", "{0}.entity_type = 'company' and {0}.status = 'open'"
    old, new = open_pair.format("old"), open_pair.format("new")
    yield Trigger(table, "note_seats_doubted", "after insert", f"for each row when ({new}) {noting}")
    yield Trigger(
        table,
        "note_seats_settled",
        "after update of entity_type, left_id, right_id, status",
        f"for each row when (({old}) is distinct from ({new})) {noting}",
    )
    yield Trigger(table, "note_seats_gone", "after delete", f"for each row when ({old}) {noting}")
    for name, change, rows in (("suppressed", "insert", "new"), ("lifted", "delete", "old")):
        action = f"referencing {rows} table as changed for each statement {noting}"
        yield Trigger("suppressed_addresses", f"note_seats_{name}", f"after {change}", action)


def _note_requests() -> Iterator[Trigger]:
    """The triggers that note what others than evaluations do to requests for seats."""

    def note(table: str, name: str, when: str, which: str) -> Trigger:
        return Trigger(table, name, when, f"for each row when ({which}) execute function note_seat_of_request()")

    by_others = "current_setting('prospecting.evaluates_seats', true) is distinct from 'on'"
    table = "intake.people_raw_intake"
    unpromoted = "new.source_system = 'slot_backfill' and new.validated and new.promoted_at is null"
    asked = "({0}.source_system, {0}.company_unique_id, {0}.slot_type, {0}.backfill_source, {0}.validated)"
    changed = f"{asked.format('old')} is distinct from {asked.format('new')}"
    moved = f"({unpromoted} or 'slot_backfill' in (old.source_system, new.source_system) and {changed}) and {by_others}"
    yield note(table, "note_seat", "after insert", unpromoted)
    yield note(table, "note_seat_moved", "after update", moved)
    yield note(table, "note_seat_gone", "after delete", "old.source_system = 'slot_backfill'")
    table = "agent_routing_log"
    unsettled = "{0}.record_type = 'person_slot_backfill' and {0}.settled_at is null"
    state = "({0}.record_type, {0}.record_id, {0}.status, {0}.settled_at is null)"
    taken = "old.status in ('pending', 'queued') and new.status in ('assigned', 'running')"
    changed = f"{state.format('old')} is distinct from {state.format('new')}"
    moved = f"{unsettled.format('old')} and {changed} and not ({taken}) and {by_others}"
    yield note(table, "note_seat", "after insert", f"{unsettled.format('new')} and {by_others}")
    yield note(table, "note_seat_moved", "after update", moved)
    yield note(table, "note_seat_gone", "after delete", unsettled.format("old"))


def _note_engagement(table: str, *changes: str) -> Iterator[Trigger]:
    for change in changes:
        action = f"referencing {_CHANGED_ROWS[change]} for each statement execute function note_engagement_changes()"
        yield Trigger(table, f"note_{change}", f"after {change}", action)


def _count(table: str, name: str, function: str) -> Iterator[Trigger]:
    for change, rows in (
        ("insert", "new table as new_rows"),
        ("update", "old table as old_rows new table as new_rows"),
        ("delete", "old table as old_rows"),
    ):
        condition = f"when ({_NOT_MOVED}) " if name == "record" and change == "update" else ""
        action = f"referencing {rows} for each statement {condition}execute function {function}()"
        yield Trigger(table, f"{name}_{change}", f"after {change}", action)
    when = "before" if name == "record" else "after"
    yield Trigger(table, f"{name}_truncate", f"{when} truncate", f"for each statement execute function {function}()")


_STAMP = "execute function update_updated_at_column()"
_STAMP_CHANGED = f"for each row when (old.* is distinct from new.* and {_NOT_MOVED}) {_STAMP}"
_TOUCHPOINT_COLUMNS = tuple(
    column.name
    for column in metadata.tables["touchpoints"].columns
    if column.computed is None
    and column.name not in ("id", "written_by", "created_at", "updated_at", "response_recorded_at", "sent_recorded_at")
)
_RECORD = "for each statement execute function record_slot_transitions()"
_BRIEFINGS = ("company_intel_briefings", "person_intel_briefings", "icp_job_titles")
TRIGGERS = (
    Trigger("company_slot", "record_insert", "after insert", f"referencing new table as new_slots {_RECORD}"),
    Trigger(
        "company_slot",
        "record_update",
        "after update",
        f"referencing old table as old_slots new table as new_slots {_RECORD}",
    ),
    Trigger("company_slot", "record_delete", "after delete", f"referencing old table as old_slots {_RECORD}"),
    Trigger("company_slot", "record_truncate", "before truncate", _RECORD),
    _refuse(
        "company_slot",
        "seats_stay",
        "before update of company_unique_id, slot_type",
        "a seat stays with its company; delete it and add the other one",
    ),
    _refuse(
        "slot_transitions",
        "append_only",
        "before update or delete or truncate",
        "history is append-only; add a row that says what is true now",
    ),
    *_note_seats("companies", "insert"),
    *_note_seats("company_person_roles", "insert", "update", "delete"),
    *_note_seats("seat_refusals", "insert", "update", "delete"),
    *_note_seats("company_slot", "update", "delete"),
    *(
        Trigger(
            table,
            "note_seats_merge",
            "after update of merged_into_id",
            "for each row when (old.merged_into_id is distinct from new.merged_into_id) "
            "execute function note_seats_of_merge()",
        )
        for table in ("companies", "persons")
    ),
    *_note_identities(),
    *_note_requests(),
    Trigger(
        "intake.people_raw_intake",
        "date_validation",
        "before insert or update of validated",
        "for each row when (new.validated and new.validated_at is null) execute function date_validation()",
    ),
    *(_journal(table, columns) for table, columns in JOURNALLED.items()),
    *(_note_merge(table, key) for table, key in NOTED.items()),
    *_note_engagement("contacts", "insert", "update", "delete"),
    *_note_engagement("touchpoints", "insert", "update", "delete"),
    *_note_engagement("conversation_transitions", "insert"),
    Trigger(
        "contacts",
        "date_contact",
        "before insert or update of company_id, is_decision_maker, company_since, decision_maker_since",
        f"for each row when ({_NOT_MOVED}) execute function date_contact()",
    ),
    Trigger(
        "touchpoints",
        "date_response",
        "before insert",
        "for each row when (new.replied_at is not null) execute function date_response()",
    ),
    Trigger(
        "touchpoints",
        "date_response_again",
        "before update of replied_at, direction, in_reply_to_id, response_recorded_at",
        "for each row execute function date_response()",
    ),
    *_count("contacts", "count", "count_contacts"),
    *_count("conversations", "count", "count_conversations"),
    *_count("touchpoints", "count", "count_touchpoints"),
    *_count("conversations", "record", "record_conversation_transitions"),
    _refuse(
        "conversation_transitions",
        "append_only",
        "before update or delete or truncate",
        "history is append-only; add a row that says what is true now",
    ),
    Trigger(
        "conversations",
        "close_conversation",
        "before insert or update of status, closed_at",
        "for each row execute function close_conversation()",
    ),
    Trigger(
        "relationships",
        "refuse_reversed_pair",
        "before insert or update of contact_id_1, contact_id_2",
        "for each row execute function refuse_reversed_pair()",
    ),
    Trigger(
        "contacts",
        "set_updated_at",
        "before update of person_id, company_id, email, role, department, seniority_level, twitter_url, "
        "personal_website, interests, communication_preferences, research_data, status, is_primary_contact, "
        "is_decision_maker, is_champion, last_researched_at, job_changed_at",
        _STAMP_CHANGED,
    ),
    Trigger("relationships", "set_updated_at", "before update", _STAMP_CHANGED),
    Trigger(
        "conversations",
        "set_updated_at",
        "before update of contact_id, company_id, status, qualification_tier, next_touchpoint_at, context, "
        "campaign_id, campaign_name, sequence_step, outcome, outcome_date, outcome_notes, estimated_value, "
        "actual_value, metadata, started_at, closed_at",
        _STAMP_CHANGED,
    ),
    Trigger(
        "touchpoints",
        "set_updated_at",
        "before update",
        f"for each row when ((old.{', old.'.join(_TOUCHPOINT_COLUMNS)}) is distinct from "
        f"(new.{', new.'.join(_TOUCHPOINT_COLUMNS)})) {_STAMP}",
    ),
    *(trigger for table in _BRIEFINGS for trigger in _keep_research(table)),
    *(
        trigger
        for table in (
            "user_interactions",
            "prospect_intelligence_runs",
            "event_sponsors",
            "signal_execution_entities",
            "person_intel_briefings",
            "company_intel_briefings",
            "extracted_icp_job_title_details",
        )
        for trigger in _note_changes(table)
    ),
    Trigger(
        "slot_transitions",
        "note_insert",
        "after insert",
        "referencing new table as changed for each statement execute function note_account_changes()",
    ),
    *(
        Trigger(
            "company_person_roles",
            f"note_roles_{change}",
            f"after {change}",
            f"referencing {rows} table as changed for each statement execute function note_roles()",
        )
        for change, rows in (("insert", "new"), ("delete", "old"))
    ),
    _note_changed_fact("events", "start_dt", "dates_recorded_at"),
    _note_changed_fact("persons", "linkedin_url", "linkedin_recorded_at"),
    _note_changed_fact(
        "company_person_roles", "company_id", "person_id", "is_current", "created_at", "ended_recorded_at"
    ),
    _note_changed_fact("signals", "type"),
    Trigger("signals", "note_version", "after insert", "for each row execute function note_signal_version()"),
    Trigger(
        "signals",
        "note_changed_version",
        "after update of type, configuration",
        f"for each row when ({_differs('type', 'configuration')} and {_NOT_ERASING}) "
        "execute function note_signal_version()",
    ),
    _refuse(
        "signal_versions",
        "append_only",
        "before update",
        "versions never change; store another one",
        f"when ({_NOT_ERASING})",
    ),
    _note_changed_fact("signal_executions", "signal_id"),
    _date_recording("events", "start_dt"),
    _date_recording("persons", "linkedin_url", "after"),
    _date_recording("company_person_roles", "is_current"),
    _date_recording("touchpoints", "sent_at"),
    *(
        Trigger(
            table,
            "date_knowledge",
            "before insert",
            "for each row when (new.known_at is null) execute function date_knowledge()",
        )
        for table in ("user_interactions", "prospect_intelligence_runs")
    ),
    Trigger(
        "companies",
        "note_move",
        "after update of domain, merged_into_id, name",
        f"for each row when ({_differs('domain', 'merged_into_id', 'name')}) execute function note_company_move()",
    ),
    Trigger("companies", "note_delete", "before delete", "for each row execute function note_company_move()"),
    Trigger(
        "prospect_intelligence",
        "set_updated_at",
        "before update",
        "for each row when (old.* is distinct from new.*) execute function update_updated_at_column()",
    ),
    _refuse(
        "user_interactions",
        "append_only",
        "before delete",
        "interactions are append-only; log another one, or delete the user",
        "when (pg_trigger_depth() = 0)",
    ),
    _refuse(
        "user_interactions",
        "append_only_values",
        "before update or truncate",
        "interactions are append-only; log another one",
        f"when ({_NOT_ERASING})",
    ),
)
