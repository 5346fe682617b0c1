"""Contacts, conversations and touchpoints among the features of accounts, and the best contact of a recommendation.

Revision: 0018, after 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_COUNTS = (
    "contact_count",
    "decision_maker_contact_count",
    "active_conversation_count",
    "touchpoint_count_30d",
    "touchpoint_count_90d",
    "reply_count_30d",
    "reply_count_90d",
)

# Features of the past know nothing that was learned later: since when each fact was on record.
_DATE_CONTACT = """
create function date_contact() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        new.company_since := now();
        new.decision_maker_since := case when new.is_decision_maker then now() end;
        return new;
    end if;
    new.company_since := case when new.company_id is distinct from old.company_id then now() else old.company_since end;
    new.decision_maker_since := case when not new.is_decision_maker then null
                                     when old.is_decision_maker then old.decision_maker_since else now() end;
    return new;
end
$$"""
_DATE_RESPONSE = """
create function date_response() returns trigger language plpgsql as $$
begin
    if new.replied_at is null or (new.direction = 'inbound' and new.in_reply_to_id is not null) then
        new.response_recorded_at := null;
    elsif tg_op = 'INSERT' then
        new.response_recorded_at := now();
    else
        new.response_recorded_at := coalesce(old.response_recorded_at, now());
    end if;
    return new;
end
$$"""

# What features do not read is not noted: counters and scores move all the time. Old and new rows are put side by
# side and not joined, and tables are looked up by key, as in the triggers that count: plans are made for the sizes that
# the first statement of a session meets.
_NOTE_ENGAGEMENT = """
create function note_engagement_changes() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if tg_table_name = 'contacts' then
        if tg_op = 'INSERT' then
            insert into account_changes (account_domain, since)
            select m.domain, min(n.company_since)
            from new_rows as n
            join companies as m on m.id = n.company_id
            where m.domain is not null
            group by m.domain;
        elsif tg_op = 'DELETE' then
            insert into account_changes (account_domain, since)
            select m.domain, min(o.company_since)
            from old_rows as o
            join companies as m on m.id = o.company_id
            where m.domain is not null
            group by m.domain;
        else
            insert into account_changes (account_domain, since)
            select m.domain, min(least(moved.company_since, moved.decision_maker_since))
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
            join companies as m on m.id = moved.company_id
            where m.domain is not null
            group by m.domain;
        end if;
    elsif tg_table_name = 'conversation_transitions' then
        -- One that moves or goes takes its touchpoints along.
        insert into account_changes (account_domain, since)
        select m.domain,
               min(case when n.status is null then '-infinity'
                        when n.from_status is null
                            then least((select min(t.created_at) from touchpoints as t
                                        where t.conversation_id = n.conversation_id), n.changed_at)
                        else n.changed_at end)
        from new_rows as n
        join companies as m on m.id = n.company_id
        where m.domain is not null
        group by m.domain;
    elsif tg_op = 'INSERT' then
        insert into account_changes (account_domain, since)
        select m.domain, min(n.since)
        from (select conversation_id, min(created_at) as since from new_rows group by conversation_id) as n
        join conversations as v on v.id = n.conversation_id
        join companies as m on m.id = v.company_id
        where m.domain is not null
        group by m.domain;
    elsif tg_op = 'DELETE' then
        insert into account_changes (account_domain, since)
        select m.domain, min(o.since)
        from (select conversation_id, min(created_at) as since from old_rows group by conversation_id) as o
        join conversations as v on v.id = o.conversation_id
        join companies as m on m.id = v.company_id
        where m.domain is not null
        group by m.domain;
    else
        insert into account_changes (account_domain, since)
        select m.domain, min(moved.since)
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
            values (n.conversation_id, case when n.old_conversation_id = n.conversation_id and n.old_sent_at = n.sent_at
                                                 and n.old_responded_at is null then n.response_recorded_at
                                            else least(n.created_at, n.old_created_at) end),
                   (n.old_conversation_id, case when n.old_conversation_id <> n.conversation_id
                                                then n.old_created_at end)
        ) as moved (conversation_id, since)
        join conversations as v on v.id = moved.conversation_id
        join companies as m on m.id = v.company_id
        where n.side = 1
          and (n.conversation_id, n.sent_at, n.responded_at) is distinct from
              (n.old_conversation_id, n.old_sent_at, n.old_responded_at)
          and moved.since is not null and m.domain is not null
        group by m.domain;
    end if;
    return null;
end
$$"""
_FUNCTIONS = (_DATE_CONTACT, _DATE_RESPONSE, _NOTE_ENGAGEMENT)

_ROWS = {
    "insert": "new table as new_rows",
    "update": "old table as old_rows new table as new_rows",
    "delete": "old table as old_rows",
}
_TRIGGERS = {
    ("contacts", "date_contact"): "before insert or update of company_id, is_decision_maker, company_since, "
    "decision_maker_since on contacts for each row execute function date_contact()",
    ("touchpoints", "date_response"): "before insert on touchpoints for each row when (new.replied_at is not null) "
    "execute function date_response()",
    ("touchpoints", "date_response_again"): "before update of replied_at, direction, in_reply_to_id, "
    "response_recorded_at on touchpoints for each row execute function date_response()",
    **{
        (table, f"note_{change}"): f"after {change} on {table} referencing {_ROWS[change]} for each statement "
        "execute function note_engagement_changes()"
        for table, changes in (
            ("contacts", ("insert", "update", "delete")),
            ("conversation_transitions", ("insert",)),
            ("touchpoints", ("insert", "update", "delete")),
        )
        for change in changes
    },
}


def upgrade() -> None:
    for table in ("account_signals", "account_feature_snapshots"):
        for name in _COUNTS:
            op.add_column(table, sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
        op.add_column(table, sa.Column("last_reply_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "contacts",
        sa.Column("company_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column("contacts", sa.Column("decision_maker_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("touchpoints", sa.Column("response_recorded_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_touchpoints_sent_at", "touchpoints", ["sent_at"], postgresql_where="sent_at is not null")
    op.create_index(
        "ix_touchpoints_responded_at", "touchpoints", ["responded_at"], postgresql_where="responded_at is not null"
    )
    op.add_column("account_recommendations", sa.Column("contact_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_account_recommendations_contact_id"),
        "account_recommendations",
        "contacts",
        ["contact_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(
        "ix_account_recommendations_contact_id",
        "account_recommendations",
        ["contact_id"],
        postgresql_where="contact_id is not null",
    )
    for function in _FUNCTIONS:
        op.execute(function.strip())
    for (_, name), definition in _TRIGGERS.items():
        op.execute(f"create trigger {name} {definition}")


def downgrade() -> None:
    for table, name in _TRIGGERS:
        op.execute(f"drop trigger {name} on {table}")
    op.execute("drop function date_contact, date_response, note_engagement_changes")
    op.drop_column("account_recommendations", "contact_id")
    op.drop_index("ix_touchpoints_responded_at", table_name="touchpoints")
    op.drop_index("ix_touchpoints_sent_at", table_name="touchpoints")
    op.drop_column("touchpoints", "response_recorded_at")
    op.drop_column("contacts", "decision_maker_since")
    op.drop_column("contacts", "company_since")
    for table in ("account_signals", "account_feature_snapshots"):
        for name in ("last_reply_at", *_COUNTS):
            op.drop_column(table, name)
