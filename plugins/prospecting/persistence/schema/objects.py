"""Functions, roles and what belongs to no table, and the comparison of all that is declared with a database.

Tables, columns, constraints and indexes are declared in ``prospecting.persistence.schema.tables``; triggers, policies
and grants in ``triggers`` and ``access`` beside it; everything else that migrations make, here. All of it is built a
second time, empty, in the temporary schema of a connection, so that PostgreSQL itself says what each object looks like:
no spelling of one version or of one migration is compared with another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from prospecting.persistence.schema.access import API, APP, GRANTS, POLICIES, READER
from prospecting.persistence.schema.declared import Declared, Key
from prospecting.persistence.schema.function_digests import FUNCTION_DIGESTS
from prospecting.persistence.schema.tables import metadata
from prospecting.persistence.schema.triggers import TRIGGERS
from prospecting.persistence.statements import statement

# ------------------------------------------------------------------ functions, roles
_OWNERS_RIGHTS = ", with its owner's rights, not for everybody"
FUNCTIONS = {
    "domains_covered(domains text[], hashes text[])": f"returns text, sql, stable{_OWNERS_RIGHTS}",
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
            "note_seats_of_identity()",
            "note_seats_of_merge()",
            "note_signal_version()",
            "record_conversation_transitions()",
            "record_slot_transitions()",
            "refuse_change()",
            "refuse_reversed_pair()",
            "update_updated_at_column()",
        ),
        "returns trigger, plpgsql, volatile",
    ),
}
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
    **{
        key: value
        for name in ("account_kin", "agent_call_metrics", "execution_metrics", "signal_metrics")
        for key, value in (
            (Key("view", "", name), "with the reader's rights"),
            (Key("grant", f"view {name}", APP), "select"),
            (Key("grant", f"view {name}", READER), "select"),
        )
    },
    Key("grant", "view account_overview", APP): "select",
    Key("grant", "view account_overview", API): "select",
    Key("grant", "view contact_profiles", APP): "select",
    Key("grant", "function domains_covered", APP): "execute",
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
