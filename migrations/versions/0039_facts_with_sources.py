"""Signals of companies - rounds, open positions, launches, acquisitions - and the sources of facts.

Revision: 0039, after 0038
"""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_ATTEMPT = "nullif(current_setting('prospecting.task_attempt', true), '')::bigint"

_COMPANY_SIGNALS = f"""
create table company_signals (
    id bigint generated always as identity,
    company_id bigint not null,
    type text not null,
    signal_key text not null,
    round text,
    amount numeric(18, 2),
    currency text,
    investors text[] not null default '{{}}',
    position text,
    department text,
    location text,
    product text,
    acquirer text,
    target text,
    occurred_on date,
    date_precision text,
    source_system text not null,
    written_by bigint default {_ATTEMPT},
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint pk_company_signals primary key (id),
    constraint fk_company_signals_company_id foreign key (company_id) references companies (id) on delete cascade,
    constraint ck_company_signals_type check (type in ('funding', 'hiring', 'product_launch', 'acquisition')),
    constraint ck_company_signals_date_precision check (date_precision in ('day', 'month', 'year')),
    constraint ck_company_signals_amount check (amount >= 0),
    constraint ck_company_signals_currency check (currency ~ '^[A-Z]{{3}}$')
)"""
_OBSERVATIONS = f"""
create table observations (
    id bigint generated always as identity,
    event_id bigint,
    company_id bigint,
    person_id bigint,
    company_signal_id bigint,
    field text not null,
    value text not null,
    source_url text,
    source_date date,
    evidence text,
    is_verified boolean not null default false,
    seen_on date not null,
    call_id bigint,
    fingerprint text not null,
    written_by bigint default {_ATTEMPT},
    created_at timestamptz not null default now(),
    constraint pk_observations primary key (id),
    constraint fk_observations_event_id foreign key (event_id) references events (id) on delete cascade,
    constraint fk_observations_company_id foreign key (company_id) references companies (id) on delete cascade,
    constraint fk_observations_person_id foreign key (person_id) references persons (id) on delete cascade,
    constraint fk_observations_company_signal_id
        foreign key (company_signal_id) references company_signals (id) on delete cascade,
    constraint fk_observations_call_id foreign key (call_id) references agent_calls (id) on delete set null,
    constraint ck_observations_one_subject
        check (num_nonnulls(event_id, company_id, person_id, company_signal_id) = 1)
)"""
_COMMENTS = {
    "company_signals": "What companies did: funding rounds, open positions, launches, acquisitions. occurred_on: the "
    "day it was announced, posted or launched, with a date_precision as of events. signal_key: what two mentions of "
    "one of them have in common. What is not known is NULL.",
    "observations": "Where facts are from: each names one subject (an event, a company, a person or a company signal), "
    "a field and its value, with the page that says so. is_verified: the evidence was found in what the call had read. "
    "seen_on: the last day an answer said so.",
}
_SUBJECTS = ("event_id", "company_id", "person_id", "company_signal_id")
_TYPES = "type in ('conference', 'funding', 'hiring', 'product_launch', 'acquisition')"
_OLD_TYPES = "type in ('conference', 'funding', 'hiring')"
_ENTITIES = "entity_type in ('event', 'company', 'person', 'company_signal')"
_OLD_ENTITIES = "entity_type in ('event', 'company', 'person')"


def _check(table: str, name: str, condition: str) -> None:
    op.execute(f"alter table {table} drop constraint ck_{table}_{name}")
    op.execute(f"alter table {table} add constraint ck_{table}_{name} check ({condition})")


def upgrade() -> None:
    op.execute(_COMPANY_SIGNALS)
    op.execute(
        "create unique index uq_company_signals_key on company_signals (company_id, type, signal_key, occurred_on) "
        "nulls not distinct"
    )
    op.execute(_OBSERVATIONS)
    for subject in _SUBJECTS:
        op.execute(
            f"create unique index uq_observations_{subject} on observations ({subject}, fingerprint) "
            f"where {subject} is not null"
        )
    op.execute("create index ix_observations_call_id on observations (call_id) where call_id is not null")
    for table, comment in _COMMENTS.items():
        op.execute(f"comment on table {table} is '{comment}'")
        op.execute(f"grant select, insert, update, delete on {table} to prospecting_app")
        op.execute(f"grant select on {table} to prospecting_reader")
        # As on every table that a merge writes to.
        op.execute(
            f"create trigger note_merge after insert or update or delete on {table} for each row "
            "when (coalesce(current_setting('prospecting.merge', true), '') <> '') "
            "execute function note_merge_change('id')"
        )
    # As on every table that a backfill run writes to.
    op.execute(
        "create trigger journal_change after insert or update or delete on observations for each row "
        "when (current_setting('prospecting.journal', true) = 'on') execute function journal_change('id', 'person_id')"
    )
    _check("signals", "type", _TYPES)
    _check("signal_execution_entities", "entity_type", _ENTITIES)


def downgrade() -> None:
    op.execute("delete from signal_execution_entities where entity_type = 'company_signal'")
    _check("signal_execution_entities", "entity_type", _OLD_ENTITIES)
    op.execute("delete from signals where type in ('product_launch', 'acquisition')")
    _check("signals", "type", _OLD_TYPES)
    op.execute("drop table observations")
    op.execute("drop table company_signals")
