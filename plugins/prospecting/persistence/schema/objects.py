"""Triggers, policies, grants, functions and roles, and the comparison of all that is declared with a database.

Tables, columns, constraints and indexes are declared in ``prospecting.persistence.schema.tables``, everything else that
migrations make is declared here. Both are built a second time, empty, in the temporary schema of a connection, so that
PostgreSQL itself says what each object looks like: no spelling of one version or of one migration is compared with
another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from prospecting.persistence.schema.function_digests import FUNCTION_DIGESTS
from prospecting.persistence.schema.merging import NOTED
from prospecting.persistence.schema.slots import JOURNALLED
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.statements import statement


class Key(NamedTuple):
    """The kind of an object, the table it belongs to (or none), and its name."""

    kind: str
    table: str
    name: str


class Declared(Protocol):
    """An object beside a table that one statement makes."""

    @property
    def key(self) -> Key: ...

    def statement(self, table: str) -> str:
        """The statement that makes it, on the table of this name."""


class Trigger(NamedTuple):
    table: str
    name: str
    when: str
    action: str

    @property
    def key(self) -> Key:
        return Key("trigger", self.table, self.name)

    def statement(self, table: str) -> str:
        return f"create trigger {self.name} {self.when} on {table} {self.action}"


class Policy(NamedTuple):
    table: str
    name: str
    rule: str

    @property
    def key(self) -> Key:
        return Key("policy", self.table, self.name)

    def statement(self, table: str) -> str:
        return f"create policy {self.name} on {table} {self.rule}"


class Grant(NamedTuple):
    table: str
    role: str
    privileges: str

    @property
    def key(self) -> Key:
        return Key("grant", self.table, self.role)

    def statement(self, table: str) -> str:
        return f"grant {self.privileges} on {table} to {self.role}"


# ------------------------------------------------------------------ functions, roles
_OWNERS_RIGHTS = ", with its owner's rights, not for everybody"
FUNCTIONS = {
    "get_active_conversations(company bigint)": "returns record, sql, stable",
    "get_colleagues(contact uuid)": "returns record, sql, stable",
    "get_contact_relationships(contact uuid)": "returns record, sql, stable",
    "get_conversation_engagement_metrics(conversation uuid)": "returns record, sql, stable",
    "get_conversations_needing_followup()": "returns record, sql, stable",
    "get_touchpoint_history(conversation uuid)": "returns record, sql, stable",
    "keyed_hash(kind text, value text)": f"returns text, sql, stable{_OWNERS_RIGHTS}",
    "note_companies(company_ids bigint[], moments timestamp with time zone[])": "returns void, plpgsql, volatile",
    "recount_contacts(contact_ids uuid[])": "returns void, plpgsql, volatile",
    "redact_interactions(erasure uuid, interactions jsonb)": f"returns integer, plpgsql, volatile{_OWNERS_RIGHTS}",
    "refresh_account_overview()": f"returns void, plpgsql, volatile{_OWNERS_RIGHTS}",
    "account_activity(account_domains text[])": f"returns record, plpgsql, stable{_OWNERS_RIGHTS}",
    "delete_own_research(research_id uuid)": f"returns boolean, plpgsql, volatile{_OWNERS_RIGHTS}",
    "log_own_interactions(interactions json, OUT logged integer, OUT taken integer[])": "returns record, plpgsql, "
    f"volatile{_OWNERS_RIGHTS}",
    "record_own_failure(run jsonb)": f"returns uuid, plpgsql, volatile{_OWNERS_RIGHTS}",
    "save_own_research(research jsonb, OUT research_id uuid, OUT is_new boolean, OUT is_stored boolean, OUT is_newest "
    "boolean)": f"returns record, plpgsql, volatile{_OWNERS_RIGHTS}",
    "add_own_run(run jsonb, status text, ran_at timestamp with time zone)": "returns uuid, plpgsql, volatile",
    "refuse_others(meant uuid)": "returns uuid, plpgsql, stable",
    "refuse_unusable(domain text, website_url text, moment timestamp with time zone, ahead interval)": "returns void, "
    "plpgsql, stable",
    "briefing_digest(raw jsonb, researched_at timestamp with time zone)": "returns text, sql, immutable",
    "current_org_id()": "returns uuid, sql, stable",
    "current_user_id()": "returns uuid, sql, stable",
    "role_standing(is_current boolean, is_doubted boolean, observed_on date, as_of date)": "returns text, sql, stable",
    "slot_unique_id(company_unique_id text, slot_type text)": "returns text, sql, immutable",
    "text_key(value text)": "returns text, sql, immutable",
    **dict.fromkeys(
        (
            "close_conversation()",
            "count_contacts()",
            "count_conversations()",
            "count_touchpoints()",
            "date_contact()",
            "date_knowledge()",
            "date_recording()",
            "date_research()",
            "date_response()",
            "date_validation()",
            "journal_change()",
            "keep_replaced_briefing()",
            "note_account_changes()",
            "note_changed_fact()",
            "note_company_move()",
            "note_engagement_changes()",
            "note_merge_change()",
            "note_roles()",
            "note_seat_changes()",
            "note_seat_of_request()",
            "note_seats_of_merge()",
            "record_conversation_transitions()",
            "record_slot_transitions()",
            "refuse_change()",
            "refuse_reversed_pair()",
            "update_updated_at_column()",
        ),
        "returns trigger, plpgsql, volatile",
    ),
}
APP, API, READER = "prospecting_app", "prospecting_api", "prospecting_reader"
ELSEWHERE = {
    **{
        Key("function", "", name): f"{definition}, body {FUNCTION_DIGESTS.get(name.partition('(')[0], 'not declared')}"
        for name, definition in FUNCTIONS.items()
    },
    **{Key("role", "", role): "bound by row-level security" for role in (APP, API, READER)},
    Key("grant", "schema public", APP): "usage",
    Key("grant", "schema public", API): "usage",
    Key("grant", "schema intake", APP): "usage",
    Key("grant", "schema public", READER): "usage",
    Key("grant", "schema intake", READER): "usage",
    **{
        Key("grant", f"view {name}", READER): "select"
        for name in (
            "account_overview",
            "contact_profiles",
            "seat_fill_rates",
            "seat_fill_rates_daily",
            "seat_request_kpis",
        )
    },
    Key("grant", "sequence persons_id_seq", APP): "usage",
    Key("view", "", "account_overview"): "materialized, opens to prospecting_api relationships",
    Key("view", "", "contact_profiles"): "with the reader's rights",
    **{
        Key("view", "", name): "with the reader's rights"
        for name in ("seat_fill_rates", "seat_fill_rates_daily", "seat_request_kpis")
    },
    **{
        Key("grant", f"view {name}", APP): "select"
        for name in ("seat_fill_rates", "seat_fill_rates_daily", "seat_request_kpis")
    },
    Key("grant", "view account_overview", APP): "select",
    Key("grant", "view account_overview", API): "select",
    Key("grant", "view contact_profiles", APP): "select",
    Key("grant", "function keyed_hash", APP): "execute",
    Key("grant", "function redact_interactions", APP): "execute",
    Key("grant", "function refresh_account_overview", APP): "execute",
    **{
        Key("grant", f"function {name}", API): "execute"
        for name in (
            "account_activity",
            "delete_own_research",
            "log_own_interactions",
            "record_own_failure",
            "save_own_research",
        )
    },
    Key("grant", "database", APP): "temporary",
}
"""Everything that belongs to no table, with the words of ``access/other_objects``."""


# ------------------------------------------------------------------ triggers
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

# ------------------------------------------------------------------ policies
_OWN = "user_id = (select current_user_id())"
_SELF = "id = (select current_user_id())"
_EVERYTHING = "using (true) with check (true)"
POLICIES = (
    Policy("prospect_intelligence", "own_research_select", f"for select to {API} using ({_OWN})"),
    Policy("prospect_intelligence", "own_research_insert", f"for insert to {API} with check ({_OWN})"),
    Policy("prospect_intelligence", "own_research_update", f"for update to {API} using ({_OWN}) with check ({_OWN})"),
    Policy("prospect_intelligence", "own_research_delete", f"for delete to {API} using ({_OWN})"),
    Policy("prospect_intelligence", "tasks_all", f"for all to {APP}, current_user {_EVERYTHING}"),
    Policy("user_interactions", "own_interactions_select", f"for select to {API} using ({_OWN})"),
    Policy("user_interactions", "own_interactions_insert", f"for insert to {API} with check ({_OWN})"),
    Policy("user_interactions", "no_update", f"for update to {API} using (false)"),
    Policy("user_interactions", "no_delete", f"for delete to {API} using (false)"),
    Policy("user_interactions", "tasks_select", f"for select to {APP}, current_user using (true)"),
    Policy("user_interactions", "tasks_insert", f"for insert to {APP}, current_user with check (true)"),
    Policy(
        "user_interactions",
        "tasks_redact",
        "for update to current_user using (current_setting('prospecting.erasing', true) = 'on') with check (true)",
    ),
    Policy(
        "touchpoints",
        "seen_touchpoints_select",
        f"for select to {API} using (created_by_automation or visibility = 'everyone' or created_by_{_OWN})",
    ),
    Policy(
        "touchpoints",
        "reader_select",
        f"for select to {READER} using (created_by_automation or visibility = 'everyone')",
    ),
    *(
        Policy(table, "reader_select", f"for select to {READER} using (true)")
        for table in (
            "submissions",
            "pipeline_runs",
            "step_results",
            *_BRIEFINGS,
            *(f"{table}_history" for table in _BRIEFINGS),
            "extracted_icp_job_title_details",
            "briefing_writes",
        )
    ),
    *(
        Policy(table, "own_org_select", f"for select to {API} using (org_id = (select current_org_id()))")
        for table in _BRIEFINGS
    ),
    Policy("users", "own_user_select", f"for select to {API} using ({_SELF})"),
    Policy("users", "own_user_insert", f"for insert to {API} with check ({_SELF})"),
    *(
        Policy(table, "tasks_all", f"for all to {APP} {_EVERYTHING}")
        for table in (
            "users",
            "prospect_intelligence_runs",
            "submissions",
            "pipeline_runs",
            "step_results",
            "research_entities",
            *_BRIEFINGS,
            *(f"{table}_history" for table in _BRIEFINGS),
            "extracted_icp_job_title_details",
            "briefing_writes",
            "touchpoints",
        )
    ),
)

# ------------------------------------------------------------------ grants
# The API's role reads; it writes through functions. What counts what users did, and the reasons that say so, it reads
# through account_activity, which keeps silent where few users are counted.
_SHARED_SIGNALS = (
    "id, account_domain, company_name, icp_score, priority_level, is_b2b_saas, has_modern_stack, technology_count, "
    "has_open_engineering_roles, engineering_role_count, total_open_roles, has_engineering_blog, employees_min, "
    "employees_max, has_funding, last_research_at, sponsored_event_count, best_sponsor_tier_rank, last_sponsored_on, "
    "hiring_signal_count, funding_signal_count, last_signal_at, slots_filled, slots_open, company_briefing_count, "
    "person_briefing_count, icp_title_count, last_briefing_at, contact_count, decision_maker_contact_count, "
    "active_conversation_count, created_at, updated_at"
)
# What nobody reads in a page: keys, hashes of who was forgotten, what single users did, and the machinery of writing.
_NOT_IN_PAGES = {
    "hash_keys",
    "api_tokens",
    "erased_identities",
    "suppressed_addresses",
    "users",
    "prospect_intelligence",
    "prospect_intelligence_runs",
    "user_interactions",
    "account_signals",
    "account_feature_snapshots",
    "account_changes",
    "seat_changes",
    "backfill_journal",
    "merge_changes",
    "name_key_rules",
    "title_seats",
    "rate_limits",
    "research_entities",
}
_APPEND_ONLY = ("slot_transitions", "user_interactions", "conversation_transitions")
GRANTS = (
    *(
        Grant(table, APP, "select, insert" if table in _APPEND_ONLY else "select, insert, update, delete")
        for table in metadata.tables
        if table != "hash_keys"
    ),
    *(Grant(table, READER, "select") for table in metadata.tables if table not in _NOT_IN_PAGES),
    *(Grant("account_signals", role, f"select ({_SHARED_SIGNALS})") for role in (API, READER)),
    Grant("account_scores", API, "select (account_domain, model_id, probability, created_at, updated_at)"),
    Grant("account_intent", API, "select (account_domain, level, observed_on, created_at, updated_at)"),
    Grant(
        "account_recommendations",
        API,
        "select (recommended_on, account_domain, rank, score, is_exploration, propensity, model_id, contact_id, "
        "created_at)",
    ),
    *(
        Grant(table, API, "select")
        for table in (
            "users",
            "prospect_intelligence",
            "user_interactions",
            "accounts",
            "account_suppressions",
            "companies",
            "events",
            "event_sponsors",
            "company_slot",
            "contacts",
            "conversations",
            "touchpoints",
            *_BRIEFINGS,
        )
    ),
)
DECLARED: tuple[Declared, ...] = (*TRIGGERS, *POLICIES, *GRANTS)


# ------------------------------------------------------------------ found, and expected
# The places of text casts in an expression change when it is dumped and restored, its meaning does not.
_CASTS = re.compile(r"::(?:text|character varying)(?:\[\])?")
SCHEMAS = ("public", *sorted({table.schema for table in metadata.tables.values() if table.schema}))


def _named(connection: Connection, name: str, schemas: Sequence[int]) -> dict[Key, str]:
    values = {"schemas": list(schemas), "tables": list(metadata.tables)}
    found = connection.execute(statement(name), values)
    return {Key(row.kind, row.table_name, row.name): _CASTS.sub("", row.definition) for row in found}


def _show_short_names(connection: Connection) -> None:
    connection.execute(text("select set_config('search_path', :path, true)"), {"path": ", ".join(SCHEMAS)})


def found_objects(connection: Connection) -> dict[Key, str]:
    """Everything in the schemas of our tables, as PostgreSQL describes it."""
    _show_short_names(connection)
    named = text("select oid from pg_namespace where nspname = any(cast(:names as text[]))")
    schemas = connection.execute(named, {"names": list(SCHEMAS)}).scalars().all()
    return {
        **_named(connection, "access/table_objects", schemas),
        **_named(connection, "access/other_objects", schemas),
    }


def expected_objects(connection: Connection) -> dict[Key, str]:
    """Everything declared, as PostgreSQL would describe it. Leaves nothing behind.

    Raises ``DBAPIError`` when the copy cannot be built: the login may create no temporary tables, or a function or a
    role that something declared needs is missing.
    """
    _show_short_names(connection)
    full_names = {table.name: table.fullname for table in metadata.tables.values()}
    with connection.begin_nested() as copy:
        connection.execution_options(schema_translate_map=dict.fromkeys((None, *SCHEMAS), "pg_temp"))
        for table in metadata.sorted_tables:
            table.create(connection, checkfirst=False)
        connection.execution_options(schema_translate_map=None)
        # Remove what the login's default privileges added: it is not declared.
        connection.execute(text(f"revoke all on all tables in schema pg_temp from public, {APP}, {API}, {READER}"))
        for declared in DECLARED:
            connection.execute(text(declared.statement(f"pg_temp.{declared.key.table.rpartition('.')[2]}")))
        temporary = connection.execute(text("select pg_my_temp_schema()")).scalar_one()
        found = _named(connection, "access/table_objects", [temporary])
        copy.rollback()
    in_place = {Key(key.kind, full_names[key.table], key.name): definition for key, definition in found.items()}
    return {**in_place, **ELSEWHERE}


def remedies() -> dict[Key, str]:
    """The statement that puts a declared index, trigger, policy or grant back."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return {
        **{
            Key("index", table.fullname, str(index.name)): str(CreateIndex(index).compile(dialect=dialect))
            for table in metadata.tables.values()
            for index in table.indexes
        },
        **{declared.key: declared.statement(declared.key.table) for declared in DECLARED},
    }
