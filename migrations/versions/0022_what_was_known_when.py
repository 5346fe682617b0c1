"""What was known when, and every source of a feature notes its changes.

Revision: 0022, after 0021
"""

from __future__ import annotations

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Since when a fact is on record that a row may be told after it was created.
_RECORDED = {
    "events": ("dates_recorded_at", "When another first day was entered; NULL: it came with the row."),
    "persons": ("linkedin_recorded_at", "When another profile was entered; NULL: it came with the row."),
    "company_person_roles": (
        "ended_recorded_at",
        "When the role was found to have ended; NULL: it has not, or it came so.",
    ),
    "touchpoints": ("sent_recorded_at", "When another sent_at was entered; NULL: it came with the row."),
}
_KNOWN = ("user_interactions", "prospect_intelligence_runs")
_KNOWN_AT = "Since when it was known: as stored, unless whoever imports it says otherwise."
_REASONS = {
    "not_trained_because": "Why the run trained no model.",
    "not_recommended_because": "Why the run recommends nobody, or made no list.",
}

_DATE_KNOWLEDGE = """
create function date_knowledge() returns trigger language plpgsql as $$
begin
    new.known_at := new.recorded_at;
    return new;
end
$$"""
_DATE_RECORDING = """
create function date_recording() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'events' then
        new.dates_recorded_at := now();
    elsif tg_table_name = 'persons' then
        -- Afterwards, in an update of its own. With a trigger before the update PostgreSQL has to expect that the
        -- generated person_unique_id changes: every update of a person would wait for whoever refers to them, and two
        -- would deadlock.
        update persons set linkedin_recorded_at = now() where id = new.id;
    elsif tg_table_name = 'company_person_roles' then
        new.ended_recorded_at := case when not new.is_current then now() end;
    else
        new.sent_recorded_at := now();
    end if;
    return new;
end
$$"""

# The accounts of a company: its domain's, those that point to it, and the same of companies that were merged into it.
_NOTE_COMPANIES = """
create function note_companies(company_ids bigint[], moments timestamptz[]) returns void
language plpgsql set enable_seqscan = off as $$
begin
    insert into account_changes (account_domain, since)
    select known.domain, min(changed.since)
    from unnest(company_ids, moments) as changed (company_id, since)
    cross join lateral (
        select domain from companies where id = changed.company_id
        union all
        select account_domain from accounts where company_id = changed.company_id
        union all
        select merged.domain from companies as merged where merged.merged_into_id = changed.company_id
        union all
        select a.account_domain
        from companies as merged
        join accounts as a on a.company_id = merged.id
        where merged.merged_into_id = changed.company_id
    ) as known
    where known.domain is not null
    group by known.domain;
end
$$"""
# What goes may go with all it hangs on: a deleted row is not looked up any further than by its company.
_NOTE_ACCOUNT_CHANGES = """
create or replace function note_account_changes() returns trigger language plpgsql as $$
begin
    if tg_table_name in ('user_interactions', 'prospect_intelligence_runs') then
        insert into account_changes (account_domain, since)
        select account_domain, min(created_at) from changed group by account_domain;
    elsif tg_table_name in ('company_intel_briefings', 'extracted_icp_job_title_details') then
        insert into account_changes (account_domain, since)
        select company_domain, min(created_at) from changed group by company_domain;
    elsif tg_table_name = 'event_sponsors' then
        perform note_companies(array_agg(company_id), array_agg(since))
        from (select company_id, min(created_at) as since from changed group by company_id) as sponsoring;
    elsif tg_table_name = 'signal_execution_entities' then
        perform note_companies(array_agg(entity_id), array_agg(since))
        from (
            select entity_id, min(created_at) as since
            from changed as s
            where entity_type = 'company'
              and (tg_op = 'DELETE' or exists (
                  select
                  from signal_executions as x
                  join signals as g on g.id = x.signal_id and g.type in ('hiring', 'funding')
                  where x.id = s.execution_id
              ))
            group by entity_id
        ) as found;
    elsif tg_table_name = 'person_intel_briefings' then
        perform note_companies(array_agg(company_id), array_agg(since))
        from (
            select r.company_id, min(b.created_at) as since
            from changed as b
            join persons as p on p.linkedin_url = b.person_linkedin_url
            join company_person_roles as r on r.person_id = p.id
            group by r.company_id
        ) as working;
    elsif exists (select from accounts) then  -- slot_transitions: there are many, and a seat by itself makes no account
        insert into account_changes (account_domain, since)
        select account_domain, min(changed_at)
        from (
            select a.account_domain, s.changed_at
            from changed as s
            join companies as c using (company_unique_id)
            join accounts as a on a.company_id = c.id
            union all
            select a.account_domain, s.changed_at
            from changed as s
            join companies as c using (company_unique_id)
            join companies as merged on merged.merged_into_id = c.id
            join accounts as a on a.company_id = merged.id
        ) as seated
        group by account_domain;
    end if;
    return null;
end
$$"""
# A role counts by what is known of the person.
_NOTE_ROLES = """
create function note_roles() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if exists (select from person_intel_briefings) then
        perform note_companies(array_agg(company_id), array_agg(since))
        from (
            select company_id, min(created_at) as since
            from changed as r
            where tg_op = 'DELETE' or exists (
                select
                from persons as p
                join person_intel_briefings as b on b.person_linkedin_url = p.linkedin_url
                where p.id = r.person_id
            )
            group by company_id
        ) as working;
    end if;
    return null;
end
$$"""
# One row at a time, and only those whose value is another one: that is rare, and most writes cost nothing.
_NOTE_CHANGED_FACT = """
create function note_changed_fact() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if tg_table_name = 'events' then
        perform note_companies(array_agg(company_id), array_agg(created_at))
        from event_sponsors
        where event_id = new.id;
    elsif tg_table_name = 'persons' then
        perform note_companies(array_agg(company_id), array_agg(created_at))
        from company_person_roles
        where person_id = new.id and exists (
            select from person_intel_briefings where person_linkedin_url in (old.linkedin_url, new.linkedin_url)
        );
    elsif tg_table_name = 'company_person_roles' then
        perform note_companies(array[old.company_id, new.company_id], array[old.created_at, new.created_at])
        from persons as p
        where p.id in (old.person_id, new.person_id)
          and exists (select from person_intel_briefings as b where b.person_linkedin_url = p.linkedin_url);
    elsif tg_table_name = 'signals' then
        perform note_companies(array_agg(n.entity_id), array_agg(n.created_at))
        from signal_executions as x
        join signal_execution_entities as n on n.execution_id = x.id and n.entity_type = 'company'
        where x.signal_id = new.id;
    else  -- signal_executions
        perform note_companies(array_agg(entity_id), array_agg(created_at))
        from signal_execution_entities
        where execution_id = new.id and entity_type = 'company';
    end if;
    return null;
end
$$"""
# Whoever moves, merges or goes takes a history along, or leaves one behind. A name is of the present.
_NOTE_COMPANY_MOVE = """
create or replace function note_company_move() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        insert into account_changes (account_domain, since)
        select old.domain, timestamptz '-infinity' where old.domain is not null
        union
        select account_domain, timestamptz '-infinity' from accounts where company_id = old.id;
        return old;
    end if;
    if (old.domain, old.merged_into_id) is distinct from (new.domain, new.merged_into_id) then
        insert into account_changes (account_domain, since)
        select domain, timestamptz '-infinity' from unnest(array[old.domain, new.domain]) as moved (domain)
        where domain is not null
        union
        select account_domain, timestamptz '-infinity' from accounts where company_id = new.id;
    else
        insert into account_changes (account_domain, since)
        select account_domain, now() from accounts
        where account_domain = new.domain and company_name = account_domain;
    end if;
    return new;
end
$$"""
_NOTE_ENGAGEMENT = """
create or replace function note_engagement_changes() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if tg_table_name = 'contacts' then
        if tg_op = 'INSERT' then
            perform note_companies(array_agg(company_id), array_agg(since))
            from (select company_id, min(company_since) as since from new_rows group by company_id) as known;
        elsif tg_op = 'DELETE' then
            perform note_companies(array_agg(company_id), array_agg(since))
            from (select company_id, min(company_since) as since from old_rows group by company_id) as known;
        else
            perform note_companies(array_agg(company_id), array_agg(since))
            from (
                select company_id, min(least(company_since, decision_maker_since)) as since
                from (
                    select company_id, company_since, decision_maker_since
                    from (
                        select id, company_id, company_since, decision_maker_since, 1 as side from new_rows
                        union all
                        select id, company_id, company_since, decision_maker_since, -1 from old_rows
                    ) as sides
                    group by id, company_id, company_since, decision_maker_since
                    having sum(side) <> 0
                ) as moved
                group by company_id
            ) as known;
        end if;
    elsif tg_table_name = 'conversation_transitions' then
        -- One that moves or goes takes its touchpoints along.
        perform note_companies(array_agg(company_id), array_agg(since))
        from (
            select n.company_id,
                   min(case when n.status is null then '-infinity'
                            when n.from_status is null
                                then least((select min(t.created_at) from touchpoints as t
                                            where t.conversation_id = n.conversation_id), n.changed_at)
                            else n.changed_at end) as since
            from new_rows as n
            group by n.company_id
        ) as talking;
    elsif tg_op = 'INSERT' then
        perform note_companies(array_agg(company_id), array_agg(since))
        from (
            select v.company_id, min(n.since) as since
            from (select conversation_id, min(created_at) as since from new_rows group by conversation_id) as n
            join conversations as v on v.id = n.conversation_id
            group by v.company_id
        ) as talking;
    elsif tg_op = 'DELETE' then
        perform note_companies(array_agg(company_id), array_agg(since))
        from (
            select v.company_id, min(o.since) as since
            from (select conversation_id, min(created_at) as since from old_rows group by conversation_id) as o
            join conversations as v on v.id = o.conversation_id
            group by v.company_id
        ) as talking;
    else
        perform note_companies(array_agg(company_id), array_agg(since))
        from (
            select v.company_id, min(moved.since) as since
            from (
                select conversation_id, sent_at, responded_at, response_recorded_at, created_at, side,
                       lag(conversation_id) over both_sides as old_conversation_id,
                       lag(sent_at) over both_sides as old_sent_at,
                       lag(responded_at) over both_sides as old_responded_at,
                       lag(created_at) over both_sides as old_created_at
                from (
                    select id, conversation_id, sent_at, responded_at, response_recorded_at, created_at, 1 as side
                    from new_rows
                    union all
                    select id, conversation_id, sent_at, responded_at, response_recorded_at, created_at, -1
                    from old_rows
                ) as sides
                window both_sides as (partition by id order by side)
            ) as n
            cross join lateral (
                values (n.conversation_id,
                        case when n.old_conversation_id = n.conversation_id
                                  and n.old_sent_at is not distinct from n.sent_at
                                  and n.old_responded_at is null then n.response_recorded_at
                             else least(n.created_at, n.old_created_at) end),
                       (n.old_conversation_id, case when n.old_conversation_id <> n.conversation_id
                                                    then n.old_created_at end)
            ) as moved (conversation_id, since)
            join conversations as v on v.id = moved.conversation_id
            where n.side = 1
              and (n.conversation_id, n.sent_at, n.responded_at) is distinct from
                  (n.old_conversation_id, n.old_sent_at, n.old_responded_at)
              and moved.since is not null
            group by v.company_id
        ) as talking;
    end if;
    return null;
end
$$"""

_CHANGED_FACTS = {
    "events": ("start_dt",),
    "persons": ("linkedin_url",),
    "company_person_roles": ("company_id", "person_id", "is_current"),
    "signals": ("type",),
    "signal_executions": ("signal_id",),
}
_MOVED = "after update of {columns} on companies for each row when ({differs}) execute function note_company_move()"


def _differs(*columns: str) -> str:
    return f"({', '.join(f'old.{c}' for c in columns)}) is distinct from ({', '.join(f'new.{c}' for c in columns)})"


def _note_move(*columns: str) -> str:
    return _MOVED.format(columns=", ".join(columns), differs=_differs(*columns))


def _date_recording(table: str, column: str, moment: str = "before") -> str:
    return (
        f"{moment} update of {column} on {table} for each row when (old.{column} is distinct from new.{column}) "
        "execute function date_recording()"
    )


_TRIGGERS = {
    **{
        (table, "date_knowledge"): f"before insert on {table} for each row when (new.known_at is null) "
        "execute function date_knowledge()"
        for table in _KNOWN
    },
    ("events", "date_recording"): _date_recording("events", "start_dt"),
    ("persons", "date_recording"): _date_recording("persons", "linkedin_url", "after"),
    ("company_person_roles", "date_recording"): _date_recording("company_person_roles", "is_current"),
    ("touchpoints", "date_recording"): _date_recording("touchpoints", "sent_at"),
    **{
        (table, "note_changed_fact"): f"after update of {', '.join(columns)} on {table} for each row "
        f"when ({_differs(*columns)}) execute function note_changed_fact()"
        for table, columns in _CHANGED_FACTS.items()
    },
    **{
        ("company_person_roles", f"note_roles_{change}"): f"after {change} on company_person_roles "
        f"referencing {rows} table as changed for each statement execute function note_roles()"
        for change, rows in (("insert", "new"), ("delete", "old"))
    },
    ("companies", "note_delete"): "before delete on companies for each row execute function note_company_move()",
}
_REPLACED = (
    ("0006_features.py", "_NOTE_CHANGES"),
    ("0006_features.py", "_NOTE_MOVE"),
    ("0018_engagement_features.py", "_NOTE_ENGAGEMENT"),
)


def upgrade() -> None:
    for table in _KNOWN:
        op.add_column(table, sa.Column("known_at", sa.DateTime(timezone=True), nullable=True, comment=_KNOWN_AT))
        # By a rewrite of the table: rows of interactions refuse to be updated.
        op.execute(f"alter table {table} alter column known_at type timestamptz using recorded_at")
        op.alter_column(table, "known_at", nullable=False)
    for table, (column, comment) in _RECORDED.items():
        op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True, comment=comment))
    for column, comment in _REASONS.items():
        op.add_column("feature_refreshes", sa.Column(column, sa.Text(), nullable=True, comment=comment))
    op.create_index("ix_accounts_unlinked", "accounts", ["account_domain"], postgresql_where="company_id is null")
    for function in (
        _DATE_KNOWLEDGE,
        _DATE_RECORDING,
        _NOTE_COMPANIES,
        _NOTE_ACCOUNT_CHANGES,
        _NOTE_ROLES,
        _NOTE_CHANGED_FACT,
        _NOTE_COMPANY_MOVE,
        _NOTE_ENGAGEMENT,
    ):
        op.execute(function.strip())
    op.execute("drop trigger note_move on companies")
    op.execute(f"create trigger note_move {_note_move('domain', 'merged_into_id', 'name')}")
    for (_, name), definition in _TRIGGERS.items():
        op.execute(f"create trigger {name} {definition}")
    # Snapshots that were made before count what was not known yet.
    op.execute("insert into account_changes (account_domain, since) select account_domain, '-infinity' from accounts")


def downgrade() -> None:
    for table, name in _TRIGGERS:
        op.execute(f"drop trigger {name} on {table}")
    op.execute("drop trigger note_move on companies")
    op.execute(f"create trigger note_move {_note_move('domain', 'merged_into_id')}")
    for file, name in _REPLACED:
        replaced: str = runpy.run_path(str(Path(__file__).with_name(file)))[name]
        op.execute(replaced.strip().replace("create function", "create or replace function", 1))
    op.execute(
        "drop function date_knowledge(), date_recording(), note_changed_fact(), note_roles(), "
        "note_companies(bigint[], timestamptz[])"
    )
    op.drop_index("ix_accounts_unlinked", table_name="accounts")
    for column in reversed(_REASONS):
        op.drop_column("feature_refreshes", column)
    for table, (column, _) in _RECORDED.items():
        op.drop_column(table, column)
    for table in _KNOWN:
        op.drop_column(table, "known_at")
